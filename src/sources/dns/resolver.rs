//! One resolver: how it is named, and a connection to it.

use std::future::Future;
use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::pin::Pin;
use std::str::FromStr;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use hickory_resolver::config::{NameServerConfig, ResolverOpts};
use hickory_resolver::net::runtime::iocompat::AsyncIoTokioAsStd;
use hickory_resolver::net::runtime::{RuntimeProvider, TokioRuntimeProvider};
use hickory_resolver::system_conf::read_system_conf;
use hickory_resolver::{NameServerPool, PoolContext, TlsConfig};
use http::Uri;

use super::super::http::{Dial, Hosts};
use super::super::place::{Place, Port};
use super::super::proxy::TunnelError;
use super::bare_refusal::Hearing;
use super::checked::Checked;
use super::{ConfigError, DnsConfig};
use crate::evidence::Cause;

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
        // What would be left out is refused: a query may be what makes the resolver somebody's own.
        let whole = |url: &url::Url| {
            let plain = url.username().is_empty() && url.password().is_none();
            url.scheme() == "https" && plain && url.query().is_none() && url.fragment().is_none()
        };
        let url = url::Url::parse(text).ok().filter(whole);
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
#[error("expected system, IP[:PORT] or https://HOST/dns-query, without user name and query")]
pub struct InvalidResolver;

/// Sends single queries to one server: over UDP and again over TCP when the answer is truncated, or over HTTPS. It follows
/// no alias, knows no search list and keeps nothing.
#[derive(Clone)]
pub(super) struct Connection {
    /// Which server of the resolver.
    pub(super) server: String,
    pub(super) handle: Handle,
    pub(super) no_way: NoWay,
}

/// Why a proxy gave no way, which the pool of connections does not pass on.
pub(super) type NoWay = Arc<OnceLock<(Cause, String)>>;

pub(super) type Handle = NameServerPool<Checked<Runtime>>;

/// The system's settings may name several servers; each is a connection of its own, because what one of them shows says
/// nothing of another.
pub(super) async fn connect(resolver: &Resolver, config: &DnsConfig) -> Result<Vec<Connection>, ConfigError> {
    let mut options = ResolverOpts::default();
    let mut runtime = Runtime::default();
    let mut servers = match resolver {
        Resolver::System => {
            let (system, system_options) = read_system_conf().map_err(|_| ConfigError::System)?;
            options = system_options;
            system.name_servers().to_vec()
        }
        Resolver::Plain(address) => {
            let mut server = NameServerConfig::udp_and_tcp(address.ip());
            server.connections.iter_mut().for_each(|connection| connection.port = address.port());
            vec![server]
        }
        Resolver::Https { host, port, path } => {
            let address = https_address(host, *port, config).await?;
            runtime.way = way(host, *port, config);
            let mut server =
                NameServerConfig::https(address.ip(), Arc::from(host.as_str()), Some(Arc::from(path.as_str())));
            server.connections.iter_mut().for_each(|connection| connection.port = address.port());
            vec![server]
        }
    };
    servers.truncate(MOST_SERVERS);
    options.timeout = config.timeout;
    let tls = TlsConfig {
        config: super::super::tls::client_config(config.tls_roots, &config.extra_roots)
            .map_err(|_| ConfigError::Tls)?,
    };
    let context = Arc::new(PoolContext::new(options, tls));
    let connections = servers.into_iter().map(|server| {
        let name = format!("{resolver:?} {}", server.ip);
        let provider = Checked(runtime.clone());
        let handle = NameServerPool::from_config([server], Arc::clone(&context), provider);
        Connection { server: name, handle, no_way: Arc::clone(&runtime.no_way) }
    });
    Ok(connections.collect())
}

/// As many as other programs on a system use (resolv.conf).
const MOST_SERVERS: usize = 3;

/// Where it is. That of the system is at all the addresses that the system asks.
pub(super) async fn place(resolver: &Resolver, config: &DnsConfig) -> Place {
    let port_of = |port: u16, default: u16| if port == default { Port::Default } else { Port::Other(port) };
    match resolver {
        Resolver::System => {
            let servers = read_system_conf().map(|(system, _)| system.name_servers().to_vec()).unwrap_or_default();
            Place::new(&resolver.to_string(), Port::Default, servers.iter().map(|server| server.ip))
        }
        Resolver::Plain(address) => Place::new(&address.ip().to_string(), port_of(address.port(), 53), []),
        Resolver::Https { host, port, .. } => {
            match config.resolve.iter().find(|(name, at, _)| name == host && at == port) {
                Some((_, _, to)) => Place::new(&to.ip().to_string(), port_of(to.port(), 443), []),
                None => Place::found(host, port_of(*port, 443)).await,
            }
        }
    }
}

/// Tokio's, but that a resolver over HTTPS may be behind a proxy.
#[derive(Clone, Default)]
pub(super) struct Runtime {
    tokio: TokioRuntimeProvider,
    way: Option<(Arc<Dial>, Uri)>,
    no_way: NoWay,
}

impl RuntimeProvider for Runtime {
    type Handle = <TokioRuntimeProvider as RuntimeProvider>::Handle;
    type Timer = <TokioRuntimeProvider as RuntimeProvider>::Timer;
    type Udp = Hearing;
    type Tcp = <TokioRuntimeProvider as RuntimeProvider>::Tcp;

    fn create_handle(&self) -> Self::Handle {
        self.tokio.create_handle()
    }

    fn connect_tcp(
        &self,
        server: SocketAddr,
        bind: Option<SocketAddr>,
        wait: Option<Duration>,
    ) -> Pin<Box<dyn Send + Future<Output = io::Result<Self::Tcp>>>> {
        match self.way.clone() {
            Some((dial, server)) => {
                let no_way = Arc::clone(&self.no_way);
                Box::pin(async move {
                    let connected = dial.connect(&server).await;
                    let inner = connected.as_ref().err().and_then(io::Error::get_ref);
                    if let Some(tunnel) = inner.and_then(|inner| inner.downcast_ref::<TunnelError>()) {
                        let _ = no_way.set((tunnel.cause(), tunnel.to_string()));
                    }
                    connected.map(AsyncIoTokioAsStd)
                })
            }
            None => self.tokio.connect_tcp(server, bind, wait),
        }
    }

    fn bind_udp(
        &self,
        local: SocketAddr,
        server: SocketAddr,
    ) -> Pin<Box<dyn Send + Future<Output = io::Result<Self::Udp>>>> {
        let bound = self.tokio.bind_udp(local, server);
        Box::pin(async move { bound.await.map(Hearing::new) })
    }
}

/// The way to a resolver over HTTPS, if it goes by a proxy.
fn way(host: &str, port: u16, config: &DnsConfig) -> Option<(Arc<Dial>, Uri)> {
    let host = if host.contains(':') { format!("[{host}]") } else { host.to_owned() };
    let server: Uri = format!("https://{host}:{port}/").parse().ok()?;
    config.proxy.for_server(&server)?;
    let (resolve, proxy) = (config.resolve.clone(), config.proxy.clone());
    let dial = Dial { resolve, proxy, timeout: config.timeout, hosts: Hosts::Callers };
    Some((Arc::new(dial), server))
}

async fn https_address(host: &str, port: u16, config: &DnsConfig) -> Result<SocketAddr, ConfigError> {
    if let Some((_, _, to)) = config.resolve.iter().find(|(name, at, _)| name == host && *at == port) {
        return Ok(*to);
    }
    let found = tokio::net::lookup_host((host, port)).await.ok().and_then(|mut addresses| addresses.next());
    // A proxy may know where it is.
    let behind = || way(host, port, config).map(|_| SocketAddr::from((Ipv4Addr::UNSPECIFIED, port)));
    found.or_else(behind).ok_or_else(|| ConfigError::NoAddress(host.to_owned()))
}
