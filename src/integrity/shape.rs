//! Whether a document has the members that its format requires, by our draft-07 schemas (documents.md §6).

mod words;

use std::sync::OnceLock;

use jsonschema::Validator;
use serde_json::{Map, Number, Value as Json};

use crate::date_time::rfc3339_seconds;
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
    judge(schema, &instance, data)
}

/// Checks a v3 document without its proof against `schemas/oa-3.0.schema.json`. An issuer that is an object has a name
/// there, hidden fields or not (vector `v3-obf-pkg-issuer-name`).
pub fn shape_of_oa3(content: Value<'_>) -> Result<(), String> {
    static SCHEMA: OnceLock<Option<Validator>> = OnceLock::new();
    let schema = SCHEMA.get_or_init(|| compile(include_str!("../../schemas/oa-3.0.schema.json")));
    judge(schema, &relevant(content, OA3_MEMBERS), content)
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
        .with_format("date-time", |text: &str| rfc3339_seconds(text).is_some())
        .with_format("uri", |text: &str| url::Url::parse(text).is_ok())
        .build(&schema)
        .ok()
}

/// Fails closed: a schema that did not compile accepts nothing. A test compiles both.
fn judge(validator: &Option<Validator>, instance: &Json, content: Value<'_>) -> Result<(), String> {
    let validator = validator.as_ref().ok_or("the schema could not be compiled")?;
    match validator.iter_errors(instance).next() {
        None => Ok(()),
        Some(error) => Err(words::explain(&error, content)),
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::json::parse_value;

    fn issuer(more: &str) -> String {
        format!(
            r#"{{"issuers":[{{"name":"A",{more}"identityProof":{{"type":"DNS-TXT","location":"carrier.example"}}}}]}}"#
        )
    }

    #[test]
    fn a_wrong_shape_of_v2_is_told_by_member_value_and_what_it_must_be() {
        const STORE: &str = "0x1111111111111111111111111111111111111111";
        let both = format!(r#""tokenRegistry":"{STORE}","documentStore":"{STORE}","#);
        let at = |member: &str, value: &str| issuer("").replacen('{', &format!("{{{member:?}:{value},"), 1);
        for (data, wanted) in [
            (issuer(""), ""),
            (
                issuer(r#""tokenRegistry":"registry.demo.eth","#),
                "`issuers[0].tokenRegistry` is the text \"registry.demo.eth\"; \
                 it must be an address: 0x and 40 hexadecimal digits, no name",
            ),
            (issuer(r#""documentStore":1337,"#), "`issuers[0].documentStore` is the number 1337; it must be a text"),
            (issuer(&both), "`issuers[0]` names more than one of tokenRegistry, documentStore and certificateStore"),
            (r#"{"issuers":[]}"#.into(), "`issuers` is an empty list; it must be a list of at least one item"),
            (r#"{"issuers":"A"}"#.into(), "`issuers` is the text \"A\"; it must be a list"),
            ("{}".into(), "`issuers` is missing"),
            (r#"{"issuers":[7]}"#.into(), "`issuers[0]` is the number 7; it must be an object"),
            (
                format!(r#"{{"issuers":[{{"name":"A","tokenRegistry":"{STORE}"}}]}}"#),
                "`issuers[0].identityProof` is missing",
            ),
            (
                issuer("").replace("DNS-TXT", "ENS"),
                "`issuers[0].identityProof.type` is the text \"ENS\"; it must be DNS-TXT, DNS-DID or DID",
            ),
            (issuer("").replace("location", "place"), "`issuers[0].identityProof.location` is missing"),
            (
                at("network", r#"{"chain":"ETH","chainId":"b8fa6a16-110f-412d-af13-ed33ee9c9730:number:1.0e3"}"#),
                "`network.chainId` is the number 1.0e3; it must be a text",
            ),
            (
                at("network", r#"{"chain":"ETH","chainId":1337}"#),
                "`network.chainId` is the number 1337; it must be a text",
            ),
            (at("network", r#"{"chainId":"1"}"#), "`network.chain` is missing"),
            (at("network", r#"{"chain":null}"#), "`network.chain` is null; it must be a text"),
            (at("$template", "true"), "`$template` is true; it must be a text or an object"),
            (at("$template", r#"{"name":"A"}"#), "`$template.type` is missing"),
            (
                at("attachments", r#"[{"filename":"a","type":"b","data":"c","size":"1"}]"#),
                "`attachments[0]` has a member \"size\", which does not belong there",
            ),
            (
                issuer(r#""revocation":{"type":"SOME"},"#),
                "`issuers[0].revocation.type` is the text \"SOME\"; it must be NONE, REVOCATION_STORE or OCSP_RESPONDER",
            ),
        ] {
            let tree = parse_value(data.as_bytes(), &Default::default()).expect("JSON");
            let found = shape_of_oa2(tree.root(), 0).err().unwrap_or_default();
            assert_eq!(found, wanted, "{data}");
        }
    }

    #[test]
    fn a_wrong_shape_of_v3_is_told_in_the_same_way() {
        let good = r#"{"@context":["https://www.w3.org/2018/credentials/v1"],"type":["A"],"credentialSubject":{},
            "issuer":{"id":"https://carrier.example","name":"A"},"issuanceDate":"2026-03-01T08:00:00Z",
            "openAttestationMetadata":{"proof":{"type":"OpenAttestationProofMethod","method":"TOKEN_REGISTRY",
            "value":"0x1111111111111111111111111111111111111111"},
            "identityProof":{"type":"DNS-TXT","identifier":"carrier.example"}}}"#;
        let time = "a date and time with its zone, as in 2026-03-01T08:00:00Z";
        for (from, to, wanted) in [
            ("", "", String::new()),
            (
                r#""2026-03-01T08:00:00Z""#,
                r#""01/03/2026""#,
                format!("`issuanceDate` is the text \"01/03/2026\"; it must be {time}"),
            ),
            (
                r#""type":["A"]"#,
                r#""type":["A"],"validUntil":"2026-03-01T08:00:00Z[UTC]""#,
                format!("`validUntil` is the text \"2026-03-01T08:00:00Z[UTC]\"; it must be {time}"),
            ),
            (r#""type":["A"]"#, r#""type":[7]"#, "`type[0]` is the number 7; it must be a text".into()),
            (r#""type":["A"]"#, r#""type":7"#, "`type` is the number 7; it must be a text or a list".into()),
            (
                "0x1111111111111111111111111111111111111111",
                "registry.demo.eth",
                "`openAttestationMetadata.proof.value` is the text \"registry.demo.eth\"; \
                 it must be an address: 0x and 40 hexadecimal digits, no name"
                    .into(),
            ),
            (
                "TOKEN_REGISTRY",
                "TOKEN",
                "`openAttestationMetadata.proof.method` is the text \"TOKEN\"; \
                 it must be TOKEN_REGISTRY, DOCUMENT_STORE or DID"
                    .into(),
            ),
            (
                r#""id":"https://carrier.example""#,
                r#""id":"carrier""#,
                "`issuer.id` is the text \"carrier\"; it must be a whole URI, as in https://carrier.example".into(),
            ),
            (
                r#""identifier":"carrier.example""#,
                r#""identifier":"carrier.example","more":"1""#,
                "`openAttestationMetadata.identityProof` has a member \"more\", which does not belong there".into(),
            ),
        ] {
            let text = good.replacen(from, to, 1);
            let tree = parse_value(text.as_bytes(), &Default::default()).expect("JSON");
            assert_eq!(shape_of_oa3(tree.root()).err().unwrap_or_default(), wanted, "{text}");
        }
    }
}
