//! What an issuer claims and how a domain's records prove it (checks.md §5).

mod did;
mod did_document;
mod did_ethr;
mod dns_did;
mod domain;
mod record;
mod resolution;
mod signature;

pub use did::{Did, DidUrl, EthrDid, InvalidDid, WebDid, did_registry};
pub use did_document::{
    DidDocument, FormerKey, InvalidDidDocument, KeyEnd, KeyMaterial, KeyRefusal, VerificationMethod,
};
pub use did_ethr::UnreliableHistory;
pub use dns_did::{DnsDidFinding, judge_dns_did};
pub use domain::{DomainName, NotADomainName};
pub use record::{NearMiss, Record, parse_record};
pub use resolution::{Unresolved, did_question, resolve_did};
#[cfg(feature = "testchain")]
pub(crate) use signature::address_of;
pub use signature::{InvalidSignature, Normalised, RootSignature, address_of_key, eip191_digest};

use crate::evidence::TxtReading;
use crate::primitives::{Address, ChainId};

/// Compares a domain's records with the contract and chain of the document. Only answers reach this function, so it
/// never says `unknown`.
pub fn judge_dns_txt(reading: &TxtReading, contract: Address, chain: ChainId) -> DnsTxtFinding {
    if !reading.name_exists {
        return DnsTxtFinding::DomainDoesNotExist;
    }
    let mut other_chains = Vec::new();
    let mut other_addresses = Vec::new();
    let mut malformed = None;
    for text in &reading.records {
        match parse_record(text) {
            Ok(Record::Contract { address, chain: found }) if address == contract => {
                if found == chain.get() {
                    return DnsTxtFinding::Matches { record: text.clone() };
                }
                other_chains.push(found);
            }
            Ok(Record::Contract { address, .. }) => other_addresses.push(address),
            Err(Some(why)) if malformed.is_none() && mentions(text, contract) => malformed = Some((text.clone(), why)),
            Ok(Record::DecentralizedIdentifier { .. }) | Err(_) => {}
        }
    }
    if !other_chains.is_empty() {
        return DnsTxtFinding::OtherChain { found: other_chains, wanted: chain };
    }
    if let Some((record, why)) = malformed {
        return DnsTxtFinding::MalformedRecord { record, why };
    }
    match other_addresses.first() {
        Some(&first) => DnsTxtFinding::OtherAddresses { count: other_addresses.len(), first },
        None => DnsTxtFinding::NoRecords,
    }
}

fn mentions(text: &str, contract: Address) -> bool {
    text.to_ascii_lowercase().contains(&crate::primitives::encode_hex(&contract.0))
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
    #[error("{count} record(s) found, none for this contract; the first is for {first}")]
    OtherAddresses {
        /// How many.
        count: usize,
        /// The first.
        first: Address,
    },
    /// A record that mentions this contract and breaks the grammar.
    #[error("the record {record:?} mentions this contract, but {why}")]
    MalformedRecord {
        /// The record.
        record: String,
        /// The rule it breaks.
        why: NearMiss,
    },
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
            agreeing: 1,
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
