//! The lens for several tokens of one registry: its call data and the strict reading of its packed answer, whose form
//! `Lenses.sol` states. It reads each token as the lens for one does, and may stop early.

use super::{CALLS, LONGEST_RETURN, Seen, assign};
use crate::evidence::{CallReading, CodeReading, ContractReading, TitleReading};
use crate::primitives::{Address, Digest32, TokenId, decode_hex};

/// Tokens of one call: as many as fit the answer where the registry is a genuine one.
pub(in crate::sources::chain) const MOST_TOKENS: usize = 40;

/// Creation code and arguments: the `data` of a call without `to`.
pub(in crate::sources::chain) fn call_data(registry: Address, tokens: &[TokenId]) -> Vec<u8> {
    let word = |number: usize| {
        let mut word = [0; 32];
        word[24..].copy_from_slice(&(number as u64).to_be_bytes());
        word
    };
    let mut data = decode_hex(include_str!("creation_of_many.hex").trim()).unwrap_or_default();
    data.extend([0; 12]);
    data.extend(registry.0);
    data.extend(word(64));
    data.extend(word(tokens.len()));
    data.extend(tokens.iter().flat_map(|token| token.0));
    data
}

/// What was seen of the first of `asked` tokens, as far as the lens came. `None` for anything but the exact form.
pub(in crate::sources::chain) fn decoded(answer: &[u8], asked: usize) -> Option<Vec<Seen>> {
    let mut packed = Packed(Some(answer).filter(|answer| answer.len() <= LONGEST_RETURN)?);
    let (chain, number, timestamp) = (packed.number()?, packed.number()?, packed.number()?);
    let (registry_size, registry_hash) = (packed.number()?, packed.hash()?);
    let (target, factory_code, implementation_code) = (packed.account()?, packed.account()?, packed.account()?);
    let of_registry: Vec<CallReading> = (0..OF_REGISTRY).map(|_| packed.answer()).collect::<Option<_>>()?;
    let (interfaces, others) = of_registry.split_at_checked(INTERFACES)?;
    let count = usize::from(u16::from_be_bytes(packed.take()?));
    if count > asked {
        return None;
    }
    let mut seen = Vec::with_capacity(count);
    for _ in 0..count {
        let (escrow, escrow_code_size) = (Address(packed.take()?), packed.number()?);
        let [shown] = packed.take()?;
        let escrow_code = packed.bytes(usize::from(shown)).filter(|code| code.len() <= LONGEST_CLONE)?.to_vec();
        let mut title = TitleReading { escrow, escrow_code, escrow_code_size, ..TitleReading::default() };
        let mut contract = ContractReading {
            clone_target: (!target.address.is_zero()).then(|| target.clone()),
            factory_code: factory_code.clone(),
            escrow_implementation_code: implementation_code.clone(),
            ..ContractReading::default()
        };
        // In the order of the lens for one token.
        let mut calls = interfaces.to_vec();
        calls.push(packed.answer()?);
        calls.extend_from_slice(others);
        for _ in calls.len()..CALLS {
            calls.push(packed.answer()?);
        }
        assign(&mut contract, &mut title, calls)?;
        seen.push(Seen { chain, number, timestamp, registry_size, registry_hash, contract, title });
    }
    packed.0.is_empty().then_some(seen)
}

const INTERFACES: usize = crate::contracts::token_registry::REGISTRY_INTERFACES.len();
/// Interfaces, factory, genesis, paused, implementation.
const OF_REGISTRY: usize = INTERFACES + 4;
/// Of a clone's code no more is shown.
const LONGEST_CLONE: usize = 45;

/// What is left of an answer.
struct Packed<'a>(&'a [u8]);

impl<'a> Packed<'a> {
    fn bytes(&mut self, count: usize) -> Option<&'a [u8]> {
        let (bytes, rest) = self.0.split_at_checked(count)?;
        self.0 = rest;
        Some(bytes)
    }

    fn take<const N: usize>(&mut self) -> Option<[u8; N]> {
        self.bytes(N)?.try_into().ok()
    }

    fn hash(&mut self) -> Option<Digest32> {
        self.take().map(Digest32)
    }

    /// A word, which must be a number of eight bytes.
    fn number(&mut self) -> Option<u64> {
        let word: [u8; 32] = self.take()?;
        let (high, low) = word.split_at(24);
        high.iter().all(|byte| *byte == 0).then_some(u64::from_be_bytes(low.try_into().ok()?))
    }

    fn account(&mut self) -> Option<CodeReading> {
        Some(CodeReading {
            address: Address(self.take()?),
            size: self.number()?,
            hash: self.hash()?,
            stripped_hash: self.hash()?,
        })
    }

    fn answer(&mut self) -> Option<CallReading> {
        let [success, high, low] = self.take()?;
        let data = self.bytes(usize::from(u16::from_be_bytes([high, low])))?;
        (success <= 1 && data.len() <= super::LONGEST_ANSWER)
            .then(|| CallReading { success: success == 1, data: data.to_vec() })
    }
}

#[cfg(test)]
mod tests {
    use super::super::LONGEST_ANSWER;
    use super::*;

    /// An answer about a registry without factory and `tokens` tokens, whose owners are this long.
    fn packed(tokens: u16, owner: usize) -> Vec<u8> {
        let word = |number: u8| [&[0; 31][..], &[number]].concat();
        let mut answer: Vec<u8> = [1, 2, 3, 4, 5].into_iter().flat_map(word).collect();
        answer.extend([0; 3 * 116]);
        answer.extend([[1, 0, 1, 7]; OF_REGISTRY].concat());
        answer.extend(tokens.to_be_bytes());
        for _ in 0..tokens {
            answer.extend([0; 53]);
            answer.push(1);
            answer.extend((owner as u16).to_be_bytes());
            answer.extend(vec![9; owner]);
            answer.extend([0; 30]);
        }
        answer
    }

    #[test]
    fn only_the_exact_form_is_an_answer() {
        let answer = packed(3, 32);
        let seen = decoded(&answer, 3).expect("three tokens");
        let numbers = (seen[0].chain, seen[0].number, seen[0].timestamp, seen[0].registry_size);
        assert_eq!((seen.len(), numbers), (3, (1, 2, 3, 4)));
        assert_eq!(seen[2].title.owner_of, CallReading { success: true, data: vec![9; 32] });
        assert_eq!(seen[2].contract.factory, CallReading { success: true, data: vec![7] });
        assert_eq!(seen[2].contract.escrow_implementation, CallReading { success: true, data: vec![7] });
        assert_eq!(seen[2].title.beneficiary, CallReading::default());
        assert_eq!(decoded(&answer, 4).map(|seen| seen.len()), Some(3), "it may stop early");
        assert!(decoded(&answer, 2).is_none(), "more than was asked for");
        assert!((0..answer.len()).all(|length| decoded(&answer[..length], 3).is_none()));
        assert!(decoded(&[&answer[..], &[0]].concat(), 3).is_none());
        let with = |place: usize, byte: u8| {
            let mut changed = answer.clone();
            changed[place] = byte;
            decoded(&changed, 3)
        };
        assert!(with(0, 1).is_none(), "a chain id of 32 bytes");
        assert!(with(160 + 3 * 116, 2).is_none(), "neither success nor failure");
        assert!(
            decoded(&packed(1, LONGEST_ANSWER), 1).is_some() && decoded(&packed(1, LONGEST_ANSWER + 1), 1).is_none()
        );
        assert!(decoded(&packed(40, 700), 40).is_none(), "longer than a constructor may return");
    }

    #[test]
    fn the_call_is_the_creation_code_and_its_arguments() {
        let data = call_data(Address([0x11; 20]), &[TokenId([0x22; 32]), TokenId([0x33; 32])]);
        let words: Vec<&[u8]> = data[data.len() - 160..].chunks(32).collect();
        assert_eq!((words[1][31], words[2][31]), (64, 2));
        assert_eq!((words[0][12..].to_vec(), words[4]), (vec![0x11; 20], &[0x33; 32][..]));
    }
}
