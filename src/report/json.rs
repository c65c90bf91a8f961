//! JSON for scripts: the shape of `schemas/report.schema.json`. Characters that could change how a terminal shows the
//! text are written as `\u` escapes, so the output is the same data and safe to print.

use serde::Serialize;

use crate::document::{Position, ReadError};
use crate::primitives::rfc3339;
use crate::text;
use crate::verify::codes::Code;

/// How the object is laid out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Layout {
    /// For reading.
    Indented,
    /// One object a line, for several documents.
    OneLine,
}

/// One file's outcome, without a line break at the end.
pub fn render(value: &impl Serialize, layout: Layout) -> Result<String, RenderError> {
    let text = match layout {
        Layout::Indented => serde_json::to_string_pretty(value),
        Layout::OneLine => serde_json::to_string(value),
    };
    text.map(escaped).map_err(RenderError)
}

/// A value that JSON has no form for; none of ours is one.
#[derive(Debug, thiserror::Error)]
#[error("there is no JSON for it: {0}")]
pub struct RenderError(serde_json::Error);

/// A file that could not be read: `"verdict": null` and the error.
#[derive(Debug, Serialize)]
pub struct Unreadable {
    schema: &'static str,
    file: Option<String>,
    checked_at: Option<String>,
    verdict: Option<()>,
    error: UnreadableError,
}

/// Where and why reading stopped.
#[derive(Debug, Serialize)]
pub struct UnreadableError {
    code: String,
    message: String,
    line: Option<usize>,
    column: Option<usize>,
}

impl Unreadable {
    /// What stood in the way, by its row of the code table, with the place where there is one.
    pub fn new(code: &Code, message: String, position: Option<&Position>) -> Self {
        let (line, column) = (position.map(|position| position.line), position.map(|position| position.column));
        let error = UnreadableError { code: code.id.to_owned(), message, line, column };
        Self { schema: "ebl-verifier/report/1", file: None, checked_at: None, verdict: None, error }
    }
}

impl Unreadable {
    /// The same with the file's name and the time, in seconds since the Unix epoch.
    pub fn of_file(self, file: &str, now: i64) -> Self {
        Self { file: Some(file.to_owned()), checked_at: Some(rfc3339(now)), ..self }
    }

    /// The same where a report on content was asked for.
    pub fn instead_of_content(self) -> Self {
        Self { schema: "ebl-verifier/content/1", ..self }
    }

    /// The same where proof of control was to be judged.
    pub fn instead_of_challenge(self) -> Self {
        Self { schema: "ebl-verifier/challenge/1", ..self }
    }

    /// The same where a challenge was to be written.
    pub fn instead_of_new_challenge(self) -> Self {
        Self { schema: "ebl-verifier/new-challenge/1", ..self }
    }

    /// The same where a report on a title was asked for.
    pub fn instead_of_title(self) -> Self {
        Self { schema: "ebl-verifier/title/1", ..self }
    }
}

impl From<&ReadError> for Unreadable {
    fn from(error: &ReadError) -> Self {
        Self::new(error.explanation(), error.to_string(), error.position.as_ref())
    }
}

/// Outside strings JSON is ASCII, so every character replaced here stands inside one.
fn escaped(json: String) -> String {
    if !json.chars().any(text::is_deceptive) {
        return json;
    }
    let mut out = String::with_capacity(json.len() + 16);
    for character in json.chars() {
        // Line breaks of the indentation are the only raw controls that JSON text can hold.
        if text::is_deceptive(character) && character != '\n' {
            for unit in character.encode_utf16(&mut [0; 2]) {
                out.push_str(&format!("\\u{unit:04x}"));
            }
        } else {
            out.push(character);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    #[test]
    fn deceptive_characters_are_escaped_and_the_data_stays_the_same() {
        let value = serde_json::json!({"name": "a\u{202e}b\u{9b}c\u{e0041}\n"});
        let line = super::render(&value, super::Layout::OneLine).unwrap();
        assert!(line.is_ascii(), "{line}");
        assert_eq!(serde_json::from_str::<serde_json::Value>(&line).unwrap(), value);
    }
}
