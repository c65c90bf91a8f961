//! The seven checks in their order. Each turns answers into one finding; none asks twice and none guesses.
//!
//! A check is a method of [`Examination`] that takes the [`Ground`]. What it needs to know it asks through
//! [`Examination::answer`], which notes the question as open when the evidence does not hold the answer.

mod chain;
mod chained;
mod challenge;
mod content;
mod credential;
mod findings;
mod integrity;
mod issuer;
mod pending;
mod policy;
mod presentation;
mod proof;
mod registry;
mod revocation;
mod signature;
mod status_list;
mod store;
mod timely;
mod title;

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use super::codes::{self, Actor, Code};
use super::report::{
    AsOf, Check, CheckName, ContractClaim, DocumentFacts, Grade, IdentityClaim, IssuedThrough, Issuer, IssuerClaim,
    NamesBy, Network, Outcome, RegistryFacts, Report, RevocationClaim, RuleFinding, SignerFacts, StatusListFacts,
    StoreFacts, Strength, Title, TitleStateName, Tool,
};
use super::{Arrival, Case, ContentWanted, Policy, Step, Verdict, WarningKind, budget};
use crate::content::Content;
use crate::credential::Signed;
use crate::date_time::rfc3339_seconds;
use crate::document::credential::{Credential, CredentialStatus};
use crate::document::{self, ContractKind, Document, SealedBy};
use crate::evidence::{Ask, Cause, DnsTxtQuestion, Entry, Evidence, Found, Question, Unavailable};
use crate::integrity::{Integrity, IntegrityResult, Unchecked, Warning};
use crate::primitives::{Address, ChainId, TokenId, encode_hex, rfc3339};

pub(super) use challenge::{of_role, run as run_challenge};
pub(super) use content::run as run_content;
use findings::Findings;
use pending::Ahead;
pub(super) use title::run as run_title;

/// Says what is still to be asked, or reports.
pub(super) fn run(case: &Case<'_>, evidence: &Evidence) -> Step {
    let timely = timely::timely(evidence, case.policy, case.judged_at());
    let anchors = case.dns_anchors();
    let step = budget::keep(evidence, timely, case.arrival.link.as_ref(), |evidence| {
        let mut counting = Cow::Borrowed(evidence);
        let examination = loop {
            let mut examination = Examination::new(case);
            examination.judge(case, &counting);
            // Of the time when it was looked at: records are those of that day, whatever day the document is judged as of.
            let contradicting = chained::contradicting(&counting, &examination.domains, &anchors, case.now());
            if contradicting.is_empty() {
                break examination;
            }
            contradicting.into_iter().for_each(|entry| counting.to_mut().record(entry));
        };
        match examination.open_questions.is_empty() {
            true => Ok(examination.into_report(case)),
            false => Err(examination.open_questions),
        }
    });
    match step {
        Ok(report) => Step::Report(Box::new(report)),
        Err(questions) => Step::Ask(questions),
    }
}

/// What every check stands on.
struct Ground<'c> {
    document: &'c Document<'c>,
    integrity: &'c Integrity,
    signed: Option<&'c Signed<'c>>,
    arrival: &'c Arrival,
    policy: &'c Policy,
    now: i64,
    evidence: &'c Evidence,
    /// The chain that look-ups use, or why there is none.
    chain: Result<ChainId, Check>,
}

impl<'c> Ground<'c> {
    fn of(case: &'c Case<'c>, evidence: &'c Evidence) -> Self {
        let (document, policy) = (case.document(), case.policy);
        Self {
            document,
            integrity: case.integrity(),
            signed: case.signed(),
            arrival: &case.arrival,
            policy,
            now: case.judged_at(),
            evidence,
            chain: chain::document_chain(document, policy),
        }
    }
}

/// How the document was issued (documents.md §7.1), which decides which checks are required.
enum IssuanceMethod {
    /// A title in this registry: the token, where the document says which.
    TokenRegistry(Address, Option<TokenId>),
    /// Hashes in one or more document stores.
    DocumentStore,
    /// A signature over the Merkle root.
    Signature,
    /// The proof of a W3C credential that is no title.
    Credential,
}

impl IssuanceMethod {
    /// The token of an OpenAttestation document is its digest, a credential names its own (chain.md §1.2).
    fn of(document: &Document<'_>, integrity: &Integrity) -> Self {
        if let Document::Credential(credential) = document {
            return match credential.status() {
                CredentialStatus::TransferableRecord(record) => {
                    Self::TokenRegistry(record.registry, Some(record.token))
                }
                _ => Self::Credential,
            };
        }
        let mut contracts = document.issuers().iter().filter_map(|issuer| issuer.contract.as_ref()).peekable();
        let any = contracts.peek().is_some();
        match contracts.find(|contract| contract.kind == ContractKind::TokenRegistry) {
            Some(registry) => Self::TokenRegistry(registry.address, integrity.target_hash.map(TokenId::from)),
            None if any => Self::DocumentStore,
            None => Self::Signature,
        }
    }

    fn kind(&self) -> IssuedThrough {
        match self {
            Self::TokenRegistry(..) => IssuedThrough::TokenRegistry,
            Self::DocumentStore => IssuedThrough::DocumentStore,
            Self::Signature | Self::Credential => IssuedThrough::Signature,
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
    /// Of which domains the records were looked at.
    domains: BTreeSet<DnsTxtQuestion>,
    /// The network that look-ups use, if there is one.
    network: Option<Network>,
    findings: Findings,
    rules: Vec<RuleFinding>,
    issuers: Vec<Issuer>,
    registry: Option<RegistryFacts>,
    stores: Vec<StoreFacts>,
    signers: Vec<SignerFacts>,
    status_lists: Vec<StatusListFacts>,
    /// Whether the proof of a credential holds.
    proven: bool,
    parts: Vec<Report>,
    title: Title,
    /// The title at newer blocks, where it is another one there.
    ahead: Vec<Ahead>,
    as_of: Option<AsOf>,
    warnings: Vec<String>,
    /// The kinds of these warnings.
    warned: BTreeSet<WarningKind>,
}

impl Examination {
    fn judge(&mut self, case: &Case<'_>, evidence: &Evidence) {
        let ground = &Ground::of(case, evidence);
        let intact = self.judge_integrity(ground);
        // Of what was not read at all there is nothing to ask.
        let unread = matches!(ground.integrity.result, IntegrityResult::Unchecked(Unchecked::TooComplex(_)))
            && matches!(ground.document, Document::Malformed(_));
        if unread || !intact && !case.policy.all_checks {
            return self.leave_the_rest_unasked(case.policy);
        }
        match ground.document {
            Document::Presentation(_) => return self.judge_parts(ground, case, evidence),
            Document::Credential(credential) => self.judge_credential(ground, credential),
            _ => self.judge_document(ground),
        }
        self.judge_validity(ground);
        self.judge_link(ground);
        self.judge_policy(ground);
        self.judge_kind(ground, case.is_part());
    }

    /// What a caller gave for presentations shows nothing of another document.
    fn judge_kind(&mut self, ground: &Ground<'_>, is_part: bool) {
        let wanted = ground.policy.challenge.is_some() || ground.policy.domain.is_some();
        if wanted && !is_part {
            let message = "this is no presentation, so it answers no challenge and is for no domain".into();
            let code = &codes::POLICY_NO_PRESENTATION;
            self.findings.push(finding(CheckName::Policy, Outcome::Fail, code, message));
        }
    }

    fn judge_document(&mut self, ground: &Ground<'_>) {
        self.name_network(ground);
        let method = IssuanceMethod::of(ground.document, ground.integrity);
        let signers = match method {
            IssuanceMethod::Signature => self.signers(ground),
            _ => Vec::new(),
        };
        self.judge_issuers(ground, &signers);
        match method {
            IssuanceMethod::TokenRegistry(registry, token) => self.judge_token_registry(ground, registry, token),
            IssuanceMethod::DocumentStore => self.judge_document_stores(ground),
            IssuanceMethod::Signature | IssuanceMethod::Credential => self.judge_signature(ground, &signers),
        }
    }

    fn judge_credential(&mut self, ground: &Ground<'_>, credential: &Credential<'_>) {
        self.name_network(ground);
        let key = self.proof_key(ground, &credential.proof().verification_method, &credential.issuer().id);
        self.judge_credential_issuer(ground, credential, &key);
        match IssuanceMethod::of(ground.document, ground.integrity) {
            IssuanceMethod::TokenRegistry(registry, Some(token)) => {
                self.judge_token_registry(ground, registry, Some(token));
                self.judge_token_of_id(credential, token);
            }
            _ => self.judge_credential_status(ground, credential),
        }
        self.judge_what_is_withheld(ground, credential);
    }

    fn new(case: &Case<'_>) -> Self {
        let mut examination = Self::without_document();
        for warning in &case.integrity().warnings {
            examination.warn(warning_kind(warning), warning.to_string());
        }
        if case.arrival.sealed == Some(SealedBy::KeyInTheFile) {
            let text = "the sealed file carries its own key, so anybody can open it";
            examination.warn(WarningKind::KeyInSealedFile, text.into());
        }
        examination
    }

    /// For a title that is named without a document.
    fn without_document() -> Self {
        Self {
            open_questions: Vec::new(),
            asked: Vec::new(),
            domains: BTreeSet::new(),
            network: None,
            findings: Findings::default(),
            rules: Vec::new(),
            issuers: Vec::new(),
            registry: None,
            stores: Vec::new(),
            signers: Vec::new(),
            status_lists: Vec::new(),
            proven: false,
            parts: Vec::new(),
            title: Title::without_parties(TitleStateName::Unknown),
            ahead: Vec::new(),
            as_of: None,
            warnings: Vec::new(),
            warned: BTreeSet::new(),
        }
    }

    /// Worth knowing; decides nothing unless a rule of the policy says so.
    fn warn(&mut self, kind: WarningKind, text: String) {
        self.warned.insert(kind);
        if !self.warnings.contains(&text) {
            self.warnings.push(text);
        }
    }

    fn into_report(self, case: &Case<'_>) -> Report {
        let intact = !self.findings.failed(CheckName::Integrity);
        let checks = self.findings.folded();
        let outcomes: Vec<_> = checks.iter().flat_map(Check::outcomes).collect();
        let mut report = Report {
            schema: "ebl-verifier/report/1",
            file: None,
            checked_at: rfc3339(case.now()),
            judged_at: case.policy.at.map(rfc3339),
            verdict: presentation::worst_verdict(Verdict::of(&outcomes, self.title.state, case.policy), &self.parts),
            document: document_facts(case, self.network, intact),
            content: match case.content_wanted() {
                ContentWanted::Yes => content(case, &checks),
                ContentWanted::No => None,
            },
            grade: Grade::least(&checks, &self.parts, self.as_of.as_ref()),
            next_step: None,
            checks,
            policy: self.rules,
            issuer: self.issuers,
            registry: self.registry,
            stores: self.stores,
            signers: self.signers,
            status_lists: self.status_lists,
            title: self.title,
            as_of: self.as_of,
            not_checked: Vec::new(),
            warnings: self.warnings,
            parts: self.parts,
            names: BTreeMap::new(),
            names_by: NamesBy::Caller,
            tool: Tool::default(),
        };
        report.next_step = super::next_step::of(&report);
        report.not_checked = super::not_checked::list(&report);
        report.names = case.names.names_of(report.addresses());
        report
    }

    /// The entry for a question, or `None` with a note that it is still open. What the check says then is never shown.
    fn answer<'e, Q: Ask + Clone>(&mut self, evidence: &'e Evidence, question: &Q) -> Option<Found<'e, Q>> {
        self.entry(evidence, &question.clone().into())?;
        evidence.found(question)
    }

    /// As [`Self::answer`], for a question whose kind is not known here.
    fn entry<'e>(&mut self, evidence: &'e Evidence, question: &Question) -> Option<&'e Entry> {
        if !self.asked.contains(question) {
            self.asked.push(question.clone());
        }
        self.known(evidence, question)
    }

    /// As [`Self::answer`], for a question on which nothing rests: no rule of a policy looks at who answered it.
    fn detail<'e, Q: Ask + Clone>(&mut self, evidence: &'e Evidence, question: &Q) -> Option<Found<'e, Q>> {
        self.known(evidence, &question.clone().into())?;
        evidence.found(question)
    }

    fn known<'e>(&mut self, evidence: &'e Evidence, question: &Question) -> Option<&'e Entry> {
        if let Question::DnsTxt(domain) = question {
            self.domains.insert(domain.clone());
        }
        let entry = evidence.about(question);
        if entry.is_none() && !self.open_questions.contains(question) {
            self.open_questions.push(question.clone());
        }
        entry
    }

    fn leave_the_rest_unasked(&mut self, policy: &Policy) {
        self.pass_over_the_rest(&codes::NOT_ASKED);
        self.leave_rules_unjudged(policy);
    }

    /// Nothing beyond integrity is judged here, for this reason.
    fn pass_over_the_rest(&mut self, code: &'static Code) {
        let rest = [
            CheckName::Issuer,
            CheckName::Chain,
            CheckName::Registry,
            CheckName::Issuance,
            CheckName::Title,
            CheckName::Policy,
        ];
        self.findings.extend(rest.map(|name| not_applicable(name, code)));
    }

    /// A stated validity period is part of issuance (documents.md §6.3).
    fn judge_validity(&mut self, ground: &Ground<'_>) {
        let (validity, now) = (ground.document.validity(), ground.now);
        // A text that is no time lets nothing through; the integrity check has refused it already.
        let expired = validity.expires.iter().find(|(_, text)| rfc3339_seconds(text).is_none_or(|at| at <= now));
        let early = validity.not_before.iter().find(|(_, text)| rfc3339_seconds(text).is_none_or(|at| at > now));
        let expired =
            expired.map(|(member, text)| (&codes::ISSUANCE_EXPIRED, format!("{member} is {text}, which is past")));
        let early = early
            .map(|(member, text)| (&codes::ISSUANCE_NOT_YET_VALID, format!("{member} is {text}, which has not come")));
        self.findings.extend(expired.into_iter().chain(early).map(|(code, message)| Check {
            strength: Some(Strength::Computed),
            ..finding(CheckName::Issuance, Outcome::Fail, code, message)
        }));
    }
}

/// What the document is, with what is known of its file.
fn document_facts(case: &Case<'_>, network: Option<Network>, intact: bool) -> DocumentFacts {
    let (document, integrity, arrival) = (case.document(), case.integrity(), &case.arrival);
    let method = match document {
        Document::Malformed(_) | Document::Presentation(_) => None,
        _ => Some(IssuanceMethod::of(document, integrity)),
    };
    let token_id = match method {
        Some(IssuanceMethod::TokenRegistry(_, token)) => token,
        _ => None,
    };
    DocumentFacts {
        format: document.family(),
        sha256: arrival.sha256.map(|hash| encode_hex(&hash.0)),
        sealed: arrival.sealed.is_some(),
        storage_envelope: arrival.enveloped,
        fetched_from: arrival.link.as_ref().map(|link| link.host.clone()),
        target_hash: integrity.target_hash,
        merkle_root: integrity.merkle_root,
        token_id,
        visible_fields: integrity.visible_leaves,
        hidden_fields: case.signed().and_then(Signed::withheld).unwrap_or(integrity.hidden_leaves),
        unauthenticated: unauthenticated(integrity, case.policy),
        bl_number: bill_number(case).filter(|_| intact),
        network,
        issued_through: method.map(|method| method.kind()),
        claims: document.issuers().iter().map(claim).collect(),
        signatures: document.signatures().len(),
        credential: match document {
            Document::Credential(credential) => Some(credential::facts(credential, case.policy, case.signed())),
            _ => None,
        },
        presentation: match document {
            Document::Presentation(presentation) => Some(presentation::facts(presentation, case.policy)),
            _ => None,
        },
    }
}

/// What the document says, where its integrity check passes.
fn content(case: &Case<'_>, checks: &[Check]) -> Option<Content> {
    let mut integrity = checks.iter().filter(|check| check.name == CheckName::Integrity).flat_map(Check::outcomes);
    let covered = match case.integrity().result {
        // Everything but the values that are named, which are set apart.
        IntegrityResult::FalsyLeavesUnauthenticated { .. } => true,
        _ => integrity.all(|(_, outcome)| outcome == Outcome::Pass),
    };
    covered.then(|| Content::of(case.document(), case.integrity(), case.signed())).flatten()
}

/// Of a credential what its statements say, however they are written.
fn bill_number(case: &Case<'_>) -> Option<String> {
    match case.document() {
        Document::Credential(_) => case.signed()?.bill_number().map(str::to_owned),
        document => document.summary().bl_number,
    }
}

/// The members that nothing protects, with those that the caller put up with.
fn unauthenticated(integrity: &Integrity, policy: &Policy) -> Vec<String> {
    let accepted = match &integrity.result {
        IntegrityResult::FalsyLeavesUnauthenticated { paths } if policy.accept_unauthenticated_falsy => {
            paths.as_slice()
        }
        _ => &[],
    };
    integrity.unauthenticated.iter().chain(accepted).cloned().collect()
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
    let strength = check.strength.or_else(|| entry.answer().is_ok().then(|| endpoint_strength(entry)));
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

fn finding(name: CheckName, outcome: Outcome, code: &'static Code, message: String) -> Check {
    let actor = if outcome == Outcome::Pass { Actor::Nobody } else { code.actor };
    let (answered_by, unavailable, also) = (Vec::new(), Vec::new(), Box::default());
    Check { name, outcome, code, message, actor, remedy: code.remedy, answered_by, unavailable, strength: None, also }
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
