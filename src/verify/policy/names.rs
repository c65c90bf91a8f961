//! Names in rules: issuers by domain or DID, and fields by their path. Each is parsed once and compared as what it is.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::identity::{Did, DomainName, NotADomainName};
use crate::primitives::{Address, InvalidAddress};
use crate::text::repeatable;

/// An issuer as a rule names it.
///
/// Domains are compared label by label in their IDNA form, so `evil-carrier.example` is not below `carrier.example`.
/// DIDs are compared as text: whoever trusts a key names exactly that key.
///
/// ```
/// use ebl_verifier::verify::IssuerName;
///
/// let below: IssuerName = "*.carrier.example".parse()?;
/// assert!(below.is_domain("bills.carrier.example"));
/// assert!(!below.is_domain("carrier.example"));
/// assert!(!below.is_domain("evil-carrier.example"));
/// # Ok::<(), ebl_verifier::verify::InvalidIssuerName>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum IssuerName {
    /// Exactly this domain, as lower-case A-labels.
    Domain(String),
    /// Any domain below this one, not the domain itself.
    Below(String),
    /// Exactly this DID.
    Did(String),
}

impl IssuerName {
    /// Whether a domain, as lower-case A-labels, is the one meant.
    pub fn is_domain(&self, domain: &str) -> bool {
        match self {
            Self::Domain(name) => name == domain,
            Self::Below(name) => {
                domain.strip_suffix(name.as_str()).is_some_and(|rest| rest.len() > 1 && rest.ends_with('.'))
            }
            Self::Did(_) => false,
        }
    }

    /// Whether this is the DID meant.
    pub fn is_did(&self, did: &str) -> bool {
        matches!(self, Self::Did(name) if name == did)
    }
}

/// `carrier.example`, `*.carrier.example` or `.carrier.example` for any domain below, or a DID.
impl FromStr for IssuerName {
    type Err = InvalidIssuerName;

    fn from_str(text: &str) -> Result<Self, InvalidIssuerName> {
        if text.starts_with("did:") {
            if !is_did(text) {
                return Err(InvalidIssuerName::Did(repeatable(text)));
            }
            // A mistyped account would be trusted, or never met.
            if let Ok(Did::Ethr(did)) = Did::parse(text)
                && !did.names_public_key()
            {
                Address::from_caller(text.rsplit(':').next().unwrap_or_default())?;
            }
            return Ok(Self::Did(text.to_owned()));
        }
        let below = text.strip_prefix("*.").or_else(|| text.strip_prefix('.'));
        let domain = DomainName::parse(below.unwrap_or(text))
            .map_err(|why| InvalidIssuerName::Domain { text: repeatable(text), why })?;
        let domain = domain.as_str().to_owned();
        Ok(if below.is_some() { Self::Below(domain) } else { Self::Domain(domain) })
    }
}

impl fmt::Display for IssuerName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Domain(name) => f.write_str(name),
            Self::Below(name) => write!(f, "any domain below {name}"),
            Self::Did(did) => f.write_str(did),
        }
    }
}

/// Why a text names no issuer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidIssuerName {
    /// Neither a domain nor a DID.
    #[error("{text:?} is neither a domain such as carrier.example or *.carrier.example nor a DID: {why}")]
    Domain {
        /// What was there.
        text: String,
        /// Why it is no domain.
        why: NotADomainName,
    },
    /// It begins like a DID.
    #[error("{0:?} is not a DID such as did:web:carrier.example, without the # and what follows it")]
    Did(String),
    /// A did:ethr whose account carries a wrong checksum.
    #[error(transparent)]
    Address(#[from] InvalidAddress),
}

/// DID Core §3.1, without path, query and fragment.
fn is_did(text: &str) -> bool {
    let mut parts = text.splitn(3, ':').skip(1);
    let (Some(method), Some(id)) = (parts.next(), parts.next()) else { return false };
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b".-_:%".contains(&byte);
    !method.is_empty()
        && method.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
        && !id.is_empty()
        && !id.ends_with(':')
        && id.bytes().all(plain)
}

/// A field of the content: member names joined with dots, places in a list as numbers from 0. The content is `data` in
/// OpenAttestation 2.0 and `credentialSubject` in 3.0, so that one path means the same field in both.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct FieldPath(String);

impl FieldPath {
    /// The names and numbers in their order.
    pub(crate) fn steps(&self) -> impl Iterator<Item = &str> {
        self.0.split('.')
    }
}

impl FromStr for FieldPath {
    type Err = InvalidFieldPath;

    fn from_str(text: &str) -> Result<Self, InvalidFieldPath> {
        let names = text.split('.').all(|name| !name.is_empty() && !name.contains(['[', ']']));
        if names && text.len() <= LONGEST_PATH && !text.chars().any(crate::text::is_deceptive) {
            Ok(Self(text.to_owned()))
        } else {
            Err(InvalidFieldPath(repeatable(text)))
        }
    }
}

impl TryFrom<String> for FieldPath {
    type Error = InvalidFieldPath;

    fn try_from(text: String) -> Result<Self, InvalidFieldPath> {
        text.parse()
    }
}

impl From<FieldPath> for String {
    fn from(path: FieldPath) -> Self {
        path.0
    }
}

impl fmt::Display for FieldPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A text that names no field.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not a path of member names and numbers joined with dots, such as blNumber or packages.0.weight")]
pub struct InvalidFieldPath(String);

const LONGEST_PATH: usize = 512;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_domain_is_compared_label_by_label() {
        let named = |name: &str, domain: &str| name.parse::<IssuerName>().unwrap().is_domain(domain);
        for (name, domain) in [
            ("example.com", "example.com"),
            ("Example.COM.", "example.com"),
            ("bücher.example", "xn--bcher-kva.example"),
            ("xn--bcher-kva.example", "xn--bcher-kva.example"),
            ("*.example.com", "a.example.com"),
            (".example.com", "a.b.example.com"),
            ("*.BÜCHER.example", "a.xn--bcher-kva.example"),
        ] {
            assert!(named(name, domain), "{name} {domain}");
        }
        for (name, domain) in [
            ("example.com", "a.example.com"),
            ("example.com", "example.com.evil.org"),
            ("example.com", "evil-example.com"),
            ("example.com", "example.co"),
            ("*.example.com", "example.com"),
            (".example.com", "example.com"),
            ("*.example.com", "evil-example.com"),
            ("*.example.com", "example.com.evil.org"),
            ("*.example.com", "a.example.com.evil.org"),
            ("*.example.com", ".example.com"),
            ("*.xn--bcher-kva.example", "bcher-kva.example"),
            ("bücher.example", "bucher.example"),
            ("did:web:example.com", "example.com"),
        ] {
            assert!(!named(name, domain), "{name} {domain}");
        }
    }

    #[test]
    fn what_is_no_issuer_is_refused() {
        for text in [
            "",
            ".",
            "*",
            "*.",
            "**.example.com",
            "*example.com",
            "a.*.com",
            "*.*.com",
            "..example.com",
            "https://example.com",
            "example.com/x",
            "a b",
            "127.0.0.1",
            "did:",
            "did:ethr",
            "did:ethr:",
            "did:Ethr:0x1",
            "did:web:example.com#key-1",
            "did:web:example.com/x",
            "did:web:a b",
            "DID:web:example.com",
        ] {
            assert!(text.parse::<IssuerName>().is_err(), "{text:?}");
        }
    }

    #[test]
    fn a_did_with_a_mistyped_account_is_refused() {
        let good = "did:ethr:0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed";
        assert!(good.parse::<IssuerName>().is_ok() && good.to_lowercase().parse::<IssuerName>().is_ok());
        let why = good.replace("aAeb", "aaeb").parse::<IssuerName>().unwrap_err();
        assert!(matches!(why, InvalidIssuerName::Address(_)) && why.to_string().contains("checksum"), "{why}");
    }

    #[test]
    fn a_did_is_compared_as_text() {
        let name: IssuerName = "did:ethr:0xAbab".parse().unwrap();
        assert!(name.is_did("did:ethr:0xAbab"));
        for other in ["did:ethr:0xabab", "did:ethr:0xAbab#controller", "did:ethr:0xAbabab", "did:ethr:0xAba"] {
            assert!(!name.is_did(other), "{other}");
        }
    }

    #[test]
    fn a_path_is_made_of_names_and_numbers() {
        for text in ["blNumber", "packages.0.weight", "$template.name", "提單"] {
            assert_eq!(text.parse::<FieldPath>().unwrap().to_string(), text);
        }
        for text in ["", ".", "a.", ".a", "a..b", "packages[0]", "a\u{202e}b", "a\nb", &"a".repeat(513)] {
            assert!(text.parse::<FieldPath>().is_err(), "{text:?}");
        }
    }
}
