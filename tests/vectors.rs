//! Every shared vector is a test of its own, named by its id: `cargo test --test vectors v2-tamper-root`.

use std::path::Path;

use base64::Engine as _;
use ebl_verifier::document::json::{self, Tree};
use ebl_verifier::document::link::Link;
use ebl_verifier::document::{self, Content, Key, Limits, oa2};
use ebl_verifier::evidence::{
    BlockReading, CallReading, DidEthrReading, Dnssec, Evidence, Fact, Provenance, Question, TxtReading,
};
use ebl_verifier::identity::{RootSignature, eip191_digest};
use ebl_verifier::integrity::{self, IntegrityResult, merkle};
use ebl_verifier::primitives::{Address, Digest32, decode_hex};
use ebl_verifier::title::remark::Remark;
use ebl_verifier::verify::{Outcome, Policy, Step, examine};
use ebl_verifier::web_address::Reach;
use libtest_mimic::{Arguments, Failed, Trial};
use serde_json::Value;

type Check = fn(&Value) -> Result<(), Failed>;

const FILES: &[(&str, Check)] = &[
    ("did-documents", did_document),
    ("did-signed", did_signed),
    ("encryption-aes", sealed_file),
    ("encryption-chacha20", remark),
    ("json-parsing", json_parsing),
    ("merkle", merkle_case),
    ("schema-v2", schema_v2),
    ("schema-v3", schema_v3),
    ("urls", link),
    ("v2-salt", v2_salt),
    ("v2-flatten-hash", v2_flatten_hash),
    ("v2-digest", v2_digest),
    ("v2-wrapped", wrapped),
    ("v2-tampered", tampered),
    ("v2-obfuscation", obfuscation),
    ("v3-wrapped", wrapped),
    ("v3-tampered", tampered),
    ("v3-falsy", v3_falsy),
    ("v3-obfuscation", obfuscation),
];

fn main() {
    let arguments = Arguments::from_args();
    let mut trials = Vec::new();
    for (file, check) in FILES {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("fixtures/vectors/{file}.json"));
        let vectors: Value =
            serde_json::from_slice(&std::fs::read(&path).expect("the vectors are there")).expect("JSON");
        for case in vectors["cases"].as_array().expect("a list of cases").clone() {
            let name = format!("{file}::{}", case["id"].as_str().expect("an id"));
            let check = *check;
            trials.push(Trial::test(name, move || check(&case)));
        }
    }
    assert!(trials.len() > 800, "the vectors are not all there: {}", trials.len());
    libtest_mimic::run(&arguments, trials).exit();
}

fn expect(holds: bool, what: impl std::fmt::Display) -> Result<(), Failed> {
    if holds { Ok(()) } else { Err(what.to_string().into()) }
}

fn equal<T: PartialEq + std::fmt::Debug>(found: T, wanted: T) -> Result<(), Failed> {
    expect(found == wanted, format!("found {found:?}, wanted {wanted:?}"))
}

fn outcome(case: &Value) -> &str {
    case["expected"]["outcome"].as_str().expect("an outcome")
}

fn accepts(case: &Value) -> bool {
    matches!(outcome(case), "accept" | "pass")
}

/// The document's bytes, compact, with numbers and member order as in the vector's text.
fn bytes_of(document: &Value) -> Vec<u8> {
    serde_json::to_vec(document).expect("JSON")
}

fn base64_of(case: &Value, name: &str) -> Vec<u8> {
    base64::engine::general_purpose::STANDARD.decode(case[name].as_str().expect("base64")).expect("base64")
}

/// `None` when the reader refuses the bytes.
fn integrity_of(bytes: &[u8]) -> Option<integrity::Integrity> {
    document::read(bytes, &Limits::default()).ok().map(|document| integrity::check(&document))
}

fn hash(value: &Value) -> Digest32 {
    Digest32::from_hex64(value.as_str().expect("a hash")).expect("a hash")
}

/// A whole document is judged, with the DID's one key and the DNS record that names it as evidence.
fn did_document(case: &Value) -> Result<(), Failed> {
    let (key_id, address) = (case["key_id"].as_str().ok_or("no key")?, case["address"].as_str().ok_or("no address")?);
    let address: Address = address.parse()?;
    let bytes = bytes_of(&case["document"]);
    let document = document::read(&bytes, &Limits::default())?;
    let block = BlockReading { number: 1, hash: Digest32([0xb1; 32]), timestamp: 1_780_000_000, ..Default::default() };
    let word = |bytes: &[u8]| {
        let data = [&vec![0; 32 - bytes.len()], bytes].concat();
        CallReading { success: true, data }
    };
    let mut evidence = Evidence::new();
    let report = loop {
        match examine(&document, &evidence, &Policy::default(), 1_780_000_000) {
            Step::Report(report) => break report,
            Step::Ask(questions) => {
                for question in questions {
                    let answer = match &question {
                        Question::DidEthr { .. } => Ok(Fact::DidEthr(Box::new(DidEthrReading {
                            chain_id: 1,
                            block: block.clone(),
                            registry_code_size: 100,
                            owner: word(&address.0),
                            changed: word(&[]),
                            events: Vec::new(),
                            ..DidEthrReading::default()
                        }))),
                        Question::DnsTxt { .. } => Ok(Fact::DnsTxt(TxtReading {
                            name_exists: true,
                            records: vec![format!("openatts a=dns-did; p={key_id}; v=1.0;")],
                            dnssec: Dnssec::Secure,
                            agreeing: 1,
                            top_level: None,
                        })),
                        other => return Err(format!("not to be asked: {other:?}").into()),
                    };
                    let host = Provenance { hosts: vec!["host.example".into()], ..Provenance::default() };
                    evidence.record(question, answer, host);
                }
            }
        }
    };
    let check = |name: &str| report.checks.iter().find(|check| check.name.as_str() == name).expect("all checks");
    let (integrity, issuance) = (check("integrity"), check("issuance"));
    let found = (integrity.outcome, issuance.outcome);
    if accepts(case) {
        return equal(found, (Outcome::Pass, Outcome::Pass));
    }
    expect(found.0 == Outcome::Fail || found == (Outcome::Pass, Outcome::Fail), format!("{found:?}"))?;
    let not_intact = ["integrity.digest_mismatch", "integrity.merkle_mismatch"].contains(&integrity.code.id);
    equal(not_intact, case["expected"]["digest"] == "fail")
}

fn did_signed(case: &Value) -> Result<(), Failed> {
    let root = hash(&case["merkle_root"]);
    let address: Address = case["address"].as_str().expect("an address").parse()?;
    equal(eip191_digest(root), hash(&case["eip191_digest"]))?;
    let signature = RootSignature::parse(case["signature"].as_str().expect("text"));
    let signer = signature.as_ref().ok().and_then(|signature| signature.signer(root));
    expect((signer == Some(address)) == accepts(case), format!("{signature:?} by {signer:?}"))?;
    let normalised = signature.is_ok_and(|signature| signature.normalised().is_some());
    if accepts(case) { equal(normalised, case["expected"]["note"] == "normalised") } else { Ok(()) }
}

fn json_parsing(case: &Value) -> Result<(), Failed> {
    let bytes = base64_of(case, "base64");
    match json::parse(&bytes, &Limits::default()) {
        Ok(_) => expect(accepts(case), "accepted"),
        Err(error) => {
            let family = match error.code() {
                "read.duplicate_member" => "duplicate",
                "read.too_deep" => "depth",
                "read.lone_surrogate" => "surrogate",
                "read.trailing_bytes" => "trailing",
                "read.not_an_object" => "not-an-object",
                "read.reserved_name" => "reserved",
                "read.byte_order_mark" => "bom",
                "read.invalid_utf8" => "utf8",
                _ => "syntax",
            };
            expect(!accepts(case), format!("refused: {error}"))?;
            equal(Some(family), case["expected"]["code"].as_str())
        }
    }
}

fn merkle_case(case: &Value) -> Result<(), Failed> {
    if let Some(targets) = case["targets"].as_array() {
        let targets: Vec<_> = targets.iter().map(hash).collect();
        let root = hash(&case["expected"]["root"]);
        equal(merkle::root_of(&targets), Some(root))?;
        for (target, proof) in targets.iter().zip(case["expected"]["proofs"].as_array().into_iter().flatten()) {
            let wanted: Vec<_> = proof.as_array().expect("a proof").iter().map(hash).collect();
            equal(merkle::proof_of(&targets, *target), Some(wanted.clone()))?;
            equal(merkle::root_from(*target, &wanted), root)?;
        }
        return Ok(());
    }
    // The reader decides what is a hash at all, so the whole document is read.
    let signature = serde_json::json!({"type": "SHA3MerkleProof", "targetHash": case["target_hash"],
        "proof": case["proof"], "merkleRoot": case["merkle_root"]});
    let bytes = bytes_of(&serde_json::json!({"data": {}, "signature": signature}));
    let holds = match document::read(&bytes, &Limits::default()).expect("readable") {
        document::Document::Malformed(_) => false,
        _ => {
            let proof: Vec<_> = case["proof"].as_array().expect("a list").iter().map(hash).collect();
            merkle::root_from(hash(&case["target_hash"]), &proof) == hash(&case["merkle_root"])
        }
    };
    equal(holds, accepts(case))
}

fn tree(bytes: &[u8]) -> Option<Tree<'_>> {
    json::parse(bytes, &Limits::default()).ok()
}

fn schema_v2(case: &Value) -> Result<(), Failed> {
    let bytes = bytes_of(&case["data"]);
    let result =
        tree(&bytes).ok_or_else(|| "not an object".to_owned()).and_then(|data| integrity::shape_of_oa2(data.root(), 0));
    expect(result.is_ok() == accepts(case), format!("{result:?}"))
}

fn schema_v3(case: &Value) -> Result<(), Failed> {
    let bytes = bytes_of(&case["document"]);
    let result = tree(&bytes)
        .ok_or_else(|| "not an object".to_owned())
        .and_then(|content| integrity::shape_of_oa3(content.root()));
    expect(result.is_ok() == accepts(case), format!("{result:?}"))
}

fn v2_salt(case: &Value) -> Result<(), Failed> {
    let found = case["input"].as_str().and_then(oa2::salted_leaf);
    equal(found.is_some(), accepts(case))?;
    if let Some((kind, text)) = found {
        equal(Some(text), case["expected"]["text"].as_str())?;
        equal(Some(format!("{kind:?}").to_lowercase().as_str()), case["expected"]["type"].as_str())?;
    }
    Ok(())
}

fn v2_flatten_hash(case: &Value) -> Result<(), Failed> {
    let bytes = bytes_of(&case["data"]);
    let found = tree(&bytes).and_then(|data| integrity::flatten_oa2(data.root()).ok());
    equal(found.is_some(), accepts(case))?;
    let Some(mut found) = found else { return Ok(()) };
    let mut wanted: Vec<_> = case["expected"]["leaves"]
        .as_array()
        .expect("leaves")
        .iter()
        .map(|leaf| integrity::Leaf {
            path: leaf["path"].as_str().expect("a path").to_owned(),
            hash: hash(&leaf["hash"]),
        })
        .collect();
    found.sort_by(|a, b| a.path.cmp(&b.path));
    wanted.sort_by(|a, b| a.path.cmp(&b.path));
    equal(found, wanted)
}

fn v2_digest(case: &Value) -> Result<(), Failed> {
    let visible: Vec<_> = case["visible"].as_array().expect("a list").iter().map(hash).collect();
    if !accepts(case) {
        let document = serde_json::json!({"data": {"issuers": []}, "privacy": {"obfuscatedData": case["obfuscated"]},
            "signature": {"type": "SHA3MerkleProof", "proof": [], "targetHash": "0".repeat(64), "merkleRoot": "0".repeat(64)}});
        let fault = match integrity_of(&bytes_of(&document)).expect("readable").result {
            IntegrityResult::Broken(fault) => fault.code(),
            other => return Err(format!("{other:?}").into()),
        };
        return expect(fault != "integrity.digest_mismatch", format!("refused only by its digest: {fault}"));
    }
    let hidden: Vec<_> = case["obfuscated"].as_array().into_iter().flatten().map(hash).collect();
    let mut all: Vec<_> = visible.iter().chain(&hidden).copied().collect();
    all.sort_unstable();
    let sorted: Vec<_> = case["expected"]["sorted"].as_array().expect("a list").iter().map(hash).collect();
    equal(all, sorted)?;
    equal(integrity::digest(visible, &hidden), hash(&case["expected"]["target_hash"]))
}

fn wrapped(case: &Value) -> Result<(), Failed> {
    let integrity = integrity_of(&bytes_of(&case["document"])).ok_or("not readable")?;
    equal(&integrity.result, &IntegrityResult::Intact)?;
    let facts = &case["facts"];
    equal(Some(integrity.visible_leaves as u64), facts["leaf_count"].as_u64())?;
    equal(Some(integrity.hidden_leaves as u64), facts["hidden_count"].as_u64())?;
    equal(integrity.target_hash, Some(hash(&facts["target_hash"])))?;
    equal(integrity.merkle_root, Some(hash(&facts["merkle_root"])))
}

fn tampered(case: &Value) -> Result<(), Failed> {
    let bytes =
        if case["raw_base64"].is_string() { base64_of(case, "raw_base64") } else { bytes_of(&case["document"]) };
    match integrity_of(&bytes) {
        None => expect(case["raw_base64"].is_string(), "a document that should be judged cannot be read"),
        // Among the changes are some that change nothing that is protected.
        Some(integrity) if accepts(case) => equal(integrity.result, IntegrityResult::Intact),
        Some(integrity) => {
            let hint = case["expected"]["reason_hint"].as_str().unwrap_or_default();
            let IntegrityResult::Broken(fault) = integrity.result else { return Err("it counts as intact".into()) };
            match hint {
                "digest" => equal(fault.code(), "integrity.digest_mismatch"),
                "merkle" => equal(fault.code(), "integrity.merkle_mismatch"),
                "salt-paths" => equal(fault.code(), "integrity.salts_mismatch"),
                hint if hint.contains("7.2") => equal(fault.code(), "integrity.batch_token"),
                _ => expect(fault.code() != "integrity.digest_mismatch", format!("{hint}: {fault}")),
            }
        }
    }
}

fn v3_falsy(case: &Value) -> Result<(), Failed> {
    let result = integrity_of(&bytes_of(&case["document"])).ok_or("not readable")?.result;
    match outcome(case) {
        "unknown" => expect(
            matches!(&result, IntegrityResult::FalsyLeavesUnauthenticated { paths } if !paths.is_empty()),
            format!("{result:?}"),
        ),
        _ => equal(result, IntegrityResult::Intact),
    }
}

fn obfuscation(case: &Value) -> Result<(), Failed> {
    let [before, after] = ["before", "after"].map(|name| integrity_of(&bytes_of(&case[name])));
    let (before, after) = (before.ok_or("not readable")?, after.ok_or("not readable")?);
    for (name, integrity) in [("before", &before), ("after", &after)] {
        let intact = integrity.result == IntegrityResult::Intact;
        equal(intact, case["expected"][name] == "pass")?;
    }
    if case["expected"]["after"] == "pass" {
        equal(after.merkle_root, before.merkle_root)?;
        // The hashes are all that are hidden afterwards.
        let hidden = case["hidden_hashes"].as_array().expect("a list").len();
        equal(after.hidden_leaves, hidden)?;
        equal(after.visible_leaves + hidden, before.visible_leaves + before.hidden_leaves)?;
    }
    Ok(())
}

/// A key that is no key is refused like a file that cannot be opened.
fn sealed_file(case: &Value) -> Result<(), Failed> {
    let bytes = bytes_of(&case["sealed"]);
    let opened = case["key"].as_str().and_then(|text| text.parse::<Key>().ok()).and_then(|key| {
        match document::read_file(&bytes, &Limits::default()).ok()?.content {
            Content::Sealed(sealed) => sealed.open(Some(&key)).ok(),
            Content::Document(_) => None,
        }
    });
    equal(opened.is_some(), accepts(case))?;
    equal(opened.as_ref().map(document::Opened::content), case["expected"]["plaintext"].as_str())
}

fn remark(case: &Value) -> Result<(), Failed> {
    let raw = decode_hex(case["cipher_hex"].as_str().expect("hex")).expect("hex");
    let remark = Remark::read(&raw, case["key_id"].as_str().expect("a key id"));
    equal(remark.decrypted.as_deref(), case["expected"]["text"].as_str())?;
    equal(remark.raw, raw)
}

fn link(case: &Value) -> Result<(), Failed> {
    let url = case["url"].as_str().expect("a link");
    let found = Link::parse(url, Reach::Public);
    if case["expected"]["note"].is_string() {
        expect(Link::parse(url, Reach::Anywhere).is_ok(), "--allow-private does not let it through")?;
    }
    let Ok(found) = found else { return expect(!accepts(case), format!("{:?}", found.err())) };
    expect(accepts(case), "it is accepted")?;
    equal(Some(found.address.url().as_str()), case["expected"]["uri"].as_str())?;
    equal(found.chain.map(|chain| chain.get()), case["expected"]["chain_id"].as_u64())?;
    // A key shows itself to nobody, so it is compared by what it opens.
    let wanted: Option<Key> = case["expected"]["key"].as_str().map(|text| text.parse().expect("a key"));
    equal(found.key.map(|key| opens_with(&key)), wanted.map(|key| opens_with(&key)))
}

/// Whether the key opens a file sealed with the key that the vectors share.
fn opens_with(key: &Key) -> bool {
    let sealed = br#"{"type":"OPEN-ATTESTATION-TYPE-1","cipherText":"a7amHQ==","iv":"AQIDBAUGBwgJCgsM","tag":"57mDBrf73zkjVqs0FLsvOw=="}"#;
    match document::read_file(sealed, &Limits::default()).expect("a sealed file").content {
        Content::Sealed(sealed) => sealed.open(Some(key)).is_ok(),
        Content::Document(_) => false,
    }
}
