//! An answer of nothing counts only from an endpoint that sees (chain.md §5.2 rule 6): one that gives `0x` for whatever
//! it is asked, or reverts whatever it is asked to run, would otherwise deny every contract. So where contracts are read in
//! plain calls, a call with a known result stands beside them. The lens needs none: an endpoint that ran it has shown
//! chain, block and code.

use serde_json::Value;
use sha2::{Digest as _, Sha256};

use super::reply::{Item, Json};
use super::transport::{Call, Session};
use super::values::eth_call;
use crate::evidence::{CallReading, Unavailable};
use crate::primitives::Address;

/// Of the contract's address, so that no answer to it can be a constant.
pub(super) fn call(contract: Address, at: &Value) -> Call {
    eth_call(SHA_256, &contract.0, at)
}

/// Whether a contract's code and answers can be believed, from the result of [`call`] beside them.
pub(super) fn check<'a>(
    session: &Session<'_>,
    contract: Address,
    item: Option<Item>,
    code_size: usize,
    answers: impl Iterator<Item = &'a CallReading> + Clone,
) -> Result<(), Unavailable> {
    let is_nothing = |answer: &CallReading| answer.success && answer.data.is_empty();
    if code_size == 0 && answers.clone().any(|answer| !is_nothing(answer)) {
        // What has no code neither reverts nor returns anything.
        return Err(session.not_an_answer("the node gives no code of a contract that answers calls"));
    }
    let says_something = answers.clone().any(|answer| answer.success && !answer.data.is_empty());
    if says_something && !answers.clone().any(is_nothing) {
        return Ok(());
    }
    shown(session, contract, item)
}

/// Whether the result of [`call`] is the right one.
pub(super) fn shown(session: &Session<'_>, contract: Address, item: Option<Item>) -> Result<(), Unavailable> {
    let wanted = Sha256::digest(contract.0);
    match item {
        Some(Ok(result)) if Json::bytes(&result).is_some_and(|result| result == wanted[..]) => Ok(()),
        Some(Err(error)) => Err(session.refused("the node refused a call with a known result", &error)),
        _ => {
            Err(session.not_an_answer("the node does not run calls: it gave no result, or a wrong one, of a known one"))
        }
    }
}

/// The SHA-256 precompile, which every chain of this kind has had from its first block.
const SHA_256: Address = Address([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2]);
