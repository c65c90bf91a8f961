//! An event of a watched title as a person reads it: one line, broken only where it is wider than the screen. Everything from
//! outside is escaped.

use super::human::{Page, Style};
use super::view::{Teller, utc, words_for};
use crate::address_book::AddressBook;
use crate::evidence::Finality;
use crate::primitives::Address;
use crate::title::history::StandingState;
use crate::watch::{EventKind, Side, WatchEvent};

/// Renders one event, with a line break at the end.
pub fn render(event: &WatchEvent, names: &AddressBook, style: Style) -> String {
    let known = names.names_of(addresses(event));
    let mut page = Page::new(style);
    let teller = Teller { telling: style.telling(), names: &known, names_by: crate::verify::NamesBy::Caller };
    let name = match &event.file {
        Some(file) => file.clone(),
        None if style.verbose => format!("token {}", event.title.token),
        None => format!("token {}…", event.title.token.to_string().chars().take(10).collect::<String>()),
    };
    let mut text = format!("{name}: {}", happened(event, &teller));
    if let Some(remark) = &event.remark {
        match &remark.text {
            Some(words) => text.push_str(&format!(", with the remark “{words}”")),
            None => text.push_str(", with a remark that makes no text"),
        }
    }
    text.push_str(&format!("; block {}", event.block));
    if let Some(time) = &event.time {
        text.push_str(&format!(", {}", utc(time)));
    }
    if let Some(tx) = event.tx.filter(|_| style.verbose) {
        text.push_str(&format!(", tx {tx}"));
    }
    page.hanging(&format!("{:<11}", label(event)), &text);
    page.out
}

fn label(event: &WatchEvent) -> &'static str {
    match (event.kind, event.finality) {
        (EventKind::Begun, _) => "watching",
        (EventKind::Changed, Finality::Finalized) => "final",
        (EventKind::Changed, Finality::Safe) => "safe",
        (EventKind::Changed, _) => "recorded",
        (EventKind::Pending, _) => "pending",
        (EventKind::Withdrawn, _) => "withdrawn",
        (EventKind::Replaced, _) => "replaced",
    }
}

fn happened(event: &WatchEvent, teller: &Teller<'_>) -> String {
    let act = event.operation.map(|operation| words_for(operation, event.to.nominee.is_some()));
    let Some(from) = event.from else { return side(event.to, teller) };
    let change = change(from, event.to, teller);
    match (event.kind, act) {
        (EventKind::Withdrawn, Some(act)) => {
            format!("{act} is gone: its block was replaced; what it would have changed: {change}")
        }
        (EventKind::Pending, Some(act)) => format!("{act}, not final yet; {change}"),
        (_, Some(act)) => format!("{act}; {change}"),
        (_, None) => format!("the last block that was read was replaced; {change}"),
    }
}

/// All that is recorded.
fn side(side: Side, teller: &Teller<'_>) -> String {
    let party = |label: &str, party: Option<Address>| party.map(|party| format!("{label} {}", teller.address(party)));
    let parties =
        [party("holder", side.holder), party("beneficiary", side.beneficiary), party("nominee", side.nominee)];
    let all: Vec<String> = std::iter::once(state(side.state).to_owned()).chain(parties.into_iter().flatten()).collect();
    all.join(", ")
}

/// What differs.
fn change(from: Side, to: Side, teller: &Teller<'_>) -> String {
    let party = |label: &str, from: Option<Address>, to: Option<Address>| {
        let name = |party: Option<Address>| party.map_or_else(|| "nobody".to_owned(), |party| teller.address(party));
        (from != to).then(|| format!("{label} {} -> {}", name(from), name(to)))
    };
    let states = (from.state != to.state).then(|| format!("{} -> {}", state(from.state), state(to.state)));
    let parties = [
        party("holder", from.holder, to.holder),
        party("beneficiary", from.beneficiary, to.beneficiary),
        party("nominee", from.nominee, to.nominee),
    ];
    let all: Vec<String> = states.into_iter().chain(parties.into_iter().flatten()).collect();
    if all.is_empty() { "no party changes".to_owned() } else { all.join(", ") }
}

fn state(state: StandingState) -> &'static str {
    match state {
        StandingState::NotIssued => "not issued",
        StandingState::Live => "live",
        StandingState::Returned => "returned",
        StandingState::Ended => "ended",
    }
}

fn addresses(event: &WatchEvent) -> Vec<Address> {
    let of = |side: Side| [side.holder, side.beneficiary, side.nominee];
    event.from.into_iter().chain([event.to]).flat_map(of).flatten().collect()
}
