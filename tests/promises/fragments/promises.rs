//! What every rendering must keep, and short forms of it.

use ebl_verifier::report::fragments;
use ebl_verifier::verify::{Report, Verdict};
use serde_json::Value;

/// The fragments of a report, which keep every promise of this file.
pub fn fragments_of(report: &Report) -> Value {
    let value = serde_json::to_value(fragments::of_report(report)).unwrap();
    keeps_the_promises(&value, report.verdict == Verdict::Valid);
    value
}

pub fn keeps_the_promises(value: &Value, is_valid: bool) {
    let errors = schema_errors(value);
    assert!(errors.is_empty(), "{errors:#?}\n{value:#}");
    assert_eq!(value["isValid"], is_valid, "{value:#}");
    assert_eq!(valid_by_the_fields_rule(value), is_valid, "{value:#}");
    for fragment in value["fragments"].as_array().unwrap() {
        let has = |member: &str| fragment.get(member).is_some();
        let wanted = match fragment["status"].as_str().unwrap() {
            "VALID" => (true, false),
            "SKIPPED" => (false, true),
            _ => (true, true),
        };
        assert_eq!((has("data"), has("reason")), wanted, "{fragment:#}");
    }
}

fn schema_errors(value: &Value) -> Vec<String> {
    let schema: Value = serde_json::from_str(include_str!("../../../schemas/fragments.schema.json")).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    validator.iter_errors(value).map(|error| error.to_string()).collect()
}

/// Of each type at least one fragment is VALID and none is neither VALID nor SKIPPED.
fn valid_by_the_fields_rule(value: &Value) -> bool {
    ["DOCUMENT_INTEGRITY", "DOCUMENT_STATUS", "ISSUER_IDENTITY"].iter().all(|wanted| {
        let fragments = value["fragments"].as_array().unwrap().iter().filter(|fragment| fragment["type"] == *wanted);
        let statuses: Vec<_> = fragments.map(|fragment| fragment["status"].as_str().unwrap()).collect();
        statuses.contains(&"VALID") && statuses.iter().all(|status| ["VALID", "SKIPPED"].contains(status))
    })
}

pub fn fragment<'v>(value: &'v Value, name: &str) -> &'v Value {
    let mut all = value["fragments"].as_array().unwrap().iter();
    all.find(|fragment| fragment["name"] == name).unwrap_or_else(|| panic!("{name}: {value:#}"))
}

/// Each fragment in a word: its status where that says all, else its code.
pub fn words(value: &Value) -> String {
    let word = |fragment: &Value| match fragment["status"].as_str().unwrap() {
        status @ ("VALID" | "SKIPPED") => status.to_lowercase(),
        status => format!("{status}:{}", fragment["reason"]["codeString"].as_str().unwrap()),
    };
    value["fragments"].as_array().unwrap().iter().map(word).collect::<Vec<_>>().join(" ")
}
