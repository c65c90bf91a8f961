//! Universal action links (documents.md §8.3): where a document is kept, with which key it is sealed, and on which chain
//! it is said to be. Reading one fetches nothing.

use std::borrow::Cow;

use percent_encoding::percent_decode_str;
use url::Url;

use super::json::{self, Kind, Members, Tree, Value};
use super::{Key, Limits};
use crate::primitives::ChainId;
use crate::web_address::{NotAllowed, Reach, WebAddress};

/// A link to a document. Neither its key nor its URL is ever printed: only the host where the document is kept.
#[derive(Debug, Clone)]
pub struct Link {
    /// Where the document is kept.
    pub address: WebAddress,
    /// The key in the fragment, else the one in the payload.
    pub key: Option<Key>,
    /// The chain that the document must be on.
    pub chain: ChainId,
}

impl Link {
    /// Reads a link. Private hosts and IP literals are refused unless `reach` lets them through.
    ///
    /// ```
    /// use ebl_verifier::document::link::Link;
    /// use ebl_verifier::web_address::Reach;
    ///
    /// let text = r#"https://actions.tradetrust.io?q={"type":"DOCUMENT","payload":
    ///     {"uri":"https://docs.example/d/1","chainId":"137"}}"#;
    /// let link = Link::parse(text, Reach::Public)?;
    /// assert_eq!((link.address.host(), link.chain.get()), ("docs.example", 137));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn parse(text: &str, reach: Reach) -> Result<Self, InvalidLink> {
        if text.len() > LONGEST {
            return Err(InvalidLink::TooLong);
        }
        let url = Url::parse(text).map_err(|_| InvalidLink::NotAUrl)?;
        if url.scheme() != "https" || !url.username().is_empty() || url.password().is_some() {
            return Err(InvalidLink::Origin);
        }
        let query = single_q(url.query().unwrap_or_default())?;
        let action = object(&query).ok_or(InvalidLink::Query)?;
        let action = action.root();
        if !action.get("type").is_some_and(|kind| kind.is_str("DOCUMENT")) {
            return Err(InvalidLink::Type);
        }
        let payload = action.get("payload").and_then(Value::as_object).ok_or(InvalidLink::Payload)?;
        let uri = payload.get("uri").and_then(Value::as_str).ok_or(InvalidLink::UriMissing)?;
        let in_fragment = match url.fragment() {
            None | Some("") => None,
            Some(fragment) => {
                let text = decoded(fragment).ok_or(InvalidLink::Fragment)?;
                let object = object(&text).ok_or(InvalidLink::Fragment)?;
                object.root().as_object().map_or(Ok(None), key)?
            }
        };
        let in_payload = key(payload)?;
        Ok(Self {
            address: WebAddress::parse(&uri, reach).map_err(InvalidLink::Uri)?,
            key: in_fragment.or(in_payload),
            chain: chain(payload)?,
        })
    }
}

/// Exactly one `q`; web apps may add parameters of their own.
fn single_q(query: &str) -> Result<String, InvalidLink> {
    let mut values = query.split('&').filter_map(|pair| pair.strip_prefix("q="));
    match (values.next(), values.next()) {
        // Forms write a blank as `+`, and a plus sign as `%2B`.
        (Some(value), None) => decoded(&value.replace('+', " ")).map(Cow::into_owned).ok_or(InvalidLink::Query),
        _ => Err(InvalidLink::QueryCount),
    }
}

fn decoded(text: &str) -> Option<Cow<'_, str>> {
    percent_decode_str(text).decode_utf8().ok()
}

fn object(text: &str) -> Option<Tree<'_>> {
    json::parse(text.as_bytes(), &Limits { max_bytes: LONGEST, max_depth: 8 }).ok()
}

fn key(members: Members<'_>) -> Result<Option<Key>, InvalidLink> {
    let key = members.get("key").map(|key| key.as_str().and_then(|text| text.parse().ok()));
    key.map(|key| key.ok_or(InvalidLink::Key)).transpose()
}

/// A text or a number, in plain decimal digits.
fn chain(payload: Members<'_>) -> Result<ChainId, InvalidLink> {
    match payload.get("chainId").map(Value::kind) {
        Some(Kind::String(text)) => text.decoded().parse().map_err(|_| InvalidLink::Chain),
        Some(Kind::Number(token)) => token.parse().map_err(|_| InvalidLink::Chain),
        Some(_) => Err(InvalidLink::Chain),
        None => Err(InvalidLink::ChainMissing),
    }
}

/// Why a text is no universal action link. Nothing of the text is repeated: it may hold a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidLink {
    /// Not a URL.
    #[error("it is not a whole URL")]
    NotAUrl,
    /// Longer than any honest link.
    #[error("it is longer than {LONGEST} characters")]
    TooLong,
    /// Another scheme, or credentials.
    #[error("it must begin with https:// and hold no user name")]
    Origin,
    /// No `q`, or several.
    #[error("it must have the parameter `q` exactly once")]
    QueryCount,
    /// `q` is not an object.
    #[error("its parameter `q` is not a JSON object")]
    Query,
    /// Another kind of action.
    #[error("its `type` is not \"DOCUMENT\"")]
    Type,
    /// No payload.
    #[error("it has no `payload` object")]
    Payload,
    /// No `uri`.
    #[error("it does not say where the document is: `uri` is missing or not text")]
    UriMissing,
    /// A `uri` that may not be fetched.
    #[error("the place of the document cannot be asked: {0}")]
    Uri(NotAllowed),
    /// No `chainId`.
    #[error("it does not say on which chain the document is: `chainId` is missing")]
    ChainMissing,
    /// A `chainId` that is no chain id.
    #[error("its `chainId` is not a decimal number")]
    Chain,
    /// A fragment that is not an object.
    #[error("its fragment is not a JSON object")]
    Fragment,
    /// A key of another form.
    #[error("its `key` is not 64 hexadecimal digits")]
    Key,
}

const LONGEST: usize = 32 * 1024;

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = "8ce81a858defaefd88eb5ab97800c28e7507364be1e3399a1149926f480cf98e";

    fn link(payload: &str, rest: &str) -> Result<Link, InvalidLink> {
        let q: String =
            url::form_urlencoded::byte_serialize(format!(r#"{{"type":"DOCUMENT","payload":{payload}}}"#).as_bytes())
                .collect();
        Link::parse(&format!("https://app.example/path?lang=en&q={q}{rest}"), Reach::Public)
    }

    #[test]
    fn nothing_of_a_link_but_the_host_is_printed() {
        let payload = format!(r#"{{"uri":"https://docs.example/s3cret?s3cret","key":"{KEY}","chainId":1}}"#);
        let printed = format!("{:?}", link(&payload, "").unwrap());
        assert!(printed.contains("docs.example"), "{printed}");
        assert!(!printed.contains("s3cret") && !printed.contains(&KEY[..8]), "{printed}");
    }

    #[test]
    fn blanks_and_plus_signs_are_read_as_forms_write_them() {
        let found = link(r#"{"uri": "https://docs.example/a+b", "chainId": "1"}"#, "&utm=x").unwrap();
        assert_eq!(found.address.url().as_str(), "https://docs.example/a+b");
    }

    #[test]
    fn a_fragment_or_key_that_is_not_right_is_not_passed_over() {
        let payload = r#"{"uri":"https://docs.example/","chainId":1}"#;
        assert_eq!(link(payload, "#section").unwrap_err(), InvalidLink::Fragment);
        assert_eq!(link(payload, "#%FF").unwrap_err(), InvalidLink::Fragment);
        assert_eq!(link(payload, r#"#{"key":""}"#).unwrap_err(), InvalidLink::Key);
        assert_eq!(link(payload, r#"#{"key":null}"#).unwrap_err(), InvalidLink::Key);
        assert!(link(payload, "#").unwrap().key.is_none());
        assert!(link(payload, "#{}").unwrap().key.is_none());
        let bad_payload_key = r#"{"uri":"https://docs.example/","chainId":1,"key":"x"}"#;
        assert_eq!(link(bad_payload_key, &format!(r#"#{{"key":"{KEY}"}}"#)).unwrap_err(), InvalidLink::Key);
    }

    #[test]
    fn a_plain_address_is_not_a_link() {
        let parse = |text: &str| Link::parse(text, Reach::Public).unwrap_err();
        assert_eq!(parse("https://docs.example/bill.json"), InvalidLink::QueryCount);
        assert_eq!(parse(&format!("https://docs.example/?q={}", "a".repeat(LONGEST))), InvalidLink::TooLong);
        assert_eq!(parse("https://docs.example/?q={\"type\":\"DOCUMENT\",\"type\":\"DOCUMENT\"}"), InvalidLink::Query);
    }
}
