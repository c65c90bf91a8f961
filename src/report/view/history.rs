//! The operations of a title as rows of a table, and as a picture in reports that are kept.

use super::checks::Finding;
use super::time_line::TimeLine;
use super::{Section, Teller};
use crate::primitives::Address;
use crate::verify::{HistoryEntry, TitleReport};

/// How a title came to its parties.
pub(crate) struct History {
    pub heading: String,
    /// Whether these are all operations, and lead to the recorded state.
    pub is_complete: bool,
    pub rows: Vec<HistoryRow>,
    /// What holds for all names in it.
    pub note: Option<&'static str>,
    /// What the check of the history came to, where no list of checks holds it.
    pub finding: Option<Finding>,
    pub picture: Option<TimeLine>,
}

/// One operation.
pub(crate) struct HistoryRow {
    /// Below [`History::COLUMNS`].
    pub cells: [String; 6],
    /// What stands below the row.
    pub details: Vec<String>,
}

impl History {
    pub(crate) const COLUMNS: [&'static str; 6] =
        ["time (UTC)", "operation", "beneficiary", "holder", "nominee", "block"];

    pub(super) fn of(report: &TitleReport, teller: &Teller<'_>) -> Self {
        let whole = if report.history_complete { "complete" } else { "INCOMPLETE" };
        let count = report.history.len();
        let plural = if count == 1 { "operation" } else { "operations" };
        Self {
            heading: format!("History, {whole}: {count} {plural}"),
            is_complete: report.history_complete,
            rows: report.history.iter().map(|entry| HistoryRow::of(entry, teller)).collect(),
            note: (!report.names.is_empty()).then_some("Names are from your address book."),
            finding: None,
            picture: teller.telling.extent.is_filed().then(|| TimeLine::of(report, teller)).flatten(),
        }
    }

    /// That there are no operations to show, and why.
    pub(super) fn without_operations(finding: Finding) -> Self {
        Self {
            heading: "History".into(),
            is_complete: false,
            rows: Vec::new(),
            note: None,
            finding: Some(finding),
            picture: None,
        }
    }
}

/// The section of a report on a title, whose checks say the rest.
pub(super) fn section(report: &TitleReport, teller: &Teller<'_>) -> Option<Section> {
    (!report.history.is_empty()).then(|| Section::History(Box::new(History::of(report, teller))))
}

impl HistoryRow {
    fn of(entry: &HistoryEntry, teller: &Teller<'_>) -> Self {
        let party = |party: Option<Address>| party.map_or_else(|| "–".to_owned(), |party| teller.table_address(party));
        let cells = [
            entry.timestamp.and_then(time).unwrap_or_else(|| "not known".to_owned()),
            operation(entry).to_owned(),
            party(entry.owner),
            party(entry.holder),
            entry.nominee.map(|nominee| teller.table_address(nominee)).unwrap_or_default(),
            entry.block.to_string(),
        ];
        let mut details = Vec::new();
        match (&entry.remark, &entry.remark_raw) {
            (Some(remark), _) => details.push(format!("“{remark}”")),
            (None, Some(raw)) => details.push(format!("remark {raw}")),
            (None, None) => {}
        }
        if teller.telling.extent.is_full() {
            let dcsa = if entry.dcsa.is_empty() { String::new() } else { format!(", DCSA {}", entry.dcsa.join(" + ")) };
            details.push(format!("{}, tx {}, log {}{dcsa}", entry.r#type, entry.tx, entry.log_index));
        }
        Self { cells, details }
    }

    /// The day of an operation, where it is known.
    pub(super) fn date(entry: &HistoryEntry) -> Option<String> {
        entry.timestamp.and_then(time)?.split(' ').next().map(str::to_owned)
    }
}

/// The interchange name in words.
fn operation(entry: &HistoryEntry) -> &'static str {
    words_for(entry.r#type, entry.nominee.is_some())
}

/// As [`operation`]; of a nomination whether somebody is nominated after it.
pub(in crate::report) fn words_for(operation: &'static str, is_nominated: bool) -> &'static str {
    match operation {
        "INITIAL" => "issued",
        "TRANSFER_OWNERS" => "endorsed and handed over",
        "TRANSFER_BENEFICIARY" => "endorsed",
        "TRANSFER_HOLDER" => "handed over",
        "REJECT_TRANSFER_OWNERS" => "endorsement and handover rejected",
        "REJECT_TRANSFER_BENEFICIARY" => "endorsement rejected",
        "REJECT_TRANSFER_HOLDER" => "handover rejected",
        "NOMINATION" if !is_nominated => "nomination cancelled",
        "NOMINATION" => "nominated",
        "RETURNED_TO_ISSUER" | "SURRENDERED" => "returned to the issuer",
        "RETURN_TO_ISSUER_REJECTED" | "SURRENDER_REJECTED" => "return rejected",
        "RETURN_TO_ISSUER_ACCEPTED" | "SURRENDER_ACCEPTED" => "return accepted: ended",
        other => other,
    }
}

fn time(seconds: u64) -> Option<String> {
    let time = jiff::Timestamp::from_second(i64::try_from(seconds).ok()?).ok()?;
    Some(time.to_string().replace('T', " ").replace('Z', ""))
}
