//! The history as a picture: who was recorded as beneficiary and as holder, one step for each operation. Places and words
//! alone; how a lane is drawn is the medium's matter. The table says the same, so nothing is in the picture alone.

use super::Teller;
use super::history::HistoryRow;
use crate::primitives::Address;
use crate::verify::{HistoryEntry, TitleReport};

/// Bars over steps of equal width.
pub(crate) struct TimeLine {
    pub caption: String,
    /// What can be seen, for those who do not see it.
    pub description: String,
    /// The last operations, oldest first.
    pub steps: Vec<Step>,
    /// Beneficiary and holder.
    pub lanes: [Lane; 2],
    /// Whose letters stand in the bars.
    pub parties: Vec<Party>,
}

/// One operation.
pub(crate) struct Step {
    /// Its place in the table, from 1.
    pub number: usize,
    /// Its date, where known.
    pub date: Option<String>,
}

/// One role over time.
pub(crate) struct Lane {
    pub role: &'static str,
    pub bars: Vec<Bar>,
}

/// Who was recorded from one step until another.
pub(crate) struct Bar {
    /// Indices of [`TimeLine::steps`]; the second is the first in which it is somebody else, or their number.
    pub steps: std::ops::Range<usize>,
    /// An index of [`TimeLine::parties`].
    pub party: usize,
}

/// A party and the letter it goes by.
pub(crate) struct Party {
    pub letter: String,
    pub name: String,
}

/// More steps are too narrow to read.
const MOST_STEPS: usize = 20;

impl TimeLine {
    /// Nothing where there is nothing to see.
    pub(super) fn of(report: &TitleReport, teller: &Teller<'_>) -> Option<Self> {
        let all = report.history.len();
        let skipped = all.saturating_sub(MOST_STEPS);
        let entries = report.history.get(skipped..).filter(|entries| !entries.is_empty())?;
        let mut parties: Vec<Address> = Vec::new();
        let mut lane =
            |role, who: fn(&HistoryEntry) -> Option<Address>| Lane { role, bars: bars(entries, who, &mut parties) };
        let lanes = [lane("beneficiary", |entry| entry.owner), lane("holder", |entry| entry.holder)];
        let steps = entries
            .iter()
            .enumerate()
            .map(|(index, entry)| Step { number: skipped + index + 1, date: HistoryRow::date(entry) });
        let parties = parties.iter().enumerate();
        let parties =
            parties.map(|(index, party)| Party { letter: letter(index), name: teller.table_address(*party) }).collect();
        let which = match skipped {
            0 => format!("all {all}"),
            _ => format!("the last {MOST_STEPS} of {all}"),
        };
        let mut line = Self {
            caption: format!("Time line: one step for each operation, {which}; not to scale"),
            description: String::new(),
            steps: steps.collect(),
            lanes,
            parties,
        };
        line.description = line.in_words();
        Some(line)
    }

    /// `beneficiary: A from operation 1 until 2, B from operation 2 on`.
    fn in_words(&self) -> String {
        let lanes = self.lanes.iter().map(|lane| {
            let bars = lane.bars.iter().filter_map(|bar| {
                let first = self.steps.get(bar.steps.start)?.number;
                let letter = &self.parties.get(bar.party)?.letter;
                let until = match self.steps.get(bar.steps.end) {
                    Some(next) => format!(" until {}", next.number),
                    None => " on".to_owned(),
                };
                Some(format!("{letter} from operation {first}{until}"))
            });
            format!("{}: {}", lane.role, bars.collect::<Vec<_>>().join(", "))
        });
        lanes.collect::<Vec<_>>().join("; ")
    }
}

/// One bar for as long as the same party is recorded; a gap where nobody is.
fn bars(entries: &[HistoryEntry], who: fn(&HistoryEntry) -> Option<Address>, parties: &mut Vec<Address>) -> Vec<Bar> {
    let mut bars: Vec<Bar> = Vec::new();
    let mut before = None;
    for (index, entry) in entries.iter().enumerate() {
        let now = who(entry);
        match (now, bars.last_mut()) {
            (Some(_), Some(bar)) if now == before => bar.steps.end = index + 1,
            (Some(address), _) => {
                let party = parties.iter().position(|known| *known == address).unwrap_or_else(|| {
                    parties.push(address);
                    parties.len() - 1
                });
                bars.push(Bar { steps: index..index + 1, party });
            }
            (None, _) => {}
        }
        before = now;
    }
    bars
}

/// `A` to `Z`, then `A2` and so on.
fn letter(index: usize) -> String {
    let letter = char::from(b'A' + u8::try_from(index % 26).unwrap_or_default());
    match index / 26 {
        0 => letter.to_string(),
        round => format!("{letter}{}", round + 1),
    }
}
