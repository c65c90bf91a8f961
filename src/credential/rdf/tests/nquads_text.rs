//! Reads N-Quads, which only tests need.

use std::collections::HashMap;

use super::super::{Literal, LiteralKind, Statement, Term};
use crate::document::json::Place;

/// Statements, each once, and the labels of their blank nodes by number.
pub(super) fn read(text: &str) -> (Vec<Statement<'static>>, Vec<String>) {
    let mut reader = Reader { rest: text, labels: Vec::new(), numbers: HashMap::new() };
    let mut statements: Vec<Statement<'static>> = Vec::new();
    for line in text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#')) {
        reader.rest = line;
        let mut terms = Vec::new();
        while !reader.rest.starts_with('.') {
            terms.push(reader.term());
        }
        let mut terms = terms.into_iter();
        let (subject, Some(Term::Iri(predicate)), Some(object)) =
            (terms.next().expect("a subject"), terms.next(), terms.next())
        else {
            panic!("{line}")
        };
        let graph = terms.next();
        let known = statements.iter().any(|known| {
            (&known.subject, &known.predicate, &known.object, &known.graph) == (&subject, &predicate, &object, &graph)
        });
        if !known {
            let origin = Place::default();
            statements.push(Statement { subject, predicate, object, graph, origin, from_caller: false });
        }
    }
    (statements, reader.labels)
}

struct Reader<'a> {
    rest: &'a str,
    labels: Vec<String>,
    numbers: HashMap<String, u32>,
}

impl Reader<'_> {
    fn term(&mut self) -> Term<'static> {
        let term = match self.rest.as_bytes()[0] {
            b'<' => Term::Iri(self.between('<', '>').into()),
            b'_' => {
                let label = self.word();
                let next = self.labels.len() as u32;
                Term::Blank(*self.numbers.entry(label.clone()).or_insert_with(|| {
                    self.labels.push(label.trim_start_matches("_:").to_owned());
                    next
                }))
            }
            _ => {
                let text = self.between('"', '"').into();
                let kind = match self.rest.as_bytes().first() {
                    Some(b'^') => {
                        self.rest = &self.rest[2..];
                        match self.between('<', '>') {
                            text if text == "http://www.w3.org/2001/XMLSchema#string" => LiteralKind::Text,
                            datatype => LiteralKind::Datatype(datatype.into()),
                        }
                    }
                    Some(b'@') => LiteralKind::Language(self.word()[1..].into()),
                    _ => LiteralKind::Text,
                };
                Term::Literal(Literal { text, kind })
            }
        };
        self.rest = self.rest.trim_start();
        term
    }

    fn word(&mut self) -> String {
        let (word, rest) = self.rest.split_at(self.rest.find([' ', '\t']).expect("a blank"));
        self.rest = rest;
        word.to_owned()
    }

    fn between(&mut self, start: char, end: char) -> String {
        let mut letters = self.rest.strip_prefix(start).expect("a start").chars();
        let mut text = String::new();
        loop {
            match letters.next().expect("an end") {
                letter if letter == end => break,
                '\\' => text.push(match letters.next().expect("an escape") {
                    't' => '\t',
                    'b' => '\u{8}',
                    'n' => '\n',
                    'r' => '\r',
                    'f' => '\u{c}',
                    'u' => code(&mut letters, 4),
                    'U' => code(&mut letters, 8),
                    letter => letter,
                }),
                letter => text.push(letter),
            }
        }
        self.rest = letters.as_str();
        text
    }
}

fn code(letters: &mut std::str::Chars<'_>, digits: usize) -> char {
    let text: String = letters.take(digits).collect();
    char::from_u32(u32::from_str_radix(&text, 16).expect("digits")).expect("a character")
}
