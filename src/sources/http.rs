//! HTTP over connections that are made here: a host is looked up once, and the connection goes to one of the addresses that
//! were found, directly or by way of a proxy. No redirect is followed, no cookie kept, nothing unpacked.

use std::future::Future;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use http::Uri;
use http_body_util::Full;
use hyper::body::{Bytes, Incoming};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::proxy::{Hop, ProxyRules, Target};

pub(crate) type Request = http::Request<Full<Bytes>>;
pub(crate) type Response = http::Response<Incoming>;
pub(crate) use hyper_util::client::legacy::Error;

/// Asks servers and keeps their connections for a while.
#[derive(Clone)]
pub(crate) struct HttpClient(Client<HttpsConnector<Connector>, Full<Bytes>>);

/// What a client speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Versions {
    Http1,
    Http1And2,
}

impl HttpClient {
    pub(super) fn new(tls: rustls::ClientConfig, versions: Versions, dial: Dial) -> Self {
        let connector = Connector(Arc::new(dial));
        let builder = HttpsConnectorBuilder::new().with_tls_config(tls).https_or_http().enable_http1();
        let connector = match versions {
            Versions::Http1 => builder.wrap_connector(connector),
            Versions::Http1And2 => builder.enable_http2().wrap_connector(connector),
        };
        let client = Client::builder(TokioExecutor::new())
            .pool_timer(TokioTimer::new())
            .pool_idle_timeout(LONGEST_IDLE)
            .pool_max_idle_per_host(MOST_IDLE)
            .build(connector);
        Self(client)
    }

    pub(super) async fn send(&self, request: Request) -> Result<Response, Error> {
        self.0.request(request).await
    }
}

/// How servers are reached.
#[derive(Debug, Clone)]
pub(crate) struct Dial {
    /// Host, port and the address to use instead (`--resolve`).
    pub resolve: Vec<(String, u16, SocketAddr)>,
    pub proxy: ProxyRules,
    /// Time for one connection, the tunnel included.
    pub timeout: Duration,
    pub hosts: Hosts,
}

/// Who chose the hosts, and what follows for their addresses.
#[derive(Debug, Clone)]
pub(crate) enum Hosts {
    /// The caller: names are looked up here, and where they have no address a proxy may know one.
    Callers,
    /// A document: only these addresses, which were checked.
    Documents(Vec<SocketAddr>),
}

impl Dial {
    pub(super) async fn connect(&self, server: &Uri) -> io::Result<TcpStream> {
        let host = server.host().unwrap_or_default().trim_matches(['[', ']']).to_ascii_lowercase();
        let default = if server.scheme_str() == Some("https") { 443 } else { 80 };
        let port = server.port_u16().unwrap_or(default);
        let hop = self.proxy.for_server(server);
        let mut last = io::Error::new(io::ErrorKind::NotFound, "no address");
        for target in self.targets(&host, port, hop.as_ref()).await {
            match timeout(self.timeout, reach(&target, hop.as_ref(), self.timeout)).await {
                Ok(Ok(stream)) => {
                    let _ = stream.set_nodelay(true);
                    return Ok(stream);
                }
                Ok(Err(error)) => last = error,
                Err(_) => last = io::Error::new(io::ErrorKind::TimedOut, "no connection in time"),
            }
        }
        Err(last)
    }

    async fn targets(&self, host: &str, port: u16, hop: Option<&Hop>) -> Vec<Target> {
        let addresses = match &self.hosts {
            Hosts::Documents(checked) => checked.clone(),
            Hosts::Callers => self.addresses(host, port).await,
        };
        if addresses.is_empty() && hop.is_some() && matches!(self.hosts, Hosts::Callers) {
            return vec![Target::Name(host.to_owned(), port)];
        }
        addresses.into_iter().map(Target::Address).collect()
    }

    async fn addresses(&self, host: &str, port: u16) -> Vec<SocketAddr> {
        let given: Vec<_> =
            self.resolve.iter().filter(|(name, at, _)| name == host && *at == port).map(|(.., to)| *to).collect();
        if !given.is_empty() {
            return given;
        }
        if let Ok(address) = host.parse::<IpAddr>() {
            return vec![(address, port).into()];
        }
        tokio::net::lookup_host((host, port)).await.map(Iterator::collect).unwrap_or_default()
    }
}

async fn reach(target: &Target, hop: Option<&Hop>, within: Duration) -> io::Result<TcpStream> {
    match (target, hop) {
        (target, Some(hop)) => hop.tunnel(target, within).await,
        (Target::Address(address), None) => TcpStream::connect(address).await,
        (Target::Name(name, port), None) => TcpStream::connect((name.as_str(), *port)).await,
    }
}

/// [`Dial`] as hyper wants it.
#[derive(Clone)]
pub(crate) struct Connector(Arc<Dial>);

impl tower_service::Service<Uri> for Connector {
    type Response = TokioIo<TcpStream>;
    type Error = io::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, io::Error>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), io::Error>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, server: Uri) -> Self::Future {
        let dial = Arc::clone(&self.0);
        Box::pin(async move { dial.connect(&server).await.map(TokioIo::new) })
    }
}

pub(crate) const USER_AGENT: &str = "ebl-verifier";
/// A server that is asked again later is connected to again: it may be short of places.
const LONGEST_IDLE: Duration = Duration::from_secs(10);
const MOST_IDLE: usize = 4;
