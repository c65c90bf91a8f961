//! Title, issuer, registry, document and block in words, a row each.

use super::{Row, Teller, grouped, utc};
use crate::evidence::{Dnssec, Finality};
use crate::status::Position;
use crate::verify::{
    AsOf, Assurance, DocumentFacts, Issuer, ProofFacts, ProofResult, RegistryFacts, RegistryStanding, Report,
    StoreFacts, TitleReport, TitleStateName, Voucher,
};

/// The rows of a report on a document, with the parties where the title was asked for besides.
pub(super) fn rows(report: &Report, title: Option<&TitleReport>, teller: &Teller<'_>) -> Vec<Row> {
    let mut rows = Vec::new();
    if report.title.state != TitleStateName::None {
        match title.filter(|title| !title.parties.is_empty()) {
            Some(title) => {
                rows.extend((report.title.state == TitleStateName::Live).then(|| Row::new("Title", "live")));
                rows.extend(super::parties::rows(title, teller));
            }
            None => rows.push(Row::new("Title", title_words(report, teller))),
        }
    }
    rows.extend(report.issuer.iter().map(|issuer| Row::new("Issuer", issuer_words(issuer))));
    let chain = report.document.network.as_ref().map(|network| format!(" on {network}")).unwrap_or_default();
    if let Some(registry) = &report.registry {
        let paused = title.and_then(|title| title.registry.as_ref()).map_or("", paused);
        rows.push(registry_row(registry, &chain, paused, teller));
    }
    rows.extend(report.stores.iter().map(|store| {
        let address = teller.address(store.address);
        let by = store.revoked_node.as_ref().and_then(|node| node.by).map(|by| teller.address(by));
        Row::new("Store", format!("{address}{chain}, {}", store_state(store, by.as_deref())))
    }));
    rows.extend(report.status_lists.iter().map(|list| {
        let state = match list.set {
            Some(true) => "set",
            Some(false) => "not set",
            None => "not known",
        };
        Row::new("Status list", format!("{}, place {} of {}: {state}", list.purpose, list.index, list.list))
    }));
    if let Some(presentation) = &report.document.presentation {
        let fresh = if presentation.fresh { ", for you and now" } else { "" };
        rows.push(Row::new("Presented", format!("by {}{fresh}", presentation.holder)));
    }
    rows.push(Row::new("Document", document_words(report)));
    match report.document.network.as_ref().map(|network| (network, network.retired)) {
        Some((network, Some(retired))) => rows.push(Row::new("Network", format!("{network} is {retired}"))),
        Some((network, None)) if network.testnet => {
            rows.push(Row::new("Network", format!("{network} is a test network: no legal effect intended")));
        }
        _ => {}
    }
    rows.extend(report.as_of.as_ref().map(as_of_row));
    if let Some(grade) = report.grade.filter(|_| teller.telling.extent.is_full()) {
        rows.push(Row::new("Evidence", grade.in_words()));
    }
    if let Some(at) = &report.judged_at {
        let text = format!("as of {}, as you asked; it was looked at {}", utc(at), utc(&report.checked_at));
        rows.push(Row::new("Judged", text));
    }
    rows
}

pub(super) fn registry_row(registry: &RegistryFacts, chain: &str, more: &str, teller: &Teller<'_>) -> Row {
    let address = teller.address(registry.address);
    let generation = registry.generation.map(|g| format!(" {g}")).unwrap_or_default();
    let kind = match registry.authenticity {
        RegistryStanding::Genuine => format!("genuine{generation} code"),
        RegistryStanding::TrustedByCaller => format!("unknown code that you trust, answers as{generation}"),
        RegistryStanding::Unrecognised => "code not recognised".into(),
        RegistryStanding::NoContract => "no contract there".into(),
        RegistryStanding::ContradictsItself | RegistryStanding::InconsistentAnswers => {
            "its answers contradict each other".into()
        }
    };
    Row::new("Registry", format!("{address}{chain}, {kind}{more}"))
}

/// What stands behind the words about a registry whose title was asked for.
pub(super) fn paused(registry: &RegistryFacts) -> &'static str {
    match registry.paused {
        Some(true) => ", PAUSED: nothing can be transferred or returned now",
        Some(false) => ", not paused",
        None => "",
    }
}

pub(super) fn as_of_row(as_of: &AsOf) -> Row {
    let finality = match as_of.finality {
        Finality::Finalized => "finalized",
        Finality::Safe => "safe, not final",
        Finality::Latest => "latest, not final",
        Finality::Chosen => "chosen by you",
        Finality::Local => "newest of a local chain",
    };
    let source = if as_of.embedded_endpoints { ", from the embedded table" } else { "" };
    let proof = as_of.proof.as_ref().map_or("", proof_words);
    let text = format!(
        "block {}, {finality}, {}, {} ({}{source}){proof}",
        grouped(as_of.block),
        utc(&as_of.time),
        endpoints_agree(as_of.endpoints.len()),
        as_of.endpoints.join(", "),
    );
    Row::new("As of", text)
}

fn title_words(report: &Report, teller: &Teller<'_>) -> String {
    let title = &report.title;
    let parties = match (title.holder, title.beneficiary) {
        (Some(holder), Some(beneficiary)) => {
            format!(": holder {}, beneficiary {}", teller.address(holder), teller.address(beneficiary))
        }
        _ => String::new(),
    };
    match title.state {
        TitleStateName::Live => format!("live{parties}"),
        TitleStateName::Returned => format!("returned to the issuer; last recorded{parties}"),
        TitleStateName::Ended => "ended: accepted by the issuer, nothing can be claimed with it".into(),
        TitleStateName::NotIssued if title.pending.is_some() => "issued, not final yet".into(),
        TitleStateName::NotIssued if chosen_block(report.as_of.as_ref()) => "not issued as of that block".into(),
        TitleStateName::NotIssued => "never issued".into(),
        TitleStateName::None => "none".into(),
        TitleStateName::Unknown => "not known".into(),
    }
}

fn chosen_block(as_of: Option<&AsOf>) -> bool {
    as_of.is_some_and(|as_of| as_of.finality == Finality::Chosen)
}

fn issuer_words(issuer: &Issuer) -> String {
    let name = issuer.name.as_deref().map(|name| format!(" (the document says: {name})")).unwrap_or_default();
    let did = issuer.did.as_deref().unwrap_or_default();
    match (&issuer.domain, issuer.confirmed) {
        (_, _) if issuer.assurance == Some(Assurance::BareKey) => {
            format!("{did} is a bare key: nothing ties it to a name{name}")
        }
        (Some(domain), true) if issuer.assurance == Some(Assurance::DidWeb) => {
            format!("{domain} controls the address of this DID document ({did}){name}")
        }
        (Some(domain), true) => {
            let dnssec = match issuer.dnssec {
                Some(Dnssec::Secure) => "DNSSEC: validated",
                Some(Dnssec::Insecure) => "DNSSEC: not signed",
                _ => "DNSSEC: not checked",
            };
            format!("{domain} controls this domain ({dnssec}){name}")
        }
        (Some(domain), false) => format!("{domain} is claimed, not confirmed{name}"),
        (None, _) if issuer.did.is_some() => format!("{did} is claimed, not confirmed{name}"),
        (None, _) => format!("no domain{name}"),
    }
}

/// `by` is who had it revoked, as shown.
fn store_state(store: &StoreFacts, by: Option<&str>) -> String {
    if store.code_hash.is_none() {
        return "no contract there".into();
    }
    let issued = match store.issued {
        Some(true) => "issued",
        Some(false) => "not issued",
        None => "issued or not is not known",
    };
    let revoked = match (&store.revoked_node, store.revoked) {
        (Some(node), _) => {
            let what = match node.position {
                Position::Document => "the document",
                Position::Intermediate => "an ancestor of the document",
                Position::Root => "the whole batch",
            };
            let at = node.block.map(|block| format!(" at block {}", grouped(block))).unwrap_or_default();
            let when = node.time.as_deref().map(|time| format!(" ({})", utc(time))).unwrap_or_default();
            let by = by.map(|by| format!(" by {by}")).unwrap_or_default();
            format!(", {what} revoked{at}{when}{by}")
        }
        (None, Some(_)) => ", not revoked".into(),
        (None, None) if store.issued == Some(false) => String::new(),
        (None, None) => ", revoked or not is not known".into(),
    };
    format!("{issued}{revoked}")
}

fn document_words(report: &Report) -> String {
    let document = &report.document;
    let format = document.format;
    let number = document.bl_number.as_deref().map(|number| format!(", BL {number}")).unwrap_or_default();
    let sealed = if document.sealed { ", opened with its key" } else { "" };
    let fetched = document.fetched_from.as_deref().map(|host| format!(", fetched from {host}"));
    let fields = match (document.visible_fields, document.hidden_fields) {
        (0, 0) if document.presentation.is_some() => "its own statements not counted".to_owned(),
        (visible, hidden) if document.credential.is_some() || document.presentation.is_some() => {
            let left_out = if hidden > 0 { format!(", {hidden} more left out") } else { String::new() };
            format!("{visible} statements{left_out}{}", chosen(document))
        }
        (0, 0) => "fields not counted".to_owned(),
        (visible, hidden) => format!("{visible} fields, {hidden} hidden"),
    };
    format!("{format}{number}, {fields}{sealed}{}", fetched.unwrap_or_default())
}

/// Whether somebody chose what a credential shows.
fn chosen(document: &DocumentFacts) -> &'static str {
    let selective = document.credential.as_ref().is_some_and(|credential| credential.selective_disclosure);
    if selective { ", chosen by the holder" } else { "" }
}

fn proof_words(proof: &ProofFacts) -> &'static str {
    match (proof.result, proof.vouched_by) {
        (ProofResult::Proven, Some(Voucher::Caller)) => ", title proven in the block you trust",
        (ProofResult::Proven, _) => ", title proven",
        (ProofResult::Unvouched, _) => ", title proven only within this endpoint's block",
        _ => ", title not proven",
    }
}

fn endpoints_agree(count: usize) -> String {
    const WORDS: [&str; 8] = ["two", "three", "four", "five", "six", "seven", "eight", "nine"];
    match (count, count.checked_sub(2).and_then(|index| WORDS.get(index))) {
        (0, _) => "no endpoint".to_owned(),
        (1, _) => "one endpoint".to_owned(),
        (_, Some(word)) => format!("{word} endpoints agree"),
        (_, None) => format!("{count} endpoints agree"),
    }
}
