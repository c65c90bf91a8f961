//! Bills of lading by every suite, copies of them, and every change of both.

use ebl_verifier::primitives::Digest32;
use libtest_mimic::Failed;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::changes;
use super::world::{World, world};
use crate::support::situation::{CHAIN, REGISTRY};

/// A bill that one issuer signs.
#[derive(Clone, Copy)]
pub struct Bill {
    pub name: &'static str,
    pub suite: Suite,
    model: Model,
    /// The packages are asked about one change in so many: some suites take them long.
    every: usize,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Suite {
    EcdsaSd,
    Bbs,
    EcdsaRdfc,
    /// BbsBlsSignature2020.
    Legacy,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Model {
    V1,
    V2,
}

pub const BILLS: [Bill; 6] = [
    Bill { name: "ecdsa_sd_2023_of_2_0", suite: Suite::EcdsaSd, model: Model::V2, every: 1 },
    Bill { name: "ecdsa_sd_2023_of_1_1", suite: Suite::EcdsaSd, model: Model::V1, every: 1 },
    Bill { name: "bbs_2023_of_2_0", suite: Suite::Bbs, model: Model::V2, every: 16 },
    Bill { name: "bbs_2023_of_1_1", suite: Suite::Bbs, model: Model::V1, every: 16 },
    Bill { name: "ecdsa_rdfc_2019_of_2_0", suite: Suite::EcdsaRdfc, model: Model::V2, every: 1 },
    Bill { name: "bbs_bls_signature_2020_of_1_1", suite: Suite::Legacy, model: Model::V1, every: 4 },
];

/// Changes that one of both takes: the bills whose names begin so, what is changed, who takes it, and why.
const TAKEN: [(&str, &str, Taker, &str); 6] = [
    (
        "ecdsa_sd_2023",
        "another /proof/proofValue",
        Taker::We,
        "the end of the value repeats which parts a holder must show; the signatures say that themselves",
    ),
    (
        "bbs_bls_signature_2020",
        "without /@context/1",
        Taker::We,
        "no word of the bill has its meaning from it, and the contexts of such a proof are fixed",
    ),
    ("bbs_bls_signature_2020", "without /@context/5", Taker::We, "no word of the copy has its meaning from it"),
    ("bbs_bls_signature_2020", "without /@context/5", Taker::They, "no word of the copy has its meaning from it"),
    (
        "ecdsa_sd_2023_of_1_1",
        "without /@context/1",
        Taker::They,
        "they add the context of the proof where it is missing",
    ),
    ("bbs_2023_of_1_1", "without /@context/1", Taker::They, "they add the context of the proof where it is missing"),
];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Taker {
    We,
    They,
}

impl Suite {
    pub fn name(self) -> &'static str {
        match self {
            Self::EcdsaSd => "ecdsa-sd-2023",
            Self::Bbs => "bbs-2023",
            Self::EcdsaRdfc => "ecdsa-rdfc-2019",
            Self::Legacy => "BbsBlsSignature2020",
        }
    }

    /// Whose key signs.
    pub fn issuer(self) -> &'static str {
        match self {
            Self::EcdsaRdfc => "ecdsa-sd-2023",
            Self::Legacy => "Bls12381G2Key2020",
            _ => self.name(),
        }
    }
}

impl Bill {
    pub fn to_sign(self, world: &World) -> Result<Value, Failed> {
        let issuer = world.party(self.suite.issuer())?;
        let content = self.content(&issuer["did"]["id"]);
        Ok(json!({"ask": "sign", "credential": content, "key": issuer["key"], "suite": self.suite.name()}))
    }

    fn content(&self, issuer: &Value) -> Value {
        let v1 = "https://www.w3.org/2018/credentials/v1";
        let model: &[&str] = match (self.model, self.suite) {
            (Model::V2, _) => &["https://www.w3.org/ns/credentials/v2"],
            (Model::V1, Suite::Legacy) => &[v1, "https://w3id.org/security/bbs/v1"],
            (Model::V1, _) => &[v1, "https://w3id.org/security/data-integrity/v2"],
        };
        let render = if self.model == Model::V2 { "render-method-context-v2" } else { "render-method-context" };
        let of_trustvc =
            ["transferable-records-context", "bill-of-lading-carrier", "attachments-context", render, "qrcode-context"]
                .map(|name| format!("https://trustvc.io/context/{name}.json"));
        let contexts: Vec<&str> = model.iter().copied().chain(of_trustvc.iter().map(String::as_str)).collect();
        let mut content = json!({
            "@context": contexts,
            "type": ["VerifiableCredential"],
            "issuer": issuer,
            "credentialStatus": {
                "type": "TransferableRecords",
                "tokenNetwork": {"chain": "ETH", "chainId": CHAIN.to_string()},
                "tokenRegistry": REGISTRY.to_string(),
            },
            "renderMethod": [{
                "id": "https://carrier.example/renderer",
                "type": "EMBEDDED_RENDERER",
                "templateName": "BILL_OF_LADING_CARRIER",
            }],
            "credentialSubject": {
                "type": ["BillOfLadingCarrier"],
                "blNumber": "CARR-2026-1",
                "scac": "CARR",
                "carrierName": "Carrier Line \"Nord\"\u{7f}",
                "vessel": "MV 海 🚢",
                "portOfLoading": "Singapore (SGSIN)",
                "packages": [
                    {"packagesDescription": "Coffee", "packagesWeight": "10 KGS", "packagesMeasurement": "1 CBM"},
                    {"packagesDescription": "Tea", "packagesWeight": "20 KGS", "packagesMeasurement": "2 CBM"},
                ],
                "attachments": [{"data": "aGVsbG8=", "filename": "a.txt", "mimeType": "text/plain"}],
            },
            "qrCode": {"uri": "https://carrier.example/?q=1", "type": "TrustVCQRCode"},
        });
        content[if self.model == Model::V1 { "issuanceDate" } else { "validFrom" }] = json!("2026-03-01T08:00:00Z");
        content[self.end()] = json!("2096-03-01T08:00:00Z");
        // The package of TrustVC, which signs by the other suites, sets these itself.
        let id = match self.suite {
            Suite::EcdsaSd | Suite::Bbs => return content,
            Suite::EcdsaRdfc => "urn:uuid:019e807a-ec00-7119-b3ad-d5e2f13beba4",
            // Copies of one with another id are not verified by the packages that made them: their lines change places.
            Suite::Legacy => "urn:bnid:_:019e807a-ec00-7119-b3ad-d5e2f13beba4",
        };
        content["id"] = json!(id);
        content["credentialStatus"]["tokenId"] = json!(Digest32(Sha256::digest(id).into()).to_hex64());
        content
    }

    fn end(&self) -> &'static str {
        if self.model == Model::V1 { "expirationDate" } else { "validUntil" }
    }

    pub fn is_verified(self) -> Result<(), Failed> {
        let world = world()?;
        let bill = world.bill(self.name)?;
        let theirs = world.packages().ask(json!({"ask": "verify", "credential": bill}))?;
        equal(json!([world.judged(bill)?, theirs["verified"]]), json!([["valid", "integrity.signed"], true]), self.name)
    }

    pub fn copies_are_verified(self) -> Result<(), Failed> {
        let world = world()?;
        let bill = world.bill(self.name)?;
        let copies = self.copies(bill);
        let derive = copies.iter().map(|(_, reveal, _)| json!({"ask": "derive", "credential": bill, "reveal": reveal}));
        let derived: Vec<Value> = world.packages().ask_all(derive)?.into_iter().collect::<Result<_, _>>()?;
        let verify = derived.iter().map(|copy| json!({"ask": "verify", "credential": copy}));
        for (((what, _, expected), copy), theirs) in copies.iter().zip(&derived).zip(world.packages().ask_all(verify)?)
        {
            let found = json!([world.judged(copy)?, theirs?["verified"]]);
            equal(found, json!([expected, true]), &format!("{what}: {copy:#}"))?;
        }
        Ok(())
    }

    pub fn no_change_is_taken(self) -> Result<(), Failed> {
        self.no_change_of(world()?.bill(self.name)?, self.every)
    }

    /// Of a copy that shows nearly everything.
    pub fn no_change_of_a_copy_is_taken(self) -> Result<(), Failed> {
        let world = world()?;
        let bill = world.bill(self.name)?;
        let (_, reveal, _) = self.copies(bill).remove(0);
        let copy = world.packages().ask(json!({"ask": "derive", "credential": bill, "reveal": reveal}))?;
        self.no_change_of(&copy, self.every)
    }

    fn no_change_of(self, document: &Value, every: usize) -> Result<(), Failed> {
        let world = world()?;
        let named: Vec<_> = TAKEN.iter().filter(|(bill, ..)| self.name.starts_with(bill)).collect();
        let is_named = |what: &str| named.iter().any(|(_, named, ..)| *named == what);
        let changes = changes::all(document);
        let asked = |number: usize| number.is_multiple_of(every) || is_named(&changes[number].what);
        let questions = (0..changes.len()).filter(|number| asked(*number));
        let questions = questions.map(|number| json!({"ask": "verify", "credential": changes[number].document}));
        let mut theirs = world.packages().ask_all(questions)?.into_iter();
        let mut taken = Vec::new();
        for (number, change) in changes.iter().enumerate() {
            let what = &change.what;
            let theirs = if asked(number) { theirs.next().ok_or("an answer")? } else { Err("not asked".into()) };
            if theirs.is_ok_and(|theirs| theirs["verified"] == true) && !self.is_up_to_a_random_key(what) {
                taken.push((what.as_str(), Taker::They));
            }
            let ours = world.judged(&change.document)?;
            // Of a suite that is not known nothing is said against the bill, and nothing for it.
            let is_suite = what.contains("/proof/type") || what.contains("/proof/cryptosuite");
            match ours[0].as_str() {
                Some("invalid") => {}
                Some("indeterminate") if is_suite && ours[1] == "integrity.suite_not_supported" => {}
                Some("valid") => taken.push((what.as_str(), Taker::We)),
                _ => return Err(format!("{what}: {ours}").into()),
            }
        }
        taken.retain(|found| !named.iter().any(|(_, what, taker, _)| *found == (*what, *taker)));
        if taken.is_empty() { Ok(()) } else { Err(format!("{taken:#?} of {} changes", changes.len()).into()) }
    }

    /// What the packages say of a bill with one statement less depends on the random key that orders the statements of that
    /// very bill, so only what we say of it is held.
    fn is_up_to_a_random_key(self, what: &str) -> bool {
        self.suite == Suite::EcdsaSd && what.starts_with("without ")
    }

    /// What a holder may show of a bill, and what that comes to.
    fn copies(self, bill: &Value) -> Vec<(&'static str, Value, Value)> {
        let valid = json!(["valid", "integrity.selection_signed"]);
        let indeterminate = json!(["indeterminate", "integrity.selection_signed"]);
        if self.suite == Suite::Legacy {
            return self.framed_copies(bill, &valid, &indeterminate);
        }
        let pointers = |names: &[&str]| names.iter().map(|name| format!("/{name}")).collect::<Value>();
        let members = bill.as_object().into_iter().flat_map(|members| members.keys());
        let all: Vec<&str> = members.map(String::as_str).filter(|name| !["@context", "proof"].contains(name)).collect();
        vec![
            ("everything", pointers(&all), valid.clone()),
            ("its number", pointers(&["credentialSubject/blNumber", "credentialStatus", self.end()]), valid),
            ("all but its status", pointers(&["credentialSubject", self.end()]), indeterminate.clone()),
            ("all but its end", pointers(&["credentialSubject", "credentialStatus"]), indeterminate),
        ]
    }

    fn framed_copies(self, bill: &Value, valid: &Value, indeterminate: &Value) -> Vec<(&'static str, Value, Value)> {
        let frame = |members: &[&str]| {
            let mut frame = json!({"@context": bill["@context"], "type": ["VerifiableCredential"], "@explicit": true});
            for name in members.iter().chain(&["issuer", "issuanceDate"]) {
                frame[*name] = json!({});
            }
            frame
        };
        let mut number = frame(&["credentialStatus", self.end()]);
        number["credentialSubject"] = json!({"type": ["BillOfLadingCarrier"], "@explicit": true, "blNumber": {}});
        let with_renderer = ["credentialSubject", "credentialStatus", "renderMethod", self.end()];
        vec![
            (
                "nearly everything",
                frame(&["credentialSubject", "credentialStatus", "qrCode", self.end()]),
                valid.clone(),
            ),
            ("its number", number, valid.clone()),
            ("all but its status", frame(&["credentialSubject", self.end()]), indeterminate.clone()),
            ("all but its end", frame(&["credentialSubject", "credentialStatus"]), indeterminate.clone()),
            // The package names the renderer's node by `@id`, since the context of data model 1.1 has another `id` there;
            // we refuse every such member.
            ("its renderer", frame(&with_renderer), json!(["invalid", "integrity.not_canonical"])),
        ]
    }
}

fn equal(found: Value, expected: Value, of: &str) -> Result<(), Failed> {
    if found == expected { Ok(()) } else { Err(format!("{found}, not {expected}: {of}").into()) }
}
