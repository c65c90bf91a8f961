//! What is printed of one document, in every form there is, and of all of them together.

use anyhow::Result;

use super::args::Format;
use super::inspect_page::fitted;
use super::no_document::NoDocument;
use super::tally::Summary;
use super::{kept, pdf};
use crate::primitives::rfc3339;
use crate::report::fragments;
use crate::report::html;
use crate::report::human::{self, Style};
use crate::report::json::{self, Layout};
use crate::report::view::View;
use crate::sources::now;
use crate::text::escape_for_terminal as escape;
use crate::verify::{Report, TitleReport};

/// What was found of a document, or why there is none.
pub(super) type Outcome = std::result::Result<Box<Found>, NoDocument>;

/// A report, and the histories that belong to it where they were asked.
pub(super) struct Found {
    pub report: Report,
    pub titles: Vec<TitleReport>,
}

#[derive(Debug, Clone, Copy)]
pub(super) struct Printer {
    pub format: Format,
    pub style: Style,
    pub several: bool,
}

impl Printer {
    pub(super) fn printed(&self, name: &str, outcome: &Outcome) -> Result<Vec<u8>> {
        Ok(match self.format {
            Format::Human => self.human(name, outcome).into_bytes(),
            Format::Json | Format::Jsonl => self.json(name, outcome)?.into_bytes(),
            Format::Fragments => self.fragments(name, outcome)?.into_bytes(),
            Format::Html => html::page(&self.view(name, outcome)).into_bytes(),
            Format::Pdf => pdf::render(&self.view(name, outcome), &written(outcome))?,
        })
    }

    /// The last lines of a page about several documents, of which the very last one counts them.
    pub(super) fn totals(&self, summary: &Summary) -> String {
        let mut lines = vec![String::new()];
        if !summary.findings.is_empty() {
            lines.push("  Across documents".into());
            let shown = summary.findings.iter().take(MOST_FINDINGS);
            lines.extend(shown.map(|finding| format!("    - {}", escape(&finding.in_a_line()))));
            let more = summary.findings.len().saturating_sub(MOST_FINDINGS);
            if more > 0 {
                lines.push(format!("    - and {more} more: see --summary"));
            }
            lines.push(String::new());
        }
        lines.push(summary.line());
        fitted(&lines, self.style)
    }

    fn human(&self, name: &str, outcome: &Outcome) -> String {
        match outcome {
            Ok(found) => human::render(&found.report, name, self.style),
            Err(why) => why.human(name, self.style),
        }
    }

    /// For a report that is kept.
    fn view(&self, name: &str, outcome: &Outcome) -> View {
        match outcome {
            Ok(found) => kept::document_view(&found.report, &found.titles, name),
            Err(why) => why.view(name),
        }
    }

    fn json(&self, name: &str, outcome: &Outcome) -> Result<String> {
        let layout = self.layout();
        let text = match outcome {
            Ok(found) => json::render(&found.report, layout)?,
            Err(why) => why.json(name, layout)?,
        };
        Ok(text + "\n")
    }

    fn fragments(&self, name: &str, outcome: &Outcome) -> Result<String> {
        let fragments = match outcome {
            Ok(found) => fragments::of_report(&found.report),
            Err(why) => why.fragments(name),
        };
        Ok(json::render(&fragments, self.layout())? + "\n")
    }

    /// One object alone is indented for reading; several are one compact line each.
    fn layout(&self) -> Layout {
        if self.several || self.format == Format::Jsonl { Layout::OneLine } else { Layout::Indented }
    }
}

/// When it was judged, or tried.
fn written(outcome: &Outcome) -> String {
    outcome.as_ref().map_or_else(|_| rfc3339(now()), |found| found.report.checked_at.clone())
}

/// Of a page for people.
const MOST_FINDINGS: usize = 20;
