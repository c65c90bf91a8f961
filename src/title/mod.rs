//! What the registry says about a title, and whether it is a registry whose word counts (chain.md §1, §6).
//!
//! [`judge`] turns one [`RegistryReading`] into an [`Authenticity`] and a [`TitleFinding`]. It trusts code, not claims:
//! a registry is genuine when its runtime code, its factory's and its escrow implementation's are known, and the
//! escrow stands where CREATE2 puts it and points back.

pub mod account;
pub mod history;
pub mod powers;
pub mod proof;
pub mod remark;
mod state;

use serde::Serialize;

use crate::contracts::known_code::{self, CodeHashes, KnownRegistry};
use crate::contracts::token_registry::{REGISTRY_INTERFACES, SBT_V4, SBT_V5, claimed_generation};
use crate::evidence::{CallReading, CodeReading, ReadMethod, RegistryReading};
use crate::primitives::{Address, Digest32, TokenId, keccak256};

pub use crate::contracts::{Generation, Variant};
pub use state::{Contradiction, Parties, Rejection, TitleFinding, TitleState};

/// Judges one reading. `trusted_by_caller` is `--trust-registry` for exactly this chain and address.
pub fn judge(reading: &RegistryReading, registry: Address, token: TokenId, trusted_by_caller: bool) -> RegistryFinding {
    let authenticity = authenticity(reading);
    let finding = match &authenticity {
        Authenticity::NoCode => TitleFinding::Unreadable,
        _ => state::read(reading, registry, token),
    };
    let finding = match authenticity {
        Authenticity::Genuine { generation, .. } => {
            foreign_answer(reading, generation, &finding).map_or(finding, TitleFinding::Contradiction)
        }
        _ => finding,
    };
    let authenticity = match (authenticity, &finding) {
        // Genuine code cannot answer like this, so the answers are not of one execution: nothing is known.
        (Authenticity::Genuine { .. }, TitleFinding::Contradiction(found)) => {
            Authenticity::InconsistentAnswers(found.clone())
        }
        // Of single calls any may be left without an answer, which says nothing against the contract.
        (Authenticity::Unrecognised { claims: Some(_), .. }, TitleFinding::Contradiction(found))
            if reading.method == ReadMethod::Calls && found.is_no_answer() =>
        {
            Authenticity::InconsistentAnswers(found.clone())
        }
        // An older generation answers by rules that are not read here, but none says yes to everything.
        (Authenticity::Unrecognised { claims: Some(generation), .. }, TitleFinding::Contradiction(found))
            if generation.is_supported() || *found == Contradiction::SaysYesToEverything =>
        {
            Authenticity::ContradictsItself(found.clone())
        }
        (Authenticity::Unrecognised { code_hash, claims: Some(generation), proxy }, _)
            if trusted_by_caller && generation.is_supported() =>
        {
            Authenticity::TrustedByCaller { generation, code_hash, proxy }
        }
        (other, _) => other,
    };
    RegistryFinding { authenticity, title: finding }
}

/// The judgement on a registry and on one title in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RegistryFinding {
    /// Whether this registry's word counts.
    pub authenticity: Authenticity,
    /// What it says of the token.
    pub title: TitleFinding,
}

impl RegistryFinding {
    /// The generation, where the registry's word counts.
    pub fn generation(&self) -> Option<Generation> {
        match self.authenticity {
            Authenticity::Genuine { generation, .. } | Authenticity::TrustedByCaller { generation, .. } => {
                Some(generation)
            }
            _ => None,
        }
    }

    /// The upgradeable proxy that the registry is, if it is one.
    pub fn proxy(&self) -> Option<Proxy> {
        match self.authenticity {
            Authenticity::TrustedByCaller { proxy, .. } | Authenticity::Unrecognised { proxy, .. } => proxy,
            _ => None,
        }
    }
}

/// Whether the code at the registry's address is a token registry that we know.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Authenticity {
    /// Registry, factory and escrow run known code.
    Genuine {
        /// v4 or v5.
        generation: Generation,
        /// A full contract or an EIP-1167 clone.
        variant: Variant,
        /// The code is the known one compiled with other metadata (chain.md §1.9).
        other_build: bool,
    },
    /// Unknown code that the caller vouches for, whose answers hold together.
    TrustedByCaller {
        /// What the registry says it is.
        generation: Generation,
        /// Its runtime code.
        code_hash: Digest32,
        /// The upgradeable proxy's implementation, if it is one.
        proxy: Option<Proxy>,
    },
    /// Unknown code: perhaps a private build, perhaps not a registry at all.
    Unrecognised {
        /// Its runtime code.
        code_hash: Digest32,
        /// What it says it is.
        claims: Option<Generation>,
        /// The upgradeable proxy's implementation, if it is one.
        proxy: Option<Proxy>,
    },
    /// It claims to be a registry of a known generation, and its own answers rule that out (chain.md 6.11–6.14).
    ContradictsItself(Contradiction),
    /// The code is genuine and the answers cannot be its own, or single calls were left without one: the endpoint is at
    /// fault.
    InconsistentAnswers(Contradiction),
    /// No contract at this address on this chain at this block.
    NoCode,
}

/// Non-zero ERC-1967 slots: somebody can replace the registry's rules (chain.md 6.9).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Proxy {
    /// Where the rules are now; zero behind a beacon.
    pub implementation: Address,
    /// Who can change them, where the admin slot says so.
    pub admin: Option<Address>,
}

fn authenticity(reading: &RegistryReading) -> Authenticity {
    if reading.contract.code.is_empty() {
        return Authenticity::NoCode;
    }
    match known_registry(reading) {
        Some(KnownRegistry { code, .. }) if parts_are_known(reading, code.generation) => Authenticity::Genuine {
            generation: code.generation,
            variant: code.variant,
            other_build: code.other_build || parts_are_other_builds(reading),
        },
        _ => Authenticity::Unrecognised {
            code_hash: keccak256(&reading.contract.code),
            claims: claimed_generation(|id| state::says_yes(reading, id)),
            proxy: proxy(reading),
        },
    }
}

fn known_registry(reading: &RegistryReading) -> Option<KnownRegistry> {
    let target = reading.contract.clone_target.as_ref().map(|target| (target.address, target.hashes()));
    known_code::registry(&reading.contract.code, target.as_ref().map(|(address, hashes)| (*address, hashes)))
}

/// Only the registry's code matters first; but a genuine registry can be set up with any factory, so the factory's and
/// the escrow implementation's code must be known too.
fn parts_are_known(reading: &RegistryReading, generation: Generation) -> bool {
    known_code::factory(&reading.contract.factory_code.hashes()).is_some_and(|known| known.generation == generation)
        && known_code::escrow(&reading.contract.escrow_implementation_code.hashes())
            .is_some_and(|known| known.generation == generation)
}

/// What this code cannot have answered. The verdict does not rest on these answers, but where one of them is not the
/// code's own, the others need not be either.
fn foreign_answer(reading: &RegistryReading, generation: Generation, title: &TitleFinding) -> Option<Contradiction> {
    let v5 = generation == Generation::V5;
    let own_id = if v5 { SBT_V5 } else { SBT_V4 };
    let claims = reading.contract.interfaces.iter().map(|interface| (interface.id.as_slice(), interface.answer.flag()));
    if !claims.eq(REGISTRY_INTERFACES.iter().map(|id| (id.as_slice(), Ok(*id == own_id)))) {
        return Some(Contradiction::OtherClaims);
    }
    let slots = &reading.contract.proxy_slots;
    if ![slots.implementation, slots.admin, slots.beacon].iter().all(|slot| slot.is_zero()) {
        return Some(Contradiction::ProxySlots);
    }
    let part_of = |answer: &CallReading, code: &CodeReading| answer.address() == Ok(code.address);
    if !part_of(&reading.contract.factory, &reading.contract.factory_code)
        || !part_of(&reading.contract.escrow_implementation, &reading.contract.escrow_implementation_code)
    {
        return Some(Contradiction::CodeOfOtherAccount);
    }
    // Only an escrow of v5 keeps the previous parties.
    let minted = matches!(title, TitleFinding::Known(_));
    let keeps_previous = [&reading.title.prev_beneficiary, &reading.title.prev_holder].map(|answer| answer.success);
    (minted && keeps_previous != [v5; 2]).then_some(Contradiction::OtherClaims)
}

fn parts_are_other_builds(reading: &RegistryReading) -> bool {
    let other = |code: &CodeReading, lookup: fn(&CodeHashes) -> Option<known_code::Known>| {
        lookup(&code.hashes()).is_some_and(|known| known.other_build)
    };
    other(&reading.contract.factory_code, known_code::factory)
        || other(&reading.contract.escrow_implementation_code, known_code::escrow)
}

fn proxy(reading: &RegistryReading) -> Option<Proxy> {
    let slots = &reading.contract.proxy_slots;
    let is_proxy = !(slots.implementation.is_zero() && slots.beacon.is_zero());
    is_proxy
        .then(|| Proxy { implementation: slots.implementation, admin: (!slots.admin.is_zero()).then_some(slots.admin) })
}

#[cfg(test)]
mod tests;
