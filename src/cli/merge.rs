//! `ebl summary`: what several runs, or several parts of one, came to together. It reads the summaries and the lines of JSON
//! that `ebl verify` wrote; it judges nothing.

mod written;

use std::collections::hash_map::Entry;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, ensure};
use sha2::{Digest as _, Sha256};

use super::args::SummaryArgs;
use super::exit::Exit;
use super::output::{self, Output, Wanted};
use super::record::Record;
use super::shard::Shard;
use super::summary_page::{Runs, page};
use super::tally::{Summary, Tally, and_more};
use super::{advice, secrecy};
use crate::date_time::rfc3339_seconds;
use crate::primitives::Digest32;
use crate::report::human::Style;
use crate::text::counted;
use written::Written;

pub(super) fn run(args: &SummaryArgs) -> Result<Exit> {
    let read: Vec<&Path> = args.files.iter().map(PathBuf::as_path).collect();
    let output = Output::open(args.output.as_deref(), Wanted::Result, &read)?;
    let mut merged = Merged::default();
    // Of a document that was judged several times the last report counts, so all are looked at before any is counted.
    for path in &read {
        merged.look_at(path).with_context(|| secrecy::path(path))?;
    }
    for (number, path) in read.iter().enumerate() {
        merged.count(number, path).with_context(|| secrecy::path(path))?;
    }
    let runs = if merged.summaries() > 1 { Runs::Several } else { Runs::One };
    let summary = merged.summary();
    let exit = exit(&summary);
    let style =
        Style { width: output::width(output.is_terminal()), color: false, verbose: false, advice: advice::advice };
    let text = match args.format.layout() {
        None => page(&summary, runs, style),
        Some(layout) => summary.json(layout)?,
    };
    Ok(output.write_only(&text, exit))
}

/// The worst of what was judged, as of a run; what was not may be anything.
fn exit(summary: &Summary) -> Exit {
    let known = summary.exit().unwrap_or(Exit::Done);
    // A run that died before its first line has written as much as one that found nothing.
    let is_whole = summary.left == 0 && summary.other_shards == 0 && summary.documents > 0;
    if is_whole { known } else { known.worse(Exit::Unjudged) }
}

#[derive(Default)]
struct Merged {
    files: Vec<Written>,
    /// By document, where its last report stands.
    last: HashMap<Digest32, Report>,
    /// How many reports another one follows on the same document.
    superseded: usize,
    names: Names,
    tally: Option<Tally>,
    /// Of runs in so many parts.
    parts: BTreeMap<u32, Parts>,
    torn: usize,
}

/// Which report of the files.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Report {
    /// When the document was judged, in seconds since the Unix epoch.
    time: i64,
    file: usize,
    line: usize,
}

/// Which names stand for several contents.
#[derive(Default)]
struct Names {
    /// By name, the first content.
    first: HashMap<Digest32, Digest32>,
    several: HashSet<Digest32>,
    /// Of these the first.
    shown: Vec<String>,
}

impl Names {
    fn add(&mut self, name: &str, content: Digest32) {
        let key = Digest32(Sha256::digest(name).into());
        let first = *self.first.entry(key).or_insert(content);
        if first != content && self.several.insert(key) && self.shown.len() < Self::MOST {
            self.shown.push(name.to_owned());
        }
    }

    fn in_words(&self) -> Option<String> {
        let stand = if self.several.len() == 1 { "stands" } else { "stand" };
        let more = and_more(self.several.len().saturating_sub(Self::MOST));
        (!self.several.is_empty()).then(|| {
            format!(
                "{} {stand} for several contents: {}{more}. Each content counts, also of a file that was changed since",
                counted(self.several.len(), "name"),
                self.shown.join(", ")
            )
        })
    }

    const MOST: usize = 3;
}

/// What is known of the parts of a run.
#[derive(Default)]
struct Parts {
    there: BTreeSet<u32>,
    /// How many documents these parts have.
    documents: usize,
    /// How many documents there are in all parts, as the parts say.
    in_all: Vec<usize>,
}

impl Merged {
    fn look_at(&mut self, path: &Path) -> Result<()> {
        let file = self.files.len();
        let written = Written::of(path)?;
        if let Written::Reports = written {
            let (last, superseded, names) = (&mut self.last, &mut self.superseded, &mut self.names);
            self.torn += written::each_report(path, |line, record| {
                let Some(identity) = identity(record) else { return };
                names.add(&record.file, identity);
                let report = Report { time: rfc3339_seconds(&record.checked_at).unwrap_or_default(), file, line };
                match last.entry(identity) {
                    Entry::Vacant(entry) => drop(entry.insert(report)),
                    Entry::Occupied(mut entry) => {
                        *superseded += 1;
                        if *entry.get() < report {
                            entry.insert(report);
                        }
                    }
                }
            })?;
        }
        self.files.push(written);
        Ok(())
    }

    fn count(&mut self, file: usize, path: &Path) -> Result<()> {
        let tally = self.tally.get_or_insert_with(|| Tally::of(0, None));
        match self.files.get(file) {
            Some(Written::Summary(summary)) => {
                if let Some(Shard { index, of }) = summary.shard {
                    let is_there = self.parts.get(&of).is_some_and(|parts| parts.there.contains(&index));
                    ensure!(!is_there, "part {index} of {of} is in another summary, too; give one of them");
                    let parts = self.parts.entry(of).or_default();
                    let own = summary.documents.saturating_add(summary.left);
                    parts.there.insert(index);
                    parts.documents = parts.documents.saturating_add(own);
                    parts.in_all.push(own.saturating_add(summary.other_shards));
                }
                tally.add_summary(summary);
            }
            Some(Written::Reports) => {
                let last = &self.last;
                written::each_report(path, |line, record| {
                    let counting = identity(record).and_then(|identity| last.get(&identity));
                    match counting.is_none_or(|report| (report.file, report.line) == (file, line)) {
                        true => tally.count(record),
                        false => tally.add_earlier(record),
                    }
                })?;
            }
            None => {}
        }
        Ok(())
    }

    fn summaries(&self) -> usize {
        self.files.iter().filter(|file| matches!(file, Written::Summary(_))).count()
    }

    fn summary(self) -> Summary {
        let summaries = self.summaries();
        let mut tally = self.tally.unwrap_or_else(|| Tally::of(0, None));
        if summaries > 0 && self.files.len() > 1 {
            tally.add_not_known(
                "what documents of different summaries show about each other: their reports would say it".into(),
            );
        }
        if summaries > 0 && summaries < self.files.len() {
            tally
                .add_not_known("whether documents of the summaries are among the reports, and so counted twice".into());
        }
        if summaries < self.files.len() {
            tally.add_not_known("whether a part is missing: summaries say so, and reports cannot".into());
        }
        self.names.in_words().into_iter().for_each(|words| tally.add_not_known(words));
        if self.superseded > 0 {
            let reports = counted(self.superseded, "report");
            tally.add_not_known(format!(
                "what came of {reports} before the last one on the same document, which counts"
            ));
        }
        if self.torn > 0 {
            let lines = counted(self.torn, "line");
            tally.add_not_known(format!(
                "what {lines} said that are not whole; each counts as a document that was not judged"
            ));
            tally.add_left(self.torn);
        }
        for (of, parts) in &self.parts {
            parts.tell(*of, &mut tally);
        }
        tally.close()
    }
}

impl Parts {
    fn tell(&self, of: u32, tally: &mut Tally) {
        const MOST: usize = 16;
        let missing = || (1..=of).filter(|index| !self.there.contains(index));
        let all = self.in_all.iter().max().copied().unwrap_or_default();
        if missing().next().is_some() {
            let more = and_more(missing().count().saturating_sub(MOST));
            let parts = if missing().nth(1).is_some() { "parts" } else { "part" };
            let named: Vec<String> = missing().take(MOST).map(|index| index.to_string()).collect();
            tally.add_not_known(format!("missing: {parts} {}{more} of {of}", named.join(", ")));
        } else if self.documents < all {
            let documents = counted(all - self.documents, "document");
            tally.add_not_known(format!(
                "what came of {documents} of {all}: no part of {of} had them, so the files changed in between"
            ));
        }
        tally.add_other_shards(all.saturating_sub(self.documents));
        if self.in_all.iter().any(|said| *said != all) {
            tally.add_not_known(format!(
                "whether the {of} parts are of the same documents: they count differently many"
            ));
        }
    }
}

/// By which reports are on one document: its name and its bytes. Of what could not be read nothing says so.
fn identity(record: &Record) -> Option<Digest32> {
    let content = record.sha256.as_deref()?;
    let hash = Sha256::new().chain_update(&record.file).chain_update([0]).chain_update(content);
    Some(Digest32(hash.finalize().into()))
}
