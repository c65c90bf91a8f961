//! What a document says (documents.md §10): the values that its digest or its signature covers, under the names of the trade
//! where these are known, and everything else by its place. What nothing covers is set apart and never shown as content.
//!
//! Whether the digest or the signature holds is decided elsewhere (`integrity`, `verify`); without that there is no
//! [`Content`].

mod attachments;
mod difference;
mod statements;
mod terms;
mod tree;

use std::collections::HashSet;

use serde::Serialize;

use crate::credential::Signed;
use crate::document::Document;
use crate::integrity::{Integrity, IntegrityResult, Warning};

pub use attachments::{Attachment, AttachmentFile};
pub use difference::{Change, Difference, Unseen};
pub use terms::Term;

use attachments::{DATA, Found};
use tree::{Cover, Leaf, Node};

/// The content of one document.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Content {
    /// Every visible value that is covered, in the order of the document; of a W3C document in the order of its statements,
    /// since no signature covers another.
    pub fields: Vec<Field>,
    /// The files in it, whose bytes stand in no field.
    pub attachments: Vec<Attachment>,
    /// How many fields, of a W3C document statements, are hidden; absent where only their holder knows. Nobody else can know
    /// which they are.
    pub hidden: Option<usize>,
    /// What stands in the document and nothing covers.
    pub unprotected: Vec<Unprotected>,
    /// How many paths are shortened, with `…` in them: together they would be many times the size of the document.
    pub shortened_paths: usize,
    /// How many empty objects and lists nothing covers and are not shown; a warning of the report says so.
    #[serde(skip)]
    pub empty_groups: usize,
}

/// One value.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Field {
    /// Where it stands: `shipper.address.street`, `packages[0].weight`. Of a W3C document the words' own names.
    pub path: String,
    /// What the trade calls it.
    pub term: Option<Term>,
    /// As it is written, of a text without its quotes.
    pub value: String,
    /// What kind of value it is.
    pub kind: ValueKind,
}

/// Kinds of values.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum ValueKind {
    /// A text.
    Text,
    /// A number, as written.
    Number,
    /// `true` or `false`.
    Boolean,
    /// `null` or `undefined`.
    Null,
    /// An object without members.
    EmptyObject,
    /// A list without items.
    EmptyList,
    /// W3C: the address of something, such as a type.
    Reference,
}

/// Something in a document that its digest does not cover.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Unprotected {
    /// Where it stands.
    pub path: String,
    /// Its value, of an unprotected field of the content; anybody could have changed it.
    pub value: Option<String>,
}

impl Field {
    /// The number of the list item that it belongs to, from 0: of the first list on the way to it.
    pub fn item(&self) -> Option<usize> {
        let (_, rest) = self.path.split_once('[')?;
        rest.split_once(']')?.0.parse().ok()
    }
}

impl Content {
    /// The names of the trade that more than one field has.
    pub(crate) fn terms_of_several(&self) -> HashSet<Term> {
        let (mut once, mut several) = (HashSet::new(), HashSet::new());
        let terms = self.fields.iter().filter_map(|field| field.term);
        several.extend(terms.filter(|term| !once.insert(*term)));
        several
    }

    /// The values that the trade gives this name, in the order of the document.
    pub fn of_term(&self, term: Term) -> impl Iterator<Item = &str> {
        self.fields.iter().filter(move |field| field.term == Some(term)).map(|field| field.value.as_str())
    }

    /// Of a document whose digest holds, or whose signature was found to hold: the caller vouches for the latter.
    pub(crate) fn of(document: &Document<'_>, integrity: &Integrity, signed: Option<&Signed<'_>>) -> Option<Self> {
        let mut collected = Collector::new(document);
        let tree = tree_of(document, integrity, signed)?;
        walk(&tree, &mut String::new(), &mut |visited, at| collected.visit(visited, at));
        let Collector { mut content, .. } = collected;
        content.hidden = match signed {
            Some(signed) if signed.is_derived() => signed.withheld(),
            Some(_) => Some(0),
            None => Some(integrity.hidden_leaves),
        };
        let members = integrity.unauthenticated.iter().map(|path| Unprotected { path: path.clone(), value: None });
        content.unprotected.extend(members);
        content.empty_groups = integrity.warnings.iter().map(empty_groups).sum();
        Some(content)
    }

    /// The files in a document, in the order of [`Self::attachments`], on the same terms.
    pub(crate) fn files<'d>(
        document: &'d Document<'_>,
        integrity: &Integrity,
        signed: Option<&'d Signed<'_>>,
    ) -> Vec<AttachmentFile> {
        let Some(tree) = tree_of(document, integrity, signed) else { return Vec::new() };
        let mut files = Vec::new();
        walk(&tree, &mut String::new(), &mut |visited, at| {
            if let Visited::File(found) = visited {
                files.push(found.into_file(at));
            }
        });
        files
    }
}

fn empty_groups(warning: &Warning) -> usize {
    match warning {
        Warning::EmptyContainers { count } => *count,
        _ => 0,
    }
}

/// What is covered of a document, as a tree; nothing where that is not known.
fn tree_of<'d>(document: &'d Document<'_>, integrity: &Integrity, signed: Option<&'d Signed<'_>>) -> Option<Node<'d>> {
    match (document, &integrity.result) {
        (Document::Oa2(document), IntegrityResult::Intact) => Some(tree::of_oa2(document)),
        (Document::Oa3(document), IntegrityResult::Intact) => Some(tree::of_oa3(document, Cover::Digest)),
        (Document::Oa3(document), IntegrityResult::FalsyLeavesUnauthenticated { .. }) => {
            Some(tree::of_oa3(document, Cover::Nothing))
        }
        (Document::Credential(_), IntegrityResult::SignatureOpen) => Some(statements::tree(signed?)),
        _ => None,
    }
}

/// Turns a tree into fields and attachments.
struct Collector {
    content: Content,
    /// How many bytes of paths may still be written out.
    path_bytes: usize,
}

impl Collector {
    fn new(document: &Document<'_>) -> Self {
        Self {
            content: Content::default(),
            path_bytes: LEAST_PATH_BYTES.max(PATH_BYTES_A_VALUE * tree::size(document)),
        }
    }

    fn visit(&mut self, visited: Visited<'_, '_>, at: &str) {
        match visited {
            Visited::File(found) => {
                let place = self.path(at);
                self.content.attachments.push(found.described(&place));
            }
            Visited::Leaf(leaf) => self.leaf(leaf, at),
        }
    }

    fn leaf(&mut self, leaf: &Leaf<'_>, at: &str) {
        let (path, value) = (self.path(at), leaf.value.clone().into_owned());
        match leaf.cover {
            Cover::Digest => self.content.fields.push(Field { term: Term::at(at), path, value, kind: leaf.kind }),
            Cover::Nothing => self.content.unprotected.push(Unprotected { path, value: Some(value) }),
        }
    }

    /// Under a long name the paths of all that is in it take far more memory than the document.
    fn path(&mut self, path: &str) -> String {
        match self.path_bytes.checked_sub(path.len()) {
            Some(left) => {
                self.path_bytes = left;
                path.to_owned()
            }
            None if path.len() <= SHORT_PATH => path.to_owned(),
            None => {
                self.content.shortened_paths += 1;
                shortened(path)
            }
        }
    }
}

/// What a walk comes to.
enum Visited<'n, 'd> {
    File(Found<'n>),
    Leaf(&'n Leaf<'d>),
}

/// Every value and every file of a tree, with its path. What an object says of its file are values like others.
fn walk<'n, 'd>(node: &'n Node<'d>, path: &mut String, visit: &mut dyn FnMut(Visited<'n, 'd>, &str)) {
    let file = Found::in_node(node, path);
    let is_file = file.is_some();
    if let Some(file) = file {
        visit(Visited::File(file), path);
    }
    match node {
        Node::Leaf(leaf) if !is_file => visit(Visited::Leaf(leaf), path),
        Node::Leaf(_) => {}
        Node::Object(members) => {
            for (name, value) in members.iter().filter(|(name, _)| !is_file || name != DATA) {
                tree::under_name(path, name, |path| walk(value, path, visit));
            }
        }
        Node::List(items) => {
            for (index, item) in items.iter().enumerate() {
                tree::under_index(path, index, |path| walk(item, path, visit));
            }
        }
    }
}

/// Its beginning and its end.
fn shortened(path: &str) -> String {
    let end = (0..=SHORT_PATH / 2).rev().find(|at| path.is_char_boundary(*at)).unwrap_or_default();
    let start = (path.len().saturating_sub(SHORT_PATH / 2)..=path.len()).find(|at| path.is_char_boundary(*at));
    format!("{}…{}", &path[..end], &path[start.unwrap_or(path.len())..])
}

/// In bytes, of a path that is never shortened.
const SHORT_PATH: usize = 80;
/// What the paths of a small document may come to.
const LEAST_PATH_BYTES: usize = 1 << 20;
/// By value and name of the document, of which none takes less than half of that: blanks between them change nothing.
const PATH_BYTES_A_VALUE: usize = 16;
