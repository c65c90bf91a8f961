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

use serde::Serialize;

use crate::credential::Signed;
use crate::document::Document;
use crate::integrity::{Integrity, IntegrityResult};

pub use attachments::{Attachment, AttachmentFile};
pub use difference::{Change, Difference};
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
    /// The values that the trade gives this name, in the order of the document.
    pub fn of_term(&self, term: Term) -> impl Iterator<Item = &str> {
        self.fields.iter().filter(move |field| field.term == Some(term)).map(|field| field.value.as_str())
    }

    /// Of a document whose digest holds, or whose signature was found to hold: the caller vouches for the latter.
    pub(crate) fn of(document: &Document<'_>, integrity: &Integrity, signed: Option<&Signed<'_>>) -> Option<Self> {
        let mut collected = Collector::new(document);
        collected.node(&tree_of(document, integrity, signed)?, &mut String::new());
        let Collector { mut content, .. } = collected;
        content.hidden = match signed {
            Some(signed) if signed.is_derived() => signed.withheld(),
            Some(_) => Some(0),
            None => Some(integrity.hidden_leaves),
        };
        let members = integrity.unauthenticated.iter().map(|path| Unprotected { path: path.clone(), value: None });
        content.unprotected.extend(members);
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
        each_file(&tree, &mut String::new(), &mut |file| files.push(file));
        files
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
        Self { content: Content::default(), path_bytes: LEAST_PATH_BYTES.max(PATH_BYTES_A_BYTE * tree::size(document)) }
    }

    fn node(&mut self, node: &Node<'_>, path: &mut String) {
        if let Some(found) = Found::in_node(node, path) {
            let place = self.path(path);
            self.content.attachments.push(found.described(&place));
            // What the object says of its file are fields like others.
            let Node::Object(members) = node else { return };
            return self.members(members.iter().filter(|(name, _)| name != DATA), path);
        }
        match node {
            Node::Leaf(leaf) => self.leaf(leaf, path),
            Node::Object(members) => self.members(members.iter(), path),
            Node::List(items) => {
                for (index, item) in items.iter().enumerate() {
                    tree::under_index(path, index, |path| self.node(item, path));
                }
            }
        }
    }

    fn members<'n, 'd: 'n>(
        &mut self,
        members: impl Iterator<Item = &'n (tree::Name<'d>, Node<'d>)>,
        path: &mut String,
    ) {
        for (name, value) in members {
            tree::under_name(path, name, |path| self.node(value, path));
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

fn each_file(node: &Node<'_>, path: &mut String, visit: &mut dyn FnMut(AttachmentFile)) {
    if let Some(found) = Found::in_node(node, path) {
        return visit(found.into_file(path));
    }
    match node {
        Node::Leaf(_) => {}
        Node::Object(members) => {
            for (name, value) in members {
                tree::under_name(path, name, |path| each_file(value, path, visit));
            }
        }
        Node::List(items) => {
            for (index, item) in items.iter().enumerate() {
                tree::under_index(path, index, |path| each_file(item, path, visit));
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
/// By byte of the document.
const PATH_BYTES_A_BYTE: usize = 2;
