//! A title's history as a table for spreadsheets (RFC 4180). Text from outside can neither break a row nor be taken for a
//! formula.

use crate::text::escape_for_terminal as escape;
use crate::verify::{HistoryEntry, TitleReport};

/// One row an operation, oldest first, under a row of names.
pub fn render(report: &TitleReport) -> String {
    let mut out = format!("{}\r\n", COLUMNS.join(","));
    for entry in &report.history {
        let row: Vec<String> = cells(entry, report).iter().map(|text| cell(text)).collect();
        out += &format!("{}\r\n", row.join(","));
    }
    out
}

const COLUMNS: [&str; 15] = [
    "type",
    "dcsa",
    "time",
    "timestamp",
    "block",
    "log_index",
    "tx",
    "owner",
    "owner_name",
    "holder",
    "holder_name",
    "nominee",
    "remark",
    "remark_raw",
    "history_complete",
];

fn cells(entry: &HistoryEntry, report: &TitleReport) -> [String; 15] {
    let address = |party: Option<crate::primitives::Address>| party.map(|party| party.to_string()).unwrap_or_default();
    let name = |party: Option<crate::primitives::Address>| {
        party.and_then(|party| report.names.get(&party)).cloned().unwrap_or_default()
    };
    [
        entry.r#type.to_owned(),
        entry.dcsa.join(" "),
        entry.timestamp.and_then(time).unwrap_or_default(),
        entry.timestamp.map(|seconds| seconds.to_string()).unwrap_or_default(),
        entry.block.to_string(),
        entry.log_index.to_string(),
        entry.tx.to_string(),
        address(entry.owner),
        name(entry.owner),
        address(entry.holder),
        name(entry.holder),
        address(entry.nominee),
        entry.remark.clone().unwrap_or_default(),
        entry.remark_raw.clone().unwrap_or_default(),
        report.history_complete.to_string(),
    ]
}

/// RFC 3339, UTC.
fn time(seconds: u64) -> Option<String> {
    jiff::Timestamp::from_second(i64::try_from(seconds).ok()?).ok().map(|time| time.to_string())
}

/// A cell that a spreadsheet takes for text: what begins like a formula is quoted with an apostrophe.
fn cell(text: &str) -> String {
    let escaped = escape(text);
    let formula = escaped.starts_with(['=', '+', '-', '@']);
    let text = if formula { format!("'{escaped}") } else { escaped.into_owned() };
    if text.contains([',', '"', ' ', '\'']) { format!("\"{}\"", text.replace('"', "\"\"")) } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_from_outside_stays_one_cell_and_no_formula() {
        assert_eq!(cell("INITIAL"), "INITIAL");
        assert_eq!(cell("a,b"), "\"a,b\"");
        assert_eq!(cell("say \"hi\""), "\"say \"\"hi\"\"\"");
        assert_eq!(cell("=1+1"), "\"'=1+1\"");
        assert_eq!(cell("@sum"), "\"'@sum\"");
        assert_eq!(cell("a\nb"), "a\\u{a}b");
        assert_eq!(cell(""), "");
    }
}
