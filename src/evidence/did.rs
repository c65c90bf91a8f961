//! What an ERC-1056 registry records about one did:ethr identity, unjudged (checks.md §6.1).

use serde::{Deserialize, Serialize};

use super::{AtBlock, BlockReading, CallReading, Newest};
use crate::primitives::{Address, hex_bytes};

/// One identity at one block.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DidEthrReading {
    /// The endpoint's `eth_chainId`.
    pub chain_id: u64,
    /// The block everything below was read at.
    pub block: BlockReading,
    /// Size of the registry's runtime code in bytes; 0 where there is no contract.
    pub registry_code_size: u64,
    /// `identityOwner(identity)`.
    pub owner: CallReading,
    /// `changed(identity)`: the block of the latest event, 0 for none.
    pub changed: CallReading,
    /// All events of this identity, oldest first, complete: a change whose event the endpoint does not give is no
    /// reading but `Unavailable`.
    pub events: Vec<DidEvent>,
    /// The same at the newest block of each endpoint.
    pub newest: Newest<DidEthrReading>,
}

impl AtBlock for DidEthrReading {
    fn block(&self) -> &BlockReading {
        &self.block
    }
}

/// One event of an identity.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DidEvent {
    /// Its block.
    pub block: u64,
    /// Its place in the block.
    pub log_index: u64,
    /// The block of the event before it, 0 for none.
    pub previous_change: u64,
    /// What changed.
    pub change: DidChange,
}

/// The three kinds of change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum DidChange {
    /// `DIDOwnerChanged`.
    Owner {
        /// The new owner; zero deactivates the DID.
        owner: Address,
    },
    /// `DIDDelegateChanged`.
    Delegate {
        /// `veriKey`, `sigAuth` or another word of at most 32 bytes, without padding.
        #[serde(with = "hex_bytes")]
        delegate_type: Vec<u8>,
        /// The delegate.
        delegate: Address,
        /// Seconds since the Unix epoch; saturated.
        valid_to: u64,
    },
    /// `DIDAttributeChanged`.
    Attribute {
        /// `did/pub/<algorithm>/<purpose>/<encoding>` of at most 32 bytes, without padding.
        #[serde(with = "hex_bytes")]
        name: Vec<u8>,
        /// The value.
        #[serde(with = "hex_bytes")]
        value: Vec<u8>,
        /// Seconds since the Unix epoch; saturated.
        valid_to: u64,
    },
}
