//! Storage envelopes (documents.md §8.3): an object whose `document` member is the file. Its other members belong to the
//! storage service and are neither read nor shown.

use super::json::{Members, Value};
use super::{ReadError, ReadErrorKind};

/// The file inside; the caller has seen that there is a `document` member.
pub(super) fn unwrap(members: Members<'_>) -> Result<Members<'_>, ReadError> {
    match members.into_iter().find(|(name, _)| name == "document") {
        Some((_, Value::Object(inner))) => Ok(inner),
        _ => Err(ReadError { kind: ReadErrorKind::EmptyEnvelope, position: None }),
    }
}
