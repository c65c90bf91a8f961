//! Any bytes: reading and the integrity check never panic, and the strict reader accepts nothing that a JSON parser
//! refuses or reads otherwise.
#![no_main]

use ebl_verifier::document::json::{self, Kind};
use ebl_verifier::document::{self, Limits};
use ebl_verifier::integrity::{self, IntegrityResult};
use libfuzzer_sys::fuzz_target;
use serde_json::Value;

fuzz_target!(|bytes: &[u8]| {
    let limits = Limits::default();
    if let Ok(tree) = json::parse(bytes, &limits) {
        let plain: Value = serde_json::from_slice(bytes).expect("the strict reader accepts a subset of JSON");
        assert!(same(tree.root(), &plain));
    }
    if let Ok(document) = document::read(bytes, &limits) {
        let integrity = integrity::check(&document);
        if integrity.result == IntegrityResult::Intact {
            assert!(integrity.target_hash.is_some() && integrity.merkle_root.is_some());
        }
    }
});

fn same(strict: json::Value<'_>, plain: &Value) -> bool {
    match (strict.kind(), plain) {
        (Kind::Null, Value::Null) | (Kind::Number(_), Value::Number(_)) => true,
        (Kind::Bool(one), Value::Bool(other)) => one == *other,
        (Kind::String(one), Value::String(other)) => one.is(other),
        (Kind::Array(items), Value::Array(other)) => {
            items.count() == other.len() && items.zip(other).all(|(one, other)| same(one, other))
        }
        (Kind::Object(mut one), Value::Object(other)) => {
            one.count() == other.len()
                && one.all(|(name, value)| {
                    other.get(name.decoded().as_ref()).is_some_and(|other| same(value, other))
                })
        }
        _ => false,
    }
}
