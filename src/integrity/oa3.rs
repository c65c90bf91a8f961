//! The strict v3 algorithm from the leaves on (documents.md §4.8).

use std::collections::HashMap;

use super::{Fault, Integrity, IntegrityResult, Leaf, Warning, checksum_warnings, leaves, merkle, shape};
use crate::document::json::Value;
use crate::document::oa3::Document;
use crate::primitives::Digest32;

pub(super) fn check(document: &Document<'_>) -> Integrity {
    let mut walk = Walk::default();
    let result = walk.document(&document.content).and_then(|()| judge(document, &walk));
    let mut warnings = checksum_warnings(std::slice::from_ref(&document.issuer));
    if walk.empty_containers > 0 {
        warnings.push(Warning::EmptyContainers { count: walk.empty_containers });
    }
    let intact = result.is_ok();
    Integrity {
        result: result.unwrap_or_else(IntegrityResult::Broken),
        target_hash: Some(document.target_hash),
        merkle_root: Some(document.merkle_root),
        visible_leaves: if intact { walk.leaves.len() } else { 0 },
        hidden_leaves: document.obfuscated.len(),
        unauthenticated: document.unauthenticated.clone(),
        untyped: walk.leaves.iter().filter(|leaf| leaf.untyped).count(),
        warnings,
    }
}

fn judge(document: &Document<'_>, walk: &Walk<'_>) -> Result<IntegrityResult, Fault> {
    let hashed = salted(document, walk)?;
    leaves::refuse_repeated(&document.obfuscated, &hashed)?;
    let unprotected = covered(document, walk, &hashed)?;
    let found = merkle::root_from(document.target_hash, &document.proofs);
    if found != document.merkle_root {
        return Err(Fault::MerkleMismatch { stated: document.merkle_root, found });
    }
    shape::shape_of_oa3(&document.content, document.obfuscated.len()).map_err(Fault::Shape)?;
    super::one_title(std::slice::from_ref(&document.issuer), &document.proofs)?;
    Ok(match unprotected {
        paths if paths.is_empty() => IntegrityResult::Intact,
        paths => IntegrityResult::FalsyLeavesUnauthenticated { paths },
    })
}

/// The salt paths are exactly the visible paths, each once; then each leaf is hashed with its salt.
fn salted(document: &Document<'_>, walk: &Walk<'_>) -> Result<Vec<Leaf>, Fault> {
    let mut salts: HashMap<&str, &str> = HashMap::with_capacity(document.salts.len());
    for salt in &document.salts {
        if salts.insert(&salt.path, &salt.value).is_some() {
            return Err(Fault::SaltsMismatch(format!("the field {:?} has two salts", salt.path)));
        }
    }
    let hashed = walk
        .leaves
        .iter()
        .map(|leaf| match salts.remove(leaf.path.as_str()) {
            Some(salt) => {
                Ok(Leaf { path: leaf.path.clone(), hash: leaves::leaf_hash(&leaf.path, &[salt, ":", leaf.text]) })
            }
            None => Err(Fault::SaltsMismatch(format!("the field {:?} has no salt: it was added later", leaf.path))),
        })
        .collect::<Result<Vec<_>, _>>()?;
    match salts.keys().min() {
        Some(path) => {
            Err(Fault::SaltsMismatch(format!("there is a salt for {path:?}, but no such field: it was removed")))
        }
        None => Ok(hashed),
    }
}

/// The paths that the digest does not cover: none under the "all leaves" rule, the falsy ones under the older rule.
fn covered(document: &Document<'_>, walk: &Walk<'_>, hashed: &[Leaf]) -> Result<Vec<String>, Fault> {
    let stated = document.target_hash;
    let all = leaves::digest(hashed.iter().map(|leaf| leaf.hash), &document.obfuscated);
    if all == stated {
        return Ok(Vec::new());
    }
    let (falsy, truthy): (Vec<_>, Vec<_>) = walk.leaves.iter().zip(hashed).partition(|(leaf, _)| leaf.falsy);
    let truthy: Vec<Digest32> = truthy.into_iter().map(|(_, hashed)| hashed.hash).collect();
    if !falsy.is_empty() && leaves::digest(truthy, &document.obfuscated) == stated {
        return Ok(falsy.into_iter().map(|(leaf, _)| leaf.path.clone()).collect());
    }
    let emptied = !document.obfuscated.is_empty() && walk.empty_containers > 0;
    Err(Fault::DigestMismatch { stated, found: all, emptied })
}

/// The leaves of a document in its order, each with its text (documents.md §4.2, §4.3).
#[derive(Default)]
struct Walk<'d> {
    leaves: Vec<Scalar<'d>>,
    empty_containers: usize,
}

struct Scalar<'d> {
    path: String,
    text: &'d str,
    falsy: bool,
    untyped: bool,
}

impl<'d> Walk<'d> {
    fn document(&mut self, content: &'d Value<'_>) -> Result<(), Fault> {
        self.value(content, String::new())
    }

    fn value(&mut self, value: &'d Value<'_>, path: String) -> Result<(), Fault> {
        let (text, falsy, untyped) = match value {
            Value::Object(members) => {
                self.empty_containers += usize::from(members.is_empty());
                return members.iter().try_for_each(|(name, value)| {
                    if name.is_empty() || name.contains(['.', '[', ']']) {
                        let why = format!("the member name {name:?} cannot be told from a path");
                        return Err(Fault::AmbiguousStructure(why));
                    }
                    self.value(value, if path.is_empty() { name.to_string() } else { format!("{path}.{name}") })
                });
            }
            Value::Array(items) => {
                self.empty_containers += usize::from(items.is_empty());
                return items
                    .iter()
                    .enumerate()
                    .try_for_each(|(index, item)| self.value(item, format!("{path}[{index}]")));
            }
            Value::String(text) => (text.as_ref(), text.is_empty(), false),
            Value::Number(token) if is_ecmascript_number(token) => (*token, *token == "0", true),
            Value::Number(token) => {
                let why = format!("the number {token} of {path:?} is not written as the digest requires");
                return Err(Fault::NotCanonical(why));
            }
            Value::Bool(true) => ("true", false, true),
            Value::Bool(false) => ("false", true, true),
            Value::Null => ("null", true, true),
        };
        self.leaves.push(Scalar { path, text, falsy, untyped });
        Ok(())
    }
}

/// Whether the token is exactly the text that ECMAScript prints for its value. Shortest round-trip digits are what Rust
/// prints too; only the choice between plain and exponent notation differs.
fn is_ecmascript_number(token: &str) -> bool {
    let Ok(value) = token.parse::<f64>() else { return false };
    if !value.is_finite() {
        return false;
    }
    if value == 0.0 {
        return token == "0";
    }
    let magnitude = value.abs();
    let expected = if (1e-6..1e21).contains(&magnitude) {
        format!("{value}")
    } else {
        let text = format!("{value:e}");
        match text.split_once('e') {
            Some((digits, exponent)) if !exponent.starts_with('-') => format!("{digits}e+{exponent}"),
            _ => text,
        }
    };
    token == expected
}

#[cfg(test)]
mod tests {
    use super::is_ecmascript_number;

    #[test]
    fn numbers_are_accepted_in_their_one_form() {
        for token in ["0", "1", "-1", "1.5", "0.1", "1e+21", "1e-7", "123456789012345680000", "5e-324", "0.000001"] {
            assert!(is_ecmascript_number(token), "{token}");
        }
        for token in ["-0", "1.0", "1e21", "1E+21", "10e1", "0.10", "9007199254740993", "1e400", "1e-400", "0.0000001"]
        {
            assert!(!is_ecmascript_number(token), "{token}");
        }
    }
}
