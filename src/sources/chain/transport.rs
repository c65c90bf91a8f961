//! Batched JSON-RPC over HTTP. One batch is one POST. What is not an answer becomes [`Unavailable`] with the host, never
//! the URL, which may hold a key (chain.md §5.2 rule 5). A node's own words are quoted as [`node_words`] lets them through.
//!
//! No redirect is followed, and no proxy is used but the one of the configuration.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

use http_body_util::{BodyExt as _, Full};
use serde_json::{Value, json};
use tokio::time::{Instant, sleep, timeout_at};

use super::at::Kept;
use super::endpoints::{Endpoint, Transport, TransportError};
use super::lens::many::MOST_TOKENS;
use super::reply::{Body, Envelope, Item, NodeError};
use super::{ChainConfig, ConfigError, node_words};
use crate::evidence::{Cause, Unavailable};
use crate::sources::http::{Dial, Error, Hosts, HttpClient, USER_AGENT, Versions};
use crate::sources::place::{Place, Port};
use crate::sources::tls::{TlsError, client_config, no_connection, took_too_long};
use crate::sources::usage::Usage;

/// One method call of a batch.
pub(super) type Call = (&'static str, Value);

/// Makes the connections of a source.
pub(super) struct Clients {
    http: HttpClient,
    resolve: Vec<(String, u16, SocketAddr)>,
}

impl Clients {
    pub(super) fn new(config: &ChainConfig) -> Result<Self, ConfigError> {
        let tls = client_config(config.tls_roots, &config.extra_roots).map_err(|error| match error {
            TlsError::Root => ConfigError::Root,
            TlsError::NoRoots => ConfigError::NoRoots,
            TlsError::Setup => ConfigError::Tls,
        })?;
        let lower = |(host, port, to): &(String, u16, SocketAddr)| (host.to_ascii_lowercase(), *port, *to);
        let resolve: Vec<_> = config.resolve.iter().map(lower).collect();
        let dial = Dial {
            resolve: resolve.clone(),
            proxy: config.proxy.clone(),
            timeout: config.timeout.min(CONNECT_TIMEOUT),
            hosts: Hosts::Callers,
        };
        Ok(Self { http: HttpClient::new(tls, Versions::Http1And2, dial), resolve })
    }

    /// How an endpoint is reached.
    pub(super) fn route(&self, endpoint: &Endpoint) -> Route {
        if let Some(transport) = endpoint.transport() {
            return Route::Given(Arc::clone(transport));
        }
        let (host, port) = endpoint.place();
        let given = self.resolve.iter().find(|(name, at, _)| *name == host && *at == port);
        let mut url = endpoint.url().clone();
        let credentials = basic_credentials(&url);
        // What stands before the host is a header's to say.
        let _ = url.set_username("");
        let _ = url.set_password(None);
        url.set_fragment(None);
        Route::Http(Box::new(HttpRoute { client: self.http.clone(), url, credentials, to: given.map(|(.., to)| *to) }))
    }
}

/// What a URL says of who asks, as the header of RFC 7617.
fn basic_credentials(url: &url::Url) -> Option<String> {
    use base64::Engine as _;
    let decoded = |text: &str| percent_encoding::percent_decode_str(text).decode_utf8_lossy().into_owned();
    let given = !url.username().is_empty() || url.password().is_some();
    let pair = format!("{}:{}", decoded(url.username()), decoded(url.password().unwrap_or_default()));
    given.then(|| format!("Basic {}", base64::engine::general_purpose::STANDARD.encode(pair)))
}

/// How an endpoint is reached.
pub(super) enum Route {
    Http(Box<HttpRoute>),
    /// By a client of the caller's.
    Given(Arc<dyn Transport>),
}

/// A client, and what to ask with it.
pub(super) struct HttpRoute {
    client: HttpClient,
    url: url::Url,
    credentials: Option<String>,
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
    /// Larger batches were refused.
    pub calls_at_once: AtomicUsize,
    pub healthy: AtomicBool,
    /// The longest range of blocks that it is asked to search for logs.
    pub log_range: AtomicU64,
    /// What asking it came to.
    pub usage: Arc<Usage>,
    /// The block that it is read at.
    pub kept: Kept,
    /// How many tokens of one registry go to the lens together.
    pub tokens_at_once: AtomicUsize,
}

impl Rpc {
    /// Where it is, as far as a quorum is concerned.
    pub(super) async fn place(&self) -> Place {
        let (host, port) = self.endpoint.place();
        let port_of = |port: u16| if matches!(port, 80 | 443) { Port::Default } else { Port::Other(port) };
        match &self.route {
            Route::Http(route) => match route.to {
                Some(to) => Place::new(&to.ip().to_string(), port_of(to.port()), []),
                None => Place::found(&host, port_of(port)).await,
            },
            // Where a client of the caller's connects to is the caller's to know.
            Route::Given(_) => Place::new(&host, port_of(port), []),
        }
    }

    pub(super) fn tokens_at_once(&self) -> usize {
        self.tokens_at_once.load(Ordering::Relaxed)
    }

    /// The lens came so far with so many: limits of gas or size are met by asking for fewer.
    pub(super) fn tokens_done(&self, asked: usize, done: usize) {
        if done < asked {
            self.tokens_at_once.fetch_min((asked / 2).max(done).max(1), Ordering::Relaxed);
        } else {
            // One registry's tokens may be costlier than another's.
            let more = |now: usize| Some((now + 1).min(MOST_TOKENS));
            let _ = self.tokens_at_once.fetch_update(Ordering::Relaxed, Ordering::Relaxed, more);
        }
    }

    /// In blocks.
    pub(super) fn longest_log_range(&self) -> u64 {
        self.log_range.load(Ordering::Relaxed)
    }

    /// It refused a longer range than this one.
    pub(super) fn log_range_refused_above(&self, blocks: u64) {
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
    /// and in whatever way, is asked again: many in two halves, few in single calls, once.
    pub(super) async fn batch(&self, calls: &[Call]) -> Result<Vec<Item>, Unavailable> {
        let bodies: Vec<Value> = calls
            .iter()
            .enumerate()
            .map(|(id, (method, params))| json!({"jsonrpc": "2.0", "id": id, "method": method, "params": params}))
            .collect();
        let mut items = Vec::with_capacity(calls.len());
        let mut most = usize::MAX;
        while let Some(left) = bodies.get(items.len()..).filter(|left| !left.is_empty()) {
            let count = left.len().min(most).min(self.rpc.calls_at_once.load(Ordering::Relaxed));
            let next = left.get(..count).unwrap_or(left);
            match self.some(next, items.len()).await? {
                Some(found) => items.extend(found),
                None => most = count / 2,
            }
        }
        Ok(items)
    }

    /// The results of calls whose ids begin at `first`; `None` where they are too many for the endpoint.
    async fn some(&self, bodies: &[Value], first: usize) -> Result<Option<Vec<Item>>, Unavailable> {
        let (count, retries) = (bodies.len(), self.rpc.retries);
        if self.rpc.refuses_batches.load(Ordering::Relaxed) {
            return self.singly(bodies, first, retries).await.map(Some);
        }
        let many = count > FEW;
        match self.post(Shape::Batch { calls: count }, &Value::Array(bodies.to_vec()), retries).await {
            Err(failure) if many && failure.cause == Cause::NotAnAnswer => Ok(None),
            Err(failure) => Err(failure),
            Ok(Reply::BatchRefused(refusal)) if many => {
                if matches!(refusal, Refusal::ForGood) {
                    self.rpc.calls_at_once.fetch_min(count / 2, Ordering::Relaxed);
                }
                Ok(None)
            }
            Ok(Reply::Batch(replies)) => match self.matched(replies, first, count) {
                Ok(items) if many && items.iter().any(|item| item.as_ref().is_err_and(NodeError::is_about_batches)) => {
                    self.rpc.calls_at_once.fetch_min(count / 2, Ordering::Relaxed);
                    Ok(None)
                }
                Ok(items) => self.again_where_refused(items, bodies, first).await.map(Some),
                Err(_) if many => Ok(None),
                // Other ids than were asked for, or too few: as if the batch had met no answer.
                Err(failure) => self.singly_after(failure, bodies, first).await.map(Some),
            },
            Ok(Reply::BatchRefused(Refusal::Unsaid(failure))) => {
                self.singly_after(failure, bodies, first).await.map(Some)
            }
            Ok(Reply::BatchRefused(refusal)) => {
                let items = self.singly(bodies, first, retries).await?;
                if matches!(refusal, Refusal::ForGood) {
                    self.learn_from(&items);
                }
                Ok(Some(items))
            }
            Ok(Reply::Single(_)) => Err(self.not_an_answer("the reply is not a JSON-RPC reply")),
        }
    }

    /// Asks again, alone, what was refused for being in a batch: where the node says so, and where it has refused
    /// everything of every batch.
    async fn again_where_refused(
        &self,
        mut items: Vec<Item>,
        bodies: &[Value],
        first: usize,
    ) -> Result<Vec<Item>, Unavailable> {
        let worked = items.iter().any(Result::is_ok);
        self.rpc.takes_batches.fetch_or(worked, Ordering::Relaxed);
        let all = !self.rpc.takes_batches.load(Ordering::Relaxed);
        let refused = |item: &Item| item.as_ref().is_err_and(|error| all || error.is_about_batches());
        let refused: Vec<usize> = (0..).zip(&items).filter(|(_, item)| refused(item)).map(|(index, _)| index).collect();
        for &index in &refused {
            let (Some(body), Some(item)) = (bodies.get(index), items.get_mut(index)) else { continue };
            // That it is refused once more, or that nothing comes, is no worse than before.
            match self.single(body, first + index, 0).await {
                Ok(alone) => *item = alone,
                Err(_) => break,
            }
        }
        if refused.len() == items.len() {
            self.learn_from(&items);
        }
        Ok(items)
    }

    /// After a batch whose failure says nothing about batches; it stands where single calls do no better.
    async fn singly_after(
        &self,
        failure: Unavailable,
        bodies: &[Value],
        first: usize,
    ) -> Result<Vec<Item>, Unavailable> {
        match self.singly(bodies, first, 0).await {
            Ok(items) if items.iter().any(Result::is_ok) => {
                self.learn_from(&items);
                Ok(items)
            }
            _ => Err(failure),
        }
    }

    async fn singly(&self, bodies: &[Value], first: usize, retries: u32) -> Result<Vec<Item>, Unavailable> {
        let mut items = Vec::with_capacity(bodies.len());
        for (id, body) in (first..).zip(bodies) {
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

    pub(super) fn unavailable(&self, cause: Cause, detail: impl Into<String>) -> Unavailable {
        Unavailable { cause, host: Some(self.rpc.endpoint.host()), detail: detail.into() }
    }

    pub(super) fn not_an_answer(&self, detail: impl Into<String>) -> Unavailable {
        self.unavailable(Cause::NotAnAnswer, detail)
    }

    /// The node's error, in its own words as far as they may be shown.
    pub(super) fn refused(&self, what: impl std::fmt::Display, error: &NodeError) -> Unavailable {
        self.not_an_answer(format!("{what}: {}", self.words(error)))
    }

    pub(super) fn words(&self, error: &NodeError) -> String {
        node_words::in_words(error, self.rpc.endpoint.url())
    }

    fn matched(&self, replies: Vec<Envelope>, first: usize, wanted: usize) -> Result<Vec<Item>, Unavailable> {
        let mut items: Vec<Option<Item>> = vec![None; wanted];
        for reply in replies {
            let place = reply.id().and_then(|id| id.checked_sub(first));
            let slot = place.and_then(|place| items.get_mut(place)).filter(|slot| slot.is_none());
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
        let answered = |reply: &Result<Reply, Failed>| reply.is_ok();
        self.rpc.usage.of(&self.rpc.endpoint.host(), answered, self.exchanged(shape, body)).await
    }

    async fn exchanged(&self, shape: Shape, body: String) -> Result<Reply, Failed> {
        match &self.rpc.route {
            Route::Http(route) => self.posted(route, shape, body).await,
            Route::Given(transport) => {
                let bytes = transport.exchange(body).await.map_err(|why| self.no_exchange(why))?;
                if bytes.len() > self.rpc.max_response {
                    return Err(self.too_large());
                }
                self.read(shape, http::StatusCode::OK, bytes, None).await
            }
        }
    }

    async fn posted(&self, route: &HttpRoute, shape: Shape, body: String) -> Result<Reply, Failed> {
        let HttpRoute { client, url, credentials, .. } = route;
        let mut request = http::Request::post(url.as_str())
            .header("content-type", "application/json")
            .header("accept", "*/*")
            .header("user-agent", USER_AGENT);
        if let Some(credentials) = credentials {
            request = request.header("authorization", credentials);
        }
        let no_request = |_| Failed::For(self.not_an_answer("the endpoint's URL cannot be asked over HTTP"));
        let request = request.body(Full::from(body)).map_err(no_request)?;
        let mut response = client.send(request).await.map_err(|error| self.failed(&error))?;
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
        while let Some(frame) = response.body_mut().frame().await {
            let frame = frame.map_err(|_| Failed::For(self.not_an_answer("the reply is cut short")))?;
            let Ok(chunk) = frame.into_data() else { continue };
            if bytes.len() + chunk.len() > self.rpc.max_response {
                return Err(self.too_large());
            }
            bytes.extend_from_slice(&chunk);
        }
        self.read(shape, status, bytes, wait).await
    }

    async fn read(
        &self,
        shape: Shape,
        status: http::StatusCode,
        bytes: Vec<u8>,
        wait: Option<Duration>,
    ) -> Result<Reply, Failed> {
        let calls = match shape {
            Shape::Batch { calls } => calls,
            Shape::Single => 1,
        };
        let is_empty = bytes.is_empty();
        // Long replies take a while to read, and the deadline holds for that, too: it is looked at where this waits.
        let read = tokio::task::spawn_blocking(move || {
            let body = Body::read(bytes, calls);
            (body.errors(), body)
        });
        let (errors, body) = read.await.map_err(|_| Failed::For(self.not_an_answer("the reply cannot be read")))?;
        self.reply(shape, status, Received { body, errors, is_empty }, wait)
    }

    fn reply(
        &self,
        shape: Shape,
        status: http::StatusCode,
        Received { body, errors, is_empty }: Received,
        wait: Option<Duration>,
    ) -> Result<Reply, Failed> {
        let is_batch = matches!(shape, Shape::Batch { .. });
        let refused_batch = is_batch && BATCH_REFUSALS.contains(&status.as_u16());
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

    fn too_large(&self) -> Failed {
        let limit = self.rpc.max_response;
        Failed::For(self.not_an_answer(format!("the reply is larger than {limit} bytes")))
    }

    fn no_exchange(&self, why: TransportError) -> Failed {
        let failure = |cause| self.unavailable(cause, why.to_string());
        match why {
            TransportError::Unreachable => Failed::Perhaps(failure(Cause::Unreachable), None),
            TransportError::RateLimited => Failed::Perhaps(failure(Cause::RateLimited), None),
            TransportError::TimedOut => Failed::For(failure(Cause::Timeout)),
            TransportError::Refused => Failed::For(failure(Cause::NotAnAnswer)),
        }
    }

    fn failed(&self, error: &Error) -> Failed {
        if took_too_long(error) {
            return Failed::For(self.unavailable(Cause::Timeout, "no answer in time"));
        }
        if error.is_connect() {
            let (cause, detail) = no_connection(error);
            return Failed::For(self.unavailable(cause, detail));
        }
        Failed::Perhaps(self.unavailable(Cause::Unreachable, "the connection was lost before an answer came"), None)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Shape {
    Batch { calls: usize },
    Single,
}

/// The body of a reply, read.
struct Received {
    body: Body,
    errors: Vec<NodeError>,
    is_empty: bool,
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
/// What an ordinary document asks: a batch of no more is not halved, but asked in single calls.
const FEW: usize = 16;
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
const FIRST_WAIT: Duration = Duration::from_millis(200);
const LONGEST_WAIT: Duration = Duration::from_secs(5);
