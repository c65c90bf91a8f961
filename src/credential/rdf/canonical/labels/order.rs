//! The orders of nodes that are worth trying.

use std::collections::HashMap;

/// All orders of a list, but only one of those that differ in interchangeable nodes.
pub(super) struct Orders {
    /// By kind, in the order of the list.
    nodes: HashMap<u32, Vec<u32>>,
    /// Kinds in the next order; `None` behind the last.
    next: Option<Vec<u32>>,
}

impl Orders {
    /// Nodes of one kind are interchangeable.
    pub(super) fn of(list: &[u32], kinds: &[u32]) -> Self {
        let mut sorted = list.to_vec();
        sorted.sort_unstable();
        let repeats = sorted.windows(2).any(|pair| pair[0] == pair[1]);
        let mut nodes: HashMap<u32, Vec<u32>> = HashMap::new();
        let mut first = Vec::with_capacity(list.len());
        for (place, (&node, &kind)) in list.iter().zip(kinds).enumerate() {
            // Where a node stands twice, changing it for its twin changes two places.
            let kind = if repeats { place as u32 } else { kind };
            nodes.entry(kind).or_default().push(node);
            first.push(kind);
        }
        first.sort_unstable();
        Self { nodes, next: Some(first) }
    }
}

impl Iterator for Orders {
    type Item = Vec<u32>;

    fn next(&mut self) -> Option<Vec<u32>> {
        let kinds = self.next.take()?;
        let mut taken: HashMap<u32, usize> = HashMap::new();
        let order = kinds.iter().filter_map(|kind| {
            let at = taken.entry(*kind).or_default();
            *at += 1;
            self.nodes.get(kind)?.get(*at - 1).copied()
        });
        let order = order.collect();
        self.next = after(kinds);
        Some(order)
    }
}

/// The next order of a list in which equal items stay equal.
fn after(mut kinds: Vec<u32>) -> Option<Vec<u32>> {
    let rise = kinds.windows(2).rposition(|pair| pair[0] < pair[1])?;
    let swap = kinds.iter().rposition(|&kind| kind > kinds[rise])?;
    kinds.swap(rise, swap);
    kinds[rise + 1..].reverse();
    Some(kinds)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_order_comes_once_and_twins_are_never_exchanged() {
        let orders = |list: &[u32], kinds: &[u32]| Orders::of(list, kinds).collect::<Vec<_>>();
        assert_eq!(orders(&[7, 8, 9], &[0, 0, 0]), [[7, 8, 9]]);
        assert_eq!(orders(&[7, 8, 9], &[1, 0, 1]), [[8, 7, 9], [7, 8, 9], [7, 9, 8]]);
        assert_eq!(orders(&[1, 2, 3, 4], &[1, 2, 3, 4]).len(), 24);
        assert_eq!(orders(&[7, 7, 8], &[0, 0, 0]).len(), 6);
    }
}
