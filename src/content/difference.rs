//! Two documents compared field by field: two versions of a bill, or a bill and one that was issued again.

use std::collections::{HashMap, HashSet};

use serde::Serialize;

use super::{Attachment, Content, Field, Term};

/// In what two documents differ, of what is covered in both.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Difference {
    /// Fields that differ, first those that the trade has a name for, in the order of the first document, and then what only the
    /// second has.
    pub changes: Vec<Change>,
    /// How many fields are the same in both.
    pub same: usize,
    /// Attachments that only the first has, by their bytes.
    pub only_first: Vec<Attachment>,
    /// Attachments that only the second has.
    pub only_second: Vec<Attachment>,
}

/// A field that differs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Change {
    /// Where it stands: in the first document, or in the second where the first has none.
    pub path: String,
    /// What the trade calls it.
    pub term: Option<Term>,
    /// In the first document; absent where it has none that is visible.
    pub first: Option<String>,
    /// In the second document; likewise.
    pub second: Option<String>,
}

impl Difference {
    /// Fields are the same where path, value and kind are. Documents of two families keep a bill's fields at different places:
    /// those that the trade has a name for are compared by that name, and by the number of their item in a list.
    pub fn between(first: &Content, second: &Content) -> Self {
        let (firsts, seconds) = (keyed(first), keyed(second));
        let others: HashMap<&Key<'_>, &Field> = seconds.iter().map(|(key, field)| (key, *field)).collect();
        let known: HashSet<&Key<'_>> = firsts.iter().map(|(key, _)| key).collect();
        let mut found = Self::default();
        for (key, field) in &firsts {
            match others.get(key) {
                Some(other) if other.value == field.value && other.kind == field.kind => found.same += 1,
                other => found.changes.push(Change {
                    path: field.path.clone(),
                    term: field.term,
                    first: Some(field.value.clone()),
                    second: other.map(|other| other.value.clone()),
                }),
            }
        }
        for (_, field) in seconds.iter().filter(|(key, _)| !known.contains(key)) {
            found.changes.push(Change {
                path: field.path.clone(),
                term: field.term,
                first: None,
                second: Some(field.value.clone()),
            });
        }
        found.changes.sort_by_key(|change| change.term.map_or((1, None), |term| (0, Some(term))));
        found.only_first = missing(&first.attachments, &second.attachments);
        found.only_second = missing(&second.attachments, &first.attachments);
        found
    }

    /// Whether both say the same.
    pub fn is_empty(&self) -> bool {
        self.changes.is_empty() && self.only_first.is_empty() && self.only_second.is_empty()
    }
}

/// What makes two fields one. Where several have the same, as statements may, they are numbered.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Key<'c> {
    /// With the number of the item, of a field in a list. One that stands in no list counts as the first item: a family that has
    /// no lists of one writes it so.
    Term(Term, usize, usize),
    Path(&'c str, usize),
}

fn keyed<'c>(content: &'c Content) -> Vec<(Key<'c>, &'c Field)> {
    let mut known: HashMap<Key<'_>, usize> = HashMap::new();
    let key = |field: &'c Field| {
        let Field { path, term, .. } = field;
        let first = match term {
            Some(term) => Key::Term(*term, field.item().unwrap_or_default(), 0),
            None => Key::Path(path, 0),
        };
        let count = known.entry(first).or_default();
        *count += 1;
        let key = match first {
            Key::Term(term, item, _) => Key::Term(term, item, *count),
            Key::Path(path, _) => Key::Path(path, *count),
        };
        (key, field)
    };
    content.fields.iter().map(key).collect()
}

fn missing(these: &[Attachment], others: &[Attachment]) -> Vec<Attachment> {
    let known: HashSet<_> = others.iter().map(|attachment| attachment.sha256).collect();
    these.iter().filter(|attachment| !known.contains(&attachment.sha256)).cloned().collect()
}
