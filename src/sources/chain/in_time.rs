//! The last block at or before a time: whoever asks what was so then need not know the block's number (chain.md §5.3).

use super::at::block_by_number;
use super::transport::{Call, Session};
use super::values::header;
use crate::block_age::MaxBlockAge;
use crate::evidence::{BlockReading, Cause, Finality, Unavailable};
use crate::primitives::ChainId;

/// `newest` is the newest block of this endpoint. Each round asks for headers in between, so that even a chain of a
/// hundred million blocks takes seven.
pub(super) async fn last_block_before(
    session: &Session<'_>,
    chain: ChainId,
    newest: BlockReading,
    time: i64,
    max_age: MaxBlockAge,
) -> Result<BlockReading, Unavailable> {
    let is_before = |block: &BlockReading| i64::try_from(block.timestamp).is_ok_and(|at| at <= time);
    if is_before(&newest) {
        // An endpoint that is behind does not know the blocks between.
        let newest = BlockReading { finality: Finality::Latest, ..newest };
        max_age.check(chain, &newest, time).map_err(|why| session.unavailable(why.cause(), why.to_string()))?;
        return Ok(newest);
    }
    let mut before: Option<BlockReading> = None;
    let mut after = newest.number;
    loop {
        let heights = between(before.as_ref().map(|block| block.number), after);
        if heights.is_empty() {
            return before.ok_or_else(|| {
                session.unavailable(Cause::NoSuchBlock, "the chain began after the time that you named")
            });
        }
        let calls: Vec<Call> = heights.iter().map(|height| block_by_number(*height)).collect();
        let mut last = before.as_ref().map_or(0, |block| block.timestamp);
        for (height, item) in heights.into_iter().zip(session.batch(&calls).await?) {
            let block =
                item.ok().as_ref().and_then(header).filter(|block| block.number == height && block.timestamp >= last);
            let block = block
                .ok_or_else(|| session.not_an_answer("the node did not give its blocks in the order of their times"))?;
            last = block.timestamp;
            match is_before(&block) {
                true => before = Some(block),
                false => {
                    after = height;
                    break;
                }
            }
        }
    }
}

/// Up to [`AT_ONCE`] heights strictly between, or from the first block on.
fn between(before: Option<u64>, after: u64) -> Vec<u64> {
    let first = before.map_or(0, |before| before + 1);
    let count = after.saturating_sub(first);
    let step = count.div_ceil(AT_ONCE).max(1);
    (0..AT_ONCE).map(|index| first + index * step).take_while(|height| *height < after).collect()
}

const AT_ONCE: u64 = 16;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_heights_between_narrow_down_to_neighbours() {
        assert_eq!(between(None, 0), Vec::<u64>::new());
        assert_eq!(between(None, 3), [0, 1, 2]);
        assert_eq!(between(Some(4), 5), Vec::<u64>::new());
        assert_eq!(between(Some(4), 7), [5, 6]);
        for wanted in [0, 1, 77, 99_999_998] {
            let (mut before, mut after, mut rounds) = (None, 99_999_999, 0);
            loop {
                let heights = between(before, after);
                if heights.is_empty() {
                    break;
                }
                rounds += 1;
                for height in heights {
                    if height <= wanted {
                        before = Some(height);
                    } else {
                        after = height;
                        break;
                    }
                }
            }
            assert_eq!(before, Some(wanted));
            assert!(rounds <= 7, "{rounds} rounds");
        }
    }
}
