//! The logs of many escrows since some block, in one more request after the states of their titles (chain.md §2.6).

use super::at::{At, block_by_number, checked};
use super::logs::{self, Extent, Filter};
use super::reply::Item;
use super::transport::Session;
use super::values::header;
use crate::evidence::{BlockNow, BlockRange, LogsReading, NewerLogs, Newest, TitleLogsReading, Unavailable};
use crate::primitives::{Address, Digest32};

/// What these escrows logged after the lowest of `heights`, which are in ascending order.
pub(super) async fn read(
    session: &Session<'_>,
    at: &At,
    escrows: &[Address],
    heights: &[u64],
) -> Result<TitleLogsReading, Unavailable> {
    let filter = Filter { contracts: escrows.to_vec(), topics: Vec::new(), extent: Extent::All };
    let first = heights.first().map_or(0, |lowest| lowest.saturating_add(1));
    let wanted = BlockRange { first, last: at.block.number };
    let mut beside: Vec<_> = heights.iter().map(|&height| block_by_number(height)).collect();
    let newer = at.newest.as_ref().map(|newest| {
        let range = BlockRange { first: at.block.number.saturating_add(1), last: newest.block.number };
        beside.extend([filter.call(range), block_by_number(newest.block.number)]);
        (newest, range)
    });
    let (logs, items) = if first > at.block.number {
        let nothing = LogsReading { wanted, covered: vec![wanted], ..LogsReading::default() };
        (nothing, checked(session, &at.block, beside).await?)
    } else {
        logs::read(session, &at.block, &filter, wanted, beside).await?
    };
    let mut items = items.into_iter();
    let before = heights.iter().map(|&number| BlockNow { number, hash: hash_at(number, items.next()) }).collect();
    let newest = match newer {
        None => at.nothing_newer(),
        Some((newest, range)) => {
            let logs = items.next().and_then(Result::ok).and_then(|answer| logs::of_range(&answer, range).ok());
            let still_there = hash_at(newest.block.number, items.next()) == Some(newest.block.hash);
            match logs.filter(|_| still_there) {
                Some(logs) => Newest::Read(vec![NewerLogs { block: newest.block.clone(), logs }]),
                None => Newest::NotRead,
            }
        }
    };
    Ok(TitleLogsReading { chain_id: at.chain.get(), block: at.block.clone(), before, logs, newest })
}

fn hash_at(number: u64, item: Option<Item>) -> Option<Digest32> {
    let found = item.and_then(Result::ok).as_ref().and_then(header);
    found.filter(|block| block.number == number).map(|block| block.hash)
}
