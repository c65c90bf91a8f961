//! What `ebl challenge` writes for programs, held to its schema.

use std::sync::LazyLock;

use serde_json::Value;

/// Panics with what is wrong.
pub fn matches(found: &Value) {
    let errors: Vec<_> = SCHEMA.iter_errors(found).map(|error| error.to_string()).collect();
    assert!(errors.is_empty(), "{errors:#?}\n{found:#}");
}

static SCHEMA: LazyLock<jsonschema::Validator> = LazyLock::new(|| {
    let schema = |text| serde_json::from_str::<Value>(text).expect("JSON");
    let parts = [
        ("urn:ebl-verifier:report:1", schema(include_str!("../../schemas/report.schema.json"))),
        ("urn:ebl-verifier:title:1", schema(include_str!("../../schemas/title.schema.json"))),
    ];
    let registry = parts
        .into_iter()
        .fold(jsonschema::Registry::new(), |registry, (name, part)| registry.add(name, part).expect("a schema"));
    let registry = registry.prepare().expect("schemas");
    let schema = schema(include_str!("../../schemas/challenge.schema.json"));
    jsonschema::options().with_registry(&registry).build(&schema).expect("a schema")
});
