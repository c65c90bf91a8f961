//! The state as a Merkle-Patricia trie: its root for block headers, and proofs against it. Every root is computed anew from
//! all its leaves, which is right for the few hundred accounts of a local chain.

use std::collections::BTreeMap;

use alloy_primitives::{B256, U256};
use alloy_trie::proof::ProofRetainer;
use alloy_trie::{HashBuilder, KECCAK_EMPTY, Nibbles, TrieAccount};

use super::block::EMPTY_TRIE_ROOT;
use crate::primitives::{Address, Digest32, keccak256};

/// An account with a proof against the state root of a block, and of some of its storage slots (EIP-1186).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccountProof {
    /// The account.
    pub address: Address,
    /// Its nonce.
    pub nonce: u64,
    /// Its balance in wei.
    pub balance: u128,
    /// Keccak-256 of its code.
    pub code_hash: Digest32,
    /// The root of its storage.
    pub storage_root: Digest32,
    /// The trie nodes down to the account, or to where it would be.
    pub nodes: Vec<Vec<u8>>,
    /// The slots asked for.
    pub slots: Vec<SlotProof>,
}

/// A storage slot with a proof against its account's storage root.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SlotProof {
    /// The slot.
    pub slot: Digest32,
    /// What it holds.
    pub value: Digest32,
    /// The trie nodes down to the slot, or to where it would be.
    pub nodes: Vec<Vec<u8>>,
}

/// Leaves by the hashes of their keys.
#[derive(Default)]
pub(super) struct Trie(BTreeMap<[u8; 32], Vec<u8>>);

impl Trie {
    /// The trie of accounts: address, nonce, balance, code hash and storage root of each.
    pub(super) fn of_accounts(accounts: impl Iterator<Item = (Address, TrieAccount)>) -> Self {
        Self(accounts.map(|(address, account)| (keccak256(address.0).0, alloy_rlp::encode(account))).collect())
    }

    /// The trie of one account's storage; zero is not kept.
    pub(super) fn of_slots(slots: impl Iterator<Item = (U256, U256)>) -> Self {
        let leaf = |(slot, value): (U256, U256)| {
            (keccak256(slot.to_be_bytes::<32>()).0, alloy_rlp::encode_fixed_size(&value).to_vec())
        };
        Self(slots.filter(|(_, value)| !value.is_zero()).map(leaf).collect())
    }

    /// The root.
    pub(super) fn root(&self) -> Digest32 {
        Digest32(self.built(HashBuilder::default()).root().0)
    }

    /// The nodes that lead to the leaf of `key`, or show that there is none; without those inside others.
    pub(super) fn proof(&self, key: &[u8]) -> Vec<Vec<u8>> {
        if self.0.is_empty() {
            return Vec::new();
        }
        let target = Nibbles::unpack(keccak256(key).0);
        let mut builder = self.built(HashBuilder::default().with_proof_retainer(ProofRetainer::new(vec![target])));
        builder.root();
        let nodes = builder.take_proof_nodes().matching_nodes_sorted(&target);
        nodes.into_iter().map(|(_, node)| node.to_vec()).filter(|node| node.len() >= 32).collect()
    }

    fn built(&self, mut builder: HashBuilder) -> HashBuilder {
        for (key, leaf) in &self.0 {
            builder.add_leaf(Nibbles::unpack(key), leaf);
        }
        builder
    }
}

/// An account as it stands in the trie; an account that is not there has nothing.
pub(super) fn leaf(nonce: u64, balance: U256, storage_root: Digest32, code_hash: B256) -> TrieAccount {
    TrieAccount::new(nonce, balance, B256::from(storage_root.0), code_hash)
}

/// What is said of an account that is not there.
pub(super) fn nobody() -> TrieAccount {
    leaf(0, U256::ZERO, EMPTY_TRIE_ROOT, KECCAK_EMPTY)
}
