//! Held against the shared vectors and the suites of the W3C.

mod canonicalisation;
mod documents;
mod nquads_text;
mod oracle;
mod vectors;
mod w3c;

use serde_json::Value as Json;

use super::context::{Coercion, Container, Definition, Meaning};
use super::*;
use crate::document::{Limits, json};

/// The cases of a shared vector.
fn cases(vector: &str) -> Vec<Json> {
    let text = std::fs::read_to_string(format!("fixtures/{vector}.json")).expect("a vector");
    let mut vector: Json = serde_json::from_str(&text).expect("JSON");
    serde_json::from_value(vector["cases"].take()).expect("cases")
}

/// Canonical N-Quads of a JSON object under its own `@context`.
fn canonical_lines(object: &Json, leave_out: &[&str], escaping: Escaping) -> Vec<String> {
    let contexts: Vec<String> = serde_json::from_value(object["@context"].clone()).expect("URLs");
    lines_under(object, &contexts, &Contexts::default(), leave_out, escaping).expect("statements")
}

fn lines_under(
    object: &Json,
    contexts: &[String],
    known: &Contexts,
    leave_out: &[&str],
    escaping: Escaping,
) -> Result<Vec<String>, Unreadable> {
    let text = object.to_string();
    let tree = json::parse(text.as_bytes(), &Limits::default()).expect("JSON");
    let canonical = statements(tree.root(), contexts, known, leave_out)?.canonical(escaping).expect("in budget");
    Ok(canonical.lines().to_vec())
}

fn written(lines: &Json) -> Vec<String> {
    serde_json::from_value(lines.clone()).expect("lines")
}

/// What a term stands for, as a context writes it.
fn iri_of(definition: &Definition) -> Json {
    match &definition.meaning {
        Meaning::Id => Json::from("@id"),
        Meaning::Type => "@type".into(),
        Meaning::Iri(iri) => (**iri).into(),
        Meaning::Unmapped => Json::Null,
    }
}

/// The `@type` of a term.
fn coercion_of(definition: &Definition) -> Option<&str> {
    match &definition.coercion {
        Coercion::None => None,
        Coercion::Id => Some("@id"),
        Coercion::Vocab => Some("@vocab"),
        Coercion::Json => Some("@json"),
        Coercion::Datatype(datatype) => Some(&**datatype),
    }
}

/// The `@container` of a term.
fn container_of(definition: &Definition) -> Option<&'static str> {
    match definition.container {
        Container::None => None,
        Container::Set => Some("@set"),
        Container::List => Some("@list"),
        Container::Graph => Some("@graph"),
    }
}
