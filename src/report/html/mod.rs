//! A report as one page of HTML, to be kept: no script, nothing that is fetched, every status in words and shape. What comes
//! from outside is text and can be nothing else: it closes no element, runs no way but its own, and hides nothing.

mod picture;

use std::fmt::Write as _;

pub use super::view::AsJudged;
use super::view::{
    self, Checks, Extent, Finding, History, Row, Rule, Section, Shape, Standing, Telling, View, outcome_shape,
    outcome_word,
};
use crate::text::{Direction, escape_for_terminal, is_hash, parts, runs};
use crate::verify::codes::Code;
use crate::verify::{Outcome, Report, TitleReport};

/// What the program at hand has to say in a report that is kept.
#[derive(Debug, Clone, Copy)]
pub struct Words {
    /// What it makes of a code's remedy: it may say how to do that here.
    pub advice: fn(&Code, &str) -> String,
    /// How it can check the report again, in sentences.
    pub again: fn(&AsJudged<'_>) -> Vec<String>,
}

impl Words {
    pub(crate) fn telling(self) -> Telling {
        Telling { extent: Extent::Filed { again: self.again }, advice: self.advice }
    }
}

/// The report on one file. `titles` holds the histories that belong to it, where they were asked: that of the document's title,
/// or one for each credential of a presentation, in its order.
pub fn render(report: &Report, titles: &[TitleReport], file: &str, words: Words) -> String {
    page(&view::of_report(report, titles, file, words.telling()))
}

/// The report on the title that `name` stands for.
pub fn render_title(report: &TitleReport, name: &str, words: Words) -> String {
    page(&view::of_title(report, name, words.telling()))
}

/// A report of any kind.
pub(crate) fn page(view: &View) -> String {
    let mut page = Page { out: String::with_capacity(32 << 10), sections: 0 };
    page.head(view);
    page.open("body");
    page.open("main");
    page.report(view, Level(1));
    page.close("main");
    page.close("body");
    page.close("html");
    page.out
}

/// How deep a heading is: the credentials of a presentation stand below it.
#[derive(Clone, Copy)]
struct Level(u8);

impl Level {
    fn below(self) -> Self {
        Self(self.0 + 1)
    }
}

struct Page {
    out: String,
    /// So far, for their names.
    sections: usize,
}

impl Page {
    fn head(&mut self, view: &View) {
        self.out.push_str("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n");
        // Nothing is fetched, whatever a reader's program makes of the text.
        self.out.push_str(
            "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n\
             <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
             <meta name=\"color-scheme\" content=\"light dark\">\n\
             <meta name=\"referrer\" content=\"no-referrer\">\n",
        );
        self.out.push_str("<title>");
        let title = format!("{}: {}", view.headline.words, view.headline.subject);
        escape(&mut self.out, &escape_for_terminal(&title));
        let _ = write!(self.out, "</title>\n<style>\n{STYLE}</style>\n</head>\n");
    }

    fn report(&mut self, view: &View, level: Level) {
        let class = match view.headline.standing {
            Standing::Good => "good",
            Standing::Bad => "bad",
            Standing::Doubtful => "doubt",
        };
        let _ = write!(self.out, "<article>\n<header class=\"{class}\">\n");
        self.shape(view.headline.standing.shape());
        let _ = write!(self.out, "<div>\n<h{}>{} <span class=\"of\">", level.0, view.headline.words);
        self.text(&view.headline.subject);
        let _ = writeln!(self.out, "</span></h{}>", level.0);
        self.element("p", &view.headline.meaning);
        self.out.push_str("</div>\n</header>\n");
        for section in &view.sections {
            self.section(section, level.below());
        }
        for part in &view.parts {
            self.report(part, level.below());
        }
        self.close("article");
    }

    fn section(&mut self, section: &Section, level: Level) {
        self.sections += 1;
        let id = format!("s{}", self.sections);
        let kind = match section {
            Section::NotChecked(_) => " class=\"not-checked\"",
            Section::Evidence(_) | Section::Again(_) => " class=\"basis\"",
            _ => "",
        };
        let _ = write!(self.out, "<section aria-labelledby=\"{id}\"{kind}>\n<h{} id=\"{id}\">", level.0);
        self.text(section.heading());
        let _ = writeln!(self.out, "</h{}>", level.0);
        match section {
            Section::Credentials(text) | Section::Statement(text) | Section::Next(text) => self.element("p", text),
            Section::Content(rows) | Section::Facts(rows) | Section::Evidence(rows) => self.rows(rows),
            Section::History(history) => self.history(history, &id),
            Section::Powers(items) | Section::Notes(items) | Section::NotChecked(items) => self.list(items),
            Section::Again(sentences) => sentences.iter().for_each(|sentence| self.element("p", sentence)),
            Section::Checks(checks) => self.checks(checks, &id),
            Section::Policy(rules) => self.rules(rules, &id),
        }
        self.close("section");
    }

    fn rows(&mut self, rows: &[Row]) {
        self.open("dl");
        for row in rows {
            self.out.push_str("<div><dt>");
            self.label(&row.label);
            self.out.push_str("</dt><dd>");
            self.text(&row.text);
            self.out.push_str("</dd></div>\n");
        }
        self.close("dl");
    }

    fn list(&mut self, items: &[String]) {
        self.open("ul");
        items.iter().for_each(|item| self.element("li", item));
        self.close("ul");
    }

    fn checks(&mut self, checks: &Checks, heading: &str) {
        self.table("checks", heading, &["result", "check", "what was found"]);
        for finding in &checks.asked {
            self.open("tbody");
            self.finding(finding);
            self.close("tbody");
        }
        for passed in &checks.passed_over {
            self.open("tbody");
            self.outcome_row(Outcome::NotApplicable, &passed.names, &passed.message, None);
            self.out.push_str("</td></tr>\n");
            self.close("tbody");
        }
        self.close("table");
    }

    fn finding(&mut self, finding: &Finding) {
        self.outcome_row(finding.outcome, &finding.names, &finding.message, finding.code);
        if let Some(advice) = &finding.advice {
            self.out.push_str("<p class=\"advice\">");
            self.text(advice);
            self.out.push_str("</p>");
        }
        for source in &finding.sources {
            self.out.push_str("<p class=\"source\">");
            self.text(source);
            self.out.push_str("</p>");
        }
        self.out.push_str("</td></tr>\n");
        for also in &finding.also {
            self.outcome_row(also.outcome, "and also", &also.message, Some(also.code));
            self.out.push_str("</td></tr>\n");
        }
    }

    /// Up to the end of the message; the last cell stays open.
    fn outcome_row(&mut self, outcome: Outcome, name: &str, message: &str, code: Option<&str>) {
        let class = match outcome {
            Outcome::Pass => "good",
            Outcome::Fail => "bad",
            Outcome::Unknown => "doubt",
            Outcome::NotApplicable => "none",
        };
        let _ = write!(self.out, "<tr role=\"row\"><td role=\"cell\" class=\"outcome {class}\">");
        self.shape(outcome_shape(outcome));
        let _ = write!(self.out, "<span>{}</span></td><th role=\"rowheader\" scope=\"row\">", outcome_word(outcome));
        self.text(name);
        self.out.push_str("</th><td role=\"cell\"><p>");
        self.text(message);
        if let Some(code) = code {
            let _ = write!(self.out, " <code class=\"code\">[{code}]</code>");
        }
        self.out.push_str("</p>");
    }

    fn rules(&mut self, rules: &[Rule], heading: &str) {
        self.table("checks", heading, &["result", "rule", "what was found"]);
        for rule in rules {
            self.open("tbody");
            self.outcome_row(rule.outcome, rule.name, &rule.message, None);
            self.out.push_str("</td></tr>\n");
            self.close("tbody");
        }
        self.close("table");
    }

    fn history(&mut self, history: &History, heading: &str) {
        if let Some(line) = &history.picture {
            picture::draw(self, line, heading);
        }
        if !history.rows.is_empty() {
            let columns: Vec<&str> = std::iter::once("no.").chain(History::COLUMNS).collect();
            self.table("history", heading, &columns);
            for (index, row) in history.rows.iter().enumerate() {
                self.open("tbody");
                let _ = write!(self.out, "<tr role=\"row\"><th role=\"rowheader\" scope=\"row\">{}</th>", index + 1);
                for (column, cell) in History::COLUMNS.iter().zip(&row.cells) {
                    let _ = write!(self.out, "<td role=\"cell\" data-label=\"{column}\">");
                    self.text(cell);
                    self.out.push_str("</td>");
                }
                self.out.push_str("</tr>\n");
                if !row.details.is_empty() {
                    self.out.push_str(
                        "<tr role=\"row\" class=\"details\"><td role=\"cell\"></td><td role=\"cell\" colspan=\"6\">",
                    );
                    for detail in &row.details {
                        self.out.push_str("<p>");
                        self.text(detail);
                        self.out.push_str("</p>");
                    }
                    self.out.push_str("</td></tr>\n");
                }
                self.close("tbody");
            }
            self.close("table");
        }
        if let Some(note) = history.note {
            self.element("p", note);
        }
        if let Some(finding) = &history.finding {
            self.table("checks", heading, &["result", "check", "what was found"]);
            self.open("tbody");
            self.finding(finding);
            self.close("tbody");
            self.close("table");
        }
    }

    /// Its roles are named because a narrow screen shows its cells one below the other, which takes them from it.
    fn table(&mut self, class: &str, heading: &str, columns: &[&str]) {
        let _ = write!(
            self.out,
            "<table role=\"table\" class=\"{class}\" aria-labelledby=\"{heading}\">\n<thead><tr role=\"row\">"
        );
        for column in columns {
            let _ = write!(self.out, "<th role=\"columnheader\" scope=\"col\">{column}</th>");
        }
        self.out.push_str("</tr></thead>\n");
    }

    fn shape(&mut self, shape: Shape) {
        let (around, inside) = shape.paths();
        let _ = write!(
            self.out,
            "<svg class=\"shape\" viewBox=\"0 0 24 24\" aria-hidden=\"true\"><path class=\"around\" d=\"{around}\"/>\
             <path class=\"inside\" d=\"{inside}\"/></svg>"
        );
    }

    fn element(&mut self, name: &str, text: &str) {
        let _ = write!(self.out, "<{name}>");
        self.text(text);
        let _ = writeln!(self.out, "</{name}>");
    }

    fn open(&mut self, name: &str) {
        let _ = writeln!(self.out, "<{name}>");
    }

    fn close(&mut self, name: &str) {
        let _ = writeln!(self.out, "</{name}>");
    }

    /// The names of a path break between each other, before they break within.
    fn label(&mut self, label: &str) {
        for (number, part) in parts(label).enumerate() {
            if number > 0 {
                self.out.push_str("<wbr>");
            }
            self.text(part);
        }
    }

    /// What is shown of a text from anywhere: what could deceive in its escaped form, words that run to the left each by itself,
    /// so that they move nothing beside them.
    fn text(&mut self, text: &str) {
        for (direction, run) in runs(&escape_for_terminal(text)) {
            match direction {
                Direction::LeftToRight => self.left_to_right(run),
                Direction::RightToLeft => {
                    self.out.push_str("<bdi dir=\"rtl\">");
                    escape(&mut self.out, run);
                    self.out.push_str("</bdi>");
                }
            }
        }
    }

    /// Hashes and addresses in letters of one width.
    fn left_to_right(&mut self, text: &str) {
        for word in text.split_inclusive(|character: char| !character.is_ascii_alphanumeric()) {
            let bare = word.trim_end_matches(|character: char| !character.is_ascii_alphanumeric());
            if is_hash(bare) {
                let _ = write!(self.out, "<code>{bare}</code>");
                escape(&mut self.out, word.get(bare.len()..).unwrap_or_default());
            } else {
                escape(&mut self.out, word);
            }
        }
    }
}

fn escape(out: &mut String, text: &str) {
    for character in text.chars() {
        match character {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            other => out.push(other),
        }
    }
}

impl Shape {
    /// The outline, and what stands in it.
    fn paths(self) -> (&'static str, &'static str) {
        match self {
            Self::Good => ("M12 1a11 11 0 1 0 0 22a11 11 0 1 0 0-22z", "M6.5 12.5l3.7 3.7l7.3-8"),
            Self::Bad => ("M7.5 1h9L23 7.5v9L16.5 23h-9L1 16.5v-9z", "M8 8l8 8M16 8l-8 8"),
            Self::Doubtful => ("M12 1.5L23.5 22H.5z", "M12 8.5v6.5M12 18v1"),
            Self::Unknown => ("M12 .5L23.5 12L12 23.5L.5 12z", "M9.2 9.6a2.8 2.8 0 1 1 4.3 2.3q-1.5 1-1.5 2.4M12 17v1"),
            Self::None => ("M12 1a11 11 0 1 0 0 22a11 11 0 1 0 0-22z", "M7 12h10"),
        }
    }
}

const STYLE: &str = include_str!("style.css");
