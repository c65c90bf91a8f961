//! Whether a domain's records name a key (checks.md §5.3, §3.7).

use super::did::canonical;
use super::likeness::{Likeness, excerpt};
use super::{Did, DidUrl, NearMiss, Record, mention, parse_record};
use crate::evidence::TxtReading;
use crate::primitives::Address;

/// Compares a domain's records with the key of a signed document. Only answers reach this function, and no denial that
/// says nothing ([`denial_that_says_nothing`](super::denial_that_says_nothing)), so it never says `unknown`.
pub fn judge_dns_did(reading: &TxtReading, key: &DidUrl) -> DnsDidFinding {
    if !reading.name_exists {
        return DnsDidFinding::DomainDoesNotExist;
    }
    let mut other_keys = Vec::new();
    let mut contracts = 0;
    let mut malformed: Option<(Likeness, DnsDidFinding)> = None;
    for text in &reading.records {
        match parse_record(text) {
            Ok(Record::DecentralizedIdentifier { key: found }) if canonical(&found) == key.as_str() => {
                return DnsDidFinding::Matches { record: text.clone() };
            }
            Ok(Record::DecentralizedIdentifier { key }) => other_keys.push(key),
            Ok(Record::Contract { .. }) => contracts += 1,
            Err(why) => {
                let Some(likeness) = likeness(text, key) else { continue };
                if malformed.as_ref().is_none_or(|(known, _)| likeness < *known) {
                    let why = why.unwrap_or_else(|| NearMiss::of_beginning(text));
                    let record = quoted(text, key);
                    malformed = Some((likeness, DnsDidFinding::MalformedRecord { record, likeness, why }));
                }
            }
        }
    }
    if let Some((_, found)) = malformed {
        return found;
    }
    let count = other_keys.len();
    let sibling = other_keys.iter().find(|found| canonical(found).starts_with(key.did()));
    if let Some(nearest) = sibling {
        return DnsDidFinding::OtherKeys { count, nearest: nearest.clone(), likeness: None };
    }
    let near = |found: &&String| likeness(found, key) == Some(Likeness::OneDigitOff);
    let near = other_keys.iter().find(near).map(|nearest| (nearest, Some(Likeness::OneDigitOff)));
    match near.or(other_keys.first().map(|first| (first, None))) {
        Some((nearest, likeness)) => DnsDidFinding::OtherKeys { count, nearest: nearest.clone(), likeness },
        None => DnsDidFinding::NoRecords { contracts },
    }
}

/// How near a text comes to the key's DID: in a did:ethr the account is what people mistype.
fn likeness(text: &str, key: &DidUrl) -> Option<Likeness> {
    match account(key) {
        Some(account) => Likeness::of(text, account),
        None => text.to_ascii_lowercase().contains(&key.did().to_ascii_lowercase()).then_some(Likeness::Same),
    }
}

fn quoted(text: &str, key: &DidUrl) -> String {
    excerpt(text, account(key).unwrap_or_default())
}

fn account(key: &DidUrl) -> Option<Address> {
    match Did::parse(key.did()) {
        Ok(Did::Ethr(did)) if !did.names_public_key() => Some(did.address()),
        _ => None,
    }
}

/// What was found at the domain.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DnsDidFinding {
    /// A record names this key.
    #[error("a TXT record names this key")]
    Matches {
        /// The record.
        record: String,
    },
    /// NXDOMAIN.
    #[error("the domain does not exist")]
    DomainDoesNotExist,
    /// No record names any key.
    #[error("no record names a key{}", for_contracts(*.contracts))]
    NoRecords {
        /// How many records name contracts.
        contracts: usize,
    },
    /// Records for other keys.
    #[error("{count} record(s) found, none for this key; the nearest is for {nearest}{}", slip(*.likeness))]
    OtherKeys {
        /// How many.
        count: usize,
        /// One of the same DID, else one that differs in a single digit, else the first.
        nearest: String,
        /// Whether that one may be meant for this key.
        likeness: Option<Likeness>,
    },
    /// A record that mentions this key's DID, or nearly so, and breaks the grammar.
    #[error("the record {record:?} {}, but {why}", mention(*.likeness, "DID"))]
    MalformedRecord {
        /// The record; of a long one the part around the DID.
        record: String,
        /// How near it comes.
        likeness: Likeness,
        /// The rule it breaks.
        why: NearMiss,
    },
}

fn slip(likeness: Option<Likeness>) -> &'static str {
    if likeness.is_some() { ", which differs from it in a single digit" } else { "" }
}

fn for_contracts(count: usize) -> String {
    if count == 0 { String::new() } else { format!("; {count} record(s) name contracts") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evidence::Dnssec;

    const KEY: &str = "did:ethr:0xabababababababababababababababababababab#controller";

    fn judged(records: &[&str]) -> DnsDidFinding {
        let records = records.iter().map(|record| (*record).to_owned()).collect();
        let reading = TxtReading {
            name_exists: true,
            records,
            dnssec: Dnssec::NotChecked,
            chain: None,
            agreeing: 1,
            top_level: None,
        };
        judge_dns_did(&reading, &DidUrl::parse(KEY).unwrap())
    }

    fn record(key: &str) -> String {
        format!("openatts a=dns-did; p={key}; v=1.0;")
    }

    #[test]
    fn a_record_names_the_key_in_either_case_of_its_address() {
        let upper = KEY.replace("ab", "AB");
        for good in [record(KEY), record(&upper)] {
            assert!(matches!(judged(&["v=spf1 -all", &good]), DnsDidFinding::Matches { .. }), "{good}");
        }
    }

    #[test]
    fn any_change_of_the_key_is_no_match() {
        let good = record(KEY);
        let from = good.find("did:").unwrap();
        for index in from..good.find("; v").unwrap() {
            for replacement in ['0', 'c', 'C', 'x', ':', '#'] {
                let mut changed: Vec<char> = good.chars().collect();
                if changed[index] == replacement {
                    continue;
                }
                changed[index] = replacement;
                let changed: String = changed.into_iter().collect();
                assert!(!matches!(judged(&[&changed]), DnsDidFinding::Matches { .. }), "{changed}");
            }
        }
    }

    #[test]
    fn what_was_found_instead_is_said() {
        let elsewhere = record("did:ethr:0xcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcd#controller");
        let sibling = record("did:ethr:0xABabababababababababababababababababABAB#delegate-1");
        assert!(matches!(judged(&[&elsewhere]), DnsDidFinding::OtherKeys { count: 1, .. }));
        let found = judged(&[&elsewhere, &sibling]).to_string();
        assert!(found.contains("2 record(s)") && found.ends_with("#delegate-1"), "{found}");
        let contract = "openatts net=ethereum netId=1 addr=0xabababababababababababababababababababab";
        assert_eq!(judged(&[contract]), DnsDidFinding::NoRecords { contracts: 1 });
        let malformed = format!("openatts a=dns-did; p={KEY};");
        assert!(matches!(judged(&[&malformed]), DnsDidFinding::MalformedRecord { .. }));
        assert_eq!(judged(&[]), DnsDidFinding::NoRecords { contracts: 0 });
    }

    #[test]
    fn a_record_that_was_meant_for_this_key_is_shown_with_what_is_wrong() {
        let good = record(KEY);
        let slip = KEY.replacen("ab", "a", 1);
        for (text, wanted) in [
            (format!("'{good}'"), "it must be the first word"),
            (good.replace("openatts", "openatt"), "it begins with \"openatt\""),
            (record(&slip).replace(" v=1.0;", ""), "mentions this DID but for one digit, but the key \"v\" is missing"),
        ] {
            let found = judged(&["v=spf1 -all", &text]);
            assert!(matches!(found, DnsDidFinding::MalformedRecord { .. }), "{text}: {found:?}");
            assert!(found.to_string().contains(wanted), "{text}: {found}");
        }
        let found = judged(&[&record(&KEY.replacen("ab", "ac", 1))]).to_string();
        assert!(found.ends_with("differs from it in a single digit"), "{found}");
    }
}
