//! Proofs and the keys that made them (documents.md §9.4).
//!
//! A [`ProofValue`] is read and bounded before any key is known. [`verify`] then says whether a key made it over the
//! statements of a document, and which of these its holder could not have left out. Nothing here asks anybody, and no
//! bytes panic: the readers check every length, point and number before the arithmetic sees it.

mod bbs;
mod bbs_plus;
mod cbor;
mod ecdsa;
mod key;
mod labels;
mod points;
#[cfg(feature = "testchain")]
pub(crate) mod sign;
mod value;

pub(crate) use key::{InvalidKey, PublicKey, from_method, from_multibase};
pub(crate) use value::{InvalidProofValue, ProofValue};

/// What is signed, as canonical N-Quads without line ends, blank nodes named `c14nN` (documents.md §9.3).
#[derive(Clone, Copy)]
pub(crate) struct Content<'a> {
    /// The document without its proof.
    pub(crate) document: &'a [String],
    /// The proof without its value, under the contexts that its suite says.
    pub(crate) proof: &'a [String],
    /// Which lines of the document a JSON pointer selects; `None` if it leads to nothing.
    pub(crate) selected: &'a dyn Fn(&str) -> Option<Vec<usize>>,
}

/// Whether `key` made `value` over all of `content`.
pub(crate) fn verify(value: &ProofValue, key: &PublicKey, content: Content<'_>) -> Result<Verified, SignatureRefusal> {
    match value {
        ProofValue::EcdsaSdBase(value) => ecdsa::verify_base(value, key.as_p256()?, content),
        ProofValue::EcdsaSdDerived(value) => ecdsa::verify_derived(value, key.as_p256()?, content),
        ProofValue::EcdsaRdfc(signature) => ecdsa::verify_whole(signature, key.as_p256()?, content),
        ProofValue::BbsBase(value) => bbs::verify_base(value, key.as_g2()?, content),
        ProofValue::BbsDerived(value) => bbs::verify_derived(value, key.as_g2()?, content),
        ProofValue::BbsPlus(signature) => bbs_plus::verify_base(signature, key.as_g2()?, content),
        ProofValue::BbsPlusDerived(proof) => bbs_plus::verify_derived(proof, key.as_g2()?, content),
    }
}

/// A signature that stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Verified {
    pub(crate) kind: Kind,
    /// The lines of the document that no holder can leave out, in order. Suites without that notion name none.
    pub(crate) mandatory: Vec<usize>,
}

/// Who made a proof.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// The issuer, over everything.
    Base,
    /// A holder, who may have left things out.
    Derived,
}

/// Why a proof value does not stand for a document.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum SignatureRefusal {
    /// Nothing is known against it.
    #[error("keys of the type {found:?} are not checked")]
    UnsupportedKey { found: String },
    #[error("the suite signs with keys of the type {expected}, and the key is of the type {found}")]
    OtherKindOfKey { expected: &'static str, found: &'static str },
    #[error("the proof is made for another key than the issuer's")]
    OtherKey,
    #[error("the proof names {found} parts of the document as signed, which has {expected}")]
    Count { expected: usize, found: usize },
    #[error("the proof names a part of the document that is not there, or names one twice")]
    Index,
    #[error("the proof does not name the unnamed parts of the document one by one")]
    Label,
    #[error("the proof holds {0:?} to be in the document, which it is not")]
    Pointer(String),
    #[error("the signature is not over this content, or not by this key")]
    Signature,
}

#[cfg(test)]
mod tests;
