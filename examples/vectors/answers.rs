//! What this library answers to each kind of case. Beside what a case asks for stands the `code` of what was found.

#[path = "credentials.rs"]
mod credentials;

use base64::Engine as _;
use ebl_verifier::document::json::{self, Kind, Tree, Value as Read};
use ebl_verifier::document::link::Link;
use ebl_verifier::document::{self, Content, Document, Key, Limits, oa2};
use ebl_verifier::evidence::{
    BlockReading, CallReading, DidEthrReading, Dnssec, Entry, Evidence, Fact, Provenance, Question, TxtReading,
};
use ebl_verifier::identity::{RootSignature, eip191_digest};
use ebl_verifier::integrity::{self, Integrity, IntegrityResult, merkle};
use ebl_verifier::primitives::{Address, Digest32, decode_hex};
use ebl_verifier::title::remark::Remark;
use ebl_verifier::verify::{Case, Outcome, Policy, Report, Step, examine};
use ebl_verifier::web_address::Reach;
use serde_json::{Value, json};

/// The answer to the input of a case; an error where the case is not of the form that its kind has.
pub fn of(kind: &str, input: &Value) -> Result<Value, String> {
    let answer = match kind {
        "json-parsing" => json_parsing(input),
        "v2-salt" => v2_salt(input),
        "v2-flatten-hash" => v2_flatten_hash(input),
        "v2-digest" => v2_digest(input),
        "merkle" => merkle_case(input),
        "v2-wrapped" | "v3-wrapped" | "v2-tampered" | "v3-tampered" | "v3-falsy" => document_case(input),
        "v2-obfuscation" | "v3-obfuscation" => obfuscation(input),
        "schema-v2" => shape(&input["data"], |data| integrity::shape_of_oa2(data, 0)),
        "schema-v3" => shape(&input["document"], integrity::shape_of_oa3),
        "did-signed" => did_signed(input),
        "did-documents" => did_document(input),
        "encryption-aes" => sealed_file(input),
        "encryption-chacha20" => remark(input),
        "urls" => link(input),
        "w3c-signed" | "w3c-tampered" => credentials::credential(input),
        "w3c-shape" => credentials::shape(input),
        "w3c-status" => credentials::status(input),
        "w3c-presentations" => credentials::presentation(input),
        _ => return Ok(json!({"outcome": "skip"})),
    };
    answer.ok_or_else(|| "the case is not of the form that its kind has".into())
}

fn accepted(accepted: bool) -> Value {
    json!({"outcome": if accepted { "accept" } else { "refuse" }})
}

fn passed(passed: bool) -> &'static str {
    if passed { "pass" } else { "fail" }
}

fn bytes_of(document: &Value) -> Option<Vec<u8>> {
    serde_json::to_vec(document).ok()
}

fn base64_of(text: &Value) -> Option<Vec<u8>> {
    base64::engine::general_purpose::STANDARD.decode(text.as_str()?).ok()
}

fn hash(value: &Value) -> Option<Digest32> {
    Digest32::from_hex64(value.as_str()?)
}

fn hashes(value: &Value) -> Option<Vec<Digest32>> {
    value.as_array()?.iter().map(hash).collect()
}

fn hex64(hashes: &[Digest32]) -> Vec<String> {
    hashes.iter().map(|hash| hash.to_hex64()).collect()
}

fn tree(bytes: &[u8]) -> Option<Tree<'_>> {
    json::parse(bytes, &Limits::default()).ok()
}

fn json_parsing(input: &Value) -> Option<Value> {
    Some(match json::parse(&base64_of(&input["base64"])?, &Limits::default()) {
        Ok(tree) => json!({"outcome": "accept", "token": first_number(tree.root())}),
        Err(error) => json!({"outcome": "refuse", "code": error.code()}),
    })
}

fn first_number(value: Read<'_>) -> Option<String> {
    match value.kind() {
        Kind::Number(token) => Some(token.to_owned()),
        Kind::Object(mut members) => members.find_map(|(_, value)| first_number(value)),
        Kind::Array(mut items) => items.find_map(first_number),
        _ => None,
    }
}

fn v2_salt(input: &Value) -> Option<Value> {
    let leaf = input["input"].as_str().and_then(oa2::salted_leaf);
    Some(leaf.map_or_else(
        || accepted(false),
        |(kind, text)| json!({"outcome": "accept", "type": format!("{kind:?}").to_lowercase(), "text": text}),
    ))
}

fn v2_flatten_hash(input: &Value) -> Option<Value> {
    let bytes = bytes_of(&input["data"])?;
    let leaves = tree(&bytes).and_then(|data| integrity::flatten_oa2(data.root()).ok());
    Some(leaves.map_or_else(
        || accepted(false),
        |leaves| {
            let leaf = |leaf: &integrity::Leaf| json!({"path": leaf.path, "hash": leaf.hash.to_hex64()});
            json!({"outcome": "accept", "leaves": leaves.iter().map(leaf).collect::<Vec<_>>()})
        },
    ))
}

/// Whether a list of hidden hashes is refused shows itself on a whole document, whose digest is any.
fn v2_digest(input: &Value) -> Option<Value> {
    let visible = hashes(&input["visible"])?;
    let none = "0".repeat(64);
    let document = json!({"data": {"issuers": []}, "privacy": {"obfuscatedData": input["obfuscated"]},
        "signature": {"type": "SHA3MerkleProof", "proof": [], "targetHash": none, "merkleRoot": none}});
    let refused = match integrity_of(&bytes_of(&document)?).ok()?.result {
        IntegrityResult::Broken(fault) if fault.code() != "integrity.digest_mismatch" => Some(fault.code()),
        _ => None,
    };
    let hidden = hashes(&input["obfuscated"]);
    let repeated = hidden.as_ref().is_some_and(|hidden| hidden.iter().any(|hash| visible.contains(hash)));
    Some(match (refused, hidden.or_else(|| input["obfuscated"].is_null().then(Vec::new))) {
        (None, Some(hidden)) if !repeated => {
            let mut sorted = [visible.clone(), hidden.clone()].concat();
            sorted.sort_unstable();
            let digest = integrity::digest(visible, &hidden).to_hex64();
            json!({"outcome": "accept", "sorted": hex64(&sorted), "target_hash": digest})
        }
        (code, _) => json!({"outcome": "refuse", "code": code}),
    })
}

fn merkle_case(input: &Value) -> Option<Value> {
    if let Some(targets) = hashes(&input["targets"]) {
        let root = merkle::root_of(&targets);
        let proofs: Option<Vec<_>> = targets.iter().map(|target| merkle::proof_of(&targets, *target)).collect();
        let leads = |(target, proof): (&Digest32, &Vec<Digest32>)| Some(merkle::root_from(*target, proof)) == root;
        let proofs = proofs.filter(|proofs| targets.iter().zip(proofs).all(leads))?;
        let proofs: Vec<_> = proofs.iter().map(|proof| hex64(proof)).collect();
        return Some(json!({"outcome": "accept", "root": root?.to_hex64(), "proofs": proofs}));
    }
    // What is a hash at all the reader of whole documents decides.
    let signature = json!({"type": "SHA3MerkleProof", "targetHash": input["target_hash"], "proof": input["proof"],
        "merkleRoot": input["merkle_root"]});
    let bytes = bytes_of(&json!({"data": {}, "signature": signature}))?;
    let document = document::read(&bytes, &Limits::default()).ok()?;
    let holds = document.target_hash().map(|target| merkle::root_from(target, document.proof()));
    Some(json!({"outcome": passed(holds.is_some() && holds == document.merkle_root())}))
}

fn integrity_of(bytes: &[u8]) -> Result<Integrity, &'static str> {
    let document = document::read(bytes, &Limits::default()).map_err(|error| error.code())?;
    Ok(integrity::check(&document))
}

fn document_case(input: &Value) -> Option<Value> {
    let bytes = match &input["raw_base64"] {
        Value::Null => bytes_of(&input["document"])?,
        raw => base64_of(raw)?,
    };
    let integrity = match integrity_of(&bytes) {
        Ok(integrity) => integrity,
        Err(code) => return Some(json!({"outcome": "fail", "code": code})),
    };
    let mut answer = match &integrity.result {
        IntegrityResult::Intact => json!({"outcome": "pass"}),
        IntegrityResult::FalsyLeavesUnauthenticated { paths } => {
            json!({"outcome": "unknown", "unauthenticated": paths})
        }
        IntegrityResult::Broken(fault) => json!({"outcome": "fail", "code": fault.code()}),
        IntegrityResult::SignatureOpen | IntegrityResult::Unchecked(_) => return None,
    };
    answer["leaf_count"] = integrity.visible_leaves.into();
    answer["hidden_count"] = integrity.hidden_leaves.into();
    answer["target_hash"] = integrity.target_hash.map(Digest32::to_hex64).into();
    answer["merkle_root"] = integrity.merkle_root.map(Digest32::to_hex64).into();
    Some(answer)
}

fn obfuscation(input: &Value) -> Option<Value> {
    let [before, after] = ["before", "after"].map(|name| integrity_of(&bytes_of(&input[name])?).ok());
    let (before, after) = (before?, after?);
    let intact = |it: &Integrity| passed(it.result == IntegrityResult::Intact);
    let all = |it: &Integrity| (it.merkle_root, it.visible_leaves + it.hidden_leaves);
    let kept = all(&before) == all(&after);
    Some(json!({"before": intact(&before), "after": intact(&after), "hidden": after.hidden_leaves, "kept": kept}))
}

fn shape(content: &Value, check: fn(Read<'_>) -> Result<(), String>) -> Option<Value> {
    let bytes = bytes_of(content)?;
    Some(accepted(tree(&bytes).is_some_and(|content| check(content.root()).is_ok())))
}

fn did_signed(input: &Value) -> Option<Value> {
    let root = hash(&input["merkle_root"])?;
    let address: Address = input["address"].as_str()?.parse().ok()?;
    let signature = RootSignature::parse(input["signature"].as_str()?).ok();
    let good = signature.as_ref().and_then(|signature| signature.signer(root)) == Some(address);
    let normalised = signature.is_some_and(|signature| signature.normalised().is_some());
    let digest = eip191_digest(root).to_hex64();
    Some(json!({"outcome": passed(good), "eip191_digest": digest, "normalised": normalised}))
}

/// A whole document is judged, with the DID's one key and a DNS record that names it as evidence.
fn did_document(input: &Value) -> Option<Value> {
    let bytes = bytes_of(&input["document"])?;
    let document = document::read(&bytes, &Limits::default()).ok()?;
    let report = report(&document, input["key_id"].as_str()?, input["address"].as_str()?.parse().ok()?)?;
    let check = |name: &str| report.checks.iter().find(|check| check.name.as_str() == name);
    let (integrity, issuance) = (check("integrity")?, check("issuance")?);
    let signed = (integrity.outcome, issuance.outcome) == (Outcome::Pass, Outcome::Pass);
    let broken = ["integrity.digest_mismatch", "integrity.merkle_mismatch"].contains(&integrity.code.id);
    let code = if integrity.outcome == Outcome::Pass { issuance.code.id } else { integrity.code.id };
    Some(json!({"outcome": passed(signed), "digest": passed(!broken), "code": code}))
}

fn report(document: &Document<'_>, key: &str, address: Address) -> Option<Box<Report>> {
    const NOW: i64 = 1_780_000_000;
    let block = BlockReading { number: 1, hash: Digest32([0xb1; 32]), timestamp: 1_780_000_000, ..Default::default() };
    let word = |bytes: &[u8]| CallReading { success: true, data: [&vec![0; 32 - bytes.len()], bytes].concat() };
    let mut evidence = Evidence::new();
    loop {
        let questions = match examine(&Case::new(document, &Policy::default(), NOW), &evidence) {
            Step::Report(report) => return Some(report),
            Step::Ask(questions) => questions,
        };
        for question in questions {
            let answer = match &question {
                Question::DidEthr { .. } => Fact::DidEthr(Box::new(DidEthrReading {
                    chain_id: 1,
                    block: block.clone(),
                    registry_code_size: 100,
                    owner: word(&address.0),
                    changed: word(&[]),
                    ..DidEthrReading::default()
                })),
                Question::DnsTxt { .. } => Fact::DnsTxt(TxtReading {
                    name_exists: true,
                    records: vec![format!("openatts a=dns-did; p={key}; v=1.0;")],
                    dnssec: Dnssec::Secure,
                    chain: None,
                    agreeing: 1,
                    top_level: None,
                }),
                _ => return None,
            };
            evidence.record(Entry::pair(question, Ok(answer), Provenance::default()).ok()?);
        }
    }
}

/// A key that is no key is refused like a file that cannot be opened.
fn sealed_file(input: &Value) -> Option<Value> {
    let bytes = bytes_of(&input["sealed"])?;
    let key = input["key"].as_str().and_then(|text| text.parse::<Key>().ok());
    let opened = key.and_then(|key| match document::read_file(&bytes, &Limits::default()).ok()?.content {
        Content::Sealed(sealed) => sealed.open(Some(&key)).ok(),
        Content::Document(_) => None,
    });
    Some(opened.map_or_else(|| accepted(false), |opened| json!({"outcome": "accept", "plaintext": opened.content()})))
}

fn remark(input: &Value) -> Option<Value> {
    let raw = decode_hex(input["cipher_hex"].as_str()?)?;
    let text = Remark::read(&raw, input["key_id"].as_str()?).decrypted;
    Some(text.map_or_else(|| accepted(false), |text| json!({"outcome": "accept", "text": text})))
}

fn link(input: &Value) -> Option<Value> {
    let url = input["url"].as_str()?;
    let Ok(link) = Link::parse(url, Reach::Public) else {
        return Some(json!({"outcome": "refuse", "private": Link::parse(url, Reach::Anywhere).is_ok()}));
    };
    let uri = link.address.as_str();
    let key = link.key.map(|key| if opens_the_sample(&key) { SHARED_KEY } else { "another" });
    Some(json!({"outcome": "accept", "uri": uri, "key": key, "chain_id": link.chain.map(|chain| chain.get())}))
}

/// The one key of all links. A key shows itself to nobody, so it is told by what it opens.
const SHARED_KEY: &str = "8ce81a858defaefd88eb5ab97800c28e7507364be1e3399a1149926f480cf98e";

fn opens_the_sample(key: &Key) -> bool {
    let sealed = br#"{"type":"OPEN-ATTESTATION-TYPE-1","cipherText":"a7amHQ==","iv":"AQIDBAUGBwgJCgsM","tag":"57mDBrf73zkjVqs0FLsvOw=="}"#;
    let file = document::read_file(sealed, &Limits::default());
    file.is_ok_and(|file| matches!(file.content, Content::Sealed(sealed) if sealed.open(Some(key)).is_ok()))
}
