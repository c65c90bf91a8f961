//! The DNSSEC chain of an answer, as it is kept (checks.md §5.4, RFC 9102): gathered from the responses that validation has seen
//! anyway, nothing is asked for it. It is kept only if the core itself finds that it proves these very records; of what is made
//! from a wildcard, is signed by an algorithm that is not checked there, or denies something, there is none.

use std::collections::BTreeMap;

use hickory_proto::dnssec::Algorithm;
use hickory_proto::dnssec::rdata::{DNSSECRData, RRSIG};
use hickory_proto::rr::{Name, RData, Record, RecordType};
use hickory_proto::serialize::binary::{BinEncodable as _, BinEncoder, NameEncoding};

use crate::dnssec::{self, TrustAnchors};

/// Records of the responses to one look-up.
#[derive(Debug, Default)]
pub(super) struct Seen {
    sets: BTreeMap<(Name, RecordType), Set>,
    bytes: usize,
}

/// Those of one name and type.
#[derive(Debug, Default)]
struct Set {
    /// The data of each in canonical form, none twice.
    data: BTreeMap<Vec<u8>, RData>,
    signatures: Vec<RRSIG>,
}

impl Seen {
    /// Remembers what may be part of a chain. Of answers that are larger than any honest one nothing more is kept: then there is
    /// no chain.
    pub(super) fn note(&mut self, answers: &[Record]) {
        for record in answers {
            let covered = match &record.data {
                RData::DNSSEC(DNSSECRData::RRSIG(signature)) => signature.input().type_covered,
                other => other.record_type(),
            };
            if ![RecordType::CNAME, RecordType::TXT, RecordType::DNSKEY, RecordType::DS].contains(&covered) {
                continue;
            }
            let Some(data) = canonical(&record.data) else { continue };
            self.bytes += data.len();
            if self.bytes > MOST_BYTES {
                return;
            }
            let set = self.sets.entry((record.name.to_lowercase(), covered)).or_default();
            match &record.data {
                RData::DNSSEC(DNSSECRData::RRSIG(signature)) => set.signatures.push(signature.clone()),
                other => drop(set.data.insert(data, other.clone())),
            }
        }
    }

    /// The chain that proves exactly `records` of `name`, where there is one.
    pub(super) fn chain_of(
        &self,
        name: &Name,
        records: &[String],
        now: i64,
        anchors: &TrustAnchors,
    ) -> Option<Vec<u8>> {
        let chain = self.assembled(&name.to_lowercase(), anchors)?;
        let asked = name.to_ascii();
        let proven = dnssec::check(&chain, &asked, now, anchors).ok()?;
        (proven.records == records).then_some(chain)
    }

    /// The sets in their order, each with the one signature of it that leads on.
    fn assembled(&self, name: &Name, anchors: &TrustAnchors) -> Option<Vec<u8>> {
        let mut answer = Vec::new();
        let mut end = name.clone();
        let last = loop {
            if let Some(alias) = self.set(&end, RecordType::CNAME) {
                let Some(RData::CNAME(target)) = alias.data.values().next() else { return None };
                let signature = alias.signatures.iter().find(|signature| self.has_key_of(signature))?;
                answer.push((end.clone(), alias, signature));
                end = target.0.to_lowercase();
                if answer.len() > MOST_ALIASES {
                    return None;
                }
                continue;
            }
            let texts = self.set(&end, RecordType::TXT)?;
            break (texts, texts.signatures.iter().find(|signature| self.has_key_of(signature))?);
        };
        answer.push((end, last.0, last.1));
        // From the trusted keys down, then turned around.
        let mut vouching: Vec<(Name, &Set, &RRSIG)> = Vec::new();
        for (_, _, signature) in &answer {
            let mut up = Vec::new();
            let mut zone = signature.input().signer_name.to_lowercase();
            while !vouching.iter().any(|(known, ..)| *known == zone) {
                let keys = self.set(&zone, RecordType::DNSKEY)?;
                let by = |tags: &[u16]| {
                    let mut own = keys.signatures.iter().filter(|signature| is_checked(signature));
                    own.find(|signature| tags.contains(&signature.input().key_tag))
                };
                if let Some(signature) = by(&trusted_tags(&zone, anchors)) {
                    up.push((zone, keys, signature));
                    break;
                }
                let delegation = self.set(&zone, RecordType::DS)?;
                let tags = delegation.data.values().filter_map(|data| match data {
                    RData::DNSSEC(DNSSECRData::DS(digest)) => Some(digest.key_tag()),
                    _ => None,
                });
                let own = by(&tags.collect::<Vec<_>>())?;
                let above = delegation.signatures.iter().find(|signature| self.has_key_of(signature))?;
                let parent = above.input().signer_name.to_lowercase();
                if parent == zone || !parent.zone_of(&zone) {
                    return None;
                }
                up.push((zone.clone(), keys, own));
                up.push((zone, delegation, above));
                zone = parent;
            }
            vouching.extend(up.into_iter().rev());
        }
        let mut chain = Vec::new();
        for (owner, set, signature) in answer.iter().chain(vouching.iter().rev()) {
            set.write(owner, signature, &mut chain)?;
        }
        Some(chain)
    }

    fn set(&self, name: &Name, kind: RecordType) -> Option<&Set> {
        self.sets.get(&(name.clone(), kind)).filter(|set| !set.data.is_empty())
    }

    /// Whether the key of a signature was seen, and is of a kind that is checked.
    fn has_key_of(&self, signature: &RRSIG) -> bool {
        let input = signature.input();
        let keys = self.set(&input.signer_name.to_lowercase(), RecordType::DNSKEY);
        let tags = keys.into_iter().flat_map(|keys| keys.data.values()).filter_map(|data| match data {
            RData::DNSSEC(DNSSECRData::DNSKEY(key)) => key.calculate_key_tag().ok(),
            _ => None,
        });
        is_checked(signature) && tags.into_iter().any(|tag| tag == input.key_tag)
    }
}

impl Set {
    fn write(&self, owner: &Name, signature: &RRSIG, chain: &mut Vec<u8>) -> Option<()> {
        let owner = encoded(owner)?;
        let ttl = signature.input().original_ttl;
        let mut record = |kind: RecordType, data: &[u8]| {
            chain.extend(&owner);
            chain.extend(u16::from(kind).to_be_bytes());
            chain.extend([0, 1]);
            chain.extend(ttl.to_be_bytes());
            chain.extend(u16::try_from(data.len()).ok()?.to_be_bytes());
            chain.extend(data);
            Some(())
        };
        for data in self.data.keys() {
            record(signature.input().type_covered, data)?;
        }
        record(RecordType::RRSIG, &canonical(&RData::DNSSEC(DNSSECRData::RRSIG(signature.clone())))?)
    }
}

fn trusted_tags(zone: &Name, anchors: &TrustAnchors) -> Vec<u16> {
    let zone_as_written = zone.to_ascii();
    let given = anchors.iter().filter(|anchor| anchor.zone() == zone_as_written).map(|anchor| anchor.tag());
    let root = dnssec::IANA_KEYS.iter().map(|(tag, _)| *tag).filter(|_| zone.is_root());
    given.chain(root).collect()
}

fn is_checked(signature: &RRSIG) -> bool {
    use Algorithm::{ECDSAP256SHA256, ECDSAP384SHA384, RSASHA256, RSASHA512};
    [RSASHA256, RSASHA512, ECDSAP256SHA256, ECDSAP384SHA384].contains(&signature.input().algorithm)
}

/// Data in the form that is signed (RFC 4034 §6.2).
fn canonical(data: &RData) -> Option<Vec<u8>> {
    let lower = match data {
        RData::CNAME(target) => return encoded(&target.0.to_lowercase()),
        RData::DNSSEC(DNSSECRData::RRSIG(signature)) => {
            let mut input = signature.input().clone();
            input.signer_name = input.signer_name.to_lowercase();
            &RData::DNSSEC(DNSSECRData::RRSIG(RRSIG::from_sig(input, signature.sig().to_vec())))
        }
        other => other,
    };
    with_encoder(|encoder| lower.emit(encoder).is_ok())
}

fn encoded(name: &Name) -> Option<Vec<u8>> {
    with_encoder(|encoder| name.emit(encoder).is_ok())
}

fn with_encoder(write: impl FnOnce(&mut BinEncoder<'_>) -> bool) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    let mut encoder = BinEncoder::new(&mut bytes);
    encoder.set_name_encoding(NameEncoding::Uncompressed);
    write(&mut encoder).then_some(())?;
    drop(encoder);
    Some(bytes)
}

/// As many as are followed.
const MOST_ALIASES: usize = 8;

/// More than any chain that is read.
const MOST_BYTES: usize = 1 << 20;
