//! The report as a person reads it: verdict first, then title, issuer, registry, document, the block, the checks, and
//! what was not checked (checks.md §1.2). Everything from outside is escaped; nothing is cut silently.

use std::fmt::Write as _;

use super::view::{self, Checks, Extent, Finding, Headline, History, Rule, Section, Standing, Telling, View};
use crate::text::{beside, columns, escape_for_terminal as escape, hanging_from};
use crate::verify::codes::Code;
use crate::verify::{Outcome, Report};

/// How to print.
#[derive(Debug, Clone, Copy)]
pub struct Style {
    /// Columns to use; longer lines are broken between words.
    pub width: usize,
    /// ANSI colour.
    pub color: bool,
    /// Also print full addresses, who answered, and every item that was not checked.
    pub verbose: bool,
    /// What the program at hand makes of a code's remedy: it may say how to do that here.
    pub advice: fn(&Code, &str) -> String,
}

impl Style {
    pub(super) fn telling(self) -> Telling {
        let extent = if self.verbose { Extent::Full } else { Extent::Short };
        Telling { extent, advice: self.advice }
    }
}

/// Renders the report of one file.
pub fn render(report: &Report, file: &str, style: Style) -> String {
    page(&view::of_report(report, &[], file, style.telling()), style)
}

/// A report of any kind.
pub(super) fn page(view: &View, style: Style) -> String {
    let mut page = Page::new(style);
    page.view(view);
    for part in &view.parts {
        page.out.push('\n');
        page.part(part);
    }
    page.out
}

/// A page as it is written.
pub(super) struct Page {
    pub out: String,
    pub style: Style,
}

impl Page {
    pub(super) fn new(style: Style) -> Self {
        Self { out: String::new(), style }
    }

    fn view(&mut self, view: &View) {
        self.headline(&view.headline);
        for section in &view.sections {
            self.section(section);
        }
    }

    /// A credential of a presentation: the same as if it had come alone, but for what was not checked of any.
    fn part(&mut self, view: &View) {
        self.headline(&view.headline);
        for section in &view.sections {
            if self.style.verbose || !matches!(section, Section::NotChecked(_)) {
                self.section(section);
            }
        }
    }

    /// What it came to, and of which file.
    pub(super) fn headline(&mut self, headline: &Headline) {
        let color = match headline.standing {
            Standing::Good => "32",
            Standing::Bad => "31",
            Standing::Doubtful => "33",
        };
        let painted = self.painted(headline.words, &format!("1;{color}"));
        self.hanging_labelled("", &painted, columns(headline.words), "  ", &headline.subject);
        self.out.push('\n');
    }

    pub(super) fn section(&mut self, section: &Section) {
        match section {
            Section::Credentials(text) => {
                self.row("Credentials", text);
                self.out.push('\n');
            }
            Section::Facts(rows) => {
                for row in rows {
                    self.row(&row.label, &row.text);
                }
                self.out.push('\n');
            }
            Section::History(history) => self.history(history),
            Section::Powers(sentences) => {
                let title = self.painted(section.heading(), "1");
                let _ = writeln!(self.out, "  {title}\n");
                for sentence in sentences {
                    self.hanging("    - ", sentence);
                }
                self.out.push('\n');
            }
            Section::Checks(checks) => self.checks(checks),
            Section::Policy(rules) => self.rules(section.heading(), rules),
            Section::Notes(notes) => {
                for note in notes {
                    self.row("note", note);
                }
            }
            Section::Statement(text) => {
                self.hanging("  ", text);
                self.out.push('\n');
            }
            Section::Next(text) => {
                self.out.push('\n');
                self.row("Next", text);
            }
            Section::NotChecked(items) => self.not_checked(section.heading(), items),
            // Only in reports that are kept.
            Section::Content(_) | Section::Evidence(_) | Section::Again(_) => {}
        }
    }

    fn checks(&mut self, checks: &Checks) {
        for finding in &checks.asked {
            self.finding(finding);
        }
        if !checks.passed_over.is_empty() {
            let reasons = checks.passed_over.iter().map(|passed| format!("{}: {}", passed.names, passed.message));
            self.marked(Outcome::NotApplicable, "  ", &reasons.collect::<Vec<_>>().join("; "));
        }
    }

    fn finding(&mut self, finding: &Finding) {
        let code = finding.code.map(|code| format!("   [{code}]")).unwrap_or_default();
        self.marked(finding.outcome, &format!("  {:<9}  ", finding.names), &format!("{}{code}", finding.message));
        for line in finding.advice.iter().chain(&finding.sources) {
            self.hanging(&" ".repeat(DEEPEST), line);
        }
        for also in &finding.also {
            self.marked(also.outcome, "  and also   ", &format!("{}   [{}]", also.message, also.code));
        }
    }

    fn rules(&mut self, heading: &str, rules: &[Rule]) {
        let _ = writeln!(self.out, "\n  {heading}:");
        let widest = rules.iter().map(|rule| rule.name.len()).max().unwrap_or_default();
        for rule in rules {
            self.marked(rule.outcome, &format!("  {:<widest$}  ", rule.name), &rule.message);
        }
    }

    fn history(&mut self, history: &History) {
        let color = if history.is_complete { "1" } else { "1;33" };
        let title = self.painted(&history.heading, color);
        let _ = writeln!(self.out, "  {title}\n");
        let rows: Vec<[String; 6]> =
            history.rows.iter().map(|row| row.cells.each_ref().map(|cell| escape(cell).into_owned())).collect();
        let heads = History::COLUMNS.map(str::to_owned);
        let width = |column: usize| {
            let cells = std::iter::once(&heads).chain(&rows).filter_map(|row| row.get(column));
            cells.map(|cell| columns(cell)).max().unwrap_or_default()
        };
        let widths: Vec<usize> = (0..heads.len()).map(width).collect();
        let line = |cells: &[String; 6]| {
            let padded = cells.iter().zip(&widths).map(|(cell, &width)| {
                let filler = " ".repeat(width.saturating_sub(columns(cell)));
                format!("{cell}{filler}")
            });
            format!("  {}", padded.collect::<Vec<_>>().join("  ").trim_end())
        };
        let fits = widths.iter().sum::<usize>() + 2 * widths.len() <= self.style.width;
        if fits {
            let head = self.painted(&line(&heads), "2");
            let _ = writeln!(self.out, "{head}");
        }
        let indent = " ".repeat(widths.first().copied().unwrap_or_default() + 4);
        for (cells, row) in rows.iter().zip(&history.rows) {
            if fits {
                let _ = writeln!(self.out, "{}", line(cells));
            } else {
                self.stacked(cells);
            }
            for detail in &row.details {
                self.hanging(&indent, detail);
            }
        }
        if let Some(note) = history.note {
            let _ = writeln!(self.out, "\n  {note}");
        }
        self.out.push('\n');
    }

    /// A row where the table would be wider than the screen.
    fn stacked(&mut self, [time, operation, owner, holder, nominee, block]: &[String; 6]) {
        let nominee = if nominee.is_empty() { String::new() } else { format!(", nominee {nominee}") };
        let text = format!("{operation}: beneficiary {owner}, holder {holder}{nominee}, block {block}");
        self.hanging(&format!("  {time}  "), &text);
    }

    fn not_checked(&mut self, heading: &str, items: &[String]) {
        const SHOWN: usize = 4;
        self.out.push('\n');
        if self.style.verbose {
            let _ = writeln!(self.out, "  {heading}:");
            for item in items {
                self.hanging("    - ", item);
            }
        } else {
            let rest = items.len().saturating_sub(SHOWN);
            let more = if rest > 0 { format!("; {rest} more, see -v") } else { String::new() };
            let shown: Vec<_> = items.iter().take(SHOWN).map(String::as_str).collect();
            self.hanging(&format!("  {heading}: "), &format!("{}{more}", shown.join("; ")));
        }
    }

    fn painted(&self, text: &str, color: &str) -> String {
        if self.style.color { format!("\x1b[{color}m{text}\x1b[0m") } else { text.to_owned() }
    }

    pub(super) fn row(&mut self, label: &str, text: &str) {
        self.hanging(&format!("  {label:<12}"), text);
    }

    /// A line that begins with the mark of what it came to.
    fn marked(&mut self, outcome: Outcome, after: &str, text: &str) {
        let (mark, color) = match outcome {
            Outcome::Pass => ("ok", "32"),
            Outcome::Fail => ("no", "31"),
            Outcome::Unknown => ("??", "33"),
            Outcome::NotApplicable => ("--", "2"),
        };
        let mark = (self.painted(mark, color), columns(mark));
        self.hanging_labelled("  ", &mark.0, mark.1, after, text);
    }

    pub(super) fn hanging(&mut self, label: &str, text: &str) {
        self.hanging_labelled(label, "", 0, "", text);
    }

    /// Prints `before` + `label` + `after` + text, broken at blanks; continuation lines stand under the text.
    fn hanging_labelled(&mut self, before: &str, label: &str, label_width: usize, after: &str, text: &str) {
        let start = columns(before) + label_width + columns(after);
        // A label that is longer than usual does not push the rest to the side.
        let text = hanging_from(&escape(text), start, start.min(DEEPEST), self.style.width);
        let _ = writeln!(self.out, "{}", beside(&format!("{before}{label}{after}"), &text));
    }
}

/// Where the text beside the name of a check starts.
const DEEPEST: usize = 17;
