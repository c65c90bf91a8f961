//! The report on a signed challenge, and the form in which programs are given a new one. Their JSON is the contract of
//! `schemas/challenge.schema.json`.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::checks::of_role;
use super::codes::{self, Code};
use super::report::{AsOf, Check, DocumentFacts, Network, Outcome, RegistryFacts, Title, TitleStateName, Tool};
use super::title_report::AccountFacts;
use super::{TitleReport, Verdict};
use crate::challenge::{Challenge, Nonce, Period, Purpose, Subject, TitleRole};
use crate::identity::DomainName;
use crate::primitives::{Address, ChainId, Digest32, TokenId, rfc3339};

/// What became of one signed challenge.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct ChallengeReport {
    /// `ebl-verifier/challenge/1`.
    pub schema: &'static str,
    /// The file of the challenge's text; set by whoever read it.
    pub file: Option<String>,
    /// When it was judged: the `now` that was given, RFC 3339.
    pub checked_at: String,
    /// The answer.
    pub verdict: ControlVerdict,
    /// What was shown, in one sentence; absent where nothing was.
    pub statement: Option<String>,
    /// What the text says.
    pub challenge: ChallengeFacts,
    /// What was presented as its signature.
    pub signature: SignatureFacts,
    /// The account that the text names.
    pub account: AccountFacts,
    /// The caller's own document, if one was given.
    pub document: Option<DocumentFacts>,
    /// State and recorded parties of the title that the text names.
    pub title: Title,
    /// Its registry, if it was read.
    pub registry: Option<RegistryFacts>,
    /// What was checked.
    pub checks: Vec<Check>,
    /// The block everything was read at.
    pub as_of: Option<AsOf>,
    /// What this report does not say.
    pub not_checked: Vec<String>,
    /// Things worth knowing that decide nothing.
    pub warnings: Vec<String>,
    /// The caller's own names for addresses of this report.
    pub names: BTreeMap<Address, String>,
    /// The program.
    pub tool: Tool,
}

impl ChallengeReport {
    /// Every address that the report names.
    pub fn addresses(&self) -> BTreeSet<Address> {
        let registry = [Some(self.challenge.registry), Some(self.account.address), self.signature.signer];
        self.title.addresses().into_iter().chain(registry).flatten().collect()
    }
}

/// Whether control was shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ControlVerdict {
    /// Everything holds.
    Proven,
    /// Something speaks against it.
    Contradicted,
    /// Something could not be found out.
    Unknown,
}

impl ControlVerdict {
    pub(super) fn of(outcomes: impl IntoIterator<Item = Outcome>) -> Self {
        outcomes.into_iter().fold(Self::Proven, |verdict, outcome| match (verdict, outcome) {
            (Self::Contradicted, _) | (_, Outcome::Fail) => Self::Contradicted,
            (Self::Unknown, _) | (_, Outcome::Unknown) => Self::Unknown,
            (Self::Proven, Outcome::Pass | Outcome::NotApplicable) => Self::Proven,
        })
    }

    /// The process exit code.
    pub fn exit_code(self) -> u8 {
        match self {
            Self::Proven => 0,
            Self::Contradicted => 1,
            Self::Unknown => 3,
        }
    }

    /// As printed for people.
    pub fn headline(self) -> &'static str {
        match self {
            Self::Proven => "PROVEN",
            Self::Contradicted => "CONTRADICTED",
            Self::Unknown => "UNKNOWN",
        }
    }
}

/// What was shown, where everything holds.
pub(super) fn statement(verdict: ControlVerdict, role: TitleRole, as_of: Option<&AsOf>) -> Option<String> {
    let block = as_of.filter(|_| verdict == ControlVerdict::Proven)?.block;
    Some(format!("the account that the registry records as {role} at block {block} signed this text"))
}

/// What the text of a challenge says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct ChallengeFacts {
    /// Who asks, by a domain.
    pub domain: Option<String>,
    /// What it is asked for.
    pub purpose: Option<String>,
    /// The account that is asked to sign.
    pub account: Address,
    /// The role that it is to have.
    pub role: TitleRole,
    /// The network of the title.
    pub network: Network,
    /// Its registry.
    pub registry: Address,
    /// Its token id.
    pub token_id: TokenId,
    /// 32 lower-case hexadecimal digits.
    pub nonce: String,
    /// RFC 3339.
    pub issued_at: String,
    /// RFC 3339: from then on it counts no more.
    pub expires_at: String,
    /// What a signature of it is over: the hash of the text as a personal message (EIP-191).
    pub digest: Digest32,
}

impl ChallengeFacts {
    pub(super) fn of(challenge: &Challenge, network: Network) -> Self {
        let Subject { registry, token, role, account, .. } = challenge.subject;
        Self {
            domain: challenge.domain.as_ref().map(|domain| domain.as_str().to_owned()),
            purpose: challenge.purpose.as_ref().map(|purpose| purpose.as_str().to_owned()),
            account,
            role,
            network,
            registry,
            token_id: token,
            nonce: challenge.nonce.to_string(),
            issued_at: rfc3339(challenge.period.issued_at()),
            expires_at: rfc3339(challenge.period.expires_at()),
            digest: challenge.digest(),
        }
    }
}

/// What was presented as a signature.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct SignatureFacts {
    /// By what it was found to be the account's.
    pub kind: SignatureKind,
    /// The account whose key made it; absent where none did, where a contract speaks for the account, and where that is not
    /// known.
    pub signer: Option<Address>,
}

/// By what a signature was found to be the account's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum SignatureKind {
    /// By the account's key (EIP-191).
    Key,
    /// By the account's contract (ERC-1271).
    Contract,
    /// By the contract that would be deployed there (ERC-6492).
    ContractToBe,
    /// By nothing.
    Unconfirmed,
    /// It is no signature.
    Malformed,
}

/// A new challenge, as programs are given it.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct NewChallenge {
    /// `ebl-verifier/new-challenge/1`.
    pub schema: &'static str,
    /// The document's file, if there was one; set by whoever read it.
    pub file: Option<String>,
    /// Exactly what is to be signed.
    pub text: String,
    /// The same, member by member.
    pub challenge: ChallengeFacts,
    /// The block that the account was read at.
    pub as_of: Option<AsOf>,
    /// The program.
    pub tool: Tool,
}

impl NewChallenge {
    /// Of a challenge that [`challenge_of`] made of this report.
    pub fn of(challenge: &Challenge, report: &TitleReport) -> Self {
        Self {
            schema: "ebl-verifier/new-challenge/1",
            file: report.file.clone(),
            text: challenge.text(),
            challenge: ChallengeFacts::of(challenge, Network::of(challenge.subject.chain)),
            as_of: report.as_of.clone(),
            tool: Tool::default(),
        }
    }
}

/// What a new challenge says besides which account has which role of which title.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChallengeTerms {
    /// Who asks, by a domain.
    pub domain: Option<DomainName>,
    /// What it is asked for.
    pub purpose: Option<Purpose>,
    /// Drawn by the caller.
    pub nonce: Nonce,
    /// When it counts.
    pub period: Period,
}

/// A challenge to the account that the registry records in this role. Only of a live title, whose party does not change in
/// a block that is not final yet.
pub fn challenge_of(report: &TitleReport, role: TitleRole, terms: ChallengeTerms) -> Result<Challenge, NoParty> {
    let check = |verdict: Verdict| {
        let wanted = if verdict == Verdict::Indeterminate { Outcome::Unknown } else { Outcome::Fail };
        report.checks.iter().find(|check| check.outcome == wanted)
    };
    let verdict = report.verdict();
    if verdict != Verdict::Valid {
        let found = check(verdict);
        let code = found.map_or(&codes::CHALLENGE_NO_PARTY, |check| check.code);
        let message = found.map_or_else(|| "there is no live title".to_owned(), |check| check.message.clone());
        return Err(NoParty { verdict, code, message });
    }
    let unknown = |code: &'static Code, message: String| NoParty { verdict: Verdict::Indeterminate, code, message };
    let subject = report.subject.as_ref().zip(of_role(&report.title, role));
    let chain = |id: u64| ChainId::try_from(id).ok();
    let found = subject.and_then(|(title, account)| Some((title, account, chain(title.network.chain_id)?)));
    let Some((title, account, chain)) = found else {
        return Err(unknown(&codes::CHALLENGE_PARTY_UNKNOWN, format!("it is not known who is recorded as {role}")));
    };
    if let Some(pending) = report.title.pending.as_deref() {
        let there = match role {
            TitleRole::Holder => pending.holder,
            TitleRole::Beneficiary => pending.beneficiary,
        };
        if pending.state != TitleStateName::Live || there != Some(account) {
            let message = format!("at block {}, which is not final, another account is the {role}", pending.block);
            return Err(unknown(&codes::CHALLENGE_CHANGE_PENDING, message));
        }
    }
    let subject = Subject { chain, registry: title.registry, token: title.token_id, role, account };
    let ChallengeTerms { domain, purpose, nonce, period } = terms;
    Ok(Challenge { subject, domain, purpose, nonce, period })
}

/// Why nobody can be challenged.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
#[non_exhaustive]
pub struct NoParty {
    /// What the title comes to.
    pub verdict: Verdict,
    /// The code of what stands in the way.
    pub code: &'static Code,
    /// The same in one sentence.
    pub message: String,
}
