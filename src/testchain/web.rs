//! The web servers of the samples' parties: https on loopback, with a certificate by an authority that is made for this run
//! and whose key is forgotten at once. It serves what was published, by host and path, and nothing else.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use http_body_util::Full;
use hyper::body::{Bytes, Incoming};
use hyper::header::{CONTENT_TYPE, HOST, HeaderValue};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::{TokioIo, TokioTimer};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair};
use rustls::ServerConfig;
use rustls_pki_types::PrivateKeyDer;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tokio::task::{JoinHandle, JoinSet};
use tokio_rustls::TlsAcceptor;

/// Documents by host and path.
type Pages = Arc<RwLock<BTreeMap<(String, String), Bytes>>>;

/// A running server.
pub(crate) struct WebServer {
    address: SocketAddr,
    authority: String,
    pages: Pages,
    stop: oneshot::Sender<()>,
    serving: JoinHandle<()>,
}

impl WebServer {
    /// Listens on a loopback address as the web server of all these hosts; port 0 takes a free one. Any other address is
    /// refused.
    pub(crate) async fn start(address: SocketAddr, hosts: &[&str]) -> io::Result<Self> {
        if !address.ip().is_loopback() {
            let why = "the web server of the samples listens on loopback addresses only";
            return Err(io::Error::new(io::ErrorKind::InvalidInput, why));
        }
        let (authority, tls) = certified(hosts)?;
        let listener = TcpListener::bind(address).await?;
        let address = listener.local_addr()?;
        let pages = Pages::default();
        let (stop, stopped) = oneshot::channel();
        let serving = tokio::spawn(serve(listener, TlsAcceptor::from(Arc::new(tls)), Arc::clone(&pages), stopped));
        Ok(Self { address, authority, pages, stop, serving })
    }

    /// Where it listens.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// The certificate of its authority, as PEM.
    pub(crate) fn authority(&self) -> &str {
        &self.authority
    }

    /// Lets `https://host/path` be this JSON.
    pub(crate) fn publish(&self, host: &str, path: &str, document: &serde_json::Value) {
        let page = Bytes::from(document.to_string());
        self.pages.write().unwrap_or_else(PoisonError::into_inner).insert((host.to_owned(), path.to_owned()), page);
    }

    /// Closes the listener and every connection: the port is free when this returns.
    pub(crate) async fn stop(self) {
        // Whoever dropped the other end is gone already.
        let _ = self.stop.send(());
        let _ = self.serving.await;
    }
}

impl std::fmt::Debug for WebServer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("WebServer").field("address", &self.address).finish_non_exhaustive()
    }
}

/// An authority's certificate as PEM, and the server that it certified for these hosts.
fn certified(hosts: &[&str]) -> io::Result<(String, ServerConfig)> {
    let mut params = CertificateParams::new(Vec::new()).map_err(io::Error::other)?;
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.distinguished_name.push(DnType::CommonName, "ebl testchain");
    let key = || KeyPair::generate().map_err(io::Error::other);
    let authority = CertifiedIssuer::self_signed(params, key()?).map_err(io::Error::other)?;
    let hosts: Vec<String> = hosts.iter().map(|host| (*host).to_owned()).collect();
    let server_key = key()?;
    let certificate = CertificateParams::new(hosts).and_then(|params| params.signed_by(&server_key, &authority));
    let certificate = certificate.map_err(io::Error::other)?.der().clone();
    let tls = ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(io::Error::other)?
        .with_no_client_auth()
        .with_single_cert(vec![certificate], PrivateKeyDer::Pkcs8(server_key.serialize_der().into()))
        .map_err(io::Error::other)?;
    Ok((authority.pem(), tls))
}

const MAX_CONNECTIONS: usize = 64;
/// For a whole connection, which is for one request: none holds its place for long.
const PATIENCE: Duration = Duration::from_secs(10);
const AFTER_FAILURE: Duration = Duration::from_millis(50);
/// For the head of a request; hyper has no smaller one.
const MAX_HEAD: usize = 8 << 10;

/// Ends when it is told to, or when the server's handle is dropped.
async fn serve(listener: TcpListener, tls: TlsAcceptor, pages: Pages, mut stopped: oneshot::Receiver<()>) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            _ = &mut stopped => break,
            Some(_) = connections.join_next() => {}
            accepted = listener.accept(), if connections.len() < MAX_CONNECTIONS => match accepted {
                // A client that breaks off, or takes too long, is not worth reporting.
                Ok((stream, _)) => drop(connections.spawn(
                    tokio::time::timeout(PATIENCE, converse(stream, tls.clone(), Arc::clone(&pages))),
                )),
                // Out of descriptors, or a client that left: neither ends the server.
                Err(_) => tokio::time::sleep(AFTER_FAILURE).await,
            },
        }
    }
    drop(listener);
    connections.shutdown().await;
}

/// One request.
async fn converse(stream: TcpStream, tls: TlsAcceptor, pages: Pages) {
    let Ok(stream) = tls.accept(stream).await else { return };
    let service = service_fn(|request| {
        let response = respond(&request, &pages);
        async { Ok::<_, Infallible>(response) }
    });
    let _ = http1::Builder::new()
        .timer(TokioTimer::new())
        .keep_alive(false)
        .max_buf_size(MAX_HEAD)
        .serve_connection(TokioIo::new(stream), service)
        .await;
}

/// A body that comes with the request is never read.
fn respond(request: &Request<Incoming>, pages: &Pages) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::default());
    if request.method() != Method::GET {
        *response.status_mut() = StatusCode::METHOD_NOT_ALLOWED;
        return response;
    }
    let host = request.headers().get(HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
    // With or without the port that it is reached by.
    let host = host.split_once(':').map_or(host, |(host, _)| host).to_ascii_lowercase();
    let asked = (host, request.uri().path().to_owned());
    match pages.read().unwrap_or_else(PoisonError::into_inner).get(&asked) {
        Some(page) => {
            response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
            *response.body_mut() = Full::from(page.clone());
        }
        None => *response.status_mut() = StatusCode::NOT_FOUND,
    }
    response
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use rustls_pki_types::pem::PemObject as _;
    use rustls_pki_types::{CertificateDer, ServerName};
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

    use super::*;

    async fn started() -> WebServer {
        let server = WebServer::start((Ipv4Addr::LOCALHOST, 0).into(), &["carrier.example"]).await.unwrap();
        server.publish(
            "carrier.example",
            "/.well-known/did.json",
            &serde_json::json!({"id": "did:web:carrier.example"}),
        );
        server
    }

    /// The whole answer to a request to `carrier.example`.
    async fn asked(server: &WebServer, request: &str) -> io::Result<String> {
        let mut roots = rustls::RootCertStore::empty();
        roots.add(CertificateDer::from_pem_slice(server.authority().as_bytes()).unwrap()).unwrap();
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let client = rustls::ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
        let client = client.unwrap().with_root_certificates(roots).with_no_client_auth();
        let stream = TcpStream::connect(server.address()).await?;
        let name = ServerName::try_from("carrier.example").unwrap();
        let mut stream = tokio_rustls::TlsConnector::from(Arc::new(client)).connect(name, stream).await?;
        stream.write_all(request.as_bytes()).await?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await?;
        Ok(answer)
    }

    #[tokio::test]
    async fn it_serves_what_was_published_and_nothing_else() {
        let server = started().await;
        for (line, host, status) in [
            ("GET /.well-known/did.json", "carrier.example", "200"),
            ("GET /.well-known/did.json?x", "Carrier.Example:8546", "200"),
            ("GET /.well-known/did.json", "other.example", "404"),
            ("GET /", "carrier.example", "404"),
            ("POST /.well-known/did.json", "carrier.example", "405"),
        ] {
            let answer = asked(&server, &format!("{line} HTTP/1.1\r\nhost: {host}\r\n\r\n")).await.unwrap();
            assert_eq!(answer.split(' ').nth(1), Some(status), "{line} {host}");
            assert_eq!(answer.ends_with("{\"id\":\"did:web:carrier.example\"}"), status == "200", "{answer}");
        }
        let long = format!("GET /{} HTTP/1.1\r\nhost: carrier.example\r\n\r\n", "x".repeat(2 * MAX_HEAD));
        assert!(!asked(&server, &long).await.is_ok_and(|answer| answer.contains(" 200 ")));
    }

    #[tokio::test]
    async fn it_stays_on_this_machine_and_leaves_its_port() {
        let elsewhere = WebServer::start((Ipv4Addr::UNSPECIFIED, 0).into(), &[]).await;
        assert_eq!(elsewhere.unwrap_err().kind(), io::ErrorKind::InvalidInput);
        let server = started().await;
        let address = server.address();
        // A client that says nothing holds nobody up.
        let _silent = TcpStream::connect(address).await.unwrap();
        server.stop().await;
        assert_eq!(WebServer::start(address, &["carrier.example"]).await.unwrap().address(), address);
    }
}
