//! What the field's signers wrote verifies, and nothing else does. The vectors carry the canonical statements, so that what
//! is tried here is this room alone.

use std::collections::BTreeMap;

use serde_json::Value as Json;

use super::*;
use crate::document::Limits;
use crate::document::json;

#[test]
fn every_genuine_credential_of_the_vectors_verifies() {
    for case in signed() {
        let verified = case.verify().unwrap_or_else(|why| panic!("{}: {why}", case.id));
        let kind = if case.expected_kind == "base" { Kind::Base } else { Kind::Derived };
        assert_eq!(verified.kind, kind, "{}", case.id);
        if let Some(mandatory) = case.mandatory() {
            assert_eq!(verified.mandatory, mandatory, "{}", case.id);
        }
    }
}

/// A signed credential with its canonical statements.
struct Case {
    id: String,
    expected_kind: String,
    document: Vec<String>,
    proof: Vec<String>,
    facts: Json,
    key: PublicKey,
    suite: Suite,
    proof_value: String,
    nonce: Option<String>,
}

impl Case {
    fn verify(&self) -> Result<Verified, String> {
        self.verify_as(&self.proof_value, &self.key, &self.document)
    }

    fn verify_as(&self, value: &str, key: &PublicKey, document: &[String]) -> Result<Verified, String> {
        let value = ProofValue::parse(self.suite, value, self.nonce.as_deref()).map_err(|why| format!("{why}"))?;
        let mandatory = self.mandatory();
        let selected = |_: &str| mandatory.clone();
        verify(&value, key, Content { document, proof: &self.proof, selected: &selected })
            .map_err(|why| format!("{why}"))
    }

    /// The lines of the canonical document that the vector calls mandatory.
    fn mandatory(&self) -> Option<Vec<usize>> {
        let indexes: Vec<usize> = serde_json::from_value(self.facts.get("mandatory_indexes")?.clone()).unwrap();
        let names: BTreeMap<String, String> = serde_json::from_value(self.facts["labels"].clone()).unwrap();
        let statements = labels::Statements::relabelled(&self.document, &names).unwrap();
        let lines: Vec<usize> = statements.iter().map(|(_, line)| line).collect();
        let mut mandatory: Vec<usize> = indexes.into_iter().map(|index| lines[index]).collect();
        mandatory.sort_unstable();
        Some(mandatory)
    }
}

fn signed() -> Vec<Case> {
    let file: Json = serde_json::from_str(include_str!("../../../fixtures/credentials/signed.json")).unwrap();
    file["cases"].as_array().unwrap().iter().map(read).collect()
}

fn read(case: &Json) -> Case {
    let (proof, facts) = (&case["document"]["proof"], &case["facts"]);
    let lines = |name: &str| serde_json::from_value(facts[name].clone()).unwrap();
    let text = |value: &Json| value.as_str().map(str::to_owned);
    Case {
        id: text(&case["id"]).unwrap(),
        expected_kind: text(&case["expected"]["kind"]).unwrap(),
        document: lines("canonical"),
        proof: lines("proof_canonical"),
        facts: facts.clone(),
        key: key_of(case),
        suite: Suite::of(proof["type"].as_str().unwrap(), proof["cryptosuite"].as_str()).unwrap(),
        proof_value: text(&proof["proofValue"]).unwrap(),
        nonce: text(&proof["nonce"]),
    }
}

fn key_of(case: &Json) -> PublicKey {
    let id = case["document"]["proof"]["verificationMethod"].as_str().unwrap();
    let (did, fragment) = id.split_once('#').unwrap();
    if let Some(multibase) = did.strip_prefix("did:key:") {
        assert_eq!(fragment, multibase);
        return from_multibase(multibase).unwrap();
    }
    let methods = case["did_documents"][did]["verificationMethod"].as_array().unwrap();
    method_key(methods.iter().find(|method| method["id"] == id).unwrap()).unwrap()
}

fn method_key(method: &Json) -> Result<PublicKey, InvalidKey> {
    let text = method.to_string();
    from_method(json::parse(text.as_bytes(), &Limits::default()).unwrap().root())
}
