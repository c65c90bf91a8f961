//! Documents that say what the words of the embedded contexts can say, and sometimes what they cannot.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use proptest::prelude::RngExt as _;
use proptest::test_runner::TestRng;
use serde::Deserialize;
use serde_json::{Map, Value, json};

/// A document under one data model and some other contexts.
pub fn any(random: &mut TestRng) -> Value {
    let model = random.random_range(0..2);
    let mut contexts = vec![&EMBEDDED[model]];
    contexts.extend(EMBEDDED[2..].iter().filter(|_| random.random_bool(0.12)));
    let mut words = Words::new();
    for context in &contexts {
        words.extend(context.terms.iter().filter_map(|(name, term)| Some((name.as_str(), term.as_ref()?))));
    }
    let mut document = object(random, &words, 3, Some("VerifiableCredential"));
    document["@context"] = contexts.iter().map(|context| context.url.as_str()).collect();
    document
}

type Words = BTreeMap<&'static str, &'static Term>;

/// A term that means nothing is `None`.
type Terms = BTreeMap<String, Option<Term>>;

#[derive(Deserialize)]
struct Context {
    url: String,
    terms: Terms,
    implied: Option<String>,
}

#[derive(Deserialize)]
struct Term {
    iri: Option<String>,
    #[serde(rename = "type")]
    kind: Option<String>,
    container: Option<Vec<String>>,
    scope: Option<Scope>,
}

#[derive(Deserialize)]
struct Scope {
    terms: Terms,
}

impl Term {
    fn within(&'static self) -> impl Iterator<Item = (&'static str, &'static Term)> {
        let terms = self.scope.iter().flat_map(|scope| &scope.terms);
        terms.filter_map(|(name, term)| Some((name.as_str(), term.as_ref()?)))
    }

    fn holds_objects(&self) -> bool {
        self.container.as_ref().is_some_and(|container| container.iter().any(|name| name == "@graph"))
    }

    fn is_type(&self) -> bool {
        self.iri
            .as_deref()
            .is_some_and(|iri| iri.rsplit(['#', '/']).next().is_some_and(|name| name.starts_with(char::is_uppercase)))
    }
}

/// The data models first.
static EMBEDDED: LazyLock<Vec<Context>> = LazyLock::new(|| {
    let mut file: Value =
        serde_json::from_str(include_str!("../../../fixtures/credentials/contexts.json")).expect("JSON");
    let mut contexts: Vec<Context> = serde_json::from_value(file["cases"].take()).expect("contexts");
    contexts.retain(|context| context.implied.is_none());
    for context in &mut contexts {
        without_named_differences(&mut context.terms);
    }
    contexts
});

/// What is read otherwise on purpose has a test of its own.
fn without_named_differences(terms: &mut Terms) {
    let old =
        ["EcdsaSecp256k1Signature2019", "EcdsaSecp256r1Signature2019", "Ed25519Signature2018", "RsaSignature2018"];
    terms.retain(|name, _| !old.contains(&name.as_str()));
    terms.retain(|_, term| term.as_ref().is_none_or(|term| term.kind.as_deref() != Some("@json")));
    for scope in terms.values_mut().flatten().filter_map(|term| term.scope.as_mut()) {
        without_named_differences(&mut scope.terms);
    }
}

/// What `words` mean where the object stands; inside those of its types come to it, and they count for it alone.
fn object(random: &mut TestRng, words: &Words, depth: usize, kind: Option<&str>) -> Value {
    let mut types: Vec<&str> = kind.into_iter().collect();
    let candidates: Vec<&str> = words.iter().filter(|(_, term)| term.is_type()).map(|(name, _)| *name).collect();
    if !candidates.is_empty() && random.random_bool(0.6) {
        types.push(one_of(random, &candidates));
    }
    let mut here = words.clone();
    types.sort_unstable();
    types.dedup();
    for term in types.iter().filter_map(|kind| words.get(kind)) {
        here.extend(term.within());
    }
    let mut members = Map::new();
    if !types.is_empty() {
        let only = json!(types[0]);
        members.insert("type".into(), if types.len() == 1 && random.random_bool(0.5) { only } else { json!(types) });
    }
    if random.random_bool(0.3) {
        members.insert("id".into(), url(random));
    }
    let properties: Vec<&str> = here.keys().copied().filter(|name| !["id", "type"].contains(name)).collect();
    for _ in 0..random.random_range(1..6) {
        let Some(name) = properties.get(random.random_range(0..properties.len().max(1))) else { break };
        let term = here[name];
        let mut within = words.clone();
        within.extend(term.within());
        let value = match random.random_range(0..5) {
            0 => (0..random.random_range(1..4)).map(|_| value(random, term, &within, depth)).collect(),
            _ => value(random, term, &within, depth),
        };
        members.insert((*name).into(), value);
    }
    if random.random_bool(0.004) {
        members.insert("unheardOf".into(), "x".into());
    }
    members.into()
}

fn value(random: &mut TestRng, term: &'static Term, within: &Words, depth: usize) -> Value {
    if term.holds_objects() || depth > 0 && (term.scope.is_some() || random.random_bool(0.3)) {
        let mut value = object(random, within, depth.saturating_sub(1), None);
        if term.holds_objects() && value.as_object().is_some_and(|members| members.len() == 1) {
            value["id"] = url(random);
        }
        return value;
    }
    match term.kind.as_deref() {
        Some("@id") => url(random),
        Some("@vocab") => {
            let words: Vec<&str> = within.keys().copied().collect();
            one_of(random, &words).into()
        }
        _ => scalar(random),
    }
}

fn url(random: &mut TestRng) -> Value {
    const URLS: [&str; 8] = [
        "did:web:carrier.example",
        "did:web:carrier.example#keys-1",
        "https://carrier.example/a?b=c#d",
        "urn:uuid:019e807a-ec00-7119-b3ad-d5e2f13beba4",
        "urn:x:1",
        "mailto:desk@carrier.example",
        "xsd:date",
        "urn:bnid:_:c14n0",
    ];
    if random.random_bool(0.01) { "relative/one".into() } else { one_of(random, &URLS).into() }
}

/// Numbers as every program writes them: others are refused before anybody asks what they say.
fn scalar(random: &mut TestRng) -> Value {
    match random.random_range(0..10) {
        0 => random.random::<bool>().into(),
        1 => random.random_range(-1_000_000_i64..1 << 53).into(),
        2 => (f64::from(2 * random.random_range(-99_999..99_999) + 1) / 128.0).into(),
        _ => {
            // None from U+E000 to U+FFFF, whose place beside the ship is a named difference too.
            const LETTERS: [&str; 24] = [
                "a", "Z", "0", " ", "\"", "\\", "\n", "\r", "\t", "\u{8}", "\u{c}", "\u{0}", "\u{1f}", "\u{7f}", "é",
                "中", "\u{2028}", "\u{d7ff}", "🚢", "<", ">", "_:", "@en", "^^",
            ];
            (0..random.random_range(0..8)).map(|_| one_of(random, &LETTERS)).collect::<String>().into()
        }
    }
}

fn one_of<'a>(random: &mut TestRng, choice: &[&'a str]) -> &'a str {
    choice[random.random_range(0..choice.len())]
}
