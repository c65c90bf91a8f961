//! The state of every block, kept as the versions of each value: a block costs what it changes and no more, contract
//! code is kept once. Versions that only blocks older than [`STATE_DEPTH`] would need are dropped.

use std::collections::hash_map::Entry;
use std::collections::{BTreeSet, HashMap, VecDeque};
use std::convert::Infallible;
use std::hash::Hash;
use std::sync::Arc;

use alloy_trie::TrieAccount;
use revm::bytecode::Bytecode;
use revm::primitives::{self as evm, B256, KECCAK_EMPTY, U256};
use revm::state::{AccountInfo, EvmState};

use super::block::{Block, EMPTY_TRIE_ROOT};
use super::trie::{AccountProof, SlotProof, Trie, leaf, nobody};
use crate::primitives::{Address, Digest32};

/// How many blocks back the state is answered. Headers, receipts and logs are kept from the beginning.
pub const STATE_DEPTH: u64 = 4096;

/// All versions of all values.
#[derive(Default)]
pub(super) struct State {
    accounts: HashMap<evm::Address, Versions<Option<AccountInfo>>>,
    slots: HashMap<(evm::Address, U256), Versions<U256>>,
    /// Every slot of an account that was ever written.
    written: HashMap<evm::Address, BTreeSet<U256>>,
    storage_roots: HashMap<evm::Address, Versions<Digest32>>,
    codes: HashMap<B256, Bytecode>,
    changes: VecDeque<Changes>,
    root: Digest32,
}

/// The values of one key, each with the block that wrote it, oldest first.
type Versions<T> = VecDeque<(u64, T)>;

/// What one block wrote.
struct Changes {
    block: u64,
    accounts: Vec<evm::Address>,
    slots: Vec<(evm::Address, U256)>,
}

impl State {
    /// Gives accounts their balance before the first block.
    pub(super) fn endow(&mut self, accounts: impl Iterator<Item = (Address, u128)>) {
        for (address, balance) in accounts {
            let info = AccountInfo { balance: U256::from(balance), code: None, ..AccountInfo::default() };
            self.accounts.insert(to_evm(address), VecDeque::from([(0, Some(info))]));
        }
        self.root = self.at(0).accounts().root();
    }

    /// Takes over what the execution of `block` changed.
    pub(super) fn commit(&mut self, block: u64, state: EvmState) {
        let mut touched: Vec<_> = state.into_iter().filter(|(_, account)| account.is_touched()).collect();
        touched.sort_by_key(|(address, _)| *address);
        let mut changes = Changes { block, accounts: Vec::new(), slots: Vec::new() };
        for (address, account) in touched {
            let gone = account.is_selfdestructed() || account.info.is_empty();
            let mut slots: Vec<_> = account.storage.iter().filter(|(_, slot)| slot.is_changed()).collect();
            slots.sort_by_key(|(key, _)| **key);
            // After Cancun only what was created in the same transaction can vanish (EIP-6780): it had no storage before.
            for (key, slot) in slots.into_iter().filter(|_| !gone) {
                let value = slot.present_value();
                self.slots.entry((address, *key)).or_default().push_back((block, value));
                self.written.entry(address).or_default().insert(*key);
                changes.slots.push((address, *key));
            }
            if changes.slots.last().is_some_and(|(changed, _)| *changed == address) {
                let root = self.at(block).storage(address).root();
                self.storage_roots.entry(address).or_default().push_back((block, root));
            }
            let mut info = account.info;
            if let Some(code) = info.code.take().filter(|_| !gone && info.code_hash != KECCAK_EMPTY) {
                self.codes.entry(info.code_hash).or_insert(code);
            }
            self.accounts.entry(address).or_default().push_back((block, (!gone).then_some(info)));
            changes.accounts.push(address);
        }
        self.changes.push_back(changes);
        self.root = self.at(block).accounts().root();
        self.forget(block.saturating_sub(STATE_DEPTH));
    }

    /// Takes back what the blocks after `block` wrote; `root` is the root after that block.
    pub(super) fn revert_to(&mut self, block: u64, root: Digest32) {
        while let Some(changes) = self.changes.pop_back_if(|changes| changes.block > block) {
            for slot in changes.slots {
                drop_after(&mut self.slots, slot, block);
                drop_after(&mut self.storage_roots, slot.0, block);
            }
            for address in changes.accounts {
                drop_after(&mut self.accounts, address, block);
            }
        }
        self.root = root;
    }

    /// The root of the trie of all accounts after the last block that changed one.
    pub(super) fn root(&self) -> Digest32 {
        self.root
    }

    fn at(&self, block: u64) -> StateAt<'_> {
        StateAt { state: self, block, blocks: &[] }
    }

    /// Drops the versions that no block from `oldest` on can see.
    fn forget(&mut self, oldest: u64) {
        while let Some(changes) = self.changes.pop_front_if(|changes| changes.block <= oldest) {
            for address in changes.accounts {
                if let Some(versions) = self.accounts.get_mut(&address) {
                    drop_before(versions, changes.block);
                }
            }
            for slot in changes.slots {
                if let Some(versions) = self.slots.get_mut(&slot) {
                    drop_before(versions, changes.block);
                }
                if let Some(roots) = self.storage_roots.get_mut(&slot.0) {
                    drop_before(roots, changes.block);
                }
            }
        }
    }
}

/// The state after one block, as the EVM reads it.
#[derive(Clone, Copy)]
pub(super) struct StateAt<'a> {
    pub state: &'a State,
    pub block: u64,
    /// For `BLOCKHASH`.
    pub blocks: &'a [Arc<Block>],
}

impl StateAt<'_> {
    pub(super) fn account(&self, address: Address) -> Option<&AccountInfo> {
        version(self.state.accounts.get(&to_evm(address))?, self.block)?.as_ref()
    }

    pub(super) fn code(&self, address: Address) -> Vec<u8> {
        let code = self.account(address).and_then(|account| self.state.codes.get(&account.code_hash));
        code.map(|code| code.original_byte_slice().to_vec()).unwrap_or_default()
    }

    pub(super) fn slot(&self, address: Address, slot: Digest32) -> Digest32 {
        Digest32(self.value(to_evm(address), U256::from_be_bytes(slot.0)).to_be_bytes())
    }

    /// An account and some of its slots, proven against the state root of the block.
    pub(super) fn proof(&self, address: Address, slots: &[Digest32]) -> AccountProof {
        let account = self.account(address).map_or_else(nobody, |account| self.leaf(to_evm(address), account));
        let storage = self.storage(to_evm(address));
        let slot =
            |&slot: &Digest32| SlotProof { slot, value: self.slot(address, slot), nodes: storage.proof(&slot.0) };
        AccountProof {
            address,
            nonce: account.nonce,
            balance: account.balance.saturating_to(),
            code_hash: Digest32(account.code_hash.0),
            storage_root: Digest32(account.storage_root.0),
            nodes: self.accounts().proof(&address.0),
            slots: slots.iter().map(slot).collect(),
        }
    }

    fn value(&self, address: evm::Address, slot: U256) -> U256 {
        let versions = self.state.slots.get(&(address, slot));
        versions.and_then(|versions| version(versions, self.block)).copied().unwrap_or_default()
    }

    fn storage(&self, address: evm::Address) -> Trie {
        let written = self.state.written.get(&address).into_iter().flatten();
        Trie::of_slots(written.map(|slot| (*slot, self.value(address, *slot))))
    }

    fn accounts(&self) -> Trie {
        let there = self.state.accounts.iter().filter_map(|(address, versions)| {
            Some((from_evm(*address), self.leaf(*address, version(versions, self.block)?.as_ref()?)))
        });
        Trie::of_accounts(there)
    }

    fn leaf(&self, address: evm::Address, account: &AccountInfo) -> TrieAccount {
        let root = self.state.storage_roots.get(&address).and_then(|roots| version(roots, self.block));
        leaf(account.nonce, account.balance, root.copied().unwrap_or(EMPTY_TRIE_ROOT), account.code_hash)
    }
}

impl revm::DatabaseRef for StateAt<'_> {
    type Error = Infallible;

    fn basic_ref(&self, address: evm::Address) -> Result<Option<AccountInfo>, Infallible> {
        Ok(self.account(from_evm(address)).cloned())
    }

    fn code_by_hash_ref(&self, code_hash: B256) -> Result<Bytecode, Infallible> {
        Ok(self.state.codes.get(&code_hash).cloned().unwrap_or_default())
    }

    fn storage_ref(&self, address: evm::Address, index: U256) -> Result<U256, Infallible> {
        Ok(self.value(address, index))
    }

    fn block_hash_ref(&self, number: u64) -> Result<B256, Infallible> {
        let block = usize::try_from(number).ok().and_then(|number| self.blocks.get(number));
        Ok(block.map(|block| B256::from(block.hash.0)).unwrap_or_default())
    }
}

pub(super) fn to_evm(address: Address) -> evm::Address {
    evm::Address::from(address.0)
}

pub(super) fn from_evm(address: evm::Address) -> Address {
    Address(address.0.0)
}

/// What was written last at or before `block`.
fn version<T>(versions: &Versions<T>, block: u64) -> Option<&T> {
    let after = versions.partition_point(|(written, _)| *written <= block);
    versions.get(after.checked_sub(1)?).map(|(_, value)| value)
}

fn drop_before<T>(versions: &mut Versions<T>, block: u64) {
    while versions.pop_front_if(|(written, _)| *written < block).is_some() {}
}

fn drop_after<K: Eq + Hash, T>(all: &mut HashMap<K, Versions<T>>, key: K, block: u64) {
    if let Entry::Occupied(mut entry) = all.entry(key) {
        while entry.get_mut().pop_back_if(|(written, _)| *written > block).is_some() {}
        if entry.get().is_empty() {
            entry.remove();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_what_was_written_last_until_then() {
        let mut versions = Versions::from([(2, 'a'), (5, 'b'), (9, 'c')]);
        let seen: Vec<_> = [0, 1, 2, 4, 5, 8, 9, 100].map(|block| version(&versions, block).copied()).into();
        assert_eq!(seen, [None, None, Some('a'), Some('a'), Some('b'), Some('b'), Some('c'), Some('c')]);
        drop_before(&mut versions, 5);
        assert_eq!((version(&versions, 4), version(&versions, 5), versions.len()), (None, Some(&'b'), 2));
    }
}
