//! What newer blocks say beside the settled one that is judged (chain.md §5.3). They are never relied on: what they take away
//! is not known, what they give is not there yet, and anything else is told. Nobody but the endpoint whose block it is was
//! asked about it.

use super::registry::title_facts;
use super::{Check, Examination, finding, instead};
use crate::evidence::RegistryReading;
use crate::primitives::{Address, TokenId};
use crate::title;
use crate::verify::codes::{self, Code};
use crate::verify::policy::AcceptedState;
use crate::verify::report::{CheckName, Outcome, PendingChange, Title, TitleStateName};
use crate::verify::{Policy, WarningKind};

/// The title at a newer block.
pub(super) struct Ahead {
    pub(super) block: u64,
    pub(super) title: Title,
}

impl Examination {
    /// Looks whether the title is another one at a newer block, before what `checks` says of the settled one counts as found.
    /// An answer that makes no sense says nothing.
    pub(super) fn look_ahead(
        &mut self,
        reading: &RegistryReading,
        (registry, token): (Address, TokenId),
        trusted_by_caller: bool,
        policy: &Policy,
        checks: &mut [Check],
    ) {
        if reading.contract.code.is_empty() {
            return await_registry(reading, registry, checks);
        }
        for latest in reading.at_newest() {
            let found = title::judge(&latest, registry, token, trusted_by_caller);
            // A registry whose word does not count says nothing of a change either.
            if found.generation().is_none() {
                continue;
            }
            let title = title_facts(&found.title, true);
            let known = |title: &Title| !matches!(title.state, TitleStateName::Unknown | TitleStateName::None);
            if title != self.title && known(&title) && known(&self.title) {
                self.ahead.push(Ahead { block: latest.block.number, title });
            }
        }
        let decisive = self.ahead.iter().find(|ahead| pending_codes(&self.title, &ahead.title, policy).is_some());
        let Some(Ahead { block, title }) = decisive.or(self.ahead.first()) else { return };
        let codes = pending_codes(&self.title, title, policy);
        let Title { state, holder, beneficiary, nominee, .. } = title.clone();
        self.title.pending = Some(Box::new(PendingChange { block: *block, state, holder, beneficiary, nominee }));
        let told = sentence(&self.title);
        for (name, code) in codes.into_iter().flatten() {
            let message = told.clone().unwrap_or_else(|| code.meaning.trim_end_matches('.').to_owned());
            for check in checks.iter_mut().filter(|check| check.name == name) {
                instead(check, Outcome::Unknown, code, message.clone());
            }
        }
    }

    /// Says that a change is pending, if one is that no check speaks of.
    pub(super) fn warn_of_pending_change(&mut self) {
        let pending = [
            &codes::TITLE_RETURN_PENDING,
            &codes::TITLE_END_PENDING,
            &codes::TITLE_CHANGE_PENDING,
            &codes::TITLE_NOT_FINAL,
        ];
        if self.findings.iter().any(|check| pending.contains(&check.code)) {
            return;
        }
        if let Some(text) = sentence(&self.title) {
            self.warn(WarningKind::ChangePending, text);
        }
    }

    /// What a check of a store or a key comes to, where it would come to something else at newer blocks.
    pub(super) fn beside_newer(&mut self, check: Check, newer: Vec<Newer>) -> Check {
        for ahead in &newer {
            if let Some(code) = taken_away(&check, &ahead.check) {
                let message = format!("{}: {}", beginning(code), ahead.sentence());
                return Check {
                    answered_by: check.answered_by,
                    unavailable: check.unavailable,
                    strength: check.strength,
                    ..finding(check.name, Outcome::Unknown, code, message)
                };
            }
        }
        let differs =
            |ahead: &&Newer| ahead.otherwise || (ahead.check.outcome, ahead.check.code) != (check.outcome, check.code);
        if let Some(ahead) = newer.iter().find(differs) {
            self.warn(WarningKind::ChangePending, format!("a change is pending: {}", ahead.sentence()));
        }
        check
    }
}

/// A registry that is there only in a newer block is not one that does not exist.
fn await_registry(reading: &RegistryReading, registry: Address, checks: &mut [Check]) {
    let mut newer = reading.newest.after(&reading.block);
    let Some(latest) = newer.find(|latest| latest.registry_code_size > 0) else { return };
    let message = format!(
        "not final yet: at block {}, which is not final, there is a contract at {registry}",
        latest.block.number
    );
    let resting = [CheckName::Registry, CheckName::Issuance];
    for check in checks.iter_mut().filter(|check| resting.contains(&check.name)) {
        instead(check, Outcome::Unknown, &codes::REGISTRY_NOT_FINAL, message.clone());
    }
}

/// What a check would come to at a newer block.
pub(super) struct Newer {
    pub(super) block: u64,
    pub(super) check: Check,
    /// Whether it rests on something else there, though it may come to the same.
    pub(super) otherwise: bool,
}

impl Newer {
    fn sentence(&self) -> String {
        format!("at block {}, which is not final, {}", self.block, self.check.message)
    }
}

/// The checks that a newer title leaves open, if it takes away what the document needs or has not come yet.
fn pending_codes(now: &Title, ahead: &Title, policy: &Policy) -> Option<Vec<(CheckName, &'static Code)>> {
    if now.state == TitleStateName::NotIssued {
        return Some(vec![
            (CheckName::Issuance, &codes::ISSUANCE_NOT_FINAL),
            (CheckName::Title, &codes::TITLE_NOT_FINAL),
        ]);
    }
    let counts = |title: &Title| match title.state {
        TitleStateName::Live => policy.accepts(AcceptedState::Live),
        TitleStateName::Returned => policy.accepts(AcceptedState::Returned),
        TitleStateName::Ended => policy.accepts(AcceptedState::Ended),
        TitleStateName::NotIssued | TitleStateName::None | TitleStateName::Unknown => false,
    };
    let code = match ahead.state {
        _ if !counts(now) || counts(ahead) => return None,
        TitleStateName::Returned => &codes::TITLE_RETURN_PENDING,
        TitleStateName::Ended => &codes::TITLE_END_PENDING,
        _ => &codes::TITLE_CHANGE_PENDING,
    };
    Some(vec![(CheckName::Title, code)])
}

/// Whether the same check at a newer block leaves nothing known. What is settled against a document stays so.
fn taken_away(check: &Check, ahead: &Check) -> Option<&'static Code> {
    let revoked = [&codes::ISSUANCE_REVOKED, &codes::ISSUANCE_ANCESTOR_REVOKED].contains(&ahead.code);
    let unissued = [&codes::ISSUANCE_NOT_ISSUED, &codes::ISSUANCE_STORE_NO_CONTRACT].contains(&check.code);
    Some(match (check.outcome, ahead.outcome) {
        (Outcome::Pass, Outcome::Fail) if revoked => &codes::ISSUANCE_REVOCATION_PENDING,
        (Outcome::Pass, Outcome::Fail) if of_a_store(ahead.code) => &codes::ISSUANCE_CHANGE_PENDING,
        (Outcome::Pass, Outcome::Fail) => &codes::ISSUANCE_KEY_CHANGE_PENDING,
        (Outcome::Fail, Outcome::Pass) if unissued => &codes::ISSUANCE_NOT_FINAL,
        (Outcome::Fail, Outcome::Fail) if unissued && revoked => &codes::ISSUANCE_REVOCATION_PENDING,
        (Outcome::Fail, Outcome::Pass) if check.code == &codes::ISSUANCE_KEY_NOT_IN_DID => {
            &codes::ISSUANCE_KEY_CHANGE_PENDING
        }
        _ => return None,
    })
}

fn of_a_store(code: &'static Code) -> bool {
    let others = [
        &codes::ISSUANCE_NOT_ISSUED,
        &codes::ISSUANCE_STORE_NO_CONTRACT,
        &codes::ISSUANCE_STORE_CONTRADICTS_ITSELF,
        &codes::ISSUANCE_SHARED_TOKEN,
    ];
    others.contains(&code)
}

fn beginning(code: &'static Code) -> &'static str {
    if code == &codes::ISSUANCE_NOT_FINAL {
        "issued, not final yet"
    } else if code == &codes::ISSUANCE_REVOCATION_PENDING {
        "a revocation is pending"
    } else {
        "a change is pending"
    }
}

fn sentence(title: &Title) -> Option<String> {
    let pending = title.pending.as_deref()?;
    let parties = match (pending.holder, pending.beneficiary) {
        (Some(holder), Some(beneficiary)) => format!("{holder} as holder, {beneficiary} as beneficiary"),
        _ => String::new(),
    };
    let same_parties = (title.holder, title.beneficiary) == (pending.holder, pending.beneficiary);
    let (what, there) = match (title.state, pending.state) {
        (TitleStateName::Live, TitleStateName::Live) if !same_parties => {
            ("a transfer", format!("the registry records {parties}"))
        }
        (TitleStateName::Live, TitleStateName::Live) => match pending.nominee {
            now if now == title.nominee => ("a change", "another right to reject the last transfer stands".to_owned()),
            Some(nominee) => ("a nomination", format!("{nominee} is nominated as the next beneficiary")),
            None => ("a change", "nobody is nominated as the next beneficiary".to_owned()),
        },
        (TitleStateName::NotIssued, TitleStateName::Live) => {
            return Some(format!(
                "issued, not final yet: at block {}, which is not final, the title is issued, and the registry records {parties}",
                pending.block
            ));
        }
        (_, TitleStateName::Live) => ("a change", format!("the title is live, and the registry records {parties}")),
        (_, TitleStateName::Returned) => ("a change", "the title is returned to the issuer".to_owned()),
        (_, TitleStateName::Ended) => ("a change", "the title has ended".to_owned()),
        (_, TitleStateName::NotIssued) => ("a change", "the registry knows no such title".to_owned()),
        (_, TitleStateName::None | TitleStateName::Unknown) => return None,
    };
    Some(format!("{what} is pending: at block {}, which is not final, {there}", pending.block))
}
