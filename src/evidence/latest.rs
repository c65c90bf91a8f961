//! The newest block beside the finalized one (chain.md §5.3).

use serde::{Deserialize, Serialize};

use super::{AtBlock, BlockReading, CallReading, Newest, RegistryReading};
use crate::primitives::hex_bytes;

/// What can differ in the newest block of what was read at the settled one. Registry, factory and escrow implementation are
/// the same in both, or there is no such reading; one exception is a registry that is not there yet at the settled one.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LatestReading {
    /// The newest block when the finalized one was pinned.
    pub block: BlockReading,
    /// `ownerOf(tokenId)`.
    pub owner_of: CallReading,
    /// `paused()`.
    pub paused: CallReading,
    /// The escrow's runtime code, cut like [`RegistryReading::escrow_code`].
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
    /// Escrow `remark()` (v5 only).
    pub remark: CallReading,
    /// Size of the registry's runtime code in bytes, where there is none yet at the settled block; else 0.
    #[serde(default)]
    pub new_registry_code_size: u64,
}

impl AtBlock for LatestReading {
    fn block(&self) -> &BlockReading {
        &self.block
    }
}

impl LatestReading {
    /// Of what the lens saw at `block`; `None` where more differs from the pinned reading than a title can change.
    pub(crate) fn beside(pinned: &RegistryReading, seen: RegistryReading, block: BlockReading) -> Option<Self> {
        let latest = Self::of_new_registry(seen.clone(), 0, block);
        // What the lens does not see is taken from the pinned reading; the caller has compared the code's hash.
        let seen = RegistryReading {
            block: latest.block.clone(),
            method: pinned.method,
            registry_code: pinned.registry_code.clone(),
            proxy_slots: pinned.proxy_slots.clone(),
            newest: Newest::Itself,
            ..seen
        };
        (latest.over(pinned) == seen).then_some(latest)
    }

    /// What was seen at `block`, of a registry that has no code yet at the settled one.
    pub(crate) fn of_new_registry(seen: RegistryReading, new_registry_code_size: u64, block: BlockReading) -> Self {
        Self {
            block,
            owner_of: seen.owner_of,
            paused: seen.paused,
            escrow_code: seen.escrow_code,
            escrow_code_size: seen.escrow_code_size,
            escrow_registry: seen.escrow_registry,
            escrow_token_id: seen.escrow_token_id,
            beneficiary: seen.beneficiary,
            holder: seen.holder,
            nominee: seen.nominee,
            active: seen.active,
            is_holding_token: seen.is_holding_token,
            prev_beneficiary: seen.prev_beneficiary,
            prev_holder: seen.prev_holder,
            remark: seen.remark,
            new_registry_code_size,
        }
    }

    /// The whole reading at the newest block.
    fn over(&self, pinned: &RegistryReading) -> RegistryReading {
        let latest = self.clone();
        RegistryReading {
            chain_id: pinned.chain_id,
            block: latest.block,
            method: pinned.method,
            registry_code: pinned.registry_code.clone(),
            clone_target: pinned.clone_target.clone(),
            proxy_slots: pinned.proxy_slots.clone(),
            interfaces: pinned.interfaces.clone(),
            owner_of: latest.owner_of,
            factory: pinned.factory.clone(),
            factory_code: pinned.factory_code.clone(),
            escrow_implementation: pinned.escrow_implementation.clone(),
            escrow_implementation_code: pinned.escrow_implementation_code.clone(),
            genesis: pinned.genesis.clone(),
            paused: latest.paused,
            escrow: pinned.escrow,
            escrow_code: latest.escrow_code,
            escrow_code_size: latest.escrow_code_size,
            escrow_registry: latest.escrow_registry,
            escrow_token_id: latest.escrow_token_id,
            beneficiary: latest.beneficiary,
            holder: latest.holder,
            nominee: latest.nominee,
            active: latest.active,
            is_holding_token: latest.is_holding_token,
            prev_beneficiary: latest.prev_beneficiary,
            prev_holder: latest.prev_holder,
            remark: latest.remark,
            newest: Newest::Itself,
        }
    }
}

impl RegistryReading {
    /// The same token at the newest blocks that were read and come after this one.
    pub fn at_newest(&self) -> impl Iterator<Item = Self> {
        self.newest.after(&self.block).map(|latest| latest.over(self))
    }
}
