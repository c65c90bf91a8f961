//! Which chains are known and where they can be asked (chain.md §4). The table is `endpoints.toml`.

use std::fmt;
use std::str::FromStr;
use std::sync::LazyLock;

use serde::Deserialize;

use crate::primitives::ChainId;

/// An RPC address, with the chain it was given for. The URL may hold a key: only host and port are ever printed.
#[derive(Clone, PartialEq, Eq)]
pub struct Endpoint {
    /// The chain of `CHAINID=URL`, if it was written.
    pub chain: Option<ChainId>,
    url: url::Url,
}

impl Endpoint {
    /// `host` or `host:port`, without path or credentials.
    pub fn host(&self) -> String {
        let host = self.url.host_str().unwrap_or_default();
        self.url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"))
    }

    /// The port, also where the URL leaves it to the scheme.
    fn port(&self) -> u16 {
        self.url.port_or_known_default().unwrap_or_default()
    }

    /// Host and port: endpoints that differ in neither are one and the same for a quorum.
    pub(super) fn place(&self) -> (String, u16) {
        (self.url.host_str().unwrap_or_default().to_ascii_lowercase(), self.port())
    }

    pub(super) fn url(&self) -> &url::Url {
        &self.url
    }
}

/// Reads `[CHAINID=]URL`, http or https only.
impl FromStr for Endpoint {
    type Err = InvalidEndpoint;

    fn from_str(text: &str) -> Result<Self, InvalidEndpoint> {
        let (chain, url) = match text.split_once('=') {
            Some((id, url)) if !id.contains(':') => (Some(id.parse().map_err(|_| InvalidEndpoint::Chain)?), url),
            _ => (None, text),
        };
        let url = url::Url::parse(url).map_err(|_| InvalidEndpoint::Url)?;
        if !matches!(url.scheme(), "http" | "https") || url.host_str().is_none_or(str::is_empty) {
            return Err(InvalidEndpoint::Url);
        }
        Ok(Self { chain, url })
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.host())
    }
}

impl fmt::Debug for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Endpoint({})", self.host())
    }
}

/// Why a text is no endpoint. The text is not repeated: it may hold a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidEndpoint {
    /// What stands before `=` is not a chain id.
    #[error("expected [CHAINID=]URL, found something before `=` that is not a chain id")]
    Chain,
    /// Not an http or https URL.
    #[error("expected [CHAINID=]URL with an http or https URL")]
    Url,
}

/// The name of a known chain.
pub fn chain_name(chain: ChainId) -> Option<&'static str> {
    known(chain).map(|entry| entry.name.as_str())
}

/// Whether a known chain is a test network or local.
pub fn is_testnet(chain: ChainId) -> bool {
    known(chain).is_some_and(|entry| entry.testnet)
}

/// Whether the chain is one that runs on a developer's machine: 1337 or 31337.
pub fn is_local(chain: ChainId) -> bool {
    matches!(chain.get(), 1337 | 31337)
}

/// The currency and the explorer's host of a known chain.
pub fn currency_and_explorer(chain: ChainId) -> Option<(&'static str, Option<&'static str>)> {
    known(chain).map(|entry| (entry.currency.as_str(), entry.explorer.as_deref()))
}

/// The public endpoints of a chain that need no key.
pub fn embedded(chain: ChainId) -> Vec<Endpoint> {
    known(chain).map(|entry| entry.rpc.iter().filter_map(|url| url.parse().ok()).collect()).unwrap_or_default()
}

fn known(chain: ChainId) -> Option<&'static Chain> {
    TABLE.chain.iter().find(|entry| entry.id == chain.get())
}

static TABLE: LazyLock<Table> = LazyLock::new(|| toml::from_str(include_str!("endpoints.toml")).unwrap_or_default());

#[derive(Default, Deserialize)]
struct Table {
    chain: Vec<Chain>,
}

#[derive(Deserialize)]
struct Chain {
    id: u64,
    name: String,
    #[serde(default)]
    testnet: bool,
    currency: String,
    explorer: Option<String>,
    #[serde(default)]
    rpc: Vec<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_embedded_table_is_read_whole() {
        assert_eq!(TABLE.chain.len(), 12);
        assert!(TABLE.chain.iter().all(|entry| entry.rpc.iter().all(|url| url.parse::<Endpoint>().is_ok())));
    }

    #[test]
    fn an_endpoint_prints_only_its_host() {
        let endpoint: Endpoint = "1=https://user:pw@rpc.example:8443/v3/SECRET?k=SECRET".parse().unwrap();
        assert_eq!(format!("{endpoint} {endpoint:?}"), "rpc.example:8443 Endpoint(rpc.example:8443)");
        assert!("ftp://x".parse::<Endpoint>().is_err());
        assert!("https://x/?a=b".parse::<Endpoint>().is_ok_and(|e| e.chain.is_none()));
    }
}
