//! Batched JSON-RPC over HTTP. One batch is one POST. What is not an answer becomes [`Unavailable`] with the host, never
//! the URL and never the text the other side sent: both may hold a key (chain.md §5.2 rule 5).
//!
//! No redirect is followed and no proxy is used, not even one from the environment.

use std::error::Error as _;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::Duration;

use serde_json::{Value, json};
use tokio::time::{Instant, sleep, timeout_at};

use super::endpoints::Endpoint;
use super::{ChainConfig, ConfigError};
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

pub(super) fn client(config: &ChainConfig) -> Result<reqwest::Client, ConfigError> {
    let tls = crate::sources::tls::client_config(&config.extra_roots).map_err(|error| match error {
        TlsError::Root => ConfigError::Root,
        TlsError::Setup => ConfigError::Tls,
    })?;
    let mut builder = reqwest::Client::builder()
        .tls_backend_preconfigured(tls)
        .redirect(reqwest::redirect::Policy::none())
        .no_proxy()
        .connect_timeout(config.timeout.min(CONNECT_TIMEOUT));
    for (host, _, address) in &config.resolve {
        builder = builder.resolve(host, *address);
    }
    builder.build().map_err(|_| ConfigError::Tls)
}

/// One endpoint and what was learnt of it.
pub(super) struct Rpc {
    pub endpoint: Endpoint,
    pub client: reqwest::Client,
    pub max_response: usize,
    pub retries: u32,
    pub refuses_batches: AtomicBool,
    pub healthy: AtomicBool,
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
        if !self.rpc.refuses_batches.load(Ordering::Relaxed) {
            match self.post(&Value::Array(bodies.clone())).await? {
                Value::Array(replies) => return self.matched(replies, calls.len()),
                Value::Object(_) => self.rpc.refuses_batches.store(true, Ordering::Relaxed),
                _ => return Err(self.not_an_answer("the reply is not a JSON-RPC reply")),
            }
        }
        let mut replies = Vec::with_capacity(bodies.len());
        for body in &bodies {
            replies.push(self.post(body).await?);
        }
        self.matched(replies, calls.len())
    }

    pub fn unavailable(&self, cause: Cause, detail: impl Into<String>) -> Unavailable {
        Unavailable { cause, host: Some(self.rpc.endpoint.host()), detail: detail.into() }
    }

    pub fn not_an_answer(&self, detail: impl Into<String>) -> Unavailable {
        self.unavailable(Cause::NotAnAnswer, detail)
    }

    fn matched(&self, replies: Vec<Value>, wanted: usize) -> Result<Vec<Item>, Unavailable> {
        let mut items: Vec<Option<Item>> = vec![None; wanted];
        for mut reply in replies {
            let id = reply.get("id").and_then(Value::as_u64).and_then(|id| usize::try_from(id).ok());
            let slot = id.and_then(|id| items.get_mut(id)).filter(|slot| slot.is_none());
            let slot = slot.ok_or_else(|| self.not_an_answer("a reply carries an id that was not asked for"))?;
            let error = reply.get("error").filter(|error| !error.is_null());
            *slot = Some(match error {
                Some(error) => Err(NodeError {
                    code: error.get("code").and_then(Value::as_i64).unwrap_or_default(),
                    message: error.get("message").and_then(Value::as_str).unwrap_or_default().to_owned(),
                    data: error.get("data").cloned().unwrap_or_default(),
                }),
                None => match reply.get_mut("result") {
                    Some(result) => Ok(result.take()),
                    None => return Err(self.not_an_answer("a reply has neither a result nor an error")),
                },
            });
        }
        let whole: Option<Vec<Item>> = items.into_iter().collect();
        whole.ok_or_else(|| self.not_an_answer("a call of the batch was left unanswered"))
    }

    async fn post(&self, body: &Value) -> Result<Value, Unavailable> {
        let body = body.to_string();
        for attempt in 0.. {
            let (failure, wait) = match timeout_at(self.deadline, self.once(body.clone())).await {
                Err(_) => return Err(self.unavailable(Cause::Timeout, "no answer in time")),
                Ok(Ok(value)) => return Ok(value),
                Ok(Err(Failed::For(failure))) => return Err(failure),
                Ok(Err(Failed::Perhaps(failure, wait))) => (failure, wait),
            };
            let wait = wait.unwrap_or(FIRST_WAIT * 2u32.saturating_pow(attempt)).min(LONGEST_WAIT);
            if attempt >= self.rpc.retries || Instant::now() + wait >= self.deadline {
                return Err(failure);
            }
            sleep(wait).await;
        }
        Err(self.unavailable(Cause::Timeout, "no answer in time"))
    }

    async fn once(&self, body: String) -> Result<Value, Failed> {
        self.requests.fetch_add(1, Ordering::Relaxed);
        let request = self.rpc.client.post(self.rpc.endpoint.url().clone()).header("content-type", "application/json");
        let mut response = request.body(body).send().await.map_err(|error| self.failed(&error))?;
        let status = response.status();
        let header = response.headers().get("retry-after").and_then(|value| value.to_str().ok());
        let wait = header.and_then(|text| text.parse().ok()).map(Duration::from_secs);
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
        serde_json::from_slice(&bytes).map_err(|_| {
            Failed::For(self.not_an_answer(match bytes.as_slice() {
                _ if !status.is_success() => format!("HTTP status {}", status.as_u16()),
                [] => "the reply is empty".to_owned(),
                _ => "the reply is not JSON, or is cut short".to_owned(),
            }))
        })
    }

    fn failed(&self, error: &reqwest::Error) -> Failed {
        if error.is_timeout() {
            return Failed::For(self.unavailable(Cause::Timeout, "no answer in time"));
        }
        if error.is_connect() {
            return Failed::For(self.unavailable(Cause::Unreachable, connect_detail(error)));
        }
        if error.is_body() || error.is_decode() {
            return Failed::For(self.not_an_answer("the reply is cut short"));
        }
        Failed::Perhaps(self.unavailable(Cause::Unreachable, "the connection was lost before an answer came"), None)
    }
}

/// A failure for good, or one that may pass, with the wait that the server asked for.
enum Failed {
    For(Unavailable),
    Perhaps(Unavailable, Option<Duration>),
}

fn connect_detail(error: &reqwest::Error) -> &'static str {
    let mut cause = error.source();
    while let Some(inner) = cause {
        if let Some(io) = inner.downcast_ref::<std::io::Error>() {
            match io.kind() {
                std::io::ErrorKind::ConnectionRefused => return "the connection was refused",
                std::io::ErrorKind::InvalidData => return "the TLS handshake failed",
                _ => {}
            }
        }
        cause = inner.source();
    }
    "no connection could be made: unknown host, unreachable, or a TLS failure"
}

const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
const FIRST_WAIT: Duration = Duration::from_millis(200);
const LONGEST_WAIT: Duration = Duration::from_secs(5);
