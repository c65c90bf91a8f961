//! JSON-RPC 2.0 over HTTP and WebSocket, on loopback only: the methods that the verifier itself, `ethers` and `viem`
//! clients and command-line tools of this field need. The development accounts' keys are public, so nothing behind this
//! server is worth protecting; it is kept off the network all the same, and pages in a browser cannot reach it unless
//! they are named ([`Origin`]).
//!
//! `POST /` takes a call or a batch; a WebSocket takes them as messages and can subscribe to what is new. Each batch is
//! answered at one go, in the thread pool for blocking work, so the server runs on a runtime of one thread too.

mod connections;
mod envelope;
mod error;
mod filters;
mod gate;
mod http;
mod methods;
mod params;
mod session;
mod signing;
mod subscriptions;
mod time;
mod typed_data;
mod websocket;
mod wire;

use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::{JoinHandle, JoinSet};

use super::chain::Chain;
use connections::Resting;
pub use gate::{InvalidOrigin, Origin};
use session::World;

/// The most bytes of a request's body or of a message.
pub const MAX_BODY: usize = 8 << 20;
/// The most connections at a time. Where one more comes, the one that is idle the longest is closed.
pub const MAX_CONNECTIONS: usize = 512;
/// The most WebSockets among them.
pub const MAX_WEBSOCKETS: usize = 256;
/// The most subscriptions of one WebSocket.
pub const MAX_SUBSCRIPTIONS: usize = subscriptions::MAX_SUBSCRIPTIONS;
/// The most filters at a time.
pub const MAX_FILTERS: usize = filters::MAX_FILTERS;
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
        Self::start_for_pages(chain, address, Vec::new()).await
    }

    /// The same for pages in a browser too: those of these origins.
    pub async fn start_for_pages(
        chain: Arc<Mutex<Chain>>,
        address: SocketAddr,
        pages: Vec<Origin>,
    ) -> io::Result<Self> {
        if !address.ip().is_loopback() {
            let why = "the test chain listens on loopback addresses only: its keys are public";
            return Err(io::Error::new(io::ErrorKind::InvalidInput, why));
        }
        let listener = TcpListener::bind(address).await?;
        let address = listener.local_addr()?;
        let (stop, stopped) = oneshot::channel();
        let serving = tokio::spawn(serve(listener, Arc::new(World::new(chain, pages)), stopped));
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

    /// `ws://host:port`, the same port.
    pub fn websocket_url(&self) -> String {
        format!("ws://{}", self.address)
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
async fn serve(listener: TcpListener, world: Arc<World>, mut stopped: oneshot::Receiver<()>) {
    let resting = Arc::new(Resting::default());
    let mut connections = JoinSet::new();
    // The connection that was taken though there was no place for it.
    let mut newcomer: Option<u64> = None;
    loop {
        if connections.len() <= MAX_CONNECTIONS || newcomer.is_some_and(|since| resting.make_room(since)) {
            newcomer = None;
        }
        tokio::select! {
            _ = &mut stopped => break,
            Some(_) = connections.join_next() => {}
            () = resting.changed(), if newcomer.is_some() => {}
            accepted = listener.accept(), if connections.len() <= MAX_CONNECTIONS => match accepted {
                Ok((stream, _)) => {
                    let connection = resting.connection();
                    newcomer = Some(connection.since());
                    connections.spawn(http::converse(stream, Arc::clone(&world), connection));
                }
                // Out of descriptors, or a client that left: neither ends the server.
                Err(_) => {
                    resting.make_room(u64::MAX);
                    tokio::time::sleep(AFTER_FAILURE).await;
                }
            },
        }
    }
    drop(listener);
    connections.shutdown().await;
}

/// For the head of a request, its body, a connection without either, and a client that does not take its answer.
const PATIENCE: Duration = Duration::from_secs(60);
const AFTER_FAILURE: Duration = Duration::from_millis(50);
