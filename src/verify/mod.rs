//! `examine`: the one place where findings become a verdict. Pure: no clock, no socket, no environment.
//!
//! It either says which [`Question`]s it still needs answered or returns a [`Report`]. The driver loops: examine, fetch
//! the open questions, examine again (ARCHITECTURE.md §1). Checks, their order and the verdict rule: checks.md §1.

mod checks;
pub mod codes;
mod not_checked;
mod policy;
mod report;
mod title_report;

use crate::document::Document;
use crate::evidence::{Evidence, Question};
use crate::integrity::{self, Integrity};
use crate::primitives::{Address, ChainId, TokenId};

pub use policy::{
    AcceptedState, DeniedWarnings, FieldPath, InvalidFieldPath, InvalidIssuerName, IssuerName, LeastFinality, Policy,
    ProofMode, Rule, WarningKind,
};
pub use report::{
    AsOf, Check, CheckName, ContractClaim, DocumentFacts, Finding, IdentityClaim, IssuedThrough, Issuer, IssuerClaim,
    Network, Outcome, PendingChange, ProofFacts, ProofResult, RegistryFacts, Report, RevocationClaim, RevokedNodeFacts,
    RuleFinding, SignerFacts, StoreFacts, Strength, Title, TitleStateName, Tool, Verdict, Voucher,
};
pub use title_report::{
    AccountFacts, HistoryEntry, PartyFacts, PartyRole, PowersFacts, RemarkFacts, RoleFacts, TitleOf, TitleReport,
};

/// Judges a document by the evidence at hand.
///
/// `now` is in seconds since the Unix epoch; it decides about validity periods that the document itself states, and about
/// the ages that chains and the policy allow.
pub fn examine(document: &Document<'_>, evidence: &Evidence, policy: &Policy, now: i64) -> Step {
    examine_checked(&Checked::new(document), evidence, policy, now)
}

/// As [`examine`], for a document whose integrity was checked once for several rounds of questions.
pub fn examine_checked(checked: &Checked<'_, '_>, evidence: &Evidence, policy: &Policy, now: i64) -> Step {
    let examination = checks::run(checked, evidence, policy, now);
    if examination.open_questions.is_empty() {
        Step::Report(Box::new(examination.into_report(policy, now)))
    } else {
        Step::Ask(examination.open_questions)
    }
}

/// Judges one title by the evidence at hand: state, parties, history and, where wanted, the powers over its registry.
/// `now`, in seconds since the Unix epoch, is the time of the report, and decides as in [`examine`].
///
/// ```
/// use ebl_verifier::evidence::Evidence;
/// use ebl_verifier::primitives::{Address, ChainId, TokenId};
/// use ebl_verifier::verify::{Policy, PowersWanted, TitleInquiry, TitleStep, TitleSubject, examine_title};
///
/// let subject =
///     TitleSubject::Token { chain: ChainId::try_from(1)?, registry: Address([7; 20]), token: TokenId([9; 32]) };
/// let inquiry = TitleInquiry { subject, powers: PowersWanted::No };
/// let step = examine_title(&inquiry, &Evidence::new(), &Policy::default(), 1_780_000_000);
/// let TitleStep::Ask(questions) = step else { panic!() };
/// assert_eq!(questions.len(), 2, "the state and the history");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn examine_title(inquiry: &TitleInquiry<'_, '_, '_>, evidence: &Evidence, policy: &Policy, now: i64) -> TitleStep {
    checks::run_title(inquiry, evidence, policy, now)
}

/// What is asked about a title.
#[derive(Debug, Clone, Copy)]
pub struct TitleInquiry<'c, 'd, 'a> {
    /// Which title.
    pub subject: TitleSubject<'c, 'd, 'a>,
    /// Whether it is asked, too, who has which power over the registry.
    pub powers: PowersWanted,
}

/// Which title.
#[derive(Debug, Clone, Copy)]
pub enum TitleSubject<'c, 'd, 'a> {
    /// That of a document.
    Document(&'c Checked<'d, 'a>),
    /// A token of a registry, without any document.
    Token {
        /// The registry's chain.
        chain: ChainId,
        /// The token registry.
        registry: Address,
        /// The token.
        token: TokenId,
    },
}

/// Whether it is asked who has which power over the registry, and, of a document, whether its domain names the registry.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum PowersWanted {
    /// It is asked: up to two more rounds of requests.
    Yes,
    /// It is not.
    #[default]
    No,
}

/// What [`examine_title`] came to.
#[derive(Debug)]
pub enum TitleStep {
    /// These answers are missing. All can be asked at once.
    Ask(Vec<Question>),
    /// Everything needed was known.
    Report(Box<TitleReport>),
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
