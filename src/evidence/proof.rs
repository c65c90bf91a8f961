//! What a node serves to prove state (chain.md §5.4): a block's header, and for each account the trie nodes from the
//! header's state root down to the account and to its storage slots. Nothing here is checked; that is `title::proof`.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::BlockReading;
use crate::primitives::{Address, Digest32, hex_bytes};

/// The material of a state proof about one token of one registry, all of one block.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProofReading {
    /// The block that was asked about.
    pub block: BlockReading,
    /// Its header.
    pub header: HeaderReading,
    /// The registry, what it leads to, and the title escrow.
    pub accounts: Vec<AccountProofReading>,
}

/// A block header's members as served, those that are text. What says nothing about the hash (the hash itself, the
/// block's size, the total difficulty) is left out.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct HeaderReading(pub BTreeMap<String, String>);

/// One account with its proof.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AccountProofReading {
    /// The account.
    pub address: Address,
    /// Number of transactions or of contracts created.
    pub nonce: u64,
    /// Its balance, as a 256-bit number.
    pub balance: Digest32,
    /// Keccak-256 of its code.
    pub code_hash: Digest32,
    /// The root of its storage.
    pub storage_root: Digest32,
    /// The code itself.
    #[serde(with = "hex_bytes")]
    pub code: Vec<u8>,
    /// The trie nodes from the state root to the account, or to where it would be.
    pub nodes: Vec<NodeBytes>,
    /// The storage slots that were asked for.
    pub slots: Vec<SlotReading>,
}

/// One storage slot with its proof.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SlotReading {
    /// The slot.
    pub slot: Digest32,
    /// What it holds.
    pub value: Digest32,
    /// The trie nodes from the storage root to the slot, or to where it would be.
    pub nodes: Vec<NodeBytes>,
}

/// The RLP of one trie node.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct NodeBytes(#[serde(with = "hex_bytes")] pub Vec<u8>);
