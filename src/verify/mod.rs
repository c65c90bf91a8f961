//! `examine`: the one place where findings become a verdict. Pure: no clock, no socket, no environment.
//!
//! It either says which [`Question`]s it still needs answered or returns a [`Report`]. The driver loops: examine, fetch
//! the open questions, examine again (DESIGN.md §1). Checks, their order and the verdict rule: checks.md §1.

mod checks;
pub mod codes;
mod not_checked;
mod policy;
mod report;

use crate::document::Document;
use crate::evidence::{Evidence, Question};
use crate::integrity::{self, Integrity};

pub use policy::{
    AcceptedState, DeniedWarnings, FieldPath, InvalidFieldPath, InvalidIssuerName, IssuerName, LeastFinality, Policy,
    Rule, WarningKind,
};
pub use report::{
    AsOf, Check, CheckName, ContractClaim, DocumentFacts, Finding, IdentityClaim, IssuedThrough, Issuer, IssuerClaim,
    Network, Outcome, RegistryFacts, Report, RevocationClaim, RevokedNodeFacts, RuleFinding, SignerFacts, StoreFacts,
    Strength, Title, TitleStateName, Tool, Verdict,
};

/// Judges a document by the evidence at hand.
///
/// `now` is in seconds since the Unix epoch; it decides only about validity periods that the document itself states, and
/// about the ages that the policy allows.
pub fn examine(document: &Document<'_>, evidence: &Evidence, policy: &Policy, now: i64) -> Step {
    examine_checked(&Checked::new(document), evidence, policy, now)
}

/// As [`examine`], for a document whose integrity was checked once for several rounds of questions.
pub fn examine_checked(checked: &Checked<'_, '_>, evidence: &Evidence, policy: &Policy, now: i64) -> Step {
    let examination = checks::run(checked, evidence, policy, now);
    if examination.open_questions.is_empty() {
        Step::Report(Box::new(examination.into_report(policy)))
    } else {
        Step::Ask(examination.open_questions)
    }
}

/// A document together with the result of its own integrity check: the two cannot be mixed up.
#[derive(Debug)]
pub struct Checked<'d, 'a> {
    document: &'d Document<'a>,
    integrity: Integrity,
}

impl<'d, 'a> Checked<'d, 'a> {
    /// Checks the document's integrity.
    pub fn new(document: &'d Document<'a>) -> Self {
        Self { document, integrity: integrity::check(document) }
    }

    /// The document.
    pub fn document(&self) -> &'d Document<'a> {
        self.document
    }

    /// What its integrity check came to.
    pub fn integrity(&self) -> &Integrity {
        &self.integrity
    }
}

/// What `examine` came to.
#[derive(Debug)]
pub enum Step {
    /// These answers are missing. All can be asked at once.
    Ask(Vec<Question>),
    /// Everything needed was known.
    Report(Box<Report>),
}
