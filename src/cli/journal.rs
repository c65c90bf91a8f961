//! What a run has judged, on disk: a run that is started again with the same journal (`--resume FILE`) goes on where the
//! one before ended. JSON lines: the first says what is judged how, each further one is a document whose report has been
//! written.
//!
//! A document is known by its name and its bytes, never by the time of its file: a file can change without its time. What
//! could not be found out is judged again.

use std::collections::{BTreeMap, HashMap};
use std::fs::{File, OpenOptions};
use std::io::{BufRead as _, BufReader, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::Path;

use anyhow::{Context as _, Result, ensure};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::record::{CameTo, Record};
use super::{output, own_file, secrecy};
use crate::primitives::Digest32;
use crate::verify::Verdict;
use crate::verify::codes;

/// Settings that results depend on, each with what it is set to.
pub(super) type Settings = BTreeMap<String, String>;

/// The first line.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Heading {
    schema: String,
    settings: Settings,
}

pub(super) const SCHEMA: &str = "ebl-verifier/journal/1";

/// A document.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    /// What was judged: see [`key`].
    input: Digest32,
    /// In bytes; of a link nothing.
    size: Option<u64>,
    /// The exit code that it comes to alone.
    exit: u8,
    record: Record,
}

/// Which document of which content.
pub(super) fn key(name: &[u8], content: Digest32) -> Digest32 {
    let hash = Sha256::new().chain_update(name).chain_update([0]).chain_update(content.0);
    Digest32(hash.finalize().into())
}

/// Where in the journal a document stands that need not be judged again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Place(u64);

/// An open journal, which no other run has open.
#[derive(Debug)]
pub(super) struct Journal {
    /// Written at its end, and read anywhere.
    file: BufReader<File>,
    name: String,
    /// Whether the last line could not be written whole: none may follow it.
    is_broken: bool,
}

/// What an earlier run left.
#[derive(Debug, Default)]
pub(super) struct Earlier {
    pub judged: HashMap<Digest32, Place>,
    /// How many documents it notes, also those that are judged again.
    pub documents: usize,
    /// How many lines say nothing, as the last one of a run that was killed.
    pub unreadable: usize,
}

impl Journal {
    /// Opens or begins it. `each` is told of every document that was judged.
    pub(super) fn open(path: &Path, settings: &Settings, each: impl FnMut(&Record)) -> Result<(Self, Earlier)> {
        let name = secrecy::path(path);
        let opened = || -> Result<(Self, Earlier)> {
            // Opening another kind of file could wait for ever or do something.
            ensure!(std::fs::metadata(path).map_or(true, |found| found.is_file()), output::NOT_PLAIN);
            let file = OpenOptions::new().read(true).append(true).create(true).open(path)?;
            own_file::ensure_free(&file)?;
            let mut journal = Self { file: BufReader::new(file), name: name.clone(), is_broken: false };
            let earlier = journal.read(settings, each)?;
            Ok((journal, earlier))
        };
        opened().with_context(|| format!("--resume {name}"))
    }

    fn read(&mut self, settings: &Settings, mut each: impl FnMut(&Record)) -> Result<Earlier> {
        let mut earlier = Earlier::default();
        let mut line = Vec::new();
        self.next_line(&mut line)?;
        let mut place = line.len() as u64;
        let beginning = format!("{{\"schema\":\"{SCHEMA}\"");
        if line.last() != Some(&b'\n') {
            // Nothing yet, or a first line that was not finished.
            let is_ours = beginning.as_bytes().starts_with(&line) || line.starts_with(beginning.as_bytes());
            ensure!(is_ours, NOT_A_JOURNAL);
            self.file.get_ref().set_len(0)?;
            let heading = Heading { schema: SCHEMA.into(), settings: settings.clone() };
            let line = serde_json::to_string(&heading)? + "\n";
            self.file.get_mut().write_all(line.as_bytes())?;
            return Ok(earlier);
        }
        let heading: Heading = serde_json::from_slice(&line).ok().context(NOT_A_JOURNAL)?;
        ensure!(heading.schema == SCHEMA, NOT_A_JOURNAL);
        ensure_same(&heading.settings, settings)?;
        loop {
            self.next_line(&mut line)?;
            match line.last() {
                None => return Ok(earlier),
                Some(b'\n') => match serde_json::from_slice::<Line>(&line) {
                    Ok(Line { input, exit, record, .. }) if exit == record.result.exit().code() => {
                        each(&record);
                        earlier.documents += 1;
                        match is_definite(&record) {
                            true => earlier.judged.insert(input, Place(place)),
                            false => earlier.judged.remove(&input),
                        };
                    }
                    // One that contradicts itself says nothing, either.
                    Ok(_) | Err(_) => earlier.unreadable += 1,
                },
                Some(_) => {
                    earlier.unreadable += 1;
                    self.file.get_mut().write_all(b"\n")?;
                }
            }
            place += line.len() as u64;
        }
    }

    fn next_line(&mut self, line: &mut Vec<u8>) -> Result<()> {
        line.clear();
        (&mut self.file).take(LONGEST_LINE).read_until(b'\n', line)?;
        ensure!((line.len() as u64) < LONGEST_LINE, "a line of it is too long");
        Ok(())
    }

    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// What became of the document that stands at this place.
    pub(super) fn record(&mut self, Place(at): Place) -> Result<Record> {
        let mut line = Vec::new();
        let read = self.file.seek(SeekFrom::Start(at)).map_err(Into::into).and_then(|_| self.next_line(&mut line));
        let found = read.and_then(|()| Ok(serde_json::from_slice::<Line>(&line)?.record));
        found.with_context(|| format!("--resume {} changed while it was used", self.name))
    }

    /// Notes a document whose report is written.
    pub(super) fn add(&mut self, input: Digest32, size: Option<u64>, record: &Record) -> Result<()> {
        if self.is_broken {
            return Ok(());
        }
        let line = Line { input, size, exit: record.result.exit().code(), record: record.clone() };
        let text = serde_json::to_string(&line)? + "\n";
        // One call, so that a run that is killed leaves no half of it, as a rule.
        let written = self.file.get_mut().write_all(text.as_bytes());
        self.is_broken = written.is_err();
        written.with_context(|| {
            format!("--resume {}: what is judged from here on will be judged again by the next run", self.name)
        })
    }
}

/// Whether judging it again would come to the same. A key may be given the next time, and a file be there.
fn is_definite(record: &Record) -> bool {
    let passing = [codes::READ_FILE.id, codes::READ_KEY_MISSING.id, codes::READ_WRONG_KEY_OR_DAMAGED.id];
    match record.result {
        CameTo::Verdict(verdict) => verdict != Verdict::Indeterminate,
        CameTo::Unreadable => !record.codes.iter().any(|code| passing.contains(&code.as_str())),
        CameTo::NotFetched => false,
    }
}

/// Results of other rules must not be counted as results of these.
fn ensure_same(then: &Settings, now: &Settings) -> Result<()> {
    let names = then.keys().chain(now.keys().filter(|name| !then.contains_key(*name)));
    let said = |settings: &Settings, name: &str| settings.get(name).map_or("not set", String::as_str).to_owned();
    let differing: Vec<String> = names
        .filter(|name| then.get(*name) != now.get(*name))
        .map(|name| format!("{name} was {}, now {}", said(then, name), said(now, name)))
        .collect();
    ensure!(
        differing.is_empty(),
        "it is of a run with other settings: {}. Name another file, or run with the settings of then",
        differing.join("; ")
    );
    Ok(())
}

const NOT_A_JOURNAL: &str =
    "this is not a journal of ebl, or one of another version; name a file that is not there yet";

/// Of a journal: a presentation of very many credentials is the longest.
const LONGEST_LINE: u64 = 64 << 20;
