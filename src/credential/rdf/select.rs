//! Which statements the JSON pointers of a signature select (W3C Data Integrity ECDSA Cryptosuites §3.4.13, `selectJsonLd`).

use std::ops::Range;

use super::canonical::Canonical;
use crate::document::json::{Kind, Place, Value};

impl Canonical<'_> {
    /// Numbers of the lines that a pointer selects: all in the value that it leads to, the links on the way there, and `id`
    /// and `type` of every object on the way. `None` if it leads to nothing.
    pub(crate) fn selected(&self, pointer: &str) -> Option<Vec<usize>> {
        let mut lines: Vec<usize> = Vec::new();
        for places in self.places(pointer)? {
            let start = self.origins.partition_point(|&(origin, _)| origin < places.start);
            let end = self.origins.partition_point(|&(origin, _)| origin < places.end);
            lines.extend(self.origins.get(start..end)?.iter().map(|&(_, line)| line));
        }
        lines.sort_unstable();
        lines.dedup();
        Some(lines)
    }

    /// Where what a pointer selects is written.
    fn places(&self, pointer: &str) -> Option<Vec<Range<Place>>> {
        let mut places = Vec::new();
        let mut value = self.dataset.root;
        let mut steps = pointer.split('/');
        if steps.next() != Some("") {
            return None;
        }
        for step in steps {
            value = match value.kind() {
                Kind::Object(members) => {
                    // The link to it, and who it is. The whole document has no link.
                    places.push(value.place().alone());
                    places.extend(["id", "type"].iter().filter_map(|name| members.get(name)).map(Value::places));
                    members.get(&unescaped(step)?)?
                }
                Kind::Array(mut items) => {
                    // The statements of a list say its order: a part of it would be another list.
                    if self.origins.binary_search_by_key(&value.place(), |&(origin, _)| origin).is_ok() {
                        return None;
                    }
                    items.nth(crate::primitives::plain_decimal(step)?)?
                }
                _ => return None,
            };
            if self.dataset.left_out.contains(&value.place()) {
                return None;
            }
        }
        places.push(value.places());
        Some(places)
    }
}

/// A step of a pointer without its escapes (RFC 6901 §4).
fn unescaped(step: &str) -> Option<String> {
    let mut parts = step.split('~');
    let mut name = parts.next()?.to_owned();
    for part in parts {
        name.push(match part.as_bytes().first()? {
            b'0' => '~',
            b'1' => '/',
            _ => return None,
        });
        name.push_str(&part[1..]);
    }
    Some(name)
}
