//! The seven checks in their order. Each turns answers into one finding; none asks twice and none guesses.

use super::Policy;
use super::codes::{self, Actor, Code};
use super::report::{
    AsOf, Check, CheckName, DocumentFacts, Issuer, Outcome, RegistryFacts, Report, Strength, Title, TitleStateName,
    Tool, Verdict,
};
use crate::document::{ContractKind, Document, IdentityKind};
use crate::evidence::{Cause, Dnssec, Entry, Evidence, Fact, Question, RegistryReading, TxtReading, Unavailable};
use crate::identity::{DnsTxtFinding, DomainName, judge_dns_txt};
use crate::integrity::{self, Integrity, IntegrityResult};
use crate::primitives::{Address, ChainId, TokenId};
use crate::title::{self, Authenticity, RegistryFinding, TitleFinding, TitleState};

pub(super) fn run(document: &Document<'_>, evidence: &Evidence, policy: &Policy, now: i64) -> Examination {
    let integrity = integrity::check(document);
    let mut examination = Examination::new(document, &integrity, policy);
    let intact = examination.judge_integrity(&integrity, policy);
    if !intact && !policy.all_checks {
        examination.leave_the_rest_unasked();
        return examination;
    }
    let chain = document_chain(document, policy);
    let registry = chain.as_ref().ok().and_then(|&chain| registry_question(document, &integrity, chain));
    let registry_entry = registry.as_ref().and_then(|question| examination.answer(evidence, question));

    let issuer = examination.judge_issuers(document, evidence, policy, chain.as_ref().ok().copied());
    examination.checks.push(issuer);
    examination.judge_chain_registry_title(document, policy, &chain, registry.as_ref(), registry_entry.as_ref());
    examination.judge_validity(document, now);
    examination.checks.push(not_applicable(CheckName::Policy, &codes::POLICY_NONE));
    examination
}

/// The findings so far and the questions still open.
pub(super) struct Examination {
    pub(super) open_questions: Vec<Question>,
    document: DocumentFacts,
    checks: Vec<Check>,
    issuers: Vec<Issuer>,
    registry: Option<RegistryFacts>,
    title: Title,
    as_of: Option<AsOf>,
    warnings: Vec<String>,
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
        Self {
            open_questions: Vec::new(),
            document: DocumentFacts {
                format: document.family().id().to_owned(),
                sha256: None,
                target_hash: integrity.target_hash,
                merkle_root: integrity.merkle_root,
                token_id: transferable(document).and(integrity.target_hash).map(TokenId::from),
                visible_fields: integrity.visible_leaves,
                hidden_fields: integrity.hidden_leaves,
                unauthenticated,
                bl_number: document.summary().bl_number.filter(|_| intact),
            },
            checks: Vec::with_capacity(7),
            issuers: Vec::new(),
            registry: None,
            title: Title::without_parties(TitleStateName::Unknown),
            as_of: None,
            warnings: integrity.warnings.iter().map(ToString::to_string).collect(),
        }
    }

    pub(super) fn into_report(self) -> Report {
        let mut report = Report {
            schema: "ebl-verifier/report/1",
            verdict: Verdict::of(&self.checks, self.title.state),
            document: self.document,
            checks: self.checks,
            issuer: self.issuers,
            registry: self.registry,
            title: self.title,
            as_of: self.as_of,
            not_checked: Vec::new(),
            warnings: self.warnings,
            tool: Tool::default(),
        };
        report.not_checked = super::not_checked::list(&report);
        report
    }

    /// The entry for a question, or a note that it is still open.
    fn answer(&mut self, evidence: &Evidence, question: &Question) -> Option<Entry> {
        let entry = evidence.about(question).cloned();
        if entry.is_none() && !self.open_questions.contains(question) {
            self.open_questions.push(question.clone());
        }
        entry
    }

    /// Returns whether the rest may be asked.
    fn judge_integrity(&mut self, integrity: &Integrity, policy: &Policy) -> bool {
        let computed = |outcome, code: &'static Code, message: String| Check {
            strength: Some(Strength::Computed),
            ..finding(CheckName::Integrity, outcome, code, message)
        };
        let check = match &integrity.result {
            IntegrityResult::Intact => {
                computed(Outcome::Pass, &codes::INTEGRITY_INTACT, "digest and Merkle root match".into())
            }
            IntegrityResult::FalsyLeavesUnauthenticated { paths } if policy.accept_unauthenticated_falsy => computed(
                Outcome::Pass,
                &codes::INTEGRITY_FALSY_LEAVES,
                format!(
                    "digest and Merkle root match; accepted without these unprotected values: {}",
                    paths.join(", ")
                ),
            ),
            IntegrityResult::FalsyLeavesUnauthenticated { paths } => computed(
                Outcome::Unknown,
                &codes::INTEGRITY_FALSY_LEAVES,
                format!("the digest does not protect these values: {}", paths.join(", ")),
            ),
            IntegrityResult::Broken(fault) => {
                computed(Outcome::Fail, codes::find(fault.code()).unwrap_or(&codes::INTEGRITY_SHAPE), fault.to_string())
            }
        };
        let intact = check.outcome != Outcome::Fail;
        self.checks.push(check);
        intact
    }

    fn leave_the_rest_unasked(&mut self) {
        let rest = [
            CheckName::Issuer,
            CheckName::Chain,
            CheckName::Registry,
            CheckName::Issuance,
            CheckName::Title,
            CheckName::Policy,
        ];
        self.checks.extend(rest.map(|name| not_applicable(name, &codes::NOT_ASKED)));
    }

    fn judge_issuers(
        &mut self,
        document: &Document<'_>,
        evidence: &Evidence,
        policy: &Policy,
        chain: Option<ChainId>,
    ) -> Check {
        let findings: Vec<Check> =
            document.issuers().iter().map(|issuer| self.judge_issuer(issuer, evidence, policy, chain)).collect();
        // All issuers must hold: the worst finding speaks for all.
        findings
            .into_iter()
            .reduce(|worst, next| if severity(&next) > severity(&worst) { next } else { worst })
            .unwrap_or_else(|| {
                finding(
                    CheckName::Issuer,
                    Outcome::Fail,
                    &codes::INTEGRITY_SHAPE,
                    "the document names no issuer".into(),
                )
            })
    }

    fn judge_issuer(
        &mut self,
        issuer: &crate::document::Issuer,
        evidence: &Evidence,
        policy: &Policy,
        chain: Option<ChainId>,
    ) -> Check {
        let mut facts =
            Issuer { name: issuer.name.clone(), domain: None, confirmed: false, assurance: None, dnssec: None };
        let check = self.judge_identity(issuer, evidence, policy, chain, &mut facts);
        self.issuers.push(facts);
        check
    }

    fn judge_identity(
        &mut self,
        issuer: &crate::document::Issuer,
        evidence: &Evidence,
        policy: &Policy,
        chain: Option<ChainId>,
        facts: &mut Issuer,
    ) -> Check {
        let fail = |code, message| finding(CheckName::Issuer, Outcome::Fail, code, message);
        let unknown = |code, message| finding(CheckName::Issuer, Outcome::Unknown, code, message);
        let Some(identity) = &issuer.identity else {
            return unknown(&codes::ISSUER_NONE_CLAIMED, "no identity is claimed for the issuing contract".into());
        };
        let (IdentityKind::DnsTxt, Some(contract)) = (&identity.kind, &issuer.contract) else {
            return unknown(
                &codes::ISSUER_UNSUPPORTED,
                format!("identity proof {} is not checked by this version", identity.kind),
            );
        };
        let Some(location) = identity.location.as_deref().filter(|location| !location.is_empty()) else {
            return fail(&codes::ISSUER_LOCATION_MISSING, "the identity proof names no domain".into());
        };
        let domain = match DomainName::parse(location) {
            Ok(domain) => domain,
            Err(why) => return fail(&codes::ISSUER_NOT_A_DOMAIN, format!("{location:?} is not a domain name: {why}")),
        };
        facts.domain = Some(domain.as_str().to_owned());
        let question = Question::DnsTxt { name: domain.as_str().to_owned() };
        let Some(entry) = self.answer(evidence, &question) else {
            return unknown(&codes::ISSUER_DNS_UNAVAILABLE, "not asked yet".into());
        };
        let Some(chain) = chain else {
            return unknown(
                &codes::CHAIN_NOT_NAMED,
                "which record would match depends on the chain, which is not known".into(),
            );
        };
        let check = match &entry.answer {
            Err(why) => unavailable(CheckName::Issuer, why, &domain_clause(domain.as_str())),
            Ok(Fact::DnsTxt(reading)) => {
                facts.dnssec = Some(reading.dnssec);
                let found = judge_dns_txt(reading, contract.address, chain);
                facts.confirmed = matches!(found, DnsTxtFinding::Matches { .. });
                facts.assurance = facts.confirmed.then_some("dns");
                dns_txt_check(&found, reading, domain.as_str(), policy)
            }
            Ok(_) => unknown(&codes::ISSUER_DNS_UNAVAILABLE, "the evidence answers another question".into()),
        };
        from_entry(check, &entry)
    }

    fn judge_chain_registry_title(
        &mut self,
        document: &Document<'_>,
        policy: &Policy,
        chain: &Result<ChainId, Check>,
        question: Option<&Question>,
        entry: Option<&Entry>,
    ) {
        let needs_contract = document.issuers().iter().any(|issuer| issuer.contract.is_some());
        let Some(registry) = transferable(document) else {
            self.judge_without_registry(chain, needs_contract);
            return;
        };
        let chain = match chain {
            Ok(chain) => *chain,
            Err(check) => {
                self.checks.push(check.clone());
                self.chain_unanswered();
                return;
            }
        };
        let (Some(Question::Registry { token, .. }), Some(entry)) = (question, entry) else {
            self.checks.push(finding(
                CheckName::Chain,
                Outcome::Unknown,
                &codes::CHAIN_RPC_UNAVAILABLE,
                "not asked yet".into(),
            ));
            self.chain_unanswered();
            return;
        };
        match &entry.answer {
            Ok(Fact::Registry(reading)) if reading.chain_id == chain.get() => {
                self.as_of = Some(as_of(reading, entry));
                self.checks.push(from_entry(chain_check(chain, entry), entry));
                let trusted = policy.trusted_registries.contains(&(chain, registry));
                self.judge_registry(reading, registry, *token, trusted, entry);
            }
            Ok(Fact::Registry(reading)) => {
                let message =
                    format!("the endpoint serves chain {}, the document is on chain {chain}", reading.chain_id);
                let check = finding(CheckName::Chain, Outcome::Unknown, &codes::CHAIN_WRONG_ENDPOINT, message);
                self.checks.push(from_entry(check, entry));
                self.chain_unanswered();
            }
            Err(why) => {
                self.checks.push(from_entry(
                    unavailable(CheckName::Chain, why, &format!("chain {chain} could not be read")),
                    entry,
                ));
                self.chain_unanswered();
            }
            Ok(_) => {
                let check = finding(
                    CheckName::Chain,
                    Outcome::Unknown,
                    &codes::CHAIN_RPC_UNAVAILABLE,
                    "the evidence answers another question".into(),
                );
                self.checks.push(check);
                self.chain_unanswered();
            }
        }
    }

    /// Document stores and signatures: recognised, not judged by this version, so never a pass.
    fn judge_without_registry(&mut self, chain: &Result<ChainId, Check>, needs_contract: bool) {
        self.checks.push(match chain {
            Err(check) if needs_contract => check.clone(),
            _ => not_applicable(CheckName::Chain, &codes::CHAIN_NOT_NEEDED),
        });
        self.checks.push(not_applicable(CheckName::Registry, &codes::REGISTRY_NONE));
        self.checks.push(finding(
            CheckName::Issuance,
            Outcome::Unknown,
            &codes::ISSUANCE_UNSUPPORTED,
            "issued through a document store or a signature, which this version does not check".into(),
        ));
        self.title = Title::without_parties(TitleStateName::None);
        self.checks.push(not_applicable(CheckName::Title, &codes::TITLE_NONE));
    }

    fn chain_unanswered(&mut self) {
        let offline = self.checks.last().is_some_and(|check| check.code == &codes::OFFLINE);
        let code = if offline { &codes::OFFLINE } else { &codes::CHAIN_UNANSWERED };
        for name in [CheckName::Registry, CheckName::Issuance, CheckName::Title] {
            self.checks.push(finding(name, Outcome::Unknown, code, "not known: see the chain check".into()));
        }
    }

    fn judge_registry(
        &mut self,
        reading: &RegistryReading,
        registry: Address,
        token: TokenId,
        trusted: bool,
        entry: &Entry,
    ) {
        let RegistryFinding { authenticity, title } = title::judge(reading, registry, token, trusted);
        let counts = matches!(authenticity, Authenticity::Genuine { .. } | Authenticity::TrustedByCaller { .. });
        self.registry = Some(registry_facts(&authenticity, &title, reading, registry));
        for check in
            [registry_check(&authenticity, registry), issuance_check(&title, counts), title_check(&title, counts)]
        {
            self.checks.push(from_entry(check, entry));
        }
        self.title = title_facts(&title, counts);
        if let TitleFinding::Known(TitleState::Live(parties)) = &title {
            self.warn_about(parties);
        }
    }

    fn warn_about(&mut self, parties: &title::Parties) {
        if parties.paused {
            self.warnings.push("the registry is paused: the title cannot be transferred or returned now".into());
        }
        if let Some(nominee) = parties.nominee {
            self.warnings.push(format!("{nominee} is nominated as the next beneficiary"));
        }
        for (role, previous) in [("beneficiary", parties.previous_beneficiary), ("holder", parties.previous_holder)] {
            if let Some(previous) = previous {
                self.warnings.push(format!("the last transfer can still be rejected, which gives the title back to the previous {role} {previous}"));
            }
        }
    }

    /// A stated validity period is part of issuance (documents.md §6.3).
    fn judge_validity(&mut self, document: &Document<'_>, now: i64) {
        let validity = document.validity();
        let seconds = |text: &str| text.parse::<jiff::Timestamp>().ok().map(jiff::Timestamp::as_second);
        let expired = validity.expires.iter().find(|(_, text)| seconds(text).is_some_and(|at| at <= now));
        let early = validity.not_before.iter().find(|(_, text)| seconds(text).is_some_and(|at| at > now));
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

/// The registry of a transferable record.
fn transferable(document: &Document<'_>) -> Option<Address> {
    document
        .issuers()
        .iter()
        .filter_map(|issuer| issuer.contract.as_ref())
        .find(|contract| contract.kind == ContractKind::TokenRegistry)
        .map(|contract| contract.address)
}

/// The chain that look-ups use (documents.md §7.3).
fn document_chain(document: &Document<'_>, policy: &Policy) -> Result<ChainId, Check> {
    let check = |outcome, code, message| Err(finding(CheckName::Chain, outcome, code, message));
    let named = document.network().and_then(|network| network.chain_id.as_deref());
    match (named.map(str::parse::<ChainId>), policy.chain) {
        (Some(Ok(named)), Some(wanted)) if named != wanted => check(
            Outcome::Fail,
            &codes::CHAIN_CONTRADICTS_CALLER,
            format!("the document is on chain {named}, --chain-id says {wanted}"),
        ),
        (Some(Ok(named)), _) => Ok(named),
        (Some(Err(_)), _) => check(
            Outcome::Fail,
            &codes::CHAIN_MALFORMED,
            format!("the chain id {:?} is not a decimal number", named.unwrap_or_default()),
        ),
        (None, Some(wanted)) => Ok(wanted),
        (None, None) => check(
            Outcome::Unknown,
            &codes::CHAIN_NOT_NAMED,
            "the document names no chain; say which with --chain-id".into(),
        ),
    }
}

fn registry_question(document: &Document<'_>, integrity: &Integrity, chain: ChainId) -> Option<Question> {
    let registry = transferable(document)?;
    Some(Question::Registry { chain, registry, token: TokenId::from(integrity.target_hash?) })
}

fn dns_txt_check(found: &DnsTxtFinding, reading: &TxtReading, domain: &str, policy: &Policy) -> Check {
    let (outcome, code) = match found {
        _ if policy.require_dnssec && reading.dnssec != Dnssec::Secure => {
            (Outcome::Unknown, &codes::ISSUER_DNSSEC_REQUIRED)
        }
        DnsTxtFinding::Matches { .. } => (Outcome::Pass, &codes::ISSUER_DNS_TXT),
        DnsTxtFinding::DomainDoesNotExist => (Outcome::Fail, &codes::ISSUER_NO_SUCH_DOMAIN),
        DnsTxtFinding::NoRecords => (Outcome::Fail, &codes::ISSUER_NO_RECORD),
        DnsTxtFinding::OtherChain { .. } => (Outcome::Fail, &codes::ISSUER_OTHER_CHAIN),
        DnsTxtFinding::OtherAddresses { .. } => (Outcome::Fail, &codes::ISSUER_OTHER_ADDRESS),
        DnsTxtFinding::MalformedRecord { .. } => (Outcome::Fail, &codes::ISSUER_MALFORMED_RECORD),
    };
    let strength = match reading.dnssec {
        Dnssec::Secure => Strength::Dnssec,
        _ if reading.agreeing > 1 => Strength::AgreeingResolvers,
        _ => Strength::SingleResolver,
    };
    Check { strength: Some(strength), ..finding(CheckName::Issuer, outcome, code, format!("{domain}: {found}")) }
}

fn chain_check(chain: ChainId, entry: &Entry) -> Check {
    let host = entry.provenance.hosts.first().map_or("the evidence", String::as_str);
    let message = format!("{host} serves chain {chain}");
    Check {
        strength: Some(Strength::SingleEndpoint),
        ..finding(CheckName::Chain, Outcome::Pass, &codes::CHAIN_MATCHES, message)
    }
}

fn registry_check(authenticity: &Authenticity, registry: Address) -> Check {
    let (outcome, code, message) = match authenticity {
        Authenticity::Genuine { generation, variant, other_build } => {
            let build = if *other_build { ", compiled with other metadata" } else { "" };
            let kind = match variant {
                title::Variant::Standalone => "full contract",
                title::Variant::Clone => "clone",
            };
            (Outcome::Pass, &codes::REGISTRY_GENUINE, format!("genuine {generation} code, {kind}{build}"))
        }
        Authenticity::TrustedByCaller { generation, code_hash, .. } => (
            Outcome::Pass,
            &codes::REGISTRY_TRUSTED,
            format!("unknown code {code_hash}, which you trust; it answers as {generation}"),
        ),
        Authenticity::Unrecognised { claims: Some(generation), .. } if !generation.is_supported() => (
            Outcome::Unknown,
            &codes::REGISTRY_GENERATION,
            format!("the registry says that it is {generation}; only v4 and v5 are read"),
        ),
        Authenticity::Unrecognised { proxy: Some(proxy), .. } => {
            let who = proxy.admin.map_or_else(|| "whoever controls it".to_owned(), |admin| admin.to_string());
            (Outcome::Unknown, &codes::REGISTRY_PROXY, format!("the rules at {registry} can be changed by {who}"))
        }
        Authenticity::Unrecognised { code_hash, claims, .. } => {
            let claims = claims
                .map_or_else(|| "it does not claim to be a registry".to_owned(), |g| format!("it claims to be {g}"));
            (
                Outcome::Unknown,
                &codes::REGISTRY_UNRECOGNISED,
                format!("code {code_hash} is not in the list of known registries; {claims}"),
            )
        }
        Authenticity::ContradictsItself(why) => (Outcome::Fail, &codes::REGISTRY_CONTRADICTS_ITSELF, why.to_string()),
        Authenticity::InconsistentAnswers(why) => (Outcome::Unknown, &codes::REGISTRY_INCONSISTENT, why.to_string()),
        Authenticity::NoCode => {
            (Outcome::Fail, &codes::REGISTRY_NO_CODE, format!("no contract at {registry} on this chain at this block"))
        }
    };
    finding(CheckName::Registry, outcome, code, message)
}

fn issuance_check(title: &TitleFinding, counts: bool) -> Check {
    let (outcome, code, message) = match title {
        TitleFinding::NotMinted => {
            (Outcome::Fail, &codes::ISSUANCE_NOT_MINTED, "the registry has never issued this title".to_owned())
        }
        TitleFinding::Refused(data) => (
            Outcome::Unknown,
            &codes::ISSUANCE_REFUSED,
            format!(
                "the registry refused to answer ownerOf: 0x{}",
                crate::primitives::encode_hex(data.get(..64).unwrap_or(data))
            ),
        ),
        TitleFinding::Known(_) if counts => {
            (Outcome::Pass, &codes::ISSUANCE_MINTED, "the registry issued a title for exactly this document".to_owned())
        }
        TitleFinding::Unreadable => {
            (Outcome::Fail, &codes::REGISTRY_NO_CODE, "there is no contract that could have issued it".to_owned())
        }
        TitleFinding::Known(_) | TitleFinding::Contradiction(_) => {
            (Outcome::Unknown, &codes::ISSUANCE_UNPROVEN, "the registry is not known to be genuine".to_owned())
        }
    };
    finding(CheckName::Issuance, outcome, code, message)
}

fn title_check(title: &TitleFinding, counts: bool) -> Check {
    let (outcome, code, message) = match title {
        TitleFinding::Known(state) if counts => match state {
            TitleState::Live(parties) => (
                Outcome::Pass,
                &codes::TITLE_LIVE,
                format!("the registry records {} as holder, {} as beneficiary", parties.holder, parties.beneficiary),
            ),
            TitleState::Returned(_) => (
                Outcome::Fail,
                &codes::TITLE_RETURNED,
                "returned to the issuer, who has not accepted it yet".to_owned(),
            ),
            TitleState::Ended => {
                (Outcome::Fail, &codes::TITLE_ENDED, "accepted by the issuer: this title has ended".to_owned())
            }
        },
        TitleFinding::NotMinted => (Outcome::Fail, &codes::TITLE_NOT_ISSUED, "there is no title".to_owned()),
        _ => (Outcome::Unknown, &codes::TITLE_UNKNOWN, "the state of the title is not known".to_owned()),
    };
    finding(CheckName::Title, outcome, code, message)
}

fn title_facts(title: &TitleFinding, counts: bool) -> Title {
    let with = |state, parties: &title::Parties| Title {
        state,
        holder: Some(parties.holder),
        beneficiary: Some(parties.beneficiary),
        nominee: parties.nominee,
        previous_holder: parties.previous_holder,
        previous_beneficiary: parties.previous_beneficiary,
        escrow: Some(parties.escrow),
    };
    match title {
        TitleFinding::Known(TitleState::Live(parties)) if counts => with(TitleStateName::Live, parties),
        TitleFinding::Known(TitleState::Returned(parties)) if counts => with(TitleStateName::Returned, parties),
        TitleFinding::Known(TitleState::Ended) if counts => Title::without_parties(TitleStateName::Ended),
        TitleFinding::NotMinted => Title::without_parties(TitleStateName::NotIssued),
        _ => Title::without_parties(TitleStateName::Unknown),
    }
}

fn registry_facts(
    authenticity: &Authenticity,
    title: &TitleFinding,
    reading: &RegistryReading,
    address: Address,
) -> RegistryFacts {
    let (word, generation) = match authenticity {
        Authenticity::Genuine { generation, .. } => ("genuine", Some(*generation)),
        Authenticity::TrustedByCaller { generation, .. } => ("trusted_by_caller", Some(*generation)),
        Authenticity::Unrecognised { claims, .. } => ("unrecognised", *claims),
        Authenticity::ContradictsItself(_) => ("contradicts_itself", None),
        Authenticity::InconsistentAnswers(_) => ("inconsistent_answers", None),
        Authenticity::NoCode => ("no_contract", None),
    };
    RegistryFacts {
        address,
        generation,
        authenticity: word,
        code_hash: (!reading.registry_code.is_empty()).then(|| crate::primitives::keccak256(&reading.registry_code)),
        paused: match title {
            TitleFinding::Known(TitleState::Live(parties) | TitleState::Returned(parties)) => Some(parties.paused),
            _ => None,
        },
    }
}

fn as_of(reading: &RegistryReading, entry: &Entry) -> AsOf {
    let seconds = i64::try_from(reading.block.timestamp).unwrap_or(i64::MAX);
    AsOf {
        chain_id: reading.chain_id,
        block: reading.block.number,
        hash: reading.block.hash,
        time: jiff::Timestamp::from_second(seconds).map(|time| time.to_string()).unwrap_or_default(),
        finality: reading.block.finality,
        method: reading.method,
        endpoints: entry.provenance.hosts.clone(),
        embedded_endpoints: entry.provenance.embedded_default,
        requests: entry.provenance.requests,
    }
}

/// A question without an answer is `unknown`, whoever's fault it is (checks.md §8).
fn unavailable(name: CheckName, why: &Unavailable, clause: &str) -> Check {
    let code = match (name, why.cause) {
        (_, Cause::Offline) => &codes::OFFLINE,
        (CheckName::Issuer, Cause::Disagreement) => &codes::ISSUER_DNS_DISAGREEMENT,
        (CheckName::Issuer, Cause::Bogus) => &codes::ISSUER_DNS_BOGUS,
        (CheckName::Issuer, _) => &codes::ISSUER_DNS_UNAVAILABLE,
        (_, Cause::NoSource) => &codes::CHAIN_NO_ENDPOINT,
        (_, Cause::WrongChain) => &codes::CHAIN_WRONG_ENDPOINT,
        (_, Cause::BlockVanished) => &codes::CHAIN_BLOCK_VANISHED,
        (_, _) => &codes::CHAIN_RPC_UNAVAILABLE,
    };
    let message = match &why.host {
        Some(host) => format!("{clause}: {host}: {}", why.detail),
        None => format!("{clause}: {}", why.detail),
    };
    Check { unavailable: vec![why.clone()], ..finding(name, Outcome::Unknown, code, message) }
}

fn domain_clause(domain: &str) -> String {
    format!("the records of {domain} could not be read")
}

fn from_entry(check: Check, entry: &Entry) -> Check {
    let mut unavailable = entry.provenance.failed.clone();
    unavailable.extend(check.unavailable.iter().filter(|why| !entry.provenance.failed.contains(why)).cloned());
    let strength = check.strength.or_else(|| entry.answer.is_ok().then_some(Strength::SingleEndpoint));
    Check { answered_by: entry.provenance.hosts.clone(), unavailable, strength, ..check }
}

fn finding(name: CheckName, outcome: Outcome, code: &'static Code, message: String) -> Check {
    let actor = if outcome == Outcome::Pass { Actor::Nobody } else { code.actor };
    Check { name, outcome, code, message, actor, answered_by: Vec::new(), unavailable: Vec::new(), strength: None }
}

fn not_applicable(name: CheckName, code: &'static Code) -> Check {
    finding(name, Outcome::NotApplicable, code, code.meaning.trim_end_matches('.').to_owned())
}

fn severity(check: &Check) -> u8 {
    match check.outcome {
        Outcome::NotApplicable => 0,
        Outcome::Pass => 1,
        Outcome::Unknown => 2,
        Outcome::Fail => 3,
    }
}
