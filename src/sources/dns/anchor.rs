//! Trusted keys as the validating library takes them (checks.md §5.4).

use hickory_proto::dnssec::rdata::{DNSKEY, DNSSECRData, DS};
use hickory_proto::dnssec::{Algorithm, DigestType, PublicKeyBuf};
use hickory_proto::op::{DnsRequestOptions, Query};
use hickory_proto::rr::{Name, RData, RecordType};
use hickory_resolver::net::xfer::{DnsHandle, FirstAnswer as _};

use crate::dnssec::{TrustAnchor, TrustAnchors};

/// These keys and the root's that the library brings. A DS record names a key by its digest only, so the zone's keys are asked
/// for; the digest says which of them is meant, whoever delivers it.
pub(super) async fn beside_root<H: DnsHandle>(given: &TrustAnchors, handle: &H) -> hickory_proto::dnssec::TrustAnchors {
    let mut anchors = hickory_proto::dnssec::TrustAnchors::default();
    for (anchor, key) in given.given() {
        let Ok(name) = Name::from_ascii(anchor.zone()) else { continue };
        if let Some([_, _, _, algorithm, key @ ..]) = key {
            let key = PublicKeyBuf::new(key.to_vec(), Algorithm::from_u8(*algorithm));
            anchors.insert_with_name(&key, (&name).into());
            continue;
        }
        let digest = delegation(anchor);
        let query = Query::query(name.clone(), RecordType::DNSKEY);
        let Ok(response) = handle.lookup(query, DnsRequestOptions::default()).first_answer().await else {
            continue;
        };
        for record in response.answers.iter().filter(|record| record.name == name) {
            if let RData::DNSSEC(DNSSECRData::DNSKEY(key)) = &record.data
                && may_sign(key)
                && digest.covers(&name, key).unwrap_or(false)
            {
                anchors.insert_with_name(key.public_key(), (&name).into());
            }
        }
    }
    anchors
}

fn may_sign(key: &DNSKEY) -> bool {
    key.zone_key() && !key.revoke()
}

fn delegation(anchor: &TrustAnchor) -> DS {
    let (kind, digest) = anchor.digest();
    let kind = if kind == u8::from(DigestType::SHA384) { DigestType::SHA384 } else { DigestType::SHA256 };
    DS::new(anchor.tag(), Algorithm::from_u8(anchor.algorithm()), kind, digest.to_vec())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_keys_of_the_root_that_the_core_knows_are_those_of_the_library() {
        let library = hickory_proto::dnssec::TrustAnchors::default();
        let mut theirs: Vec<(u16, Vec<u8>)> = (0..library.len())
            .map(|index| {
                let key = DNSKEY::new(true, true, false, library.get(index).unwrap().clone());
                let digest = key.to_digest(&Name::root(), DigestType::SHA256).unwrap();
                (key.calculate_key_tag().unwrap(), digest.as_ref().to_vec())
            })
            .collect();
        theirs.sort();
        let ours = crate::dnssec::IANA_KEYS.map(|(tag, digest)| (tag, digest.to_vec()));
        assert_eq!(theirs, ours);
    }
}
