//! The signature over a Merkle root and the address that made it (documents.md §3.10, checks.md §6.4).

use k256::ecdsa::{RecoveryId, Signature, VerifyingKey};

use crate::primitives::{Address, Digest32, decode_hex, keccak256};

/// A signature in one of the accepted encodings, brought into one form.
///
/// ```
/// use ebl_verifier::identity::{InvalidSignature, RootSignature};
///
/// assert_eq!(RootSignature::parse("0x00"), Err(InvalidSignature::Length { found: 1 }));
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RootSignature {
    signature: Signature,
    recovery: RecoveryId,
    normalised: Option<Normalised>,
}

impl RootSignature {
    /// 65 bytes `r‖s‖v`, or 64 in the compact form of EIP-2098, as `0x` hexadecimal; the lower of the two possible `s`.
    pub fn parse(text: &str) -> Result<Self, InvalidSignature> {
        let bytes = text.strip_prefix("0x").and_then(decode_hex_digits).ok_or(InvalidSignature::NotHexadecimal)?;
        let signature = Self::of_bytes(&bytes)?;
        let upper = text.bytes().any(|byte| byte.is_ascii_uppercase());
        let normalised = signature.normalised.or(upper.then_some(Normalised::UpperCase));
        Ok(Self { normalised, ..signature })
    }

    /// The same bytes, however they were written.
    pub(crate) fn of_bytes(bytes: &[u8]) -> Result<Self, InvalidSignature> {
        let (rs, odd, normalised) = match bytes {
            [rs @ .., 27] if rs.len() == 64 => (rs.to_vec(), false, None),
            [rs @ .., 28] if rs.len() == 64 => (rs.to_vec(), true, None),
            [rs @ .., v @ (0 | 1)] if rs.len() == 64 => (rs.to_vec(), *v == 1, Some(Normalised::ParityByte)),
            [.., v] if bytes.len() == 65 => return Err(InvalidSignature::RecoveryByte { found: *v }),
            compact if compact.len() == 64 => {
                let odd = compact.get(32).is_some_and(|high| high & 0x80 != 0);
                let clear = |(index, byte): (usize, &u8)| if index == 32 { byte & 0x7f } else { *byte };
                (compact.iter().enumerate().map(clear).collect(), odd, Some(Normalised::Compact))
            }
            _ => return Err(InvalidSignature::Length { found: bytes.len() }),
        };
        let signature = Signature::from_slice(&rs).map_err(|_| InvalidSignature::OutOfRange)?;
        if signature.normalize_s() != signature {
            return Err(InvalidSignature::HighS);
        }
        Ok(Self { signature, recovery: RecoveryId::new(odd, false), normalised })
    }

    /// The address of the key that signed `root`; `None` where no key could have made this signature.
    pub fn signer(&self, root: Digest32) -> Option<Address> {
        self.signer_of(eip191_digest(root))
    }

    /// The address of the key that signed `digest` itself.
    pub(crate) fn signer_of(&self, digest: Digest32) -> Option<Address> {
        let key = VerifyingKey::recover_from_prehash(&digest.0, &self.signature, self.recovery).ok()?;
        Some(address_of(&key))
    }

    /// Whether it was written in another form than the usual one.
    pub fn normalised(&self) -> Option<Normalised> {
        self.normalised
    }
}

/// An accepted encoding beside 65 bytes with 27 or 28 at the end, in lower case.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Normalised {
    /// The last byte is 0 or 1.
    #[error("the last byte is 0 or 1 instead of 27 or 28")]
    ParityByte,
    /// EIP-2098.
    #[error("it is in the compact form of 64 bytes")]
    Compact,
    /// Upper-case digits.
    #[error("it is written with upper-case digits")]
    UpperCase,
}

/// What a wallet signs when it is given the 32 bytes of `root` as a personal message (EIP-191).
pub fn eip191_digest(root: Digest32) -> Digest32 {
    keccak256([b"\x19Ethereum Signed Message:\n32".as_slice(), &root.0].concat())
}

/// The address of a secp256k1 public key in SEC1 form, compressed or not; `None` for bytes that are no such key.
pub fn address_of_key(sec1: &[u8]) -> Option<Address> {
    // SEC1 has further forms that nobody uses for accounts.
    matches!((sec1.first(), sec1.len()), (Some(2 | 3), 33) | (Some(4), 65)).then_some(())?;
    VerifyingKey::from_sec1_bytes(sec1).ok().map(|key| address_of(&key))
}

/// Why a text is not an acceptable signature.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidSignature {
    /// Not `0x` and an even number of hexadecimal digits.
    #[error("it is not written as 0x and hexadecimal digits")]
    NotHexadecimal,
    /// Neither 65 nor 64 bytes.
    #[error("it has {found} bytes instead of 65")]
    Length {
        /// How many bytes there are.
        found: usize,
    },
    /// The last byte says nothing about the key.
    #[error("its last byte is {found} instead of 27 or 28")]
    RecoveryByte {
        /// The byte.
        found: u8,
    },
    /// `r` or `s` is zero or not below the group order.
    #[error("its numbers are out of range")]
    OutOfRange,
    /// The other, equivalent `s`: two texts for one signature are not accepted.
    #[error("its second number is the higher of the two possible ones")]
    HighS,
}

/// The address of the account that `key` controls.
pub(crate) fn address_of(key: &VerifyingKey) -> Address {
    let point = key.to_sec1_point(false);
    let digest = keccak256(point.as_bytes().get(1..).unwrap_or_default());
    let mut address = Address::ZERO;
    address.0.copy_from_slice(&digest.0[12..]);
    address
}

/// `decode_hex` itself lets a second `0x` pass.
fn decode_hex_digits(digits: &str) -> Option<Vec<u8>> {
    (!digits.starts_with("0x")).then(|| decode_hex(digits)).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;
    use k256::ecdsa::SigningKey;

    fn signed(root: Digest32) -> (Vec<u8>, Address) {
        let key = SigningKey::from_slice(&[7; 32]).unwrap();
        let (signature, recovery) = key.sign_prehash_recoverable(&eip191_digest(root).0);
        let mut bytes = signature.to_bytes().to_vec();
        bytes.push(27 + recovery.to_byte());
        (bytes, address_of(key.verifying_key()))
    }

    fn text(bytes: &[u8]) -> String {
        format!("0x{}", crate::primitives::encode_hex(bytes))
    }

    #[test]
    fn the_signer_of_a_root_is_found() {
        for byte in 0..8 {
            let root = Digest32([byte; 32]);
            let (bytes, address) = signed(root);
            let signature = RootSignature::parse(&text(&bytes)).unwrap();
            assert_eq!((signature.signer(root), signature.normalised()), (Some(address), None));
            assert_ne!(signature.signer(Digest32([byte + 1; 32])), Some(address));
        }
    }

    #[test]
    fn a_high_s_is_refused_though_it_would_verify() {
        let (bytes, _) = signed(Digest32([1; 32]));
        let signature = Signature::from_slice(&bytes[..64]).unwrap();
        let high = Signature::from_scalars(signature.r(), -signature.s()).unwrap();
        let mut other = high.to_bytes().to_vec();
        other.push(if bytes[64] == 27 { 28 } else { 27 });
        assert_eq!(RootSignature::parse(&text(&other)), Err(InvalidSignature::HighS));
    }

    #[test]
    fn other_texts_are_refused() {
        let (bytes, _) = signed(Digest32([1; 32]));
        let good = text(&bytes);
        for other in
            [good[2..].to_owned(), good.replacen("0x", "0X", 1), good.replacen("0x", "0x0x", 1), format!("{good} ")]
        {
            assert_eq!(RootSignature::parse(&other), Err(InvalidSignature::NotHexadecimal), "{other}");
        }
        assert_eq!(RootSignature::parse("0x"), Err(InvalidSignature::Length { found: 0 }));
    }

    #[test]
    fn a_key_has_the_same_address_in_both_forms() {
        let key = SigningKey::from_slice(&[7; 32]).unwrap();
        let address = Some(address_of(key.verifying_key()));
        for compress in [true, false] {
            assert_eq!(address_of_key(key.verifying_key().to_sec1_point(compress).as_bytes()), address);
        }
        assert_eq!(address_of_key(&[2; 32]), None);
    }
}
