//! The chain check: the document's chain is the one that was asked (documents.md §7.3, checks.md §8).

use super::{Examination, Ground, finding, from_entry, not_applicable, unavailable};
use crate::document::Document;
use crate::evidence::{BlockReading, Cause, Entry, Finality, ReadMethod, Unavailable};
use crate::networks;
use crate::primitives::ChainId;
use crate::verify::codes::{self, Actor};
use crate::verify::report::{AsOf, Check, CheckName, Network, Outcome, Strength};
use crate::verify::{Policy, WarningKind};

/// The chain that look-ups use (documents.md §7.3).
pub(super) fn document_chain(document: &Document<'_>, policy: &Policy) -> Result<ChainId, Check> {
    let check = |outcome, code, message| Err(finding(CheckName::Chain, outcome, code, message));
    let named = document.network().and_then(|network| network.chain_id.as_deref());
    match (named.map(str::parse::<ChainId>), policy.chain) {
        (Some(Ok(named)), Some(wanted)) if named != wanted => check(
            Outcome::Fail,
            &codes::CHAIN_CONTRADICTS_CALLER,
            format!("the document is on chain {named}, you say {wanted}"),
        ),
        (Some(Ok(named)), _) => Ok(named),
        (Some(Err(_)), _) => check(
            Outcome::Fail,
            &codes::CHAIN_MALFORMED,
            format!("the chain id {:?} is not a decimal number", named.unwrap_or_default()),
        ),
        (None, Some(wanted)) => Ok(wanted),
        (None, None) => check(Outcome::Unknown, &codes::CHAIN_NOT_NAMED, "the document names no chain".into()),
    }
}

impl Examination {
    /// Chain names in documents are free text: one that belongs to another network is worth a warning, no more
    /// (documents.md §7.3).
    pub(super) fn name_network(&mut self, ground: &Ground<'_>) {
        let Ok(chain) = ground.chain else { return };
        self.network = Some(Network::of(chain));
        let named = ground.document.network().and_then(|network| network.chain.as_deref()).unwrap_or_default();
        let known = networks::known(chain).filter(|network| !network.names.is_empty() && !named.is_empty());
        if let Some(network) = known.filter(|network| !network.names.contains(&named.to_lowercase())) {
            let name = &network.name;
            let text = format!("the document calls its network {named:?}, but chain {chain} is {name}");
            self.warn(WarningKind::NetworkName, text);
        }
    }

    /// A document that came by a link must be on the chain that the link names (documents.md §8.3). A document that names
    /// none is not put on the link's: whoever wrote the link may be anybody.
    pub(super) fn judge_link(&mut self, ground: &Ground<'_>) {
        let Some(linked) = ground.arrival.link.as_ref().and_then(|link| link.chain) else { return };
        let named = ground.document.network().and_then(|network| network.chain_id.as_deref());
        let chain = named.map_or(ground.policy.chain, |text| text.parse().ok());
        let Some(chain) = chain.filter(|chain| *chain != linked) else { return };
        let message = format!("the document is on chain {chain}, the link under which it came says {linked}");
        let found = finding(CheckName::Chain, Outcome::Fail, &codes::CHAIN_CONTRADICTS_LINK, message);
        self.findings.push(Check { strength: Some(Strength::Computed), ..found });
    }

    /// The chain answered at this block.
    pub(super) fn chain_answered(&mut self, chain: ChainId, block: &BlockReading, method: ReadMethod, entry: &Entry) {
        self.as_of_entry(chain, block, method, entry);
        self.findings.push(chain_check(chain, entry));
    }

    /// The report's block is this one.
    pub(super) fn as_of_entry(&mut self, chain: ChainId, block: &BlockReading, method: ReadMethod, entry: &Entry) {
        self.as_of = Some(as_of(chain, block, method, entry));
    }

    /// The answer is of another chain than the document's.
    pub(super) fn chain_differs(&mut self, wanted: ChainId, served: u64, entry: &Entry) {
        self.without_chain(wrong_chain(wanted, served, entry));
    }

    /// That something is not there in a block which the caller chose says nothing of later ones (chain.md §5.3).
    pub(super) fn at_chosen_block(&self, check: Check) -> Check {
        let Some(as_of) = self.as_of.as_ref().filter(|as_of| as_of.finality == Finality::Chosen) else { return check };
        let block = as_of.block;
        let there_is = match check.code {
            _ if check.outcome != Outcome::Fail => return check,
            code if [&codes::ISSUANCE_NOT_MINTED, &codes::ISSUANCE_NOT_ISSUED].contains(&code) => "not issued",
            code if code == &codes::TITLE_NOT_ISSUED => "there is no title",
            code if code == &codes::REGISTRY_NO_CODE => "there is no contract",
            _ => return check,
        };
        let message = format!("{there_is} as of block {block}, which you chose");
        let remedy = "Choose a newer block, or none, to see whether it was issued since.";
        Check { message, actor: Actor::Verifier, remedy, ..check }
    }

    /// The chain could not be read.
    pub(super) fn chain_unavailable(&mut self, chain: ChainId, why: &Unavailable, entry: &Entry) {
        self.without_chain(chain_unread(chain, why, entry));
    }

    /// The chain check came to `check`, so what rests on the chain is not known.
    pub(super) fn without_chain(&mut self, check: Check) {
        let issuance = issuance_without_chain(&check);
        self.findings.push(check);
        let resting = [CheckName::Registry, CheckName::Issuance, CheckName::Title];
        self.findings.extend(resting.map(|name| Check { name, ..issuance.clone() }));
    }

    /// The chain check for one more answer of a document that rests on several. What a report says of one chain is of
    /// one block (checks.md §3.3); evidence from outside may break that.
    pub(super) fn chain_read(&mut self, chain: ChainId, block: &BlockReading, entry: &Entry) -> Check {
        match &self.as_of {
            Some(as_of) if as_of.chain_id != chain.get() => {
                let text = format!("chain {chain} was read too, at block {} ({})", block.number, block.hash);
                self.warn(WarningKind::SecondChain, text);
                chain_check(chain, entry)
            }
            Some(as_of) if !is_of(as_of, block) => {
                let message = format!("chain {chain} was read at blocks {} and {}", as_of.block, block.number);
                from_entry(finding(CheckName::Chain, Outcome::Unknown, &codes::CHAIN_BLOCKS_DIFFER, message), entry)
            }
            Some(_) => chain_check(chain, entry),
            None => {
                self.as_of_entry(chain, block, ReadMethod::Calls, entry);
                chain_check(chain, entry)
            }
        }
    }

    /// A document that is no transferable record: no registry and no title.
    pub(super) fn without_a_title(&mut self) {
        self.findings.push(not_applicable(CheckName::Registry, &codes::REGISTRY_NONE));
        self.title = crate::verify::Title::without_parties(crate::verify::TitleStateName::None);
        self.findings.push(not_applicable(CheckName::Title, &codes::TITLE_NONE));
    }
}

/// The endpoint serves the document's chain.
pub(super) fn chain_check(chain: ChainId, entry: &Entry) -> Check {
    let message = match entry.provenance.hosts.as_slice() {
        [] => format!("the evidence is of chain {chain}"),
        [host] => format!("{host} serves chain {chain}"),
        hosts => format!("{} serve chain {chain} and agree", hosts.join(", ")),
    };
    from_entry(finding(CheckName::Chain, Outcome::Pass, &codes::CHAIN_MATCHES, message), entry)
}

/// The answer is of another chain than the one asked about.
pub(super) fn wrong_chain(wanted: ChainId, served: u64, entry: &Entry) -> Check {
    let message = format!("the endpoint serves chain {served} instead of chain {wanted}");
    from_entry(finding(CheckName::Chain, Outcome::Unknown, &codes::CHAIN_WRONG_ENDPOINT, message), entry)
}

/// The chain could not be read.
pub(super) fn chain_unread(chain: ChainId, why: &Unavailable, entry: &Entry) -> Check {
    let check = unavailable(CheckName::Chain, why, &format!("chain {chain} could not be read"));
    let network = networks::known(chain).filter(|_| why.cause == Cause::NoSource);
    let check = match network.and_then(|network| Some((network, network.retired?))) {
        Some((network, retired)) => {
            let code = &codes::CHAIN_RETIRED_NETWORK;
            let message = format!("chain {chain} is {}, {retired}; {}", network.name, why.detail);
            Check { code, actor: code.actor, message, ..check }
        }
        None => check,
    };
    from_entry(check, entry)
}

/// What rests on a chain whose check came to `chain` is not known.
pub(super) fn issuance_without_chain(chain: &Check) -> Check {
    // Who has to act is the same then.
    let same = [&codes::OFFLINE, &codes::PROXY].into_iter().find(|code| *code == chain.code);
    let code = same.unwrap_or(&codes::CHAIN_UNANSWERED);
    let check = finding(CheckName::Issuance, Outcome::Unknown, code, "not known: see the chain check".into());
    // Who can change what the chain check came to can change this.
    Check { actor: chain.actor, ..check }
}

fn as_of(chain: ChainId, block: &BlockReading, method: ReadMethod, entry: &Entry) -> AsOf {
    AsOf {
        chain_id: chain.get(),
        block: block.number,
        hash: block.hash,
        time: time(block),
        finality: block.finality,
        method,
        endpoints: entry.provenance.hosts.clone(),
        embedded_endpoints: entry.provenance.embedded_default,
        requests: entry.provenance.requests,
        proof: None,
    }
}

fn is_of(as_of: &AsOf, block: &BlockReading) -> bool {
    (as_of.hash, as_of.block, as_of.finality) == (block.hash, block.number, block.finality) && as_of.time == time(block)
}

fn time(block: &BlockReading) -> String {
    let seconds = i64::try_from(block.timestamp).unwrap_or(i64::MAX);
    jiff::Timestamp::from_second(seconds).map(|time| time.to_string()).unwrap_or_default()
}
