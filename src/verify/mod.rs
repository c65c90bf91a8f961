//! `examine`: the one place where findings become a verdict. Pure: no clock, no socket, no environment.
//!
//! It either says which [`Question`]s it still needs answered or returns a [`Report`]. The driver loops: examine, fetch
//! the open questions, examine again (DESIGN.md §1). Checks, their order and the verdict rule: checks.md §1.

mod checks;
pub mod codes;
mod not_checked;
mod report;

use std::collections::BTreeSet;

use crate::document::Document;
use crate::evidence::{Evidence, Question};
use crate::integrity::{self, Integrity};
use crate::primitives::{Address, ChainId, Digest32};

pub use report::{
    AsOf, Check, CheckName, DocumentFacts, Issuer, Network, Outcome, ProofFacts, ProofResult, RegistryFacts, Report,
    RevokedNodeFacts, StoreFacts, Strength, Title, TitleStateName, Verdict, Voucher,
};

/// Judges a document by the evidence at hand.
///
/// `now` is in seconds since the Unix epoch; it decides only about validity periods that the document itself states.
pub fn examine(document: &Document<'_>, evidence: &Evidence, policy: &Policy, now: i64) -> Step {
    examine_checked(&Checked::new(document), evidence, policy, now)
}

/// As [`examine`], for a document whose integrity was checked once for several rounds of questions.
pub fn examine_checked(checked: &Checked<'_, '_>, evidence: &Evidence, policy: &Policy, now: i64) -> Step {
    let examination = checks::run(checked, evidence, policy, now);
    if examination.open_questions.is_empty() {
        Step::Report(Box::new(examination.into_report()))
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

/// What the caller wants to be held to.
#[derive(Debug, Clone, Default)]
pub struct Policy {
    /// The chain, for a document that names none; a document that names another one contradicts it.
    pub chain: Option<ChainId>,
    /// The chain that a link names, for a document that came by one (documents.md §8.3).
    pub link_chain: Option<ChainId>,
    /// Registries whose unknown code the caller vouches for (`--trust-registry`).
    pub trusted_registries: BTreeSet<(ChainId, Address)>,
    /// Accept an OA 3.0 document without the falsy leaves that its digest does not cover (documents.md §4.8).
    pub accept_unauthenticated_falsy: bool,
    /// Go on asking after a failed integrity check.
    pub all_checks: bool,
    /// Require a DNSSEC-validated issuer record.
    pub require_dnssec: bool,
    /// Whether state proofs of token registries are asked for (`--proof`).
    pub proof: ProofMode,
    /// The hash of a block that the caller knows to be one of the chain (`--trusted-block`): what is proven within it is
    /// proven.
    pub trusted_block: Option<Digest32>,
}

/// What state proofs are worth to the caller (chain.md §5.4).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum ProofMode {
    /// None is asked for.
    #[default]
    Off,
    /// Asked for; where there is none, the report says why.
    Try,
    /// Registry, issuance and title are unknown without one.
    Require,
}
