//! Blank nodes that are alike in every respect: equal objects in one list.
//!
//! A node that only one statement leads to, or none, is the root of a tree if every blank node that it leads to is such a
//! root as well. Two equal trees under the same subject, predicate and graph are twins: exchanged, the dataset stays the
//! same. So an order of nodes that differs from another only in twins has the same path, as long as a walk comes to what is
//! in a tree by its root only. A graph that is a blank node leads to everything in it: there, twins count as such once the
//! graph has its name and no walk goes through it.

use std::collections::HashMap;

use sha2::{Digest as _, Sha256};

use super::super::super::{LiteralKind, Statement, Term};

/// Which blank nodes are alike: two have the same number if they are.
pub(super) struct Likeness {
    /// Twins.
    pub(super) beside: Vec<u32>,
    /// Twins, and the corresponding nodes in twins: an exchange leads from one to the other.
    pub(super) anywhere: Vec<u32>,
    /// The blank node that a node's tree is in as a graph.
    pub(super) graph: Vec<Option<u32>>,
}

impl Likeness {
    #[cfg(test)]
    pub(super) fn none(blank_nodes: u32) -> Self {
        let every: Vec<u32> = (0..blank_nodes).collect();
        Self { beside: every.clone(), anywhere: every, graph: vec![None; blank_nodes as usize] }
    }

    pub(super) fn of(statements: &[Statement<'_>], blank_nodes: u32) -> Self {
        let mut trees = Trees::of(statements, blank_nodes);
        let shapes: Vec<_> = (0..blank_nodes).map(|node| trees.shape(node, 0)).collect();
        // A node is alike to others only as a root of a tree; what it hangs from may have no such shape.
        let above = |node: u32| trees.leading_to[node as usize].first().copied();
        let mut twins = HashMap::new();
        let beside = (0..blank_nodes).map(|node| match shapes[node as usize] {
            Some(shape) => {
                let place = above(node).map(|above| (&above.subject, &above.predicate, &above.graph));
                *twins.entry((place, shape)).or_insert(node)
            }
            None => node,
        });
        let beside: Vec<u32> = beside.collect();
        let mut alike = HashMap::new();
        let mut anywhere: Vec<Option<u32>> = vec![None; blank_nodes as usize];
        for node in 0..blank_nodes {
            // From the highest node down to this one; a tree is no deeper than `shape` has looked.
            let mut way = vec![node];
            while let Some(&last) = way.last()
                && anywhere[last as usize].is_none()
                && shapes[last as usize].is_some()
                && let Some(Statement { subject: Term::Blank(parent), .. }) = above(last)
                && way.len() <= MOST_DEPTH
            {
                way.push(*parent);
            }
            while let Some(node) = way.pop() {
                if anywhere[node as usize].is_some() {
                    continue;
                }
                let number = match (shapes[node as usize], above(node)) {
                    (Some(_), Some(Statement { subject: Term::Blank(parent), predicate, graph, .. })) => {
                        let parent = anywhere[*parent as usize].unwrap_or(*parent);
                        *alike.entry((parent, predicate, graph, shapes[node as usize])).or_insert(node)
                    }
                    _ => beside[node as usize],
                };
                anywhere[node as usize] = Some(number);
            }
        }
        let anywhere = anywhere.into_iter().zip(0..).map(|(number, node)| number.unwrap_or(node)).collect();
        let graph = |node: u32| match trees.from[node as usize].first().copied().or(above(node))?.graph {
            Some(Term::Blank(graph)) => Some(graph),
            _ => None,
        };
        Self { beside, anywhere, graph: (0..blank_nodes).map(graph).collect() }
    }
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

impl<'d, 't> Trees<'d, 't> {
    fn of(statements: &'d [Statement<'t>], blank_nodes: u32) -> Self {
        let count = blank_nodes as usize;
        let mut trees = Self {
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
        trees
    }

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
        let all = || self.leading_to[index].iter().chain(&self.from[index]);
        if all().any(|statement| Some(&statement.graph) != all().next().map(|first| &first.graph)) {
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
