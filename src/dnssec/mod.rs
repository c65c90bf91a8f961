//! DNSSEC chains that are kept (checks.md §5.4): whether records are those of a name, by signatures from a key that is trusted
//! down to them. The chain is an RFC 9102 `AuthenticationChain`: aliases first, then the TXT records, then the keys of each zone
//! and their digests up to the trusted key; behind each set the signature over it.
//!
//! Nothing here asks, and no clock is read. A chain is checked backwards, so that whatever a set rests on was checked before
//! it, each set once: work is linear in its bytes, and the number of signatures is bounded however the chain is made
//! (as KeyTrap was, CVE-2023-50387). What it need not hold it must not hold.

mod anchor;
mod key;
mod name;
mod set;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

#[cfg(feature = "net")]
pub(crate) use anchor::IANA_KEYS;
pub use anchor::{InvalidAnchor, TrustAnchor, TrustAnchors};
use key::{DigestKind, Key};
use name::Name;
use set::{CNAME, DNSKEY, DS, Set, TXT, malformed};

/// What a chain proves.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Proven {
    /// The TXT records at the end of the aliases, in sorted order: the strings of each joined, and what is not UTF-8 replaced by
    /// U+FFFD.
    pub records: Vec<String>,
    /// The anchors of the caller's that it rests on. The root's own keys are not among them.
    pub rests_on: BTreeSet<TrustAnchor>,
}

/// Checks what `chain` proves of the TXT records of `name` at `now`, in seconds since the Unix epoch. Trusted are the root's keys
/// that IANA publishes, and `anchors`.
///
/// ```
/// use ebl_verifier::dnssec::{NotProven, TrustAnchors, check};
///
/// let nothing = check(&[], "carrier.example", 1_780_000_000, &TrustAnchors::default());
/// assert!(matches!(nothing, Err(NotProven::Malformed(_))));
/// ```
pub fn check(chain: &[u8], name: &str, now: i64, anchors: &TrustAnchors) -> Result<Proven, NotProven> {
    let sets = set::read(chain)?;
    let name = name::wire(name).ok_or(NotProven::OtherName)?;
    let name = Name::whole(&name).ok_or(NotProven::OtherName)?;
    let end = aliases_passed(&sets, name)?;
    let Some((answer, vouching)) = sets.split_at_checked(end + 1) else { return Err(malformed("no TXT records")) };
    let mut zones =
        Zones { now, anchors, zones: BTreeMap::new(), delegations: BTreeMap::new(), rests_on: BTreeSet::new() };
    vouching.iter().rev().try_for_each(|set| zones.learn(set))?;
    answer.iter().try_for_each(|set| zones.vouch_for(set))?;
    if !zones.delegations.is_empty() || zones.zones.values().any(|zone| !zone.is_used) {
        return Err(malformed("keys that nothing needs"));
    }
    let mut records = Vec::new();
    for data in answer.iter().filter(|set| set.kind == TXT).flat_map(|set| &set.data) {
        records.push(text(data).ok_or(malformed("a TXT record that is none"))?);
    }
    records.sort();
    Ok(Proven { records, rests_on: zones.rests_on })
}

/// The number of aliases that lead from the name to the set behind them, which holds TXT records.
fn aliases_passed(sets: &[Set<'_>], name: Name<'_>) -> Result<usize, NotProven> {
    let mut passed = vec![name.bytes()];
    for (index, set) in sets.iter().enumerate().take(MOST_ALIASES + 1) {
        if passed.last() != Some(&set.owner.bytes()) {
            return Err(NotProven::OtherName);
        }
        match (set.kind, set.data.as_slice()) {
            (TXT, _) => return Ok(index),
            (CNAME, [target]) if !passed.contains(target) => passed.push(target),
            (CNAME, _) => return Err(malformed("aliases that run in a circle")),
            _ => break,
        }
    }
    Err(malformed("no TXT records"))
}

/// The strings of a TXT record (RFC 1035 §3.3.14), joined.
fn text(mut data: &[u8]) -> Option<String> {
    let mut joined = Vec::with_capacity(data.len());
    while let Some((length, rest)) = data.split_first() {
        let string;
        (string, data) = rest.split_at_checked(usize::from(*length))?;
        joined.extend(string);
    }
    Some(String::from_utf8_lossy(&joined).into_owned())
}

/// What was learnt so far, from the trusted keys down.
struct Zones<'a, 'c> {
    now: i64,
    anchors: &'c TrustAnchors,
    zones: BTreeMap<Name<'a>, Zone<'a>>,
    /// Digests of the keys of zones whose keys are still to come.
    delegations: BTreeMap<Name<'a>, &'c Set<'a>>,
    rests_on: BTreeSet<TrustAnchor>,
}

/// The keys of a zone.
struct Zone<'a> {
    keys: Vec<Key<'a>>,
    /// Whether one of them signed something that is not these keys.
    is_used: bool,
}

impl<'a, 'c> Zones<'a, 'c> {
    fn learn(&mut self, set: &'c Set<'a>) -> Result<(), NotProven> {
        match set.kind {
            DNSKEY if !self.zones.contains_key(&set.owner) => {
                let zone = self.opened(set)?;
                self.zones.insert(set.owner, zone);
                Ok(())
            }
            // A zone does not vouch for itself.
            DS if set.signature.signer != set.owner => {
                self.vouch_for(set)?;
                match self.zones.contains_key(&set.owner) || self.delegations.insert(set.owner, set).is_some() {
                    true => Err(malformed("keys that nothing needs")),
                    false => Ok(()),
                }
            }
            _ => Err(malformed("a set of records out of its place")),
        }
    }

    /// A zone by the set of its keys: signed by one that its parent names, or that is trusted.
    fn opened(&mut self, set: &Set<'a>) -> Result<Zone<'a>, NotProven> {
        let zone = set.owner;
        let signature = set.signature_at(self.now)?;
        if signature.signer != zone {
            return Err(NotProven::OtherZone { owner: zone.to_string(), signer: signature.signer.to_string() });
        }
        let keys: Vec<Key<'a>> = set.data.iter().filter_map(|data| Key::read(data)).collect();
        let delegation = self.delegations.remove(&zone);
        let mut named = Vec::new();
        for key in of_signature(&keys, set)? {
            let found = DigestKind::ALL.into_iter().find_map(|kind| {
                let digest = key.digest(kind, zone);
                match delegation {
                    Some(delegation) => names(delegation, key, kind, &digest).then_some(None),
                    None if anchor::is_iana_key(zone, key, kind, &digest) => Some(None),
                    None => self.anchors.naming(zone, key, kind, &digest).map(Some),
                }
            });
            named.extend(found.map(|anchor| (key, anchor.cloned())));
        }
        if named.is_empty() {
            let zone = zone.to_string();
            return Err(if delegation.is_some() { NotProven::NotDelegated(zone) } else { NotProven::NoAnchor(zone) });
        }
        let candidates: Vec<Key<'a>> = named.iter().map(|(key, _)| *key).collect();
        let signer = signer(&candidates, set)?;
        self.rests_on.extend(named.into_iter().nth(signer).and_then(|(_, anchor)| anchor));
        Ok(Zone { keys, is_used: false })
    }

    /// Whether a key of the zone that a set names as its signer's did sign it.
    fn vouch_for(&mut self, set: &Set<'a>) -> Result<(), NotProven> {
        let signature = set.signature_at(self.now)?;
        let zone = self.zones.get_mut(&signature.signer);
        let zone = zone.ok_or_else(|| NotProven::NoKeys(signature.signer.to_string()))?;
        signer(&of_signature(&zone.keys, set)?, set)?;
        zone.is_used = true;
        Ok(())
    }
}

/// Whether a zone's parent names this key.
fn names(delegation: &Set<'_>, key: Key<'_>, kind: DigestKind, digest: &[u8]) -> bool {
    let wanted = (key.tag, key.algorithm, kind, digest);
    delegation.data.iter().any(|data| key::delegation(data) == Some(wanted))
}

/// The keys that the signature over a set may be by. Two keys rarely have one tag; more are made to cost time.
fn of_signature<'a>(keys: &[Key<'a>], set: &Set<'_>) -> Result<Vec<Key<'a>>, NotProven> {
    let signature = &set.signature;
    let matching = keys.iter().filter(|key| (key.tag, key.algorithm) == (signature.tag, signature.algorithm));
    let found: Vec<Key<'a>> = matching.copied().take(MOST_KEYS_OF_ONE_TAG + 1).collect();
    match found.len() {
        0 => Err(NotProven::NoKeys(signature.signer.to_string())),
        1..=MOST_KEYS_OF_ONE_TAG => Ok(found),
        _ => Err(malformed("too many keys of one tag")),
    }
}

/// Which of these keys signed the set.
fn signer(keys: &[Key<'_>], set: &Set<'_>) -> Result<usize, NotProven> {
    let signed = set.signed();
    for (index, key) in keys.iter().enumerate() {
        match key.signed(&signed, set.signature.value) {
            None => return Err(NotProven::Algorithm(key.algorithm)),
            Some(true) => return Ok(index),
            Some(false) => {}
        }
    }
    Err(NotProven::NotSigned(set.owner.to_string()))
}

/// As many as the sources follow (checks.md §5.1).
const MOST_ALIASES: usize = 8;

const MOST_KEYS_OF_ONE_TAG: usize = 2;

/// Why a chain proves nothing. Names end with a dot.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NotProven {
    /// Of more records than any honest answer needs.
    #[error("it is larger than any honest one")]
    TooLarge,
    /// Not in the one form that is read.
    #[error("it is not built as it must be: {0}")]
    Malformed(&'static str),
    /// Its first records are not of the name asked for, or an alias does not lead to the next.
    #[error("its records are of another name")]
    OtherName,
    /// A signature's time has not come.
    #[error("the signature over records of {owner} is not valid yet: from {} on", time(*.from))]
    NotYetValid {
        /// Whose records.
        owner: String,
        /// In seconds since the Unix epoch, on a circle of 2^32.
        from: i64,
    },
    /// A signature's time is over.
    #[error("the signature over records of {owner} ran out: at {}", time(*.at))]
    Expired {
        /// Whose records.
        owner: String,
        /// In seconds since the Unix epoch, on a circle of 2^32.
        at: i64,
    },
    /// A signature by a zone that has no say about the name.
    #[error("records of {owner} are signed by {signer}, which has no say about them")]
    OtherZone {
        /// Whose records.
        owner: String,
        /// Who signed them.
        signer: String,
    },
    /// Records made from a wildcard: that there are no closer ones is nothing that a chain shows.
    #[error("the records of {0} are made from a wildcard")]
    Wildcard(String),
    /// The keys of a zone lead to none that is trusted.
    #[error("no key is trusted that the keys of {0} lead to")]
    NoAnchor(String),
    /// The parent names other keys.
    #[error("the zone above names other keys of {0}")]
    NotDelegated(String),
    /// The key that should have signed is not there, or may not sign.
    #[error("there is no key of {0} that could have signed")]
    NoKeys(String),
    /// Signatures of this kind are not checked here.
    #[error("signatures by algorithm {0} are not checked")]
    Algorithm(u8),
    /// A signature is by no key that it could be by.
    #[error("the signature over records of {0} does not fit them")]
    NotSigned(String),
}

fn time(seconds: i64) -> String {
    crate::primitives::rfc3339(seconds)
}
