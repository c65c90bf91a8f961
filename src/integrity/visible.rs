//! Whether a field of the content can be seen and is covered by the digest.

use super::oa3::is_falsy;
use super::{Integrity, IntegrityResult};
use crate::document::Document;
use crate::document::json::{Kind, Value};

/// Whether the content has a visible, covered value at the place that `steps` lead to: member names, and numbers for
/// places in a list. Of a group at least one value must be so: which others were hidden nobody can know.
///
/// The content is `data` in OpenAttestation 2.0 and `credentialSubject` in 3.0 and in W3C credentials, whose values count
/// only where their signature holds: that is for [`crate::verify::examine`] to say.
pub fn shows<'s>(document: &Document<'_>, integrity: &Integrity, steps: impl IntoIterator<Item = &'s str>) -> bool {
    // By the older rule of v3 the digest covers exactly the leaves that are not falsy.
    let covered: fn(Kind<'_>) -> bool = match &integrity.result {
        // Every value of a W3C document is a statement, if its signature holds.
        IntegrityResult::Intact | IntegrityResult::SignatureOpen => |_| true,
        IntegrityResult::FalsyLeavesUnauthenticated { .. } => |leaf| !is_falsy(leaf),
        IntegrityResult::Broken(_) | IntegrityResult::Unchecked(_) => return false,
    };
    let start = match document {
        Document::Oa2(document) => Some(document.data()),
        Document::Oa3(document) => document.get("credentialSubject"),
        Document::Credential(credential) => credential.get("credentialSubject"),
        Document::Presentation(_) | Document::Malformed(_) => None,
    };
    let place = start.and_then(|start| steps.into_iter().try_fold(start, step));
    place.is_some_and(|value| has_covered_leaf(value, covered))
}

fn step<'v>(value: Value<'v>, name: &str) -> Option<Value<'v>> {
    match value.kind() {
        Kind::Object(members) => members.get(name),
        Kind::Array(mut items) => items.nth(crate::primitives::plain_decimal(name)?),
        _ => None,
    }
}

fn has_covered_leaf(value: Value<'_>, covered: fn(Kind<'_>) -> bool) -> bool {
    match value.kind() {
        Kind::Object(mut members) => members.any(|(_, value)| has_covered_leaf(value, covered)),
        Kind::Array(mut items) => items.any(|value| has_covered_leaf(value, covered)),
        leaf => covered(leaf),
    }
}
