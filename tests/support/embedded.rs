//! The embedded chain behind its JSON-RPC server, for tests that are not async.

use std::sync::{Arc, Mutex, mpsc};
use std::thread::JoinHandle;

use ebl_verifier::primitives::ChainId;
use ebl_verifier::testchain::chain::Chain;
use ebl_verifier::testchain::rpc::RpcServer;
use libtest_mimic::Failed;
use tokio::sync::oneshot;

/// A running chain with its server, on a thread and a runtime of its own; it ends with this value.
pub struct Embedded {
    pub url: String,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Embedded {
    pub fn start(chain: u64) -> Result<Self, Failed> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let chain = Arc::new(Mutex::new(Chain::new(ChainId::try_from(chain)?, 1_700_000_000)));
        let (stop, stopped) = oneshot::channel::<()>();
        let (started, url) = mpsc::channel();
        let serve = async move {
            let server = RpcServer::start(chain, ([127, 0, 0, 1], 0).into()).await.expect("a port");
            started.send(server.url()).expect("somebody waits");
            let _ = stopped.await;
            server.stop().await;
        };
        let thread = std::thread::spawn(move || runtime.block_on(serve));
        Ok(Self { url: url.recv()?, stop: Some(stop), thread: Some(thread) })
    }
}

impl Drop for Embedded {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}
