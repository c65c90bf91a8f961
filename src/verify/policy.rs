//! What the caller wants to be held to: settings that change how a document is judged, and rules that it must meet
//! besides. Rules are judged last, against what the evidence shows, by `checks::policy`.
//!
//! All rules of a policy must hold. So policies are combined by adding their rules, and of two rules about one thing the
//! stricter one decides by itself.

mod file;
mod names;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::block_age::MaxBlockAge;
use crate::credential::Contexts;
use crate::dnssec::TrustAnchors;
use crate::primitives::{Address, ChainId, Digest32};

pub use file::{InvalidPolicyFile, PolicyFile};
pub use names::{FieldPath, InvalidFieldPath, InvalidIssuerName, IssuerName};

/// What the caller wants to be held to.
///
/// ```
/// use ebl_verifier::verify::{Policy, Rule};
///
/// let policy = Policy {
///     rules: vec![Rule::Issuers(["*.carrier.example".parse()?].into()), Rule::NoTestNetworks],
///     ..Policy::default()
/// };
/// assert_eq!(policy.rules[1].name(), "testnets");
/// # Ok::<(), ebl_verifier::verify::InvalidIssuerName>(())
/// ```
#[derive(Debug, Clone, Default)]
pub struct Policy {
    /// The chain, for a document that names none; a document that names another one contradicts it.
    pub chain: Option<ChainId>,
    /// Registries whose unknown code the caller vouches for (`--trust-registry`).
    pub trusted_registries: BTreeSet<(ChainId, Address)>,
    /// DID registries (ERC-1056) of chains, before those that the field agrees on (`--did-registry`).
    pub did_registries: BTreeMap<ChainId, Address>,
    /// Accept an OA 3.0 document without the falsy leaves that its digest does not cover (documents.md §4.8).
    pub accept_unauthenticated_falsy: bool,
    /// Go on asking after a failed integrity check.
    pub all_checks: bool,
    /// Require a DNSSEC-validated issuer record: without one the issuer is not known.
    pub require_dnssec: bool,
    /// DNSSEC keys that are trusted beside the root's (`--dns-anchor`): a chain of signatures that leads to one of them proves
    /// what it leads to.
    pub dns_anchors: TrustAnchors,
    /// Whether state proofs of token registries are asked for (`--proof`).
    pub proof: ProofMode,
    /// The hash of a block that the caller knows to be one of the chain (`--trusted-block`): what is proven within it is
    /// proven.
    pub trusted_block: Option<Digest32>,
    /// How old the block may be at which a chain was read (`--max-block-age`).
    pub max_block_age: MaxBlockAge,
    /// The time that the document is judged as of, in seconds since the Unix epoch, instead of now (`--at`): its validity
    /// periods and the ages of what was read.
    pub at: Option<i64>,
    /// Contexts that the caller added to those known here (`--context`): what their words mean, the caller vouches for.
    pub contexts: Contexts,
    /// The challenge that a presentation must answer (`--challenge`).
    pub challenge: Option<String>,
    /// The domain that a presentation must be made for (`--domain`).
    pub domain: Option<String>,
    /// Whether the caller gave a policy: one without a rule is said to ask for nothing.
    pub given: bool,
    /// What the document must meet besides. All must hold.
    pub rules: Vec<Rule>,
}

/// What state proofs are worth to the caller (chain.md §5.4).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ProofMode {
    /// None is asked for.
    #[default]
    Off,
    /// Asked for; where there is none, the report says why.
    Try,
    /// Registry, issuance and title are unknown without one.
    Require,
}

impl Policy {
    /// Whether a title in this state counts: every rule about states must accept it, and without such a rule only a
    /// live title does.
    pub fn accepts(&self, state: AcceptedState) -> bool {
        let mut lists = self.rules.iter().filter_map(|rule| match rule {
            Rule::TitleStates(states) => Some(states),
            _ => None,
        });
        let stated = lists.clone().next().is_some();
        if stated { lists.all(|states| states.contains(&state)) } else { state == AcceptedState::Live }
    }

    /// Whether a rule names this very DID, which makes a bare key an issuer that the caller knows (checks.md §3.8).
    pub fn trusts_did(&self, did: &str) -> bool {
        self.rules.iter().any(|rule| matches!(rule, Rule::Issuers(names) if names.iter().any(|name| name.is_did(did))))
    }
}

/// One thing that a document must meet. A list is never empty: it would let nothing through.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Rule {
    /// Every issuer is one of these, confirmed.
    Issuers(BTreeSet<IssuerName>),
    /// The token registry is one of these.
    Registries(BTreeSet<(ChainId, Address)>),
    /// Every chain that the document rests on is one of these.
    Chains(BTreeSet<ChainId>),
    /// No chain that the document rests on is for tests.
    NoTestNetworks,
    /// The block that was read is settled at least so far.
    Finality(LeastFinality),
    /// The block that was read is at most so old, in seconds.
    BlockAge(u64),
    /// The document was issued at most so long ago, in seconds.
    DocumentAge(u64),
    /// So many resolvers gave the issuer's records and agree.
    Resolvers(u32),
    /// So many endpoints gave what was read of the chain and agree.
    Quorum(u32),
    /// What was read of the chain is proven by the state itself.
    Proof,
    /// The title is in one of these states; others than live count only if every such rule names them.
    TitleStates(BTreeSet<AcceptedState>),
    /// The recorded holder is one of these.
    Holders(BTreeSet<Address>),
    /// The recorded beneficiary is one of these.
    Beneficiaries(BTreeSet<Address>),
    /// At most so many fields are hidden.
    HiddenFields(usize),
    /// These fields of the content are visible and covered by the digest.
    VisibleFields(BTreeSet<FieldPath>),
    /// Nothing in the file is outside the digest.
    NothingUnauthenticated,
    /// The report has no warning of these kinds.
    NoWarnings(DeniedWarnings),
}

impl Rule {
    /// The key in a policy file, which is the name in reports.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Issuers(_) => "issuers",
            Self::Registries(_) => "registries",
            Self::Chains(_) => "chains",
            Self::NoTestNetworks => "testnets",
            Self::Finality(_) => "finality",
            Self::BlockAge(_) => "max_block_age",
            Self::DocumentAge(_) => "max_document_age",
            Self::Resolvers(_) => "min_resolvers",
            Self::Quorum(_) => "quorum",
            Self::Proof => "proof",
            Self::TitleStates(_) => "accept_states",
            Self::Holders(_) => "holders",
            Self::Beneficiaries(_) => "beneficiaries",
            Self::HiddenFields(_) => "max_hidden_fields",
            Self::VisibleFields(_) => "required_visible",
            Self::NothingUnauthenticated => "forbid_unauthenticated",
            Self::NoWarnings(_) => "forbid_warnings",
        }
    }
}

/// The name under which a report lists [`Policy::require_dnssec`].
pub(super) const DNSSEC: &str = "dnssec";

/// What the rule asks for, as a sentence.
impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Issuers(names) => write!(f, "Every issuer must be confirmed to be {}.", one_of(names)),
            Self::Registries(registries) => {
                let registries = registries.iter().map(|(chain, address)| format!("{address} on chain {chain}"));
                write!(f, "The document must have a token registry, and it must be {}.", one_of(registries))
            }
            Self::Chains(chains) => write!(f, "What it rests on must be on chain {}.", one_of(chains)),
            Self::NoTestNetworks => f.write_str("What it rests on must not be on a test network."),
            Self::Finality(LeastFinality::Any) => f.write_str("The block that is read may be any."),
            Self::Finality(LeastFinality::Latest) => {
                f.write_str("The block that is read must be one that the chain calls latest, safe or finalized.")
            }
            Self::Finality(LeastFinality::Safe) => {
                f.write_str("The block that is read must be one that the chain calls safe or finalized.")
            }
            Self::Finality(LeastFinality::Finalized) => {
                f.write_str("The block that is read must be one that the chain calls finalized.")
            }
            Self::BlockAge(seconds) => write!(f, "The block that is read must be at most {} old.", duration(*seconds)),
            Self::DocumentAge(seconds) => {
                write!(f, "The document must say that it was issued at most {} ago.", duration(*seconds))
            }
            Self::Resolvers(1) => f.write_str("At least one resolver must give the records of the issuer's domain."),
            Self::Resolvers(least) => {
                write!(f, "At least {least} resolvers must give the same records of the issuer's domain.")
            }
            Self::Quorum(1) => f.write_str("At least one endpoint must answer for the chain."),
            Self::Quorum(least) => write!(f, "At least {least} endpoints must give the same answers for the chain."),
            Self::Proof => f.write_str("What is read of the chain must be proven by its state, not only said."),
            Self::TitleStates(states) => write!(f, "A title must be {}.", one_of(states)),
            Self::Holders(holders) => write!(f, "The registry must record {} as holder.", one_of(holders)),
            Self::Beneficiaries(them) => write!(f, "The registry must record {} as beneficiary.", one_of(them)),
            Self::HiddenFields(0) => f.write_str("No field may be hidden."),
            Self::HiddenFields(1) => f.write_str("At most one field may be hidden."),
            Self::HiddenFields(most) => write!(f, "At most {most} fields may be hidden."),
            Self::VisibleFields(paths) => {
                let paths: Vec<String> = paths.iter().map(ToString::to_string).collect();
                write!(f, "These fields must be visible: {}.", paths.join(", "))
            }
            Self::NothingUnauthenticated => f.write_str("Nothing in the file may be outside the digest."),
            Self::NoWarnings(DeniedWarnings::All) => f.write_str("There must be no warning."),
            Self::NoWarnings(DeniedWarnings::These(kinds)) => {
                let kinds: Vec<&str> = kinds.iter().map(|kind| kind.meaning()).collect();
                write!(f, "There must be no warning that {}.", kinds.join(", or that "))
            }
        }
    }
}

/// How settled a block must be (chain.md §5.3). A block of a local chain counts as `Latest`, and of a block that the
/// caller chose nobody said how settled it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LeastFinality {
    /// No matter.
    Any,
    /// `latest`, `safe` or `finalized`.
    Latest,
    /// `safe` or `finalized`.
    Safe,
    /// `finalized`.
    Finalized,
}

impl LeastFinality {
    /// As in policy files.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Any => "any",
            Self::Latest => "latest",
            Self::Safe => "safe",
            Self::Finalized => "finalized",
        }
    }
}

/// The states of a title that a caller can accept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AcceptedState {
    /// Held by the recorded parties.
    Live,
    /// Returned to the issuer.
    Returned,
    /// Accepted by the issuer: ended for good.
    Ended,
}

impl AcceptedState {
    /// As in reports.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Live => "live",
            Self::Returned => "returned",
            Self::Ended => "ended",
        }
    }
}

impl fmt::Display for AcceptedState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Warnings that a caller does not put up with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DeniedWarnings {
    /// None at all.
    All,
    /// None of these.
    These(BTreeSet<WarningKind>),
}

/// Kinds of warnings in a report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum WarningKind {
    /// An OA 2.0 document states no version.
    VersionMissing,
    /// An OA 2.0 document states its version as the first wrapping libraries did.
    EarlyVersion,
    /// A signature does not say when it was made.
    UndatedSignature,
    /// An address is written with a wrong checksum.
    WrongChecksum,
    /// Fields of the document are hidden.
    HiddenFields,
    /// An OA 3.0 document has empty objects or lists.
    EmptyGroups,
    /// The document's word for its network belongs to another one.
    NetworkName,
    /// A second chain was read.
    SecondChain,
    /// Somebody can change the rules of a registry that the caller trusts.
    RulesCanChange,
    /// The registry is paused.
    RegistryPaused,
    /// Somebody is nominated as the next beneficiary.
    NomineePending,
    /// The last transfer can still be rejected.
    RejectionPossible,
    /// A signature is written in an unusual form.
    SignatureForm,
    /// A sealed file carries its own key.
    KeyInSealedFile,
    /// The endpoint's state proof is no proof.
    ProofInvalid,
    /// Only the state proof was read, no answer to a call.
    ProofAlone,
    /// The newest block says something else of the title than the finalized one.
    ChangePending,
}

impl WarningKind {
    /// All kinds.
    pub const ALL: [Self; 17] = [
        Self::VersionMissing,
        Self::EarlyVersion,
        Self::UndatedSignature,
        Self::WrongChecksum,
        Self::HiddenFields,
        Self::EmptyGroups,
        Self::NetworkName,
        Self::SecondChain,
        Self::RulesCanChange,
        Self::RegistryPaused,
        Self::NomineePending,
        Self::RejectionPossible,
        Self::SignatureForm,
        Self::KeyInSealedFile,
        Self::ProofInvalid,
        Self::ProofAlone,
        Self::ChangePending,
    ];

    /// As in policy files.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::VersionMissing => "version_missing",
            Self::EarlyVersion => "early_version",
            Self::UndatedSignature => "undated_signature",
            Self::WrongChecksum => "wrong_checksum",
            Self::HiddenFields => "hidden_fields",
            Self::EmptyGroups => "empty_groups",
            Self::NetworkName => "network_name",
            Self::SecondChain => "second_chain",
            Self::RulesCanChange => "rules_can_change",
            Self::RegistryPaused => "registry_paused",
            Self::NomineePending => "nominee_pending",
            Self::RejectionPossible => "rejection_possible",
            Self::SignatureForm => "signature_form",
            Self::KeyInSealedFile => "key_in_sealed_file",
            Self::ProofInvalid => "proof_invalid",
            Self::ProofAlone => "proof_alone",
            Self::ChangePending => "change_pending",
        }
    }

    /// What the warning says, to go after "that".
    pub fn meaning(self) -> &'static str {
        match self {
            Self::VersionMissing => "the document states no version",
            Self::EarlyVersion => "the document states its version as the first wrapping libraries did",
            Self::UndatedSignature => "a signature does not say when it was made",
            Self::WrongChecksum => "an address has a wrong checksum",
            Self::HiddenFields => "fields are hidden, and a validity period or a further issuer may be among them",
            Self::EmptyGroups => "there are empty groups, which are not protected",
            Self::NetworkName => "the document's word for its network belongs to another one",
            Self::SecondChain => "a second chain was read",
            Self::RulesCanChange => "somebody can change the rules of the registry",
            Self::RegistryPaused => "the registry is paused",
            Self::NomineePending => "somebody is nominated as the next beneficiary",
            Self::RejectionPossible => "the last transfer can still be rejected",
            Self::SignatureForm => "a signature is written in an unusual form",
            Self::KeyInSealedFile => "the sealed file carries its own key",
            Self::ProofInvalid => "the endpoint's state proof is no proof",
            Self::ProofAlone => "only the state proof was read, and no answer to a call",
            Self::ChangePending => "a transfer or another change of the title is pending",
        }
    }
}

/// `a`, `a or b`, `a, b or c`.
pub(super) fn one_of<T: fmt::Display>(items: impl IntoIterator<Item = T>) -> String {
    let items: Vec<String> = items.into_iter().map(|item| item.to_string()).collect();
    match items.split_last() {
        Some((last, [])) => last.clone(),
        Some((last, rest)) => format!("{} or {last}", rest.join(", ")),
        None => String::new(),
    }
}

/// As [`one_of`], for a sentence about one document: a long list is cut, and says so.
pub(super) fn one_of_few<T: fmt::Display>(items: &BTreeSet<T>) -> String {
    const MOST: usize = 4;
    match items.len().checked_sub(MOST) {
        Some(more @ 1..) => {
            let shown: Vec<String> = items.iter().take(MOST).map(ToString::to_string).collect();
            format!("{} or one of {more} more", shown.join(", "))
        }
        _ => one_of(items),
    }
}

/// In the largest unit that is whole.
pub(super) fn duration(seconds: u64) -> String {
    const UNITS: [(u64, &str); 3] = [(86_400, "days"), (3_600, "hours"), (60, "minutes")];
    let whole = UNITS.iter().find(|(size, _)| seconds >= 2 * size && seconds.is_multiple_of(*size));
    match whole {
        Some((size, unit)) => format!("{} {unit}", seconds / size),
        None if seconds == 1 => "1 second".to_owned(),
        None => format!("{seconds} seconds"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_two_lists_of_states_both_must_accept() {
        use AcceptedState::{Ended, Live, Returned};
        let states = |lists: &[&[AcceptedState]]| {
            let rules = lists.iter().map(|list| Rule::TitleStates(list.iter().copied().collect())).collect();
            let policy = Policy { rules, ..Policy::default() };
            [Live, Returned, Ended].map(|state| policy.accepts(state))
        };
        assert_eq!(states(&[]), [true, false, false]);
        assert_eq!(states(&[&[Returned, Ended]]), [false, true, true]);
        assert_eq!(states(&[&[Live, Returned], &[Returned, Ended]]), [false, true, false]);
        assert_eq!(states(&[&[Live], &[Ended]]), [false, false, false]);
    }

    #[test]
    fn long_lists_are_cut_and_say_so() {
        assert_eq!(one_of_few(&[1, 2, 3, 4].into()), "1, 2, 3 or 4");
        assert_eq!(one_of_few(&(1..=6).collect()), "1, 2, 3, 4 or one of 2 more");
    }

    #[test]
    fn durations_are_told_in_whole_units() {
        for (seconds, text) in [
            (1, "1 second"),
            (90, "90 seconds"),
            (60, "60 seconds"),
            (600, "10 minutes"),
            (86_400, "24 hours"),
            (30 * 86_400, "30 days"),
        ] {
            assert_eq!(duration(seconds), text);
        }
    }
}
