//! The policy check: the caller's own rules, judged after all others on what these found and on what the evidence shows
//! was done, never on what was asked for. A rule about something that is not known is `unknown`.

use std::collections::BTreeSet;

use super::{Examination, Ground, IssuanceMethod, distinct_hosts, finding, not_applicable, unauthenticated};
use crate::block_age::CLOCKS_DIFFER;
use crate::date_time::rfc3339_seconds;
use crate::document::{Document, MOST_ISSUERS};
use crate::evidence::{BlockReading, DnsTxtQuestion, Dnssec, Entry, Fact, Finality, Question};
use crate::integrity;
use crate::networks;
use crate::primitives::{Address, ChainId};
use crate::verify::codes;
use crate::verify::policy::{
    AcceptedState, DNSSEC, DeniedWarnings, FieldPath, IssuerName, LeastFinality, Policy, Rule, duration, one_of,
    one_of_few,
};
use crate::verify::report::{CheckName, Issuer, Outcome, RuleFinding, Title, TitleStateName};

impl Examination {
    /// Judges every rule; the worst speaks for the check.
    pub(super) fn judge_policy(&mut self, ground: &Ground<'_>) {
        let dnssec = ground.policy.require_dnssec.then(|| (DNSSEC, self.judge_dnssec(ground)));
        let rules = ground.policy.rules.iter().map(|rule| (rule.name(), self.judge_rule(rule, ground)));
        let found: Vec<(&'static str, Ruling)> = dnssec.into_iter().chain(rules).collect();
        let only_pending = found.iter().all(|(_, found)| found.outcome != Outcome::Unknown || found.pending);
        self.rules = found.into_iter().map(|(name, found)| found.named(name)).collect();
        self.findings.push(match self.rules.as_slice() {
            [] if ground.policy.given => not_applicable(CheckName::Policy, &codes::POLICY_EMPTY),
            rules => policy_check(rules, only_pending),
        });
    }

    /// Nothing else was judged, so no rule is.
    pub(super) fn leave_rules_unjudged(&mut self, policy: &Policy) {
        let names = policy.require_dnssec.then_some(DNSSEC).into_iter().chain(policy.rules.iter().map(Rule::name));
        let message = codes::NOT_ASKED.meaning.trim_end_matches('.');
        self.rules = names.map(|rule| Ruling::not_applicable(message).named(rule)).collect();
    }

    fn judge_rule(&self, rule: &Rule, ground: &Ground<'_>) -> Ruling {
        let now = ground.now;
        match rule {
            Rule::Issuers(names) => self.judge_issuer_names(ground, names),
            Rule::Registries(registries) => judge_registries(registries, ground),
            Rule::Chains(chains) => self.judge_chains(|chain| judge_chain(chain, chains)),
            Rule::NoTestNetworks => self.judge_chains(|chain| judge_test_network(chain, ground.policy)),
            Rule::Finality(least) => self.judge_answers(ground, |answer| judge_finality(answer.block.finality, *least)),
            Rule::BlockAge(most) => self.judge_answers(ground, |answer| judge_block_age(answer.block, *most, now)),
            Rule::DocumentAge(most) => judge_document_age(ground.document.issued_at().as_deref(), *most, now),
            Rule::Resolvers(least) => self.judge_resolvers(ground, *least),
            Rule::Quorum(least) => self.judge_answers(ground, |answer| judge_quorum(answer.entry, *least)),
            Rule::Proof => self.judge_proof(),
            Rule::TitleStates(states) => self.judge_of_title(|title| judge_title_state(title, states)),
            Rule::Holders(holders) => {
                self.judge_of_title(|title| judge_party("holder", title.holder, title.state, holders))
            }
            Rule::Beneficiaries(them) => {
                self.judge_of_title(|title| judge_party("beneficiary", title.beneficiary, title.state, them))
            }
            Rule::HiddenFields(most) => match hidden(ground) {
                Some(hidden) => judge_hidden_fields(hidden, *most),
                None => Ruling::unknown("how much the holder left out of the credential is not known"),
            },
            Rule::VisibleFields(_) if is_signed_by_proof(ground) && !self.proven => {
                Ruling::unknown("what is shown is not known to be signed")
            }
            Rule::VisibleFields(paths) => judge_visible_fields(paths, ground),
            Rule::NothingUnauthenticated => match unauthenticated(ground.integrity, ground.policy).as_slice() {
                [] => Ruling::pass("the digest covers everything in the file"),
                members => Ruling::fail(format!("the digest does not cover {}", members.join(", "))),
            },
            Rule::NoWarnings(denied) => self.judge_warnings(denied),
        }
    }

    fn judge_issuer_names(&self, ground: &Ground<'_>, names: &BTreeSet<IssuerName>) -> Ruling {
        if ground.document.issuers().len() > MOST_ISSUERS {
            return Ruling::unknown(format!("the document names more than {MOST_ISSUERS} issuers"));
        }
        // Where it is found out whether an issuer's own key signed.
        let signed = if is_signed_by_proof(ground) { CheckName::Integrity } else { CheckName::Issuance };
        let findings = self.issuers.iter().map(|issuer| self.judge_issuer_name(issuer, names, signed));
        Ruling::all_of(findings).unwrap_or_else(|| Ruling::fail("the document names no issuer"))
    }

    /// A domain counts when its records or its DID document confirm it, a DID when its key signed the document.
    fn judge_issuer_name(&self, issuer: &Issuer, names: &BTreeSet<IssuerName>, signed: CheckName) -> Ruling {
        let domain = issuer.domain.as_deref();
        let named = |domain: &&str| names.iter().any(|name| name.is_domain(domain));
        let did = issuer.did.as_deref().filter(|did| names.iter().any(|name| name.is_did(did)));
        match (domain.filter(named), did) {
            (Some(domain), _) if issuer.confirmed => Ruling::pass(format!("{domain} is one of those allowed")),
            (_, Some(did)) => match self.outcome(signed) {
                Outcome::Pass => Ruling::pass(format!("{did} is one of those allowed")),
                Outcome::Fail => Ruling::fail(format!("{did} is allowed, but the document is not issued by it")),
                _ => {
                    Ruling::unknown(format!("{did} is allowed, but whether the document is issued by it is not known"))
                }
            },
            (Some(domain), None) => match self.outcome(CheckName::Issuer) {
                Outcome::Fail => Ruling::fail(format!("{domain} is allowed, but does not confirm the document")),
                _ => Ruling::unknown(format!("{domain} is allowed, but whether it stands behind this is not known")),
            },
            (None, None) => {
                let found = domain.or(issuer.did.as_deref()).unwrap_or("an issuer without a confirmed name");
                Ruling::fail(format!("{found} is not allowed, only {}", one_of_few(names)))
            }
        }
    }

    fn judge_chains(&self, judge: impl Fn(ChainId) -> Ruling) -> Ruling {
        let chains: BTreeSet<ChainId> = self.asked.iter().filter_map(Question::chain).collect();
        Ruling::all_of(chains.into_iter().map(judge)).unwrap_or_else(|| self.without_chain_answers())
    }

    /// Of several answers about chains every one must satisfy `judge`.
    fn judge_answers(&self, ground: &Ground<'_>, judge: impl Fn(&ChainAnswer<'_>) -> Ruling) -> Ruling {
        let asked = self.asked.iter().filter_map(|question| Some((question.chain()?, question)));
        let findings = asked.map(|(chain, question)| {
            let entry = ground.evidence.about(question);
            let answer = entry.and_then(|entry| Some(ChainAnswer { block: entry.answer().ok()?.block()?, entry }));
            answer.map_or_else(|| Ruling::unknown(format!("chain {chain} could not be read")), |answer| judge(&answer))
        });
        Ruling::all_of(findings).unwrap_or_else(|| self.without_chain_answers())
    }

    /// No chain was asked: because none had to be, or because it is not known which.
    fn without_chain_answers(&self) -> Ruling {
        match self.outcome(CheckName::Chain) {
            Outcome::NotApplicable => Ruling::not_applicable("the document does not rest on a chain"),
            _ => Ruling::unknown("which chain the document rests on is not known"),
        }
    }

    fn judge_dnssec(&self, ground: &Ground<'_>) -> Ruling {
        self.judge_records(ground, |domain, entry| match entry.answer() {
            Ok(Fact::DnsTxt(reading)) if reading.dnssec == Dnssec::Secure => {
                Ruling::pass(format!("the records of {domain} are validated"))
            }
            Ok(Fact::DnsTxt(reading)) => {
                let why = if reading.dnssec == Dnssec::Insecure { "not signed" } else { "not validated" };
                Ruling::fail(format!("the records of {domain} are {why}"))
            }
            _ => Ruling::unknown(format!("the records of {domain} could not be read")),
        })
    }

    fn judge_resolvers(&self, ground: &Ground<'_>, least: u32) -> Ruling {
        self.judge_records(ground, |domain, entry| match entry.answer() {
            Ok(Fact::DnsTxt(reading)) => {
                let agreeing = reading.agreeing.min(distinct_hosts(entry));
                let message = match agreeing {
                    1 => format!("one resolver gave the records of {domain}"),
                    _ => format!("{agreeing} resolvers gave the same records of {domain}"),
                };
                at_least(agreeing, least, message, "ask more resolvers")
            }
            _ => Ruling::unknown(format!("the records of {domain} could not be read")),
        })
    }

    /// The records of every domain that was asked for them.
    fn judge_records(&self, ground: &Ground<'_>, judge: impl Fn(&str, &Entry) -> Ruling) -> Ruling {
        let findings = self.asked.iter().filter_map(|question| match question {
            Question::DnsTxt(DnsTxtQuestion { name }) => Some((name, ground.evidence.about(question))),
            _ => None,
        });
        let not_read = |name: &str| Ruling::unknown(format!("the records of {name} could not be read"));
        let findings = findings.map(|(name, entry)| entry.map_or_else(|| not_read(name), |entry| judge(name, entry)));
        Ruling::all_of(findings).unwrap_or_else(|| match self.outcome(CheckName::Issuer) {
            Outcome::Pass => Ruling::not_applicable("no issuer here is known by records of a domain"),
            _ => Ruling::unknown("no records of a domain were asked for"),
        })
    }

    fn judge_proof(&self) -> Ruling {
        if !self.asked.iter().any(|question| question.chain().is_some()) {
            return self.without_chain_answers();
        }
        let resting = [CheckName::Registry, CheckName::Issuance, CheckName::Title];
        let unproven: BTreeSet<CheckName> = self
            .findings
            .iter()
            .filter(|check| resting.contains(&check.name) && check.outcome != Outcome::NotApplicable)
            .filter(|check| !check.strength.is_some_and(|strength| strength.is_proven()))
            .map(|check| check.name)
            .collect();
        let names: Vec<&str> = unproven.into_iter().map(CheckName::as_str).collect();
        match names.as_slice() {
            [] => Ruling::pass("the chain's state proves what was read of it"),
            names => Ruling::fail(format!("not proven by the chain's state: {}", names.join(", "))),
        }
    }

    /// What holds of the title must hold in newer blocks, too, and a title that is issued only there is not final yet
    /// (chain.md §5.3).
    fn judge_of_title(&self, judge: impl Fn(&Title) -> Ruling) -> Ruling {
        let found = judge(&self.title);
        let awaited = self.title.state == TitleStateName::NotIssued;
        let open = |there: &Ruling| awaited || (found.outcome, there.outcome) == (Outcome::Pass, Outcome::Fail);
        let ahead = self.ahead.iter().map(|ahead| (ahead.block, judge(&ahead.title))).find(|(_, there)| open(there));
        match ahead {
            Some((block, there)) => Ruling {
                pending: true,
                ..Ruling::unknown(format!("at block {block}, which is not final, {}", there.message))
            },
            None => found,
        }
    }

    fn judge_warnings(&self, denied: &DeniedWarnings) -> Ruling {
        let texts = match denied {
            DeniedWarnings::All if self.warnings.is_empty() => Vec::new(),
            DeniedWarnings::All => self.warnings.iter().map(String::as_str).collect(),
            DeniedWarnings::These(kinds) => kinds.intersection(&self.warned).map(|kind| kind.meaning()).collect(),
        };
        match texts.as_slice() {
            // What was not read may have been worth one.
            [] if self.findings.iter().any(|check| check.outcome == Outcome::Unknown) => {
                Ruling::unknown("not everything is known that could be warned of")
            }
            [] => Ruling::pass("there is no such warning"),
            texts => Ruling::fail(texts.join("; ")),
        }
    }

    fn outcome(&self, name: CheckName) -> Outcome {
        self.findings.outcome(name)
    }
}

/// What one rule came to.
struct Ruling {
    outcome: Outcome,
    message: String,
    /// Whether it is unknown only because of a newer block.
    pending: bool,
}

impl Ruling {
    fn pass(message: impl Into<String>) -> Self {
        Self { outcome: Outcome::Pass, message: message.into(), pending: false }
    }

    fn fail(message: impl Into<String>) -> Self {
        Self { outcome: Outcome::Fail, message: message.into(), pending: false }
    }

    fn unknown(message: impl Into<String>) -> Self {
        Self { outcome: Outcome::Unknown, message: message.into(), pending: false }
    }

    fn not_applicable(message: impl Into<String>) -> Self {
        Self { outcome: Outcome::NotApplicable, message: message.into(), pending: false }
    }

    /// The worst speaks for all; of equals the first.
    fn all_of(findings: impl IntoIterator<Item = Self>) -> Option<Self> {
        findings
            .into_iter()
            .reduce(|worst, next| if weight(next.outcome) > weight(worst.outcome) { next } else { worst })
    }

    fn named(self, rule: &'static str) -> RuleFinding {
        RuleFinding { rule, outcome: self.outcome, message: self.message }
    }
}

/// A rule that surely does not hold is worse than one that may.
fn weight(outcome: Outcome) -> u8 {
    match outcome {
        Outcome::NotApplicable => 0,
        Outcome::Pass => 1,
        Outcome::Unknown => 2,
        Outcome::Fail => 3,
    }
}

/// `only_pending` says that what is unknown is so only because of newer blocks.
fn policy_check(rules: &[RuleFinding], only_pending: bool) -> super::Check {
    let of = |outcome| rules.iter().filter(move |rule| rule.outcome == outcome).map(|rule| rule.rule);
    let names = |outcome| of(outcome).collect::<Vec<_>>().join(", ");
    let (outcome, code, message) = match rules.iter().map(|rule| rule.outcome).max_by_key(|outcome| weight(*outcome)) {
        None => return not_applicable(CheckName::Policy, &codes::POLICY_NONE),
        Some(Outcome::NotApplicable) => return not_applicable(CheckName::Policy, &codes::POLICY_NOT_APPLICABLE),
        Some(Outcome::Fail) => (Outcome::Fail, &codes::POLICY_NOT_MET, format!("not met: {}", names(Outcome::Fail))),
        Some(Outcome::Unknown) if only_pending => {
            let unknown = rules.iter().filter(|rule| rule.outcome == Outcome::Unknown);
            let found: Vec<String> = unknown.map(|rule| format!("{}: {}", rule.rule, rule.message)).collect();
            (Outcome::Unknown, &codes::POLICY_CHANGE_PENDING, format!("a change is pending: {}", found.join("; ")))
        }
        Some(Outcome::Unknown) => {
            (Outcome::Unknown, &codes::POLICY_UNDECIDED, format!("could not be decided: {}", names(Outcome::Unknown)))
        }
        Some(Outcome::Pass) => (Outcome::Pass, &codes::POLICY_MET, format!("met: {}", names(Outcome::Pass))),
    };
    finding(CheckName::Policy, outcome, code, message)
}

struct ChainAnswer<'e> {
    block: &'e BlockReading,
    entry: &'e Entry,
}

fn at_least(found: u32, least: u32, message: String, advice: &str) -> Ruling {
    match found >= least {
        true => Ruling::pass(message),
        false => Ruling::fail(format!("{message}, {least} are wanted: {advice}")),
    }
}

fn judge_title_state(title: &Title, states: &BTreeSet<AcceptedState>) -> Ruling {
    let state = match title.state {
        TitleStateName::Live => AcceptedState::Live,
        TitleStateName::Returned => AcceptedState::Returned,
        TitleStateName::Ended => AcceptedState::Ended,
        TitleStateName::NotIssued => return Ruling::fail("no title was issued"),
        TitleStateName::None => return Ruling::not_applicable("this document has no title"),
        TitleStateName::Unknown => return Ruling::unknown("the state of the title is not known"),
    };
    match states.contains(&state) {
        true => Ruling::pass(format!("the title is {state}, which is accepted")),
        false => Ruling::fail(format!("the title is {state}, not {}", one_of(states))),
    }
}

fn judge_party(role: &str, recorded: Option<Address>, state: TitleStateName, allowed: &BTreeSet<Address>) -> Ruling {
    match (recorded, state) {
        (Some(party), state) => {
            let last = if state == TitleStateName::Live { "" } else { "last " };
            match allowed.contains(&party) {
                true => Ruling::pass(format!("the registry {last}recorded {party} as {role}")),
                false => {
                    Ruling::fail(format!("the registry {last}recorded {party} as {role}, not {}", one_of_few(allowed)))
                }
            }
        }
        (None, TitleStateName::Unknown) => Ruling::unknown(format!("the {role} is not known")),
        (None, TitleStateName::None) => Ruling::fail(format!("this document has no title, so no {role}")),
        (None, _) => Ruling::fail(format!("the registry records nobody as {role}")),
    }
}

/// How much was hidden, where that can be known.
fn hidden(ground: &Ground<'_>) -> Option<usize> {
    match is_signed_by_proof(ground) {
        true => ground.signed?.withheld(),
        false => Some(ground.integrity.hidden_leaves),
    }
}

/// Whether the document's own proof is its signature, and not one over a Merkle root.
fn is_signed_by_proof(ground: &Ground<'_>) -> bool {
    matches!(ground.document, Document::Credential(_))
}

fn judge_registries(registries: &BTreeSet<(ChainId, Address)>, ground: &Ground<'_>) -> Ruling {
    let IssuanceMethod::TokenRegistry(address, _) = IssuanceMethod::of(ground.document, ground.integrity) else {
        return Ruling::fail("the document has no token registry");
    };
    match &ground.chain {
        Ok(chain) if registries.contains(&(*chain, address)) => {
            Ruling::pass(format!("{address} on chain {chain} is one of those allowed"))
        }
        Ok(chain) => {
            let allowed = registries.iter().map(|(chain, address)| format!("{address} on chain {chain}")).collect();
            Ruling::fail(format!("{address} on chain {chain} is not allowed, only {}", one_of_few(&allowed)))
        }
        Err(_) if registries.iter().any(|(_, allowed)| *allowed == address) => {
            Ruling::unknown(format!("{address} is allowed, but on which chain it is meant is not known"))
        }
        Err(_) => Ruling::fail(format!("{address} is not one of those allowed")),
    }
}

fn judge_chain(chain: ChainId, allowed: &BTreeSet<ChainId>) -> Ruling {
    match allowed.contains(&chain) {
        true => Ruling::pass(format!("chain {chain} is one of those allowed")),
        false => Ruling::fail(format!("chain {chain} is not allowed, only {}", one_of_few(allowed))),
    }
}

/// A network that nobody knows may be for tests, unless the caller names it as allowed.
fn judge_test_network(chain: ChainId, policy: &Policy) -> Ruling {
    let named = policy.rules.iter().any(|rule| matches!(rule, Rule::Chains(chains) if chains.contains(&chain)));
    match networks::known(chain) {
        Some(network) if network.testnet => Ruling::fail(format!("chain {chain} is a test network")),
        Some(network) => Ruling::pass(format!("{} is not a test network", network.name)),
        None if named => Ruling::pass(format!("chain {chain} is not known as a test network, and you allow it")),
        None => Ruling::unknown(format!("chain {chain} is not a known network, so it may be one for tests")),
    }
}

fn judge_finality(found: Finality, least: LeastFinality) -> Ruling {
    let level = match found {
        Finality::Finalized => LeastFinality::Finalized,
        Finality::Safe => LeastFinality::Safe,
        // Nothing is ever settled on a chain that whoever runs it can wind back.
        Finality::Latest | Finality::Local => LeastFinality::Latest,
        Finality::Chosen => {
            return match least {
                LeastFinality::Any => Ruling::pass("any block will do"),
                _ => Ruling::unknown("how settled the chosen block is nobody said: leave the choice to the chain"),
            };
        }
    };
    let what = if found == Finality::Local { "the newest of a local chain" } else { level.as_str() };
    match level >= least {
        true => Ruling::pass(format!("the block is {what}")),
        false => Ruling::fail(format!("the block is {what}, not {}", least.as_str())),
    }
}

fn judge_block_age(block: &BlockReading, most: u64, now: i64) -> Ruling {
    match age(i64::try_from(block.timestamp).unwrap_or(i64::MAX), now) {
        Some(age) => at_most(age, most, "the block is"),
        None => Ruling::unknown("the time of the block has not come, so its age is not known"),
    }
}

fn judge_document_age(issued_at: Option<&str>, most: u64, now: i64) -> Ruling {
    let Some(text) = issued_at else { return Ruling::unknown("the document does not say when it was issued") };
    match rfc3339_seconds(text).map(|time| age(time, now)) {
        Some(Some(age)) => at_most(age, most, "the document was issued at a time that is"),
        Some(None) => Ruling::unknown(format!("the document was issued at a time that has not come: {text:?}")),
        None => Ruling::unknown(format!("when the document was issued cannot be read: {text:?}")),
    }
}

/// `None` for a time that has not come: that is no small age.
fn age(time: i64, now: i64) -> Option<u64> {
    match now.saturating_sub(time) {
        ahead if ahead < -CLOCKS_DIFFER => None,
        age => Some(u64::try_from(age).unwrap_or(0)),
    }
}

fn at_most(age: u64, most: u64, what: &str) -> Ruling {
    match age <= most {
        true => Ruling::pass(format!("{what} {} old", duration(age))),
        false => Ruling::fail(format!("{what} {} old, more than {}", duration(age), duration(most))),
    }
}

fn judge_quorum(entry: &Entry, least: u32) -> Ruling {
    let found = distinct_hosts(entry);
    let message = match found {
        1 => "one endpoint answered".to_owned(),
        _ => format!("{found} endpoints gave the same answers"),
    };
    at_least(found, least, message, "ask more endpoints")
}

fn judge_hidden_fields(hidden: usize, most: usize) -> Ruling {
    let message = match hidden {
        0 => "no field is hidden".to_owned(),
        1 => "one field is hidden".to_owned(),
        _ => format!("{hidden} fields are hidden"),
    };
    if hidden <= most { Ruling::pass(message) } else { Ruling::fail(format!("{message}, at most {most} may be")) }
}

fn judge_visible_fields(paths: &BTreeSet<FieldPath>, ground: &Ground<'_>) -> Ruling {
    let shown = |path: &&FieldPath| integrity::shows(ground.document, ground.integrity, path.steps());
    let missing: Vec<String> = paths.iter().filter(|path| !shown(path)).map(ToString::to_string).collect();
    match missing.as_slice() {
        [] => Ruling::pass("all of these fields are visible"),
        paths => Ruling::fail(format!("hidden or not there: {}", paths.join(", "))),
    }
}
