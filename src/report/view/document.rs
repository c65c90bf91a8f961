//! The report on a document, section by section.

use super::checks::{Checks, Finding, policy};
use super::evidence::{self, Basis};
use super::history::History;
use super::{Headline, Section, Standing, Teller, Telling, View, next, unless_empty};
use crate::verify::{CheckName, NamesBy, Outcome, Report, TitleReport, TitleStateName, Verdict, codes};

pub(super) fn view(report: &Report, titles: &[TitleReport], file: &str, telling: Telling) -> View {
    let own = titles.first().filter(|_| report.parts.is_empty());
    let mut view = one(report, own, file.to_owned(), telling);
    let basis = Basis {
        checked_at: &report.checked_at,
        tool: &report.tool,
        document: Some(&report.document),
        token: report.document.token_id,
        as_of: report.as_of.as_ref(),
    };
    view.sections.extend(evidence::sections(&basis, telling));
    if !report.parts.is_empty() {
        view.sections.insert(0, Section::Credentials(credentials(&report.parts)));
    }
    let parts = report.parts.iter().enumerate().map(|(index, part)| {
        let number = part.document.bl_number.as_deref().map(|number| format!(", BL {number}"));
        let name = format!("credential {} of {}{}", index + 1, report.parts.len(), number.unwrap_or_default());
        one(part, titles.get(index), name, telling)
    });
    view.parts = parts.collect();
    view
}

/// A document, or a credential as if it had come alone.
fn one(report: &Report, title: Option<&TitleReport>, subject: String, telling: Telling) -> View {
    let teller = Teller { telling, names: &report.names, names_by: report.names_by };
    let mut sections = Vec::new();
    if telling.extent.is_filed() {
        sections.extend(super::content::content(report));
    }
    if report.verdict != Verdict::Invalid || report.as_of.is_some() {
        sections.push(Section::Facts(super::facts::rows(report, title, &teller)));
    }
    sections.extend(title.and_then(|title| history(title, telling)));
    sections.push(Section::Checks(Checks::of(&report.checks, telling)));
    sections.extend(policy(report));
    sections.extend(unless_empty(notes(report), Section::Notes));
    sections.extend(next(report.next_step.as_ref()));
    sections.extend(unless_empty(report.not_checked.clone(), Section::NotChecked));
    let (words, standing) = verdict(report);
    let headline = Headline { words, standing, subject, meaning: meaning(report) };
    View { headline, sections, parts: Vec::new() }
}

/// The verdict in words.
fn verdict(report: &Report) -> (&'static str, Standing) {
    match report.verdict {
        // Nobody should take it for a document whose title is live.
        Verdict::Valid if report.title.state == TitleStateName::None && report.parts.is_empty() => {
            ("VALID, no title", Standing::Good)
        }
        Verdict::Valid => (report.verdict.headline(), Standing::Good),
        Verdict::Invalid => (report.verdict.headline(), Standing::Bad),
        _ => (report.verdict.headline(), Standing::Doubtful),
    }
}

/// What the verdict means, in one sentence (checks.md §1).
fn meaning(report: &Report) -> String {
    let state = report.title.state;
    match report.verdict {
        Verdict::Valid if !report.parts.is_empty() => {
            "Every check that is required of the credentials passed, of each of them.".into()
        }
        Verdict::Valid => match state {
            TitleStateName::None => {
                "Every check that is required passed; the document is no transferable record, so it \
                                     has no title that anybody could hold."
                    .into()
            }
            TitleStateName::Live => {
                "Every check that is required passed, and the registry records the title as live.".into()
            }
            _ => "Every check that is required passed; the title is not live, in a state that you accept.".into(),
        },
        Verdict::NotLive => match state {
            TitleStateName::Returned => {
                "The document is authentic, and its title has been returned to the issuer: it is not live.".into()
            }
            TitleStateName::Ended => {
                "The document is authentic, and its title has ended: nothing can be claimed with it.".into()
            }
            _ => "The document is authentic, and its title is not live.".into(),
        },
        Verdict::PolicyNotMet => "The document is authentic, and it does not meet your policy.".into(),
        Verdict::Indeterminate => "Something that is required could not be found out, which speaks neither for the \
                                   document nor against it."
            .into(),
        Verdict::Invalid => "There is evidence against the document: at least one check failed.".into(),
    }
}

/// What the credentials of a presentation came to, in one line.
fn credentials(parts: &[Report]) -> String {
    let mut counts: Vec<(&str, usize)> = Vec::new();
    for (words, _) in parts.iter().map(verdict) {
        match counts.iter_mut().find(|(known, _)| *known == words) {
            Some((_, count)) => *count += 1,
            None => counts.push((words, 1)),
        }
    }
    let counts: Vec<String> = counts.into_iter().map(|(words, count)| format!("{count} {words}")).collect();
    format!("{}; each below, and the worst counts", counts.join("; "))
}

/// The history of a title that was asked for besides. What it could not find out changes no verdict, and is said.
fn history(title: &TitleReport, telling: Telling) -> Option<Section> {
    let teller = Teller { telling, names: &title.names, names_by: NamesBy::Caller };
    let check = title.checks.iter().find(|check| check.name == CheckName::History)?;
    // The other checks say so already.
    let is_said = check.outcome == Outcome::NotApplicable && check.code == &codes::NOT_ASKED;
    if is_said || title.title.state == TitleStateName::None {
        return None;
    }
    let finding = Finding::of(check, telling);
    let history = match title.history.is_empty() {
        true => History::without_operations(finding),
        false => History { finding: Some(finding), ..History::of(title, &teller) },
    };
    Some(Section::History(Box::new(history)))
}

fn notes(report: &Report) -> Vec<String> {
    let members = &report.document.unauthenticated;
    let unauthenticated = (!members.is_empty())
        .then(|| format!("not protected by the digest, not shown as content: {}", members.join(", ")));
    unauthenticated.into_iter().chain(report.warnings.iter().cloned()).collect()
}
