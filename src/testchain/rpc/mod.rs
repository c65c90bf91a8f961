//! JSON-RPC 2.0 over HTTP, on loopback only: the methods that the verifier itself, `ethers` clients and command-line
//! tools of this field need. The development accounts' keys are public, so nothing behind this server is worth
//! protecting; it is kept off the network all the same.
//!
//! `POST /` takes a call or a batch. Each batch is answered at one go, in the thread pool for blocking work, so the server
//! runs on a runtime of one thread too.

mod envelope;
mod error;
mod methods;
mod params;
mod wire;

use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use http_body_util::{BodyExt, Full, Limited};
use hyper::body::{Bytes, Incoming};
use hyper::header::{ALLOW, CONTENT_TYPE};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot};
use tokio::task::{JoinHandle, JoinSet};

use super::chain::Chain;

/// The most bytes of a request's body.
pub const MAX_BODY: usize = 8 << 20;
/// The most connections at a time; more wait.
pub const MAX_CONNECTIONS: usize = 128;
/// The most calls of a batch.
pub const MAX_BATCH: usize = envelope::MAX_BATCH;

/// A running server.
///
/// ```
/// # async fn run() -> Result<(), Box<dyn std::error::Error>> {
/// use std::sync::{Arc, Mutex};
///
/// use ebl_verifier::primitives::ChainId;
/// use ebl_verifier::testchain::chain::Chain;
/// use ebl_verifier::testchain::rpc::RpcServer;
///
/// let chain = Arc::new(Mutex::new(Chain::new(ChainId::try_from(31337)?, 1_700_000_000)));
/// let server = RpcServer::start(chain, "127.0.0.1:0".parse()?).await?;
/// println!("31337={}", server.url());
/// server.stop().await;
/// # Ok(())
/// # }
/// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(run()).unwrap();
/// ```
pub struct RpcServer {
    address: SocketAddr,
    stop: oneshot::Sender<()>,
    serving: JoinHandle<()>,
}

impl RpcServer {
    /// Listens on a loopback address; port 0 takes a free one. Any other address is refused.
    pub async fn start(chain: Arc<Mutex<Chain>>, address: SocketAddr) -> io::Result<Self> {
        if !address.ip().is_loopback() {
            let why = "the test chain listens on loopback addresses only: its keys are public";
            return Err(io::Error::new(io::ErrorKind::InvalidInput, why));
        }
        let listener = TcpListener::bind(address).await?;
        let address = listener.local_addr()?;
        let (stop, stopped) = oneshot::channel();
        let serving = tokio::spawn(serve(listener, chain, stopped));
        Ok(Self { address, stop, serving })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// `http://host:port`.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Closes the listener and every connection. Afterwards a client is refused. The chain lives on.
    pub async fn stop(self) {
        // Whoever dropped the other end is gone already.
        let _ = self.stop.send(());
        let _ = self.serving.await;
    }
}

impl std::fmt::Debug for RpcServer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RpcServer").field("address", &self.address).finish_non_exhaustive()
    }
}

/// Ends when it is told to, or when the server's handle is dropped.
async fn serve(listener: TcpListener, chain: Arc<Mutex<Chain>>, mut stopped: oneshot::Receiver<()>) {
    let places = Arc::new(Semaphore::new(MAX_CONNECTIONS));
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            _ = &mut stopped => break,
            Some(_) = connections.join_next() => {}
            accepted = accept(&listener, &places) => match accepted {
                Ok((stream, place)) => {
                    connections.spawn(converse(stream, Arc::clone(&chain), place));
                }
                // Out of descriptors, or a client that left: neither ends the server.
                Err(_) => tokio::time::sleep(AFTER_FAILURE).await,
            },
        }
    }
    drop(listener);
    connections.shutdown().await;
}

async fn accept(listener: &TcpListener, places: &Arc<Semaphore>) -> io::Result<(TcpStream, OwnedSemaphorePermit)> {
    let place = Arc::clone(places).acquire_owned().await.map_err(io::Error::other)?;
    let (stream, _) = listener.accept().await?;
    Ok((stream, place))
}

async fn converse(stream: TcpStream, chain: Arc<Mutex<Chain>>, _place: OwnedSemaphorePermit) {
    // Small answers should not wait for more to send.
    let _ = stream.set_nodelay(true);
    let service = service_fn(move |request| {
        let chain = Arc::clone(&chain);
        async move { Ok::<_, Infallible>(respond(request, chain).await) }
    });
    // A client that breaks off is not worth reporting.
    let _ = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(PATIENCE)
        .serve_connection(TokioIo::new(stream), service)
        .await;
}

async fn respond(request: Request<Incoming>, chain: Arc<Mutex<Chain>>) -> Response<Full<Bytes>> {
    match (request.method(), request.uri().path()) {
        (&Method::POST, "/") => {}
        (&Method::GET, "/") => return plain(StatusCode::OK, INTRODUCTION),
        (_, "/") => {
            let mut response = plain(StatusCode::METHOD_NOT_ALLOWED, "use POST\n");
            response.headers_mut().insert(ALLOW, hyper::header::HeaderValue::from_static("GET, POST"));
            return response;
        }
        _ => return plain(StatusCode::NOT_FOUND, "the JSON-RPC endpoint is /\n"),
    }
    let body = tokio::time::timeout(PATIENCE, Limited::new(request.into_body(), MAX_BODY).collect()).await;
    let body = match body {
        Ok(Ok(body)) => body.to_bytes(),
        Ok(Err(error)) if error.is::<http_body_util::LengthLimitError>() => {
            return plain(StatusCode::PAYLOAD_TOO_LARGE, "the request is too large\n");
        }
        Ok(Err(_)) => return plain(StatusCode::BAD_REQUEST, "the request is cut short\n"),
        Err(_) => return plain(StatusCode::REQUEST_TIMEOUT, "the request took too long\n"),
    };
    let answered = tokio::task::spawn_blocking(move || {
        let mut chain = chain.lock().unwrap_or_else(PoisonError::into_inner);
        envelope::answer(&mut chain, &body)
    });
    match answered.await {
        Ok(Some(answer)) => with_type(Response::new(Full::from(answer)), "application/json"),
        Ok(None) => {
            let mut response = Response::new(Full::default());
            *response.status_mut() = StatusCode::NO_CONTENT;
            response
        }
        Err(_) => plain(StatusCode::INTERNAL_SERVER_ERROR, "the test chain failed: please report this\n"),
    }
}

fn plain(status: StatusCode, text: &'static str) -> Response<Full<Bytes>> {
    let mut response = with_type(Response::new(Full::from(text)), "text/plain; charset=utf-8");
    *response.status_mut() = status;
    response
}

fn with_type(mut response: Response<Full<Bytes>>, content_type: &'static str) -> Response<Full<Bytes>> {
    response.headers_mut().insert(CONTENT_TYPE, hyper::header::HeaderValue::from_static(content_type));
    response
}

const INTRODUCTION: &str = "This is the local test chain of ebl-verifier: a JSON-RPC endpoint for Ethereum clients.\n\
    Send JSON-RPC 2.0 calls with POST to this address. Its accounts are public; nothing on it has any value.\n";
/// For the head of a request, its body, and a connection without either.
const PATIENCE: Duration = Duration::from_secs(60);
const AFTER_FAILURE: Duration = Duration::from_millis(50);
