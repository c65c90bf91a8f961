//! Several endpoints, one answer (chain.md §5.5): the first that answers pins a block, all read at its hash, and every
//! value must be the same. No majority is ever applied: one difference and there is no answer.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use serde_json::Value;
use tokio::task::JoinSet;
use tokio::time::Instant;

use super::plan::{self, Located, Request};
use super::transport::{Rpc, Session};
use crate::evidence::{Answer, BlockReading, Cause, Fact, Provenance, RegistryReading, Unavailable};
use crate::primitives::{Digest32, keccak256};

/// Asks `wanted` endpoints of different host and port; one that fails is replaced by the next that is left.
pub(super) async fn read(
    rpcs: &[Arc<Rpc>],
    request: Request,
    wanted: usize,
    timeout: Duration,
    requests: &Arc<AtomicU32>,
    provenance: &mut Provenance,
) -> Answer {
    let distinct = distinct(rpcs);
    if distinct.len() < wanted {
        let Request { chain, .. } = request;
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
    request: Request,
    wanted: usize,
    timeout: Duration,
    requests: Arc<AtomicU32>,
}

/// What one endpoint says of the pinned block.
enum Seen {
    Reading(Box<RegistryReading>),
    /// It has a block of another hash at that height.
    OtherBlock(Digest32),
}

impl Quorum {
    async fn once(&self, rpcs: &[Arc<Rpc>], provenance: &mut Provenance) -> Answer {
        let mut left = rpcs.iter().enumerate();
        let Some((first, deadline, block)) = self.pinned(&mut left, provenance).await else {
            return Err(self.too_few(&[], provenance));
        };
        let mut asked = JoinSet::new();
        let request = self.request;
        let requests = Arc::clone(&self.requests);
        let (order, rpc) = first;
        let pinned_by = rpc.endpoint.host();
        let (pinned, rpc) = (block.clone(), Arc::clone(rpc));
        asked.spawn(async move {
            let session = Session { rpc: &rpc, deadline, requests: &requests };
            let reading = plan::read_at(&session, &request, pinned).await;
            (order, Arc::clone(&rpc), reading.map(|reading| Seen::Reading(Box::new(reading))))
        });
        let mut seen: Vec<(usize, String, Seen)> = Vec::with_capacity(self.wanted);
        let mut failed = Vec::new();
        loop {
            for (order, rpc) in left.by_ref().take(self.wanted.saturating_sub(seen.len() + asked.len())) {
                let (rpc, requests, block) = (Arc::clone(rpc), Arc::clone(&self.requests), block.clone());
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
        if let Some(disagreement) = disagreement(&seen, &pinned_by, &block) {
            return Err(disagreement);
        }
        let hosts: Vec<String> = seen.iter().map(|(_, host, _)| host.clone()).collect();
        match seen.into_iter().next() {
            Some((_, _, Seen::Reading(reading))) if hosts.len() >= self.wanted => {
                provenance.hosts = hosts;
                Ok(Fact::Registry(reading))
            }
            _ => Err(self.too_few(&hosts, provenance)),
        }
    }

    /// The block of the first endpoint that gives one, with what is left of that endpoint's time.
    async fn pinned<'a>(
        &self,
        left: &mut impl Iterator<Item = (usize, &'a Arc<Rpc>)>,
        provenance: &mut Provenance,
    ) -> Option<((usize, &'a Arc<Rpc>), Instant, BlockReading)> {
        for (order, rpc) in left {
            let deadline = Instant::now() + self.timeout;
            let session = Session { rpc, deadline, requests: &self.requests };
            match plan::pinned(&session, &self.request).await {
                Ok(block) => return Some(((order, rpc), deadline, block)),
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

async fn further(session: &Session<'_>, request: &Request, block: &BlockReading) -> Result<Seen, Unavailable> {
    match plan::located(session, request, block).await? {
        Located::There(block) => {
            plan::read_at(session, request, block).await.map(|reading| Seen::Reading(Box::new(reading)))
        }
        Located::Another(hash) => Ok(Seen::OtherBlock(hash)),
    }
}

/// Holds every answer against the first.
fn disagreement(seen: &[(usize, String, Seen)], pinned_by: &str, block: &BlockReading) -> Option<Unavailable> {
    let mut first: Option<(&str, &RegistryReading)> = None;
    for (_, host, found) in seen {
        let (one, difference) = match (found, first) {
            // Whoever pinned the block stands for its hash, even if it could not read the state afterwards.
            (Seen::OtherBlock(hash), _) => (pinned_by, Some(Difference::in_hash(&block.hash, hash))),
            (Seen::Reading(reading), Some((one, expected))) => (one, first_difference(expected, reading)),
            (Seen::Reading(reading), None) => {
                first = Some((host, reading));
                continue;
            }
        };
        if let Some(Difference { field, left, right }) = difference {
            let detail = format!("{one} and {host} differ: {field} is {left} against {right}");
            return Some(Unavailable { cause: Cause::Disagreement, host: Some(host.clone()), detail });
        }
    }
    None
}

struct Difference {
    field: String,
    left: String,
    right: String,
}

/// The first field that differs, in the order of [`RegistryReading`], whatever the way it was read.
fn first_difference(left: &RegistryReading, right: &RegistryReading) -> Option<Difference> {
    macro_rules! compare {
        ($($field:ident),* $(,)?) => {{
            // A new field does not compile until it is compared.
            let RegistryReading { method: _, $($field),* } = left;
            $(if *$field != right.$field {
                return Some(Difference::in_field(stringify!($field), left, right));
            })*
            None
        }};
    }
    compare!(
        chain_id,
        block,
        registry_code,
        clone_target,
        proxy_slots,
        interfaces,
        owner_of,
        factory,
        factory_code,
        escrow_implementation,
        escrow_implementation_code,
        genesis,
        paused,
        escrow,
        escrow_code,
        escrow_code_size,
        escrow_registry,
        escrow_token_id,
        beneficiary,
        holder,
        nominee,
        active,
        is_holding_token,
        prev_beneficiary,
        prev_holder,
        remark,
    )
}

impl Difference {
    fn in_hash(left: &Digest32, right: &Digest32) -> Self {
        Self { field: "block.hash".to_owned(), left: left.to_string(), right: right.to_string() }
    }

    /// Both readings as they are written into evidence, where bytes are hexadecimal.
    fn in_field(field: &str, left: &RegistryReading, right: &RegistryReading) -> Self {
        let member = |reading: &RegistryReading| {
            let whole = serde_json::to_value(reading).unwrap_or_default();
            whole.get(field).cloned().unwrap_or_default()
        };
        Self::inside(field.to_owned(), &member(left), &member(right))
    }

    /// Goes down to the first value that differs.
    fn inside(field: String, left: &Value, right: &Value) -> Self {
        let deeper = match (left, right) {
            (Value::Object(left), Value::Object(right)) => left.iter().find_map(|(name, left)| {
                let right = right.get(name)?;
                (left != right).then(|| (format!("{field}.{name}"), left, right))
            }),
            (Value::Array(left), Value::Array(right)) => left
                .iter()
                .zip(right)
                .enumerate()
                .find_map(|(index, pair)| (pair.0 != pair.1).then(|| (format!("{field}[{index}]"), pair.0, pair.1))),
            _ => None,
        };
        match deeper {
            Some((field, left, right)) => Self::inside(field, left, right),
            None => Self { field, left: short(left), right: short(right) },
        }
    }
}

/// A value for a sentence: a word without its leading zeros, longer bytes by their beginning and hash.
fn short(value: &Value) -> String {
    let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    match text.strip_prefix("0x").filter(|_| text.is_ascii()) {
        Some(word) if word.len() == 64 => match word.trim_start_matches('0') {
            "" => "0x0".to_owned(),
            digits => format!("0x{digits}"),
        },
        Some("") => "nothing".to_owned(),
        _ if text.chars().count() > 66 => {
            let beginning: String = text.chars().take(18).collect();
            let hash = keccak256(&text).to_hex64();
            format!("{beginning}… ({} characters, hash {})", text.chars().count(), hash.get(..8).unwrap_or_default())
        }
        _ => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evidence::{CallReading, Finality, ReadMethod};
    use crate::primitives::Address;

    fn differs(change: impl FnOnce(&mut RegistryReading)) -> Option<String> {
        let one = RegistryReading {
            holder: CallReading { success: true, data: vec![0; 32] },
            interfaces: vec![crate::evidence::InterfaceReading { id: vec![1; 4], answer: CallReading::default() }],
            ..RegistryReading::default()
        };
        let mut other = one.clone();
        change(&mut other);
        first_difference(&one, &other).map(|found| format!("{} {} {}", found.field, found.left, found.right))
    }

    #[test]
    fn the_first_difference_is_named_with_both_values() {
        assert_eq!(differs(|_| {}), None);
        assert_eq!(differs(|other| other.method = ReadMethod::Calls), None);
        assert_eq!(differs(|other| other.holder.data[31] = 0x4d).unwrap(), "holder.data 0x0 0x4d");
        assert_eq!(differs(|other| other.holder.success = false).unwrap(), "holder.success true false");
        assert_eq!(
            differs(|other| other.interfaces[0].answer.data = vec![7]).unwrap(),
            "interfaces[0].answer.data nothing 0x07"
        );
        assert_eq!(differs(|other| other.block.number = 9).unwrap(), "block.number 0 9");
        assert_eq!(differs(|other| other.block.finality = Finality::Safe).unwrap(), "block.finality latest safe");
        assert!(differs(|other| other.proxy_slots.admin = Address::DEAD).unwrap().starts_with("proxy_slots.admin "));
        assert!(
            differs(|other| other.clone_target = Some(Default::default())).unwrap().starts_with("clone_target null ")
        );
        let code = differs(|other| other.registry_code = vec![0x60; 5000]).unwrap();
        assert!(code.len() < 90 && code.contains("10002 characters"), "{code}");
    }
}
