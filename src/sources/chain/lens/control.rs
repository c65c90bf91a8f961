//! The lens that asks an account about a signature: call data and the strict reading of the answer (chain.md §5.7). Source:
//! `Control.sol`.

use ethers::abi::{ParamType, Token, decode, encode};

use super::{hash, number};
use crate::evidence::{AccountSignatureQuestion, AskedAccount, CallReading};
use crate::primitives::{Address, Digest32, decode_hex};

/// Creation code and arguments: the `data` of a call without `to`.
pub(in crate::sources::chain) fn call_data(question: &AccountSignatureQuestion) -> Vec<u8> {
    let AccountSignatureQuestion { account, digest, signature, deployment, .. } = question;
    let (factory, call) =
        deployment.as_ref().map_or((Address::ZERO, Vec::new()), |call| (call.factory, call.call.clone()));
    let arguments = [
        Token::Address(account.0.into()),
        Token::FixedBytes(digest.0.to_vec()),
        Token::Bytes(signature.clone()),
        Token::Address(factory.0.into()),
        Token::Bytes(call),
    ];
    let mut data = decode_hex(include_str!("creation_of_control.hex").trim()).unwrap_or_default();
    data.extend(encode(&arguments));
    data
}

/// What the lens saw.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::sources::chain) struct Asked {
    pub chain: u64,
    pub number: u64,
    pub timestamp: u64,
    pub size: u64,
    pub hash: Digest32,
    pub deployed_size: u64,
    pub asked: AskedAccount,
}

/// `None` for anything but the exact encoding.
pub(in crate::sources::chain) fn decoded(answer: &[u8]) -> Option<Asked> {
    let shape = ParamType::Tuple(vec![
        ParamType::Uint(256),
        ParamType::Uint(256),
        ParamType::Uint(256),
        ParamType::Uint(256),
        ParamType::FixedBytes(32),
        ParamType::Uint(256),
        ParamType::Uint(256),
        ParamType::Bytes,
    ]);
    let answer = Some(answer).filter(|answer| answer.len() <= LONGEST)?;
    let tokens = decode(&[shape], answer).ok()?;
    if encode(&tokens) != answer {
        return None;
    }
    let mut fields = tokens.into_iter().next()?.into_tuple()?.into_iter();
    let (chain, block, timestamp) = (number(fields.next()?)?, number(fields.next()?)?, number(fields.next()?)?);
    let (size, hash, deployed_size) = (number(fields.next()?)?, hash(fields.next()?)?, number(fields.next()?)?);
    let (how, data) = (number(fields.next()?)?, fields.next()?.into_bytes()?);
    let asked = match (how, deployed_size, data.len()) {
        (0, 0, 0) => AskedAccount::NotAsked,
        (1 | 2, 1.., _) => AskedAccount::Answered(CallReading { success: how == 1, data }),
        (3, _, 0) => AskedAccount::OutOfGas,
        _ => return None,
    };
    Some(Asked { chain, number: block, timestamp, size, hash, deployed_size, asked })
}

/// The answer is cut to two words.
const LONGEST: usize = 12 * 32;

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(deployed_size: u64, how: u64, data: &[u8]) -> Vec<u8> {
        let number = |number: u64| Token::Uint(number.into());
        encode(&[Token::Tuple(vec![
            number(1),
            number(2),
            number(3),
            number(4),
            Token::FixedBytes(vec![5; 32]),
            number(deployed_size),
            number(how),
            Token::Bytes(data.to_vec()),
        ])])
    }

    #[test]
    fn only_the_exact_answer_is_one() {
        let asked = |deployed_size, how, data: &[u8]| decoded(&answer(deployed_size, how, data)).map(|seen| seen.asked);
        let answered =
            |success, data: &[u8]| Some(AskedAccount::Answered(CallReading { success, data: data.to_vec() }));
        assert_eq!(asked(0, 0, &[]), Some(AskedAccount::NotAsked));
        assert_eq!(asked(9, 1, &[7; 32]), answered(true, &[7; 32]));
        assert_eq!(asked(9, 2, &[]), answered(false, &[]));
        assert_eq!(asked(9, 3, &[]), Some(AskedAccount::OutOfGas));
        for (deployed_size, how, length) in [(0, 1, 32), (0, 2, 0), (9, 0, 0), (9, 4, 0), (9, 3, 32), (0, 0, 1)] {
            assert_eq!(asked(deployed_size, how, &vec![7; length]), None, "{deployed_size} {how} {length}");
        }
        let whole = answer(9, 1, &[7; 64]);
        assert!(decoded(&whole).is_some());
        for cut in 0..whole.len() {
            assert_eq!(decoded(&whole[..cut]), None, "{cut}");
        }
        assert_eq!(decoded(&[whole, vec![0; 32]].concat()), None);
        assert_eq!(decoded(&answer(9, 1, &[7; 96])), None);
    }
}
