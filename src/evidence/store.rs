//! What a document store was asked about one document, unjudged (chain.md §3).

use serde::{Deserialize, Serialize};

use super::{AtBlock, BlockReading, CallReading, CodeReading, Newest};
use crate::primitives::Digest32;

/// One store and one document at one block. Both families' questions are asked at once, so that the family need not be
/// known beforehand; which answers count is decided in `status`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StoreReading {
    /// The endpoint's `eth_chainId`.
    pub chain_id: u64,
    /// The block everything below was read at.
    pub block: BlockReading,
    /// The store's runtime code.
    pub code: CodeReading,
    /// `supportsInterface(0xdcfd0745)`: batchable.
    pub batchable: CallReading,
    /// `supportsInterface(0xb45a3c0e)`: transferable (ERC-721, locked).
    pub transferable: CallReading,
    /// `supportsInterface(0xffffffff)`: must not be yes.
    pub everything: CallReading,
    /// `isIssued(root)`.
    pub issued: CallReading,
    /// `isIssued(root, target, proof)`.
    pub issued_in_batch: CallReading,
    /// From the target hash through every intermediate node to the root.
    pub nodes: Vec<NodeReading>,
    /// The same at the newest block of each endpoint.
    pub newest: Newest<StoreReading>,
}

impl AtBlock for StoreReading {
    fn block(&self) -> &BlockReading {
        &self.block
    }
}

/// What the store says of one node between target hash and root.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NodeReading {
    /// The node.
    pub hash: Digest32,
    /// `isRevoked(node)`.
    pub revoked: CallReading,
    /// `isRevoked(root, node, rest of the proof)`.
    pub revoked_in_batch: CallReading,
    /// `documentRevoked(node)`: the block of the revocation in a legacy store.
    pub revoked_at: CallReading,
}
