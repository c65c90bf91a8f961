//! bbs-2023 (documents.md §9.3, §9.4) on BBS with the ciphersuite BLS12-381-SHA-256 (draft-irtf-cfrg-bbs-signatures, the
//! operations `CoreVerify` and `CoreProofVerify`; names of the draft in quotes).

use std::collections::BTreeSet;

use bls12_381_plus::elliptic_curve::hash2curve::{ExpandMsg, ExpandMsgXmd, Expander};
use bls12_381_plus::{G1Affine, G1Projective, G2Affine, Scalar};
use sha2_for_bls::Sha256;

use super::ecdsa::{counted, hash_of, split};
use super::labels::{Statements, ranked_names};
use super::points::{Cursor, pairings_cancel, signature_holds, sum};
use super::value::{BbsBase, BbsDerived};
use super::{Content, Kind, SignatureRefusal, Verified};

/// Every statement is covered: as a message, or through the header if it is mandatory.
pub(super) fn verify_base(value: &BbsBase, key: &G2Affine, content: Content<'_>) -> Result<Verified, SignatureRefusal> {
    if value.public_key != key.to_compressed() {
        return Err(SignatureRefusal::OtherKey);
    }
    let statements = Statements::relabelled(content.document, &ranked_names(content.document, &value.hmac_key))?;
    let mut selected = vec![false; content.document.len()];
    for pointer in value.mandatory_pointers.iter().collect::<BTreeSet<_>>() {
        let lines = (content.selected)(pointer).ok_or_else(|| SignatureRefusal::Pointer(pointer.clone()))?;
        for line in lines {
            *selected.get_mut(line).ok_or(SignatureRefusal::Index)? = true;
        }
    }
    let is_mandatory = |line: usize| selected.get(line).copied().unwrap_or(false);
    let indexes: Vec<usize> =
        statements.iter().enumerate().filter(|(_, (_, line))| is_mandatory(*line)).map(|(index, _)| index).collect();
    let (mandatory, messages) = split(&statements, &indexes)?;
    let (mandatory_hash, mandatory) = mandatory.finish();
    let header = [hash_of(content.proof), mandatory_hash].concat();
    // What the holder derives from must be what is verified.
    if header != value.header || !value.signature.verified(key, &header, &messages) {
        return Err(SignatureRefusal::Signature);
    }
    Ok(Verified { kind: Kind::Base, mandatory })
}

/// What was disclosed of a base proof.
pub(super) fn verify_derived(
    value: &BbsDerived,
    key: &G2Affine,
    content: Content<'_>,
) -> Result<Verified, SignatureRefusal> {
    let statements = Statements::relabelled(content.document, &value.names)?;
    let (mandatory, messages) = split(&statements, &value.mandatory)?;
    let (mandatory_hash, mandatory) = mandatory.finish();
    counted(messages.len(), value.selective.len(), |expected, found| found == expected)?;
    let header = [hash_of(content.proof), mandatory_hash].concat();
    let disclosed: Vec<(usize, &str)> = value.selective.iter().copied().zip(messages).collect();
    if !value.proof.verified(key, &header, &value.presentation_header, &disclosed)? {
        return Err(SignatureRefusal::Signature);
    }
    Ok(Verified { kind: Kind::Derived, mandatory })
}

/// A signature over messages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Signature {
    a: G1Affine,
    e: Scalar,
}

impl Signature {
    pub(super) fn read(bytes: &[u8; 80]) -> Option<Self> {
        let mut cursor = Cursor(bytes);
        Some(Self { a: cursor.g1_point()?, e: cursor.nonzero()? })
    }

    fn verified(&self, key: &G2Affine, header: &[u8], messages: &[&str]) -> bool {
        let generators = Generators::new(messages.len());
        let mut terms = generators.begin(generators.domain(key, header));
        terms.extend(generators.messages.iter().copied().zip(messages.iter().map(|message| message_scalar(message))));
        signature_holds(self.a, self.e, sum(&terms), key)
    }
}

/// A proof of knowledge of a signature over messages of which some are disclosed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Proof {
    a_bar: G1Affine,
    b_bar: G1Affine,
    d: G1Affine,
    e: Scalar,
    r1: Scalar,
    r3: Scalar,
    /// One for each message that is not disclosed.
    hidden: Vec<Scalar>,
    challenge: Scalar,
}

impl Proof {
    pub(super) fn read(bytes: &[u8]) -> Option<Self> {
        let mut cursor = Cursor(bytes);
        let (a_bar, b_bar, d) = (cursor.g1_point()?, cursor.g1_point()?, cursor.g1_point()?);
        let (e, r1, r3) = (cursor.nonzero()?, cursor.nonzero()?, cursor.nonzero()?);
        let mut hidden = Vec::new();
        while !cursor.0.is_empty() {
            hidden.push(cursor.nonzero()?);
        }
        let challenge = hidden.pop()?;
        Some(Self { a_bar, b_bar, d, e, r1, r3, hidden, challenge })
    }

    /// How many messages stay hidden.
    pub(super) fn hidden(&self) -> usize {
        self.hidden.len()
    }

    fn verified(
        &self,
        key: &G2Affine,
        header: &[u8],
        presentation_header: &[u8],
        disclosed: &[(usize, &str)],
    ) -> Result<bool, SignatureRefusal> {
        let generators = Generators::new(disclosed.len() + self.hidden.len());
        let [a_bar, b_bar, d] = [self.a_bar, self.b_bar, self.d].map(G1Projective::from);
        let t1 = sum(&[(b_bar, self.challenge), (a_bar, self.e), (d, self.r1)]);

        let domain = generators.domain(key, header);
        let mut bv = generators.begin(domain);
        let mut hashed = Vec::new();
        hashed.extend((disclosed.len() as u64).to_be_bytes());
        let mut t2 = vec![(d, self.r3)];
        let (mut wanted, mut hidden) = (disclosed.iter().peekable(), self.hidden.iter());
        for (index, generator) in generators.messages.iter().enumerate() {
            if let Some((_, message)) = wanted.next_if(|(wanted, _)| *wanted == index) {
                let scalar = message_scalar(message);
                hashed.extend((index as u64).to_be_bytes());
                hashed.extend(scalar.to_be_bytes());
                bv.push((*generator, scalar));
            } else if let Some(response) = hidden.next() {
                t2.push((*generator, *response));
            }
        }
        if wanted.next().is_some() {
            return Err(SignatureRefusal::Index);
        }
        t2.push((sum(&bv), self.challenge));
        let t2 = sum(&t2);

        for point in [self.a_bar, self.b_bar, self.d, t1.into(), t2.into()] {
            hashed.extend(point.to_compressed());
        }
        hashed.extend(domain.to_be_bytes());
        hashed.extend((presentation_header.len() as u64).to_be_bytes());
        hashed.extend(presentation_header);
        let challenge = hash_to_scalar(&hashed, b"H2S_");
        Ok(challenge == self.challenge && pairings_cancel(a_bar, key, -b_bar))
    }
}

/// The same for every key: "P1", "Q_1" and "H_1" to "H_L".
struct Generators {
    base: G1Projective,
    domain: G1Projective,
    messages: Vec<G1Projective>,
}

impl Generators {
    fn new(messages: usize) -> Self {
        let mut of_signature = generators(b"MESSAGE_GENERATOR_SEED");
        Self {
            base: generators(b"BP_MESSAGE_GENERATOR_SEED")(),
            domain: of_signature(),
            messages: (0..messages).map(|_| of_signature()).collect(),
        }
    }

    /// "calculate_domain": what a signature is bound to beside the messages.
    fn domain(&self, key: &G2Affine, header: &[u8]) -> Scalar {
        let mut hashed = key.to_compressed().to_vec();
        hashed.extend((self.messages.len() as u64).to_be_bytes());
        for generator in std::iter::once(&self.domain).chain(&self.messages) {
            hashed.extend(G1Affine::from(generator).to_compressed());
        }
        hashed.extend(API_ID);
        hashed.extend((header.len() as u64).to_be_bytes());
        hashed.extend(header);
        hash_to_scalar(&hashed, b"H2S_")
    }

    /// "P1 + Q_1 · domain", with which every sum begins.
    fn begin(&self, domain: Scalar) -> Vec<(G1Projective, Scalar)> {
        vec![(self.base, Scalar::ONE), (self.domain, domain)]
    }
}

/// "create_generators", one after the other.
fn generators(seed: &[u8]) -> impl FnMut() -> G1Projective {
    let mut state = expand(&of_api(seed), b"SIG_GENERATOR_SEED_");
    let mut index: u64 = 0;
    move || {
        index += 1;
        state = expand(&[&state[..], &index.to_be_bytes()].concat(), b"SIG_GENERATOR_SEED_");
        G1Projective::hash::<Expand>(&state, &of_api(b"SIG_GENERATOR_DST_"))
    }
}

fn message_scalar(message: &str) -> Scalar {
    hash_to_scalar(message.as_bytes(), b"MAP_MSG_TO_SCALAR_AS_HASH_")
}

fn hash_to_scalar(message: &[u8], purpose: &[u8]) -> Scalar {
    Scalar::from_okm(&expand(message, purpose))
}

fn expand(message: &[u8], purpose: &[u8]) -> [u8; 48] {
    let mut out = [0; 48];
    let tag = of_api(purpose);
    let tags = [&tag[..]];
    // Fails for tags and outputs of other lengths than these.
    if let Ok(mut expander) = Expand::expand_message(&[message], &tags, out.len()) {
        expander.fill_bytes(&mut out);
    }
    out
}

fn of_api(purpose: &[u8]) -> Vec<u8> {
    [API_ID, purpose].concat()
}

type Expand = ExpandMsgXmd<Sha256>;

const API_ID: &[u8] = b"BBS_BLS12381G1_XMD:SHA-256_SSWU_RO_H2G_HM2S_";
