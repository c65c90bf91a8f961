//! Why bytes are not a document we can read: one sentence each, with the place where there is one. Codes: `verify::codes`.

use std::borrow::Cow;

use super::credential::FormRule;
use super::json::Value;
use super::{Family, FileKind};

/// Reading stopped.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{kind}{}", place(self.position.as_ref()))]
pub struct ReadError {
    /// What is wrong.
    pub kind: ReadErrorKind,
    /// Where, if it has a place.
    pub position: Option<Position>,
}

impl ReadError {
    /// For a value that is no object.
    pub(super) fn other_value(value: Value<'_>) -> Self {
        Self { kind: ReadErrorKind::NotAnObject(value.in_words()), position: None }
    }

    pub(super) fn at(kind: ReadErrorKind, bytes: &[u8], offset: usize) -> Self {
        let before = bytes.get(..offset).unwrap_or(bytes);
        let line_start = before.iter().rposition(|&byte| byte == b'\n').map_or(0, |newline| newline + 1);
        let position = Position {
            offset,
            line: before.iter().filter(|&&byte| byte == b'\n').count() + 1,
            column: String::from_utf8_lossy(&before[line_start..]).chars().count() + 1,
        };
        Self { kind, position: Some(position) }
    }
}

/// A place in the bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Position {
    /// Bytes from the start.
    pub offset: usize,
    /// From 1.
    pub line: usize,
    /// In characters, from 1.
    pub column: usize,
}

/// What is wrong with the bytes.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ReadErrorKind {
    /// Nothing there.
    #[error("the file is empty")]
    Empty,
    /// Over the size limit.
    #[error("the file is larger than the limit of {limit} bytes")]
    TooLarge {
        /// In bytes.
        limit: usize,
    },
    /// Over the nesting limit.
    #[error("objects and arrays are nested deeper than {limit} levels")]
    TooDeep {
        /// In levels.
        limit: usize,
    },
    /// More values than a document of this size has.
    #[error("the file holds more than {limit} values and names, too many for its size")]
    TooManyValues {
        /// For a file of this size.
        limit: usize,
    },
    /// More empty objects and lists than a document of this size has.
    #[error("nearly everything in the file is an empty object or list")]
    TooManyEmpty,
    /// A name, domain or identifier that no report could show.
    #[error("what the file says of its issuer is longer than {limit} bytes in one place")]
    ClaimTooLong {
        /// In bytes.
        limit: usize,
    },
    /// U+FEFF at the start.
    #[error("the file starts with a byte order mark, which JSON does not allow")]
    ByteOrderMark,
    /// Not UTF-8.
    #[error("the file is not valid UTF-8 text; it is damaged, or was saved in another encoding on the way")]
    InvalidUtf8,
    /// Half of a surrogate pair.
    #[error("half of a surrogate pair stands alone, which is not text")]
    LoneSurrogate,
    /// More after the end.
    #[error("there is more text after the end of the document")]
    TrailingBytes,
    /// Two members of one object with the same name.
    #[error("the member {0:?} stands twice in one object, so readers would disagree about its value")]
    DuplicateMember(String),
    /// A name that some readers treat specially.
    #[error("the member name {0:?} is not allowed: some readers treat it specially")]
    ReservedName(String),
    /// Not JSON.
    #[error("this is not JSON: {0}")]
    Syntax(&'static str),
    /// A list, a text, a number …
    #[error("this is JSON, but {}; a document is one object{}", .0, one_by_one(.0))]
    NotAnObject(&'static str),
    /// A file of another kind.
    #[error("this is {0}")]
    OtherKind(FileKind),
    /// Known, but not supported by this version.
    #[error("this is {}, which this version does not verify", .0.with_article())]
    UnsupportedFamily(Family),
    /// Of a known format, but before it was wrapped or signed.
    #[error(
        "this is a draft: {} that was never wrapped or signed; nothing in it protects what it says, so it cannot be verified",
        .0.with_article()
    )]
    Draft(Family),
    /// JSON, but of no known family.
    #[error("this is JSON, but not a wrapped or signed document of any known format; raw data cannot be verified")]
    NotADocument,
    /// Encrypted, and there is no key.
    #[error("the file is sealed (encrypted), and its key was not given")]
    Sealed,
    /// A sealed file whose members are not as they must be.
    #[error("the sealed file is damaged or of another kind: {0}")]
    SealedMalformed(Cow<'static, str>),
    /// A sealed file from before `type` was written.
    #[error(
        "this is a sealed (encrypted) file from before such files said how they are sealed (`type` is missing), \
         which this version does not open"
    )]
    SealedUntyped,
    /// The authentication tag does not fit.
    #[error(
        "the file cannot be opened: the key is wrong or the file is damaged, and which of the two cannot be told apart"
    )]
    WrongKeyOrDamaged,
    /// The key fits, but no document is inside.
    #[error("the key opens the file, but what is inside is {0}")]
    SealedContent(&'static str),
    /// A storage envelope around nothing.
    #[error("the storage envelope holds no document: its member `document` is not an object, or is another envelope")]
    EmptyEnvelope,
}

fn one_by_one(what: &str) -> &'static str {
    if what == "a list" { "; if each item is one, save each as a file of its own" } else { "" }
}

fn place(position: Option<&Position>) -> String {
    position.map_or_else(String::new, |position| {
        format!(" (line {}, column {}, byte {})", position.line, position.column, position.offset)
    })
}

/// The rule that a file breaks which claims a family.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum BrokenRule {
    /// Members of two families.
    FamilyMix(String),
    /// A member that neither the digest nor the format knows.
    OutsideDigest(String),
    /// A value in a form that the digest does not allow.
    NotCanonical(String),
    /// A required member is missing or of the wrong kind.
    Shape(String),
    /// A rule of form of W3C credentials and presentations.
    Form {
        /// Which.
        rule: FormRule,
        /// What is wrong in this file.
        why: String,
    },
}

/// What is wrong in the file.
impl std::fmt::Display for BrokenRule {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::FamilyMix(why) | Self::OutsideDigest(why) | Self::NotCanonical(why) | Self::Shape(why) => why,
            Self::Form { why, .. } => why,
        })
    }
}
