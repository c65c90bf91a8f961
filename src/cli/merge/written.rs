//! What `ebl verify` wrote, read again: a summary, or a line of JSON a document. Another may have changed it, so it is read
//! within limits.

use std::borrow::Cow;
use std::fs::File;
use std::io::{BufRead as _, BufReader, Read as _};
use std::path::Path;

use anyhow::{Context as _, Result, bail, ensure};
use serde::Deserialize;

use crate::cli::journal;
use crate::cli::no_document::is_outage;
use crate::cli::record::{CameTo, Record, ReportView};
use crate::cli::tally::Summary;
use crate::verify::Verdict;

/// A file of one kind or the other.
pub(super) enum Written {
    Summary(Box<Summary>),
    Reports,
}

impl Written {
    pub(super) fn of(path: &Path) -> Result<Self> {
        let mut lines = Lines::of(path)?;
        let Some(first) = lines.next()? else { return Ok(Self::Reports) };
        match schema(first).as_deref() {
            Some(REPORT) => return Ok(Self::Reports),
            Some(Summary::SCHEMA) | None => {}
            Some(journal::SCHEMA) => bail!(
                "this is a journal (--resume), which says less than the summary (--summary) and the reports of its run: \
                 give one of these"
            ),
            Some(_) => bail!(NEITHER),
        }
        let whole = whole(path)?;
        match schema(&whole).as_deref() {
            Some(Summary::SCHEMA) => {
                let summary: Summary = serde_json::from_slice(&whole).context("not a summary of this version")?;
                let known = |verdict: &String| Verdict::of_name(verdict).is_some();
                ensure!(summary.verdicts.keys().all(known), "not a summary of this version");
                let counts = summary.verdicts.values().chain([&summary.unreadable, &summary.not_fetched]);
                let sum = counts.fold(0_usize, |sum, count| sum.saturating_add(*count));
                ensure!(
                    sum == summary.documents,
                    "its counts do not add up to its documents: it was changed, or is damaged"
                );
                Ok(Self::Summary(Box::new(summary)))
            }
            // One that is indented.
            Some(REPORT) => Ok(Self::Reports),
            _ => bail!(NEITHER),
        }
    }
}

const REPORT: &str = "ebl-verifier/report/1";
const NEITHER: &str = "neither a summary (--summary) nor reports (--format jsonl) of ebl verify";

/// Tells every report with the number of its line. Comes to how many lines are not whole.
pub(super) fn each_report(path: &Path, mut each: impl FnMut(usize, &Record)) -> Result<usize> {
    let mut lines = Lines::of(path)?;
    let (mut number, mut torn) = (0, 0);
    while let Some(line) = lines.next()? {
        match schema(line).as_deref() {
            None if number == 0 => {
                let whole = whole(path)?;
                if schema(&whole).as_deref() == Some(REPORT) {
                    each(0, &record(&whole).context("not a report of this version")?);
                    return Ok(0);
                }
                torn += 1;
            }
            None => torn += 1,
            Some(REPORT) => {
                let record = record(line).with_context(|| format!("line {}: not a report of this version", number + 1));
                each(number, &record?);
            }
            Some(_) => bail!("line {}: not a report of ebl verify", number + 1),
        }
        number += 1;
    }
    Ok(torn)
}

fn schema(text: &[u8]) -> Option<String> {
    #[derive(Deserialize)]
    struct WithSchema {
        schema: String,
    }
    serde_json::from_slice::<WithSchema>(text).ok().map(|object| object.schema)
}

fn record(text: &[u8]) -> Result<Record> {
    #[derive(Deserialize)]
    struct Kind<'r> {
        #[serde(borrow)]
        verdict: Option<Cow<'r, str>>,
    }
    #[derive(Deserialize)]
    struct Unreadable<'r> {
        #[serde(borrow)]
        file: Option<Cow<'r, str>>,
        #[serde(borrow)]
        checked_at: Option<Cow<'r, str>>,
        #[serde(borrow)]
        error: ErrorView<'r>,
    }
    #[derive(Deserialize)]
    struct ErrorView<'r> {
        #[serde(borrow)]
        code: Cow<'r, str>,
    }
    match serde_json::from_slice::<Kind<'_>>(text)?.verdict {
        Some(name) => {
            let verdict = Verdict::of_name(&name).context("a verdict that is not known")?;
            Ok(Record::of(&serde_json::from_slice::<ReportView<'_>>(text)?, verdict))
        }
        None => {
            let Unreadable { file, checked_at, error } = serde_json::from_slice(text)?;
            let result = if is_outage(&error.code) { CameTo::NotFetched } else { CameTo::Unreadable };
            let checked_at = checked_at.unwrap_or_default().into_owned();
            Ok(Record::without_document(file.as_deref().unwrap_or_default(), result, &error.code, checked_at))
        }
    }
}

/// A file's lines, of a length that a report may have.
struct Lines {
    from: BufReader<File>,
    line: Vec<u8>,
}

impl Lines {
    fn of(path: &Path) -> Result<Self> {
        Ok(Self { from: BufReader::with_capacity(64 << 10, opened(path)?), line: Vec::new() })
    }

    fn next(&mut self) -> Result<Option<&[u8]>> {
        self.line.clear();
        (&mut self.from).take(MOST_BYTES).read_until(b'\n', &mut self.line)?;
        ensure!((self.line.len() as u64) < MOST_BYTES, "a line is longer than {MOST_BYTES} bytes");
        Ok((!self.line.is_empty()).then_some(&*self.line))
    }
}

fn whole(path: &Path) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    opened(path)?.take(MOST_BYTES).read_to_end(&mut bytes)?;
    ensure!((bytes.len() as u64) < MOST_BYTES, NEITHER);
    Ok(bytes)
}

/// It is read twice, so a pipe will not do.
fn opened(path: &Path) -> Result<File> {
    let failed = |why: std::io::Error| match why.kind() {
        std::io::ErrorKind::NotFound => anyhow::anyhow!("there is no such file"),
        _ => anyhow::Error::new(why).context("it cannot be read"),
    };
    let found = std::fs::metadata(path).map_err(failed)?;
    ensure!(!found.is_dir(), "this is a folder; name the summaries or reports in it");
    ensure!(found.is_file(), "it is not a plain file, and is read twice");
    File::open(path).map_err(failed)
}

const MOST_BYTES: u64 = 64 << 20;
