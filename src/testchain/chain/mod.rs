//! A chain in process: every transaction makes a block at once, nothing is ever reorganised unless a test goes back to a
//! [`Mark`], and what was true at a block stays readable there (ARCHITECTURE.md §3). The EVM is `revm` with the rules of [`HARD_FORK`].
//!
//! ```
//! use ebl_verifier::primitives::ChainId;
//! use ebl_verifier::testchain::accounts::DEV_ACCOUNTS;
//! use ebl_verifier::testchain::chain::{BlockId, Call, Chain};
//!
//! let mut chain = Chain::new(ChainId::try_from(31337)?, 1_700_000_000);
//! // Creation code of a contract that answers every call with 42.
//! let creation = [0x69, 0x60, 0x2a, 0x60, 0, 0x52, 0x60, 0x20, 0x60, 0, 0xf3, 0x60, 0, 0x52, 0x60, 10, 0x60, 22, 0xf3];
//! let (contract, receipt) = chain.deploy(DEV_ACCOUNTS[0].address, &creation)?;
//! assert_eq!(receipt.block_number, 1);
//! let answer = chain.call(&Call { to: Some(contract), ..Call::default() }, BlockId::Latest)?;
//! assert_eq!(answer.last(), Some(&42));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod block;
mod error;
mod execution;
mod logs;
mod state;
mod transaction;
mod trie;

#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::sync::Arc;

use revm::primitives::hardfork::SpecId;
use tokio::sync::watch;

use crate::primitives::{Address, ChainId, Digest32};
use crate::testchain::accounts::{DEV_ACCOUNTS, dev_account};
pub use block::{BASE_FEE, Block, Bloom, GAS_LIMIT, Log, Mined, Receipt};
pub(super) use block::{EMPTY_REQUESTS_HASH, EMPTY_TRIE_ROOT, EMPTY_UNCLES_HASH};
pub use error::ChainError;
pub use logs::{FoundLog, LogBlocks, LogFilter, MAX_LOGS};
pub use state::STATE_DEPTH;
use state::{State, StateAt};
pub use transaction::{
    AccessListEntry, Form, Signature, SignedTransaction, Transaction, TransactionError, address_of_key,
};
pub use trie::{AccountProof, SlotProof};

/// The rules of the EVM. The contracts that Prague keeps its block hashes and beacon roots in are not deployed.
pub const HARD_FORK: SpecId = SpecId::PRAGUE;
/// The most blocks that a chain can have.
pub const MAX_BLOCKS: usize = 1 << 20;
/// What each development account has at the beginning: 10 000 ether.
pub const INITIAL_BALANCE: u128 = 10_000 * 10u128.pow(18);
/// The end of the year 9999.
const LATEST_TIME: u64 = 253_402_300_799;

/// The chain.
pub struct Chain {
    id: ChainId,
    head: Arc<Block>,
    /// By height, the first and the head included.
    blocks: Vec<Arc<Block>>,
    /// The serial number of each, in the same order.
    serials: Vec<u64>,
    heights: HashMap<Digest32, u64>,
    /// The height at which a transaction stands.
    transactions: HashMap<Digest32, u64>,
    state: State,
    not_before: u64,
    /// The time that the next block must have.
    next_time: Option<u64>,
    /// The serial number of the block that came last, for whoever waits for blocks.
    news: watch::Sender<u64>,
}

/// A place in the chain to go back to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mark {
    hash: Digest32,
    not_before: u64,
    next_time: Option<u64>,
}

/// Which block is meant.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum BlockId {
    /// The newest. It is also the safe, the finalized and the pending one: this chain never reorganises and keeps no
    /// transaction waiting.
    #[default]
    Latest,
    /// By height.
    Number(u64),
    /// By hash.
    Hash(Digest32),
}

/// A call that changes nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Call {
    /// In whose name; the zero address needs no key and has nothing.
    pub from: Address,
    /// The contract; `None` runs `data` as creation code.
    pub to: Option<Address>,
    /// Call data or creation code.
    pub data: Vec<u8>,
    /// Wei that come with it.
    pub value: u128,
    /// The most gas, [`GAS_LIMIT`] where it is not given or more than that.
    pub gas: Option<u64>,
    /// What `GASPRICE` answers; `from` must be able to pay it.
    pub gas_price: u128,
    /// What it says it will touch, which changes what it costs.
    pub access_list: Vec<AccessListEntry>,
}

impl Chain {
    /// A chain with its first block, in which the development accounts have [`INITIAL_BALANCE`].
    pub fn new(id: ChainId, genesis_time: u64) -> Self {
        let mut state = State::default();
        state.endow(DEV_ACCOUNTS.iter().map(|account| (account.address, INITIAL_BALANCE)));
        let genesis = Arc::new(Block::empty(None, genesis_time.min(LATEST_TIME), state.root()));
        Self {
            id,
            heights: HashMap::from([(genesis.hash, 0)]),
            blocks: vec![Arc::clone(&genesis)],
            serials: vec![0],
            head: genesis,
            transactions: HashMap::new(),
            state,
            not_before: 0,
            next_time: None,
            news: watch::Sender::new(0),
        }
    }

    /// The chain's id.
    pub fn id(&self) -> ChainId {
        self.id
    }

    /// Lets the time pass: no later block is older than `time`. Without this, each block is one second younger than the
    /// one before, so that the same transactions always make the same chain.
    pub fn advance_to(&mut self, time: u64) {
        self.not_before = self.not_before.max(time.min(LATEST_TIME));
    }

    /// Creates a contract, signed with the key of the development account `from`. That the creation code failed is an
    /// error; its transaction stands in a block all the same.
    pub fn deploy(&mut self, from: Address, creation: &[u8]) -> Result<(Address, Receipt), ChainError> {
        let receipt = self.send_signed(from, None, creation)?;
        match receipt.contract.filter(|_| receipt.succeeded) {
            Some(contract) => Ok((contract, receipt)),
            None => Err(ChainError::Reverted(receipt.output)),
        }
    }

    /// Sends `data` to a contract, signed with the key of the development account `from`. A reverted transaction is a
    /// receipt too: [`Receipt::succeeded`] is false and [`Receipt::output`] has the revert data.
    pub fn send(&mut self, from: Address, to: Address, data: &[u8]) -> Result<Receipt, ChainError> {
        self.send_signed(from, Some(to), data)
    }

    fn send_signed(&mut self, from: Address, to: Option<Address>, input: &[u8]) -> Result<Receipt, ChainError> {
        let account = dev_account(from).ok_or(ChainError::UnknownAccount(from))?;
        let transaction = Transaction {
            chain: self.id,
            nonce: self.nonce(from, BlockId::Latest)?,
            form: Form::DynamicFee { max_fee_per_gas: 0, max_priority_fee_per_gas: 0, access_list: Vec::new() },
            gas_limit: GAS_LIMIT,
            to,
            value: 0,
            input: input.to_vec(),
        };
        self.submit(transaction.sign(&account.key)?)
    }

    /// Executes a signed transaction in a block of its own.
    pub fn submit(&mut self, signed: SignedTransaction) -> Result<Receipt, ChainError> {
        let transaction = &signed.transaction;
        if transaction.chain != self.id {
            return Err(ChainError::OtherChain { found: transaction.chain, wanted: self.id });
        }
        let expected = self.nonce(signed.sender, BlockId::Latest)?;
        if transaction.nonce != expected {
            return Err(ChainError::Nonce { found: transaction.nonce, expected });
        }
        let timestamp = self.next_time()?;
        let (outcome, changes) = self.transact(&signed, timestamp)?;
        self.state.commit(self.head.number + 1, changes);
        self.transactions.insert(signed.hash, self.head.number + 1);
        let root = self.state.root();
        let (block, receipt) = Block::with_transaction(&self.head, timestamp, root, signed, outcome);
        self.append(block);
        Ok(receipt)
    }

    /// Adds a block without a transaction.
    pub fn mine(&mut self) -> Result<(), ChainError> {
        let time = self.next_time()?;
        self.append(Block::empty(Some(&self.head), time, self.state.root()));
        Ok(())
    }

    /// Adds a block of exactly this time without a transaction.
    pub fn mine_at(&mut self, time: u64) -> Result<(), ChainError> {
        self.set_next_time(time)?;
        self.mine()
    }

    /// The next block is of exactly this time, and later ones are not older.
    pub fn set_next_time(&mut self, time: u64) -> Result<(), ChainError> {
        let earliest = self.head.timestamp + 1;
        if !(earliest..=LATEST_TIME).contains(&time) {
            return Err(ChainError::Time { asked: time, earliest, latest: LATEST_TIME });
        }
        self.not_before = time;
        self.next_time = Some(time);
        Ok(())
    }

    /// Where the chain is now.
    pub fn mark(&self) -> Mark {
        Mark { hash: self.head.hash, not_before: self.not_before, next_time: self.next_time }
    }

    /// Takes back every block after a mark, as if it had never been.
    pub fn revert_to(&mut self, mark: &Mark) -> Result<(), ChainError> {
        let (block, _) = self.state_at(BlockId::Hash(mark.hash))?;
        let (height, root) = (block.number, block.state_root);
        while let Some(block) = self.blocks.pop_if(|block| block.number > height) {
            self.serials.pop();
            self.heights.remove(&block.hash);
            if let Some(mined) = &block.mined {
                self.transactions.remove(&mined.transaction.hash);
            }
        }
        if let Some(head) = self.blocks.last() {
            self.head = Arc::clone(head);
        }
        self.state.revert_to(height, root);
        (self.not_before, self.next_time) = (mark.not_before, mark.next_time);
        Ok(())
    }

    /// How many blocks have come after the first, those that were taken back included. Heights come again, these numbers do
    /// not: each block has the one that it came with.
    pub fn serial(&self) -> u64 {
        *self.news.borrow()
    }

    /// The blocks that came after `serial` and were not taken back, oldest first, with their serial numbers.
    pub fn blocks_after(&self, serial: u64) -> impl Iterator<Item = (u64, &Block)> {
        let first = self.serials.partition_point(|&came| came <= serial);
        self.serials.iter().copied().zip(self.blocks.iter().map(Arc::as_ref)).skip(first)
    }

    /// Gives [`Chain::serial`] whenever a block comes.
    pub fn news(&self) -> watch::Receiver<u64> {
        self.news.subscribe()
    }

    /// The newest block.
    pub fn head(&self) -> &Block {
        &self.head
    }

    /// A block, if it is there.
    pub fn block(&self, id: BlockId) -> Option<&Block> {
        let number = match id {
            BlockId::Latest => self.head.number,
            BlockId::Number(number) => number,
            BlockId::Hash(hash) => *self.heights.get(&hash)?,
        };
        self.blocks.get(usize::try_from(number).ok()?).map(Arc::as_ref)
    }

    /// A transaction that stands in a block.
    pub fn transaction(&self, hash: Digest32) -> Option<&Mined> {
        self.block(BlockId::Number(*self.transactions.get(&hash)?))?.mined.as_ref()
    }

    /// The code at an address; empty where there is none.
    pub fn code(&self, address: Address, at: BlockId) -> Result<Vec<u8>, ChainError> {
        Ok(self.state_at(at)?.1.code(address))
    }

    /// A storage slot; zero where nothing was written.
    pub fn storage(&self, address: Address, slot: Digest32, at: BlockId) -> Result<Digest32, ChainError> {
        Ok(self.state_at(at)?.1.slot(address, slot))
    }

    /// Wei of an account.
    pub fn balance(&self, address: Address, at: BlockId) -> Result<u128, ChainError> {
        let balance = self.state_at(at)?.1.account(address).map(|account| account.balance);
        // There is less of it than 128 bits hold.
        Ok(balance.unwrap_or_default().saturating_to())
    }

    /// An account and some of its storage slots, with proofs against the state root of the block.
    pub fn proof(&self, address: Address, slots: &[Digest32], at: BlockId) -> Result<AccountProof, ChainError> {
        Ok(self.state_at(at)?.1.proof(address, slots))
    }

    /// How many transactions an account has sent, or contracts a contract has created.
    pub fn nonce(&self, address: Address, at: BlockId) -> Result<u64, ChainError> {
        Ok(self.state_at(at)?.1.account(address).map_or(0, |account| account.nonce))
    }

    /// The logs that a filter selects, oldest first, at most [`MAX_LOGS`].
    pub fn logs(&self, filter: &LogFilter) -> Result<Vec<FoundLog<'_>>, ChainError> {
        let blocks = match filter.blocks {
            LogBlocks::Hash(hash) => {
                let number = *self.heights.get(&hash).ok_or(ChainError::NoSuchHash(hash))?;
                number..=number
            }
            LogBlocks::Range(first, last) => first..=last.min(self.head.number),
        };
        let mut found = Vec::new();
        for number in blocks {
            let Some(block) = self.block(BlockId::Number(number)) else { break };
            found.extend(filter.select(block).take(MAX_LOGS + 1));
            if found.len() > MAX_LOGS {
                return Err(ChainError::TooManyLogs(MAX_LOGS));
            }
        }
        Ok(found)
    }

    /// A block and the state after it, if that is still kept.
    fn state_at(&self, id: BlockId) -> Result<(&Block, StateAt<'_>), ChainError> {
        let block = self.block(id).ok_or(ChainError::no_such_block(id, self.head.number))?;
        let oldest = self.head.number.saturating_sub(STATE_DEPTH);
        if block.number < oldest {
            return Err(ChainError::StateForgotten { number: block.number, oldest });
        }
        Ok((block, StateAt { state: &self.state, block: block.number, blocks: &self.blocks }))
    }

    fn next_time(&self) -> Result<u64, ChainError> {
        if self.blocks.len() >= MAX_BLOCKS {
            return Err(ChainError::Full(MAX_BLOCKS));
        }
        Ok(self.next_time.unwrap_or(self.not_before).max(self.head.timestamp + 1))
    }

    fn append(&mut self, block: Block) {
        self.head = Arc::new(block);
        self.heights.insert(self.head.hash, self.head.number);
        self.blocks.push(Arc::clone(&self.head));
        self.next_time = None;
        let serial = self.serial() + 1;
        self.serials.push(serial);
        self.news.send_replace(serial);
    }
}

impl std::fmt::Debug for Chain {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Chain").field("id", &self.id).field("head", &self.head.number).finish_non_exhaustive()
    }
}
