//! What kind of account a party is (chain.md 6.16). An address alone does not say who acts for it.

use serde::Serialize;

use crate::contracts::clone::clone_target_address;
use crate::evidence::AccountReading;
use crate::primitives::Address;

/// What stands at an address, at the block that was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case", tag = "kind")]
#[non_exhaustive]
pub enum AccountKind {
    /// No code: somebody's key, as far as can be seen.
    Ordinary,
    /// A contract: its rules decide who can act.
    Contract,
    /// An EIP-1167 clone: the rules of another contract decide who can act.
    Clone {
        /// That contract.
        to: Address,
    },
    /// An ordinary account that runs a contract's code (EIP-7702); its key can act, and so can whoever the code lets.
    Delegated {
        /// The contract.
        to: Address,
    },
    /// An address that nobody has the key of: what it holds is lost.
    Burn,
}

impl AccountKind {
    /// What `reading` shows.
    ///
    /// ```
    /// use ebl_verifier::evidence::AccountReading;
    /// use ebl_verifier::primitives::Address;
    /// use ebl_verifier::title::account::AccountKind;
    ///
    /// let reading = AccountReading { address: Address::DEAD, ..AccountReading::default() };
    /// assert_eq!(AccountKind::of(&reading), AccountKind::Burn);
    /// ```
    pub fn of(reading: &AccountReading) -> Self {
        if reading.address.is_zero() || reading.address == Address::DEAD {
            return Self::Burn;
        }
        let delegate = reading.code_start.strip_prefix(&DELEGATION).and_then(|to| to.try_into().ok());
        match delegate {
            Some(to) if reading.code_size == 23 => Self::Delegated { to: Address(to) },
            _ if reading.code_size == 0 => Self::Ordinary,
            _ => match clone_target_address(&reading.code_start) {
                Some(to) if reading.code_size == reading.code_start.len() as u64 => Self::Clone { to },
                _ => Self::Contract,
            },
        }
    }
}

impl std::fmt::Display for AccountKind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Ordinary => f.write_str("ordinary account"),
            Self::Contract => f.write_str("contract"),
            Self::Clone { to } => write!(f, "clone of the contract {to}"),
            Self::Delegated { to } => write!(f, "account that runs the code of {to}"),
            Self::Burn => f.write_str("burn address: nobody has its key"),
        }
    }
}

/// Code of this form is a delegation (EIP-7702).
const DELEGATION: [u8; 3] = [0xef, 0x01, 0x00];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contracts::clone::clone_code;

    #[test]
    fn accounts_are_told_apart_by_their_code() {
        let kind = |address, code: &[u8]| {
            let code_start = code[..code.len().min(AccountReading::CODE_START)].to_vec();
            AccountKind::of(&AccountReading { address, code_size: code.len() as u64, code_start })
        };
        let (account, to) = (Address([7; 20]), Address([9; 20]));
        let delegation = [DELEGATION.as_slice(), &to.0].concat();
        assert_eq!(kind(account, &[]), AccountKind::Ordinary);
        assert_eq!(kind(account, &[0x60; 40]), AccountKind::Contract);
        assert_eq!(kind(account, &delegation), AccountKind::Delegated { to });
        assert_eq!(kind(account, &[delegation.as_slice(), &[0]].concat()), AccountKind::Contract);
        assert_eq!(kind(account, &delegation[..22]), AccountKind::Contract);
        let clone = clone_code(to.0);
        assert_eq!(kind(account, &clone), AccountKind::Clone { to });
        assert_eq!(kind(account, &[clone.as_slice(), &[0]].concat()), AccountKind::Contract);
        assert_eq!(kind(account, &clone[..44]), AccountKind::Contract);
        for burn in [Address::ZERO, Address::DEAD] {
            assert_eq!(kind(burn, &[0x60; 40]), AccountKind::Burn);
        }
    }
}
