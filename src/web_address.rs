//! What a document may make us fetch (checks.md §9): which URLs, and which network addresses behind their hosts. One
//! rule for did:web, OCSP, status lists and links, applied when a URL is read and again at every redirect.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use url::{Host, Url};

/// How far the addresses that a document chooses may reach.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Reach {
    /// Names of public hosts only.
    #[default]
    Public,
    /// Private and loopback hosts and IP literals too (`--allow-private`), for closed networks and tests.
    Anywhere,
}

/// An https URL that may be fetched as far as its text says; what its host resolves to is checked by [`is_public`].
/// A URL may hold a key, so neither [`Debug`](std::fmt::Debug) nor [`Display`](std::fmt::Display) shows more than the host.
#[derive(Clone, PartialEq, Eq)]
pub struct WebAddress {
    url: Url,
    host: String,
}

impl WebAddress {
    /// Reads an absolute URL: https, a host, no credentials, and within `reach`. A fragment is dropped: it is never sent.
    ///
    /// ```
    /// use ebl_verifier::web_address::{NotAllowed, Reach, WebAddress};
    ///
    /// assert!(WebAddress::parse("https://docs.example/d/1", Reach::Public).is_ok());
    /// assert_eq!(WebAddress::parse("https://2130706433/", Reach::Public), Err(NotAllowed::Literal));
    /// assert_eq!(WebAddress::parse("https://localhost/", Reach::Public), Err(NotAllowed::Private));
    /// ```
    pub fn parse(text: &str, reach: Reach) -> Result<Self, NotAllowed> {
        if text.len() > LONGEST {
            return Err(NotAllowed::TooLong);
        }
        Self::checked(Url::parse(text).map_err(|_| NotAllowed::NotAUrl)?, reach)
    }

    /// Where a redirect leads.
    pub fn redirected(&self, location: &str, reach: Reach) -> Result<Self, NotAllowed> {
        if location.len() > LONGEST {
            return Err(NotAllowed::TooLong);
        }
        Self::checked(self.url.join(location).map_err(|_| NotAllowed::NotAUrl)?, reach)
    }

    fn checked(mut url: Url, reach: Reach) -> Result<Self, NotAllowed> {
        if url.scheme() != "https" {
            return Err(NotAllowed::Scheme);
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(NotAllowed::Credentials);
        }
        match (url.host(), reach) {
            (None, _) => return Err(NotAllowed::NotAUrl),
            (Some(_), Reach::Anywhere) => {}
            (Some(Host::Ipv4(_) | Host::Ipv6(_)), Reach::Public) => return Err(NotAllowed::Literal),
            (Some(Host::Domain(name)), Reach::Public) if is_local_name(name) => return Err(NotAllowed::Private),
            (Some(Host::Domain(_)), Reach::Public) => {}
        }
        url.set_fragment(None);
        let host = match (url.host_str(), url.port()) {
            (Some(host), Some(port)) => format!("{host}:{port}"),
            (Some(host), None) => host.to_owned(),
            (None, _) => return Err(NotAllowed::NotAUrl),
        };
        Ok(Self { url, host })
    }

    /// The host as it may be shown: the port only where it is not 443.
    pub fn host(&self) -> &str {
        &self.host
    }

    /// The whole URL, which may hold a key: for whoever fetches, never for a page.
    pub fn as_str(&self) -> &str {
        self.url.as_str()
    }

    #[cfg(feature = "net")]
    pub(crate) fn url(&self) -> &Url {
        &self.url
    }
}

impl std::fmt::Display for WebAddress {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.host)
    }
}

impl std::fmt::Debug for WebAddress {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "WebAddress({})", self.host)
    }
}

/// Why a URL is not fetched.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NotAllowed {
    /// Not an absolute URL with a host.
    #[error("it is not a whole URL")]
    NotAUrl,
    /// Longer than any honest URL.
    #[error("it is longer than {LONGEST} characters")]
    TooLong,
    /// Not https.
    #[error("only https is fetched")]
    Scheme,
    /// User name or password.
    #[error("it holds a user name or password")]
    Credentials,
    /// An IP address in place of a name.
    #[error("its host is an IP address and not a name")]
    Literal,
    /// A host that is, or resolves to, something private.
    #[error("its host is private, local or reserved")]
    Private,
}

/// Whether an address belongs to the public Internet. Private, shared (carrier-grade), loopback, link-local, multicast,
/// documentation, benchmarking and reserved ranges do not, nor do the IPv6 forms that carry an IPv4 address inside
/// (mapped, compatible, translated, NAT64, 6to4, Teredo): what they lead to depends on the network.
pub fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => is_public_v6(address),
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    let [a, b, c, _] = address.octets();
    !matches!(
        (a, b, c),
        (0 | 10 | 127 | 224..=255, _, _)       // this network, private, loopback, multicast and reserved
            | (100, 64..=127, _)               // shared address space, RFC 6598
            | (169, 254, _)                    // link-local
            | (172, 16..=31, _)                // private
            | (192, 0, 0 | 2)                  // protocol assignments, documentation
            | (192, 88, 99)                    // 6to4 relays
            | (192, 168, _)                    // private
            | (198, 18..=19, _)                // benchmarking
            | (198, 51, 100)                   // documentation
            | (203, 0, 113) // documentation
    )
}

/// Only 2000::/3 is handed out as global unicast; of it, what is not used for hosts.
fn is_public_v6(address: Ipv6Addr) -> bool {
    let [first, second, ..] = address.segments();
    first & 0xe000 == 0x2000
        && !matches!(
            (first, second),
            (0x2001, 0..=0x01ff)               // protocol assignments, Teredo, ORCHID, benchmarking
                | (0x2001, 0x0db8)             // documentation
                | (0x2002, _)                  // 6to4
                | (0x3fff, 0..=0x0fff) // documentation, RFC 9637
        )
}

/// RFC 6761 reserves these names for the machine itself.
fn is_local_name(name: &str) -> bool {
    let name = name.strip_suffix('.').unwrap_or(name);
    name == "localhost" || name.ends_with(".localhost")
}

/// Largest DID document or OCSP answer, in bytes (checks.md §9).
pub const RECORD_LIMIT: u64 = 1 << 20;
/// Largest document or status list, in bytes (checks.md §9).
pub const DOCUMENT_LIMIT: u64 = 16 << 20;
/// How many addresses one document may make us fetch (checks.md §9).
pub const MOST_FETCHES: usize = 32;

const LONGEST: usize = 8192;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_addresses_of_the_public_internet_are_public() {
        for text in [
            "0.0.0.0",
            "0.1.2.3",
            "10.0.0.1",
            "10.255.255.255",
            "100.64.0.1",
            "100.127.255.255",
            "127.0.0.1",
            "127.255.0.1",
            "169.254.169.254",
            "172.16.0.1",
            "172.31.255.255",
            "192.0.0.1",
            "192.0.2.1",
            "192.88.99.1",
            "192.168.1.1",
            "198.18.0.1",
            "198.19.255.255",
            "198.51.100.7",
            "203.0.113.7",
            "224.0.0.1",
            "239.1.1.1",
            "240.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "::127.0.0.1",
            "::8.8.8.8",
            "::ffff:10.0.0.1",
            "::ffff:8.8.8.8",
            "::ffff:0:8.8.8.8",
            "64:ff9b::8.8.8.8",
            "64:ff9b:1::10.0.0.1",
            "100::1",
            "2001::1",
            "2001:2::1",
            "2001:10::1",
            "2001:20::1",
            "2001:db8::1",
            "2002:7f00:1::1",
            "2002:808:808::1",
            "3fff::1",
            "5f00::1",
            "fc00::1",
            "fd12:3456::1",
            "fe80::1",
            "fec0::1",
            "ff02::1",
            "ff0e::1",
        ] {
            assert!(!is_public(text.parse().unwrap()), "{text}");
        }
        for text in [
            "1.1.1.1",
            "8.8.8.8",
            "9.255.255.255",
            "11.0.0.0",
            "100.63.255.255",
            "100.128.0.0",
            "126.255.255.255",
            "128.0.0.1",
            "169.253.255.255",
            "172.15.255.255",
            "172.32.0.0",
            "192.0.1.1",
            "192.167.255.255",
            "192.169.0.0",
            "198.17.255.255",
            "198.20.0.0",
            "223.255.255.255",
            "2001:200::1",
            "2001:4860:4860::8888",
            "2606:4700:4700::1111",
            "2a00:1450::1",
            "3fff:1000::1",
        ] {
            assert!(is_public(text.parse().unwrap()), "{text}");
        }
    }

    #[test]
    fn urls_that_lead_elsewhere_are_refused_by_their_text() {
        let refused = |text| WebAddress::parse(text, Reach::Public).expect_err(text);
        for text in ["", "docs.example", "/d/1", "https://", "//docs.example/"] {
            assert_eq!(refused(text), NotAllowed::NotAUrl, "{text}");
        }
        for text in ["http://docs.example/", "ftp://docs.example/", "data:,x", "file:///etc/passwd", "wss://a.example/"]
        {
            assert_eq!(refused(text), NotAllowed::Scheme, "{text}");
        }
        for text in ["https://a@docs.example/", "https://a:b@docs.example/", "https://:b@docs.example/"] {
            assert_eq!(refused(text), NotAllowed::Credentials, "{text}");
        }
        for text in
            ["https://8.8.8.8/", "https://2130706433/", "https://0x7f.1/", "https://017700000001/", "https://[::1]/"]
        {
            assert_eq!(refused(text), NotAllowed::Literal, "{text}");
            assert!(WebAddress::parse(text, Reach::Anywhere).is_ok(), "{text}");
        }
        for text in ["https://localhost/", "https://LOCALHOST./", "https://a.localhost:8443/"] {
            assert_eq!(refused(text), NotAllowed::Private, "{text}");
            assert!(WebAddress::parse(text, Reach::Anywhere).is_ok(), "{text}");
        }
        assert_eq!(refused(&format!("https://docs.example/{}", "a".repeat(LONGEST))), NotAllowed::TooLong);
    }

    #[test]
    fn a_redirect_is_judged_like_a_first_url() {
        let from = WebAddress::parse("https://docs.example:8443/a/b?c#d", Reach::Public).unwrap();
        assert_eq!(from.url().as_str(), "https://docs.example:8443/a/b?c");
        let to = |location| from.redirected(location, Reach::Public).map(|to| to.url().to_string());
        assert_eq!(to("c"), Ok("https://docs.example:8443/a/c".into()));
        assert_eq!(to("//other.example/"), Ok("https://other.example/".into()));
        assert_eq!(to("http://docs.example/"), Err(NotAllowed::Scheme));
        assert_eq!(to("https://169.254.169.254/"), Err(NotAllowed::Literal));
        assert_eq!(to("https://[fd00::1]/"), Err(NotAllowed::Literal));
        assert_eq!(to("https://localhost/"), Err(NotAllowed::Private));
        assert_eq!(to("https://u@docs.example/"), Err(NotAllowed::Credentials));
    }

    #[test]
    fn only_the_host_is_ever_shown() {
        let address = WebAddress::parse("https://docs.example:8443/s3cret?k=s3cret#s3cret", Reach::Public).unwrap();
        assert_eq!(format!("{address} {address:?}"), "docs.example:8443 WebAddress(docs.example:8443)");
    }
}
