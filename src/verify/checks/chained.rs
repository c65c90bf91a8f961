//! A DNSSEC chain beside a domain's records is checked here, whoever says that it was checked (checks.md §5.4). One that does not
//! prove these very records leaves nothing known of them: somebody changed the one or the other. What has none is as it was said.

use std::collections::BTreeSet;

use crate::dnssec::{self, NotProven, TrustAnchors};
use crate::evidence::{Cause, DnsTxtQuestion, Dnssec, Entry, Evidence, TxtReading, Unavailable};

/// Instead of the answers about these domains that contradict their own chain. Only what a report rests on is worth the work
/// of checking signatures: evidence may hold any number of chains.
pub(super) fn contradicting(
    evidence: &Evidence,
    domains: &BTreeSet<DnsTxtQuestion>,
    anchors: &TrustAnchors,
    now: i64,
) -> Vec<Entry> {
    let contradicting = domains.iter().filter_map(|domain| {
        let found = evidence.found(domain)?;
        let detail = contradiction(&domain.name, found.answer.ok()?, anchors, now)?.to_string();
        Some(found.entry.discounted(Unavailable { cause: Cause::Bogus, host: None, detail }))
    });
    contradicting.collect()
}

fn contradiction(name: &str, reading: &TxtReading, anchors: &TrustAnchors, now: i64) -> Option<Contradiction> {
    let chain = reading.chain.as_ref()?;
    // Whoever kept the chain had validated the answer.
    if reading.dnssec != Dnssec::Secure || !reading.name_exists {
        return Some(Contradiction::BesideAnother);
    }
    match dnssec::check(chain, name, now, anchors) {
        Err(why) => Some(Contradiction::DoesNotHold(why)),
        Ok(proven) => {
            let mut records = reading.records.clone();
            records.sort();
            (proven.records != records).then_some(Contradiction::OtherRecords)
        }
    }
}

#[derive(Debug, PartialEq, thiserror::Error)]
enum Contradiction {
    #[error("the DNSSEC chain kept beside them does not hold: {0}")]
    DoesNotHold(NotProven),
    #[error("the DNSSEC chain kept beside them proves other records")]
    OtherRecords,
    #[error("a DNSSEC chain is kept beside an answer that is not said to be validated")]
    BesideAnother,
}
