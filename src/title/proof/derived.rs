//! The reading that a node must give on a proven state: what each call of a genuine registry and escrow answers, computed
//! from their slots.

use super::super::known_registry;
use super::{NotProven, State};
use crate::contracts::clone::{clone_code, clone_target_address, escrow_address};
use crate::contracts::known_code;
use crate::contracts::storage::{FACTORY_IMPLEMENTATION, Layout, slot};
use crate::contracts::token_registry::{REGISTRY_INTERFACES, SBT_V4, SBT_V5, not_minted_revert};
use crate::contracts::{Generation, Variant};
use crate::evidence::{
    BlockReading, CallReading, CodeReading, ContractReading, InterfaceReading, ReadMethod, RegistryReading,
    TitleReading,
};
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
    if let Some(served) = served.filter(|served| served.contract.code != registry_code) {
        return Err(contradiction("registry_code", &bytes(registry_code), &bytes(&served.contract.code)));
    }
    let mut reading = RegistryReading {
        block: block.clone(),
        method: ReadMethod::Proof,
        contract: ContractReading { code: registry_code.to_vec(), ..ContractReading::default() },
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
        same_code("clone_target", &target, served.map(|it| it.contract.clone_target.clone().unwrap_or_default()))?;
        reading.contract.clone_target = Some(target);
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
    reading.contract.factory_code = CodeReading::of(factory, proven.code(factory)?);
    same_code("factory_code", &reading.contract.factory_code, served.map(|it| it.contract.factory_code.clone()))?;
    if known_code::factory(&reading.contract.factory_code.hashes())
        .is_none_or(|factory| factory.generation != known.generation)
    {
        return Err(unknown(factory));
    }
    let implementation = address(proven.slot(factory, slot(FACTORY_IMPLEMENTATION))?, factory)?;
    reading.contract.escrow_implementation_code = CodeReading::of(implementation, proven.code(implementation)?);
    let theirs = served.map(|it| it.contract.escrow_implementation_code.clone());
    same_code("escrow_implementation_code", &reading.contract.escrow_implementation_code, theirs)?;
    let escrow_known = known_code::escrow(&reading.contract.escrow_implementation_code.hashes());
    if escrow_known.is_none_or(|escrow| escrow.generation != known.generation) {
        return Err(unknown(implementation));
    }
    reading.contract.factory = word_of(factory);
    reading.contract.genesis = word(genesis);
    reading.contract.escrow_implementation = word_of(implementation);
    reading.contract.interfaces = interfaces(known.generation);
    let [flags @ .., paused] = proven.slot(registry, layout.paused)?;
    if flags != [0; 31] {
        return Err(NotProven::Storage(registry));
    }
    reading.contract.paused = flag(paused, registry)?;
    reading.title.escrow = escrow_address(factory, registry, token, implementation);
    let owner = address(proven.slot(registry, layout.owner(token))?, registry)?;
    reading.title.owner_of =
        if owner.is_zero() { CallReading { success: false, data: not_minted_revert() } } else { word_of(owner) };
    escrow(&mut reading.title, proven, &layout, (owner, implementation))?;
    Ok(reading)
}

/// The first answer that the proven state contradicts. The slots of a proxy are not asked of: known code is none. Nor is the
/// remark, which lies beyond the slots that are proven.
pub(super) fn first_difference(proven: &RegistryReading, served: &RegistryReading) -> Option<NotProven> {
    let call = |(name, proven, served): (&str, &CallReading, &CallReading)| {
        (proven != served).then(|| contradiction(name, &answer(proven), &answer(served)))
    };
    if proven.contract.code.is_empty() {
        return None;
    }
    let (ours, theirs) = (&proven.contract, &served.contract);
    let asked = |reading: &ContractReading| reading.interfaces.iter().map(|it| encode_hex(&it.id)).collect();
    let (our_ids, their_ids): (Vec<String>, Vec<String>) = (asked(ours), asked(theirs));
    if our_ids != their_ids {
        return Some(contradiction("interfaces", &our_ids.join(" "), &their_ids.join(" ")));
    }
    let interfaces = || {
        ours.interfaces.iter().zip(&theirs.interfaces).find_map(|(proven, served)| {
            let name = format!("supportsInterface(0x{})", encode_hex(&proven.id));
            call((&name, &proven.answer, &served.answer))
        })
    };
    let contract = [
        ("factory", &ours.factory, &theirs.factory),
        ("escrow_implementation", &ours.escrow_implementation, &theirs.escrow_implementation),
        ("genesis", &ours.genesis, &theirs.genesis),
        ("paused", &ours.paused, &theirs.paused),
    ];
    let (ours, theirs) = (&proven.title, &served.title);
    let escrow = || {
        let shown = |it: &TitleReading| {
            format!("{} with {} bytes of code, {}", it.escrow, it.escrow_code_size, bytes(&it.escrow_code))
        };
        let same = (ours.escrow, ours.escrow_code_size, &ours.escrow_code)
            == (theirs.escrow, theirs.escrow_code_size, &theirs.escrow_code);
        (!same).then(|| contradiction("escrow", &shown(ours), &shown(theirs)))
    };
    let title = [
        ("escrow_registry", &ours.escrow_registry, &theirs.escrow_registry),
        ("escrow_token_id", &ours.escrow_token_id, &theirs.escrow_token_id),
        ("beneficiary", &ours.beneficiary, &theirs.beneficiary),
        ("holder", &ours.holder, &theirs.holder),
        ("nominee", &ours.nominee, &theirs.nominee),
        ("active", &ours.active, &theirs.active),
        ("is_holding_token", &ours.is_holding_token, &theirs.is_holding_token),
        ("prev_beneficiary", &ours.prev_beneficiary, &theirs.prev_beneficiary),
        ("prev_holder", &ours.prev_holder, &theirs.prev_holder),
    ];
    interfaces()
        .or_else(|| call(("owner_of", &ours.owner_of, &theirs.owner_of)))
        .or_else(|| contract.into_iter().find_map(call))
        .or_else(escrow)
        .or_else(|| title.into_iter().find_map(call))
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
    reading: &mut TitleReading,
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
        for answer in reading.escrow_answers_mut() {
            answer.clone_from(&CallReading { success: true, data: Vec::new() });
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
