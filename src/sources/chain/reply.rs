//! JSON-RPC replies as they come off the wire. A body stays the text that it is: it is cut into as many envelopes as there
//! were calls, and each value is read into what is expected there. No general tree is ever built: of two bytes a value, as
//! in `[[],[],…]`, one would take ninety times its size.

use std::fmt;
use std::marker::PhantomData;
use std::ops::Range;
use std::sync::Arc;

use serde::de::value::MapAccessDeserializer;
use serde::de::{DeserializeOwned, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};

use crate::primitives::decode_hex;

/// An item's result, or the node's error object.
pub(super) type Item = Result<Json, NodeError>;

/// One value of a reply: a part of its text.
#[derive(Clone)]
pub(super) struct Json {
    body: Arc<[u8]>,
    place: Range<usize>,
}

impl Json {
    /// `None` for anything but a value of this form.
    pub(super) fn read<T: DeserializeOwned>(&self) -> Option<T> {
        serde_json::from_slice(self.text()).ok()
    }

    /// The same for the members of an object.
    pub(super) fn object<T: DeserializeOwned>(&self) -> Option<T> {
        self.read().map(|Object(members)| members)
    }

    /// `0x` and whole bytes.
    pub(super) fn bytes(&self) -> Option<Vec<u8>> {
        self.read().map(|Data(bytes)| bytes)
    }

    pub(super) fn is_null(&self) -> bool {
        self.text() == b"null"
    }

    pub(super) fn is_list(&self) -> bool {
        self.text().starts_with(b"[")
    }

    pub(super) fn is_object(&self) -> bool {
        self.text().starts_with(b"{")
    }

    /// The items of a list that has at most so many.
    fn items(&self, most: usize) -> Option<Vec<Self>> {
        let mut scan = Scan { json: self, next: self.place.start };
        let mut items = Vec::new();
        let mut more = scan.opens(b'[', b']')?;
        while more {
            let item = scan.value()?;
            if items.len() == most {
                return None;
            }
            items.push(item);
            more = scan.goes_on(b']')?;
        }
        Some(items)
    }

    /// The first members of an object, at most so many.
    pub(super) fn members(&self, most: usize) -> Option<Vec<(String, Self)>> {
        let mut scan = Scan { json: self, next: self.place.start };
        let mut members = Vec::new();
        let mut more = scan.opens(b'{', b'}')?;
        while more && members.len() < most {
            let name = scan.value()?.read()?;
            scan.takes(b':')?;
            members.push((name, scan.value()?));
            more = scan.goes_on(b'}')?;
        }
        Some(members)
    }

    fn text(&self) -> &[u8] {
        self.body.get(self.place.clone()).unwrap_or_default()
    }
}

impl Default for Json {
    fn default() -> Self {
        let body: Arc<[u8]> = Arc::from(b"null".as_slice());
        Self { place: 0..body.len(), body }
    }
}

impl fmt::Debug for Json {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Json({} bytes)", self.place.len())
    }
}

#[cfg(test)]
impl From<serde_json::Value> for Json {
    fn from(value: serde_json::Value) -> Self {
        let body: Arc<[u8]> = value.to_string().into_bytes().into();
        Self { place: 0..body.len(), body }
    }
}

/// Goes through the text of a list or an object, which is known to be JSON.
struct Scan<'a> {
    json: &'a Json,
    next: usize,
}

impl Scan<'_> {
    /// Whether anything stands between the brackets.
    fn opens(&mut self, opening: u8, closing: u8) -> Option<bool> {
        self.takes(opening)?;
        let empty = self.rest().first() == Some(&closing);
        Some(!empty)
    }

    /// Whether another item comes.
    fn goes_on(&mut self, closing: u8) -> Option<bool> {
        let end = self.rest().first() == Some(&closing);
        if !end {
            self.takes(b',')?;
        }
        Some(!end)
    }

    fn takes(&mut self, byte: u8) -> Option<()> {
        self.rest().first().filter(|first| **first == byte)?;
        self.next += 1;
        Some(())
    }

    /// The value that stands here.
    fn value(&mut self) -> Option<Json> {
        let mut values = serde_json::Deserializer::from_slice(self.rest()).into_iter::<IgnoredAny>();
        values.next()?.ok()?;
        let length = values.byte_offset();
        let place = self.next..self.next + length;
        self.next = place.end;
        Some(Json { body: Arc::clone(&self.json.body), place })
    }

    /// What is left, from the next byte that is no blank.
    fn rest(&mut self) -> &[u8] {
        let rest = self.json.body.get(self.next..self.json.place.end).unwrap_or_default();
        let blanks = rest.iter().take_while(|byte| byte.is_ascii_whitespace()).count();
        self.next += blanks;
        rest.get(blanks..).unwrap_or_default()
    }
}

/// A JSON-RPC error object.
#[derive(Debug, Clone, Default)]
pub(super) struct NodeError {
    pub code: i64,
    pub message: String,
    pub data: Json,
}

impl NodeError {
    /// Members of another type than they should be are as if they were not there.
    fn of(error: &Json) -> Self {
        let mut said = Self::default();
        for (name, value) in error.members(MOST_MEMBERS).unwrap_or_default() {
            match name.as_str() {
                "code" => said.code = value.read().unwrap_or_default(),
                "message" => {
                    let message: String = value.read().unwrap_or_default();
                    said.message = message.chars().take(LONGEST_MESSAGE).collect();
                }
                "data" => said.data = value,
                _ => {}
            }
        }
        said
    }

    /// Whether a contract reverted, in the ways nodes say so.
    pub(super) fn is_revert(&self) -> bool {
        self.code == 3 || self.says(&["revert"])
    }

    /// Whether the node only wants to be asked later: EIP-1474's "limit exceeded", or the HTTP status as a code. A
    /// contract's revert text is not the node's word.
    pub(super) fn is_rate_limit(&self) -> bool {
        // A query for fewer logs or calls is answered at once, and one for as many is refused again.
        if self.is_about_results()
            || self.is_about_batches()
            || self.says(&["block range", "range of blocks", "too many blocks"])
        {
            return false;
        }
        let spoken = ["too many requests", "rate limit", "limit exceeded", "over capacity", "try again"];
        matches!(self.code, -32005 | 429) || !self.is_revert() && self.says(&spoken)
    }

    /// Whether a query for logs was refused because it selects too many of them.
    pub(super) fn is_about_results(&self) -> bool {
        self.says(&["results", "response size", "more than", "too many logs"]) && !self.says(&["requests"])
    }

    /// Whether a call was refused for being in a batch, or a batch for being one, in words.
    pub(super) fn is_about_batches(&self) -> bool {
        !self.is_revert() && self.says(&["batch"])
    }

    /// Whether the node cannot take a batch at all: invalid request, unknown method, invalid parameters or not JSON, as
    /// a server says that looks for one object, or in words.
    pub(super) fn refuses_batches(&self) -> bool {
        matches!(self.code, -32600 | -32601 | -32602 | -32700) || self.is_about_batches()
    }

    fn says(&self, parts: &[&str]) -> bool {
        let message = self.message.to_ascii_lowercase();
        parts.iter().any(|part| message.contains(part))
    }
}

/// One reply of a body.
#[derive(Debug, Default)]
pub(super) struct Envelope {
    id: Json,
    result: Option<Json>,
    error: Json,
}

impl Envelope {
    /// `None` for what is no object, or says one thing twice.
    fn of(reply: &Json) -> Option<Self> {
        let (mut id, mut result, mut error) = (None, None, None);
        for (name, value) in reply.members(MOST_MEMBERS)? {
            let member = match name.as_str() {
                "id" => &mut id,
                "result" => &mut result,
                "error" => &mut error,
                _ => continue,
            };
            if member.replace(value).is_some() {
                return None;
            }
        }
        Some(Self { id: id.unwrap_or_default(), result, error: error.unwrap_or_default() })
    }

    /// The number that the call was given.
    pub(super) fn id(&self) -> Option<usize> {
        self.id.read()
    }

    /// Whether it answers no call in particular, and then with an error.
    pub(super) fn is_about_no_call(&self) -> bool {
        self.id.is_null() && self.error.is_object()
    }

    /// The error, if it is one.
    pub(super) fn error(&self) -> Option<NodeError> {
        self.error.is_object().then(|| NodeError::of(&self.error))
    }

    /// `None` where there is neither a result nor an error.
    pub(super) fn item(self) -> Option<Item> {
        if self.error.is_null() { self.result.map(Ok) } else { Some(Err(NodeError::of(&self.error))) }
    }
}

/// What the body of a reply is.
#[derive(Debug)]
pub(super) enum Body {
    Batch(Vec<Envelope>),
    Single(Envelope),
    /// JSON that is neither, or has more replies than there were calls.
    Other,
    /// Not JSON, or cut short.
    Unreadable,
}

impl Body {
    /// Reads the replies to at most `calls` calls.
    pub(super) fn read(bytes: Vec<u8>, calls: usize) -> Self {
        if serde_json::from_slice::<IgnoredAny>(&bytes).is_err() {
            return Self::Unreadable;
        }
        let start = bytes.iter().take_while(|byte| byte.is_ascii_whitespace()).count();
        let body = Json { place: start..bytes.len(), body: bytes.into() };
        let read = if body.is_list() {
            let replies = body.items(calls);
            replies.and_then(|replies| replies.iter().map(Envelope::of).collect::<Option<_>>()).map(Self::Batch)
        } else {
            Envelope::of(&body).map(Self::Single)
        };
        read.unwrap_or(Self::Other)
    }

    /// The errors in it.
    pub(super) fn errors(&self) -> Vec<NodeError> {
        match self {
            Self::Batch(replies) => replies.iter().filter_map(Envelope::error).collect(),
            Self::Single(reply) => reply.error().into_iter().collect(),
            Self::Other | Self::Unreadable => Vec::new(),
        }
    }
}

/// An object, and never a list of its members in their order, which the derived readers would take as well.
#[derive(Debug)]
pub(super) struct Object<T>(pub T);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Object<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Members<T>(PhantomData<T>);

        impl<'de, T: Deserialize<'de>> Visitor<'de> for Members<T> {
            type Value = T;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, members: A) -> Result<T, A::Error> {
                T::deserialize(MapAccessDeserializer::new(members))
            }
        }

        deserializer.deserialize_map(Members(PhantomData)).map(Self)
    }
}

/// The first `N` items of a list.
#[derive(Debug)]
pub(super) struct First<T, const N: usize> {
    pub items: Vec<T>,
    /// Whether there were more, which were passed over.
    pub more: bool,
}

impl<T, const N: usize> First<T, N> {
    /// All the items, unless there were more.
    pub(super) fn whole(self) -> Option<Vec<T>> {
        (!self.more).then_some(self.items)
    }
}

impl<'de, T: Deserialize<'de>, const N: usize> Deserialize<'de> for First<T, N> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Items<T, const N: usize>(PhantomData<T>);

        impl<'de, T: Deserialize<'de>, const N: usize> Visitor<'de> for Items<T, N> {
            type Value = First<T, N>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a list")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut sequence: A) -> Result<First<T, N>, A::Error> {
                let mut items = Vec::new();
                while items.len() < N {
                    match sequence.next_element()? {
                        Some(item) => items.push(item),
                        None => return Ok(First { items, more: false }),
                    }
                }
                let mut more = false;
                while sequence.next_element::<IgnoredAny>()?.is_some() {
                    more = true;
                }
                Ok(First { items, more })
            }
        }

        deserializer.deserialize_seq(Items(PhantomData))
    }
}

/// JSON-RPC's QUANTITY: `0x` and hexadecimal digits, here with leading zeros too.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Quantity(pub u64);

impl Quantity {
    pub(super) fn of(text: &str) -> Option<Self> {
        let digits = text.strip_prefix("0x")?;
        let plain = !digits.is_empty() && digits.bytes().all(|digit| digit.is_ascii_hexdigit());
        plain.then(|| u64::from_str_radix(digits, 16).ok()).flatten().map(Self)
    }
}

impl<'de> Deserialize<'de> for Quantity {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        text(deserializer, "a quantity", Self::of)
    }
}

/// JSON-RPC's DATA: `0x` and whole bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Data(pub Vec<u8>);

impl Data {
    fn of(text: &str) -> Option<Self> {
        text.starts_with("0x").then(|| decode_hex(text)).flatten().map(Self)
    }
}

impl<'de> Deserialize<'de> for Data {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        text(deserializer, "data", Self::of)
    }
}

/// Of an envelope or an error; nobody looks at any but the few that have a meaning.
const MOST_MEMBERS: usize = 32;
/// Nobody looks further into an error's words.
const LONGEST_MESSAGE: usize = 2000;

/// As [`text`]; anything else counts as nothing.
pub(super) fn text_or_nothing<'de, D: Deserializer<'de>, T>(
    deserializer: D,
    parse: fn(&str) -> Option<T>,
) -> Result<Option<T>, D::Error> {
    struct OrNothing<T>(fn(&str) -> Option<T>);

    impl<'de, T> Visitor<'de> for OrNothing<T> {
        type Value = Option<T>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("anything")
        }

        fn visit_str<E>(self, text: &str) -> Result<Option<T>, E> {
            Ok((self.0)(text))
        }

        fn visit_unit<E>(self) -> Result<Option<T>, E> {
            Ok(None)
        }

        fn visit_bool<E>(self, _: bool) -> Result<Option<T>, E> {
            Ok(None)
        }

        fn visit_u64<E>(self, _: u64) -> Result<Option<T>, E> {
            Ok(None)
        }

        fn visit_i64<E>(self, _: i64) -> Result<Option<T>, E> {
            Ok(None)
        }

        fn visit_f64<E>(self, _: f64) -> Result<Option<T>, E> {
            Ok(None)
        }

        fn visit_seq<A: SeqAccess<'de>>(self, items: A) -> Result<Option<T>, A::Error> {
            IgnoredAny.visit_seq(items).map(|_| None)
        }

        fn visit_map<A: MapAccess<'de>>(self, members: A) -> Result<Option<T>, A::Error> {
            IgnoredAny.visit_map(members).map(|_| None)
        }
    }

    deserializer.deserialize_any(OrNothing(parse))
}

/// A text that `parse` reads, without a copy of it.
pub(super) fn text<'de, D: Deserializer<'de>, T>(
    deserializer: D,
    what: &'static str,
    parse: fn(&str) -> Option<T>,
) -> Result<T, D::Error> {
    struct Parsed<T> {
        what: &'static str,
        parse: fn(&str) -> Option<T>,
    }

    impl<T> Visitor<'_> for Parsed<T> {
        type Value = T;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str(self.what)
        }

        fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<T, E> {
            (self.parse)(text).ok_or_else(|| E::custom(self.what))
        }
    }

    deserializer.deserialize_str(Parsed { what, parse })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_body_is_read_as_far_as_there_were_calls() {
        let replies = |count: usize| format!("[{}]", vec![r#"{"id":0,"result":null}"#; count].join(","));
        assert!(matches!(Body::read(replies(2).into_bytes(), 2), Body::Batch(replies) if replies.len() == 2));
        for other in [replies(3).as_str(), "[[],[]]", "[1]", "7", "\"\"", "null", r#"{"id":0,"id":1}"#] {
            assert!(matches!(Body::read(other.into(), 2), Body::Other), "{other}");
        }
        for unreadable in ["", "<html>", "[{\"id\":0,\"res", "{} {}", "[{\"id\":0}] x"] {
            assert!(matches!(Body::read(unreadable.into(), 2), Body::Unreadable), "{unreadable}");
        }
    }

    #[test]
    fn null_is_a_result_and_no_error() {
        let item = |text: &str| match Body::read(text.into(), 1) {
            Body::Single(reply) => reply.item(),
            other => panic!("{other:?}"),
        };
        assert!(matches!(item(r#"{"result":null,"error":null}"#), Some(Ok(value)) if value.is_null()));
        assert!(item(r#"{"id":0}"#).is_none());
        let error = item(r#"{"error":"no"}"#).unwrap().unwrap_err();
        assert_eq!((error.code, error.message.as_str(), error.data.is_null()), (0, "", true));
        let error = item(r#"{"error":{"code":"x","message":7,"data":[1]}}"#).unwrap().unwrap_err();
        assert_eq!((error.code, error.message.as_str(), error.data.is_list()), (0, "", true));
    }

    #[test]
    fn values_are_found_where_they_stand() {
        let text = r#" { "a" : [ 1 , "]" ] , "\u0062":{"c":-1.5e3}, "d":[],"e":{} , "f" : true }  "#;
        let json = Json { body: text.as_bytes().into(), place: 1..text.len() };
        let members = json.members(9).unwrap();
        let shown = |json: &Json| String::from_utf8(json.text().to_vec()).unwrap();
        let found: Vec<_> = members.iter().map(|(name, value)| (name.as_str(), shown(value))).collect();
        let wanted = [("a", "[ 1 , \"]\" ]"), ("b", "{\"c\":-1.5e3}"), ("d", "[]"), ("e", "{}"), ("f", "true")];
        assert_eq!(found, wanted.map(|(name, value)| (name, value.to_owned())));
        let items = |index: usize| members[index].1.items(2).map(|items| items.iter().map(shown).collect::<Vec<_>>());
        assert_eq!(items(0), Some(vec!["1".to_owned(), "\"]\"".to_owned()]));
        assert_eq!((items(2), items(1), members[0].1.items(1).is_none()), (Some(Vec::new()), None, true));
        assert_eq!(json.members(1).unwrap().len(), 1);
    }

    #[test]
    fn a_list_is_read_as_far_as_it_may_go() {
        let list = |value: serde_json::Value| Json::from(value).read::<First<Quantity, 2>>();
        assert_eq!(list(json!(["0x1", "0x02"])).unwrap().whole(), Some(vec![Quantity(1), Quantity(2)]));
        assert!(list(json!(["0x1", "0x2", []])).unwrap().more);
        assert!(list(json!(["0x1", []])).is_none());
        assert!(list(json!({})).is_none());
    }

    #[test]
    fn an_error_about_batches_is_no_call_for_patience() {
        let error = |code, message: &str| NodeError { code, message: message.into(), data: Json::default() };
        assert!(!error(-32005, "batch limit exceeded").is_rate_limit());
        assert!(error(-32005, "limit exceeded").is_rate_limit());
        assert!(!error(3, "execution reverted: empty batch").is_about_batches());
    }
}
