//! What a holder can hide (documents.md §3.9): hiding leaves digest and root as they were, so a date or an issuer that
//! is hidden leaves no trace. Whatever is hidden is said where people read, and can be bounded.

use crate::support::signed_world;
use crate::support::situation;
use crate::support::wrapping;

use std::process::{Command, Output, Stdio};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ebl_verifier::primitives::keccak256;
use ebl_verifier::verify::{DeniedWarnings, Report, Rule, Verdict, WarningKind};
use serde_json::{Map, Value};
use signed_world::matches_schema;
use situation::{REGISTRY, STORE, Situation, bill, bill_v3, bill_v3_with, bill_with};
use wrapping::{hide_v2, issuer};

const NO_END: &str = "This bill shows no date up to which it is valid";
const NO_SECOND: &str = "This bill shows one issuer; if it had a second one";
const NOT_CHECKED: &str = "what the hidden fields say: a validity period or a further issuer may be among them";

/// As [`hide_v2`], for a top-level member of a v3 document that is one leaf.
fn hide_v3(document: &mut Value, name: &str) {
    let text = document[name].as_str().expect("a text").to_owned();
    document.as_object_mut().expect("an object").remove(name);
    let proof = &mut document["proof"];
    let salts = STANDARD.decode(proof["salts"].as_str().expect("text")).expect("base64");
    let mut salts: Vec<Value> = serde_json::from_slice(&salts).expect("JSON");
    let at = salts.iter().position(|salt| salt["path"] == name).expect("it is salted");
    let salted = format!("{}:{text}", salts.remove(at)["value"].as_str().expect("text"));
    let hash = keccak256(Value::Object(Map::from_iter([(name.to_owned(), salted.into())])).to_string()).to_hex64();
    proof["salts"] = STANDARD.encode(Value::Array(salts).to_string()).into();
    proof["privacy"]["obfuscated"].as_array_mut().expect("a list").push(hash.into());
}

fn examined(situation: &Situation) -> Report {
    let (report, _) = situation.examined();
    matches_schema(&report);
    report
}

/// The note on hidden fields.
fn note(report: &Report) -> &str {
    let mut notes = report.warnings.iter().filter(|text| text.contains("hidden"));
    let note = notes.next().expect("a note");
    assert!(note.contains("a validity period or a further issuer may be among them"), "{note}");
    assert_eq!(notes.next(), None);
    note
}

#[test]
fn a_hidden_end_of_validity_is_not_passed_over_in_silence() {
    for member in ["expirationDate", "validUntil"] {
        let expired = || bill_v3_with(|plain| plain[member] = "2026-03-02T08:00:00Z".into());
        assert_eq!(examined(&expired()).verdict, Verdict::Invalid);
        let hidden = || expired().tampered(|document| hide_v3(document, member));
        let report = examined(&hidden());
        // The digest cannot say what is hidden, so nothing contradicts the document.
        assert_eq!((report.verdict, report.document.hidden_fields), (Verdict::Valid, 1));
        assert!(note(&report).contains(NO_END), "{}", note(&report));
        assert_eq!(report.not_checked[0], NOT_CHECKED);
        for rule in [
            Rule::HiddenFields(0),
            Rule::NoWarnings(DeniedWarnings::These([WarningKind::HiddenFields].into())),
            Rule::NoWarnings(DeniedWarnings::All),
        ] {
            let report = examined(&hidden().policy(|policy| policy.rules.push(rule)));
            assert_eq!(report.verdict, Verdict::PolicyNotMet, "{report:#?}");
        }
        let bounded = examined(&hidden().policy(|policy| policy.rules.push(Rule::HiddenFields(1))));
        assert_eq!(bounded.verdict, Verdict::Valid);
    }
}

#[test]
fn a_hidden_second_issuer_is_not_passed_over_in_silence() {
    let two = || {
        bill_with(|plain| {
            plain["issuers"] = vec![issuer("tokenRegistry", REGISTRY), issuer("tokenRegistry", STORE)].into();
        })
    };
    assert_eq!(examined(&two()).verdict, Verdict::Invalid);
    let report = examined(&two().tampered(|document| hide_v2(document, "/issuers/1")));
    assert_eq!((report.verdict, report.document.hidden_fields), (Verdict::Valid, 4));
    assert!(note(&report).contains(NO_SECOND), "{}", note(&report));
    assert_eq!(report.not_checked[0], NOT_CHECKED);
}

#[test]
fn what_is_hidden_is_said_of_every_document_and_no_more_than_is_so() {
    // One leaf is no issuer, and a document whose end is visible does not lack one.
    let number = bill_with(|plain| plain["scac"] = "NDSE".into());
    let report = examined(&number.tampered(|document| hide_v2(document, "/scac")));
    assert!(!note(&report).contains(NO_SECOND), "{}", note(&report));
    let dated = bill_v3_with(|plain| {
        plain["validUntil"] = "2036-03-02T08:00:00Z".into();
        plain["reference"] = "R-1".into();
    });
    let report = examined(&dated.tampered(|document| hide_v3(document, "reference")));
    assert_eq!(report.verdict, Verdict::Valid);
    assert!(!note(&report).contains(NO_END), "{}", note(&report));
    for whole in [bill(), bill_v3()] {
        let report = examined(&whole);
        assert_eq!((report.warnings.len(), report.not_checked.contains(&NOT_CHECKED.to_owned())), (0, false));
    }
}

#[test]
fn a_time_that_is_not_rfc_3339_is_refused_in_every_member_that_is_judged() {
    for member in ["issuanceDate", "expirationDate", "issued", "validFrom", "validUntil"] {
        let dated = |text: &str| examined(&bill_v3_with(|plain| plain[member] = text.into()));
        for text in [
            "2036-03-01",
            "2036-03-01T08:00:00",
            "2036-03-01 08:00:00Z",
            "2036-03-01T08:00:00Z[UTC]",
            "2036-03-01T08Z",
            "2036-03-01T08:00:00+0100",
            "01/03/2036",
            "",
        ] {
            let report = dated(text);
            let code = report.checks[0].code.id;
            assert_eq!((report.verdict, code), (Verdict::Invalid, "integrity.shape"), "{member}: {text}");
        }
        let good = if member == "validFrom" { "2016-03-01T08:00:00.5+01:00" } else { "2036-03-01t08:00:00.5z" };
        assert_eq!(dated(good).verdict, Verdict::Valid, "{member}");
    }
}

/// With two hidden fields.
const BILL: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/documents/bill-v2.json");

fn ebl(arguments: &[&str], variables: &[(&str, &str)]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_ebl"))
        .args(arguments)
        .env_clear()
        .env("HOME", "/nonexistent")
        .envs(variables.iter().copied())
        .stdin(Stdio::null())
        .output()
        .expect("the binary starts")
}

/// What the rule about hidden fields came to; `None` where there is none.
fn bounded(arguments: &[&str], variables: &[(&str, &str)]) -> Option<String> {
    let output = ebl(&[&["verify", "--offline", "--format", "json", BILL], arguments].concat(), variables);
    let report: Value = serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}: {output:?}"));
    let rule = report["policy"].as_array()?.iter().find(|rule| rule["rule"] == "max_hidden_fields")?;
    rule["outcome"].as_str().map(str::to_owned)
}

#[test]
fn hidden_fields_are_bounded_by_flag_variable_settings_and_policy() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = |name: &str, text: &str| {
        let path = folder.path().join(name);
        std::fs::write(&path, text).expect("written");
        path.to_str().expect("text").to_owned()
    };
    let settings = file("ebl.toml", "max_hidden = 1\n");
    let policies = [file("flag.toml", "max_hidden = 1\n"), file("key.toml", "max_hidden_fields = 1\n")];
    let (pass, fail) = (Some("pass".to_owned()), Some("fail".to_owned()));
    assert_eq!(bounded(&[], &[]), None);
    assert_eq!(bounded(&["--max-hidden", "1"], &[]), fail);
    assert_eq!(bounded(&["--max-hidden", "2"], &[]), pass);
    assert_eq!(bounded(&[], &[("EBL_MAX_HIDDEN", "1")]), fail);
    assert_eq!(bounded(&["--config", &settings], &[]), fail);
    assert_eq!(bounded(&["--max-hidden", "2", "--config", &settings], &[]), pass, "the flag goes before the file");
    for policy in &policies {
        assert_eq!(bounded(&["--policy", policy], &[]), fail);
        assert_eq!(bounded(&["--policy", policy, "--max-hidden", "2"], &[]), fail, "both hold together");
    }
    for (arguments, variables) in
        [(&["--max-hidden", "none"][..], &[][..]), (&["--max-hidden", "-1"], &[]), (&[], &[("EBL_MAX_HIDDEN", "-1")])]
    {
        let output = ebl(&[&["verify", "--offline", BILL], arguments].concat(), variables);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
    }
}

#[test]
fn verify_and_inspect_name_hidden_fields_in_the_default_view() {
    for arguments in [["verify", "--offline", BILL].as_slice(), &["inspect", BILL]] {
        let output = ebl(arguments, &[]);
        let page = String::from_utf8(output.stdout).expect("UTF-8");
        let words = page.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(words.contains("2 fields are hidden, and nobody can know which: a validity period or"), "{page}");
        assert!(words.contains(NO_SECOND), "{page}");
    }
    let verified = ebl(&["verify", "--offline", BILL], &[]);
    assert!(String::from_utf8(verified.stdout).expect("UTF-8").contains("Not checked: what the hidden fields say:"));
    let inspected = ebl(&["inspect", "--format", "json", BILL], &[]);
    let inspected: Value = serde_json::from_slice(&inspected.stdout).expect("JSON");
    assert!(inspected["warnings"][0].as_str().expect("a text").contains(NO_SECOND), "{inspected}");
}
