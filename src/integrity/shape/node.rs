//! A value of the content together with its place, and what it can be asked for. What does not fit is told in one sentence:
//! the member, what it is, and what it must be, with numbers as they were written. Nothing of the content is copied but
//! what that sentence repeats.

use std::borrow::Cow;
use std::fmt::Write as _;

use crate::date_time::rfc3339_seconds;
use crate::document::json::{Kind, Value};
use crate::document::oa2::{LeafType, salted_leaf};
use crate::primitives::Address;

/// An error says what does not fit.
pub(super) type Checked = Result<(), String>;

/// How values are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Family {
    /// Every leaf may be salted, and then the salt says its type.
    Oa2,
    /// As they are.
    Oa3,
}

/// A value and the way to it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Node<'n> {
    value: Value<'n>,
    family: Family,
    way: Option<(&'n Node<'n>, Step)>,
}

#[derive(Debug, Clone, Copy)]
enum Step {
    Name(&'static str),
    Index(usize),
}

/// What a value is once its salt is taken off.
enum Plain<'v> {
    Text(Cow<'v, str>),
    /// As written.
    Number(Cow<'v, str>),
    /// `true`, `false`, `null` or `undefined`.
    Word(Cow<'v, str>),
    List,
    Object,
}

impl<'n> Node<'n> {
    /// The whole content.
    pub(super) fn whole(value: Value<'n>, family: Family) -> Self {
        Self { value, family, way: None }
    }

    /// The member is there and passes.
    pub(super) fn required(&self, name: &'static str, check: impl FnOnce(&Node<'_>) -> Checked) -> Checked {
        match self.value.get(name) {
            Some(value) => check(&self.to(value, Step::Name(name))),
            None => {
                let mut place = self.place();
                place.push_str(if place.is_empty() { "" } else { "." });
                Err(format!("`{place}{name}` is missing"))
            }
        }
    }

    /// The member passes, if it is there.
    pub(super) fn optional(&self, name: &'static str, check: impl FnOnce(&Node<'_>) -> Checked) -> Checked {
        self.value.get(name).map_or(Ok(()), |value| check(&self.to(value, Step::Name(name))))
    }

    /// Whether the member is there and so.
    pub(super) fn member(&self, name: &'static str, is: impl FnOnce(&Node<'_>) -> bool) -> bool {
        self.value.get(name).is_some_and(|value| is(&self.to(value, Step::Name(name))))
    }

    pub(super) fn has(&self, name: &str) -> bool {
        self.value.get(name).is_some()
    }

    /// No other member is there.
    pub(super) fn nothing_besides(&self, names: &[&str]) -> Checked {
        let mut members = self.value.as_object().into_iter().flatten();
        match members.find(|(name, _)| !names.iter().any(|known| name.is(known))) {
            Some((name, _)) => {
                let name = name.decoded();
                Err(self.told(&format!("has a member {:?}, which does not belong there", clipped(&name))))
            }
            None => Ok(()),
        }
    }

    /// A list of at least so many items, each of which passes.
    pub(super) fn list(&self, at_least: usize, check: impl Fn(&Node<'_>) -> Checked) -> Checked {
        let items = self.value.as_array().ok_or_else(|| self.must_be("a list"))?;
        if items.take(at_least).count() < at_least {
            return Err(self.must_be("a list of at least one item"));
        }
        items.enumerate().try_for_each(|(index, item)| check(&self.to(item, Step::Index(index))))
    }

    /// One that `is_one`, or a list of such as pass. `wanted` says so.
    pub(super) fn one_or_list(
        &self,
        wanted: &str,
        is_one: fn(&Node<'_>) -> bool,
        check: fn(&Node<'_>) -> Checked,
    ) -> Checked {
        match self.value.kind() {
            Kind::Array(_) => self.list(0, check),
            _ if is_one(self) => Ok(()),
            _ => Err(self.must_be(wanted)),
        }
    }

    pub(super) fn is_object(&self) -> bool {
        self.value.as_object().is_some()
    }

    pub(super) fn is_text(&self) -> bool {
        matches!(self.plain(), Plain::Text(_))
    }

    /// Whether it is exactly this text.
    pub(super) fn is(&self, wanted: &str) -> bool {
        matches!(self.plain(), Plain::Text(text) if text == wanted)
    }

    /// An object; `wanted` says what else it could have been.
    pub(super) fn object_or(&self, wanted: &str) -> Checked {
        self.holds(self.is_object(), wanted)
    }

    pub(super) fn one_of(&self, words: &[&str]) -> Checked {
        let wanted = match words {
            [rest @ .., last] if !rest.is_empty() => Cow::Owned(format!("{} or {last}", rest.join(", "))),
            _ => Cow::Borrowed(words.first().copied().unwrap_or_default()),
        };
        self.holds(words.iter().any(|word| self.is(word)), &wanted)
    }

    /// A URI; `wanted` says what else than a text it could have been.
    pub(super) fn uri_or(&self, wanted: &str) -> Checked {
        self.text_that(wanted, is_uri, "a whole URI, as in https://carrier.example")
    }

    /// A sentence about the place itself.
    pub(super) fn told(&self, what: &str) -> String {
        let place = self.place();
        if place.is_empty() { format!("the content {what}") } else { format!("`{place}` {what}") }
    }

    fn text_that(&self, kind: &str, holds: impl FnOnce(&str) -> bool, wanted: &str) -> Checked {
        match self.plain() {
            Plain::Text(text) => self.holds(holds(&text), wanted),
            _ => Err(self.must_be(kind)),
        }
    }

    fn holds(&self, holds: bool, wanted: &str) -> Checked {
        if holds { Ok(()) } else { Err(self.must_be(wanted)) }
    }

    fn must_be(&self, wanted: &str) -> String {
        self.told(&format!("is {}; it must be {wanted}", self.in_words()))
    }

    fn to<'m>(&'m self, value: Value<'m>, step: Step) -> Node<'m> {
        Node { value, family: self.family, way: Some((self, step)) }
    }

    fn plain(&self) -> Plain<'n> {
        match self.value.kind() {
            Kind::String(text) => match (self.family, text.decoded()) {
                (Family::Oa2, text) => without_salt(text),
                (Family::Oa3, text) => Plain::Text(text),
            },
            Kind::Number(token) => Plain::Number(token.into()),
            Kind::Bool(value) => Plain::Word(if value { "true" } else { "false" }.into()),
            Kind::Null => Plain::Word("null".into()),
            Kind::Array(_) => Plain::List,
            Kind::Object(_) => Plain::Object,
        }
    }

    /// As OpenAttestation 3.0 names places: `issuers[0].name`; empty for the whole.
    fn place(&self) -> String {
        let Some((from, step)) = self.way else { return String::new() };
        let mut place = from.place();
        match step {
            Step::Index(index) => drop(write!(place, "[{index}]")),
            Step::Name(name) => {
                place.push_str(if place.is_empty() { "" } else { "." });
                place.push_str(name);
            }
        }
        place
    }

    fn in_words(&self) -> String {
        match self.plain() {
            Plain::Text(text) if text.is_empty() => "an empty text".to_owned(),
            Plain::Text(text) => format!("the text \"{}\"", clipped(&text)),
            Plain::Number(text) => format!("the number {}", clipped(&text)),
            Plain::Word(word) => word.into_owned(),
            Plain::List if self.value.as_array().is_some_and(|items| items.is_empty()) => "an empty list".to_owned(),
            Plain::Object if self.value.as_object().is_some_and(|members| members.is_empty()) => {
                "an empty object".to_owned()
            }
            Plain::List | Plain::Object => self.value.in_words().to_owned(),
        }
    }
}

pub(super) fn object(it: &Node<'_>) -> Checked {
    it.object_or("an object")
}

pub(super) fn text(it: &Node<'_>) -> Checked {
    it.holds(it.is_text(), "a text")
}

pub(super) fn address(it: &Node<'_>) -> Checked {
    let is_address = |text: &str| text.parse::<Address>().is_ok();
    it.text_that("a text", is_address, "an address: 0x and 40 hexadecimal digits, no name")
}

pub(super) fn web_address(it: &Node<'_>) -> Checked {
    let begins = |text: &str| text.starts_with("http://") || text.starts_with("https://");
    it.text_that("a text", begins, "a web address that begins with http:// or https://")
}

pub(super) fn date_time(it: &Node<'_>) -> Checked {
    let is_time = |text: &str| rfc3339_seconds(text).is_some();
    it.text_that("a text", is_time, "a date and time with its zone, as in 2026-03-01T08:00:00Z")
}

pub(super) fn uri(it: &Node<'_>) -> Checked {
    it.uri_or("a text")
}

fn without_salt(text: Cow<'_, str>) -> Plain<'_> {
    let Some((kind, plain)) = salted_leaf(&text) else { return Plain::Text(text) };
    let from = text.len() - plain.len();
    let plain = match text {
        Cow::Borrowed(text) => Cow::Borrowed(&text[from..]),
        Cow::Owned(mut text) => Cow::Owned(text.split_off(from)),
    };
    match kind {
        LeafType::String => Plain::Text(plain),
        LeafType::Number => Plain::Number(plain),
        LeafType::Boolean | LeafType::Null | LeafType::Undefined => Plain::Word(plain),
    }
}

/// By its beginning: whoever writes megabytes there gets no more read.
fn is_uri(text: &str) -> bool {
    const LONGEST: usize = 4096;
    url::Url::parse(&text[..text.floor_char_boundary(LONGEST)]).is_ok()
}

/// Shorter than other names from outside: a sentence has two of them.
fn clipped(text: &str) -> Cow<'_, str> {
    const LONGEST: usize = 80;
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", &text[..end]).into(),
        None => text.into(),
    }
}
