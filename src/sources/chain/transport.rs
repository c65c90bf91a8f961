//! Batched JSON-RPC over HTTP. One batch is one POST. What is not an answer becomes [`Unavailable`] with the host, never
//! the URL, which may hold a key (chain.md §5.2 rule 5). A node's own words are quoted as [`node_words`] lets them through.
//!
//! No redirect is followed and no proxy is used, not even one from the environment.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};
use std::time::Duration;

use serde_json::{Value, json};
use tokio::time::{Instant, sleep, timeout_at};

use super::endpoints::Endpoint;
use super::reply::{Body, Envelope, Item, NodeError};
use super::{ChainConfig, ConfigError, node_words};
use crate::evidence::{Cause, Unavailable};
use crate::sources::place::{Place, Port};
use crate::sources::tls::TlsError;

/// One method call of a batch.
pub(super) type Call = (&'static str, Value);

/// The clients of a source: one for all endpoints, and one more for each host and port that `--resolve` sends elsewhere.
pub(super) struct Clients {
    direct: reqwest::Client,
    redirected: BTreeMap<(String, u16), Redirected>,
}

struct Redirected {
    client: reqwest::Client,
    to: SocketAddr,
}

impl Clients {
    pub fn new(config: &ChainConfig) -> Result<Self, ConfigError> {
        let tls = crate::sources::tls::client_config(&config.extra_roots).map_err(|error| match error {
            TlsError::Root => ConfigError::Root,
            TlsError::Setup => ConfigError::Tls,
        })?;
        let builder = || {
            reqwest::Client::builder()
                .tls_backend_preconfigured(tls.clone())
                .redirect(reqwest::redirect::Policy::none())
                .no_proxy()
                .connect_timeout(config.timeout.min(CONNECT_TIMEOUT))
        };
        let mut redirected = BTreeMap::new();
        for (host, port, to) in &config.resolve {
            // The port of a URL goes before the port of an override, so the URL's is changed and the `host` header put
            // back; in HTTP/2 the authority would still show the other port.
            let client = builder().http1_only().resolve(host, *to).build().map_err(|_| ConfigError::Tls)?;
            let entry = redirected.entry((host.to_ascii_lowercase(), *port));
            entry.or_insert(Redirected { client, to: *to });
        }
        Ok(Self { direct: builder().build().map_err(|_| ConfigError::Tls)?, redirected })
    }

    /// How an endpoint is reached.
    pub fn route(&self, endpoint: &Endpoint) -> Route {
        let mut url = endpoint.url().clone();
        match self.redirected.get(&endpoint.place()) {
            Some(Redirected { client, to }) if url.set_port(Some(to.port())).is_ok() => {
                Route { client: client.clone(), url, host: Some(endpoint.host()), to: Some(*to) }
            }
            _ => Route { client: self.direct.clone(), url, host: None, to: None },
        }
    }
}

/// A client, what to ask with it, and the `host` header where it is not the URL's.
pub(super) struct Route {
    client: reqwest::Client,
    url: url::Url,
    host: Option<String>,
    /// The address of `--resolve`.
    to: Option<SocketAddr>,
}

/// One endpoint and what was learnt of it.
pub(super) struct Rpc {
    pub endpoint: Endpoint,
    pub route: Route,
    pub max_response: usize,
    pub retries: u32,
    /// Single calls worked where a batch did not.
    pub refuses_batches: AtomicBool,
    /// A batch worked.
    pub takes_batches: AtomicBool,
    pub healthy: AtomicBool,
    /// The longest range of blocks that it is asked to search for logs.
    pub log_range: AtomicU64,
}

impl Rpc {
    /// Where it is, as far as a quorum is concerned.
    pub async fn place(&self) -> Place {
        let (host, port) = self.endpoint.place();
        let port_of = |port: u16| if matches!(port, 80 | 443) { Port::Default } else { Port::Other(port) };
        match self.route.to {
            Some(to) => Place::new(&to.ip().to_string(), port_of(to.port()), []),
            None => Place::found(&host, port_of(port)).await,
        }
    }

    /// In blocks.
    pub fn longest_log_range(&self) -> u64 {
        self.log_range.load(Ordering::Relaxed)
    }

    /// It refused a longer range than this one.
    pub fn log_range_refused_above(&self, blocks: u64) {
        self.log_range.fetch_min(blocks.max(1), Ordering::Relaxed);
    }
}

/// A conversation with one endpoint until a deadline.
pub(super) struct Session<'a> {
    pub rpc: &'a Rpc,
    pub deadline: Instant,
    pub requests: &'a AtomicU32,
}

impl Session<'_> {
    /// The calls' results in the order of the calls. What the endpoint refuses for being in a batch, as a whole or in part
    /// and in whatever way, is asked again in single calls, once.
    pub async fn batch(&self, calls: &[Call]) -> Result<Vec<Item>, Unavailable> {
        let bodies: Vec<Value> = calls
            .iter()
            .enumerate()
            .map(|(id, (method, params))| json!({"jsonrpc": "2.0", "id": id, "method": method, "params": params}))
            .collect();
        if self.rpc.refuses_batches.load(Ordering::Relaxed) {
            return self.singly(&bodies, self.rpc.retries).await;
        }
        match self.post(Shape::Batch { calls: calls.len() }, &Value::Array(bodies.clone()), self.rpc.retries).await? {
            Reply::Batch(replies) => self.again_where_refused(self.matched(replies, calls.len())?, &bodies).await,
            Reply::BatchRefused(Refusal::Unsaid(failure)) => match self.singly(&bodies, 0).await {
                Ok(items) if items.iter().any(Result::is_ok) => {
                    self.learn_from(&items);
                    Ok(items)
                }
                _ => Err(failure),
            },
            Reply::BatchRefused(refusal) => {
                let items = self.singly(&bodies, self.rpc.retries).await?;
                if matches!(refusal, Refusal::ForGood) {
                    self.learn_from(&items);
                }
                Ok(items)
            }
            Reply::Single(_) => Err(self.not_an_answer("the reply is not a JSON-RPC reply")),
        }
    }

    /// Asks again, alone, what was refused for being in a batch: where the node says so, and where it has refused
    /// everything of every batch.
    async fn again_where_refused(&self, mut items: Vec<Item>, bodies: &[Value]) -> Result<Vec<Item>, Unavailable> {
        let worked = items.iter().any(Result::is_ok);
        self.rpc.takes_batches.fetch_or(worked, Ordering::Relaxed);
        let all = !self.rpc.takes_batches.load(Ordering::Relaxed);
        let refused = |item: &Item| item.as_ref().is_err_and(|error| all || error.is_about_batches());
        let refused: Vec<usize> = (0..).zip(&items).filter(|(_, item)| refused(item)).map(|(index, _)| index).collect();
        for &index in &refused {
            let (Some(body), Some(item)) = (bodies.get(index), items.get_mut(index)) else { continue };
            // That it is refused once more, or that nothing comes, is no worse than before.
            match self.single(body, index, 0).await {
                Ok(alone) => *item = alone,
                Err(_) => break,
            }
        }
        if refused.len() == items.len() {
            self.learn_from(&items);
        }
        Ok(items)
    }

    async fn singly(&self, bodies: &[Value], retries: u32) -> Result<Vec<Item>, Unavailable> {
        let mut items = Vec::with_capacity(bodies.len());
        for (id, body) in bodies.iter().enumerate() {
            items.push(self.single(body, id, retries).await?);
        }
        Ok(items)
    }

    async fn single(&self, body: &Value, id: usize, retries: u32) -> Result<Item, Unavailable> {
        match self.post(Shape::Single, body, retries).await? {
            Reply::Single(reply) if reply.id() == Some(id) || reply.is_about_no_call() => self.item(reply),
            Reply::Single(_) => Err(self.not_an_answer("a reply carries an id that was not asked for")),
            _ => Err(self.not_an_answer("the reply is not a JSON-RPC reply")),
        }
    }

    /// Only single calls that work show that it was the batch that was refused.
    fn learn_from(&self, items: &[Item]) {
        self.rpc.refuses_batches.fetch_or(items.iter().any(Result::is_ok), Ordering::Relaxed);
    }

    pub fn unavailable(&self, cause: Cause, detail: impl Into<String>) -> Unavailable {
        Unavailable { cause, host: Some(self.rpc.endpoint.host()), detail: detail.into() }
    }

    pub fn not_an_answer(&self, detail: impl Into<String>) -> Unavailable {
        self.unavailable(Cause::NotAnAnswer, detail)
    }

    /// The node's error, in its own words as far as they may be shown.
    pub fn refused(&self, what: impl std::fmt::Display, error: &NodeError) -> Unavailable {
        self.not_an_answer(format!("{what}: {}", self.words(error)))
    }

    pub fn words(&self, error: &NodeError) -> String {
        node_words::in_words(error, self.rpc.endpoint.url())
    }

    fn matched(&self, replies: Vec<Envelope>, wanted: usize) -> Result<Vec<Item>, Unavailable> {
        let mut items: Vec<Option<Item>> = vec![None; wanted];
        for reply in replies {
            let slot = reply.id().and_then(|id| items.get_mut(id)).filter(|slot| slot.is_none());
            let slot = slot.ok_or_else(|| self.not_an_answer("a reply carries an id that was not asked for"))?;
            *slot = Some(self.item(reply)?);
        }
        let whole: Option<Vec<Item>> = items.into_iter().collect();
        whole.ok_or_else(|| self.not_an_answer("a call of the batch was left unanswered"))
    }

    fn item(&self, reply: Envelope) -> Result<Item, Unavailable> {
        reply.item().ok_or_else(|| self.not_an_answer("a reply has neither a result nor an error"))
    }

    async fn post(&self, shape: Shape, body: &Value, retries: u32) -> Result<Reply, Unavailable> {
        let body = body.to_string();
        for attempt in 0.. {
            let (failure, wait) = match timeout_at(self.deadline, self.once(shape, body.clone())).await {
                Err(_) => return Err(self.unavailable(Cause::Timeout, "no answer in time")),
                Ok(Ok(reply)) => return Ok(reply),
                Ok(Err(Failed::For(failure))) => return Err(failure),
                Ok(Err(Failed::Perhaps(failure, wait))) => (failure, wait),
            };
            // A wait that the server names is kept whole, or not begun.
            let wait = wait.unwrap_or_else(|| (FIRST_WAIT * 2u32.saturating_pow(attempt)).min(LONGEST_WAIT));
            let in_time = Instant::now().checked_add(wait).is_some_and(|then| then < self.deadline);
            if attempt >= retries || !in_time {
                let lasting = matches!(shape, Shape::Batch { .. }) && failure.cause != Cause::RateLimited;
                return if lasting { Ok(Reply::BatchRefused(Refusal::Unsaid(failure))) } else { Err(failure) };
            }
            sleep(wait).await;
        }
        Err(self.unavailable(Cause::Timeout, "no answer in time"))
    }

    async fn once(&self, shape: Shape, body: String) -> Result<Reply, Failed> {
        self.requests.fetch_add(1, Ordering::Relaxed);
        let Route { client, url, host, .. } = &self.rpc.route;
        let mut request = client.post(url.clone()).header("content-type", "application/json");
        if let Some(host) = host {
            request = request.header("host", host);
        }
        let mut response = request.body(body).send().await.map_err(|error| self.failed(&error))?;
        let status = response.status();
        let header = response.headers().get("retry-after").and_then(|value| value.to_str().ok());
        let wait = header.and_then(|text| text.trim().parse().ok()).map(Duration::from_secs);
        if status.as_u16() == 429 {
            return Err(Failed::Perhaps(self.unavailable(Cause::RateLimited, "too many requests (HTTP 429)"), wait));
        }
        if status.is_server_error() {
            let failure = self.not_an_answer(format!("HTTP status {}", status.as_u16()));
            return Err(Failed::Perhaps(failure, wait));
        }
        let mut bytes = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(|error| self.failed(&error))? {
            if bytes.len() + chunk.len() > self.rpc.max_response {
                let limit = self.rpc.max_response;
                return Err(Failed::For(self.not_an_answer(format!("the reply is larger than {limit} bytes"))));
            }
            bytes.extend_from_slice(&chunk);
        }
        self.reply(shape, status, bytes, wait)
    }

    fn reply(
        &self,
        shape: Shape,
        status: reqwest::StatusCode,
        bytes: Vec<u8>,
        wait: Option<Duration>,
    ) -> Result<Reply, Failed> {
        let (is_batch, calls) = match shape {
            Shape::Batch { calls } => (true, calls),
            Shape::Single => (false, 1),
        };
        let refused_batch = is_batch && BATCH_REFUSALS.contains(&status.as_u16());
        let is_empty = bytes.is_empty();
        let body = Body::read(bytes, calls);
        let errors = body.errors();
        if let Some(limit) = errors.iter().find(|error| error.is_rate_limit()) {
            let detail = format!("too many requests (JSON-RPC error {})", limit.code);
            return Err(Failed::Perhaps(self.unavailable(Cause::RateLimited, detail), wait));
        }
        let for_good = refused_batch || errors.iter().any(NodeError::refuses_batches);
        let refusal = if for_good { Refusal::ForGood } else { Refusal::Passing };
        let detail = match body {
            // One error without an id, in a list or by itself, is about the batch.
            Body::Batch(replies) if is_batch && matches!(&replies[..], [only] if only.is_about_no_call()) => {
                return Ok(Reply::BatchRefused(refusal));
            }
            Body::Batch(replies) if is_batch => return Ok(Reply::Batch(replies)),
            Body::Single(_) if is_batch && !errors.is_empty() && (status.is_success() || refused_batch) => {
                return Ok(Reply::BatchRefused(refusal));
            }
            _ if refused_batch => return Ok(Reply::BatchRefused(Refusal::ForGood)),
            Body::Single(reply) if !is_batch && (status.is_success() || !errors.is_empty()) => {
                return Ok(Reply::Single(reply));
            }
            _ if !status.is_success() => {
                let words = errors.first().map_or_else(String::new, |error| format!(": {}", self.words(error)));
                format!("HTTP status {}{words}", status.as_u16())
            }
            Body::Batch(_) | Body::Single(_) | Body::Other => "the reply is not a JSON-RPC reply".into(),
            Body::Unreadable if is_empty => "the reply is empty".into(),
            Body::Unreadable => "the reply is not JSON, or is cut short".into(),
        };
        let failure = self.not_an_answer(detail);
        if is_batch { Ok(Reply::BatchRefused(Refusal::Unsaid(failure))) } else { Err(Failed::For(failure)) }
    }

    fn failed(&self, error: &reqwest::Error) -> Failed {
        if error.is_timeout() {
            return Failed::For(self.unavailable(Cause::Timeout, "no answer in time"));
        }
        if error.is_connect() {
            return Failed::For(self.unavailable(Cause::Unreachable, crate::sources::tls::connection_detail(error)));
        }
        if error.is_body() || error.is_decode() {
            return Failed::For(self.not_an_answer("the reply is cut short"));
        }
        Failed::Perhaps(self.unavailable(Cause::Unreachable, "the connection was lost before an answer came"), None)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Shape {
    Batch { calls: usize },
    Single,
}

enum Reply {
    Batch(Vec<Envelope>),
    Single(Envelope),
    /// The batch met no answer as a whole.
    BatchRefused(Refusal),
}

/// What a server does that was asked many things at once.
enum Refusal {
    /// It says that it takes none.
    ForGood,
    /// It gives an error that may pass.
    Passing,
    /// It fails in a way that may have another reason: a lost connection, a server error, a reply that is none.
    Unsaid(Unavailable),
}

/// A failure for good, or one that may pass, with the wait that the server asked for.
enum Failed {
    For(Unavailable),
    Perhaps(Unavailable, Option<Duration>),
}

/// What servers answer to an array where they look for an object, or to a body that they find too large.
const BATCH_REFUSALS: [u16; 5] = [400, 405, 413, 415, 422];
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
const FIRST_WAIT: Duration = Duration::from_millis(200);
const LONGEST_WAIT: Duration = Duration::from_secs(5);
