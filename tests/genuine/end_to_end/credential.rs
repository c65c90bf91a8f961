//! The life of a title that a W3C credential claims (chain.md §1.2): signed by the tests' own signer, its key on a real https
//! server, its title in a registry on a real node.

use ebl_verifier::primitives::TokenId;
use ebl_verifier::testchain::contracts::TitleWrite;
use ebl_verifier::testchain::sandbox::Party::{Carrier, Shipper};
use libtest_mimic::Failed;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::command::Expected;
use super::stage::{CHAIN, Contracts, DOMAIN, Issued, Setting, Stage};
use crate::support::https::{HttpsServer, Reply};
use crate::support::w3c_credentials::{Issuer, Suite};

pub fn life_of_a_credential(setting: Setting) -> Result<(), Failed> {
    let issuer = Issuer::did_web(Suite::EcdsaSd2023, &format!("did:web:{DOMAIN}"), "keys-1", [7; 32]);
    let web = Web::of(&issuer)?;
    let stage = Stage::set(setting)?;
    let token = TokenId(Sha256::digest(ID).into());
    let whole = content(&stage, token);
    let signed = issuer.sign(&whole, CREATED, &MANDATORY);
    let bill = stage.written("whole", stage.registry, token, &signed)?;
    let part = issuer.derive(&signed, &part(&whole), &MANDATORY);
    let part = stage.written("part", stage.registry, token, &part)?;
    let changed = stage.written("changed", stage.registry, token, &changed(&signed))?;
    let mut life = Life { stage, web, bill, part };

    life.both("not minted", (1, "invalid", "not_issued", "issuance.not_minted"))?;
    life.stage.mint(&life.bill)?;
    life.both("live", (0, "valid", "live", "title.live"))?;
    let nobody = life.web.arguments(&closed_port()?);
    for (step, bill, arguments, expected) in [
        ("the whole", &life.bill, life.web.open(), (0, "valid", "live", "integrity.signed")),
        ("a part", &life.part, life.web.open(), (0, "valid", "live", "integrity.selection_signed")),
        ("a change", &changed, life.web.open(), (1, "invalid", "unknown", "integrity.wrong_signature")),
        ("no web server", &life.bill, nobody.clone(), (3, "indeterminate", "live", "integrity.key_unavailable")),
        ("no web server, a change", &changed, nobody, (3, "indeterminate", "live", "integrity.key_unavailable")),
    ] {
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        life.stage.told(step, bill, &arguments, expected)?;
    }

    // Of code that is not published nobody knows where it keeps its records.
    if setting.contracts != Contracts::Ours {
        life.proven()?;
    }

    life.stage.act(Shipper, &life.bill, &TitleWrite::ReturnToIssuer { remark: remark() })?;
    life.both("returned", (4, "not_live", "returned", "title.returned"))?;
    life.stage.act(Carrier, &life.bill, &TitleWrite::Restore { token, remark: remark() })?;
    life.both("restored", (0, "valid", "live", "title.live"))?;
    life.stage.act(Shipper, &life.bill, &TitleWrite::ReturnToIssuer { remark: remark() })?;
    life.stage.act(Carrier, &life.bill, &TitleWrite::Accept { token, remark: remark() })?;
    life.both("ended", (4, "not_live", "ended", "title.ended"))?;
    life.stage.stop_node();
    life.both("the node is down", (3, "indeterminate", "unknown", "chain.rpc_unavailable"))
}

struct Life {
    stage: Stage,
    web: Web,
    bill: Issued,
    part: Issued,
}

impl Life {
    /// What the registry says holds for the credential and for a part of it alike.
    fn both(&mut self, step: &str, expected: Expected) -> Result<(), Failed> {
        let arguments = self.web.open();
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        for (what, bill) in [("whole", &self.bill), ("part", &self.part)] {
            let report = self.stage.told(&format!("{step}: {what}"), bill, &arguments, expected)?;
            report.must_say("/document/format", "w3c-2.0")?;
            report.must_say("/document/token_id", bill.token.to_string())?;
        }
        Ok(())
    }

    /// Down to the state root of a block that the caller vouches for.
    fn proven(&mut self) -> Result<(), Failed> {
        let newest = self.stage.node.ask("eth_getBlockByNumber", json!(["latest", false]));
        let block = newest["hash"].as_str().ok_or("a block")?.to_owned();
        let arguments = self.web.open();
        let mut arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        arguments.extend(["--proof", "require", "--trusted-block", &block]);
        let report = self.stage.told("proven", &self.bill, &arguments, (0, "valid", "live", "title.live"))?;
        report.must_say("/as_of/hash", block.as_str())?;
        match &report.check("title")["strength"] {
            strength if strength == "proven" => Ok(()),
            strength => Err(format!("the title is {strength}").into()),
        }
    }
}

/// The issuer's web server, and the file that lets it be trusted.
struct Web {
    server: HttpsServer,
    folder: tempfile::TempDir,
}

impl Web {
    fn of(issuer: &Issuer) -> Result<Self, Failed> {
        let document = issuer.did_document().to_string();
        let server = HttpsServer::start(&[DOMAIN], move |path| match path {
            "/.well-known/did.json" => Reply::ok(&document),
            _ => Reply::with("404 Not Found", "", ""),
        });
        let folder = tempfile::tempdir()?;
        std::fs::write(folder.path().join("ca.pem"), server.authority_pem())?;
        Ok(Self { server, folder })
    }

    fn open(&self) -> Vec<String> {
        self.arguments(&self.server.address.to_string())
    }

    fn arguments(&self, address: &str) -> Vec<String> {
        let authority = self.folder.path().join("ca.pem").display().to_string();
        ["--ca-file", &authority, "--resolve", &format!("{DOMAIN}:443={address}"), "--allow-private"]
            .map(str::to_owned)
            .into()
    }
}

fn closed_port() -> Result<String, Failed> {
    Ok(std::net::TcpListener::bind("127.0.0.1:0")?.local_addr()?.to_string())
}

const ID: &str = "urn:uuid:019e807a-ec00-7119-b3ad-d5e2f13beba4";
const CREATED: &str = "2026-03-01T08:00:00Z";
const MANDATORY: [&str; 2] = ["/issuer", "/validFrom"];

fn content(stage: &Stage, token: TokenId) -> Value {
    json!({
        "@context": [
            "https://www.w3.org/ns/credentials/v2",
            "https://w3id.org/security/data-integrity/v2",
            "https://trustvc.io/context/transferable-records-context.json",
            "https://trustvc.io/context/bill-of-lading.json",
        ],
        "id": ID,
        "type": ["VerifiableCredential"],
        "issuer": format!("did:web:{DOMAIN}"),
        "validFrom": CREATED,
        "validUntil": "2046-03-01T08:00:00Z",
        "credentialStatus": {
            "type": "TransferableRecords",
            "tokenNetwork": {"chain": "ETH", "chainId": CHAIN.to_string()},
            "tokenRegistry": stage.registry.address.to_string(),
            "tokenId": token.to_string().trim_start_matches("0x"),
        },
        "credentialSubject": {
            "type": ["BillOfLading"],
            "blNumber": "NDSE-2026-00041",
            "vessel": "MV Havgard",
            "packages": [{"packagesDescription": "Green coffee", "packagesWeight": "19200 KGS"}],
        },
    })
}

fn part(whole: &Value) -> Value {
    let mut part = whole.clone();
    part["credentialSubject"] = json!({"type": ["BillOfLading"], "blNumber": "NDSE-2026-00041"});
    part
}

fn changed(signed: &Value) -> Value {
    let mut changed = signed.clone();
    changed["credentialSubject"]["vessel"] = "MV Havgord".into();
    changed
}

fn remark() -> Vec<u8> {
    b"at the port".to_vec()
}
