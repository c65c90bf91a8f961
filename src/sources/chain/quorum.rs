//! Several endpoints, one answer (chain.md §5.5): the first that answers pins a block, all read at its hash, and every
//! value must be the same. No majority is ever applied: one difference and there is no answer.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use tokio::task::JoinSet;
use tokio::time::Instant;

use super::ChainQuestion;
use super::difference::{Difference, first_difference};
use super::plan::{self, Located, Pinned, Request};
use super::shortfall;
use super::transport::{Rpc, Session};
use crate::evidence::{Answer, BlockReading, Cause, Fact, Provenance, Unavailable};
use crate::primitives::Digest32;

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
    let distinct = distinct(rpcs);
    if distinct.len() < wanted {
        let chain = request.chain;
        let detail = format!(
            "a quorum of {wanted} needs {wanted} endpoints of different host or port for chain {chain}, {} known: give more with \
             --rpc {chain}=URL",
            distinct.len()
        );
        return Err(Unavailable { cause: Cause::NoSource, host: None, detail });
    }
    let quorum = Quorum { request, wanted, timeout, requests: Arc::clone(requests) };
    match quorum.once(&distinct, provenance).await {
        Err(gone) if gone.cause == Cause::BlockVanished => {
            provenance.failed.clear();
            quorum.once(&distinct, provenance).await
        }
        outcome => outcome,
    }
}

fn distinct(rpcs: &[Arc<Rpc>]) -> Vec<Arc<Rpc>> {
    let mut places = BTreeSet::new();
    rpcs.iter().filter(|rpc| places.insert(rpc.endpoint.place())).cloned().collect()
}

struct Quorum {
    request: Arc<Request>,
    wanted: usize,
    timeout: Duration,
    requests: Arc<AtomicU32>,
}

/// What one endpoint says of the pinned block.
enum Seen {
    /// To each question, at least one of them a fact.
    Answers(Vec<Answer>),
    /// It has a block of another hash at that height.
    OtherBlock(Digest32),
}

impl Quorum {
    async fn once(&self, rpcs: &[Arc<Rpc>], provenance: &mut Provenance) -> Result<Vec<Answer>, Unavailable> {
        let mut left = rpcs.iter().enumerate();
        let Some((first, deadline, pinned)) = self.pinned(&mut left, provenance).await else {
            return Err(self.too_few(&[], provenance));
        };
        let mut asked = JoinSet::new();
        let (request, requests) = (Arc::clone(&self.request), Arc::clone(&self.requests));
        let (order, rpc) = first;
        let pinned_by = rpc.endpoint.host();
        let (block, rpc) = (pinned.block.clone(), Arc::clone(rpc));
        asked.spawn(async move {
            let session = Session { rpc: &rpc, deadline, requests: &requests };
            let outcome = answers(&session, &request, pinned).await;
            (order, Arc::clone(&rpc), outcome)
        });
        let mut seen: Vec<(usize, String, Seen)> = Vec::with_capacity(self.wanted);
        let mut failed = Vec::new();
        loop {
            for (order, rpc) in left.by_ref().take(self.wanted.saturating_sub(seen.len() + asked.len())) {
                let (rpc, block) = (Arc::clone(rpc), block.clone());
                let (request, requests) = (Arc::clone(&self.request), Arc::clone(&self.requests));
                let deadline = Instant::now() + self.timeout;
                asked.spawn(async move {
                    let session = Session { rpc: &rpc, deadline, requests: &requests };
                    let outcome = further(&session, &request, &block).await;
                    (order, Arc::clone(&rpc), outcome)
                });
            }
            let Some(joined) = asked.join_next().await else { break };
            let Ok((order, rpc, outcome)) = joined else { continue };
            rpc.healthy.store(outcome.is_ok(), Ordering::Relaxed);
            match outcome {
                Ok(found) => seen.push((order, rpc.endpoint.host(), found)),
                Err(why) => failed.push((order, why)),
            }
        }
        seen.sort_by_key(|(order, ..)| *order);
        failed.sort_by_key(|(order, _)| *order);
        provenance.failed.extend(failed.into_iter().map(|(_, why)| why));
        // Whoever pinned the block stands for its hash, even if it could not read the state afterwards.
        if let Some((host, other)) = seen.iter().find_map(|(_, host, found)| match found {
            Seen::OtherBlock(hash) => Some((host, hash)),
            Seen::Answers(_) => None,
        }) {
            return Err(disagreement(&pinned_by, host, &Difference::in_hash(&block.hash, other)));
        }
        let hosts: Vec<String> = seen.iter().map(|(_, host, _)| host.clone()).collect();
        if hosts.len() < self.wanted {
            return Err(self.too_few(&hosts, provenance));
        }
        let columns = (0..self.request.questions.len()).map(|index| self.agreed(&seen, index, provenance));
        let answers = columns.collect();
        provenance.hosts = hosts;
        Ok(answers)
    }

    /// The answer to one question that all gave alike.
    fn agreed(&self, seen: &[(usize, String, Seen)], index: usize, provenance: &Provenance) -> Answer {
        if matches!(self.request.questions.get(index), Some(ChainQuestion::Proof { .. })) {
            return first_proof(seen, index).unwrap_or_else(|| Err(self.too_few(&[], provenance)));
        }
        let mut first: Option<(&str, &Fact)> = None;
        let mut answered = Vec::with_capacity(seen.len());
        let mut failed = Vec::new();
        for (_, host, found) in seen {
            let Seen::Answers(answers) = found else { continue };
            // A part of an answer cannot agree with a whole one, nor with another part.
            if let Some(why) = answers.get(index).filter(|answer| answer.is_ok()).and_then(shortfall) {
                failed.push(why.clone());
                continue;
            }
            match (answers.get(index), first) {
                (Some(Ok(fact)), Some((one, expected))) => {
                    if let Some(difference) = first_difference(expected, fact) {
                        return Err(disagreement(one, host, &difference));
                    }
                    answered.push(host.clone());
                }
                (Some(Ok(fact)), None) => {
                    first = Some((host, fact));
                    answered.push(host.clone());
                }
                (Some(Err(why)), _) => failed.push(why.clone()),
                (None, _) => {}
            }
        }
        match first {
            Some((_, fact)) if answered.len() >= self.wanted => Ok(fact.clone()),
            _ => {
                failed.extend(provenance.failed.iter().cloned());
                Err(self.too_few(&answered, &Provenance { failed, ..Provenance::default() }))
            }
        }
    }

    /// The block of the first endpoint that gives one, with what is left of that endpoint's time.
    async fn pinned<'a>(
        &self,
        left: &mut impl Iterator<Item = (usize, &'a Arc<Rpc>)>,
        provenance: &mut Provenance,
    ) -> Option<((usize, &'a Arc<Rpc>), Instant, Pinned)> {
        for (order, rpc) in left {
            let deadline = Instant::now() + self.timeout;
            let session = Session { rpc, deadline, requests: &self.requests };
            match plan::pinned(&session, &self.request).await {
                Ok(pinned) => return Some(((order, rpc), deadline, pinned)),
                Err(why) => {
                    rpc.healthy.store(false, Ordering::Relaxed);
                    provenance.failed.push(why);
                }
            }
        }
        None
    }

    fn too_few(&self, answered: &[String], provenance: &Provenance) -> Unavailable {
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
fn first_proof(seen: &[(usize, String, Seen)], index: usize) -> Option<Answer> {
    let answers = seen.iter().filter_map(|(_, _, found)| match found {
        Seen::Answers(answers) => answers.get(index),
        Seen::OtherBlock(_) => None,
    });
    answers.clone().find(|answer| answer.is_ok()).or_else(|| answers.clone().next()).cloned()
}

async fn further(session: &Session<'_>, request: &Request, block: &BlockReading) -> Result<Seen, Unavailable> {
    match plan::located(session, request, block).await? {
        // What is newest is not compared, so one endpoint is asked for it.
        Located::There(block) => answers(session, request, Pinned { block, latest: None }).await,
        Located::Another(hash) => Ok(Seen::OtherBlock(hash)),
    }
}

/// An endpoint that answers nothing has failed.
async fn answers(session: &Session<'_>, request: &Request, pinned: Pinned) -> Result<Seen, Unavailable> {
    let answers = plan::read_at(session, request, pinned).await?;
    match answers.first() {
        Some(Err(why)) if answers.iter().all(Result::is_err) => Err(why.clone()),
        _ => Ok(Seen::Answers(answers)),
    }
}

fn disagreement(one: &str, other: &str, Difference { field, left, right }: &Difference) -> Unavailable {
    let detail = format!("{one} and {other} differ: {field} is {left} against {right}");
    Unavailable { cause: Cause::Disagreement, host: Some(other.to_owned()), detail }
}
