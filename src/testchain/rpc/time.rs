//! The chain's clock, which tests may put forward, and the snapshots that they go back to.

use std::time::{SystemTime, UNIX_EPOCH};

use super::error::{LIMIT, RpcError};
use crate::testchain::chain::{Chain, ChainError, Mark};

/// The machine's clock and how far the chain's is ahead of it.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Clock {
    ahead: i64,
}

impl Clock {
    /// The chain's time, in seconds since 1970.
    pub(super) fn now(self) -> u64 {
        machine().saturating_add_signed(self.ahead)
    }

    /// Puts the clock forward; gives by how much it is ahead now.
    pub(super) fn advance(&mut self, seconds: u64) -> i64 {
        self.ahead = self.ahead.saturating_add_unsigned(seconds);
        self.ahead
    }

    /// The next block is of exactly this time, and time goes on from there.
    pub(super) fn set_next(&mut self, chain: &mut Chain, time: u64) -> Result<(), ChainError> {
        chain.set_next_time(time)?;
        // Both are times of this calendar.
        self.ahead = time.cast_signed() - machine().cast_signed();
        Ok(())
    }
}

fn machine() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
}

/// Where the chain was, to go back there once.
#[derive(Default)]
pub(super) struct Snapshots {
    next: u64,
    kept: Vec<(u64, Mark, Clock)>,
}

impl Snapshots {
    /// Remembers where the chain is now.
    pub(super) fn take(&mut self, chain: &Chain, clock: Clock) -> Result<u64, RpcError> {
        if self.kept.len() >= MAX_SNAPSHOTS {
            return Err(RpcError::new(LIMIT, format!("at most {MAX_SNAPSHOTS} snapshots are kept: go back to one")));
        }
        let id = self.next;
        self.next += 1;
        self.kept.push((id, chain.mark(), clock));
        Ok(id)
    }

    /// Takes back everything since a snapshot, which is used up with all that were taken after it. `false` where there is
    /// none of this number.
    pub(super) fn revert(&mut self, id: u64, chain: &mut Chain, clock: &mut Clock) -> Result<bool, ChainError> {
        let Some(place) = self.kept.iter().position(|(kept, ..)| *kept == id) else { return Ok(false) };
        if let Some((_, mark, then)) = self.kept.get(place) {
            chain.revert_to(mark)?;
            *clock = *then;
        }
        self.kept.truncate(place);
        Ok(true)
    }
}

const MAX_SNAPSHOTS: usize = 10_000;
