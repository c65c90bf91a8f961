//! The strict v2 algorithm from the leaves on (documents.md §3.11 steps 4–9).

use super::{Fault, Integrity, IntegrityResult, Warning, checksum_warnings, leaves, merkle, shape};
use crate::document::json::Value;
use crate::document::oa2::Document;

pub(super) fn check(document: &Document<'_>) -> Integrity {
    let mut warnings = checksum_warnings(&document.issuers);
    if document.version_missing {
        warnings.push(Warning::VersionMissing);
    }
    let (visible_leaves, result) = match judge(document) {
        Ok(visible) => (visible, IntegrityResult::Intact),
        Err(fault) => (0, IntegrityResult::Broken(fault)),
    };
    Integrity {
        result,
        target_hash: Some(document.target_hash),
        merkle_root: Some(document.merkle_root),
        visible_leaves,
        hidden_leaves: document.obfuscated.len(),
        unauthenticated: document.unauthenticated.clone(),
        untyped: 0,
        warnings,
    }
}

/// The number of visible leaves of an intact document.
fn judge(document: &Document<'_>) -> Result<usize, Fault> {
    let Value::Object(data) = &document.data else { return Err(Fault::Shape("`data` must be an object".into())) };
    let visible = leaves::flatten_oa2(data)?;
    leaves::refuse_repeated(&document.obfuscated, &visible)?;
    let found = leaves::digest(visible.iter().map(|leaf| leaf.hash), &document.obfuscated);
    if found != document.target_hash {
        let emptied = !document.obfuscated.is_empty() && has_empty_container(&document.data);
        return Err(Fault::DigestMismatch { stated: document.target_hash, found, emptied });
    }
    let found = merkle::root_from(document.target_hash, &document.proof);
    if found != document.merkle_root {
        return Err(Fault::MerkleMismatch { stated: document.merkle_root, found });
    }
    shape::shape_of_oa2(&document.data, document.obfuscated.len()).map_err(Fault::Shape)?;
    super::one_title(&document.issuers, &document.proof)?;
    Ok(visible.len())
}

fn has_empty_container(value: &Value<'_>) -> bool {
    match value {
        Value::Array(items) => items.is_empty() || items.iter().any(has_empty_container),
        Value::Object(members) => members.is_empty() || members.iter().any(|(_, value)| has_empty_container(value)),
        _ => false,
    }
}
