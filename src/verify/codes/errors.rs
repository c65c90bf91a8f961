//! The row of every error that has one. It stands here and not beside the errors, because their rooms do not know this
//! table; each row is named as an item, so that none can be misspelt or left out.

use super::Code;
use crate::challenge::InvalidChallenge;
use crate::document::link::InvalidLink;
use crate::document::{ReadError, ReadErrorKind};
use crate::integrity::{Fault, Unchecked};
use crate::verify::{InvalidEvidenceFile, NotReplayed};

impl Fault {
    /// The stable code.
    pub fn code(&self) -> &'static str {
        self.explanation().id
    }

    /// The code with its meaning, who can act and how.
    pub fn explanation(&self) -> &'static Code {
        match self {
            Self::DigestMismatch { .. } => &super::INTEGRITY_DIGEST_MISMATCH,
            Self::Reencoded(_) => &super::INTEGRITY_TEXT_REENCODED,
            Self::MerkleMismatch { .. } => &super::INTEGRITY_MERKLE_MISMATCH,
            Self::AmbiguousStructure(_) => &super::INTEGRITY_AMBIGUOUS_STRUCTURE,
            Self::FamilyMix(_) => &super::INTEGRITY_FAMILY_MIX,
            Self::OutsideDigest(_) => &super::INTEGRITY_OUTSIDE_DIGEST,
            Self::NotCanonical(_) => &super::INTEGRITY_NOT_CANONICAL,
            Self::Context(_) => &super::INTEGRITY_CONTEXT,
            Self::UndefinedTerm(_) => &super::INTEGRITY_UNDEFINED_TERM,
            Self::ProofValue(_) => &super::INTEGRITY_PROOF_VALUE,
            Self::ProofPurpose(_) => &super::INTEGRITY_PROOF_PURPOSE,
            Self::SaltsMismatch(_) => &super::INTEGRITY_SALTS_MISMATCH,
            Self::Shape(_) => &super::INTEGRITY_SHAPE,
            Self::BatchToken | Self::TokenOfSeveralIssuers => &super::INTEGRITY_BATCH_TOKEN,
        }
    }
}

impl Unchecked {
    /// The code with its meaning, who can act and how.
    pub fn explanation(&self) -> &'static Code {
        match self {
            Self::Suite(_) | Self::Option(_) => &super::INTEGRITY_SUITE_NOT_SUPPORTED,
            Self::TooComplex(_) => &super::INTEGRITY_TOO_COMPLEX,
        }
    }
}

impl InvalidEvidenceFile {
    /// The code with its meaning, who can act and how.
    pub fn explanation(&self) -> &'static Code {
        match self {
            Self::NotRead(_) | Self::NotEvidence | Self::Form(_) => &super::REPLAY_NOT_EVIDENCE,
            Self::OtherVersion(_) => &super::REPLAY_OTHER_VERSION,
            Self::Changed => &super::REPLAY_CHANGED,
        }
    }
}

impl NotReplayed {
    /// The code with its meaning, who can act and how.
    pub fn explanation(&self) -> &'static Code {
        match self {
            Self::OtherDocument { .. } => &super::REPLAY_OTHER_DOCUMENT,
            Self::TrustMissing(_) => &super::REPLAY_TRUST_MISSING,
            Self::Unreadable(error) => error.explanation(),
            Self::Form(_) => &super::REPLAY_NOT_EVIDENCE,
        }
    }
}

impl ReadError {
    /// The stable code.
    pub fn code(&self) -> &'static str {
        self.explanation().id
    }

    /// The code with its meaning, who can act and how.
    ///
    /// ```
    /// use ebl_verifier::document::{self, Limits};
    ///
    /// let error = document::read(b"", &Limits::default()).unwrap_err();
    /// assert_eq!(error.explanation().remedy, "Ask the sender for the file again.");
    /// ```
    pub fn explanation(&self) -> &'static Code {
        match self.kind {
            ReadErrorKind::Empty => &super::READ_EMPTY,
            ReadErrorKind::TooLarge { .. } => &super::READ_TOO_LARGE,
            ReadErrorKind::TooDeep { .. } => &super::READ_TOO_DEEP,
            ReadErrorKind::TooManyValues { .. } | ReadErrorKind::TooManyEmpty => &super::READ_TOO_MANY_VALUES,
            ReadErrorKind::ClaimTooLong { .. } => &super::READ_CLAIM_TOO_LONG,
            ReadErrorKind::ByteOrderMark => &super::READ_BYTE_ORDER_MARK,
            ReadErrorKind::InvalidUtf8 => &super::READ_INVALID_UTF8,
            ReadErrorKind::LoneSurrogate => &super::READ_LONE_SURROGATE,
            ReadErrorKind::TrailingBytes => &super::READ_TRAILING_BYTES,
            ReadErrorKind::DuplicateMember(_) => &super::READ_DUPLICATE_MEMBER,
            ReadErrorKind::ReservedName(_) => &super::READ_RESERVED_NAME,
            ReadErrorKind::Syntax(_) => &super::READ_SYNTAX,
            ReadErrorKind::NotAnObject(_) => &super::READ_NOT_AN_OBJECT,
            ReadErrorKind::OtherKind(_) => &super::READ_OTHER_KIND,
            ReadErrorKind::UnsupportedFamily(_) => &super::READ_UNSUPPORTED_FAMILY,
            ReadErrorKind::NotADocument | ReadErrorKind::Draft(_) => &super::READ_NOT_A_DOCUMENT,
            ReadErrorKind::Sealed => &super::READ_KEY_MISSING,
            ReadErrorKind::SealedMalformed(_) | ReadErrorKind::SealedUntyped => &super::READ_SEALED_MALFORMED,
            ReadErrorKind::WrongKeyOrDamaged => &super::READ_WRONG_KEY_OR_DAMAGED,
            ReadErrorKind::SealedContent(_) => &super::READ_SEALED_CONTENT,
            ReadErrorKind::EmptyEnvelope => &super::READ_EMPTY_ENVELOPE,
        }
    }
}

impl InvalidLink {
    /// The one code of all texts that are no link, with its meaning, who can act and how.
    pub fn explanation(&self) -> &'static Code {
        &super::READ_INVALID_LINK
    }
}

impl InvalidChallenge {
    /// The one code of all texts that are no challenge, with its meaning, who can act and how.
    pub fn explanation(&self) -> &'static Code {
        &super::CHALLENGE_UNREADABLE
    }
}
