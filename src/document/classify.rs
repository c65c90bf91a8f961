//! One family, once (documents.md §1.3). Members of two families, or a version that contradicts the proof, are not
//! resolved in anybody's favour: the document is malformed.

use super::json::{Members, Value, member};
use super::sealed::{self, Sealed};
use super::{Document, Family, Malformed, ReadError, ReadErrorKind, oa2, oa3};
use crate::integrity::Fault;

const V3_VERSION: &str = "https://schema.openattestation.com/3.0/schema.json";
const V3_PROOF: &str = "OpenAttestationMerkleProofSignature2018";

/// What an object is.
pub(super) enum Class<'a> {
    Document(Document<'a>),
    Sealed(Sealed),
    /// Its members: the file is inside.
    Envelope(Members<'a>),
}

pub(super) fn classify(members: Members<'_>) -> Result<Class<'_>, ReadError> {
    let has = |name: &str| member(&members, name).is_some();
    let text = |name: &str| member(&members, name).and_then(Value::as_str);
    let unsupported = |family| Err(ReadError { kind: ReadErrorKind::UnsupportedFamily(family), position: None });
    let proof_type = member(&members, "proof").and_then(|proof| proof.get("type")).and_then(Value::as_str);
    let claims_v3 =
        text("version") == Some(V3_VERSION) || (proof_type == Some(V3_PROOF) && !has_context(&members, OA4_CONTEXT));

    if has("data") && has("signature") {
        let read = oa2::Document::from_members(members);
        return Ok(malformed_or(Family::Oa2, read, |document| Document::Oa2(Box::new(document))));
    }
    if claims_v3 {
        let read = oa3::Document::from_members(members);
        return Ok(malformed_or(Family::Oa3, read, |document| Document::Oa3(Box::new(document))));
    }
    if text("type") == Some(sealed::TYPE) {
        return Sealed::from_members(&members).map(Class::Sealed);
    }
    if has_context(&members, OA4_CONTEXT) {
        return unsupported(Family::Oa4);
    }
    if has("verifiableCredential") {
        return unsupported(Family::W3cPresentation);
    }
    if W3C_CONTEXTS.iter().any(|context| has_context(&members, context)) && has("proof") {
        return unsupported(Family::W3cCredential);
    }
    if has("document") {
        return Ok(Class::Envelope(members));
    }
    Err(ReadError { kind: ReadErrorKind::NotADocument, position: None })
}

const OA4_CONTEXT: &str = "https://schemata.openattestation.com/com/openattestation/4.0/context.json";
const W3C_CONTEXTS: [&str; 2] = ["https://www.w3.org/2018/credentials/v1", "https://www.w3.org/ns/credentials/v2"];

fn has_context(members: &Members<'_>, wanted: &str) -> bool {
    match member(members, "@context") {
        Some(Value::Array(items)) => items.iter().any(|item| item.as_str() == Some(wanted)),
        Some(Value::String(text)) => text == wanted,
        _ => false,
    }
}

fn malformed_or<'a, T>(family: Family, read: Result<T, Fault>, document: fn(T) -> Document<'a>) -> Class<'a> {
    Class::Document(read.map_or_else(|fault| Document::Malformed(Malformed { family, fault }), document))
}
