//! What could not be looked at: said once as it begins and once as it ends, for all titles together that meet the same.

use std::collections::BTreeMap;

use crate::cli::note;

/// Which titles cannot be looked at.
pub(super) struct Troubles {
    is_met: Vec<bool>,
    /// What is told until that ends.
    told: &'static str,
}

impl Troubles {
    pub(super) fn of(titles: usize, told: &'static str) -> Self {
        Self { is_met: vec![false; titles], told }
    }

    /// What stands in the way of each title now, in their order.
    pub(super) fn note(&mut self, now: impl Iterator<Item = Option<String>>) {
        let total = self.is_met.len();
        let (mut begun, mut ended) = (BTreeMap::<String, usize>::new(), 0);
        for (was, now) in self.is_met.iter_mut().zip(now) {
            match (*was, &now) {
                (false, Some(why)) => *begun.entry(why.clone()).or_default() += 1,
                (true, None) => ended += 1,
                _ => {}
            }
            *was = now.is_some();
        }
        for (why, count) in begun {
            note(&format!("{why}; {} of {} until that ends", self.told, titles(count, total)));
        }
        if ended > 0 {
            note(&format!("{} can be looked at again", titles(ended, total)));
        }
    }
}

fn titles(count: usize, total: usize) -> String {
    match (count, total) {
        (1, 1) => "the title".to_owned(),
        (count, total) if count == total => format!("all {total} titles"),
        (count, total) => format!("{count} of {total} titles"),
    }
}
