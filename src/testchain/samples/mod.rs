//! Sample bills in every title state and with every common fault: the files that `ebl testchain` writes, each with the
//! answer it must get. One table; the tests hold the command to it.

mod credentials;
mod others;
mod titles;

use serde_json::Value;

use super::sandbox::{Sandbox, SandboxError};
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
    let mut numbers = (1..).map(|number| format!("NDSE-2026-{number:05}"));
    let wrapped = titles::ROWS.iter().chain(others::ROWS).zip(numbers.by_ref());
    let mut samples =
        wrapped.map(|(row, number)| row.sample(sandbox, &number)).collect::<Result<Vec<Sample>, SandboxError>>()?;
    for (row, number) in credentials::ROWS.iter().zip(numbers) {
        samples.push(row.sample(sandbox, &number)?);
    }
    Ok(samples)
}

/// A document is made as a `D`.
struct Row<D> {
    file: &'static str,
    shows: &'static str,
    verdict: Verdict,
    title: TitleStateName,
    code: &'static str,
    key: Option<&'static str>,
    make: fn(&mut Sandbox, &str) -> Result<D, SandboxError>,
}

impl<D: Into<Value>> Row<D> {
    fn sample(&self, sandbox: &mut Sandbox, number: &str) -> Result<Sample, SandboxError> {
        let document = (self.make)(sandbox, number)?.into();
        let document = match self.key {
            Some(key) => others::sealed(&document, key)?,
            None => document,
        };
        Ok(Sample {
            file: self.file,
            shows: self.shows,
            verdict: self.verdict,
            title: self.title,
            code: self.code,
            document: format!("{document:#}\n"),
            key: self.key,
        })
    }
}
