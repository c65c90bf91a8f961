//! The logs that a store wrote when it revoked a node, and who sent their transaction (chain.md §3). Only asked of what a
//! store is known to have revoked, so that good documents cost nothing.

use serde::Deserialize;
use serde_json::json;

use super::at::{At, checked};
use super::logs::{self, Extent, Filter};
use super::reply::Json;
use super::transport::Session;
use crate::contracts::document_store::revocation_topics;
use crate::evidence::{BlockRange, RevocationEvent, RevocationReading, TransactionReading, Unavailable};
use crate::primitives::{Address, Digest32};

/// Whose logs, about what.
#[derive(Debug, Clone, Copy)]
pub(super) struct Revoked {
    pub store: Address,
    pub node: Digest32,
    pub event: RevocationEvent,
    /// The only block that is searched, where the store records one.
    pub recorded_at: Option<u64>,
}

pub(super) async fn read(session: &Session<'_>, at: &At, revoked: &Revoked) -> Result<RevocationReading, Unavailable> {
    let Revoked { store, node, event, recorded_at } = *revoked;
    let filter = Filter { contracts: vec![store], topics: revocation_topics(event, node), extent: Extent::Newest };
    let blocks = match recorded_at {
        Some(block) => BlockRange { first: block, last: block },
        None => BlockRange { first: 0, last: at.block.number },
    };
    let (found, _) = logs::read(session, &at.block, &filter, blocks, Vec::new()).await?;
    let logs = match found.missing {
        Some(why) if found.logs.is_empty() => return Err(why),
        // Which other blocks were searched does not matter, and endpoints with other limits may agree.
        _ => found.logs,
    };
    let mut hashes: Vec<Digest32> = logs.iter().map(|log| log.transaction).collect();
    hashes.dedup();
    let transaction = match hashes.as_slice() {
        [hash] => sender(session, at, *hash).await?,
        _ => None,
    };
    Ok(RevocationReading { chain_id: at.chain.get(), block: at.block.clone(), logs, transaction })
}

/// A node that keeps logs but not transactions leaves the sender open, no more.
async fn sender(session: &Session<'_>, at: &At, hash: Digest32) -> Result<Option<TransactionReading>, Unavailable> {
    let items = checked(session, &at.block, vec![("eth_getTransactionByHash", json!([hash]))]).await?;
    Ok(items.into_iter().next().and_then(Result::ok).as_ref().and_then(transaction))
}

fn transaction(value: &Json) -> Option<TransactionReading> {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Transaction {
        hash: Digest32,
        block_hash: Digest32,
        from: Address,
    }
    let Transaction { hash, block_hash, from: sender } = value.object()?;
    Some(TransactionReading { hash, block_hash, sender })
}
