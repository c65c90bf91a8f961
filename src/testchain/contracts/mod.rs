//! The contracts of the embedded chain: written by us to the public ABI, rules and event order of the genuine ones
//! (chain.md §1, §3; checks.md §6.1). `tests/genuine/contracts.rs` runs both side by side. The sources stand in this folder;
//! `node src/testchain/contracts/build.mjs` compiles them into `creation.json` and `abi.json`.
//!
//! None of them has genuine code, so a verifier must be told to trust a registry of this kind.

mod writes;

use std::collections::BTreeMap;
use std::sync::LazyLock;

pub use writes::{DidWrite, Recipient, StoreWrite, TitleWrite, bytes32_name};

use serde_json::Value;

use crate::primitives::decode_hex;

/// The transaction data that deploys `contract`: its creation code and the ABI-encoded constructor `arguments`.
pub fn creation_code(contract: Contract, arguments: &[u8]) -> Vec<u8> {
    let code = CREATION.get(contract.name()).map_or(&[][..], Vec::as_slice);
    [code, arguments].concat()
}

/// The interfaces (ABI) of the contracts that users of the chain call, by their names in the Solidity sources. The title
/// escrows are among them: `TitleEscrowV5` and `TitleEscrowV4`.
pub fn interfaces() -> BTreeMap<String, Vec<Value>> {
    // Part of the program, like the creation code: a test reads all of it.
    serde_json::from_str(include_str!("abi.json")).unwrap_or_default()
}

/// Everything that can be deployed, with its constructor arguments. Escrows are made by their factory.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Contract {
    /// A v5 registry: `(string name, string symbol, address factory)`. The deployer gets every role.
    RegistryV5,
    /// A v4 registry, with the same arguments.
    RegistryV4,
    /// The escrow factory of v5; it deploys the escrow implementation. No arguments.
    TitleEscrowFactoryV5,
    /// The escrow factory of v4. No arguments.
    TitleEscrowFactoryV4,
    /// A store with one block number per hash: `(string name, address owner)`; the owner gets every role.
    LegacyDocumentStore,
    /// A store of Merkle roots: `(string name, address admin)`.
    BatchableDocumentStore,
    /// A store of ERC-721 documents: `(string name, string symbol, address admin)`.
    TransferableDocumentStore,
    /// The registry of did:ethr. No arguments.
    EthereumDidRegistry,
    /// Says that `(address owner)` owns every token, and yes to every interface (chain.md 6.2, 6.12).
    Lookalike,
    /// Gives the answers that `teach(bytes question, bytes answer)` taught it, by call data or by selector, and makes
    /// any call with `act(address to, bytes data)`. No arguments.
    Impostor,
    /// A factory that makes clones of any `(address implementation)`.
    ForgedFactory,
    /// An ERC-1967 proxy: `(address implementation, address admin)` (chain.md 6.9). The admin's
    /// `upgradeTo(address)` changes the implementation.
    UpgradeableProxy,
    /// A v5 registry to stand behind the proxy, with the arguments of [`Contract::RegistryV5`]; through the proxy,
    /// `initialize(string name, string symbol, address admin)` gives `admin` every role.
    UpgradeableRegistryV5,
    /// An account of everybody's: `run(address[] targets, bytes[] data)` makes several calls in one transaction. No
    /// arguments.
    BatchAccount,
}

impl Contract {
    /// All of them.
    pub const ALL: [Self; 14] = [
        Self::RegistryV5,
        Self::RegistryV4,
        Self::TitleEscrowFactoryV5,
        Self::TitleEscrowFactoryV4,
        Self::LegacyDocumentStore,
        Self::BatchableDocumentStore,
        Self::TransferableDocumentStore,
        Self::EthereumDidRegistry,
        Self::Lookalike,
        Self::Impostor,
        Self::ForgedFactory,
        Self::UpgradeableProxy,
        Self::UpgradeableRegistryV5,
        Self::BatchAccount,
    ];

    /// Its name in the Solidity sources and in `creation.json`.
    pub fn name(self) -> &'static str {
        match self {
            Self::RegistryV5 => "RegistryV5",
            Self::RegistryV4 => "RegistryV4",
            Self::TitleEscrowFactoryV5 => "TitleEscrowFactoryV5",
            Self::TitleEscrowFactoryV4 => "TitleEscrowFactoryV4",
            Self::LegacyDocumentStore => "LegacyDocumentStore",
            Self::BatchableDocumentStore => "BatchableDocumentStore",
            Self::TransferableDocumentStore => "TransferableDocumentStore",
            Self::EthereumDidRegistry => "EthereumDIDRegistry",
            Self::Lookalike => "Lookalike",
            Self::Impostor => "Impostor",
            Self::ForgedFactory => "ForgedFactory",
            Self::UpgradeableProxy => "UpgradeableProxy",
            Self::UpgradeableRegistryV5 => "UpgradeableRegistryV5",
            Self::BatchAccount => "BatchAccount",
        }
    }
}

/// The artefact is part of the program and a test reads all of it, so a gap here is a contract without code.
static CREATION: LazyLock<BTreeMap<String, Vec<u8>>> = LazyLock::new(|| {
    let artefact: BTreeMap<String, String> = serde_json::from_str(include_str!("creation.json")).unwrap_or_default();
    artefact.into_iter().filter_map(|(name, code)| Some((name, decode_hex(&code)?))).collect()
});

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_contract_has_creation_code() {
        for contract in Contract::ALL {
            assert!(creation_code(contract, &[]).len() > 100, "{contract:?}");
        }
        assert_eq!(CREATION.len(), Contract::ALL.len());
    }

    #[test]
    fn the_interfaces_name_what_scripts_call() {
        let interfaces = interfaces();
        for (contract, function) in [
            ("RegistryV5", "mint"),
            ("RegistryV4", "mint"),
            ("TitleEscrowV5", "transferHolder"),
            ("TitleEscrowV4", "nominate"),
        ] {
            assert!(interfaces[contract].iter().any(|item| item["name"] == function), "{contract}");
        }
    }

    #[test]
    fn arguments_follow_the_creation_code() {
        let code = creation_code(Contract::Lookalike, &[]);
        let with_owner = creation_code(Contract::Lookalike, &[7; 32]);
        assert_eq!(with_owner, [code.as_slice(), &[7; 32]].concat());
    }
}
