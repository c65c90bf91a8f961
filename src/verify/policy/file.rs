//! A policy file: TOML, described by `schemas/policy.schema.json`, turned once into rules. Unknown keys are errors, and so is
//! an empty list: a rule that was meant must not be ignored. Whoever has a policy, a desk, a service or a page, reads the
//! same files.

use std::fmt;
use std::str::FromStr;

use serde::de::{Deserialize, Deserializer, Error as _, Unexpected, Visitor};

use super::{AcceptedState, DeniedWarnings, FieldPath, IssuerName, LeastFinality, Policy, Rule, WarningKind};
use crate::primitives::{Address, ChainId, InvalidAddress};
use crate::text::repeatable;
use crate::toml_error;

/// What a policy file asks for.
///
/// ```
/// use ebl_verifier::verify::{Policy, PolicyFile, Rule};
///
/// let file: PolicyFile = "max_hidden_fields = 0".parse()?;
/// let mut policy = Policy::default();
/// file.add_to(&mut policy);
/// assert_eq!(policy.rules, [Rule::HiddenFields(0)]);
///
/// let error = "max_hiden_fields = 0".parse::<PolicyFile>().unwrap_err();
/// assert_eq!(error.to_string(), "unknown key `max_hiden_fields`; did you mean `max_hidden_fields`?");
/// # Ok::<(), ebl_verifier::verify::InvalidPolicyFile>(())
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct PolicyFile {
    /// Its rules, in the order of the template.
    pub rules: Vec<Rule>,
    /// `dnssec = "require"`.
    pub require_dnssec: bool,
}

impl PolicyFile {
    /// Every key, explained and commented out.
    pub const TEMPLATE: &str = include_str!("template.toml");

    /// The policy is held to this file, too.
    pub fn add_to(self, policy: &mut Policy) {
        policy.rules.extend(self.rules);
        policy.require_dnssec |= self.require_dnssec;
        policy.given = true;
    }
}

/// A policy file that cannot be used: the key, and what would be right. No value is repeated.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct InvalidPolicyFile(String);

impl FromStr for PolicyFile {
    type Err = InvalidPolicyFile;

    fn from_str(text: &str) -> Result<Self, InvalidPolicyFile> {
        if text.len() > MOST_BYTES {
            return Err(InvalidPolicyFile(format!("it is larger than {MOST_BYTES} bytes")));
        }
        let table: toml::Table =
            toml::from_str(text).map_err(|error| InvalidPolicyFile(toml_error::in_words(text, &error)))?;
        // Key by key, so that the message can begin with the key and not with a place in the text.
        let keys = Keys::deserialize(table).map_err(|error| InvalidPolicyFile(after_key(&error.to_string())))?;
        Ok(keys.into())
    }
}

const MOST_BYTES: usize = 1024 * 1024;

/// `what is wrong` + newline + `in `key`` as `key: what is wrong`.
fn after_key(message: &str) -> String {
    let message = message.trim_end();
    match message.rsplit_once("\nin `") {
        Some((what, key)) => format!("{}: {}", key.trim_end_matches('`'), toml_error::cause(what)),
        None => toml_error::cause(message),
    }
}

/// The file as written. The keys are the names of [`Rule::name`].
#[derive(Debug, Default, serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Keys {
    issuers: Option<List<IssuerName>>,
    registries: Option<List<Registry>>,
    chains: Option<List<Chain>>,
    testnets: Option<TestnetsMode>,
    finality: Option<Word<LeastFinality>>,
    max_block_age: Option<Count<1, ANY>>,
    max_document_age: Option<Count<1, ANY>>,
    dnssec: Option<DnssecRule>,
    min_resolvers: Option<Count<1, 16>>,
    quorum: Option<Count<1, 16>>,
    proof: Option<ProofRule>,
    accept_states: Option<List<Word<AcceptedState>>>,
    holders: Option<List<Address>>,
    beneficiaries: Option<List<Address>>,
    /// The flag and the setting are named `max_hidden`.
    #[serde(alias = "max_hidden")]
    max_hidden_fields: Option<Count<0, 0xffff_ffff>>,
    #[serde(default)]
    forbid_hidden: bool,
    required_visible: Option<List<FieldPath>>,
    #[serde(default)]
    forbid_unauthenticated: bool,
    forbid_warnings: Option<List<Word<Warnings>>>,
}

impl From<Keys> for PolicyFile {
    fn from(file: Keys) -> Self {
        let number = |count: u64| u32::try_from(count).unwrap_or(u32::MAX);
        let hidden = file.max_hidden_fields.map(|Count(most)| usize::try_from(most).unwrap_or(usize::MAX));
        let hidden = if file.forbid_hidden { Some(0) } else { hidden };
        let rules = [
            file.issuers.map(|names| Rule::Issuers(names.set())),
            file.registries.map(|list| Rule::Registries(list.0.into_iter().map(|Registry(pair)| pair).collect())),
            file.chains.map(|list| Rule::Chains(list.0.into_iter().map(|Chain(chain)| chain).collect())),
            (file.testnets == Some(TestnetsMode::Refuse)).then_some(Rule::NoTestNetworks),
            file.finality.map(|Word(least)| Rule::Finality(least)),
            file.max_block_age.map(|Count(seconds)| Rule::BlockAge(seconds)),
            file.max_document_age.map(|Count(seconds)| Rule::DocumentAge(seconds)),
            file.min_resolvers.map(|Count(least)| Rule::Resolvers(number(least))),
            file.quorum.map(|Count(least)| Rule::Quorum(number(least))),
            (file.proof == Some(ProofRule::Require)).then_some(Rule::Proof),
            file.accept_states.map(|list| Rule::TitleStates(list.0.into_iter().map(|Word(state)| state).collect())),
            file.holders.map(|list| Rule::Holders(list.set())),
            file.beneficiaries.map(|list| Rule::Beneficiaries(list.set())),
            hidden.map(Rule::HiddenFields),
            file.required_visible.map(|list| Rule::VisibleFields(list.set())),
            file.forbid_unauthenticated.then_some(Rule::NothingUnauthenticated),
            file.forbid_warnings.map(|list| Rule::NoWarnings(denied(list))),
        ];
        let require_dnssec = file.dnssec == Some(DnssecRule::Require);
        Self { rules: rules.into_iter().flatten().collect(), require_dnssec }
    }
}

fn denied(list: List<Word<Warnings>>) -> DeniedWarnings {
    let kinds = list.0.into_iter().map(|Word(warnings)| match warnings {
        Warnings::Any => None,
        Warnings::Of(kind) => Some(kind),
    });
    kinds.collect::<Option<_>>().map_or(DeniedWarnings::All, DeniedWarnings::These)
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
enum TestnetsMode {
    Allow,
    Refuse,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
enum DnssecRule {
    Report,
    Require,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
enum ProofRule {
    Report,
    Require,
}

/// A list with at least one item: an empty one would let nothing through.
#[derive(Debug)]
struct List<T>(Vec<T>);

impl<T: Ord> List<T> {
    fn set(self) -> std::collections::BTreeSet<T> {
        self.0.into_iter().collect()
    }
}

impl<'de, T: Item> Deserialize<'de> for List<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let items = Vec::<T::Written>::deserialize(deserializer)?;
        if items.is_empty() {
            return Err(D::Error::custom(
                "the list is empty, which would let nothing through; leave the key out instead",
            ));
        }
        items.into_iter().map(T::read).collect::<Result<_, _>>().map(Self).map_err(D::Error::custom)
    }
}

/// What stands in a list.
trait Item: Sized {
    /// As it is written.
    type Written: for<'de> Deserialize<'de>;
    /// What it means, or what would be right.
    fn read(written: Self::Written) -> Result<Self, String>;
}

macro_rules! items_from_text {
    ($($type:ty),*) => {
        $(impl Item for $type {
            type Written = String;

            fn read(written: String) -> Result<Self, String> {
                written.parse().map_err(|error: <$type as FromStr>::Err| error.to_string())
            }
        })*
    };
}

items_from_text!(IssuerName, FieldPath);

impl Item for Address {
    type Written = String;

    fn read(written: String) -> Result<Self, String> {
        Self::from_caller(&written).map_err(|error| error.to_string())
    }
}

#[derive(Debug)]
struct Registry((ChainId, Address));

impl Item for Registry {
    type Written = String;

    fn read(written: String) -> Result<Self, String> {
        let parts = written.split_once(':').and_then(|(chain, address)| Some((chain.parse().ok()?, address)));
        let address = parts.map(|(chain, address)| (chain, Address::from_caller(address)));
        match address {
            Some((chain, Ok(address))) => Ok(Self((chain, address))),
            Some((_, Err(why @ InvalidAddress::Checksum { .. }))) => Err(why.to_string()),
            _ => Err(format!("{:?} is not CHAIN:ADDRESS, such as \"1:0x…\"", repeatable(&written))),
        }
    }
}

#[derive(Debug)]
struct Chain(ChainId);

impl Item for Chain {
    type Written = Count<1, ANY>;

    fn read(Count(written): Self::Written) -> Result<Self, String> {
        ChainId::try_from(written).map(Self).map_err(|error| error.to_string())
    }
}

/// One of the words that `T` knows.
#[derive(Debug)]
struct Word<T>(T);

impl<T: Words> Word<T> {
    fn of(written: &str) -> Result<Self, String> {
        let found = T::words().into_iter().find(|(word, _)| *word == written);
        found.map(|(_, value)| Self(value)).ok_or_else(|| {
            let words: Vec<_> = T::words().into_iter().map(|(word, _)| word).collect();
            format!("{:?} is not one of {}", repeatable(written), words.join(", "))
        })
    }
}

impl<T: Words> Item for Word<T> {
    type Written = String;

    fn read(written: String) -> Result<Self, String> {
        Self::of(&written)
    }
}

impl<'de, T: Words> Deserialize<'de> for Word<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::of(&String::deserialize(deserializer)?).map_err(D::Error::custom)
    }
}

/// The words of a policy file for the values of a type.
trait Words: Sized {
    fn words() -> Vec<(&'static str, Self)>;
}

impl Words for LeastFinality {
    fn words() -> Vec<(&'static str, Self)> {
        [Self::Finalized, Self::Safe, Self::Latest, Self::Any].map(|level| (level.as_str(), level)).into()
    }
}

impl Words for AcceptedState {
    fn words() -> Vec<(&'static str, Self)> {
        [Self::Live, Self::Returned, Self::Ended].map(|state| (state.as_str(), state)).into()
    }
}

#[derive(Debug, Clone, Copy)]
enum Warnings {
    Any,
    Of(WarningKind),
}

impl Words for Warnings {
    fn words() -> Vec<(&'static str, Self)> {
        let kinds = WarningKind::ALL.into_iter().map(|kind| (kind.as_str(), Self::Of(kind)));
        std::iter::once(("any", Self::Any)).chain(kinds).collect()
    }
}

/// A whole number from `LEAST` to `MOST`.
#[derive(Debug)]
struct Count<const LEAST: u64, const MOST: u64>(u64);

const ANY: u64 = u64::MAX;

impl<const LEAST: u64, const MOST: u64> Visitor<'_> for Count<LEAST, MOST> {
    type Value = Self;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match MOST {
            ANY => write!(f, "a whole number from {LEAST}"),
            _ => write!(f, "a whole number from {LEAST} to {MOST}"),
        }
    }

    fn visit_i64<E: serde::de::Error>(self, written: i64) -> Result<Self, E> {
        let count = u64::try_from(written).ok().filter(|count| (LEAST..=MOST).contains(count));
        count.map(Self).ok_or_else(|| E::invalid_value(Unexpected::Signed(written), &self))
    }
}

impl<'de, const LEAST: u64, const MOST: u64> Deserialize<'de> for Count<LEAST, MOST> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_i64(Self(LEAST))
    }
}

/// As in policy files.
impl FromStr for AcceptedState {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        Word::of(text).map(|Word(state)| state)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEMPLATE: &str = PolicyFile::TEMPLATE;

    fn parse(text: &str) -> Result<PolicyFile, InvalidPolicyFile> {
        text.parse()
    }

    const ADDRESS: &str = "0x5FbDB2315678afecb367f032d93F642f64180aa3";

    fn schema_accepts(text: &str) -> bool {
        let schema: serde_json::Value =
            serde_json::from_str(include_str!("../../../schemas/policy.schema.json")).unwrap();
        let table: toml::Table = toml::from_str(text).unwrap();
        jsonschema::validator_for(&schema).unwrap().is_valid(&serde_json::to_value(table).unwrap())
    }

    /// The template with every key that it comments out.
    fn whole_template() -> String {
        let lines = TEMPLATE.lines().map(|line| match line.strip_prefix('#') {
            Some(key) if key.starts_with(|first: char| first.is_ascii_lowercase()) => key,
            _ => line,
        });
        lines.collect::<Vec<_>>().join("\n")
    }

    #[test]
    fn the_template_asks_for_nothing_until_its_keys_are_enabled() {
        assert_eq!(parse(TEMPLATE).unwrap(), PolicyFile::default());
        let whole = parse(&whole_template()).unwrap();
        // `forbid_hidden` and `max_hidden_fields` are one rule, `dnssec` a setting.
        let keys = schema_keys();
        assert_eq!((whole.rules.len(), whole.require_dnssec), (keys.len() - 2, true), "{whole:#?}");
        assert!(schema_accepts(&whole_template()));
        let table: toml::Table = toml::from_str(&whole_template()).unwrap();
        assert_eq!(table.keys().cloned().collect::<std::collections::BTreeSet<_>>(), keys);
        for rule in &whole.rules {
            assert!(keys.contains(rule.name()), "{rule:?}");
        }
    }

    fn schema_keys() -> std::collections::BTreeSet<String> {
        let schema: serde_json::Value =
            serde_json::from_str(include_str!("../../../schemas/policy.schema.json")).unwrap();
        // A second name for one of the keys.
        let keys = schema["properties"].as_object().unwrap().keys().filter(|key| *key != "max_hidden");
        keys.cloned().collect()
    }

    #[test]
    fn a_rule_is_named_in_the_schema_of_reports() {
        let schema: serde_json::Value =
            serde_json::from_str(include_str!("../../../schemas/report.schema.json")).unwrap();
        let known = schema["definitions"]["rule"]["properties"]["rule"]["enum"].as_array().unwrap();
        for rule in parse(&whole_template()).unwrap().rules {
            assert!(known.iter().any(|name| name == rule.name()), "{}", rule.name());
        }
    }

    #[test]
    fn schema_and_reader_accept_the_same() {
        let address = ADDRESS;
        let accepted = [
            "".to_owned(),
            "issuers = ['carrier.example', '*.carrier.example', '.a.example', 'localhost', 'Bücher.example.']".into(),
            "issuers = ['did:web:carrier.example', 'did:ethr:0xabab', 'did:web:a%3A1:b']".into(),
            format!("registries = ['1:{address}', '50:xdc{}']", &address[2..]),
            "chains = [1, 137]".into(),
            "testnets = 'allow'".into(),
            "finality = 'any'".into(),
            "max_block_age = 1".into(),
            "max_document_age = 9223372036854775807".into(),
            "dnssec = 'report'".into(),
            "min_resolvers = 16".into(),
            "quorum = 1".into(),
            "proof = 'report'".into(),
            "accept_states = ['ended', 'live']".into(),
            format!("holders = ['{address}']\nbeneficiaries = ['{address}']"),
            "max_hidden_fields = 0\nforbid_hidden = false".into(),
            "max_hidden = 3".into(),
            "required_visible = ['blNumber', 'packages.0.weight', '提單']".into(),
            "forbid_unauthenticated = true".into(),
            "forbid_warnings = ['any', 'registry_paused']".into(),
        ];
        for text in accepted {
            assert!(parse(&text).is_ok(), "{text}: {:?}", parse(&text));
            assert!(schema_accepts(&text), "{text}");
        }
        let refused = [
            ("issuer = ['carrier.example']".to_owned(), "issuer"),
            ("issuers = 'carrier.example'".into(), "issuers"),
            ("issuers = []".into(), "issuers"),
            ("issuers = ['']".into(), "issuers"),
            ("issuers = ['https://carrier.example']".into(), "issuers"),
            ("issuers = ['*carrier.example']".into(), "issuers"),
            ("issuers = ['*.*.example']".into(), "issuers"),
            ("issuers = ['a..example']".into(), "issuers"),
            ("issuers = ['-a.example']".into(), "issuers"),
            ("issuers = ['127.0.0.1']".into(), "issuers"),
            ("issuers = ['did:web:carrier.example#key-1']".into(), "issuers"),
            ("issuers = ['did:ethr:']".into(), "issuers"),
            (format!("registries = ['{address}']"), "registries"),
            (format!("registries = ['0:{address}']"), "registries"),
            ("registries = ['1:0x12']".into(), "registries"),
            ("chains = [0]".into(), "chains"),
            ("chains = ['1']".into(), "chains"),
            ("chains = []".into(), "chains"),
            ("testnets = 'deny'".into(), "testnets"),
            ("finality = 'final'".into(), "finality"),
            ("max_block_age = 0".into(), "max_block_age"),
            ("max_block_age = '1h'".into(), "max_block_age"),
            ("max_document_age = -1".into(), "max_document_age"),
            ("dnssec = true".into(), "dnssec"),
            ("min_resolvers = 0".into(), "min_resolvers"),
            ("quorum = 17".into(), "quorum"),
            ("quorum = 1.5".into(), "quorum"),
            ("proof = 'try'".into(), "proof"),
            ("accept_states = ['not_issued']".into(), "accept_states"),
            ("accept_states = []".into(), "accept_states"),
            ("holders = ['vitalik.eth']".into(), "holders"),
            (format!("beneficiaries = ['{}']", &address[2..]), "beneficiaries"),
            ("max_hidden_fields = -1".into(), "max_hidden_fields"),
            ("forbid_hidden = 'yes'".into(), "forbid_hidden"),
            ("required_visible = ['packages[0].weight']".into(), "required_visible"),
            ("required_visible = ['a..b']".into(), "required_visible"),
            ("forbid_unauthenticated = 1".into(), "forbid_unauthenticated"),
            ("forbid_warnings = ['paused']".into(), "forbid_warnings"),
        ];
        for (text, key) in refused {
            let message = format!("{}", parse(&text).expect_err(&text));
            assert!(message.contains(key), "{text}: the message does not name the key: {message}");
            let says_what_is_right = ["expected", " is not ", "neither", "leave the key out", "did you mean"];
            assert!(says_what_is_right.iter().any(|words| message.contains(words)), "{text}: {message}");
            assert!(!schema_accepts(&text), "{text}");
        }
    }

    #[test]
    fn every_kind_of_warning_can_be_named() {
        for kind in WarningKind::ALL {
            let text = format!("forbid_warnings = ['{}']", kind.as_str());
            let wanted = Rule::NoWarnings(DeniedWarnings::These([kind].into()));
            assert_eq!(parse(&text).unwrap().rules, [wanted]);
            assert!(schema_accepts(&text) && TEMPLATE.contains(&format!("\"{}\"", kind.as_str())), "{text}");
        }
    }

    #[test]
    fn two_keys_about_hidden_fields_are_one_rule_the_stricter() {
        for (text, most) in [
            ("forbid_hidden = true\nmax_hidden_fields = 3", 0),
            ("forbid_hidden = false\nmax_hidden_fields = 3", 3),
            ("forbid_hidden = true", 0),
        ] {
            assert_eq!(parse(text).unwrap().rules, [Rule::HiddenFields(most)], "{text}");
        }
    }

    #[test]
    fn any_warning_swallows_the_others() {
        let rules = parse("forbid_warnings = ['registry_paused', 'any']").unwrap().rules;
        assert_eq!(rules, [Rule::NoWarnings(DeniedWarnings::All)]);
    }

    #[test]
    fn text_that_is_no_toml_is_named_by_its_line() {
        let message = format!("{}", parse("chains = [1\nquorum = 2").unwrap_err());
        assert!(message.starts_with("line 2, column 1: ") && !message.contains('\n'), "{message}");
    }
}
