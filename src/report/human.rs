//! The report as a person reads it: verdict first, then title, issuer, registry, document, the block, the checks, and
//! what was not checked (checks.md §1.2). Everything from outside is escaped; nothing is cut silently.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use crate::evidence::{Cause, Dnssec, Finality};
use crate::primitives::Address;
use crate::status::Position;
use crate::text::{beside, columns, escape_for_terminal as escape, hanging_from};
use crate::verify::codes::{self, Actor, Code};
use crate::verify::{
    AsOf, Assurance, Check, CheckName, DocumentFacts, NextStep, Outcome, ProofFacts, ProofResult, RegistryFacts,
    RegistryStanding, Report, StoreFacts, TitleStateName, Verdict, Voucher,
};

/// How to print.
#[derive(Debug, Clone, Copy)]
pub struct Style {
    /// Columns to use; longer lines are broken between words.
    pub width: usize,
    /// ANSI colour.
    pub color: bool,
    /// Also print full addresses, who answered, and every item that was not checked.
    pub verbose: bool,
    /// What the program at hand makes of a code's remedy: it may say how to do that here.
    pub advice: fn(&Code, &str) -> String,
}

/// Renders the report of one file.
pub fn render(report: &Report, file: &str, style: Style) -> String {
    let mut page = Page::new(style, &report.names);
    let (words, color) = verdict(report);
    page.headline(words, color, file);
    page.parts(&report.parts);
    if report.verdict != Verdict::Invalid || report.as_of.is_some() {
        page.facts(report);
    }
    page.checks(&report.checks);
    page.rules(report);
    page.unauthenticated(report);
    for warning in &report.warnings {
        page.hanging("  note        ", &escape(warning));
    }
    page.next_step(report.next_step.as_ref());
    page.not_checked(&report.not_checked);
    for (index, part) in report.parts.iter().enumerate() {
        page.part(index, report.parts.len(), part);
    }
    page.out
}

/// The verdict in words, and its colour.
fn verdict(report: &Report) -> (&'static str, &'static str) {
    match report.verdict {
        // Nobody should take it for a document whose title is live.
        Verdict::Valid if report.title.state == TitleStateName::None && report.parts.is_empty() => {
            ("VALID, no title", "32")
        }
        Verdict::Valid => (report.verdict.headline(), "32"),
        Verdict::Invalid => (report.verdict.headline(), "31"),
        _ => (report.verdict.headline(), "33"),
    }
}

/// The parts that reports have in common.
pub(super) struct Page<'r> {
    pub out: String,
    pub style: Style,
    names: &'r BTreeMap<Address, String>,
}

impl<'r> Page<'r> {
    pub(super) fn new(style: Style, names: &'r BTreeMap<Address, String>) -> Self {
        Self { out: String::new(), style, names }
    }

    /// What it came to, and of which file.
    pub(super) fn headline(&mut self, words: &str, color: &str, file: &str) {
        let painted = self.painted(words, &format!("1;{color}"));
        self.hanging_labelled("", &painted, columns(words), "  ", &escape(file));
        self.out.push('\n');
    }

    /// What the credentials of a presentation came to, in one line.
    fn parts(&mut self, parts: &[Report]) {
        if parts.is_empty() {
            return;
        }
        let mut counts: Vec<(&str, usize)> = Vec::new();
        for (words, _) in parts.iter().map(verdict) {
            match counts.iter_mut().find(|(known, _)| *known == words) {
                Some((_, count)) => *count += 1,
                None => counts.push((words, 1)),
            }
        }
        let counts: Vec<String> = counts.into_iter().map(|(words, count)| format!("{count} {words}")).collect();
        self.hanging("  Credentials ", &format!("{}; each below, and the worst counts", counts.join("; ")));
        self.out.push('\n');
    }

    /// A credential of a presentation: the same as if it had come alone, but for what was not checked of any.
    fn part(&mut self, index: usize, count: usize, part: &Report) {
        let number = part.document.bl_number.as_deref().map(|number| format!(", BL {}", escape(number)));
        let name = format!("credential {} of {count}{}", index + 1, number.unwrap_or_default());
        let (words, color) = verdict(part);
        self.out.push('\n');
        self.headline(words, color, &name);
        if part.verdict != Verdict::Invalid || part.as_of.is_some() {
            self.facts(part);
        }
        self.checks(&part.checks);
        self.rules(part);
        for warning in &part.warnings {
            self.hanging("  note        ", &escape(warning));
        }
        self.next_step(part.next_step.as_ref());
        if self.style.verbose {
            self.not_checked(&part.not_checked);
        }
    }

    fn facts(&mut self, report: &Report) {
        if report.title.state != TitleStateName::None {
            self.hanging("  Title       ", &self.title(report));
        }
        for issuer in &report.issuer {
            let text = issuer_line(issuer);
            self.hanging("  Issuer      ", &text);
        }
        let chain = report.document.network.as_ref().map(|network| format!(" on {network}")).unwrap_or_default();
        if let Some(registry) = &report.registry {
            self.registry(registry, &chain, "");
        }
        for store in &report.stores {
            let address = self.address(store.address);
            let by = store.revoked_node.as_ref().and_then(|node| node.by).map(|by| self.address(by));
            self.hanging("  Store       ", &format!("{address}{chain}, {}", store_state(store, by.as_deref())));
        }
        for list in &report.status_lists {
            let state = match list.set {
                Some(true) => "set",
                Some(false) => "not set",
                None => "not known",
            };
            let text = format!("{}, place {} of {}: {state}", escape(&list.purpose), list.index, escape(&list.list));
            self.hanging("  Status list ", &text);
        }
        if let Some(presentation) = &report.document.presentation {
            let fresh = if presentation.fresh { ", for you and now" } else { "" };
            self.hanging("  Presented   ", &format!("by {}{fresh}", escape(&presentation.holder)));
        }
        self.hanging("  Document    ", &document_line(report));
        match report.document.network.as_ref().map(|network| (network, network.retired)) {
            Some((network, Some(retired))) => self.hanging("  Network     ", &format!("{network} is {retired}")),
            Some((network, None)) if network.testnet => {
                self.hanging("  Network     ", &format!("{network} is a test network: no legal effect intended"));
            }
            _ => {}
        }
        if let Some(as_of) = &report.as_of {
            self.as_of(as_of);
        }
        if let Some(at) = &report.judged_at {
            self.hanging(
                "  Judged      ",
                &format!("as of {}, as you asked; it was looked at {}", utc(at), utc(&report.checked_at)),
            );
        }
        self.out.push('\n');
    }

    pub(super) fn registry(&mut self, registry: &RegistryFacts, chain: &str, more: &str) {
        let address = self.address(registry.address);
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
        self.hanging("  Registry    ", &format!("{address}{chain}, {kind}{more}"));
    }

    pub(super) fn as_of(&mut self, as_of: &AsOf) {
        let finality = match as_of.finality {
            Finality::Finalized => "finalized",
            Finality::Safe => "safe, not final",
            Finality::Latest => "latest, not final",
            Finality::Chosen => "chosen by you",
            Finality::Local => "newest of a local chain",
        };
        let source = if as_of.embedded_endpoints { ", from the embedded table" } else { "" };
        let proof = as_of.proof.as_ref().map_or("", proof_word);
        let line = format!(
            "block {}, {finality}, {}, {} ({}{source}){proof}",
            grouped(as_of.block),
            utc(&as_of.time),
            endpoints_agree(as_of.endpoints.len()),
            as_of.endpoints.join(", "),
        );
        self.hanging("  As of       ", &escape(&line));
    }

    fn title(&self, report: &Report) -> String {
        let title = &report.title;
        let parties = match (title.holder, title.beneficiary) {
            (Some(holder), Some(beneficiary)) => {
                format!(": holder {}, beneficiary {}", self.address(holder), self.address(beneficiary))
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

    pub(super) fn checks(&mut self, checks: &[Check]) {
        let (asked, skipped): (Vec<_>, Vec<_>) =
            checks.iter().partition(|check| check.outcome != Outcome::NotApplicable);
        // Checks that came to the same for the same reason are one line: the reason is read once.
        for group in
            asked.chunk_by(|one, next| (one.code, &one.message, &one.also) == (next.code, &next.message, &next.also))
        {
            self.group(group);
        }
        if !skipped.is_empty() {
            let label = self.painted("--", "2");
            let reasons: Vec<String> = skipped
                .chunk_by(|one, next| one.message == next.message)
                .filter_map(|group| {
                    let names: Vec<_> = group.iter().map(|check| check.name.as_str()).collect();
                    Some(format!("{}: {}", names.join(", "), group.first()?.message))
                })
                .collect();
            self.hanging_labelled("  ", &label, 2, "  ", &reasons.join("; "));
        }
    }

    /// Every rule of the policy, unless nothing was asked.
    fn rules(&mut self, report: &Report) {
        let judged =
            report.checks.iter().any(|check| check.code != &codes::NOT_ASKED && check.name == CheckName::Policy);
        if report.policy.is_empty() || !judged {
            return;
        }
        self.out.push_str("\n  Your policy:\n");
        let widest = report.policy.iter().map(|rule| rule.rule.len()).max().unwrap_or_default();
        for rule in &report.policy {
            let (mark, color) = mark(rule.outcome);
            let label = self.painted(mark, color);
            self.hanging_labelled("  ", &label, 2, &format!("  {:<widest$}  ", rule.rule), &escape(&rule.message));
        }
    }

    fn group(&mut self, group: &[&Check]) {
        let Some(check) = group.first() else { return };
        let (mark, color) = mark(check.outcome);
        let label = self.painted(mark, color);
        let names: Vec<_> = group.iter().map(|check| check.name.as_str()).collect();
        let name = format!("  {:<9}  ", names.join(", "));
        let code = if check.outcome == Outcome::Pass && !self.style.verbose {
            String::new()
        } else {
            format!("   [{}]", check.code.id)
        };
        self.hanging_labelled("  ", &label, 2, &name, &format!("{}{code}", escape(&check.message)));
        if check.actor != Actor::Nobody && check.outcome != Outcome::Pass {
            let tried = tried(check).map(|tried| format!(" ({})", escape(&tried))).unwrap_or_default();
            let advice = format!("who acts: {}{tried}. {}", check.actor, (self.style.advice)(check.code, check.remedy));
            self.hanging("                 ", &advice);
        }
        if self.style.verbose {
            if !check.answered_by.is_empty() {
                self.hanging("                 ", &format!("answered by: {}", escape(&check.answered_by.join(", "))));
            }
            for why in &check.unavailable {
                let host = why.host.as_deref().unwrap_or("nobody");
                let what = if why.cause == Cause::Disagreement { "differs:" } else { "no answer from" };
                self.hanging("                 ", &format!("{what} {}: {}", escape(host), escape(&why.detail)));
            }
        }
        self.also(check);
    }

    /// What else a check found; what passed besides only where everything is wanted.
    fn also(&mut self, check: &Check) {
        let all = self.style.verbose;
        for also in check.also.iter().filter(|also| all || also.outcome != Outcome::Pass) {
            let (mark, color) = mark(also.outcome);
            let label = self.painted(mark, color);
            let by = if also.answered_by.is_empty() || !all {
                String::new()
            } else {
                format!(" (answered by: {})", also.answered_by.join(", "))
            };
            let text = format!("{}{}   [{}]", escape(&also.message), escape(&by), also.code.id);
            self.hanging_labelled("  ", &label, 2, "  and also   ", &text);
        }
    }

    fn unauthenticated(&mut self, report: &Report) {
        let members = &report.document.unauthenticated;
        if !members.is_empty() {
            let text = format!("not protected by the digest, not shown as content: {}", escape(&members.join(", ")));
            self.hanging("  note        ", &text);
        }
    }

    /// What to do now, after all that was found; the flags for it stand at its finding.
    pub(super) fn next_step(&mut self, next: Option<&NextStep>) {
        if let Some(next) = next {
            self.out.push('\n');
            self.hanging("  Next        ", &escape(&next.sentence));
        }
    }

    pub(super) fn not_checked(&mut self, items: &[String]) {
        const SHOWN: usize = 4;
        let items: Vec<_> = items.iter().map(|item| escape(item).into_owned()).collect();
        if items.is_empty() {
            return;
        }
        self.out.push('\n');
        if self.style.verbose {
            self.out.push_str("  Not checked:\n");
            for item in items {
                self.hanging("    - ", &item);
            }
        } else {
            let rest = items.len().saturating_sub(SHOWN);
            let more = if rest > 0 { format!("; {rest} more, see -v") } else { String::new() };
            let shown: Vec<_> = items.into_iter().take(SHOWN).collect();
            self.hanging("  Not checked: ", &format!("{}{more}", shown.join("; ")));
        }
    }

    /// With the reader's own name for it, said to be theirs.
    pub(super) fn address(&self, address: Address) -> String {
        let shown = if self.style.verbose { address.checksummed() } else { address.short() };
        match self.names.get(&address) {
            Some(name) => format!("{shown} {} (your address book)", escape(name)),
            None => shown,
        }
    }

    /// For a table, which says once where the names are from.
    pub(super) fn table_address(&self, address: Address) -> String {
        let shown = if self.style.verbose { address.checksummed() } else { address.short() };
        self.names.get(&address).map_or_else(|| shown.clone(), |name| format!("{shown} {}", escape(name)))
    }

    pub(super) fn painted(&self, text: &str, color: &str) -> String {
        if self.style.color { format!("\x1b[{color}m{text}\x1b[0m") } else { text.to_owned() }
    }

    pub(super) fn hanging(&mut self, label: &str, text: &str) {
        self.hanging_labelled(label, "", 0, "", text);
    }

    /// Prints `before` + `label` + `after` + text, broken at blanks; continuation lines stand under the text.
    fn hanging_labelled(&mut self, before: &str, label: &str, label_width: usize, after: &str, text: &str) {
        let start = columns(before) + label_width + columns(after);
        // A label that is longer than usual does not push the rest to the side.
        let text = hanging_from(text, start, start.min(DEEPEST), self.style.width);
        let _ = writeln!(self.out, "{}", beside(&format!("{before}{label}{after}"), &text));
    }
}

/// Where the text beside the name of a check starts.
const DEEPEST: usize = 17;

/// Everybody that was asked in vain, where it was more than the one whom the message names.
fn tried(check: &Check) -> Option<String> {
    let mut hosts: Vec<&str> = Vec::new();
    for host in check.unavailable.iter().filter_map(|why| why.host.as_deref()) {
        if !hosts.contains(&host) {
            hosts.push(host);
        }
    }
    (hosts.len() > 1).then(|| format!("tried: {}", hosts.join(", ")))
}

fn mark(outcome: Outcome) -> (&'static str, &'static str) {
    match outcome {
        Outcome::Pass => ("ok", "32"),
        Outcome::Fail => ("no", "31"),
        Outcome::Unknown => ("??", "33"),
        Outcome::NotApplicable => ("--", "2"),
    }
}

fn issuer_line(issuer: &crate::verify::Issuer) -> String {
    let name = issuer.name.as_deref().map(|name| format!(" (the document says: {})", escape(name))).unwrap_or_default();
    let did = issuer.did.as_deref().map(escape).unwrap_or_default();
    match (&issuer.domain, issuer.confirmed) {
        (_, _) if issuer.assurance == Some(Assurance::BareKey) => {
            format!("{did} is a bare key: nothing ties it to a name{name}")
        }
        (Some(domain), true) if issuer.assurance == Some(Assurance::DidWeb) => {
            format!("{} controls the address of this DID document ({did}){name}", escape(domain))
        }
        (Some(domain), true) => {
            let dnssec = match issuer.dnssec {
                Some(Dnssec::Secure) => "DNSSEC: validated",
                Some(Dnssec::Insecure) => "DNSSEC: not signed",
                _ => "DNSSEC: not checked",
            };
            format!("{} controls this domain ({dnssec}){name}", escape(domain))
        }
        (Some(domain), false) => format!("{} is claimed, not confirmed{name}", escape(domain)),
        (None, _) if issuer.did.is_some() => format!("{did} is claimed, not confirmed{name}"),
        (None, _) => format!("no domain{name}"),
    }
}

pub(super) fn utc(time: &str) -> String {
    time.replace('T', " ").replace('Z', " UTC")
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

fn chosen_block(as_of: Option<&AsOf>) -> bool {
    as_of.is_some_and(|as_of| as_of.finality == Finality::Chosen)
}

fn document_line(report: &Report) -> String {
    let document = &report.document;
    let format = document.format;
    let number = document.bl_number.as_deref().map(|number| format!(", BL {}", escape(number))).unwrap_or_default();
    let sealed = if document.sealed { ", opened with its key" } else { "" };
    let fetched = document.fetched_from.as_deref().map(|host| format!(", fetched from {}", escape(host)));
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

fn proof_word(proof: &ProofFacts) -> &'static str {
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

/// `19204113` as `19 204 113`.
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            out.push(' ');
        }
        out.push(digit);
    }
    out
}
