//! Addresses of JSON-RPC endpoints (checks.md §7).

use std::fmt;
use std::str::FromStr;

use crate::networks;
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

/// The public endpoints of a chain that need no key.
pub fn embedded(chain: ChainId) -> Vec<Endpoint> {
    let urls = networks::known(chain).map(|network| network.rpc.as_slice()).unwrap_or_default();
    urls.iter().filter_map(|url| url.parse().ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_endpoint_prints_only_its_host() {
        let endpoint: Endpoint = "1=https://user:pw@rpc.example:8443/v3/SECRET?k=SECRET".parse().unwrap();
        assert_eq!(format!("{endpoint} {endpoint:?}"), "rpc.example:8443 Endpoint(rpc.example:8443)");
        assert!("ftp://x".parse::<Endpoint>().is_err());
        assert!("https://x/?a=b".parse::<Endpoint>().is_ok_and(|e| e.chain.is_none()));
    }
}
