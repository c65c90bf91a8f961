//! GETs of addresses that a document chose: did:web, OCSP, status lists, links (checks.md §9). Everything here is hostile:
//! which URLs may be asked is decided in [`crate::web_address`], before the first request and again at every redirect.
//!
//! A host is resolved once, all its addresses are checked, and the connection goes to one of exactly these, so that a
//! second look-up cannot lead elsewhere. No cookies, no credentials, no compression; a proxy is asked for these addresses,
//! never for the name; only the host is ever
//! named in an error.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use http::header::{ACCEPT, CONTENT_ENCODING, HOST, LOCATION, USER_AGENT};
use http_body_util::{BodyExt as _, Full};
use hyper::body::Body as _;
use url::Host;

use super::http::{self as http_client, Dial, Error, Hosts, HttpClient, Response, Versions};
use super::tls::{self, TlsError};
use super::{ProxyRules, RootCertificate, TlsRoots};
use crate::evidence::{Answer, Cause, Fact, Provenance, Unavailable, WebReading};
use crate::web_address::{DOCUMENT_LIMIT, NotAllowed, Reach, WebAddress, is_public};

/// How the addresses that documents choose are asked.
#[derive(Debug, Clone)]
pub struct WebConfig {
    /// Whether private and loopback hosts and IP literals may be named.
    pub reach: Reach,
    /// Time for one request, from looking up the host to the last byte.
    pub timeout: Duration,
    /// Root certificates beside the public ones (`--ca-file`).
    pub extra_roots: Vec<RootCertificate>,
    /// Whose root certificates are trusted.
    pub tls_roots: TlsRoots,
    /// Proxies.
    pub proxy: ProxyRules,
    /// Host, port and the address to use instead (`--resolve`). The address is checked like any other.
    pub resolve: Vec<(String, u16, SocketAddr)>,
}

impl Default for WebConfig {
    fn default() -> Self {
        Self {
            reach: Reach::Public,
            timeout: LONGEST_REQUEST,
            extra_roots: Vec::new(),
            tls_roots: TlsRoots::default(),
            proxy: ProxyRules::default(),
            resolve: Vec::new(),
        }
    }
}

/// Why a [`WebSource`] cannot be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// An extra root certificate cannot be used.
    #[error("an additional root certificate cannot be read")]
    Root,
    /// The system has no root certificate that can be read.
    #[error("the system has no root certificates that can be read; use --tls-roots bundled, or SSL_CERT_FILE")]
    NoRoots,
    /// TLS could not be set up.
    #[error("TLS could not be set up")]
    Tls,
}

/// Answers [`Question::Web`](crate::evidence::Question::Web).
pub struct WebSource {
    config: WebConfig,
    tls: rustls::ClientConfig,
}

impl WebSource {
    /// A source that has not asked anything yet. A timeout beyond the limit of checks.md §9 is cut to it.
    pub fn new(mut config: WebConfig) -> Result<Self, ConfigError> {
        config.timeout = config.timeout.min(LONGEST_REQUEST);
        let tls = tls::client_config(config.tls_roots, &config.extra_roots).map_err(|error| match error {
            TlsError::Root => ConfigError::Root,
            TlsError::NoRoots => ConfigError::NoRoots,
            TlsError::Setup => ConfigError::Tls,
        })?;
        Ok(Self { config, tls })
    }

    /// Fetches one URL, following at most three redirects. Any HTTP status is an answer; a body is read only with 2xx,
    /// up to `max_bytes` and never more than 16 MiB.
    pub async fn fetch(&self, url: &str, max_bytes: u64) -> (Answer, Provenance) {
        let mut provenance = Provenance::default();
        match self.follow(url, max_bytes.min(DOCUMENT_LIMIT), &mut provenance).await {
            Ok(reading) => (Ok(Fact::Web(reading)), provenance),
            Err(why) => {
                provenance.hosts.clear();
                provenance.failed.push(why.clone());
                (Err(why), provenance)
            }
        }
    }

    async fn follow(&self, url: &str, max: u64, provenance: &mut Provenance) -> Result<WebReading, Unavailable> {
        let mut address = WebAddress::parse(url, self.config.reach).map_err(|why| Unavailable {
            cause: Cause::NotAllowed,
            host: None,
            detail: format!("this address is not asked: {why}"),
        })?;
        for _ in 0..=MOST_REDIRECTS {
            if provenance.hosts.last().is_none_or(|last| last != address.host()) {
                provenance.hosts.push(address.host().to_owned());
            }
            let request = self.once(&address, max, &mut provenance.requests);
            let outcome = tokio::time::timeout(self.config.timeout, request).await;
            match outcome.map_err(|_| unavailable(&address, Cause::Timeout, "no answer in time"))?? {
                Reply::Complete(reading) => return Ok(reading),
                Reply::Elsewhere(location) => {
                    let next = address.redirected(&location, self.config.reach);
                    address = next.map_err(|why| {
                        unavailable(&address, Cause::NotAllowed, format!("it redirects where nothing is asked: {why}"))
                    })?;
                }
            }
        }
        Err(unavailable(
            &address,
            Cause::NotAnAnswer,
            format!("it was reached by more than {MOST_REDIRECTS} redirects"),
        ))
    }

    async fn once(&self, address: &WebAddress, max: u64, requests: &mut u32) -> Result<Reply, Unavailable> {
        let targets = self.targets(address).await?;
        let response = self.send(address, targets, requests).await?;
        let status = response.status();
        if let (301 | 302 | 303 | 307 | 308, Some(location)) = (status.as_u16(), response.headers().get(LOCATION)) {
            let location = location.to_str().map_err(|_| not_an_answer(address, "it redirects to nowhere"))?;
            return Ok(Reply::Elsewhere(location.to_owned()));
        }
        let body = if status.is_success() { body(response, address, max).await? } else { Vec::new() };
        Ok(Reply::Complete(WebReading { status: status.as_u16(), body }))
    }

    /// The addresses to connect to, all of them checked. One that is not public spoils the others, too: who mixes them
    /// has something in mind.
    async fn targets(&self, address: &WebAddress) -> Result<Vec<SocketAddr>, Unavailable> {
        let port = address.url().port_or_known_default().unwrap_or(443);
        let found: Vec<SocketAddr> = match address.url().host() {
            Some(Host::Ipv4(ip)) => vec![(IpAddr::V4(ip), port).into()],
            Some(Host::Ipv6(ip)) => vec![(IpAddr::V6(ip), port).into()],
            Some(Host::Domain(name)) => self.resolved(name, port).await,
            None => Vec::new(),
        };
        if found.is_empty() {
            // A proxy may know one, but what it leads to could not be checked (checks.md §9).
            let detail = match self.config.proxy.for_server(&uri(address)?) {
                Some(_) => {
                    "the host name has no address here, and a proxy is only asked for addresses that were checked; \
                     --resolve HOST:PORT=ADDR:PORT gives one"
                }
                None => "the host name has no address",
            };
            return Err(unavailable(address, Cause::Unreachable, detail));
        }
        if self.config.reach == Reach::Public && !found.iter().all(|target| is_public(target.ip())) {
            let detail = format!("this address is not asked: {}", NotAllowed::Private);
            return Err(unavailable(address, Cause::NotAllowed, detail));
        }
        Ok(found)
    }

    async fn resolved(&self, name: &str, port: u16) -> Vec<SocketAddr> {
        let given = self.config.resolve.iter().filter(|(host, at, _)| host == name && *at == port);
        let given: Vec<_> = given.map(|(_, _, to)| *to).collect();
        if !given.is_empty() {
            return given;
        }
        tokio::net::lookup_host((name, port)).await.map(Iterator::collect).unwrap_or_default()
    }

    async fn send(
        &self,
        address: &WebAddress,
        targets: Vec<SocketAddr>,
        requests: &mut u32,
    ) -> Result<Response, Unavailable> {
        let dial = Dial {
            resolve: Vec::new(),
            proxy: self.config.proxy.clone(),
            timeout: self.config.timeout,
            hosts: Hosts::Documents(targets),
        };
        let client = HttpClient::new(self.tls.clone(), Versions::Http1, dial);
        let request = http::Request::get(uri(address)?)
            .header(HOST, address.host())
            .header(ACCEPT, "*/*")
            .header(USER_AGENT, http_client::USER_AGENT)
            .body(Full::default())
            .map_err(|_| unavailable(address, Cause::Unreachable, "this address cannot be asked over HTTP"))?;
        *requests += 1;
        client.send(request).await.map_err(|error| failure(address, &error))
    }
}

fn uri(address: &WebAddress) -> Result<http::Uri, Unavailable> {
    let mut url = address.url().clone();
    url.set_fragment(None);
    let unusable =
        |_| unavailable(address, Cause::NotAllowed, "this address is not asked: it cannot be written in HTTP");
    url.as_str().parse().map_err(unusable)
}

impl std::fmt::Debug for WebSource {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("WebSource").field("config", &self.config).finish_non_exhaustive()
    }
}

/// What one request came to.
enum Reply {
    Complete(WebReading),
    /// The `Location` of a redirect.
    Elsewhere(String),
}

async fn body(mut response: Response, address: &WebAddress, max: u64) -> Result<Vec<u8>, Unavailable> {
    // Nothing but identity was asked for; what is compressed all the same cannot be counted, so it is not read.
    if response.headers().get_all(CONTENT_ENCODING).iter().any(|encoding| encoding != "identity") {
        return Err(not_an_answer(address, "the answer is compressed, which was not asked for"));
    }
    let too_large = || not_an_answer(address, format!("the answer is larger than {max} bytes"));
    if response.body().size_hint().exact().is_some_and(|length| length > max) {
        return Err(too_large());
    }
    let mut bytes = Vec::new();
    while let Some(frame) = response.body_mut().frame().await {
        let frame = frame.map_err(|_| not_an_answer(address, "the answer is cut short"))?;
        let Ok(chunk) = frame.into_data() else { continue };
        if (bytes.len() as u64).saturating_add(chunk.len() as u64) > max {
            return Err(too_large());
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok(bytes)
}

fn failure(address: &WebAddress, error: &Error) -> Unavailable {
    if error.is_connect() {
        let (cause, detail) = tls::no_connection(error);
        return unavailable(address, cause, detail);
    }
    unavailable(address, Cause::Unreachable, "the connection was lost before an answer came")
}

fn not_an_answer(address: &WebAddress, detail: impl Into<String>) -> Unavailable {
    unavailable(address, Cause::NotAnAnswer, detail)
}

fn unavailable(address: &WebAddress, cause: Cause, detail: impl Into<String>) -> Unavailable {
    Unavailable { cause, host: Some(address.host().to_owned()), detail: detail.into() }
}

/// All limits of checks.md §9 that are not sizes.
const MOST_REDIRECTS: u32 = 3;
const LONGEST_REQUEST: Duration = Duration::from_secs(10);
