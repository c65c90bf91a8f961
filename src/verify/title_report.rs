//! The report on one title: parties, state, history and, where asked for, who has which power over its registry. Its JSON
//! form is the contract of `schemas/title.schema.json`.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::Verdict;
use super::next_step::NextStep;
use super::policy::Policy;
use super::report::{AsOf, Check, DocumentFacts, Issuer, Network, RegistryFacts, Title, TitleStateName, Tool};
use crate::primitives::{Address, Digest32, TokenId, encode_hex};
use crate::title::account::AccountKind;
use crate::title::history::{Entry, Recorded};
use crate::title::powers::{Powers, Role};
use crate::title::remark::Remark;
use crate::title::{Generation, Proxy};

/// What is recorded about one title.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct TitleReport {
    /// `ebl-verifier/title/1`.
    pub schema: &'static str,
    /// The document's file; set by whoever read it. What is a link is named by its host alone.
    pub file: Option<String>,
    /// When it was judged: the `now` that was given, RFC 3339.
    pub checked_at: String,
    /// The document, if there was one.
    pub document: Option<DocumentFacts>,
    /// Which title; absent where the document has none, or it is not known which.
    pub subject: Option<TitleOf>,
    /// State and recorded parties.
    pub title: Title,
    /// Whether the escrow still acts; absent where not known.
    pub active: Option<bool>,
    /// The remark of the last operation (v5).
    pub remark: Option<RemarkFacts>,
    /// What kind of account each party is.
    pub parties: Vec<PartyFacts>,
    /// The registry, if it was read.
    pub registry: Option<RegistryFacts>,
    /// Who issued the document; only asked together with the powers.
    pub issuer: Vec<Issuer>,
    /// The operations, oldest first.
    pub history: Vec<HistoryEntry>,
    /// Whether these are all, and lead to the recorded state.
    pub history_complete: bool,
    /// Who may do what in the registry, where asked for.
    pub powers: Option<PowersFacts>,
    /// What was checked.
    pub checks: Vec<Check>,
    /// What to do next and who can; absent only where the title is live and nothing speaks against it.
    pub next_step: Option<NextStep>,
    /// The block everything was read at.
    pub as_of: Option<AsOf>,
    /// What this report does not say.
    pub not_checked: Vec<String>,
    /// Things worth knowing that decide nothing.
    pub warnings: Vec<String>,
    /// The caller's own names for addresses of this report; set by whoever has an address book.
    pub names: BTreeMap<Address, String>,
    /// The program.
    pub tool: Tool,
}

impl TitleReport {
    /// The verdict on the title alone, for an exit code: never on a document, whose issuer is not asked.
    pub fn verdict(&self) -> Verdict {
        let outcomes: Vec<_> = self.checks.iter().flat_map(Check::outcomes).collect();
        match Verdict::of(&outcomes, self.title.state, &Policy::default()) {
            Verdict::Valid if self.title.state != TitleStateName::Live => Verdict::NotLive,
            verdict => verdict,
        }
    }

    /// Every address that the report names.
    pub fn addresses(&self) -> BTreeSet<Address> {
        let recorded = |found: &Recorded| [found.owner, found.holder, found.nominee];
        let history =
            self.history.iter().flat_map(|entry| [recorded(&entry.before), recorded(&entry.after())].concat());
        let powers = self.powers.iter().flat_map(|powers| {
            let holders = powers.roles.iter().flat_map(|role| &role.holders).map(|holder| Some(holder.address));
            holders.chain([powers.proxy.map(|proxy| proxy.implementation), powers.proxy.and_then(|proxy| proxy.admin)])
        });
        let registry = self.registry.iter().map(|registry| Some(registry.address));
        self.title.addresses().into_iter().chain(registry).chain(history).chain(powers).flatten().collect()
    }
}

/// Which title.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct TitleOf {
    /// Its network.
    pub network: Network,
    /// Its registry.
    pub registry: Address,
    /// Its token id.
    pub token_id: TokenId,
}

/// A remark: anybody's words, not authenticated.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct RemarkFacts {
    /// The recorded bytes, `0x…`.
    pub raw: String,
    /// The text, if they make sense as one.
    pub text: Option<String>,
    /// `decrypted` with the document's key, or `plain`.
    pub reading: Option<&'static str>,
}

impl RemarkFacts {
    /// `None` for an empty remark. Without the document there is no key, and only plain text is read.
    pub(crate) fn of(raw: &[u8], key_id: Option<&str>) -> Option<Self> {
        if raw.is_empty() {
            return None;
        }
        let remark = Remark::read(raw, key_id.unwrap_or_default());
        let (text, reading) = match (remark.plain, remark.decrypted.filter(|_| key_id.is_some())) {
            // Text that reads well both ways is rather what stands there: a cipher hardly ever does.
            (Some(plain), _) => (Some(plain), Some("plain")),
            (None, Some(text)) => (Some(text), Some("decrypted")),
            (None, None) => (None, None),
        };
        Some(Self { raw: format!("0x{}", encode_hex(raw)), text, reading })
    }
}

/// One party.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct PartyFacts {
    /// What it is to this title.
    pub role: PartyRole,
    /// The account.
    #[serde(flatten)]
    pub account: AccountFacts,
}

/// What an account is to a title.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum PartyRole {
    /// The recorded holder.
    Holder,
    /// The recorded beneficiary.
    Beneficiary,
    /// Nominated as the next beneficiary.
    Nominee,
    /// Gets possession back if the last transfer is rejected, which is still possible.
    PreviousHolder,
    /// Gets the title back if the last transfer is rejected, which is still possible.
    PreviousBeneficiary,
}

/// An account and its kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct AccountFacts {
    /// The account.
    pub address: Address,
    /// `ordinary`, `contract`, `delegated` or `burn`; absent where not known.
    #[serde(flatten)]
    pub kind: Option<AccountKind>,
}

/// One operation of the history.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct HistoryEntry {
    /// The interchange name (chain.md §2.1), or `NOMINATION`.
    pub r#type: &'static str,
    /// Codes of DCSA's transfer chain that say the same.
    pub dcsa: &'static [&'static str],
    /// Height of its block.
    pub block: u64,
    /// Hash of its block.
    pub block_hash: Digest32,
    /// The place in the block of its first log.
    pub log_index: u64,
    /// Its transaction, which may hold others, too.
    pub tx: Digest32,
    /// The transaction's place in the block.
    pub transaction_index: u64,
    /// Seconds since the Unix epoch, where known.
    pub timestamp: Option<u64>,
    /// The same in milliseconds, as the field's programs write it.
    pub timestamp_ms: Option<u64>,
    /// The beneficiary after it.
    pub owner: Option<Address>,
    /// The holder after it.
    pub holder: Option<Address>,
    /// The nominee after it.
    pub nominee: Option<Address>,
    /// The parties before it.
    pub before: Recorded,
    /// The remark as text, if it makes sense as one.
    pub remark: Option<String>,
    /// How the text was read: `decrypted` or `plain`.
    pub remark_reading: Option<&'static str>,
    /// The recorded bytes, `0x…`.
    pub remark_raw: Option<String>,
}

impl HistoryEntry {
    pub(super) fn of(entry: &Entry, generation: Generation, key_id: Option<&str>) -> Self {
        let remark = RemarkFacts::of(&entry.remark, key_id);
        let Recorded { owner, holder, nominee } = entry.after;
        Self {
            r#type: entry.operation.name(generation),
            dcsa: entry.operation.dcsa(),
            block: entry.block,
            block_hash: entry.block_hash,
            log_index: entry.log_index,
            tx: entry.transaction,
            transaction_index: entry.transaction_index,
            timestamp: entry.timestamp,
            timestamp_ms: entry.timestamp.and_then(|seconds| seconds.checked_mul(1000)),
            owner,
            holder,
            nominee,
            before: entry.before,
            remark_raw: remark.as_ref().map(|remark| remark.raw.clone()),
            remark_reading: remark.as_ref().and_then(|remark| remark.reading),
            remark: remark.and_then(|remark| remark.text),
        }
    }

    /// The parties after it.
    pub fn after(&self) -> Recorded {
        Recorded { owner: self.owner, holder: self.holder, nominee: self.nominee }
    }
}

/// Who may do what in the registry.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct PowersFacts {
    /// Whether these are certain to be all.
    pub known: bool,
    /// The registry's first block, as it says itself.
    pub since_block: Option<u64>,
    /// The time of that block, RFC 3339.
    pub since: Option<String>,
    /// The roles and their holders.
    pub roles: Vec<RoleFacts>,
    /// Where the registry's rules can be replaced: what they are now and who can.
    pub proxy: Option<Proxy>,
    /// What this means, in plain sentences.
    pub sentences: Vec<String>,
    /// As it was judged, for other renderings.
    #[serde(skip)]
    pub found: Powers,
}

/// One role.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct RoleFacts {
    /// `admin`, `minter`, `accepter`, `restorer`, `other`.
    pub role: &'static str,
    /// Its id on the chain.
    pub id: Digest32,
    /// Who holds it now.
    pub holders: Vec<AccountFacts>,
    /// The id of the role whose holders grant and revoke it.
    pub administered_by: Digest32,
}

impl PowersFacts {
    pub(super) fn of(found: Powers, proxy: Option<Proxy>) -> Self {
        let roles = found.roles.iter().map(|role| RoleFacts {
            role: role.role.name(),
            id: role.role.id(),
            holders: role.holders.iter().map(|&(address, kind)| AccountFacts { address, kind }).collect(),
            administered_by: Role::id(role.administered_by),
        });
        let time = |seconds: u64| jiff::Timestamp::from_second(i64::try_from(seconds).ok()?).ok();
        let mut facts = Self {
            known: found.gap.is_none(),
            since_block: found.since,
            since: found.since_time.and_then(time).map(|time| time.to_string()),
            roles: roles.collect(),
            proxy,
            sentences: Vec::new(),
            found,
        };
        facts.sentences = facts.sentences_with(|address| address.to_string());
        facts
    }

    /// The sentences, with accounts written as `name` says.
    pub fn sentences_with(&self, name: impl Fn(Address) -> String) -> Vec<String> {
        let mut out = self.found.sentences(&name);
        out.push(match self.proxy {
            Some(Proxy { admin: Some(admin), .. }) => format!("{} can replace the registry's rules", name(admin)),
            Some(Proxy { admin: None, .. }) => "somebody can replace the registry's rules; who is not known".to_owned(),
            None => "no proxy slot of the registry is set: nobody can replace its rules that way".to_owned(),
        });
        out
    }
}
