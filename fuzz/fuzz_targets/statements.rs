//! Any JSON as a document of statements, and as the context of a caller that gives its words their meaning: neither reading
//! panics, and no text in it makes a line that nobody wrote.
#![no_main]

use ebl_verifier::credential::{Contexts, Statements};
use ebl_verifier::document::{Limits, json};
use libfuzzer_sys::fuzz_target;
use serde_json::{Value, json as made};

const CONTEXT: &str = "https://counterparty.example/context";

fuzz_target!(|bytes: &[u8]| {
    statements(bytes, &Contexts::default());
    let mut known = Contexts::default();
    if known.add(CONTEXT, bytes).is_err() {
        return;
    }
    // The file's other members are a document in the words of its context.
    let Ok(Value::Object(mut document)) = serde_json::from_slice(bytes) else { return };
    for contexts in [made!([CONTEXT]), made!(["https://www.w3.org/ns/credentials/v2", CONTEXT])] {
        document.insert("@context".to_owned(), contexts);
        statements(Value::from(document.clone()).to_string().as_bytes(), &known);
    }
});

fn statements(bytes: &[u8], known: &Contexts) {
    let Ok(tree) = json::parse(bytes, &Limits::default()) else { return };
    let Ok(statements) = Statements::of(tree.root(), known, &["proof"]) else { return };
    let lines = statements.lines();
    assert!(lines.is_sorted_by(|one, other| one < other));
    assert!(lines.iter().all(|line| line.ends_with(" .") && !line.contains(['\n', '\r'])));
    assert_eq!(statements.selected(""), Some((0..lines.len()).collect()));
}
