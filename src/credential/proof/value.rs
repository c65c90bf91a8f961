//! `proofValue` as text (documents.md §9.4): each suite's encoding, every length and point checked.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use p256::ecdsa::{Signature, VerifyingKey};

use super::cbor::Reader;
use super::{bbs, bbs_plus};
use crate::document::credential::Suite;

/// A proof value of a known suite.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum ProofValue {
    EcdsaSdBase(EcdsaSdBase),
    EcdsaSdDerived(EcdsaSdDerived),
    EcdsaRdfc(Signature),
    BbsBase(BbsBase),
    BbsDerived(BbsDerived),
    BbsPlus(bbs_plus::Signature),
    BbsPlusDerived(bbs_plus::Proof),
}

impl ProofValue {
    /// `nonce` is the member of that name, which BbsBlsSignatureProof2020 needs.
    pub(crate) fn parse(suite: &Suite, text: &str, nonce: Option<&str>) -> Result<Self, InvalidProofValue> {
        match suite {
            Suite::EcdsaSd2023 => ecdsa_sd(&multibase_url(text)?),
            Suite::Bbs2023 => bbs_2023(&multibase_url(text)?),
            Suite::EcdsaRdfc2019 => {
                let text = text.strip_prefix('z').filter(|text| text.len() <= LONGEST_BASE58);
                let bytes = text.and_then(|text| bs58::decode(text).into_vec().ok());
                let bytes = bytes.ok_or(InvalidProofValue::Encoding("z and base58"))?;
                signature(&bytes).map(Self::EcdsaRdfc).ok_or(InvalidProofValue::Content)
            }
            Suite::BbsBlsSignature2020 => {
                let bytes = base64(text)?.try_into().ok();
                let signature = bytes.as_ref().and_then(bbs_plus::Signature::read);
                signature.map(Self::BbsPlus).ok_or(InvalidProofValue::Content)
            }
            Suite::BbsBlsSignatureProof2020 => {
                let nonce = nonce.filter(|nonce| !nonce.is_empty()).and_then(|nonce| STANDARD.decode(nonce).ok());
                let nonce = nonce.ok_or(InvalidProofValue::Nonce)?;
                let proof = bbs_plus::Proof::read(&base64(text)?, nonce).ok_or(InvalidProofValue::Content)?;
                bounded(proof.hidden())?;
                Ok(Self::BbsPlusDerived(proof))
            }
            Suite::Other(name) => Err(InvalidProofValue::UnsupportedSuite(name.clone())),
        }
    }
}

impl ProofValue {
    /// Whether a holder made it, who may have left things out.
    pub(crate) fn is_derived(&self) -> bool {
        matches!(self, Self::EcdsaSdDerived(_) | Self::BbsDerived(_) | Self::BbsPlusDerived(_))
    }

    /// How many signed statements are not shown, where the proof says so: one of ecdsa-sd-2023 does not.
    pub(crate) fn withheld(&self) -> Option<usize> {
        match self {
            Self::EcdsaSdBase(_) | Self::EcdsaRdfc(_) | Self::BbsBase(_) | Self::BbsPlus(_) => Some(0),
            Self::EcdsaSdDerived(_) => None,
            Self::BbsDerived(value) => Some(value.proof.hidden()),
            Self::BbsPlusDerived(proof) => Some(proof.hidden()),
        }
    }
}

/// Why a text is not a proof value of its suite.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum InvalidProofValue {
    /// Nothing is known against it.
    #[error("proofs of the suite {0:?} are not checked")]
    UnsupportedSuite(String),
    #[error("the proof value is not {0}")]
    Encoding(&'static str),
    #[error("the proof value does not begin as one of this suite")]
    Header,
    /// Nothing is known against it.
    #[error("the proof uses {0} of bbs-2023, which this version does not check")]
    UnsupportedFeature(&'static str),
    #[error("the proof value is not made of what its suite asks for")]
    Content,
    #[error("the proof has no nonce in base64")]
    Nonce,
    /// Nothing is known against it.
    #[error("the proof hides {found} parts of the document, and at most {MOST_HIDDEN} are looked at")]
    TooManyHidden { found: usize },
    /// Nothing is known against it.
    #[error("the proof names {found} places of the document as mandatory, and at most {MOST_POINTERS} are looked at")]
    TooManyPointers { found: usize },
}

/// The issuer's ecdsa-sd-2023.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct EcdsaSdBase {
    pub(super) base_signature: Signature,
    pub(super) ephemeral: EphemeralKey,
    pub(super) hmac_key: [u8; 32],
    pub(super) signatures: Vec<Signature>,
}

/// A holder's ecdsa-sd-2023.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct EcdsaSdDerived {
    pub(super) base_signature: Signature,
    pub(super) ephemeral: EphemeralKey,
    pub(super) signatures: Vec<Signature>,
    pub(super) names: Names,
    pub(super) mandatory: Vec<usize>,
}

/// The key that signed single statements and was thrown away.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct EphemeralKey {
    pub(super) key: VerifyingKey,
    /// With its multicodec, as the issuer signed it.
    pub(super) as_signed: [u8; 35],
}

/// The issuer's bbs-2023.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct BbsBase {
    pub(super) signature: bbs::Signature,
    pub(super) header: [u8; 64],
    pub(super) public_key: [u8; 96],
    pub(super) hmac_key: [u8; 32],
    pub(super) mandatory_pointers: Vec<String>,
}

/// A holder's bbs-2023.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct BbsDerived {
    pub(super) proof: bbs::Proof,
    pub(super) names: Names,
    pub(super) mandatory: Vec<usize>,
    pub(super) selective: Vec<usize>,
    pub(super) presentation_header: Vec<u8>,
}

/// The signed names of blank nodes by those of the canonical document.
pub(super) type Names = BTreeMap<String, String>;

fn ecdsa_sd(bytes: &[u8]) -> Result<ProofValue, InvalidProofValue> {
    let (header, cbor) = bytes.split_first_chunk().ok_or(InvalidProofValue::Header)?;
    match header {
        [0xd9, 0x5d, 0x00] => whole(cbor, |reader| {
            reader.array_of(5)?;
            let value = EcdsaSdBase {
                base_signature: signature(reader.bytes()?)?,
                ephemeral: ephemeral(reader)?,
                hmac_key: *reader.exact_bytes()?,
                signatures: reader.array(|reader| signature(reader.bytes()?))?,
            };
            // The split that they describe is found again by the signatures (documents.md §9.4).
            reader.array(|reader| reader.text().map(drop))?;
            Some(ProofValue::EcdsaSdBase(value))
        }),
        [0xd9, 0x5d, 0x01] => whole(cbor, |reader| {
            reader.array_of(5)?;
            Some(ProofValue::EcdsaSdDerived(EcdsaSdDerived {
                base_signature: signature(reader.bytes()?)?,
                ephemeral: ephemeral(reader)?,
                signatures: reader.array(|reader| signature(reader.bytes()?))?,
                names: names(reader, |reader| {
                    reader.exact_bytes::<32>().map(|name| format!("u{}", URL_SAFE_NO_PAD.encode(name)))
                })?,
                mandatory: indexes(reader)?,
            }))
        }),
        _ => Err(InvalidProofValue::Header),
    }
}

fn bbs_2023(bytes: &[u8]) -> Result<ProofValue, InvalidProofValue> {
    let (header, cbor) = bytes.split_first_chunk().ok_or(InvalidProofValue::Header)?;
    match header {
        [0xd9, 0x5d, 0x02] => {
            let value = whole(cbor, |reader| {
                reader.array_of(5)?;
                Some(BbsBase {
                    signature: bbs::Signature::read(reader.exact_bytes()?)?,
                    header: *reader.exact_bytes()?,
                    public_key: *reader.exact_bytes()?,
                    hmac_key: *reader.exact_bytes()?,
                    mandatory_pointers: reader.array(|reader| reader.text().map(str::to_owned))?,
                })
            })?;
            match value.mandatory_pointers.len() {
                found if found > MOST_POINTERS => Err(InvalidProofValue::TooManyPointers { found }),
                _ => Ok(ProofValue::BbsBase(value)),
            }
        }
        [0xd9, 0x5d, 0x03] => {
            let value = whole(cbor, |reader| {
                reader.array_of(5)?;
                Some(BbsDerived {
                    proof: bbs::Proof::read(reader.bytes()?)?,
                    names: names(reader, |reader| reader.unsigned().map(|rank| format!("b{rank}")))?,
                    mandatory: indexes(reader)?,
                    selective: indexes(reader)?,
                    presentation_header: reader.bytes()?.to_vec(),
                })
            })?;
            bounded(value.proof.hidden())?;
            Ok(ProofValue::BbsDerived(value))
        }
        [0xd9, 0x5d, 0x04 | 0x05] => Err(InvalidProofValue::UnsupportedFeature("the anonymous holder binding")),
        [0xd9, 0x5d, 0x06 | 0x07] => Err(InvalidProofValue::UnsupportedFeature("the pseudonyms")),
        [0xd9, 0x5d, 0x08] => Err(InvalidProofValue::UnsupportedFeature("the holder binding with pseudonyms")),
        _ => Err(InvalidProofValue::Header),
    }
}

/// Exactly one item, and nothing behind it.
fn whole<T>(cbor: &[u8], read: impl FnOnce(&mut Reader<'_>) -> Option<T>) -> Result<T, InvalidProofValue> {
    let mut reader = Reader::new(cbor);
    read(&mut reader).filter(|_| reader.is_at_end()).ok_or(InvalidProofValue::Content)
}

fn signature(bytes: &[u8]) -> Option<Signature> {
    Signature::from_slice(bytes).ok()
}

fn ephemeral(reader: &mut Reader<'_>) -> Option<EphemeralKey> {
    let as_signed: &[u8; 35] = reader.exact_bytes()?;
    let point = as_signed.strip_prefix(&[0x80, 0x24])?;
    Some(EphemeralKey { key: VerifyingKey::from_sec1_bytes(point).ok()?, as_signed: *as_signed })
}

/// Each blank node once.
fn names(reader: &mut Reader<'_>, mut name: impl FnMut(&mut Reader<'_>) -> Option<String>) -> Option<Names> {
    let entries = reader.map(|reader| Some((format!("c14n{}", reader.unsigned()?), name(reader)?)))?;
    let count = entries.len();
    Some(Names::from_iter(entries)).filter(|names| names.len() == count)
}

/// Each once, in order; whether something stands there is seen with the document.
fn indexes(reader: &mut Reader<'_>) -> Option<Vec<usize>> {
    let indexes = reader.array(|reader| reader.unsigned().and_then(|index| usize::try_from(index).ok()))?;
    indexes.is_sorted_by(|one, next| one < next).then_some(indexes)
}

/// For each hidden part a generator is derived, which nothing in the document stands for.
fn bounded(hidden: usize) -> Result<(), InvalidProofValue> {
    if hidden > MOST_HIDDEN { Err(InvalidProofValue::TooManyHidden { found: hidden }) } else { Ok(()) }
}

fn multibase_url(text: &str) -> Result<Vec<u8>, InvalidProofValue> {
    let decoded = text.strip_prefix('u').and_then(|text| URL_SAFE_NO_PAD.decode(text).ok());
    decoded.ok_or(InvalidProofValue::Encoding("u and base64url without padding"))
}

fn base64(text: &str) -> Result<Vec<u8>, InvalidProofValue> {
    STANDARD.decode(text).map_err(|_| InvalidProofValue::Encoding("base64"))
}

/// 64 bytes are 88 characters at most; decoding takes the square of the length.
const LONGEST_BASE58: usize = 96;

/// Issuers name a handful; each is followed through the document.
const MOST_POINTERS: usize = 1000;

/// Ten times what the largest bill in use has; a generator takes a third of a millisecond.
const MOST_HIDDEN: usize = 4096;
