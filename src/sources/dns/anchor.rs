//! Keys that are trusted beside the root's (checks.md §5.4): for closed networks with a root of their own, and for tests.

use std::str::FromStr;

use base64::Engine as _;
use hickory_proto::dnssec::rdata::{DNSKEY, DNSSECRData, DS};
use hickory_proto::dnssec::{Algorithm, DigestType, PublicKeyBuf, TrustAnchors};
use hickory_proto::op::{DnsRequestOptions, Query};
use hickory_proto::rr::{Name, RData, RecordType};
use hickory_resolver::net::xfer::{DnsHandle, FirstAnswer as _};

use crate::primitives::decode_hex;

/// Trusted DNSSEC keys, written as DNSKEY or DS records of a zone file.
///
/// ```
/// use ebl_verifier::sources::dns::TrustAnchor;
///
/// let text = "corp. 3600 IN DS 60485 13 2 ( 51983b1dfd2f7b2ae0bfa14c1a2aa7ce\n 36e9bc2f5ef2a4f1c1d2e3f405162738 ) ; our own";
/// assert!(text.parse::<TrustAnchor>().is_ok());
/// assert!("corp. IN A 192.0.2.1".parse::<TrustAnchor>().is_err());
/// ```
#[derive(Debug, Clone)]
pub struct TrustAnchor {
    keys: Vec<(Name, DNSKEY)>,
    digests: Vec<(Name, DS)>,
}

impl TrustAnchor {
    /// These keys and the root's that the library brings. A DS record names a key by its digest only, so the zone's
    /// keys are asked for; the digest says which of them is meant, whoever delivers it.
    pub(super) async fn beside_root<H: DnsHandle>(&self, handle: &H) -> TrustAnchors {
        let mut anchors = TrustAnchors::default();
        for (name, key) in &self.keys {
            anchors.insert_with_name(key.public_key(), name.into());
        }
        for (name, digest) in &self.digests {
            let query = Query::query(name.clone(), RecordType::DNSKEY);
            let Ok(response) = handle.lookup(query, DnsRequestOptions::default()).first_answer().await else {
                continue;
            };
            for record in response.answers.iter().filter(|record| record.name == *name) {
                if let RData::DNSSEC(DNSSECRData::DNSKEY(key)) = &record.data
                    && digest.covers(name, key).unwrap_or(false)
                {
                    anchors.insert_with_name(key.public_key(), name.into());
                }
            }
        }
        anchors
    }
}

impl FromStr for TrustAnchor {
    type Err = InvalidAnchor;

    fn from_str(text: &str) -> Result<Self, InvalidAnchor> {
        let mut anchor = Self { keys: Vec::new(), digests: Vec::new() };
        for (line, words) in records(text)? {
            let invalid = |why| InvalidAnchor { line, why };
            if anchor.keys.len() + anchor.digests.len() >= MOST_ANCHORS {
                return Err(invalid("too many records"));
            }
            let (name, rest) = words.split_first().ok_or(invalid("an empty record"))?;
            let name = Name::from_ascii(name).map_err(|_| invalid("the first word is no domain name"))?;
            if !name.is_fqdn() {
                return Err(invalid("the name does not end with a dot"));
            }
            // The time to live and the class may be left out.
            let rest = without_first(rest, |word| word.bytes().all(|byte| byte.is_ascii_digit()));
            let rest = without_first(rest, |word| word.eq_ignore_ascii_case("IN"));
            let (kind, data) = rest.split_first().ok_or(invalid("no record type"))?;
            match kind.to_ascii_uppercase().as_str() {
                "DNSKEY" => anchor.keys.push((name, key(data).map_err(invalid)?)),
                "DS" => anchor.digests.push((name, digest(data).map_err(invalid)?)),
                _ => return Err(invalid("neither a DNSKEY nor a DS record")),
            }
        }
        match anchor.keys.is_empty() && anchor.digests.is_empty() {
            true => Err(InvalidAnchor { line: 1, why: "there is no record" }),
            false => Ok(anchor),
        }
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

/// RFC 4034 §2.2.
fn key(words: &[&str]) -> Result<DNSKEY, &'static str> {
    let [flags, protocol, algorithm, key @ ..] = words else { return Err("a DNSKEY record has four fields or more") };
    let flags: u16 = flags.parse().map_err(|_| "the flags are no number")?;
    if *protocol != "3" {
        return Err("the protocol of a DNSKEY record is 3");
    }
    let algorithm = supported(algorithm)?;
    let key = base64::engine::general_purpose::STANDARD.decode(key.concat()).map_err(|_| "the key is not base64")?;
    let key = DNSKEY::with_flags(flags, PublicKeyBuf::new(key, algorithm));
    if !key.zone_key() || key.revoke() {
        return Err("the flags are not those of a zone's key in use");
    }
    Ok(key)
}

/// RFC 4034 §5.3.
fn digest(words: &[&str]) -> Result<DS, &'static str> {
    let [tag, algorithm, kind, digest @ ..] = words else { return Err("a DS record has four fields or more") };
    let tag = tag.parse().map_err(|_| "the key tag is no number")?;
    let algorithm = supported(algorithm)?;
    let (kind, length) = match *kind {
        "2" => (DigestType::SHA256, 32),
        "4" => (DigestType::SHA384, 48),
        _ => return Err("the digest type is neither 2 nor 4"),
    };
    let digest = decode_hex(&digest.concat()).filter(|digest| digest.len() == length);
    Ok(DS::new(tag, algorithm, kind, digest.ok_or("the digest is not of its type's length in hexadecimal")?))
}

fn supported(number: &str) -> Result<Algorithm, &'static str> {
    let algorithm = number.parse().ok().map(Algorithm::from_u8).filter(Algorithm::is_supported);
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
        let error = text.parse::<TrustAnchor>().expect_err(text);
        (error.line, error.why)
    }

    #[test]
    fn keys_and_digests_are_read_as_a_zone_file_writes_them() {
        let (half, rest) = KEY.split_at(20);
        let text = format!(
            "; our own\n. 172800 IN DNSKEY 257 3 13 ( {half} ; first\n  {rest} )\n\ncorp. DS 1 13 2 {DIGEST}\ncorp. in ds 1 13 2 {DIGEST}"
        );
        let anchor: TrustAnchor = text.parse().unwrap();
        assert_eq!((anchor.keys.len(), anchor.digests.len()), (1, 2));
        assert_eq!(
            anchor.keys[0].1.public_key(),
            &PublicKeyBuf::new(
                base64::engine::general_purpose::STANDARD.decode(KEY).unwrap(),
                Algorithm::ECDSAP256SHA256,
            )
        );
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
