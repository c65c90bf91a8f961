//! Any bytes as a W3C credential, a presentation and a list of statuses: reading never panics, and what is read holds what
//! its type says. Bytes that are no JSON are the text of a list.
#![no_main]

use ebl_verifier::credential::status_list::is_set;
use ebl_verifier::document::credential::{Credential, CredentialStatus, StatusEntry, StatusListKind, StatusPurpose};
use ebl_verifier::document::presentation::Presentation;
use ebl_verifier::document::{BrokenRule, Document, Limits, json};
use libfuzzer_sys::fuzz_target;
use serde_json::json as made;

fuzz_target!(|bytes: &[u8]| {
    let limits = Limits::default();
    let read = |bytes| json::parse(bytes, &limits).ok();
    if let Some(tree) = read(bytes) {
        match Credential::from_tree(tree) {
            Ok(credential) => holds(&credential),
            Err(rule) => told(&rule),
        }
        match read(bytes).map(Presentation::from_tree) {
            Some(Ok(presentation)) => {
                for document in presentation.credentials() {
                    if let Document::Credential(credential) = document {
                        holds(credential);
                    }
                }
            }
            Some(Err(rule)) => told(&rule),
            None => {}
        }
    }
    if let Ok(text) = std::str::from_utf8(bytes) {
        list(text, bytes.len() as u64);
    }
});

fn holds(credential: &Credential<'_>) {
    assert!(credential.subjects().next().is_some() && !credential.issuer().id.is_empty());
    assert!(!credential.proof().suite.is_known() || credential.proof_value().is_some());
    if let CredentialStatus::Lists(entries) = credential.status() {
        assert!(!entries.is_empty());
    }
}

fn told(rule: &BrokenRule) {
    assert!(format!("{rule:?}").len() < 10_000);
}

fn list(text: &str, index: u64) {
    let list = made!({
        "@context": ["https://www.w3.org/ns/credentials/v2"], "id": "urn:a:list", "issuer": "did:web:a.example",
        "type": ["VerifiableCredential", "BitstringStatusListCredential"],
        "credentialSubject": {"type": "BitstringStatusList", "statusPurpose": "revocation", "encodedList": text},
        "proof": {"type": "Other"}
    });
    let list = list.to_string();
    let list = json::parse(list.as_bytes(), &Limits::default()).expect("JSON");
    let list = Credential::from_tree(list).expect("every rule of form holds");
    let entry = StatusEntry {
        kind: StatusListKind::Bitstring,
        purpose: StatusPurpose::Revocation,
        index,
        size: 1,
        list: "urn:a:list".into(),
        id: None,
    };
    let _ = is_set(&list, &entry, "did:web:a.example", 0);
}
