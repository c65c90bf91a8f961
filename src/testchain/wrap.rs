//! Wraps sample documents (documents.md §3.8, §4.2–4.4). The hashing here is written a second time on purpose, with
//! nothing of `integrity` but the Merkle tree, so that a sample that verifies says something about both.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use k256::ecdsa::SigningKey;
use serde_json::{Map, Value, json};

use super::accounts::DevAccount;
use super::error::SandboxError;
use crate::identity::eip191_digest;
use crate::integrity::merkle;
use crate::primitives::{Digest32, encode_hex, keccak256};

/// Salts that are different for every leaf and the same in every run: these are samples, not secrets.
#[derive(Debug, Default)]
pub struct Salts(u64);

/// A wrapped document.
#[derive(Debug, Clone)]
pub struct Wrapped {
    /// The document.
    pub document: Value,
    /// Its digest.
    pub target_hash: Digest32,
}

impl From<Wrapped> for Value {
    fn from(wrapped: Wrapped) -> Self {
        wrapped.document
    }
}

/// Wraps plain OpenAttestation 2.0 data alone.
pub fn wrap_oa2(mut data: Value, salts: &mut Salts) -> Wrapped {
    salt(&mut data, salts);
    let mut leaves = Vec::new();
    each_leaf(&data, String::new(), Style::Dots, &mut |path, value| leaves.push(hash_of(path, value)));
    let target_hash = digest(leaves);
    let document = json!({
        "version": "https://schema.openattestation.com/2.0/schema.json",
        "data": data,
        "signature": {"type": "SHA3MerkleProof", "targetHash": target_hash.to_hex64(), "proof": [],
            "merkleRoot": target_hash.to_hex64()},
    });
    Wrapped { document, target_hash }
}

/// Wraps a plain OpenAttestation 3.0 document alone.
pub fn wrap_oa3(content: Value, salts: &mut Salts) -> Wrapped {
    let (mut leaves, mut list) = (Vec::new(), Vec::new());
    each_leaf(&content, String::new(), Style::Brackets, &mut |path, value| {
        let salt = encode_hex(&salts.next());
        let text = match value {
            Value::String(text) => text.clone(),
            other => other.to_string(),
        };
        leaves.push(hash_of(path, &Value::String(format!("{salt}:{text}"))));
        list.push(json!({"value": salt, "path": path}));
    });
    let target_hash = digest(leaves);
    let mut document = content;
    document["proof"] = json!({
        "type": "OpenAttestationMerkleProofSignature2018",
        "proofPurpose": "assertionMethod",
        "targetHash": target_hash.to_hex64(),
        "proofs": [],
        "merkleRoot": target_hash.to_hex64(),
        "salts": STANDARD.encode(Value::Array(list).to_string()),
        "privacy": {"obfuscated": []},
    });
    Wrapped { document, target_hash }
}

/// Puts documents that were wrapped alone under one Merkle root.
pub fn in_one_batch(documents: &mut [Wrapped]) {
    let targets: Vec<Digest32> = documents.iter().map(|wrapped| wrapped.target_hash).collect();
    let Some(root) = merkle::root_of(&targets) else { return };
    for wrapped in documents {
        let proof = merkle::proof_of(&targets, wrapped.target_hash).unwrap_or_default();
        let proof: Vec<String> = proof.into_iter().map(Digest32::to_hex64).collect();
        let (parent, list) =
            if wrapped.document["signature"].is_object() { ("signature", "proof") } else { ("proof", "proofs") };
        wrapped.document[parent][list] = json!(proof);
        wrapped.document[parent]["merkleRoot"] = json!(root.to_hex64());
    }
}

/// Signs the Merkle root of a wrapped document as the controller of `did` (documents.md §3.10).
pub fn sign(mut wrapped: Wrapped, did: &str, account: &DevAccount) -> Result<Wrapped, SandboxError> {
    let refused = || SandboxError::Refused("signing".into());
    let is_oa2 = wrapped.document["signature"].is_object();
    let root = &wrapped.document[if is_oa2 { "signature" } else { "proof" }]["merkleRoot"];
    let root = root.as_str().and_then(Digest32::from_hex64).ok_or_else(refused)?;
    let key = SigningKey::from_slice(&account.key).map_err(|_| refused())?;
    let (signature, recovery) = key.sign_prehash_recoverable(&eip191_digest(root).0);
    let text = format!("0x{}{:02x}", encode_hex(&signature.to_bytes()), 27 + recovery.to_byte());
    let method = format!("{did}#controller");
    if is_oa2 {
        wrapped.document["proof"] = json!([{
            "type": "OpenAttestationSignature2018",
            "created": "2026-03-01T08:00:00Z",
            "proofPurpose": "assertionMethod",
            "verificationMethod": method,
            "signature": text,
        }]);
    } else {
        wrapped.document["proof"]["key"] = json!(method);
        wrapped.document["proof"]["signature"] = json!(text);
    }
    Ok(wrapped)
}

/// Hides one top-level field of a wrapped OpenAttestation 2.0 document; what it leads to stays the same.
pub fn hide_oa2(wrapped: &mut Wrapped, field: &str) {
    let Some(value) = wrapped.document["data"].as_object_mut().and_then(|data| data.remove(field)) else { return };
    let mut hidden = Vec::new();
    each_leaf(&value, field.to_owned(), Style::Dots, &mut |path, value| hidden.push(hash_of(path, value)));
    let list = &mut wrapped.document["privacy"]["obfuscatedData"];
    let mut all = list.as_array().cloned().unwrap_or_default();
    all.extend(hidden.into_iter().map(|hash| json!(hash.to_hex64())));
    *list = Value::Array(all);
}

impl Salts {
    fn next(&mut self) -> [u8; 32] {
        self.0 += 1;
        keccak256(format!("sample salt {}", self.0)).0
    }

    fn uuid(&mut self) -> String {
        let digits = encode_hex(&self.next());
        format!("{}-{}-4{}-8{}-{}", &digits[..8], &digits[8..12], &digits[12..15], &digits[15..18], &digits[18..30])
    }
}

fn salt(value: &mut Value, salts: &mut Salts) {
    match value {
        Value::Object(members) => members.values_mut().for_each(|member| salt(member, salts)),
        Value::Array(items) => items.iter_mut().for_each(|item| salt(item, salts)),
        leaf => {
            let (kind, text) = match &*leaf {
                Value::String(text) => ("string", text.clone()),
                Value::Number(number) => ("number", number.to_string()),
                Value::Bool(truth) => ("boolean", truth.to_string()),
                _ => ("null", "null".to_owned()),
            };
            *leaf = Value::String(format!("{}:{kind}:{text}", salts.uuid()));
        }
    }
}

/// How paths are written: `a.0.b` in 2.0, `a[0].b` in 3.0, where empty containers are no leaves.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Style {
    Dots,
    Brackets,
}

fn each_leaf(value: &Value, path: String, style: Style, leaf: &mut impl FnMut(&str, &Value)) {
    let join = |name: &str| if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") };
    match value {
        Value::Object(members) if !members.is_empty() => {
            members.iter().for_each(|(name, value)| each_leaf(value, join(name), style, leaf));
        }
        Value::Array(items) if !items.is_empty() => {
            for (index, item) in items.iter().enumerate() {
                let path = if style == Style::Dots { join(&index.to_string()) } else { format!("{path}[{index}]") };
                each_leaf(item, path, style, leaf);
            }
        }
        Value::Object(_) | Value::Array(_) if style == Style::Brackets => {}
        value => leaf(&path, value),
    }
}

fn hash_of(path: &str, value: &Value) -> Digest32 {
    keccak256(Value::Object(Map::from_iter([(path.to_owned(), value.clone())])).to_string())
}

fn digest(mut leaves: Vec<Digest32>) -> Digest32 {
    leaves.sort_unstable();
    keccak256(json!(leaves.into_iter().map(Digest32::to_hex64).collect::<Vec<_>>()).to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::{self, Limits};
    use crate::integrity::{self, IntegrityResult};

    fn result(wrapped: &Wrapped) -> (IntegrityResult, usize) {
        let bytes = wrapped.document.to_string();
        let document = document::read(bytes.as_bytes(), &Limits::default()).unwrap();
        let integrity = integrity::check(&document);
        assert_eq!(integrity.target_hash, Some(wrapped.target_hash));
        (integrity.result, integrity.hidden_leaves)
    }

    fn data(number: u32) -> Value {
        json!({
            "issuers": [{"name": "A \"quoted\" name", "documentStore": "0x0000000000000000000000000000000000000001",
                "identityProof": {"type": "DNS-TXT", "location": "carrier.example"}}],
            "blNumber": number.to_string(), "weight": 12.5, "sealed": true, "marks": [], "seal": {},
            "shipper": {"name": "Ünïcode ✓", "note": null},
        })
    }

    #[test]
    fn a_wrapped_document_is_intact_alone_in_a_batch_and_with_hidden_fields() {
        let mut salts = Salts::default();
        let mut documents: Vec<Wrapped> = (0..5).map(|number| wrap_oa2(data(number), &mut salts)).collect();
        assert_eq!(result(&documents[0]), (IntegrityResult::Intact, 0));
        in_one_batch(&mut documents);
        hide_oa2(&mut documents[1], "shipper");
        for (index, wrapped) in documents.iter().enumerate() {
            assert_eq!(result(wrapped), (IntegrityResult::Intact, if index == 1 { 2 } else { 0 }));
        }
    }
}
