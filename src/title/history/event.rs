//! One log of a title escrow as an event (chain.md §1.4), strictly: the exact encoding of the generation or nothing.

use crate::contracts::Generation;
use crate::contracts::title_escrow::{EventKind, event_kind};
use crate::evidence::LogReading;
use crate::primitives::{Address, Digest32, TokenId};

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
    let kind = event_kind(*topic, subject.generation).ok_or(NotAnEvent::UnknownTopic)?;
    if kind == EventKind::Initialized {
        return if indexed.is_empty() && log.data.len() == 32 {
            Ok(Event::Initialized)
        } else {
            Err(NotAnEvent::Malformed)
        };
    }
    let mut data = Data { rest: &log.data, read: 0 };
    let to_holder = if kind == EventKind::RejectTransferOwners { Some(data.address()?) } else { None };
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
        (EventKind::TokenReceived, [beneficiary, holder, minting]) => Event::TokenReceived {
            beneficiary: address(&beneficiary.0)?,
            holder: address(&holder.0)?,
            minting: flag(&minting.0)?,
            remark,
        },
        (EventKind::BeneficiaryTransfer, indexed) => Event::BeneficiaryTransfer(step(indexed, remark)?),
        (EventKind::HolderTransfer, indexed) => Event::HolderTransfer(step(indexed, remark)?),
        (EventKind::Nomination, indexed) => Event::Nomination(step(indexed, remark)?),
        (EventKind::Returned, [by]) => Event::Returned { by: address(&by.0)?, remark },
        (EventKind::Shred, []) => Event::Shred { remark },
        (EventKind::RejectTransferBeneficiary, indexed) => Event::RejectTransferBeneficiary(step(indexed, remark)?),
        (EventKind::RejectTransferHolder, indexed) => Event::RejectTransferHolder(step(indexed, remark)?),
        (EventKind::RejectTransferOwners, [from_beneficiary, to_beneficiary, from_holder]) => {
            Event::RejectTransferOwners {
                beneficiary: step(&[*from_beneficiary, *to_beneficiary], remark.clone())?,
                holder: Step { from: address(&from_holder.0)?, to: to_holder.ok_or(NotAnEvent::Malformed)?, remark },
            }
        }
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
    Address::of_word(word).ok_or(NotAnEvent::Malformed)
}

fn flag(word: &[u8; 32]) -> Result<bool, NotAnEvent> {
    match word.split_last() {
        Some((last @ 0..=1, zeros)) if zeros.iter().all(|&byte| byte == 0) => Ok(*last == 1),
        _ => Err(NotAnEvent::Malformed),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contracts::title_escrow::SIGNATURES;
    use crate::primitives::keccak256;
    use ethers::abi::{Token, encode};

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
