//! Any evidence beside an intact document: judging never panics, and nothing but complete evidence makes it valid.
#![no_main]

use ebl_verifier::document::{self, Limits};
use ebl_verifier::evidence::Evidence;
use ebl_verifier::verify::{Case, Policy, Step, Verdict, examine};
use libfuzzer_sys::fuzz_target;

const BILL: &[u8] = include_bytes!("../../fixtures/documents/bill-v2.json");

fuzz_target!(|bytes: &[u8]| {
    let Ok(evidence) = serde_json::from_slice::<Evidence>(bytes) else { return };
    let document = document::read(BILL, &Limits::default()).expect("the fixture is readable");
    if let Step::Report(report) = examine(&Case::new(&document, &Policy::default(), 0), &evidence) {
        assert!(report.verdict != Verdict::Valid || evidence.entries().iter().all(|entry| entry.answer().is_ok()));
    }
});
