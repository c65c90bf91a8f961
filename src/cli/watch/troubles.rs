//! What could not be looked at: said once as it begins and once as it ends, for all titles together that meet the same.

use std::collections::BTreeMap;

use crate::cli::note;

/// Which titles meet which kind of trouble.
pub(super) struct Troubles<K> {
    met: Vec<Option<K>>,
    words: Words,
}

/// How it is said.
pub(super) struct Words {
    /// What is told until it ends.
    pub until: &'static str,
    /// What has ended.
    pub ended: &'static str,
}

/// What stands in the way of a title now.
pub(super) enum Met<K> {
    Nothing,
    /// Of this kind, in these words.
    Trouble(K, String),
    /// It is not known: as before.
    NotKnown,
}

impl<K: PartialEq + Copy> Troubles<K> {
    pub(super) fn of(titles: usize, words: Words) -> Self {
        Self { met: vec![None; titles], words }
    }

    /// What stands in the way of each title now, in their order. Of another kind it is another trouble; the words may change
    /// at each look.
    pub(super) fn note(&mut self, now: impl Iterator<Item = Met<K>>) {
        let total = self.met.len();
        let (mut begun, mut ended) = (BTreeMap::<String, usize>::new(), 0);
        for (was, now) in self.met.iter_mut().zip(now) {
            match now {
                Met::NotKnown => {}
                Met::Nothing => ended += usize::from(was.take().is_some()),
                Met::Trouble(kind, _) if *was == Some(kind) => {}
                Met::Trouble(kind, why) => {
                    *begun.entry(why).or_default() += 1;
                    *was = Some(kind);
                }
            }
        }
        let Words { until, ended: end } = self.words;
        for (why, count) in begun {
            note(&format!("{why}; {until} of {} until that ends", titles(count, total)));
        }
        if ended > 0 {
            note(&format!("{end} of {} can be read again", titles(ended, total)));
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
