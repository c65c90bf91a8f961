//! Contexts that the caller gave: a document of JSON-LD 1.1 as published, within what [`super::context`] knows. Whatever
//! would need another document, or would give a meaning to every word, is refused with the reason.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::sync::Arc;

use super::active::is_iri;
use super::context::{Coercion, Container, Context, Definition, Direction, Meaning, Scope, embedded};
use super::error::InvalidContext;
use crate::document::Limits;
use crate::document::json::{self, Kind, Value};

/// A published context has some kilobytes.
const MOST_BYTES: usize = 1 << 20;

/// Reads the document of a context.
pub(super) fn read(bytes: &[u8]) -> Result<Context, InvalidContext> {
    let tree = json::parse(bytes, &Limits { max_bytes: MOST_BYTES, ..Limits::default() })?;
    let context = tree.root().get("@context").ok_or(InvalidContext::NotAContext("it has no member `@context`"))?;
    Local::new(context, None).read()
}

/// A context in its document, and the ones that it stands in: their prefixes count in it.
struct Local<'a> {
    written: Value<'a>,
    around: Option<&'a Local<'a>>,
    relies_on: RefCell<BTreeMap<Arc<str>, Option<Arc<str>>>>,
}

impl<'a> Local<'a> {
    fn new(written: Value<'a>, around: Option<&'a Local<'a>>) -> Self {
        Self { written, around, relies_on: RefCell::default() }
    }

    fn read(self) -> Result<Context, InvalidContext> {
        let Some(members) = self.written.as_object() else {
            return Err(InvalidContext::NotAContext(match self.written.kind() {
                Kind::String(_) => "it refers to another document, and none is ever fetched",
                Kind::Array(_) => "it is a list of contexts; give each as a file of its own",
                _ => "its `@context` is no object",
            }));
        };
        let protected = match members.get("@protected").map(Value::kind) {
            None => false,
            Some(Kind::Bool(protected)) => protected,
            Some(_) => return Err(InvalidContext::NotAContext("`@protected` is neither true nor false")),
        };
        let mut terms = BTreeMap::new();
        for (name, value) in members {
            let name = name.decoded();
            match &*name {
                "@version" | "@protected" => {}
                name if name.starts_with('@') => return Err(InvalidContext::NotAContext(why_not(name))),
                name => {
                    let refused =
                        |reason| InvalidContext::Term { term: crate::text::clipped(name).into_owned(), reason };
                    let definition = self.definition(name, value, protected).map_err(|fault| match fault {
                        Fault::Reason(reason) => refused(reason),
                        Fault::Inside(error) => error,
                    })?;
                    terms.insert(Arc::from(name), Arc::new(definition));
                }
            }
        }
        Ok(Context { terms, relies_on: self.relies_on.into_inner() })
    }

    fn definition(&self, name: &str, written: Value<'_>, protected: bool) -> Result<Definition, Fault> {
        if name.is_empty() || name.contains([':', '/']) {
            return Err(Fault::Reason("a name that is empty or has a colon or a slash is not supported"));
        }
        let mut definition = Definition { protected, from_caller: true, ..Definition::of(self.meaning(name, 0)?) };
        let Some(members) = written.as_object() else {
            // Written as a text only: what ends like this may stand before a colon (JSON-LD 1.1 API §4.2.2).
            definition.prefix = match &definition.meaning {
                Meaning::Iri(iri) => iri.ends_with([':', '/', '?', '#', '[', ']', '@']),
                _ => false,
            };
            return Ok(definition);
        };
        for (member, value) in members {
            match &*member.decoded() {
                "@id" => {}
                "@type" => {
                    let name = value.as_str().ok_or(Fault::Reason("`@type` is no text"))?;
                    definition.coercion = match Coercion::of(&name) {
                        Coercion::Datatype(_) => Coercion::Datatype(self.iri(&name, 0)?),
                        keyword => keyword,
                    };
                }
                "@container" => definition.container = container(value)?,
                "@protected" => definition.protected = bool_of(value)?,
                "@prefix" => definition.prefix = bool_of(value)?,
                "@language" => {
                    let language = value.as_str().filter(|tag| is_language(tag));
                    let language = language.ok_or(Fault::Reason("`@language` is no language tag"))?;
                    definition.language = Some(language.as_ref().into());
                }
                "@direction" => {
                    definition.direction = Some(match value.as_str().as_deref() {
                        Some("ltr") => Direction::LeftToRight,
                        Some("rtl") => Direction::RightToLeft,
                        _ => return Err(Fault::Reason("`@direction` is neither `ltr` nor `rtl`")),
                    });
                }
                "@context" => {
                    definition.scope = match value.kind() {
                        Kind::Null => Scope::Forget,
                        _ => {
                            let inner = Local::new(value, Some(self));
                            Scope::Terms(Arc::new(inner.read().map_err(Fault::Inside)?))
                        }
                    };
                }
                "@reverse" => return Err(Fault::Reason("`@reverse` is not supported")),
                _ => return Err(Fault::Reason("it has a member that is not supported")),
            }
        }
        Ok(definition)
    }

    /// What a term of this context stands for.
    fn meaning(&self, name: &str, depth: usize) -> Result<Meaning, Fault> {
        let written = self.written.get(name).ok_or(Fault::Reason("it is not defined"))?;
        let iri = match written.kind() {
            Kind::Object(members) => {
                members.get("@id").ok_or(Fault::Reason("it has no `@id`, and no word has a meaning of its own"))?
            }
            _ => written,
        };
        match iri.kind() {
            Kind::Null => Ok(Meaning::Unmapped),
            Kind::String(text) => match &*text.decoded() {
                "@id" => Ok(Meaning::Id),
                "@type" => Ok(Meaning::Type),
                text if text == name => match is_iri(text) {
                    true => Ok(Meaning::Iri(text.into())),
                    false => Err(Fault::Reason("it is defined by itself")),
                },
                text => Ok(Meaning::Iri(self.iri(text, depth)?)),
            },
            _ => Err(Fault::Reason("it is defined by something that is no text")),
        }
    }

    /// An IRI, a term or a compact IRI of this context or one around it.
    fn iri(&self, text: &str, depth: usize) -> Result<Arc<str>, Fault> {
        if depth > MOST_REFERENCES {
            return Err(Fault::Reason("it is defined by itself, or through too many other terms"));
        }
        if text.starts_with('@') {
            return Err(Fault::Reason("only `@id` and `@type` may have another name"));
        }
        if let Some(context) = self.defines(text) {
            let Meaning::Iri(iri) = context.meaning(text, depth + 1)? else {
                return Err(Fault::Reason("it is defined by a term that is no IRI"));
            };
            self.rely_on(text, context, Some(&iri));
            return Ok(iri);
        }
        let (prefix, suffix) = text.split_once(':').ok_or(Fault::Reason("it is not an absolute IRI"))?;
        if !suffix.starts_with("//") {
            if let Some(context) = self.defines(prefix) {
                let written = context.written.get(prefix).ok_or(Fault::Reason("it is not defined"))?;
                let Meaning::Iri(iri) = context.meaning(prefix, depth + 1)? else {
                    return Err(Fault::Reason("it has a prefix that is no IRI"));
                };
                let may_be_prefix = match written.get("@prefix").map(Value::kind) {
                    Some(Kind::Bool(may)) => may,
                    _ => written.as_text().is_some() && iri.ends_with([':', '/', '?', '#', '[', ']', '@']),
                };
                self.rely_on(prefix, context, Some(&iri));
                if may_be_prefix {
                    return absolute(&format!("{iri}{suffix}"));
                }
            } else if is_embedded_prefix(prefix) {
                return Err(Fault::Reason("it has a prefix that this file does not define"));
            } else {
                self.relies_on.borrow_mut().insert(prefix.into(), None);
            }
        }
        absolute(text)
    }

    /// What a context around this one says could be said otherwise where this one counts.
    fn rely_on(&self, term: &str, of: &Self, iri: Option<&Arc<str>>) {
        if !std::ptr::eq(self, of) {
            self.relies_on.borrow_mut().insert(term.into(), iri.cloned());
        }
    }

    /// The innermost context that defines a term.
    fn defines(&self, term: &str) -> Option<&Self> {
        match self.written.get(term) {
            Some(_) => Some(self),
            None => self.around?.defines(term),
        }
    }
}

/// Terms that are defined by each other.
const MOST_REFERENCES: usize = 8;

enum Fault {
    Reason(&'static str),
    /// In a context inside.
    Inside(InvalidContext),
}

fn why_not(keyword: &str) -> &'static str {
    match keyword {
        "@vocab" => "it gives a meaning to every word (`@vocab`), so that nothing could be undefined",
        "@import" => "it refers to another document (`@import`), and none is ever fetched",
        "@base" => "it makes relative IRIs absolute (`@base`)",
        "@language" | "@direction" => "it gives every text a language or direction; write that at the terms",
        "@propagate" => "`@propagate` is not supported",
        _ => "it has a keyword that does not exist",
    }
}

fn container(value: Value<'_>) -> Result<Container, Fault> {
    let unsupported = Fault::Reason("a `@container` other than `@set`, `@list` and `@graph` is not supported");
    let one = |value: Value<'_>| value.as_str().and_then(|name| Container::of(&name));
    let Some(items) = value.as_array() else { return one(value).ok_or(unsupported) };
    match items.map(one).collect::<Option<Vec<_>>>().as_deref() {
        Some([]) => Ok(Container::None),
        Some([only] | [only, Container::Set] | [Container::Set, only]) if *only != Container::List => Ok(*only),
        Some([Container::List]) => Ok(Container::List),
        _ => Err(unsupported),
    }
}

fn bool_of(value: Value<'_>) -> Result<bool, Fault> {
    match value.kind() {
        Kind::Bool(word) => Ok(word),
        _ => Err(Fault::Reason("`@protected` or `@prefix` is neither true nor false")),
    }
}

/// BCP 47 by its form, as N-Quads writes it.
fn is_language(tag: &str) -> bool {
    let part = |part: &str| (1..=8).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_alphanumeric());
    tag.starts_with(|first: char| first.is_ascii_alphabetic()) && tag.split('-').all(part)
}

/// Whether a word before a colon may be a prefix of an embedded context, in a document that names that one as well.
fn is_embedded_prefix(prefix: &str) -> bool {
    fn within(context: &Context, prefix: &str) -> bool {
        context.terms.iter().any(|(name, definition)| {
            let inside = match &definition.scope {
                Scope::Terms(context) => within(context, prefix),
                Scope::None | Scope::Forget => false,
            };
            inside || (definition.prefix && **name == *prefix)
        })
    }
    embedded().values().flatten().any(|context| within(context, prefix))
}

fn absolute(iri: &str) -> Result<Arc<str>, Fault> {
    if is_iri(iri) { Ok(iri.into()) } else { Err(Fault::Reason("it is not an absolute IRI")) }
}
