//! One family, once (documents.md §1.3). Members of two families, or a version that contradicts the proof, are not
//! resolved in anybody's favour: the document is malformed.

use super::json::{Kind, Place, Tree, Value};
use super::sealed::{self, Sealed};
use super::{Document, Family, Malformed, ReadError, ReadErrorKind, oa2, oa3};
use crate::integrity::Fault;

const V3_VERSION: &str = "https://schema.openattestation.com/3.0/schema.json";
const V3_PROOF: &str = "OpenAttestationMerkleProofSignature2018";

/// What an object is.
pub(super) enum Class<'a> {
    Document(Document<'a>),
    Sealed(Sealed),
    /// The file is inside, at this place.
    Envelope(Tree<'a>, Place),
}

/// The object at `place` of the tree.
pub(super) fn classify(tree: Tree<'_>, place: Place) -> Result<Class<'_>, ReadError> {
    let object = tree.value(place);
    let has = |name: &str| object.get(name).is_some();
    let is = |name: &str, text: &str| object.get(name).is_some_and(|value| value.is_str(text));
    let unsupported = |family| Err(ReadError { kind: ReadErrorKind::UnsupportedFamily(family), position: None });
    let proof_type = object.get("proof").and_then(|proof| proof.get("type"));
    let has_v3_proof = proof_type.is_some_and(|kind| kind.is_str(V3_PROOF));
    let claims_v3 = is("version", V3_VERSION) || (has_v3_proof && !has_context(object, OA4_CONTEXT));

    if has("data") && has("signature") {
        let read = oa2::Document::read(tree, place);
        return claimed(Family::Oa2, read, |document| Document::Oa2(Box::new(document)));
    }
    if claims_v3 {
        let read = oa3::Document::read(tree, place);
        return claimed(Family::Oa3, read, |document| Document::Oa3(Box::new(document)));
    }
    if is("type", sealed::TYPE) {
        let members = object.as_object().ok_or(ReadError { kind: ReadErrorKind::NotAnObject, position: None })?;
        return Sealed::from_members(members).map(Class::Sealed);
    }
    if has_context(object, OA4_CONTEXT) {
        return unsupported(Family::Oa4);
    }
    if has("verifiableCredential") {
        return unsupported(Family::W3cPresentation);
    }
    if W3C_CONTEXTS.iter().any(|context| has_context(object, context)) && has("proof") {
        return unsupported(Family::W3cCredential);
    }
    if has("document") {
        return Ok(Class::Envelope(tree, place));
    }
    Err(ReadError { kind: ReadErrorKind::NotADocument, position: None })
}

const OA4_CONTEXT: &str = "https://schemata.openattestation.com/com/openattestation/4.0/context.json";
const W3C_CONTEXTS: [&str; 2] = ["https://www.w3.org/2018/credentials/v1", "https://www.w3.org/ns/credentials/v2"];

fn has_context(object: Value<'_>, wanted: &str) -> bool {
    match object.get("@context").map(Value::kind) {
        Some(Kind::Array(mut items)) => items.any(|item| item.is_str(wanted)),
        Some(Kind::String(text)) => text.is(wanted),
        _ => false,
    }
}

/// A document, if what it says of itself is short enough to be shown; one that breaks the rules of its family is malformed.
fn claimed<'a, T>(
    family: Family,
    read: Result<T, Fault>,
    document: fn(T) -> Document<'a>,
) -> Result<Class<'a>, ReadError> {
    let document = read.map_or_else(|fault| Document::Malformed(Malformed { family, fault }), document);
    match document.longest_claim() {
        length if length > LONGEST_CLAIM => {
            Err(ReadError { kind: ReadErrorKind::ClaimTooLong { limit: LONGEST_CLAIM }, position: None })
        }
        _ => Ok(Class::Document(document)),
    }
}

/// Of what a report repeats: names, domains, identifiers, dates. A URL of 4,096 bytes is longer than servers take.
const LONGEST_CLAIM: usize = 4096;
