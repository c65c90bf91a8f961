//! BbsBlsSignature2020 and BbsBlsSignatureProof2020 (documents.md §9.4, "Legacy"): BBS+ as the `bbs-signatures` family
//! signs it, which is older than the drafts of the IETF. Everything is hashed with BLAKE2b; the generators depend on the
//! key and on the number of messages.

use blake2::digest::consts::U48;
use blake2::{Blake2b, Blake2b512, Digest};
use bls12_381_plus::elliptic_curve::hash2curve::{ExpandMsg, ExpandMsgXmd, Expander, FromOkm, MapToCurve, OsswuMap};
use bls12_381_plus::fp::Fp;
use bls12_381_plus::group::cofactor::CofactorGroup;
use bls12_381_plus::{G1Affine, G1Projective, G2Affine, Scalar};

use super::ecdsa::counted;
use super::points::{Cursor, pairings_cancel, signature_holds, sum};
use super::{Content, Kind, SignatureRefusal, Verified, labels};

/// Every line is a message, those of the proof first.
pub(super) fn verify_base(
    signature: &Signature,
    key: &G2Affine,
    content: Content<'_>,
) -> Result<Verified, SignatureRefusal> {
    let messages: Vec<&[u8]> = content.proof.iter().chain(content.document).map(|line| line.as_bytes()).collect();
    if !signature.verified(key, &messages) {
        return Err(SignatureRefusal::Signature);
    }
    Ok(Verified { kind: Kind::Base, mandatory: (0..content.document.len()).collect() })
}

/// What was disclosed of a base proof. Nothing is mandatory but the proof's own lines.
pub(super) fn verify_derived(
    proof: &Proof,
    key: &G2Affine,
    content: Content<'_>,
) -> Result<Verified, SignatureRefusal> {
    let mut document = content.document.iter().map(|line| as_signed(line)).collect::<Result<Vec<_>, _>>()?;
    document.sort_by(|one, other| one.encode_utf16().cmp(other.encode_utf16()));
    let messages: Vec<&[u8]> = content.proof.iter().chain(&document).map(|line| line.as_bytes()).collect();
    counted(messages.len(), proof.disclosed.len(), |expected, found| found == expected)?;
    // All lines of the proof stand first, and none of them may be passed over.
    if proof.disclosed.iter().take(content.proof.len()).enumerate().any(|(at, index)| at != *index) {
        return Err(SignatureRefusal::Index);
    }
    if !proof.verified(key, &messages) {
        return Err(SignatureRefusal::Signature);
    }
    Ok(Verified { kind: Kind::Derived, mandatory: Vec::new() })
}

/// A derived document writes the blank node `_:c14nN` as `<urn:bnid:_:c14nN>`, and so has none of its own.
fn as_signed(line: &str) -> Result<String, SignatureRefusal> {
    labels::parts(line)
        .map(|part| match part.strip_prefix("<urn:bnid:").and_then(|rest| rest.strip_suffix('>')) {
            Some(label) if is_canonical_label(label) => Ok(label),
            _ if part.starts_with("_:") => Err(SignatureRefusal::Label),
            _ => Ok(part),
        })
        .collect()
}

fn is_canonical_label(text: &str) -> bool {
    let number = text.strip_prefix("_:c14n");
    number.is_some_and(|number| !number.is_empty() && number.bytes().all(|digit| digit.is_ascii_digit()))
}

/// A signature over messages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Signature {
    a: G1Affine,
    e: Scalar,
    s: Scalar,
}

impl Signature {
    pub(super) fn read(bytes: &[u8; 112]) -> Option<Self> {
        let mut cursor = Cursor(bytes);
        Some(Self { a: cursor.g1_point()?, e: cursor.nonzero()?, s: cursor.nonzero()? })
    }

    fn verified(&self, key: &G2Affine, messages: &[&[u8]]) -> bool {
        let Some(generators) = Generators::new(key, messages.len()) else { return false };
        let mut terms = vec![(G1Projective::GENERATOR, Scalar::ONE), (generators.blinding, self.s)];
        terms.extend(generators.messages.iter().copied().zip(messages.iter().map(|message| hash_to_scalar(message))));
        signature_holds(self.a, self.e, sum(&terms), key)
    }
}

/// A proof of knowledge of a signature over messages of which some are disclosed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Proof {
    messages: usize,
    /// In order.
    disclosed: Vec<usize>,
    a_prime: G1Affine,
    a_bar: G1Affine,
    d: G1Affine,
    /// That `a_bar - d` is made of `a_prime` and the blinding generator.
    first: Knowledge,
    /// That `d` is made of the signature's sum without the disclosed messages.
    second: Knowledge,
    nonce: Vec<u8>,
}

impl Proof {
    pub(super) fn read(bytes: &[u8], nonce: Vec<u8>) -> Option<Self> {
        let mut cursor = Cursor(bytes);
        let messages = usize::from(u16::from_be_bytes(cursor.take()?));
        let (bits, rest) = cursor.0.split_at_checked(messages / 8 + 1)?;
        cursor = Cursor(rest);
        let bit = |index: usize| bits[bits.len() - 1 - index / 8] >> (index % 8) & 1 == 1;
        let disclosed: Vec<usize> = (0..bits.len() * 8).filter(|index| bit(*index)).collect();
        if disclosed.last().is_some_and(|last| *last >= messages) {
            return None;
        }
        let (a_prime, a_bar, d) = (cursor.g1_point()?, cursor.g1_point()?, cursor.g1_point()?);
        let length = usize::try_from(u32::from_be_bytes(cursor.take()?)).ok()?;
        let (first, second) = cursor.0.split_at_checked(length)?;
        let first = Knowledge::read(first, 2)?;
        let second = Knowledge::read(second, 2 + messages - disclosed.len())?;
        Some(Self { messages, disclosed, a_prime, a_bar, d, first, second, nonce })
    }

    /// How many messages stay hidden.
    pub(super) fn hidden(&self) -> usize {
        self.messages - self.disclosed.len()
    }

    fn verified(&self, key: &G2Affine, disclosed: &[&[u8]]) -> bool {
        let Some(generators) = Generators::new(key, self.messages) else { return false };
        let [a_prime, a_bar, d] = [self.a_prime, self.a_bar, self.d].map(G1Projective::from);
        let mut bases = vec![d, generators.blinding];
        let mut known = vec![(G1Projective::GENERATOR, Scalar::ONE)];
        let mut wanted = self.disclosed.iter().zip(disclosed).peekable();
        for (index, generator) in generators.messages.iter().enumerate() {
            match wanted.next_if(|(wanted, _)| **wanted == index) {
                Some((_, message)) => known.push((*generator, hash_to_scalar(message))),
                None => bases.push(*generator),
            }
        }
        let challenge = self.challenge(&generators, &bases);
        self.first.verified(&[a_prime, generators.blinding], a_bar - d, challenge)
            && self.second.verified(&bases, -sum(&known), challenge)
            && pairings_cancel(a_prime, key, -a_bar)
    }

    fn challenge(&self, generators: &Generators, bases: &[G1Projective]) -> Scalar {
        let mut hashed = Vec::new();
        let first = [self.a_bar, self.a_prime, generators.blinding.into(), self.first.commitment];
        let points = first.into_iter().chain(bases.iter().map(G1Affine::from)).chain([self.second.commitment]);
        points.for_each(|point| hashed.extend(point.to_uncompressed()));
        hashed.extend(hash_to_scalar(&self.nonce).to_be_bytes());
        hash_to_scalar(&hashed)
    }
}

/// A proof of knowledge of the factors by which something is made of known points.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Knowledge {
    commitment: G1Affine,
    responses: Vec<Scalar>,
}

impl Knowledge {
    fn read(bytes: &[u8], points: usize) -> Option<Self> {
        let mut cursor = Cursor(bytes);
        let commitment = cursor.g1_point()?;
        let length = usize::try_from(u32::from_be_bytes(cursor.take()?)).ok()?;
        if length != points || cursor.0.len() != length.checked_mul(32)? {
            return None;
        }
        let responses = (0..length).map(|_| cursor.scalar()).collect::<Option<_>>()?;
        Some(Self { commitment, responses })
    }

    fn verified(&self, bases: &[G1Projective], made: G1Projective, challenge: Scalar) -> bool {
        let mut terms: Vec<_> = bases.iter().copied().zip(self.responses.iter().copied()).collect();
        terms.push((made, challenge));
        sum(&terms) == G1Projective::from(self.commitment)
    }
}

/// One for the blinding factor, one for each message.
struct Generators {
    blinding: G1Projective,
    messages: Vec<G1Projective>,
}

impl Generators {
    /// `None` for more messages than can be written.
    fn new(key: &G2Affine, messages: usize) -> Option<Self> {
        let (key, count) = (key.to_uncompressed(), u32::try_from(messages).ok()?.to_be_bytes());
        let generator = |index: u32| {
            let named = [&key[..], &[0], &index.to_be_bytes(), &[0], &count].concat();
            hash_to_curve(&named)
        };
        Some(Self { blinding: generator(0), messages: (1..=u32::try_from(messages).ok()?).map(generator).collect() })
    }
}

/// As in RFC 9380 but for the sign: these signers follow a draft in which a number is negative if it is the larger of it and
/// its opposite, not if it is odd (`pairing-plus` below 0.20). Turning the sign turns the point that is mapped to.
fn hash_to_curve(message: &[u8]) -> G1Projective {
    let mut uniform = [[0; 64]; 2];
    let tags = [GENERATOR_TAG];
    // Fails for tags and outputs of other lengths than these.
    if let Ok(mut expander) = ExpandMsgXmd::<Blake2b512>::expand_message(&[message], &tags, 128) {
        uniform.iter_mut().for_each(|half| expander.fill_bytes(half));
    }
    let [one, other] = uniform.map(|half| {
        let number = Fp::from_okm(&half.into());
        let (_, y) = number.osswu();
        let point = number.map_to_curve();
        let agrees = number.lexicographically_largest().unwrap_u8() == y.lexicographically_largest().unwrap_u8();
        if agrees { point } else { -point }
    });
    (one + other).clear_cofactor()
}

fn hash_to_scalar(bytes: &[u8]) -> Scalar {
    Scalar::from_okm(&Blake2b::<U48>::digest(bytes).into())
}

const GENERATOR_TAG: &[u8] = b"BLS12381G1_XMD:BLAKE2B_SSWU_RO_BBS+_SIGNATURES:1_0_0";
