//! Sample bills in every title state and with every common fault: the files that `ebl testchain` writes, each with the
//! answer it must get. One table; the tests hold the command to it.

mod others;
mod titles;

use super::sandbox::{Sandbox, SandboxError};
use super::wrap::Wrapped;
use crate::document::Key;
use crate::verify::{TitleStateName, Verdict};

/// A sample document with the answer it must get.
#[derive(Debug)]
pub struct Sample {
    /// The file's name.
    pub file: &'static str,
    /// What it shows, in one sentence.
    pub shows: &'static str,
    /// The verdict.
    pub verdict: Verdict,
    /// The state of the title.
    pub title: TitleStateName,
    /// A code that some check carries.
    pub code: &'static str,
    /// The document.
    pub document: String,
    /// The key that opens it, for a sealed one: 64 hexadecimal characters that everybody may know.
    pub key: Option<&'static str>,
}

impl Sample {
    /// The key as the verifier takes it.
    pub fn parsed_key(&self) -> Option<Key> {
        self.key.and_then(|key| key.parse().ok())
    }
}

/// Issues all samples on a fresh sandbox.
pub fn issue(sandbox: &mut Sandbox) -> Result<Vec<Sample>, SandboxError> {
    let rows = titles::ROWS.iter().chain(others::ROWS);
    rows.enumerate()
        .map(|(index, row)| {
            let number = format!("NDSE-2026-{:05}", index + 1);
            let wrapped = (row.make)(sandbox, &number)?;
            let document = match row.key {
                Some(key) => others::sealed(&wrapped.document, key)?,
                None => wrapped.document,
            };
            Ok(Sample {
                file: row.file,
                shows: row.shows,
                verdict: row.verdict,
                title: row.title,
                code: row.code,
                document: format!("{document:#}\n"),
                key: row.key,
            })
        })
        .collect()
}

struct Row {
    file: &'static str,
    shows: &'static str,
    verdict: Verdict,
    title: TitleStateName,
    code: &'static str,
    key: Option<&'static str>,
    make: fn(&mut Sandbox, &str) -> Result<Wrapped, SandboxError>,
}
