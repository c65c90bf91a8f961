//! The content of a W3C credential from its statements and not from its members: the same statements can be written in several
//! ways, and whoever holds the file chooses the way. Neither the order of members nor that of items is signed, so both are
//! those of the canonical statements.

use std::collections::{HashMap, HashSet};

use super::ValueKind;
use super::tree::{Name, Node};
use crate::credential::Signed;
use crate::credential::{LiteralKind, RDF_TYPE, SUBJECT, Statement, Term};

pub(super) fn tree<'d>(signed: &'d Signed<'_>) -> Node<'d> {
    let mut about: HashMap<&Term<'_>, Vec<&Statement<'_>>> = HashMap::new();
    let mut subjects = Vec::new();
    for statement in signed.in_order() {
        let said = about.entry(&statement.subject).or_default();
        if said.is_empty() {
            subjects.push(&statement.subject);
        }
        said.push(statement);
    }
    let mut world = World { about, told: HashSet::new() };
    // The credential itself, then what nothing leads to from there.
    let is_credential = |subject: &&Term<'_>| {
        world.about.get(*subject).is_some_and(|said| said.iter().any(|said| &*said.predicate == SUBJECT))
    };
    let root = subjects.iter().copied().find(is_credential);
    let mut members = Vec::new();
    for subject in root.into_iter().chain(subjects) {
        if !world.told.contains(subject)
            && let Node::Object(of_subject) = world.object(subject, 0)
        {
            match Some(subject) == root {
                true => members.extend(of_subject),
                false => members.push((Name::Owned(name_of(subject)), Node::Object(of_subject))),
            }
        }
    }
    Node::Object(members)
}

struct World<'s, 'd> {
    about: HashMap<&'s Term<'d>, Vec<&'s Statement<'d>>>,
    /// Whose statements stand in the tree already: each once, so that no circle has no end.
    told: HashSet<&'s Term<'d>>,
}

impl<'s, 'd> World<'s, 'd> {
    fn object(&mut self, subject: &'s Term<'d>, depth: usize) -> Node<'s> {
        self.told.insert(subject);
        let said = self.about.get(subject).cloned().unwrap_or_default();
        let mut members: Vec<(Name<'s>, Node<'s>)> = Vec::new();
        if let Term::Iri(iri) = subject {
            members.push((Name::Borrowed("id"), Node::leaf(&**iri, ValueKind::Reference)));
        }
        // Statements of one predicate stand together: they are sorted.
        for same in said.chunk_by(|one, next| one.predicate == next.predicate) {
            let Some(first) = same.first() else { continue };
            let mut values: Vec<Node<'s>> = same.iter().map(|said| self.value(&said.object, depth)).collect();
            let value = if values.len() == 1 { values.pop() } else { Some(Node::List(values)) };
            let word = Some(word(first)).filter(|word| members.iter().all(|(known, _)| known != word));
            // Of two predicates with one name the second is written out.
            members.extend(value.map(|value| (word.unwrap_or(Name::Borrowed(&*first.predicate)), value)));
        }
        Node::Object(members)
    }

    fn value(&mut self, object: &'s Term<'d>, depth: usize) -> Node<'s> {
        match object {
            Term::Literal(literal) => Node::leaf(&*literal.text, kind(&literal.kind)),
            _ if depth < DEEPEST && self.about.contains_key(object) && !self.told.contains(object) => {
                self.object(object, depth + 1)
            }
            Term::Iri(iri) => Node::leaf(&**iri, ValueKind::Reference),
            Term::Blank(_) => Node::leaf(name_of(object), ValueKind::Reference),
        }
    }
}

/// The word of a predicate: of the vocabularies that are known here its name alone. What a context of the caller's makes of a
/// word is written out.
fn word<'s>(said: &'s Statement<'_>) -> Name<'s> {
    let predicate = &*said.predicate;
    if predicate == RDF_TYPE {
        return Name::Borrowed("type");
    }
    let known = VOCABULARIES.iter().find_map(|vocabulary| predicate.strip_prefix(vocabulary));
    Name::Borrowed(known.filter(|_| !said.from_caller).unwrap_or(predicate))
}

fn kind(kind: &LiteralKind) -> ValueKind {
    match kind {
        LiteralKind::Datatype(datatype) => match datatype.strip_prefix("http://www.w3.org/2001/XMLSchema#") {
            Some("integer" | "double" | "decimal") => ValueKind::Number,
            Some("boolean") => ValueKind::Boolean,
            _ => ValueKind::Text,
        },
        LiteralKind::Text | LiteralKind::Language(_) => ValueKind::Text,
    }
}

fn name_of(term: &Term<'_>) -> String {
    match term {
        Term::Iri(iri) => iri.to_string(),
        Term::Blank(number) => format!("_:{number}"),
        Term::Literal(literal) => literal.text.to_string(),
    }
}

/// A file is not as deep; a chain of links could be as long as it.
const DEEPEST: usize = 64;

/// Whose words are of one meaning each.
const VOCABULARIES: [&str; 8] = [
    "https://www.w3.org/2018/credentials#",
    "https://example.com/terms#",
    "https://example.com/terms/#",
    "https://example.org/terms#",
    "https://schema.org/",
    "http://schema.org/",
    "https://www.w3.org/ns/credentials/status#",
    "https://w3id.org/vc/status-list#",
];
