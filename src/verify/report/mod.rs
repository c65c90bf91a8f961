//! The report: plain data, the same for every rendering. Its JSON form is the contract of `schemas/report.schema.json`.

mod facts;

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::Verdict;
use super::codes::{Actor, Code};
use super::next_step::NextStep;
use crate::address_book::AddressBook;
use crate::content::Content;
use crate::evidence::Unavailable;
use crate::primitives::Address;

pub use facts::{
    AddedContext, AsOf, Assurance, ContractClaim, CredentialFacts, DocumentFacts, IdentityClaim, IssuedThrough, Issuer,
    IssuerClaim, Network, PendingChange, PresentationFacts, ProofFacts, ProofResult, RegistryFacts, RegistryStanding,
    RevocationClaim, RevokedNodeFacts, SignerFacts, StatusClaim, StatusListFacts, StoreFacts, Title, TitleStateName,
    Tool, Voucher,
};

/// What became of one document.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Report {
    /// `ebl-verifier/report/1`.
    pub schema: &'static str,
    /// The file's name; set by whoever read it. What is a link is named by its host alone.
    pub file: Option<String>,
    /// When it was judged: the `now` that was given, RFC 3339.
    pub checked_at: String,
    /// The time that it was judged as of, where the caller named one; RFC 3339.
    pub judged_at: Option<String>,
    /// The answer.
    pub verdict: Verdict,
    /// What to do next and who can; absent only where the document is valid.
    pub next_step: Option<NextStep>,
    /// What the document is.
    pub document: DocumentFacts,
    /// What it says, as far as that is covered; absent where it was not asked for, and where nothing is known to be covered.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub content: Option<Content>,
    /// All seven checks, always in the same order.
    pub checks: Vec<Check>,
    /// Every rule of the caller's policy, in the order given.
    pub policy: Vec<RuleFinding>,
    /// Who issued it, as far as the document says and the checks confirm.
    pub issuer: Vec<Issuer>,
    /// The registry, if the document has one and it was read.
    pub registry: Option<RegistryFacts>,
    /// The document stores that were read, in the order of the document.
    pub stores: Vec<StoreFacts>,
    /// The signers of a signed document, in the order of its issuers.
    pub signers: Vec<SignerFacts>,
    /// The status lists that a credential names, in its order.
    pub status_lists: Vec<StatusListFacts>,
    /// The title.
    pub title: Title,
    /// The block everything was read at.
    pub as_of: Option<AsOf>,
    /// What the evidence is worth to somebody else: the least of what it rests on; absent where nobody answered.
    pub grade: Option<Grade>,
    /// What this report does not say.
    pub not_checked: Vec<String>,
    /// Things worth knowing that decide nothing.
    pub warnings: Vec<String>,
    /// The credentials of a presentation, each judged like one that came alone.
    pub parts: Vec<Report>,
    /// The caller's own names for addresses of this report; set by whoever has an address book.
    pub names: BTreeMap<Address, String>,
    /// Whose names these are.
    #[serde(skip)]
    pub names_by: NamesBy,
    /// The program.
    pub tool: Tool,
}

impl Report {
    /// Every address that the report's facts name.
    pub fn addresses(&self) -> BTreeSet<Address> {
        let registry = self.registry.iter().map(|registry| Some(registry.address));
        let stores = self.stores.iter().map(|store| Some(store.address));
        let revoking = self.stores.iter().map(|store| store.revoked_node.as_ref().and_then(|node| node.by));
        self.title.addresses().into_iter().chain(registry).chain(stores).chain(revoking).flatten().collect()
    }

    /// It, and what it says of the parts of the document.
    pub(in crate::verify) fn with_parts(&self) -> impl Iterator<Item = &Self> {
        std::iter::once(self).chain(&self.parts)
    }

    /// The same, judged from evidence that somebody else may have made: names that are not those of `own` are not the caller's.
    pub(in crate::verify) fn named_by_evidence(mut self, own: &AddressBook) -> Self {
        let is_own = |(address, name): (&Address, &String)| own.name_of(*address) == Some(name);
        let all_are_own = self.with_parts().flat_map(|report| &report.names).all(is_own);
        if !all_are_own {
            self.names_by = NamesBy::Evidence;
            self.parts.iter_mut().for_each(|part| part.names_by = NamesBy::Evidence);
        }
        self
    }
}

/// The checks, in their order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum CheckName {
    /// Digest and Merkle root.
    Integrity,
    /// Who stands behind the contract.
    Issuer,
    /// The document's chain is the one asked.
    Chain,
    /// Whether the registry is genuine.
    Registry,
    /// Issued, and not revoked or expired.
    Issuance,
    /// State and parties.
    Title,
    /// The caller's own rules.
    Policy,
    /// The title's operations, all of them. Only in reports on a title.
    History,
    /// Who holds which power over the registry. Only in reports on a title.
    Powers,
    /// The challenge is in force, and the one that was expected. Only in reports on proof of control.
    Challenge,
    /// The registry records the challenged account. Only in reports on proof of control.
    Party,
    /// The challenged account signed. Only in reports on proof of control.
    Signature,
}

impl CheckName {
    /// As in JSON and on the screen.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Integrity => "integrity",
            Self::Issuer => "issuer",
            Self::Chain => "chain",
            Self::Registry => "registry",
            Self::Issuance => "issuance",
            Self::Title => "title",
            Self::Policy => "policy",
            Self::History => "history",
            Self::Powers => "powers",
            Self::Challenge => "challenge",
            Self::Party => "party",
            Self::Signature => "signature",
        }
    }
}

/// What a check came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// Evidence for.
    Pass,
    /// Evidence against.
    Fail,
    /// Could not be found out.
    Unknown,
    /// The document gives no ground for this check, or it was not asked.
    NotApplicable,
}

/// Whose names for addresses a report shows.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum NamesBy {
    /// Those of the caller's own address book.
    #[default]
    Caller,
    /// Those of whoever made the evidence that it was judged from again.
    Evidence,
}

/// How far an outcome's evidence can be relied on (checks.md §1.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Strength {
    /// Computed here from the document alone.
    Computed,
    /// Proven against the state root of a block whose hash a quorum or the caller vouches for.
    Proven,
    /// Several chain endpoints gave the same answer.
    Quorum,
    /// One chain endpoint said so.
    SingleEndpoint,
    /// Signed from a trusted DNSSEC key down to the records, by a chain that is in the evidence and was checked here.
    DnssecChain,
    /// Validated with DNSSEC by who asked; the signatures are not kept.
    Dnssec,
    /// Several resolvers gave the same answer.
    AgreeingResolvers,
    /// One resolver said so.
    SingleResolver,
    /// A web server said so, unsigned, over a connection that TLS protects.
    Tls,
}

impl Strength {
    /// Whether nobody has to be believed: the state itself proves what was read of it.
    pub(super) fn is_proven(self) -> bool {
        match self {
            Self::Proven => true,
            Self::Computed
            | Self::Quorum
            | Self::SingleEndpoint
            | Self::DnssecChain
            | Self::Dnssec
            | Self::AgreeingResolvers
            | Self::SingleResolver
            | Self::Tls => false,
        }
    }
}

/// What somebody else can make of the evidence that a report rests on (docs/evidence.md).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Grade {
    /// Servers said so: a record of what they said, no proof.
    Said,
    /// Several said the same.
    Agreed,
    /// It can be checked again, against a block or a key that whoever checks knows.
    Proven,
}

impl Grade {
    /// With what it means.
    pub fn in_words(self) -> &'static str {
        match self {
            Self::Said => "said: what servers said, a record and no proof",
            Self::Agreed => "agreed: several servers said the same, a record and no proof",
            Self::Proven => {
                "proven: it can be checked again against what you know: a block of the chain, the keys of DNSSEC"
            }
        }
    }

    /// Of what a finding rests on; nothing where nobody was asked. That a resolver's answers were validated with DNSSEC is said,
    /// too, where their signatures are not kept.
    fn of(strength: Strength) -> Option<Self> {
        match strength {
            Strength::Computed => None,
            Strength::Proven | Strength::DnssecChain => Some(Self::Proven),
            Strength::Quorum | Strength::AgreeingResolvers => Some(Self::Agreed),
            Strength::SingleEndpoint | Strength::Dnssec | Strength::SingleResolver | Strength::Tls => Some(Self::Said),
        }
    }

    /// The least of all that was found out; nothing where nobody answered. Of which chain a block is, is not for a server to say
    /// where the caller knows the block and everything that was read is proven within it.
    pub(in crate::verify) fn least(checks: &[Check], parts: &[Report], as_of: Option<&AsOf>) -> Option<Self> {
        let proof = as_of.and_then(|as_of| as_of.proof.as_ref());
        let is_known =
            proof.is_some_and(|proof| (proof.result, proof.vouched_by) == (ProofResult::Proven, Some(Voucher::Caller)));
        let is_of_one_chain = |check: &Check| check.name == CheckName::Chain && check.also.is_empty();
        let own = checks.iter().flat_map(|check| {
            let vouched = is_known && is_of_one_chain(check) && check.outcome == Outcome::Pass;
            let first = (!vouched).then_some((check.outcome, check.strength));
            first.into_iter().chain(check.also.iter().map(|also| (also.outcome, also.strength)))
        });
        let own = own.filter(|(outcome, _)| matches!(outcome, Outcome::Pass | Outcome::Fail));
        let own = own.filter_map(|(_, strength)| strength.and_then(Self::of));
        own.chain(parts.iter().filter_map(|part| part.grade)).min()
    }
}

/// One check's finding.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Check {
    /// Which check.
    pub name: CheckName,
    /// What it came to.
    pub outcome: Outcome,
    /// The stable code.
    #[serde(serialize_with = "code_id")]
    pub code: &'static Code,
    /// One sentence with the facts of this document.
    pub message: String,
    /// Who has to act.
    pub actor: Actor,
    /// What the reader can do about it: [`Code::remedy`], or what fits this case better.
    #[serde(skip)]
    pub remedy: &'static str,
    /// Who answered, hosts only.
    pub answered_by: Vec<String>,
    /// Who was asked and gave no answer, with the reason.
    pub unavailable: Vec<Unavailable>,
    /// How strong the evidence is; absent where there is none.
    pub strength: Option<Strength>,
    /// What else this check found, the worst first: one finding never hides another.
    pub also: Box<[FurtherFinding]>,
}

impl Check {
    /// What each finding of this check came to.
    pub(super) fn outcomes(&self) -> impl Iterator<Item = (CheckName, Outcome)> {
        let own = std::iter::once(self.outcome);
        own.chain(self.also.iter().map(|also| also.outcome)).map(|outcome| (self.name, outcome))
    }

    /// Whether a finding of this check has evidence of this strength.
    pub(super) fn rests_on(&self, strength: Strength) -> bool {
        self.strength == Some(strength) || self.also.iter().any(|also| also.strength == Some(strength))
    }

    /// What is unknown of it, each in its own words.
    pub(super) fn unknown(&self) -> impl Iterator<Item = &str> {
        let own = std::iter::once((self.outcome, &self.message));
        let all = own.chain(self.also.iter().map(|also| (also.outcome, &also.message)));
        all.filter(|(outcome, _)| *outcome == Outcome::Unknown).map(|(_, message)| message.as_str())
    }
}

/// A finding of a check for which another one speaks.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct FurtherFinding {
    /// What it came to.
    pub outcome: Outcome,
    /// The stable code.
    #[serde(serialize_with = "code_id")]
    pub code: &'static Code,
    /// One sentence with the facts of this document.
    pub message: String,
    /// Who has to act.
    pub actor: Actor,
    /// Who answered, hosts only.
    pub answered_by: Vec<String>,
    /// Who was asked and gave no answer, with the reason.
    pub unavailable: Vec<Unavailable>,
    /// How strong the evidence is; absent where there is none.
    pub strength: Option<Strength>,
}

impl From<Check> for FurtherFinding {
    fn from(check: Check) -> Self {
        let Check { outcome, code, message, actor, answered_by, unavailable, strength, .. } = check;
        Self { outcome, code, message, actor, answered_by, unavailable, strength }
    }
}

/// What a part of a check came to: for one issuer, one store or one signer.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Finding {
    /// What it came to.
    pub outcome: Outcome,
    /// The stable code.
    #[serde(serialize_with = "code_id")]
    pub code: &'static Code,
    /// One sentence with the facts.
    pub message: String,
}

impl From<&Check> for Finding {
    fn from(check: &Check) -> Self {
        Self { outcome: check.outcome, code: check.code, message: check.message.clone() }
    }
}

/// What one rule of the policy came to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct RuleFinding {
    /// The rule's name: its key in a policy file.
    pub rule: &'static str,
    /// What it came to.
    pub outcome: Outcome,
    /// What was found, in one sentence.
    pub message: String,
}

pub(in crate::verify) fn code_id<S: serde::Serializer>(code: &&'static Code, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(code.id)
}
