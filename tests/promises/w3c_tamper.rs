//! Whatever is changed in a W3C credential, it is valid only if it states the same and the report shows the same; and no
//! edit makes a credential valid that is not (documents.md §12.7).

use std::collections::BTreeSet;
use std::sync::LazyLock;

use ebl_verifier::document::{self, Limits};
use ebl_verifier::verify::{Case, Policy, Report, Verdict};
use proptest::prelude::*;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use crate::support::situation::Situation;
use crate::support::w3c;
use crate::support::w3c_credentials::{Issuer, Suite};

const DID: &str = "did:web:carrier.example";

#[test]
fn no_edit_of_a_valid_credential_goes_unnoticed() {
    for sample in VALID.iter() {
        let reach = if sample.name == THOROUGH { Reach::Everything } else { Reach::Values };
        for (what, edited) in edits(&sample.document, reach) {
            sample.holds(&edited).unwrap_or_else(|why| panic!("{}: {what}: {why}", sample.name));
        }
    }
}

#[test]
fn no_edit_makes_a_credential_valid() {
    for sample in not_valid() {
        assert_ne!(sample.report(&sample.document).unwrap().verdict, Verdict::Valid, "{}", sample.name);
        for (what, edited) in edits(&sample.document, Reach::Values) {
            let verdict = sample.report(&edited).map(|report| report.verdict);
            assert_ne!(verdict, Some(Verdict::Valid), "{}: {what}: {edited:#}", sample.name);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 40, ..ProptestConfig::default() })]

    #[test]
    fn no_series_of_edits_goes_unnoticed(of in any::<prop::sample::Index>(), which in prop::collection::vec(any::<prop::sample::Index>(), 1..4)) {
        let sample = &VALID[of.index(VALID.len())];
        let mut edited = sample.document.clone();
        let mut series = Vec::new();
        for which in which {
            let mut edits = edits(&edited, Reach::Everything);
            if edits.is_empty() {
                break;
            }
            let (what, next) = edits.swap_remove(which.index(edits.len()));
            series.push(what);
            edited = next;
        }
        if let Err(why) = sample.holds(&edited) {
            return Err(TestCaseError::fail(format!("{}: {series:?}: {why}", sample.name)));
        }
    }
}

#[test]
fn two_objects_with_one_id_are_refused() {
    let mut proven = issuer(Suite::Bbs2023).sign(&bill(Suite::Bbs2023), MADE, &["/issuer"]);
    proven["credentialSubject"]["id"] = json!(DID);
    proven["issuer"] = json!({"id": DID, "name": "Carrier Line"});
    let sample = Sample { name: "two objects", document: proven };
    let report = sample.report(&sample.document).unwrap();
    let integrity = &report.checks[0];
    assert_eq!(
        (report.verdict, integrity.code.id),
        (Verdict::Invalid, "integrity.ambiguous_structure"),
        "{integrity:?}"
    );
    // Only a reference is no second object.
    let mut reference = bill(Suite::Bbs2023);
    reference["credentialSubject"]["id"] = json!(DID);
    reference["issuer"] = json!({"id": DID});
    let signed = issuer(Suite::Bbs2023).sign(&reference, MADE, &["/issuer"]);
    let sample = Sample { name: "a reference", document: signed };
    assert_eq!(sample.report(&sample.document).unwrap().verdict, Verdict::Valid);
}

#[test]
fn a_report_shows_what_is_signed_and_only_if_it_is_said_once() {
    let suite = Suite::Bbs2023;
    let number = |document: &Value| {
        let sample = Sample { name: "", document: issuer(suite).sign(document, MADE, &["/issuer"]) };
        let report = sample.report(&sample.document).unwrap();
        assert_eq!(report.verdict, Verdict::Valid);
        (report.document.bl_number, report.issuer[0].name.clone())
    };
    let (carr, line) = (Some("CARR-1".to_owned()), Some("Carrier Line".to_owned()));
    let mut bill = bill(suite);
    assert_eq!(number(&bill), (carr.clone(), line.clone()));
    let second = json!({"type": ["BillOfLading"], "blNumber": "CARR-2"});
    bill["credentialSubject"] = json!([bill["credentialSubject"], second]);
    assert_eq!(number(&bill), (None, line.clone()), "which subject stands first is not signed");
    bill["credentialSubject"][1] = json!({"type": ["BillOfLading"], "vessel": "MV Other"});
    assert_eq!(number(&bill), (carr.clone(), line));
    bill["issuer"] = json!({"id": DID, "name": ["Carrier Line", "Another Line"]});
    assert_eq!(number(&bill), (carr, None));
    let mut forged = issuer(suite).sign(&bill, MADE, &["/issuer"]);
    forged["credentialSubject"][0]["blNumber"] = json!("CARR-3");
    let sample = Sample { name: "", document: forged };
    let report = sample.report(&sample.document).unwrap();
    assert_eq!((report.verdict, report.document.bl_number), (Verdict::Invalid, None));
}

const THOROUGH: &str = "a bill about the issuer";
const MADE: &str = "2026-05-01T08:00:00Z";

/// A signed credential.
struct Sample {
    name: &'static str,
    document: Value,
}

impl Sample {
    /// Nothing for a file that is no document.
    fn report(&self, document: &Value) -> Option<Report> {
        let bytes = document.to_string().into_bytes();
        document::read(&bytes, &Limits::default()).ok()?;
        let mut situation = Situation::of_bytes(bytes)
            .policy(|policy| policy.max_block_age = ebl_verifier::block_age::MaxBlockAge::Off)
            .registry(|reading| reading.chain_id = 1337)
            .pages([(w3c::did_url(DID), (200, did_document().to_string().into_bytes()))].into());
        situation.now = NOW;
        Some(situation.examined().0)
    }

    fn holds(&self, edited: &Value) -> Result<(), String> {
        let Some(report) = self.report(edited).filter(|report| report.verdict == Verdict::Valid) else { return Ok(()) };
        let (before, after) = (shown(&self.report(&self.document).unwrap()), shown(&report));
        if before != after {
            return Err(format!("another report\n{before:#}\n{after:#}"));
        }
        if stated(&self.document) != stated(edited) {
            return Err(format!("other statements: {edited:#}"));
        }
        Ok(())
    }
}

/// What a report shows of the document.
fn shown(report: &Report) -> Value {
    json!([report.document, report.issuer, report.title, report.registry, report.status_lists, report.as_of])
}

fn stated(document: &Value) -> BTreeSet<String> {
    let bytes = document.to_string().into_bytes();
    let document = document::read(&bytes, &Limits::default()).unwrap();
    let policy = Policy::default();
    Case::new(&document, &policy, NOW).statements().map(|stated| stated.line.to_owned()).collect()
}

const NOW: i64 = 1_780_300_800;
const ALL: [Suite; 4] = [Suite::EcdsaSd2023, Suite::EcdsaRdfc2019, Suite::Bbs2023, Suite::BbsBlsSignature2020];

fn issuer(suite: Suite) -> Issuer {
    let fragment = if matches!(suite, Suite::EcdsaSd2023 | Suite::EcdsaRdfc2019) { "keys-1" } else { "keys-2" };
    Issuer::did_web(suite, DID, fragment, [7; 32])
}

/// With both keys.
fn did_document() -> Value {
    let mut document = issuer(Suite::EcdsaSd2023).did_document();
    let other = issuer(Suite::Bbs2023).did_document();
    for member in ["verificationMethod", "assertionMethod"] {
        document[member].as_array_mut().unwrap().push(other[member][0].clone());
    }
    document
}

/// A bill with a title, under the data model that the suite is used with.
fn bill(suite: Suite) -> Value {
    let id = "urn:uuid:019e807a-ec00-7119-b3ad-d5e2f13beba4";
    let token: String = Sha256::digest(id).iter().map(|byte| format!("{byte:02x}")).collect();
    let legacy = suite == Suite::BbsBlsSignature2020;
    let mut bill = json!({
        "@context": [
            if legacy { "https://www.w3.org/2018/credentials/v1" } else { "https://www.w3.org/ns/credentials/v2" },
            if legacy { "https://w3id.org/security/bbs/v1" } else { "https://w3id.org/security/data-integrity/v2" },
            "https://trustvc.io/context/transferable-records-context.json",
            "https://trustvc.io/context/bill-of-lading.json",
        ],
        "id": id,
        "type": ["VerifiableCredential"],
        "issuer": if legacy { json!(DID) } else { json!({"id": DID, "name": "Carrier Line"}) },
        "credentialStatus": {
            "type": "TransferableRecords",
            "tokenNetwork": {"chain": "ETH", "chainId": "1337"},
            "tokenRegistry": "0x8f9c0b5da5bf6f2c8f9e0f9b1e5b0a0a7c1d2e3f",
            "tokenId": token,
        },
        "credentialSubject": {
            "type": ["BillOfLading"],
            "blNumber": "CARR-1",
            "vessel": "MV Havgard",
            "packages": [
                {"packagesDescription": "Green coffee", "packagesWeight": "19200 KGS"},
                {"packagesDescription": "Samples", "packagesWeight": "12 KGS"},
            ],
        },
    });
    let [from, until] = if legacy { ["issuanceDate", "expirationDate"] } else { ["validFrom", "validUntil"] };
    bill[from] = json!("2026-03-01T08:00:00Z");
    bill[until] = json!("2027-03-01T08:00:00Z");
    bill
}

/// About the issuer themselves.
fn own_bill() -> Value {
    let mut bill = bill(Suite::EcdsaRdfc2019);
    bill["issuer"] = json!(DID);
    bill["credentialSubject"]["id"] = json!(DID);
    bill
}

/// A part of a bill, as a holder shows it; `hidden` are pointers.
fn without(bill: &Value, hidden: &[impl AsRef<str>]) -> Value {
    let mut bill = bill.clone();
    for pointer in hidden {
        remove(&mut bill, pointer.as_ref());
    }
    bill
}

fn derived(bill: &Value, suite: Suite, hidden: &[&str]) -> Value {
    let pointers = ["/issuer"];
    issuer(suite).derive(&issuer(suite).sign(bill, MADE, &pointers), &without(bill, hidden), &pointers)
}

static VALID: LazyLock<Vec<Sample>> = LazyLock::new(|| {
    let mut samples: Vec<Sample> = Vec::new();
    for suite in ALL {
        samples.push(Sample { name: "a bill", document: issuer(suite).sign(&bill(suite), MADE, &["/issuer"]) });
    }
    let own = issuer(Suite::EcdsaRdfc2019).sign(&own_bill(), MADE, &["/issuer"]);
    samples.push(Sample { name: THOROUGH, document: own });
    for suite in [Suite::EcdsaSd2023, Suite::Bbs2023] {
        let document = derived(&bill(suite), suite, &["/credentialSubject/vessel"]);
        samples.push(Sample { name: "without its vessel", document });
    }
    for sample in &samples {
        let report = sample.report(&sample.document).unwrap();
        assert_eq!(
            (report.verdict, report.document.bl_number.as_deref()),
            (Verdict::Valid, Some("CARR-1")),
            "{report:#?}"
        );
    }
    samples
});

fn not_valid() -> Vec<Sample> {
    let mut samples = Vec::new();
    for suite in [Suite::EcdsaRdfc2019, Suite::BbsBlsSignature2020] {
        let mut add = |name, document| samples.push(Sample { name, document });
        let proof = json!({
            "type": "DataIntegrityProof",
            "created": MADE,
            "expires": "2026-05-02T08:00:00Z",
            "verificationMethod": issuer(suite).method,
        "cryptosuite": "ecdsa-rdfc-2019",
            "proofPurpose": "assertionMethod",
        });
        add("a proof that is past", issuer(suite).sign_with(&bill(suite), proof, &["/issuer"]));
        if suite == Suite::BbsBlsSignature2020 {
            continue;
        }
        let mut past = bill(suite);
        past["validUntil"] = json!("2026-05-02T08:00:00Z");
        add("a bill that is past", issuer(suite).sign(&past, MADE, &["/issuer"]));
        let untitled = without(&bill(suite), &["/credentialStatus"]);
        add("a bill without a title", issuer(suite).sign(&untitled, MADE, &["/issuer"]));
        // By its full address the type brings no words, and this one needs none.
        let bare =
            without(&untitled, &["blNumber", "vessel", "packages"].map(|name| format!("/credentialSubject/{name}")));
        add("a bill without a title and fields", issuer(suite).sign(&bare, MADE, &["/issuer"]));
    }
    let subject = "/credentialSubject";
    let said = ["type", "blNumber", "vessel", "packages"].map(|name| format!("{subject}/{name}"));
    let everything: Vec<&str> = said.iter().map(String::as_str).collect();
    let suite = Suite::EcdsaSd2023;
    let mut add = |name, hidden: &[&str]| {
        // The issuer's program names what it signs, and most do not name the subject: a holder can show it bare.
        let mut bill = bill(suite);
        bill[&subject[1..]]["id"] = json!("urn:uuid:019e807a-ec00-7119-b3ad-d5e2f13beba5");
        samples.push(Sample { name, document: derived(&bill, suite, hidden) });
    };
    add("a title that is withheld", &["/credentialStatus"]);
    add("a title and all fields that are withheld", &[&["/credentialStatus"], &everything[1..]].concat());
    add("a title and what it is, withheld", &[&["/credentialStatus"], &everything[..]].concat());
    add("an end that is withheld", &["/validUntil"]);
    samples
}

/// How much is tried.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Reach {
    Everything,
    /// Of moved members and other words only some.
    Values,
}

/// Every edit that somebody with the file could think of.
///
/// Words and places mean the same whichever suite signed them, so one sample is enough for every word at every place.
fn edits(document: &Value, reach: Reach) -> Vec<(String, Value)> {
    let words = if reach == Reach::Everything { WORDS.as_slice() } else { &["expiration", "description"] };
    let mut paths = Vec::new();
    collect(document, String::new(), &mut paths);
    let objects: Vec<&String> = paths.iter().filter(|path| document.pointer(path).unwrap().is_object()).collect();
    let mut edits = Vec::new();
    let mut edit = |what: String, change: &dyn Fn(&mut Value)| {
        let mut edited = document.clone();
        change(&mut edited);
        if edited != *document {
            edits.push((what, edited));
        }
    };
    for path in &paths {
        let old = document.pointer(path).unwrap();
        for new in others(old) {
            edit(format!("{path} is {new}"), &|edited| *edited.pointer_mut(path).unwrap() = new.clone());
        }
        let Some((parent, name)) = path.rsplit_once('/') else { continue };
        edit(format!("{path} is removed"), &|edited| drop(remove(edited, path)));
        if document.pointer(parent).unwrap().is_array() {
            edit(format!("{path} stands twice"), &|edited| {
                edited.pointer_mut(parent).unwrap().as_array_mut().unwrap().push(old.clone());
            });
            continue;
        }
        for word in words.iter().copied() {
            edit(format!("{path} is called {word}"), &|edited| {
                let value = remove(edited, path);
                say(edited, parent, word, value);
            });
            if !path.starts_with("/proof") {
                continue;
            }
            edit(format!("{path} is called {word}, under another context"), &|edited| {
                let value = remove(edited, path);
                say(edited, parent, word, value);
                add_context(edited, usize::MAX, "https://w3id.org/security/v2");
            });
            edit(format!("{path} stands also as {word}"), &|edited| {
                say(edited, parent, word, old.clone());
            });
        }
        for object in &objects {
            if object.starts_with(path.as_str()) || *object == parent || reach == Reach::Values {
                continue;
            }
            edit(format!("{path} moves to {object}"), &|edited| {
                let value = remove(edited, path);
                say(edited, object, name, value);
            });
            edit(format!("{path} moves to {object}, which has the same id"), &|edited| {
                let value = remove(edited, path);
                let id = json!("urn:uuid:019e807a-ec00-7119-b3ad-d5e2f13beba6");
                say(edited, parent, "id", id.clone());
                say(edited, object, "id", id);
                say(edited, object, name, value);
            });
            edit(format!("{path} is said of {object} as well"), &|edited| {
                say(edited, object, name, old.clone());
            });
        }
    }
    for context in CONTEXTS {
        edit(format!("{context} is added"), &|edited| add_context(edited, usize::MAX, context));
        edit(format!("{context} is second"), &|edited| add_context(edited, 1, context));
    }
    if !document.is_object() {
        return edits;
    }
    // Who issued it, and about whom, as objects that say something or nothing.
    edit("the issuer is an object".into(), &|edited| {
        if let Some(id) = edited["issuer"].as_str().map(str::to_owned) {
            edited["issuer"] = json!({"id": id});
        }
    });
    edit("the subject is the issuer".into(), &|edited| {
        let Value::Object(said) = edited["credentialSubject"].take() else { return };
        let issuer = said.into_iter().chain([("id".to_owned(), json!(DID))]).collect();
        edited["credentialSubject"] = json!({"id": DID});
        edited["issuer"] = Value::Object(issuer);
    });
    edits
}

/// Where that is still an object.
fn say(document: &mut Value, object: &str, name: &str, value: Value) {
    if let Some(Value::Object(members)) = document.pointer_mut(object) {
        members.insert(name.to_owned(), value);
    }
}

fn add_context(document: &mut Value, at: usize, context: &str) {
    if let Some(Value::Array(contexts)) = document.get_mut("@context") {
        contexts.insert(at.min(contexts.len()), json!(context));
    }
}

/// The value in other forms, and other values.
fn others(old: &Value) -> Vec<Value> {
    let mut others =
        vec![json!([old]), json!([old, old]), json!({"id": old}), json!({"name": old}), json!(null), json!(7)];
    match old {
        Value::String(text) => {
            others.extend(
                [format!("{text} "), text.to_uppercase(), format!("x{text}"), "did:web:other.example".into()]
                    .map(Value::from),
            );
            others.extend(
                ["https://example.com/terms#", "https://www.w3.org/2018/credentials#", "https://w3id.org/security#"]
                    .map(|space| json!(format!("{space}{text}"))),
            );
            others.extend(text.strip_prefix("https://w3id.org/security#").map(|word| json!(format!("sec:{word}"))));
            others.extend(text.get(1..).map(Value::from));
            others.push(json!([old, format!("https://example.com/terms#{text}")]));
        }
        Value::Array(items) => {
            others.push(items.iter().rev().cloned().collect());
            others.extend(items.first().cloned());
            for space in ["https://example.com/terms#", "https://www.w3.org/2018/credentials#"] {
                others.push(
                    items.iter().map(|item| json!(format!("{space}{}", item.as_str().unwrap_or_default()))).collect(),
                );
            }
        }
        Value::Object(members) => {
            for (name, value) in
                [("name", "x"), ("id", "urn:x:1"), ("id", DID), ("type", "BillOfLading"), ("blNumber", "CARR-2")]
            {
                let mut members = members.clone();
                members.insert(name.into(), value.into());
                others.push(Value::Object(members));
            }
        }
        _ => {}
    }
    others
}

/// Words of contexts, those that mean something to whoever judges before all.
const WORDS: [&str; 21] = [
    "id",
    "type",
    "name",
    "description",
    "issuer",
    "validFrom",
    "validUntil",
    "issuanceDate",
    "expirationDate",
    "expires",
    "expiration",
    "created",
    "nonce",
    "challenge",
    "domain",
    "blNumber",
    "scac",
    "tokenId",
    "tokenRegistry",
    "obligationRegistry",
    "evidence",
];

const CONTEXTS: [&str; 13] = [
    "https://www.w3.org/2018/credentials/v1",
    "https://www.w3.org/ns/credentials/v2",
    "https://w3id.org/security/v1",
    "https://w3id.org/security/v2",
    "https://w3id.org/security/bbs/v1",
    "https://w3id.org/security/multikey/v1",
    "https://www.w3.org/ns/did/v1",
    "https://w3id.org/vc/status-list/2021/v1",
    "https://trustvc.io/context/render-method-context.json",
    "https://trustvc.io/context/qrcode-context.json",
    "https://trustvc.io/context/bill-of-lading-carrier.json",
    "https://trustvc.io/context/warehouse-receipt.json",
    "https://other.example/context",
];

fn remove(document: &mut Value, pointer: &str) -> Value {
    let (parent, name) = pointer.rsplit_once('/').unwrap();
    match document.pointer_mut(parent) {
        Some(Value::Object(members)) => members.remove(name).unwrap_or_default(),
        Some(Value::Array(items)) => items.remove(name.parse().unwrap()),
        _ => panic!("{pointer}"),
    }
}

/// Pointers to all values.
fn collect(value: &Value, path: String, paths: &mut Vec<String>) {
    match value {
        Value::Object(members) => {
            members.iter().for_each(|(name, value)| collect(value, format!("{path}/{name}"), paths));
        }
        Value::Array(items) => {
            items.iter().enumerate().for_each(|(index, value)| collect(value, format!("{path}/{index}"), paths));
        }
        _ => {}
    }
    paths.push(path);
}
