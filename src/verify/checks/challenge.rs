//! The examination of a signed challenge (checks.md §11): is it in force and the one that was expected, whom does the registry
//! record, and did that account sign? Registry and account are read at one block.

use super::chain::wrong_chain;
use super::registry::IssuedFor;
use super::{Examination, Ground, IssuanceMethod, document_facts, finding, from_entry, unavailable};
use crate::challenge::{Challenge, Control, NoControl, TitleRole, control};
use crate::document::Document;
use crate::evidence::{AccountSignatureReading, Evidence, Found, Question};
use crate::primitives::{Address, rfc3339};
use crate::title::account::AccountKind;
use crate::verify::case::TitleSubject;
use crate::verify::challenge_case::Expected;
use crate::verify::challenge_report::{
    ChallengeFacts, ChallengeReport, ControlVerdict, SignatureFacts, SignatureKind, statement,
};
use crate::verify::codes::{self, Code};
use crate::verify::report::{Check, CheckName, Network, Outcome, Strength, Title, TitleStateName, Tool};
use crate::verify::title_report::AccountFacts;
use crate::verify::{ChallengeCase, ChallengeStep, TokenOfChain, budget};

/// Says what is still to be asked, or reports.
pub(in crate::verify) fn run(case: &ChallengeCase<'_>, evidence: &Evidence) -> ChallengeStep {
    let timely = super::timely::timely(evidence, case.policy, case.now);
    let step =
        budget::keep(evidence, timely, case.link(), |evidence| ChallengeExamination::of(case, evidence).step(case));
    match step {
        Ok(report) => ChallengeStep::Report(Box::new(report)),
        Err(questions) => ChallengeStep::Ask(questions),
    }
}

struct ChallengeExamination {
    base: Examination,
    account: Option<AccountKind>,
    control: Option<Control>,
}

impl ChallengeExamination {
    fn of(case: &ChallengeCase<'_>, evidence: &Evidence) -> Self {
        let base = match &case.expected.title {
            Some(TitleSubject::Document(of)) => Examination::new(of),
            _ => Examination::without_document(),
        };
        let mut examination = Self { base, account: None, control: None };
        examination.judge_terms(case);
        examination.judge_expected_title(case, evidence);
        // Whatever was expected, what the text names is what was signed.
        let title = case.challenge.title();
        let judged = examination.base.judge_title(evidence, case.policy, title, IssuedFor::ThisToken).is_some();
        examination.judge_signature(case, evidence);
        examination.judge_party(case, judged);
        examination
    }

    /// Times, replay, and what the caller expected besides the title.
    fn judge_terms(&mut self, case: &ChallengeCase<'_>) {
        let Challenge { subject, domain, purpose, nonce, period } = case.challenge;
        let Expected { role, purpose: wanted_purpose, domain: wanted_domain, nonce: wanted_nonce, .. } = &case.expected;
        let mut wrong: Vec<(&'static Code, String)> = Vec::new();
        let (issued, expires) = (rfc3339(period.issued_at()), rfc3339(period.expires_at()));
        if period.expires_at() <= case.now {
            wrong
                .push((&codes::CHALLENGE_EXPIRED, format!("it expired at {expires}, and it is {}", rfc3339(case.now))));
        }
        if period.issued_at() > case.now.saturating_add(CLOCKS_DIFFER) {
            let message = format!("it was issued at {issued}, and it is {}", rfc3339(case.now));
            wrong.push((&codes::CHALLENGE_NOT_YET_VALID, message));
        }
        if case.accepted_before {
            let message = format!("the challenge with the nonce {nonce} was accepted before");
            wrong.push((&codes::CHALLENGE_REPLAYED, message));
        }
        if let Some(role) = role.filter(|role| *role != subject.role) {
            let message = format!("it is about the {}, and you expected the {role}", subject.role);
            wrong.push((&codes::CHALLENGE_OTHER_ROLE, message));
        }
        if let Some(wanted) = wanted_purpose.as_ref().filter(|wanted| Some(*wanted) != purpose.as_ref()) {
            let found = purpose.as_ref().map_or("no purpose".to_owned(), |purpose| format!("{:?}", purpose.as_str()));
            let message = format!("its purpose is {found}, and you expected {:?}", wanted.as_str());
            wrong.push((&codes::CHALLENGE_OTHER_PURPOSE, message));
        }
        if let Some(wanted) = wanted_domain.as_ref().filter(|wanted| Some(*wanted) != domain.as_ref()) {
            let found = domain.as_ref().map_or("no domain", |domain| domain.as_str());
            let message = format!("{found} asks in it, and you expected {}", wanted.as_str());
            wrong.push((&codes::CHALLENGE_OTHER_DOMAIN, message));
        }
        if let Some(wanted) = wanted_nonce.filter(|wanted| wanted != nonce) {
            let message = format!("its nonce is {nonce}, and you expected {wanted}");
            wrong.push((&codes::CHALLENGE_OTHER_NONCE, message));
        }
        let computed = |outcome, (code, message)| Check {
            strength: Some(Strength::Computed),
            ..finding(CheckName::Challenge, outcome, code, message)
        };
        if wrong.is_empty() {
            let message = format!("in force until {expires}");
            self.base.findings.push(computed(Outcome::Pass, (&codes::CHALLENGE_IN_FORCE, message)));
        }
        self.base.findings.extend(wrong.into_iter().map(|wrong| computed(Outcome::Fail, wrong)));
    }

    /// The title of the caller's own document, or the one that the caller named.
    fn judge_expected_title(&mut self, case: &ChallengeCase<'_>, evidence: &Evidence) {
        let wanted = match &case.expected.title {
            None => return,
            Some(TitleSubject::Token(token)) => *token,
            Some(TitleSubject::Document(of)) => {
                let ground = Ground::of(of, evidence);
                self.base.name_network(&ground);
                self.base.judge_integrity(&ground);
                self.base.judge_link(&ground);
                match (IssuanceMethod::of(ground.document, ground.integrity), ground.chain.clone()) {
                    (IssuanceMethod::TokenRegistry(registry, Some(token)), Ok(chain)) => {
                        if let Document::Credential(credential) = ground.document {
                            self.base.judge_token_of_id(credential, token);
                        }
                        TokenOfChain { chain, registry, token }
                    }
                    (IssuanceMethod::TokenRegistry(..), Err(check)) => return self.base.findings.push(check),
                    _ => {
                        let message = "the document that you gave has no title".to_owned();
                        return self.other_title(message);
                    }
                }
            }
        };
        let found = case.challenge.title();
        if found != wanted {
            let named =
                |title: TokenOfChain| format!("token {} of {} on chain {}", title.token, title.registry, title.chain);
            self.other_title(format!("it is about {}, and you expected {}", named(found), named(wanted)));
        }
    }

    fn other_title(&mut self, message: String) {
        let check = finding(CheckName::Challenge, Outcome::Fail, &codes::CHALLENGE_OTHER_TITLE, message);
        self.base.findings.push(Check { strength: Some(Strength::Computed), ..check });
    }

    /// Whether the account that the challenge names signed its text.
    fn judge_signature(&mut self, case: &ChallengeCase<'_>, evidence: &Evidence) {
        let account = case.challenge.subject.account;
        let Ok(signature) = &case.signature else {
            let why = case.signature.as_ref().err().map(ToString::to_string).unwrap_or_default();
            let check = finding(CheckName::Signature, Outcome::Fail, &codes::CHALLENGE_SIGNATURE_FORM, why);
            return self.base.findings.push(Check { strength: Some(Strength::Computed), ..check });
        };
        let question = case.challenge.question(signature);
        let Some(Found { entry, answer }) = self.base.answer(evidence, &question) else { return };
        let reading = match answer {
            Ok(reading) if reading.chain_id != question.chain.get() => {
                let check = wrong_chain(question.chain, reading.chain_id, entry);
                return self.base.findings.push(Check { name: CheckName::Signature, ..check });
            }
            Ok(reading) => reading.as_ref(),
            Err(why) => {
                let clause = format!("what stands at {account}, and whether it signed, could not be asked");
                let check = unavailable(CheckName::Signature, why, &clause);
                return self.base.findings.push(from_entry(check, entry));
            }
        };
        if let Some(as_of) = self.base.as_of.as_ref().filter(|as_of| as_of.hash != reading.block.hash) {
            let (state, account) = (as_of.block, reading.block.number);
            let message = format!("the title was read at block {state}, and the account at block {account}");
            let check = finding(CheckName::Signature, Outcome::Unknown, &codes::CHAIN_BLOCKS_DIFFER, message);
            return self.base.findings.push(from_entry(check, entry));
        }
        if reading.account.address != account {
            let message = "the answer is about another account".to_owned();
            let check = finding(CheckName::Signature, Outcome::Unknown, &codes::CHAIN_RPC_UNAVAILABLE, message);
            return self.base.findings.push(from_entry(check, entry));
        }
        self.account = Some(AccountKind::of(&reading.account));
        let found = |reading: &AccountSignatureReading| control(reading, case.challenge.digest(), signature);
        let now = found(reading);
        let ahead = reading.newest.after(&reading.block).find(|newer| found(newer).is_ok() != now.is_ok());
        let (outcome, code, message) = match (&now, ahead) {
            (_, Some(newer)) => {
                let block = newer.block.number;
                let there = if now.is_ok() { "no longer" } else { "already" };
                let message =
                    format!("at block {block}, which is not final, {account} {there} stands behind this signature");
                (Outcome::Unknown, &codes::CHALLENGE_CHANGE_PENDING, message)
            }
            (Ok(how), None) => (Outcome::Pass, &codes::CHALLENGE_SIGNED, how.sentence(account)),
            (Err(why), None) => {
                let outcome = if why.is_open() { Outcome::Unknown } else { Outcome::Fail };
                (outcome, code_of(why), why.to_string())
            }
        };
        self.control = now.ok().filter(|_| outcome == Outcome::Pass);
        let mut check = from_entry(finding(CheckName::Signature, outcome, code, message), entry);
        if self.control == Some(Control::Key) {
            check.strength = Some(Strength::Computed);
        }
        self.base.findings.push(check);
    }

    /// Whether the registry records the account that the challenge names, in the role that it names.
    fn judge_party(&mut self, case: &ChallengeCase<'_>, judged: bool) {
        let subject = &case.challenge.subject;
        let (role, account) = (subject.role, subject.account);
        let party = |title: &Title| match title.state {
            TitleStateName::Live => of_role(title, role),
            _ => None,
        };
        let recorded = party(&self.base.title);
        let is_recorded = recorded == Some(account);
        let ahead = self.base.ahead.iter().find(|ahead| (party(&ahead.title) == Some(account)) != is_recorded);
        let state = self.base.title.state;
        let (outcome, code, message) = match (recorded, ahead) {
            _ if !judged || matches!(state, TitleStateName::Unknown | TitleStateName::None) => {
                let message = format!("whom the registry records as {role} is not known: see the checks before it");
                (Outcome::Unknown, &codes::CHALLENGE_PARTY_UNKNOWN, message)
            }
            (_, Some(ahead)) => {
                let there = match party(&ahead.title) {
                    Some(other) => format!("the registry records {other} as {role}"),
                    None => "the title is not live".to_owned(),
                };
                let message = format!("a change is pending: at block {}, which is not final, {there}", ahead.block);
                (Outcome::Unknown, &codes::CHALLENGE_CHANGE_PENDING, message)
            }
            (Some(_), None) if is_recorded => {
                (Outcome::Pass, &codes::CHALLENGE_PARTY, format!("the registry records {account} as {role}"))
            }
            (Some(other), None) => {
                let who = self.who_signed(case, other);
                let message = format!("the registry records {other} as {role}, the challenge names {account}{who}");
                (Outcome::Fail, &codes::CHALLENGE_PARTY_CHANGED, message)
            }
            (None, None) => {
                let message = format!("the title is not live, so the registry records no {role}");
                (Outcome::Fail, &codes::CHALLENGE_NO_PARTY, message)
            }
        };
        let check = finding(CheckName::Party, outcome, code, message);
        let read = self.base.findings.iter().find(|check| check.name == CheckName::Registry);
        let (answered_by, strength) = read.map(|check| (check.answered_by.clone(), check.strength)).unwrap_or_default();
        self.base.findings.push(Check { answered_by, strength, ..check });
    }

    /// Which of two accounts did, to go behind both.
    fn who_signed(&self, case: &ChallengeCase<'_>, recorded: Address) -> &'static str {
        let signer = case.key_signer();
        if self.control.is_some() {
            "; the one that the challenge names signed"
        } else if signer == Some(recorded) {
            "; the one that is recorded now signed"
        } else {
            ""
        }
    }

    fn step(self, case: &ChallengeCase<'_>) -> Result<ChallengeReport, Vec<Question>> {
        if !self.base.open_questions.is_empty() {
            return Err(self.base.open_questions);
        }
        let intact = !self.base.findings.failed(CheckName::Integrity);
        let document = match &case.expected.title {
            Some(TitleSubject::Document(of)) => Some(document_facts(of, self.base.network, intact)),
            _ => None,
        };
        let checks = self.base.findings.folded();
        let verdict = ControlVerdict::of(checks.iter().flat_map(Check::outcomes).map(|(_, outcome)| outcome));
        let subject = &case.challenge.subject;
        let kind = match (&case.signature, self.control) {
            (Err(_), _) => SignatureKind::Malformed,
            (Ok(_), Some(Control::Key)) => SignatureKind::Key,
            (Ok(_), Some(Control::Contract)) => SignatureKind::Contract,
            (Ok(_), Some(Control::ContractToBe)) => SignatureKind::ContractToBe,
            (Ok(_), None) => SignatureKind::Unconfirmed,
        };
        let mut report = ChallengeReport {
            schema: "ebl-verifier/challenge/1",
            file: None,
            checked_at: rfc3339(case.now),
            verdict,
            statement: statement(verdict, subject.role, self.base.as_of.as_ref()),
            challenge: ChallengeFacts::of(case.challenge, Network::of(subject.chain)),
            signature: SignatureFacts { kind, signer: self.account.filter(has_a_key).and_then(|_| case.key_signer()) },
            account: AccountFacts { address: subject.account, kind: self.account },
            document,
            title: self.base.title,
            registry: self.base.registry,
            checks,
            as_of: self.base.as_of,
            not_checked: Vec::new(),
            warnings: self.base.warnings,
            names: Default::default(),
            tool: Tool::default(),
        };
        report.not_checked = crate::verify::not_checked::list_for_challenge(&report);
        report.names = case.names.names_of(report.addresses());
        Ok(report)
    }
}

fn code_of(why: &NoControl) -> &'static Code {
    match why {
        NoControl::Form { .. } => &codes::CHALLENGE_SIGNATURE_FORM,
        NoControl::OtherSigner { .. } | NoControl::Nobody { .. } => &codes::CHALLENGE_OTHER_SIGNER,
        NoControl::Refused { .. } => &codes::CHALLENGE_NOT_ACCEPTED,
        NoControl::NotDeployed { .. } => &codes::CHALLENGE_NOT_DEPLOYED,
        NoControl::NoAnswer { .. } => &codes::CHALLENGE_NO_ANSWER,
    }
}

/// A contract has none; what its signatures come to as those of a key is nobody.
fn has_a_key(kind: &AccountKind) -> bool {
    matches!(kind, AccountKind::Ordinary | AccountKind::Delegated { .. })
}

pub(in crate::verify) fn of_role(title: &Title, role: TitleRole) -> Option<Address> {
    match role {
        TitleRole::Holder => title.holder,
        TitleRole::Beneficiary => title.beneficiary,
    }
}

/// Two clocks that are right may differ by so much, as those of chains may (chain.md §5.3).
const CLOCKS_DIFFER: i64 = 120;
