//! Decentralized identifiers: the grammar of did:ethr and did:web, the networks and registries of the former, the
//! document address of the latter (checks.md §6.1, §6.2).

use std::borrow::Cow;

use url::Url;

use super::{DomainName, address_of_key};
use crate::primitives::{Address, ChainId, decode_hex};

/// A DID whose document can be found out.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Did {
    /// An account; an ERC-1056 registry records who controls it.
    Ethr(EthrDid),
    /// A document on a web server.
    Web(WebDid),
}

impl Did {
    /// Reads a DID without fragment, path or query.
    pub fn parse(text: &str) -> Result<Self, InvalidDid> {
        if text.len() > LONGEST {
            return Err(InvalidDid::TooLong);
        }
        let rest = text.strip_prefix("did:").ok_or(InvalidDid::NotADid)?;
        match rest.split_once(':') {
            Some(("ethr", identifier)) => EthrDid::parse(text, identifier).map(Self::Ethr),
            Some(("web", identifier)) => WebDid::parse(text, identifier).map(Self::Web),
            Some((method, identifier)) if is_method(method) && !identifier.is_empty() => {
                Err(InvalidDid::Method(method.to_owned()))
            }
            _ => Err(InvalidDid::NotADid),
        }
    }

    /// The text, with the address of a did:ethr in lower case: two spellings of one DID are equal.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Ethr(did) => &did.text,
            Self::Web(did) => &did.text,
        }
    }
}

impl std::fmt::Display for Did {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A did:ethr. Its chain is its own, not the document's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EthrDid {
    text: String,
    chain: ChainId,
    address: Address,
    public_key: bool,
}

impl EthrDid {
    fn parse(text: &str, identifier: &str) -> Result<Self, InvalidDid> {
        let (network, id) = identifier.rsplit_once(':').unwrap_or(("mainnet", identifier));
        let digits = id.strip_prefix("0x").ok_or(InvalidDid::Identifier)?;
        let (address, public_key) = match digits.len() {
            40 => (id.parse().map_err(|_| InvalidDid::Identifier)?, false),
            66 => (decode_hex(id).as_deref().and_then(address_of_key).ok_or(InvalidDid::Identifier)?, true),
            _ => return Err(InvalidDid::Identifier),
        };
        let chain = network_chain(network)?;
        Ok(Self { text: canonical(text).into_owned(), chain, address, public_key })
    }

    /// The text, with the address in lower case.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The chain whose registry speaks of it.
    pub fn chain(&self) -> ChainId {
        self.chain
    }

    /// The account.
    pub fn address(&self) -> Address {
        self.address
    }

    /// Whether it is written as a public key instead of an address.
    pub fn names_public_key(&self) -> bool {
        self.public_key
    }
}

/// The ERC-1056 registry of a chain, where the field agrees on one (checks.md §6.1).
pub fn did_registry(chain: ChainId) -> Option<Address> {
    let text = match chain.get() {
        1 | 137 => "0xdca7ef03e98e0dc2b855be647c39abe984fcf21b",
        11_155_111 | 100 | 17_000 | 59_140 => "0x03d5003bf0e79C5F5223588F347ebA39AfbC3818",
        246 => "0xE29672f34e92b56C9169f9D485fFc8b9A136BCE4",
        73_799 => "0xC15D5A57A8Eb0e1dCBE5D88B8f9a82017e5Cc4AF",
        1_313_161_554 => "0x63eD58B671EeD12Bc1652845ba5b2CDfBff198e0",
        _ => return None,
    };
    text.parse().ok()
}

fn network_chain(network: &str) -> Result<ChainId, InvalidDid> {
    let id = match network {
        "mainnet" => 1,
        "polygon" | "matic" => 137,
        "sepolia" => 11_155_111,
        _ => match network.strip_prefix("0x") {
            Some(digits) if !digits.is_empty() && digits.bytes().all(|digit| digit.is_ascii_hexdigit()) => {
                u64::from_str_radix(digits, 16).map_err(|_| InvalidDid::Network(network.to_owned()))?
            }
            _ => return Err(InvalidDid::Network(network.to_owned())),
        },
    };
    ChainId::try_from(id).map_err(|_| InvalidDid::Network(network.to_owned()))
}

/// A did:web.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WebDid {
    text: String,
    domain: DomainName,
    url: Url,
}

impl WebDid {
    /// `<host>[%3A<port>]`, then path parts, each decoded after splitting (checks.md §6.2).
    fn parse(text: &str, identifier: &str) -> Result<Self, InvalidDid> {
        let mut parts = identifier.split(':');
        let host = parts.next().unwrap_or_default();
        let (host, port) = match host.split_once('%') {
            None => (host, None),
            Some((host, rest)) => (host, Some(port(rest)?)),
        };
        let domain = DomainName::parse(host).map_err(|_| InvalidDid::Host(host.to_owned()))?;
        let mut url = Url::parse(&format!("https://{}/", domain.as_str())).map_err(|_| InvalidDid::Identifier)?;
        url.set_port(port).map_err(|()| InvalidDid::Identifier)?;
        let path = parts.map(path_part).collect::<Result<Vec<_>, _>>()?;
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.clear();
            match path.is_empty() {
                true => segments.push(".well-known"),
                false => segments.extend(&path),
            };
            segments.push("did.json");
        }
        Ok(Self { text: text.to_owned(), domain, url })
    }

    /// The host, without the port.
    pub fn domain(&self) -> &DomainName {
        &self.domain
    }

    /// Where its document is.
    pub(crate) fn url(&self) -> &Url {
        &self.url
    }
}

fn port(encoded: &str) -> Result<u16, InvalidDid> {
    let digits = encoded.strip_prefix("3A").or_else(|| encoded.strip_prefix("3a")).ok_or(InvalidDid::Identifier)?;
    let plain = !digits.starts_with('0') && digits.bytes().all(|digit| digit.is_ascii_digit());
    digits.parse().ok().filter(|_| plain).ok_or(InvalidDid::Identifier)
}

fn path_part(encoded: &str) -> Result<String, InvalidDid> {
    let decoded = percent_decoded(encoded).and_then(|bytes| String::from_utf8(bytes).ok());
    decoded
        .filter(|part| {
            !matches!(part.as_str(), "" | "." | "..")
                && !part.contains(['/', '@', '?', '#', '\\'])
                && !part.chars().any(|character| character.is_control() || character.is_whitespace())
        })
        .ok_or_else(|| InvalidDid::Path(encoded.to_owned()))
}

fn percent_decoded(text: &str) -> Option<Vec<u8>> {
    let mut parts = text.split('%');
    let mut out = parts.next().unwrap_or_default().as_bytes().to_vec();
    for part in parts {
        let (byte, rest) = part.split_at_checked(2)?;
        if !byte.bytes().all(|digit| digit.is_ascii_hexdigit()) {
            return None;
        }
        out.push(u8::from_str_radix(byte, 16).ok()?);
        out.extend(rest.as_bytes());
    }
    Some(out)
}

/// A DID URL: a key of a DID. Compares like the DID's own text, with the fragment as written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DidUrl(String);

impl DidUrl {
    /// A DID, `#` and a fragment.
    pub fn parse(text: &str) -> Result<Self, InvalidDid> {
        match text.split_once('#') {
            Some((did, fragment)) if did.starts_with("did:") && !fragment.is_empty() && text.len() <= LONGEST => {
                Ok(Self(canonical(text).into_owned()))
            }
            _ => Err(InvalidDid::NotAKey),
        }
    }

    /// A relative one (`#key`) is taken relative to `did`.
    pub(super) fn relative_to(did: &Did, text: &str) -> Result<Self, InvalidDid> {
        if text.starts_with('#') { Self::parse(&format!("{did}{text}")) } else { Self::parse(text) }
    }

    /// The text, with the address of a did:ethr in lower case.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Without the fragment.
    pub fn did(&self) -> &str {
        self.0.split_once('#').map_or(&self.0, |(did, _)| did)
    }
}

impl std::fmt::Display for DidUrl {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Only the hexadecimal address of a did:ethr may be written in either case (checks.md §5.3).
pub(super) fn canonical(text: &str) -> Cow<'_, str> {
    let (did, _) = text.split_once('#').unwrap_or((text, ""));
    let address = did.rfind(':').map_or(0, |colon| colon + 1);
    match (text.get(..address), text.get(address..did.len()), text.get(did.len()..)) {
        (Some(before), Some(id), Some(after)) if did.starts_with("did:ethr:") && id.starts_with("0x") => {
            Cow::Owned(format!("{before}{}{after}", id.to_ascii_lowercase()))
        }
        _ => Cow::Borrowed(text),
    }
}

/// Why a text is not a DID, or not one that this version looks up.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidDid {
    /// Does not start like one.
    #[error("it is not of the form did:method:identifier")]
    NotADid,
    /// Not a DID with a fragment.
    #[error("it is not a DID with a # and the name of a key")]
    NotAKey,
    /// Longer than any that is in use.
    #[error("it is longer than {LONGEST} characters")]
    TooLong,
    /// A method that is not looked up.
    #[error("DIDs of the method {0:?} are not looked up")]
    Method(String),
    /// A did:ethr network that is neither a known name nor a hexadecimal chain id.
    #[error("the network {0:?} is neither a known name nor a hexadecimal chain id")]
    Network(String),
    /// The part behind the method.
    #[error("its identifier is not of the form that its method asks for")]
    Identifier,
    /// A did:web whose host is no host name.
    #[error("{0:?} is not a host name")]
    Host(String),
    /// A did:web with a path part that could mean another address.
    #[error("the path part {0:?} is not allowed")]
    Path(String),
}

impl InvalidDid {
    /// Whether it may be a good DID that this version cannot look up: nothing speaks against it.
    pub fn is_beyond_this_version(&self) -> bool {
        matches!(self, Self::Method(_) | Self::Network(_))
    }
}

fn is_method(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
}

const LONGEST: usize = 2048;

#[cfg(test)]
mod tests {
    use super::*;

    const ADDRESS: &str = "0xAbababababababababababababababababababab";

    fn ethr(text: &str) -> Result<(u64, Address), InvalidDid> {
        match Did::parse(text)? {
            Did::Ethr(did) => Ok((did.chain().get(), did.address())),
            other => panic!("{other:?}"),
        }
    }

    fn web(text: &str) -> Result<String, InvalidDid> {
        match Did::parse(text)? {
            Did::Web(did) => Ok(did.url().to_string()),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn the_network_of_a_did_ethr_is_a_name_or_a_hexadecimal_chain_id() {
        for (network, chain) in [
            ("", 1),
            ("mainnet:", 1),
            ("polygon:", 137),
            ("matic:", 137),
            ("sepolia:", 11_155_111),
            ("0x7a69:", 31_337),
            ("0x7A69:", 31_337),
        ] {
            assert_eq!(ethr(&format!("did:ethr:{network}{ADDRESS}")), Ok((chain, Address([0xab; 20]))), "{network}");
        }
        for network in ["goerli", "137", "0x", "0xg", "0x0", "0xfffffffffffffffff", "a:b", ""] {
            let found = ethr(&format!("did:ethr:{network}:{ADDRESS}"));
            assert!(matches!(found, Err(InvalidDid::Network(_))), "{network}: {found:?}");
        }
    }

    #[test]
    fn a_public_key_stands_for_its_address() {
        let key = k256::ecdsa::SigningKey::from_slice(&[1; 32]).unwrap();
        let point = key.verifying_key().to_sec1_point(true);
        let hex = crate::primitives::encode_hex(point.as_bytes());
        let address = address_of_key(point.as_bytes()).unwrap();
        assert_eq!(ethr(&format!("did:ethr:0x{hex}")), Ok((1, address)));
        assert_eq!(ethr(&format!("did:ethr:0x05{}", &hex[2..])), Err(InvalidDid::Identifier));
    }

    #[test]
    fn what_is_no_did_is_refused() {
        for text in [
            "",
            "did:",
            "did:ethr",
            "did:ethr:",
            "did:ethr:0x00",
            "DID:ethr:0xabababababababababababababababababababab",
            "did:ethr:abababababababababababababababababababab",
            "did:ethr:0xababababababababababababababababababababcd",
            "did:ethr:0xabababababababababababababababababababab#controller",
            "did:ethr:xdcabababababababababababababababababababab",
            "did:Key:z6",
            " did:web:a.example",
        ] {
            assert!(Did::parse(text).is_err_and(|why| !why.is_beyond_this_version()), "{text:?}");
        }
        assert_eq!(Did::parse("did:key:z6Mk"), Err(InvalidDid::Method("key".into())));
        assert_eq!(Did::parse(&format!("did:web:{}", "a".repeat(3000))), Err(InvalidDid::TooLong));
    }

    #[test]
    fn a_did_web_leads_to_one_address() {
        for (did, url) in [
            ("did:web:carrier.example", "https://carrier.example/.well-known/did.json"),
            ("did:web:Carrier.Example", "https://carrier.example/.well-known/did.json"),
            ("did:web:carrier.example:issuers:7", "https://carrier.example/issuers/7/did.json"),
            ("did:web:localhost%3A8443", "https://localhost:8443/.well-known/did.json"),
            ("did:web:carrier.example%3a8443:a", "https://carrier.example:8443/a/did.json"),
            ("did:web:carrier.example:a%25b", "https://carrier.example/a%25b/did.json"),
        ] {
            assert_eq!(web(did).as_deref(), Ok(url), "{did}");
        }
    }

    #[test]
    fn a_did_web_cannot_lead_elsewhere() {
        for did in [
            "did:web:",
            "did:web:a.example:",
            "did:web:a.example::b",
            "did:web:a.example:..",
            "did:web:a.example:%2e%2E",
            "did:web:a.example:.",
            "did:web:a.example:b%2Fc",
            "did:web:a.example:b/c",
            "did:web:a.example:b%5Cc",
            "did:web:a.example:b%3Fc",
            "did:web:a.example:b%23c",
            "did:web:a.example:u%40b",
            "did:web:a.example:b%0ac",
            "did:web:a.example:b%ff",
            "did:web:a.example:b%2",
            "did:web:a.example:b%zz",
            "did:web:a.example:b%+1",
            "did:web:a.example/x",
            "did:web:u@a.example",
            "did:web:a.example%2Fx",
            "did:web:a.example%3A",
            "did:web:a.example%3A0",
            "did:web:a.example%3A08443",
            "did:web:a.example%3A99999",
            "did:web:a.example%3A1%3A2",
            "did:web:127.0.0.1",
            "did:web:%31.example",
            "did:web:a_b.example",
            "did:web:a.example#key",
        ] {
            assert!(web(did).is_err(), "{did}");
        }
    }

    #[test]
    fn only_the_address_of_a_did_ethr_may_be_written_in_either_case() {
        let key = |text: &str| DidUrl::parse(text).unwrap();
        assert_eq!(
            key(&format!("did:ethr:{ADDRESS}#controller")),
            key(&format!("did:ethr:{}#controller", ADDRESS.to_lowercase()))
        );
        assert_ne!(key(&format!("did:ethr:{ADDRESS}#Controller")), key(&format!("did:ethr:{ADDRESS}#controller")));
        assert_ne!(key("did:web:A.example#k"), key("did:web:a.example#k"));
        assert_ne!(key(&format!("did:ethr:0x1:{ADDRESS}#k")), key(&format!("did:ethr:{ADDRESS}#k")));
        for text in ["", "#k", "did:web:a.example", "did:web:a.example#", "web:a#k"] {
            assert!(DidUrl::parse(text).is_err(), "{text}");
        }
    }
}
