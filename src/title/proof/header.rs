//! A block header's hash from its members: Keccak-256 of their RLP. Five forms are known, from before London to Prague;
//! a chain with members of its own (XDC has three more) hashes differently, and then nothing can be said.

use alloy_rlp::Encodable as _;

use super::NotProven;
use crate::evidence::{BlockReading, HeaderReading};
use crate::primitives::{Digest32, decode_hex, keccak256};

/// The state root of a header that hashes to the block's hash.
pub(super) fn state_root(header: &HeaderReading, block: &BlockReading) -> Result<Digest32, NotProven> {
    let hash = hash(header)?;
    if hash != block.hash {
        let foreign: Vec<&str> = header.0.keys().map(String::as_str).filter(|name| !is_known(name)).collect();
        return Err(match foreign.first() {
            Some(name) => NotProven::HeaderForm(format!("it has a member {:?}", super::clipped(name))),
            None => NotProven::HeaderHash { expected: block.hash, found: hash },
        });
    }
    for (name, expected) in [("number", block.number), ("timestamp", block.timestamp)] {
        let found = quantity(header, name)?;
        if found != super::trimmed(&expected.to_be_bytes()) {
            let proven = format!("0x{}", crate::primitives::encode_hex(&found));
            let field = format!("block.{name}");
            return Err(NotProven::Contradicts { field, proven, served: format!("{expected:#x}") });
        }
    }
    let root = member(header, "stateRoot", Kind::Fixed(32))?;
    root.try_into().map(Digest32).map_err(|_| malformed("stateRoot"))
}

fn hash(header: &HeaderReading) -> Result<Digest32, NotProven> {
    let optional = OPTIONAL.iter().take_while(|(name, _)| header.0.contains_key(*name)).count();
    if let Some((name, _)) = OPTIONAL.iter().skip(optional).find(|(name, _)| header.0.contains_key(*name)) {
        return Err(NotProven::HeaderForm(format!("it has {name} without what comes before it")));
    }
    // Cancun brought three members together.
    if matches!(optional, 3 | 4) {
        return Err(NotProven::HeaderForm("it has only some of the members of Cancun".into()));
    }
    let mut payload = Vec::new();
    for (name, kind) in REQUIRED.iter().chain(OPTIONAL.iter().take(optional)) {
        member(header, name, *kind)?.as_slice().encode(&mut payload);
    }
    let mut rlp = Vec::new();
    alloy_rlp::Header { list: true, payload_length: payload.len() }.encode(&mut rlp);
    rlp.extend(payload);
    Ok(keccak256(rlp))
}

/// A member's bytes as they are hashed.
fn member(header: &HeaderReading, name: &str, kind: Kind) -> Result<Vec<u8>, NotProven> {
    let text = header.0.get(name).ok_or_else(|| NotProven::HeaderForm(format!("it has no {name}")))?;
    let digits = text.strip_prefix("0x").ok_or_else(|| malformed(name))?;
    let padded = if matches!(kind, Kind::Quantity) && !digits.len().is_multiple_of(2) {
        decode_hex(&format!("0{digits}"))
    } else {
        decode_hex(digits)
    };
    let bytes = padded.ok_or_else(|| malformed(name))?;
    match kind {
        Kind::Quantity => Ok(super::trimmed(&bytes)),
        Kind::Fixed(length) if bytes.len() != length => Err(malformed(name)),
        Kind::Fixed(_) | Kind::Bytes => Ok(bytes),
    }
}

fn quantity(header: &HeaderReading, name: &str) -> Result<Vec<u8>, NotProven> {
    member(header, name, Kind::Quantity)
}

fn malformed(name: &str) -> NotProven {
    NotProven::HeaderForm(format!("its {name} is not of the form that is known"))
}

fn is_known(name: &str) -> bool {
    REQUIRED.iter().chain(&OPTIONAL).any(|(known, _)| *known == name)
}

#[derive(Debug, Clone, Copy)]
enum Kind {
    /// So many bytes.
    Fixed(usize),
    /// Any number of bytes.
    Bytes,
    /// A number, hashed without leading zeros.
    Quantity,
}

const REQUIRED: [(&str, Kind); 15] = [
    ("parentHash", Kind::Fixed(32)),
    ("sha3Uncles", Kind::Fixed(32)),
    ("miner", Kind::Fixed(20)),
    ("stateRoot", Kind::Fixed(32)),
    ("transactionsRoot", Kind::Fixed(32)),
    ("receiptsRoot", Kind::Fixed(32)),
    ("logsBloom", Kind::Fixed(256)),
    ("difficulty", Kind::Quantity),
    ("number", Kind::Quantity),
    ("gasLimit", Kind::Quantity),
    ("gasUsed", Kind::Quantity),
    ("timestamp", Kind::Quantity),
    ("extraData", Kind::Bytes),
    ("mixHash", Kind::Fixed(32)),
    ("nonce", Kind::Fixed(8)),
];

/// In the order of the forks that brought them: London, Shanghai, Cancun (three), Prague.
const OPTIONAL: [(&str, Kind); 6] = [
    ("baseFeePerGas", Kind::Quantity),
    ("withdrawalsRoot", Kind::Fixed(32)),
    ("blobGasUsed", Kind::Quantity),
    ("excessBlobGas", Kind::Quantity),
    ("parentBeaconBlockRoot", Kind::Fixed(32)),
    ("requestsHash", Kind::Fixed(32)),
];

#[cfg(test)]
mod tests {
    use super::*;

    /// A header with the first `optional` optional members, and the block it makes.
    fn header(optional: usize) -> (HeaderReading, BlockReading) {
        let value = |kind: &Kind| match kind {
            Kind::Fixed(length) => format!("0x{}", "5a".repeat(*length)),
            Kind::Bytes => "0x0102".to_owned(),
            Kind::Quantity => "0x7b".to_owned(),
        };
        let members = REQUIRED.iter().chain(OPTIONAL.iter().take(optional));
        let header = HeaderReading(members.map(|(name, kind)| ((*name).to_owned(), value(kind))).collect());
        let hash = hash(&header).unwrap_or_default();
        (header, BlockReading { number: 0x7b, timestamp: 0x7b, hash, ..BlockReading::default() })
    }

    #[test]
    fn every_form_from_before_london_to_prague_gives_its_own_hash() {
        let mut hashes = std::collections::BTreeSet::new();
        for optional in [0, 1, 2, 5, 6] {
            let (header, block) = header(optional);
            assert_eq!(state_root(&header, &block), Ok(Digest32([0x5a; 32])));
            assert!(hashes.insert(block.hash));
        }
        for optional in [3, 4] {
            let (header, block) = header(optional);
            assert!(matches!(state_root(&header, &block), Err(NotProven::HeaderForm(_))));
        }
    }

    #[test]
    fn numbers_are_hashed_without_leading_zeros() {
        let (mut header, block) = header(1);
        header.0.insert("gasUsed".into(), "0x007b".into());
        assert!(state_root(&header, &block).is_ok());
        header.0.insert("gasUsed".into(), "0x0".into());
        assert!(matches!(state_root(&header, &block), Err(NotProven::HeaderHash { .. })));
    }

    #[test]
    fn a_header_with_members_of_its_own_is_not_a_forgery() {
        let (mut header, block) = header(1);
        header.0.insert("validators".into(), "0x".into());
        assert!(state_root(&header, &block).is_ok(), "what the hash does not cover does not matter");
        header.0.insert("extraData".into(), "0x01".into());
        let found = state_root(&header, &block).unwrap_err();
        assert_eq!(found, NotProven::HeaderForm("it has a member \"validators\"".into()));
        for (name, text) in [("miner", "xdc5a"), ("stateRoot", "0x5a"), ("nonce", "0xzz"), ("number", "7")] {
            let (mut header, block) = self::header(6);
            header.0.insert(name.into(), text.into());
            assert!(matches!(state_root(&header, &block), Err(NotProven::HeaderForm(_))), "{name}");
            header.0.remove(name);
            assert!(matches!(state_root(&header, &block), Err(NotProven::HeaderForm(_))), "{name}");
        }
    }

    #[test]
    fn number_and_time_are_those_of_the_header() {
        let (header, block) = header(2);
        let other = BlockReading { number: 5, ..block.clone() };
        assert!(
            matches!(state_root(&header, &other), Err(NotProven::Contradicts { field, .. }) if field == "block.number")
        );
        let other = BlockReading { timestamp: 5, ..block };
        assert!(matches!(state_root(&header, &other), Err(NotProven::Contradicts { .. })));
    }
}
