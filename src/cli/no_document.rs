//! What is said when an argument leads to no document, the same in every command.

use std::path::Path;

use anyhow::Result;

use super::advice;
use super::exit::Exit;
use super::input::InputError;
use super::secrecy;
use crate::challenge::InvalidChallenge;
use crate::document::ReadError;
use crate::document::link::InvalidLink;
use crate::report::fragments::{self, Fragments};
use crate::report::human::Style;
use crate::report::json::{self, Layout, Unreadable};
use crate::report::view::{self, View};
use crate::sources::now;
use crate::text::{beside, escape_for_terminal as escape, hanging};
use crate::verifier::VerifyLinkError;
use crate::verify::codes::{self, Code};
use crate::verify::{InvalidEvidenceFile, NotReplayed};

/// Why there was nothing to judge.
#[derive(Debug)]
pub(super) struct NoDocument {
    code: &'static Code,
    message: String,
    /// Where reading stopped, if it began.
    read: Option<ReadError>,
    /// Which of several files it is about, as people see its name; absent where only one was named.
    file: Option<String>,
}

/// What is said of somebody whom no challenge can be written to, in the same form.
pub(super) fn refusal(code: &'static Code, message: String) -> NoDocument {
    NoDocument { code, message, read: None, file: None }
}

impl NoDocument {
    /// Says which file it is about, where a command reads several.
    pub(super) fn of_file(self, path: &Path) -> Self {
        Self { file: Some(secrecy::path(path)), ..self }
    }

    pub(super) fn code(&self) -> &'static Code {
        self.code
    }

    pub(super) fn exit(&self) -> Exit {
        if is_outage(self.code.id) { Exit::NotFetched } else { Exit::Unreadable }
    }

    /// For a note.
    pub(super) fn in_a_line(&self) -> String {
        format!("{} [{}]", self.message, self.code.id)
    }

    pub(super) fn human(&self, name: &str, style: Style) -> String {
        self.page(self.headline(), name, style)
    }

    fn headline(&self) -> &'static str {
        if self.exit() == Exit::NotFetched {
            "NOT FETCHED"
        } else if self.code.id == codes::REPLAY_OTHER_DOCUMENT.id {
            "NOT JUDGED AGAIN"
        } else {
            "UNREADABLE"
        }
    }

    /// The name of the file that it is about, which is `name` where only one was named.
    fn name<'n>(&'n self, name: &'n str) -> &'n str {
        self.file.as_deref().unwrap_or(name)
    }

    /// The same under another headline.
    pub(super) fn page(&self, headline: &str, name: &str, style: Style) -> String {
        let name = hanging(&escape(self.name(name)), headline.len() + 2, style.width);
        let headline = beside(&format!("{headline}  "), &name);
        let message = format!("{}   [{}]", escape(&self.message), self.code.id);
        let Code { actor, remedy, .. } = self.code;
        let advice = format!("who acts: {actor}. {}", (style.advice)(self.code, remedy));
        let lines = [message, advice].map(|line| hanging(&line, 2, style.width));
        format!("{headline}\n\n  {}\n", lines.join("\n  "))
    }

    /// For a report that is kept.
    pub(super) fn view(&self, name: &str) -> View {
        let is_outage = self.exit() == Exit::NotFetched;
        let meaning = match is_outage {
            true => "The document could not be fetched, which says nothing about it.",
            false => "This is not a document that can be read, so nothing is known of it.",
        };
        view::of_nothing(self.headline(), self.name(name), meaning, &self.message, self.code, advice::advice)
    }

    /// Without a line break at the end.
    pub(super) fn json(&self, name: &str, layout: Layout) -> Result<String> {
        Ok(json::render(&self.object(name), layout)?)
    }

    pub(super) fn object(&self, name: &str) -> Unreadable {
        let position = self.read.as_ref().and_then(|error| error.position.as_ref());
        Unreadable::new(self.code, self.message.clone(), position).of_file(self.name(name), now())
    }

    pub(super) fn fragments(&self, name: &str) -> Fragments {
        let fragments = match &self.read {
            Some(error) => fragments::of_unreadable(error),
            None => fragments::of_nothing(self.code.id, &self.message),
        };
        fragments.of_file(self.name(name), now())
    }
}

/// What our own rules refuse stays refused; only an outage is worth another try (checks.md §1).
pub(super) fn is_outage(code: &str) -> bool {
    [&codes::READ_FETCH_FAILED, &codes::PROXY, &codes::OFFLINE].iter().any(|outage| outage.id == code)
}

impl From<ReadError> for NoDocument {
    fn from(error: ReadError) -> Self {
        Self { code: error.explanation(), message: error.to_string(), read: Some(error), file: None }
    }
}

impl From<InvalidLink> for NoDocument {
    fn from(error: InvalidLink) -> Self {
        let message = format!("this link cannot be followed: {error}");
        Self { code: error.explanation(), message, read: None, file: None }
    }
}

impl From<InvalidChallenge> for NoDocument {
    fn from(error: InvalidChallenge) -> Self {
        Self { code: error.explanation(), message: error.to_string(), read: None, file: None }
    }
}

impl From<InputError> for NoDocument {
    fn from(error: InputError) -> Self {
        Self { code: &codes::READ_FILE, message: error.to_string(), read: None, file: None }
    }
}

impl From<InvalidEvidenceFile> for NoDocument {
    fn from(error: InvalidEvidenceFile) -> Self {
        Self { code: error.explanation(), message: error.to_string(), read: None, file: None }
    }
}

impl From<NotReplayed> for NoDocument {
    fn from(error: NotReplayed) -> Self {
        match error {
            NotReplayed::Unreadable(error) => error.into(),
            error => Self { code: error.explanation(), message: error.to_string(), read: None, file: None },
        }
    }
}

impl From<VerifyLinkError> for NoDocument {
    fn from(error: VerifyLinkError) -> Self {
        match error {
            VerifyLinkError::Unreadable(error) => error.into(),
            error => Self { code: error.explanation(), message: error.to_string(), read: None, file: None },
        }
    }
}
