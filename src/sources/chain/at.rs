//! The block that is read, and everything that is asked at it (chain.md §5.2).

use std::time::Duration;

use serde_json::{Value, json};
use tokio::sync::Mutex;
use tokio::time::{Instant, timeout_at};

use super::reply::Item;
use super::transport::{Call, Session};
use super::values::header;
use crate::evidence::{BlockReading, Cause, Finality, Newest, Unavailable};
use crate::primitives::{ChainId, Digest32};

/// The block to read at.
#[derive(Debug, Clone)]
pub(super) struct Pinned {
    pub block: BlockReading,
    /// The endpoint's newest one; `None` where the caller named the block, which is then taken alone.
    pub newest: Option<BlockReading>,
}

/// The block that an endpoint was last read at.
#[derive(Debug, Default)]
pub(super) struct Kept(Mutex<Option<(Instant, Pinned)>>);

impl Kept {
    /// It is read at for so long, so that many documents are judged at one block; whoever comes while it is being chosen
    /// waits for that.
    pub(super) async fn or_chosen(
        &self,
        session: &Session<'_>,
        age: Duration,
        counts: impl Fn(&Pinned) -> bool,
        choose: impl AsyncFnOnce() -> Result<Pinned, Unavailable>,
    ) -> Result<Pinned, Unavailable> {
        let late = |_| session.unavailable(Cause::Timeout, "no answer in time");
        let mut kept = timeout_at(session.deadline, self.0.lock()).await.map_err(late)?;
        if let Some((_, pinned)) = kept.as_ref().filter(|(since, pinned)| since.elapsed() < age && counts(pinned)) {
            return Ok(pinned.clone());
        }
        let pinned = choose().await?;
        *kept = Some((Instant::now(), pinned.clone()));
        Ok(pinned)
    }

    pub(super) async fn forget(&self) {
        *self.0.lock().await = None;
    }
}

/// The block that is read, and how the node is told which.
pub(super) struct At {
    pub chain: ChainId,
    pub block: BlockReading,
    /// The EIP-1898 object, or the number for a node that refuses it.
    pub form: Value,
    /// The endpoint's newest block, where that comes after this one: it is looked at there as well.
    pub newest: Option<Box<At>>,
}

impl At {
    pub(super) fn by_hash(chain: ChainId, Pinned { block, newest }: Pinned) -> Self {
        let form = |block: &BlockReading| json!({"blockHash": block.hash.to_string(), "requireCanonical": true});
        let newest = newest.filter(|newest| newest.number > block.number).map(|newest| {
            let block = BlockReading { finality: Finality::Latest, ..newest };
            Box::new(Self { chain, form: form(&block), block, newest: None })
        });
        Self { chain, form: form(&block), block, newest }
    }

    /// What is said of newer blocks where there is none to look at.
    pub(super) fn nothing_newer<R>(&self) -> Newest<R> {
        match (self.block.finality, &self.newest) {
            (Finality::Chosen, _) | (_, Some(_)) => Newest::NotRead,
            (_, None) => Newest::Itself,
        }
    }

    pub(super) fn by_number(self) -> Self {
        let form = json!(format!("{:#x}", self.block.number));
        let newest = self.newest.map(|newest| Box::new(newest.by_number()));
        Self { form, newest, ..self }
    }
}

/// What the newest block holds could not be read. What was read before it is then not enough: a title may have been
/// returned, or a document revoked or issued, since (chain.md §5.3). A block that is just being left is chosen anew once.
pub(super) fn newest_unread(session: &Session<'_>, newest: &At, why: &Unavailable) -> Unavailable {
    let detail = format!("what stands in its newest block, {}, could not be read: {}", newest.block.number, why.detail);
    session.unavailable(Cause::BlockVanished, detail)
}

/// A batch with the re-check of the header behind it; fails when the block is no longer there afterwards.
pub(super) async fn checked(
    session: &Session<'_>,
    block: &BlockReading,
    mut calls: Vec<Call>,
) -> Result<Vec<Item>, Unavailable> {
    calls.push(block_by_number(block.number));
    let mut items = session.batch(&calls).await?;
    match items.pop() {
        Some(Ok(now)) if now.is_null() => {}
        Some(Ok(now)) => match header(&now) {
            Some(now) if (now.hash, now.timestamp) == (block.hash, block.timestamp) => return Ok(items),
            Some(_) => {}
            None => return Err(session.not_an_answer("the node did not give the block again")),
        },
        _ => return Err(session.not_an_answer("the node did not give the block again")),
    }
    let detail = format!("block {} was replaced while it was read", block.number);
    Err(session.unavailable(Cause::BlockVanished, detail))
}

pub(super) fn by_name(tag_or_number: &str) -> Call {
    ("eth_getBlockByNumber", json!([tag_or_number, false]))
}

/// A header by its height.
pub(super) fn block_by_number(number: u64) -> Call {
    by_name(&format!("{number:#x}"))
}

pub(super) fn by_hash(hash: Digest32) -> Call {
    ("eth_getBlockByHash", json!([hash.to_string(), false]))
}
