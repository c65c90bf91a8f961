//! Every case of a vector is looked at; the message of a failure names it.

use std::collections::BTreeMap;

use super::super::context::{self, Context, Definition, Scope};
use super::*;

#[test]
fn the_embedded_contexts_map_what_the_vector_says() {
    let cases = cases("credentials/contexts");
    for case in &cases {
        let url = case["url"].as_str().expect("a URL");
        let contexts = context::embedded().get(url).unwrap_or_else(|| panic!("{url} is not embedded"));
        let terms = terms(contexts.last().expect("terms"));
        let mut expected = without_versions(case["terms"].clone());
        if expected["RsaSignature2018"].get("scope").is_some() {
            // Its words are `sec:…` and `xsd:…`, which are what the contexts around it say: no meaning of its own.
            expected.as_object_mut().expect("terms").remove("RsaSignature2018");
        }
        assert!(terms == expected, "{}: {terms:#}", case["id"]);
        let imports = case["imports"].as_array().map_or(0, Vec::len);
        assert_eq!(contexts.len(), 1 + imports, "{}", case["id"]);
    }
    assert_eq!(context::embedded().len(), cases.len());
}

/// Which processing mode a scope asks for makes no difference to its terms.
fn without_versions(mut terms: Json) -> Json {
    for (_, term) in terms.as_object_mut().expect("terms") {
        if let Some(scope) = term.get_mut("scope").and_then(Json::as_object_mut) {
            scope.remove("version");
            let inside = without_versions(scope["terms"].take());
            scope["terms"] = inside;
        }
    }
    terms
}

/// As the vector writes the terms of a context.
fn terms(context: &Context) -> Json {
    context
        .terms
        .iter()
        .map(|(name, definition)| (name.to_string(), term(definition)))
        .collect::<serde_json::Map<_, _>>()
        .into()
}

fn term(definition: &Definition) -> Json {
    let mut term = BTreeMap::new();
    term.insert("iri", iri_of(definition));
    term.extend(coercion_of(definition).map(|coercion| ("type", coercion.into())));
    term.extend(container_of(definition).map(|container| ("container", vec![container].into())));
    term.extend(definition.protected.then(|| ("protected", true.into())));
    term.extend(definition.prefix.then(|| ("prefix", true.into())));
    match &definition.scope {
        Scope::None => {}
        Scope::Forget => drop(term.insert("scope", Json::Null)),
        Scope::Terms(context) => drop(term.insert("scope", serde_json::json!({"terms": terms(context)}))),
    }
    serde_json::to_value(term).expect("JSON")
}

#[test]
fn literals_are_written_byte_for_byte() {
    for case in cases("credentials/rdf-literals") {
        let id = &case["id"];
        let line = one_statement(case["json"].as_str().expect("JSON text"), &case["term"]);
        match case["expected"]["nquad"].as_str() {
            Some(nquad) => {
                assert_eq!(line.unwrap_or_else(|error| panic!("{id}: {error}")), nquad, "{id}")
            }
            None => assert!(line.is_err(), "{id}: {line:?}"),
        }
    }
}

/// The statement of `{"p": VALUE}` where a caller's context defines `p` like that.
fn one_statement(value: &str, term: &Json) -> Result<String, Unreadable> {
    let mut definition = serde_json::json!({"@id": term["iri"]});
    for part in ["type", "language", "direction"] {
        if let Some(value) = term.get(part) {
            definition[format!("@{part}")] = value.clone();
        }
    }
    let context = serde_json::json!({"@context": {"id": "@id", "p": definition}});
    let mut known = Contexts::default();
    known.add("https://x.example/context", context.to_string().as_bytes()).expect("a context");
    let text = format!(r#"{{"id": "https://x.example/s", "p": {value}}}"#);
    let tree = json::parse(text.as_bytes(), &Limits::default()).expect("JSON");
    let canonical = statements(tree.root(), &["https://x.example/context"], &known, &[])?;
    let canonical = canonical.canonical(Escaping::Canonical).expect("in budget");
    Ok(canonical.lines().iter().map(|line| line.as_str()).collect())
}

#[test]
fn genuine_documents_and_their_proofs_have_the_lines_that_were_signed() {
    for case in cases("vectors/w3c-signed") {
        let (document, facts) = (&case["document"], &case["facts"]);
        let legacy = facts["counts"].is_object() && facts["labels"].is_null();
        let escaping = if legacy { Escaping::Legacy } else { Escaping::Canonical };
        assert_eq!(canonical_lines(document, &["proof"], escaping), written(&facts["canonical"]), "{}", case["id"]);
        let mut proof = document["proof"].clone();
        proof["@context"] = document["@context"].clone();
        if legacy {
            proof["@context"] = serde_json::json!(["https://w3id.org/security/v2", "https://w3id.org/security/bbs/v1"]);
            proof["type"] = "BbsBlsSignature2020".into();
        }
        let lines = canonical_lines(&proof, &["proofValue", "nonce"], escaping);
        assert_eq!(lines, written(&facts["proof_canonical"]), "{}", case["id"]);
    }
}

#[test]
fn presentations_are_written_with_their_credentials_and_the_proofs_of_these() {
    for case in cases("vectors/w3c-presentations") {
        let (presentation, facts) = (&case["presentation"], &case["facts"]);
        if !facts.is_object() {
            continue;
        }
        assert_eq!(
            canonical_lines(presentation, &["proof"], Escaping::Canonical),
            written(&facts["canonical"]),
            "{}",
            case["id"]
        );
    }
}
