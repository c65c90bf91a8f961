//! Whether a field of the content can be seen and is covered by the digest.

use super::{Integrity, IntegrityResult};
use crate::document::Document;
use crate::document::json::Value;

/// Whether the content has a visible, covered value at the place that `steps` lead to: member names, and numbers for
/// places in a list. Of a group at least one value must be so: which others were hidden nobody can know.
///
/// The content is `data` in OpenAttestation 2.0 and `credentialSubject` in 3.0.
pub fn shows<'s>(document: &Document<'_>, integrity: &Integrity, steps: impl IntoIterator<Item = &'s str>) -> bool {
    let unprotected: &[String] = match &integrity.result {
        IntegrityResult::Intact => &[],
        IntegrityResult::FalsyLeavesUnauthenticated { paths } => paths,
        IntegrityResult::Broken(_) => return false,
    };
    let start = match document {
        Document::Oa2(document) => Some((&document.data, String::new())),
        Document::Oa3(document) => document.content.get(SUBJECT).map(|subject| (subject, SUBJECT.to_owned())),
        Document::Malformed(_) => None,
    };
    let place = start.and_then(|start| steps.into_iter().try_fold(start, step));
    place.is_some_and(|(value, path)| has_covered_leaf(value, &path, unprotected))
}

const SUBJECT: &str = "credentialSubject";

/// Paths as v3 writes them, which alone has unprotected ones.
fn step<'v, 'a>((value, path): (&'v Value<'a>, String), name: &str) -> Option<(&'v Value<'a>, String)> {
    match value {
        Value::Object(_) => Some((value.get(name)?, format!("{path}.{name}"))),
        Value::Array(items) => {
            let index: usize = name.parse().ok()?;
            Some((items.get(index)?, format!("{path}[{index}]")))
        }
        _ => None,
    }
}

fn has_covered_leaf(value: &Value<'_>, path: &str, unprotected: &[String]) -> bool {
    match value {
        Value::Object(members) => {
            members.iter().any(|(name, value)| has_covered_leaf(value, &format!("{path}.{name}"), unprotected))
        }
        Value::Array(items) => items
            .iter()
            .enumerate()
            .any(|(index, value)| has_covered_leaf(value, &format!("{path}[{index}]"), unprotected)),
        _ => !unprotected.iter().any(|known| known == path),
    }
}
