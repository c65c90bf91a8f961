//! Universal action links (documents.md §8.3): where a document is kept, with which key it is sealed, and on which chain
//! it is said to be. Reading one fetches nothing.

use std::borrow::Cow;

use percent_encoding::percent_decode_str;
use url::Url;

use super::json::{self, Kind, Members, Tree, Value};
use super::link_spelling as spelling;
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
    /// The chain that the document must be on, where the link names one; else the document's own counts.
    pub chain: Option<ChainId>,
}

impl Link {
    /// Reads a link, also one that arrived without its scheme, with the full stop of its sentence, or inside the link of a
    /// mail filter. Private hosts and IP literals are refused unless `reach` lets them through.
    ///
    /// ```
    /// use ebl_verifier::document::link::Link;
    /// use ebl_verifier::web_address::Reach;
    ///
    /// let text = r#"https://actions.tradetrust.io?q={"type":"DOCUMENT","payload":
    ///     {"uri":"https://docs.example/d/1","chainId":"137"}}"#;
    /// let link = Link::parse(text, Reach::Public)?;
    /// assert_eq!((link.address.host(), link.chain.map(|chain| chain.get())), ("docs.example", Some(137)));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn parse(text: &str, reach: Reach) -> Result<Self, InvalidLink> {
        if text.len() > LONGEST {
            return Err(InvalidLink::TooLong);
        }
        let url = spelling::url(&spelling::cleaned(text)).ok_or(InvalidLink::NotAUrl)?;
        Self::of_url(&url, reach, MOST_WRAPPINGS)
    }

    fn of_url(url: &Url, reach: Reach, wrappings_left: usize) -> Result<Self, InvalidLink> {
        if url.scheme() != "https" || !url.username().is_empty() || url.password().is_some() {
            return Err(InvalidLink::Origin);
        }
        let query = single_q(url.query().unwrap_or_default());
        let is_object = query.as_ref().is_ok_and(|query| spelling::is_object(query));
        let inner = spelling::defended_in(url).or_else(|| if is_object { None } else { spelling::wrapped_in(url) });
        if let Some(inner) = inner {
            let wrappings_left = wrappings_left.checked_sub(1).ok_or(InvalidLink::Wrapped)?;
            let inner = spelling::url(&inner).ok_or(InvalidLink::NotAUrl)?;
            return Self::of_url(&inner, reach, wrappings_left);
        }
        let query = query?;
        let (query, in_query) = spelling::fragment_in(&query);
        let action = object(query).ok_or(InvalidLink::Query)?;
        let action = action.root();
        if !action.get("type").is_some_and(|kind| kind.is_str("DOCUMENT")) {
            return Err(InvalidLink::Type);
        }
        let payload = action.get("payload").and_then(Value::as_object).ok_or(InvalidLink::Payload)?;
        let uri = payload.get("uri").and_then(Value::as_str).ok_or(InvalidLink::UriMissing)?;
        let in_fragments = [url.fragment(), in_query].map(|fragment| fragment.map_or(Ok(None), fragment_key));
        let [in_fragment, in_query] = in_fragments;
        let (in_fragment, in_payload) = (in_fragment?.or(in_query?), key(payload)?);
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

fn fragment_key(fragment: &str) -> Result<Option<Key>, InvalidLink> {
    if fragment.is_empty() {
        return Ok(None);
    }
    let text = decoded(fragment).ok_or(InvalidLink::Fragment)?;
    let object = object(&text).ok_or(InvalidLink::Fragment)?;
    object.root().as_object().map_or(Ok(None), key)
}

fn key(members: Members<'_>) -> Result<Option<Key>, InvalidLink> {
    let key = members.get("key").map(|key| key.as_str().and_then(|text| text.parse().ok()));
    key.map(|key| key.ok_or(InvalidLink::Key)).transpose()
}

/// A text or a number, in plain decimal digits.
fn chain(payload: Members<'_>) -> Result<Option<ChainId>, InvalidLink> {
    match payload.get("chainId").map(Value::kind) {
        Some(Kind::String(text)) => text.decoded().parse().map(Some).map_err(|_| InvalidLink::Chain),
        Some(Kind::Number(token)) => token.parse().map(Some).map_err(|_| InvalidLink::Chain),
        Some(_) => Err(InvalidLink::Chain),
        None => Ok(None),
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
    /// A link within a link within a link.
    #[error(
        "it is wrapped into other links more than {MOST_WRAPPINGS} times: open it and copy the address it leads to"
    )]
    Wrapped,
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
const MOST_WRAPPINGS: usize = 3;

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

    /// The links of the field with `docs.example` and this key, as they arrive.
    #[test]
    fn a_link_is_read_as_mail_programs_and_people_write_it() {
        let q = r#"{"type":"DOCUMENT","payload":{"uri":"https://docs.example/x.json","chainId":"1337"}}"#;
        let fragment = format!(r#"{{"key":"{KEY}"}}"#);
        let encoded =
            |text: &str| percent_encoding::utf8_percent_encode(text, percent_encoding::NON_ALPHANUMERIC).to_string();
        let plain = format!("https://app.example/?q={}#{}", encoded(q), encoded(&fragment));
        let wrapped = format!("https://filter.example/?url={}&data=05", encoded(&plain));
        let forms = [
            plain.clone(),
            format!(" {plain}\r\n"),
            format!("<{plain}>"),
            format!("\"{plain}\""),
            format!("“{plain}”."),
            format!("({plain});"),
            format!("\u{200b}{plain}\u{feff}"),
            plain.replacen("app", "a\u{200b}pp", 1),
            plain.replace("https://", ""),
            plain.replace("https:", ""),
            plain.replace("?q=", "?lang=en&amp;q="),
            format!("https://app.example/?q={}", encoded(&format!("{q}#{fragment}"))),
            format!("https://app.example/?q={}", encoded(&format!("{q}#{}", encoded(&fragment)))),
            wrapped.clone(),
            format!("https://other.example/url?q={}", encoded(&wrapped)),
            // Mail filters in their own ways: as a parameter among others, as a part of the path, with `%` and `/`
            // respelt, with characters set aside.
            format!("https://linkprotect.example/url?a={}&c=E,1,x&typo=1", encoded(&plain)),
            format!("https://filter.example/s/{}/t/1", encoded(&plain)),
            format!("https://urldefense.proofpoint.com/v2/url?u={}&d=DwMF&c=x&r=y&m=z&s=w&e=", respelt(&plain)),
            format!("https://urldefense.com/v3/__{}__;{}!!AbC!x-y_z$", plain.replace('%', "*"), aside(&plain)),
        ];
        for text in forms {
            let link = Link::parse(&text, Reach::Public).unwrap_or_else(|why| panic!("{text}: {why}"));
            assert_eq!((link.address.host(), link.chain.map(ChainId::get)), ("docs.example", Some(1337)), "{text}");
            assert!(link.key.is_some(), "{text}");
        }
        let deep = (0..5).fold(plain, |inner, _| format!("https://filter.example/?url={}", encoded(&inner)));
        assert_eq!(Link::parse(&deep, Reach::Public).unwrap_err(), InvalidLink::Wrapped);
        // Which of two was meant nobody can know.
        let two = "https://filter.example/?a=https%3A%2F%2Fx.example&b=https%3A%2F%2Fy.example";
        assert_eq!(Link::parse(two, Reach::Public).unwrap_err(), InvalidLink::QueryCount);
    }

    fn respelt(url: &str) -> String {
        // Both stand-ins are themselves written as what they are not.
        let url = url.replace('-', "%2D").replace('_', "%5F");
        let is_plain = |character: char| character.is_ascii_alphanumeric() || character == '.';
        let one = |character: char| match character {
            '/' => "_".to_owned(),
            plain if is_plain(plain) => plain.to_string(),
            other => format!("-{:02X}", u32::from(other)),
        };
        url.chars().map(one).collect()
    }

    /// Every per cent sign.
    fn aside(url: &str) -> String {
        use base64::Engine as _;
        base64::engine::general_purpose::URL_SAFE.encode("%".repeat(url.matches('%').count()))
    }

    #[test]
    fn characters_set_aside_come_back_one_by_one_and_in_runs() {
        let defended = |rest: &str| {
            let url = url::Url::parse(&format!("https://urldefense.com/v3/__{rest}")).unwrap();
            spelling::defended_in(&url)
        };
        // `%` and `é`; then two, three.
        assert_eq!(defended("https://h.example/*7B*__;JcOp!!x$").as_deref(), Some("https://h.example/%7B\u{e9}"));
        assert_eq!(defended("https://h.example/**Ax**B__;YWJjZGU!!x$").as_deref(), Some("https://h.example/abxcde"));
        // Fewer than are wanted, no base64, no end, no web address, and another host.
        for broken in ["https://h.example/***A__;JQ!!x$", "https://h.example/*__;*!!x$", "https://h.example/", "x__;!!"]
        {
            assert_eq!(defended(broken), None, "{broken}");
        }
        let other = url::Url::parse("https://other.example/v3/__https://h.example/__;!!x$").unwrap();
        assert_eq!(spelling::defended_in(&other), None);
    }

    #[test]
    fn a_link_need_not_name_a_chain() {
        assert_eq!(link(r#"{"uri":"https://docs.example/"}"#, "").unwrap().chain, None);
        assert_eq!(link(r#"{"uri":"https://docs.example/","chainId":null}"#, "").unwrap_err(), InvalidLink::Chain);
    }

    #[test]
    fn a_plain_address_is_not_a_link() {
        let parse = |text: &str| Link::parse(text, Reach::Public).unwrap_err();
        assert_eq!(parse("https://docs.example/bill.json"), InvalidLink::QueryCount);
        assert_eq!(parse(&format!("https://docs.example/?q={}", "a".repeat(LONGEST))), InvalidLink::TooLong);
        assert_eq!(parse("https://docs.example/?q={\"type\":\"DOCUMENT\",\"type\":\"DOCUMENT\"}"), InvalidLink::Query);
    }
}
