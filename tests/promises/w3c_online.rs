//! The real binary on W3C credentials, with the DID document of the issuer and the status list on a real https server on
//! loopback: what a server does is never called a forgery.

use std::io::Write as _;
use std::process::Command;
use std::sync::{Arc, Mutex};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::{Value, json};

use crate::support::https::{HttpsServer, Reply};
use crate::support::w3c_credentials::{Issuer, Suite};

const HOST: &str = "carrier.example";
const DID: &str = "did:web:carrier.example";
const DOCUMENT: &str = "/.well-known/did.json";
const LIST: &str = "/status/1";

#[test]
fn what_the_issuers_server_says_decides_and_its_outage_does_not() {
    let site = Site::start();
    let good = || did_document().to_string();
    for (reply, exit, code) in [
        (Reply::ok(good()), 0, "integrity.signed"),
        (Reply::with("500 Internal Server Error", "", ""), 3, "integrity.key_unavailable"),
        (Reply::with("503 Service Unavailable", "", good()), 3, "integrity.key_unavailable"),
        (Reply::Stalled(b"HTTP/1.1 200 OK\r\n".to_vec()), 3, "integrity.key_unavailable"),
        (Reply::ok(format!("{}{}", good(), " ".repeat(20 << 20))), 3, "integrity.key_unavailable"),
    ] {
        let (found, report) = site.verify(DOCUMENT, reply);
        assert_eq!((found, integrity(&report)), (exit, code), "{report:#}");
    }
    let mut unlisted = did_document();
    unlisted["assertionMethod"] = json!([]);
    let (exit, report) = site.verify(DOCUMENT, Reply::ok(unlisted.to_string()));
    assert_eq!((exit, integrity(&report)), (1, "integrity.key_not_listed"), "{report:#}");
}

#[test]
fn only_a_list_that_is_the_issuers_and_whole_says_anything() {
    let site = Site::start();
    let list = |change: &dyn Fn(&mut Value)| Reply::ok(status_list(&[0; 16 << 10], change).to_string());
    let marked: Vec<u8> = [vec![0x80], vec![0; (16 << 10) - 1]].concat();
    let unavailable = "issuance.status_list_unavailable";
    let refused = "issuance.status_list_refused";
    for (reply, exit, code) in [
        (list(&|_| ()), 0, "issuance.not_listed"),
        (Reply::ok(status_list(&marked, &|_| ()).to_string()), 1, "issuance.revoked_by_list"),
        (Reply::with("404 Not Found", "", ""), 3, unavailable),
        (Reply::with("500 Internal Server Error", "", ""), 3, unavailable),
        (Reply::ok("<html>"), 3, refused),
        (list(&|list| list["issuer"] = json!("did:web:other.example")), 3, refused),
        (list(&|list| list["validUntil"] = json!("2026-05-02T08:00:00Z")), 3, refused),
        (list(&|list| list["id"] = json!("https://carrier.example/status/2")), 3, refused),
        (Reply::ok(status_list(&vec![0; (16 << 20) + 1], &|_| ()).to_string()), 3, refused),
    ] {
        let (found, report) = site.verify(LIST, reply);
        let issuance = report["checks"].as_array().unwrap().iter().find(|check| check["name"] == "issuance").unwrap();
        assert_eq!((found, issuance["code"].as_str()), (exit, Some(code)), "{report:#}");
    }
}

fn integrity(report: &Value) -> &str {
    report["checks"][0]["code"].as_str().unwrap()
}

fn issuer() -> Issuer {
    Issuer::did_web(Suite::EcdsaRdfc2019, DID, "keys-1", [7; 32])
}

fn did_document() -> Value {
    issuer().did_document()
}

/// No bill, so that no chain is asked.
fn credential() -> Value {
    let credential = json!({
        "@context": [
            "https://www.w3.org/ns/credentials/v2",
            "https://w3id.org/security/data-integrity/v2",
            "https://trustvc.io/context/coo.json",
        ],
        "type": ["VerifiableCredential"],
        "issuer": DID,
        "credentialStatus": {
            "type": "BitstringStatusListEntry",
            "statusPurpose": "revocation",
            "statusListIndex": "0",
            "statusListCredential": format!("https://{HOST}{LIST}"),
        },
        "credentialSubject": {"type": ["Coo"], "cooId": "COO-1"},
    });
    issuer().sign(&credential, "2026-05-01T08:00:00Z", &[])
}

/// Signed by the issuer's key, whatever `change` makes it say.
fn status_list(bits: &[u8], change: &dyn Fn(&mut Value)) -> Value {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bits).unwrap();
    let mut list = json!({
        "@context": ["https://www.w3.org/ns/credentials/v2", "https://w3id.org/security/data-integrity/v2"],
        "id": format!("https://{HOST}{LIST}"),
        "type": ["VerifiableCredential", "BitstringStatusListCredential"],
        "issuer": DID,
        "credentialSubject": {
            "type": "BitstringStatusList",
            "statusPurpose": "revocation",
            "encodedList": format!("u{}", URL_SAFE_NO_PAD.encode(encoder.finish().unwrap())),
        },
    });
    change(&mut list);
    issuer().sign(&list, "2026-05-01T08:00:00Z", &[])
}

struct Site {
    server: HttpsServer,
    /// What stands at one path instead.
    instead: Arc<Mutex<Option<(String, Reply)>>>,
    folder: tempfile::TempDir,
}

impl Site {
    fn start() -> Self {
        let instead = Arc::new(Mutex::new(None::<(String, Reply)>));
        let served = Arc::clone(&instead);
        let server = HttpsServer::start(&[HOST], move |path| {
            let mut served = served.lock().unwrap();
            match served.take_if(|(at, _)| at == path) {
                Some((_, reply)) => reply,
                None if path == DOCUMENT => Reply::ok(did_document().to_string()),
                None => Reply::ok(status_list(&[0; 16 << 10], &|_| ()).to_string()),
            }
        });
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("authority.pem"), server.authority_pem()).unwrap();
        std::fs::write(folder.path().join("credential.json"), credential().to_string()).unwrap();
        Self { server, instead, folder }
    }

    fn verify(&self, path: &str, reply: Reply) -> (i32, Value) {
        *self.instead.lock().unwrap() = Some((path.to_owned(), reply));
        let output = Command::new(env!("CARGO_BIN_EXE_ebl"))
            .args(["verify", "--timeout", "2", "--no-default-rpc", "--allow-private", "--format", "json", "--ca-file"])
            .arg(self.folder.path().join("authority.pem"))
            .args(["--resolve".to_owned(), format!("{HOST}:443={}", self.server.address)])
            .arg(self.folder.path().join("credential.json"))
            .env_clear()
            .env("HOME", "/nonexistent")
            .output()
            .unwrap();
        let report = serde_json::from_slice(&output.stdout)
            .unwrap_or_else(|_| panic!("no report: {}", String::from_utf8_lossy(&output.stderr)));
        (output.status.code().unwrap(), report)
    }
}
