//! Two documents compared field by field: two versions of a bill, or a bill and one that was issued again.

use std::collections::{HashMap, HashSet};

use serde::Serialize;

use super::{Attachment, Content, Field, Term, ValueKind};

/// In what two documents differ, of what is covered in both.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Difference {
    /// Fields that differ, first those that the trade has a name for, in the order of the first document, and then what only the
    /// second has.
    pub changes: Vec<Change>,
    /// How many fields are the same in both.
    pub same: usize,
    /// Attachments that only the first has: of this place, name, type and these bytes.
    pub only_first: Vec<Attachment>,
    /// Attachments that only the second has.
    pub only_second: Vec<Attachment>,
    /// Values that nothing covers, so that anybody could have written them, and that are not the same in both.
    pub unprotected: Vec<Change>,
    /// What a comparison cannot see of the first.
    #[serde(skip)]
    pub unseen_in_first: Unseen,
    /// And of the second.
    #[serde(skip)]
    pub unseen_in_second: Unseen,
    /// Whether both are known to hide the same, as where they have one digest; set by whoever knows their digests.
    #[serde(skip)]
    pub hide_the_same: bool,
    /// Whether both are the same bytes, which leaves nothing open; set by whoever knows these.
    #[serde(skip)]
    pub one_file: bool,
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
    /// What kind of value the first is, of one that is covered.
    pub first_kind: Option<ValueKind>,
    /// What kind of value the second is.
    pub second_kind: Option<ValueKind>,
}

/// What a comparison cannot see of a document.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Unseen {
    /// How many fields are hidden; absent where only their holder knows.
    pub hidden: Option<usize>,
    /// How many values nothing covers.
    pub unprotected: usize,
    /// How many paths are shortened: two of them may look alike.
    pub shortened_paths: usize,
    /// How many empty objects and lists nothing covers.
    pub empty_groups: usize,
}

impl Difference {
    /// Fields are the same where place, value and kind are. Documents of two families keep a bill's fields at different places:
    /// what has no counterpart at its place, and a name in the trade, is compared by that name and by the number of its item
    /// in a list.
    pub fn between(first: &Content, second: &Content) -> Self {
        let (counterparts, only_second) = counterparts(&first.fields, &second.fields);
        let (only_first, only_in_second) = unpaired(&first.attachments, &second.attachments);
        let mut found = Self {
            unseen_in_first: Unseen::of(first),
            unseen_in_second: Unseen::of(second),
            only_first,
            only_second: only_in_second,
            unprotected: unprotected(first, second),
            ..Self::default()
        };
        for (field, other) in first.fields.iter().zip(counterparts) {
            match other {
                Some(other) if other.value == field.value && other.kind == field.kind => found.same += 1,
                other => found.changes.push(Change::of(field, Some(field), other)),
            }
        }
        found.changes.extend(only_second.into_iter().map(|field| Change::of(field, None, Some(field))));
        found.changes.sort_by_key(|change| change.term.map_or((1, None), |term| (0, Some(term))));
        found
    }

    /// Whether what both show, as far as it is covered, is the same.
    pub fn is_empty(&self) -> bool {
        self.changes.is_empty() && self.only_first.is_empty() && self.only_second.is_empty()
    }

    /// Whether both say the same, all of it; nothing where what they show does, and the rest cannot be seen.
    pub fn same_content(&self) -> Option<bool> {
        if !self.is_empty() {
            return Some(false);
        }
        if self.one_file {
            return Some(true);
        }
        let both = [self.unseen_in_first, self.unseen_in_second];
        let is_seen = |unseen: Unseen| unseen.hidden == Some(0) && unseen.shortened_paths == 0;
        let covered = both.iter().all(|unseen| unseen.unprotected == 0 && unseen.empty_groups == 0);
        (covered && (self.hide_the_same || both.into_iter().all(is_seen))).then_some(true)
    }
}

impl Change {
    fn of(named: &Field, first: Option<&Field>, second: Option<&Field>) -> Self {
        Self {
            path: named.path.clone(),
            term: named.term,
            first: first.map(|field| field.value.clone()),
            second: second.map(|field| field.value.clone()),
            first_kind: first.map(|field| field.kind),
            second_kind: second.map(|field| field.kind),
        }
    }
}

impl Unseen {
    fn of(content: &Content) -> Self {
        Self {
            hidden: content.hidden,
            unprotected: content.unprotected.iter().filter(|found| found.value.is_some()).count(),
            shortened_paths: content.shortened_paths,
            empty_groups: content.empty_groups,
        }
    }
}

/// The field of the second that each of the first is compared with, and those of the second that are left.
fn counterparts<'c>(first: &[Field], second: &'c [Field]) -> (Vec<Option<&'c Field>>, Vec<&'c Field>) {
    let mut found: Vec<Option<&Field>> = vec![None; first.len()];
    let mut left: Vec<bool> = vec![true; second.len()];
    for key in [by_path, by_place, by_term] {
        let mut known: HashMap<(Key<'_>, usize), usize> = HashMap::new();
        let mut counts = HashMap::new();
        for (at, field) in second.iter().enumerate().filter(|(at, _)| left[*at]) {
            if let Some(key) = numbered(key(field), &mut counts) {
                known.insert(key, at);
            }
        }
        let mut counts = HashMap::new();
        for (field, found) in first.iter().zip(&mut found).filter(|(_, found)| found.is_none()) {
            if let Some(at) = numbered(key(field), &mut counts).and_then(|key| known.get(&key)) {
                *found = second.get(*at);
                left[*at] = false;
            }
        }
    }
    (found, second.iter().zip(left).filter_map(|(field, left)| left.then_some(field)).collect())
}

/// What makes two fields one.
type Key<'c> = (Option<Term>, &'c str, usize);

fn by_path(field: &Field) -> Option<Key<'_>> {
    Some((None, &field.path, 0))
}

/// A credential has below its subject what others have at the top.
fn by_place(field: &Field) -> Option<Key<'_>> {
    Some((None, if field.term.is_some() { below_subject(&field.path) } else { &field.path }, 0))
}

/// With the number of the item, of a field in a list. One that stands in no list counts as the first item: a family that has no
/// lists of one writes it so.
fn by_term(field: &Field) -> Option<Key<'_>> {
    field.term.map(|term| (Some(term), "", field.item().unwrap_or_default()))
}

/// Where several have the same, as statements may, they are numbered.
fn numbered<'c>(key: Option<Key<'c>>, counts: &mut HashMap<Key<'c>, usize>) -> Option<(Key<'c>, usize)> {
    let key = key?;
    let count = counts.entry(key).or_default();
    *count += 1;
    Some((key, *count))
}

fn below_subject(path: &str) -> &str {
    path.strip_prefix("credentialSubject.").unwrap_or(path)
}

/// The attachments of either that the other does not have, each as often as it is missing. One whose place the other has, too,
/// is compared with what stands there, and only there.
fn unpaired(first: &[Attachment], second: &[Attachment]) -> (Vec<Attachment>, Vec<Attachment>) {
    let paths = |all: &[Attachment]| all.iter().map(|one| one.path.clone()).collect::<HashSet<_>>();
    let (of_first, of_second) = (paths(first), paths(second));
    let place = |one: &Attachment, others: &HashSet<String>| match others.contains(&one.path) {
        true => (true, one.path.clone()),
        false => (false, place_of(&one.path)),
    };
    let key = |one: &Attachment, others: &HashSet<String>| {
        (place(one, others), one.name.clone(), one.media_type.clone(), one.sha256)
    };
    let mut known: HashMap<_, Vec<usize>> = HashMap::new();
    for (at, one) in second.iter().enumerate() {
        known.entry(key(one, &of_first)).or_default().push(at);
    }
    let mut is_left = vec![true; second.len()];
    let mut only_first = Vec::new();
    for one in first {
        match known.get_mut(&key(one, &of_second)).and_then(Vec::pop) {
            Some(at) => is_left[at] = false,
            None => only_first.push(one.clone()),
        }
    }
    let left = second.iter().zip(is_left).filter(|(_, is_left)| *is_left).map(|(one, _)| one.clone());
    (only_first, left.collect())
}

/// Where families differ in where it stands. The only one may stand in a list or not, as [`by_term`] has it.
fn place_of(path: &str) -> String {
    let place = below_subject(path);
    let place = place.strip_suffix("attachments[0]").map_or(place, |list| &place[..list.len() + "attachments".len()]);
    place.to_owned()
}

/// The values that nothing covers, by their place.
fn unprotected(first: &Content, second: &Content) -> Vec<Change> {
    let values = |content: &Content| -> Vec<(String, String)> {
        let found = content.unprotected.iter();
        found.filter_map(|found| Some((found.path.clone(), found.value.clone()?))).collect()
    };
    let (firsts, seconds) = (values(first), values(second));
    let of_second: HashMap<&str, &str> = seconds.iter().map(|(path, value)| (&**path, &**value)).collect();
    let in_first: HashSet<&str> = firsts.iter().map(|(path, _)| &**path).collect();
    let change = |path: &str, first: Option<&str>, second: Option<&str>| Change {
        path: path.to_owned(),
        term: None,
        first: first.map(str::to_owned),
        second: second.map(str::to_owned),
        first_kind: None,
        second_kind: None,
    };
    let of_first = firsts.iter().map(|(path, value)| (path, value, of_second.get(&**path).copied()));
    let differing = of_first.filter(|(_, value, other)| *other != Some(value.as_str()));
    let differing = differing.map(|(path, value, other)| change(path, Some(value), other));
    let only_second = seconds.iter().filter(|(path, _)| !in_first.contains(&**path));
    differing.chain(only_second.map(|(path, value)| change(path, None, Some(value)))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::primitives::Digest32;

    fn field(path: &str, value: &str, kind: ValueKind) -> Field {
        Field { path: path.to_owned(), term: Term::at(path), value: value.to_owned(), kind }
    }

    fn content(fields: &[(&str, &str)]) -> Content {
        let fields = fields.iter().map(|(path, value)| field(path, value, ValueKind::Text)).collect();
        Content { fields, hidden: Some(0), ..Content::default() }
    }

    #[test]
    fn a_value_at_another_place_of_the_same_name_is_another_where_both_places_are_taken() {
        let first = content(&[("consignee.name", "A"), ("consigneeName", "B")]);
        let turned = content(&[("consigneeName", "A"), ("consignee.name", "B")]);
        assert_eq!(Difference::between(&first, &turned).changes.len(), 2);
        let reordered = content(&[("consigneeName", "B"), ("consignee.name", "A")]);
        assert_eq!(Difference::between(&first, &reordered).same_content(), Some(true));
        for (one, other) in [("freight", "freightPayableAt"), ("freight", "freightCharges")] {
            let difference = Difference::between(&content(&[(one, "Kiel")]), &content(&[(other, "Kiel")]));
            assert_eq!((difference.changes.len(), difference.same_content()), (2, Some(false)), "{one} {other}");
        }
        let of_a_credential = content(&[("credentialSubject.consigneeName", "A")]);
        let difference = Difference::between(&content(&[("consignee.name", "A")]), &of_a_credential);
        assert_eq!(difference.same_content(), Some(true));
    }

    #[test]
    fn what_stands_below_a_subject_is_no_other_place_where_both_places_are_taken() {
        let first = content(&[("consignee.name", "A"), ("credentialSubject.consignee.name", "B")]);
        let turned = content(&[("credentialSubject.consignee.name", "A"), ("consignee.name", "B")]);
        assert_eq!(Difference::between(&first, &turned).same_content(), Some(false));
        let file = |path: &str, byte| Attachment {
            path: path.to_owned(),
            name: None,
            media_type: None,
            size: 1,
            sha256: Digest32([byte; 32]),
        };
        let of = |one, other| Content {
            attachments: vec![file("attachments[0]", one), file("credentialSubject.attachments[0]", other)],
            ..content(&[])
        };
        let difference = Difference::between(&of(1, 2), &of(2, 1));
        assert_eq!((difference.only_first.len(), difference.only_second.len()), (2, 2));
        assert_eq!(Difference::between(&of(1, 2), &of(1, 2)).same_content(), Some(true));
    }

    #[test]
    fn what_cannot_be_seen_is_not_known_to_be_the_same() {
        let whole = content(&[("vessel", "MV Havgard")]);
        assert_eq!(Difference::between(&whole, &whole).same_content(), Some(true));
        let value = super::super::Unprotected { path: "a".to_owned(), value: Some("0".to_owned()) };
        let member = super::super::Unprotected { path: "schema".to_owned(), value: None };
        for (unseen, by_digest) in [
            (Content { hidden: Some(1), ..whole.clone() }, Some(true)),
            (Content { hidden: None, ..whole.clone() }, Some(true)),
            (Content { shortened_paths: 1, ..whole.clone() }, Some(true)),
            (Content { unprotected: vec![value], ..whole.clone() }, None),
            (Content { empty_groups: 1, ..whole.clone() }, None),
        ] {
            for (one, other) in [(&whole, &unseen), (&unseen, &whole), (&unseen, &unseen)] {
                let mut difference = Difference::between(one, other);
                assert_eq!((difference.is_empty(), difference.same_content()), (true, None), "{unseen:?}");
                difference.hide_the_same = true;
                assert_eq!(difference.same_content(), by_digest, "{unseen:?}");
                difference.one_file = true;
                assert_eq!(difference.same_content(), Some(true), "{unseen:?}");
            }
        }
        // What stands beside the content is none of it.
        let beside = Content { unprotected: vec![member], ..whole.clone() };
        assert_eq!(Difference::between(&whole, &beside).same_content(), Some(true));
    }

    #[test]
    fn an_attachment_is_the_same_by_place_name_type_and_bytes_and_as_often() {
        let attachment = |path: &str, name: &str, kind: &str, byte| Attachment {
            path: path.to_owned(),
            name: Some(name.to_owned()),
            media_type: Some(kind.to_owned()),
            size: 1,
            sha256: Digest32([byte; 32]),
        };
        let of = |attachments: &[Attachment]| Content { attachments: attachments.to_vec(), ..content(&[]) };
        let one = attachment("attachments[0]", "a", "x", 1);
        for other in [
            attachment("attachments[1]", "a", "x", 1),
            attachment("attachments[0]", "b", "x", 1),
            attachment("attachments[0]", "a", "y", 1),
            attachment("attachments[0]", "a", "x", 2),
        ] {
            let difference = Difference::between(&of(std::slice::from_ref(&one)), &of(&[other]));
            assert_eq!((difference.only_first.len(), difference.only_second.len()), (1, 1), "{difference:?}");
        }
        let twice = Difference::between(&of(std::slice::from_ref(&one)), &of(&[one.clone(), one.clone()]));
        assert_eq!((twice.only_first.len(), twice.only_second.len()), (0, 1));
        let single = attachment("credentialSubject.attachments", "a", "x", 1);
        assert_eq!(Difference::between(&of(&[one]), &of(&[single])).same_content(), Some(true));
    }
}
