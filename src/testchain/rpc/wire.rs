//! The JSON forms of blocks, transactions, receipts and logs, as Ethereum nodes write them.

use serde_json::{Value, json};

use crate::primitives::{Address, Digest32, encode_hex};
use crate::testchain::chain::{
    AccessListEntry, AccountProof, BASE_FEE, Block, EMPTY_REQUESTS_HASH, EMPTY_TRIE_ROOT, EMPTY_UNCLES_HASH, Form,
    FoundLog, GAS_LIMIT, Mined, SlotProof,
};

/// How a block's transaction is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Transactions {
    Hashes,
    Full,
}

pub(super) fn block(block: &Block, transactions: Transactions) -> Value {
    let shown = block.mined.iter().map(|mined| match transactions {
        Transactions::Hashes => json!(mined.transaction.hash),
        Transactions::Full => transaction(mined),
    });
    let mut object = head(block);
    object["size"] = number(block.size).into();
    object["totalDifficulty"] = "0x0".into();
    object["transactions"] = shown.collect();
    object["uncles"] = json!([]);
    object["withdrawals"] = json!([]);
    object
}

/// The header alone.
pub(super) fn head(block: &Block) -> Value {
    json!({
        "number": number(block.number),
        "hash": block.hash,
        "parentHash": block.parent_hash,
        "sha3Uncles": EMPTY_UNCLES_HASH,
        "miner": address(Address::ZERO),
        "stateRoot": block.state_root,
        "transactionsRoot": block.transactions_root,
        "receiptsRoot": block.receipts_root,
        "logsBloom": bytes(&block.logs_bloom.0[..]),
        "difficulty": "0x0",
        "extraData": "0x",
        "gasLimit": number(GAS_LIMIT),
        "gasUsed": number(block.gas_used),
        "timestamp": number(block.timestamp),
        "mixHash": Digest32::default(),
        "nonce": "0x0000000000000000",
        "baseFeePerGas": number(BASE_FEE),
        "withdrawalsRoot": EMPTY_TRIE_ROOT,
        "blobGasUsed": "0x0",
        "excessBlobGas": "0x0",
        "parentBeaconBlockRoot": Digest32::default(),
        "requestsHash": EMPTY_REQUESTS_HASH,
    })
}

pub(super) fn transaction(mined: &Mined) -> Value {
    let (signed, receipt) = (&mined.transaction, &mined.receipt);
    let transaction = &signed.transaction;
    let v = number(signed.signature.v(transaction));
    let mut object = json!({
        "type": number(u64::from(transaction.form.number())),
        "chainId": number(transaction.chain.get()),
        "hash": signed.hash,
        "blockHash": receipt.block_hash,
        "blockNumber": number(receipt.block_number),
        "transactionIndex": "0x0",
        "from": address(signed.sender),
        "to": transaction.to.map(address),
        "nonce": number(transaction.nonce),
        "value": amount(transaction.value),
        "gas": number(transaction.gas_limit),
        "gasPrice": amount(receipt.effective_gas_price),
        "input": bytes(&transaction.input),
        "v": v,
        "r": scalar(&signed.signature.r),
        "s": scalar(&signed.signature.s),
    });
    if let Form::DynamicFee { max_fee_per_gas, max_priority_fee_per_gas, .. } = transaction.form {
        object["maxFeePerGas"] = amount(max_fee_per_gas).into();
        object["maxPriorityFeePerGas"] = amount(max_priority_fee_per_gas).into();
    }
    if transaction.form.number() > 0 {
        object["yParity"] = v.into();
        object["accessList"] = access_list(transaction.form.access_list());
    }
    object
}

pub(super) fn access_list(entries: &[AccessListEntry]) -> Value {
    let entries = entries.iter();
    entries.map(|entry| json!({"address": address(entry.address), "storageKeys": entry.storage_keys})).collect()
}

pub(super) fn receipt(block: &Block, mined: &Mined) -> Value {
    let receipt = &mined.receipt;
    json!({
        "type": number(u64::from(mined.transaction.transaction.form.number())),
        "status": number(u64::from(receipt.succeeded)),
        "transactionHash": receipt.transaction_hash,
        "transactionIndex": "0x0",
        "blockHash": receipt.block_hash,
        "blockNumber": number(receipt.block_number),
        "from": address(receipt.from),
        "to": receipt.to.map(address),
        "contractAddress": receipt.contract.map(address),
        "gasUsed": number(receipt.gas_used),
        "cumulativeGasUsed": number(receipt.gas_used),
        "effectiveGasPrice": amount(receipt.effective_gas_price),
        "logs": FoundLog::all_of(block).map(log).collect::<Vec<_>>(),
        "logsBloom": bytes(&receipt.logs_bloom.0[..]),
    })
}

pub(super) fn log(found: FoundLog<'_>) -> Value {
    json!({
        "address": address(found.log.address),
        "topics": found.log.topics,
        "data": bytes(&found.log.data),
        "blockNumber": number(found.block.number),
        "blockHash": found.block.hash,
        "blockTimestamp": number(found.block.timestamp),
        "transactionHash": found.transaction_hash,
        "transactionIndex": "0x0",
        "logIndex": number(found.index as u64),
        "removed": false,
    })
}

pub(super) fn proof(proof: &AccountProof) -> Value {
    let nodes = |nodes: &[Vec<u8>]| nodes.iter().map(|node| bytes(node)).collect::<Vec<_>>();
    let slot =
        |slot: &SlotProof| json!({"key": slot.slot, "value": scalar(&slot.value.0), "proof": nodes(&slot.nodes)});
    json!({
        "address": address(proof.address),
        "accountProof": nodes(&proof.nodes),
        "balance": amount(proof.balance),
        "codeHash": proof.code_hash,
        "nonce": number(proof.nonce),
        "storageHash": proof.storage_root,
        "storageProof": proof.slots.iter().map(slot).collect::<Vec<_>>(),
    })
}

pub(super) fn number(number: u64) -> String {
    format!("{number:#x}")
}

pub(super) fn amount(amount: u128) -> String {
    format!("{amount:#x}")
}

pub(super) fn bytes(bytes: &[u8]) -> String {
    format!("0x{}", encode_hex(bytes))
}

/// In lower case, as nodes write it.
pub(super) fn address(address: Address) -> String {
    bytes(&address.0)
}

/// A number of 32 bytes without leading zeros.
fn scalar(value: &[u8; 32]) -> String {
    let digits = encode_hex(value);
    let digits = digits.trim_start_matches('0');
    format!("0x{}", if digits.is_empty() { "0" } else { digits })
}
