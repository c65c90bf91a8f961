//! Filters: what is new since a client last asked (`eth_newFilter` and its siblings). A filter is a place in the chain to
//! go on from, so it costs nothing while nobody asks; one that is not asked for a while is forgotten.

use std::collections::HashMap;
use std::hash::{BuildHasher as _, RandomState};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::error::{INVALID_INPUT, LIMIT, RpcError};
use super::params::AskedLogs;
use super::wire;
use crate::testchain::chain::{Block, Chain, LogBlocks, LogFilter, MAX_LOGS};

/// All filters of all clients.
#[derive(Default)]
pub(super) struct Filters {
    ids: Ids,
    kept: HashMap<u64, Filter>,
}

/// What a filter is about.
pub(super) enum Kind {
    /// Hashes of blocks.
    Blocks,
    /// Hashes of transactions, which never wait here: they are told with their block.
    Transactions,
    /// Logs.
    Logs(AskedLogs),
}

struct Filter {
    kind: Kind,
    /// The serial number of the last block that was told.
    told: u64,
    asked: Instant,
}

impl Filters {
    /// A new filter, from the newest block on.
    pub(super) fn install(&mut self, kind: Kind, chain: &Chain, now: Instant) -> Result<u64, RpcError> {
        self.forget(now);
        if self.kept.len() >= MAX_FILTERS {
            let why = format!("there are {MAX_FILTERS} filters already: uninstall some, or wait until they expire");
            return Err(RpcError::new(LIMIT, why));
        }
        let id = self.ids.next();
        self.kept.insert(id, Filter { kind, told: chain.serial(), asked: now });
        Ok(id)
    }

    /// Whether there was one.
    pub(super) fn uninstall(&mut self, id: u64, now: Instant) -> bool {
        self.forget(now);
        self.kept.remove(&id).is_some()
    }

    /// What came since it was asked before. Where that is a lot, the rest comes the next time.
    pub(super) fn changes(&mut self, id: u64, chain: &Chain, now: Instant) -> Result<Value, RpcError> {
        let filter = self.asked(id, now)?;
        let mut found = Vec::new();
        for (serial, block) in chain.blocks_after(filter.told) {
            found.extend(filter.kind.told_of(block));
            filter.told = serial;
            if found.len() >= MAX_LOGS {
                break;
            }
        }
        Ok(found.into())
    }

    /// Everything that a filter for logs selects, as `eth_getLogs` would.
    pub(super) fn logs(&mut self, id: u64, chain: &Chain, now: Instant) -> Result<Value, RpcError> {
        match &self.asked(id, now)?.kind {
            Kind::Logs(asked) => {
                let found = chain.logs(&asked.from(chain.head().number)?)?;
                Ok(found.into_iter().map(wire::log).collect())
            }
            Kind::Blocks | Kind::Transactions => Err(no_such_filter()),
        }
    }

    fn asked(&mut self, id: u64, now: Instant) -> Result<&mut Filter, RpcError> {
        self.forget(now);
        let filter = self.kept.get_mut(&id).ok_or_else(no_such_filter)?;
        filter.asked = now;
        Ok(filter)
    }

    fn forget(&mut self, now: Instant) {
        self.kept.retain(|_, filter| now.saturating_duration_since(filter.asked) < EXPIRY);
    }
}

impl Kind {
    fn told_of(&self, block: &Block) -> Vec<Value> {
        match self {
            Self::Blocks => vec![json!(block.hash)],
            Self::Transactions => block.mined.iter().map(|mined| json!(mined.transaction.hash)).collect(),
            Self::Logs(asked) => match asked.news() {
                LogFilter { blocks: LogBlocks::Range(first, last), .. }
                    if !(*first..=*last).contains(&block.number) =>
                {
                    Vec::new()
                }
                filter => filter.select(block).map(wire::log).collect(),
            },
        }
    }
}

/// Numbers that nobody can take for those of another server: a client that outlives the chain must not read what is meant
/// for a client of the next one.
#[derive(Default)]
pub(super) struct Ids {
    seed: RandomState,
    given: u64,
}

impl Ids {
    pub(super) fn next(&mut self) -> u64 {
        self.given += 1;
        self.seed.hash_one(self.given)
    }
}

fn no_such_filter() -> RpcError {
    RpcError::new(INVALID_INPUT, "there is no such filter, or it was not asked for too long")
}

/// The most filters at a time.
pub(super) const MAX_FILTERS: usize = 512;
/// How long a filter is kept that nobody asks.
const EXPIRY: Duration = Duration::from_secs(300);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::primitives::ChainId;
    use crate::testchain::rpc::params::asked_logs;

    #[test]
    fn a_filter_that_nobody_asks_expires_and_leaves_its_place() {
        let mut chain = Chain::new(ChainId::try_from(5).unwrap(), 0);
        let (mut filters, start) = (Filters::default(), Instant::now());
        let ids: Vec<u64> = (0..MAX_FILTERS).map(|_| filters.install(Kind::Blocks, &chain, start).unwrap()).collect();
        assert_eq!(filters.install(Kind::Blocks, &chain, start).map_err(|error| error.code), Err(LIMIT));
        chain.mine().unwrap();
        let later = start + EXPIRY / 2;
        assert_eq!(filters.changes(ids[0], &chain, later), Ok(json!([chain.head().hash])));
        let end = start + EXPIRY;
        assert_eq!(filters.changes(ids[1], &chain, end), Err(no_such_filter()));
        assert_eq!(filters.changes(ids[0], &chain, end), Ok(json!([])));
        assert!(filters.install(Kind::Blocks, &chain, end).is_ok() && filters.uninstall(ids[0], end));
        assert!(!filters.uninstall(ids[0], end) && !filters.uninstall(ids[1], end));
    }

    #[test]
    fn what_was_taken_back_is_not_told_and_what_came_instead_is() {
        let mut chain = Chain::new(ChainId::try_from(5).unwrap(), 0);
        let (mut filters, now) = (Filters::default(), Instant::now());
        chain.mine().unwrap();
        let mark = chain.mark();
        let id = filters.install(Kind::Blocks, &chain, now).unwrap();
        chain.mine().unwrap();
        chain.mine().unwrap();
        chain.revert_to(&mark).unwrap();
        assert_eq!(filters.changes(id, &chain, now), Ok(json!([])));
        chain.mine_at(1000).unwrap();
        assert_eq!(filters.changes(id, &chain, now), Ok(json!([chain.head().hash])));
        chain.revert_to(&mark).unwrap();
        chain.mine_at(2000).unwrap();
        assert_eq!(filters.changes(id, &chain, now), Ok(json!([chain.head().hash])));
    }

    #[test]
    fn the_heights_of_a_filter_bound_what_it_tells() {
        let news = |filter: Value| asked_logs(&filter).map(|asked| asked.news().blocks).ok();
        assert_eq!(news(json!({})), Some(LogBlocks::Range(0, u64::MAX)));
        assert_eq!(news(json!({"fromBlock": "latest", "toBlock": "latest"})), Some(LogBlocks::Range(0, u64::MAX)));
        assert_eq!(news(json!({"fromBlock": "0x2", "toBlock": "0x9"})), Some(LogBlocks::Range(2, 9)));
    }
}
