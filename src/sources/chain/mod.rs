//! Reads registries with their title escrows, and document stores, over JSON-RPC, all at one block (chain.md §5, §7).
//!
//! Two HTTP requests for an ordinary document: one pins a block, one reads everything at its hash, however many
//! contracts that are. A title's history takes a third: whose logs to ask for is known only from its state. The logs of a
//! revocation are asked for afterwards, where a store says that it revoked something.

mod account_signature;
mod at;
mod calls;
mod did_ethr;
mod difference;
pub mod endpoints;
mod history;
mod in_time;
mod lens;
mod logs;
mod node_words;
mod plan;
mod powers;
mod probe;
mod proof;
mod quorum;
mod registry;
mod reply;
mod revocation;
mod round;
mod sight;
mod store;
mod title_logs;
mod together;
mod transport;
mod values;

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::time::Instant;

use crate::block_age::MaxBlockAge;
use crate::evidence::{
    AccountSignatureQuestion, Answer, Cause, DidEthrQuestion, DocumentStoreQuestion, Fact, HistoryQuestion,
    PowersQuestion, ProofQuestion, Provenance, Question, RegistryQuestion, RevocationEvent, RevocationQuestion,
    TitleLogsQuestion, Unavailable,
};
use crate::primitives::{Address, ChainId, Digest32, TokenId};
use crate::sources::usage::Usage;
use crate::sources::{HostUse, ProxyRules, RootCertificate, TlsRoots};
pub use endpoints::{Endpoint, Exchange, InvalidEndpoint, Transport, TransportError};
pub use probe::{Abilities, ChainProbe, EndpointProbe, LogRange};
pub(super) use together::Together;

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
    /// How old it may be; an endpoint whose block is older is behind.
    pub max_block_age: MaxBlockAge,
    /// How long an endpoint's block is read at before it is asked for another; zero asks anew each time.
    pub keep_block: Duration,
    /// Time for one endpoint, all its requests and retries together.
    pub timeout: Duration,
    /// Largest reply to one request, in bytes.
    pub max_response: usize,
    /// How often one request is repeated after HTTP 429, 5xx or a lost connection.
    pub retries: u32,
    /// Root certificates beside the public ones (`--ca-file`).
    pub extra_roots: Vec<RootCertificate>,
    /// Whose root certificates are trusted.
    pub tls_roots: TlsRoots,
    /// Proxies.
    pub proxy: ProxyRules,
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
            max_block_age: MaxBlockAge::OfChain,
            keep_block: Duration::ZERO,
            timeout: Duration::from_secs(20),
            max_response: 16 << 20,
            retries: 2,
            extra_roots: Vec::new(),
            tls_roots: TlsRoots::default(),
            proxy: ProxyRules::default(),
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
    /// The last one at or before this time, in seconds since the Unix epoch.
    AtTime(i64),
}

/// Why a [`ChainSource`] cannot be made.
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

/// Answers the questions about chains.
pub struct ChainSource {
    config: ChainConfig,
    clients: transport::Clients,
    usage: Arc<Usage>,
    known: Mutex<BTreeMap<ChainId, Arc<Pool>>>,
}

/// What a [`ChainSource`] can be asked about a chain.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ChainQuestion {
    /// One token of one registry.
    Registry {
        /// The token registry.
        registry: Address,
        /// The token.
        token: TokenId,
    },
    /// The logs of one title's escrow.
    History {
        /// The token registry.
        registry: Address,
        /// The token id.
        token: TokenId,
    },
    /// The logs of several titles' escrows since they were read before.
    TitleLogs {
        /// The escrows.
        escrows: Vec<Address>,
        /// The heights at which they were read, ascending.
        heights: Vec<u64>,
    },
    /// The proof of one token of one registry.
    Proof {
        /// The token registry.
        registry: Address,
        /// The token.
        token: TokenId,
    },
    /// Who holds which role of one registry.
    Powers {
        /// The token registry.
        registry: Address,
    },
    /// One document of one document store.
    DocumentStore {
        /// The store.
        store: Address,
        /// The document's digest.
        target_hash: Digest32,
        /// Its Merkle proof.
        proof: Vec<Digest32>,
    },
    /// The logs of a revocation by a document store, and who sent their transaction.
    Revocation {
        /// The store.
        store: Address,
        /// The revoked hash.
        node: Digest32,
        /// What the store writes when it revokes.
        event: RevocationEvent,
        /// The block that the store records, if it records one.
        recorded_at: Option<u64>,
    },
    /// One identity of a DID registry (ERC-1056), with its whole history.
    DidEthr {
        /// The registry.
        registry: Address,
        /// The identity.
        identity: Address,
    },
    /// Whether an account's contract accepts a signature, and what stands at the account.
    AccountSignature(AccountSignatureQuestion),
}

impl ChainQuestion {
    /// The chain that a question is about, and what it asks there; `None` for a question to somebody else.
    pub fn of(question: &Question) -> Option<(ChainId, Self)> {
        match question {
            Question::Registry(RegistryQuestion { chain, registry, token }) => {
                Some((*chain, Self::Registry { registry: *registry, token: *token }))
            }
            Question::History(HistoryQuestion { chain, registry, token }) => {
                Some((*chain, Self::History { registry: *registry, token: *token }))
            }
            Question::TitleLogs(TitleLogsQuestion { chain, escrows, heights }) => {
                Some((*chain, Self::TitleLogs { escrows: escrows.clone(), heights: heights.clone() }))
            }
            Question::Powers(PowersQuestion { chain, registry }) => {
                Some((*chain, Self::Powers { registry: *registry }))
            }
            Question::Proof(ProofQuestion { chain, registry, token }) => {
                Some((*chain, Self::Proof { registry: *registry, token: *token }))
            }
            Question::DocumentStore(DocumentStoreQuestion { chain, store, target_hash, proof }) => {
                let (store, target_hash, proof) = (*store, *target_hash, proof.clone());
                Some((*chain, Self::DocumentStore { store, target_hash, proof }))
            }
            Question::Revocation(RevocationQuestion { chain, store, node, event, recorded_at }) => {
                let (store, node, event, recorded_at) = (*store, *node, *event, *recorded_at);
                Some((*chain, Self::Revocation { store, node, event, recorded_at }))
            }
            Question::DidEthr(DidEthrQuestion { chain, registry, identity }) => {
                Some((*chain, Self::DidEthr { registry: *registry, identity: *identity }))
            }
            Question::AccountSignature(question) => Some((question.chain, Self::AccountSignature(question.clone()))),
            _ => None,
        }
    }
}

/// Whose questions go together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Company {
    /// One document's.
    Alone,
    Several,
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
        Ok(Self { config, clients, usage: Arc::default(), known: Mutex::default() })
    }

    /// Answers all questions about one chain together, at one block: the answers come in the order of the questions.
    /// Endpoints are tried in order, those that failed last time after the others; with a quorum several are asked at
    /// once and must agree.
    pub async fn read(&self, chain: ChainId, questions: Vec<ChainQuestion>) -> Vec<(Answer, Provenance)> {
        let count = questions.len();
        let (outcome, provenance) = self.outcome(chain, questions, Company::Alone).await;
        let answers = outcome.unwrap_or_else(|why| vec![Err(why); count]);
        answers.into_iter().map(|answer| with_provenance(answer, &provenance)).collect()
    }

    /// The answers, or why there is none to any of the questions.
    async fn outcome(
        &self,
        chain: ChainId,
        questions: Vec<ChainQuestion>,
        company: Company,
    ) -> (Result<Vec<Answer>, Unavailable>, Provenance) {
        let pool = self.pool(chain);
        let hints = proof::Hints::default();
        let (choice, max_age, keep) = (self.config.block, self.config.max_block_age, self.config.keep_block);
        let request = Arc::new(plan::Request { chain, questions, choice, max_age, keep, hints });
        let requests = Arc::new(AtomicU32::new(0));
        let mut provenance = Provenance { embedded_default: pool.embedded, ..Provenance::default() };
        let mut order = pool.rpcs.clone();
        order.sort_by_key(|rpc| !rpc.healthy.load(Ordering::Relaxed));
        let outcome = match self.config.quorum {
            0 | 1 => self.first_answer(&order, &request, company, &requests, &mut provenance).await,
            wanted => {
                quorum::read(&order, Arc::clone(&request), wanted, self.config.timeout, &requests, &mut provenance)
                    .await
            }
        };
        provenance.requests = requests.load(Ordering::Relaxed);
        provenance.answered_at = u64::try_from(crate::sources::now()).ok();
        (outcome, provenance)
    }

    /// Whether somebody gives a block to read at, asked for anew.
    async fn is_there(&self, chain: ChainId) -> Result<(), (Unavailable, Provenance)> {
        for rpc in &self.pool(chain).rpcs {
            rpc.kept.forget().await;
        }
        let (outcome, provenance) = self.outcome(chain, Vec::new(), Company::Alone).await;
        outcome.map(drop).map_err(|why| (why, provenance))
    }

    /// Everything about one token of one registry, at one block.
    pub async fn read_registry(&self, chain: ChainId, registry: Address, token: TokenId) -> (Answer, Provenance) {
        let mut answers = self.read(chain, vec![ChainQuestion::Registry { registry, token }]).await;
        answers.pop().unwrap_or_else(|| (Err(no_endpoint(chain)), Provenance::default()))
    }

    /// The first endpoint that answers everything; in company anything, for what one document lacks is no failure to the
    /// others. Where none does, the one that answered most: all answers are of one block, so they are never put together
    /// from several.
    async fn first_answer(
        &self,
        order: &[Arc<transport::Rpc>],
        request: &plan::Request,
        company: Company,
        requests: &AtomicU32,
        provenance: &mut Provenance,
    ) -> Result<Vec<Answer>, Unavailable> {
        let mut most: Option<(usize, Vec<Answer>, String)> = None;
        for rpc in order {
            let deadline = Instant::now() + self.config.timeout;
            let session = transport::Session { rpc, deadline, requests };
            let outcome = plan::read(&session, request).await;
            let failure = match &outcome {
                Ok(answers)
                    if company == Company::Several && !answers.iter().all(|answer| shortfall(answer).is_some()) =>
                {
                    None
                }
                Ok(answers) => answers.iter().find_map(shortfall).cloned(),
                Err(why) => Some(why.clone()),
            };
            rpc.healthy.store(failure.is_none(), Ordering::Relaxed);
            if let Ok(answers) = outcome {
                let good = answers.iter().filter(|answer| shortfall(answer).is_none()).count();
                let better = most.as_ref().is_none_or(|(most, ..)| good > *most);
                if better && (good > 0 || answers.is_empty()) {
                    most = Some((good, answers, rpc.endpoint.host()));
                }
            }
            match failure {
                Some(failure) => provenance.failed.push(failure),
                None => break,
            }
        }
        match most {
            Some((_, answers, host)) => {
                provenance.hosts.push(host);
                Ok(answers)
            }
            None => {
                let behind = provenance.failed.iter().find(|why| why.cause == Cause::Behind);
                Err(behind.or(provenance.failed.last()).cloned().unwrap_or_else(|| no_endpoint(request.chain)))
            }
        }
    }

    /// What asking each endpoint came to so far.
    pub(super) fn usage(&self) -> Vec<HostUse> {
        self.usage.hosts()
    }

    /// Who can be asked about a chain, without paths or credentials.
    pub(crate) fn hosts(&self, chain: ChainId) -> Vec<String> {
        self.pool(chain).rpcs.iter().map(|rpc| rpc.endpoint.host()).collect()
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
                    takes_batches: AtomicBool::new(false),
                    calls_at_once: AtomicUsize::new(MOST_CALLS),
                    healthy: AtomicBool::new(true),
                    log_range: AtomicU64::new(u64::MAX),
                    kept: at::Kept::default(),
                    usage: Arc::clone(&self.usage),
                    tokens_at_once: AtomicUsize::new(lens::many::MOST_TOKENS),
                })
            });
            let rpcs: Vec<_> = rpcs.collect();
            Arc::new(Pool { embedded: embedded && !rpcs.is_empty(), rpcs })
        });
        Arc::clone(pool)
    }
}

fn with_provenance(answer: Answer, provenance: &Provenance) -> (Answer, Provenance) {
    // Nobody stands for an answer that was not given.
    let hosts = if answer.is_ok() { provenance.hosts.clone() } else { Vec::new() };
    (answer, Provenance { hosts, ..provenance.clone() })
}

/// Calls of one batch, before an endpoint has said how many it takes.
const MOST_CALLS: usize = 1000;

/// Why an answer is none, or not a whole one: another endpoint may give more.
fn shortfall(answer: &Answer) -> Option<&Unavailable> {
    match answer {
        Err(why) => Some(why),
        Ok(Fact::History(reading)) => reading.logs.missing.as_ref(),
        Ok(Fact::TitleLogs(reading)) => reading.logs.missing.as_ref(),
        Ok(Fact::Powers(reading)) => reading.logs.missing.as_ref(),
        Ok(_) => None,
    }
}

fn no_endpoint(chain: ChainId) -> Unavailable {
    Unavailable {
        cause: Cause::NoSource,
        host: None,
        detail: format!("no endpoint is known for chain {chain}: give one with --rpc {chain}=URL"),
    }
}
