//! From JSON to signed statements (documents.md §9.1, §9.3): JSON-LD 1.1 in safe mode to RDF, and RDFC-1.0.
//!
//! A processor of our own for what credentials use. What does not become a statement is refused, never dropped; every
//! statement knows the place in the JSON that it came from; and both steps have a budget, because the crates that do the
//! same (they are the oracles of the tests) have none of the three.

mod active;
mod caller;
mod canonical;
mod context;
mod error;
mod expand;
mod literal;
mod nquads;
mod select;
#[cfg(test)]
mod tests;

use std::borrow::Cow;
use std::sync::Arc;

pub(crate) use self::canonical::Canonical;
pub use self::context::Contexts;
pub use self::error::InvalidContext;
pub(crate) use self::error::{TooComplex, Unreadable};
pub(crate) use self::nquads::Escaping;
use crate::document::json::{Place, Value};

/// The statements of a JSON object under these contexts, without the named members of its top level (`proof` of a
/// credential, `proofValue` of a proof). An `@context` of its own is passed over: the caller says which counts.
pub(crate) fn statements<'t>(
    value: Value<'t>,
    contexts: &[impl AsRef<str>],
    known: &Contexts,
    leave_out: &[&str],
) -> Result<Dataset<'t>, Unreadable> {
    expand::statements(value, contexts, known, leave_out)
}

/// What a JSON object says, each statement once.
#[derive(Debug, Clone)]
pub(crate) struct Dataset<'t> {
    /// Where it was read.
    root: Value<'t>,
    /// Places of members that were left out.
    left_out: Vec<Place>,
    statements: Vec<Statement<'t>>,
    /// Blank nodes are numbered from 0 up to this.
    blank_nodes: u32,
}

impl<'t> Dataset<'t> {
    /// RDFC-1.0 with SHA-256.
    pub(crate) fn canonical(self, escaping: Escaping) -> Result<Canonical<'t>, TooComplex> {
        Canonical::of(self, escaping)
    }
}

/// Subject, predicate and object, in a graph if not the default one.
#[derive(Debug, Clone)]
pub(crate) struct Statement<'t> {
    pub(crate) subject: Term<'t>,
    /// An IRI.
    pub(crate) predicate: Arc<str>,
    pub(crate) object: Term<'t>,
    pub(crate) graph: Option<Term<'t>>,
    /// The place of the value that says this. The value of a link is the object that it leads to.
    pub(crate) origin: Place,
    /// Whether a word in it has its meaning from a context that the caller gave.
    pub(crate) from_caller: bool,
}

/// A node or a value.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) enum Term<'t> {
    Iri(Arc<str>),
    /// Without a name of its own, by number.
    Blank(u32),
    Literal(Literal<'t>),
}

/// A value.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Literal<'t> {
    pub(crate) text: Cow<'t, str>,
    pub(crate) kind: LiteralKind,
}

/// What kind of value it is.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) enum LiteralKind {
    /// `xsd:string`.
    Text,
    /// Of another datatype.
    Datatype(Arc<str>),
    /// In a language.
    Language(Arc<str>),
}

/// `rdf:type`, the predicate of `type`.
pub(crate) const RDF_TYPE: &str = "http://www.w3.org/1999/02/22-rdf-syntax-ns#type";
