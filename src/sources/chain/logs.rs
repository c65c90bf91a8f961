//! Logs over a range of blocks from nodes that each have limits of their own (chain.md §2.5): the whole range first; where
//! a node refuses it, the largest of its halves that the node takes, all halves tried at once; then the rest in windows of
//! that size, newest first and several at a time. What could not be read is named, never left out silently.

use futures_util::future::join_all;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer};
use serde_json::{Value, json};

use super::at::{block_by_number, checked};
use super::reply::{First, Item, Json, NodeError, Object, Quantity};
use super::transport::{Call, Session};
use super::values::{Log, header};
use crate::evidence::{BlockRange, BlockReading, Cause, LogReading, LogsReading, Unavailable};
use crate::primitives::{Address, Digest32};

/// Which logs.
pub(super) struct Filter {
    /// The logs of any of these.
    pub contracts: Vec<Address>,
    /// Each topic is one of those at its place; any where there are none.
    pub topics: Vec<Vec<Digest32>>,
    pub extent: Extent,
}

/// How much of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Extent {
    /// Every one in the whole range.
    All,
    /// The search ends with the newest part of the range where there are any, and takes no more than a few requests.
    Newest,
}

impl Extent {
    fn most_windows(self) -> usize {
        match self {
            Self::All => 20_000,
            Self::Newest => 8 * BATCH * PARALLEL,
        }
    }
}

impl Filter {
    pub(super) fn call(&self, range: BlockRange) -> Call {
        let addresses: Vec<String> = self.contracts.iter().map(Address::to_string).collect();
        let mut filter = json!({
            // Not every node takes a list where one would do.
            "address": match addresses.as_slice() { [one] => json!(one), several => json!(several) },
            "fromBlock": format!("{:#x}", range.first),
            "toBlock": format!("{:#x}", range.last),
        });
        if !self.topics.is_empty() {
            let any_or = |allowed: &Vec<Digest32>| if allowed.is_empty() { Value::Null } else { json!(allowed) };
            filter["topics"] = self.topics.iter().map(any_or).collect();
        }
        ("eth_getLogs", json!([filter]))
    }
}

/// Reads the logs of these blocks, up to the pinned one. `beside` goes with the first request, and its results come back.
/// An error means that the block is gone or the endpoint gave nothing; a part of the logs is an answer that says so.
pub(super) async fn read(
    session: &Session<'_>,
    block: &BlockReading,
    filter: &Filter,
    blocks: BlockRange,
    mut beside: Vec<Call>,
) -> Result<(LogsReading, Vec<Item>), Unavailable> {
    let wanted = BlockRange { first: blocks.first.min(block.number), last: blocks.last.min(block.number) };
    let mut search = Search { session, block, filter, wanted, covered: Vec::new(), logs: Vec::new(), missing: None };
    // A node that refused longer ranges before is not asked for one again.
    let range = newest(wanted, session.rpc.longest_log_range());
    beside.push(filter.call(range));
    let mut items = checked(session, block, beside).await?;
    let window = match items.pop() {
        Some(Ok(logs)) => search.take(range, &logs).map(|()| length(range)),
        Some(Err(refusal)) => search.probe(range, &refusal).await?,
        None => None,
    };
    if let Some(window) = window {
        search.rest(window).await?;
    }
    search.date().await?;
    Ok((search.done(), items))
}

/// The logs of an answer, which must be of these blocks.
pub(super) fn of_range(answer: &Json, range: BlockRange) -> Result<Vec<LogReading>, String> {
    let answer: Option<First<Entry, MOST_LOGS>> = answer.read();
    if answer.as_ref().is_some_and(|logs| logs.more) {
        return Err(format!("there are more than {MOST_LOGS} logs"));
    }
    let found = answer.map(|logs| logs.items.into_iter().filter_map(|Entry(log)| log).map(|log| *log).collect());
    let in_range = |logs: &Vec<LogReading>| logs.iter().all(|log| (range.first..=range.last).contains(&log.block));
    found.filter(in_range).ok_or_else(|| "the node did not give logs of the form that was asked for".to_owned())
}

struct Search<'s> {
    session: &'s Session<'s>,
    block: &'s BlockReading,
    filter: &'s Filter,
    wanted: BlockRange,
    covered: Vec<BlockRange>,
    logs: Vec<LogReading>,
    missing: Option<Unavailable>,
}

impl Search<'_> {
    /// The logs of a range that the node answered for. `None` where they cannot be used, and then the search is over.
    fn take(&mut self, range: BlockRange, answer: &Json) -> Option<()> {
        match of_range(answer, range) {
            Ok(found) => self.logs.extend(found),
            Err(why) => return self.end(why),
        }
        self.covered.push(range);
        if self.logs.len() > MOST_LOGS {
            return self.end(format!("there are more than {MOST_LOGS} logs"));
        }
        Some(())
    }

    /// After a refusal: all halves of the range at once, and what the refusal suggests, each up to the newest block. Returns the size of the largest that
    /// the node answers.
    async fn probe(&mut self, refused: BlockRange, refusal: &NodeError) -> Result<Option<u64>, Unavailable> {
        if refusal.code == NO_SUCH_METHOD {
            return Ok(self.end("the node does not answer eth_getLogs").map(|()| 0));
        }
        // A suggestion may be misread or wrong, so it is only tried beside the halves.
        let mut sizes: Vec<u64> = std::iter::successors(Some(length(refused) / 2), |size| Some(size / 2))
            .take_while(|&size| size > 0)
            .chain(suggested_length(refusal).filter(|&size| size < length(refused)))
            .collect();
        sizes.sort_unstable_by(|one, other| other.cmp(one));
        sizes.dedup();
        let ranges: Vec<BlockRange> = sizes.iter().map(|&size| newest(self.wanted, size)).collect();
        let calls = ranges.iter().map(|&range| self.filter.call(range)).collect();
        let items = checked(self.session, self.block, calls).await?;
        for (range, item) in ranges.into_iter().zip(items) {
            let Ok(logs) = item else { continue };
            if !refusal.is_about_results() {
                self.session.rpc.log_range_refused_above(length(range));
            }
            return Ok(self.take(range, &logs).map(|()| length(range)));
        }
        let words = self.session.words(refusal);
        Ok(self.end(format!("the node refused to give any logs: {words}")).map(|()| 0))
    }

    /// All that is not covered yet, in windows of this size, newest first.
    async fn rest(&mut self, window: u64) -> Result<(), Unavailable> {
        let mut windows = self.windows(window);
        let (mut asked, most) = (0, self.filter.extent.most_windows());
        while !windows.is_empty() && self.missing.is_none() && !self.found_enough() {
            if asked >= most {
                self.end(format!("the node takes so short ranges that more than {most} would be needed"));
                break;
            }
            let now = windows.split_off(windows.len().saturating_sub(BATCH * PARALLEL));
            asked += now.len();
            let newest_first: Vec<BlockRange> = now.into_iter().rev().collect();
            let mut batches = Vec::with_capacity(PARALLEL);
            for ranges in newest_first.chunks(BATCH) {
                let calls = ranges.iter().map(|&range| self.filter.call(range)).collect();
                batches.push(checked(self.session, self.block, calls));
            }
            let outcomes = newest_first.chunks(BATCH).zip(join_all(batches).await);
            for (ranges, outcome) in outcomes {
                match outcome {
                    Ok(items) => {
                        for (&range, item) in ranges.iter().zip(items) {
                            self.one(range, item, &mut windows);
                        }
                    }
                    Err(gone) if gone.cause == Cause::BlockVanished => return Err(gone),
                    Err(why) => self.missing = self.missing.take().or(Some(why)),
                }
            }
            // Halves of refused windows go on top again, the newest last.
            windows.sort_by_key(|range| range.first);
        }
        Ok(())
    }

    fn found_enough(&self) -> bool {
        self.filter.extent == Extent::Newest && !self.logs.is_empty()
    }

    fn one(&mut self, range: BlockRange, item: Item, windows: &mut Vec<BlockRange>) {
        match item {
            Ok(logs) => {
                self.take(range, &logs);
            }
            Err(refusal) if length(range) == 1 => {
                let words = self.session.words(&refusal);
                self.end(format!("the node refused to give the logs of one block: {words}"));
            }
            Err(_) => {
                let middle = range.first + (length(range) - 1) / 2;
                windows.push(BlockRange { first: range.first, last: middle });
                windows.push(BlockRange { first: middle + 1, last: range.last });
            }
        }
    }

    /// The windows below what is covered, oldest first. No more are made than are asked.
    fn windows(&self, size: u64) -> Vec<BlockRange> {
        let mut windows = Vec::new();
        let mut above = self.covered.first().map_or(self.wanted.last.saturating_add(1), |range| range.first);
        while above > self.wanted.first && windows.len() <= self.filter.extent.most_windows() {
            let first = above.saturating_sub(size.max(1)).max(self.wanted.first);
            windows.push(BlockRange { first, last: above - 1 });
            above = first;
        }
        windows.reverse();
        windows
    }

    /// Dates the logs that the node left without a time, or whose times cannot be those of one chain.
    async fn date(&mut self) -> Result<(), Unavailable> {
        self.logs.sort_by_key(|log| (log.block, log.log_index));
        let mut latest = 0;
        let plausible = self.logs.iter().all(|log| {
            let time = log.timestamp.unwrap_or(latest);
            let fits = (latest..=self.block.timestamp).contains(&time);
            latest = time;
            fits
        });
        if !plausible {
            self.logs.iter_mut().for_each(|log| log.timestamp = None);
        }
        let mut undated: Vec<u64> =
            self.logs.iter().filter(|log| log.timestamp.is_none()).map(|log| log.block).collect();
        undated.dedup();
        undated.truncate(MOST_HEADERS);
        let mut headers = Vec::with_capacity(undated.len());
        for some in undated.chunks(HEADER_BATCH * PARALLEL) {
            let batches: Vec<Vec<Call>> = some
                .chunks(HEADER_BATCH)
                .map(|blocks| blocks.iter().map(|&block| block_by_number(block)).collect())
                .collect();
            let mut asked = Vec::with_capacity(PARALLEL);
            for calls in &batches {
                asked.push(self.session.batch(calls));
            }
            // A time that nobody gives is missing in the history, no more.
            let items = join_all(asked).await.into_iter().flat_map(Result::unwrap_or_default);
            headers.extend(items.filter_map(|item| item.ok().as_ref().and_then(header)));
        }
        for log in self.logs.iter_mut().filter(|log| log.timestamp.is_none()) {
            let Ok(at) = headers.binary_search_by_key(&log.block, |header| header.number) else { continue };
            let Some(header) = headers.get(at) else { continue };
            if header.hash != log.block_hash {
                return Err(self.session.not_an_answer("a log and the header of its block do not belong together"));
            }
            log.timestamp = Some(header.timestamp);
        }
        Ok(())
    }

    fn end(&mut self, detail: impl Into<String>) -> Option<()> {
        let why = self.session.not_an_answer(detail);
        self.missing.get_or_insert(why);
        None
    }

    fn done(mut self) -> LogsReading {
        self.covered.sort_by_key(|range| range.first);
        let mut covered: Vec<BlockRange> = Vec::new();
        for range in self.covered {
            match covered.last_mut() {
                Some(before) if before.last.checked_add(1) == Some(range.first) => before.last = range.last,
                _ => covered.push(range),
            }
        }
        LogsReading { wanted: self.wanted, covered, missing: self.missing, logs: self.logs }
    }
}

fn length(range: BlockRange) -> u64 {
    (range.last - range.first).saturating_add(1)
}

/// The newest `size` blocks of a range, or all of it.
fn newest(range: BlockRange, size: u64) -> BlockRange {
    BlockRange { first: range.first.max(range.last.saturating_sub(size.saturating_sub(1))), last: range.last }
}

/// A log of a list, or nothing. What is none ends the reading of the list: nothing is gathered of what cannot be used.
struct Entry(Option<Box<LogReading>>);

impl<'de> Deserialize<'de> for Entry {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let Object(found) = Object::deserialize(deserializer)?;
        log(found).map(|log| Self(log.map(Box::new))).ok_or_else(|| D::Error::custom("no log"))
    }
}

/// A log; `Some(None)` for one that was taken back, which was not asked for and does not count.
fn log(log: Log) -> Option<Option<LogReading>> {
    if log.removed == Some(true) {
        return Some(None);
    }
    Some(Some(LogReading {
        address: log.address?,
        block: log.block_number?.0,
        block_hash: log.block_hash?,
        // A gateway is known to write 0 here.
        timestamp: log.block_timestamp.map(|time| time.0).filter(|&time| time > 0),
        transaction: log.transaction_hash?,
        transaction_index: log.transaction_index?.0,
        log_index: log.log_index?.0,
        topics: log.topics?.whole()?,
        data: log.data.map(|data| data.0).filter(|data| data.len() <= LONGEST_DATA)?,
    }))
}

/// The length of the range that a refusal suggests: two heights in hexadecimal in its words or its data, or a number of
/// blocks. Only a hint: what it leads to is tried like any other length.
fn suggested_length(refusal: &NodeError) -> Option<u64> {
    let message = refusal.message.replace(',', "");
    let words = message.split(|c: char| !c.is_ascii_alphanumeric());
    let heights: Vec<u64> = words.clone().filter_map(Quantity::of).map(|height| height.0).collect();
    let range = match (refusal.data.object(), heights.as_slice()) {
        (Some(Suggested { from, to }), _) => Some((from.0, to.0)),
        (_, [.., from, to]) => Some((*from, *to)),
        _ => None,
    };
    let by_heights = range.and_then(|(from, to)| to.checked_sub(from)).map(|length| length.saturating_add(1));
    let about_blocks = refusal.message.to_ascii_lowercase().contains("block") && !refusal.is_about_results();
    let by_number = || words.filter_map(|word| word.parse().ok()).find(|&number: &u64| number > 1);
    by_heights.or_else(|| about_blocks.then(by_number).flatten())
}

/// The data of a refusal, where a node puts a range there.
#[derive(Deserialize)]
struct Suggested {
    from: Quantity,
    to: Quantity,
}

/// JSON-RPC 2.0.
const NO_SUCH_METHOD: i64 = -32601;
/// A title has a few hundred at most.
const MOST_LOGS: usize = 20_000;
const MOST_HEADERS: usize = 5_000;
const HEADER_BATCH: usize = 100;
/// Windows of one request, and requests at a time.
const BATCH: usize = 16;
const PARALLEL: usize = 4;
/// No event of an escrow or of a registry's roles is nearly as long.
const LONGEST_DATA: usize = 4096;

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(message: &str, data: Value) -> NodeError {
        NodeError { code: -32005, message: message.to_owned(), data: data.into() }
    }

    #[test]
    fn a_suggested_range_is_found_where_nodes_put_it() {
        for (message, data, wanted) in [
            ("query returned more than 10000 results. Try with this block range [0x64, 0xc7].", Value::Null, Some(100)),
            ("too much", json!({"from": "0x10", "to": "0x1f", "limit": 10000}), Some(16)),
            ("block range is too wide: 1000 blocks at most", Value::Null, Some(1000)),
            ("eth_getLogs is limited to a 2000 block range", Value::Null, Some(2000)),
            ("queries are limited to a 10,000 blocks range", Value::Null, Some(10_000)),
            ("query returned more than 10000 results", Value::Null, None),
            ("limit exceeded", Value::Null, None),
            ("try [0xc7, 0x64]", Value::Null, None),
        ] {
            assert_eq!(suggested_length(&refusal(message, data)), wanted, "{message}");
        }
    }

    #[test]
    fn a_log_that_was_taken_back_does_not_count_and_a_pending_one_is_no_log() {
        let mut value = json!({
            "address": Address::DEAD.to_string(), "topics": [], "data": "0x", "blockNumber": "0x1",
            "blockHash": Digest32([1; 32]), "blockTimestamp": "0x0", "transactionHash": Digest32([2; 32]),
            "transactionIndex": "0x0", "logIndex": "0x3", "removed": false,
        });
        let log = |value: &Value| Json::from(value.clone()).object().and_then(log);
        let read = log(&value).flatten().unwrap();
        assert_eq!((read.block, read.log_index, read.timestamp), (1, 3, None));
        value["blockTimestamp"] = json!("0x5");
        assert_eq!(log(&value).flatten().unwrap().timestamp, Some(5));
        value["blockNumber"] = Value::Null;
        assert_eq!(log(&value), None);
        value["removed"] = json!(true);
        assert_eq!(log(&value), Some(None));
    }
}
