//! The lens's reading in plain calls, for a node that refuses the lens (chain.md §5.6, order of preference).

use super::at::{At, checked};
use super::lens;
use super::sight;
use super::transport::{Call, Session};
use super::values::{code, eth_call, eth_get_code, outcome, supports_interface};
use crate::contracts::clone::{clone_target_address, escrow_address};
use crate::contracts::title_escrow::GETTERS;
use crate::contracts::token_registry::{
    GENESIS, IMPLEMENTATION, OWNER_OF, PAUSED, REGISTRY_INTERFACES, TITLE_ESCROW_FACTORY,
};
use crate::evidence::{CallReading, CodeReading, ContractReading, TitleReading, Unavailable};
use crate::primitives::{Address, TokenId};

/// Everything but proxy slots and the registry's code, which the caller has read already.
pub(super) async fn read(
    session: &Session<'_>,
    at: &At,
    registry: Address,
    token: TokenId,
    registry_code: &[u8],
) -> Result<(ContractReading, TitleReading), Unavailable> {
    let ask = |to: Address, data: &[u8]| eth_call(to, data, &at.form);
    let code_of = |of: Address| eth_get_code(of, &at.form);
    let mut calls: Vec<Call> = vec![sight::call(registry, &at.form)];
    calls.extend(REGISTRY_INTERFACES.iter().map(|id| ask(registry, &supports_interface(*id))));
    calls.push(ask(registry, &[&OWNER_OF, &token.0[..]].concat()));
    calls.extend([TITLE_ESCROW_FACTORY, GENESIS, PAUSED].map(|getter| ask(registry, &getter)));
    let mut items = checked(session, &at.block, calls).await?.into_iter();
    let shown = items.next();
    let (mut contract, mut title) = (ContractReading::default(), TitleReading::default());
    let mut outcomes = items.map(|item| outcome(session, item)).collect::<Result<Vec<_>, _>>()?;
    sight::check(session, registry, shown, registry_code.len(), outcomes.iter())?;

    let target = clone_target_address(registry_code).filter(|target| !target.is_zero());
    let factory = outcomes.get(7).and_then(address);
    let mut implementation = None;
    if target.is_some() || factory.is_some() {
        let mut calls: Vec<Call> = target.into_iter().chain(factory).map(code_of).collect();
        calls.extend(factory.map(|factory| ask(factory, &IMPLEMENTATION)));
        let mut items = checked(session, &at.block, calls).await?.into_iter();
        if let Some(target) = target {
            contract.clone_target = Some(CodeReading::of(target, &code(session, items.next())?));
        }
        if let Some(factory) = factory {
            contract.factory_code = CodeReading::of(factory, &code(session, items.next())?);
        }
        if let Some(item) = items.next() {
            let answer = outcome(session, item)?;
            implementation = address(&answer);
            outcomes.push(answer);
        }
    }
    if let (Some(factory), Some(implementation)) = (factory, implementation) {
        title.escrow = escrow_address(factory, registry, token, implementation);
        let mut calls = vec![code_of(implementation), code_of(title.escrow)];
        calls.extend(GETTERS.map(|getter| ask(title.escrow, &getter)));
        let mut items = checked(session, &at.block, calls).await?.into_iter();
        contract.escrow_implementation_code = CodeReading::of(implementation, &code(session, items.next())?);
        title.escrow_code = code(session, items.next())?;
        title.escrow_code_size = title.escrow_code.len() as u64;
        title.escrow_code.truncate(45);
        for item in items {
            outcomes.push(outcome(session, item)?);
        }
    }
    outcomes.resize(lens::CALLS, CallReading::default());
    lens::assign(&mut contract, &mut title, outcomes).ok_or_else(|| session.not_an_answer("too many results"))?;
    Ok((contract, title))
}

/// An address that is there, only from exactly one clean word (chain.md 6.11).
fn address(answer: &CallReading) -> Option<Address> {
    answer.address().ok().filter(|address| !address.is_zero())
}
