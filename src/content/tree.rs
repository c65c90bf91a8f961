//! The values of a document as a tree, the same for every family.

use std::borrow::Cow;
use std::fmt::Write as _;

use super::ValueKind;
use crate::document::json::{Kind, Value};
use crate::document::oa2::{self, LeafType, salted_leaf};
use crate::document::{Document, oa3};
use crate::integrity::is_falsy;

/// A value, or what holds others.
pub(super) enum Node<'d> {
    Leaf(Leaf<'d>),
    Object(Vec<(Name<'d>, Self)>),
    List(Vec<Self>),
}

pub(super) type Name<'d> = Cow<'d, str>;

/// A value that holds no others.
pub(super) struct Leaf<'d> {
    pub value: Cow<'d, str>,
    pub kind: ValueKind,
    pub cover: Cover,
}

/// What protects a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Cover {
    /// Digest or signature.
    Digest,
    /// Nothing: the older wrapping rule of v3 left it out (documents.md §4.8 step 5).
    Nothing,
}

impl<'d> Node<'d> {
    pub(super) fn leaf(value: impl Into<Cow<'d, str>>, kind: ValueKind) -> Self {
        Self::Leaf(Leaf { value: value.into(), kind, cover: Cover::Digest })
    }

    /// The text of a member that is one.
    pub(super) fn text(&self, wanted: impl Fn(&str) -> bool) -> Option<&str> {
        let Self::Object(members) = self else { return None };
        let texts = members.iter().filter_map(|(name, value)| match value {
            Self::Leaf(Leaf { value, kind: ValueKind::Text, cover: Cover::Digest }) => Some((name, &**value)),
            _ => None,
        });
        texts.into_iter().find(|(name, _)| wanted(name)).map(|(_, value)| value)
    }
}

/// Calls with the path of a member. A name that could be taken for more than a name is quoted.
pub(super) fn under_name<R>(path: &mut String, name: &str, visit: impl FnOnce(&mut String) -> R) -> R {
    let length = path.len();
    if !path.is_empty() {
        path.push('.');
    }
    match name.is_empty() || name.contains(['.', '[', ']', '"']) {
        true => drop(write!(path, "{name:?}")),
        false => path.push_str(name),
    }
    let result = visit(path);
    path.truncate(length);
    result
}

/// As [`under_name`], of an item.
pub(super) fn under_index<R>(path: &mut String, index: usize, visit: impl FnOnce(&mut String) -> R) -> R {
    let length = path.len();
    let _ = write!(path, "[{index}]");
    let result = visit(path);
    path.truncate(length);
    result
}

/// Whose every leaf is salted: the integrity check has seen it.
pub(super) fn of_oa2<'d>(document: &'d oa2::Document<'_>) -> Node<'d> {
    of_salted(document.data())
}

fn of_salted(value: Value<'_>) -> Node<'_> {
    match value.kind() {
        Kind::Object(members) if members.is_empty() => Node::leaf("", ValueKind::EmptyObject),
        Kind::Array(items) if items.is_empty() => Node::leaf("", ValueKind::EmptyList),
        Kind::Object(members) => {
            Node::Object(members.map(|(name, value)| (name.decoded(), of_salted(value))).collect())
        }
        Kind::Array(items) => Node::List(items.map(of_salted).collect()),
        Kind::String(text) => salted(text.decoded()),
        Kind::Null | Kind::Bool(_) | Kind::Number(_) => Node::leaf("", ValueKind::Null),
    }
}

fn salted(text: Cow<'_, str>) -> Node<'_> {
    let Some((kind, value)) = salted_leaf(&text) else { return Node::leaf(text, ValueKind::Text) };
    let kind = match kind {
        LeafType::String => ValueKind::Text,
        LeafType::Number => ValueKind::Number,
        LeafType::Boolean => ValueKind::Boolean,
        LeafType::Null | LeafType::Undefined => ValueKind::Null,
    };
    let salt = text.len() - value.len();
    Node::leaf(
        match text {
            Cow::Borrowed(text) => Cow::Borrowed(&text[salt..]),
            Cow::Owned(mut text) => Cow::Owned(text.split_off(salt)),
        },
        kind,
    )
}

/// Empty containers are left out: no digest covers them (documents.md §4.2).
pub(super) fn of_oa3<'d>(document: &'d oa3::Document<'_>, falsy: Cover) -> Node<'d> {
    Node::Object(document.content().map(|(name, value)| (name.decoded(), of_plain(value, falsy))).collect())
}

fn of_plain(value: Value<'_>, falsy: Cover) -> Node<'_> {
    let kind = value.kind();
    let cover = if is_falsy(kind) { falsy } else { Cover::Digest };
    let leaf = |value, kind| Node::Leaf(Leaf { value, kind, cover });
    match kind {
        Kind::Object(members) => {
            Node::Object(members.map(|(name, value)| (name.decoded(), of_plain(value, falsy))).collect())
        }
        Kind::Array(items) => Node::List(items.map(|item| of_plain(item, falsy)).collect()),
        Kind::String(text) => leaf(text.decoded(), ValueKind::Text),
        Kind::Number(token) => leaf(token.into(), ValueKind::Number),
        Kind::Bool(true) => leaf("true".into(), ValueKind::Boolean),
        Kind::Bool(false) => leaf("false".into(), ValueKind::Boolean),
        Kind::Null => leaf("null".into(), ValueKind::Null),
    }
}

/// How many values and names the text has that a document was read from, as far as there is one.
pub(super) fn size(document: &Document<'_>) -> usize {
    match document {
        Document::Oa2(document) => document.data().values_in_text(),
        Document::Oa3(document) => document.whole().values_in_text(),
        Document::Credential(credential) => credential.whole().values_in_text(),
        Document::Presentation(_) | Document::Malformed(_) => 0,
    }
}
