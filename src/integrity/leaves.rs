//! Leaves, their hashes and the digest over them (documents.md §3.3–3.5, §4.2–4.4).

use sha3::{Digest as _, Keccak256};

use super::Fault;
use crate::document::json::{Members, Value};
use crate::document::oa2::salted_leaf;
use crate::primitives::Digest32;

/// One hashed leaf: where it stands and what it hashes to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Leaf {
    /// Keys joined as the family does.
    pub path: String,
    /// Keccak-256 of the leaf's text.
    pub hash: Digest32,
}

/// Walks v2 `data`: refuses every key that would make the mapping from JSON to paths ambiguous and every leaf that is
/// not salted (documents.md §3.2, §3.3).
pub fn flatten_oa2(data: &Members<'_>) -> Result<Vec<Leaf>, Fault> {
    let mut leaves = Vec::new();
    walk_members(data, "", &mut leaves)?;
    Ok(leaves)
}

/// The digest: Keccak-256 of the JSON list of all leaf hashes, hidden ones included, sorted (documents.md §3.5).
pub fn digest(visible: impl IntoIterator<Item = Digest32>, hidden: &[Digest32]) -> Digest32 {
    let mut all: Vec<Digest32> = visible.into_iter().chain(hidden.iter().copied()).collect();
    all.sort_unstable();
    let mut text = Vec::with_capacity(all.len() * 67 + 2);
    text.push(b'[');
    for (index, hash) in all.iter().enumerate() {
        if index > 0 {
            text.push(b',');
        }
        text.push(b'"');
        text.extend(hash.hex64_bytes());
        text.push(b'"');
    }
    text.push(b']');
    crate::primitives::keccak256(text)
}

/// Hidden hashes are unique and none is a visible leaf's (documents.md §3.5, §4.8 step 6).
pub(super) fn refuse_repeated(hidden: &[Digest32], visible: &[Leaf]) -> Result<(), Fault> {
    let mut sorted = hidden.to_vec();
    sorted.sort_unstable();
    if sorted.windows(2).any(|pair| pair[0] == pair[1]) {
        return Err(Fault::NotCanonical("a hidden field stands twice in the list of hidden fields".into()));
    }
    match visible.iter().find(|leaf| sorted.binary_search(&leaf.hash).is_ok()) {
        Some(leaf) => Err(Fault::AmbiguousStructure(format!("the field {:?} is visible and hidden", leaf.path))),
        None => Ok(()),
    }
}

/// Keccak-256 of `{"<path>":"<pieces>"}` as `JSON.stringify` writes it, without building the text: an attachment of
/// many megabytes is hashed where it lies.
pub(super) fn leaf_hash(path: &str, pieces: &[&str]) -> Digest32 {
    let mut hasher = Keccak256::new();
    hasher.update(b"{\"");
    escape_into(&mut hasher, path);
    hasher.update(b"\":\"");
    for piece in pieces {
        escape_into(&mut hasher, piece);
    }
    hasher.update(b"\"}");
    Digest32(hasher.finalize().into())
}

fn empty_leaf_hash(path: &str, container: &[u8; 2]) -> Digest32 {
    let mut hasher = Keccak256::new();
    hasher.update(b"{\"");
    escape_into(&mut hasher, path);
    hasher.update(b"\":");
    hasher.update(container);
    hasher.update(b"}");
    Digest32(hasher.finalize().into())
}

/// Escapes as `JSON.stringify` does for well-formed text (documents.md §12.2).
fn escape_into(hasher: &mut Keccak256, text: &str) {
    let bytes = text.as_bytes();
    let mut plain_from = 0;
    for (index, &byte) in bytes.iter().enumerate() {
        if byte >= 0x20 && byte != b'"' && byte != b'\\' {
            continue;
        }
        hasher.update(&bytes[plain_from..index]);
        plain_from = index + 1;
        match byte {
            b'"' => hasher.update(b"\\\""),
            b'\\' => hasher.update(b"\\\\"),
            0x08 => hasher.update(b"\\b"),
            b'\t' => hasher.update(b"\\t"),
            b'\n' => hasher.update(b"\\n"),
            0x0c => hasher.update(b"\\f"),
            b'\r' => hasher.update(b"\\r"),
            control => hasher.update(format!("\\u{control:04x}")),
        }
    }
    hasher.update(&bytes[plain_from..]);
}

fn walk_members(members: &Members<'_>, prefix: &str, leaves: &mut Vec<Leaf>) -> Result<(), Fault> {
    for (name, value) in members {
        refuse_key(name, prefix)?;
        walk(value, join(prefix, name), leaves)?;
    }
    Ok(())
}

fn walk(value: &Value<'_>, path: String, leaves: &mut Vec<Leaf>) -> Result<(), Fault> {
    let hash = match value {
        Value::Object(members) if members.is_empty() => empty_leaf_hash(&path, b"{}"),
        Value::Array(items) if items.is_empty() => empty_leaf_hash(&path, b"[]"),
        Value::Object(members) => return walk_members(members, &path, leaves),
        Value::Array(items) => {
            return items
                .iter()
                .enumerate()
                .try_for_each(|(index, item)| walk(item, join(&path, &index.to_string()), leaves));
        }
        Value::String(leaf) if salted_leaf(leaf).is_some() => leaf_hash(&path, &[leaf]),
        Value::String(_) | Value::Null | Value::Bool(_) | Value::Number(_) => {
            return Err(Fault::NotCanonical(format!("the field {path:?} is not a salted value")));
        }
    };
    leaves.push(Leaf { path, hash });
    Ok(())
}

/// The key rules that make the mapping from JSON to paths one-to-one (documents.md §3.3).
fn refuse_key(name: &str, prefix: &str) -> Result<(), Fault> {
    let integer_like =
        name.bytes().all(|byte| byte.is_ascii_digit()) && (name == "0" || !name.starts_with('0')) && !name.is_empty();
    let why = if name.is_empty() {
        "an empty member name"
    } else if name.contains('.') {
        "a member name with a dot"
    } else if name == "_isBuffer" {
        "a member name that some readers treat specially"
    } else if integer_like {
        "a number as a member name"
    } else {
        return Ok(());
    };
    Err(Fault::AmbiguousStructure(format!("{why} ({:?})", join(prefix, name))))
}

fn join(prefix: &str, name: &str) -> String {
    if prefix.is_empty() { name.to_owned() } else { format!("{prefix}.{name}") }
}
