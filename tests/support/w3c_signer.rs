//! Signs and derives W3C credentials from canonical statements (documents.md §9.3, §9.4), as issuers and holders do. Written
//! apart from what verifies them: other code for the statements, for the CBOR and for BBS.

use std::collections::{BTreeMap, BTreeSet};

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use blake2::digest::consts::U48;
use blake2::{Blake2b, Blake2b512};
use bls12_381_plus::elliptic_curve::hash2curve::{ExpandMsg as _, ExpandMsgXmd, Expander as _};
use bls12_381_plus::elliptic_curve::hash2curve::{FromOkm as _, MapToCurve as _, OsswuMap as _};
use bls12_381_plus::fp::Fp;
use bls12_381_plus::group::cofactor::CofactorGroup as _;
use bls12_381_plus::{G1Affine, G1Projective, G2Affine, G2Projective, Scalar as BlsScalar};
use ciborium::Value as Cbor;
use hmac::{Hmac, KeyInit as _, Mac as _};
use p256::ecdsa::signature::Signer as _;
use p256::ecdsa::{Signature, SigningKey};
use sha2::{Digest as _, Sha256};
use zkryptium::bbsplus::keys::BBSplusSecretKey;
use zkryptium::schemes::algorithms::BbsBls12381Sha256;
use zkryptium::schemes::generics::{PoKSignature, Signature as BbsSignature};

/// The lines of a canonical document and of its canonical proof, without their ends.
#[derive(Clone, Copy)]
pub struct Content<'a> {
    pub document: &'a [String],
    pub proof: &'a [String],
}

/// What an issuer decides beside the content.
#[derive(Clone, Copy)]
pub struct Mandatory<'a> {
    pub pointers: &'a [&'a str],
    /// The lines that they select.
    pub lines: &'a [usize],
}

pub fn ecdsa_rdfc(key: &SigningKey, content: Content<'_>) -> String {
    let signature: Signature = key.sign(&[hash(&ended(content.proof)), hash(&ended(content.document))].concat());
    format!("z{}", bs58::encode(signature.to_bytes()).into_string())
}

pub fn ecdsa_sd_base(key: &SigningKey, content: Content<'_>, mandatory: Mandatory<'_>) -> String {
    let split = Split::of(content.document, &keyed_labels(content.document), mandatory.lines);
    let ephemeral = SigningKey::from_slice(&EPHEMERAL).unwrap();
    let public = multikey(&ephemeral);
    let sign = |key: &SigningKey, bytes: &[u8]| -> Cbor {
        let signature: Signature = key.sign(bytes);
        bytes_of(&signature.to_bytes())
    };
    let base = sign(key, &[&hash(&ended(content.proof))[..], &public, &hash(&split.mandatory)].concat());
    let signatures = split.others.iter().map(|statement| sign(&ephemeral, statement.as_bytes())).collect();
    encoded(0x00, vec![base, bytes_of(&public), bytes_of(&HMAC_KEY), Cbor::Array(signatures), pointers(mandatory)])
}

/// `derived` are the canonical lines of the document that discloses some of `content`.
pub fn ecdsa_sd_derived(base: &str, content: Content<'_>, mandatory: Mandatory<'_>, derived: &[String]) -> String {
    let [signature, public, _, signatures, _] = decoded(base);
    let signed = Split::of(content.document, &keyed_labels(content.document), mandatory.lines);
    let disclosed = Disclosed::of(content.document, derived, &keyed_labels(content.document), &signed);
    let signatures = signatures.into_array().unwrap();
    let kept = disclosed.others.iter().map(|index| signatures[*index].clone()).collect();
    let labels = disclosed
        .labels
        .iter()
        .map(|(number, label)| (Cbor::from(*number), bytes_of(&URL_SAFE_NO_PAD.decode(&label[1..]).unwrap())));
    let indexes = numbers(&disclosed.mandatory_indexes);
    encoded(0x01, vec![signature, public, Cbor::Array(kept), Cbor::Map(labels.collect()), indexes])
}

pub fn bbs_base(secret: &[u8; 32], content: Content<'_>, mandatory: Mandatory<'_>) -> String {
    let split = Split::of(content.document, &ranked_labels(content.document), mandatory.lines);
    let secret = BBSplusSecretKey::from_bytes(secret).unwrap();
    let header = [hash(&ended(content.proof)), hash(&split.mandatory)].concat();
    let messages = messages(&split.others);
    let public = secret.public_key();
    let signature = BbsSignature::<BbsBls12381Sha256>::sign(Some(&messages), &secret, &public, Some(&header)).unwrap();
    let members = [&signature.to_bytes()[..], &header, &public.to_bytes(), &HMAC_KEY];
    encoded(0x02, members.into_iter().map(bytes_of).chain([pointers(mandatory)]).collect())
}

/// As [`ecdsa_sd_derived`].
pub fn bbs_derived(
    base: &str,
    content: Content<'_>,
    mandatory: Mandatory<'_>,
    derived: &[String],
    presentation_header: &[u8],
) -> String {
    let [signature, header, public, _, _] = decoded(base).map(|member| member.into_bytes().unwrap_or_default());
    let labels = ranked_labels(content.document);
    let signed = Split::of(content.document, &labels, mandatory.lines);
    let disclosed = Disclosed::of(content.document, derived, &labels, &signed);
    let proof = PoKSignature::<BbsBls12381Sha256>::proof_gen(
        &zkryptium::bbsplus::keys::BBSplusPublicKey::from_bytes(&public).unwrap(),
        &signature,
        Some(&header),
        Some(presentation_header),
        Some(&messages(&signed.others)),
        Some(&disclosed.others),
    );
    let names = disclosed
        .labels
        .iter()
        .map(|(number, label)| (Cbor::from(*number), Cbor::from(label[1..].parse::<u64>().unwrap())));
    encoded(
        0x03,
        vec![
            bytes_of(&proof.unwrap().to_bytes()),
            Cbor::Map(names.collect()),
            numbers(&disclosed.mandatory_indexes),
            numbers(&disclosed.others),
            bytes_of(presentation_header),
        ],
    )
}

/// BbsBlsSignature2020, with numbers instead of chance.
pub fn bbs_plus_base(secret: &[u8; 32], content: Content<'_>) -> String {
    let key = BlsScalar::from_be_bytes(secret).unwrap();
    let (e, s) = (BlsScalar::from(7_u64), BlsScalar::from(11_u64));
    let lines: Vec<&String> = content.proof.iter().chain(content.document).collect();
    let public = G2Affine::from(G2Projective::GENERATOR * key).to_uncompressed();
    let generator = |index: usize| {
        let count = (lines.len() as u32).to_be_bytes();
        older_hash_to_curve(&[&public[..], &[0], &(index as u32).to_be_bytes(), &[0], &count].concat())
    };
    let mut sum = G1Projective::GENERATOR + generator(0) * s;
    for (index, line) in lines.iter().enumerate() {
        sum += generator(index + 1) * BlsScalar::from_okm(&<Blake2b<U48> as blake2::Digest>::digest(line).into());
    }
    let a = G1Affine::from(sum * (key + e).invert().unwrap());
    STANDARD.encode([&a.to_compressed()[..], &e.to_be_bytes(), &s.to_be_bytes()].concat())
}

/// Where a number is negative if it is the larger of it and its opposite.
fn older_hash_to_curve(message: &[u8]) -> G1Projective {
    let tags: [&[u8]; 1] = [b"BLS12381G1_XMD:BLAKE2B_SSWU_RO_BBS+_SIGNATURES:1_0_0"];
    let mut expander = ExpandMsgXmd::<Blake2b512>::expand_message(&[message], &tags, 128).unwrap();
    let mut half = || {
        let mut bytes = [0; 64];
        expander.fill_bytes(&mut bytes);
        let number = Fp::from_okm(&bytes.into());
        let (_, y) = number.osswu();
        let turned = bool::from(number.lexicographically_largest() ^ y.lexicographically_largest());
        if turned { -number.map_to_curve() } else { number.map_to_curve() }
    };
    let (one, other) = (half(), half());
    (one + other).clear_cofactor()
}

/// `publicKeyMultibase` of the key that [`bbs_base`] signs with.
pub fn bbs_multibase(secret: &[u8; 32]) -> String {
    let public = BBSplusSecretKey::from_bytes(secret).unwrap().public_key().to_bytes();
    format!("z{}", bs58::encode([&[0xeb, 0x01][..], &public].concat()).into_string())
}

/// `publicKeyMultibase` of a P-256 key.
pub fn p256_multibase(key: &SigningKey) -> String {
    format!("z{}", bs58::encode(multikey(key)).into_string())
}

/// Statements under their signed labels, in order.
struct Split {
    all: Vec<String>,
    mandatory: Vec<String>,
    others: Vec<String>,
}

impl Split {
    fn of(document: &[String], labels: &BTreeMap<String, String>, mandatory: &[usize]) -> Self {
        let mut all: Vec<(String, bool)> = document
            .iter()
            .enumerate()
            .map(|(line, text)| (relabelled(text, labels), mandatory.contains(&line)))
            .collect();
        all.sort_by_key(|(text, _)| text.encode_utf16().collect::<Vec<_>>());
        let (mandatory, others): (Vec<_>, Vec<_>) = all.iter().cloned().partition(|(_, mandatory)| *mandatory);
        let texts = |list: Vec<(String, bool)>| list.into_iter().map(|(text, _)| text).collect();
        Self { all: texts(all), mandatory: texts(mandatory), others: texts(others) }
    }
}

/// What of a signed document a derived one has.
struct Disclosed {
    /// By number of the derived document's canonical label.
    labels: BTreeMap<u64, String>,
    mandatory_indexes: Vec<usize>,
    /// Among the statements of the base that are not mandatory.
    others: Vec<usize>,
}

impl Disclosed {
    fn of(document: &[String], derived: &[String], labels: &BTreeMap<String, String>, signed: &Split) -> Self {
        let mut same = BTreeMap::new();
        assert!(matched(derived, document, &mut same), "the document was not derived from this one");
        let labels: BTreeMap<String, String> =
            same.into_iter().map(|(derived, base)| (derived, labels[&base].clone())).collect();
        let mut statements: Vec<String> = derived.iter().map(|line| relabelled(line, &labels)).collect();
        statements.sort_by_key(|text| text.encode_utf16().collect::<Vec<_>>());
        assert!(statements.iter().all(|statement| signed.all.contains(statement)));
        let indexes = statements.iter().enumerate().filter(|(_, statement)| signed.mandatory.contains(statement));
        let others = signed.others.iter().enumerate().filter(|(_, statement)| statements.contains(statement));
        Self {
            mandatory_indexes: indexes.map(|(index, _)| index).collect(),
            others: others.map(|(index, _)| index).collect(),
            labels: labels.into_iter().map(|(label, name)| (label["c14n".len()..].parse().unwrap(), name)).collect(),
        }
    }
}

/// Finds which blank node of `base` each of `derived` is.
fn matched(derived: &[String], base: &[String], same: &mut BTreeMap<String, String>) -> bool {
    let Some((line, rest)) = derived.split_first() else { return true };
    base.iter().any(|candidate| {
        let mut tried = same.clone();
        let (one, other) = (terms(line), terms(candidate));
        let fits = one.iter().zip(&other).all(|(derived, base)| match (label(derived), label(base)) {
            (Some(derived), Some(base)) => {
                tried.get(derived).map_or(!tried.values().any(|known| known == base), |known| known == base)
                    && tried.insert(derived.to_owned(), base.to_owned()).is_none_or(|known| known == base)
            }
            (None, None) => derived == base,
            _ => false,
        });
        let found = fits && matched(rest, base, &mut tried);
        if found {
            *same = tried;
        }
        found
    })
}

fn keyed_labels(document: &[String]) -> BTreeMap<String, String> {
    let mut labels = BTreeMap::new();
    for label in document.iter().flat_map(|line| terms(line)).filter_map(label) {
        let mut hmac = Hmac::<Sha256>::new_from_slice(&HMAC_KEY).unwrap();
        hmac.update(label.as_bytes());
        labels.insert(label.to_owned(), format!("u{}", URL_SAFE_NO_PAD.encode(hmac.finalize().into_bytes())));
    }
    labels
}

fn ranked_labels(document: &[String]) -> BTreeMap<String, String> {
    let keyed = keyed_labels(document);
    let sorted: BTreeSet<&String> = keyed.values().collect();
    let rank = |name: &String| format!("b{}", sorted.iter().position(|other| *other == name).unwrap());
    keyed.iter().map(|(label, name)| (label.clone(), rank(name))).collect()
}

/// As it is signed, with its end.
fn relabelled(line: &str, labels: &BTreeMap<String, String>) -> String {
    let named = terms(line).map(|term| label(term).map_or(term.to_owned(), |label| format!("_:{}", labels[label])));
    format!("{} .\n", named.join(" "))
}

/// Subject, predicate and object of a line without its end.
fn terms(line: &str) -> [&str; 3] {
    let mut terms = line.strip_suffix(" .").unwrap().splitn(3, ' ');
    std::array::from_fn(|_| terms.next().unwrap())
}

fn label(term: &str) -> Option<&str> {
    term.strip_prefix("_:")
}

fn messages(statements: &[String]) -> Vec<Vec<u8>> {
    statements.iter().map(|statement| statement.clone().into_bytes()).collect()
}

fn ended(lines: &[String]) -> Vec<String> {
    lines.iter().map(|line| format!("{line}\n")).collect()
}

fn hash(lines: &[String]) -> [u8; 32] {
    Sha256::digest(lines.concat()).into()
}

fn multikey(key: &SigningKey) -> Vec<u8> {
    [&[0x80, 0x24][..], key.verifying_key().to_sec1_point(true).as_bytes()].concat()
}

fn pointers(mandatory: Mandatory<'_>) -> Cbor {
    Cbor::Array(mandatory.pointers.iter().map(|pointer| Cbor::from(*pointer)).collect())
}

fn numbers(list: &[usize]) -> Cbor {
    Cbor::Array(list.iter().map(|number| Cbor::from(*number as u64)).collect())
}

fn bytes_of(bytes: &[u8]) -> Cbor {
    Cbor::Bytes(bytes.to_vec())
}

/// A proof value of these members.
pub fn encoded(kind: u8, members: Vec<Cbor>) -> String {
    let mut bytes = vec![0xd9, 0x5d, kind];
    ciborium::into_writer(&Cbor::Array(members), &mut bytes).unwrap();
    format!("u{}", URL_SAFE_NO_PAD.encode(bytes))
}

/// The members of a proof value.
pub fn decoded(value: &str) -> [Cbor; 5] {
    let bytes = URL_SAFE_NO_PAD.decode(&value[1..]).unwrap();
    let members: Cbor = ciborium::from_reader(&bytes[3..]).unwrap();
    members.into_array().unwrap().try_into().unwrap()
}

const HMAC_KEY: [u8; 32] = [0x42; 32];
const EPHEMERAL: [u8; 32] = [0x17; 32];
