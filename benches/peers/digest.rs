//! Warm: from the bytes of a file to whether content and digest fit.

use std::cell::RefCell;

use ebl_verifier::document::{self, Limits};
use ebl_verifier::integrity::{self, IntegrityResult};
use serde_json::json;

use super::bills;
use super::theirs::{Files, Theirs};
use super::turns::{self, Run};
use super::wrapping::Format::{V2, V3};

const ROUNDS: usize = 11;

pub fn measure() {
    turns::head("Warm: read and digest", &["ebl", "tradetrust", "tt-verify"]);
    let documents = [
        ("OA 2.0, 21 fields", bills::of_fields(V2, 21), 500),
        ("OA 2.0, 5 KB", bills::of_bytes(V2, 5_000), 200),
        ("OA 2.0, 50 KB", bills::of_bytes(V2, 50_000), 20),
        ("OA 2.0, 1 MB of fields", bills::of_bytes(V2, 1_000_000), 2),
        ("OA 3.0, 21 fields", bills::of_fields(V3, 21), 200),
        ("OA 3.0, 50 KB", bills::of_bytes(V3, 50_000), 20),
        ("OA 2.0, attachment of 1 MB", bills::of_attachment(1_000_000), 5),
        ("OA 2.0, attachment of 20 MB", bills::of_attachment(20_000_000), 1),
    ];
    let (files, theirs) = (Files::new(), RefCell::new(Theirs::start()));
    for (name, bytes, times) in &documents {
        let file = files.write("document.json", bytes);
        let their = |library: &'static str| -> Run<'_> {
            let question = json!({"ask": "digest", "library": library, "file": file, "times": times});
            let theirs = &theirs;
            Box::new(move || theirs.borrow_mut().ask(&question))
        };
        let mut runs: Vec<Run<'_>> =
            vec![Box::new(|| turns::timed(*times, || intact(bytes))), their("tradetrust"), their("tt-verify")];
        turns::row(name, &turns::medians(ROUNDS, &mut runs));
    }
}

fn intact(bytes: &[u8]) {
    let document = document::read(std::hint::black_box(bytes), &Limits::default()).expect("readable");
    assert_eq!(integrity::check(&document).result, IntegrityResult::Intact);
}
