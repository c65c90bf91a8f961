//! The seven checks in their order. Each turns answers into one finding; none asks twice and none guesses.
//!
//! A check is a method of [`Examination`] that takes the [`Case`]. What it needs to know it asks through
//! [`Examination::answer`], which notes the question as open when the evidence does not hold the answer.

mod chain;
mod integrity;
mod issuer;
mod pending;
mod policy;
mod proof;
mod registry;
mod revocation;
mod signature;
mod store;
mod timely;
mod title;

use std::collections::{BTreeMap, BTreeSet};

use super::codes::{self, Actor, Code};
use super::report::{
    AsOf, Check, CheckName, ContractClaim, DocumentFacts, IdentityClaim, IssuedThrough, Issuer, IssuerClaim, Outcome,
    RegistryFacts, Report, RevocationClaim, RuleFinding, SignerFacts, StoreFacts, Strength, Title, TitleStateName,
    Tool, Verdict,
};
use super::{Checked, Policy, WarningKind};
use crate::date_time::rfc3339_seconds;
use crate::document::{self, ContractKind, Document};
use crate::evidence::{Cause, Entry, Evidence, Question, Unavailable};
use crate::integrity::{Integrity, IntegrityResult, Warning};
use crate::primitives::{Address, ChainId, TokenId, rfc3339};

use pending::Ahead;
pub(super) use title::run as run_title;

pub(super) fn run(checked: &Checked<'_, '_>, evidence: &Evidence, policy: &Policy, now: i64) -> Examination {
    let (document, integrity) = (checked.document(), checked.integrity());
    let mut examination = Examination::new(document, integrity, policy);
    let intact = examination.judge_integrity(integrity, policy);
    if !intact && !policy.all_checks {
        examination.leave_the_rest_unasked(policy);
        return examination;
    }
    let evidence = &*timely::timely(evidence, policy, now);
    let case = Case { document, integrity, evidence, policy, chain: chain::document_chain(document, policy) };
    examination.name_network(&case);
    let method = IssuanceMethod::of(document);
    let signers = match method {
        IssuanceMethod::Signature => examination.signers(&case),
        IssuanceMethod::TokenRegistry(_) | IssuanceMethod::DocumentStore => Vec::new(),
    };
    examination.judge_issuers(&case, &signers);
    match method {
        IssuanceMethod::TokenRegistry(registry) => examination.judge_token_registry(&case, registry),
        IssuanceMethod::DocumentStore => {
            examination.judge_document_stores(&case);
            examination.without_proof("this version does not prove the state of document stores", policy.proof);
        }
        IssuanceMethod::Signature => {
            examination.judge_signature(&case, &signers);
            examination.without_proof("this version does not prove the state of DID registries", policy.proof);
        }
    }
    examination.judge_validity(document, now);
    examination.judge_link(document, policy);
    examination.judge_policy(&case, now);
    examination
}

/// What every check looks at.
struct Case<'c> {
    document: &'c Document<'c>,
    integrity: &'c Integrity,
    evidence: &'c Evidence,
    policy: &'c Policy,
    /// The chain that look-ups use, or why there is none.
    chain: Result<ChainId, Check>,
}

/// How the document was issued (documents.md §7.1), which decides which checks are required.
enum IssuanceMethod {
    /// A title in this registry.
    TokenRegistry(Address),
    /// Hashes in one or more document stores.
    DocumentStore,
    /// A signature over the Merkle root.
    Signature,
}

impl IssuanceMethod {
    fn of(document: &Document<'_>) -> Self {
        let mut contracts = document.issuers().iter().filter_map(|issuer| issuer.contract.as_ref()).peekable();
        let any = contracts.peek().is_some();
        match contracts.find(|contract| contract.kind == ContractKind::TokenRegistry) {
            Some(registry) => Self::TokenRegistry(registry.address),
            None if any => Self::DocumentStore,
            None => Self::Signature,
        }
    }

    fn kind(&self) -> IssuedThrough {
        match self {
            Self::TokenRegistry(_) => IssuedThrough::TokenRegistry,
            Self::DocumentStore => IssuedThrough::DocumentStore,
            Self::Signature => IssuedThrough::Signature,
        }
    }
}

/// What the document says of an issuer, as written.
fn claim(issuer: &document::Issuer) -> IssuerClaim {
    IssuerClaim {
        contract: issuer
            .contract
            .as_ref()
            .map(|contract| ContractClaim { kind: contract.kind, address: contract.address }),
        identity: issuer.identity.as_ref().map(|identity| IdentityClaim {
            kind: identity.kind.to_string(),
            location: identity.location.clone(),
            key: identity.key.clone(),
        }),
        did: issuer.did.clone(),
        revocation: issuer
            .revocation
            .as_ref()
            .map(|revocation| RevocationClaim { kind: revocation.kind.clone(), location: revocation.location.clone() }),
    }
}

/// The findings so far and the questions still open.
pub(super) struct Examination {
    pub(super) open_questions: Vec<Question>,
    /// What was needed, answered or not.
    asked: Vec<Question>,
    document: DocumentFacts,
    checks: Vec<Check>,
    rules: Vec<RuleFinding>,
    issuers: Vec<Issuer>,
    registry: Option<RegistryFacts>,
    stores: Vec<StoreFacts>,
    signers: Vec<SignerFacts>,
    title: Title,
    /// The title at newer blocks, where it is another one there.
    ahead: Vec<Ahead>,
    as_of: Option<AsOf>,
    warnings: Vec<String>,
    /// The kinds of these warnings.
    warned: BTreeSet<WarningKind>,
}

impl Examination {
    fn new(document: &Document<'_>, integrity: &Integrity, policy: &Policy) -> Self {
        let mut unauthenticated = integrity.unauthenticated.clone();
        if let (IntegrityResult::FalsyLeavesUnauthenticated { paths }, true) =
            (&integrity.result, policy.accept_unauthenticated_falsy)
        {
            unauthenticated.extend(paths.iter().cloned());
        }
        let intact = !matches!(integrity.result, IntegrityResult::Broken(_));
        let issued_through = match document {
            Document::Malformed(_) => None,
            _ => Some(IssuanceMethod::of(document).kind()),
        };
        let mut examination = Self {
            open_questions: Vec::new(),
            asked: Vec::new(),
            document: DocumentFacts {
                format: document.family().id().to_owned(),
                sha256: None,
                sealed: false,
                storage_envelope: false,
                fetched_from: None,
                target_hash: integrity.target_hash,
                merkle_root: integrity.merkle_root,
                token_id: (issued_through == Some(IssuedThrough::TokenRegistry))
                    .then_some(integrity.target_hash)
                    .flatten()
                    .map(TokenId::from),
                visible_fields: integrity.visible_leaves,
                hidden_fields: integrity.hidden_leaves,
                unauthenticated,
                bl_number: document.summary().bl_number.filter(|_| intact),
                network: None,
                issued_through,
                claims: document.issuers().iter().map(claim).collect(),
                signatures: document.signatures().len(),
            },
            checks: Vec::with_capacity(7),
            rules: Vec::new(),
            issuers: Vec::new(),
            registry: None,
            stores: Vec::new(),
            signers: Vec::new(),
            title: Title::without_parties(TitleStateName::Unknown),
            ahead: Vec::new(),
            as_of: None,
            warnings: integrity.warnings.iter().map(ToString::to_string).collect(),
            warned: integrity.warnings.iter().map(warning_kind).collect(),
        };
        if policy.sealed_with_its_key {
            let text = "the sealed file carries its own key, so anybody can open it";
            examination.warn(WarningKind::KeyInSealedFile, text.into());
        }
        examination
    }

    /// Worth knowing; decides nothing unless a rule of the policy says so.
    fn warn(&mut self, kind: WarningKind, text: String) {
        self.warned.insert(kind);
        if !self.warnings.contains(&text) {
            self.warnings.push(text);
        }
    }

    pub(super) fn into_report(mut self, policy: &Policy, now: i64) -> Report {
        suspect_the_own_network(&mut self.checks);
        let mut report = Report {
            schema: "ebl-verifier/report/1",
            file: None,
            checked_at: rfc3339(now),
            verdict: Verdict::of(&self.checks, self.title.state, policy),
            document: self.document,
            checks: self.checks,
            policy: self.rules,
            issuer: self.issuers,
            registry: self.registry,
            stores: self.stores,
            signers: self.signers,
            title: self.title,
            as_of: self.as_of,
            not_checked: Vec::new(),
            warnings: self.warnings,
            names: BTreeMap::new(),
            tool: Tool::default(),
        };
        report.not_checked = super::not_checked::list(&report);
        report
    }

    /// The entry for a question, or `None` with a note that it is still open. What the check says then is never shown.
    fn answer<'e>(&mut self, evidence: &'e Evidence, question: &Question) -> Option<&'e Entry> {
        if !self.asked.contains(question) {
            self.asked.push(question.clone());
        }
        self.detail(evidence, question)
    }

    /// As [`Self::answer`], for a question on which nothing rests: no rule of a policy looks at who answered it.
    fn detail<'e>(&mut self, evidence: &'e Evidence, question: &Question) -> Option<&'e Entry> {
        let entry = evidence.about(question);
        if entry.is_none() && !self.open_questions.contains(question) {
            self.open_questions.push(question.clone());
        }
        entry
    }

    fn leave_the_rest_unasked(&mut self, policy: &Policy) {
        let rest = [
            CheckName::Issuer,
            CheckName::Chain,
            CheckName::Registry,
            CheckName::Issuance,
            CheckName::Title,
            CheckName::Policy,
        ];
        self.checks.extend(rest.map(|name| not_applicable(name, &codes::NOT_ASKED)));
        self.leave_rules_unjudged(policy);
    }

    /// A stated validity period is part of issuance (documents.md §6.3).
    fn judge_validity(&mut self, document: &Document<'_>, now: i64) {
        let validity = document.validity();
        // A text that is no time lets nothing through; the integrity check has refused it already.
        let expired = validity.expires.iter().find(|(_, text)| rfc3339_seconds(text).is_none_or(|at| at <= now));
        let early = validity.not_before.iter().find(|(_, text)| rfc3339_seconds(text).is_none_or(|at| at > now));
        let verdict = match (expired, early) {
            (Some((member, text)), _) => (&codes::ISSUANCE_EXPIRED, format!("{member} is {text}, which is past")),
            (None, Some((member, text))) => {
                (&codes::ISSUANCE_NOT_YET_VALID, format!("{member} is {text}, which has not come"))
            }
            (None, None) => return,
        };
        if let Some(issuance) = self.checks.iter_mut().find(|check| check.name == CheckName::Issuance) {
            *issuance = Check {
                strength: Some(Strength::Computed),
                ..finding(CheckName::Issuance, Outcome::Fail, verdict.0, verdict.1)
            };
        }
    }
}

fn warning_kind(warning: &Warning) -> WarningKind {
    match warning {
        Warning::VersionMissing => WarningKind::VersionMissing,
        Warning::EarlyVersion => WarningKind::EarlyVersion,
        Warning::UndatedSignature => WarningKind::UndatedSignature,
        Warning::WrongChecksum { .. } => WarningKind::WrongChecksum,
        Warning::HiddenFields { .. } => WarningKind::HiddenFields,
        Warning::EmptyContainers { .. } => WarningKind::EmptyGroups,
    }
}

/// Where several were asked and none could even be reached, the fault is more likely on this side.
pub(super) fn suspect_the_own_network(checks: &mut [Check]) {
    let failures = || checks.iter().flat_map(|check| &check.unavailable);
    let nobody_answered = checks.iter().all(|check| check.answered_by.is_empty())
        && failures().all(|why| matches!(why.cause, Cause::Unreachable | Cause::Timeout));
    let asked: BTreeSet<&str> = failures().filter_map(|why| why.host.as_deref()).collect();
    // What runs on this machine needs no network.
    if !nobody_answered || asked.len() < 2 || asked.iter().all(|host| is_loopback(host)) {
        return;
    }
    let unknown = checks.iter_mut().filter(|check| check.outcome == Outcome::Unknown && check.actor == Actor::Network);
    for (index, check) in unknown.enumerate() {
        check.actor = Actor::Verifier;
        // Once is enough.
        if index == 0 {
            check.message.push_str("; nobody that was asked could be reached, so look at your own network first");
        }
    }
}

/// A host as messages name it, with or without a port, or a resolver's address.
fn is_loopback(host: &str) -> bool {
    let name = host.strip_prefix("https://").unwrap_or(host);
    let name = name.split('/').next().unwrap_or(name);
    let ip = name.parse::<std::net::SocketAddr>().map(|at| at.ip()).or_else(|_| name.trim_matches(['[', ']']).parse());
    let label = name.split(':').next().unwrap_or(name);
    ip.map_or(label.eq_ignore_ascii_case("localhost"), |ip| ip.is_loopback())
}

/// A question without an answer is `unknown`, whoever's fault it is (checks.md §8).
fn unavailable(name: CheckName, why: &Unavailable, clause: &str) -> Check {
    let code = match (name, why.cause) {
        (CheckName::Issuer, Cause::Disagreement) => &codes::ISSUER_DNS_DISAGREEMENT,
        (CheckName::Issuer, Cause::Bogus) => &codes::ISSUER_DNS_BOGUS,
        (CheckName::Issuer, _) => &codes::ISSUER_DNS_UNAVAILABLE,
        (_, Cause::NoSource) => &codes::CHAIN_NO_ENDPOINT,
        (_, Cause::WrongChain) => &codes::CHAIN_WRONG_ENDPOINT,
        (_, Cause::Disagreement) => &codes::CHAIN_ENDPOINTS_DISAGREE,
        (_, Cause::BlockVanished) => &codes::CHAIN_BLOCK_VANISHED,
        (_, Cause::NoSuchBlock) => &codes::CHAIN_NO_SUCH_BLOCK,
        (_, Cause::Behind) => &codes::CHAIN_BEHIND,
        (_, Cause::NewestNotRead) => &codes::CHAIN_NEWEST_NOT_READ,
        (_, Cause::InTheFuture) => &codes::CHAIN_BLOCK_IN_THE_FUTURE,
        (_, _) => &codes::CHAIN_RPC_UNAVAILABLE,
    };
    unanswered(name, code, why, clause)
}

/// As [`unavailable`], for a question whose failures all have one code.
fn unanswered(name: CheckName, code: &'static Code, why: &Unavailable, clause: &str) -> Check {
    let code = match why.cause {
        Cause::Offline => &codes::OFFLINE,
        Cause::Proxy => &codes::PROXY,
        _ => code,
    };
    let message = match &why.host {
        // A disagreement names both sides itself.
        Some(host) if why.cause != Cause::Disagreement => format!("{clause}: {host}: {}", why.detail),
        _ => format!("{clause}: {}", why.detail),
    };
    Check { unavailable: vec![why.clone()], ..finding(name, Outcome::Unknown, code, message) }
}

fn from_entry(check: Check, entry: &Entry) -> Check {
    let mut unavailable = entry.provenance.failed.clone();
    unavailable.extend(check.unavailable.iter().filter(|why| !entry.provenance.failed.contains(why)).cloned());
    let strength = check.strength.or_else(|| entry.answer.is_ok().then(|| endpoint_strength(entry)));
    Check { answered_by: entry.provenance.hosts.clone(), unavailable, strength, ..check }
}

/// Every host of a chain answer gave that same answer (chain.md §5.5).
fn endpoint_strength(entry: &Entry) -> Strength {
    if distinct_hosts(entry) > 1 { Strength::Quorum } else { Strength::SingleEndpoint }
}

/// One host that was asked twice is one.
fn distinct_hosts(entry: &Entry) -> u32 {
    let hosts: BTreeSet<&String> = entry.provenance.hosts.iter().collect();
    u32::try_from(hosts.len()).unwrap_or(u32::MAX)
}

/// A finding that stands for a question whose answer is still to come.
fn not_asked_yet(name: CheckName, code: &'static Code) -> Check {
    finding(name, Outcome::Unknown, code, "not asked yet".into())
}

/// Evidence that came from outside may hold an answer of another kind than its question.
fn another_question(name: CheckName, code: &'static Code) -> Check {
    finding(name, Outcome::Unknown, code, "the evidence answers another question".into())
}

fn finding(name: CheckName, outcome: Outcome, code: &'static Code, message: String) -> Check {
    let actor = if outcome == Outcome::Pass { Actor::Nobody } else { code.actor };
    let (remedy, answered_by, unavailable) = (code.remedy, Vec::new(), Vec::new());
    Check { name, outcome, code, message, actor, remedy, answered_by, unavailable, strength: None }
}

/// The same check with another finding: who answered stays.
fn instead(check: &mut Check, outcome: Outcome, code: &'static Code, message: String) {
    *check = Check {
        answered_by: std::mem::take(&mut check.answered_by),
        unavailable: std::mem::take(&mut check.unavailable),
        strength: check.strength,
        ..finding(check.name, outcome, code, message)
    };
}

fn not_applicable(name: CheckName, code: &'static Code) -> Check {
    finding(name, Outcome::NotApplicable, code, code.meaning.trim_end_matches('.').to_owned())
}

/// All of several findings must hold: the worst speaks for all.
fn worst(findings: impl IntoIterator<Item = Check>) -> Option<Check> {
    findings.into_iter().reduce(|worst, next| if severity(&next) > severity(&worst) { next } else { worst })
}

fn severity(check: &Check) -> u8 {
    match check.outcome {
        Outcome::NotApplicable => 0,
        Outcome::Pass => 1,
        Outcome::Unknown => 2,
        Outcome::Fail => 3,
    }
}
