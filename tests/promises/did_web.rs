//! The real binary on documents signed under a did:web, with the DID document and the revocation responder on a real
//! https server on loopback.

use crate::support::https;
use crate::support::signing;
use crate::support::wrapping;

use std::process::Command;
use std::sync::{Arc, Mutex};

use https::{HttpsServer, Reply};
use serde_json::{Value, json};
use signing::{DOMAIN, Draft, address, key};
use wrapping::Format;

const DID: &str = "did:web:carrier.example:bills";
const DOCUMENT: &str = "/bills/did.json";
const RESPONDER: &str = "https://carrier.example/status";

#[test]
fn a_document_signed_under_a_did_web_is_valid_without_any_chain() {
    let site = Site::start();
    for format in [Format::V2, Format::V3] {
        let (exit, report) = site.verify(&draft(format), &[]);
        assert_eq!((exit, report["verdict"].as_str()), (0, Some("valid")), "{report:#}");
        assert_eq!(report["issuer"][0]["assurance"], "did-web");
        assert_eq!(check(&report, "issuer")["strength"], "tls");
        assert_eq!(check(&report, "chain")["code"], "chain.not_needed");
    }
    let page = site.page(&draft(Format::V3));
    assert!(page.contains("carrier.example controls the address of this DID document (did:web:"), "{page}");
}

#[test]
fn what_the_site_serves_instead_decides() {
    for (change, exit, name, code) in [
        (Serve::NotFound, 1, "issuer", "issuer.no_did_document"),
        (Serve::Broken, 3, "issuer", "issuer.did_document_unavailable"),
        (Serve::OtherId, 1, "issuer", "issuer.no_did_document"),
        (Serve::OtherKey, 1, "issuance", "issuance.wrong_signature"),
        (Serve::Elsewhere, 3, "issuer", "issuer.did_document_unavailable"),
    ] {
        let site = Site::start();
        *site.serve.lock().unwrap() = change;
        let (found, report) = site.verify(&draft(Format::V2), &[]);
        assert_eq!((found, check(&report, name)["code"].as_str()), (exit, Some(code)), "{change:?}: {report:#}");
    }
    // A private host is not asked unless that is allowed.
    let site = Site::start();
    let (exit, report) = site.run(&draft(Format::V2), &site.flags());
    assert_eq!(exit, 3, "{report:#}");
    assert_eq!(check(&report, "issuance")["unavailable"][0]["cause"], "not_allowed");
    assert!(site.server.requests().is_empty());
}

#[test]
fn the_responder_is_asked_about_every_hash_up_to_the_root() {
    let site = Site::start();
    let revocation = Some(json!({"type": "OCSP_RESPONDER", "location": RESPONDER}));
    let draft = Draft { revocation, batch: 3, ..draft(Format::V2) };
    let path = draft.wrapped().path;
    let (exit, report) = site.verify(&draft, &[]);
    assert_eq!(exit, 0, "{report:#}");
    assert_eq!(site.server.requests().len(), path.len() + 1);
    for revoked in &path {
        *site.serve.lock().unwrap() = Serve::Revoked(revoked.0);
        let (exit, report) = site.verify(&draft, &[]);
        let issuance = check(&report, "issuance");
        assert_eq!((exit, issuance["code"].as_str()), (1, Some("issuance.revoked_by_responder")), "{report:#}");
        assert!(issuance["message"].as_str().unwrap().contains("superseded"), "{issuance}");
    }
}

fn draft(format: Format) -> Draft {
    Draft::new(format, DID, "keys-1", "DID")
}

fn check<'r>(report: &'r Value, name: &str) -> &'r Value {
    report["checks"].as_array().unwrap().iter().find(|check| check["name"] == name).unwrap()
}

/// What the site answers.
#[derive(Debug, Clone, Copy)]
enum Serve {
    Good,
    NotFound,
    Broken,
    OtherId,
    OtherKey,
    /// A redirection to a host that may not be asked.
    Elsewhere,
    /// This hash is revoked.
    Revoked([u8; 32]),
}

struct Site {
    server: HttpsServer,
    serve: Arc<Mutex<Serve>>,
    folder: tempfile::TempDir,
}

impl Site {
    fn start() -> Self {
        let serve = Arc::new(Mutex::new(Serve::Good));
        let served = Arc::clone(&serve);
        let server = HttpsServer::start(&[DOMAIN], move |path| respond(path, *served.lock().unwrap()));
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("authority.pem"), server.authority_pem()).unwrap();
        Self { server, serve, folder }
    }

    fn flags(&self) -> [String; 4] {
        let authority = self.folder.path().join("authority.pem").display().to_string();
        ["--ca-file".into(), authority, "--resolve".into(), format!("{DOMAIN}:443={}", self.server.address)]
    }

    fn verify(&self, draft: &Draft, arguments: &[String]) -> (i32, Value) {
        let allow = ["--allow-private".to_owned()];
        self.run(draft, &[&self.flags()[..], &allow, arguments].concat())
    }

    fn run(&self, draft: &Draft, arguments: &[String]) -> (i32, Value) {
        let output = self.command(draft).args(["--format", "json"]).args(arguments).output().unwrap();
        let report: Value = serde_json::from_slice(&output.stdout)
            .unwrap_or_else(|_| panic!("no report: {}", String::from_utf8_lossy(&output.stderr)));
        let schema: Value = serde_json::from_str(include_str!("../../schemas/report.schema.json")).unwrap();
        let errors: Vec<_> =
            jsonschema::validator_for(&schema).unwrap().iter_errors(&report).map(|error| error.to_string()).collect();
        assert!(errors.is_empty(), "{errors:#?}\n{report:#}");
        (output.status.code().unwrap(), report)
    }

    fn page(&self, draft: &Draft) -> String {
        let output = self.command(draft).arg("--allow-private").args(self.flags()).output().unwrap();
        String::from_utf8(output.stdout).unwrap()
    }

    fn command(&self, draft: &Draft) -> Command {
        let file = self.folder.path().join("document.json");
        std::fs::write(&file, draft.signed(&key(1))).unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_ebl"));
        command.args(["verify", "--timeout", "5", "--no-default-rpc"]).arg(file);
        command.env_clear().env("HOME", "/nonexistent");
        command
    }
}

fn respond(path: &str, serve: Serve) -> Reply {
    if let Some(hash) = path.strip_prefix("/status/") {
        let revoked = matches!(serve, Serve::Revoked(revoked) if hash == hex(&revoked));
        let mut answer = json!({"documentHash": hash, "revoked": revoked});
        if revoked {
            answer["reasonCode"] = json!(4);
        }
        return Reply::ok(answer.to_string());
    }
    assert_eq!(path, DOCUMENT);
    match serve {
        Serve::NotFound => Reply::with("404 Not Found", "", ""),
        Serve::Broken => Reply::with("500 Internal Server Error", "", ""),
        Serve::Elsewhere => Reply::redirect("http://carrier.example/bills/did.json"),
        Serve::OtherId => Reply::ok(did_document("did:web:other.example", 1).to_string()),
        Serve::OtherKey => Reply::ok(did_document(DID, 2).to_string()),
        Serve::Good | Serve::Revoked(_) => Reply::ok(did_document(DID, 1).to_string()),
    }
}

fn hex(bytes: &[u8]) -> String {
    format!("0x{}", ebl_verifier::primitives::encode_hex(bytes))
}

fn did_document(id: &str, owner: u8) -> Value {
    json!({
        "@context": ["https://www.w3.org/ns/did/v1"],
        "id": id,
        "verificationMethod": [{
            "id": format!("{id}#keys-1"),
            "type": "EcdsaSecp256k1RecoveryMethod2020",
            "controller": id,
            "blockchainAccountId": format!("{}@eip155:1", address(&key(owner))),
        }],
        "assertionMethod": [format!("{id}#keys-1")],
    })
}
