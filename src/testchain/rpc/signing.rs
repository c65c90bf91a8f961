//! Signatures of messages with the development accounts' keys: `personal_sign` (ERC-191) and `eth_signTypedData_v4`
//! (EIP-712).

use serde_json::Value;

use super::error::RpcError;
use super::typed_data::TypedData;
use super::wire;
use crate::primitives::{Address, Digest32};
use crate::testchain::accounts::dev_account;
use crate::testchain::chain::{ChainError, Signature};

/// Signs bytes as a message, which cannot be taken for a transaction.
pub(super) fn sign_message(account: Address, message: &[u8]) -> Result<Value, RpcError> {
    sign(account, Digest32(ethers::utils::hash_message(message).0))
}

/// Signs typed data.
pub(super) fn sign_typed_data(account: Address, data: &TypedData) -> Result<Value, RpcError> {
    sign(account, data.signing_hash()?)
}

fn sign(account: Address, hash: Digest32) -> Result<Value, RpcError> {
    let account = dev_account(account).ok_or(ChainError::UnknownAccount(account))?;
    let signature = Signature::of(hash, &account.key).map_err(ChainError::from)?;
    Ok(wire::bytes(&signature.to_bytes()).into())
}
