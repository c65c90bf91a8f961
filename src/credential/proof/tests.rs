//! What the field's signers wrote verifies, and nothing else does. The vectors carry the canonical statements, so that what
//! is tried here is this room alone.

mod hostile;
mod keys;
#[path = "../../../tests/support/w3c_signer.rs"]
#[allow(dead_code, unreachable_pub, reason = "shared with tests/")]
mod signer;
mod w3c;

use std::collections::BTreeMap;

use serde_json::Value as Json;

use super::*;
use crate::document::credential::Suite;
use crate::document::{Limits, json};

#[test]
fn every_genuine_credential_of_the_vectors_verifies() {
    for case in signed() {
        let verified = case.verify().unwrap_or_else(|why| panic!("{}: {why}", case.id));
        let kind = if case.base { Kind::Base } else { Kind::Derived };
        assert_eq!(verified.kind, kind, "{}", case.id);
        if case.names.is_some() {
            assert_eq!(verified.mandatory, case.mandatory, "{}", case.id);
        }
    }
}

#[test]
fn no_statement_can_be_changed_left_out_or_added() {
    for id in [
        "ecdsa-no-status",
        "ecdsa-derived-package",
        "bbs-promissory-note",
        "bbs-derived-unicode",
        "bbs2020-no-status",
        "bbs2020-derived",
    ] {
        let case = case(id);
        for index in 0..case.document.len() {
            let mut changed = case.clone();
            changed.document[index] = changed.document[index].replace(" .", "x .").replace("\"x .", "x\" .");
            assert_ne!(changed.document, case.document);
            assert!(changed.verify().is_err(), "{}: line {index} changed", case.id);
            let mut removed = case.clone();
            removed.document.remove(index);
            removed.mandatory = removed.mandatory_without(index);
            assert!(removed.verify().is_err(), "{}: line {index} left out", case.id);
        }
        let mut added = case.clone();
        added.document.push("<urn:a> <urn:b> \"c\" .".into());
        assert!(added.verify().is_err(), "{}: a line added", case.id);
        let mut other_proof = case.clone();
        other_proof.proof.pop();
        assert!(other_proof.verify().is_err(), "{}: a line of the proof left out", case.id);
    }
}

#[test]
fn a_signature_is_of_one_key() {
    let cases = signed();
    let keys: BTreeMap<String, PublicKey> =
        cases.iter().map(|case| (format!("{:?}", case.key), case.key.clone())).collect();
    assert!(keys.len() >= 5);
    for case in cases.iter().step_by(3) {
        for key in keys.values().filter(|key| **key != case.key) {
            let expected = std::mem::discriminant(key) != std::mem::discriminant(&case.key);
            let found = Case { key: key.clone(), ..case.clone() }.verify().unwrap_err();
            assert_eq!(found.contains("of the type"), expected, "{}: {found}", case.id);
        }
        let key = PublicKey::Other("Ed25519".into());
        assert_eq!(Case { key, ..case.clone() }.verify().unwrap_err(), "keys of the type \"Ed25519\" are not checked");
    }
}

/// A signed credential with its canonical statements.
#[derive(Debug, Clone)]
struct Case {
    id: String,
    base: bool,
    document: Vec<String>,
    proof: Vec<String>,
    /// Of blank nodes, as they are signed.
    names: Option<BTreeMap<String, String>>,
    /// Lines of the document.
    mandatory: Vec<usize>,
    key: PublicKey,
    suite: Suite,
    proof_value: String,
    nonce: Option<String>,
}

impl Case {
    fn verify(&self) -> Result<Verified, String> {
        let value = self.value().map_err(|why| why.to_string())?;
        let known = self.pointers_are_known();
        let selected = |_: &str| known.then(|| self.mandatory.clone());
        let content = Content { document: &self.document, proof: &self.proof, selected: &selected };
        verify(&value, &self.key, content).map_err(|why| why.to_string())
    }

    fn value(&self) -> Result<ProofValue, InvalidProofValue> {
        ProofValue::parse(&self.suite, &self.proof_value, self.nonce.as_deref())
    }

    /// Whether they are among those that issuers of the vectors and of these tests write.
    fn pointers_are_known(&self) -> bool {
        let known = ["/issuer", "/validFrom", "/issuanceDate", "/renderMethod", "/id", "/type"];
        let known = |pointer: &String| known.contains(&pointer.as_str()) || pointer.starts_with("/credentialSubject/");
        matches!(self.value(), Ok(ProofValue::BbsBase(value)) if value.mandatory_pointers.iter().all(known))
    }

    fn mandatory_without(&self, line: usize) -> Vec<usize> {
        let others = self.mandatory.iter().filter(|index| **index != line);
        others.map(|index| if *index > line { index - 1 } else { *index }).collect()
    }
}

fn signed() -> Vec<Case> {
    let file: Json = serde_json::from_str(include_str!("../../../fixtures/vectors/w3c-signed.json")).unwrap();
    file["cases"].as_array().unwrap().iter().map(read).collect()
}

fn case(id: &str) -> Case {
    signed().into_iter().find(|case| case.id == id).unwrap()
}

fn read(case: &Json) -> Case {
    let (proof, facts) = (&case["document"]["proof"], &case["facts"]);
    let lines = |name: &str| -> Vec<String> { serde_json::from_value(facts[name].clone()).unwrap() };
    let text = |value: &Json| value.as_str().map(str::to_owned);
    let document = lines("canonical");
    let names: Option<BTreeMap<String, String>> = serde_json::from_value(facts["labels"].clone()).unwrap();
    let indexes: Option<Vec<usize>> = serde_json::from_value(facts["mandatory_indexes"].clone()).unwrap();
    Case {
        id: text(&case["id"]).unwrap(),
        base: case["expected"]["kind"] == "base",
        proof: lines("proof_canonical"),
        mandatory: match (&names, indexes) {
            (Some(names), Some(indexes)) => lines_at(&document, names, &indexes),
            _ => Vec::new(),
        },
        document,
        names,
        key: key_of(case),
        suite: suite(proof),
        proof_value: text(&proof["proofValue"]).unwrap(),
        nonce: text(&proof["nonce"]),
    }
}

fn suite(proof: &Json) -> Suite {
    match proof["cryptosuite"].as_str().or(proof["type"].as_str()).unwrap() {
        "ecdsa-sd-2023" => Suite::EcdsaSd2023,
        "ecdsa-rdfc-2019" => Suite::EcdsaRdfc2019,
        "bbs-2023" => Suite::Bbs2023,
        "BbsBlsSignature2020" => Suite::BbsBlsSignature2020,
        "BbsBlsSignatureProof2020" => Suite::BbsBlsSignatureProof2020,
        other => Suite::Other(other.to_owned()),
    }
}

/// Which lines of the document the signed statements at these places are.
fn lines_at(document: &[String], names: &BTreeMap<String, String>, indexes: &[usize]) -> Vec<usize> {
    let statements = labels::Statements::relabelled(document, names).unwrap();
    let lines: Vec<usize> = statements.iter().map(|(_, line)| line).collect();
    let mut found: Vec<usize> = indexes.iter().map(|index| lines[*index]).collect();
    found.sort_unstable();
    found
}

fn key_of(case: &Json) -> PublicKey {
    let id = case["document"]["proof"]["verificationMethod"].as_str().unwrap();
    let (did, _) = id.split_once('#').unwrap();
    if let Some(multibase) = did.strip_prefix("did:key:") {
        return from_multibase(multibase).unwrap();
    }
    let methods = case["did_documents"][did]["verificationMethod"].as_array().unwrap();
    key(methods.iter().find(|method| method["id"] == id).unwrap()).unwrap()
}

fn key(method: &Json) -> Result<PublicKey, InvalidKey> {
    let text = method.to_string();
    from_method(json::parse(text.as_bytes(), &Limits::default()).unwrap().root())
}
