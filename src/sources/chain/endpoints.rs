//! Addresses of JSON-RPC endpoints (checks.md §7).

use std::fmt;
use std::pin::Pin;
use std::str::FromStr;
use std::sync::Arc;

use crate::networks;
use crate::primitives::ChainId;

/// An RPC address, with the chain it was given for. The URL may hold a key: only host and port are ever printed.
#[derive(Clone)]
pub struct Endpoint {
    /// The chain of `CHAINID=URL`, if it was written.
    pub chain: Option<ChainId>,
    url: url::Url,
    transport: Option<Arc<dyn Transport>>,
}

/// Raw JSON-RPC for an [`Endpoint`] that a caller reaches with a client of his own: the bytes of a request in, those of its
/// reply out. What they say, what is asked, retries, quorums and limits stay this library's.
///
/// ```
/// use std::sync::Arc;
///
/// use ebl_verifier::Verifier;
/// use ebl_verifier::primitives::ChainId;
/// use ebl_verifier::sources::chain::{Endpoint, Exchange, Transport, TransportError};
///
/// /// A client that is already there; this one has lost its connection.
/// struct Client;
///
/// impl Transport for Client {
///     fn exchange(&self, request: String) -> Exchange<'_> {
///         assert!(request.contains("eth_chainId"), "one batch, as it would be posted");
///         Box::pin(async { Err(TransportError::Unreachable) })
///     }
/// }
///
/// let endpoint = "https://node.example/".parse::<Endpoint>()?.over(Arc::new(Client));
/// let verifier = Verifier::builder().endpoint(ChainId::try_from(1)?, endpoint).build()?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub trait Transport: Send + Sync {
    /// Sends one request, a single call or a batch, and waits for its reply. Called again where a failure may pass.
    fn exchange(&self, request: String) -> Exchange<'_>;
}

/// What becomes of a request.
pub type Exchange<'t> = Pin<Box<dyn Future<Output = Result<Vec<u8>, TransportError>> + Send + 't>>;

/// Why a [`Transport`] has no reply.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TransportError {
    /// No connection, or it was lost.
    #[error("the caller's own client has no connection to it")]
    Unreachable,
    /// It did not answer in time.
    #[error("the caller's own client got no answer in time")]
    TimedOut,
    /// It was asked too often.
    #[error("too many requests, says the caller's own client")]
    RateLimited,
    /// It refused the request as a whole.
    #[error("the caller's own client says that the request was refused")]
    Refused,
}

/// Two endpoints are the same where they are asked at the same place for the same chain, however they are reached.
impl PartialEq for Endpoint {
    fn eq(&self, other: &Self) -> bool {
        (self.chain, &self.url) == (other.chain, &other.url)
    }
}

impl Eq for Endpoint {}

impl Endpoint {
    /// The same endpoint, reached by a client of the caller's. Its URL is then a name for it, and is never asked.
    pub fn over(self, transport: Arc<dyn Transport>) -> Self {
        Self { transport: Some(transport), ..self }
    }

    pub(super) fn transport(&self) -> Option<&Arc<dyn Transport>> {
        self.transport.as_ref()
    }

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
        Ok(Self { chain, url, transport: None })
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
