//! Which accounts and slots a state proof has to cover (chain.md §5.4, §7).

use super::AccountProofReading;
use crate::contracts::clone::{clone_target_address, escrow_address, first_creation};
use crate::contracts::known_code::immutables;
use crate::contracts::storage::{FACTORY_IMPLEMENTATION, LAYOUTS, registry_slots, slot};
use crate::primitives::{Address, Digest32, TokenId};

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
            let factory = Address::of_word(&value(account, slot(layout.factory))?)?;
            (!factory.is_zero()).then_some(factory)
        }),
        None => immutables(&account.code).and_then(|immutables| immutables.factory),
    };
    let Some(factory) = factory else { return list };
    want(factory, &[FACTORY_IMPLEMENTATION]);
    let implementation = known.iter().find(|account| account.address == factory).map_or_else(
        || Some(first_creation(factory)),
        |factory| Address::of_word(&value(factory, slot(FACTORY_IMPLEMENTATION))?),
    );
    let Some(implementation) = implementation else { return list };
    want(implementation, &[]);
    want(escrow_address(factory, registry, token, implementation), &[0, 1, 2, 3, 4, 5, 6]);
    list
}

fn value(account: &AccountProofReading, slot: Digest32) -> Option<[u8; 32]> {
    account.slots.iter().find(|reading| reading.slot == slot).map(|reading| reading.value.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contracts::clone::clone_code;
    use crate::evidence::SlotReading;

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
    fn what_is_no_address_leads_nowhere() {
        let mut dirty = clone(52);
        dirty.slots[0].value.0[0] = 1;
        assert_eq!(addresses(&[dirty]), [REGISTRY, Address([0x33; 20])]);
        let other =
            AccountProofReading { address: REGISTRY, code: vec![0x60; 15_993], ..AccountProofReading::default() };
        assert_eq!(addresses(&[other]), [REGISTRY]);
    }
}
