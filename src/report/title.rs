//! A title as a person reads it: state, parties, then the history as a table, the powers, the checks, and what was not
//! checked. Everything from outside is escaped; nothing is cut silently.

use std::fmt::Write as _;

use super::human::{Page, Style, utc};
use crate::primitives::Address;
use crate::text::{columns, escape_for_terminal as escape};
use crate::verify::{
    AccountFacts, HistoryEntry, Outcome, PartyRole, PowersFacts, TitleReport, TitleStateName, Verdict,
};

/// Renders the report on the title that `name` stands for.
pub fn render(report: &TitleReport, name: &str, style: Style) -> String {
    let mut page = Page::new(style, &report.names);
    let (word, color) = headline(report);
    page.headline(word, color, name);
    facts(&mut page, report);
    if !report.history.is_empty() {
        history(&mut page, report);
    }
    if let Some(powers) = &report.powers {
        sentences(&mut page, powers, report);
    }
    page.checks(&report.checks);
    for warning in &report.warnings {
        page.hanging("  note        ", &escape(warning));
    }
    page.next_step(report.next_step.as_ref());
    page.not_checked(&report.not_checked);
    page.out
}

fn headline(report: &TitleReport) -> (&'static str, &'static str) {
    match (report.title.state, report.verdict()) {
        (_, Verdict::Invalid) if report.title.state != TitleStateName::NotIssued => ("INVALID", "31"),
        (TitleStateName::Live, Verdict::Indeterminate) if leaves(report) => ("LIVE, CHANGE PENDING", "33"),
        (TitleStateName::Live, _) => ("LIVE", "32"),
        (TitleStateName::Returned, _) => ("RETURNED", "33"),
        (TitleStateName::Ended, _) => ("ENDED", "33"),
        (TitleStateName::NotIssued, _) if report.title.pending.is_some() => ("NOT FINAL YET", "33"),
        (TitleStateName::NotIssued, _) => ("NOT ISSUED", "31"),
        (TitleStateName::None, _) => ("NO TITLE", "33"),
        (TitleStateName::Unknown, _) => ("UNKNOWN", "33"),
    }
}

/// A newer block says that the title is live no more.
fn leaves(report: &TitleReport) -> bool {
    report.title.pending.as_ref().is_some_and(|pending| pending.state != TitleStateName::Live)
}

fn facts(page: &mut Page<'_>, report: &TitleReport) {
    let before = page.out.len();
    for party in &report.parties {
        let label = match party.role {
            PartyRole::Holder => "  Holder      ",
            PartyRole::Beneficiary => "  Beneficiary ",
            PartyRole::Nominee => "  Nominee     ",
            PartyRole::PreviousHolder | PartyRole::PreviousBeneficiary => "  May reject  ",
        };
        let account = account(page, party.account);
        let text = match party.role {
            PartyRole::PreviousHolder => format!("the last transfer of possession, which gives it back to {account}"),
            PartyRole::PreviousBeneficiary => format!("the last endorsement, which gives the title back to {account}"),
            _ => account,
        };
        page.hanging(label, &text);
    }
    if report.title.state == TitleStateName::Ended {
        page.hanging("  Title       ", "ended: accepted by the issuer, no parties, its escrow does not act any more");
    }
    if report.title.state == TitleStateName::Returned {
        page.hanging("  Title       ", "returned to the issuer, who may accept it or give it back to these parties");
    }
    if let Some(remark) = &report.remark {
        let text = match (&remark.text, remark.reading) {
            (Some(text), Some(reading)) => format!("“{}” ({reading}, not authenticated)", escape(text)),
            _ => format!("{}, which makes no text", remark.raw),
        };
        page.hanging("  Remark      ", &text);
    }
    if let Some(registry) = &report.registry {
        let network = report.subject.as_ref().map(|subject| format!(" on {}", subject.network)).unwrap_or_default();
        let paused = match registry.paused {
            Some(true) => ", PAUSED: nothing can be transferred or returned now",
            Some(false) => ", not paused",
            None => "",
        };
        page.registry(registry, &network, paused);
    }
    if let Some(subject) = &report.subject {
        page.hanging("  Token       ", &subject.token_id.to_string());
    }
    if let Some(as_of) = &report.as_of {
        page.as_of(as_of);
    }
    if page.out.len() > before {
        page.out.push('\n');
    }
}

fn account(page: &Page<'_>, account: AccountFacts) -> String {
    let kind = account.kind.map(|kind| format!(", {kind}")).unwrap_or_default();
    format!("{}{kind}", page.address(account.address))
}

fn history(page: &mut Page<'_>, report: &TitleReport) {
    let count = report.history.len();
    let whole = if report.history_complete { "complete" } else { "INCOMPLETE" };
    let color = if report.history_complete { "1" } else { "1;33" };
    let plural = if count == 1 { "operation" } else { "operations" };
    let title = page.painted(&format!("History, {whole}: {count} {plural}"), color);
    let _ = writeln!(page.out, "  {title}\n");
    let rows: Vec<[String; 6]> = report.history.iter().map(|entry| row(page, entry)).collect();
    let heads = ["time (UTC)", "operation", "beneficiary", "holder", "nominee", "block"].map(str::to_owned);
    let width = |column: usize| {
        let cells = std::iter::once(&heads).chain(&rows).filter_map(|row| row.get(column));
        cells.map(|cell| columns(cell)).max().unwrap_or_default()
    };
    let widths: Vec<usize> = (0..6).map(width).collect();
    let line = |cells: &[String; 6]| {
        let padded = cells.iter().zip(&widths).map(|(cell, &width)| {
            let filler = " ".repeat(width.saturating_sub(columns(cell)));
            format!("{cell}{filler}")
        });
        format!("  {}", padded.collect::<Vec<_>>().join("  ").trim_end())
    };
    let fits = widths.iter().sum::<usize>() + 2 * widths.len() <= page.style.width;
    if fits {
        let head = page.painted(&line(&heads), "2");
        let _ = writeln!(page.out, "{head}");
    }
    for (cells, entry) in rows.iter().zip(&report.history) {
        if fits {
            let _ = writeln!(page.out, "{}", line(cells));
        } else {
            stacked(page, cells);
        }
        details(page, entry, widths.first().copied().unwrap_or_default() + 4);
    }
    if !report.names.is_empty() {
        let _ = writeln!(page.out, "\n  Names are from your address book.");
    }
    page.out.push('\n');
}

/// A row where the table would be wider than the screen.
fn stacked(page: &mut Page<'_>, [time, operation, owner, holder, nominee, block]: &[String; 6]) {
    let nominee = if nominee.is_empty() { String::new() } else { format!(", nominee {nominee}") };
    let text = format!("{operation}: beneficiary {owner}, holder {holder}{nominee}, block {block}");
    page.hanging(&format!("  {time}  "), &text);
}

/// What stands below a row.
fn details(page: &mut Page<'_>, entry: &HistoryEntry, indent: usize) {
    let indent = " ".repeat(indent);
    match (&entry.remark, &entry.remark_raw) {
        (Some(remark), _) => page.hanging(&indent, &format!("“{}”", escape(remark))),
        (None, Some(raw)) => page.hanging(&indent, &format!("remark {raw}")),
        (None, None) => {}
    }
    if page.style.verbose {
        let dcsa = if entry.dcsa.is_empty() { String::new() } else { format!(", DCSA {}", entry.dcsa.join(" + ")) };
        page.hanging(&indent, &format!("{}, tx {}, log {}{dcsa}", entry.r#type, entry.tx, entry.log_index));
    }
}

fn row(page: &Page<'_>, entry: &HistoryEntry) -> [String; 6] {
    let party = |party: Option<Address>| party.map_or_else(|| "–".to_owned(), |party| page.table_address(party));
    [
        entry.timestamp.and_then(time).unwrap_or_else(|| "not known".to_owned()),
        words(entry).to_owned(),
        party(entry.owner),
        party(entry.holder),
        entry.nominee.map(|nominee| page.table_address(nominee)).unwrap_or_default(),
        entry.block.to_string(),
    ]
}

/// The interchange name in words.
fn words(entry: &HistoryEntry) -> &'static str {
    words_for(entry.r#type, entry.nominee.is_some())
}

/// As [`words`]; of a nomination whether somebody is nominated after it.
pub(super) fn words_for(operation: &'static str, is_nominated: bool) -> &'static str {
    match operation {
        "INITIAL" => "issued",
        "TRANSFER_OWNERS" => "endorsed and handed over",
        "TRANSFER_BENEFICIARY" => "endorsed",
        "TRANSFER_HOLDER" => "handed over",
        "REJECT_TRANSFER_OWNERS" => "endorsement and handover rejected",
        "REJECT_TRANSFER_BENEFICIARY" => "endorsement rejected",
        "REJECT_TRANSFER_HOLDER" => "handover rejected",
        "NOMINATION" if !is_nominated => "nomination cancelled",
        "NOMINATION" => "nominated",
        "RETURNED_TO_ISSUER" | "SURRENDERED" => "returned to the issuer",
        "RETURN_TO_ISSUER_REJECTED" | "SURRENDER_REJECTED" => "return rejected",
        "RETURN_TO_ISSUER_ACCEPTED" | "SURRENDER_ACCEPTED" => "return accepted: ended",
        other => other,
    }
}

fn time(seconds: u64) -> Option<String> {
    let time = jiff::Timestamp::from_second(i64::try_from(seconds).ok()?).ok()?;
    Some(time.to_string().replace('T', " ").replace('Z', ""))
}

fn sentences(page: &mut Page<'_>, powers: &PowersFacts, report: &TitleReport) {
    let title = page.painted("Powers over the registry", "1");
    let _ = writeln!(page.out, "  {title}\n");
    for sentence in powers.sentences_with(|account| page.address(account)) {
        page.hanging("    - ", &sentence);
    }
    if let (Some(block), Some(since)) = (powers.since_block, &powers.since) {
        page.hanging("    - ", &format!("it says that it exists since block {block}, {}", utc(since)));
    }
    for issuer in &report.issuer {
        let domain = issuer.domain.as_deref().map(|domain| escape(domain).into_owned());
        let by_key = report.document.as_ref().is_some_and(|document| document.credential.is_some());
        let text = match (domain, issuer.confirmed) {
            (Some(domain), _) if by_key => {
                format!(
                    "whether {domain} names this registry is not known: a W3C credential is tied to it by a key alone"
                )
            }
            (Some(domain), true) => format!("{domain}, which the document names, names this registry"),
            (Some(domain), false) => format!("that {domain} names this registry is not confirmed"),
            (None, _) => "the document names no domain that could name this registry".to_owned(),
        };
        page.hanging("    - ", &text);
    }
    if report.checks.iter().any(|check| check.outcome == Outcome::Unknown) {
        page.hanging("    - ", "see the checks for what could not be found out");
    }
    page.out.push('\n');
}
