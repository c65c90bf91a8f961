//! Bytes to one typed document (documents.md §1, §2): strict JSON, then exactly one family, decided once.
//!
//! ```
//! use ebl_verifier::document::{self, Limits};
//!
//! let error = document::read(br#"{"data": {}, "data": {}}"#, &Limits::default()).unwrap_err();
//! assert_eq!(error.code(), "read.duplicate_member");
//! assert_eq!(error.position.map(|position| position.offset), Some(13));
//! ```

mod classify;
pub mod credential;
mod envelope;
mod error;
mod file_kind;
pub mod json;
pub mod link;
mod link_spelling;
pub mod oa2;
pub mod oa3;
pub mod presentation;
mod sealed;
mod signature;
mod view;

use std::borrow::Cow;

pub use error::{BrokenRule, Position, ReadError, ReadErrorKind};
pub use file_kind::FileKind;
pub use sealed::{InvalidKey, Key, Opened, Sealed};
pub use signature::Signature;
pub use view::{
    ContractKind, IdentityKind, IdentityProof, Issuer, IssuingContract, MOST_ISSUERS, Network, Revocation, Summary,
    Validity,
};

use self::classify::Class;
use crate::primitives::Digest32;

/// What is accepted from outside.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Largest document, in bytes.
    pub max_bytes: usize,
    /// Deepest nesting of objects and arrays.
    pub max_depth: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { max_bytes: 64 << 20, max_depth: 64 }
    }
}

/// Reads a document, also out of a storage envelope. An error means that this is not a document we can read; a file that
/// claims to be one and is built wrongly is [`Document::Malformed`], and its integrity check fails.
pub fn read<'a>(bytes: &'a [u8], limits: &Limits) -> Result<Document<'a>, ReadError> {
    match read_file(bytes, limits)?.content {
        Content::Document(document) => Ok(*document),
        Content::Sealed(_) => Err(ReadError { kind: ReadErrorKind::Sealed, position: None }),
    }
}

/// Reads a file that may be sealed. One storage envelope around it is taken off.
///
/// ```
/// use ebl_verifier::document::{self, Content, Limits};
///
/// let file = br#"{"type": "OPEN-ATTESTATION-TYPE-1", "cipherText": "a7amHQ==",
///     "iv": "AQIDBAUGBwgJCgsM", "tag": "57mDBrf73zkjVqs0FLsvOw=="}"#;
/// let Content::Sealed(sealed) = document::read_file(file, &Limits::default())?.content else { panic!() };
/// let key = "8ce81a858defaefd88eb5ab97800c28e7507364be1e3399a1149926f480cf98e".parse()?;
/// assert_eq!(sealed.open(Some(&key))?.content(), "{}");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn read_file<'a>(bytes: &'a [u8], limits: &Limits) -> Result<File<'a>, ReadError> {
    let tree = json::parse(bytes, limits).map_err(|error| with_kind_of_file(error, bytes))?;
    let (class, enveloped) = match classify::classify(tree, json::Place::default())? {
        Class::Envelope(tree, place) => {
            let inner = envelope::unwrap(tree.value(place))?;
            (classify::classify(tree, inner)?, true)
        }
        class => (class, false),
    };
    let content = match class {
        Class::Document(document) => Content::Document(Box::new(document)),
        Class::Sealed(sealed) => Content::Sealed(sealed),
        Class::Envelope(..) => return Err(ReadError { kind: ReadErrorKind::EmptyEnvelope, position: None }),
    };
    Ok(File { content, enveloped })
}

/// What is no JSON object may be a file of a kind that people know.
fn with_kind_of_file(error: ReadError, bytes: &[u8]) -> ReadError {
    let told_by_content = matches!(
        error.kind,
        ReadErrorKind::Syntax(_)
            | ReadErrorKind::InvalidUtf8
            | ReadErrorKind::ByteOrderMark
            | ReadErrorKind::TrailingBytes
            | ReadErrorKind::NotAnObject(_)
    );
    if !told_by_content {
        return error;
    }
    if bytes.iter().all(u8::is_ascii_whitespace) {
        return ReadError { kind: ReadErrorKind::Empty, position: None };
    }
    match FileKind::of(bytes) {
        Some(kind) => ReadError { kind: ReadErrorKind::OtherKind(kind), position: None },
        None => error,
    }
}

/// What came in one piece.
#[derive(Debug)]
pub struct File<'a> {
    /// What it holds.
    pub content: Content<'a>,
    /// Whether a storage envelope was around it.
    pub enveloped: bool,
}

/// Reads a file, and opens it if it is sealed: with this key, or without one with the key that the file itself carries.
///
/// ```
/// use ebl_verifier::document::{self, Limits};
///
/// let bytes = std::fs::read("fixtures/documents/bill-v2.json")?;
/// let file = document::open(&bytes, None, &Limits::default())?;
/// assert_eq!((file.document()?.family().id(), file.sealed_by()), ("oa-2.0", None));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn open<'a>(bytes: &'a [u8], key: Option<&Key>, limits: &Limits) -> Result<OpenedFile<'a>, ReadError> {
    let File { content, enveloped } = read_file(bytes, limits)?;
    let content = match content {
        Content::Document(document) => OpenedContent::Plain(document),
        Content::Sealed(sealed) => {
            let by = if sealed.carries_its_key() { SealedBy::KeyInTheFile } else { SealedBy::KeyOfTheReader };
            OpenedContent::Unsealed(sealed.open(key)?, by)
        }
    };
    Ok(OpenedFile { content, enveloped, limits: *limits })
}

/// A file that can be read.
#[derive(Debug)]
pub struct OpenedFile<'a> {
    content: OpenedContent<'a>,
    enveloped: bool,
    limits: Limits,
}

#[derive(Debug)]
enum OpenedContent<'a> {
    Plain(Box<Document<'a>>),
    Unsealed(Opened, SealedBy),
}

impl OpenedFile<'_> {
    /// The document in it.
    pub fn document(&self) -> Result<Cow<'_, Document<'_>>, ReadError> {
        match &self.content {
            OpenedContent::Plain(document) => Ok(Cow::Borrowed(document)),
            OpenedContent::Unsealed(opened, _) => opened.read(&self.limits).map(Cow::Owned),
        }
    }

    /// Whose key opens it, if it was sealed.
    pub fn sealed_by(&self) -> Option<SealedBy> {
        match &self.content {
            OpenedContent::Plain(_) => None,
            OpenedContent::Unsealed(_, by) => Some(*by),
        }
    }

    /// Whether a storage envelope was around it.
    pub fn is_enveloped(&self) -> bool {
        self.enveloped
    }
}

/// Whose key opens a sealed file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SealedBy {
    /// One that the reader was given apart from the file.
    KeyOfTheReader,
    /// The file carries its own, so anybody can open it.
    KeyInTheFile,
}

/// What a file holds.
#[derive(Debug)]
pub enum Content<'a> {
    /// A document that can be read as it is.
    Document(Box<Document<'a>>),
    /// A sealed file, to be opened with its key.
    Sealed(Sealed),
}

/// One document of one family.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Document<'a> {
    /// OpenAttestation / TradeTrust 2.0.
    Oa2(Box<oa2::Document<'a>>),
    /// OpenAttestation 3.0.
    Oa3(Box<oa3::Document<'a>>),
    /// A W3C verifiable credential.
    Credential(Box<credential::Credential<'a>>),
    /// A W3C verifiable presentation.
    Presentation(Box<presentation::Presentation<'a>>),
    /// A file that claims a family and breaks its rules.
    Malformed(Malformed),
}

/// A file that claims a family and breaks its rules.
#[derive(Debug, Clone, PartialEq)]
pub struct Malformed {
    /// The family it claims.
    pub family: Family,
    /// The rule it breaks.
    pub rule: BrokenRule,
}

/// The families of documents.md §1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Family {
    /// OpenAttestation / TradeTrust 2.0.
    Oa2,
    /// OpenAttestation 3.0.
    Oa3,
    /// OpenAttestation 4.0 (beta).
    Oa4,
    /// The alpha stage of OpenAttestation 4.0.
    Oa4Alpha,
    /// TradeTrust's alpha of the same generation.
    TradeTrust4Alpha,
    /// A W3C verifiable credential of data model 1.1.
    W3c1,
    /// A W3C verifiable credential of data model 2.0.
    W3c2,
    /// A W3C verifiable presentation.
    W3cPresentation,
}

impl Family {
    /// As in reports.
    pub fn id(self) -> &'static str {
        match self {
            Self::Oa2 => "oa-2.0",
            Self::Oa3 => "oa-3.0",
            Self::Oa4 => "oa-4.0",
            Self::Oa4Alpha => "oa-4.0-alpha",
            Self::TradeTrust4Alpha => "tradetrust-4.0-alpha",
            Self::W3c1 => "w3c-1.1",
            Self::W3c2 => "w3c-2.0",
            Self::W3cPresentation => "w3c-presentation",
        }
    }

    /// To go after "this is".
    pub(crate) fn with_article(self) -> String {
        match self {
            Self::Oa2 | Self::Oa3 | Self::Oa4 | Self::Oa4Alpha => format!("an {self} document"),
            Self::TradeTrust4Alpha => format!("a {self} document"),
            Self::W3c1 | Self::W3c2 | Self::W3cPresentation => format!("a {self}"),
        }
    }
}

/// As in reports.
impl serde::Serialize for Family {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.id())
    }
}

impl std::fmt::Display for Family {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Oa2 => "OpenAttestation 2.0",
            Self::Oa3 => "OpenAttestation 3.0",
            Self::Oa4 => "OpenAttestation 4.0",
            Self::Oa4Alpha => "OpenAttestation 4.0 alpha",
            Self::TradeTrust4Alpha => "TradeTrust 4.0 alpha",
            Self::W3c1 => "W3C credential (data model 1.1)",
            Self::W3c2 => "W3C credential (data model 2.0)",
            Self::W3cPresentation => "W3C presentation",
        })
    }
}

impl Document<'_> {
    /// Which family.
    pub fn family(&self) -> Family {
        match self {
            Self::Oa2(_) => Family::Oa2,
            Self::Oa3(_) => Family::Oa3,
            Self::Credential(credential) => credential.data_model().family(),
            Self::Presentation(_) => Family::W3cPresentation,
            Self::Malformed(malformed) => malformed.family,
        }
    }

    /// The document's own id, if it states one that is not hidden. Remarks are encrypted with it (chain.md §1.12).
    pub fn id(&self) -> Option<String> {
        match self {
            Self::Oa2(document) => oa2::leaf_text(document.data().get("id")),
            Self::Oa3(document) => document.get("id").and_then(json::Value::as_str).map(Cow::into_owned),
            Self::Credential(credential) => credential.id().map(str::to_owned),
            Self::Presentation(_) | Self::Malformed(_) => None,
        }
    }

    /// The digest that the document states.
    pub fn target_hash(&self) -> Option<Digest32> {
        match self {
            Self::Oa2(document) => Some(document.target_hash),
            Self::Oa3(document) => Some(document.target_hash),
            _ => None,
        }
    }

    /// The Merkle root that the document states.
    pub fn merkle_root(&self) -> Option<Digest32> {
        match self {
            Self::Oa2(document) => Some(document.merkle_root),
            Self::Oa3(document) => Some(document.merkle_root),
            _ => None,
        }
    }

    /// The Merkle proof that the document states: from its digest to its root.
    pub fn proof(&self) -> &[Digest32] {
        match self {
            Self::Oa2(document) => &document.proof,
            Self::Oa3(document) => &document.proofs,
            _ => &[],
        }
    }

    /// The issuers that the document names; v3 has exactly one. Of more than [`MOST_ISSUERS`] one more is there, and no
    /// others.
    pub fn issuers(&self) -> &[Issuer] {
        match self {
            Self::Oa2(document) => &document.issuers,
            Self::Oa3(document) => std::slice::from_ref(&document.issuer),
            Self::Credential(credential) => std::slice::from_ref(credential.claim()),
            Self::Presentation(_) | Self::Malformed(_) => &[],
        }
    }

    /// The signatures over the Merkle root that the document carries; v3 has at most one, a W3C document none.
    pub fn signatures(&self) -> &[Signature] {
        match self {
            Self::Oa2(document) => &document.signatures,
            Self::Oa3(document) => document.signature.as_slice(),
            _ => &[],
        }
    }

    /// The chain that the document names.
    pub fn network(&self) -> Option<&Network> {
        match self {
            Self::Oa2(document) => document.network.as_ref(),
            Self::Oa3(document) => document.network.as_ref(),
            Self::Credential(credential) => credential.network(),
            Self::Presentation(_) | Self::Malformed(_) => None,
        }
    }

    /// Validity periods that the document states; OA 2.0 has none.
    pub fn validity(&self) -> Validity {
        match self {
            Self::Oa3(document) => document.validity.clone(),
            Self::Credential(credential) => credential.validity().clone(),
            Self::Presentation(presentation) => presentation.validity().clone(),
            Self::Oa2(_) | Self::Malformed(_) => Validity::default(),
        }
    }

    /// When the document says that it was issued, as written; OA 2.0 has no member for it.
    pub fn issued_at(&self) -> Option<Cow<'_, str>> {
        match self {
            Self::Oa3(document) => document.get("issuanceDate")?.as_str(),
            Self::Credential(credential) => credential.issued_at().map(Cow::Borrowed),
            Self::Oa2(_) | Self::Presentation(_) | Self::Malformed(_) => None,
        }
    }

    /// The few content members that a report shows.
    pub fn summary(&self) -> Summary {
        match self {
            Self::Oa2(document) => document.summary.clone(),
            Self::Oa3(document) => document.summary.clone(),
            Self::Credential(credential) => credential.summary().clone(),
            Self::Presentation(_) | Self::Malformed(_) => Summary::default(),
        }
    }

    /// In bytes, of what the document says about who issued it and how.
    fn longest_claim(&self) -> usize {
        match self {
            Self::Credential(credential) => return credential.claims().map(str::len).max().unwrap_or_default(),
            Self::Presentation(presentation) => return presentation.claims().map(str::len).max().unwrap_or_default(),
            _ => {}
        }
        let issuers = self.issuers().iter().flat_map(|issuer| {
            let Issuer { name, id, did, contract, identity, revocation } = issuer;
            let identity = identity.iter().flat_map(|identity| {
                let kind = match &identity.kind {
                    IdentityKind::Other(kind) => Some(kind),
                    _ => None,
                };
                [kind, identity.location.as_ref(), identity.key.as_ref()]
            });
            let revocation = revocation.iter().flat_map(|way| [Some(&way.kind), way.location.as_ref()]);
            let contract = contract.as_ref().map(|contract| &contract.text);
            [name.as_ref(), id.as_ref(), did.as_ref(), contract].into_iter().chain(identity).chain(revocation)
        });
        let network =
            self.network().into_iter().flat_map(|network| [network.chain.as_ref(), network.chain_id.as_ref()]);
        let signatures = self.signatures().iter().flat_map(|it| [Some(&it.verification_method), Some(&it.signature)]);
        let (validity, number) = match self {
            Self::Oa2(document) => (None, document.summary.bl_number.as_ref()),
            Self::Oa3(document) => (Some(&document.validity), document.summary.bl_number.as_ref()),
            _ => (None, None),
        };
        let dates = validity.into_iter().flat_map(|it| it.expires.iter().chain(&it.not_before));
        let dates = dates.map(|(_, date)| Some(date));
        let all = issuers.chain(network).chain(signatures).chain(dates).chain([number]);
        all.flatten().map(String::len).max().unwrap_or_default()
    }
}
