//! Proof of control, section by section: what was shown, then the account, the text and the title.

use super::checks::Checks;
use super::{Headline, Row, Section, Standing, Teller, Telling, View, unless_empty, utc};
use crate::verify::{ChallengeReport, ControlVerdict, NamesBy, TitleStateName};

pub(super) fn view(report: &ChallengeReport, name: &str, telling: Telling) -> View {
    let teller = Teller { telling, names: &report.names, names_by: NamesBy::Caller };
    let standing = match report.verdict {
        ControlVerdict::Proven => Standing::Good,
        ControlVerdict::Contradicted => Standing::Bad,
        ControlVerdict::Unknown => Standing::Doubtful,
    };
    let mut sections = Vec::new();
    sections.extend(report.statement.as_deref().map(|statement| Section::Statement(sentence(statement))));
    sections.push(Section::Facts(rows(report, &teller)));
    sections.push(Section::Checks(Checks::of(&report.checks, telling)));
    sections.extend(unless_empty(report.warnings.clone(), Section::Notes));
    sections.extend(unless_empty(report.not_checked.clone(), Section::NotChecked));
    let meaning = report.statement.as_deref().map(sentence).unwrap_or_default();
    let headline = Headline { words: report.verdict.headline(), standing, subject: name.to_owned(), meaning };
    View { headline, sections, parts: Vec::new() }
}

fn rows(report: &ChallengeReport, teller: &Teller<'_>) -> Vec<Row> {
    let challenge = &report.challenge;
    let kind = report.account.kind.map(|kind| format!(", {kind}")).unwrap_or_default();
    let account = teller.address(report.account.address);
    let asked = match (&challenge.domain, &challenge.purpose) {
        (Some(domain), Some(purpose)) => format!("by {domain}, for “{purpose}”"),
        (Some(domain), None) => format!("by {domain}"),
        (None, Some(purpose)) => format!("for “{purpose}”"),
        (None, None) => "by nobody that it names".to_owned(),
    };
    let (from, to) = (utc(&challenge.issued_at), utc(&challenge.expires_at));
    let title = match (report.title.state, report.title.holder, report.title.beneficiary) {
        (TitleStateName::Live, Some(holder), Some(beneficiary)) => {
            format!("live: holder {}, beneficiary {}", teller.address(holder), teller.address(beneficiary))
        }
        (TitleStateName::Returned, ..) => "returned to the issuer".to_owned(),
        (TitleStateName::Ended, ..) => "ended".to_owned(),
        (TitleStateName::NotIssued, ..) => "not issued".to_owned(),
        _ => "not known".to_owned(),
    };
    let registry = match &report.registry {
        Some(registry) => super::facts::registry_row(registry, &format!(" on {}", challenge.network), "", teller),
        None => Row::new("Registry", format!("{} on {}", teller.address(challenge.registry), challenge.network)),
    };
    let mut rows = vec![
        Row::new("Account", format!("{account}{kind}, challenged as {}", challenge.role)),
        Row::new("Asked", asked),
        Row::new("In force", format!("{from} to {to}, nonce {}", challenge.nonce)),
        Row::new("Title", title),
        Row::new("Token", challenge.token_id.to_string()),
        registry,
    ];
    rows.extend(report.as_of.as_ref().map(super::facts::as_of_row));
    rows
}

/// With a capital at its beginning and a full stop.
fn sentence(text: &str) -> String {
    let mut characters = text.chars();
    let first = characters.next().map(|first| first.to_uppercase().to_string()).unwrap_or_default();
    format!("{first}{}.", characters.as_str())
}
