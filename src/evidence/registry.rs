//! What was read of a token registry and of one title in it, unjudged (chain.md §5.6). Every call result is kept as raw
//! bytes: what it means is decided in `title`.

use serde::{Deserialize, Serialize};

use super::{AtBlock, BlockReading, CallReading, Newest};
use crate::contracts::known_code::CodeHashes;
use crate::primitives::{Address, Digest32, hex_bytes};

/// One registry, one token, one block.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RegistryReading {
    /// `block.chainid` inside the call, equal to the endpoint's `eth_chainId`.
    pub chain_id: u64,
    /// The block everything below was read at.
    pub block: BlockReading,
    /// How the state was read.
    pub method: ReadMethod,
    /// What the registry is.
    pub contract: ContractReading,
    /// What it and the title's escrow say of the token.
    pub title: TitleReading,
    /// What can differ at the newest block of each endpoint.
    pub newest: Newest<NewerTitle>,
}

impl RegistryReading {
    /// The same token at the newest blocks that were read and come after this one.
    pub fn at_newest(&self) -> impl Iterator<Item = Self> {
        self.newest.after(&self.block).map(|newer| Self {
            block: newer.block.clone(),
            contract: ContractReading { paused: newer.paused.clone(), ..self.contract.clone() },
            title: newer.title.clone(),
            newest: Newest::Itself,
            ..*self
        })
    }
}

/// What a token registry is, whatever the token.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ContractReading {
    /// Its runtime code, whole; empty when there is none.
    #[serde(with = "hex_bytes")]
    pub code: Vec<u8>,
    /// Code of the EIP-1167 target, when the registry is such a clone.
    pub clone_target: Option<CodeReading>,
    /// ERC-1967 slots (implementation, admin, beacon): zero in a genuine registry.
    pub proxy_slots: ProxySlots,
    /// `supportsInterface(id)` for each id asked.
    pub interfaces: Vec<InterfaceReading>,
    /// `titleEscrowFactory()`.
    pub factory: CallReading,
    /// Code of the factory, if the call gave an address.
    pub factory_code: CodeReading,
    /// Factory `implementation()`.
    pub escrow_implementation: CallReading,
    /// Code of the escrow implementation.
    pub escrow_implementation_code: CodeReading,
    /// `genesis()`: the registry's first block.
    pub genesis: CallReading,
    /// `paused()`.
    pub paused: CallReading,
}

/// What a registry and a title escrow say of one token.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TitleReading {
    /// Registry `ownerOf(tokenId)`.
    pub owner_of: CallReading,
    /// The escrow that was read: CREATE2 of (factory, registry, token, implementation); zero when it could not be computed.
    pub escrow: Address,
    /// Its runtime code, cut to the first 45 bytes (an EIP-1167 clone has exactly 45).
    #[serde(with = "hex_bytes")]
    pub escrow_code: Vec<u8>,
    /// Size of the escrow's runtime code in bytes.
    pub escrow_code_size: u64,
    /// Escrow `registry()`.
    pub escrow_registry: CallReading,
    /// Escrow `tokenId()`.
    pub escrow_token_id: CallReading,
    /// Escrow `beneficiary()`.
    pub beneficiary: CallReading,
    /// Escrow `holder()`.
    pub holder: CallReading,
    /// Escrow `nominee()`.
    pub nominee: CallReading,
    /// Escrow `active()`.
    pub active: CallReading,
    /// Escrow `isHoldingToken()`.
    pub is_holding_token: CallReading,
    /// Escrow `prevBeneficiary()` (v5 only).
    pub prev_beneficiary: CallReading,
    /// Escrow `prevHolder()` (v5 only).
    pub prev_holder: CallReading,
    /// Escrow `remark()` (v5 only): ABI-encoded bytes.
    pub remark: CallReading,
}

impl TitleReading {
    /// What the escrow answered, in the order of `contracts::title_escrow::GETTERS`.
    pub(crate) fn escrow_answers_mut(&mut self) -> [&mut CallReading; 10] {
        [
            &mut self.escrow_registry,
            &mut self.escrow_token_id,
            &mut self.beneficiary,
            &mut self.holder,
            &mut self.nominee,
            &mut self.active,
            &mut self.is_holding_token,
            &mut self.prev_beneficiary,
            &mut self.prev_holder,
            &mut self.remark,
        ]
    }
}

/// A title at a newer block. Factory and escrow implementation are the same there, or there is no such reading; one
/// exception is a registry that is not there yet at the settled block.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewerTitle {
    /// The newest block when the settled one was pinned.
    pub block: BlockReading,
    /// Size of the registry's runtime code in bytes.
    pub registry_code_size: u64,
    /// Registry `paused()`.
    pub paused: CallReading,
    /// What is said of the token.
    pub title: TitleReading,
}

impl AtBlock for NewerTitle {
    fn block(&self) -> &BlockReading {
        &self.block
    }
}

/// How the state was read.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReadMethod {
    /// One deployless call of the lens contract: atomic.
    #[default]
    Lens,
    /// Single calls pinned to the same block hash, for nodes that refuse the lens.
    Calls,
    /// Not by calls at all: what a state proof says.
    Proof,
}

/// An account's code, as hashes.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CodeReading {
    /// The account.
    pub address: Address,
    /// Size of the runtime code in bytes; 0 for an account without code.
    pub size: u64,
    /// Keccak-256 of the runtime code.
    pub hash: Digest32,
    /// Keccak-256 of the runtime code without the compiler's trailing metadata (chain.md §1.9).
    pub stripped_hash: Digest32,
}

impl CodeReading {
    /// What `code` is, at this address.
    pub fn of(address: Address, code: &[u8]) -> Self {
        let CodeHashes { size, hash, stripped_hash } = CodeHashes::of(code);
        Self { address, size, hash, stripped_hash }
    }

    pub(crate) fn hashes(&self) -> CodeHashes {
        CodeHashes { size: self.size, hash: self.hash, stripped_hash: self.stripped_hash }
    }
}

/// The three ERC-1967 slots of the registry (chain.md 6.9).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProxySlots {
    /// Implementation slot, as an address; zero when unset.
    pub implementation: Address,
    /// Admin slot.
    pub admin: Address,
    /// Beacon slot.
    pub beacon: Address,
}

/// One ERC-165 answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct InterfaceReading {
    /// The interface id asked for.
    #[serde(with = "hex_bytes")]
    pub id: Vec<u8>,
    /// The answer.
    pub answer: CallReading,
}
