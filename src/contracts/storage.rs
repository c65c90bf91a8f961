//! Where a registry and its escrows keep what they record (chain.md §1.10). The layout follows from the code.

use std::collections::BTreeSet;

use crate::primitives::{Digest32, TokenId, keccak256};

/// The storage layouts of known registries (chain.md §1.10), by the first version that has them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Storage {
    /// 4.0.1.
    V4_0_1,
    /// 4.1.0 to 4.1.2.
    V4_1_0,
    /// 4.1.3 to 4.16.0.
    V4_1_3,
    /// 5.0.0 and later.
    V5,
}

/// The slots of one kind of registry and its escrows.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Layout {
    /// The map from token to owner.
    pub owners: u8,
    /// Its low byte says whether the registry is paused.
    pub paused: Digest32,
    /// A clone's factory and block of deployment.
    pub factory: u8,
    pub genesis: u8,
    /// How far, in bits, the registry's address is shifted in the escrow's slot 0.
    pub registry_shift: usize,
    /// The previous beneficiary's slot; the holder's is the next.
    pub previous: Option<u8>,
    /// Nominee, with the flag `active` above it.
    pub nominee: u8,
}

impl Layout {
    /// Where this code keeps what it records.
    pub(crate) fn of(storage: Storage) -> Self {
        match storage {
            Storage::V5 => V5,
            Storage::V4_1_3 => V4_1_3,
            Storage::V4_1_0 => V4_1_0,
            Storage::V4_0_1 => V4_0_1,
        }
    }

    /// Where the token's owner is recorded.
    pub(crate) fn owner(&self, token: TokenId) -> Digest32 {
        keccak256([token.0, slot(self.owners).0].concat())
    }
}

/// A slot by its number.
pub(crate) fn slot(number: u8) -> Digest32 {
    let mut slot = Digest32::default();
    slot.0[31] = number;
    slot
}

/// The factory's slot with the escrow implementation.
pub(crate) const FACTORY_IMPLEMENTATION: u8 = 0;

pub(crate) const LAYOUTS: [Layout; 4] = [V5, V4_0_1, V4_1_0, V4_1_3];

const V5: Layout = Layout {
    owners: 3,
    // ERC-7201 of `openzeppelin.storage.Pausable`.
    paused: Digest32([
        0xcd, 0x5e, 0xd1, 0x5c, 0x6e, 0x18, 0x7e, 0x77, 0xe9, 0xae, 0xe8, 0x81, 0x84, 0xc2, 0x1f, 0x4f, 0x21, 0x82,
        0xab, 0x58, 0x27, 0xcb, 0x3b, 0x7e, 0x07, 0xfb, 0xed, 0xcd, 0x63, 0xf0, 0x33, 0x00,
    ]),
    factory: 52,
    genesis: 53,
    registry_shift: 0,
    previous: Some(4),
    nominee: 6,
};

const V4_1_3: Layout = Layout {
    owners: 103,
    paused: Digest32({
        let mut slot = [0; 32];
        slot[31] = 151;
        slot
    }),
    factory: 252,
    genesis: 253,
    registry_shift: 16,
    previous: None,
    nominee: 4,
};

const V4_1_0: Layout = Layout { factory: 251, genesis: 252, ..V4_1_3 };

const V4_0_1: Layout = Layout { owners: 203, factory: 249, genesis: 250, ..V4_1_3 };

/// The slots of a registry, of every layout that may turn out to be the right one.
pub(crate) fn registry_slots(token: TokenId) -> Vec<Digest32> {
    let slots = LAYOUTS
        .iter()
        .flat_map(|layout| [layout.owner(token), layout.paused, slot(layout.factory), slot(layout.genesis)]);
    slots.collect::<BTreeSet<_>>().into_iter().collect()
}

/// Where a clone keeps its factory, in each layout that it may have.
pub(crate) fn factory_slots() -> [Digest32; 4] {
    LAYOUTS.map(|layout| slot(layout.factory))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_pausable_slot_is_the_one_of_its_name() {
        let mut inner = keccak256("openzeppelin.storage.Pausable").0;
        inner[31] -= 1;
        let mut expected = keccak256(inner).0;
        expected[31] = 0;
        assert_eq!(V5.paused.0, expected);
    }
}
