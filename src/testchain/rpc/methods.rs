//! The methods: each reads its parameters, asks the chain and writes the answer. Everything not listed here is answered
//! with -32601.
//!
//! `safe`, `finalized` and `pending` are the newest block: this chain never reorganises and no transaction waits. Gas
//! costs nothing, so every suggested price is zero.

use std::time::Instant;

use serde_json::{Value, json};

use super::error::{LIMIT, NO_SUCH_METHOD, RpcError};
use super::filters::Kind;
use super::params::{
    Params, Request, address, asked_logs, block_id, boolean, bytes, count, digest, log_filter, percentiles, quantity,
    request, slot, slots, text,
};
use super::session::{Memory, Session};
use super::signing::{sign_message, sign_typed_data};
use super::typed_data::TypedData;
use super::wire::{self, Transactions};
use crate::primitives::ChainId;
use crate::testchain::accounts::{DEV_ACCOUNTS, dev_account};
use crate::testchain::chain::{
    BASE_FEE, Block, BlockId, Call, Chain, ChainError, GAS_LIMIT, SignedTransaction, Transaction,
};

/// Answers one call.
pub(super) fn answer(session: &mut Session<'_>, method: &str, params: Option<Value>) -> Result<Value, RpcError> {
    let Session { chain, memory, subscriptions } = session;
    let mut params = Params::new(params)?;
    let nothing = |params: Params, value: Value| params.end().map(|()| value);
    match method {
        "web3_clientVersion" => nothing(params, json!(concat!("ebl-testchain/", env!("CARGO_PKG_VERSION")))),
        "net_version" => nothing(params, json!(chain.id().to_string())),
        "eth_chainId" => nothing(params, wire::number(chain.id().get()).into()),
        "eth_blockNumber" => nothing(params, wire::number(chain.head().number).into()),
        "eth_syncing" => nothing(params, json!(false)),
        "eth_gasPrice" => nothing(params, wire::number(BASE_FEE).into()),
        "eth_maxPriorityFeePerGas" => nothing(params, wire::number(0).into()),
        "eth_accounts" | "eth_requestAccounts" => {
            nothing(params, DEV_ACCOUNTS.iter().map(|account| wire::address(account.address)).collect())
        }
        "eth_feeHistory" => fee_history(chain, params),
        "eth_getBlockByNumber" => {
            let id = params.required("block", |value| match block_id(value)? {
                BlockId::Hash(_) => Err(RpcError::params("expected a height or a tag")),
                id => Ok(id),
            })?;
            block(chain, id, params)
        }
        "eth_getBlockByHash" => {
            let hash = params.required("hash", digest)?;
            block(chain, BlockId::Hash(hash), params)
        }
        "eth_getTransactionByHash" => {
            let hash = params.required("hash", digest)?;
            nothing(params, chain.transaction(hash).map_or(Value::Null, wire::transaction))
        }
        "eth_getTransactionReceipt" => {
            let hash = params.required("hash", digest)?;
            params.end()?;
            let mined = chain.transaction(hash);
            let block = mined.and_then(|mined| chain.block(BlockId::Number(mined.receipt.block_number)));
            Ok(block.map_or(Value::Null, |block| receipts(block).next().unwrap_or_default()))
        }
        "eth_getBlockReceipts" => {
            let id = params.required("block", block_id)?;
            nothing(params, chain.block(id).map_or(Value::Null, |block| receipts(block).collect()))
        }
        "eth_call" => {
            let (call, at) = call_at(chain, params)?;
            Ok(wire::bytes(&chain.call(&call, at)?).into())
        }
        "eth_estimateGas" => {
            let (call, at) = call_at(chain, params)?;
            Ok(wire::number(chain.estimate_gas(&call, at)?).into())
        }
        "eth_getCode" => {
            let (of, at) = (params.required("address", address)?, params.block()?);
            params.end()?;
            Ok(wire::bytes(&chain.code(of, at)?).into())
        }
        "eth_getStorageAt" => {
            let (of, slot) = (params.required("address", address)?, params.required("slot", slot)?);
            let at = params.block()?;
            params.end()?;
            Ok(json!(chain.storage(of, slot, at)?))
        }
        "eth_getProof" => {
            let (of, slots) = (params.required("address", address)?, params.required("slots", slots)?);
            let at = params.block()?;
            params.end()?;
            Ok(wire::proof(&chain.proof(of, &slots, at)?))
        }
        "eth_getBalance" => {
            let (of, at) = (params.required("address", address)?, params.block()?);
            params.end()?;
            Ok(wire::amount(chain.balance(of, at)?).into())
        }
        "eth_getTransactionCount" => {
            let (of, at) = (params.required("address", address)?, params.block()?);
            params.end()?;
            Ok(wire::number(chain.nonce(of, at)?).into())
        }
        "eth_getLogs" => {
            let filter = params.required("filter", |value| Ok(value.clone()))?;
            params.end()?;
            let filter = log_filter(&filter, chain.head().number)?;
            Ok(chain.logs(&filter)?.into_iter().map(wire::log).collect())
        }
        "eth_sendRawTransaction" => {
            let raw = params.required("transaction", bytes)?;
            params.end()?;
            submit(chain, memory, SignedTransaction::decode(&raw).map_err(ChainError::from)?)
        }
        "eth_sendTransaction" => {
            let asked = params.required("transaction", request)?;
            params.end()?;
            let signed = signed(chain, asked)?;
            submit(chain, memory, signed)
        }
        "eth_createAccessList" => {
            let (call, at) = call_at(chain, params)?;
            let (touched, gas) = chain.access_list(&call, at)?;
            Ok(json!({"accessList": wire::access_list(&touched), "gasUsed": wire::number(gas)}))
        }
        "personal_sign" => {
            let (message, account) = (params.required("message", bytes)?, params.required("account", address)?);
            // The password of an account that needs none.
            params.optional("password", |value| text(value).map(drop))?;
            params.end()?;
            sign_message(account, &message)
        }
        "eth_sign" => {
            let (account, message) = (params.required("account", address)?, params.required("message", bytes)?);
            params.end()?;
            sign_message(account, &message)
        }
        "eth_signTypedData_v4" => {
            let (account, data) = (params.required("account", address)?, params.required("data", TypedData::read)?);
            params.end()?;
            sign_typed_data(account, &data)
        }
        "eth_newFilter" => {
            let kind = Kind::Logs(params.required("filter", asked_logs)?);
            install(chain, memory, params, kind)
        }
        "eth_newBlockFilter" => install(chain, memory, params, Kind::Blocks),
        "eth_newPendingTransactionFilter" => install(chain, memory, params, Kind::Transactions),
        "eth_getFilterChanges" => {
            let id = params.required("filter", quantity)?;
            params.end()?;
            memory.filters.changes(id, chain, Instant::now())
        }
        "eth_getFilterLogs" => {
            let id = params.required("filter", quantity)?;
            params.end()?;
            memory.filters.logs(id, chain, Instant::now())
        }
        "eth_uninstallFilter" => {
            let id = params.required("filter", quantity)?;
            params.end()?;
            Ok(memory.filters.uninstall(id, Instant::now()).into())
        }
        "eth_subscribe" => subscriptions.as_mut().ok_or_else(needs_websocket)?.subscribe(params, chain),
        "eth_unsubscribe" => {
            let subscriptions = subscriptions.as_mut().ok_or_else(needs_websocket)?;
            let id = params.required("subscription", quantity)?;
            params.end()?;
            Ok(subscriptions.unsubscribe(id).into())
        }
        "evm_snapshot" | "anvil_snapshot" => {
            params.end()?;
            Ok(wire::number(memory.snapshots.take(chain, memory.clock)?).into())
        }
        "evm_revert" | "anvil_revert" => {
            let id = params.required("snapshot", count)?;
            params.end()?;
            let Memory { snapshots, clock, .. } = &mut **memory;
            Ok(snapshots.revert(id, chain, clock)?.into())
        }
        "evm_increaseTime" | "anvil_increaseTime" => {
            let seconds = params.required("seconds", seconds)?;
            params.end()?;
            Ok(memory.clock.advance(seconds).into())
        }
        "evm_setNextBlockTimestamp" | "anvil_setNextBlockTimestamp" => {
            let time = params.required("time", count)?;
            params.end()?;
            memory.clock.set_next(chain, time)?;
            Ok(Value::Null)
        }
        "evm_mine" => {
            let (time, blocks) = params.optional("time", mining_time)?.unwrap_or_default();
            params.end()?;
            if let Some(time) = time {
                memory.clock.set_next(chain, time)?;
            }
            mine(chain, memory, blocks.unwrap_or(1), None)?;
            Ok(json!("0x0"))
        }
        "anvil_mine" | "hardhat_mine" => {
            let blocks = params.optional("blocks", count)?.unwrap_or(1);
            let interval = params.optional("interval", seconds)?;
            params.end()?;
            mine(chain, memory, blocks, interval)?;
            Ok(Value::Null)
        }
        _ => Err(RpcError::new(NO_SUCH_METHOD, "this chain has no such method")),
    }
}

fn block(chain: &Chain, id: BlockId, mut params: Params) -> Result<Value, RpcError> {
    let transactions = match params.optional("full", boolean)? {
        Some(true) => Transactions::Full,
        _ => Transactions::Hashes,
    };
    params.end()?;
    Ok(chain.block(id).map_or(Value::Null, |block| wire::block(block, transactions)))
}

fn receipts(block: &Block) -> impl Iterator<Item = Value> {
    block.mined.iter().map(move |mined| wire::receipt(block, mined))
}

/// The parameters of `eth_call` and `eth_estimateGas`. State overrides, which would be the third, are not understood and
/// hence refused.
fn call_at(chain: &Chain, mut params: Params) -> Result<(Call, BlockId), RpcError> {
    let asked = params.required("transaction", request)?;
    let at = params.block()?;
    params.end()?;
    for_this_chain(chain, &asked)?;
    Ok((asked.call, at))
}

fn submit(chain: &mut Chain, memory: &Memory, signed: SignedTransaction) -> Result<Value, RpcError> {
    chain.advance_to(memory.clock.now());
    Ok(json!(chain.submit(signed)?.transaction_hash))
}

/// `blocks` blocks without transactions, each `interval` seconds after the one before where that is given.
fn mine(chain: &mut Chain, memory: &mut Memory, blocks: u64, interval: Option<u64>) -> Result<(), RpcError> {
    if blocks > MOST_MINED {
        return Err(RpcError::new(LIMIT, format!("at most {MOST_MINED} blocks are made at once")));
    }
    chain.advance_to(memory.clock.now());
    for number in 0..blocks {
        if let Some(interval) = interval.filter(|_| number > 0) {
            memory.clock.set_next(chain, chain.head().timestamp.saturating_add(interval))?;
        }
        chain.mine()?;
    }
    Ok(())
}

fn install(chain: &Chain, memory: &mut Memory, params: Params, kind: Kind) -> Result<Value, RpcError> {
    params.end()?;
    Ok(wire::number(memory.filters.install(kind, chain, Instant::now())?).into())
}

fn needs_websocket() -> RpcError {
    RpcError::new(NO_SUCH_METHOD, "subscriptions need a WebSocket: connect to this address with ws://")
}

/// Signs for a development account. Without a gas limit the needed gas is looked up first, and what would revert is
/// refused with its revert data, as other nodes do.
fn signed(chain: &Chain, asked: Request) -> Result<SignedTransaction, RpcError> {
    let from = asked.call.from;
    let account = dev_account(from).ok_or(ChainError::UnknownAccount(from))?;
    let transaction = Transaction {
        chain: for_this_chain(chain, &asked)?,
        nonce: asked.nonce.map_or_else(|| chain.nonce(from, BlockId::Latest), Ok)?,
        gas_limit: asked.call.gas.map_or_else(|| chain.estimate_gas(&asked.call, BlockId::Latest), Ok)?,
        form: asked.form,
        to: asked.call.to,
        value: asked.call.value,
        input: asked.call.data,
    };
    Ok(transaction.sign(&account.key).map_err(ChainError::from)?)
}

fn for_this_chain(chain: &Chain, asked: &Request) -> Result<ChainId, RpcError> {
    match asked.chain.filter(|found| *found != chain.id().get()) {
        None => Ok(chain.id()),
        Some(found) => Err(RpcError::params(format!("chainId: {found} was asked for, this is chain {}", chain.id()))),
    }
}

fn fee_history(chain: &Chain, mut params: Params) -> Result<Value, RpcError> {
    let asked = params.required("blocks", count)?.clamp(1, MAX_FEE_HISTORY);
    let newest = params.required("newest", block_id)?;
    let percentiles = params.optional("percentiles", percentiles)?.unwrap_or_default();
    params.end()?;
    let head = chain.head().number;
    let newest = chain.block(newest).ok_or_else(|| RpcError::params(format!("newest: the newest is {head}")))?.number;
    let oldest = (newest + 1).saturating_sub(asked);
    let blocks: Vec<&Block> = (oldest..=newest).filter_map(|number| chain.block(BlockId::Number(number))).collect();
    // With one transaction in a block, every percentile is what that transaction pays.
    let reward = |block: &&Block| {
        let paid = block.mined.as_ref().map_or(0, |mined| mined.receipt.effective_gas_price - u128::from(BASE_FEE));
        vec![wire::amount(paid); percentiles.len()]
    };
    let mut history = json!({
        "oldestBlock": wire::number(oldest),
        "baseFeePerGas": vec![wire::number(BASE_FEE); blocks.len() + 1],
        "gasUsedRatio": blocks.iter().map(|block| block.gas_used as f64 / GAS_LIMIT as f64).collect::<Vec<_>>(),
        "baseFeePerBlobGas": vec!["0x1"; blocks.len() + 1],
        "blobGasUsedRatio": vec![0.0; blocks.len()],
    });
    if !percentiles.is_empty() {
        history["reward"] = blocks.iter().map(reward).collect();
    }
    Ok(history)
}

/// What `evm_mine` takes: a time, or an object with a time and a number of blocks.
fn mining_time(value: &Value) -> Result<(Option<u64>, Option<u64>), RpcError> {
    let Some(object) = value.as_object() else { return Ok((Some(count(value)?), None)) };
    if object.keys().any(|name| !["timestamp", "blocks"].contains(&name.as_str())) {
        return Err(RpcError::params("expected a time, or an object with `timestamp` and `blocks`"));
    }
    let read = |name| object.get(name).filter(|value| !value.is_null()).map(count).transpose();
    Ok((read("timestamp")?, read("blocks")?))
}

fn seconds(value: &Value) -> Result<u64, RpcError> {
    match count(value)? {
        seconds @ 0..=MOST_SECONDS => Ok(seconds),
        _ => Err(RpcError::params("more seconds than the calendar has")),
    }
}

const MAX_FEE_HISTORY: u64 = 1024;
const MOST_MINED: u64 = 10_000;
/// As many as there are from 1970 to the year 9999.
const MOST_SECONDS: u64 = 253_402_300_799;
