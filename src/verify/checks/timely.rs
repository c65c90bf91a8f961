//! What was read at a block that is too old, or whose time has not come, or of which nobody looked what happened since,
//! counts as not answered (chain.md §5.3), whether the answer is fresh, replayed or made by hand.

use std::borrow::Cow;

use crate::evidence::{Cause, Entry, Evidence, Unavailable};
use crate::verify::Policy;

/// The evidence that counts at `now`.
pub(super) fn timely<'e>(evidence: &'e Evidence, policy: &Policy, now: i64) -> Cow<'e, Evidence> {
    let untimely: Vec<(&Entry, Unavailable)> =
        evidence.entries().iter().filter_map(|entry| Some((entry, untimely(entry, policy, now)?))).collect();
    let mut counting = Cow::Borrowed(evidence);
    for (entry, why) in untimely {
        counting.to_mut().record(entry.discounted(why));
    }
    counting
}

fn untimely(entry: &Entry, policy: &Policy, now: i64) -> Option<Unavailable> {
    let (chain, fact) = (entry.question().chain()?, entry.answer().ok()?);
    let block = fact.block()?;
    let (cause, detail) = match policy.max_block_age.check(chain, block, now) {
        Err(why) => (why.cause(), why.to_string()),
        Ok(()) if fact.newest_is_known() => return None,
        Ok(()) => (Cause::NewestNotRead, format!("block {} was read, and nothing of what came after it", block.number)),
    };
    Some(Unavailable { cause, host: entry.provenance.hosts.first().cloned(), detail })
}
