//! Any bytes: reading and the integrity check never panic, and the strict reader accepts nothing that a JSON parser
//! refuses or reads otherwise.
#![no_main]

use ebl_verifier::document::{self, Limits, json};
use ebl_verifier::integrity::{self, IntegrityResult};
use libfuzzer_sys::fuzz_target;
use serde_json::Value;

fuzz_target!(|bytes: &[u8]| {
    let limits = Limits::default();
    if let Ok(members) = json::parse(bytes, &limits) {
        let plain: Value = serde_json::from_slice(bytes).expect("the strict reader accepts a subset of JSON");
        assert!(same(&json::Value::Object(members), &plain));
    }
    if let Ok(document) = document::read(bytes, &limits) {
        let integrity = integrity::check(&document);
        if integrity.result == IntegrityResult::Intact {
            assert!(integrity.target_hash.is_some() && integrity.merkle_root.is_some());
        }
    }
});

fn same(strict: &json::Value<'_>, plain: &Value) -> bool {
    match (strict, plain) {
        (json::Value::Null, Value::Null) | (json::Value::Number(_), Value::Number(_)) => true,
        (json::Value::Bool(one), Value::Bool(other)) => one == other,
        (json::Value::String(one), Value::String(other)) => one == other,
        (json::Value::Array(one), Value::Array(other)) => {
            one.len() == other.len() && one.iter().zip(other).all(|(one, other)| same(one, other))
        }
        (json::Value::Object(one), Value::Object(other)) => {
            one.len() == other.len()
                && one.iter().all(|(name, value)| other.get(name.as_ref()).is_some_and(|other| same(value, other)))
        }
        _ => false,
    }
}
