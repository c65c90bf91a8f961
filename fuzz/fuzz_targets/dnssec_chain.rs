//! Any bytes as a DNSSEC chain, and any bytes in the place of some of a genuine one: nothing panics, and only what was signed is
//! proven.
#![no_main]

use std::sync::LazyLock;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ebl_verifier::dnssec::{TrustAnchors, check};
use libfuzzer_sys::fuzz_target;
use serde::Deserialize;

#[derive(Deserialize)]
struct File {
    cases: Vec<Case>,
}

#[derive(Deserialize)]
struct Case {
    name: String,
    records: Vec<String>,
    to: i64,
    chain: String,
}

static CASES: LazyLock<Vec<(Case, Vec<u8>)>> = LazyLock::new(|| {
    let file: File =
        serde_json::from_str(include_str!("../../fixtures/dns/genuine-chains.json")).expect("the fixture holds chains");
    let with_bytes = |case: Case| {
        let chain = STANDARD.decode(&case.chain).expect("the fixture is base64");
        (case, chain)
    };
    file.cases.into_iter().map(with_bytes).collect()
});

fuzz_target!(|bytes: &[u8]| {
    // Text is an anchor, perhaps one that the rest is checked by.
    let anchors: TrustAnchors = String::from_utf8_lossy(bytes).parse().unwrap_or_default();
    for (case, genuine) in &*CASES {
        let _ = check(bytes, &case.name, case.to, &anchors);
        // Two bytes say where the others stand.
        let [high, low, rest @ ..] = bytes else { return };
        let at = usize::from(u16::from_be_bytes([*high, *low])) % genuine.len();
        let mut changed = genuine.clone();
        let end = (at + rest.len()).min(changed.len());
        changed[at..end].copy_from_slice(&rest[..end - at]);
        if let Ok(proven) = check(&changed, &case.name, case.to, &anchors) {
            assert!(changed == *genuine && proven.records == case.records);
        }
    }
});
