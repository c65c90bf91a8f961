//! What `ebl inspect` shows: the page and the object of one input.

use serde_json::{Value, json};

use crate::primitives::rfc3339;
use crate::report::human::Style;
use crate::sources::now;
use crate::text::{beside, escape_for_terminal as escape, hanging};

/// Both renderings of what was found.
pub(super) struct Page {
    pub human: String,
    /// What was found, without what every object has.
    pub found: Value,
}

impl Page {
    pub(super) fn json(self, name: &str) -> Value {
        let mut object = json!({"schema": "ebl-verifier/inspection/1", "file": name, "checked_at": rfc3339(now())});
        if let (Value::Object(object), Value::Object(found)) = (&mut object, self.found) {
            object.extend(found);
        }
        object
    }
}

/// The first line, which claims nothing.
pub(super) fn headline(name: &str, what_was_not_done: &str, style: Style) -> String {
    let word = if style.color { "\u{1b}[1mINSPECTED\u{1b}[0m" } else { "INSPECTED" };
    format!("{word}  {}   ({what_was_not_done}, nothing is confirmed)", escape(name))
}

/// The lines as a page: what stands beside a label is broken between words and stays beside it.
pub(super) fn fitted(lines: &[String], style: Style) -> String {
    const LABEL: usize = "  Target hash ".len();
    const BULLET: usize = "    - ".len();
    let fitted = lines.iter().map(|line| {
        let indent = match line.get(..BULLET) {
            Some("    - ") => BULLET,
            // A heading is shorter than a label with its text.
            Some(start) if start.starts_with("  ") => LABEL.min(line.len()),
            _ => 0,
        };
        let (label, text) = line.split_at_checked(indent).unwrap_or(("", line));
        beside(label, &hanging(text, indent, style.width)) + "\n"
    });
    fitted.collect()
}
