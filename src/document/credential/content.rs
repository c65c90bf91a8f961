//! What holds for every value of a credential, wherever it stands: whatever a reader could show of it becomes exactly one
//! signed statement, so what becomes none, and what two readers write as different ones, is refused (documents.md §9.2).

use std::fmt;
use std::hash::{BuildHasher as _, RandomState};

use super::FormRule;
use crate::document::BrokenRule;
use crate::document::json::{self, Items, Kind, Members, Text, Value};
use crate::text::clipped;

/// The members of a whole credential or presentation, without its `@context` and the one that is read for itself.
pub(in crate::document) fn check(
    members: Members<'_>,
    apart: Option<&str>,
    disclosure: Disclosure,
) -> Result<(), BrokenRule> {
    let here = members.filter(|(name, _)| !name.is("@context") && !apart.is_some_and(|apart| name.is(apart)));
    for (name, value) in here {
        check_value(value, &At { above: None, step: Step::Name(name) }, disclosure)?;
    }
    Ok(())
}

/// Whether parts of the document can be taken out without its proof being lost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::document) enum Disclosure {
    Whole,
    /// Its suite finds blank nodes by their text (ecdsa-sd-2023, bbs-2023).
    Selective,
}

fn check_value(value: Value<'_>, at: &At<'_>, disclosure: Disclosure) -> Result<(), BrokenRule> {
    match value.kind() {
        Kind::Null => Err(FormRule::NullValue.broken(format!("`{at}` is null, which no signature covers"))),
        Kind::Bool(_) => Ok(()),
        Kind::Number(token) if is_canonical(token) => Ok(()),
        Kind::Number(token) => {
            let token = clipped(token);
            let why = format!("the number {token} of `{at}` is not written as every program writes it");
            Err(FormRule::NumberForm.broken(why))
        }
        Kind::String(text) if disclosure == Disclosure::Selective && has_blank_node(text) => {
            let why =
                format!("`{at}` has a text with `_:` in it, which some programs change before they check the proof");
            Err(FormRule::BlankNodeText.broken(why))
        }
        Kind::String(_) => Ok(()),
        Kind::Array(items) => {
            if items.is_empty() {
                return Err(FormRule::EmptyValue.broken(format!("`{at}` is an empty list, which no signature covers")));
            }
            for (index, item) in items.enumerate() {
                let at = At { above: Some(at), step: Step::Index(index) };
                if item.as_array().is_some() {
                    return Err(FormRule::NestedList.broken(format!("`{at}` is a list directly in a list")));
                }
                check_value(item, &at, disclosure)?;
            }
            refuse_repeated(items, at)
        }
        Kind::Object(members) => {
            if members.is_empty() {
                return Err(
                    FormRule::EmptyValue.broken(format!("`{at}` is an empty object, which no signature covers"))
                );
            }
            for (name, value) in members {
                let at = At { above: Some(at), step: Step::Name(name) };
                check_name(name, &at)?;
                check_value(value, &at, disclosure)?;
            }
            Ok(())
        }
    }
}

/// A name that is a keyword of JSON-LD, or that says itself what it means, changes what the document says.
fn check_name(name: Text<'_>, at: &At<'_>) -> Result<(), BrokenRule> {
    let name = name.decoded();
    if name.starts_with('@') {
        return Err(FormRule::MemberAt.broken(format!("the member `{at}` would change how the document is read")));
    }
    if name.contains(':') {
        return Err(FormRule::MemberName.broken(format!("the name of the member `{at}` has a colon in it")));
    }
    Ok(())
}

/// Top-level members are those of the format.
pub(in crate::document) fn check_members(mut members: Members<'_>, known: &[&str]) -> Result<(), BrokenRule> {
    members.try_for_each(|(name, _)| {
        if known.iter().any(|known| name.is(known)) {
            return Ok(());
        }
        let at = At { above: None, step: Step::Name(name) };
        check_name(name, &at)?;
        Err(FormRule::MemberUnknown.broken(format!("there is a member `{at}` that the format does not have")))
    })
}

/// As ECMAScript prints it, and not so small that programs of this field make 0 of it (documents.md §9.3).
fn is_canonical(token: &str) -> bool {
    json::is_ecmascript_number(token) && (token.contains('.') || !token.contains("e-"))
}

/// Such text is taken for the label of a blank node: `_:`, and no blank behind it.
fn has_blank_node(text: Text<'_>) -> bool {
    let text = text.decoded();
    text.match_indices("_:").any(|(at, _)| !matches!(text.as_bytes().get(at + 2), None | Some(b' ' | b'\t'..=b'\r')))
}

/// A list is a set of statements, so what stands twice in it is signed once: a text, number or word however it is written,
/// and an object by its id.
fn refuse_repeated(items: Items<'_>, at: &At<'_>) -> Result<(), BrokenRule> {
    // What is repeated over and over is found without a hash for each.
    const FIRST: usize = 1024;
    let repeated = match items.count() {
        count if count > FIRST => repeated(items.take(FIRST), FIRST).or_else(|| repeated(items, count)),
        count => repeated(items, count),
    };
    let Some(repeated) = repeated else { return Ok(()) };
    let why = format!("{:?} stands twice in `{at}`, and a signature covers it once", clipped(&repeated.text()));
    Err(FormRule::DuplicateValue.broken(why))
}

/// One of these items that stands there before. All are sorted by a hash that nobody outside can foresee.
fn repeated<'t>(items: impl Iterator<Item = Value<'t>> + Clone, count: usize) -> Option<Said<'t>> {
    let hasher = RandomState::new();
    let hashed = |said: &Said<'_>| hasher.hash_one(said.text().as_ref());
    let mut hashes: Vec<u64> = Vec::with_capacity(count);
    hashes.extend(items.clone().filter_map(Said::of).map(|said| hashed(&said)));
    hashes.sort_unstable();
    let mut twice = hashes.windows(2).filter(|pair| pair[0] == pair[1]).map(|pair| pair[0]);
    twice.find_map(|hash| {
        let mut alike = items.clone().filter_map(Said::of).filter(|said| hashed(said) == hash);
        let first = alike.next()?;
        alike.find(|other| other.text() == first.text())
    })
}

/// What an item is known by.
enum Said<'t> {
    Text(Text<'t>),
    Token(&'t str),
}

impl<'t> Said<'t> {
    fn of(item: Value<'t>) -> Option<Self> {
        match item.kind() {
            Kind::String(text) => Some(Self::Text(text)),
            Kind::Number(token) => Some(Self::Token(token)),
            Kind::Bool(true) => Some(Self::Token("true")),
            Kind::Bool(false) => Some(Self::Token("false")),
            Kind::Object(members) => members.get("id").and_then(Value::as_text).map(Self::Text),
            Kind::Null | Kind::Array(_) => None,
        }
    }

    fn text(&self) -> std::borrow::Cow<'t, str> {
        match self {
            Self::Text(text) => text.decoded(),
            Self::Token(token) => (*token).into(),
        }
    }
}

/// The way to a value, for sentences.
struct At<'p> {
    above: Option<&'p At<'p>>,
    step: Step<'p>,
}

enum Step<'p> {
    Name(Text<'p>),
    Index(usize),
}

/// Only the last steps of a long way.
impl fmt::Display for At<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const MOST: usize = 8;
        let steps: Vec<&At<'_>> = std::iter::successors(Some(self), |at| at.above).collect();
        if steps.len() > MOST {
            f.write_str("…")?;
        }
        for (place, at) in steps.iter().take(MOST).rev().enumerate() {
            match &at.step {
                Step::Name(name) if place > 0 => write!(f, ".{}", clipped(&name.decoded()))?,
                Step::Name(name) => f.write_str(&clipped(&name.decoded()))?,
                Step::Index(index) => write!(f, "[{index}]")?,
            }
        }
        Ok(())
    }
}
