//! The keys of a zone: which may sign, how a digest names one, and whether a signature is by it (RFC 4034 §2, §5, appendix B).

use p256::ecdsa::signature::Verifier as _;
use rsa::{BoxedUint, Pkcs1v15Sign, PublicKey};
use sha2::{Digest as _, Sha256, Sha384, Sha512};

use super::name::Name;

/// A DNSKEY record whose key may sign: the zone's own, not revoked.
#[derive(Debug, Clone, Copy)]
pub(super) struct Key<'a> {
    pub(super) tag: u16,
    pub(super) algorithm: u8,
    material: &'a [u8],
    data: &'a [u8],
}

impl<'a> Key<'a> {
    /// From a record's data; nothing where it is no key that may sign.
    pub(super) fn read(data: &'a [u8]) -> Option<Self> {
        let ([f0, f1, protocol, algorithm], material) = data.split_first_chunk::<4>()?;
        let flags = u16::from_be_bytes([*f0, *f1]);
        let may_sign = flags & ZONE_KEY != 0 && flags & REVOKED == 0 && *protocol == PROTOCOL;
        may_sign.then(|| Self { tag: tag(data), algorithm: *algorithm, material, data })
    }

    /// How a DS record of `zone` names it.
    pub(super) fn digest(self, kind: DigestKind, zone: Name<'_>) -> Vec<u8> {
        let (zone, data) = (zone.bytes(), self.data);
        match kind {
            DigestKind::Sha256 => Sha256::new().chain_update(zone).chain_update(data).finalize().to_vec(),
            DigestKind::Sha384 => Sha384::new().chain_update(zone).chain_update(data).finalize().to_vec(),
        }
    }

    /// Whether `signature` is its signature over `message`; `None` where signatures of this kind are not checked here.
    pub(super) fn signed(self, message: &[u8], signature: &[u8]) -> Option<bool> {
        Some(match self.algorithm {
            RSA_SHA256 => self.signed_by_rsa(Pkcs1v15Sign::new::<Sha256>(), &Sha256::digest(message), signature),
            RSA_SHA512 => self.signed_by_rsa(Pkcs1v15Sign::new::<Sha512>(), &Sha512::digest(message), signature),
            P256_SHA256 => self.signed_by_p256(message, signature),
            P384_SHA384 => self.signed_by_p384(message, signature),
            _ => return None,
        })
    }

    /// RFC 5702 §3.
    fn signed_by_rsa(self, padding: Pkcs1v15Sign, digest: &[u8], signature: &[u8]) -> bool {
        let number = BoxedUint::from_be_slice_vartime;
        let key = self.rsa_numbers().map(|(exponent, modulus)| PublicKey::new(number(modulus), number(exponent)));
        key.is_some_and(|key| key.is_ok_and(|key| key.verify(padding, digest, signature).is_ok()))
    }

    /// Exponent and modulus (RFC 3110 §2), of sizes that are read.
    fn rsa_numbers(self) -> Option<(&'a [u8], &'a [u8])> {
        let (exponent, modulus) = match self.material.split_first_chunk::<3>()? {
            ([0, l0, l1], rest) => rest.split_at_checked(u16::from_be_bytes([*l0, *l1]).into())?,
            ([length, ..], _) => self.material.get(1..)?.split_at_checked(usize::from(*length))?,
        };
        // A modulus without its first bit would be of another size than it seems.
        let fits = modulus.first().is_some_and(|first| first.leading_zeros() == 0)
            && (LEAST_MODULUS..=MOST_MODULUS).contains(&modulus.len())
            && (1..=MOST_EXPONENT).contains(&exponent.len());
        fits.then_some((exponent, modulus))
    }

    #[cfg(test)]
    pub(super) fn is_rsa_of_a_size_that_is_read(self) -> bool {
        self.rsa_numbers().is_some()
    }

    /// RFC 6605 §4.
    fn signed_by_p256(self, message: &[u8], signature: &[u8]) -> bool {
        let key = p256::ecdsa::VerifyingKey::from_sec1_bytes(&uncompressed(self.material));
        let signature = p256::ecdsa::Signature::from_slice(signature);
        key.is_ok_and(|key| signature.is_ok_and(|signature| key.verify(message, &signature).is_ok()))
    }

    fn signed_by_p384(self, message: &[u8], signature: &[u8]) -> bool {
        let key = p384::ecdsa::VerifyingKey::from_sec1_bytes(&uncompressed(self.material));
        let signature = p384::ecdsa::Signature::from_slice(signature);
        key.is_ok_and(|key| signature.is_ok_and(|signature| key.verify(message, &signature).is_ok()))
    }
}

/// Digests that name keys. SHA-1 names none (RFC 8624 §3.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum DigestKind {
    Sha256,
    Sha384,
}

impl DigestKind {
    pub(super) const ALL: [Self; 2] = [Self::Sha256, Self::Sha384];

    pub(super) fn of_number(number: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.number() == number)
    }

    pub(super) fn number(self) -> u8 {
        match self {
            Self::Sha256 => 2,
            Self::Sha384 => 4,
        }
    }

    /// In bytes.
    pub(super) fn length(self) -> usize {
        match self {
            Self::Sha256 => 32,
            Self::Sha384 => 48,
        }
    }
}

/// A DS record's tag, algorithm and digest; nothing where it names a key by a digest that counts for nothing.
pub(super) fn delegation(data: &[u8]) -> Option<(u16, u8, DigestKind, &[u8])> {
    let ([t0, t1, algorithm, kind], digest) = data.split_first_chunk::<4>()?;
    let kind = DigestKind::of_number(*kind)?;
    Some((u16::from_be_bytes([*t0, *t1]), *algorithm, kind, digest))
}

/// RFC 4034 appendix B.
pub(super) fn tag(data: &[u8]) -> u16 {
    let sum = data.chunks(2).fold(0_u32, |sum, pair| {
        let high = pair.first().map_or(0, |byte| u32::from(*byte) << 8);
        sum.wrapping_add(high + pair.get(1).map_or(0, |byte| u32::from(*byte)))
    });
    u16::try_from((sum + (sum >> 16)) & 0xffff).unwrap_or_default()
}

/// SEC 1 §2.3.3; the records leave the first byte out.
fn uncompressed(material: &[u8]) -> Vec<u8> {
    [&[4], material].concat()
}

const ZONE_KEY: u16 = 0x0100;
const REVOKED: u16 = 0x0080;
const PROTOCOL: u8 = 3;

pub(super) const RSA_SHA256: u8 = 8;
pub(super) const RSA_SHA512: u8 = 10;
pub(super) const P256_SHA256: u8 = 13;
pub(super) const P384_SHA384: u8 = 14;
/// Known by its number: validated by the sources, and not here (four crates more, for few zones).
pub(super) const ED25519: u8 = 15;

/// 1024 and 4096 bits: what zones have, and no more work than that.
const LEAST_MODULUS: usize = 128;
const MOST_MODULUS: usize = 512;
const MOST_EXPONENT: usize = 4;
