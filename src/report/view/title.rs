//! The report on a title, section by section.

use super::checks::Checks;
use super::evidence::{self, Basis};
use super::{Headline, Row, Section, Standing, Teller, Telling, View, next, unless_empty, utc};
use crate::verify::{NamesBy, Outcome, PowersFacts, TitleReport, TitleStateName, Verdict};

pub(super) fn view(report: &TitleReport, name: &str, telling: Telling) -> View {
    let teller = Teller { telling, names: &report.names, names_by: NamesBy::Caller };
    let mut sections = Vec::new();
    sections.extend(unless_empty(facts(report, &teller), Section::Facts));
    sections.extend(super::history::section(report, &teller));
    sections.extend(report.powers.as_ref().map(|powers| Section::Powers(sentences(powers, report, &teller))));
    sections.push(Section::Checks(Checks::of(&report.checks, telling)));
    sections.extend(unless_empty(report.warnings.clone(), Section::Notes));
    sections.extend(next(report.next_step.as_ref()));
    sections.extend(unless_empty(report.not_checked.clone(), Section::NotChecked));
    let basis = Basis {
        checked_at: &report.checked_at,
        tool: &report.tool,
        document: report.document.as_ref(),
        token: report.subject.as_ref().map(|subject| subject.token_id),
        as_of: report.as_of.as_ref(),
    };
    sections.extend(evidence::sections(&basis, telling));
    let (words, standing) = words(report);
    let headline = Headline { words, standing, subject: name.to_owned(), meaning: meaning(report).into() };
    View { headline, sections, parts: Vec::new() }
}

fn words(report: &TitleReport) -> (&'static str, Standing) {
    match (report.title.state, report.verdict()) {
        (_, Verdict::Invalid) if report.title.state != TitleStateName::NotIssued => ("INVALID", Standing::Bad),
        (TitleStateName::Live, Verdict::Indeterminate) if leaves(report) => {
            ("LIVE, CHANGE PENDING", Standing::Doubtful)
        }
        (TitleStateName::Live, _) => ("LIVE", Standing::Good),
        (TitleStateName::Returned, _) => ("RETURNED", Standing::Doubtful),
        (TitleStateName::Ended, _) => ("ENDED", Standing::Doubtful),
        (TitleStateName::NotIssued, _) if report.title.pending.is_some() => ("NOT FINAL YET", Standing::Doubtful),
        (TitleStateName::NotIssued, _) => ("NOT ISSUED", Standing::Bad),
        (TitleStateName::None, _) => ("NO TITLE", Standing::Doubtful),
        (TitleStateName::Unknown, _) => ("UNKNOWN", Standing::Doubtful),
    }
}

fn meaning(report: &TitleReport) -> &'static str {
    match (report.title.state, report.verdict()) {
        (_, Verdict::Invalid) if report.title.state != TitleStateName::NotIssued => {
            "There is evidence against the title or its document: at least one check failed."
        }
        (TitleStateName::Live, Verdict::Indeterminate) if leaves(report) => {
            "The registry records the title as live, and a newer block, which is not final yet, says that it is so no more."
        }
        (TitleStateName::Live, Verdict::Indeterminate) => {
            "The registry records the title as live; something else that was asked could not be found out."
        }
        (TitleStateName::Live, _) => "The registry records the title as live.",
        (TitleStateName::Returned, _) => "The title has been returned to the issuer: it is not live.",
        (TitleStateName::Ended, _) => "The title has ended: nothing can be claimed with it.",
        (TitleStateName::NotIssued, _) if report.title.pending.is_some() => {
            "The title is issued in a newer block, which is not final yet."
        }
        (TitleStateName::NotIssued, _) => "The registry has no such title.",
        (TitleStateName::None, _) => {
            "The document is no transferable record, so it has no title that anybody could hold."
        }
        (TitleStateName::Unknown, _) => {
            "What is recorded of the title could not be found out, which speaks neither for it nor against it."
        }
    }
}

/// A newer block says that the title is live no more.
fn leaves(report: &TitleReport) -> bool {
    report.title.pending.as_ref().is_some_and(|pending| pending.state != TitleStateName::Live)
}

fn facts(report: &TitleReport, teller: &Teller<'_>) -> Vec<Row> {
    let mut rows = super::parties::rows(report, teller);
    if let Some(registry) = &report.registry {
        let network = report.subject.as_ref().map(|subject| format!(" on {}", subject.network)).unwrap_or_default();
        rows.push(super::facts::registry_row(registry, &network, super::facts::paused(registry), teller));
    }
    rows.extend(report.subject.as_ref().map(|subject| Row::new("Token", subject.token_id.to_string())));
    rows.extend(report.as_of.as_ref().map(super::facts::as_of_row));
    rows
}

fn sentences(powers: &PowersFacts, report: &TitleReport, teller: &Teller<'_>) -> Vec<String> {
    let mut sentences = powers.sentences_with(|account| teller.address(account));
    if let (Some(block), Some(since)) = (powers.since_block, &powers.since) {
        sentences.push(format!("it says that it exists since block {block}, {}", utc(since)));
    }
    let by_key = report.document.as_ref().is_some_and(|document| document.credential.is_some());
    sentences.extend(report.issuer.iter().map(|issuer| match (&issuer.domain, issuer.confirmed) {
        (Some(domain), _) if by_key => {
            format!("whether {domain} names this registry is not known: a W3C credential is tied to it by a key alone")
        }
        (Some(domain), true) => format!("{domain}, which the document names, names this registry"),
        (Some(domain), false) => format!("that {domain} names this registry is not confirmed"),
        (None, _) => "the document names no domain that could name this registry".to_owned(),
    }));
    if report.checks.iter().any(|check| check.outcome == Outcome::Unknown) {
        sentences.push("see the checks for what could not be found out".to_owned());
    }
    sentences
}
