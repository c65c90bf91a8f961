//! `examine`: the one place where findings become a verdict. Pure: no clock, no socket, no environment.
//!
//! It either says which [`Question`]s it still needs answered or returns a [`Report`]. The driver loops: examine, fetch
//! the open questions, examine again (ARCHITECTURE.md §1). Checks, their order and the verdict rule: checks.md §1.

mod budget;
mod case;
mod challenge_case;
mod challenge_report;
mod checks;
pub mod codes;
mod content_report;
mod evidence_file;
mod next_step;
mod not_checked;
mod policy;
mod report;
mod title_report;
mod verdict;

use crate::evidence::{Evidence, Question};

pub use case::{
    Arrival, Case, ContentWanted, FilesWanted, LinkFollowed, PowersWanted, Stated, TitleCase, TokenOfChain,
};
pub use challenge_case::ChallengeCase;
pub use challenge_report::{
    ChallengeFacts, ChallengeReport, ChallengeTerms, ControlVerdict, NewChallenge, NoParty, SignatureFacts,
    SignatureKind, challenge_of,
};
pub use content_report::ContentReport;
pub use evidence_file::{
    EvidenceFile, InvalidEvidenceFile, KeepDocument, NamedBlock, NotReplayed, Reliance, ReplayTerms, Replayed, Trust,
};
pub use next_step::NextStep;
pub use policy::{
    AcceptedState, DeniedWarnings, FieldPath, InvalidFieldPath, InvalidIssuerName, InvalidPolicyFile, IssuerName,
    LeastFinality, Policy, PolicyFile, ProofMode, Rule, WarningKind,
};
pub use report::{
    AddedContext, AsOf, Assurance, Check, CheckName, ContractClaim, CredentialFacts, DocumentFacts, Finding,
    FurtherFinding, Grade, IdentityClaim, IssuedThrough, Issuer, IssuerClaim, NamesBy, Network, Outcome, PendingChange,
    PresentationFacts, ProofFacts, ProofResult, RegistryFacts, RegistryStanding, Report, RevocationClaim,
    RevokedNodeFacts, RuleFinding, SignerFacts, StatusClaim, StatusListFacts, StoreFacts, Strength, Title,
    TitleStateName, Tool, Voucher,
};
pub use title_report::{
    AccountFacts, HistoryEntry, PartyFacts, PartyRole, PowersFacts, RemarkFacts, RoleFacts, TitleOf, TitleReport,
};
pub use verdict::Verdict;

/// Judges a document by the evidence at hand. The report is whole, and no more is ever asked for than the budget of one
/// document allows (checks.md §9).
pub fn examine(case: &Case<'_>, evidence: &Evidence) -> Step {
    checks::run(case, evidence)
}

/// What `examine` came to.
#[derive(Debug)]
pub enum Step {
    /// These answers are missing. All can be asked at once.
    Ask(Vec<Question>),
    /// Everything needed was known.
    Report(Box<Report>),
}

/// Judges one title by the evidence at hand: state, parties, history and, where wanted, the powers over its registry.
pub fn examine_title(case: &TitleCase<'_>, evidence: &Evidence) -> TitleStep {
    checks::run_title(case, evidence)
}

/// What [`examine_title`] came to.
#[derive(Debug)]
pub enum TitleStep {
    /// These answers are missing. All can be asked at once.
    Ask(Vec<Question>),
    /// Everything needed was known.
    Report(Box<TitleReport>),
}

/// Reads a document by the evidence at hand: what it says, as far as its digest or its signature covers it. Nobody is asked but
/// for the key of a W3C document's issuer.
///
/// ```
/// use ebl_verifier::content::Term;
/// use ebl_verifier::document::{self, Limits};
/// use ebl_verifier::evidence::Evidence;
/// use ebl_verifier::verify::{Case, ContentStep, Policy, examine_content};
///
/// let bytes = std::fs::read("fixtures/documents/bill-v2.json")?;
/// let document = document::read(&bytes, &Limits::default())?;
/// let policy = Policy::default();
/// let case = Case::new(&document, &policy, 1_780_000_000);
/// let ContentStep::Report(report) = examine_content(&case, &Evidence::new()) else { panic!("nobody has to be asked") };
/// let content = report.content.expect("its digest covers it");
/// assert_eq!(content.of_term(Term::BlNumber).collect::<Vec<_>>(), ["NDSE-2026-00017"]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn examine_content(case: &Case<'_>, evidence: &Evidence) -> ContentStep {
    checks::run_content(case, evidence)
}

/// What [`examine_content`] came to.
#[derive(Debug)]
pub enum ContentStep {
    /// These answers are missing. All can be asked at once.
    Ask(Vec<Question>),
    /// Everything needed was known.
    Report(Box<ContentReport>),
}

/// Judges a signed challenge by the evidence at hand: is it in force, whom does the registry record, and did that account
/// sign?
pub fn examine_challenge(case: &ChallengeCase<'_>, evidence: &Evidence) -> ChallengeStep {
    checks::run_challenge(case, evidence)
}

/// What [`examine_challenge`] came to.
#[derive(Debug)]
pub enum ChallengeStep {
    /// These answers are missing. All can be asked at once.
    Ask(Vec<Question>),
    /// Everything needed was known.
    Report(Box<ChallengeReport>),
}
