//! Storage envelopes (documents.md §8.3): an object whose `document` member is the file. Its other members belong to the
//! storage service and are neither read nor shown.

use super::json::{Place, Value};
use super::{ReadError, ReadErrorKind};

/// The place of the file inside; the caller has seen that there is a `document` member.
pub(super) fn unwrap(envelope: Value<'_>) -> Result<Place, ReadError> {
    match envelope.get("document").filter(|inner| inner.as_object().is_some()) {
        Some(inner) => Ok(inner.place()),
        None => Err(ReadError { kind: ReadErrorKind::EmptyEnvelope, position: None }),
    }
}
