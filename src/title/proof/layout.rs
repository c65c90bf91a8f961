//! Where a registry and its escrows keep what they record (chain.md §1.10), and which accounts lead to it. The layout
//! follows from the code; a registry whose code is not known has none that could be relied on.

use std::collections::BTreeSet;

use crate::evidence::AccountProofReading;
use crate::primitives::{Address, Digest32, TokenId, keccak256};
use crate::title::escrow_address;
use crate::title::known_code::{Storage, address_of, clone_target_address, immutables};

/// An account that a proof has to cover, with its slots.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wanted {
    /// The account.
    pub address: Address,
    /// The slots, of every layout that may turn out to be the right one.
    pub slots: Vec<Digest32>,
}

/// What a proof about `token` has to cover, as far as the accounts that are known already lead to it. They are followed
/// without being checked: a wrong one leads astray and no further.
pub fn wanted(registry: Address, token: TokenId, known: &[AccountProofReading]) -> Vec<Wanted> {
    let mut list = vec![Wanted { address: registry, slots: registry_slots(token) }];
    let mut want = |address: Address, slots: &[u8]| {
        let slots = slots.iter().copied().map(slot).collect();
        // A hostile registry may lead back to itself.
        match list.iter_mut().find(|known| known.address == address) {
            Some(known) => known.slots.extend(slots),
            None => list.push(Wanted { address, slots }),
        }
    };
    let Some(account) = known.iter().find(|account| account.address == registry) else { return list };
    let target = clone_target_address(&account.code);
    if let Some(target) = target {
        want(target, &[]);
    }
    let factory = match target {
        // In this order: where one layout keeps its genesis block, the next one keeps its factory.
        Some(_) => LAYOUTS.iter().find_map(|layout| {
            let factory = address_of(&value(account, slot(layout.factory))?)?;
            (!factory.is_zero()).then_some(factory)
        }),
        None => immutables(&account.code).and_then(|immutables| immutables.factory),
    };
    let Some(factory) = factory else { return list };
    want(factory, &[FACTORY_IMPLEMENTATION]);
    let implementation = known.iter().find(|account| account.address == factory).map_or_else(
        || Some(first_creation(factory)),
        |factory| address_of(&value(factory, slot(FACTORY_IMPLEMENTATION))?),
    );
    let Some(implementation) = implementation else { return list };
    want(implementation, &[]);
    want(escrow_address(factory, registry, token, implementation), &[0, 1, 2, 3, 4, 5, 6]);
    list
}

/// Where a clone keeps its factory, in each layout that it may have.
pub fn factory_slots() -> [Digest32; 4] {
    LAYOUTS.map(|layout| slot(layout.factory))
}

/// The slots of one kind of registry and its escrows.
#[derive(Debug, Clone, Copy)]
pub(super) struct Layout {
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
    pub fn of(storage: Storage) -> Self {
        match storage {
            Storage::V5 => V5,
            Storage::V4_1_3 => V4_1_3,
            Storage::V4_1_0 => V4_1_0,
            Storage::V4_0_1 => V4_0_1,
        }
    }

    /// Where the token's owner is recorded.
    pub fn owner(&self, token: TokenId) -> Digest32 {
        keccak256([token.0, slot(self.owners).0].concat())
    }
}

/// A slot by its number.
pub(super) fn slot(number: u8) -> Digest32 {
    let mut slot = Digest32::default();
    slot.0[31] = number;
    slot
}

/// The factory's slot with the escrow implementation.
pub(super) const FACTORY_IMPLEMENTATION: u8 = 0;

fn registry_slots(token: TokenId) -> Vec<Digest32> {
    let slots = LAYOUTS
        .iter()
        .flat_map(|layout| [layout.owner(token), layout.paused, slot(layout.factory), slot(layout.genesis)]);
    slots.collect::<BTreeSet<_>>().into_iter().collect()
}

fn value(account: &AccountProofReading, slot: Digest32) -> Option<[u8; 32]> {
    account.slots.iter().find(|reading| reading.slot == slot).map(|reading| reading.value.0)
}

/// The first contract that a contract creates: Keccak-256 of the RLP of its address and nonce 1 (EIP-161). The factory
/// creates the escrow implementation in its constructor.
fn first_creation(creator: Address) -> Address {
    let Digest32(hash) = keccak256([&[0xd6, 0x94], creator.0.as_slice(), &[1]].concat());
    hash.last_chunk().copied().map(Address).unwrap_or_default()
}

const LAYOUTS: [Layout; 4] = [V5, V4_0_1, V4_1_0, V4_1_3];

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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evidence::SlotReading;
    use crate::title::known_code::clone_code;

    const REGISTRY: Address = Address([0x11; 20]);
    const FACTORY: Address = Address([0x22; 20]);
    const TOKEN: TokenId = TokenId([0x55; 32]);

    fn clone(factory_slot: u8) -> AccountProofReading {
        let mut value = Digest32::default();
        value.0[12..].copy_from_slice(&FACTORY.0);
        let slots = vec![SlotReading { slot: slot(factory_slot), value, nodes: Vec::new() }];
        AccountProofReading { address: REGISTRY, code: clone_code([0x33; 20]), slots, ..AccountProofReading::default() }
    }

    fn addresses(known: &[AccountProofReading]) -> Vec<Address> {
        wanted(REGISTRY, TOKEN, known).into_iter().map(|wanted| wanted.address).collect()
    }

    #[test]
    fn a_clone_leads_to_everything_before_anything_is_asked() {
        assert_eq!(addresses(&[]), [REGISTRY]);
        for factory_slot in [52, 249, 251, 252] {
            let implementation = first_creation(FACTORY);
            let escrow = escrow_address(FACTORY, REGISTRY, TOKEN, implementation);
            let found = addresses(&[clone(factory_slot)]);
            assert_eq!(found, [REGISTRY, Address([0x33; 20]), FACTORY, implementation, escrow]);
        }
        // What the factory says goes before what was guessed.
        let factory = AccountProofReading { address: FACTORY, slots: clone(0).slots, ..AccountProofReading::default() };
        assert_eq!(addresses(&[clone(52), factory])[3], escrow_address(FACTORY, REGISTRY, TOKEN, FACTORY));
    }

    #[test]
    fn the_pausable_slot_is_the_one_of_its_name() {
        let mut inner = keccak256("openzeppelin.storage.Pausable").0;
        inner[31] -= 1;
        let mut expected = keccak256(inner).0;
        expected[31] = 0;
        assert_eq!(V5.paused.0, expected);
    }

    #[test]
    fn what_is_no_address_leads_nowhere() {
        let mut dirty = clone(52);
        dirty.slots[0].value.0[0] = 1;
        assert_eq!(addresses(&[dirty]), [REGISTRY, Address([0x33; 20])]);
        let other =
            AccountProofReading { address: REGISTRY, code: vec![0x60; 15_993], ..AccountProofReading::default() };
        assert_eq!(addresses(&[other]), [REGISTRY]);
    }
}
