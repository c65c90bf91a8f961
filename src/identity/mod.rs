//! What an issuer claims and how a domain's records prove it (checks.md §5).

mod denial;
mod did;
mod did_document;
mod did_ethr;
mod dns_did;
mod domain;
mod likeness;
mod record;
mod resolution;
mod signature;

pub use denial::{BlindDenial, denial_that_says_nothing};
pub use did::{Did, DidUrl, EthrDid, InvalidDid, WebDid, did_registry};
pub(crate) use did_document::Purpose;
pub use did_document::{
    DidDocument, FormerKey, InvalidDidDocument, KeyEnd, KeyMaterial, KeyRefusal, VerificationMethod,
};
pub use did_ethr::UnreliableHistory;
pub use dns_did::{DnsDidFinding, judge_dns_did};
pub use domain::{DomainName, NotADomainName};
pub use likeness::Likeness;
pub use record::{NearMiss, Record, parse_record};
pub use resolution::{Unresolved, did_question, resolve_did};
#[cfg(feature = "testchain")]
pub(crate) use signature::address_of;
pub use signature::{InvalidSignature, Normalised, RootSignature, address_of_key, eip191_digest};

use crate::evidence::TxtReading;
use crate::primitives::{Address, ChainId};
use likeness::excerpt;

/// Compares a domain's records with the contract and chain of the document. Only answers reach this function, and no
/// denial that says nothing ([`denial_that_says_nothing`]), so it never says `unknown`.
pub fn judge_dns_txt(reading: &TxtReading, contract: Address, chain: ChainId) -> DnsTxtFinding {
    if !reading.name_exists {
        return DnsTxtFinding::DomainDoesNotExist;
    }
    let mut other_chains = Vec::new();
    let mut other_addresses = Vec::new();
    let mut malformed: Option<DnsTxtFinding> = None;
    for text in &reading.records {
        match parse_record(text) {
            Ok(Record::Contract { address, chain: found }) if address == contract => {
                if found == chain.get() {
                    return DnsTxtFinding::Matches { record: text.clone() };
                }
                other_chains.push(found);
            }
            Ok(Record::Contract { address, .. }) => other_addresses.push(address),
            Ok(Record::DecentralizedIdentifier { .. }) => {}
            Err(why) => {
                let Some(likeness) = Likeness::of(text, contract) else { continue };
                // The nearest is shown, and of several as near the first.
                if !matches!(&malformed, Some(DnsTxtFinding::MalformedRecord { likeness: known, .. }) if *known <= likeness)
                {
                    let why = why.unwrap_or_else(|| NearMiss::of_beginning(text));
                    malformed = Some(DnsTxtFinding::MalformedRecord { record: excerpt(text, contract), likeness, why });
                }
            }
        }
    }
    if !other_chains.is_empty() {
        return DnsTxtFinding::OtherChain { found: other_chains, wanted: chain };
    }
    if let Some(found) = malformed {
        return found;
    }
    let count = other_addresses.len();
    let near = |address: &&Address| Likeness::of(&address.to_string(), contract).is_some();
    if let Some(&nearest) = other_addresses.iter().find(near) {
        return DnsTxtFinding::OtherAddresses { count, nearest, likeness: Some(Likeness::OneDigitOff) };
    }
    match other_addresses.first() {
        Some(&nearest) => DnsTxtFinding::OtherAddresses { count, nearest, likeness: None },
        None => DnsTxtFinding::NoRecords,
    }
}

/// What was found at the domain.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DnsTxtFinding {
    /// A record names this contract on this chain.
    #[error("a TXT record names this contract on this chain")]
    Matches {
        /// The record.
        record: String,
    },
    /// NXDOMAIN.
    #[error("the domain does not exist")]
    DomainDoesNotExist,
    /// Nothing that starts like one of our records.
    #[error("no record of this kind found")]
    NoRecords,
    /// The right address on another chain.
    #[error("record found for chain {}, document is on {wanted}", .found.iter().map(u64::to_string).collect::<Vec<_>>().join(", "))]
    OtherChain {
        /// The chains of those records.
        found: Vec<u64>,
        /// The document's.
        wanted: ChainId,
    },
    /// Records for other contracts.
    #[error("{count} record(s) found, none for this contract; {}", nearest_in_words(*.nearest, *.likeness))]
    OtherAddresses {
        /// How many.
        count: usize,
        /// One that differs in a single digit, else the first.
        nearest: Address,
        /// Whether that one may be meant for this contract.
        likeness: Option<Likeness>,
    },
    /// A record that mentions this contract, or nearly so, and breaks the grammar.
    #[error("the record {record:?} {}, but {why}", mention(*.likeness, "contract"))]
    MalformedRecord {
        /// The record; of a long one the part around the address.
        record: String,
        /// How near it comes.
        likeness: Likeness,
        /// The rule it breaks.
        why: NearMiss,
    },
}

fn nearest_in_words(nearest: Address, likeness: Option<Likeness>) -> String {
    match likeness {
        Some(_) => format!("the one for {nearest} differs from it in a single digit"),
        None => format!("the first is for {nearest}"),
    }
}

fn mention(likeness: Likeness, what: &str) -> String {
    match likeness {
        Likeness::Same => format!("mentions this {what}"),
        Likeness::OneDigitOff => format!("mentions this {what} but for one digit"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evidence::Dnssec;

    const CONTRACT: Address = Address([0xab; 20]);

    fn judged(records: &[&str]) -> DnsTxtFinding {
        let reading = TxtReading {
            name_exists: true,
            records: records.iter().map(|record| (*record).to_owned()).collect(),
            dnssec: Dnssec::NotChecked,
            chain: None,
            agreeing: 1,
            top_level: None,
        };
        judge_dns_txt(&reading, CONTRACT, ChainId::try_from(1).unwrap())
    }

    fn record(chain: &str, digits: &str) -> String {
        format!("openatts net=ethereum netId={chain} addr=0x{digits}")
    }

    #[test]
    fn a_matching_record_counts_whatever_stands_beside_it() {
        let good = record("1", &"aB".repeat(20));
        let other = record("137", &"ab".repeat(20));
        assert!(matches!(judged(&["v=spf1 -all", &other, &good]), DnsTxtFinding::Matches { .. }));
    }

    #[test]
    fn what_was_found_instead_is_said() {
        let elsewhere = record("137", &"ab".repeat(20));
        assert_eq!(judged(&[&elsewhere]).to_string(), "record found for chain 137, document is on 1");
        assert!(matches!(judged(&[&record("1", &"cd".repeat(20))]), DnsTxtFinding::OtherAddresses { count: 1, .. }));
        assert!(matches!(judged(&[&record("0x1", &"ab".repeat(20))]), DnsTxtFinding::MalformedRecord { .. }));
        assert_eq!(judged(&["v=spf1 -all"]), DnsTxtFinding::NoRecords);
    }

    /// What people publish by mistake, and what is said of it.
    #[test]
    fn a_record_that_was_meant_for_this_contract_is_shown_with_what_is_wrong() {
        let contract = "0xe7f1725E7734CE288F8367e1Bb143E90bb3F0512".parse().unwrap();
        let records = include_str!("../../fixtures/dns/near-misses.json");
        let records: std::collections::BTreeMap<String, [String; 2]> = serde_json::from_str(records).unwrap();
        assert!(records.len() > 8);
        for (name, [record, wanted]) in records {
            let records = vec!["v=spf1 -all".to_owned(), record.clone()];
            let reading = TxtReading {
                name_exists: true,
                records,
                dnssec: Dnssec::NotChecked,
                chain: None,
                agreeing: 1,
                top_level: None,
            };
            let found = judge_dns_txt(&reading, contract, ChainId::try_from(1337).unwrap());
            assert!(found.to_string().contains(&wanted), "{name}: {found}");
            let shown = matches!(found, DnsTxtFinding::MalformedRecord { .. } | DnsTxtFinding::OtherAddresses { .. });
            assert!(shown, "{name}: {found:?}");
        }
    }

    #[test]
    fn the_nearest_of_several_records_is_shown() {
        let far = record("1", &"cd".repeat(20));
        let near = record("1", &format!("{}0", "ab".repeat(20).split_at(39).0));
        let found = judged(&[&far, &near]);
        assert!(matches!(found, DnsTxtFinding::OtherAddresses { count: 2, likeness: Some(_), .. }), "{found:?}");
        let short = record("1", &"ab".repeat(20)[1..]);
        let quoted = format!("'{}'", record("1", &"ab".repeat(20)));
        for records in [[&short, &quoted], [&quoted, &short]] {
            let found = judged(&records.map(String::as_str)).to_string();
            assert!(found.contains("stands \"'\""), "{found}");
        }
    }

    #[test]
    fn any_change_of_address_or_chain_is_no_match() {
        let good = record("1", &"ab".repeat(20));
        for index in good.find("netId=").unwrap() + 6..good.len() {
            for replacement in ['0', '7', 'f', 'x', ' ', '-'] {
                let mut changed: Vec<char> = good.chars().collect();
                if changed[index] == replacement {
                    continue;
                }
                changed[index] = replacement;
                let changed: String = changed.into_iter().collect();
                assert!(!matches!(judged(&[&changed]), DnsTxtFinding::Matches { .. }), "{changed}");
            }
        }
    }
}
