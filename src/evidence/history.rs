//! What one title escrow wrote into the chain's logs, unjudged (chain.md §2.4, §2.5), with what the endpoint covered.

use serde::{Deserialize, Serialize};

use super::{BlockReading, Unavailable};
use crate::primitives::{Address, Digest32, hex_bytes};

/// The logs of one title's escrow up to the pinned block, and the code of the parties that are recorded there.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HistoryReading {
    /// The endpoint's `eth_chainId`.
    pub chain_id: u64,
    /// The block up to which the logs were read.
    pub block: BlockReading,
    /// The escrow that was asked for; zero when there is none, and then nothing was asked.
    pub escrow: Address,
    /// Its logs, as far as they were given.
    pub logs: LogsReading,
    /// The code of the accounts that the escrow records as parties, each once.
    pub accounts: Vec<AccountReading>,
}

/// The logs of one contract over a range of blocks.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LogsReading {
    /// The range that was wanted.
    pub wanted: BlockRange,
    /// The ranges that the endpoint answered for, ascending, neither overlapping nor adjacent.
    pub covered: Vec<BlockRange>,
    /// Why not all of it is covered.
    pub missing: Option<Unavailable>,
    /// By block and place in the block.
    pub logs: Vec<LogReading>,
}

impl LogsReading {
    /// Whether the endpoint answered for the whole range.
    pub fn is_whole(&self) -> bool {
        self.covered == [self.wanted]
    }
}

/// Blocks from one height to another, both included.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BlockRange {
    /// The first.
    pub first: u64,
    /// The last.
    pub last: u64,
}

/// One log entry.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LogReading {
    /// The contract that wrote it.
    pub address: Address,
    /// Height of its block.
    pub block: u64,
    /// Hash of its block.
    pub block_hash: Digest32,
    /// Seconds since the Unix epoch, where the node gave it with the log or in the header.
    pub timestamp: Option<u64>,
    /// Its transaction.
    pub transaction: Digest32,
    /// The transaction's place in the block.
    pub transaction_index: u64,
    /// The log's place in the block.
    pub log_index: u64,
    /// At most four.
    pub topics: Vec<Digest32>,
    /// The data.
    #[serde(with = "hex_bytes")]
    pub data: Vec<u8>,
}

/// What stands at an account's address.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AccountReading {
    /// The account.
    pub address: Address,
    /// Size of its code in bytes.
    pub code_size: u64,
    /// The first bytes of its code, at most [`AccountReading::CODE_START`].
    #[serde(with = "hex_bytes")]
    pub code_start: Vec<u8>,
}

impl AccountReading {
    /// As long as an EIP-1167 clone, the longest code whose form is looked at; a delegation (EIP-7702) has 23 bytes.
    pub const CODE_START: usize = 45;
}
