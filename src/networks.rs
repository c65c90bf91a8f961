//! The networks that this field uses (chain.md §4): what they are called, which are for tests, and where they can be asked
//! without a key. One table, `networks.toml`.

use std::sync::{LazyLock, OnceLock};

use serde::{Deserialize, Serialize};

use crate::primitives::ChainId;

/// A known network.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Network {
    /// The EIP-155 chain id.
    pub id: u64,
    /// For people: `Ethereum`.
    pub name: String,
    /// The words that documents use for it, in lower case. A local chain may be called anything.
    #[serde(default)]
    pub names: Vec<String>,
    /// For tests: titles on it are meant to have no legal effect.
    #[serde(default)]
    pub testnet: bool,
    /// Why nobody issues on it any more.
    pub retired: Option<Retirement>,
    /// The currency's symbol.
    pub currency: String,
    /// Host of the block explorer.
    pub explorer: Option<String>,
    /// How old a block may be that is read, in seconds, where the time is known in which the chain settles one.
    pub max_block_age: Option<u64>,
    /// Public endpoints that need no key.
    #[serde(default)]
    pub rpc: Vec<String>,
}

/// How a network came to be one of the past.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Retirement {
    /// The chain was ended: no node runs it.
    Stopped,
    /// The field's software no longer knows it, whether or not the chain runs.
    NoLongerUsed,
}

impl std::fmt::Display for Retirement {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Stopped => "a retired test network, its chain no longer runs",
            Self::NoLongerUsed => "a network that the software of this field no longer uses",
        })
    }
}

/// A network by its chain id, if it is known.
pub fn known(chain: ChainId) -> Option<&'static Network> {
    let entry = TABLE.iter().find(|entry| entry.id == chain.get())?;
    entry.network.get_or_init(|| toml::from_str(entry.text).ok()).as_ref()
}

/// Whether the chain is one that runs on a developer's machine: 1337 or 31337.
pub fn is_local(chain: ChainId) -> bool {
    matches!(chain.get(), 1337 | 31337)
}

/// How old a block of this chain may be, in seconds, before whoever served it counts as behind (chain.md §5.3); `None` for a
/// chain on a developer's machine, which makes blocks when it is told to.
pub fn block_age_bound(chain: ChainId) -> Option<u64> {
    /// For a chain of which nothing is known: long enough for one that makes blocks only for transactions.
    const UNKNOWN: u64 = 86_400;
    let bound = known(chain).and_then(|network| network.max_block_age).unwrap_or(UNKNOWN);
    (!is_local(chain)).then_some(bound)
}

/// Each entry is read when it is asked for: a run needs one or two, and all of them take as long as half of an offline run.
static TABLE: LazyLock<Vec<Entry>> = LazyLock::new(|| {
    let entries = include_str!("networks.toml").split("[[network]]").skip(1);
    let entry = |text: &'static str| {
        let id = text.trim_start().strip_prefix("id = ")?.lines().next()?.parse().ok()?;
        Some(Entry { id, text, network: OnceLock::new() })
    };
    entries.filter_map(entry).collect()
});

struct Entry {
    id: u64,
    text: &'static str,
    network: OnceLock<Option<Network>>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_read_whole() {
        #[derive(Deserialize)]
        struct Whole {
            network: Vec<Network>,
        }
        let Whole { network: all } = toml::from_str(include_str!("networks.toml")).unwrap();
        assert_eq!((all.len(), TABLE.len()), (19, 19));
        for network in &all {
            let found = known(ChainId::try_from(network.id).unwrap());
            assert_eq!(format!("{found:?}"), format!("{:?}", Some(network)));
        }
        let ids: std::collections::BTreeSet<_> = all.iter().map(|network| network.id).collect();
        assert_eq!(ids.len(), all.len());
        let urls = all.iter().flat_map(|network| &network.rpc);
        assert!(urls.clone().count() > 5 && urls.clone().all(|url| url.starts_with("https://")));
    }

    #[test]
    fn nobody_is_asked_about_a_retired_network_unless_the_caller_names_an_endpoint() {
        for id in [3, 4, 5, 42, 295, 296, 80001] {
            let network = known(ChainId::try_from(id).unwrap()).unwrap();
            assert!(network.retired.is_some() && network.rpc.is_empty(), "{network:?}");
        }
    }

    #[test]
    fn every_local_chain_is_a_test_network() {
        for id in [1337, 31337] {
            let id = ChainId::try_from(id).unwrap();
            assert!(is_local(id) && known(id).is_some_and(|network| network.testnet));
        }
        assert!(known(ChainId::try_from(1).unwrap()).is_some_and(|network| !network.testnet));
    }
}
