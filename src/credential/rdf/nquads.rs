//! N-Quads, one line a statement.

use std::fmt::Write as _;

use super::{Literal, LiteralKind, Statement, Term};

/// How a text is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Escaping {
    /// Of RDFC-1.0.
    Canonical,
    /// Of the algorithm before it (URDNA2015), which the BbsBlsSignature2020 family signs: only `\"`, `\\`, `\n` and `\r`.
    Legacy,
}

/// The line of a statement, without its end, every blank node written by `label`.
pub(super) fn line(statement: &Statement<'_>, escaping: Escaping, mut label: impl FnMut(u32, &mut String)) -> String {
    let mut line = String::new();
    let mut write = |term: &Term<'_>, line: &mut String| {
        match term {
            Term::Iri(iri) => bracketed(iri, line),
            Term::Blank(number) => label(*number, line),
            Term::Literal(literal) => write_literal(literal, escaping, line),
        }
        line.push(' ');
    };
    write(&statement.subject, &mut line);
    bracketed(&statement.predicate, &mut line);
    line.push(' ');
    write(&statement.object, &mut line);
    if let Some(graph) = &statement.graph {
        write(graph, &mut line);
    }
    line.push('.');
    line
}

fn bracketed(iri: &str, line: &mut String) {
    line.push('<');
    line.push_str(iri);
    line.push('>');
}

fn write_literal(literal: &Literal<'_>, escaping: Escaping, line: &mut String) {
    line.push('"');
    escape(&literal.text, escaping, line);
    line.push('"');
    match &literal.kind {
        LiteralKind::Text => {}
        LiteralKind::Datatype(datatype) => {
            line.push_str("^^");
            bracketed(datatype, line);
        }
        LiteralKind::Language(language) => {
            line.push('@');
            line.push_str(language);
        }
    }
}

fn escape(text: &str, escaping: Escaping, line: &mut String) {
    let special = |letter: char| letter < ' ' || matches!(letter, '"' | '\\' | '\u{7f}');
    let mut rest = text;
    while let Some(at) = rest.find(special) {
        line.push_str(&rest[..at]);
        // Every special character is one byte.
        let letter = rest.as_bytes()[at];
        let short = match letter {
            b'"' => Some('"'),
            b'\\' => Some('\\'),
            b'\n' => Some('n'),
            b'\r' => Some('r'),
            b'\t' => Some('t').filter(|_| escaping == Escaping::Canonical),
            8 => Some('b').filter(|_| escaping == Escaping::Canonical),
            12 => Some('f').filter(|_| escaping == Escaping::Canonical),
            _ => None,
        };
        match (short, escaping) {
            (Some(short), _) => line.extend(['\\', short]),
            (None, Escaping::Canonical) => {
                // Writing to a String cannot fail.
                let _ = write!(line, "\\u{letter:04X}");
            }
            (None, Escaping::Legacy) => line.push(char::from(letter)),
        }
        rest = &rest[at + 1..];
    }
    line.push_str(rest);
}
