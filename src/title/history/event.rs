//! One log of a title escrow as an event (chain.md §1.4), strictly: the exact encoding of the generation or nothing.

use std::sync::LazyLock;

use crate::evidence::LogReading;
use crate::primitives::{Address, Digest32, TokenId, keccak256};
use crate::title::Generation;

/// What an escrow says happened. v4 has no remarks and no rejections.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Event {
    /// The clone was set up.
    Initialized,
    TokenReceived {
        beneficiary: Address,
        holder: Address,
        minting: bool,
        remark: Vec<u8>,
    },
    BeneficiaryTransfer(Step),
    HolderTransfer(Step),
    Nomination(Step),
    /// `ReturnToIssuer` of v5, `Surrender` of v4.
    Returned {
        by: Address,
        remark: Vec<u8>,
    },
    Shred {
        remark: Vec<u8>,
    },
    RejectTransferBeneficiary(Step),
    RejectTransferHolder(Step),
    RejectTransferOwners {
        beneficiary: Step,
        holder: Step,
    },
}

/// A change from one account to another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Step {
    pub from: Address,
    pub to: Address,
    pub remark: Vec<u8>,
}

/// Why a log is not an event of this title.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NotAnEvent {
    /// Another contract wrote it.
    #[error("another contract wrote it")]
    OtherContract,
    /// Its first topic is none of the escrow's events.
    #[error("it is none of the events of a title escrow")]
    UnknownTopic,
    /// Topics or data are not the exact encoding of the event.
    #[error("it is not encoded as the event it claims to be")]
    Malformed,
    /// It names another registry or token.
    #[error("it names another registry or token")]
    OtherTitle,
}

/// The title that the events must be about.
#[derive(Debug, Clone, Copy)]
pub(super) struct Subject {
    pub generation: Generation,
    pub registry: Address,
    pub token: TokenId,
    pub escrow: Address,
}

/// Reads one log.
pub(super) fn decoded(log: &LogReading, subject: &Subject) -> Result<Event, NotAnEvent> {
    if log.address != subject.escrow {
        return Err(NotAnEvent::OtherContract);
    }
    let (topic, indexed) = log.topics.split_first().ok_or(NotAnEvent::UnknownTopic)?;
    let with_remark = subject.generation == Generation::V5;
    let kind = KINDS.iter().find(|known| known.topic == *topic && known.with_remark == with_remark);
    let kind = kind.ok_or(NotAnEvent::UnknownTopic)?.kind;
    if kind == Kind::Initialized {
        return if indexed.is_empty() && log.data.len() == 32 {
            Ok(Event::Initialized)
        } else {
            Err(NotAnEvent::Malformed)
        };
    }
    let mut data = Data { rest: &log.data, read: 0 };
    let to_holder = if kind == Kind::RejectTransferOwners { Some(data.address()?) } else { None };
    let (registry, token) = (data.address()?, data.word()?);
    let remark = if with_remark { data.last_bytes()? } else { Vec::new() };
    data.end()?;
    if registry != subject.registry || *token != subject.token.0 {
        return Err(NotAnEvent::OtherTitle);
    }
    let step = |indexed: &[Digest32], remark: Vec<u8>| match indexed {
        [from, to] => Ok(Step { from: address(&from.0)?, to: address(&to.0)?, remark }),
        _ => Err(NotAnEvent::Malformed),
    };
    Ok(match (kind, indexed) {
        (Kind::TokenReceived, [beneficiary, holder, minting]) => Event::TokenReceived {
            beneficiary: address(&beneficiary.0)?,
            holder: address(&holder.0)?,
            minting: flag(&minting.0)?,
            remark,
        },
        (Kind::BeneficiaryTransfer, indexed) => Event::BeneficiaryTransfer(step(indexed, remark)?),
        (Kind::HolderTransfer, indexed) => Event::HolderTransfer(step(indexed, remark)?),
        (Kind::Nomination, indexed) => Event::Nomination(step(indexed, remark)?),
        (Kind::Returned, [by]) => Event::Returned { by: address(&by.0)?, remark },
        (Kind::Shred, []) => Event::Shred { remark },
        (Kind::RejectTransferBeneficiary, indexed) => Event::RejectTransferBeneficiary(step(indexed, remark)?),
        (Kind::RejectTransferHolder, indexed) => Event::RejectTransferHolder(step(indexed, remark)?),
        (Kind::RejectTransferOwners, [from_beneficiary, to_beneficiary, from_holder]) => Event::RejectTransferOwners {
            beneficiary: step(&[*from_beneficiary, *to_beneficiary], remark.clone())?,
            holder: Step { from: address(&from_holder.0)?, to: to_holder.ok_or(NotAnEvent::Malformed)?, remark },
        },
        _ => return Err(NotAnEvent::Malformed),
    })
}

/// Words of a log's data, read from first to last.
struct Data<'a> {
    rest: &'a [u8],
    read: usize,
}

impl<'a> Data<'a> {
    fn word(&mut self) -> Result<&'a [u8; 32], NotAnEvent> {
        let (word, rest) = self.rest.split_first_chunk().ok_or(NotAnEvent::Malformed)?;
        (self.rest, self.read) = (rest, self.read + 32);
        Ok(word)
    }

    fn address(&mut self) -> Result<Address, NotAnEvent> {
        address(self.word()?)
    }

    fn length(&mut self) -> Result<usize, NotAnEvent> {
        let (high, low) = self.word()?.split_last_chunk::<4>().ok_or(NotAnEvent::Malformed)?;
        if high.iter().any(|&byte| byte != 0) {
            return Err(NotAnEvent::Malformed);
        }
        usize::try_from(u32::from_be_bytes(*low)).map_err(|_| NotAnEvent::Malformed)
    }

    /// `bytes` as the last field: where it starts, its length, the bytes, padded with zeros to whole words.
    fn last_bytes(&mut self) -> Result<Vec<u8>, NotAnEvent> {
        let start = self.length()?;
        if start != self.read {
            return Err(NotAnEvent::Malformed);
        }
        let length = self.length()?;
        let (bytes, padding) = self.rest.split_at_checked(length).ok_or(NotAnEvent::Malformed)?;
        if padding.len() != length.next_multiple_of(32) - length || padding.iter().any(|&byte| byte != 0) {
            return Err(NotAnEvent::Malformed);
        }
        self.rest = &[];
        Ok(bytes.to_vec())
    }

    fn end(&self) -> Result<(), NotAnEvent> {
        if self.rest.is_empty() { Ok(()) } else { Err(NotAnEvent::Malformed) }
    }
}

fn address(word: &[u8; 32]) -> Result<Address, NotAnEvent> {
    let bytes = word.strip_prefix(&[0; 12]).and_then(|bytes| bytes.try_into().ok());
    bytes.map(Address).ok_or(NotAnEvent::Malformed)
}

fn flag(word: &[u8; 32]) -> Result<bool, NotAnEvent> {
    match word.split_last() {
        Some((last @ 0..=1, zeros)) if zeros.iter().all(|&byte| byte == 0) => Ok(*last == 1),
        _ => Err(NotAnEvent::Malformed),
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Initialized,
    TokenReceived,
    BeneficiaryTransfer,
    HolderTransfer,
    Nomination,
    Returned,
    Shred,
    RejectTransferBeneficiary,
    RejectTransferHolder,
    RejectTransferOwners,
}

struct Known {
    topic: Digest32,
    with_remark: bool,
    kind: Kind,
}

static KINDS: LazyLock<Vec<Known>> = LazyLock::new(|| {
    let row =
        |&(kind, with_remark, signature): &(Kind, bool, &str)| Known { topic: keccak256(signature), with_remark, kind };
    SIGNATURES.iter().map(row).collect()
});

/// chain.md §1.4. The 4.x artefacts emit no `Initialized`; another build of the same sources may.
const SIGNATURES: [(Kind, bool, &str); 17] = [
    (Kind::Initialized, true, "Initialized(uint64)"),
    (Kind::TokenReceived, true, "TokenReceived(address,address,bool,address,uint256,bytes)"),
    (Kind::BeneficiaryTransfer, true, "BeneficiaryTransfer(address,address,address,uint256,bytes)"),
    (Kind::HolderTransfer, true, "HolderTransfer(address,address,address,uint256,bytes)"),
    (Kind::Nomination, true, "Nomination(address,address,address,uint256,bytes)"),
    (Kind::Returned, true, "ReturnToIssuer(address,address,uint256,bytes)"),
    (Kind::Shred, true, "Shred(address,uint256,bytes)"),
    (Kind::RejectTransferBeneficiary, true, "RejectTransferBeneficiary(address,address,address,uint256,bytes)"),
    (Kind::RejectTransferHolder, true, "RejectTransferHolder(address,address,address,uint256,bytes)"),
    (Kind::RejectTransferOwners, true, "RejectTransferOwners(address,address,address,address,address,uint256,bytes)"),
    (Kind::Initialized, false, "Initialized(uint8)"),
    (Kind::TokenReceived, false, "TokenReceived(address,address,bool,address,uint256)"),
    (Kind::BeneficiaryTransfer, false, "BeneficiaryTransfer(address,address,address,uint256)"),
    (Kind::HolderTransfer, false, "HolderTransfer(address,address,address,uint256)"),
    (Kind::Nomination, false, "Nomination(address,address,address,uint256)"),
    (Kind::Returned, false, "Surrender(address,address,uint256)"),
    (Kind::Shred, false, "Shred(address,uint256)"),
];

#[cfg(test)]
mod tests {
    use super::*;
    use ethers::abi::{Token, encode};

    /// chain.md §1.4, v5 then v4.
    #[test]
    fn topics_are_the_published_ones() {
        let published = [
            "c7f505b2f371ae2175ee4913f4499e1f2633a7b5936321eed1cdaeb6115181d2",
            "44fc4ffe7e585a241451c67b41553546c65c2b07de6e9d33405e53f75357293b",
            "9081b884d1178ac5e4855291131f541f64a88854f90b8df23412ffd63c39be1d",
            "30426d047f8ae6511337356e511764b12f79993bd73501d0e993b3da7a780a4d",
            "fbe262229f456b8d55f1e1887503540dc0a1efcb4b048b6b739117e66d031214",
            "ea17cbc366059ac6185e6bfc7eebd173d3260bb6bc373830f9d04260e72c244b",
            "49c56a060f3a16e899a045537fb86df850339c10c8c140a052aca89cbcc30c0b",
            "26cb5b08a00ade9c3c65737592d8344548bf60664af05af8ed04720b893eca27",
            "279c68b511f19d28a79afc0687d9909fc941d6f7551e4b0e333a1171cc2eea5f",
            "2812f41a966386b432bd1d43d72b6613f5eca9adf4ed9e193f95f5c91a1b6626",
            "",
            "eac1fdedeedd55f76e4c4a4b9a1b485e1f324cccf90f5aac11af3eb172876049",
            "07d0a1a2d5c465ecdf26fb8dda217b10270d8e11ff892df33f73ea690b8cd9b4",
            "febadd5e06bc3e2885248448caca94df39be7cf7fde139b4586ac7b92dfe70b2",
            "88a734f529b322845e21a8ea2512c4fd613d73ef43deb62d5c790a1b8037bd21",
            "33404c8097b8e877f71a3bdea790b1ab1c5dff7b20392e123a875c5c878e3f6e",
            "cb63a6e2ad39a5ba99b34f25ee1e8eb1545b98164ae32a05005ef679bdc8801c",
        ];
        for (known, published) in KINDS.iter().zip(published).filter(|(_, published)| !published.is_empty()) {
            assert_eq!(known.topic.to_hex64(), published, "{:?}", known.kind);
        }
    }

    const SUBJECT: Subject = Subject {
        generation: Generation::V5,
        registry: Address([0x11; 20]),
        token: TokenId([0x55; 32]),
        escrow: Address([0x66; 20]),
    };
    const FROM: Address = Address([1; 20]);
    const TO: Address = Address([2; 20]);

    fn account(address: Address) -> Token {
        Token::Address(address.0.into())
    }

    fn word(address: Address) -> Digest32 {
        let mut word = Digest32::default();
        word.0[12..].copy_from_slice(&address.0);
        word
    }

    fn holder_transfer(remark: &[u8]) -> LogReading {
        let data = [account(SUBJECT.registry), Token::Uint(SUBJECT.token.0.into()), Token::Bytes(remark.to_vec())];
        LogReading {
            address: SUBJECT.escrow,
            topics: vec![keccak256(SIGNATURES[3].2), word(FROM), word(TO)],
            data: encode(&data),
            ..LogReading::default()
        }
    }

    #[test]
    fn an_event_is_read_with_its_remark() {
        for length in [0, 1, 31, 32, 33, 120] {
            let remark = vec![7; length];
            let wanted = Event::HolderTransfer(Step { from: FROM, to: TO, remark: remark.clone() });
            assert_eq!(decoded(&holder_transfer(&remark), &SUBJECT), Ok(wanted));
        }
        let data = [account(TO), account(SUBJECT.registry), Token::Uint(SUBJECT.token.0.into()), Token::Bytes(vec![9])];
        let log = LogReading {
            address: SUBJECT.escrow,
            topics: vec![keccak256(SIGNATURES[9].2), word(FROM), word(TO), word(FROM)],
            data: encode(&data),
            ..LogReading::default()
        };
        let step = Step { from: FROM, to: TO, remark: vec![9] };
        let wanted = Event::RejectTransferOwners { beneficiary: step.clone(), holder: step };
        assert_eq!(decoded(&log, &SUBJECT), Ok(wanted));
    }

    #[test]
    fn nothing_but_the_exact_encoding_is_an_event() {
        let log = || holder_transfer(&[7; 33]);
        for (index, byte) in log().data.iter().enumerate() {
            let mut changed = log();
            changed.data[index] ^= 0x80;
            // The 33 bytes of the remark itself may be anything.
            if !(128..161).contains(&index) {
                assert!(decoded(&changed, &SUBJECT).is_err(), "byte {index}, {byte}");
            }
        }
        let twist = |twist: fn(&mut LogReading)| {
            let mut log = log();
            twist(&mut log);
            decoded(&log, &SUBJECT)
        };
        assert_eq!(twist(|log| log.address = Address::DEAD), Err(NotAnEvent::OtherContract));
        assert_eq!(twist(|log| log.topics.clear()), Err(NotAnEvent::UnknownTopic));
        assert_eq!(twist(|log| log.topics[0] = keccak256("Other()")), Err(NotAnEvent::UnknownTopic));
        assert_eq!(twist(|log| log.topics[0] = keccak256(SIGNATURES[13].2)), Err(NotAnEvent::UnknownTopic));
        assert_eq!(twist(|log| log.topics[1].0[0] = 1), Err(NotAnEvent::Malformed));
        assert_eq!(twist(|log| log.topics.truncate(2)), Err(NotAnEvent::Malformed));
        assert_eq!(twist(|log| log.topics.push(Digest32::default())), Err(NotAnEvent::Malformed));
        assert_eq!(twist(|log| log.data[12] ^= 1), Err(NotAnEvent::OtherTitle));
        assert_eq!(twist(|log| log.data[63] ^= 1), Err(NotAnEvent::OtherTitle));
        assert_eq!(twist(|log| log.data.extend([0; 32])), Err(NotAnEvent::Malformed));
        assert_eq!(twist(|log| log.data.truncate(160)), Err(NotAnEvent::Malformed));
    }
}
