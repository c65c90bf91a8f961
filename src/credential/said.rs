//! What a report repeats of a credential, from its statements and not from its members: the same statements can be written
//! in several ways, and whoever holds the file chooses the way.

use std::collections::HashSet;

use super::Signed;
use super::rdf::{LiteralKind, RDF_TYPE, Statement, Term};

impl Signed<'_> {
    /// The number of the bill, if the subjects have exactly one.
    pub(crate) fn bill_number(&self) -> Option<&str> {
        let subjects = self.subjects();
        self.only_text(|said| subjects.contains(&said.subject) && &*said.predicate == BILL_NUMBER)
    }

    /// What the issuer is called, if by exactly one name.
    pub(crate) fn name_of(&self, issuer: &str) -> Option<&str> {
        let is_issuer = |term: &Term<'_>| matches!(term, Term::Iri(iri) if &**iri == issuer);
        self.only_text(|said| is_issuer(&said.subject) && NAMES.contains(&&*said.predicate))
    }

    /// Whether anything in it is a bill of lading.
    pub(crate) fn has_a_bill(&self) -> bool {
        let is_bill = |kind: &Term<'_>| matches!(kind, Term::Iri(iri) if BILLS.contains(&&**iri));
        self.said().iter().any(|said| &*said.predicate == RDF_TYPE && is_bill(&said.object))
    }

    /// Whether every subject says what it is.
    pub(crate) fn subjects_have_types(&self) -> bool {
        let types = self.said().iter().filter(|said| &*said.predicate == RDF_TYPE);
        let typed: HashSet<&Term<'_>> = types.map(|said| &said.subject).collect();
        self.subjects().is_subset(&typed)
    }

    fn subjects(&self) -> HashSet<&Term<'_>> {
        self.said().iter().filter(|said| &*said.predicate == SUBJECT).map(|said| &said.object).collect()
    }

    /// The text that the only one of these statements ends with.
    fn only_text(&self, which: impl Fn(&Statement<'_>) -> bool) -> Option<&str> {
        let mut found = self.said().iter().filter(|said| which(said));
        match (&found.next()?.object, found.next()) {
            (Term::Literal(literal), None) if literal.kind == LiteralKind::Text => Some(&literal.text),
            _ => None,
        }
    }
}

/// The predicate that leads from a credential to what it is about.
pub(crate) const SUBJECT: &str = "https://www.w3.org/2018/credentials#credentialSubject";
const BILL_NUMBER: &str = "https://example.com/terms#blNumber";
const BILLS: [&str; 2] = ["https://example.com/terms#BillOfLading", "https://example.com/terms#BillOfLadingCarrier"];
/// Of the data model, and of the contexts before it.
const NAMES: [&str; 2] = ["https://schema.org/name", "http://schema.org/name"];
