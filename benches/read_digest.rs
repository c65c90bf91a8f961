//! Reading and digest of documents of several sizes: `cargo bench --bench read_digest`. Compare ratios, not times.

use ebl_verifier::document::{self, Limits};
use ebl_verifier::integrity::{self, digest, flatten_oa2};

fn main() {
    divan::main();
}

/// A wrapped OA 2.0 document whose attachment fills it up to about `size` bytes.
fn document_of(size: usize) -> Vec<u8> {
    let salt = "00000000-0000-4000-8000-000000000000:string:";
    let data = format!(
        r#"{{"issuers":[{{"name":"{salt}Bench","documentStore":"{salt}0x{}","identityProof":{{"type":"{salt}DNS-TXT","location":"{salt}carrier.example"}}}}],"attachments":[{{"filename":"{salt}a","type":"{salt}b","data":"{salt}{}"}}]}}"#,
        "ab".repeat(20),
        "A".repeat(size),
    );
    let tree = document::json::parse(data.as_bytes(), &Limits::default()).expect("JSON");
    let hash = digest(flatten_oa2(tree.root()).expect("salted").iter().map(|leaf| leaf.hash), &[]).to_hex64();
    format!(
        r#"{{"version":"https://schema.openattestation.com/2.0/schema.json","data":{data},"signature":{{"type":"SHA3MerkleProof","targetHash":"{hash}","proof":[],"merkleRoot":"{hash}"}}}}"#
    )
    .into_bytes()
}

#[divan::bench(args = [10_000, 1_000_000, 20_000_000])]
fn read_and_check(bencher: divan::Bencher<'_, '_>, size: usize) {
    let bytes = document_of(size);
    bencher.counter(divan::counter::BytesCount::new(bytes.len())).bench(|| {
        let document = document::read(divan::black_box(&bytes), &Limits::default()).expect("readable");
        assert_eq!(integrity::check(&document).result, integrity::IntegrityResult::Intact);
    });
}
