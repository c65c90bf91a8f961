//! TXT records through the configured resolvers (checks.md §5.1, §5.4).
//!
//! NOERROR and NXDOMAIN are answers. Every other RCODE, a timeout or a malformed packet is not: the next resolver is
//! asked, and in the end the question stays open. Several resolvers must give the same record set.

use std::net::{IpAddr, SocketAddr};
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use hickory_proto::op::ResponseCode;
use hickory_proto::rr::{RData, RecordType};
use hickory_resolver::TokioResolver;
use hickory_resolver::config::{NameServerConfig, ResolveHosts, ResolverConfig};
use hickory_resolver::net::runtime::TokioRuntimeProvider;
use hickory_resolver::net::{DnsError, NetError};
use rustls_pki_types::CertificateDer;

use crate::evidence::{Answer, Cause, Dnssec, Fact, Provenance, TxtReading, Unavailable};

/// Which resolvers are asked, and how.
#[derive(Debug, Clone)]
pub struct DnsConfig {
    /// Empty: the system's.
    pub resolvers: Vec<Resolver>,
    /// Time for one query to one resolver.
    pub timeout: Duration,
    /// Root certificates beside the public ones, for DNS over HTTPS.
    pub extra_roots: Vec<CertificateDer<'static>>,
    /// Host, port and the address to use instead, for DNS over HTTPS.
    pub resolve: Vec<(String, u16, SocketAddr)>,
}

impl Default for DnsConfig {
    fn default() -> Self {
        Self { resolvers: Vec::new(), timeout: Duration::from_secs(5), extra_roots: Vec::new(), resolve: Vec::new() }
    }
}

/// One resolver.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Resolver {
    /// What the operating system is set to.
    System,
    /// UDP, then TCP when the answer is truncated.
    Plain(SocketAddr),
    /// DNS over HTTPS (RFC 8484).
    Https {
        /// Host name or address, as in the certificate.
        host: String,
        /// Port.
        port: u16,
        /// Path, usually `/dns-query`.
        path: String,
    },
}

/// Reads `system`, `IP[:PORT]` or `https://HOST[:PORT]/PATH`.
impl FromStr for Resolver {
    type Err = InvalidResolver;

    fn from_str(text: &str) -> Result<Self, InvalidResolver> {
        if text == "system" {
            return Ok(Self::System);
        }
        if let Ok(address) = text.parse() {
            return Ok(Self::Plain(address));
        }
        if let Ok(ip) = text.parse::<IpAddr>() {
            return Ok(Self::Plain(SocketAddr::new(ip, 53)));
        }
        let url = url::Url::parse(text).ok().filter(|url| url.scheme() == "https" && url.username().is_empty());
        let host = url.as_ref().and_then(url::Url::host_str).ok_or(InvalidResolver)?;
        let (port, path) = url.as_ref().map_or((443, "/"), |url| (url.port().unwrap_or(443), url.path()));
        Ok(Self::Https { host: host.trim_matches(['[', ']']).to_owned(), port, path: path.to_owned() })
    }
}

impl std::fmt::Display for Resolver {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::System => f.write_str("the system's resolver"),
            Self::Plain(address) => address.fmt(f),
            Self::Https { host, port: 443, .. } => f.write_str(host),
            Self::Https { host, port, .. } => write!(f, "{host}:{port}"),
        }
    }
}

/// A text that names no resolver.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("expected system, IP[:PORT] or https://HOST/dns-query")]
pub struct InvalidResolver;

/// Why a [`DnsSource`] cannot be made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// The system's settings could not be read.
    #[error("the system's resolver settings cannot be read; name a resolver with --dns")]
    System,
    /// A resolver's host name has no address.
    #[error("the resolver {0} has no address; give it with --resolve HOST:PORT=ADDR:PORT")]
    NoAddress(String),
    /// TLS could not be set up.
    #[error("TLS for DNS over HTTPS could not be set up")]
    Tls,
}

/// Answers [`Question::DnsTxt`](crate::evidence::Question::DnsTxt).
#[derive(Debug)]
pub struct DnsSource {
    config: DnsConfig,
}

impl DnsSource {
    /// A source that has not asked anything yet.
    pub fn new(config: DnsConfig) -> Result<Self, ConfigError> {
        Ok(Self { config })
    }

    /// The TXT records of `name` (A-labels, no trailing dot), from all configured resolvers at once.
    pub async fn txt(&self, name: &str) -> (Answer, Provenance) {
        let resolvers = match self.config.resolvers.as_slice() {
            [] => &[Resolver::System],
            given => given,
        };
        let mut lookups = tokio::task::JoinSet::new();
        for (index, resolver) in resolvers.iter().cloned().enumerate() {
            let (config, name) = (self.config.clone(), name.to_owned());
            lookups.spawn(async move { (index, ask(&resolver, &config, &name).await) });
        }
        let mut answers: Vec<Option<Result<Found, Unavailable>>> = resolvers.iter().map(|_| None).collect();
        while let Some(joined) = lookups.join_next().await {
            if let Ok((index, answer)) = joined {
                answers[index] = Some(answer);
            }
        }
        combine(resolvers, answers)
    }
}

/// What one resolver said: whether the name exists, and its records in sorted order.
type Found = (bool, Vec<String>);

fn combine(resolvers: &[Resolver], answers: Vec<Option<Result<Found, Unavailable>>>) -> (Answer, Provenance) {
    let mut provenance =
        Provenance { requests: u32::try_from(resolvers.len()).unwrap_or(u32::MAX), ..Provenance::default() };
    let mut found: Vec<(String, Found)> = Vec::new();
    for (resolver, answer) in resolvers.iter().zip(answers) {
        match answer {
            Some(Ok(answer)) => found.push((resolver.to_string(), answer)),
            Some(Err(why)) => provenance.failed.push(why),
            None => provenance.failed.push(unavailable(resolver, Cause::NotAnAnswer, "the look-up was cut short")),
        }
    }
    provenance.hosts = found.iter().map(|(host, _)| host.clone()).collect();
    let answer = match found.split_first() {
        None => Err(provenance.failed.first().cloned().unwrap_or(Unavailable {
            cause: Cause::NoSource,
            host: None,
            detail: "no resolver was asked".into(),
        })),
        Some(((_, first), others)) => match others.iter().find(|(_, other)| other != first) {
            Some((host, other)) => Err(Unavailable {
                cause: Cause::Disagreement,
                host: Some(host.clone()),
                detail: format!("{} and {host} differ: {} against {}", found[0].0, shown(first), shown(other)),
            }),
            None => Ok(Fact::DnsTxt(TxtReading {
                name_exists: first.0,
                records: first.1.clone(),
                dnssec: Dnssec::NotChecked,
                agreeing: u32::try_from(found.len()).unwrap_or(u32::MAX),
            })),
        },
    };
    (answer, provenance)
}

fn shown((exists, records): &Found) -> String {
    if !exists {
        return "no such domain".into();
    }
    let text: String = records.join(" | ").chars().take(200).collect();
    format!("{} record(s) [{text}]", records.len())
}

async fn ask(resolver: &Resolver, config: &DnsConfig, name: &str) -> Result<Found, Unavailable> {
    let client = client(resolver, config)
        .await
        .map_err(|error| unavailable(resolver, Cause::Unreachable, &error.to_string()))?;
    // Nothing may hang longer than a few tries of one query, whatever the library does.
    let limit = config.timeout.saturating_mul(3);
    match tokio::time::timeout(limit, client.lookup(format!("{name}."), RecordType::TXT)).await {
        Err(_) => Err(unavailable(resolver, Cause::Timeout, "no answer in time")),
        Ok(Ok(lookup)) => {
            let records = lookup.answers().iter().filter_map(|record| match &record.data {
                RData::TXT(txt) => Some(String::from_utf8_lossy(&txt.txt_data.concat()).into_owned()),
                _ => None,
            });
            let mut records: Vec<String> = records.take(MOST_RECORDS).collect();
            records.sort();
            Ok((true, records))
        }
        Ok(Err(NetError::Dns(DnsError::NoRecordsFound(none)))) => match none.response_code {
            ResponseCode::NoError => Ok((true, Vec::new())),
            ResponseCode::NXDomain => Ok((false, Vec::new())),
            code => Err(unavailable(resolver, Cause::ServerFailure, &format!("it answered {code}"))),
        },
        Ok(Err(error)) => Err(failure(resolver, &error)),
    }
}

/// A domain with more TXT records than this is cut: the record of a contract is not hidden among thousands.
const MOST_RECORDS: usize = 1024;

fn failure(resolver: &Resolver, error: &NetError) -> Unavailable {
    match error {
        NetError::Timeout => unavailable(resolver, Cause::Timeout, "no answer in time"),
        NetError::Dns(DnsError::ResponseCode(code)) => {
            unavailable(resolver, Cause::ServerFailure, &format!("it answered {code}"))
        }
        NetError::Io(error) => unavailable(resolver, Cause::Unreachable, &error.to_string()),
        NetError::NoConnections => unavailable(resolver, Cause::Unreachable, "no connection"),
        other => unavailable(resolver, Cause::NotAnAnswer, &other.to_string()),
    }
}

fn unavailable(resolver: &Resolver, cause: Cause, detail: &str) -> Unavailable {
    Unavailable { cause, host: Some(resolver.to_string()), detail: detail.chars().take(200).collect() }
}

async fn client(resolver: &Resolver, config: &DnsConfig) -> Result<TokioResolver, ConfigError> {
    let mut builder = match resolver {
        Resolver::System => TokioResolver::builder_tokio().map_err(|_| ConfigError::System)?,
        Resolver::Plain(address) => {
            let mut server = NameServerConfig::udp_and_tcp(address.ip());
            server.connections.iter_mut().for_each(|connection| connection.port = address.port());
            // Otherwise the library retries an NXDOMAIN elsewhere; there is no elsewhere.
            server.trust_negative_responses = true;
            TokioResolver::builder_with_config(
                ResolverConfig::from_name_servers(vec![server]),
                TokioRuntimeProvider::default(),
            )
        }
        Resolver::Https { host, port, path } => {
            let address = https_address(host, *port, config).await?;
            let mut server =
                NameServerConfig::https(address.ip(), Arc::from(host.as_str()), Some(Arc::from(path.as_str())));
            server.connections.iter_mut().for_each(|connection| connection.port = address.port());
            server.trust_negative_responses = true;
            TokioResolver::builder_with_config(
                ResolverConfig::from_name_servers(vec![server]),
                TokioRuntimeProvider::default(),
            )
            .with_tls_config(super::tls::client_config(&config.extra_roots).map_err(|_| ConfigError::Tls)?)
        }
    };
    let options = builder.options_mut();
    options.timeout = config.timeout;
    options.attempts = 1;
    options.cache_size = 0;
    options.use_hosts_file = ResolveHosts::Never;
    options.ndots = 0;
    builder.build().map_err(|_| ConfigError::System)
}

async fn https_address(host: &str, port: u16, config: &DnsConfig) -> Result<SocketAddr, ConfigError> {
    if let Some((_, _, to)) = config.resolve.iter().find(|(name, at, _)| name == host && *at == port) {
        return Ok(*to);
    }
    let found = tokio::net::lookup_host((host, port)).await.ok().and_then(|mut addresses| addresses.next());
    found.ok_or_else(|| ConfigError::NoAddress(host.to_owned()))
}
