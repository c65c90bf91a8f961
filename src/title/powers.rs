//! Who may do what in a registry now (chain.md 6.19): the roles that its logs grant and revoke, held against what the
//! registry itself says at the pinned block. Where the logs are not whole, nobody is said to be the only one.

use std::collections::{BTreeMap, BTreeSet};

use super::account::AccountKind;
use crate::contracts::token_registry::role_event_topics;
pub use crate::contracts::token_registry::{KNOWN_ROLES, Role};
use crate::evidence::{LogReading, PowersReading, Unavailable};
use crate::primitives::{Address, Digest32};

/// Judges one reading of the registry's roles.
pub fn judge(reading: &PowersReading, registry: Address) -> Powers {
    let mut ledger = Ledger::default();
    let gap = ledger.read(reading, registry).err();
    let mut roles: Vec<RoleHolders> = KNOWN_ROLES.iter().map(|&role| ledger.holders(role, reading)).collect();
    // Whoever administers a known role decides about it; usually that is the default admin.
    let mut open: Vec<Role> = roles.iter().map(|known| known.administered_by).collect();
    while let Some(role) = open.pop() {
        if roles.iter().all(|known| known.role != role) {
            let holders = ledger.holders(role, reading);
            open.push(holders.administered_by);
            roles.push(holders);
        }
    }
    Powers { roles, since: reading.genesis.number().ok(), since_time: reading.genesis_time, gap }
}

/// Who holds which role.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Powers {
    /// Admin, minter, accepter, restorer, then any other role that administers one of these.
    pub roles: Vec<RoleHolders>,
    /// The registry's first block, as it says itself.
    pub since: Option<u64>,
    /// Seconds since the Unix epoch of that block.
    pub since_time: Option<u64>,
    /// Why this is not certain to be everybody.
    pub gap: Option<PowersGap>,
}

/// The holders of one role.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RoleHolders {
    /// The role.
    pub role: Role,
    /// Who holds it, at the pinned block.
    pub holders: Vec<(Address, Option<AccountKind>)>,
    /// The role whose holders grant and revoke this one.
    pub administered_by: Role,
}

/// Why it is not fully known who holds the roles.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PowersGap {
    /// The endpoint did not answer for all blocks.
    #[error("the registry's logs could not be read from its first block on")]
    NotCovered(Option<Unavailable>),
    /// A log that is not one of this registry's about roles, or not in the order of a chain.
    #[error("the log at block {block}, log {log_index} is not one of this registry's about roles")]
    NotAnEvent {
        /// Height of the block.
        block: u64,
        /// Place in the block.
        log_index: u64,
    },
    /// The logs never grant the admin role, which every registry grants when it is set up.
    #[error("the logs do not show that the registry was set up")]
    NeverSetUp,
    /// The logs and the registry's own answer differ.
    #[error("the logs and the registry's own answers differ about who holds the roles")]
    Differs,
}

impl Powers {
    /// What this means, in plain sentences; `name` says how an account is written.
    pub fn sentences(&self, name: impl Fn(Address) -> String) -> Vec<String> {
        let mut out: Vec<String> = self.roles.iter().map(|role| self.sentence(role, &name)).collect();
        for holders in &self.roles {
            if holders.administered_by != Role::Admin {
                let by = holders.administered_by.id();
                out.push(format!("who may {} is decided by the holders of role {by}", deed(holders.role)));
            }
        }
        if let Some(gap) = &self.gap {
            out.push(format!("not fully known: {gap}"));
        }
        out
    }

    fn sentence(&self, holders: &RoleHolders, name: &impl Fn(Address) -> String) -> String {
        let deed = deed(holders.role);
        let named = |&(account, kind): &(Address, Option<AccountKind>)| match kind {
            // Set-ups that pay the gas for others issue through a contract: who can act is decided there.
            Some(AccountKind::Contract) => format!("{} (a contract)", name(account)),
            Some(AccountKind::Clone { to }) => format!("{} (a clone of the contract {})", name(account), name(to)),
            Some(AccountKind::Delegated { to }) => format!("{} (runs the code of {})", name(account), name(to)),
            Some(AccountKind::Burn) => format!("{} (nobody has its key)", name(account)),
            Some(AccountKind::Ordinary) | None => name(account),
        };
        let mut names: Vec<String> = holders.holders.iter().map(named).collect();
        match (names.pop(), names.is_empty(), &self.gap) {
            (None, _, None) => format!("nobody can {deed}"),
            (None, _, Some(_)) => format!("who can {deed} is not known"),
            (Some(only), true, None) => format!("{only} alone can {deed}"),
            (Some(only), true, Some(_)) => format!("{only} can {deed}, perhaps not alone"),
            (Some(last), false, None) => format!("{} and {last} can {deed}", names.join(", ")),
            (Some(last), false, Some(_)) => format!("{} and {last} can {deed}, perhaps others, too", names.join(", ")),
        }
    }
}

fn deed(role: Role) -> String {
    match role {
        Role::Admin => "pause the registry and grant these rights".to_owned(),
        Role::Minter => "issue titles".to_owned(),
        Role::Accepter => "accept returned titles".to_owned(),
        Role::Restorer => "give returned titles back".to_owned(),
        Role::Other(id) => format!("act in role {id}"),
    }
}

/// What the logs come to.
#[derive(Default)]
struct Ledger {
    members: BTreeSet<(Digest32, Address)>,
    admins: BTreeMap<Digest32, Digest32>,
    set_up: bool,
}

impl Ledger {
    fn read(&mut self, reading: &PowersReading, registry: Address) -> Result<(), PowersGap> {
        let mut before = None;
        for log in &reading.logs.logs {
            let place = (log.block, log.log_index);
            let fits = before.is_none_or(|before| before < place) && log.address == registry && log.data.is_empty();
            let not_an_event = PowersGap::NotAnEvent { block: log.block, log_index: log.log_index };
            fits.then(|| self.apply(log)).flatten().ok_or(not_an_event)?;
            before = Some(place);
        }
        if !reading.logs.is_whole() {
            return Err(PowersGap::NotCovered(reading.logs.missing.clone()));
        }
        if !self.set_up {
            return Err(PowersGap::NeverSetUp);
        }
        let same_members = self
            .members
            .iter()
            .all(|pair| reading.holdings.iter().any(|holding| (holding.role, holding.account) == *pair))
            && reading
                .holdings
                .iter()
                .all(|holding| holding.has.flag() == Ok(self.members.contains(&(holding.role, holding.account))));
        let same_admins = reading
            .admins
            .iter()
            .all(|said| said.admin.word().ok() == Some(&self.admins.get(&said.role).copied().unwrap_or_default().0));
        if same_members && same_admins { Ok(()) } else { Err(PowersGap::Differs) }
    }

    fn apply(&mut self, log: &LogReading) -> Option<()> {
        let [topic, role, first, _] = log.topics.as_slice() else { return None };
        let [granted, revoked, administered] = role_event_topics();
        let account = || Address::of_word(&first.0);
        if topic == granted {
            self.set_up |= *role == Role::Admin.id();
            self.members.insert((*role, account()?));
        } else if topic == revoked {
            self.members.remove(&(*role, account()?));
        } else if topic == administered {
            self.admins.insert(*role, *log.topics.get(3)?);
        } else {
            return None;
        }
        Some(())
    }

    /// Who holds a role by the registry's own word, which was given at the pinned block.
    fn holders(&self, role: Role, reading: &PowersReading) -> RoleHolders {
        let id = role.id();
        let holding = reading.holdings.iter().filter(|holding| holding.role == id && holding.has.flag() == Ok(true));
        let kind = |account| reading.accounts.iter().find(|read| read.address == account).map(AccountKind::of);
        let admin = reading.admins.iter().find(|said| said.role == id).and_then(|said| said.admin.word().ok());
        RoleHolders {
            role,
            holders: holding.map(|holding| (holding.account, kind(holding.account))).collect(),
            administered_by: Role::of(admin.map(|word| Digest32(*word)).unwrap_or_default()),
        }
    }
}

#[cfg(test)]
mod tests;
