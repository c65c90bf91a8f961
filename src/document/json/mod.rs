//! Strict JSON (documents.md §2): one pass over the bytes, number tokens kept as written, and exactly one way to read what
//! is accepted.
//!
//! A [`Tree`] is the text itself and a list of tokens of eight bytes each. Nothing is copied out of the text: a [`Value`]
//! is a place in the tree, strings are borrowed, and memory is a fixed part of the size of the text for every shape.
//!
//! ```
//! use ebl_verifier::document::{Limits, json};
//!
//! let tree = json::parse(br#"{"seal": [], "weight": 1.50}"#, &Limits::default())?;
//! let weight = tree.root().get("weight").unwrap();
//! assert!(matches!(weight.kind(), json::Kind::Number("1.50")));
//! # Ok::<(), ebl_verifier::document::ReadError>(())
//! ```

mod number;
mod reader;

use std::borrow::Cow;
use std::ops::Range;

pub(crate) use number::is_ecmascript_number;

use super::{Limits, ReadError};

/// Reads one JSON text whose top level is an object.
pub fn parse<'a>(bytes: &'a [u8], limits: &Limits) -> Result<Tree<'a>, ReadError> {
    let tree = parse_value(bytes, limits)?;
    match tree.root().as_object() {
        Some(_) => Ok(tree),
        None => Err(ReadError::other_value(tree.root())),
    }
}

/// Reads one JSON text of any kind.
pub(crate) fn parse_value<'a>(bytes: &'a [u8], limits: &Limits) -> Result<Tree<'a>, ReadError> {
    reader::read(bytes, limits)
}

/// Whether the text is exactly one JSON number, without blanks.
pub(crate) fn is_number(text: &str) -> bool {
    reader::is_number(text)
}

/// A text that was read.
#[derive(Debug, Clone, PartialEq)]
pub struct Tree<'a> {
    text: &'a str,
    /// Values and member names in the order of the text; a container stands before what is in it.
    tokens: Vec<Token>,
}

impl<'a> Tree<'a> {
    /// The whole.
    pub fn root(&self) -> Value<'_> {
        self.value(Place::default())
    }

    /// The value at a place of this tree.
    pub(crate) fn value(&self, place: Place) -> Value<'_> {
        Value { text: self.text, tokens: &self.tokens, index: place.0 }
    }
}

/// Where a value stands in its tree, for those who own the tree. A value's place is before those of all that is in it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Place(u32);

impl Place {
    /// Of this value, without what is in it.
    pub(crate) fn alone(self) -> Range<Self> {
        self..Self(self.0 + 1)
    }
}

#[derive(Debug, Clone, Copy, PartialEq)]
struct Token {
    /// The first byte, which tells what it is.
    at: u32,
    /// A container: the token behind all that is in it. A string: its closing quote, with [`ESCAPES`] if it has any. Else:
    /// the byte behind it.
    end: u32,
}

const ESCAPES: u32 = 1 << 31;

/// A value in a [`Tree`].
#[derive(Debug, Clone, Copy)]
pub struct Value<'t> {
    text: &'t str,
    tokens: &'t [Token],
    index: u32,
}

/// What a value is.
#[derive(Debug, Clone, Copy)]
pub enum Kind<'t> {
    /// `null`.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// The token as written.
    Number(&'t str),
    /// A string.
    String(Text<'t>),
    /// A list.
    Array(Items<'t>),
    /// An object.
    Object(Members<'t>),
}

impl<'t> Value<'t> {
    /// What it is.
    pub fn kind(self) -> Kind<'t> {
        let token = self.token();
        let inside = Self { index: self.index + 1, ..self };
        match self.text.as_bytes()[token.at as usize] {
            b'{' => Kind::Object(Members { next: inside, end: token.end }),
            b'[' => Kind::Array(Items { next: inside, end: token.end }),
            b'"' => Kind::String(text_of(self.text, token)),
            b't' => Kind::Bool(true),
            b'f' => Kind::Bool(false),
            b'n' => Kind::Null,
            _ => Kind::Number(&self.text[token.at as usize..token.end as usize]),
        }
    }

    /// The text, if this is a string.
    pub fn as_str(self) -> Option<Cow<'t, str>> {
        self.as_text().map(Text::decoded)
    }

    /// The text, not copied, if this is a string.
    pub fn as_text(self) -> Option<Text<'t>> {
        match self.kind() {
            Kind::String(text) => Some(text),
            _ => None,
        }
    }

    /// Whether this is exactly this string.
    pub fn is_str(self, wanted: &str) -> bool {
        self.as_text().is_some_and(|text| text.is(wanted))
    }

    /// The members, if this is an object.
    pub fn as_object(self) -> Option<Members<'t>> {
        match self.kind() {
            Kind::Object(members) => Some(members),
            _ => None,
        }
    }

    /// The items, if this is a list.
    pub fn as_array(self) -> Option<Items<'t>> {
        match self.kind() {
            Kind::Array(items) => Some(items),
            _ => None,
        }
    }

    /// A member of an object by name.
    pub fn get(self, name: &str) -> Option<Value<'t>> {
        self.as_object()?.get(name)
    }

    /// What kind of value this is, as people say it.
    pub(crate) fn in_words(self) -> &'static str {
        match self.kind() {
            Kind::Null => "null",
            Kind::Bool(_) => "true or false",
            Kind::Number(_) => "a number",
            Kind::String(_) => "a text",
            Kind::Array(_) => "a list",
            Kind::Object(_) => "an object",
        }
    }

    /// Whether there is an empty object or list in it, or it is one.
    pub fn has_empty_container(self) -> bool {
        let range = self.index..after(self.text, self.tokens, self.index as usize) as u32;
        range.clone().any(|index| {
            let token = self.tokens[index as usize];
            matches!(self.text.as_bytes()[token.at as usize], b'{' | b'[') && token.end == index + 1
        })
    }

    /// How many values in it hold no others: scalars, and empty objects and lists.
    pub(crate) fn leaves(self) -> usize {
        let text = self.text.as_bytes();
        let is_leaf = |index: &u32| {
            let token = self.tokens[*index as usize];
            match text[token.at as usize] {
                b'{' | b'[' => token.end == index + 1,
                // A name is what a colon follows.
                b'"' => {
                    let mut rest = text[(token.end & !ESCAPES) as usize + 1..].iter();
                    rest.find(|byte| !matches!(byte, b' ' | b'\t' | b'\n' | b'\r')) != Some(&b':')
                }
                _ => true,
            }
        };
        let Range { start, end } = self.places();
        (start.0..end.0).filter(is_leaf).count()
    }

    /// How many values and names the whole text has that it stands in, however that is laid out.
    pub(crate) fn values_in_text(self) -> usize {
        self.tokens.len()
    }

    pub(crate) fn place(self) -> Place {
        Place(self.index)
    }

    /// Its place and those of all that is in it.
    pub(crate) fn places(self) -> Range<Place> {
        self.place()..Place(after(self.text, self.tokens, self.index as usize) as u32)
    }

    fn token(self) -> Token {
        self.tokens[self.index as usize]
    }

    fn next(self) -> Self {
        Self { index: after(self.text, self.tokens, self.index as usize) as u32, ..self }
    }
}

/// The token behind a value and all that is in it.
fn after(text: &str, tokens: &[Token], index: usize) -> usize {
    let token = tokens[index];
    match text.as_bytes()[token.at as usize] {
        b'{' | b'[' => token.end as usize,
        _ => index + 1,
    }
}

fn text_of(text: &str, token: Token) -> Text<'_> {
    Text { raw: &text[token.at as usize + 1..(token.end & !ESCAPES) as usize], escapes: token.end & ESCAPES != 0 }
}

/// A string or a member name, where it stands.
#[derive(Debug, Clone, Copy)]
pub struct Text<'t> {
    raw: &'t str,
    escapes: bool,
}

impl<'t> Text<'t> {
    /// Without escapes; copied only where there are some.
    pub fn decoded(self) -> Cow<'t, str> {
        if self.escapes { Cow::Owned(reader::unescaped(self.raw)) } else { Cow::Borrowed(self.raw) }
    }

    /// Whether it is exactly this text.
    pub fn is(self, wanted: &str) -> bool {
        if self.escapes { self.decoded() == wanted } else { self.raw == wanted }
    }
}

impl PartialEq for Text<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.raw == other.raw || ((self.escapes || other.escapes) && self.decoded() == other.decoded())
    }
}

/// The items of a list.
#[derive(Debug, Clone, Copy)]
pub struct Items<'t> {
    next: Value<'t>,
    end: u32,
}

impl Items<'_> {
    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.next.index == self.end
    }
}

impl<'t> Iterator for Items<'t> {
    type Item = Value<'t>;

    fn next(&mut self) -> Option<Value<'t>> {
        if self.is_empty() {
            return None;
        }
        let item = self.next;
        self.next = item.next();
        Some(item)
    }
}

/// The members of an object in the order written; names are unique.
#[derive(Debug, Clone, Copy)]
pub struct Members<'t> {
    next: Value<'t>,
    end: u32,
}

impl<'t> Members<'t> {
    /// A member by name.
    pub fn get(mut self, name: &str) -> Option<Value<'t>> {
        self.find(|(known, _)| known.is(name)).map(|(_, value)| value)
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.next.index == self.end
    }
}

impl<'t> Iterator for Members<'t> {
    type Item = (Text<'t>, Value<'t>);

    fn next(&mut self) -> Option<(Text<'t>, Value<'t>)> {
        if self.is_empty() {
            return None;
        }
        let name = self.next;
        let value = Value { index: name.index + 1, ..name };
        self.next = value.next();
        Some((text_of(name.text, name.token()), value))
    }
}
