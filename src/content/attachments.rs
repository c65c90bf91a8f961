//! Files within a document: attachments, and pictures that a field carries as a data URL (documents.md §10.1, §10.2).

use std::borrow::Cow;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Serialize;
use sha2::{Digest as _, Sha256};

use super::ValueKind;
use super::tree::{Leaf, Node};
use crate::primitives::Digest32;

/// A file in a document. Its name and type are the document's words: nobody has looked into the file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Attachment {
    /// Where it stands.
    pub path: String,
    /// Its name, as the document has it; not one to write a file under.
    pub name: Option<String>,
    /// Its type, as the document has it.
    pub media_type: Option<String>,
    /// In bytes.
    pub size: usize,
    /// SHA-256 of its bytes.
    pub sha256: Digest32,
}

/// An attachment with its bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct AttachmentFile {
    /// What the document says of it.
    pub attachment: Attachment,
    /// What is in it.
    pub bytes: Vec<u8>,
}

/// A file that a node of a document holds.
pub(super) struct Found<'n> {
    name: Option<&'n str>,
    media_type: Option<&'n str>,
    bytes: Vec<u8>,
}

impl<'n> Found<'n> {
    /// An object among `attachments` whose `data` is base64, or a text that is a data URL in base64. What is not is a field
    /// like others.
    pub(super) fn in_node(node: &'n Node<'_>, path: &str) -> Option<Self> {
        match node {
            Node::Leaf(Leaf { value, kind: ValueKind::Text, .. }) => {
                let (media_type, base64) = value.strip_prefix("data:")?.split_once(";base64,")?;
                let media_type = Some(media_type).filter(|media_type| !media_type.is_empty());
                Some(Self { name: None, media_type, bytes: decoded(base64)? })
            }
            Node::Object(_) if is_of_attachments(path) => Some(Self {
                bytes: decoded(node.text(|name| name == DATA)?)?,
                name: node.text(|name| NAMES.contains(&name)),
                media_type: node.text(|name| TYPES.contains(&name)),
            }),
            _ => None,
        }
    }

    pub(super) fn described(&self, path: &str) -> Attachment {
        Attachment {
            path: path.to_owned(),
            name: self.name.map(str::to_owned),
            media_type: self.media_type.map(str::to_owned),
            size: self.bytes.len(),
            sha256: Digest32(Sha256::digest(&self.bytes).into()),
        }
    }

    pub(super) fn into_file(self, path: &str) -> AttachmentFile {
        AttachmentFile { attachment: self.described(path), bytes: self.bytes }
    }
}

/// Some writers break lines. Nothing is no file.
fn decoded(base64: &str) -> Option<Vec<u8>> {
    let text = match base64.contains(['\r', '\n']) {
        true => Cow::Owned(base64.replace(['\r', '\n'], "")),
        false => Cow::Borrowed(base64),
    };
    STANDARD.decode(text.as_bytes()).ok().filter(|bytes| !bytes.is_empty())
}

/// `attachments[2]`, or the only one: `attachments`.
fn is_of_attachments(path: &str) -> bool {
    let list = match path.strip_suffix(']').and_then(|path| path.rsplit_once('[')) {
        Some((list, number)) if number.bytes().all(|byte| byte.is_ascii_digit()) => list,
        _ => path,
    };
    list.rsplit('.').next() == Some("attachments")
}

/// The member that is the file itself.
pub(super) const DATA: &str = "data";
const NAMES: [&str; 3] = ["filename", "fileName", "name"];
const TYPES: [&str; 3] = ["type", "mimeType", "mediaType"];
