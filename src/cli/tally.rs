//! What the documents of a run came to, in numbers.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::exit::Exit;
use super::record::{CameTo, Record};
use super::shard::Shard;
use super::twins::{TwinFinding, Twins};
use crate::evidence::Cause;
use crate::report::json::{self, Layout, RenderError};
use crate::sources::HostUse;
use crate::text::counted;
use crate::verify::Verdict;

/// The shape of `schemas/summary.schema.json`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Summary {
    pub schema: String,
    /// How many were judged or tried.
    pub documents: usize,
    /// How many of them an earlier run had judged (`--resume`).
    pub resumed: usize,
    /// How many were not judged, because the run ended before.
    pub left: usize,
    /// Whether Ctrl-C or SIGTERM ended it.
    pub interrupted: bool,
    /// The part that this run was given (`--shard`).
    pub shard: Option<Shard>,
    /// How many documents belong to the other parts.
    pub other_shards: usize,
    /// By verdict.
    pub verdicts: BTreeMap<String, usize>,
    /// How many files hold no document that could be read.
    pub unreadable: usize,
    /// How many links led to no document, for an outage.
    pub not_fetched: usize,
    /// By code: what failed or is not known, once a document.
    pub codes: BTreeMap<String, usize>,
    /// Who was asked: those that failed most first, then the slowest.
    pub endpoints: Vec<EndpointCount>,
    /// Where chains were read.
    pub blocks: Vec<BlocksOfChain>,
    /// What the documents show about each other.
    pub findings: Vec<TwinFinding>,
    /// What these numbers cannot say.
    pub not_known: Vec<String>,
}

impl Summary {
    pub(super) const SCHEMA: &str = "ebl-verifier/summary/1";

    /// In a line, the worst first.
    pub(super) fn line(&self) -> String {
        let left = (self.left > 0).then(|| format!("{} not judged", self.left));
        let counts: Vec<String> = self.counts().into_iter().chain(left).collect();
        let documents = self.documents.saturating_add(self.left);
        let documents = counted(documents, "document");
        if counts.is_empty() { documents } else { format!("{documents}: {}", counts.join(", ")) }
    }

    /// How many came to what so far, the worst first.
    pub(super) fn counts(&self) -> Vec<String> {
        let counted = |verdict: Verdict| Some((self.verdicts.get(verdict.name())?, verdict.headline()));
        let verdicts =
            Verdict::WORST_FIRST.into_iter().filter_map(counted).map(|(count, words)| format!("{count} {words}"));
        let others =
            [(self.unreadable, "not read"), (self.not_fetched, "not fetched"), (self.other_shards, "in other parts")];
        let others =
            others.into_iter().filter(|(count, _)| *count > 0).map(|(count, words)| format!("{count} {words}"));
        verdicts.chain(others).collect()
    }

    /// The worst of what is counted; nothing where no document is.
    pub(super) fn exit(&self) -> Option<Exit> {
        let verdicts = Verdict::WORST_FIRST.into_iter().filter(|verdict| self.verdicts.contains_key(verdict.name()));
        let unreadable = (self.unreadable > 0).then_some(Exit::Unreadable);
        let not_fetched = (self.not_fetched > 0).then_some(Exit::NotFetched);
        verdicts.map(Exit::Verdict).chain(unreadable).chain(not_fetched).reduce(Exit::worse)
    }

    pub(super) fn json(&self, layout: Layout) -> Result<String, RenderError> {
        Ok(json::render(self, layout)? + "\n")
    }
}

/// One host of those that were asked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct EndpointCount {
    pub host: String,
    /// For how many documents it answered.
    pub answered: usize,
    /// For how many it gave no answer, by cause.
    pub failed: BTreeMap<String, usize>,
    /// How long it took, where the run itself asked it: reports do not say so.
    pub requests: Option<RequestCount>,
}

impl EndpointCount {
    pub(super) fn failures(&self) -> usize {
        self.failed.values().fold(0, |sum, count| sum.saturating_add(*count))
    }
}

/// The requests that one host was asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RequestCount {
    pub count: u64,
    /// How many of them gave no answer.
    pub failed: u64,
    /// All of them together.
    pub milliseconds: u64,
    pub longest_milliseconds: u64,
}

impl RequestCount {
    /// How long one took, as a rule.
    pub(super) fn mean_milliseconds(&self) -> u64 {
        self.milliseconds / self.count.max(1)
    }

    fn add(&mut self, other: &Self) {
        self.count = self.count.saturating_add(other.count);
        self.failed = self.failed.saturating_add(other.failed);
        self.milliseconds = self.milliseconds.saturating_add(other.milliseconds);
        self.longest_milliseconds = self.longest_milliseconds.max(other.longest_milliseconds);
    }
}

impl From<&HostUse> for RequestCount {
    fn from(host: &HostUse) -> Self {
        let milliseconds = |time: std::time::Duration| u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
        Self {
            count: host.requests,
            failed: host.failed,
            milliseconds: milliseconds(host.time),
            longest_milliseconds: milliseconds(host.longest),
        }
    }
}

/// The blocks that documents of one chain were read at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct BlocksOfChain {
    pub chain_id: u64,
    pub lowest: u64,
    pub highest: u64,
    pub documents: usize,
}

/// Counts documents as they come.
#[derive(Debug)]
pub(super) struct Tally {
    summary: Summary,
    twins: Twins,
    endpoints: BTreeMap<String, EndpointCount>,
    blocks: BTreeMap<u64, BlocksOfChain>,
    /// When the oldest result of an earlier run was found.
    oldest: Option<String>,
    is_crowded: bool,
}

impl Tally {
    pub(super) fn of(documents: usize, shard: Option<Shard>) -> Self {
        let summary = Summary {
            schema: Summary::SCHEMA.into(),
            documents: 0,
            resumed: 0,
            left: documents,
            interrupted: false,
            shard,
            other_shards: 0,
            verdicts: BTreeMap::new(),
            unreadable: 0,
            not_fetched: 0,
            codes: BTreeMap::new(),
            endpoints: Vec::new(),
            blocks: Vec::new(),
            findings: Vec::new(),
            not_known: Vec::new(),
        };
        Self {
            summary,
            twins: Twins::default(),
            endpoints: BTreeMap::new(),
            blocks: BTreeMap::new(),
            oldest: None,
            is_crowded: false,
        }
    }

    /// One document of the run was judged, or tried.
    pub(super) fn add(&mut self, record: &Record) {
        self.summary.left = self.summary.left.saturating_sub(1);
        self.count(record);
    }

    /// One document more than the run began with.
    pub(super) fn count(&mut self, record: &Record) {
        self.twins.add(record);
        let summary = &mut self.summary;
        one_more(&mut summary.documents);
        match record.result {
            CameTo::Verdict(verdict) => one_more(summary.verdicts.entry(verdict.name().into()).or_default()),
            CameTo::Unreadable => one_more(&mut summary.unreadable),
            CameTo::NotFetched => one_more(&mut summary.not_fetched),
        }
        for code in &record.codes {
            self.add_code(code, 1);
        }
        for host in &record.answered {
            if let Some(endpoint) = self.endpoint(host) {
                one_more(&mut endpoint.answered);
            }
        }
        for (host, cause) in &record.failed {
            if let Some(endpoint) = self.endpoint(host) {
                one_more(endpoint.failed.entry(name(*cause)).or_default());
            }
        }
        for block in &record.blocks {
            let (chain_id, block) = (block.chain_id, block.block);
            self.add_blocks(BlocksOfChain { chain_id, lowest: block, highest: block, documents: 1 });
        }
    }

    /// One that an earlier run had judged.
    pub(super) fn add_resumed(&mut self, record: &Record) {
        self.add(record);
        one_more(&mut self.summary.resumed);
        if self.oldest.as_ref().is_none_or(|oldest| record.checked_at < *oldest) {
            self.oldest = Some(record.checked_at.clone());
        }
    }

    /// How old a part of this is, in words.
    pub(super) fn age_of_resumed(&self) -> Option<String> {
        let (oldest, count) = (self.oldest.as_ref()?, self.summary.resumed);
        let are = if count == 1 { "is" } else { "are" };
        let documents = counted(count, "document");
        Some(format!("{documents} {are} counted from the journal and not reported again, the oldest as of {oldest}"))
    }

    /// How a document of an earlier run was then, whatever becomes of it now.
    pub(super) fn add_earlier(&mut self, record: &Record) {
        self.twins.add_earlier(record);
    }

    pub(super) fn add_other_shard(&mut self) {
        one_more(&mut self.summary.other_shards);
        self.summary.left = self.summary.left.saturating_sub(1);
    }

    /// The counts of another run, without what it found across its documents only.
    pub(super) fn add_summary(&mut self, other: &Summary) {
        let summary = &mut self.summary;
        for (sum, count) in [
            (&mut summary.documents, other.documents),
            (&mut summary.resumed, other.resumed),
            (&mut summary.left, other.left),
            (&mut summary.unreadable, other.unreadable),
            (&mut summary.not_fetched, other.not_fetched),
        ] {
            *sum = sum.saturating_add(count);
        }
        summary.interrupted |= other.interrupted;
        for (verdict, count) in &other.verdicts {
            let sum = summary.verdicts.entry(verdict.clone()).or_default();
            *sum = sum.saturating_add(*count);
        }
        summary.findings.extend(other.findings.iter().cloned());
        for words in &other.not_known {
            if !summary.not_known.contains(words) {
                summary.not_known.push(words.clone());
            }
        }
        for (code, count) in &other.codes {
            self.add_code(code, *count);
        }
        for counted in &other.endpoints {
            if let Some(endpoint) = self.endpoint(&counted.host) {
                endpoint.answered = endpoint.answered.saturating_add(counted.answered);
                for (cause, count) in &counted.failed {
                    let sum = endpoint.failed.entry(cause.clone()).or_default();
                    *sum = sum.saturating_add(*count);
                }
            }
            if let Some(requests) = &counted.requests {
                self.add_requests(&counted.host, requests);
            }
        }
        other.blocks.iter().for_each(|blocks| self.add_blocks(*blocks));
    }

    /// What the run's own questions took.
    pub(super) fn add_usage(&mut self, hosts: &[HostUse]) {
        for host in hosts {
            self.add_requests(&host.host, &host.into());
        }
    }

    fn add_requests(&mut self, host: &str, more: &RequestCount) {
        if let Some(endpoint) = self.endpoint(host) {
            match &mut endpoint.requests {
                Some(sum) => sum.add(more),
                none => *none = Some(*more),
            }
        }
    }

    /// Documents that nothing is known of, beside those that the run began with.
    pub(super) fn add_left(&mut self, documents: usize) {
        self.summary.left = self.summary.left.saturating_add(documents);
    }

    /// Documents of parts that are not here.
    pub(super) fn add_other_shards(&mut self, documents: usize) {
        self.summary.other_shards = self.summary.other_shards.saturating_add(documents);
    }

    pub(super) fn add_not_known(&mut self, words: String) {
        self.summary.not_known.push(words);
    }

    fn add_code(&mut self, code: &str, documents: usize) {
        let codes = &mut self.summary.codes;
        if let Some(sum) = codes.get_mut(code) {
            *sum = sum.saturating_add(documents);
        } else if codes.len() < MOST_NAMES {
            codes.insert(code.to_owned(), documents);
        } else {
            self.is_crowded = true;
        }
    }

    /// Documents choose whom they make us ask, so there may be very many.
    fn endpoint(&mut self, host: &str) -> Option<&mut EndpointCount> {
        if !self.endpoints.contains_key(host) {
            if self.endpoints.len() >= MOST_NAMES {
                self.is_crowded = true;
                return None;
            }
            let endpoint =
                EndpointCount { host: host.to_owned(), answered: 0, failed: BTreeMap::new(), requests: None };
            self.endpoints.insert(host.to_owned(), endpoint);
        }
        self.endpoints.get_mut(host)
    }

    fn add_blocks(&mut self, more: BlocksOfChain) {
        if self.blocks.len() >= MOST_NAMES && !self.blocks.contains_key(&more.chain_id) {
            self.is_crowded = true;
            return;
        }
        let add = |sum: &mut BlocksOfChain| {
            sum.lowest = sum.lowest.min(more.lowest);
            sum.highest = sum.highest.max(more.highest);
            sum.documents = sum.documents.saturating_add(more.documents);
        };
        self.blocks.entry(more.chain_id).and_modify(add).or_insert(more);
    }

    /// As far as it has come.
    pub(super) fn so_far(&self) -> &Summary {
        &self.summary
    }

    /// How many documents are dealt with.
    pub(super) fn done(&self) -> usize {
        self.summary.documents + self.summary.other_shards
    }

    pub(super) fn interrupted(&mut self) {
        self.summary.interrupted = true;
    }

    /// Nothing more comes.
    pub(super) fn close(self) -> Summary {
        let mut summary = self.summary;
        summary.findings.extend(self.twins.findings());
        summary.endpoints = self.endpoints.into_values().collect();
        summary.endpoints.sort_by_cached_key(|endpoint| {
            let mean = endpoint.requests.map_or(0, |requests| requests.mean_milliseconds());
            (Reverse(endpoint.failures()), Reverse(mean), endpoint.host.clone())
        });
        let more = summary.endpoints.len().saturating_sub(MOST_ENDPOINTS);
        summary.endpoints.truncate(MOST_ENDPOINTS);
        if more > 0 {
            summary
                .not_known
                .push(format!("{more} more hosts were asked; those that failed most and the slowest are listed"));
        }
        summary.blocks = self.blocks.into_values().collect();
        if self.is_crowded {
            summary
                .not_known
                .push(format!("more than {MOST_NAMES} different hosts, chains or codes: not all are counted"));
        }
        summary
    }
}

/// How many different hosts, chains and codes are counted.
const MOST_NAMES: usize = 4096;
/// Of these, how many hosts are shown.
const MOST_ENDPOINTS: usize = 64;

/// Summaries are read from files, so a count may be as large as can be.
fn one_more(count: &mut usize) {
    *count = count.saturating_add(1);
}

/// Behind those that are named, in words.
pub(super) fn and_more(more: usize) -> String {
    if more > 0 { format!(" and {more} more") } else { String::new() }
}

/// As reports name it.
fn name(cause: Cause) -> String {
    let name = serde_json::to_value(cause).ok();
    name.as_ref().and_then(|name| name.as_str()).unwrap_or("not_an_answer").to_owned()
}
