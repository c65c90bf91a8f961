//! The report on what a document says. Its JSON form is the contract of `schemas/content.schema.json`.

use serde::Serialize;

use super::Verdict;
use super::report::{Check, DocumentFacts, Outcome, Tool};
use crate::content::Content;

/// What a document says, and what that rests on.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct ContentReport {
    /// `ebl-verifier/content/1`.
    pub schema: &'static str,
    /// The document's file; set by whoever read it. What is a link is named by its host alone.
    pub file: Option<String>,
    /// When it was judged: the `now` that was given, RFC 3339.
    pub checked_at: String,
    /// What the document is.
    pub document: DocumentFacts,
    /// Whether digest or signature cover it. Nothing else was checked.
    pub check: Check,
    /// What it says; absent where that is not known to be covered.
    pub content: Option<Content>,
    /// The credentials of a presentation, each like one that came alone.
    pub parts: Vec<ContentReport>,
    /// What this report does not say.
    pub not_checked: Vec<String>,
    /// Things worth knowing that decide nothing.
    pub warnings: Vec<String>,
    /// The program.
    pub tool: Tool,
}

impl ContentReport {
    /// The verdict on the content alone, for an exit code: never on a document, whose issuer and title are not asked. What is
    /// shown although nothing covers some of it is not the whole document, as the check says.
    pub fn verdict(&self) -> Verdict {
        let own = self.check.outcomes().map(|(_, outcome)| match outcome {
            Outcome::Pass | Outcome::NotApplicable => Verdict::Valid,
            Outcome::Fail => Verdict::Invalid,
            Outcome::Unknown => Verdict::Indeterminate,
        });
        let all: Vec<_> = own.chain(self.parts.iter().map(Self::verdict)).collect();
        Verdict::WORST_FIRST.into_iter().find(|verdict| all.contains(verdict)).unwrap_or(Verdict::Indeterminate)
    }
}
