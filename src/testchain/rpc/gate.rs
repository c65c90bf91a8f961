//! Who may speak to the server. A program on this machine may. A page in a browser may not, unless it was named: the
//! browser sends the page's `Origin` with everything that could do something, and the name by which it reached the
//! server as `Host`. A name that somebody else controls can be made to point here afterwards (DNS rebinding), so only
//! names that always mean this machine are answered to.

use std::net::IpAddr;
use std::str::FromStr;

use hyper::header::{HOST, HeaderMap, HeaderName, ORIGIN};
use hyper::http::uri::{Authority, Uri};

/// The origin of a page: scheme, host and port, as browsers write it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin(String);

/// Why a text names no origin.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "not the origin of a page: expected scheme://host[:port], such as http://localhost:3000; each page is named by itself"
)]
pub struct InvalidOrigin;

impl FromStr for Origin {
    type Err = InvalidOrigin;

    fn from_str(text: &str) -> Result<Self, InvalidOrigin> {
        let url = url::Url::parse(text).map_err(|_| InvalidOrigin)?;
        let bare = matches!(url.path(), "" | "/")
            && url.query().is_none()
            && url.fragment().is_none()
            && url.username().is_empty()
            && url.password().is_none();
        let host = url.host_str().filter(|host| bare && !host.is_empty()).ok_or(InvalidOrigin)?;
        match url.origin() {
            origin @ url::Origin::Tuple(..) => Ok(Self(origin.ascii_serialization())),
            // Schemes that the standard does not know, such as those of browsers' extensions.
            url::Origin::Opaque(_) if url.scheme() != "file" => {
                let port = url.port().map(|port| format!(":{port}")).unwrap_or_default();
                Ok(Self(format!("{}://{host}{port}", url.scheme())))
            }
            url::Origin::Opaque(_) => Err(InvalidOrigin),
        }
    }
}

impl Origin {
    /// As it stands in headers.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Who sent an admitted request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Sender {
    /// No page, or the server's own.
    Program,
    /// A page that was named, which needs to be told that it may read the answer.
    Page(Origin),
}

/// Admits a request or says why not.
pub(super) fn admit(uri: &Uri, headers: &HeaderMap, pages: &[Origin]) -> Result<Sender, &'static str> {
    let host = only(headers, &HOST)?.ok_or(NO_HOST)?;
    let named = uri.authority().map(Authority::as_str).into_iter().chain([host]);
    if !named.into_iter().all(is_loopback) {
        return Err(FOREIGN_HOST);
    }
    match only(headers, &ORIGIN)? {
        None => Ok(Sender::Program),
        Some(origin) if origin.strip_prefix("http://") == Some(host) => Ok(Sender::Program),
        Some(origin) => {
            let page = pages.iter().find(|page| page.as_str() == origin);
            page.cloned().map(Sender::Page).ok_or(FOREIGN_ORIGIN)
        }
    }
}

/// The value of a header that must not stand twice.
fn only<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Result<Option<&'a str>, &'static str> {
    let mut values = headers.get_all(name).iter();
    match (values.next(), values.next()) {
        (None, _) => Ok(None),
        (Some(value), None) => value.to_str().map(Some).map_err(|_| UNREADABLE),
        (Some(_), Some(_)) => Err(UNREADABLE),
    }
}

/// Whether `host[:port]` means this machine, whatever a name server says.
fn is_loopback(authority: &str) -> bool {
    let Ok(authority) = authority.parse::<Authority>() else { return false };
    let host = authority.host();
    if authority.as_str().contains('@') {
        return false;
    }
    let bare = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
    host.eq_ignore_ascii_case("localhost") || bare.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

const NO_HOST: &str = "the request names no host\n";
const UNREADABLE: &str = "Host and Origin must be readable and stand only once\n";
const FOREIGN_HOST: &str =
    "this is a local test chain: it answers only requests to localhost or to a loopback address\n";
const FOREIGN_ORIGIN: &str =
    "this page may not use the local test chain: start it with --cors and the page's origin if it should\n";

#[cfg(test)]
mod tests {
    use super::*;

    fn admitted(uri: &str, headers: &[(HeaderName, &str)]) -> Result<Sender, &'static str> {
        let pages = ["http://localhost:3000", "https://app.example"].map(|page| page.parse().unwrap());
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.append(name, value.parse().unwrap());
        }
        admit(&uri.parse().unwrap(), &map, &pages)
    }

    #[test]
    fn only_names_that_always_mean_this_machine_are_answered_to() {
        for host in ["127.0.0.1:8545", "127.0.0.1", "127.9.9.9:1", "localhost:8545", "LocalHost", "[::1]:8545", "[::1]"]
        {
            assert_eq!(admitted("/", &[(HOST, host)]), Ok(Sender::Program), "{host}");
        }
        for host in [
            "rebound.example:8545",
            "127.0.0.1.example",
            "localhost.example",
            "localhost@rebound.example",
            "rebound.example@localhost",
            "10.0.0.1:8545",
            "0.0.0.0:8545",
            "[::]:8545",
            "2130706433",
            "",
        ] {
            assert_eq!(admitted("/", &[(HOST, host)]), Err(FOREIGN_HOST), "{host:?}");
        }
        assert_eq!(admitted("/", &[]), Err(NO_HOST));
        assert_eq!(admitted("/", &[(HOST, "localhost"), (HOST, "rebound.example")]), Err(UNREADABLE));
        assert_eq!(admitted("http://rebound.example/", &[(HOST, "localhost")]), Err(FOREIGN_HOST));
        assert_eq!(admitted("http://localhost/", &[(HOST, "localhost")]), Ok(Sender::Program));
    }

    #[test]
    fn a_page_is_admitted_by_its_whole_origin_only() {
        let from = |origin: &str| admitted("/", &[(HOST, "127.0.0.1:8545"), (ORIGIN, origin)]);
        assert_eq!(from("http://127.0.0.1:8545"), Ok(Sender::Program));
        for page in ["http://localhost:3000", "https://app.example"] {
            assert_eq!(from(page), Ok(Sender::Page(page.parse().unwrap())));
        }
        for page in [
            "null",
            "http://localhost:3001",
            "https://localhost:3000",
            "http://app.example",
            "https://app.example.evil.example",
            "https://app.example:8443",
            "http://127.0.0.1:3000",
            "https://127.0.0.1:8545",
        ] {
            assert_eq!(from(page), Err(FOREIGN_ORIGIN), "{page}");
        }
        let twice = [(HOST, "localhost"), (ORIGIN, "https://app.example"), (ORIGIN, "https://evil.example")];
        assert_eq!(admitted("/", &twice), Err(UNREADABLE));
    }

    #[test]
    fn an_origin_is_written_as_browsers_write_it() {
        for (text, origin) in [
            ("http://localhost:3000", "http://localhost:3000"),
            ("HTTPS://App.Example:443/", "https://app.example"),
            ("chrome-extension://abcdefgh", "chrome-extension://abcdefgh"),
        ] {
            assert_eq!(text.parse::<Origin>().as_ref().map(Origin::as_str), Ok(origin));
        }
        for text in [
            "*",
            "null",
            "",
            "localhost:3000",
            "http://",
            "file:///tmp/page.html",
            "http://app.example/page",
            "http://app.example?x",
            "http://me@app.example",
            "https://app.example, https://other.example",
        ] {
            assert_eq!(text.parse::<Origin>(), Err(InvalidOrigin), "{text:?}");
        }
    }
}
