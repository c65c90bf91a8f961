//! What the documents of a run show about each other: findings of the run, never a verdict. Each document may be valid by
//! itself; that one title or one bill stands in two of them is for people to look at.

use std::collections::HashMap;
use std::hash::Hash;

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::record::{Record, TitleRecord};
use super::tally::and_more;
use crate::date_time::rfc3339_seconds;
use crate::primitives::{Address, Digest32, TokenId};
use crate::verify::TitleStateName;
use crate::verify::codes::{self, Code};

/// Documents that a run has seen, by what must be theirs alone. Of each only a few numbers stay, however many there are.
#[derive(Debug, Default)]
pub(super) struct Twins {
    /// The names of the documents, which the rest counts by number.
    names: Vec<Box<str>>,
    files: HashMap<Digest32, Group>,
    tokens: HashMap<Token, Group>,
    bills: HashMap<(String, String), Group>,
    batches: HashMap<Digest32, Group>,
    states: HashMap<Token, States>,
}

type Token = (u64, Address, TokenId);

/// A finding about several documents.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct TwinFinding {
    code: String,
    message: String,
    files: Vec<String>,
}

impl TwinFinding {
    /// For a page: of the files a few.
    pub(super) fn in_a_line(&self) -> String {
        const MOST: usize = 3;
        let (named, more) = match self.files.split_last() {
            // Behind as many names as are kept there stands how many more there were.
            Some((words, named)) if named.len() > MOST_OTHERS => (named, more_of(words)),
            _ => (&*self.files, 0),
        };
        let more = named.len().saturating_sub(MOST).saturating_add(more);
        let more = and_more(more);
        let named = named.get(..MOST).unwrap_or(named).join(", ");
        format!("{}: {named}{more}   [{}]", self.message, self.code)
    }
}

impl Twins {
    /// One more document of the run.
    pub(super) fn add(&mut self, record: &Record) {
        let document = self.named(&record.file);
        let content = record.sha256.as_deref().and_then(Digest32::from_hex64);
        if let Some(content) = content {
            // Every one counts, so each is of a kind of its own.
            group(&mut self.files, content, document, None);
        }
        for title in &record.titles {
            let token = token(title);
            group(&mut self.tokens, token, document, content);
            if let Some(bill) = &title.bill {
                let kind = Digest32(Sha256::digest(format!("{token:?}")).into());
                group(&mut self.bills, bill.clone(), document, Some(kind));
            }
        }
        for root in &record.batches {
            group(&mut self.batches, *root, document, content);
        }
        self.add_states(document, record);
    }

    /// One that an earlier run judged and that this one may judge again: it only says how its titles were then.
    pub(super) fn add_earlier(&mut self, record: &Record) {
        if record.titles.iter().any(is_known) {
            let document = self.named(&record.file);
            self.add_states(document, record);
        }
    }

    fn add_states(&mut self, document: u32, record: &Record) {
        for title in record.titles.iter().filter(|title| is_known(title)) {
            let TitleRecord { state, holder, beneficiary, block, .. } = *title;
            let time = rfc3339_seconds(&record.checked_at).unwrap_or_default();
            let seen = Seen { document, state, holder, beneficiary, block, time };
            self.states.entry(token(title)).and_modify(|states| states.add(seen)).or_insert(States::of(seen));
        }
    }

    fn named(&mut self, file: &str) -> u32 {
        let number = u32::try_from(self.names.len()).unwrap_or(u32::MAX);
        self.names.push(file.into());
        number
    }

    /// What there is to say, in the order of the kinds and then of the first file.
    pub(super) fn findings(&self) -> Vec<TwinFinding> {
        let in_words = |(chain, registry, token): &Token| format!("token {token} of {registry} on chain {chain}");
        let same_file = self.found(&self.files, &codes::RUN_SAME_FILE, |_| "files with the same content".into());
        let same_token = self.found(&self.tokens, &codes::RUN_SAME_TITLE, |token| {
            format!("different files for one title, {}", in_words(token))
        });
        let same_bill = self.found(&self.bills, &codes::RUN_SAME_BILL, |(number, issuer)| {
            format!("bill {number} of {issuer} stands under several titles")
        });
        let changed = self.states.iter().filter_map(|(token, states)| {
            let (earlier, later) = (&states.earliest, states.other.as_deref()?);
            let mut files = vec![self.name(earlier.document)];
            if files[0] != self.name(later.document) {
                files.push(self.name(later.document));
            }
            let message = format!("{} was {}; later {}", in_words(token), earlier.in_words(), later.in_words());
            Some(TwinFinding { code: codes::RUN_TITLE_CHANGED.id.into(), message, files })
        });
        let mut changed: Vec<TwinFinding> = changed.collect();
        changed.sort_by(|one, other| (&one.files, &one.message).cmp(&(&other.files, &other.message)));
        let batch = self.found(&self.batches, &codes::RUN_BATCH, |root| format!("documents of one batch, {root}"));
        [same_file, same_token, same_bill, changed, batch].concat()
    }

    fn name(&self, document: u32) -> String {
        self.names.get(document as usize).map(|name| name.to_string()).unwrap_or_default()
    }

    /// Groups of which more than one kind is there.
    fn found<K>(
        &self,
        groups: &HashMap<K, Group>,
        code: &'static Code,
        message: impl Fn(&K) -> String,
    ) -> Vec<TwinFinding> {
        let several = groups.iter().filter_map(|(key, group)| {
            let others = group.others.as_deref().filter(|others| others.several_kinds)?;
            let documents = std::iter::once(group.first).chain(others.documents.iter().copied());
            let more = (others.more > 0).then(|| last_of_list(others.more));
            let files = documents.map(|document| self.name(document)).chain(more).collect();
            Some(TwinFinding { code: code.id.into(), message: message(key), files })
        });
        let mut findings: Vec<TwinFinding> = several.collect();
        findings.sort_by(|one, other| (&one.files, &one.message).cmp(&(&other.files, &other.message)));
        findings
    }
}

fn token(title: &TitleRecord) -> Token {
    (title.chain_id, title.registry, title.token_id)
}

fn is_known(title: &TitleRecord) -> bool {
    !matches!(title.state, TitleStateName::Unknown | TitleStateName::None)
}

/// Documents that have one thing in common.
#[derive(Debug)]
struct Group {
    first: u32,
    /// In what the first may differ from others; without it, it does.
    kind: Option<Digest32>,
    others: Option<Box<Others>>,
}

#[derive(Debug, Default)]
struct Others {
    /// Of very many the first.
    documents: Vec<u32>,
    more: usize,
    several_kinds: bool,
}

/// So many are named beside the first.
const MOST_OTHERS: usize = 15;

/// As a list of files says it at its end.
fn last_of_list(more: usize) -> String {
    format!("and {more} more")
}

/// How many [`last_of_list`] says, in a summary that was read again.
fn more_of(words: &str) -> usize {
    let number = words.strip_prefix("and ").and_then(|words| words.strip_suffix(" more"));
    number.and_then(|number| number.parse().ok()).unwrap_or(1)
}

fn group<K: Hash + Eq>(groups: &mut HashMap<K, Group>, key: K, document: u32, kind: Option<Digest32>) {
    match groups.entry(key) {
        std::collections::hash_map::Entry::Vacant(entry) => {
            entry.insert(Group { first: document, kind, others: None });
        }
        std::collections::hash_map::Entry::Occupied(mut entry) => {
            let group = entry.get_mut();
            let others = group.others.get_or_insert_default();
            others.several_kinds |= kind.is_none() || group.kind != kind;
            match others.documents.len() < MOST_OTHERS {
                true => others.documents.push(document),
                false => others.more += 1,
            }
        }
    }
}

/// How one title was read.
#[derive(Debug)]
struct States {
    earliest: Seen,
    /// The latest that differs.
    other: Option<Box<Seen>>,
}

#[derive(Debug, Clone, Copy)]
struct Seen {
    document: u32,
    state: TitleStateName,
    holder: Option<Address>,
    beneficiary: Option<Address>,
    block: Option<u64>,
    /// When it was judged, in seconds since the Unix epoch.
    time: i64,
}

impl States {
    fn of(earliest: Seen) -> Self {
        Self { earliest, other: None }
    }

    fn add(&mut self, seen: Seen) {
        let later = if seen.is_before(&self.earliest) { std::mem::replace(&mut self.earliest, seen) } else { seen };
        if self.other.as_ref().is_some_and(|other| self.earliest.is_same(other)) {
            self.other = None;
        }
        if !self.earliest.is_same(&later) && self.other.as_ref().is_none_or(|other| !later.is_before(other)) {
            self.other = Some(Box::new(later));
        }
    }
}

impl Seen {
    fn is_same(&self, other: &Self) -> bool {
        (self.state, self.holder, self.beneficiary) == (other.state, other.holder, other.beneficiary)
    }

    /// By the chain where that can be told.
    fn is_before(&self, other: &Self) -> bool {
        match (self.block, other.block) {
            (Some(this), Some(that)) => this < that,
            _ => self.time < other.time,
        }
    }

    fn in_words(&self) -> String {
        let state = match self.state {
            TitleStateName::Live => "live",
            TitleStateName::Returned => "returned",
            TitleStateName::Ended => "ended",
            TitleStateName::NotIssued => "not issued",
            TitleStateName::None => "no title",
            TitleStateName::Unknown => "not known",
        };
        let party = |role: &str, who: Option<Address>| who.map(|who| format!(", {role} {who}")).unwrap_or_default();
        let block = self.block.map(|block| format!(" (block {block})")).unwrap_or_default();
        format!("{state}{}{}{block}", party("holder", self.holder), party("beneficiary", self.beneficiary))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::record::CameTo;
    use crate::verify::Verdict;

    fn read_at(file: &str, block: u64, state: TitleStateName, holder: u8) -> Record {
        let mut record = Record::without_document(
            file,
            CameTo::Verdict(Verdict::Valid),
            "title.live",
            "2026-03-01T08:00:00Z".into(),
        );
        record.titles = vec![TitleRecord {
            chain_id: 1,
            registry: Address([1; 20]),
            token_id: TokenId([2; 32]),
            bill: None,
            state,
            holder: Some(Address([holder; 20])),
            beneficiary: None,
            block: Some(block),
        }];
        record
    }

    #[test]
    fn a_title_read_in_two_states_is_told_with_the_earlier_one_first_in_whatever_order_they_come() {
        let readings = [
            read_at("one", 5, TitleStateName::Live, 1),
            read_at("two", 9, TitleStateName::Returned, 1),
            read_at("three", 7, TitleStateName::Live, 1),
        ];
        for order in [[0, 1, 2], [2, 1, 0], [1, 2, 0], [1, 0, 2]] {
            let mut twins = Twins::default();
            order.iter().for_each(|&at| twins.add(&readings[at]));
            let findings = twins.findings();
            let changed: Vec<_> = findings.iter().filter(|finding| finding.code == "run.title_changed").collect();
            assert_eq!(changed.len(), 1, "{findings:?}");
            assert_eq!(changed[0].files, ["one", "two"]);
            assert!(changed[0].message.contains("(block 5); later returned"), "{}", changed[0].message);
        }
    }

    #[test]
    fn a_page_names_three_files_of_a_finding_and_counts_the_others() {
        let of = |count: usize| {
            let mut twins = Twins::default();
            for number in 0..count {
                let mut record = read_at(&format!("f{number:02}"), 5, TitleStateName::Live, 1);
                record.titles.clear();
                record.sha256 = Some("ab".repeat(32));
                twins.add(&record);
            }
            twins.findings()[0].in_a_line()
        };
        assert_eq!(of(3), "files with the same content: f00, f01, f02   [run.same_file]");
        for count in [4, 16, 17, 40] {
            let more = format!("f00, f01, f02 and {} more  ", count - 3);
            assert!(of(count).contains(&more), "{}", of(count));
        }
    }

    #[test]
    fn another_holder_is_a_change_and_what_is_not_known_is_none() {
        let mut twins = Twins::default();
        twins.add_earlier(&read_at("then", 5, TitleStateName::Live, 1));
        twins.add(&read_at("now", 6, TitleStateName::Unknown, 9));
        twins.add(&read_at("now", 7, TitleStateName::Live, 1));
        assert!(!twins.findings().iter().any(|finding| finding.code == "run.title_changed"));
        twins.add(&read_at("now", 8, TitleStateName::Live, 2));
        assert!(twins.findings().iter().any(|finding| finding.code == "run.title_changed"));
    }
}
