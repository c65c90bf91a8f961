//! What the reader asks for is what the published schemas say: both say the same of every vector, of every change to one,
//! and of anything built at random from the words that the schemas know.

use std::sync::LazyLock;

use jsonschema::Validator;
use proptest::prelude::*;
use proptest::sample::{Index, select};
use serde_json::{Map, Value as Json, json};

use super::{shape_of_oa2, shape_of_oa3};
use crate::date_time::rfc3339_seconds;
use crate::document::json::parse_value;

static OA2: LazyLock<Validator> = LazyLock::new(|| compile(include_str!("../../../schemas/oa-2.0.schema.json")));
static OA3: LazyLock<Validator> = LazyLock::new(|| compile(include_str!("../../../schemas/oa-3.0.schema.json")));

fn compile(schema: &str) -> Validator {
    jsonschema::options()
        .should_validate_formats(true)
        .with_format("date-time", |text: &str| rfc3339_seconds(text).is_some())
        .with_format("uri", |text: &str| url::Url::parse(text).is_ok())
        .build(&serde_json::from_str(schema).expect("JSON"))
        .expect("a schema")
}

/// What both say of it.
fn agreed(instance: &Json) -> [bool; 2] {
    let text = instance.to_string();
    let tree = parse_value(text.as_bytes(), &Default::default()).expect("JSON");
    let (found2, found3) = (shape_of_oa2(tree.root(), 0), shape_of_oa3(tree.root()));
    let said = |validator: &Validator| validator.iter_errors(instance).next().map(|error| error.to_string());
    let (schema2, schema3) = (said(&OA2), said(&OA3));
    assert_eq!(found2.is_ok(), schema2.is_none(), "v2: {found2:?}, {schema2:?}: {instance}");
    assert_eq!(found3.is_ok(), schema3.is_none(), "v3: {found3:?}, {schema3:?}: {instance}");
    [found2.is_ok(), found3.is_ok()]
}

#[test]
fn reader_and_schemas_say_the_same_of_every_vector() {
    for (index, file) in ["schema-v2.json", "schema-v3.json"].into_iter().enumerate() {
        let said: Vec<bool> = vectors(file).iter().map(|instance| agreed(instance)[index]).collect();
        assert!(said.contains(&true) && said.contains(&false), "{file}");
    }
}

fn vectors(file: &str) -> Vec<Json> {
    let path = format!("{}/fixtures/vectors/{file}", env!("CARGO_MANIFEST_DIR"));
    let all: Json = serde_json::from_slice(&std::fs::read(path).expect("vectors")).expect("JSON");
    let cases = all["cases"].as_array().expect("cases");
    cases.iter().map(|case| case.get("data").or(case.get("document")).expect("content").clone()).collect()
}

/// A document of each kind that the schemas allow, with every member that they know.
fn whole() -> Vec<Json> {
    const CONTRACT: &str = "0x1111111111111111111111111111111111111111";
    let proof = |kind: &str| json!({"type": kind, "location": "carrier.example", "key": "did:ethr:0x00#controller"});
    let issuer = |member: &str, kind: &str| {
        json!({
            "name": "A", "id": "did:ethr:0x00", member: CONTRACT, "identityProof": proof(kind),
            "revocation": {"type": "REVOCATION_STORE", "location": CONTRACT},
        })
    };
    let v2 = json!({
        "id": "A", "issuers": [issuer("tokenRegistry", "DNS-TXT"), issuer("documentStore", "DNS-DID"),
            issuer("certificateStore", "DID"), issuer("other", "DID")],
        "$template": {"name": "A", "type": "EMBEDDED_RENDERER", "url": "https://carrier.example"},
        "documentUrl": "A", "recipient": {"name": "A"}, "network": {"chain": "ETH", "chainId": "1"},
        "attachments": [{"filename": "a", "type": "b", "data": "c"}],
    });
    let v3 = |method: &str| {
        json!({
            "@context": ["https://carrier.example", {}], "type": ["A"], "credentialSubject": [{}],
            "issuer": {"id": "https://carrier.example", "name": "A"}, "issuanceDate": "2026-03-01T08:00:00Z",
            "expirationDate": "2026-03-01T08:00:00Z", "issued": "2026-03-01T08:00:00Z", "validFrom": "2026-03-01T08:00:00Z",
            "validUntil": "2026-03-01T08:00:00Z", "id": "urn:a", "reference": "A", "name": "A",
            "credentialStatus": {"id": "urn:a", "type": "A"}, "network": {"chain": "ETH", "chainId": "1"},
            "attachments": [{"fileName": "a", "mimeType": "b", "data": "c"}],
            "openAttestationMetadata": {
                "proof": {"type": "OpenAttestationProofMethod", "method": method, "value": CONTRACT,
                    "revocation": {"type": "OCSP_RESPONDER", "location": "https://carrier.example"}},
                "identityProof": {"type": "DNS-TXT", "identifier": "carrier.example"},
                "template": {"name": "A", "type": "EMBEDDED_RENDERER", "url": "https://carrier.example"},
            },
        })
    };
    vec![v2, v3("TOKEN_REGISTRY"), v3("DOCUMENT_STORE"), v3("DID")]
}

#[test]
fn whole_documents_have_the_right_shape() {
    let said: Vec<[bool; 2]> = whole().iter().map(agreed).collect();
    assert_eq!(said, [[true, false], [false, true], [false, true], [false, true]]);
}

/// Values that some rule or other is about.
fn value() -> impl Strategy<Value = Json> {
    select(vec![
        json!(null),
        json!(true),
        json!(7),
        json!("A"),
        json!(""),
        json!([]),
        json!({}),
        json!([7]),
        json!(["A"]),
        json!([{}]),
        json!("NONE"),
        json!("DID"),
        json!("DNS-TXT"),
        json!("DNS-DID"),
        json!("TOKEN_REGISTRY"),
        json!("EMBEDDED_RENDERER"),
        json!("OpenAttestationProofMethod"),
        json!("2026-03-01"),
        json!("2026-03-01T08:00:00Z"),
        json!("ftp://carrier.example"),
        json!("https://carrier.example"),
        json!("0x1111111111111111111111111111111111111111"),
        json!("xdc1111111111111111111111111111111111111111"),
        json!("0x111111111111111111111111111111111111111g"),
        json!("0x1111111111111111111111111111111111111111\n"),
        json!({"name": "A"}),
        json!({"id": "urn:a", "name": "A"}),
        json!({"name": "A", "type": "EMBEDDED_RENDERER"}),
        json!({"name": "A", "certificateStore": "0x1111111111111111111111111111111111111111"}),
    ])
}

const NAMES: [&str; 36] = [
    "@context",
    "type",
    "credentialSubject",
    "issuer",
    "issuanceDate",
    "openAttestationMetadata",
    "expirationDate",
    "issued",
    "validFrom",
    "validUntil",
    "id",
    "reference",
    "name",
    "credentialStatus",
    "attachments",
    "network",
    "issuers",
    "$template",
    "documentUrl",
    "recipient",
    "chain",
    "chainId",
    "filename",
    "data",
    "fileName",
    "mimeType",
    "tokenRegistry",
    "documentStore",
    "certificateStore",
    "identityProof",
    "revocation",
    "location",
    "key",
    "value",
    "method",
    "other",
];

/// The places of all values in it, the whole first.
fn places(value: &Json, from: &str, found: &mut Vec<String>) {
    found.push(from.to_owned());
    match value {
        Json::Object(members) => {
            members.iter().for_each(|(name, value)| places(value, &format!("{from}/{name}"), found))
        }
        Json::Array(items) => {
            items.iter().enumerate().for_each(|(index, value)| places(value, &format!("{from}/{index}"), found));
        }
        _ => {}
    }
}

#[derive(Debug, Clone)]
enum Change {
    Replace(Json),
    Remove(&'static str),
    Add(&'static str, Json),
}

fn change() -> impl Strategy<Value = Change> {
    prop_oneof![
        value().prop_map(Change::Replace),
        select(&NAMES[..]).prop_map(Change::Remove),
        (select(&NAMES[..]), value()).prop_map(|(name, value)| Change::Add(name, value)),
    ]
}

fn changed(instance: &mut Json, place: &str, change: Change) {
    let Some(target) = instance.pointer_mut(place) else { return };
    match (change, target) {
        (Change::Replace(value), target) => *target = value,
        (Change::Remove(name), Json::Object(members)) => drop(members.remove(name)),
        (Change::Add(name, value), Json::Object(members)) => drop(members.insert(name.to_owned(), value)),
        (Change::Add(_, value), Json::Array(items)) => items.push(value),
        _ => {}
    }
}

/// Nothing to start from: members by name and value.
fn anything() -> impl Strategy<Value = Json> {
    let object = |member: BoxedStrategy<Json>| {
        proptest::collection::vec((select(&NAMES[..]), member), 0..6).prop_map(|members| {
            Json::Object(members.into_iter().map(|(name, value)| (name.to_owned(), value)).collect::<Map<_, _>>())
        })
    };
    object(prop_oneof![value(), object(value().boxed())].boxed())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 3000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn reader_and_schemas_say_the_same_of_changed_documents(
        start in select(whole()),
        changes in proptest::collection::vec((any::<Index>(), change()), 1..4),
    ) {
        let mut instance = start;
        for (at, change) in changes {
            let mut all = Vec::new();
            places(&instance, "", &mut all);
            changed(&mut instance, at.get::<String>(&all), change);
            agreed(&instance);
        }
    }

    #[test]
    fn reader_and_schemas_say_the_same_of_anything(instance in anything()) {
        agreed(&instance);
    }
}
