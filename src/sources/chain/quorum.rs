//! Several endpoints, one answer (chain.md §5.5): each is asked for its own headers, all read the lowest of their settled
//! blocks by its hash, and every value must be the same. No majority is ever applied: one difference and there is no answer.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use futures_util::future::join_all;
use tokio::task::JoinSet;
use tokio::time::Instant;

use super::ChainQuestion;
use super::at::Pinned;
use super::difference::{Difference, first_difference};
use super::plan::{self, Located, Request};
use super::shortfall;
use super::transport::{Rpc, Session};
use crate::block_age::in_words;
use crate::evidence::{Answer, BlockReading, Cause, Fact, Finality, Provenance, Unavailable};
use crate::networks;
use crate::sources::place;

/// Asks `wanted` endpoints of different host and port; one that answers nothing is replaced by the next that is left.
/// Every question is decided by itself: the answers to it must be there and the same.
pub(super) async fn read(
    rpcs: &[Arc<Rpc>],
    request: Arc<Request>,
    wanted: usize,
    timeout: Duration,
    requests: &Arc<AtomicU32>,
    provenance: &mut Provenance,
) -> Result<Vec<Answer>, Unavailable> {
    let distinct = distinct(rpcs).await;
    let distinct: Vec<_> = distinct.into_iter().filter_map(|index| rpcs.get(index).cloned()).collect();
    if distinct.len() < wanted {
        let chain = request.chain;
        let detail = format!(
            "a quorum of {wanted} needs {wanted} endpoints at different addresses or ports for chain {chain}, {} known: give more \
             with --rpc {chain}=URL",
            distinct.len()
        );
        return Err(Unavailable { cause: Cause::NoSource, host: None, detail });
    }
    let quorum = Quorum { request, wanted, timeout, requests: Arc::clone(requests) };
    match quorum.once(&distinct, provenance).await {
        Err(gone) if gone.cause == Cause::BlockVanished => {
            provenance.failed.clear();
            for rpc in &distinct {
                rpc.kept.forget().await;
            }
            quorum.once(&distinct, provenance).await
        }
        outcome => outcome,
    }
}

/// The first of each server, whatever it is called.
pub(super) async fn distinct(rpcs: &[Arc<Rpc>]) -> Vec<usize> {
    let places = join_all(rpcs.iter().map(|rpc| rpc.place())).await;
    place::distinct(&places)
}

struct Quorum {
    request: Arc<Request>,
    wanted: usize,
    timeout: Duration,
    requests: Arc<AtomicU32>,
}

/// An endpoint that gave its headers.
struct Asked {
    order: usize,
    rpc: Arc<Rpc>,
    pinned: Pinned,
    /// What is left of its time.
    left: Duration,
}

/// The answers of one endpoint at the block that all read, at least one of them a fact.
struct Seen {
    order: usize,
    host: String,
    answers: Vec<Answer>,
}

impl Quorum {
    async fn once(&self, rpcs: &[Arc<Rpc>], provenance: &mut Provenance) -> Result<Vec<Answer>, Unavailable> {
        let mut left = rpcs.iter().enumerate();
        let mut asked: Vec<Asked> = Vec::with_capacity(self.wanted);
        let mut read_at: Option<BlockReading> = None;
        let mut seen: Vec<Seen> = Vec::with_capacity(self.wanted);
        // Every round but the last takes an endpoint away for good, so this ends.
        while seen.len() < self.wanted {
            self.ask_for_headers(&mut asked, &mut left, provenance).await;
            if asked.len() < self.wanted {
                return Err(self.too_few(&asked, provenance));
            }
            let block = self.block_of_all(&asked)?;
            if read_at.as_ref() != Some(&block) {
                seen.clear();
                read_at = Some(block.clone());
            }
            self.read_all(&mut asked, &block, &mut seen, provenance).await?;
        }
        seen.sort_by_key(|seen| seen.order);
        let columns = (0..self.request.questions.len()).map(|index| self.agreed(&seen, index, provenance));
        let answers = columns.collect();
        provenance.hosts = seen.into_iter().map(|seen| seen.host).collect();
        Ok(answers)
    }

    /// The headers of as many endpoints as are still wanted, of each its own.
    async fn ask_for_headers<'a>(
        &self,
        asked: &mut Vec<Asked>,
        left: &mut impl Iterator<Item = (usize, &'a Arc<Rpc>)>,
        provenance: &mut Provenance,
    ) {
        let mut asking = JoinSet::new();
        let mut failed = Vec::new();
        loop {
            let missing = self.wanted.saturating_sub(asked.len() + asking.len());
            for (order, rpc) in left.by_ref().take(missing) {
                let (rpc, timeout) = (Arc::clone(rpc), self.timeout);
                let (request, requests) = (Arc::clone(&self.request), Arc::clone(&self.requests));
                asking.spawn(async move {
                    let start = Instant::now();
                    let session = Session { rpc: &rpc, deadline: start + timeout, requests: &requests };
                    let outcome = plan::pinned(&session, &request).await;
                    // Others may take longer, and that time is not this one's.
                    (order, Arc::clone(&rpc), timeout.saturating_sub(start.elapsed()), outcome)
                });
            }
            let Some(joined) = asking.join_next().await else { break };
            let Ok((order, rpc, left, outcome)) = joined else { continue };
            match outcome {
                Ok(pinned) => asked.push(Asked { order, rpc, pinned, left }),
                Err(why) => {
                    rpc.healthy.store(false, Ordering::Relaxed);
                    failed.push((order, why));
                }
            }
        }
        asked.sort_by_key(|asked| asked.order);
        failed.sort_by_key(|(order, _)| *order);
        provenance.failed.extend(failed.into_iter().map(|(_, why)| why));
    }

    /// The lowest of their blocks: all call it as settled as their own. It is no more settled than the least of them says,
    /// and blocks that lie further apart than a chain's may be old are a difference, too: somebody hides what happened since.
    fn block_of_all(&self, asked: &[Asked]) -> Result<BlockReading, Unavailable> {
        for (index, one) in asked.iter().enumerate() {
            for other in asked.iter().skip(index + 1) {
                if let Some(difference) = of_one_height(&one.pinned.block, &other.pinned.block) {
                    return Err(disagreement(&one.rpc.endpoint.host(), &other.rpc.endpoint.host(), &difference));
                }
            }
        }
        let none = || self.too_few(&[], &Provenance::default());
        let lowest = asked.iter().min_by_key(|asked| asked.pinned.block.number).ok_or_else(none)?;
        let newest = asked.iter().max_by_key(|asked| asked.pinned.block.timestamp).ok_or_else(none)?;
        let (low, new) = (&lowest.pinned.block, &newest.pinned.block);
        let apart = new.timestamp.saturating_sub(low.timestamp);
        if networks::block_age_bound(self.request.chain).is_some_and(|bound| apart > bound) {
            let (one, other) = (lowest.rpc.endpoint.host(), newest.rpc.endpoint.host());
            let detail = format!(
                "{one} and {other} differ: their {} blocks {} and {} are {} apart",
                finality_in_words(low.finality),
                low.number,
                new.number,
                in_words(apart)
            );
            return Err(Unavailable { cause: Cause::Disagreement, host: Some(one), detail });
        }
        let finalities = asked.iter().map(|asked| asked.pinned.block.finality);
        let weakest = finalities.min_by_key(|finality| finality.settledness());
        Ok(BlockReading { finality: weakest.unwrap_or(low.finality), ..low.clone() })
    }

    /// Everything at this block, at each endpoint that has not read it yet; one that fails is taken away.
    async fn read_all(
        &self,
        asked: &mut Vec<Asked>,
        block: &BlockReading,
        seen: &mut Vec<Seen>,
        provenance: &mut Provenance,
    ) -> Result<(), Unavailable> {
        let mut reading = JoinSet::new();
        for one in asked.iter().filter(|asked| seen.iter().all(|seen| seen.order != asked.order)) {
            let (order, rpc, own) = (one.order, Arc::clone(&one.rpc), one.pinned.block.clone());
            let pinned = Pinned { block: block.clone(), newest: one.pinned.newest.clone() };
            let (request, requests) = (Arc::clone(&self.request), Arc::clone(&self.requests));
            let deadline = Instant::now() + one.left;
            reading.spawn(async move {
                let session = Session { rpc: &rpc, deadline, requests: &requests };
                let outcome = match answers(&session, &request, pinned.clone()).await {
                    // Whoever has another block at that height, or another header of it, differs from the others.
                    Err(gone) if gone.cause == Cause::BlockVanished && own.hash != pinned.block.hash => {
                        Err(difference_of(&session, &request, &pinned.block).await.ok_or(gone))
                    }
                    outcome => outcome.map_err(Err),
                };
                (order, Arc::clone(&rpc), outcome)
            });
        }
        let (mut differ, mut failed) = (None, Vec::new());
        while let Some(joined) = reading.join_next().await {
            let Ok((order, rpc, outcome)) = joined else { continue };
            rpc.healthy.store(outcome.is_ok(), Ordering::Relaxed);
            let host = rpc.endpoint.host();
            match outcome {
                Ok(answers) => seen.push(Seen { order, host, answers }),
                Err(Ok(difference)) => differ = differ.or(Some((host, difference))),
                Err(Err(why)) => failed.push((order, why)),
            }
        }
        if let Some((host, difference)) = differ {
            let by_hash = |asked: &&Asked| asked.pinned.block.hash == block.hash;
            let chosen_by = asked.iter().find(by_hash).map(|asked| asked.rpc.endpoint.host()).unwrap_or_default();
            return Err(disagreement(&chosen_by, &host, &difference));
        }
        failed.sort_by_key(|(order, _)| *order);
        for (order, why) in failed {
            asked.retain(|asked| asked.order != order);
            provenance.failed.push(why);
        }
        Ok(())
    }

    /// The answer to one question that all gave alike.
    fn agreed(&self, seen: &[Seen], index: usize, provenance: &Provenance) -> Answer {
        if matches!(self.request.questions.get(index), Some(ChainQuestion::Proof { .. })) {
            return first_proof(seen, index).unwrap_or_else(|| Err(self.no_agreement(&[], provenance)));
        }
        let mut first: Option<(&str, Fact)> = None;
        let mut answered = Vec::with_capacity(seen.len());
        let mut failed = Vec::new();
        for Seen { host, answers, .. } in seen {
            // A part of an answer cannot agree with a whole one, nor with another part.
            if let Some(why) = answers.get(index).filter(|answer| answer.is_ok()).and_then(shortfall) {
                failed.push(why.clone());
                continue;
            }
            match (answers.get(index), &mut first) {
                (Some(Ok(fact)), Some((one, expected))) => {
                    if let Some(difference) = first_difference(expected, fact) {
                        return Err(disagreement(one, host, &difference));
                    }
                    add_newest(expected, fact);
                    answered.push(host.clone());
                }
                (Some(Ok(fact)), None) => {
                    first = Some((host, fact.clone()));
                    answered.push(host.clone());
                }
                (Some(Err(why)), _) => failed.push(why.clone()),
                (None, _) => {}
            }
        }
        match first {
            Some((_, fact)) if answered.len() >= self.wanted => Ok(fact),
            _ => {
                failed.extend(provenance.failed.iter().cloned());
                Err(self.no_agreement(&answered, &Provenance { failed, ..Provenance::default() }))
            }
        }
    }

    fn too_few(&self, asked: &[Asked], provenance: &Provenance) -> Unavailable {
        let untimely = |why: &&Unavailable| matches!(why.cause, Cause::Behind | Cause::InTheFuture);
        // Not both can be right about what is newest.
        if let (Some(one), Some(other)) = (asked.first(), provenance.failed.iter().find(untimely)) {
            let (host, block) = (one.rpc.endpoint.host(), &one.pinned.block);
            let untimely = other.host.clone().unwrap_or_default();
            let finality = finality_in_words(block.finality);
            let detail = format!(
                "{untimely} and {host} differ: of {untimely} {}; the {finality} block of {host} is {}, and its time is right",
                other.detail, block.number
            );
            return Unavailable { cause: Cause::Disagreement, host: Some(untimely), detail };
        }
        let hosts: Vec<String> = asked.iter().map(|asked| asked.rpc.endpoint.host()).collect();
        self.no_agreement(&hosts, provenance)
    }

    fn no_agreement(&self, answered: &[String], provenance: &Provenance) -> Unavailable {
        let failures: Vec<String> = provenance
            .failed
            .iter()
            .map(|why| format!("{}: {}", why.host.as_deref().unwrap_or("an endpoint"), why.detail))
            .collect();
        let vanished = provenance.failed.iter().find(|why| why.cause == Cause::BlockVanished);
        let cause = vanished.or(provenance.failed.last()).map_or(Cause::NotAnAnswer, |why| why.cause);
        let answered = if answered.is_empty() { "none".to_owned() } else { answered.join(", ") };
        let detail = format!(
            "{} endpoints must agree, too few answered ({answered}); no answer from {}",
            self.wanted,
            failures.join("; ")
        );
        Unavailable { cause, host: None, detail }
    }
}

/// A proof speaks for itself: one is enough, and all stand for the hash of its block (chain.md §5.5).
fn first_proof(seen: &[Seen], index: usize) -> Option<Answer> {
    let answers = seen.iter().filter_map(|seen| seen.answers.get(index));
    answers.clone().find(|answer| answer.is_ok()).or_else(|| answers.clone().next()).cloned()
}

/// What each says of its own newest block stands beside what all agree about.
fn add_newest(all: &mut Fact, one: &Fact) {
    match (all, one) {
        (Fact::Registry(all), Fact::Registry(one)) => {
            all.newest = std::mem::take(&mut all.newest).and(one.newest.clone())
        }
        (Fact::DocumentStore(all), Fact::DocumentStore(one)) => {
            all.newest = std::mem::take(&mut all.newest).and(one.newest.clone())
        }
        (Fact::TitleLogs(all), Fact::TitleLogs(one)) => {
            all.newest = std::mem::take(&mut all.newest).and(one.newest.clone())
        }
        (Fact::DidEthr(all), Fact::DidEthr(one)) => {
            all.newest = std::mem::take(&mut all.newest).and(one.newest.clone())
        }
        (Fact::AccountSignature(all), Fact::AccountSignature(one)) => {
            all.newest = std::mem::take(&mut all.newest).and(one.newest.clone())
        }
        _ => {}
    }
}

/// What the endpoint has at the height of a block that it did not give itself, if that is something else.
async fn difference_of(session: &Session<'_>, request: &Request, block: &BlockReading) -> Option<Difference> {
    match plan::located(session, request, block).await.ok()? {
        Located::There(there) => of_one_height(block, &there),
        Located::Another(hash) => Some(Difference::in_hash(&block.hash, &hash)),
    }
}

/// Two headers of one height are one.
fn of_one_height(one: &BlockReading, other: &BlockReading) -> Option<Difference> {
    let same_height = one.number == other.number;
    if same_height && one.hash != other.hash {
        return Some(Difference::in_hash(&one.hash, &other.hash));
    }
    (same_height && one.timestamp != other.timestamp).then(|| Difference {
        field: "block.timestamp".to_owned(),
        left: one.timestamp.to_string(),
        right: other.timestamp.to_string(),
    })
}

/// An endpoint that answers nothing has failed.
async fn answers(session: &Session<'_>, request: &Request, pinned: Pinned) -> Result<Vec<Answer>, Unavailable> {
    let answers = plan::read_at(session, request, pinned).await?;
    match answers.first() {
        Some(Err(why)) if answers.iter().all(Result::is_err) => Err(why.clone()),
        _ => Ok(answers),
    }
}

fn finality_in_words(finality: Finality) -> &'static str {
    match finality {
        Finality::Finalized => "finalized",
        Finality::Safe => "safe",
        Finality::Latest | Finality::Local => "newest",
        Finality::Chosen => "chosen",
    }
}

fn disagreement(one: &str, other: &str, Difference { field, left, right }: &Difference) -> Unavailable {
    let detail = format!("{one} and {other} differ: {field} is {left} against {right}");
    Unavailable { cause: Cause::Disagreement, host: Some(other.to_owned()), detail }
}
