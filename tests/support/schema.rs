//! What the program writes, held to `schemas/`: each knows the others.

use std::collections::HashMap;
use std::path::Path;
use std::sync::{Arc, LazyLock, Mutex};

use jsonschema::{Registry, Validator};
use serde_json::Value;

/// Panics with what is wrong by the schema of this name, `report` or `title`.
pub fn follows(name: &str, found: &Value) {
    let errors: Vec<_> = validator(name).iter_errors(found).map(|error| error.to_string()).collect();
    assert!(errors.is_empty(), "{errors:#?}\n{found:#}");
}

/// Each is made once: some are held against hundreds of cases.
fn validator(name: &str) -> Arc<Validator> {
    static KNOWN: LazyLock<Mutex<HashMap<String, Arc<Validator>>>> = LazyLock::new(Mutex::default);
    let mut known = KNOWN.lock().expect("a schema that can be read");
    Arc::clone(known.entry(name.to_owned()).or_insert_with(|| Arc::new(made(name))))
}

fn made(name: &str) -> Validator {
    let others = ["report", "title", "evidence"].map(|other| (format!("urn:ebl-verifier:{other}:1"), read(other)));
    let registry = others
        .into_iter()
        .fold(Registry::new(), |registry, (urn, schema)| registry.add(urn, schema).expect("a schema"));
    let registry = registry.prepare().expect("schemas");
    jsonschema::options().with_registry(&registry).build(&read(name)).expect("a schema")
}

fn read(name: &str) -> Value {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("schemas/{name}.schema.json"));
    serde_json::from_slice(&std::fs::read(path).expect("a schema")).expect("JSON")
}
