//! Keys that are trusted (checks.md §5.4): the root's, as IANA publishes them, and those of the caller's: for closed networks with
//! a root of their own, and for tests.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use base64::Engine as _;
use serde::{Deserialize, Serialize};

use super::key::{self, DigestKind, Key};
use super::name::{Name, wire};
use crate::primitives::decode_hex;

/// One key that is trusted for a zone, named by its digest as in a DS record.
///
/// ```
/// use ebl_verifier::dnssec::TrustAnchor;
///
/// let text = "corp. IN DS 60485 13 2 51983B1DFD2F7B2AE0BFA14C1A2AA7CE36E9BC2F5EF2A4F1C1D2E3F405162738";
/// let anchor: TrustAnchor = text.parse()?;
/// assert_eq!(anchor.to_string(), text);
/// # Ok::<(), ebl_verifier::dnssec::InvalidAnchor>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct TrustAnchor {
    zone: Vec<u8>,
    tag: u16,
    algorithm: u8,
    kind: DigestKind,
    digest: Vec<u8>,
}

/// The caller's trusted DNSSEC keys, written as DNSKEY or DS records of a zone file.
///
/// ```
/// use ebl_verifier::dnssec::TrustAnchors;
///
/// let text = "corp. 3600 IN DS 60485 13 2 ( 51983b1dfd2f7b2ae0bfa14c1a2aa7ce\n 36e9bc2f5ef2a4f1c1d2e3f405162738 ) ; our own";
/// assert!(text.parse::<TrustAnchors>().is_ok());
/// assert!("corp. IN A 192.0.2.1".parse::<TrustAnchors>().is_err());
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TrustAnchors {
    /// With the data of the DNSKEY record, where that was given.
    anchors: BTreeMap<TrustAnchor, Option<Vec<u8>>>,
}

impl TrustAnchors {
    /// Each key by its digest; one that was given whole by both digests, so that it is the same key however it is named.
    pub fn iter(&self) -> impl Iterator<Item = &TrustAnchor> {
        self.anchors.keys()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.anchors.is_empty()
    }

    /// With those of `other`, too.
    pub fn extend(&mut self, other: &Self) {
        for (anchor, key) in &other.anchors {
            let known = self.anchors.entry(anchor.clone()).or_default();
            *known = known.take().or_else(|| key.clone());
        }
    }

    /// With the data of the DNSKEY record, where that was given.
    #[cfg(feature = "net")]
    pub(crate) fn given(&self) -> impl Iterator<Item = (&TrustAnchor, Option<&[u8]>)> {
        self.anchors.iter().map(|(anchor, key)| (anchor, key.as_deref()))
    }

    /// The one that names this key of a zone, whose digest is given.
    pub(super) fn naming(&self, zone: Name<'_>, key: Key<'_>, kind: DigestKind, digest: &[u8]) -> Option<&TrustAnchor> {
        self.iter().find(|anchor| {
            (anchor.zone.as_slice(), anchor.tag, anchor.algorithm) == (zone.bytes(), key.tag, key.algorithm)
                && (anchor.kind, anchor.digest.as_slice()) == (kind, digest)
        })
    }
}

impl FromIterator<TrustAnchor> for TrustAnchors {
    fn from_iter<I: IntoIterator<Item = TrustAnchor>>(anchors: I) -> Self {
        Self { anchors: anchors.into_iter().map(|anchor| (anchor, None)).collect() }
    }
}

#[cfg(feature = "net")]
impl TrustAnchor {
    /// As a zone file writes it.
    pub(crate) fn zone(&self) -> String {
        Name::whole(&self.zone).map(|name| name.to_string()).unwrap_or_default()
    }

    pub(crate) fn tag(&self) -> u16 {
        self.tag
    }

    pub(crate) fn algorithm(&self) -> u8 {
        self.algorithm
    }

    /// The number of its kind, and the digest.
    pub(crate) fn digest(&self) -> (u8, &[u8]) {
        (self.kind.number(), &self.digest)
    }
}

/// A DS record of a zone file.
impl fmt::Display for TrustAnchor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(zone) = Name::whole(&self.zone) {
            write!(f, "{zone}")?;
        }
        write!(f, " IN DS {} {} {} ", self.tag, self.algorithm, self.kind.number())?;
        self.digest.iter().try_for_each(|byte| write!(f, "{byte:02X}"))
    }
}

impl From<TrustAnchor> for String {
    fn from(anchor: TrustAnchor) -> Self {
        anchor.to_string()
    }
}

impl TryFrom<String> for TrustAnchor {
    type Error = InvalidAnchor;

    fn try_from(text: String) -> Result<Self, InvalidAnchor> {
        text.parse()
    }
}

/// One DS record.
impl FromStr for TrustAnchor {
    type Err = InvalidAnchor;

    fn from_str(text: &str) -> Result<Self, InvalidAnchor> {
        let mut anchors = text.parse::<TrustAnchors>()?.anchors.into_iter();
        match (anchors.next(), anchors.next()) {
            (Some((anchor, None)), None) => Ok(anchor),
            _ => Err(InvalidAnchor { line: 1, why: "not one DS record" }),
        }
    }
}

impl FromStr for TrustAnchors {
    type Err = InvalidAnchor;

    fn from_str(text: &str) -> Result<Self, InvalidAnchor> {
        let mut all = Self::default();
        let records = records(text)?;
        if records.is_empty() {
            return Err(InvalidAnchor { line: 1, why: "there is no record" });
        }
        for (count, (line, words)) in records.into_iter().enumerate() {
            let invalid = |why| InvalidAnchor { line, why };
            if count >= MOST_ANCHORS {
                return Err(invalid("too many records"));
            }
            let (name, rest) = words.split_first().ok_or(invalid("an empty record"))?;
            if !name.ends_with('.') {
                return Err(invalid("the name does not end with a dot"));
            }
            let zone = wire(name).ok_or(invalid("the first word is no domain name"))?;
            // The time to live and the class may be left out.
            let rest = without_first(rest, |word| word.bytes().all(|byte| byte.is_ascii_digit()));
            let rest = without_first(rest, |word| word.eq_ignore_ascii_case("IN"));
            let (kind, data) = rest.split_first().ok_or(invalid("no record type"))?;
            match kind.to_ascii_uppercase().as_str() {
                "DNSKEY" => all.add_key(zone, &key(data).map_err(invalid)?).map_err(invalid)?,
                "DS" => drop(all.anchors.entry(digest(zone, data).map_err(invalid)?).or_default()),
                _ => return Err(invalid("neither a DNSKEY nor a DS record")),
            }
        }
        Ok(all)
    }
}

impl TrustAnchors {
    fn add_key(&mut self, zone: Vec<u8>, data: &[u8]) -> Result<(), &'static str> {
        let key = Key::read(data).ok_or("the flags are not those of a zone's key in use")?;
        let name = Name::whole(&zone).ok_or("the first word is no domain name")?;
        for kind in DigestKind::ALL {
            let digest = key.digest(kind, name);
            let anchor = TrustAnchor { zone: zone.clone(), tag: key.tag, algorithm: key.algorithm, kind, digest };
            self.anchors.insert(anchor, Some(data.to_vec()));
        }
        Ok(())
    }
}

/// A text that holds no trust anchor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {why}")]
pub struct InvalidAnchor {
    /// The line on which the record begins, counted from 1.
    pub line: usize,
    /// What is wrong with it.
    pub why: &'static str,
}

const MOST_ANCHORS: usize = 32;

/// Whether it is a key of the root that IANA publishes (<https://data.iana.org/root-anchors/root-anchors.xml>).
pub(super) fn is_iana_key(zone: Name<'_>, key: Key<'_>, kind: DigestKind, digest: &[u8]) -> bool {
    let names = |(tag, known): &(u16, [u8; 32])| {
        (*tag, key::RSA_SHA256, DigestKind::Sha256, known.as_slice()) == (key.tag, key.algorithm, kind, digest)
    };
    zone.parent().is_none() && IANA_KEYS.iter().any(names)
}

/// Tag and digest of KSK-2017 and KSK-2024.
#[rustfmt::skip]
pub(crate) const IANA_KEYS: [(u16, [u8; 32]); 2] = [
    (20326, [
        0xe0, 0x6d, 0x44, 0xb8, 0x0b, 0x8f, 0x1d, 0x39, 0xa9, 0x5c, 0x0b, 0x0d, 0x7c, 0x65, 0xd0, 0x84,
        0x58, 0xe8, 0x80, 0x40, 0x9b, 0xbc, 0x68, 0x34, 0x57, 0x10, 0x42, 0x37, 0xc7, 0xf8, 0xec, 0x8d,
    ]),
    (38696, [
        0x68, 0x3d, 0x2d, 0x0a, 0xcb, 0x8c, 0x9b, 0x71, 0x2a, 0x19, 0x48, 0xb2, 0x7f, 0x74, 0x12, 0x19,
        0x29, 0x8d, 0x0a, 0x45, 0x0d, 0x61, 0x2c, 0x48, 0x3a, 0xf4, 0x44, 0xa4, 0xc0, 0xfb, 0x2b, 0x16,
    ]),
];

/// Words of each record with the line it begins on. A record ends with its line, unless a parenthesis is open (RFC 1035
/// §5.1). Nothing in these two record types is quoted.
fn records(text: &str) -> Result<Vec<(usize, Vec<&str>)>, InvalidAnchor> {
    let mut all: Vec<(usize, Vec<&str>)> = Vec::new();
    let mut open = false;
    for (index, line) in text.lines().enumerate() {
        let invalid = InvalidAnchor { line: index + 1, why: "a parenthesis out of place" };
        let line = line.split(';').next().unwrap_or_default();
        if !open {
            all.push((index + 1, Vec::new()));
        }
        for part in line.split_inclusive(['(', ')']) {
            let words = all.last_mut().map(|(_, words)| words);
            words.into_iter().for_each(|words| words.extend(part.trim_end_matches(['(', ')']).split_whitespace()));
            open = match part.chars().last() {
                Some('(') if open => return Err(invalid),
                Some(')') if !open => return Err(invalid),
                Some('(') => true,
                Some(')') => false,
                _ => open,
            };
        }
    }
    if open {
        return Err(InvalidAnchor {
            line: all.last().map_or(1, |(line, _)| *line),
            why: "a parenthesis is not closed",
        });
    }
    all.retain(|(_, words)| !words.is_empty());
    Ok(all)
}

/// The data of a DNSKEY record (RFC 4034 §2.2).
fn key(words: &[&str]) -> Result<Vec<u8>, &'static str> {
    let [flags, protocol, algorithm, key @ ..] = words else { return Err("a DNSKEY record has four fields or more") };
    let flags: u16 = flags.parse().map_err(|_| "the flags are no number")?;
    if *protocol != "3" {
        return Err("the protocol of a DNSKEY record is 3");
    }
    let algorithm = supported(algorithm)?;
    let key = base64::engine::general_purpose::STANDARD.decode(key.concat()).map_err(|_| "the key is not base64")?;
    Ok([&flags.to_be_bytes()[..], &[3, algorithm], &key].concat())
}

/// RFC 4034 §5.3.
fn digest(zone: Vec<u8>, words: &[&str]) -> Result<TrustAnchor, &'static str> {
    let [tag, algorithm, kind, digest @ ..] = words else { return Err("a DS record has four fields or more") };
    let tag = tag.parse().map_err(|_| "the key tag is no number")?;
    let algorithm = supported(algorithm)?;
    let kind = kind.parse().ok().and_then(DigestKind::of_number).ok_or("the digest type is neither 2 nor 4")?;
    let digest = decode_hex(&digest.concat()).filter(|digest| digest.len() == kind.length());
    let digest = digest.ok_or("the digest is not of its type's length in hexadecimal")?;
    Ok(TrustAnchor { zone, tag, algorithm, kind, digest })
}

/// The algorithms that the sources validate; of one that is not checked here, no chain is kept.
fn supported(number: &str) -> Result<u8, &'static str> {
    let known = [key::RSA_SHA256, key::RSA_SHA512, key::P256_SHA256, key::P384_SHA384, key::ED25519];
    let algorithm = number.parse().ok().filter(|number| known.contains(number));
    algorithm.ok_or("the algorithm is not the number of one that is supported")
}

/// The words without the first one, if it is of this kind.
fn without_first<'a, 'b>(words: &'a [&'b str], kind: impl Fn(&str) -> bool) -> &'a [&'b str] {
    match words.split_first() {
        Some((first, rest)) if kind(first) => rest,
        _ => words,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = "GojIhhXUN/u4v54ZQqGSnyhWJwaubCvTmeexv7bR6edbkrSqQpF64cYbcB7wNcP+e+MAnLr+Wi9xMWyQLc8NAA==";
    const DIGEST: &str = "2BB183AF5F22588179A53B0A98631FAD1A2921182BB183AF5F22588179A53B0A";

    fn why(text: &str) -> (usize, &'static str) {
        let error = text.parse::<TrustAnchors>().expect_err(text);
        (error.line, error.why)
    }

    #[test]
    fn keys_and_digests_are_read_as_a_zone_file_writes_them() {
        let (half, rest) = KEY.split_at(20);
        let text = format!(
            "; our own\n. 172800 IN DNSKEY 257 3 13 ( {half} ; first\n  {rest} )\n\ncorp. DS 1 13 2 {DIGEST}\ncorp. in ds 1 13 2 {DIGEST}"
        );
        let anchors: TrustAnchors = text.parse().unwrap();
        let key = base64::engine::general_purpose::STANDARD.decode(KEY).unwrap();
        let given: Vec<_> = anchors.anchors.values().collect();
        let key = Some([&[1, 1, 3, 13], key.as_slice()].concat());
        // Both digests of the key, and one record that stands twice.
        assert_eq!(given, [&key, &key, &None]);
        let written: Vec<String> = anchors.iter().map(ToString::to_string).collect();
        assert!(
            written[2] == format!("corp. IN DS 1 13 2 {DIGEST}") && written[1].starts_with(". IN DS "),
            "{written:?}"
        );
        let again: TrustAnchors = written.iter().map(|text| text.parse().unwrap()).collect();
        assert!(again.iter().eq(anchors.iter()));
    }

    #[test]
    fn what_is_no_anchor_is_refused_with_its_line() {
        assert_eq!(why("").0, 1);
        assert_eq!(
            why(&format!("\n\n. DNSKEY 257 3 13 {KEY}\ncorp. A 192.0.2.1")),
            (4, "neither a DNSKEY nor a DS record")
        );
        for wrong in [
            format!(". DNSKEY 256 3 1 {KEY}"),
            format!(". DNSKEY 1 3 13 {KEY}"),
            format!(". DNSKEY 385 3 13 {KEY}"),
            format!(". DNSKEY 257 2 13 {KEY}"),
            format!(". DNSKEY 257 3 13 ({KEY}"),
            format!(". DNSKEY 257 3 13 {KEY})"),
            format!("corp DNSKEY 257 3 13 {KEY}"),
            ". DNSKEY 257 3 13 !".into(),
            format!("corp. DS 1 13 1 {DIGEST}"),
            format!("corp. DS 1 13 2 {DIGEST}00"),
            format!("corp. DS x 13 2 {DIGEST}"),
            format!("corp. DS 1 13 2 {DIGEST}\n").repeat(MOST_ANCHORS + 1),
        ] {
            why(&wrong);
        }
    }
}
