//! Proof of control as a person reads it: what was shown, then the account, the text, the title, the checks, and what was not
//! checked. Everything from outside is escaped.

use super::human::{Page, Style, utc};
use crate::text::escape_for_terminal as escape;
use crate::verify::{ChallengeReport, ControlVerdict, TitleStateName};

/// Renders the report on the challenge in the file of this name.
pub fn render(report: &ChallengeReport, name: &str, style: Style) -> String {
    let mut page = Page::new(style, &report.names);
    let color = match report.verdict {
        ControlVerdict::Proven => "32",
        ControlVerdict::Contradicted => "31",
        ControlVerdict::Unknown => "33",
    };
    page.headline(report.verdict.headline(), color, name);
    if let Some(statement) = &report.statement {
        page.hanging("  ", &sentence(statement));
        page.out.push('\n');
    }
    facts(&mut page, report);
    page.checks(&report.checks);
    for warning in &report.warnings {
        page.hanging("  note        ", &escape(warning));
    }
    page.not_checked(&report.not_checked);
    page.out
}

fn facts(page: &mut Page<'_>, report: &ChallengeReport) {
    let challenge = &report.challenge;
    let kind = report.account.kind.map(|kind| format!(", {kind}")).unwrap_or_default();
    let account = page.address(report.account.address);
    page.hanging("  Account     ", &format!("{account}{kind}, challenged as {}", challenge.role));
    let asked = match (&challenge.domain, &challenge.purpose) {
        (Some(domain), Some(purpose)) => format!("by {}, for “{}”", escape(domain), escape(purpose)),
        (Some(domain), None) => format!("by {}", escape(domain)),
        (None, Some(purpose)) => format!("for “{}”", escape(purpose)),
        (None, None) => "by nobody that it names".to_owned(),
    };
    page.hanging("  Asked       ", &asked);
    let (from, to) = (utc(&challenge.issued_at), utc(&challenge.expires_at));
    page.hanging("  In force    ", &format!("{from} to {to}, nonce {}", challenge.nonce));
    let title = match (report.title.state, report.title.holder, report.title.beneficiary) {
        (TitleStateName::Live, Some(holder), Some(beneficiary)) => {
            format!("live: holder {}, beneficiary {}", page.address(holder), page.address(beneficiary))
        }
        (TitleStateName::Returned, ..) => "returned to the issuer".to_owned(),
        (TitleStateName::Ended, ..) => "ended".to_owned(),
        (TitleStateName::NotIssued, ..) => "not issued".to_owned(),
        _ => "not known".to_owned(),
    };
    page.hanging("  Title       ", &title);
    page.hanging("  Token       ", &challenge.token_id.to_string());
    match &report.registry {
        Some(registry) => page.registry(registry, &format!(" on {}", challenge.network), ""),
        None => {
            let text = format!("{} on {}", page.address(challenge.registry), challenge.network);
            page.hanging("  Registry    ", &text);
        }
    }
    if let Some(as_of) = &report.as_of {
        page.as_of(as_of);
    }
    page.out.push('\n');
}

/// With a capital at its beginning and a full stop.
fn sentence(text: &str) -> String {
    let mut characters = text.chars();
    let first = characters.next().map(|first| first.to_uppercase().to_string()).unwrap_or_default();
    format!("{first}{}.", characters.as_str())
}
