//! On what terms a report was judged, and which of them only whoever judges again can give.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde::{Deserialize, Serialize};

use super::NotReplayed;
use crate::address_book::AddressBook;
use crate::block_age::{CLOCKS_DIFFER, MaxBlockAge};
use crate::date_time::rfc3339_seconds;
use crate::dnssec::{self, TrustAnchor};
use crate::document::{Key, Limits};
use crate::evidence::{BlockReading, DnsTxtQuestion, Entry, Evidence, Fact, Finality, Question};
use crate::networks;
use crate::primitives::{Address, ChainId, Digest32, rfc3339};
use crate::verify::Report;
use crate::verify::policy::{AcceptedState, IssuerName, Policy, ProofMode, Rule};

/// On what terms, and when.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Judged {
    pub(super) at: String,
    pub(super) chain: Option<ChainId>,
    pub(super) as_of: Option<String>,
    pub(super) accept_unauthenticated_falsy: bool,
    pub(super) all_checks: bool,
    pub(super) require_dnssec: bool,
    pub(super) proof: ProofMode,
    pub(super) max_block_age: MaxBlockAge,
    pub(super) challenge: Option<String>,
    pub(super) domain: Option<String>,
    pub(super) policy_given: bool,
    pub(super) rules: Vec<Rule>,
    pub(super) names: BTreeMap<Address, String>,
    pub(super) content: bool,
    pub(super) trust: Trust,
}

/// Whom and what the caller trusted. No file makes anybody trusted: whoever judges again says so.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Trust {
    /// Registries whose code is not known.
    pub registries: BTreeSet<(ChainId, Address)>,
    /// DID registries of chains.
    pub did_registries: BTreeMap<ChainId, Address>,
    /// A block of the chain.
    pub block: Option<Digest32>,
    /// Contexts of W3C credentials, by their name, with the SHA-256 of their bytes.
    pub contexts: BTreeMap<String, Digest32>,
    /// DIDs that are issuers the caller knows.
    pub dids: BTreeSet<String>,
    /// DNSSEC keys beside the root's.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub dns_anchors: BTreeSet<TrustAnchor>,
}

impl Trust {
    /// What a policy trusts.
    pub fn of(policy: &Policy) -> Self {
        Self {
            registries: policy.trusted_registries.clone(),
            did_registries: policy.did_registries.clone(),
            block: policy.trusted_block,
            contexts: policy.contexts.added().map(|(url, sha256)| (url.to_owned(), sha256)).collect(),
            dids: dids_of(&policy.rules),
            dns_anchors: policy.dns_anchors.iter().cloned().collect(),
        }
    }

    /// Without what had nothing to do with this report.
    pub(super) fn narrowed_to(mut self, report: &Report, evidence: &Evidence, policy: &Policy) -> Self {
        let named: BTreeSet<Address> = report.with_parts().flat_map(Report::addresses).collect();
        // A report that says nothing of its registry rests on it all the same.
        let questions = evidence.entries().iter().map(Entry::question);
        let asked_about = questions.filter_map(|question| match question {
            Question::Registry(asked) => Some((asked.chain, asked.registry)),
            Question::Proof(asked) => Some((asked.chain, asked.registry)),
            _ => None,
        });
        let asked_about: BTreeSet<_> = asked_about.collect();
        self.registries.retain(|registry| named.contains(&registry.1) || asked_about.contains(registry));
        let asked = |chain: &ChainId| {
            let mut questions = evidence.entries().iter().map(Entry::question);
            questions.any(|question| matches!(question, Question::DidEthr(asked) if asked.chain == *chain))
        };
        self.did_registries.retain(|chain, _| asked(chain));
        let resting = rests_on(report, evidence, policy);
        self.dns_anchors.retain(|anchor| resting.contains(anchor));
        self
    }

    /// What of `other` is missing here.
    fn lacks(&self, other: &Self) -> Vec<Reliance> {
        let registries = other.registries.difference(&self.registries);
        let registries = registries.map(|(chain, address)| Reliance::Registry(*chain, *address));
        let of_dids =
            other.did_registries.iter().filter(|(chain, found)| self.did_registries.get(chain) != Some(found));
        let of_dids = of_dids.map(|(chain, address)| Reliance::DidRegistry(*chain, *address));
        let block = other.block.filter(|block| self.block != Some(*block)).map(Reliance::Block);
        let contexts = other.contexts.iter().filter(|(url, sha256)| self.contexts.get(*url) != Some(sha256));
        let contexts = contexts.map(|(url, sha256)| Reliance::Context(url.clone(), *sha256));
        let dids = other.dids.difference(&self.dids).cloned().map(Reliance::Did);
        let anchors = other.dns_anchors.difference(&self.dns_anchors).cloned().map(Reliance::DnsAnchor);
        registries.chain(of_dids).chain(block).chain(contexts).chain(dids).chain(anchors).collect()
    }
}

/// The DIDs that rules name as issuers, which makes them issuers that the caller knows.
fn dids_of(rules: &[Rule]) -> BTreeSet<String> {
    let names = rules.iter().filter_map(|rule| match rule {
        Rule::Issuers(names) => Some(names),
        _ => None,
    });
    let dids = names.flatten().filter_map(|name| match name {
        IssuerName::Did(did) => Some(did.clone()),
        _ => None,
    });
    dids.collect()
}

impl Judged {
    /// Whom it was judged with trust in, whatever is written of that: a rule that names a DID trusts it.
    fn trust(&self) -> Trust {
        let mut trust = self.trust.clone();
        trust.dids.extend(dids_of(&self.rules));
        trust
    }

    /// What of these terms only the caller can say, and `caller` does not.
    pub(super) fn beyond(&self, caller: &Policy) -> Result<Vec<Reliance>, NotReplayed> {
        let own = [
            self.chain.filter(|chain| caller.chain != Some(*chain)).map(Reliance::Chain),
            self.as_of()?.filter(|at| caller.at != Some(*at)).map(Reliance::AsOf),
            self.challenge.clone().filter(|it| caller.challenge.as_ref() != Some(it)).map(Reliance::Challenge),
            self.domain.clone().filter(|it| caller.domain.as_ref() != Some(it)).map(Reliance::Domain),
        ];
        let trusted = Trust::of(caller).lacks(&self.trust());
        Ok(own.into_iter().flatten().chain(trusted).chain(self.leniency_beyond(caller)).collect())
    }

    fn as_of(&self) -> Result<Option<i64>, NotReplayed> {
        self.as_of.as_deref().map(seconds).transpose()
    }

    /// What more than `caller` accepts it was judged with: no file makes a rule laxer.
    fn leniency_beyond(&self, caller: &Policy) -> Vec<Reliance> {
        let judged = Policy { rules: self.rules.clone(), ..Policy::default() };
        let states = [AcceptedState::Returned, AcceptedState::Ended].into_iter();
        let states = states.filter(|state| judged.accepts(*state) && !caller.accepts(*state)).map(Reliance::TitleState);
        let falsy = self.accept_unauthenticated_falsy && !caller.accept_unauthenticated_falsy;
        let is_within = match (self.max_block_age, caller.max_block_age) {
            (MaxBlockAge::OfChain, _) | (_, MaxBlockAge::Off) => true,
            (MaxBlockAge::Seconds(judged), MaxBlockAge::Seconds(caller)) => judged <= caller,
            _ => false,
        };
        let age = (!is_within).then_some(Reliance::BlockAge(self.max_block_age));
        // A chain that nobody knows is none for tests where a rule names it.
        let refuses_tests = caller.rules.contains(&Rule::NoTestNetworks);
        let (judged, own) = (chains_of(&self.rules), chains_of(&caller.rules));
        let chains = judged.difference(&own).filter(|_| refuses_tests).copied();
        let chains = chains.filter(|chain| networks::known(*chain).is_none()).map(Reliance::UnknownNetwork);
        states.chain(falsy.then_some(Reliance::UnprotectedFalsy)).chain(age).chain(chains).collect()
    }

    /// The stricter bound of both on these chains.
    pub(super) fn max_block_age(&self, caller: &Policy, evidence: &Evidence) -> MaxBlockAge {
        let (MaxBlockAge::OfChain, MaxBlockAge::Seconds(most)) = (self.max_block_age, caller.max_block_age) else {
            return match (self.max_block_age, caller.max_block_age) {
                (MaxBlockAge::Seconds(judged), MaxBlockAge::Seconds(caller)) => {
                    MaxBlockAge::Seconds(judged.min(caller))
                }
                (MaxBlockAge::Off, stricter) => stricter,
                (judged, _) => judged,
            };
        };
        let chains: BTreeSet<_> = evidence.entries().iter().filter_map(|entry| entry.question().chain()).collect();
        let bounds = || chains.iter().map(|chain| networks::block_age_bound(*chain));
        match bounds().all(|bound| bound.is_some_and(|bound| bound <= most)) {
            true => MaxBlockAge::OfChain,
            false => MaxBlockAge::Seconds(bounds().flatten().fold(most, u64::min)),
        }
    }
}

fn chains_of(rules: &[Rule]) -> BTreeSet<ChainId> {
    let chains = rules.iter().filter_map(|rule| match rule {
        Rule::Chains(chains) => Some(chains),
        _ => None,
    });
    chains.flatten().copied().collect()
}

/// A block that whoever judges again names: what was read there was to be read there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NamedBlock {
    /// By its height.
    Number(u64),
    /// By its hash.
    Hash(Digest32),
}

/// What whoever judges again gives.
#[derive(Debug, Clone, Copy)]
pub struct ReplayTerms<'c> {
    /// The key of a sealed document.
    pub key: Option<&'c Key>,
    /// Whom and what he trusts and accepts, and what he wants besides.
    pub policy: &'c Policy,
    /// At which block the chain was to be read, where he says so.
    pub block: Option<NamedBlock>,
    /// His own names for addresses. Others are shown as names of the evidence.
    pub names: &'c AddressBook,
    /// For the document.
    pub limits: Limits,
    /// Seconds since the Unix epoch: nothing was judged later.
    pub now: i64,
}

impl<'c> ReplayTerms<'c> {
    /// Of a policy, at this time; without a key and a block.
    pub fn new(policy: &'c Policy, now: i64) -> Self {
        Self { key: None, policy, block: None, names: AddressBook::nobody(), limits: Limits::default(), now }
    }

    /// Blocks that somebody is said to have chosen, which excuses their age and that nobody looked at newer ones, and that
    /// were not chosen here.
    pub(super) fn not_chosen(&self, evidence: &Evidence) -> BTreeSet<(ChainId, u64)> {
        let found = evidence.entries().iter().filter_map(|entry| {
            let (chain, block) = (entry.question().chain()?, entry.answer().ok()?.block()?);
            let is_said = block.finality == Finality::Chosen;
            (is_said && !self.chooses(chain, block)).then_some((chain, block.number))
        });
        found.collect()
    }

    fn chooses(&self, chain: ChainId, block: &BlockReading) -> bool {
        let is_named = match self.block {
            Some(NamedBlock::Number(number)) => number == block.number,
            Some(NamedBlock::Hash(hash)) => hash == block.hash,
            None => false,
        };
        // The last block before a time is no older at that time than any that is read.
        let as_any = BlockReading { finality: Finality::Latest, ..block.clone() };
        let is_before = |at| i64::try_from(block.timestamp).is_ok_and(|time| time <= at);
        let is_of_time = |at| is_before(at) && self.policy.max_block_age.check(chain, &as_any, at).is_ok();
        is_named || self.policy.trusted_block == Some(block.hash) || self.policy.at.is_some_and(is_of_time)
    }
}

/// What a report rests on that only the caller can give: trust, or a leniency.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Reliance {
    /// A registry of unknown code.
    Registry(ChainId, Address),
    /// The DID registry of a chain.
    DidRegistry(ChainId, Address),
    /// A block.
    Block(Digest32),
    /// The meaning of a context, by the SHA-256 of its bytes.
    Context(String, Digest32),
    /// A DID that is an issuer the caller knows.
    Did(String),
    /// A DNSSEC key beside the root's.
    DnsAnchor(TrustAnchor),
    /// A state other than live.
    TitleState(AcceptedState),
    /// Falsy values that no digest protects.
    UnprotectedFalsy,
    /// A bound of a block's age other than its chain's.
    BlockAge(MaxBlockAge),
    /// A chain that nobody knows, for somebody who refuses test networks.
    UnknownNetwork(ChainId),
    /// The chain of a document that may name none.
    Chain(ChainId),
    /// A time that it was judged as of, in seconds since the Unix epoch.
    AsOf(i64),
    /// The block of this height, as one that was chosen.
    ChosenBlock(ChainId, u64),
    /// The challenge that a presentation had to answer.
    Challenge(String),
    /// The domain that a presentation had to be made for.
    Domain(String),
}

impl fmt::Display for Reliance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Registry(chain, address) => write!(f, "the registry {chain}:{address}"),
            Self::DidRegistry(chain, address) => write!(f, "the DID registry {chain}:{address}"),
            Self::Block(hash) => write!(f, "the block {hash}"),
            Self::Context(url, sha256) => write!(f, "the context {url} with SHA-256 {sha256}"),
            Self::Did(did) => write!(f, "the issuer {did}"),
            Self::DnsAnchor(anchor) => write!(f, "the DNSSEC key {anchor}"),
            Self::TitleState(state) => write!(f, "a title that is {state}"),
            Self::UnprotectedFalsy => f.write_str("a document without its unprotected falsy values"),
            Self::BlockAge(MaxBlockAge::Off) => f.write_str("a block of any age"),
            Self::BlockAge(age) => write!(f, "a block that is {age} old"),
            Self::UnknownNetwork(chain) => write!(f, "chain {chain} as none for tests"),
            Self::Chain(chain) => write!(f, "chain {chain} as the document's"),
            Self::AsOf(at) => write!(f, "{} as the time to judge it as of", rfc3339(*at)),
            Self::ChosenBlock(chain, number) => write!(f, "block {number} of chain {chain} as the one to read"),
            Self::Challenge(challenge) => {
                write!(f, "{:?} as the challenge to answer", crate::text::repeatable(challenge))
            }
            Self::Domain(domain) => write!(f, "{:?} as the domain to be made for", crate::text::repeatable(domain)),
        }
    }
}

/// The DNSSEC keys of the caller's that chains of this evidence lead to.
fn rests_on(report: &Report, evidence: &Evidence, policy: &Policy) -> BTreeSet<TrustAnchor> {
    let Some(now) = rfc3339_seconds(&report.checked_at) else { return BTreeSet::new() };
    let found = evidence.entries().iter().filter_map(|entry| match (entry.question(), entry.answer()) {
        (Question::DnsTxt(DnsTxtQuestion { name }), Ok(Fact::DnsTxt(reading))) => {
            dnssec::check(reading.chain.as_ref()?, name, now, &policy.dns_anchors).ok()
        }
        _ => None,
    });
    found.flat_map(|proven| proven.rests_on).collect()
}

/// Blocks whose state proves something to a caller who wants a proof, and that he does not say he knows: the names of hosts in
/// a file vouch for nothing.
pub(super) fn unvouched(evidence: &Evidence, caller: &Policy) -> impl Iterator<Item = Digest32> {
    let wants_proof = caller.proof == ProofMode::Require || caller.rules.contains(&Rule::Proof);
    let is_asked = move |_: &&Entry| wants_proof && caller.trusted_block.is_none();
    evidence.entries().iter().filter(is_asked).filter_map(|entry| match entry.answer() {
        // The word of one host vouches for nothing anyway.
        Ok(Fact::Proof(proof)) if entry.provenance.hosts.len() > 1 => Some(proof.block.hash),
        _ => None,
    })
}

pub(super) fn seconds(text: &str) -> Result<i64, NotReplayed> {
    rfc3339_seconds(text).ok_or_else(|| NotReplayed::Form("a time is none".into()))
}

/// Nothing was judged in the future, or as of a time after that. That no block is of a later time, the judge sees.
pub(super) fn ensure_possible(judged: i64, as_of: Option<i64>, now: i64) -> Result<(), NotReplayed> {
    if judged > now.saturating_add(CLOCKS_DIFFER) {
        return Err(NotReplayed::Form("it says that it was judged at a time that has not come".into()));
    }
    if as_of.is_some_and(|as_of| as_of > judged.saturating_add(CLOCKS_DIFFER)) {
        return Err(NotReplayed::Form("it says that it was judged before the time that it was judged as of".into()));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evidence::{Provenance, RegistryQuestion, RegistryReading};
    use crate::primitives::TokenId;

    const NOW: i64 = 1_780_000_000;

    /// A registry of chain 1, read at block 7 of this time, which is said to be so settled.
    fn read_at(timestamp: i64, finality: Finality) -> Evidence {
        let block =
            BlockReading { number: 7, timestamp: timestamp.unsigned_abs(), finality, ..BlockReading::default() };
        let (chain, registry) = (ChainId::try_from(1).unwrap(), Address([7; 20]));
        let question = RegistryQuestion { chain, registry, token: TokenId([9; 32]) };
        let reading = RegistryReading { block, ..RegistryReading::default() };
        let mut evidence = Evidence::new();
        evidence.record(Entry::new(question, Ok(Box::new(reading)), Provenance::default()));
        evidence
    }

    fn judged(rules: Vec<Rule>, max_block_age: MaxBlockAge) -> Judged {
        Judged {
            at: rfc3339(NOW),
            chain: None,
            as_of: None,
            accept_unauthenticated_falsy: false,
            all_checks: false,
            require_dnssec: false,
            proof: ProofMode::Off,
            max_block_age,
            challenge: None,
            domain: None,
            policy_given: false,
            rules,
            names: BTreeMap::new(),
            content: false,
            trust: Trust::default(),
        }
    }

    #[test]
    fn a_chosen_block_is_chosen_by_whoever_judges_or_not_at_all() {
        let chosen = read_at(NOW - 86_400, Finality::Chosen);
        let policy = Policy::default();
        let terms = ReplayTerms::new(&policy, NOW);
        let missing = |terms: &ReplayTerms<'_>| terms.not_chosen(&chosen).len();
        assert_eq!(missing(&terms), 1);
        assert_eq!(terms.not_chosen(&read_at(NOW, Finality::Finalized)).len(), 0);
        let named = |block| ReplayTerms { block: Some(block), ..terms };
        assert_eq!(missing(&named(NamedBlock::Number(7))), 0);
        assert_eq!(missing(&named(NamedBlock::Hash(Digest32([0; 32])))), 0);
        assert_eq!(missing(&named(NamedBlock::Number(8))), 1);
        assert_eq!(missing(&named(NamedBlock::Hash(Digest32([1; 32])))), 1);
        let trusting = Policy { trusted_block: Some(Digest32([0; 32])), ..Policy::default() };
        assert_eq!(missing(&ReplayTerms::new(&trusting, NOW)), 0);
        // Of a time that he names: the last before it, and none of long before or after.
        let times = [(NOW - 86_400, 0), (NOW - 86_400 + 3600, 0), (NOW - 86_400 + 3700, 1), (NOW - 86_401, 1)];
        for (at, count) in times {
            let policy = Policy { at: Some(at), ..Policy::default() };
            assert_eq!(missing(&ReplayTerms::new(&policy, NOW)), count, "{at}");
        }
        let lax = Policy { at: Some(NOW - 90_000), max_block_age: MaxBlockAge::Off, ..Policy::default() };
        assert_eq!(missing(&ReplayTerms::new(&lax, NOW)), 1, "a block after the time is not its last");
    }

    #[test]
    fn a_block_that_the_caller_knows_is_as_settled_as_he_knows() {
        let settled = read_at(NOW, Finality::Finalized);
        let finality = |evidence: &Evidence| evidence.entries()[0].answer().unwrap().block().unwrap().finality;
        assert_eq!(finality(&settled.of_chosen_block(Digest32([0; 32]))), Finality::Chosen);
        assert_eq!(finality(&settled.of_chosen_block(Digest32([1; 32]))), Finality::Finalized);
    }

    #[test]
    fn nothing_was_judged_in_the_future_or_before_the_time_it_was_judged_as_of() {
        let possible = |judged, as_of| ensure_possible(judged, as_of, NOW).is_ok();
        assert!(possible(NOW, None) && possible(NOW + 100, None) && possible(0, None) && possible(NOW, Some(NOW - 1)));
        assert!(!possible(NOW + 121, None) && !possible(NOW - 1000, Some(NOW)));
    }

    #[test]
    fn of_two_bounds_of_age_the_stricter_holds() {
        use MaxBlockAge::{OfChain, Off, Seconds};
        let evidence = read_at(NOW, Finality::Finalized);
        for (written, caller, holds) in [
            (OfChain, OfChain, OfChain),
            (OfChain, Off, OfChain),
            (OfChain, Seconds(600), Seconds(600)),
            (OfChain, Seconds(86_400), OfChain),
            (Seconds(60), Seconds(600), Seconds(60)),
            (Off, Off, Off),
        ] {
            let policy = Policy { max_block_age: caller, ..Policy::default() };
            let judged = judged(Vec::new(), written);
            assert!(judged.beyond(&policy).unwrap().is_empty(), "{written:?} {caller:?}");
            assert_eq!(judged.max_block_age(&policy, &evidence), holds, "{written:?} {caller:?}");
        }
        let strict = Policy { max_block_age: Seconds(60), ..Policy::default() };
        assert_eq!(judged(Vec::new(), Off).beyond(&strict).unwrap(), [Reliance::BlockAge(Off)]);
    }

    #[test]
    fn what_only_the_caller_can_say_counts_only_if_he_says_it() {
        let did = "did:ethr:0x17c5185167401eD00cF5F5b2fc97D9BBfDb7D025";
        let (one, unknown) = (ChainId::try_from(1).unwrap(), ChainId::try_from(424_242).unwrap());
        let issuers = Rule::Issuers([did.parse().unwrap()].into());
        let chains = Rule::Chains([one, unknown].into());
        let nothing = Policy::default();
        let judged = |rules| judged(rules, MaxBlockAge::OfChain);
        // The rule makes the DID trusted, whatever the file says of trust.
        assert_eq!(judged(vec![issuers.clone()]).beyond(&nothing).unwrap(), [Reliance::Did(did.into())]);
        let trusting = Policy { rules: vec![issuers.clone()], ..Policy::default() };
        assert!(judged(vec![issuers]).beyond(&trusting).unwrap().is_empty());
        // Without a rule of the caller's about test networks this one asks for more, with it for less.
        assert!(judged(vec![chains.clone()]).beyond(&nothing).unwrap().is_empty());
        let no_tests =
            |more: Vec<Rule>| Policy { rules: [vec![Rule::NoTestNetworks], more].concat(), ..Policy::default() };
        assert_eq!(
            judged(vec![chains.clone()]).beyond(&no_tests(vec![])).unwrap(),
            [Reliance::UnknownNetwork(unknown)]
        );
        assert!(judged(vec![chains.clone()]).beyond(&no_tests(vec![chains])).unwrap().is_empty());
        let terms = Judged {
            chain: Some(one),
            as_of: Some(rfc3339(NOW)),
            challenge: Some("nonce".into()),
            domain: Some("bank.example".into()),
            ..judged(vec![])
        };
        assert_eq!(terms.beyond(&nothing).unwrap().len(), 4);
        let saying = Policy {
            chain: Some(one),
            at: Some(NOW),
            challenge: Some("nonce".into()),
            domain: Some("bank.example".into()),
            ..Policy::default()
        };
        assert!(terms.beyond(&saying).unwrap().is_empty());
        assert_eq!(terms.beyond(&Policy { at: Some(NOW + 1), ..saying }).unwrap(), [Reliance::AsOf(NOW)]);
    }
}
