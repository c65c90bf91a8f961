//! Batched JSON-RPC over HTTP. One batch is one POST. What is not an answer becomes [`Unavailable`] with the host, never
//! the URL, which may hold a key (chain.md §5.2 rule 5). A node's own words are quoted as [`node_words`] lets them through.
//!
//! No redirect is followed and no proxy is used, not even one from the environment.

use std::collections::BTreeMap;
use std::slice::from_ref;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};
use std::time::Duration;

use serde_json::{Value, json};
use tokio::time::{Instant, sleep, timeout_at};

use super::endpoints::Endpoint;
use super::{ChainConfig, ConfigError, node_words};
use crate::evidence::{Cause, Unavailable};
use crate::sources::tls::TlsError;

/// One method call of a batch.
pub(super) type Call = (&'static str, Value);

/// An item's result, or the node's error object.
pub(super) type Item = Result<Value, NodeError>;

/// A JSON-RPC error object.
#[derive(Debug, Clone)]
pub(super) struct NodeError {
    pub code: i64,
    pub message: String,
    pub data: Value,
}

impl NodeError {
    fn of(error: &Value) -> Self {
        Self {
            code: error.get("code").and_then(Value::as_i64).unwrap_or_default(),
            message: error.get("message").and_then(Value::as_str).unwrap_or_default().to_owned(),
            data: error.get("data").cloned().unwrap_or_default(),
        }
    }

    /// Whether a contract reverted, in the ways nodes say so.
    pub fn is_revert(&self) -> bool {
        self.code == 3 || self.says(&["revert"])
    }

    /// Whether the node only wants to be asked later: EIP-1474's "limit exceeded", or the HTTP status as a code. A
    /// contract's revert text is not the node's word.
    fn is_rate_limit(&self) -> bool {
        // A query for fewer logs is answered at once, and one for as many is refused again.
        if self.is_about_results() || self.says(&["block range", "range of blocks", "too many blocks"]) {
            return false;
        }
        let spoken = ["too many requests", "rate limit", "limit exceeded", "over capacity", "try again"];
        matches!(self.code, -32005 | 429) || !self.is_revert() && self.says(&spoken)
    }

    /// Whether a query for logs was refused because it selects too many of them.
    pub fn is_about_results(&self) -> bool {
        self.says(&["results", "response size", "more than", "too many logs"]) && !self.says(&["requests"])
    }

    /// Whether the node cannot take a batch at all: invalid request, unknown method, invalid parameters or not JSON, as
    /// a server says that looks for one object, or in words.
    fn refuses_batches(&self) -> bool {
        matches!(self.code, -32600 | -32601 | -32602 | -32700) || self.says(&["batch"])
    }

    fn says(&self, parts: &[&str]) -> bool {
        let message = self.message.to_ascii_lowercase();
        parts.iter().any(|part| message.contains(part))
    }
}

/// The clients of a source: one for all endpoints, and one more for each host and port that `--resolve` sends elsewhere.
pub(super) struct Clients {
    direct: reqwest::Client,
    redirected: BTreeMap<(String, u16), Redirected>,
}

struct Redirected {
    client: reqwest::Client,
    port: u16,
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
            entry.or_insert(Redirected { client, port: to.port() });
        }
        Ok(Self { direct: builder().build().map_err(|_| ConfigError::Tls)?, redirected })
    }

    /// How an endpoint is reached.
    pub fn route(&self, endpoint: &Endpoint) -> Route {
        let mut url = endpoint.url().clone();
        match self.redirected.get(&endpoint.place()) {
            Some(to) if url.set_port(Some(to.port)).is_ok() => {
                Route { client: to.client.clone(), url, host: Some(endpoint.host()) }
            }
            _ => Route { client: self.direct.clone(), url, host: None },
        }
    }
}

/// A client, what to ask with it, and the `host` header where it is not the URL's.
pub(super) struct Route {
    client: reqwest::Client,
    url: url::Url,
    host: Option<String>,
}

/// One endpoint and what was learnt of it.
pub(super) struct Rpc {
    pub endpoint: Endpoint,
    pub route: Route,
    pub max_response: usize,
    pub retries: u32,
    pub refuses_batches: AtomicBool,
    pub healthy: AtomicBool,
    /// The longest range of blocks that it is asked to search for logs.
    pub log_range: AtomicU64,
}

impl Rpc {
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
    /// The calls' results in the order of the calls.
    pub async fn batch(&self, calls: &[Call]) -> Result<Vec<Item>, Unavailable> {
        let bodies: Vec<Value> = calls
            .iter()
            .enumerate()
            .map(|(id, (method, params))| json!({"jsonrpc": "2.0", "id": id, "method": method, "params": params}))
            .collect();
        let mut refused_for_good = false;
        if !self.rpc.refuses_batches.load(Ordering::Relaxed) {
            match self.post(&Value::Array(bodies.clone())).await? {
                Reply::Batch(replies) => return self.matched(replies, calls.len()),
                Reply::BatchRefused { for_good } => refused_for_good = for_good,
                Reply::Single(_) => return Err(self.not_an_answer("the reply is not a JSON-RPC reply")),
            }
        }
        let mut replies = Vec::with_capacity(bodies.len());
        for body in &bodies {
            match self.post(body).await? {
                Reply::Single(reply) => replies.push(reply),
                _ => return Err(self.not_an_answer("the reply is not a JSON-RPC reply")),
            }
        }
        let items = self.matched(replies, calls.len())?;
        // Only single calls that work show that it was the batch that was refused.
        if refused_for_good {
            self.rpc.refuses_batches.store(true, Ordering::Relaxed);
        }
        Ok(items)
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

    fn matched(&self, replies: Vec<Value>, wanted: usize) -> Result<Vec<Item>, Unavailable> {
        let mut items: Vec<Option<Item>> = vec![None; wanted];
        for mut reply in replies {
            let id = reply.get("id").and_then(Value::as_u64).and_then(|id| usize::try_from(id).ok());
            let slot = id.and_then(|id| items.get_mut(id)).filter(|slot| slot.is_none());
            let slot = slot.ok_or_else(|| self.not_an_answer("a reply carries an id that was not asked for"))?;
            let error = reply.get("error").filter(|error| !error.is_null());
            *slot = Some(match error {
                Some(error) => Err(NodeError::of(error)),
                None => match reply.get_mut("result") {
                    Some(result) => Ok(result.take()),
                    None => return Err(self.not_an_answer("a reply has neither a result nor an error")),
                },
            });
        }
        let whole: Option<Vec<Item>> = items.into_iter().collect();
        whole.ok_or_else(|| self.not_an_answer("a call of the batch was left unanswered"))
    }

    async fn post(&self, body: &Value) -> Result<Reply, Unavailable> {
        let shape = if body.is_array() { Shape::Batch } else { Shape::Single };
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
            if attempt >= self.rpc.retries || !in_time {
                return Err(failure);
            }
            sleep(wait).await;
        }
        Err(self.unavailable(Cause::Timeout, "no answer in time"))
    }

    async fn once(&self, shape: Shape, body: String) -> Result<Reply, Failed> {
        self.requests.fetch_add(1, Ordering::Relaxed);
        let Route { client, url, host } = &self.rpc.route;
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
        self.reply(shape, status, &bytes, wait)
    }

    fn reply(
        &self,
        shape: Shape,
        status: reqwest::StatusCode,
        bytes: &[u8],
        wait: Option<Duration>,
    ) -> Result<Reply, Failed> {
        let not_an_answer = |detail: String| Failed::For(self.not_an_answer(detail));
        let refused_batch = shape == Shape::Batch && BATCH_REFUSALS.contains(&status.as_u16());
        let value = serde_json::from_slice::<Value>(bytes).ok();
        let replies = value.as_ref().map_or(&[][..], |value| value.as_array().map_or(from_ref(value), Vec::as_slice));
        let errors: Vec<NodeError> = replies
            .iter()
            .filter_map(|reply| reply.get("error"))
            .filter(|e| e.is_object())
            .map(NodeError::of)
            .collect();
        if let Some(limit) = errors.iter().find(|error| error.is_rate_limit()) {
            let detail = format!("too many requests (JSON-RPC error {})", limit.code);
            return Err(Failed::Perhaps(self.unavailable(Cause::RateLimited, detail), wait));
        }
        match (shape, value) {
            (Shape::Batch, Some(Value::Array(replies))) => Ok(Reply::Batch(replies)),
            (Shape::Batch, Some(Value::Object(_))) if !errors.is_empty() && (status.is_success() || refused_batch) => {
                let for_good = refused_batch || errors.iter().any(NodeError::refuses_batches);
                Ok(Reply::BatchRefused { for_good })
            }
            _ if refused_batch => Ok(Reply::BatchRefused { for_good: true }),
            (Shape::Single, Some(value @ Value::Object(_))) if status.is_success() || !errors.is_empty() => {
                Ok(Reply::Single(value))
            }
            _ if !status.is_success() => {
                let words = errors.first().map_or_else(String::new, |error| format!(": {}", self.words(error)));
                Err(not_an_answer(format!("HTTP status {}{words}", status.as_u16())))
            }
            (_, Some(_)) => Err(not_an_answer("the reply is not a JSON-RPC reply".into())),
            (_, None) if bytes.is_empty() => Err(not_an_answer("the reply is empty".into())),
            (_, None) => Err(not_an_answer("the reply is not JSON, or is cut short".into())),
        }
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
    Batch,
    Single,
}

enum Reply {
    Batch(Vec<Value>),
    Single(Value),
    /// The batch met an error as a whole; `for_good` where that cannot be a passing failure.
    BatchRefused {
        for_good: bool,
    },
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
