//! What an endpoint can do of all that reading titles wants (chain.md §5), tried out on no contract in particular. It
//! says nothing about documents. Everything is over when the endpoint's time is.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::{Value, json};
use tokio::time::Instant;

use super::plan::{self, Request};
use super::proof::Hints;
use super::reply::{Item, Json};
use super::sight;
use super::transport::{Rpc, Session};
use super::values::{eth_get_code, header};
use super::{ChainSource, lens, quorum};
use crate::evidence::{BlockReading, Cause, Unavailable};
use crate::primitives::{Address, ChainId, TokenId};

/// What is known of a chain's endpoints.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChainProbe {
    /// The chain.
    pub chain: ChainId,
    /// Whether the endpoints are those of the embedded table.
    pub embedded: bool,
    /// In the order they are tried.
    pub endpoints: Vec<EndpointProbe>,
}

/// What is known of one endpoint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EndpointProbe {
    /// Host and port, never the whole URL.
    pub host: String,
    /// Whether an earlier one is the same server by another name: both count once for a quorum.
    pub is_an_earlier_one: bool,
    /// What works, or why nothing can be verified with it.
    pub found: Result<Abilities, Unavailable>,
    /// HTTP requests made.
    pub requests: u32,
}

/// What an endpoint that can be used can do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Abilities {
    /// The block that would be read, by the settings in force.
    pub block: BlockReading,
    /// Its newest block.
    pub newest: Option<u64>,
    /// The block of the `finalized` tag.
    pub finalized: Option<u64>,
    /// The block of the `safe` tag.
    pub safe: Option<u64>,
    /// Whether several calls go into one request.
    pub batches: bool,
    /// Whether state is read by block hash; else by number, with a second look at the hash.
    pub by_block_hash: bool,
    /// Whether everything about a title is read in one call.
    pub one_call: bool,
    /// How far back logs are served.
    pub logs: LogRange,
    /// Whether storage proofs are served at the block that would be read.
    pub proofs: bool,
}

/// The longest range of blocks that one query for logs may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogRange {
    /// The whole chain.
    Whole,
    /// This many blocks, of the lengths that were tried.
    AtMost(u64),
    /// None of the lengths that were tried.
    Refused,
    /// Time was over before it was found out.
    NotKnown,
}

impl ChainSource {
    /// Tries out every endpoint of a chain, all at the same time.
    pub async fn probe(&self, chain: ChainId) -> ChainProbe {
        let pool = self.pool(chain);
        let mut tried = tokio::task::JoinSet::new();
        for (index, rpc) in pool.rpcs.iter().cloned().enumerate() {
            let (questions, hints) = (Vec::new(), Hints::default());
            let (choice, max_age) = (self.config.block, self.config.max_block_age);
            let keep = std::time::Duration::ZERO;
            let request = Request { chain, questions, choice, max_age, keep, hints };
            let deadline = Instant::now() + self.config.timeout;
            tried.spawn(async move { (index, probe(&rpc, &request, deadline).await) });
        }
        let mut endpoints = Vec::new();
        while let Some(joined) = tried.join_next().await {
            endpoints.extend(joined.ok());
        }
        endpoints.sort_by_key(|(index, _)| *index);
        let distinct = quorum::distinct(&pool.rpcs).await;
        for (index, endpoint) in &mut endpoints {
            endpoint.is_an_earlier_one = !distinct.contains(index);
        }
        let endpoints = endpoints.into_iter().map(|(_, endpoint)| endpoint).collect();
        ChainProbe { chain, embedded: pool.embedded, endpoints }
    }
}

async fn probe(rpc: &Arc<Rpc>, request: &Request, deadline: Instant) -> EndpointProbe {
    let requests = AtomicU32::new(0);
    let session = Session { rpc, deadline, requests: &requests };
    let found = abilities(&session, request).await;
    let (host, requests) = (rpc.endpoint.host(), requests.load(Ordering::Relaxed));
    EndpointProbe { host, is_an_earlier_one: false, found, requests }
}

async fn abilities(session: &Session<'_>, request: &Request) -> Result<Abilities, Unavailable> {
    let block = plan::pinned(session, request).await?.block;
    let by_hash = json!({"blockHash": block.hash.to_string(), "requireCanonical": true});
    let by_number = json!(format!("{:#x}", block.number));
    let lens_data = |at: &Value| {
        let data = crate::primitives::encode_hex(&lens::call_data(Address::ZERO, TokenId([0; 32])));
        ("eth_call", json!([{"data": format!("0x{data}")}, at]))
    };
    let tag = |tag: &str| ("eth_getBlockByNumber", json!([tag, false]));
    let calls = [
        tag("latest"),
        tag("finalized"),
        tag("safe"),
        eth_get_code(Address::ZERO, &by_hash),
        eth_get_code(Address::ZERO, &by_number),
        lens_data(&by_hash),
        lens_data(&by_number),
        sight::call(UNUSED, &by_hash),
        sight::call(UNUSED, &by_number),
    ];
    let items = session.batch(&calls).await?;
    let item = |index: usize| items.get(index).and_then(|item| item.as_ref().ok());
    let number = |index| item(index).and_then(header).map(|block| block.number);
    let read = |index| item(index).and_then(Json::bytes);
    let by_block_hash = read(3).is_some();
    if !by_block_hash && read(4).is_none() {
        let what = format!("it does not give state at block {}, which would be read", block.number);
        let error = items.get(4).and_then(|item| item.as_ref().err());
        return Err(error.map_or_else(|| session.not_an_answer(&what), |error| session.refused(&what, error)));
    }
    let (lens, sight) = if by_block_hash { (5, 7) } else { (6, 8) };
    let seen = read(lens).and_then(|answer| lens::decoded(&answer));
    let one_call = seen.is_some_and(|seen| (seen.chain, seen.number) == (request.chain.get(), block.number));
    let newest = number(0);
    // A chain too short to have one answers with its first block.
    let [finalized, safe] = [1, 2].map(|index| number(index).filter(|number| *number > 0));
    if !one_call {
        // Titles are then read in plain calls.
        sight::shown(session, UNUSED, items.into_iter().nth(sight))?;
    }
    Ok(Abilities {
        newest,
        finalized,
        safe,
        batches: !session.rpc.refuses_batches.load(Ordering::Relaxed),
        by_block_hash,
        one_call,
        logs: log_range(session, block.number).await,
        proofs: serves_proofs(session, &by_number).await,
        block,
    })
}

/// Any address.
const UNUSED: Address = Address([0xee; 20]);

/// The lengths that are tried, longest first: what providers are known to allow.
const LOG_RANGES: [u64; 5] = [1_000_000, 100_000, 10_000, 1_000, 100];

/// No account has the zero address, so the answer is short whatever the range.
async fn log_range(session: &Session<'_>, newest: u64) -> LogRange {
    let shorter = LOG_RANGES.into_iter().filter(|length| *length <= newest).map(Some);
    let mut asked_to_wait = false;
    for length in std::iter::once(None).chain(shorter) {
        let from = length.map_or(0, |length| newest + 1 - length);
        let filter = json!({
            "address": Address::ZERO.to_string(),
            "fromBlock": format!("{from:#x}"),
            "toBlock": format!("{newest:#x}"),
        });
        match session.batch(&[("eth_getLogs", json!([filter]))]).await.as_deref() {
            Ok([Ok(logs)]) if logs.is_list() => return length.map_or(LogRange::Whole, LogRange::AtMost),
            // Some refuse a long range by the HTTP status.
            Ok(_) => {}
            Err(why) if why.cause == Cause::NotAnAnswer => {}
            // Some have one code for a range that is too long and for too many requests.
            Err(why) if why.cause == Cause::RateLimited => asked_to_wait = true,
            Err(_) => return LogRange::NotKnown,
        }
    }
    if asked_to_wait { LogRange::NotKnown } else { LogRange::Refused }
}

/// Of an account.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Proof {
    #[serde(rename = "accountProof")]
    _nodes: Vec<IgnoredAny>,
}

async fn serves_proofs(session: &Session<'_>, at: &Value) -> bool {
    let slot = format!("0x{}", "0".repeat(64));
    let call = ("eth_getProof", json!([Address::ZERO.to_string(), [slot], at]));
    let items: Vec<Item> = session.batch(&[call]).await.unwrap_or_default();
    let proof = items.first().and_then(|item| item.as_ref().ok());
    proof.and_then(Json::object::<Proof>).is_some()
}
