//! Who may do what in a token registry, unjudged (chain.md §1.3, 6.19): the logs of its roles since it began, and what the
//! registry itself says at the pinned block about every role and account that the logs name.

use serde::{Deserialize, Serialize};

use super::{AccountReading, BlockReading, CallReading, LogsReading};
use crate::primitives::{Address, Digest32};

/// One registry's roles.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PowersReading {
    /// The endpoint's `eth_chainId`.
    pub chain_id: u64,
    /// The block up to which the logs were read, and at which the calls ran.
    pub block: BlockReading,
    /// `genesis()`: the registry's first block, as it says itself.
    pub genesis: CallReading,
    /// Seconds since the Unix epoch of the block that `genesis()` names, where the node gave its header.
    pub genesis_time: Option<u64>,
    /// The registry's logs about roles.
    pub logs: LogsReading,
    /// `getRoleAdmin(role)` of the four known roles and of every role that the logs name.
    pub admins: Vec<RoleAdminReading>,
    /// `hasRole(role, account)` of every role and account that the logs grant.
    pub holdings: Vec<RoleHoldingReading>,
    /// The code of those accounts, each once.
    pub accounts: Vec<AccountReading>,
}

/// One role's administering role.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RoleAdminReading {
    /// The role.
    pub role: Digest32,
    /// `getRoleAdmin(role)`.
    pub admin: CallReading,
}

/// Whether an account has a role.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RoleHoldingReading {
    /// The role.
    pub role: Digest32,
    /// The account.
    pub account: Address,
    /// `hasRole(role, account)`.
    pub has: CallReading,
}
