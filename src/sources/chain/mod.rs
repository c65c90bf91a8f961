//! Reads a registry, its factory and a title escrow over JSON-RPC, all at one block (chain.md §5, §7).
//!
//! Two HTTP requests for an ordinary document: one pins a block, one reads everything at its hash.

mod calls;
pub mod endpoints;
mod lens;
mod plan;
mod quorum;
mod transport;
mod values;

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use rustls_pki_types::CertificateDer;
use tokio::time::Instant;

use crate::evidence::{Answer, Cause, Fact, Provenance, Unavailable};
use crate::primitives::{Address, ChainId, Digest32, TokenId};
pub use endpoints::{Endpoint, InvalidEndpoint};

/// How chains are asked.
#[derive(Debug, Clone)]
pub struct ChainConfig {
    /// Endpoints of each chain, in the order they are tried.
    pub endpoints: BTreeMap<ChainId, Vec<Endpoint>>,
    /// Whether the embedded table serves the chains that `endpoints` leaves out.
    pub use_embedded: bool,
    /// How many endpoints of different host and port must give the same answer; 0 and 1 mean that one is enough.
    pub quorum: usize,
    /// The block that is read.
    pub block: BlockChoice,
    /// Time for one endpoint, all its requests and retries together.
    pub timeout: Duration,
    /// Largest reply to one request, in bytes.
    pub max_response: usize,
    /// How often one request is repeated after HTTP 429, 5xx or a lost connection.
    pub retries: u32,
    /// Root certificates beside the public ones (`--ca-file`).
    pub extra_roots: Vec<CertificateDer<'static>>,
    /// Host name, port and the address to use instead (`--resolve`).
    pub resolve: Vec<(String, u16, SocketAddr)>,
}

impl Default for ChainConfig {
    fn default() -> Self {
        Self {
            endpoints: BTreeMap::new(),
            use_embedded: true,
            quorum: 1,
            block: BlockChoice::Default,
            timeout: Duration::from_secs(20),
            max_response: 16 << 20,
            retries: 2,
            extra_roots: Vec::new(),
            resolve: Vec::new(),
        }
    }
}

/// Which block is read (chain.md §5.3).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum BlockChoice {
    /// `finalized`; `latest` on a local chain and where the node has no finalized block.
    #[default]
    Default,
    /// The newest.
    Latest,
    /// The `safe` tag.
    Safe,
    /// The `finalized` tag and nothing else.
    Finalized,
    /// This height.
    Number(u64),
    /// This block hash.
    Hash(Digest32),
}

/// Why a [`ChainSource`] cannot be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// An extra root certificate cannot be used.
    #[error("an additional root certificate cannot be read")]
    Root,
    /// TLS could not be set up.
    #[error("TLS could not be set up")]
    Tls,
}

/// Answers [`Question::Registry`](crate::evidence::Question::Registry).
pub struct ChainSource {
    config: ChainConfig,
    clients: transport::Clients,
    known: Mutex<BTreeMap<ChainId, Arc<Pool>>>,
}

/// The endpoints of one chain.
struct Pool {
    rpcs: Vec<Arc<transport::Rpc>>,
    embedded: bool,
}

impl ChainSource {
    /// A source that has not asked anything yet.
    pub fn new(config: ChainConfig) -> Result<Self, ConfigError> {
        let clients = transport::Clients::new(&config)?;
        Ok(Self { config, clients, known: Mutex::default() })
    }

    /// Everything about one token of one registry, at one block. Endpoints are tried in order, those that failed last
    /// time after the others; with a quorum several are asked at once and must agree.
    pub async fn read_registry(&self, chain: ChainId, registry: Address, token: TokenId) -> (Answer, Provenance) {
        let pool = self.pool(chain);
        let request = plan::Request { chain, registry, token, choice: self.config.block };
        let requests = Arc::new(AtomicU32::new(0));
        let mut provenance = Provenance { embedded_default: pool.embedded, ..Provenance::default() };
        let mut order = pool.rpcs.clone();
        order.sort_by_key(|rpc| !rpc.healthy.load(Ordering::Relaxed));
        let answer = match self.config.quorum {
            0 | 1 => self.first_answer(&order, &request, &requests, &mut provenance).await,
            wanted => quorum::read(&order, request, wanted, self.config.timeout, &requests, &mut provenance).await,
        };
        provenance.requests = requests.load(Ordering::Relaxed);
        (answer, provenance)
    }

    async fn first_answer(
        &self,
        order: &[Arc<transport::Rpc>],
        request: &plan::Request,
        requests: &AtomicU32,
        provenance: &mut Provenance,
    ) -> Answer {
        for rpc in order {
            let deadline = Instant::now() + self.config.timeout;
            let session = transport::Session { rpc, deadline, requests };
            let outcome = plan::read(&session, request).await;
            rpc.healthy.store(outcome.is_ok(), Ordering::Relaxed);
            match outcome {
                Ok(reading) => {
                    provenance.hosts.push(rpc.endpoint.host());
                    return Ok(Fact::Registry(Box::new(reading)));
                }
                Err(unavailable) => provenance.failed.push(unavailable),
            }
        }
        let chain = request.chain;
        Err(provenance.failed.last().cloned().unwrap_or_else(|| Unavailable {
            cause: Cause::NoSource,
            host: None,
            detail: format!("no endpoint is known for chain {chain}: give one with --rpc {chain}=URL"),
        }))
    }

    fn pool(&self, chain: ChainId) -> Arc<Pool> {
        let mut known = self.known.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let pool = known.entry(chain).or_insert_with(|| {
            let given = self.config.endpoints.get(&chain).filter(|given| !given.is_empty()).cloned();
            let embedded = given.is_none() && self.config.use_embedded;
            let list = given.unwrap_or_else(|| if embedded { endpoints::embedded(chain) } else { Vec::new() });
            let rpcs = list.into_iter().map(|endpoint| {
                Arc::new(transport::Rpc {
                    route: self.clients.route(&endpoint),
                    endpoint,
                    max_response: self.config.max_response,
                    retries: self.config.retries,
                    refuses_batches: AtomicBool::new(false),
                    healthy: AtomicBool::new(true),
                })
            });
            let rpcs: Vec<_> = rpcs.collect();
            Arc::new(Pool { embedded: embedded && !rpcs.is_empty(), rpcs })
        });
        Arc::clone(pool)
    }
}
