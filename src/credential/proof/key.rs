//! Keys as DID documents and did:key give them (documents.md §9.4, checks.md §6.3).

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use bls12_381_plus::G2Affine;
use p256::Sec1Point;
use p256::ecdsa::VerifyingKey;

use super::SignatureRefusal;
use super::points::g2_point;
use crate::document::json::Value;

/// A key that may sign credentials.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum PublicKey {
    P256(VerifyingKey),
    /// In the subgroup, and not its identity.
    Bls12381G2(Box<G2Affine>),
    /// Of a kind that is named only.
    Other(String),
}

impl PublicKey {
    pub(super) fn as_p256(&self) -> Result<&VerifyingKey, SignatureRefusal> {
        match self {
            Self::P256(key) => Ok(key),
            other => Err(other.refusal(P256)),
        }
    }

    pub(super) fn as_g2(&self) -> Result<&G2Affine, SignatureRefusal> {
        match self {
            Self::Bls12381G2(key) => Ok(key),
            other => Err(other.refusal(BLS12_381_G2)),
        }
    }

    fn refusal(&self, expected: &'static str) -> SignatureRefusal {
        match self {
            Self::P256(_) => SignatureRefusal::OtherKindOfKey { expected, found: P256 },
            Self::Bls12381G2(_) => SignatureRefusal::OtherKindOfKey { expected, found: BLS12_381_G2 },
            Self::Other(found) => SignatureRefusal::UnsupportedKey { found: found.clone() },
        }
    }

    fn p256(sec1: &[u8]) -> Result<Self, InvalidKey> {
        let compressed = sec1.len() == P256_LENGTH;
        VerifyingKey::from_sec1_bytes(sec1).ok().filter(|_| compressed).map(Self::P256).ok_or(InvalidKey::Malformed)
    }

    fn bls(compressed: &[u8]) -> Result<Self, InvalidKey> {
        let point = compressed.try_into().ok().and_then(g2_point).ok_or(InvalidKey::Malformed)?;
        Ok(Self::Bls12381G2(Box::new(point)))
    }
}

/// Why a verification method gives no key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum InvalidKey {
    /// Missing, malformed, not on the curve, or two that differ.
    #[error("it names no key, or two")]
    Malformed,
    /// Whoever reads it can sign with it.
    #[error("its private part is published with it")]
    Private,
}

/// The key of a verification method. However many members give it, they must agree.
pub(crate) fn from_method(method: Value<'_>) -> Result<PublicKey, InvalidKey> {
    let kind = method.get("type").and_then(Value::as_str).ok_or(InvalidKey::Malformed)?;
    let raw: fn(&[u8]) -> Result<PublicKey, InvalidKey> = match &*kind {
        "Multikey" | "JsonWebKey" | "JsonWebKey2020" => |_| Err(InvalidKey::Malformed),
        "EcdsaSecp256r1VerificationKey2019" => PublicKey::p256,
        "Bls12381G2Key2020" => PublicKey::bls,
        other => return Ok(PublicKey::Other(other.to_owned())),
    };
    if PRIVATE_MEMBERS.iter().any(|name| method.get(name).is_some()) {
        return Err(InvalidKey::Private);
    }
    let multibase = method.get("publicKeyMultibase").map(|text| from_multibase(&text_of(text)?));
    let base58 = method.get("publicKeyBase58").map(|text| raw(&base58(&text_of(text)?)?));
    let jwk = method.get("publicKeyJwk").map(from_jwk);
    let mut keys = [multibase, base58, jwk].into_iter().flatten();
    let key = keys.next().ok_or(InvalidKey::Malformed)??;
    for other in keys {
        if other? != key {
            return Err(InvalidKey::Malformed);
        }
    }
    match (&*kind, &key) {
        ("EcdsaSecp256r1VerificationKey2019", PublicKey::Bls12381G2(_) | PublicKey::Other(_))
        | ("Bls12381G2Key2020", PublicKey::P256(_) | PublicKey::Other(_)) => Err(InvalidKey::Malformed),
        _ => Ok(key),
    }
}

/// `z` and base58 of a multicodec and the key, as in `publicKeyMultibase` and did:key.
pub(crate) fn from_multibase(text: &str) -> Result<PublicKey, InvalidKey> {
    let bytes = text.strip_prefix('z').ok_or(InvalidKey::Malformed).and_then(base58)?;
    match bytes.as_slice() {
        [0x80, 0x24, point @ ..] => PublicKey::p256(point),
        [0xeb, 0x01, point @ ..] => PublicKey::bls(point),
        [first @ 0x80..=0xff, second @ 0x01..=0x7f, ..] => {
            let code = u16::from(first & 0x7f) | u16::from(*second) << 7;
            let name = MULTICODECS.iter().find(|(known, _)| *known == code).map(|(_, name)| (*name).to_owned());
            Ok(PublicKey::Other(name.unwrap_or_else(|| format!("multicodec 0x{code:x}"))))
        }
        _ => Err(InvalidKey::Malformed),
    }
}

fn from_jwk(jwk: Value<'_>) -> Result<PublicKey, InvalidKey> {
    let member = |name: &str| jwk.get(name).map(text_of).transpose();
    let coordinate = |name: &str| {
        let text = member(name)?.ok_or(InvalidKey::Malformed)?;
        URL_SAFE_NO_PAD.decode(text.as_bytes()).map_err(|_| InvalidKey::Malformed)
    };
    if jwk.get("d").is_some() {
        return Err(InvalidKey::Private);
    }
    let kind = member("kty")?.ok_or(InvalidKey::Malformed)?;
    let curve = member("crv")?;
    match (&*kind, curve.as_deref()) {
        ("EC", Some("P-256")) => {
            let (x, y) = (coordinate("x")?, coordinate("y")?);
            let (x, y) = (<[u8; 32]>::try_from(x), <[u8; 32]>::try_from(y));
            let (Ok(x), Ok(y)) = (x, y) else { return Err(InvalidKey::Malformed) };
            let point = Sec1Point::from_affine_coordinates(&x.into(), &y.into(), false);
            VerifyingKey::from_sec1_point(&point).map(PublicKey::P256).map_err(|_| InvalidKey::Malformed)
        }
        // The drafts have changed kind and spelling; the compressed point as `x` alone is what all of them had.
        ("EC" | "OKP", Some("Bls12381G2" | "BLS12381G2" | "BLS12381_G2" | "BLS12-381-G2"))
            if jwk.get("y").is_none() =>
        {
            PublicKey::bls(&coordinate("x")?)
        }
        (kind, curve) => Ok(PublicKey::Other(curve.unwrap_or(kind).to_owned())),
    }
}

fn text_of(value: Value<'_>) -> Result<std::borrow::Cow<'_, str>, InvalidKey> {
    value.as_str().ok_or(InvalidKey::Malformed)
}

fn base58(text: &str) -> Result<Vec<u8>, InvalidKey> {
    if text.len() > LONGEST_BASE58 {
        return Err(InvalidKey::Malformed);
    }
    bs58::decode(text).into_vec().map_err(|_| InvalidKey::Malformed)
}

const P256: &str = "P-256";
const BLS12_381_G2: &str = "BLS12-381 G2";

const P256_LENGTH: usize = 33;

/// Decoding takes the square of the length; the longest keys in use (RSA, 4096 bits) stay below.
const LONGEST_BASE58: usize = 1024;

const PRIVATE_MEMBERS: [&str; 5] =
    ["secretKeyMultibase", "privateKeyMultibase", "privateKeyBase58", "secretKeyJwk", "privateKeyJwk"];

/// Of the multicodec table; what a did:key of this field may also be.
const MULTICODECS: [(u16, &str); 7] = [
    (0xe7, "secp256k1"),
    (0xea, "BLS12-381 G1"),
    (0xec, "X25519"),
    (0xed, "Ed25519"),
    (0x1201, "P-384"),
    (0x1202, "P-521"),
    (0x1205, "RSA"),
];
