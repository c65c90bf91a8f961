//! Whatever is changed in a valid document, it is intact only if everything it says is the same (documents.md §12.7).

use ebl_verifier::document::{self, Document, Limits};
use ebl_verifier::integrity::{self, IntegrityResult};
use proptest::prelude::*;
use serde_json::Value;

fn original(file: &str) -> Vec<u8> {
    let path = format!("{}/fixtures/documents/{file}", env!("CARGO_MANIFEST_DIR"));
    let value: Value = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
    serde_json::to_vec(&value).unwrap()
}

/// What a reader could see or act on: everything that is not white space, member order or a spelling of the same text,
/// without the members that the report calls unauthenticated. `None` when the document does not count as intact.
fn content(bytes: &[u8]) -> Option<Value> {
    let document = document::read(bytes, &Limits::default()).ok()?;
    if !matches!(document, Document::Oa2(_) | Document::Oa3(_))
        || integrity::check(&document).result != IntegrityResult::Intact
    {
        return None;
    }
    let mut value: Value = serde_json::from_slice(bytes).ok()?;
    let integrity = integrity::check(&document);
    for path in &integrity.unauthenticated {
        match path.split_once('.') {
            Some((parent, name)) => value.get_mut(parent)?.as_object_mut()?.remove(name),
            None => value.as_object_mut()?.remove(path),
        };
    }
    // Order of hidden hashes and salts carries no meaning; v2's version may be missing, with a warning.
    if let Some(hidden) = value.pointer_mut("/privacy/obfuscatedData").and_then(Value::as_array_mut) {
        hidden.sort_by_key(Value::to_string);
    }
    if matches!(document, Document::Oa2(_)) {
        value.as_object_mut()?.remove("version");
    }
    if matches!(document, Document::Oa3(_)) {
        // Purpose and salts are part of the proof, not of the content; wrong salts break the digest.
        for name in ["salts", "proofPurpose", "key", "signature"] {
            value.get_mut("proof")?.as_object_mut()?.remove(name);
        }
    }
    Some(value)
}

fn unchanged_or_not_intact(before: &[u8], after: &[u8]) -> Result<(), TestCaseError> {
    if let Some(found) = content(after) {
        prop_assert_eq!(Some(found), content(before));
    }
    Ok(())
}

#[test]
fn the_originals_are_intact() {
    for file in ["bill-v2.json", "bill-v3.json"] {
        assert!(content(&original(file)).is_some(), "{file}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1500, ..ProptestConfig::default() })]

    #[test]
    fn no_changed_byte_goes_unnoticed(v3 in any::<bool>(), at in any::<prop::sample::Index>(), byte in any::<u8>(), kind in 0..3u8) {
        let before = original(if v3 { "bill-v3.json" } else { "bill-v2.json" });
        let mut after = before.clone();
        let at = at.index(after.len());
        match kind {
            0 => after[at] = byte,
            1 => after.insert(at, byte),
            _ => { after.remove(at); }
        }
        unchanged_or_not_intact(&before, &after)?;
    }

    #[test]
    fn no_changed_member_goes_unnoticed(v3 in any::<bool>(), at in any::<prop::sample::Index>(), kind in 0..6u8) {
        let before = original(if v3 { "bill-v3.json" } else { "bill-v2.json" });
        let mut value: Value = serde_json::from_slice(&before).unwrap();
        let mut paths = Vec::new();
        collect(&value, String::new(), &mut paths);
        let path = paths[at.index(paths.len())].clone();
        let target = value.pointer_mut(&path).unwrap();
        *target = match (kind, target.take()) {
            (0, old) => Value::Array(vec![old]),
            (1, old) => serde_json::json!({"inner": old}),
            (2, Value::String(text)) => Value::String(format!("{text} ")),
            (3, _) => Value::Null,
            (4, Value::String(text)) => Value::String(text.to_uppercase()),
            (_, Value::Object(mut members)) => { members.insert("added".into(), Value::String("x".into())); Value::Object(members) }
            (_, Value::Array(mut items)) => { items.reverse(); items.pop(); Value::Array(items) }
            (_, _) => Value::from(7),
        };
        unchanged_or_not_intact(&before, &serde_json::to_vec(&value).unwrap())?;
    }
}

fn collect(value: &Value, path: String, paths: &mut Vec<String>) {
    match value {
        Value::Object(members) => {
            for (name, value) in members {
                collect(value, format!("{path}/{}", name.replace('~', "~0").replace('/', "~1")), paths);
            }
        }
        Value::Array(items) => {
            for (index, value) in items.iter().enumerate() {
                collect(value, format!("{path}/{index}"), paths);
            }
        }
        _ => {}
    }
    if !path.is_empty() {
        paths.push(path);
    }
}
