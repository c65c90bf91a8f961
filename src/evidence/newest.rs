//! What is known of the blocks after a settled one (chain.md §5.3).

use serde::{Deserialize, Serialize};

use super::{BlockReading, Finality};

/// What newer blocks say beside the one that was read. It is never relied on; it can only take something away. Where a
/// settled block was read and nobody looked, the reading counts for nothing: the title may have been returned since.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Newest<R> {
    /// Nobody looked. A block that the caller named ([`Finality::Chosen`]) is taken alone.
    #[default]
    NotRead,
    /// The block that was read is the newest itself.
    Itself,
    /// What each endpoint says at its own newest block, as far as that is another one.
    Read(Vec<R>),
}

/// What was read at one block.
pub(crate) trait AtBlock {
    fn block(&self) -> &BlockReading;
}

#[allow(private_bounds, reason = "the readings themselves are public")]
impl<R: AtBlock> Newest<R> {
    /// Whether it is known what happened since `block`, as far as its finality leaves that open: the newest block says by
    /// itself that it is.
    pub fn is_known_beside(&self, block: &BlockReading) -> bool {
        match (block.finality, self) {
            (Finality::Latest | Finality::Local | Finality::Chosen, _) | (_, Self::Itself) => true,
            (Finality::Finalized | Finality::Safe, Self::NotRead) => false,
            (Finality::Finalized | Finality::Safe, Self::Read(readings)) => {
                !readings.is_empty() && readings.iter().all(|newer| newer.block().number > block.number)
            }
        }
    }

    /// What was read at newer blocks.
    pub fn readings(&self) -> &[R] {
        if let Self::Read(readings) = self { readings } else { &[] }
    }

    /// The readings that come after `block`.
    pub(crate) fn after(&self, block: &BlockReading) -> impl Iterator<Item = &R> {
        self.readings().iter().filter(move |newer| newer.block().number > block.number)
    }

    #[cfg(feature = "net")]
    /// With what another endpoint says: nobody has looked unless both have.
    pub(crate) fn and(self, other: Self) -> Self {
        match (self, other) {
            (Self::Read(mut all), Self::Read(more)) => {
                all.extend(more);
                Self::Read(all)
            }
            (Self::NotRead, _) | (_, Self::NotRead) => Self::NotRead,
            (Self::Itself, other) | (other, Self::Itself) => other,
        }
    }
}
