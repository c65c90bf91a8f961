//! The recorded parties of a title, and what they can do with it, a row each.

use super::{Row, Teller};
use crate::verify::{AccountFacts, PartyRole, TitleReport, TitleStateName};

/// The parties, what became of the title where it is live no more, and the last remark.
pub(super) fn rows(report: &TitleReport, teller: &Teller<'_>) -> Vec<Row> {
    let mut rows: Vec<Row> = report.parties.iter().map(|party| row(party.role, party.account, teller)).collect();
    match report.title.state {
        TitleStateName::Ended => {
            rows.push(Row::new("Title", "ended: accepted by the issuer, no parties, its escrow does not act any more"))
        }
        TitleStateName::Returned => {
            rows.push(Row::new("Title", "returned to the issuer, who may accept it or give it back to these parties"))
        }
        _ => {}
    }
    if let Some(remark) = &report.remark {
        rows.push(Row::new(
            "Remark",
            match (&remark.text, remark.reading) {
                (Some(text), Some(reading)) => format!("“{text}” ({reading}, not authenticated)"),
                _ => format!("{}, which makes no text", remark.raw),
            },
        ));
    }
    rows
}

fn row(role: PartyRole, facts: AccountFacts, teller: &Teller<'_>) -> Row {
    let account = account(facts, teller);
    match role {
        PartyRole::Holder => Row::new("Holder", account),
        PartyRole::Beneficiary => Row::new("Beneficiary", account),
        PartyRole::Nominee => Row::new("Nominee", account),
        PartyRole::PreviousHolder => {
            Row::new("May reject", format!("the last transfer of possession, which gives it back to {account}"))
        }
        PartyRole::PreviousBeneficiary => {
            Row::new("May reject", format!("the last endorsement, which gives the title back to {account}"))
        }
    }
}

fn account(account: AccountFacts, teller: &Teller<'_>) -> String {
    let kind = account.kind.map(|kind| format!(", {kind}")).unwrap_or_default();
    format!("{}{kind}", teller.address(account.address))
}
