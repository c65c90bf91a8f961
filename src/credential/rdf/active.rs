//! Which terms count at a place of the document: the context processing of JSON-LD 1.1 with scopes and protection.

use std::collections::HashMap;
use std::rc::Rc;
use std::sync::Arc;

use super::context::{Context, Definition, Meaning, Scope};
use super::error::Unreadable;

/// The terms that count, and those that counted before a type brought its own.
#[derive(Debug, Default)]
pub(super) struct Active {
    number: usize,
    terms: HashMap<Arc<str>, Arc<Definition>>,
    /// A type's terms end where a nested object starts; it goes on with these.
    pub(super) previous: Option<Rc<Active>>,
}

impl Active {
    pub(super) fn get(&self, term: &str) -> Option<&Arc<Definition>> {
        self.terms.get(term)
    }

    /// The IRI of a text where one must stand (JSON-LD 1.1 API §5.2). `None`: it is relative, a keyword, or no IRI.
    pub(super) fn iri(&self, text: &str, lookup: Lookup) -> Option<Arc<str>> {
        if let Some(definition) = self.get(text) {
            match (&definition.meaning, lookup) {
                (Meaning::Iri(iri), Lookup::Terms) => return Some(Arc::clone(iri)),
                (Meaning::Iri(_), Lookup::Prefixes) => {}
                (Meaning::Unmapped, Lookup::Prefixes) => {}
                _ => return None,
            }
        }
        let (prefix, suffix) = text.split_once(':')?;
        if !suffix.starts_with("//")
            && let Some(definition) = self.get(prefix)
            && definition.prefix
            && let Meaning::Iri(iri) = &definition.meaning
        {
            return Some(format!("{iri}{suffix}").into());
        }
        is_iri(text).then(|| text.into())
    }
}

/// What a text may be besides an IRI.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Lookup {
    /// One that starts with a prefix.
    Prefixes,
    /// That, or a term.
    Terms,
}

/// Whether it is an absolute IRI by its form (RFC 3987) as far as N-Quads needs it: nothing in it ends or escapes it there.
pub(super) fn is_iri(text: &str) -> bool {
    let Some((scheme, _)) = text.split_once(':') else { return false };
    scheme.starts_with(|first: char| first.is_ascii_alphabetic())
        && scheme.chars().all(|letter| letter.is_ascii_alphanumeric() || matches!(letter, '+' | '-' | '.'))
        && !text
            .chars()
            .any(|letter| letter <= ' ' || matches!(letter, '<' | '>' | '"' | '{' | '}' | '|' | '^' | '`' | '\\'))
}

/// How a context comes in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Entry {
    /// Named in `@context`.
    Named,
    /// The scope of a property: it may redefine what is protected, and counts further down.
    Property,
    /// The scope of a type: it ends at the next object.
    Type,
}

/// Every combination of contexts that came up, each made once.
#[derive(Debug, Default)]
pub(super) struct Combinations {
    made: HashMap<(usize, usize, Entry), Rc<Active>>,
    count: usize,
}

/// Combinations in one document; a genuine one has a dozen.
const MOST_COMBINATIONS: usize = 1000;

impl Combinations {
    pub(super) fn enter(&mut self, active: &Rc<Active>, scope: &Scope, entry: Entry) -> Result<Rc<Active>, Unreadable> {
        let context = match scope {
            Scope::None => return Ok(Rc::clone(active)),
            Scope::Forget => None,
            Scope::Terms(context) => Some(context),
        };
        let key = (active.number, context.map_or(0, |context| Arc::as_ptr(context) as usize), entry);
        if let Some(made) = self.made.get(&key) {
            return Ok(Rc::clone(made));
        }
        self.count += 1;
        if self.count > MOST_COMBINATIONS {
            return Err(Unreadable::TooMany { what: "combinations of contexts", limit: MOST_COMBINATIONS });
        }
        let previous = match entry {
            Entry::Type => active.previous.clone().or_else(|| Some(Rc::clone(active))),
            Entry::Named | Entry::Property => active.previous.clone(),
        };
        let terms = match context {
            Some(context) => with(&active.terms, context, entry)?,
            None => {
                let protected = active.terms.iter().find(|(_, definition)| definition.protected);
                match protected {
                    Some((term, _)) if entry != Entry::Property => {
                        return Err(Unreadable::ProtectedTerm(term.to_string()));
                    }
                    _ => HashMap::new(),
                }
            }
        };
        let previous = if context.is_none() && entry != Entry::Type { None } else { previous };
        let made = Rc::new(Active { number: self.count, terms, previous });
        self.made.insert(key, Rc::clone(&made));
        Ok(made)
    }
}

fn with(
    terms: &HashMap<Arc<str>, Arc<Definition>>,
    context: &Context,
    entry: Entry,
) -> Result<HashMap<Arc<str>, Arc<Definition>>, Unreadable> {
    for (word, iri) in &context.relies_on {
        let agrees = match (terms.get(word), iri) {
            (Some(definition), Some(iri)) => definition.meaning == Meaning::Iri(Arc::clone(iri)),
            (Some(definition), None) => !definition.prefix,
            (None, iri) => iri.is_none(),
        };
        if !agrees {
            return Err(Unreadable::OtherMeaning(word.to_string()));
        }
    }
    let mut terms = terms.clone();
    for (term, definition) in &context.terms {
        if entry != Entry::Property
            && let Some(before) = terms.get(term)
            && before.protected
        {
            if before.agrees(definition) {
                continue;
            }
            return Err(Unreadable::ProtectedTerm(term.to_string()));
        }
        terms.insert(Arc::clone(term), Arc::clone(definition));
    }
    Ok(terms)
}
