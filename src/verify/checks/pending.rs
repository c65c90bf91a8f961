//! What the newest block says of a title, beside the finalized one that is judged (chain.md §5.3). It is told, and decides
//! nothing: the block may still be replaced, and nobody but one endpoint was asked for it.

use super::Examination;
use super::registry::title_facts;
use crate::evidence::RegistryReading;
use crate::primitives::{Address, TokenId};
use crate::title;
use crate::verify::WarningKind;
use crate::verify::report::{PendingChange, Title, TitleStateName};

impl Examination {
    /// Looks whether the title is another one at the newest block. An answer that makes no sense says nothing.
    pub(super) fn look_ahead(
        &mut self,
        reading: &RegistryReading,
        registry: Address,
        token: TokenId,
        trusted_by_caller: bool,
    ) {
        let Some(latest) = reading.at_latest() else { return };
        let found = title::judge(&latest, registry, token, trusted_by_caller);
        // A registry whose word does not count says nothing of a change either.
        if found.generation().is_none() {
            return;
        }
        let there = title_facts(&found.title, true);
        let known = |title: &Title| !matches!(title.state, TitleStateName::Unknown | TitleStateName::None);
        if there == self.title || !known(&there) || !known(&self.title) {
            return;
        }
        let Title { state, holder, beneficiary, nominee, .. } = there;
        let block = latest.block.number;
        self.title.pending = Some(Box::new(PendingChange { block, state, holder, beneficiary, nominee }));
        self.warn_of_pending_change();
    }

    /// Says that a change is pending, if one is.
    pub(super) fn warn_of_pending_change(&mut self) {
        if let Some(text) = sentence(&self.title) {
            self.warn(WarningKind::ChangePending, text);
        }
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
            ("the issuance", format!("the title was issued, and the registry records {parties}"))
        }
        (_, TitleStateName::Live) => ("a change", format!("the title is live, and the registry records {parties}")),
        (_, TitleStateName::Returned) => ("a change", "the title is returned to the issuer".to_owned()),
        (_, TitleStateName::Ended) => ("a change", "the title has ended".to_owned()),
        (_, TitleStateName::NotIssued) => ("a change", "the registry knows no such title".to_owned()),
        (_, TitleStateName::None | TitleStateName::Unknown) => return None,
    };
    Some(format!("{what} is pending: at block {}, which is not final, {there}", pending.block))
}
