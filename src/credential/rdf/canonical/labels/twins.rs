//! Blank nodes that can be exchanged without changing anything: equal objects in one list.
//!
//! A node that only one statement leads to, or none, is the root of a tree if everything nameless that it leads to is
//! such a root as well. Two equal trees under the same statement (same subject, predicate and graph) can be exchanged: the
//! dataset stays the same. Every order that differs only in them has the same path, and a walk from one is a walk from
//! the other with other names.

use std::collections::HashMap;

use sha2::{Digest as _, Sha256};

use super::super::super::{LiteralKind, Statement, Term};

/// A number for every blank node; two have the same if they are interchangeable.
pub(super) fn kinds(statements: &[Statement<'_>], blank_nodes: u32) -> Vec<u32> {
    let count = blank_nodes as usize;
    let mut trees = Trees {
        leading_to: vec![Vec::new(); count],
        from: vec![Vec::new(); count],
        is_graph: vec![false; count],
        shapes: vec![Shape::Unknown; count],
    };
    for statement in statements {
        if let Term::Blank(node) = statement.subject {
            trees.from[node as usize].push(statement);
        }
        if let Term::Blank(node) = statement.object {
            trees.leading_to[node as usize].push(statement);
        }
        if let Some(Term::Blank(node)) = statement.graph {
            trees.is_graph[node as usize] = true;
        }
    }
    let mut known = HashMap::new();
    let kind = |node: u32| {
        let shape = trees.shape(node, 0)?;
        let above = trees.leading_to[node as usize].first();
        let above = above.map(|above| (&above.subject, &above.predicate, &above.graph));
        Some(*known.entry((above, shape)).or_insert(node))
    };
    let mut kind = kind;
    (0..blank_nodes).map(|node| kind(node).unwrap_or(node)).collect()
}

struct Trees<'d, 't> {
    leading_to: Vec<Vec<&'d Statement<'t>>>,
    from: Vec<Vec<&'d Statement<'t>>>,
    is_graph: Vec<bool>,
    shapes: Vec<Shape>,
}

#[derive(Debug, Clone, Copy)]
enum Shape {
    Unknown,
    /// Being looked at: to meet it again is a circle.
    Open,
    None,
    Tree([u8; 32]),
}

/// Deeper than a document is nested.
const MOST_DEPTH: usize = 128;

impl Trees<'_, '_> {
    /// What hangs below a node, if it is a tree.
    fn shape(&mut self, node: u32, depth: usize) -> Option<[u8; 32]> {
        let index = node as usize;
        match self.shapes[index] {
            Shape::Tree(shape) => return Some(shape),
            Shape::Open | Shape::None => return None,
            Shape::Unknown => {}
        }
        self.shapes[index] = Shape::Open;
        let shape = self.hash(node, depth);
        self.shapes[index] = shape.map_or(Shape::None, Shape::Tree);
        shape
    }

    fn hash(&mut self, node: u32, depth: usize) -> Option<[u8; 32]> {
        let index = node as usize;
        if depth == MOST_DEPTH || self.is_graph[index] || self.leading_to[index].len() > 1 {
            return None;
        }
        let mut parts = Vec::new();
        for statement in self.from[index].clone() {
            let mut part = Sha256::new();
            field(&mut part, &statement.predicate);
            match &statement.object {
                Term::Blank(below) => part.update(self.shape(*below, depth + 1)?),
                other => named(&mut part, other),
            }
            match &statement.graph {
                Some(Term::Blank(graph)) => part.update(graph.to_be_bytes()),
                Some(graph) => named(&mut part, graph),
                None => {}
            }
            parts.push(part.finalize());
        }
        parts.sort_unstable();
        let mut shape = Sha256::new();
        for part in parts {
            shape.update(part);
        }
        Some(shape.finalize().into())
    }
}

fn named(part: &mut Sha256, term: &Term<'_>) {
    match term {
        Term::Iri(iri) => {
            part.update("i");
            field(part, iri);
        }
        Term::Literal(literal) => {
            part.update("l");
            field(part, &literal.text);
            match &literal.kind {
                LiteralKind::Text => part.update("t"),
                LiteralKind::Datatype(datatype) => {
                    part.update("d");
                    field(part, datatype);
                }
                LiteralKind::Language(language) => {
                    part.update("a");
                    field(part, language);
                }
            }
        }
        Term::Blank(_) => {}
    }
}

/// With its length, so that two fields cannot be read as two others.
fn field(part: &mut Sha256, text: &str) {
    part.update((text.len() as u64).to_be_bytes());
    part.update(text);
}
