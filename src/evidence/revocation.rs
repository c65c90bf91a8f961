//! What a document store wrote into the chain's logs when it revoked something, unjudged (chain.md §3).

use serde::{Deserialize, Serialize};

use super::{BlockReading, LogReading};
use crate::primitives::{Address, Digest32};

/// The logs of one revocation and who sent its transaction.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RevocationReading {
    /// The endpoint's `eth_chainId`.
    pub chain_id: u64,
    /// The block up to which the logs were read.
    pub block: BlockReading,
    /// The logs by block and place in the block, searched from the newest block down until there was one.
    pub logs: Vec<LogReading>,
    /// The transaction of these logs; absent where they are of none or several, or where the node did not give it.
    pub transaction: Option<TransactionReading>,
}

/// One transaction.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TransactionReading {
    /// Its hash.
    pub hash: Digest32,
    /// Hash of its block.
    pub block_hash: Digest32,
    /// The account that signed it.
    pub sender: Address,
}
