//! JSON-LD 1.1 expansion in safe mode and conversion to RDF, in one pass over the document (documents.md §9.3).

use std::collections::HashSet;
use std::rc::Rc;
use std::sync::Arc;

use super::active::{Active, Combinations, Entry, Lookup};
use super::context::{Coercion, Container, Definition, Meaning, Scope};
use super::{Contexts, Dataset, RDF_TYPE, Statement, Term, Unreadable, literal};
use crate::document::json::{Items, Kind, Members, Place, Text, Value};

/// Statements of one document. A bill has some dozens.
const MOST_STATEMENTS: usize = 1 << 16;

/// Nodes without a name in one document (documents.md §12.4).
pub(super) const MOST_BLANK_NODES: usize = 2000;

pub(super) fn statements<'t>(
    value: Value<'t>,
    contexts: &[impl AsRef<str>],
    known: &Contexts,
    leave_out: &[&str],
) -> Result<Dataset<'t>, Unreadable> {
    let mut expansion = Expansion {
        known,
        combinations: Combinations::default(),
        statements: Vec::new(),
        said: HashSet::new(),
        described: HashSet::new(),
        blank_nodes: 0,
        graph: None,
    };
    let mut active = Rc::new(Active::default());
    for url in contexts {
        active = expansion.named(&active, url.as_ref())?;
    }
    let Some(members) = value.as_object() else {
        return Err(Unreadable::Value { member: String::new(), expected: "an object" });
    };
    let left_out = |name: &str| name == "@context" || leave_out.contains(&name);
    expansion.node(members.filter(|(name, _)| !left_out(&name.decoded())), &active)?;
    Ok(Dataset {
        root: value,
        left_out: leave_out.iter().filter_map(|name| value.get(name)).map(Value::place).collect(),
        statements: expansion.statements,
        blank_nodes: expansion.blank_nodes,
    })
}

struct Expansion<'t, 'k> {
    known: &'k Contexts,
    combinations: Combinations,
    statements: Vec<Statement<'t>>,
    /// The same, without the places.
    said: HashSet<(Term<'t>, Arc<str>, Term<'t>, Option<Term<'t>>)>,
    /// Objects that have an id and say something, each with its graph.
    described: HashSet<(Arc<str>, Option<Term<'t>>)>,
    blank_nodes: u32,
    /// The graph that statements are made in.
    graph: Option<Term<'t>>,
}

impl<'t> Expansion<'t, '_> {
    fn named(&mut self, active: &Rc<Active>, url: &str) -> Result<Rc<Active>, Unreadable> {
        let Some(contexts) = self.known.get(url) else {
            return Err(Unreadable::UnknownContext(url.to_owned()));
        };
        contexts.iter().try_fold(Rc::clone(active), |active, context| {
            self.combinations.enter(&active, &Scope::Terms(Arc::clone(context)), Entry::Named)
        })
    }

    /// The value of a property that is an object. The terms of a type around it end here, unless it is only a reference.
    fn nested(
        &mut self,
        property: &Definition,
        value: Value<'t>,
        members: Members<'t>,
        active: &Rc<Active>,
    ) -> Result<Term<'t>, Unreadable> {
        let mut names = members.map(|(name, _)| name);
        let reference = match (names.next(), names.next()) {
            (Some(name), None) => active.get(&name.decoded()).is_some_and(|only| only.meaning == Meaning::Id),
            _ => false,
        };
        let outer = match &active.previous {
            Some(previous) if !reference => previous,
            _ => active,
        };
        let mut inner = self.combinations.enter(outer, &property.scope, Entry::Property)?;
        if let Some(own) = value.get("@context") {
            // Only a credential inside a presentation brings contexts of its own (documents.md §9.2).
            if property.container != Container::Graph {
                return Err(Unreadable::MemberName("@context".to_owned()));
            }
            for url in urls(own)? {
                inner = self.named(&inner, &url)?;
            }
        }
        self.node(members.filter(|(name, _)| !name.is("@context")), &inner)
    }

    /// An object: its node, after all that it says was said.
    fn node(
        &mut self,
        members: impl Iterator<Item = (Text<'t>, Value<'t>)> + Clone,
        outside: &Rc<Active>,
    ) -> Result<Term<'t>, Unreadable> {
        let active = self.with_types(members.clone(), outside)?;
        let mut subject = None;
        let mut says_something = false;
        for (name, value) in members.clone() {
            let name = name.decoded();
            if name.starts_with('@') || name.contains(':') {
                return Err(Unreadable::MemberName(name.into_owned()));
            }
            if defined(&active, &name)?.meaning == Meaning::Id {
                let id = value.as_str().ok_or(expected(&name, "one IRI"))?;
                if subject.replace(self.iri(&active, &id, Lookup::Prefixes)?).is_some() {
                    return Err(Unreadable::MemberName(name.into_owned()));
                }
            } else {
                says_something = true;
            }
        }
        let subject = match subject {
            // Two objects with one id are one node: what each of them says could stand in the other as well.
            Some(iri) if says_something && !self.described.insert((Arc::clone(&iri), self.graph.clone())) => {
                return Err(Unreadable::DescribedTwice(iri.to_string()));
            }
            Some(iri) => Term::Iri(iri),
            None => self.blank_node()?,
        };
        for (name, value) in members {
            let name = name.decoded();
            let definition = Arc::clone(defined(&active, &name)?);
            match &definition.meaning {
                Meaning::Id => {}
                Meaning::Type => self.types(&subject, &name, value, outside)?,
                Meaning::Iri(predicate) => {
                    let property = Property { name: &name, definition: &definition, predicate, subject: &subject };
                    self.property(&property, value, &active)?;
                }
                Meaning::Unmapped => return Err(Unreadable::UndefinedTerm(name.into_owned())),
            }
        }
        Ok(subject)
    }

    /// The terms that count inside an object with these members: each type brings its own, in the order of their names.
    fn with_types(
        &mut self,
        members: impl Iterator<Item = (Text<'t>, Value<'t>)>,
        outside: &Rc<Active>,
    ) -> Result<Rc<Active>, Unreadable> {
        let mut types: Vec<(String, Vec<String>)> = Vec::new();
        for (name, value) in members {
            let name = name.decoded();
            if outside.get(&name).is_some_and(|definition| definition.meaning == Meaning::Type) {
                let mut values =
                    each(value).filter_map(Value::as_str).map(|text| text.into_owned()).collect::<Vec<_>>();
                values.sort_unstable();
                types.push((name.into_owned(), values));
            }
        }
        types.sort_unstable();
        types.iter().flat_map(|(_, values)| values).try_fold(Rc::clone(outside), |active, value| {
            match outside.get(value) {
                Some(definition) => self.combinations.enter(&active, &definition.scope, Entry::Type),
                None => Ok(active),
            }
        })
    }

    fn types(
        &mut self,
        subject: &Term<'t>,
        name: &str,
        value: Value<'t>,
        outside: &Rc<Active>,
    ) -> Result<(), Unreadable> {
        for item in items(name, value)? {
            let text = item.as_str().ok_or(expected(name, "a text or a list of texts"))?;
            let Some(iri) = outside.iri(&text, Lookup::Terms) else {
                return Err(Unreadable::UndefinedType(text.into_owned()));
            };
            let from_caller = outside.get(&text).is_some_and(|definition| definition.from_caller);
            self.say(subject, &RDF_TYPE.into(), Term::Iri(iri), item.place(), from_caller)?;
        }
        Ok(())
    }

    fn property(
        &mut self,
        property: &Property<'_, 't>,
        value: Value<'t>,
        active: &Rc<Active>,
    ) -> Result<(), Unreadable> {
        let Property { name, definition, predicate, subject } = *property;
        let from_caller = definition.from_caller;
        match definition.container {
            Container::None | Container::Set => {
                for item in items(name, value)? {
                    let object = self.object(property, item, active)?;
                    self.say(subject, predicate, object, item.place(), from_caller)?;
                }
            }
            Container::Graph => {
                for item in items(name, value)? {
                    // A reference would be a graph that says nothing, and what it refers to would be lost.
                    let members = item.as_object().filter(|members| { *members }.nth(1).is_some());
                    let members = members.ok_or(expected(name, "an object, or a list of them"))?;
                    let graph = self.blank_node()?;
                    self.say(subject, predicate, graph.clone(), item.place(), from_caller)?;
                    let outer = self.graph.replace(graph);
                    self.nested(definition, item, members, active)?;
                    self.graph = outer;
                }
            }
            Container::List => {
                let mut links = Vec::new();
                for item in items(name, value)? {
                    let object = self.object(property, item, active)?;
                    links.push((self.blank_node()?, object));
                }
                let mut rest = Term::Iri(RDF_NIL.into());
                for (link, object) in links.into_iter().rev() {
                    self.say(&link, &RDF_FIRST.into(), object, value.place(), from_caller)?;
                    self.say(&link, &RDF_REST.into(), rest, value.place(), from_caller)?;
                    rest = link;
                }
                self.say(subject, predicate, rest, value.place(), from_caller)?;
            }
        }
        Ok(())
    }

    /// One value of a property.
    fn object(
        &mut self,
        property: &Property<'_, 't>,
        value: Value<'t>,
        active: &Rc<Active>,
    ) -> Result<Term<'t>, Unreadable> {
        let Property { name, definition, .. } = *property;
        match value.kind() {
            Kind::Null => Err(Unreadable::EmptyValue(name.to_owned())),
            Kind::Array(_) => Err(Unreadable::Unsupported("a list in a list")),
            Kind::Object(members) if members.is_empty() => Err(Unreadable::EmptyValue(name.to_owned())),
            Kind::Object(_) if definition.coercion == Coercion::Json => Err(AS_JSON),
            Kind::Object(members) => self.nested(definition, value, members, active),
            scalar => {
                // The scope of the property counts for its text, and may define even the property anew (JSON-LD 1.1 API
                // §5.1.2 step 4).
                let inside = self.combinations.enter(active, &definition.scope, Entry::Property)?;
                let plain = Definition::of(Meaning::Unmapped);
                self.scalar(scalar, inside.get(name).map_or(&plain, |definition| definition), &inside)
            }
        }
    }

    fn scalar(&self, scalar: Kind<'t>, definition: &Definition, active: &Active) -> Result<Term<'t>, Unreadable> {
        let literal = match (scalar, &definition.coercion) {
            (_, Coercion::Json) => return Err(AS_JSON),
            (Kind::String(text), Coercion::Id) => {
                return self.iri(active, &text.decoded(), Lookup::Prefixes).map(Term::Iri);
            }
            (Kind::String(text), Coercion::Vocab) => {
                return self.iri(active, &text.decoded(), Lookup::Terms).map(Term::Iri);
            }
            (Kind::String(text), _) => literal::of_text(text.decoded(), definition)?,
            (Kind::Number(token), coercion) => literal::of_number(token, coercion)?,
            (other, coercion) => literal::of_bool(matches!(other, Kind::Bool(true)), coercion),
        };
        Ok(Term::Literal(literal))
    }

    fn iri(&self, active: &Active, text: &str, lookup: Lookup) -> Result<Arc<str>, Unreadable> {
        if text.starts_with("_:") {
            return Err(Unreadable::BlankNode(text.to_owned()));
        }
        active.iri(text, lookup).ok_or_else(|| Unreadable::Iri(text.to_owned()))
    }

    fn blank_node(&mut self) -> Result<Term<'t>, Unreadable> {
        let number = self.blank_nodes;
        if number as usize == MOST_BLANK_NODES {
            return Err(Unreadable::TooMany { what: "objects without an id", limit: MOST_BLANK_NODES });
        }
        self.blank_nodes += 1;
        Ok(Term::Blank(number))
    }

    fn say(
        &mut self,
        subject: &Term<'t>,
        predicate: &Arc<str>,
        object: Term<'t>,
        origin: Place,
        from_caller: bool,
    ) -> Result<(), Unreadable> {
        if self.statements.len() == MOST_STATEMENTS {
            return Err(Unreadable::TooMany { what: "statements", limit: MOST_STATEMENTS });
        }
        let key = (subject.clone(), Arc::clone(predicate), object, self.graph.clone());
        if !self.said.insert(key.clone()) {
            return Err(Unreadable::SaidTwice(predicate.to_string()));
        }
        let (subject, predicate, object, graph) = key;
        self.statements.push(Statement { subject, predicate, object, graph, origin, from_caller });
        Ok(())
    }
}

const AS_JSON: Unreadable = Unreadable::Unsupported("a member that holds JSON as such");

/// A member that is being said.
#[derive(Clone, Copy)]
struct Property<'a, 't> {
    name: &'a str,
    definition: &'a Definition,
    predicate: &'a Arc<str>,
    subject: &'a Term<'t>,
}

fn defined<'a>(active: &'a Active, name: &str) -> Result<&'a Arc<Definition>, Unreadable> {
    active.get(name).ok_or_else(|| Unreadable::UndefinedTerm(name.to_owned()))
}

fn expected(member: &str, expected: &'static str) -> Unreadable {
    Unreadable::Value { member: member.to_owned(), expected }
}

/// A value alone is a list of one.
enum Each<'t> {
    One(Option<Value<'t>>),
    Many(Items<'t>),
}

impl<'t> Iterator for Each<'t> {
    type Item = Value<'t>;

    fn next(&mut self) -> Option<Value<'t>> {
        match self {
            Self::One(value) => value.take(),
            Self::Many(items) => items.next(),
        }
    }
}

fn each(value: Value<'_>) -> Each<'_> {
    match value.as_array() {
        Some(items) => Each::Many(items),
        None => Each::One(Some(value)),
    }
}

fn items<'t>(name: &str, value: Value<'t>) -> Result<Each<'t>, Unreadable> {
    match each(value) {
        Each::Many(items) if items.is_empty() => Err(Unreadable::EmptyValue(name.to_owned())),
        each => Ok(each),
    }
}

/// The URLs of an `@context`.
fn urls(value: Value<'_>) -> Result<Vec<String>, Unreadable> {
    each(value).map(|url| Ok(url.as_str().ok_or(Unreadable::InlineContext)?.into_owned())).collect()
}

const RDF_FIRST: &str = "http://www.w3.org/1999/02/22-rdf-syntax-ns#first";
const RDF_REST: &str = "http://www.w3.org/1999/02/22-rdf-syntax-ns#rest";
const RDF_NIL: &str = "http://www.w3.org/1999/02/22-rdf-syntax-ns#nil";
