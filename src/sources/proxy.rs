//! Proxies: which hosts are reached through one, and the tunnel (CONNECT, RFC 9110 §9.3.6) to an address behind it. What a
//! proxy is asked for is an address that was looked up and checked here, so that the rules of checks.md §9 hold with a
//! proxy, too; a name only where the caller chose the host and it has no address here. Credentials are never shown.

use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::str::FromStr;
use std::time::Duration;

use http::{HeaderValue, Uri};
use hyper_util::client::proxy::matcher::Matcher;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::evidence::Cause;

/// A proxy of the form `http://[USER:PASSWORD@]HOST[:PORT]`.
#[derive(Clone, PartialEq, Eq)]
pub struct Proxy {
    url: url::Url,
    set_by: Option<String>,
}

impl Proxy {
    /// `host:port`, without credentials.
    pub fn host(&self) -> String {
        format!("{}:{}", self.url.host_str().unwrap_or_default(), self.url.port_or_known_default().unwrap_or_default())
    }

    /// Where it was set, such as `--proxy`: said wherever it gives no way.
    pub fn set_by(self, place: impl Into<String>) -> Self {
        Self { set_by: Some(place.into()), ..self }
    }

    fn in_words(&self) -> String {
        let place = self.set_by.as_ref().map(|place| format!(" ({place})")).unwrap_or_default();
        format!("{}{place}", self.host())
    }
}

impl FromStr for Proxy {
    type Err = InvalidProxy;

    /// With or without `http://`, as the variables of the environment have it.
    fn from_str(text: &str) -> Result<Self, InvalidProxy> {
        let whole = if text.contains("://") { text.to_owned() } else { format!("http://{text}") };
        let url = url::Url::parse(&whole).map_err(|_| InvalidProxy)?;
        let plain = url.scheme() == "http" && url.host_str().is_some_and(|host| !host.is_empty());
        let only_a_host = matches!(url.path(), "" | "/") && url.query().is_none() && url.fragment().is_none();
        if plain && only_a_host { Ok(Self { url, set_by: None }) } else { Err(InvalidProxy) }
    }
}

impl fmt::Debug for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Proxy({})", self.host())
    }
}

/// A text that names no proxy. It is not repeated: it may hold a password.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("expected http://HOST:PORT; other kinds of proxy are not used")]
pub struct InvalidProxy;

/// Which proxy for which connection.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ProxyRules {
    /// For every connection.
    pub all: Option<Proxy>,
    /// For https, before the one for all.
    pub https: Option<Proxy>,
    /// Hosts that are reached without one, as `NO_PROXY` lists them.
    pub except: String,
}

impl ProxyRules {
    /// The proxy for a server, and what it is to be told of who asks.
    pub(crate) fn for_server(&self, server: &Uri) -> Option<Hop> {
        let mut builder = Matcher::builder().no(self.except.as_str());
        if let Some(proxy) = &self.all {
            builder = builder.all(proxy.url.as_str());
        }
        if let Some(proxy) = &self.https {
            builder = builder.https(proxy.url.as_str());
        }
        let found = builder.build().intercept(server)?;
        let host = found.uri().host()?.trim_matches(['[', ']']).to_owned();
        let for_https = self.https.as_ref().filter(|_| server.scheme_str() == Some("https"));
        let name = for_https.or(self.all.as_ref())?.in_words();
        Some(Hop { name, host, port: found.uri().port_u16().unwrap_or(80), credentials: found.basic_auth().cloned() })
    }
}

/// A proxy on the way to one server.
#[derive(Debug, Clone)]
pub(crate) struct Hop {
    /// As shown to people.
    name: String,
    host: String,
    port: u16,
    credentials: Option<HeaderValue>,
}

/// What is asked of a proxy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Target {
    Address(SocketAddr),
    /// Only the proxy knows where this is.
    Name(String, u16),
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Address(address) => address.fmt(f),
            Self::Name(name, port) => write!(f, "{name}:{port}"),
        }
    }
}

impl Hop {
    /// A connection to the target, by way of the proxy, within this time. Half of it is for the proxy itself, so that one
    /// that is silent is not taken for a silent target.
    pub(crate) async fn tunnel(&self, target: &Target, within: Duration) -> io::Result<TcpStream> {
        let failed = |why| io::Error::other(TunnelError { proxy: self.name.clone(), why });
        let connected = timeout(within / 2, TcpStream::connect((self.host.as_str(), self.port))).await;
        let mut stream = connected.map_err(|_| failed(NoWay::Silent))?.map_err(|_| failed(NoWay::NoProxy))?;
        let mut request = format!("CONNECT {target} HTTP/1.1\r\nhost: {target}\r\n").into_bytes();
        if let Some(credentials) = &self.credentials {
            request.extend(b"proxy-authorization: ");
            request.extend(credentials.as_bytes());
            request.extend(b"\r\n");
        }
        request.extend(b"\r\n");
        stream.write_all(&request).await?;
        let mut head = Vec::new();
        // One byte at a time: what comes after the head is the server's.
        while !head.ends_with(b"\r\n\r\n") {
            let byte = stream.read_u8().await.map_err(|_| failed(NoWay::NoAnswer))?;
            head.push(byte);
            if head.len() > LONGEST_HEAD {
                return Err(failed(NoWay::NoAnswer));
            }
        }
        match status(&head) {
            Some(200..=299) => Ok(stream),
            Some(407) => Err(failed(NoWay::Credentials)),
            Some(status) => Err(failed(NoWay::Refused(status))),
            None => Err(failed(NoWay::NoAnswer)),
        }
    }
}

fn status(head: &[u8]) -> Option<u16> {
    let line = head.strip_prefix(b"HTTP/1.")?;
    std::str::from_utf8(line.get(2..5)?).ok()?.parse().ok()
}

/// Why there is no way through a proxy, which is named without its credentials.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the proxy {proxy} {why}")]
pub(crate) struct TunnelError {
    proxy: String,
    why: NoWay,
}

impl TunnelError {
    /// Whose fault it is. A gateway's statuses speak of what is behind it (RFC 9110 §15.6.3, §15.6.5).
    pub(super) fn cause(&self) -> Cause {
        match self.why {
            NoWay::Refused(502 | 504) => Cause::Unreachable,
            _ => Cause::Proxy,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
enum NoWay {
    #[error("cannot be reached")]
    NoProxy,
    #[error("does not answer in time")]
    Silent,
    #[error("did not answer as a proxy does")]
    NoAnswer,
    #[error("wants other credentials (HTTP status 407)")]
    Credentials,
    #[error("made no connection (HTTP status {0})")]
    Refused(u16),
}

const LONGEST_HEAD: usize = 16 * 1024;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_proxy_is_shown_without_its_credentials() {
        let proxy: Proxy = "http://user:s3cret@proxy.example:3128/".parse().unwrap();
        assert_eq!(
            (proxy.host().as_str(), format!("{proxy:?}").as_str()),
            ("proxy.example:3128", "Proxy(proxy.example:3128)")
        );
        assert_eq!("proxy.example".parse::<Proxy>().map(|proxy| proxy.host()), Ok("proxy.example:80".into()));
        for text in ["", "socks5://proxy.example", "https://proxy.example", "http://proxy.example/path", "http://"] {
            assert!(text.parse::<Proxy>().is_err(), "{text}");
        }
    }

    #[test]
    fn the_rules_say_which_host_goes_by_which_proxy() {
        let proxy = |text: &str| Some(text.parse().unwrap());
        let rules = ProxyRules {
            all: proxy("http://all.example:1"),
            https: proxy("http://user:pw@https.example:2"),
            except: "127.0.0.1,.inside.example,10.0.0.0/8".into(),
        };
        let hop = |uri: &str| rules.for_server(&uri.parse().unwrap()).map(|hop| (hop.host, hop.credentials.is_some()));
        assert_eq!(hop("http://rpc.example:8545/"), Some(("all.example".into(), false)));
        assert_eq!(hop("https://rpc.example/"), Some(("https.example".into(), true)));
        for direct in ["http://127.0.0.1:8545/", "https://a.inside.example/", "https://10.1.2.3/"] {
            assert_eq!(hop(direct), None, "{direct}");
        }
        assert!(ProxyRules::default().for_server(&"https://rpc.example/".parse().unwrap()).is_none());
    }

    #[test]
    fn a_status_is_read_from_the_first_line_alone() {
        for (head, wanted) in [
            ("HTTP/1.1 200 OK\r\n\r\n", Some(200)),
            ("HTTP/1.0 407\r\n\r\n", Some(407)),
            ("HTTP/2 200\r\n\r\n", None),
            ("SSH-2.0\r\n\r\n", None),
        ] {
            assert_eq!(status(head.as_bytes()), wanted, "{head}");
        }
    }
}
