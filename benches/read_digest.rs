//! Reading and digest of documents of several shapes and sizes, beside the limit of this machine: the same texts through
//! Keccak-256 and nothing else. `cargo bench --bench read_digest`. Compare ratios, not times.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use divan::counter::BytesCount;
use divan::{Bencher, black_box};
use ebl_verifier::document::{self, Limits};
use ebl_verifier::integrity::{self, Fault, IntegrityResult};
use ebl_verifier::primitives::{keccak256, keccak256_of_each};

fn main() {
    divan::main();
}

const DOCUMENTS: [&str; 9] = [
    "2.0, 21 fields",
    "2.0, 5 KB",
    "2.0, 50 KB",
    "2.0, 1 MB",
    "2.0, attachment of 1 MB",
    "2.0, attachment of 20 MB",
    "3.0, 50 KB",
    "3.0, 1 MB",
    "3.0, attachment of 1 MB",
];

#[divan::bench(args = DOCUMENTS)]
fn read(bencher: Bencher<'_, '_>, name: &str) {
    let Sample { file, .. } = Sample::of(name);
    bencher.counter(BytesCount::new(file.len())).bench(|| document::read(black_box(&file), &Limits::default()).is_ok());
}

#[divan::bench(args = DOCUMENTS)]
fn read_and_check(bencher: Bencher<'_, '_>, name: &str) {
    let Sample { file, .. } = Sample::of(name);
    bencher.counter(BytesCount::new(file.len())).bench(|| {
        let document = document::read(black_box(&file), &Limits::default()).expect("readable");
        assert_eq!(integrity::check(&document).result, IntegrityResult::Intact);
    });
}

/// What nothing that checks a document can be faster than: its leaves, and the list of their hashes.
#[divan::bench(args = DOCUMENTS)]
fn limit(bencher: Bencher<'_, '_>, name: &str) {
    let Sample { file, texts } = Sample::of(name);
    let list = vec![b'0'; texts.len() * 67 + 1];
    bencher
        .counter(BytesCount::new(file.len()))
        .bench(|| (keccak256_of_each(black_box(&texts)), keccak256(black_box(&list))));
}

/// An intact file, and the texts of its leaves.
struct Sample {
    file: Vec<u8>,
    texts: Vec<String>,
}

impl Sample {
    fn of(name: &str) -> Self {
        match name {
            "2.0, 21 fields" => Self::v2(&[], 11),
            "2.0, 5 KB" => Self::v2(&[], 60),
            "2.0, 50 KB" => Self::v2(&[], 780),
            "2.0, 1 MB" => Self::v2(&[], 16_700),
            "2.0, attachment of 1 MB" => Self::v2(&[1_000_000], 11),
            "2.0, attachment of 20 MB" => Self::v2(&[20_000_000], 11),
            "3.0, 50 KB" => Self::v3(&[], 260),
            "3.0, 1 MB" => Self::v3(&[], 5500),
            "3.0, attachment of 1 MB" => Self::v3(&[1_000_000], 11),
            other => panic!("{other}"),
        }
    }

    fn v2(attachments: &[usize], goods: usize) -> Self {
        const SALT: &str = "b8fa6a16-110f-412d-af13-ed33ee9c9730:string:";
        let mut texts = Vec::new();
        let mut field = |path: String, value: &str| {
            texts.push(format!(r#"{{"{path}":"{SALT}{value}"}}"#));
            let name = path.rsplit('.').next().unwrap_or_default();
            format!(r#""{name}":"{SALT}{value}""#)
        };
        let issuer = [("name", "Nordsee Carrier"), ("tokenRegistry", "0x1111111111111111111111111111111111111111")];
        let issuer = issuer.map(|(name, value)| field(format!("issuers.0.{name}"), value)).join(",");
        let proof = [("type", "DNS-TXT"), ("location", "carrier.example")];
        let proof = proof.map(|(name, value)| field(format!("issuers.0.identityProof.{name}"), value)).join(",");
        let goods = goods_of(goods, |index, name, value| field(format!("goods.{index}.{name}"), value));
        let attachments: Vec<String> = attachments
            .iter()
            .enumerate()
            .map(|(index, size)| {
                let members = [("filename", "a.pdf"), ("type", "application/pdf"), ("data", &"A".repeat(*size))];
                members.map(|(name, value)| field(format!("attachments.{index}.{name}"), value)).join(",")
            })
            .collect();
        let attachments = listed(&attachments);
        let text = format!(
            r#"{{"version":"https://schema.openattestation.com/2.0/schema.json","data":{{"issuers":[{{{issuer},"identityProof":{{{proof}}}}}],"attachments":{attachments},"goods":{goods}}},"signature":{{"type":"SHA3MerkleProof","targetHash":"{UNKNOWN}","proof":[],"merkleRoot":"{UNKNOWN}"}}}}"#
        );
        Self { file: intact(&text), texts }
    }

    fn v3(attachments: &[usize], goods: usize) -> Self {
        let (mut texts, mut salts) = (Vec::new(), Vec::new());
        let mut field = |path: String, value: &str| {
            let salt = format!("{:064x}", salts.len());
            texts.push(format!(r#"{{"{path}":"{salt}:{value}"}}"#));
            let name = path.rsplit('.').next().unwrap_or_default().to_owned();
            salts.push(format!(r#"{{"value":"{salt}","path":"{path}"}}"#));
            format!(r#""{name}":"{value}""#)
        };
        let version = field("version".into(), "https://schema.openattestation.com/3.0/schema.json");
        field("@context[0]".into(), "https://www.w3.org/2018/credentials/v1");
        field("type[0]".into(), "VerifiableCredential");
        let date = field("issuanceDate".into(), "2026-03-01T08:00:00Z");
        let issuer = [("id", "https://carrier.example"), ("name", "Nordsee Carrier")];
        let issuer = issuer.map(|(name, value)| field(format!("issuer.{name}"), value)).join(",");
        let proof = [
            ("type", "OpenAttestationProofMethod"),
            ("method", "TOKEN_REGISTRY"),
            ("value", "0x1111111111111111111111111111111111111111"),
        ];
        let proof = proof.map(|(name, value)| field(format!("openAttestationMetadata.proof.{name}"), value)).join(",");
        let identity = [("type", "DNS-TXT"), ("identifier", "carrier.example")];
        let identity = identity
            .map(|(name, value)| field(format!("openAttestationMetadata.identityProof.{name}"), value))
            .join(",");
        let goods =
            goods_of(goods, |index, name, value| field(format!("credentialSubject.goods[{index}].{name}"), value));
        let attachments: Vec<String> = attachments
            .iter()
            .enumerate()
            .map(|(index, size)| {
                let members = [("fileName", "a.pdf"), ("mimeType", "application/pdf"), ("data", &"A".repeat(*size))];
                members.map(|(name, value)| field(format!("attachments[{index}].{name}"), value)).join(",")
            })
            .collect();
        let attachments = listed(&attachments);
        let salts = STANDARD.encode(format!("[{}]", salts.join(",")));
        let text = format!(
            r#"{{{version},"@context":["https://www.w3.org/2018/credentials/v1"],"type":["VerifiableCredential"],{date},"issuer":{{{issuer}}},"openAttestationMetadata":{{"proof":{{{proof}}},"identityProof":{{{identity}}}}},"credentialSubject":{{"goods":{goods}}},"attachments":{attachments},"proof":{{"type":"OpenAttestationMerkleProofSignature2018","proofPurpose":"assertionMethod","targetHash":"{UNKNOWN}","merkleRoot":"{UNKNOWN}","proofs":[],"salts":"{salts}","privacy":{{"obfuscated":[]}}}}}}"#
        );
        Self { file: intact(&text), texts }
    }
}

/// In place of a digest that is not known yet.
const UNKNOWN: &str = "0000000000000000000000000000000000000000000000000000000000000000";

/// So many fields, four to an item.
fn goods_of(fields: usize, mut field: impl FnMut(usize, &str, &str) -> String) -> String {
    const NAMES: [&str; 4] = ["description", "weight", "marks", "packages"];
    let items: Vec<String> = (0..fields.div_ceil(NAMES.len()))
        .map(|index| NAMES.map(|name| field(index, name, &format!("Cartons {index}"))).join(","))
        .collect();
    listed(&items)
}

fn listed(items: &[String]) -> String {
    let items: Vec<String> = items.iter().map(|members| format!("{{{members}}}")).collect();
    format!("[{}]", items.join(","))
}

/// With the digest that the content has.
fn intact(text: &str) -> Vec<u8> {
    let document = document::read(text.as_bytes(), &Limits::default()).expect("a document");
    match integrity::check(&document).result {
        IntegrityResult::Broken(Fault::DigestMismatch { found, .. }) => text.replace(UNKNOWN, &found.to_hex64()).into(),
        other => panic!("built wrongly: {other:?}"),
    }
}
