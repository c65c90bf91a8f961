//! The ten development accounts that every local node of this field offers: those of the mnemonic `test test test test
//! test test test test test test test junk` at `m/44'/60'/0'/0/0` to `…/9`.
//!
//! **Their keys are public and worthless.** Whoever sends anything of value to one of these addresses on a public chain
//! has given it away.

use revm::primitives::{address, b256};

use crate::primitives::Address;

/// An account whose key everybody knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DevAccount {
    /// Its address.
    pub address: Address,
    /// Its private key. Public knowledge, hence not hidden.
    pub key: [u8; 32],
}

/// The development account at this address.
pub fn dev_account(address: Address) -> Option<&'static DevAccount> {
    DEV_ACCOUNTS.iter().find(|account| account.address == address)
}

/// All ten, in the order of their derivation.
pub const DEV_ACCOUNTS: [DevAccount; 10] = [
    DevAccount {
        address: Address(address!("f39Fd6e51aad88F6F4ce6aB8827279cffFb92266").0.0),
        key: b256!("ac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80").0,
    },
    DevAccount {
        address: Address(address!("70997970C51812dc3A010C7d01b50e0d17dc79C8").0.0),
        key: b256!("59c6995e998f97a5a0044966f0945389dc9e86dae88c7a8412f4603b6b78690d").0,
    },
    DevAccount {
        address: Address(address!("3C44CdDdB6a900fa2b585dd299e03d12FA4293BC").0.0),
        key: b256!("5de4111afa1a4b94908f83103eb1f1706367c2e68ca870fc3fb9a804cdab365a").0,
    },
    DevAccount {
        address: Address(address!("90F79bf6EB2c4f870365E785982E1f101E93b906").0.0),
        key: b256!("7c852118294e51e653712a81e05800f419141751be58f605c371e15141b007a6").0,
    },
    DevAccount {
        address: Address(address!("15d34AAf54267DB7D7c367839AAf71A00a2C6A65").0.0),
        key: b256!("47e179ec197488593b187f80a00eb0da91f1b9d0b13f8733639f19c30a34926a").0,
    },
    DevAccount {
        address: Address(address!("9965507D1a55bcC2695C58ba16FB37d819B0A4dc").0.0),
        key: b256!("8b3a350cf5c34c9194ca85829a2df0ec3153be0318b5e2d3348e872092edffba").0,
    },
    DevAccount {
        address: Address(address!("976EA74026E726554dB657fA54763abd0C3a0aa9").0.0),
        key: b256!("92db14e403b83dfe3df233f83dfa3a0d7096f21ca9b0d6d6b8d88b2b4ec1564e").0,
    },
    DevAccount {
        address: Address(address!("14dC79964da2C08b23698B3D3cc7Ca32193d9955").0.0),
        key: b256!("4bbbf85ce3377467afe5d46f804f221813b2bb87f24d81f60f1fcdbf7cbf4356").0,
    },
    DevAccount {
        address: Address(address!("23618e81E3f5cdF7f54C3d65f7FBc0aBf5B21E8f").0.0),
        key: b256!("dbda1821b80551c9d65939329250298aa3472ba22feea921c0cf5d620ea67b97").0,
    },
    DevAccount {
        address: Address(address!("a0Ee7A142d267C1f36714E4a8F75612F20a79720").0.0),
        key: b256!("2a871d0798f97d79848a013d4936a73bf4cc922c825d33c1cf7073dff6d409c6").0,
    },
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testchain::chain::address_of_key;

    #[test]
    fn every_address_is_that_of_its_key() {
        for account in &DEV_ACCOUNTS {
            assert_eq!(address_of_key(&account.key), Some(account.address));
            assert_eq!(dev_account(account.address), Some(account));
        }
        assert_eq!(dev_account(Address::DEAD), None);
    }
}
