//! A DNSSEC chain beside a domain's records is checked here, whoever says that it was checked (checks.md §5.4). One that does not
//! prove these very records leaves nothing known of them: somebody changed the one or the other. What has none is as it was said.

use std::borrow::Cow;

use crate::dnssec::{self, NotProven, TrustAnchors};
use crate::evidence::{
    Cause, DnsTxtQuestion, Dnssec, Entry, Evidence, Fact, Provenance, Question, TxtReading, Unavailable,
};

/// The evidence without answers that contradict their own chain. Where a chain stands, it holds.
pub(super) fn chained<'e>(evidence: Cow<'e, Evidence>, anchors: &TrustAnchors, now: i64) -> Cow<'e, Evidence> {
    let contradicting: Vec<Entry> = evidence
        .entries()
        .iter()
        .filter_map(|entry| {
            let (Question::DnsTxt(DnsTxtQuestion { name }), Ok(Fact::DnsTxt(reading))) =
                (entry.question(), entry.answer())
            else {
                return None;
            };
            let detail = contradiction(name, reading, anchors, now)?.to_string();
            let why = Unavailable { cause: Cause::Bogus, host: None, detail };
            // Nobody stands for an answer that does not count.
            let mut provenance = Provenance { hosts: Vec::new(), ..entry.provenance.clone() };
            provenance.failed.push(why.clone());
            Some(Entry::unanswered(entry.question().clone(), why, provenance))
        })
        .collect();
    let mut counting = evidence;
    for entry in contradicting {
        counting.to_mut().record(entry);
    }
    counting
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
