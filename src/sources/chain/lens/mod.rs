//! The lens contracts: call data and the strict reading of the answer (chain.md §5.6). Sources: `Lens.sol` for one token,
//! `Lenses.sol` for several, `Control.sol` for an account and a signature; rebuilt by `node src/sources/chain/lens/build.mjs`, and a test compares. `ethers` types stay in this file.

pub(super) mod control;
pub(super) mod many;

use ethers::abi::{ParamType, Token, decode, encode};

use crate::contracts::token_registry::REGISTRY_INTERFACES;
use crate::evidence::{CallReading, CodeReading, ContractReading, InterfaceReading, TitleReading};
use crate::primitives::{Address, Digest32, TokenId, decode_hex};

/// Creation code and arguments: the `data` of a call without `to`.
pub(super) fn call_data(registry: Address, token: TokenId) -> Vec<u8> {
    let mut data = decode_hex(include_str!("creation.hex").trim()).unwrap_or_default();
    data.extend([0; 12]);
    data.extend(registry.0);
    data.extend(token.0);
    data
}

/// Number of calls out in the lens's answer: the interfaces, then [`assign`]'s order.
pub(super) const CALLS: usize = REGISTRY_INTERFACES.len() + 15;

/// Call answers are cut to this many bytes, on every path: 21 of them fit into what a constructor may return (EIP-170).
/// No answer that a genuine registry gives is nearly as long.
pub(super) const LONGEST_ANSWER: usize = 960;

/// What a constructor may return (EIP-170).
const LONGEST_RETURN: usize = 24_576;

/// What the lens saw.
#[derive(Debug, Clone)]
pub(super) struct Seen {
    pub chain: u64,
    pub number: u64,
    pub timestamp: u64,
    pub registry_size: u64,
    pub registry_hash: Digest32,
    /// Without proxy slots and the registry's code.
    pub contract: ContractReading,
    pub title: TitleReading,
}

/// `None` for anything but the exact encoding.
pub(super) fn decoded(answer: &[u8]) -> Option<Seen> {
    let shape = ParamType::Tuple(vec![
        ParamType::Uint(256),
        ParamType::Uint(256),
        ParamType::Uint(256),
        ParamType::Uint(256),
        ParamType::FixedBytes(32),
        ParamType::FixedArray(
            Box::new(ParamType::Tuple(vec![
                ParamType::Address,
                ParamType::Uint(256),
                ParamType::FixedBytes(32),
                ParamType::FixedBytes(32),
            ])),
            3,
        ),
        ParamType::Address,
        ParamType::Bytes,
        ParamType::Uint(256),
        ParamType::Array(Box::new(ParamType::Tuple(vec![ParamType::Bool, ParamType::Bytes]))),
    ]);
    // Offsets may point to the same bytes any number of times.
    let answer = Some(answer).filter(|answer| answer.len() <= LONGEST_RETURN)?;
    let tokens = decode(&[shape], answer).ok()?;
    // Only the canonical encoding: no dirty bits, no overlapping or trailing data.
    if encode(&tokens) != answer {
        return None;
    }
    let mut fields = tokens.into_iter().next()?.into_tuple()?.into_iter();
    let (chain, block, timestamp) = (number(fields.next()?)?, number(fields.next()?)?, number(fields.next()?)?);
    let (registry_size, registry_hash) = (number(fields.next()?)?, hash(fields.next()?)?);
    let mut codes = fields.next()?.into_fixed_array()?.into_iter().map(code);
    let (target, factory_code, implementation_code) = (codes.next()??, codes.next()??, codes.next()??);
    let mut contract = ContractReading {
        clone_target: (!target.address.is_zero()).then_some(target),
        factory_code,
        escrow_implementation_code: implementation_code,
        ..ContractReading::default()
    };
    let mut title = TitleReading {
        escrow: Address(fields.next()?.into_address()?.0),
        escrow_code: fields.next()?.into_bytes()?,
        escrow_code_size: number(fields.next()?)?,
        ..TitleReading::default()
    };
    let calls: Option<Vec<CallReading>> = fields.next()?.into_array()?.into_iter().map(call).collect();
    assign(&mut contract, &mut title, calls?)?;
    Some(Seen { chain, number: block, timestamp, registry_size, registry_hash, contract, title })
}

/// Puts the calls' outcomes, in the lens's order, into the readings.
pub(super) fn assign(contract: &mut ContractReading, title: &mut TitleReading, calls: Vec<CallReading>) -> Option<()> {
    if calls.len() != CALLS {
        return None;
    }
    let mut calls = calls.into_iter();
    for id in REGISTRY_INTERFACES {
        contract.interfaces.push(InterfaceReading { id: id.to_vec(), answer: calls.next()? });
    }
    title.owner_of = calls.next()?;
    let of_contract =
        [&mut contract.factory, &mut contract.genesis, &mut contract.paused, &mut contract.escrow_implementation];
    for answer in of_contract.into_iter().chain(title.escrow_answers_mut()) {
        *answer = calls.next()?;
    }
    Some(())
}

fn number(token: Token) -> Option<u64> {
    u64::try_from(token.into_uint()?).ok()
}

fn hash(token: Token) -> Option<Digest32> {
    token.into_fixed_bytes()?.try_into().ok().map(Digest32)
}

fn code(token: Token) -> Option<CodeReading> {
    let mut fields = token.into_tuple()?.into_iter();
    Some(CodeReading {
        address: Address(fields.next()?.into_address()?.0),
        size: number(fields.next()?)?,
        hash: hash(fields.next()?)?,
        stripped_hash: hash(fields.next()?)?,
    })
}

fn call(token: Token) -> Option<CallReading> {
    let mut fields = token.into_tuple()?.into_iter();
    Some(CallReading { success: fields.next()?.into_bool()?, data: fields.next()?.into_bytes()? })
}
