//! Wraps documents as issuers do: salted, digested, alone or in a batch (documents.md §3, §4).

use base64::Engine as _;
use ebl_verifier::document::json::parse;
use ebl_verifier::integrity::{digest, flatten_oa2, merkle};
use ebl_verifier::primitives::{Address, Digest32, keccak256};
use serde_json::{Map, Value, json};

/// The two formats that know document stores.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    V2,
    V3,
}

/// A wrapped document and its place in the tree.
#[derive(Debug, Clone)]
pub struct Wrapped {
    pub document: Value,
    pub proof: Vec<Digest32>,
    /// From the target hash to the root.
    pub path: Vec<Digest32>,
}

impl Wrapped {
    pub fn target(&self) -> Digest32 {
        self.path[0]
    }

    pub fn root(&self) -> Digest32 {
        self.path[self.path.len() - 1]
    }
}

/// `count` documents of one batch, told apart by their number, issued through these stores. v3 knows only one.
pub fn batch(format: Format, stores: &[Address], chain: u64, first: usize, count: usize) -> Vec<Wrapped> {
    let plain = (first..first + count).map(|number| match format {
        Format::V2 => plain_v2(stores.iter().map(|store| issuer("documentStore", *store)).collect(), chain, number),
        Format::V3 => plain_v3(stores[0], chain, number),
    });
    wrap(format, plain.collect())
}

/// An issuer of v2 whose contract stands under `member`.
pub fn issuer(member: &str, contract: Address) -> Value {
    json!({
        "name": "Nordsee Carrier",
        member: contract.to_string(),
        "identityProof": {"type": "DNS-TXT", "location": "carrier.example"},
    })
}

pub fn plain_v2(issuers: Vec<Value>, chain: u64, number: usize) -> Value {
    json!({
        "issuers": issuers,
        "network": {"chain": "ETH", "chainId": chain.to_string()},
        "blNumber": format!("STORE-{number}"),
    })
}

fn plain_v3(store: Address, chain: u64, number: usize) -> Value {
    json!({
        "version": "https://schema.openattestation.com/3.0/schema.json",
        "@context": ["https://www.w3.org/2018/credentials/v1"],
        "type": ["VerifiableCredential"],
        "issuanceDate": "2026-03-01T08:00:00Z",
        "issuer": {"id": "https://carrier.example", "name": "Nordsee Carrier"},
        "credentialSubject": {"blNumber": format!("STORE-{number}")},
        "openAttestationMetadata": {
            "proof": {"type": "OpenAttestationProofMethod", "method": "DOCUMENT_STORE", "value": store.to_string()},
            "identityProof": {"type": "DNS-TXT", "identifier": "carrier.example"},
        },
        "network": {"chain": "ETH", "chainId": chain.to_string()},
    })
}

/// One tree over all of them.
pub fn wrap(format: Format, plain: Vec<Value>) -> Vec<Wrapped> {
    let digested: Vec<_> = plain
        .into_iter()
        .map(|plain| match format {
            Format::V2 => digested_v2(plain),
            Format::V3 => digested_v3(plain),
        })
        .collect();
    let targets: Vec<Digest32> = digested.iter().map(|(_, target, _)| *target).collect();
    digested
        .into_iter()
        .map(|(mut content, target, salts)| {
            let proof = merkle::proof_of(&targets, target).expect("a leaf");
            let path = merkle::path_from(target, &proof);
            let siblings: Vec<String> = proof.iter().map(|sibling| sibling.to_hex64()).collect();
            let (target, root) = (target.to_hex64(), path[path.len() - 1].to_hex64());
            let document = match format {
                Format::V2 => json!({
                    "version": "https://schema.openattestation.com/2.0/schema.json",
                    "data": content,
                    "signature": {"type": "SHA3MerkleProof", "targetHash": target, "proof": siblings, "merkleRoot": root},
                }),
                Format::V3 => {
                    content["proof"] = json!({
                        "type": "OpenAttestationMerkleProofSignature2018",
                        "proofPurpose": "assertionMethod",
                        "targetHash": target,
                        "proofs": siblings,
                        "merkleRoot": root,
                        "salts": salts,
                        "privacy": {"obfuscated": []},
                    });
                    content
                }
            };
            Wrapped { document, proof, path }
        })
        .collect()
}

/// Takes the members at these places out of a v2 document, as a holder does: each a chain of member names, the last of
/// which is removed with all leaves below it.
pub fn hide_v2(document: &mut Value, path: &str) {
    let hashes = |document: &Value| {
        let text = document["data"].to_string();
        let tree = parse(text.as_bytes(), &Default::default()).expect("JSON");
        flatten_oa2(tree.root()).expect("salted")
    };
    let before = hashes(document);
    let (group, last) = path.rsplit_once('/').expect("a group");
    match document["data"].pointer_mut(group).expect("it is there") {
        Value::Array(items) => drop(items.remove(last.parse::<usize>().expect("an index"))),
        group => drop(group.as_object_mut().expect("an object").remove(last)),
    }
    let after = hashes(document);
    let hidden = before.iter().filter(|leaf| !after.contains(leaf)).map(|leaf| leaf.hash.to_hex64().into());
    document["privacy"] = json!({"obfuscatedData": hidden.collect::<Vec<Value>>()});
}

fn digested_v2(mut data: Value) -> (Value, Digest32, String) {
    let mut count = 0;
    each_leaf(&mut data, "", &mut |_, leaf| {
        count += 1;
        let typed = match &*leaf {
            Value::Number(number) => format!("number:{number}"),
            leaf => format!("string:{}", leaf.as_str().expect("text")),
        };
        *leaf = json!(format!("{count:08x}-0000-4000-8000-000000000000:{typed}"));
    });
    let text = data.to_string();
    let tree = parse(text.as_bytes(), &Default::default()).expect("JSON");
    let leaves = flatten_oa2(tree.root()).expect("salted");
    let target = digest(leaves.iter().map(|leaf| leaf.hash), &[]);
    (data, target, String::new())
}

fn digested_v3(mut content: Value) -> (Value, Digest32, String) {
    let (mut salts, mut hashes) = (Vec::new(), Vec::new());
    each_leaf(&mut content, "", &mut |path, leaf| {
        let salt = keccak256(path).to_hex64();
        let text = format!("{salt}:{}", leaf.as_str().expect("text"));
        hashes.push(keccak256(Value::Object(Map::from_iter([(path.to_owned(), json!(text))])).to_string()));
        salts.push(json!({"value": salt, "path": path}));
    });
    let salts = base64::engine::general_purpose::STANDARD.encode(Value::Array(salts).to_string());
    (content, digest(hashes, &[]), salts)
}

fn each_leaf(value: &mut Value, path: &str, visit: &mut impl FnMut(&str, &mut Value)) {
    match value {
        Value::Object(members) => {
            for (name, member) in members {
                let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
                each_leaf(member, &path, visit);
            }
        }
        Value::Array(items) => {
            for (index, item) in items.iter_mut().enumerate() {
                each_leaf(item, &format!("{path}[{index}]"), visit);
            }
        }
        leaf => visit(path, leaf),
    }
}
