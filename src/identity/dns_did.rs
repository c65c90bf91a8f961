//! Whether a domain's records name a key (checks.md §5.3, §3.7).

use super::did::canonical;
use super::{DidUrl, NearMiss, Record, parse_record};
use crate::evidence::TxtReading;

/// Compares a domain's records with the key of a signed document. Only answers reach this function, so it never says
/// `unknown`.
pub fn judge_dns_did(reading: &TxtReading, key: &DidUrl) -> DnsDidFinding {
    if !reading.name_exists {
        return DnsDidFinding::DomainDoesNotExist;
    }
    let mut other_keys = Vec::new();
    let mut contracts = 0;
    let mut malformed = None;
    for text in &reading.records {
        match parse_record(text) {
            Ok(Record::DecentralizedIdentifier { key: found }) if canonical(&found) == key.as_str() => {
                return DnsDidFinding::Matches { record: text.clone() };
            }
            Ok(Record::DecentralizedIdentifier { key }) => other_keys.push(key),
            Ok(Record::Contract { .. }) => contracts += 1,
            Err(Some(why)) if malformed.is_none() && mentions(text, key) => malformed = Some((text.clone(), why)),
            Err(_) => {}
        }
    }
    if let Some((record, why)) = malformed {
        return DnsDidFinding::MalformedRecord { record, why };
    }
    let count = other_keys.len();
    let nearest = other_keys.iter().find(|found| canonical(found).starts_with(key.did())).or(other_keys.first());
    match nearest {
        Some(nearest) => DnsDidFinding::OtherKeys { count, nearest: nearest.clone() },
        None => DnsDidFinding::NoRecords { contracts },
    }
}

fn mentions(text: &str, key: &DidUrl) -> bool {
    text.to_ascii_lowercase().contains(&key.did().to_ascii_lowercase())
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
    #[error("{count} record(s) found, none for this key; the nearest is for {nearest}")]
    OtherKeys {
        /// How many.
        count: usize,
        /// One of the same DID, else the first.
        nearest: String,
    },
    /// A record that mentions this key's DID and breaks the grammar.
    #[error("the record {record:?} mentions this DID, but {why}")]
    MalformedRecord {
        /// The record.
        record: String,
        /// The rule it breaks.
        why: NearMiss,
    },
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
        let reading = TxtReading { name_exists: true, records, dnssec: Dnssec::NotChecked, agreeing: 1 };
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
}
