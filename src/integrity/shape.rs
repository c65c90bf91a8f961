//! Whether a document has the members that its format requires, by our draft-07 schemas (documents.md §6).

use std::sync::OnceLock;

use jsonschema::Validator;
use serde_json::{Map, Number, Value as Json};

use crate::document::json::{Kind, Value};
use crate::document::oa2::{LeafType, salted_leaf};

/// Checks v2 `data`, salted or not, against `schemas/oa-2.0.schema.json`.
///
/// An issuer's name is only descriptive: where fields are hidden it may be one of them (documents.md §3.9). Whatever
/// verification rests on stays required.
pub fn shape_of_oa2(data: Value<'_>, hidden_fields: usize) -> Result<(), String> {
    static SCHEMA: OnceLock<Option<Validator>> = OnceLock::new();
    let schema = SCHEMA.get_or_init(|| compile(include_str!("../../schemas/oa-2.0.schema.json")));
    let mut instance = relevant(data, OA2_MEMBERS);
    if hidden_fields > 0 {
        let issuers = instance.get_mut("issuers").and_then(Json::as_array_mut);
        issuers.into_iter().flatten().for_each(allow_hidden_name);
    }
    judge(schema, &instance)
}

/// Checks a v3 document without its proof against `schemas/oa-3.0.schema.json`; hidden names as in v2.
pub fn shape_of_oa3(content: Value<'_>, hidden_fields: usize) -> Result<(), String> {
    static SCHEMA: OnceLock<Option<Validator>> = OnceLock::new();
    let schema = SCHEMA.get_or_init(|| compile(include_str!("../../schemas/oa-3.0.schema.json")));
    let mut instance = relevant(content, OA3_MEMBERS);
    if hidden_fields > 0 {
        instance.get_mut("issuer").into_iter().for_each(allow_hidden_name);
    }
    judge(schema, &instance)
}

fn allow_hidden_name(issuer: &mut Json) {
    if let Some(members) = issuer.as_object_mut() {
        members.entry("name").or_insert_with(|| "(hidden)".into());
    }
}

fn compile(schema: &str) -> Option<Validator> {
    let schema = serde_json::from_str(schema).ok()?;
    jsonschema::options()
        .should_validate_formats(true)
        .with_format("date-time", |text: &str| text.parse::<jiff::Timestamp>().is_ok())
        .with_format("uri", |text: &str| url::Url::parse(text).is_ok())
        .build(&schema)
        .ok()
}

/// Fails closed: a schema that did not compile accepts nothing. A test compiles both.
fn judge(validator: &Option<Validator>, instance: &Json) -> Result<(), String> {
    let validator = validator.as_ref().ok_or("the schema could not be compiled")?;
    match validator.iter_errors(instance).next() {
        None => Ok(()),
        Some(error) => {
            let path = error.instance_path().to_string();
            let place = if path.is_empty() { "the document".to_owned() } else { path };
            let what: String = error.to_string().chars().take(200).collect();
            Err(format!("{place}: {what}"))
        }
    }
}

/// The members that the schemas speak of; nothing else is copied.
const OA2_MEMBERS: &[&str] = &["issuers", "id", "$template", "documentUrl", "recipient", "network", "attachments"];
const OA3_MEMBERS: &[&str] = &[
    "@context",
    "type",
    "credentialSubject",
    "issuer",
    "issuanceDate",
    "openAttestationMetadata",
    "id",
    "reference",
    "name",
    "expirationDate",
    "issued",
    "validFrom",
    "validUntil",
    "credentialStatus",
    "attachments",
    "network",
];

fn relevant(value: Value<'_>, names: &[&str]) -> Json {
    match value.kind() {
        Kind::Object(members) => Json::Object(
            members
                .filter(|(name, _)| names.iter().any(|known| name.is(known)))
                .map(|(name, value)| (name.decoded().into_owned(), copy(value)))
                .collect::<Map<_, _>>(),
        ),
        _ => copy(value),
    }
}

/// No rule of the schemas looks beyond this length, so an attachment of many megabytes is not copied to be checked.
const LONGEST_COPY: usize = 4096;

fn copy(value: Value<'_>) -> Json {
    match value.kind() {
        Kind::Null => Json::Null,
        Kind::Bool(value) => Json::Bool(value),
        Kind::Number(token) => number(token),
        Kind::String(text) => {
            let text = text.decoded();
            match salted_leaf(&text) {
                None | Some((LeafType::String, _)) => {
                    let text = salted_leaf(&text).map_or(text.as_ref(), |(_, text)| text);
                    Json::String(text.get(..text.floor_char_boundary(LONGEST_COPY)).unwrap_or(text).to_owned())
                }
                Some((LeafType::Number, text)) => number(text),
                Some((LeafType::Boolean, text)) => Json::Bool(text == "true"),
                Some((LeafType::Null | LeafType::Undefined, _)) => Json::Null,
            }
        }
        Kind::Array(items) => Json::Array(items.map(copy).collect()),
        Kind::Object(members) => {
            Json::Object(members.map(|(name, value)| (name.decoded().into_owned(), copy(value))).collect())
        }
    }
}

/// Only the kind matters to the schemas.
fn number(token: &str) -> Json {
    token.parse().ok().and_then(Number::from_f64).map_or_else(|| Json::from(0), Json::Number)
}
