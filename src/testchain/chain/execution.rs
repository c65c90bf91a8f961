//! Running the EVM: transactions, calls at any block whose state is kept, and gas estimates.

use ethers::utils::rlp::RlpStream;
use revm::context::result::{EVMError, ExecutionResult, InvalidTransaction, ResultAndState};
use revm::context::{BlockEnv, CfgEnv, Context, TxEnv};
use revm::context_interface::transaction::{AccessList, AccessListItem};
use revm::database_interface::WrapDatabaseRef;
use revm::primitives::eip4844::BLOB_BASE_FEE_UPDATE_FRACTION_PRAGUE;
use revm::primitives::{B256, Bytes, TxKind, U256};
use revm::state::{Account, EvmState};
use revm::{ExecuteEvm, MainBuilder, MainContext};

use super::block::{BASE_FEE, Block, GAS_LIMIT, Log, Outcome};
use super::state::{StateAt, from_evm, to_evm};
use super::{AccessListEntry, BlockId, Call, Chain, ChainError, HARD_FORK, SignedTransaction};
use crate::primitives::{Address, Digest32, keccak256};

impl Chain {
    /// What a call returns at a block, in that block's own environment.
    pub fn call(&self, call: &Call, at: BlockId) -> Result<Vec<u8>, ChainError> {
        let (block, state) = self.state_at(at)?;
        match succeeded(self.run(state, block, call, gas_of(call))?.result)? {
            ExecutionResult::Success { output, .. } => Ok(output.into_data().to_vec()),
            _ => Ok(Vec::new()),
        }
    }

    /// What a call touches that costs less when it is announced (EIP-2930), and the gas that it uses with that
    /// announcement.
    pub fn access_list(&self, call: &Call, at: BlockId) -> Result<(Vec<AccessListEntry>, u64), ChainError> {
        let (block, state) = self.state_at(at)?;
        let executed = self.run(state, block, call, gas_of(call))?;
        succeeded(executed.result)?;
        let nonce = state.account(call.from).map_or(0, |account| account.nonce);
        let to = call.to.unwrap_or_else(|| created_address(call.from, nonce));
        let entry = |(address, account): (&revm::primitives::Address, &Account)| {
            let mut storage_keys: Vec<_> = account.storage.keys().map(|key| Digest32(key.to_be_bytes())).collect();
            storage_keys.sort();
            AccessListEntry { address: from_evm(*address), storage_keys }
        };
        // Sender, receiver, precompiles and the block's producer are never looked up at a price.
        let costs = |entry: &AccessListEntry| {
            !entry.storage_keys.is_empty()
                || ![call.from, to].contains(&entry.address)
                    && !(Address::ZERO..=LAST_PRECOMPILE).contains(&entry.address)
        };
        let mut list: Vec<_> = executed.state.iter().map(entry).filter(costs).collect();
        list.sort_by_key(|entry| entry.address);
        let announced = Call { access_list: list.clone(), ..call.clone() };
        let gas = succeeded(self.run(state, block, &announced, gas_of(call))?.result)?.tx_gas_used();
        Ok((list, gas))
    }

    /// The least gas limit with which a call succeeds. It may be more than the call uses in the end: gas is refunded
    /// only afterwards, and a call may pass on no more than 63 of 64 parts.
    pub fn estimate_gas(&self, call: &Call, at: BlockId) -> Result<u64, ChainError> {
        let (block, state) = self.state_at(at)?;
        let mut enough = gas_of(call);
        let mut too_little = succeeded(self.run(state, block, call, enough)?.result)?.tx_gas_used().saturating_sub(1);
        // Most calls need what they use; the halving is for the others.
        let mut guess = too_little + 1;
        while too_little + 1 < enough {
            let succeeds = self.run(state, block, call, guess).is_ok_and(|executed| executed.result.is_success());
            if succeeds {
                enough = guess;
            } else {
                too_little = guess;
            }
            guess = too_little + (enough - too_little) / 2;
        }
        Ok(enough)
    }

    /// Executes a transaction on top of the newest block without keeping anything.
    pub(super) fn transact(
        &self,
        signed: &SignedTransaction,
        timestamp: u64,
    ) -> Result<(Outcome, EvmState), ChainError> {
        let transaction = &signed.transaction;
        let form = &transaction.form;
        let environment = TxEnv {
            tx_type: form.number(),
            nonce: transaction.nonce,
            gas_limit: transaction.gas_limit,
            gas_price: form.price_cap(),
            gas_priority_fee: form.priority_cap(),
            chain_id: Some(self.id.get()),
            caller: to_evm(signed.sender),
            kind: kind(transaction.to),
            value: U256::from(transaction.value),
            data: Bytes::copy_from_slice(&transaction.input),
            access_list: access_list(form.access_list()),
            ..TxEnv::default()
        };
        let (_, state) = self.state_at(BlockId::Latest)?;
        let executed = self.execute(state, self.head.number + 1, timestamp, self.rules(), environment)?;
        let created = transaction.to.is_none().then(|| created_address(signed.sender, transaction.nonce));
        Ok((outcome(executed.result, created), executed.state))
    }

    fn run(
        &self,
        state: StateAt<'_>,
        block: &Block,
        call: &Call,
        gas_limit: u64,
    ) -> Result<ResultAndState, ChainError> {
        let mut rules = self.rules();
        rules.disable_nonce_check = true;
        // A call may be asked in the name of a contract (EIP-3607 is for transactions).
        rules.disable_eip3607 = true;
        let environment = TxEnv {
            tx_type: u8::from(!call.access_list.is_empty()),
            gas_limit,
            gas_price: call.gas_price,
            caller: to_evm(call.from),
            kind: kind(call.to),
            value: U256::from(call.value),
            data: Bytes::copy_from_slice(&call.data),
            access_list: access_list(&call.access_list),
            chain_id: Some(self.id.get()),
            ..TxEnv::default()
        };
        self.execute(state, block.number, block.timestamp, rules, environment)
    }

    fn execute(
        &self,
        state: StateAt<'_>,
        number: u64,
        timestamp: u64,
        rules: CfgEnv,
        transaction: TxEnv,
    ) -> Result<ResultAndState, ChainError> {
        let mut block = BlockEnv {
            number: U256::from(number),
            timestamp: U256::from(timestamp),
            gas_limit: GAS_LIMIT,
            basefee: BASE_FEE,
            beneficiary: to_evm(Address::ZERO),
            prevrandao: Some(B256::ZERO),
            ..BlockEnv::default()
        };
        block.set_blob_excess_gas_and_price(0, BLOB_BASE_FEE_UPDATE_FRACTION_PRAGUE);
        let funds = state.account(from_evm(transaction.caller)).map(|account| account.balance);
        let context = Context::mainnet().with_db(WrapDatabaseRef(state)).with_block(block).with_cfg(rules);
        context.build_mainnet().transact(transaction).map_err(|error| match error {
            EVMError::Transaction(InvalidTransaction::LackOfFundForMaxFee { .. }) => {
                ChainError::Funds(funds.unwrap_or_default().saturating_to())
            }
            other => ChainError::NotExecutable(other.to_string()),
        })
    }

    fn rules(&self) -> CfgEnv {
        CfgEnv::new().with_spec_and_mainnet_gas_params(HARD_FORK).with_chain_id(self.id.get())
    }
}

/// An execution that did not fail.
fn succeeded(result: ExecutionResult) -> Result<ExecutionResult, ChainError> {
    match result {
        ExecutionResult::Success { .. } => Ok(result),
        ExecutionResult::Revert { output, .. } => Err(ChainError::Reverted(output.to_vec())),
        ExecutionResult::Halt { reason, .. } => Err(ChainError::Halted(format!("{reason:?}"))),
    }
}

/// Prague's last: 0x11.
const LAST_PRECOMPILE: Address = {
    let mut address = Address::ZERO;
    address.0[19] = 0x11;
    address
};

fn gas_of(call: &Call) -> u64 {
    call.gas.unwrap_or(GAS_LIMIT).min(GAS_LIMIT)
}

fn kind(to: Option<Address>) -> TxKind {
    to.map_or(TxKind::Create, |to| TxKind::Call(to_evm(to)))
}

fn access_list(entries: &[AccessListEntry]) -> AccessList {
    let item = |entry: &AccessListEntry| AccessListItem {
        address: to_evm(entry.address),
        storage_keys: entry.storage_keys.iter().map(|key| B256::from(key.0)).collect(),
    };
    AccessList(entries.iter().map(item).collect())
}

fn outcome(result: ExecutionResult, contract: Option<Address>) -> Outcome {
    let (succeeded, gas_used) = (result.is_success(), result.tx_gas_used());
    let logs = if succeeded { result.logs().iter().map(log).collect() } else { Vec::new() };
    let output = result.into_output().map(|output| output.to_vec()).unwrap_or_default();
    Outcome { succeeded, output, contract, gas_used, logs }
}

fn log(log: &revm::primitives::Log) -> Log {
    let topics = log.data.topics().iter().map(|topic| Digest32(topic.0)).collect();
    Log { address: from_evm(log.address), topics, data: log.data.data.to_vec() }
}

/// Where the creation by an account stands: the hash of its address and nonce.
fn created_address(sender: Address, nonce: u64) -> Address {
    let mut rlp = RlpStream::new_list(2);
    rlp.append(&&sender.0[..]).append(&nonce);
    let mut address = Address::ZERO;
    address.0.copy_from_slice(&keccak256(rlp.out()).0[12..]);
    address
}
