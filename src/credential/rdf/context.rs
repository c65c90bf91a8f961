//! What contexts map (documents.md §9.1): the embedded ones, written by us from the mappings, and those of the caller.

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

use sha2::{Digest as _, Sha256};

use super::caller;
use super::error::InvalidContext;
use crate::document::Limits;
use crate::document::json::{self, Kind, Value};
use crate::primitives::Digest32;

/// The contexts that may be used: the embedded ones, and those that the caller added.
#[derive(Debug, Clone, Default)]
pub struct Contexts {
    added: BTreeMap<String, Added>,
}

#[derive(Debug, Clone)]
struct Added {
    sha256: Digest32,
    context: Arc<Context>,
}

impl Contexts {
    /// Adds a context from the bytes of its document. An embedded one cannot be replaced: it is known by its content.
    pub fn add(&mut self, url: &str, bytes: &[u8]) -> Result<(), InvalidContext> {
        if embedded().contains_key(url) {
            return Err(InvalidContext::Embedded(url.to_owned()));
        }
        if self.added.contains_key(url) {
            return Err(InvalidContext::Twice(url.to_owned()));
        }
        if !url.starts_with("https://") || url::Url::parse(url).is_err() {
            return Err(InvalidContext::Url(url.to_owned()));
        }
        let context = Arc::new(caller::read(bytes)?);
        let sha256 = Digest32(Sha256::digest(bytes).into());
        self.added.insert(url.to_owned(), Added { sha256, context });
        Ok(())
    }

    /// What was added: URL and SHA-256 of the bytes.
    pub fn added(&self) -> impl Iterator<Item = (&str, Digest32)> {
        self.added.iter().map(|(url, added)| (url.as_str(), added.sha256))
    }

    pub(crate) fn knows(&self, url: &str) -> bool {
        self.get(url).is_some()
    }

    /// The contexts that count one after the other under this URL.
    pub(super) fn get(&self, url: &str) -> Option<&[Arc<Context>]> {
        match self.added.get(url) {
            Some(added) => Some(std::slice::from_ref(&added.context)),
            None => embedded().get(url).map(Vec::as_slice),
        }
    }
}

/// Terms that count together.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Context {
    pub(super) terms: BTreeMap<Arc<str>, Arc<Definition>>,
    /// Words that its IRIs were read with and that it does not define itself: the IRI that such a word must stand for where
    /// this context counts, or that it must be no prefix there.
    pub(super) relies_on: BTreeMap<Arc<str>, Option<Arc<str>>>,
}

/// What a term stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Definition {
    pub(super) meaning: Meaning,
    pub(super) coercion: Coercion,
    pub(super) container: Container,
    /// A later context must not change it.
    pub(super) protected: bool,
    /// Whether it may stand before a colon.
    pub(super) prefix: bool,
    /// What counts inside a property or a type of this name.
    pub(super) scope: Scope,
    pub(super) language: Option<Arc<str>>,
    pub(super) direction: Option<Direction>,
    pub(super) from_caller: bool,
}

impl Definition {
    /// With nothing but a meaning.
    pub(super) fn of(meaning: Meaning) -> Self {
        Self {
            meaning,
            coercion: Coercion::None,
            container: Container::None,
            protected: false,
            prefix: false,
            scope: Scope::None,
            language: None,
            direction: None,
            from_caller: false,
        }
    }

    /// Whether both say the same; who said it, and whether for good, does not matter.
    pub(super) fn agrees(&self, other: &Self) -> bool {
        let Self { protected, from_caller, .. } = *self;
        *self == Self { protected, from_caller, ..other.clone() }
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Meaning {
    /// An alias of `@id`.
    Id,
    /// An alias of `@type`.
    Type,
    Iri(Arc<str>),
    /// Expressly nothing.
    Unmapped,
}

impl Meaning {
    /// Of an IRI or one of the two keywords that may have another name.
    pub(super) fn of(iri: &str) -> Self {
        match iri {
            "@id" => Self::Id,
            "@type" => Self::Type,
            iri => Self::Iri(iri.into()),
        }
    }
}

/// What a text under a term is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Coercion {
    /// A text.
    None,
    /// `@id`: an IRI.
    Id,
    /// `@vocab`: a term, or an IRI.
    Vocab,
    /// `@json`.
    Json,
    Datatype(Arc<str>),
}

impl Coercion {
    pub(super) fn of(name: &str) -> Self {
        match name {
            "@id" => Self::Id,
            "@vocab" => Self::Vocab,
            "@json" => Self::Json,
            "@none" => Self::None,
            iri => Self::Datatype(iri.into()),
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Container {
    /// None, or `@set`: the same statements. Kept apart because contexts are compared.
    None,
    Set,
    List,
    Graph,
}

impl Container {
    pub(super) fn of(name: &str) -> Option<Self> {
        match name {
            "@set" => Some(Self::Set),
            "@list" => Some(Self::List),
            "@graph" => Some(Self::Graph),
            _ => None,
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Scope {
    None,
    /// `null`: everything is forgotten.
    Forget,
    Terms(Arc<Context>),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Direction {
    LeftToRight,
    RightToLeft,
}

/// The embedded contexts by URL, read once in a process. The type `RsaSignature2018` of data model 1.1 is left out: what its
/// words mean depends on which contexts stand around it.
pub(super) fn embedded() -> &'static BTreeMap<String, Vec<Arc<Context>>> {
    static EMBEDDED: OnceLock<BTreeMap<String, Vec<Arc<Context>>>> = OnceLock::new();
    // Not input: tests hold the file against the vectors. If it could not be read, every credential would be refused.
    EMBEDDED.get_or_init(|| read_embedded(include_bytes!("contexts.json")).unwrap_or_default())
}

/// Our file: contexts by URL, and scopes by name where several terms share one.
fn read_embedded(bytes: &[u8]) -> Option<BTreeMap<String, Vec<Arc<Context>>>> {
    let tree = json::parse(bytes, &Limits::default()).ok()?;
    let mut scopes = Scopes { written: tree.root().get("scopes")?, read: BTreeMap::new() };
    let mut contexts: BTreeMap<String, Vec<Arc<Context>>> = BTreeMap::new();
    for (url, written) in tree.root().get("contexts")?.as_object()? {
        let mut list = match (written.get("same"), written.get("after")) {
            (Some(other), _) | (None, Some(other)) => contexts.get(other.as_str()?.as_ref())?.clone(),
            (None, None) => Vec::new(),
        };
        if written.get("same").is_none() {
            list.push(scopes.context(written)?);
        }
        contexts.insert(url.decoded().into_owned(), list);
    }
    Some(contexts)
}

struct Scopes<'t> {
    written: Value<'t>,
    read: BTreeMap<String, Arc<Context>>,
}

impl Scopes<'_> {
    fn context(&mut self, written: Value<'_>) -> Option<Arc<Context>> {
        let protected = is_true(written, "protected");
        let terms = written.get("terms")?.as_object()?.map(|(name, term)| {
            let definition = Definition { protected, ..self.definition(term)? };
            Some((name.decoded().into(), Arc::new(definition)))
        });
        Some(Arc::new(Context { terms: terms.collect::<Option<_>>()?, relies_on: BTreeMap::new() }))
    }

    /// A text is short for an object with nothing but an `iri`.
    fn definition(&mut self, written: Value<'_>) -> Option<Definition> {
        let iri = if written.as_text().is_some() { written } else { written.get("iri")? };
        Some(Definition {
            coercion: written.get("type").and_then(Value::as_str).map_or(Coercion::None, |name| Coercion::of(&name)),
            container: match written.get("container") {
                Some(name) => Container::of(&name.as_str()?)?,
                None => Container::None,
            },
            prefix: is_true(written, "prefix"),
            scope: match written.get("scope") {
                None => Scope::None,
                Some(scope) => match scope.kind() {
                    Kind::Null => Scope::Forget,
                    Kind::String(name) => Scope::Terms(self.shared(&name.decoded())?),
                    _ => Scope::Terms(self.context(scope)?),
                },
            },
            ..Definition::of(Meaning::of(&iri.as_str()?))
        })
    }

    fn shared(&mut self, name: &str) -> Option<Arc<Context>> {
        if let Some(read) = self.read.get(name) {
            return Some(Arc::clone(read));
        }
        let read = self.context(self.written.get(name)?)?;
        self.read.insert(name.to_owned(), Arc::clone(&read));
        Some(read)
    }
}

fn is_true(written: Value<'_>, member: &str) -> bool {
    matches!(written.get(member).map(Value::kind), Some(Kind::Bool(true)))
}
