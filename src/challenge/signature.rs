//! A signature as somebody presents it: bytes, and for an account that is not deployed yet what would deploy it (ERC-6492).
//! Whose it is, is not decided here.

use crate::evidence::DeploymentCall;
use crate::primitives::{Address, decode_hex};

/// What was presented, within limits. Which of its bytes an account's own contract wants is for that contract to say.
///
/// ```
/// use ebl_verifier::challenge::{InvalidPresentedSignature, PresentedSignature};
///
/// assert_eq!(PresentedSignature::read("0x00ff")?.bytes, [0, 0xff]);
/// assert_eq!(PresentedSignature::read("00ff"), Err(InvalidPresentedSignature::NotHexadecimal));
/// # Ok::<(), InvalidPresentedSignature>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct PresentedSignature {
    /// What the account, or its contract, is to have signed with.
    pub bytes: Vec<u8>,
    /// What would deploy the account.
    pub deployment: Option<DeploymentCall>,
}

impl PresentedSignature {
    /// `0x` and hexadecimal digits.
    pub fn read(text: &str) -> Result<Self, InvalidPresentedSignature> {
        let digits = text.strip_prefix("0x").ok_or(InvalidPresentedSignature::NotHexadecimal)?;
        if digits.len() > 2 * LONGEST_SIGNATURE {
            return Err(InvalidPresentedSignature::TooLong);
        }
        // `decode_hex` itself lets a second `0x` pass.
        let bytes = Some(digits).filter(|digits| !digits.starts_with("0x")).and_then(decode_hex);
        let bytes = bytes.ok_or(InvalidPresentedSignature::NotHexadecimal)?;
        let Some(wrapped) = bytes.strip_suffix(&WRAPPED) else { return Ok(Self { bytes, deployment: None }) };
        let signature = unwrapped(wrapped).filter(|signature| !signature.bytes.ends_with(&WRAPPED));
        signature.ok_or(InvalidPresentedSignature::Wrapper)
    }
}

/// `(address, bytes, bytes)` as the ABI writes it, and nothing else.
fn unwrapped(bytes: &[u8]) -> Option<PresentedSignature> {
    let (words, _) = bytes.as_chunks::<32>();
    let [factory, first, second, ..] = words else { return None };
    let (call, after_call) = counted(bytes, first, HEAD)?;
    let (signature, end) = counted(bytes, second, after_call)?;
    let deployment = DeploymentCall { factory: Address::of_word(factory)?, call: call.to_vec() };
    (end == bytes.len()).then(|| PresentedSignature { bytes: signature.to_vec(), deployment: Some(deployment) })
}

/// Bytes with their length before them and zeros up to the next word behind, where `offset` must be `at`; and where they end.
fn counted<'b>(bytes: &'b [u8], offset: &[u8; 32], at: usize) -> Option<(&'b [u8], usize)> {
    (number(offset)? == at).then_some(())?;
    let (length, rest) = bytes.get(at..)?.split_first_chunk::<32>()?;
    let length = number(length)?;
    let padded = rest.get(..length.checked_next_multiple_of(32)?)?;
    let (counted, padding) = padded.split_at_checked(length)?;
    padding.iter().all(|byte| *byte == 0).then_some((counted, at + 32 + padded.len()))
}

fn number(word: &[u8; 32]) -> Option<usize> {
    let low = word.strip_prefix(&[0; 28])?.try_into().ok().map(u32::from_be_bytes)?;
    usize::try_from(low).ok()
}

/// Why a text is no signature at all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidPresentedSignature {
    /// Not `0x` and an even number of hexadecimal digits.
    #[error("the signature is not written as 0x and pairs of hexadecimal digits")]
    NotHexadecimal,
    /// More than anybody's.
    #[error("the signature has more than {LONGEST_SIGNATURE} bytes")]
    TooLong,
    /// Ends as ERC-6492 says, and is not what it says.
    #[error("the signature ends like one of an account that is not deployed yet (ERC-6492), and is not of that form")]
    Wrapper,
}

/// In bytes: the owners of a large account, and the code that deploys it.
pub const LONGEST_SIGNATURE: usize = 16 << 10;

/// Three words.
const HEAD: usize = 96;

/// How a signature with its deployment ends (ERC-6492).
const WRAPPED: [u8; 32] = {
    let mut magic = [0x64; 32];
    let mut at = 1;
    while at < 32 {
        magic[at] = 0x92;
        at += 2;
    }
    magic
};

#[cfg(test)]
mod tests {
    use super::*;
    use crate::primitives::encode_hex;

    /// As a wallet wraps it.
    fn wrap(factory: Address, call: &[u8], signature: &[u8]) -> Vec<u8> {
        let word = |number: usize| {
            let mut word = [0; 32];
            word[28..].copy_from_slice(&u32::try_from(number).unwrap().to_be_bytes());
            word
        };
        let padded = |bytes: &[u8]| {
            let mut bytes = bytes.to_vec();
            bytes.resize(bytes.len().next_multiple_of(32), 0);
            bytes
        };
        let second = 96 + 32 + call.len().next_multiple_of(32);
        [
            factory.word().to_vec(),
            word(96).to_vec(),
            word(second).to_vec(),
            word(call.len()).to_vec(),
            padded(call),
            word(signature.len()).to_vec(),
            padded(signature),
            WRAPPED.to_vec(),
        ]
        .concat()
    }

    fn read(bytes: &[u8]) -> Result<PresentedSignature, InvalidPresentedSignature> {
        PresentedSignature::read(&format!("0x{}", encode_hex(bytes)))
    }

    #[test]
    fn a_deployment_is_taken_off_only_from_the_exact_form() {
        for (call, signature) in [(&[7; 5][..], &[9; 65][..]), (&[], &[]), (&[1; 32], &[2; 64])] {
            let wrapped = wrap(Address([3; 20]), call, signature);
            let found = read(&wrapped).unwrap();
            assert_eq!(found.bytes, signature);
            assert_eq!(found.deployment, Some(DeploymentCall { factory: Address([3; 20]), call: call.to_vec() }));
            let inner = &wrapped[..wrapped.len() - 32];
            assert_eq!(read(inner).unwrap().deployment, None, "without the mark it is any other signature");
            for place in 0..inner.len() {
                let mut other = wrapped.clone();
                other[place] ^= 0x80;
                // Only the contents may be others: the factory's address, the call, the signature.
                if let Ok(found) = read(&other) {
                    let deployment = found.deployment.unwrap();
                    let again = wrap(deployment.factory, &deployment.call, &found.bytes);
                    assert_eq!(again, other, "{place}");
                }
            }
            for cut in 0..inner.len() {
                let short = [&inner[..cut], &WRAPPED].concat();
                assert_eq!(read(&short), Err(InvalidPresentedSignature::Wrapper), "{cut}");
            }
        }
    }

    #[test]
    fn one_deployment_within_another_is_none() {
        let inner = wrap(Address([3; 20]), &[1], &[2; 65]);
        assert_eq!(read(&wrap(Address([3; 20]), &[1], &inner)), Err(InvalidPresentedSignature::Wrapper));
    }

    #[test]
    fn what_is_no_hexadecimal_or_too_long_is_no_signature() {
        for text in ["", "0x0", "0xzz", "00", "0X00", "0x0x00", " 0x00", "0x00 "] {
            assert_eq!(PresentedSignature::read(text), Err(InvalidPresentedSignature::NotHexadecimal), "{text:?}");
        }
        assert!(PresentedSignature::read("0x").unwrap().bytes.is_empty());
        assert!(read(&vec![1; LONGEST_SIGNATURE]).is_ok());
        assert_eq!(read(&vec![1; LONGEST_SIGNATURE + 1]), Err(InvalidPresentedSignature::TooLong));
    }
}
