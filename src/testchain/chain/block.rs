//! Blocks with real hashes: the Keccak-256 of the RLP of a header as Ethereum has it since Prague, with 21 fields. At
//! most one transaction stands in a block, so the roots of its transactions and receipts are those of a trie with one
//! leaf.

use ethers::utils::rlp::RlpStream;

use super::transaction::SignedTransaction;
use crate::primitives::{Address, Digest32, keccak256};

/// The most gas that a block, a transaction or a call may use.
pub const GAS_LIMIT: u64 = 30_000_000;
/// What a unit of gas costs: nothing.
pub const BASE_FEE: u64 = 0;

/// A block and what was done in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Block {
    /// Its height.
    pub number: u64,
    /// Keccak-256 of [`Block::header_rlp`].
    pub hash: Digest32,
    /// The hash of the block before; zero for the first.
    pub parent_hash: Digest32,
    /// Seconds since 1970.
    pub timestamp: u64,
    /// Root of the trie of accounts.
    pub state_root: Digest32,
    /// Root of the trie of transactions.
    pub transactions_root: Digest32,
    /// Root of the trie of receipts.
    pub receipts_root: Digest32,
    /// The bloom filter over the logs' addresses and topics.
    pub logs_bloom: Bloom,
    /// Gas used by the transaction.
    pub gas_used: u64,
    /// Length of the block's RLP.
    pub size: u64,
    /// The transaction, if there is one.
    pub mined: Option<Mined>,
}

/// A transaction in a block.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mined {
    /// What was sent.
    pub transaction: SignedTransaction,
    /// What came of it.
    pub receipt: Receipt,
}

/// What came of a transaction. It is the only one of its block, with index 0.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Receipt {
    /// The transaction.
    pub transaction_hash: Digest32,
    /// Its block.
    pub block_hash: Digest32,
    /// Its block's height.
    pub block_number: u64,
    /// Its block's time.
    pub block_timestamp: u64,
    /// The sender.
    pub from: Address,
    /// The receiver; `None` where a contract was created.
    pub to: Option<Address>,
    /// The contract, where one was to be created.
    pub contract: Option<Address>,
    /// Whether it was not reverted: the receipt's status.
    pub succeeded: bool,
    /// What it returned, or the revert data.
    pub output: Vec<u8>,
    /// Gas that it used.
    pub gas_used: u64,
    /// Wei that it paid for each.
    pub effective_gas_price: u128,
    /// Its logs; their index is their place in the list.
    pub logs: Vec<Log>,
    /// The bloom filter over the logs.
    pub logs_bloom: Bloom,
}

/// A log entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Log {
    /// The contract that wrote it.
    pub address: Address,
    /// At most four topics.
    pub topics: Vec<Digest32>,
    /// The data.
    pub data: Vec<u8>,
}

/// What the EVM made of a transaction.
#[derive(Debug)]
pub(super) struct Outcome {
    pub succeeded: bool,
    pub output: Vec<u8>,
    pub contract: Option<Address>,
    pub gas_used: u64,
    pub logs: Vec<Log>,
}

impl Block {
    /// The block after `parent`, or the first, without a transaction.
    pub(super) fn empty(parent: Option<&Self>, timestamp: u64, state_root: Digest32) -> Self {
        Self::unsealed(parent, timestamp, state_root).sealed(None)
    }

    /// The block after `parent` with a transaction, and its receipt.
    pub(super) fn with_transaction(
        parent: &Self,
        timestamp: u64,
        state_root: Digest32,
        transaction: SignedTransaction,
        outcome: Outcome,
    ) -> (Self, Receipt) {
        let mut block = Self::unsealed(Some(parent), timestamp, state_root);
        block.logs_bloom = Bloom::of(&outcome.logs);
        block.gas_used = outcome.gas_used;
        block.transactions_root = root_of_one(&transaction.raw);
        block.receipts_root = root_of_one(&receipt_bytes(&transaction, &outcome, &block.logs_bloom));
        let mut block = block.sealed(Some(&transaction));
        let receipt = Receipt {
            transaction_hash: transaction.hash,
            block_hash: block.hash,
            block_number: block.number,
            block_timestamp: timestamp,
            from: transaction.sender,
            to: transaction.transaction.to,
            contract: outcome.contract,
            succeeded: outcome.succeeded,
            output: outcome.output,
            gas_used: outcome.gas_used,
            effective_gas_price: effective_gas_price(&transaction),
            logs: outcome.logs,
            logs_bloom: block.logs_bloom.clone(),
        };
        block.mined = Some(Mined { transaction, receipt: receipt.clone() });
        (block, receipt)
    }

    fn unsealed(parent: Option<&Self>, timestamp: u64, state_root: Digest32) -> Self {
        Self {
            number: parent.map_or(0, |parent| parent.number + 1),
            hash: Digest32::default(),
            parent_hash: parent.map_or(Digest32::default(), |parent| parent.hash),
            timestamp,
            state_root,
            transactions_root: EMPTY_TRIE_ROOT,
            receipts_root: EMPTY_TRIE_ROOT,
            logs_bloom: Bloom::default(),
            gas_used: 0,
            size: 0,
            mined: None,
        }
    }

    fn sealed(mut self, transaction: Option<&SignedTransaction>) -> Self {
        let header = self.header_rlp();
        self.hash = keccak256(&header);
        self.size = block_length(&header, transaction);
        self
    }

    /// The header as it is hashed.
    pub fn header_rlp(&self) -> Vec<u8> {
        let mut rlp = RlpStream::new_list(21);
        rlp.append(&&self.parent_hash.0[..])
            .append(&&EMPTY_UNCLES_HASH.0[..])
            .append(&&Address::ZERO.0[..])
            .append(&&self.state_root.0[..])
            .append(&&self.transactions_root.0[..])
            .append(&&self.receipts_root.0[..])
            .append(&&self.logs_bloom.0[..])
            .append(&0u8) // difficulty
            .append(&self.number)
            .append(&GAS_LIMIT)
            .append(&self.gas_used)
            .append(&self.timestamp)
            .append(&&[][..]) // extra data
            .append(&&[0u8; 32][..]) // prevRandao
            .append(&&[0u8; 8][..]) // nonce
            .append(&BASE_FEE)
            .append(&&EMPTY_TRIE_ROOT.0[..]) // withdrawals
            .append(&0u8) // blob gas used
            .append(&0u8) // excess blob gas
            .append(&&[0u8; 32][..]) // parent beacon block root
            .append(&&EMPTY_REQUESTS_HASH.0[..]);
        rlp.out().to_vec()
    }
}

/// A bloom filter of 2048 bits (yellow paper, 4.4.1).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bloom(pub Box<[u8; 256]>);

impl Bloom {
    fn of(logs: &[Log]) -> Self {
        let mut bloom = Self::default();
        for log in logs {
            bloom.add(&log.address.0);
            for topic in &log.topics {
                bloom.add(&topic.0);
            }
        }
        bloom
    }

    /// Whether `value` may be in it; `false` is certain.
    pub fn may_contain(&self, value: &[u8]) -> bool {
        bits(value).iter().all(|&(byte, mask)| self.0.get(byte).is_some_and(|found| found & mask != 0))
    }

    fn add(&mut self, value: &[u8]) {
        for (byte, mask) in bits(value) {
            if let Some(found) = self.0.get_mut(byte) {
                *found |= mask;
            }
        }
    }
}

impl Default for Bloom {
    fn default() -> Self {
        Self(Box::new([0; 256]))
    }
}

/// The three bits of a value: byte and mask. Bit 0 is the lowest of the last byte.
fn bits(value: &[u8]) -> [(usize, u8); 3] {
    let hash = keccak256(value).0;
    [[hash[0], hash[1]], [hash[2], hash[3]], [hash[4], hash[5]]].map(|pair| {
        let bit = usize::from(u16::from_be_bytes(pair) & 2047);
        (255 - bit / 8, 1 << (bit % 8))
    })
}

/// The consensus form of a receipt (EIP-2718, EIP-658).
fn receipt_bytes(transaction: &SignedTransaction, outcome: &Outcome, bloom: &Bloom) -> Vec<u8> {
    let mut rlp = RlpStream::new_list(4);
    rlp.append(&u8::from(outcome.succeeded)).append(&outcome.gas_used).append(&&bloom.0[..]);
    rlp.begin_list(outcome.logs.len());
    for log in &outcome.logs {
        rlp.begin_list(3).append(&&log.address.0[..]).begin_list(log.topics.len());
        for topic in &log.topics {
            rlp.append(&&topic.0[..]);
        }
        rlp.append(&log.data);
    }
    let form = transaction.transaction.form.number();
    let mut bytes = if form == 0 { Vec::new() } else { vec![form] };
    bytes.extend_from_slice(&rlp.out());
    bytes
}

/// The root of a trie whose only entry stands under index 0: the leaf's path is the two nibbles of the RLP of 0 behind
/// the flag of an even leaf.
fn root_of_one(value: &[u8]) -> Digest32 {
    let mut leaf = RlpStream::new_list(2);
    leaf.append(&&[0x20, 0x80][..]).append(&value);
    keccak256(leaf.out())
}

fn block_length(header: &[u8], transaction: Option<&SignedTransaction>) -> u64 {
    let mut block = RlpStream::new_list(4);
    block.append_raw(header, 1).begin_list(usize::from(transaction.is_some()));
    match transaction {
        Some(signed) if signed.transaction.form.number() == 0 => {
            block.append_raw(&signed.raw, 1);
        }
        Some(signed) => {
            block.append(&signed.raw);
        }
        None => {}
    }
    block.begin_list(0).begin_list(0);
    block.len() as u64
}

fn effective_gas_price(signed: &SignedTransaction) -> u128 {
    let form = &signed.transaction.form;
    form.priority_cap()
        .map_or(form.price_cap(), |priority| form.price_cap().min(u128::from(BASE_FEE).saturating_add(priority)))
}

/// Keccak-256 of the RLP of an empty string.
pub(in crate::testchain) const EMPTY_TRIE_ROOT: Digest32 =
    Digest32(revm::primitives::b256!("56e81f171bcc55a6ff8345e692c0f86e5b48e01b996cadc001622fb5e363b421").0);
/// Keccak-256 of the RLP of an empty list.
pub(in crate::testchain) const EMPTY_UNCLES_HASH: Digest32 =
    Digest32(revm::primitives::b256!("1dcc4de8dec75d7aab85b567b6ccd41ad312451b948a7413f0a142fd40d49347").0);
/// SHA-256 of nothing (EIP-7685).
pub(in crate::testchain) const EMPTY_REQUESTS_HASH: Digest32 =
    Digest32(revm::primitives::b256!("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855").0);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_constants_are_the_hashes_they_are_named_after() {
        assert_eq!(EMPTY_TRIE_ROOT, keccak256([0x80]));
        assert_eq!(EMPTY_UNCLES_HASH, keccak256([0xc0]));
        assert_eq!(EMPTY_REQUESTS_HASH.0, <[u8; 32]>::from(<sha2::Sha256 as sha2::Digest>::digest([])));
    }

    #[test]
    fn the_bloom_holds_what_was_logged_and_nothing_else_for_sure() {
        let log = Log { address: Address([7; 20]), topics: vec![Digest32([9; 32])], data: vec![1] };
        let bloom = Bloom::of(&[log]);
        assert!(bloom.may_contain(&[7; 20]) && bloom.may_contain(&[9; 32]));
        assert!(!bloom.may_contain(&[8; 20]) && !Bloom::default().may_contain(&[7; 20]));
        assert!(bloom.0.iter().map(|byte| byte.count_ones()).sum::<u32>() <= 6);
    }
}
