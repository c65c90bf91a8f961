//! Which canonical label each blank node has (RDFC-1.0 §4).
//!
//! The algorithm tries the orders of nodes that look alike, which a hostile graph makes endless. Documents have harmless
//! likeness: two equal packages. Those are told from the rest beforehand ([`Likeness`]): orders that differ only in equal
//! subtrees give the same result, so one of them is tried. What is left has a budget.

mod order;
mod twins;

use std::collections::{BTreeMap, HashMap};

use sha2::{Digest as _, Sha256};

use self::order::Orders;
use self::twins::Likeness;
use super::super::expand::MOST_BLANK_NODES;
use super::super::nquads::{self, Escaping};
use super::super::{Statement, Term, TooComplex};
use crate::primitives::encode_hex;

/// By number of the blank node.
pub(super) fn of(statements: &[Statement<'_>], blank_nodes: u32, escaping: Escaping) -> Result<Vec<u32>, TooComplex> {
    with(statements, blank_nodes, escaping, Likeness::of)
}

/// As the standard says it, without a look at what is alike.
#[cfg(test)]
pub(in super::super) fn plainly(statements: &[Statement<'_>], blank_nodes: u32) -> Result<Vec<u32>, TooComplex> {
    with(statements, blank_nodes, Escaping::Canonical, |_, blank_nodes| Likeness::none(blank_nodes))
}

fn with(
    statements: &[Statement<'_>],
    blank_nodes: u32,
    escaping: Escaping,
    likeness: fn(&[Statement<'_>], u32) -> Likeness,
) -> Result<Vec<u32>, TooComplex> {
    if blank_nodes as usize > MOST_BLANK_NODES {
        return Err(TooComplex);
    }
    let mut touching = vec![Vec::new(); blank_nodes as usize];
    for statement in statements {
        let mut nodes: Vec<u32> = blank_nodes_of(statement).map(|(_, node)| node).collect();
        nodes.sort_unstable();
        nodes.dedup();
        for node in nodes {
            touching[node as usize].push(statement);
        }
    }
    let first_degree = (0..blank_nodes).map(|node| first_degree(node, &touching[node as usize], escaping)).collect();
    let mut naming = Naming {
        touching,
        first_degree,
        likeness: likeness(statements, blank_nodes),
        canonical: Issuer::default(),
        budget: BUDGET,
    };
    naming.name_all()?;
    Ok((0..blank_nodes).map(|node| naming.canonical.of(node).unwrap_or_default()).collect())
}

/// Steps of the part of the algorithm that can run away: one for each order that is tried and each node in it. A genuine
/// document needs a few for each of its objects.
const BUDGET: usize = 200_000;

/// A walk goes no deeper than a document is nested, and back.
const MOST_DEPTH: usize = 256;

struct Naming<'d, 't> {
    /// The statements that each blank node is in.
    touching: Vec<Vec<&'d Statement<'t>>>,
    first_degree: Vec<String>,
    likeness: Likeness,
    canonical: Issuer,
    budget: usize,
}

impl Naming<'_, '_> {
    /// RDFC-1.0 §4.4.3.
    fn name_all(&mut self) -> Result<(), TooComplex> {
        let mut alike: BTreeMap<&str, Vec<u32>> = BTreeMap::new();
        for (node, hash) in self.first_degree.iter().enumerate() {
            alike.entry(hash).or_default().push(node as u32);
        }
        let (unique, shared): (Vec<_>, Vec<_>) = alike.into_values().partition(|nodes| nodes.len() == 1);
        for node in unique.into_iter().flatten() {
            self.canonical.issue(node);
        }
        for nodes in shared {
            let mut paths: Vec<(String, Issuer)> = Vec::new();
            // A node that was reached from one of its likes need not be walked from: that walk would be the same under
            // other names, all of which are given by then.
            let mut begun: HashMap<u32, Vec<usize>> = HashMap::new();
            for node in nodes {
                let walks = begun.entry(self.likeness.anywhere[node as usize]).or_default();
                let walked = walks.iter().any(|&walk| paths[walk].1.of(node).is_some());
                if walked || self.canonical.of(node).is_some() {
                    continue;
                }
                walks.push(paths.len());
                let mut issuer = Issuer::default();
                issuer.issue(node);
                paths.push(self.n_degree(node, issuer, 0)?);
            }
            paths.sort_by(|(one, _), (other, _)| one.cmp(other));
            for (_, issuer) in paths {
                for node in issuer.order {
                    self.canonical.issue(node);
                }
            }
        }
        Ok(())
    }

    /// RDFC-1.0 §4.8.3.
    fn n_degree(&mut self, node: u32, mut issuer: Issuer, depth: usize) -> Result<(String, Issuer), TooComplex> {
        if depth > MOST_DEPTH {
            return Err(TooComplex);
        }
        let mut hasher = Sha256::new();
        for (hash, related) in self.related(node, &issuer)? {
            hasher.update(hash.as_bytes());
            let twins: Vec<u32> = related.iter().map(|&node| self.twin(node)).collect();
            let mut chosen: Option<(String, Issuer)> = None;
            let mut orders = Orders::of(&related, &twins).peekable();
            while let Some(order) = orders.next() {
                let only = chosen.is_none() && orders.peek().is_none();
                let start = if only {
                    std::mem::take(&mut issuer)
                } else {
                    self.spend(issuer.order.len() / 16)?;
                    issuer.clone()
                };
                if let Some(path) = self.path(&order, start, chosen.as_ref().map(|(path, _)| path), depth)? {
                    chosen = Some(path);
                }
            }
            if let Some((path, after)) = chosen {
                hasher.update(path.as_bytes());
                issuer = after;
            }
        }
        Ok((encode_hex(&hasher.finalize()), issuer))
    }

    /// The path of one order, if it is before the best so far.
    fn path(
        &mut self,
        order: &[u32],
        mut issuer: Issuer,
        best: Option<&String>,
        depth: usize,
    ) -> Result<Option<(String, Issuer)>, TooComplex> {
        let behind = |path: &String| best.is_some_and(|best| path.len() >= best.len() && path > best);
        self.spend(1 + order.len())?;
        let mut path = String::new();
        let mut further = Vec::new();
        for &node in order {
            match self.canonical.of(node) {
                Some(number) => path.push_str(&format!("_:c14n{number}")),
                None => {
                    if issuer.of(node).is_none() {
                        further.push(node);
                    }
                    path.push_str(&format!("_:b{}", issuer.issue(node)));
                }
            }
            if behind(&path) {
                return Ok(None);
            }
        }
        for node in further {
            let (hash, after) = self.n_degree(node, issuer, depth + 1)?;
            issuer = after;
            path.push_str(&format!("_:b{}<{hash}>", issuer.issue(node)));
            if behind(&path) {
                return Ok(None);
            }
        }
        Ok(best.is_none_or(|best| path < *best).then_some((path, issuer)))
    }

    /// The nodes in the statements of a node, by how they are related to it (RDFC-1.0 §4.7.3).
    fn related(&mut self, node: u32, issuer: &Issuer) -> Result<BTreeMap<String, Vec<u32>>, TooComplex> {
        let mut related: BTreeMap<String, Vec<u32>> = BTreeMap::new();
        self.spend(1 + self.touching[node as usize].len())?;
        for statement in &self.touching[node as usize] {
            for (position, other) in blank_nodes_of(statement).filter(|&(_, other)| other != node) {
                let mut hasher = Sha256::new();
                hasher.update(position);
                if position != "g" {
                    hasher.update(format!("<{}>", statement.predicate));
                }
                match (self.canonical.of(other), issuer.of(other)) {
                    (Some(number), _) => hasher.update(format!("_:c14n{number}")),
                    (None, Some(number)) => hasher.update(format!("_:b{number}")),
                    (None, None) => hasher.update(&self.first_degree[other as usize]),
                }
                related.entry(encode_hex(&hasher.finalize())).or_default().push(other);
            }
        }
        Ok(related)
    }

    /// The same for nodes of which one order is enough.
    fn twin(&self, node: u32) -> u32 {
        match self.likeness.graph[node as usize] {
            Some(graph) if self.canonical.of(graph).is_none() => node,
            _ => self.likeness.beside[node as usize],
        }
    }

    fn spend(&mut self, steps: usize) -> Result<(), TooComplex> {
        self.budget = self.budget.checked_sub(steps).ok_or(TooComplex)?;
        Ok(())
    }
}

/// RDFC-1.0 §4.6.3.
fn first_degree(node: u32, statements: &[&Statement<'_>], escaping: Escaping) -> String {
    let mut lines: Vec<String> = statements
        .iter()
        .map(|statement| {
            nquads::line(statement, escaping, |other, line| line.push_str(if other == node { "_:a" } else { "_:z" }))
        })
        .collect();
    lines.sort_unstable();
    let mut hasher = Sha256::new();
    for line in lines {
        hasher.update(line);
        hasher.update("\n");
    }
    encode_hex(&hasher.finalize())
}

/// Its blank nodes and where each stands.
fn blank_nodes_of(statement: &Statement<'_>) -> impl Iterator<Item = (&'static str, u32)> {
    let terms = [("s", Some(&statement.subject)), ("o", Some(&statement.object)), ("g", statement.graph.as_ref())];
    terms.into_iter().filter_map(|(position, term)| match term {
        Some(Term::Blank(node)) => Some((position, *node)),
        _ => None,
    })
}

/// Names nodes in the order asked for (RDFC-1.0 §4.5).
#[derive(Debug, Clone, Default)]
struct Issuer {
    numbers: HashMap<u32, u32>,
    order: Vec<u32>,
}

impl Issuer {
    fn of(&self, node: u32) -> Option<u32> {
        self.numbers.get(&node).copied()
    }

    fn issue(&mut self, node: u32) -> u32 {
        let next = self.order.len() as u32;
        *self.numbers.entry(node).or_insert_with(|| {
            self.order.push(node);
            next
        })
    }
}
