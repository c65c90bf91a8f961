//! What the escrows of several titles wrote into the chain's logs since some block, unjudged (chain.md §2.6).

use serde::{Deserialize, Serialize};

use super::{AtBlock, BlockReading, LogReading, LogsReading, Newest};
use crate::primitives::Digest32;

/// The logs of some escrows after the lowest of the blocks at which they were read before.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TitleLogsReading {
    /// The endpoint's `eth_chainId`.
    pub chain_id: u64,
    /// The block up to which the logs were read.
    pub block: BlockReading,
    /// What the endpoint has now at the heights that were asked about, in their order.
    pub before: Vec<BlockNow>,
    /// The logs after the lowest of these heights, up to the block. Where the block is no later nothing was wanted, and
    /// the range that was has its end before its beginning.
    pub logs: LogsReading,
    /// The logs after the block, as far as they are known.
    pub newest: Newest<NewerLogs>,
}

/// A height, and what stands there.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BlockNow {
    /// The height.
    pub number: u64,
    /// The hash of the block there; absent where the endpoint gave none.
    pub hash: Option<Digest32>,
}

/// The logs of the blocks after the settled one.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewerLogs {
    /// The newest block, up to which they were read.
    pub block: BlockReading,
    /// By block and place in the block.
    pub logs: Vec<LogReading>,
}

impl AtBlock for NewerLogs {
    fn block(&self) -> &BlockReading {
        &self.block
    }
}
