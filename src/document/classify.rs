//! One family, once (documents.md §1.3). Members of two families, or a version that contradicts the proof, are not
//! resolved in anybody's favour: the document is malformed.

use std::borrow::Cow;
use std::sync::Arc;

use super::credential::{Credential, DataModel};
use super::json::{Kind, Place, Tree, Value};
use super::presentation::Presentation;
use super::sealed::{self, Sealed};
use super::{BrokenRule, Document, Family, FileKind, Key, Malformed, ReadError, ReadErrorKind, oa2, oa3};

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
    let refused = |kind| Err(ReadError { kind, position: None });
    let unsupported = |family| refused(ReadErrorKind::UnsupportedFamily(family));
    let proof_type = object.get("proof").and_then(|proof| proof.get("type"));
    let has_proof = |kind: &str| proof_type.is_some_and(|found| found.is_str(kind));
    let generation_4 =
        if has_proof(TRADETRUST_4_PROOF) { Some(Family::TradeTrust4Alpha) } else { generation_4(object) };
    let says_v3 = is("version", V3_VERSION);

    if has("data") && has("signature") {
        let read = oa2::Document::read(tree, place);
        return claimed(Family::Oa2, read, |document| Document::Oa2(Box::new(document)));
    }
    if says_v3 && !has("proof") {
        return refused(ReadErrorKind::Draft(Family::Oa3));
    }
    if says_v3 || (has_proof(V3_PROOF) && generation_4.is_none()) {
        let read = oa3::Document::read(tree, place);
        return claimed(Family::Oa3, read, |document| Document::Oa3(Box::new(document)));
    }
    let members = object.as_object().ok_or_else(|| ReadError::other_value(object))?;
    if is("type", sealed::TYPE) {
        return Sealed::from_members(members).map(Class::Sealed);
    }
    if sealed::is_untyped(members) {
        return refused(ReadErrorKind::SealedUntyped);
    }
    if let Some(family) = generation_4 {
        return unsupported(family);
    }
    // What a credential or presentation lacks of its form, its own reader says.
    let w3c = contexts(object).find_map(|context| DataModel::of(&context)).map(DataModel::family);
    if has("verifiableCredential") || (w3c.is_some() && is("type", PRESENTATION)) {
        let read = Presentation::read(Arc::new(tree), place);
        return claimed(Family::W3cPresentation, read, |presentation| Document::Presentation(Box::new(presentation)));
    }
    if let Some(family) = w3c.filter(|_| has("proof")) {
        let read = Credential::read(Arc::new(tree), place);
        return claimed(family, read, |credential| Document::Credential(Box::new(credential)));
    }
    if has("document") {
        return Ok(Class::Envelope(tree, place));
    }
    let key = object.get("key").filter(|_| members.count() == 1).and_then(Value::as_str);
    if key.is_some_and(|key| key.parse::<Key>().is_ok()) {
        return refused(ReadErrorKind::OtherKind(FileKind::Key));
    }
    refused(match has("proof") {
        false if has("openAttestationMetadata") => ReadErrorKind::Draft(Family::Oa3),
        false if w3c.is_some() => ReadErrorKind::Draft(w3c.unwrap_or(Family::W3c2)),
        false if has("issuers") || object.get("data").is_some_and(|data| data.get("issuers").is_some()) => {
            ReadErrorKind::Draft(Family::Oa2)
        }
        _ => ReadErrorKind::NotADocument,
    })
}

const OA4_CONTEXTS: &str = "https://schemata.openattestation.com/com/openattestation/4.0/";
const OA4_ALPHA_CONTEXT: &str = "https://schemata.openattestation.com/com/openattestation/4.0/alpha-context.json";
const TRADETRUST_4_CONTEXTS: &str = "https://schemata.tradetrust.io/io/tradetrust/4.0/";
const TRADETRUST_4_PROOF: &str = "TradeTrustMerkleProofSignature2018";
const PRESENTATION: &str = "VerifiablePresentation";

/// The generation after OpenAttestation 3.0, whose proofs are named like those of 3.0 (documents.md §1, §5).
fn generation_4(object: Value<'_>) -> Option<Family> {
    contexts(object).find_map(|context| match context.as_ref() {
        OA4_ALPHA_CONTEXT => Some(Family::Oa4Alpha),
        context if context.starts_with(OA4_CONTEXTS) => Some(Family::Oa4),
        context if context.starts_with(TRADETRUST_4_CONTEXTS) => Some(Family::TradeTrust4Alpha),
        _ => None,
    })
}

/// The contexts that are named by their address.
fn contexts(object: Value<'_>) -> impl Iterator<Item = Cow<'_, str>> {
    let (one, several) = match object.get("@context").map(Value::kind) {
        Some(Kind::String(text)) => (Some(text.decoded()), None),
        Some(Kind::Array(items)) => (None, Some(items)),
        _ => (None, None),
    };
    one.into_iter().chain(several.into_iter().flatten().filter_map(Value::as_str))
}

/// A document, if what it says of itself is short enough to be shown; one that breaks the rules of its family is malformed.
fn claimed<'a, T>(
    family: Family,
    read: Result<T, BrokenRule>,
    document: fn(T) -> Document<'a>,
) -> Result<Class<'a>, ReadError> {
    let document = read.map_or_else(|rule| Document::Malformed(Malformed { family, rule }), document);
    match document.longest_claim() {
        length if length > LONGEST_CLAIM => {
            Err(ReadError { kind: ReadErrorKind::ClaimTooLong { limit: LONGEST_CLAIM }, position: None })
        }
        _ => Ok(Class::Document(document)),
    }
}

/// Of what a report repeats: names, domains, identifiers, dates. A URL of 4,096 bytes is longer than servers take.
const LONGEST_CLAIM: usize = 4096;
