//! Why there are no statements, one sentence each.

/// The object has no statements that two readers would agree on (documents.md §9.2, §9.3).
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Unreadable {
    #[error("the context {0:?} is not on the list of known contexts, and none is ever fetched")]
    UnknownContext(String),
    #[error("a context is written inside the document; only contexts of the list count")]
    InlineContext,
    #[error("the member {0:?} is not defined by the contexts of the document")]
    UndefinedTerm(String),
    #[error("the type {0:?} is not defined by the contexts of the document")]
    UndefinedType(String),
    #[error("the member name {0:?} is not allowed here")]
    MemberName(String),
    #[error("{0:?} is not an absolute IRI")]
    Iri(String),
    #[error("{0:?} names a node that has no name outside this document")]
    BlankNode(String),
    #[error("the number {0} is not written in its one canonical form, or would lose digits when signed")]
    Number(String),
    #[error("the member {0:?} has no value (null, or an empty list or object)")]
    EmptyValue(String),
    #[error("the member {member:?} must be {expected}")]
    Value { member: String, expected: &'static str },
    #[error("the contexts of the document define {0:?} twice, and differently")]
    ProtectedTerm(String),
    #[error("a context given by the caller uses the word {0:?}, which another context has given another meaning")]
    OtherMeaning(String),
    #[error("two objects have the id {0:?}, so what one of them says could stand in the other as well")]
    DescribedTwice(String),
    #[error("{0} is said twice of one object, and a signature covers it once")]
    SaidTwice(String),
    #[error("{0} is not supported")]
    Unsupported(&'static str),
    #[error("the document makes more than {limit} {what}, too many to be checked")]
    TooMany { what: &'static str, limit: usize },
}

/// Canonicalisation was given up: a graph built to take for ever, or much larger than a document has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "the objects of the document that have no id are too many, or too much alike, to be told apart in reasonable time"
)]
pub(crate) struct TooComplex;

/// A context from the caller cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidContext {
    /// A known context is known by its content.
    #[error("the meaning of {0} is fixed: it is one of the embedded contexts")]
    Embedded(String),
    /// Two files for one name.
    #[error("{0} was given twice")]
    Twice(String),
    /// Not a name that a document would have.
    #[error("{0:?} is not the https URL of a context")]
    Url(String),
    /// Not JSON under the strict rules.
    #[error(transparent)]
    Read(#[from] crate::document::ReadError),
    /// JSON of another shape.
    #[error("the file is no context: {0}")]
    NotAContext(&'static str),
    /// A term that is defined in a way that is not read.
    #[error("the term {term:?}: {reason}")]
    Term {
        /// Which.
        term: String,
        /// What is not read about it.
        reason: &'static str,
    },
}
