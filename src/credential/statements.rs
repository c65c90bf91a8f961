//! What an object with contexts says, for those who sign (documents.md §9.3).

use super::rdf::{self, Canonical, Contexts, Escaping};
use crate::document::json::{Kind, Value};

/// The statements of an object in their canonical form: what a signature of a credential is made over.
///
/// ```
/// use ebl_verifier::credential::{Contexts, Statements};
/// use ebl_verifier::document::{Limits, json};
///
/// let bill = br#"{
///     "@context": ["https://www.w3.org/ns/credentials/v2"],
///     "id": "urn:uuid:019e807a-ec00-7119-b3ad-d5e2f13beba4",
///     "type": ["VerifiableCredential"],
///     "issuer": "did:web:carrier.example",
///     "proof": {}
/// }"#;
/// let tree = json::parse(bill, &Limits::default())?;
/// let statements = Statements::of(tree.root(), &Contexts::default(), &["proof"])?;
/// assert_eq!(statements.lines().len(), 2);
/// assert!(statements.lines()[1].ends_with("<https://www.w3.org/2018/credentials#issuer> <did:web:carrier.example> ."));
/// // What an issuer makes mandatory with this pointer: its value, and what the object is.
/// assert_eq!(statements.selected("/issuer"), Some(vec![0, 1]));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Statements<'t>(Canonical<'t>);

impl<'t> Statements<'t> {
    /// Of an object under its own `@context`, without some of its members (`proof` of a credential, `proofValue` of a
    /// proof).
    pub fn of(object: Value<'t>, known: &Contexts, without: &[&str]) -> Result<Self, NoStatements> {
        let contexts: Option<Vec<String>> = match object.get("@context").map(Value::kind) {
            Some(Kind::Array(items)) => items.map(|item| item.as_str().map(Into::into)).collect(),
            Some(Kind::String(text)) => Some(vec![text.decoded().into_owned()]),
            _ => None,
        };
        let contexts = contexts.ok_or_else(|| NoStatements("its @context is not a list of URLs".to_owned()))?;
        let statements = rdf::statements(object, &contexts, known, without);
        let canonical = statements.map_err(|why| NoStatements(why.to_string()))?.canonical(Escaping::Canonical);
        canonical.map(Self).map_err(|why| NoStatements(why.to_string()))
    }

    /// Canonical N-Quads (RDFC-1.0) in their canonical order, without line ends; blank nodes are named `c14nN`.
    pub fn lines(&self) -> &[String] {
        self.0.lines()
    }

    /// Numbers of the lines that a JSON pointer selects; `None` if it leads to nothing.
    pub fn selected(&self, pointer: &str) -> Option<Vec<usize>> {
        self.0.selected(pointer)
    }
}

/// Why an object has no statements that two readers would agree on.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct NoStatements(String);
