//! The examination of one title: what `ebl title` reports. The checks up to the title are those of a verification; the
//! history and the powers over the registry come on top (chain.md §2, 6.16, 6.19).

use super::credential::may_withhold;
use super::registry::IssuedFor;
use super::{
    Examination, Ground, IssuanceMethod, document_facts, finding, from_entry, not_applicable, not_asked_yet,
    unavailable,
};
use crate::document::Document;
use crate::document::credential::CredentialStatus;
use crate::evidence::{
    AccountReading, BlockReading, Evidence, Found, HistoryQuestion, HistoryReading, PowersQuestion, PowersReading,
    Question, RegistryReading,
};
use crate::integrity::IntegrityResult;
use crate::primitives::{Address, TokenId, rfc3339};
use crate::title::account::AccountKind;
use crate::title::history::{self, Gap};
use crate::title::{Generation, Parties, RegistryFinding, TitleFinding, TitleState, powers};
use crate::verify::case::{HistoryWanted, TitleSubject};
use crate::verify::codes;
use crate::verify::report::{Check, CheckName, Network, Outcome, Title, TitleStateName, Tool};
use crate::verify::title_report::{
    AccountFacts, HistoryEntry, PartyFacts, PartyRole, PowersFacts, RemarkFacts, TitleOf, TitleReport,
};
use crate::verify::{Policy, PowersWanted, TitleCase, TitleStep, TokenOfChain, budget};

/// Says what is still to be asked, or reports.
pub(in crate::verify) fn run(case: &TitleCase<'_>, evidence: &Evidence) -> TitleStep {
    let timely = super::timely::timely(evidence, case.policy, case.policy.at.unwrap_or(case.now));
    let step = budget::keep(evidence, timely, case.link(), |evidence| TitleExamination::of(case, evidence).step(case));
    match step {
        Ok(report) => TitleStep::Report(Box::new(report)),
        Err(questions) => TitleStep::Ask(questions),
    }
}

struct TitleExamination {
    base: Examination,
    history_wanted: HistoryWanted,
    /// For remarks, where there is a document.
    key_id: Option<String>,
    subject: Option<TitleOf>,
    active: Option<bool>,
    remark: Option<RemarkFacts>,
    parties: Vec<PartyFacts>,
    history: Vec<HistoryEntry>,
    history_complete: bool,
    powers: Option<PowersFacts>,
}

impl TitleExamination {
    fn of(case: &TitleCase<'_>, evidence: &Evidence) -> Self {
        let (base, key_id) = match &case.subject {
            TitleSubject::Document(of) => {
                let broken = matches!(of.integrity().result, IntegrityResult::Broken(_));
                let id = if broken { None } else { Some(of.document().id().unwrap_or_default()) };
                (Examination::new(of), id)
            }
            TitleSubject::Token(_) => (Examination::without_document(), None),
        };
        let mut examination = Self {
            base,
            history_wanted: case.history,
            key_id,
            subject: None,
            active: None,
            remark: None,
            parties: Vec::new(),
            history: Vec::new(),
            history_complete: false,
            powers: None,
        };
        match &case.subject {
            TitleSubject::Token(token) => {
                examination.judge(evidence, case.policy, case.powers, *token, IssuedFor::ThisToken);
            }
            TitleSubject::Document(of) => {
                let ground = Ground::of(of, evidence);
                let intact = examination.base.judge_integrity(&ground);
                if !intact && !case.policy.all_checks {
                    examination.rest_of_a_broken_document();
                    return examination;
                }
                examination.judge_document(&ground, case.powers);
                examination.base.judge_link(&ground);
            }
        }
        examination
    }

    fn judge_document(&mut self, ground: &Ground<'_>, wanted: PowersWanted) {
        if let Document::Presentation(_) = ground.document {
            self.base.title = Title::without_parties(TitleStateName::None);
            let names = [CheckName::Chain, CheckName::Registry, CheckName::Title, CheckName::History];
            return self.base.findings.extend(names.map(|name| not_applicable(name, &codes::PARTS_SAY)));
        }
        self.base.name_network(ground);
        let method = IssuanceMethod::of(ground.document, ground.integrity);
        if wanted == PowersWanted::Yes && matches!(method, IssuanceMethod::TokenRegistry(..)) {
            match ground.document {
                Document::Credential(credential) => {
                    let key =
                        self.base.proof_key(ground, &credential.proof().verification_method, &credential.issuer().id);
                    self.base.judge_credential_issuer(ground, credential, &key);
                }
                _ => self.base.judge_issuers(ground, &[]),
            }
        }
        match (method, &ground.chain) {
            (IssuanceMethod::TokenRegistry(registry, Some(token)), Ok(chain)) => {
                let of = TokenOfChain { chain: *chain, registry, token };
                self.judge(ground.evidence, ground.policy, wanted, of, self.base.issued_for(ground));
                if let Document::Credential(credential) = ground.document {
                    self.base.judge_token_of_id(credential, token);
                }
            }
            (IssuanceMethod::TokenRegistry(..), Err(chain)) => {
                self.base.without_chain(chain.clone());
                self.nothing_about_the_title(&codes::HISTORY_UNPROVEN);
            }
            (IssuanceMethod::TokenRegistry(_, None), Ok(_)) => {
                self.base.without_chain(not_asked_yet(CheckName::Chain, &codes::CHAIN_RPC_UNAVAILABLE));
                self.nothing_about_the_title(&codes::HISTORY_UNPROVEN);
            }
            (IssuanceMethod::Credential, _) if hides_a_title(ground) => {
                self.base.findings.push(not_applicable(CheckName::Chain, &codes::CHAIN_NOT_NEEDED));
                self.base.with_a_title_that_may_be_withheld();
                self.nothing_about_the_title(&codes::HISTORY_UNPROVEN);
            }
            (method, _) => {
                self.base.title = Title::without_parties(TitleStateName::None);
                if matches!(method, IssuanceMethod::DocumentStore) {
                    let message = "issued through a document store, which a report on a title does not ask".into();
                    let code = &codes::CHAIN_NOT_NEEDED;
                    self.base.findings.push(finding(CheckName::Chain, Outcome::NotApplicable, code, message));
                }
                let none = [
                    (CheckName::Chain, &codes::CHAIN_NOT_NEEDED),
                    (CheckName::Registry, &codes::REGISTRY_NONE),
                    (CheckName::Title, &codes::TITLE_NONE),
                    (CheckName::History, &codes::HISTORY_NONE),
                ];
                self.base.findings.extend(none.map(|(name, code)| not_applicable(name, code)));
            }
        }
    }

    /// Everything is asked at once, so that it is read at one block.
    fn judge(
        &mut self,
        evidence: &Evidence,
        policy: &Policy,
        wanted: PowersWanted,
        of: TokenOfChain,
        issued_for: IssuedFor,
    ) {
        let TokenOfChain { chain, registry, token } = of;
        self.subject = Some(TitleOf { network: Network::of(chain), registry, token_id: token });
        let warnings = self.base.warnings.len();
        let judged = self.base.judge_title(evidence, policy, of, issued_for);
        // What a verification warns about is told here in full, except what is not final yet.
        self.base.warnings.truncate(warnings);
        self.base.warn_of_pending_change();
        let history = match self.history_wanted {
            HistoryWanted::Yes => self.base.answer(evidence, &HistoryQuestion { chain, registry, token }),
            HistoryWanted::No => None,
        };
        let powers = match wanted {
            PowersWanted::Yes => self.base.answer(evidence, &PowersQuestion { chain, registry }),
            PowersWanted::No => None,
        };
        let Some((state, found)) = judged else {
            self.nothing_about_the_title(&codes::HISTORY_UNPROVEN);
            return;
        };
        self.judge_state(&state, &found);
        if let Some(found_history) = history {
            let entry = found_history.entry;
            let check = self.judge_history(found_history, &state, &found, registry, token);
            self.base.findings.push(from_entry(check, entry));
        }
        if let Some(found_powers) = powers {
            let entry = found_powers.entry;
            let check = self.judge_powers(found_powers, &state, &found, registry);
            self.base.findings.push(from_entry(check, entry));
        }
    }

    fn judge_state(&mut self, state: &RegistryReading, found: &RegistryFinding) {
        let (Some(generation), TitleFinding::Known(title)) = (found.generation(), &found.title) else { return };
        self.active = Some(!matches!(title, TitleState::Ended));
        if generation == Generation::V5 {
            let raw = history::remark(&state.title.remark);
            self.remark = raw.and_then(|raw| RemarkFacts::of(&raw, self.key_id.as_deref()));
        }
        if let TitleState::Live(parties) | TitleState::Returned(parties) = title {
            self.parties = roles(parties)
                .into_iter()
                .filter_map(|(role, party)| {
                    Some(PartyFacts { role, account: AccountFacts { address: party?, kind: None } })
                })
                .collect();
        }
    }

    fn judge_history(
        &mut self,
        history: Found<'_, HistoryQuestion>,
        state: &RegistryReading,
        found: &RegistryFinding,
        registry: Address,
        token: TokenId,
    ) -> Check {
        let check = |outcome, code, message| finding(CheckName::History, outcome, code, message);
        let reading = match history_reading(history, &state.block) {
            Ok(reading) => reading,
            Err(check) => return check,
        };
        self.classify(&reading.accounts);
        let Some(generation) = found.generation() else {
            return check(Outcome::Unknown, &codes::HISTORY_UNPROVEN, "the registry is not known to be genuine".into());
        };
        if reading.escrow != state.title.escrow {
            let message = "the logs are of another title escrow than the state".into();
            return check(Outcome::Unknown, &codes::HISTORY_INCOMPLETE, message);
        }
        let history = history::judge(reading, state, &found.title, registry, token, generation);
        let key_id = self.key_id.as_deref();
        self.history = history.entries.iter().map(|entry| HistoryEntry::of(entry, generation, key_id)).collect();
        match history.gap {
            None if found.title == TitleFinding::NotMinted => not_applicable(CheckName::History, &codes::HISTORY_NONE),
            None => {
                self.history_complete = true;
                let count = self.history.len();
                let operations = if count == 1 { "operation" } else { "operations" };
                let since = reading.logs.wanted.first;
                let message = format!("the recorded state follows from {count} {operations} since block {since}");
                check(Outcome::Pass, &codes::HISTORY_COMPLETE, message)
            }
            Some(gap @ Gap::NotCovered { .. }) => {
                let unavailable = reading.logs.missing.iter().cloned().collect();
                Check { unavailable, ..check(Outcome::Unknown, &codes::HISTORY_PARTIAL, gap.to_string()) }
            }
            Some(gap) => check(Outcome::Unknown, &codes::HISTORY_INCOMPLETE, gap.to_string()),
        }
    }

    fn judge_powers(
        &mut self,
        powers: Found<'_, PowersQuestion>,
        state: &RegistryReading,
        found: &RegistryFinding,
        registry: Address,
    ) -> Check {
        let check = |outcome, code, message| finding(CheckName::Powers, outcome, code, message);
        let reading = match powers_reading(powers, &state.block) {
            Ok(reading) => reading,
            Err(check) => return check,
        };
        if found.generation().is_none() {
            return check(Outcome::Unknown, &codes::POWERS_UNPROVEN, "the registry is not known to be genuine".into());
        }
        let judged = powers::judge(reading, registry);
        let outcome = match &judged.gap {
            None => {
                check(Outcome::Pass, &codes::POWERS_KNOWN, "logs and registry agree about who holds the roles".into())
            }
            Some(gap) => check(Outcome::Unknown, &codes::POWERS_NOT_FULLY_KNOWN, gap.to_string()),
        };
        self.powers = Some(PowersFacts::of(judged, found.proxy()));
        outcome
    }

    fn classify(&mut self, accounts: &[AccountReading]) {
        for party in &mut self.parties {
            let reading = accounts.iter().find(|reading| reading.address == party.account.address);
            party.account.kind = reading.map(AccountKind::of);
        }
    }

    fn nothing_about_the_title(&mut self, code: &'static codes::Code) {
        let message = "not known: see the checks before it".into();
        self.base.findings.push(finding(CheckName::History, Outcome::Unknown, code, message));
    }

    fn rest_of_a_broken_document(&mut self) {
        let rest = [CheckName::Chain, CheckName::Registry, CheckName::Issuance, CheckName::Title, CheckName::History];
        self.base.findings.extend(rest.map(|name| not_applicable(name, &codes::NOT_ASKED)));
    }

    fn step(self, case: &TitleCase<'_>) -> Result<TitleReport, Vec<Question>> {
        if !self.base.open_questions.is_empty() {
            return Err(self.base.open_questions);
        }
        let intact = !self.base.findings.failed(CheckName::Integrity);
        let document = match &case.subject {
            TitleSubject::Document(of) => Some(document_facts(of, self.base.network, intact)),
            TitleSubject::Token(_) => None,
        };
        let mut report = TitleReport {
            schema: "ebl-verifier/title/1",
            file: None,
            checked_at: rfc3339(case.now),
            document,
            subject: self.subject,
            title: self.base.title,
            active: self.active,
            remark: self.remark,
            parties: self.parties,
            registry: self.base.registry,
            issuer: if case.powers == PowersWanted::Yes { self.base.issuers } else { Vec::new() },
            history: self.history,
            history_complete: self.history_complete,
            powers: self.powers,
            checks: match self.history_wanted {
                HistoryWanted::Yes => self.base.findings.folded(),
                HistoryWanted::No => self.base.findings.folded_without(CheckName::History),
            },
            next_step: None,
            as_of: self.base.as_of,
            not_checked: Vec::new(),
            warnings: self.base.warnings,
            names: Default::default(),
            tool: Tool::default(),
        };
        report.next_step = crate::verify::next_step::of_title(&report);
        report.not_checked = crate::verify::not_checked::list_for_title(&report);
        report.names = case.names.names_of(report.addresses());
        Ok(report)
    }
}

/// Whether a credential shows no status, and may have one all the same.
fn hides_a_title(ground: &Ground<'_>) -> bool {
    let absent = matches!(ground.document, Document::Credential(it) if matches!(it.status(), CredentialStatus::Absent));
    absent && may_withhold(ground)
}

fn roles(parties: &Parties) -> [(PartyRole, Option<Address>); 5] {
    let rejection = parties.rejection();
    [
        (PartyRole::Holder, Some(parties.holder)),
        (PartyRole::Beneficiary, Some(parties.beneficiary)),
        (PartyRole::Nominee, parties.nominee),
        (PartyRole::PreviousHolder, rejection.holder),
        (PartyRole::PreviousBeneficiary, rejection.beneficiary),
    ]
}

/// The logs, if they were read at the block that the state was read at.
fn history_reading<'e>(history: Found<'e, HistoryQuestion>, block: &BlockReading) -> Result<&'e HistoryReading, Check> {
    match history.answer {
        Ok(reading) if reading.block.hash == block.hash => Ok(reading),
        Ok(reading) => Err(other_block(CheckName::History, &reading.block, block)),
        Err(why) => Err(unavailable(CheckName::History, why, "the history could not be read")),
    }
}

fn powers_reading<'e>(powers: Found<'e, PowersQuestion>, block: &BlockReading) -> Result<&'e PowersReading, Check> {
    match powers.answer {
        Ok(reading) if reading.block.hash == block.hash => Ok(reading),
        Ok(reading) => Err(other_block(CheckName::Powers, &reading.block, block)),
        Err(why) => Err(unavailable(CheckName::Powers, why, "the registry's roles could not be read")),
    }
}

fn other_block(name: CheckName, found: &BlockReading, wanted: &BlockReading) -> Check {
    let message = format!("the state was read at block {}, this at block {}", wanted.number, found.number);
    finding(name, Outcome::Unknown, &codes::CHAIN_BLOCKS_DIFFER, message)
}
