//! A title as a person reads it: state, parties, then the history as a table, the powers, the checks, and what was not
//! checked. Everything from outside is escaped; nothing is cut silently.

use super::human::{self, Style};
use super::view;
use crate::verify::TitleReport;

/// Renders the report on the title that `name` stands for.
pub fn render(report: &TitleReport, name: &str, style: Style) -> String {
    human::page(&view::of_title(report, name, style.telling()), style)
}
