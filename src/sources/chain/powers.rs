//! Who holds which role of a registry: its logs about roles, then the registry's own word on every role and account that
//! they name (chain.md 6.19). Two more requests after the first.

use std::collections::BTreeSet;

use serde_json::Value;

use super::at::{At, block_by_number, checked};
use super::history::{accounts, code_calls, distinct};
use super::logs::{self, Extent, Filter};
use super::reply::Item;
use super::sight;
use super::transport::{Call, Session};
use super::values::{code, eth_call, eth_get_code, header, outcome};
use crate::contracts::token_registry::{GENESIS, GET_ROLE_ADMIN, HAS_ROLE, KNOWN_ROLES, role_event_topics};
use crate::evidence::{BlockRange, PowersReading, RoleAdminReading, RoleHoldingReading, Unavailable};
use crate::primitives::{Address, Digest32};

/// The registry's share of the second round.
pub(super) fn calls(registry: Address, at: &Value) -> Vec<Call> {
    vec![sight::call(registry, at), eth_get_code(registry, at), eth_call(registry, &GENESIS, at)]
}

/// The result of [`calls`], and everything after it.
pub(super) async fn read(
    session: &Session<'_>,
    at: &At,
    registry: Address,
    items: Vec<Item>,
) -> Result<PowersReading, Unavailable> {
    let mut items = items.into_iter();
    let (shown, code) = (items.next(), code(session, items.next())?);
    let genesis = items.next().ok_or_else(|| session.not_an_answer("a call of the batch was left unanswered"))?;
    let genesis = outcome(session, genesis)?;
    sight::check(session, registry, shown, code.len(), [&genesis].into_iter())?;
    let filter = Filter { contracts: vec![registry], topics: vec![role_event_topics().to_vec()], extent: Extent::All };
    let blocks = BlockRange { first: genesis.number().unwrap_or(0), last: at.block.number };
    let (logs, _) = logs::read(session, &at.block, &filter, blocks, Vec::new()).await?;

    let mut roles: BTreeSet<Digest32> = KNOWN_ROLES.iter().map(|known| known.id()).collect();
    let mut granted: BTreeSet<(Digest32, Address)> = BTreeSet::new();
    for log in &logs.logs {
        let (Some(role), Some(other)) = (log.topics.get(1), log.topics.get(2)) else { continue };
        roles.insert(*role);
        if let Some(account) = Address::of_word(&other.0)
            && log.topics.first() == role_event_topics().first()
        {
            granted.insert((*role, account));
        }
    }
    if roles.len() > MOST_ROLES || granted.len() > MOST_HOLDINGS {
        return Err(session.not_an_answer("the registry has more roles or holders of them than are looked at"));
    }
    let holders = distinct(granted.iter().map(|(_, account)| *account));
    let mut calls: Vec<Call> = vec![block_by_number(genesis.number().unwrap_or(0))];
    calls.extend(roles.iter().map(|role| eth_call(registry, &[&GET_ROLE_ADMIN[..], &role.0].concat(), &at.form)));
    calls.extend(
        granted
            .iter()
            .map(|(role, account)| eth_call(registry, &[&HAS_ROLE[..], &role.0, &account.word()].concat(), &at.form)),
    );
    calls.extend(code_calls(&holders, &at.form));
    let mut items = checked(session, &at.block, calls).await?.into_iter();
    let genesis_time = items.next().and_then(Result::ok).as_ref().and_then(header).map(|header| header.timestamp);
    let mut next = || match items.next() {
        Some(item) => outcome(session, item),
        None => Err(session.not_an_answer("a call of the batch was left unanswered")),
    };
    Ok(PowersReading {
        chain_id: at.chain.get(),
        block: at.block.clone(),
        genesis_time: genesis_time.filter(|_| genesis.number().is_ok()),
        genesis,
        logs,
        admins: roles
            .into_iter()
            .map(|role| Ok(RoleAdminReading { role, admin: next()? }))
            .collect::<Result<_, Unavailable>>()?,
        holdings: granted
            .into_iter()
            .map(|(role, account)| Ok(RoleHoldingReading { role, account, has: next()? }))
            .collect::<Result<_, Unavailable>>()?,
        accounts: accounts(session, &holders, items)?,
    })
}

const MOST_ROLES: usize = 32;
const MOST_HOLDINGS: usize = 400;
