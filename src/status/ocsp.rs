//! OCSP-style responders of signed OpenAttestation documents (checks.md §3.5): one GET for each hash, and one JSON object
//! that repeats the hash. The answer is unsigned, so it is as strong as the TLS connection it came over.

use serde::Serialize;
use url::Url;

use crate::document::Limits;
use crate::document::json::{self, Kind, Value};
use crate::evidence::WebReading;
use crate::primitives::Digest32;
use crate::web_address::RECORD_LIMIT;

/// What to fetch to learn of one hash, from the responder that the document names.
///
/// ```
/// use ebl_verifier::primitives::keccak256;
/// use ebl_verifier::status::ocsp_url;
///
/// let hash = keccak256("[]");
/// assert_eq!(ocsp_url("https://ocsp.example/status/", hash), Ok(format!("https://ocsp.example/status/{hash}")));
/// ```
pub fn ocsp_url(location: &str, hash: Digest32) -> Result<String, NotAResponder> {
    let url = Url::parse(location).map_err(|_| NotAResponder::NotAUrl)?;
    if url.scheme() != "https" {
        return Err(NotAResponder::Scheme);
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(NotAResponder::Credentials);
    }
    // A hash after a query or a fragment would not be part of the path, and of a fragment nothing would be sent at all.
    if url.query().is_some() || url.fragment().is_some() {
        return Err(NotAResponder::Query);
    }
    Ok(format!("{}/{hash}", url.as_str().trim_end_matches('/')))
}

/// Why a location cannot be a responder's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NotAResponder {
    /// Not a URL.
    #[error("the responder's location is not a whole URL")]
    NotAUrl,
    /// Not https.
    #[error("the responder's location does not begin with https://")]
    Scheme,
    /// It has a user name or a password, which would be sent and shown.
    #[error("the responder's location has a user name or a password")]
    Credentials,
    /// It has a query or a fragment.
    #[error("the responder's location has a query or a fragment, which no hash can follow")]
    Query,
}

/// What a responder says of one hash.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OcspFinding {
    /// Not revoked.
    Good,
    /// Revoked, whatever the reason.
    Revoked {
        /// As the responder states it.
        reason: RevocationReason,
    },
    /// Not an answer to this question, so nothing is known.
    NotAnAnswer {
        /// A plain clause.
        why: String,
    },
}

/// Judges the answer to the question for `asked`. Only 2xx with the members of checks.md §3.5 for exactly this hash counts;
/// members beside them decide nothing.
pub fn judge_ocsp(reading: &WebReading, asked: Digest32) -> OcspFinding {
    found(reading, asked).unwrap_or_else(|why| OcspFinding::NotAnAnswer { why })
}

fn found(reading: &WebReading, asked: Digest32) -> Result<OcspFinding, String> {
    if !(200..=299).contains(&reading.status) {
        return Err(format!("the responder answered with HTTP status {}", reading.status));
    }
    let limits = Limits { max_bytes: usize::try_from(RECORD_LIMIT).unwrap_or(usize::MAX), max_depth: 16 };
    let answer = json::parse(&reading.body, &limits)
        .map_err(|error| format!("the responder's answer cannot be read: {}", error.kind))?;
    let answer = answer.root();
    let hash = answer.get("documentHash").and_then(Value::as_str).ok_or("the answer names no hash")?;
    let hash = hash.strip_prefix("0x").and_then(|digits| Digest32::from_hex64(&digits.to_ascii_lowercase()));
    if hash.ok_or("the hash in the answer is not 0x and 64 hexadecimal digits")? != asked {
        return Err("the answer is about another hash".into());
    }
    match (answer.get("revoked").map(Value::kind), reason(answer)?) {
        (Some(Kind::Bool(false)), None) => Ok(OcspFinding::Good),
        (Some(Kind::Bool(false)), Some(_)) => Err("the answer gives a reason for a revocation that it denies".into()),
        (Some(Kind::Bool(true)), Some(reason)) => Ok(OcspFinding::Revoked { reason }),
        (Some(Kind::Bool(true)), None) => Err("the answer says revoked without a reason code".into()),
        _ => Err("the answer does not say whether the hash is revoked".into()),
    }
}

fn reason(answer: Value<'_>) -> Result<Option<RevocationReason>, String> {
    match answer.get("reasonCode").map(Value::kind) {
        None => Ok(None),
        Some(Kind::Number(token)) => match token.parse() {
            Ok(number) => Ok(Some(RevocationReason(number))),
            Err(_) => Err("the reason code is not a whole number".into()),
        },
        Some(_) => Err("the reason code is not a number".into()),
    }
}

/// Why a document was revoked: the numbers of RFC 5280 §5.3.1, which RFC 6960 takes over, and one of this field's own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct RevocationReason(pub u64);

impl RevocationReason {
    /// The reason in words, if the number has a meaning.
    pub fn name(self) -> Option<&'static str> {
        Some(match self.0 {
            0 => "unspecified",
            1 => "key compromise",
            2 => "CA compromise",
            3 => "affiliation changed",
            4 => "superseded",
            5 => "cessation of operation",
            6 => "certificate hold",
            8 => "remove from CRL",
            9 => "privilege withdrawn",
            10 => "AA compromise",
            1001 => "suspended",
            _ => return None,
        })
    }
}

/// The words, or the number where there are none.
impl std::fmt::Display for RevocationReason {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.name() {
            Some(name) => f.write_str(name),
            None => write!(f, "reason {}", self.0),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::primitives::keccak256;

    fn judged(status: u16, body: &str) -> OcspFinding {
        judge_ocsp(&WebReading { status, body: body.as_bytes().to_vec() }, keccak256("asked"))
    }

    fn is_no_answer(finding: &OcspFinding) -> bool {
        matches!(finding, OcspFinding::NotAnAnswer { .. })
    }

    #[test]
    fn an_answer_to_exactly_this_question_counts() {
        let hash = keccak256("asked");
        let good = format!(r#"{{"revoked":false,"documentHash":"{hash}"}}"#);
        assert_eq!(judged(200, &good), OcspFinding::Good);
        assert_eq!(judged(299, &good), OcspFinding::Good);
        let upper = good.to_uppercase().replace("REVOKED", "revoked").replace("DOCUMENTHASH", "documentHash");
        let upper = upper.replace("FALSE", "false").replace("0X", "0x");
        assert_eq!(judged(200, &upper), OcspFinding::Good);
        let other = good.replace(&hash.to_string(), &keccak256("other").to_string());
        assert!(is_no_answer(&judged(200, &other)));
    }

    #[test]
    fn revoked_is_revoked_whatever_the_reason() {
        for (code, shown) in [
            (0, "unspecified"),
            (1, "key compromise"),
            (2, "CA compromise"),
            (3, "affiliation changed"),
            (4, "superseded"),
            (5, "cessation of operation"),
            (6, "certificate hold"),
            (7, "reason 7"),
            (8, "remove from CRL"),
            (9, "privilege withdrawn"),
            (10, "AA compromise"),
            (11, "reason 11"),
            (1001, "suspended"),
        ] {
            let body = format!(r#"{{"revoked":true,"documentHash":"{}","reasonCode":{code}}}"#, keccak256("asked"));
            let OcspFinding::Revoked { reason } = judged(200, &body) else { panic!("{body}") };
            assert_eq!((reason.0, reason.to_string().as_str()), (code, shown));
        }
    }

    #[test]
    fn everything_else_is_no_answer() {
        let hash = keccak256("asked");
        let good = format!(r#"{{"revoked":false,"documentHash":"{hash}"}}"#);
        for status in [0, 100, 199, 300, 301, 404, 410, 500] {
            assert!(is_no_answer(&judged(status, &good)), "{status}");
        }
        let bare = hash.to_hex64();
        for body in [
            String::new(),
            "<html>".into(),
            "[]".into(),
            "{}".into(),
            r#"{"revoked":false}"#.into(),
            format!(r#"{{"documentHash":"{hash}"}}"#),
            format!(r#"{{"revoked":"false","documentHash":"{hash}"}}"#),
            format!(r#"{{"revoked":0,"documentHash":"{hash}"}}"#),
            format!(r#"{{"revoked":null,"documentHash":"{hash}"}}"#),
            format!(r#"{{"revoked":false,"documentHash":"{bare}"}}"#),
            format!(r#"{{"revoked":false,"documentHash":["{hash}"]}}"#),
            format!(r#"{{"revoked":false,"revoked":false,"documentHash":"{hash}"}}"#),
            format!(r#"{{"revoked":false,"documentHash":"{hash}","reasonCode":0}}"#),
            format!(r#"{{"revoked":true,"documentHash":"{hash}"}}"#),
            format!(r#"{{"revoked":true,"documentHash":"{hash}","reasonCode":"1"}}"#),
            format!(r#"{{"revoked":true,"documentHash":"{hash}","reasonCode":1.5}}"#),
            format!(r#"{{"revoked":true,"documentHash":"{hash}","reasonCode":-1}}"#),
            format!("{good} {good}"),
            format!("\u{feff}{good}"),
        ] {
            assert!(is_no_answer(&judged(200, &body)), "{body}");
        }
    }

    #[test]
    fn location_and_hash_are_joined_by_one_slash() {
        let hash = keccak256("asked");
        for location in ["https://ocsp.example", "https://ocsp.example/", "https://ocsp.example//"] {
            assert_eq!(ocsp_url(location, hash), Ok(format!("https://ocsp.example/{hash}")), "{location}");
        }
        assert_eq!(ocsp_url("https://ocsp.example/a/b", hash), Ok(format!("https://ocsp.example/a/b/{hash}")));
        for (location, why) in [
            ("ocsp.example", NotAResponder::NotAUrl),
            ("", NotAResponder::NotAUrl),
            ("http://ocsp.example/", NotAResponder::Scheme),
            ("https://user@ocsp.example/", NotAResponder::Credentials),
            ("https://:key@ocsp.example/", NotAResponder::Credentials),
            ("https://ocsp.example/?key=1", NotAResponder::Query),
            ("https://ocsp.example/#a", NotAResponder::Query),
        ] {
            assert_eq!(ocsp_url(location, hash), Err(why), "{location}");
        }
    }
}
