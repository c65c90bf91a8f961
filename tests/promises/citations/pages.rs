//! What of a page can be cited: headings, numbered rules, and rows of tables that begin with a number.

use std::collections::{BTreeMap, BTreeSet};

/// A page, by its headings.
pub struct Page {
    /// Of each numbered section the rules, parts of rules and rows.
    sections: BTreeMap<String, BTreeSet<String>>,
    anchors: BTreeSet<String>,
}

impl Page {
    pub fn new(text: &str) -> Self {
        let mut page = Self { sections: BTreeMap::new(), anchors: BTreeSet::new() };
        let mut section = String::new();
        let mut fenced = false;
        for line in text.lines() {
            fenced ^= line.starts_with("```");
            if fenced {
                continue;
            }
            match line.trim_start_matches('#') {
                title if title.len() < line.len() && title.starts_with(' ') => {
                    let title = title.trim();
                    page.anchors.insert(anchor(title));
                    section = title.split(' ').next().filter(|number| is_number(number)).unwrap_or_default().to_owned();
                    page.sections.entry(section.clone()).or_default();
                }
                _ => {
                    let items = page.sections.entry(section.clone()).or_default();
                    items.extend(item(line).map(str::to_owned));
                }
            }
        }
        page
    }

    pub fn has_section(&self, number: &str) -> bool {
        is_number(number) && self.sections.contains_key(number)
    }

    pub fn has_item(&self, section: &str, item: &str) -> bool {
        self.sections.get(section).is_some_and(|items| items.contains(item))
    }

    pub fn has_anchor(&self, anchor: &str) -> bool {
        self.anchors.contains(anchor)
    }
}

/// `3`, `3.4`.
fn is_number(text: &str) -> bool {
    !text.is_empty() && text.split('.').all(|part| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit()))
}

/// The number with which a rule (`2. `), a part of one (`- 2a. `) or a row (`| 6.11 |`) begins.
fn item(line: &str) -> Option<&str> {
    let line = line.trim_start();
    let (number, rest) = match line.strip_prefix("| ") {
        Some(row) => row.split_once(" |")?,
        None => line.strip_prefix("- ").unwrap_or(line).split_once(". ")?,
    };
    let digits = number.trim_end_matches(|character: char| character.is_ascii_lowercase());
    (is_number(digits) && number.len() - digits.len() <= 1 && !rest.is_empty()).then_some(number)
}

/// As forges make them of a heading: lower case, blanks to hyphens, without punctuation.
fn anchor(title: &str) -> String {
    let kept = title.chars().filter(|character| character.is_alphanumeric() || matches!(character, ' ' | '-' | '_'));
    kept.flat_map(char::to_lowercase).map(|character| if character == ' ' { '-' } else { character }).collect()
}
