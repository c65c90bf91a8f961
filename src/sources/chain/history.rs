//! The logs of one title's escrow and the code of its parties, in one more request after the state (chain.md §7).

use serde_json::Value;

use super::at::At;
use super::logs::{self, Extent, Filter};
use super::reply::Item;
use super::transport::{Call, Session};
use super::values::{code, eth_get_code};
use crate::evidence::{AccountReading, BlockRange, HistoryReading, RegistryReading, Unavailable};
use crate::primitives::Address;

/// What the escrow in `state` logged up to the block that `state` was read at.
pub(super) async fn read(
    session: &Session<'_>,
    at: &At,
    state: &RegistryReading,
) -> Result<HistoryReading, Unavailable> {
    let mut reading = HistoryReading {
        chain_id: at.chain.get(),
        block: at.block.clone(),
        escrow: state.title.escrow,
        ..Default::default()
    };
    if state.title.escrow.is_zero() {
        return Ok(reading);
    }
    let parties = distinct(
        [
            &state.title.beneficiary,
            &state.title.holder,
            &state.title.nominee,
            &state.title.prev_beneficiary,
            &state.title.prev_holder,
        ]
        .into_iter()
        .filter_map(|answer| answer.address().ok()),
    );
    let filter = Filter { contracts: vec![state.title.escrow], topics: Vec::new(), extent: Extent::All };
    // No title is older than its registry; a registry that does not know its first block is searched from the beginning.
    let blocks = BlockRange { first: state.contract.genesis.number().unwrap_or(0), last: at.block.number };
    let (logs, items) = logs::read(session, &at.block, &filter, blocks, code_calls(&parties, &at.form)).await?;
    reading.accounts = accounts(session, &parties, items)?;
    reading.logs = logs;
    Ok(reading)
}

/// One call for each account.
pub(super) fn code_calls(accounts: &[Address], at: &Value) -> Vec<Call> {
    accounts.iter().map(|account| eth_get_code(*account, at)).collect()
}

/// The results of [`code_calls`].
pub(super) fn accounts(
    session: &Session<'_>,
    accounts: &[Address],
    items: impl IntoIterator<Item = Item>,
) -> Result<Vec<AccountReading>, Unavailable> {
    let mut items = items.into_iter();
    let read = accounts.iter().map(|&address| {
        let mut code = code(session, items.next())?;
        let code_size = code.len() as u64;
        code.truncate(AccountReading::CODE_START);
        Ok(AccountReading { address, code_size, code_start: code })
    });
    read.collect()
}

/// Each account once, without the zero address.
pub(super) fn distinct(accounts: impl Iterator<Item = Address>) -> Vec<Address> {
    let mut out = Vec::new();
    for account in accounts.filter(|account| !account.is_zero()) {
        if !out.contains(&account) {
            out.push(account);
        }
    }
    out
}
