//! Proof of control as a person reads it: what was shown, then the account, the text, the title, the checks, and what was not
//! checked. Everything from outside is escaped.

use super::human::{self, Style};
use super::view;
use crate::verify::ChallengeReport;

/// Renders the report on the challenge in the file of this name.
pub fn render(report: &ChallengeReport, name: &str, style: Style) -> String {
    human::page(&view::of_challenge(report, name, style.telling()), style)
}
