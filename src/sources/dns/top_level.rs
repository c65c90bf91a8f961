//! Whether a resolver that denies something knows anything (checks.md §5.3): it is asked for the SOA and NS records of the
//! top-level domain, which exist wherever the name could.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use futures_util::future::{Either, select};
use hickory_proto::op::{DnsRequestOptions, Query, ResponseCode};
use hickory_proto::rr::{Name, RecordType};
use hickory_resolver::net::xfer::{DnsHandle, FirstAnswer as _};

use crate::evidence::TopLevelReading;

/// What servers are known to have answered for, each by its name. That one did not is asked again: it may have been out
/// of reach.
#[derive(Debug, Clone, Default)]
pub(super) struct KnownTopLevels(Arc<Mutex<HashMap<(String, Name), Instant>>>);

/// Long enough for the documents of one run, and short enough for a machine that moves to another network.
const KEPT: Duration = Duration::from_secs(60);

const MOST_KEPT: usize = 1024;

impl KnownTopLevels {
    /// What `server` says of the top-level domain of a name that it denies.
    pub(super) async fn above<H: DnsHandle>(&self, denied: &Name, server: &str, handle: &H) -> TopLevelReading {
        let name = top_level_of(denied);
        let key = (server.to_owned(), name.clone());
        let answered = self.has(&key) || {
            let answered = is_answered(&name, handle).await;
            if answered {
                self.keep(key);
            }
            answered
        };
        TopLevelReading { name: text_of(&name), answered }
    }

    fn has(&self, key: &(String, Name)) -> bool {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.get(key).is_some_and(|since| since.elapsed() < KEPT)
    }

    fn keep(&self, key: (String, Name)) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= MOST_KEPT {
            known.clear();
        }
        known.insert(key, Instant::now());
    }
}

impl TopLevelReading {
    /// Whether it is about the top-level domain of this name.
    pub(super) fn is_above(&self, name: &Name) -> bool {
        self.name == text_of(&top_level_of(name))
    }
}

fn top_level_of(name: &Name) -> Name {
    name.trim_to(1).to_lowercase()
}

fn text_of(top_level: &Name) -> String {
    top_level.to_ascii().trim_end_matches('.').to_owned()
}

/// Both are asked for at once; either will do.
async fn is_answered<H: DnsHandle>(name: &Name, handle: &H) -> bool {
    let one = Box::pin(has_records(name, RecordType::SOA, handle));
    let other = Box::pin(has_records(name, RecordType::NS, handle));
    match select(one, other).await {
        Either::Left((true, _)) | Either::Right((true, _)) => true,
        Either::Left((false, other)) => other.await,
        Either::Right((false, one)) => one.await,
    }
}

async fn has_records<H: DnsHandle>(name: &Name, kind: RecordType, handle: &H) -> bool {
    let query = Query::query(name.clone(), kind);
    let Ok(reply) = handle.lookup(query, DnsRequestOptions::default()).first_answer().await else { return false };
    reply.response_code == ResponseCode::NoError
        && reply.answers.iter().any(|record| record.name == *name && record.record_type() == kind)
}
