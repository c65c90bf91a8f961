//! What the server knows besides the chain, and how a call gets at both.

use std::sync::{Arc, Mutex, PoisonError};

use hyper::body::Bytes;
use tokio::sync::{Semaphore, watch};

use super::filters::Filters;
use super::gate::Origin;
use super::subscriptions::Subscriptions;
use super::time::{Clock, Snapshots};
use super::{MAX_WEBSOCKETS, envelope};
use crate::testchain::chain::Chain;

/// Everything that the connections share.
pub(super) struct World {
    chain: Arc<Mutex<Chain>>,
    memory: Mutex<Memory>,
    /// The pages that may speak to the server.
    pub pages: Vec<Origin>,
    /// Places at work; idle connections hold none.
    working: Semaphore,
    /// Places for WebSockets.
    pub listeners: Arc<Semaphore>,
}

/// What is remembered from call to call.
#[derive(Default)]
pub(super) struct Memory {
    pub clock: Clock,
    pub snapshots: Snapshots,
    pub filters: Filters,
}

/// What one call can reach.
pub(super) struct Session<'a> {
    pub chain: &'a mut Chain,
    pub memory: &'a mut Memory,
    /// Where its client can be told something unasked.
    pub subscriptions: Option<&'a mut Subscriptions>,
}

/// That the server itself failed.
#[derive(Debug)]
pub(super) struct Failed;

impl World {
    pub(super) fn new(chain: Arc<Mutex<Chain>>, pages: Vec<Origin>) -> Self {
        let (working, listeners) = (Semaphore::new(AT_WORK), Arc::new(Semaphore::new(MAX_WEBSOCKETS)));
        Self { chain, memory: Mutex::default(), pages, working, listeners }
    }

    /// The answer to the body of a request; `None` where it was only notifications.
    pub(super) async fn answer(self: &Arc<Self>, body: Bytes) -> Result<Option<String>, Failed> {
        self.work(move |chain, memory| envelope::answer(&mut Session { chain, memory, subscriptions: None }, &body))
            .await
    }

    /// The answer to a message on a WebSocket, whose subscriptions it may change.
    pub(super) async fn answer_message(
        self: &Arc<Self>,
        body: Bytes,
        mut subscriptions: Subscriptions,
    ) -> Result<(Option<String>, Subscriptions), Failed> {
        self.work(move |chain, memory| {
            let mut session = Session { chain, memory, subscriptions: Some(&mut subscriptions) };
            (envelope::answer(&mut session, &body), subscriptions)
        })
        .await
    }

    /// The next messages about blocks up to `until`; none where all were told.
    pub(super) async fn news(
        self: &Arc<Self>,
        mut subscriptions: Subscriptions,
        until: u64,
    ) -> Result<(Vec<String>, Subscriptions), Failed> {
        self.work(move |chain, _| (subscriptions.news(chain, until), subscriptions)).await
    }

    /// Tells whenever a block comes.
    pub(super) fn blocks(&self) -> watch::Receiver<u64> {
        self.chain.lock().unwrap_or_else(PoisonError::into_inner).news()
    }

    async fn work<T: Send + 'static>(
        self: &Arc<Self>,
        task: impl FnOnce(&mut Chain, &mut Memory) -> T + Send + 'static,
    ) -> Result<T, Failed> {
        let _place = self.working.acquire().await.map_err(|_| Failed)?;
        let world = Arc::clone(self);
        let done = tokio::task::spawn_blocking(move || {
            let mut chain = world.chain.lock().unwrap_or_else(PoisonError::into_inner);
            let mut memory = world.memory.lock().unwrap_or_else(PoisonError::into_inner);
            task(&mut chain, &mut memory)
        });
        done.await.map_err(|_| Failed)
    }
}

/// More would only wait for the chain.
const AT_WORK: usize = 4;
