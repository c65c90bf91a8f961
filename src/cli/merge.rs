//! `ebl summary`: what several runs, or several parts of one, came to together. It reads the summaries and the lines of JSON
//! that `ebl verify` wrote; it judges nothing.

mod written;

use std::collections::hash_map::Entry;
use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use sha2::{Digest as _, Sha256};

use super::args::{PageFormat, SummaryArgs};
use super::exit::Exit;
use super::output::{self, Output, Wanted};
use super::record::Record;
use super::shard::Shard;
use super::summary_page::page;
use super::tally::{Summary, Tally};
use super::{advice, secrecy};
use crate::date_time::rfc3339_seconds;
use crate::primitives::Digest32;
use crate::report::human::Style;
use crate::report::json::Layout;
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
    let summary = merged.summary();
    let exit = exit(&summary);
    let style =
        Style { width: output::width(output.is_terminal()), color: false, verbose: false, advice: advice::advice };
    let text = match args.format {
        PageFormat::Human => page(&summary, style),
        PageFormat::Json => summary.json(Layout::Indented)?,
        PageFormat::Jsonl => summary.json(Layout::OneLine)?,
    };
    Ok(output.write_only(&text, exit))
}

/// The worst of what was judged, as of a run; what was not may be anything.
fn exit(summary: &Summary) -> Exit {
    let known = summary.exit().unwrap_or(Exit::Done);
    if summary.left == 0 && summary.other_shards == 0 { known } else { known.worse(Exit::Unjudged) }
}

#[derive(Default)]
struct Merged {
    files: Vec<Written>,
    /// By document, where its last report stands.
    last: HashMap<Digest32, Report>,
    /// How many reports another one follows on the same document.
    superseded: usize,
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

/// What is known of the parts of a run.
#[derive(Default)]
struct Parts {
    there: BTreeMap<u32, usize>,
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
            let (last, superseded) = (&mut self.last, &mut self.superseded);
            self.torn += written::each_report(path, |line, record| {
                let Some(identity) = identity(record) else { return };
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
                    let parts = self.parts.entry(of).or_default();
                    let own = summary.documents.saturating_add(summary.left);
                    *parts.there.entry(index).or_default() += 1;
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

    fn summary(self) -> Summary {
        let mut tally = self.tally.unwrap_or_else(|| Tally::of(0, None));
        let summaries = self.files.iter().filter(|file| matches!(file, Written::Summary(_))).count();
        if summaries > 0 && self.files.len() > 1 {
            tally.add_not_known(
                "what documents of different summaries show about each other: their reports would say it".into(),
            );
        }
        if summaries > 0 && summaries < self.files.len() {
            tally
                .add_not_known("whether documents of the summaries are among the reports, and so counted twice".into());
        }
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
        let missing = || (1..=of).filter(|index| !self.there.contains_key(index));
        let all = self.in_all.iter().max().copied().unwrap_or_default();
        if missing().next().is_some() {
            let more = missing().count().saturating_sub(MOST);
            let more = if more > 0 { format!(" and {more} more") } else { String::new() };
            let named: Vec<String> = missing().take(MOST).map(|index| format!("{index}/{of}")).collect();
            tally.add_not_known(format!("what came of the parts {}{more}, which are not here", named.join(", ")));
            tally.add_other_shards(all.saturating_sub(self.documents));
        }
        if self.there.values().any(|count| *count > 1) {
            tally.add_not_known(format!("whether a part of {of} is counted twice: one stands in several summaries"));
        }
        if self.in_all.iter().any(|said| *said != all) {
            tally.add_not_known(format!(
                "whether the parts of {of} are of the same documents: they count differently many"
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

fn counted(count: usize, noun: &str) -> String {
    if count == 1 { format!("1 {noun}") } else { format!("{count} {noun}s") }
}
