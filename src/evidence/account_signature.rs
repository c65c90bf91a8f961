//! What an account says of a signature that is to be its own (checks.md §11.3), unjudged.

use serde::{Deserialize, Serialize};

use super::{AccountReading, AtBlock, BlockReading, CallReading, Newest};

/// One account and one signature at one block.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AccountSignatureReading {
    /// The endpoint's `eth_chainId`.
    pub chain_id: u64,
    /// The block everything below was read at.
    pub block: BlockReading,
    /// What stands at the account.
    pub account: AccountReading,
    /// Size of the code there when it was asked: after a deployment where the question carries one and nothing stood there.
    pub deployed_size: u64,
    /// What it said.
    pub asked: AskedAccount,
    /// The same at the newest block of each endpoint.
    pub newest: Newest<AccountSignatureReading>,
}

impl AtBlock for AccountSignatureReading {
    fn block(&self) -> &BlockReading {
        &self.block
    }
}

/// What `isValidSignature(bytes32,bytes)` came to (ERC-1271).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AskedAccount {
    /// There is nobody to ask: no code.
    #[default]
    NotAsked,
    /// The call, or the deployment before it, used up what gas it was given, which says neither yes nor no.
    OutOfGas,
    /// The answer.
    Answered(CallReading),
}
