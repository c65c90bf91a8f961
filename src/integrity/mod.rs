//! Whether every visible value is covered by the digest, and the digest by the Merkle root (documents.md §3, §4).
//!
//! ```
//! use ebl_verifier::{document::{self, Limits}, integrity::{self, IntegrityResult}};
//!
//! let bytes = br#"{"data": {"vessel": "not salted"}, "signature": {"type": "SHA3MerkleProof",
//!     "targetHash": "00", "merkleRoot": "00", "proof": []}}"#;
//! let document = document::read(bytes, &Limits::default())?;
//! assert!(matches!(integrity::check(&document).result, IntegrityResult::Broken(_)));
//! # Ok::<(), ebl_verifier::document::ReadError>(())
//! ```

mod leaves;
pub use crate::merkle;
mod oa2;
mod oa3;
mod path;
mod reencoded;
mod shape;
mod visible;

use crate::credential::{Contexts, NotSigned, Signed};
use crate::document::credential::FormRule;
use crate::document::{BrokenRule, ContractKind, Document, Issuer, Malformed};
use crate::primitives::Digest32;

pub use leaves::{Leaf, digest, flatten_oa2};
pub(crate) use oa3::is_falsy;
pub use reencoded::Reencoding;
pub use shape::{shape_of_oa2, shape_of_oa3};
pub use visible::shows;

/// Checks a document's integrity. Pure and complete: nothing else needs to look at the content again.
///
/// Of a W3C document it is the first half, by the contexts known here: its signature needs a key that somebody has to be
/// asked for, and `verify::examine` looks at that.
pub fn check(document: &Document<'_>) -> Integrity {
    look(document, &Contexts::default()).0
}

/// As [`check`], with what the signature of a W3C document is over.
pub(crate) fn look<'d>(document: &'d Document<'_>, contexts: &Contexts) -> (Integrity, Option<Signed<'d>>) {
    let mut integrity = match document {
        Document::Oa2(document) => oa2::check(document),
        Document::Oa3(document) => oa3::check(document),
        Document::Credential(credential) => return of_signed(Signed::of_credential(credential, contexts)),
        Document::Presentation(presentation) => return of_signed(Signed::of_presentation(presentation, contexts)),
        Document::Malformed(Malformed { rule: BrokenRule::Form { rule: FormRule::TooMany, why }, .. }) => {
            // A limit of ours says nothing against the file.
            let result = IntegrityResult::Unchecked(Unchecked::TooComplex(why.clone()));
            return (Integrity { result, ..Integrity::nothing() }, None);
        }
        Document::Malformed(malformed) => Integrity::broken(malformed.rule.clone().into()),
    };
    if integrity.hidden_leaves > 0 && !matches!(integrity.result, IntegrityResult::Broken(_)) {
        let count = integrity.hidden_leaves;
        integrity.warnings.push(Warning::HiddenFields { count, doubt: doubt(document, count) });
    }
    (integrity, None)
}

/// A W3C document whose statements are known, or why they are not.
fn of_signed(signed: Result<Signed<'_>, NotSigned>) -> (Integrity, Option<Signed<'_>>) {
    match signed {
        Ok(signed) => {
            let result = IntegrityResult::SignatureOpen;
            let visible_leaves = signed.statements();
            (Integrity { result, visible_leaves, ..Integrity::nothing() }, Some(signed))
        }
        Err(why) => {
            let result = match why {
                NotSigned::Form(rule) => IntegrityResult::Broken(rule.into()),
                NotSigned::UndefinedTerm(why) => IntegrityResult::Broken(Fault::UndefinedTerm(why)),
                NotSigned::ProofValue(why) => IntegrityResult::Broken(Fault::ProofValue(why)),
                NotSigned::Suite(name) => IntegrityResult::Unchecked(Unchecked::Suite(name)),
                NotSigned::Option(why) => IntegrityResult::Unchecked(Unchecked::Option(why)),
                NotSigned::TooComplex(why) => IntegrityResult::Unchecked(Unchecked::TooComplex(why)),
            };
            (Integrity { result, ..Integrity::nothing() }, None)
        }
    }
}

/// What a holder may have hidden of this document that would change what it is worth (documents.md §3.9).
fn doubt(document: &Document<'_>, hidden: usize) -> Option<Doubt> {
    /// Fewer leaves make no issuer: a name, and a contract or a key.
    const SMALLEST_ISSUER: usize = 2;
    if !document.issuers().iter().any(is_of_registry) {
        return None;
    }
    match document {
        Document::Oa2(_) => (hidden >= SMALLEST_ISSUER).then_some(Doubt::SecondIssuer),
        Document::Oa3(document) => document.validity.expires.is_empty().then_some(Doubt::ValidityEnd),
        Document::Credential(_) | Document::Presentation(_) | Document::Malformed(_) => None,
    }
}

/// What came of the check, with what it counted on the way.
#[derive(Debug, Clone, PartialEq)]
pub struct Integrity {
    /// The result.
    pub result: IntegrityResult,
    /// The stated digest.
    pub target_hash: Option<Digest32>,
    /// The stated root.
    pub merkle_root: Option<Digest32>,
    /// Number of visible leaves; 0 where the file is built so wrongly that they cannot be counted.
    pub visible_leaves: usize,
    /// Number of hidden leaves.
    pub hidden_leaves: usize,
    /// Members and paths that nothing protects.
    pub unauthenticated: Vec<String>,
    /// v3: number of leaves whose JSON type is not authenticated (numbers, booleans, nulls).
    pub untyped: usize,
    /// Worth knowing; decides nothing.
    pub warnings: Vec<Warning>,
}

impl Integrity {
    fn broken(fault: Fault) -> Self {
        Self { result: IntegrityResult::Broken(fault), ..Self::nothing() }
    }

    /// Nothing hashed and nothing counted.
    fn nothing() -> Self {
        Self {
            result: IntegrityResult::SignatureOpen,
            target_hash: None,
            merkle_root: None,
            visible_leaves: 0,
            hidden_leaves: 0,
            unauthenticated: Vec::new(),
            untyped: 0,
            warnings: Vec::new(),
        }
    }
}

/// The possible results.
#[derive(Debug, Clone, PartialEq)]
pub enum IntegrityResult {
    /// Everything visible is covered.
    Intact,
    /// Everything is covered but these leaves (documents.md §4.8 step 5b).
    FalsyLeavesUnauthenticated {
        /// Their paths; of very many the first ones, and how many more there are.
        paths: Vec<String>,
    },
    /// W3C: form and statements are as they must be; whether they are signed, the issuer's key will tell.
    SignatureOpen,
    /// W3C: it cannot be told here.
    Unchecked(Unchecked),
    /// Contrary evidence.
    Broken(Fault),
}

/// Why the signature of a W3C document cannot be checked here, whoever's key it is.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Unchecked {
    /// Another suite than those that are checked.
    #[error("signatures of the suite {0:?} are not checked")]
    Suite(String),
    /// An option of a suite.
    #[error("{0}")]
    Option(String),
    /// Too much work.
    #[error("{0}")]
    TooComplex(String),
}

/// Why a document is not intact.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Fault {
    /// The recomputed digest differs.
    #[error("the content does not match its digest: at least one field was changed after issuance (stated {stated}, found {found}){}", hint(*.emptied))]
    DigestMismatch {
        /// In the document.
        stated: Digest32,
        /// Recomputed.
        found: Digest32,
        /// Whether hiding an only child could explain it (documents.md §3.9).
        emptied: bool,
    },
    /// The digest differs, and would not if a program that carried the file had left its text alone.
    #[error(
        "the content does not match its digest as it stands, but would if its text had not been {0}; nothing else was changed"
    )]
    Reencoded(Reencoding),
    /// The proof does not lead from digest to root.
    #[error("the digest does not lead to the Merkle root (stated {stated}, found {found})")]
    MerkleMismatch {
        /// In the document.
        stated: Digest32,
        /// Recomputed.
        found: Digest32,
    },
    /// Two ways to read it.
    #[error("{0}: the file can be read in more than one way, which looks deliberate")]
    AmbiguousStructure(String),
    /// Members of two families.
    #[error("{0}")]
    FamilyMix(String),
    /// A member that neither the digest nor the format knows.
    #[error(
        "the member `{0}` stands outside the digest, where anybody could have added it, so the file is refused with it"
    )]
    OutsideDigest(String),
    /// A value in a form that the digest does not allow.
    #[error("{0}")]
    NotCanonical(String),
    /// v3: salts and content do not fit.
    #[error("{0}")]
    SaltsMismatch(String),
    /// W3C: a context that is not known here, or stands in the file.
    #[error("{0}")]
    Context(String),
    /// W3C: words that mean nothing under the contexts of the file.
    #[error("{0}")]
    UndefinedTerm(String),
    /// W3C: the value of the proof is not one of its suite.
    #[error("{0}")]
    ProofValue(String),
    /// W3C: the proof is for another purpose.
    #[error("{0}")]
    ProofPurpose(String),
    /// A required member is missing or of the wrong kind.
    #[error("the document is not built as its format requires: {0}")]
    Shape(String),
    /// One title would stand for several documents.
    #[error(
        "the issuer wrapped this transferable document together with others, so one title would stand for several documents; \
         nothing was changed in it, but it has to be issued again, alone"
    )]
    BatchToken,
    /// One title of several issuers.
    #[error("only one issuer is allowed for a transferable document")]
    TokenOfSeveralIssuers,
}

impl From<BrokenRule> for Fault {
    fn from(rule: BrokenRule) -> Self {
        match rule {
            BrokenRule::FamilyMix(why) => Self::FamilyMix(why),
            BrokenRule::OutsideDigest(member) => Self::OutsideDigest(member),
            BrokenRule::NotCanonical(why) => Self::NotCanonical(why),
            BrokenRule::Shape(why) => Self::Shape(why),
            BrokenRule::Form { rule, why } => match rule {
                FormRule::ContextNotAllowed => Self::Context(why),
                FormRule::ProofPurpose => Self::ProofPurpose(why),
                FormRule::ProofValue => Self::ProofValue(why),
                FormRule::NumberForm | FormRule::MemberAt => Self::NotCanonical(why),
                FormRule::BlankNodeText | FormRule::DuplicateValue => Self::AmbiguousStructure(why),
                _ => Self::Shape(why),
            },
        }
    }
}

fn hint(emptied: bool) -> &'static str {
    if emptied { "; hiding the only field of a group leaves an empty group behind, which has this effect" } else { "" }
}

/// Worth knowing; decides nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Warning {
    /// v2 without a version member.
    #[error("the document states no version")]
    VersionMissing,
    /// v2 of the first wrapping libraries.
    #[error("the version is written \"open-attestation/2.0\", as the first wrapping libraries did")]
    EarlyVersion,
    /// v2: a signature without `created`.
    #[error("a signature does not say when it was made (`created` is missing); nothing would protect that date anyway")]
    UndatedSignature,
    /// EIP-55 checksum is wrong.
    #[error("the address {text} has a wrong checksum; correct would be {correct}")]
    WrongChecksum {
        /// As written.
        text: String,
        /// With the right checksum.
        correct: String,
    },
    /// A holder took fields out, which leaves digest and root as they were.
    #[error("{}: a validity period or a further issuer may be among them{}", hidden_fields(*.count), doubt_in_words(*.doubt))]
    HiddenFields {
        /// How many.
        count: usize,
        /// What this document in particular leaves open.
        doubt: Option<Doubt>,
    },
    /// v3: empty groups are not covered and not shown.
    #[error("{count} empty objects or lists are not protected and not shown")]
    EmptyContainers {
        /// How many.
        count: usize,
    },
}

/// What hiding leaves open about a transferable document.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Doubt {
    /// OA 3.0, and no end of its validity is visible.
    ValidityEnd,
    /// OA 2.0, and enough is hidden for another issuer.
    SecondIssuer,
}

/// What nobody can know of a document with this many hidden fields.
pub(crate) fn hidden_fields(count: usize) -> String {
    match count {
        1 => "one field is hidden, and nobody can know which".to_owned(),
        _ => format!("{count} fields are hidden, and nobody can know which"),
    }
}

fn doubt_in_words(doubt: Option<Doubt>) -> &'static str {
    match doubt {
        Some(Doubt::ValidityEnd) => {
            ". This bill shows no date up to which it is valid; if it had one that is past, it would look just like this. \
             Ask the sender for the file with nothing hidden"
        }
        Some(Doubt::SecondIssuer) => {
            ". This bill shows one issuer; if it had a second one, who does not stand behind it, it would look just like \
             this. Ask the sender for the file with nothing hidden"
        }
        None => "",
    }
}

/// A transferable document is wrapped alone and has one issuer (documents.md §7.2).
fn one_title(issuers: &[Issuer], proof: &[Digest32]) -> Result<(), Fault> {
    match (issuers.iter().any(is_of_registry), issuers.len(), proof) {
        (true, 2.., _) => Err(Fault::TokenOfSeveralIssuers),
        (true, _, [_, ..]) => Err(Fault::BatchToken),
        _ => Ok(()),
    }
}

fn is_of_registry(issuer: &Issuer) -> bool {
    issuer.contract.as_ref().is_some_and(|contract| contract.kind == ContractKind::TokenRegistry)
}

/// A mixed-case address with a wrong checksum is worth a warning (documents.md §6.2).
fn checksum_warnings(document_issuers: &[Issuer]) -> Vec<Warning> {
    document_issuers
        .iter()
        .filter_map(|issuer| issuer.contract.as_ref())
        .filter(|contract| !contract.address.checksum_agrees(&contract.text))
        .map(|contract| Warning::WrongChecksum { text: contract.text.clone(), correct: contract.address.checksummed() })
        .collect()
}
