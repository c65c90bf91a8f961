//! Which logs a filter selects (`eth_getLogs`).

use super::block::{Block, Log};
use crate::primitives::{Address, Digest32};

/// The most entries that one query gives.
pub const MAX_LOGS: usize = 10_000;

/// What to select.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LogFilter {
    /// Where to look.
    pub blocks: LogBlocks,
    /// The contracts; any where empty.
    pub addresses: Vec<Address>,
    /// For each place the topics that may stand there; any where empty.
    pub topics: Vec<Vec<Digest32>>,
}

/// Where to look for logs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogBlocks {
    /// From one height to another, both included. What is beyond the newest block is empty.
    Range(u64, u64),
    /// One block.
    Hash(Digest32),
}

impl Default for LogBlocks {
    fn default() -> Self {
        Self::Range(0, u64::MAX)
    }
}

/// A log and where it stands.
#[derive(Debug, Clone, Copy)]
pub struct FoundLog<'a> {
    /// Its block.
    pub block: &'a Block,
    /// Its transaction.
    pub transaction_hash: Digest32,
    /// Its place in the block.
    pub index: usize,
    /// The entry.
    pub log: &'a Log,
}

impl<'a> FoundLog<'a> {
    /// All logs of a block, in order.
    pub(in crate::testchain) fn all_of(block: &'a Block) -> impl Iterator<Item = Self> {
        let receipt = block.mined.as_ref().map(|mined| &mined.receipt);
        receipt.into_iter().flat_map(move |receipt| {
            let transaction_hash = receipt.transaction_hash;
            receipt.logs.iter().enumerate().map(move |(index, log)| Self { block, transaction_hash, index, log })
        })
    }
}

impl LogFilter {
    /// The selected logs of a block, in order.
    pub(in crate::testchain) fn select<'a>(&self, block: &'a Block) -> impl Iterator<Item = FoundLog<'a>> {
        let worth_a_look = self.may_select(block);
        FoundLog::all_of(block).filter(move |found| worth_a_look && self.selects(found.log))
    }

    fn may_select(&self, block: &Block) -> bool {
        let may = |value: &[u8]| block.logs_bloom.may_contain(value);
        (self.addresses.is_empty() || self.addresses.iter().any(|address| may(&address.0)))
            && self.topics.iter().all(|set| set.is_empty() || set.iter().any(|topic| may(&topic.0)))
    }

    fn selects(&self, log: &Log) -> bool {
        (self.addresses.is_empty() || self.addresses.contains(&log.address))
            && self.topics.len() <= log.topics.len()
            && self.topics.iter().zip(&log.topics).all(|(set, topic)| set.is_empty() || set.contains(topic))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn topics_select_by_place_and_a_longer_filter_selects_nothing_shorter() {
        let [a, b, c] = [1, 2, 3].map(|byte| Digest32([byte; 32]));
        let log = Log { address: Address([7; 20]), topics: vec![a, b], data: Vec::new() };
        let selects = |topics: &[&[Digest32]]| {
            let topics = topics.iter().map(|set| set.to_vec()).collect();
            LogFilter { topics, ..LogFilter::default() }.selects(&log)
        };
        for topics in [&[] as &[&[Digest32]], &[&[a]], &[&[], &[b]], &[&[c, a], &[b, c]], &[&[], &[]]] {
            assert!(selects(topics), "{topics:?}");
        }
        for topics in [&[&[b][..]] as &[&[Digest32]], &[&[a], &[a]], &[&[], &[], &[]]] {
            assert!(!selects(topics), "{topics:?}");
        }
        assert!(!LogFilter { addresses: vec![Address::DEAD], ..LogFilter::default() }.selects(&log));
    }
}
