//! What a report says, section by section and in words: one wording for the screen, for HTML and for PDF. Nothing here knows a
//! medium. The texts hold what documents and servers say as it came; whoever shows them escapes it for its medium.

mod challenge;
mod checks;
mod content;
mod document;
mod evidence;
mod facts;
mod history;
mod parties;
mod time_line;
mod title;

use std::borrow::Cow;
use std::collections::BTreeMap;

use crate::primitives::{Address, Digest32};
use crate::verify::codes::Code;
use crate::verify::{ChallengeReport, NamesBy, NextStep, Outcome, Report, TitleReport};

pub(crate) use checks::{Checks, Finding};
pub(crate) use history::History;
pub(super) use history::words_for;
pub(crate) use time_line::TimeLine;

/// A whole report in words.
pub(crate) struct View {
    pub headline: Headline,
    /// In reading order; one that has nothing to say is not there.
    pub sections: Vec<Section>,
    /// The credentials of a presentation.
    pub parts: Vec<View>,
}

/// What it came to, and of what.
pub(crate) struct Headline {
    /// `VALID`, `NOT LIVE`, `RETURNED`.
    pub words: &'static str,
    pub standing: Standing,
    /// The file, the token, the credential.
    pub subject: String,
    /// What the words mean, in one sentence.
    pub meaning: String,
}

/// Which shape and colour a headline has beside its words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Standing {
    /// As it should be.
    Good,
    /// There is evidence against it.
    Bad,
    /// Neither: look closer.
    Doubtful,
}

/// What a status looks like, without its colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shape {
    /// A disc with a tick.
    Good,
    /// An octagon with a cross.
    Bad,
    /// A triangle with an exclamation mark.
    Doubtful,
    /// A square on its corner with a question mark.
    Unknown,
    /// A ring with a dash.
    None,
}

impl Standing {
    /// What a headline of it looks like.
    pub(crate) fn shape(self) -> Shape {
        match self {
            Self::Good => Shape::Good,
            Self::Bad => Shape::Bad,
            Self::Doubtful => Shape::Doubtful,
        }
    }
}

/// What the row of a check looks like that came to this.
pub(crate) fn outcome_shape(outcome: Outcome) -> Shape {
    match outcome {
        Outcome::Pass => Shape::Good,
        Outcome::Fail => Shape::Bad,
        Outcome::Unknown => Shape::Unknown,
        Outcome::NotApplicable => Shape::None,
    }
}

/// A part of a report.
pub(crate) enum Section {
    /// What the credentials of a presentation came to, in one line.
    Credentials(String),
    /// What the document says; only in reports to file.
    Content(Vec<Row>),
    /// Title, parties, issuer, registry, document, block.
    Facts(Vec<Row>),
    /// How the title came to its parties.
    History(Box<History>),
    /// Who can do what in the registry, in sentences.
    Powers(Vec<String>),
    Checks(Checks),
    /// The caller's own rules.
    Policy(Vec<Rule>),
    /// What was shown, in one sentence.
    Statement(String),
    /// Worth knowing; they decide nothing.
    Notes(Vec<String>),
    /// What to do now, after all that was found; how stands at its finding.
    Next(String),
    /// What the report does not say.
    NotChecked(Vec<String>),
    /// What the report rests on, by hashes; only in reports to file.
    Evidence(Vec<Row>),
    /// How to check it again; only in reports to file.
    Again(Vec<String>),
}

impl Section {
    /// As headed where sections have headings.
    pub(crate) fn heading(&self) -> &str {
        match self {
            Self::Credentials(_) => "Credentials",
            Self::Content(_) => "The document",
            Self::Facts(_) => "What was found",
            Self::History(history) => &history.heading,
            Self::Powers(_) => "Powers over the registry",
            Self::Checks(_) => "Checks",
            Self::Policy(_) => "Your policy",
            Self::Statement(_) => "What was shown",
            Self::Notes(_) => "Notes",
            Self::Next(_) => "Next",
            Self::NotChecked(_) => "Not checked",
            Self::Evidence(_) => "What this report rests on",
            Self::Again(_) => "How to check it again",
        }
    }
}

/// A label and what stands beside it.
pub(crate) struct Row {
    pub label: Cow<'static, str>,
    pub text: String,
}

impl Row {
    pub(crate) fn new(label: impl Into<Cow<'static, str>>, text: impl Into<String>) -> Self {
        Self { label: label.into(), text: text.into() }
    }
}

/// What one rule of the policy came to.
pub(crate) struct Rule {
    pub outcome: Outcome,
    pub name: &'static str,
    pub message: String,
}

/// The outcome in a word, for those who see neither the shape nor the colour of its mark.
pub(crate) fn outcome_word(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Pass => "passed",
        Outcome::Fail => "failed",
        Outcome::Unknown => "not known",
        Outcome::NotApplicable => "not asked",
    }
}

/// How a report is told, in whatever form.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Telling {
    pub extent: Extent,
    /// What the program at hand makes of a code's remedy.
    pub advice: fn(&Code, &str) -> String,
}

/// How much is told.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Extent {
    /// What fits a screen: addresses by their ends, the most important alone.
    Short,
    /// Everything that was found.
    Full,
    /// The same for a file that is kept: with the document's content, the hashes everything rests on, and how the program at
    /// hand can check it again.
    Filed {
        /// Says so.
        again: fn(&AsJudged<'_>) -> Vec<String>,
    },
}

impl Extent {
    /// Whether nothing is shortened.
    pub(crate) fn is_full(self) -> bool {
        !matches!(self, Self::Short)
    }

    /// Whether it is for a file that is kept.
    pub(crate) fn is_filed(self) -> bool {
        matches!(self, Self::Filed { .. })
    }
}

/// Of what a report was made, for whoever wants to come to the same.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct AsJudged<'r> {
    /// SHA-256 of the file, in hexadecimal; absent for a title that was named without a document.
    pub sha256: Option<&'r str>,
    /// The block that was read.
    pub block: Option<Digest32>,
    /// When it was judged, RFC 3339.
    pub checked_at: &'r str,
}

/// What the words around addresses need to know.
#[derive(Clone, Copy)]
pub(super) struct Teller<'r> {
    pub telling: Telling,
    pub names: &'r BTreeMap<Address, String>,
    pub names_by: NamesBy,
}

impl Teller<'_> {
    /// With its name, and who gave it that.
    pub(super) fn address(&self, address: Address) -> String {
        let shown = self.bare_address(address);
        match self.names.get(&address) {
            Some(name) => match self.names_by {
                NamesBy::Caller => format!("{shown} {name} (your address book)"),
                NamesBy::Evidence => format!("{shown} {name} (a name in the evidence)"),
            },
            None => shown,
        }
    }

    /// For a table, which says once where the names are from.
    fn table_address(&self, address: Address) -> String {
        let shown = self.bare_address(address);
        match self.names.get(&address) {
            Some(name) => format!("{shown} {name}"),
            None => shown,
        }
    }

    fn bare_address(&self, address: Address) -> String {
        if self.telling.extent.is_full() { address.checksummed() } else { address.short() }
    }
}

/// The report on a document. `titles` holds the histories, where they were asked: that of the document, or one for each
/// credential of a presentation, in its order.
pub(crate) fn of_report(report: &Report, titles: &[TitleReport], file: &str, telling: Telling) -> View {
    document::view(report, titles, file, telling)
}

/// The report on a challenge.
pub(crate) fn of_challenge(report: &ChallengeReport, name: &str, telling: Telling) -> View {
    challenge::view(report, name, telling)
}

/// The report on a title.
pub(crate) fn of_title(report: &TitleReport, name: &str, telling: Telling) -> View {
    title::view(report, name, telling)
}

/// That there is nothing to report on, and why.
#[cfg(feature = "cli")]
pub(crate) fn of_nothing(
    words: &'static str,
    subject: &str,
    meaning: &str,
    message: &str,
    code: &'static Code,
    advice: fn(&Code, &str) -> String,
) -> View {
    let message = format!("{message}   [{}]", code.id);
    let reason = vec![message, format!("who acts: {}. {}", code.actor, advice(code, code.remedy))];
    let headline =
        Headline { words, standing: Standing::Doubtful, subject: subject.to_owned(), meaning: meaning.to_owned() };
    View { headline, sections: vec![Section::Notes(reason)], parts: Vec::new() }
}

pub(super) fn utc(time: &str) -> String {
    time.replace('T', " ").replace('Z', " UTC")
}

/// `19204113` as `19 204 113`.
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            out.push(' ');
        }
        out.push(digit);
    }
    out
}

fn next(step: Option<&NextStep>) -> Option<Section> {
    step.map(|next| Section::Next(next.sentence.clone()))
}

/// The section, unless it has nothing to say.
fn unless_empty<T>(items: Vec<T>, section: impl FnOnce(Vec<T>) -> Section) -> Option<Section> {
    if items.is_empty() { None } else { Some(section(items)) }
}
