//! The reading that a node must give on a proven state: what each call of a genuine registry and escrow answers, computed
//! from their slots.

use super::super::known_registry;
use super::{NotProven, State};
use crate::contracts::clone::{clone_code, clone_target_address, escrow_address};
use crate::contracts::known_code;
use crate::contracts::storage::{FACTORY_IMPLEMENTATION, Layout, slot};
use crate::contracts::token_registry::{REGISTRY_INTERFACES, SBT_V4, SBT_V5, not_minted_revert};
use crate::contracts::{Generation, Variant};
use crate::evidence::{BlockReading, CallReading, CodeReading, InterfaceReading, ReadMethod, RegistryReading};
use crate::primitives::{Address, TokenId, encode_hex, keccak256};

/// What calls answer on this state, without chain id and remark. Code that differs from what was served is a contradiction
/// at once, whether it is known or not.
pub(super) fn reading(
    proven: &State<'_>,
    block: &BlockReading,
    served: Option<&RegistryReading>,
    (registry, token): (Address, TokenId),
) -> Result<RegistryReading, NotProven> {
    let registry_code = proven.code(registry)?;
    if let Some(served) = served.filter(|served| served.registry_code != registry_code) {
        return Err(contradiction("registry_code", &bytes(registry_code), &bytes(&served.registry_code)));
    }
    let mut reading = RegistryReading {
        block: block.clone(),
        method: ReadMethod::Proof,
        registry_code: registry_code.to_vec(),
        ..RegistryReading::default()
    };
    if registry_code.is_empty() {
        return Ok(reading);
    }
    let unknown = |account| {
        let code_hash = proven.code(account).map(keccak256).unwrap_or_default();
        NotProven::LayoutUnknown { account, code_hash }
    };
    if let Some(target) = clone_target_address(registry_code) {
        let target = CodeReading::of(target, proven.code(target)?);
        same_code("clone_target", &target, served.map(|it| it.clone_target.clone().unwrap_or_default()))?;
        reading.clone_target = Some(target);
    }
    let known = known_registry(&reading).ok_or_else(|| unknown(registry))?;
    let layout = Layout::of(known.storage);
    let known = known.code;

    let (factory, genesis) = match known.variant {
        Variant::Clone => (
            address(proven.slot(registry, slot(layout.factory))?, registry)?,
            proven.slot(registry, slot(layout.genesis))?,
        ),
        Variant::Standalone => {
            let immutables = known_code::immutables(registry_code).ok_or_else(|| unknown(registry))?;
            (immutables.factory.ok_or_else(|| unknown(registry))?, immutables.genesis)
        }
    };
    reading.factory_code = CodeReading::of(factory, proven.code(factory)?);
    same_code("factory_code", &reading.factory_code, served.map(|it| it.factory_code.clone()))?;
    if known_code::factory(&reading.factory_code.hashes()).is_none_or(|factory| factory.generation != known.generation)
    {
        return Err(unknown(factory));
    }
    let implementation = address(proven.slot(factory, slot(FACTORY_IMPLEMENTATION))?, factory)?;
    reading.escrow_implementation_code = CodeReading::of(implementation, proven.code(implementation)?);
    let theirs = served.map(|it| it.escrow_implementation_code.clone());
    same_code("escrow_implementation_code", &reading.escrow_implementation_code, theirs)?;
    let escrow_known = known_code::escrow(&reading.escrow_implementation_code.hashes());
    if escrow_known.is_none_or(|escrow| escrow.generation != known.generation) {
        return Err(unknown(implementation));
    }
    reading.factory = word_of(factory);
    reading.genesis = word(genesis);
    reading.escrow_implementation = word_of(implementation);
    reading.interfaces = interfaces(known.generation);
    let [flags @ .., paused] = proven.slot(registry, layout.paused)?;
    if flags != [0; 31] {
        return Err(NotProven::Storage(registry));
    }
    reading.paused = flag(paused, registry)?;
    reading.escrow = escrow_address(factory, registry, token, implementation);
    let owner = address(proven.slot(registry, layout.owner(token))?, registry)?;
    reading.owner_of =
        if owner.is_zero() { CallReading { success: false, data: not_minted_revert() } } else { word_of(owner) };
    escrow(&mut reading, proven, &layout, (owner, implementation))?;
    Ok(reading)
}

/// The first answer that the proven state contradicts. The slots of a proxy are not asked of: known code is none.
pub(super) fn first_difference(proven: &RegistryReading, served: &RegistryReading) -> Option<NotProven> {
    let raw = |name, proven: &[u8], served: &[u8]| {
        (proven != served).then(|| contradiction(name, &bytes(proven), &bytes(served)))
    };
    let call = |name: &str, proven: &CallReading, served: &CallReading| {
        (proven != served).then(|| contradiction(name, &answer(proven), &answer(served)))
    };
    if proven.registry_code.is_empty() {
        return None;
    }
    let interfaces = || {
        let asked = |reading: &RegistryReading| reading.interfaces.iter().map(|it| encode_hex(&it.id)).collect();
        let (ours, theirs): (Vec<String>, Vec<String>) = (asked(proven), asked(served));
        if ours != theirs {
            return Some(contradiction("interfaces", &ours.join(" "), &theirs.join(" ")));
        }
        proven.interfaces.iter().zip(&served.interfaces).find_map(|(proven, served)| {
            let field = format!("supportsInterface(0x{})", encode_hex(&proven.id));
            call(&field, &proven.answer, &served.answer)
        })
    };
    interfaces()
        .or_else(|| call("owner_of", &proven.owner_of, &served.owner_of))
        .or_else(|| call("factory", &proven.factory, &served.factory))
        .or_else(|| call("escrow_implementation", &proven.escrow_implementation, &served.escrow_implementation))
        .or_else(|| call("genesis", &proven.genesis, &served.genesis))
        .or_else(|| call("paused", &proven.paused, &served.paused))
        .or_else(|| raw("escrow", &proven.escrow.0, &served.escrow.0))
        .or_else(|| raw("escrow_code", &proven.escrow_code, &served.escrow_code))
        .or_else(|| {
            let size = |reading: &RegistryReading| reading.escrow_code_size.to_string();
            let (proven, served) = (size(proven), size(served));
            (proven != served).then(|| contradiction("escrow_code_size", &proven, &served))
        })
        .or_else(|| call("escrow_registry", &proven.escrow_registry, &served.escrow_registry))
        .or_else(|| call("escrow_token_id", &proven.escrow_token_id, &served.escrow_token_id))
        .or_else(|| call("beneficiary", &proven.beneficiary, &served.beneficiary))
        .or_else(|| call("holder", &proven.holder, &served.holder))
        .or_else(|| call("nominee", &proven.nominee, &served.nominee))
        .or_else(|| call("active", &proven.active, &served.active))
        .or_else(|| call("is_holding_token", &proven.is_holding_token, &served.is_holding_token))
        .or_else(|| call("prev_beneficiary", &proven.prev_beneficiary, &served.prev_beneficiary))
        .or_else(|| call("prev_holder", &proven.prev_holder, &served.prev_holder))
}

fn same_code(field: &str, proven: &CodeReading, served: Option<CodeReading>) -> Result<(), NotProven> {
    let text = |code: &CodeReading| {
        let CodeReading { address, size, hash, stripped_hash } = code;
        format!("{size} bytes with hash {hash} ({stripped_hash} without metadata) at {address}")
    };
    match served {
        Some(served) if served != *proven => Err(contradiction(field, &text(proven), &text(&served))),
        _ => Ok(()),
    }
}

fn escrow(
    reading: &mut RegistryReading,
    proven: &State<'_>,
    layout: &Layout,
    (owner, implementation): (Address, Address),
) -> Result<(), NotProven> {
    let escrow = reading.escrow;
    let code = proven.code(escrow)?;
    reading.escrow_code = code.to_vec();
    reading.escrow_code_size = code.len() as u64;
    if code.is_empty() {
        // A call of an account without code returns nothing, and succeeds.
        let nothing = CallReading { success: true, data: Vec::new() };
        for answer in [
            &mut reading.escrow_registry,
            &mut reading.escrow_token_id,
            &mut reading.beneficiary,
            &mut reading.holder,
            &mut reading.nominee,
            &mut reading.active,
            &mut reading.is_holding_token,
            &mut reading.prev_beneficiary,
            &mut reading.prev_holder,
        ] {
            answer.clone_from(&nothing);
        }
        return Ok(());
    }
    if code != clone_code(implementation.0) {
        return Err(NotProven::Storage(escrow));
    }
    let at = |number: u8| proven.slot(escrow, slot(number));
    let party = |number: u8| address(at(number)?, escrow).map(word_of);
    // v4 keeps the initialiser's two flags below the address (chain.md §1.10).
    let mut registry_slot = at(0)?;
    registry_slot.rotate_right(layout.registry_shift / 8);
    if let Some(flags) = registry_slot.get_mut(..layout.registry_shift / 8) {
        flags.fill(0);
    }
    reading.escrow_registry = word_of(address(registry_slot, escrow)?);
    reading.escrow_token_id = word(at(1)?);
    reading.beneficiary = party(2)?;
    reading.holder = party(3)?;
    let mut nominee = at(layout.nominee)?;
    let active = std::mem::take(&mut nominee[11]);
    reading.nominee = word_of(address(nominee, escrow)?);
    reading.active = flag(active, escrow)?;
    // It asks the registry; one that was never minted is refused there.
    reading.is_holding_token =
        if owner.is_zero() { reading.owner_of.clone() } else { flag(u8::from(owner == escrow), escrow)? };
    // v4 escrows have no such functions.
    let reverted = CallReading::default();
    (reading.prev_beneficiary, reading.prev_holder) = match layout.previous {
        Some(first) => (party(first)?, party(first + 1)?),
        None => (reverted.clone(), reverted),
    };
    Ok(())
}

/// What a registry of a generation answers to the interface ids asked (chain.md §1.5).
fn interfaces(generation: Generation) -> Vec<InterfaceReading> {
    let own = match generation {
        Generation::V5 => SBT_V5,
        _ => SBT_V4,
    };
    let answer = |id: [u8; 4]| InterfaceReading { id: id.to_vec(), answer: number(u8::from(id == own)) };
    REGISTRY_INTERFACES.map(answer).into()
}

fn address(word: [u8; 32], account: Address) -> Result<Address, NotProven> {
    Address::of_word(&word).ok_or(NotProven::Storage(account))
}

fn flag(value: u8, account: Address) -> Result<CallReading, NotProven> {
    if value > 1 { Err(NotProven::Storage(account)) } else { Ok(number(value)) }
}

fn number(value: u8) -> CallReading {
    word(slot(value).0)
}

fn word_of(address: Address) -> CallReading {
    word(address.word())
}

fn word(word: [u8; 32]) -> CallReading {
    CallReading { success: true, data: word.to_vec() }
}

fn contradiction(field: &str, proven: &str, served: &str) -> NotProven {
    NotProven::Contradicts { field: field.to_owned(), proven: proven.to_owned(), served: served.to_owned() }
}

fn answer(call: &CallReading) -> String {
    if call.success { bytes(&call.data) } else { format!("a refusal with {}", bytes(&call.data)) }
}

/// A word without its leading zeros, longer bytes by their size and hash.
fn bytes(data: &[u8]) -> String {
    match data.len() {
        0 => "nothing".to_owned(),
        1..=32 => match super::trimmed(data).as_slice() {
            [] => "0x0".to_owned(),
            digits => format!("0x{}", encode_hex(digits)),
        },
        size => format!("{size} bytes with hash {}", keccak256(data)),
    }
}
