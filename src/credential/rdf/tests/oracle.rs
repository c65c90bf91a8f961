//! Documents are expanded as `oxjsonld` does it, wherever we do not refuse them: genuine ones under the embedded contexts, and
//! any under any context of a caller without scopes. (With scopes it goes other ways than the standard and `jsonld`.)

use std::collections::{BTreeMap, HashMap};
use std::panic::{RefUnwindSafe, UnwindSafe};

use oxjsonld::{JsonLdParser, JsonLdRemoteDocument};
use proptest::prelude::*;

use super::super::context::{self, Context, Definition, Scope};
use super::*;

#[test]
fn genuine_documents_are_expanded_as_oxjsonld_does() {
    let known = Contexts::default();
    let load = |url: &str| {
        let written = context::embedded()[url].iter().map(|context| written_context(context));
        Some(serde_json::json!({"@context": written.collect::<Vec<_>>()}).to_string())
    };
    for case in cases("vectors/w3c-signed") {
        let mut document = case["document"].clone();
        document.as_object_mut().expect("an object").remove("proof");
        compare(&document, &known, load, &case["id"].to_string()).expect("statements");
    }
    for case in cases("vectors/w3c-presentations") {
        if case["expected"]["outcome"] == "pass" {
            compare(&case["presentation"], &known, load, &case["id"].to_string()).expect("statements");
        }
    }
}

proptest! {
    #[test]
    fn any_document_is_expanded_as_oxjsonld_does(
        context in context_of_words(0),
        other in context_of_words(0),
        object in object(3),
    ) {
        let (one, two) = ("https://a.example/one", "https://a.example/two");
        let (mut context, other) = (context, other);
        // Enough to say anything at all.
        context["id"] = "@id".into();
        context["type"] = "@type".into();
        let files = HashMap::from([
            (one, serde_json::json!({"@context": context}).to_string()),
            (two, serde_json::json!({"@context": other}).to_string()),
        ]);
        let mut known = Contexts::default();
        prop_assume!(known.add(one, files[one].as_bytes()).is_ok() && known.add(two, files[two].as_bytes()).is_ok());
        let mut document = object;
        document["@context"] = serde_json::json!([one, two]);
        let shown = format!("{document}\n{}\n{}", files[one], files[two]);
        // It takes any word for a prefix; by JSON-LD 1.1 one that is defined as an object has to say so.
        if shown.contains("\"ex\":{") {
            return Ok(());
        }
        let compared = compare(&document, &known, move |url| files.get(url).cloned(), &shown);
        // It does not let the scope of a property redefine what is protected where the value is a text; signers do.
        prop_assume!(compared.is_ok());
    }
}

/// Our canonical lines are those of the statements that `oxjsonld` finds; whether we refuse the document is for other tests.
fn compare(
    document: &Json,
    known: &Contexts,
    load: impl Fn(&str) -> Option<String> + Send + Sync + UnwindSafe + RefUnwindSafe + 'static,
    shown: &str,
) -> Result<(), String> {
    let contexts: Vec<String> = serde_json::from_value(document["@context"].clone()).expect("URLs");
    let Ok(ours) = lines_under(document, &contexts, known, &[], Escaping::Canonical) else { return Ok(()) };
    let text = document.to_string();
    let parser = JsonLdParser::new().for_slice(&text).with_load_document_callback(move |url, _| {
        let document = load(url).ok_or("not there")?.into_bytes();
        // One URL for all, because it holds equal scopes of different documents to be different.
        Ok(JsonLdRemoteDocument { document, document_url: "https://a.example/".to_owned() })
    });
    let mut quads = String::new();
    for quad in parser {
        let quad = match quad {
            Ok(quad) => quad,
            Err(error) => return Err(error.to_string()),
        };
        quads.push_str(&format!("{quad} .\n"));
    }
    let (statements, labels) = nquads_text::read(&quads);
    let theirs = canonicalisation::canonical(statements, labels.len()).expect("in budget");
    assert_eq!(ours, theirs.lines(), "{shown}");
    Ok(())
}

/// As it would be published.
fn written_context(context: &Context) -> Json {
    let terms = context.terms.iter().map(|(name, definition)| (name.to_string(), written_term(definition)));
    terms.chain([("@version".to_owned(), 1.1.into())]).collect::<serde_json::Map<_, _>>().into()
}

fn written_term(definition: &Definition) -> Json {
    let mut term = BTreeMap::new();
    term.insert("@id", iri_of(definition));
    term.extend(coercion_of(definition).map(|coercion| ("@type", coercion.into())));
    term.extend(container_of(definition).map(|container| ("@container", container.into())));
    term.insert("@protected", definition.protected.into());
    term.extend(definition.prefix.then(|| ("@prefix", true.into())));
    match &definition.scope {
        Scope::None => {}
        Scope::Forget => drop(term.insert("@context", Json::Null)),
        Scope::Terms(context) => drop(term.insert("@context", written_context(context))),
    }
    serde_json::to_value(term).expect("JSON")
}

const WORDS: [&str; 6] = ["a", "b", "c", "T", "U", "ex"];

fn word() -> impl Strategy<Value = &'static str> {
    proptest::sample::select(WORDS.as_slice())
}

/// A context of a few words with scopes in it.
fn context_of_words(depth: usize) -> BoxedStrategy<Json> {
    let iri = prop_oneof![
        3 => (0..3).prop_map(|number| format!("https://a.example/terms#{number}")),
        1 => Just("https://a.example/ns#".to_owned()),
        1 => Just("ex:word".to_owned()),
        1 => word().prop_map(str::to_owned),
    ];
    let text = iri.clone().prop_map(Json::from);
    let coercion = proptest::option::of(proptest::sample::select(vec![
        "@id",
        "@vocab",
        "http://www.w3.org/2001/XMLSchema#date",
        "http://www.w3.org/2001/XMLSchema#string",
    ]));
    let container = proptest::option::weighted(0.3, proptest::sample::select(vec!["@set", "@list", "@graph"]));
    let scope = match depth {
        0 => Just(None).boxed(),
        depth => proptest::option::weighted(0.5, prop_oneof![6 => context_of_words(depth - 1), 1 => Just(Json::Null)])
            .boxed(),
    };
    let full = (iri, coercion, container, scope, proptest::option::of(any::<bool>()), any::<bool>()).prop_map(
        |(iri, coercion, container, scope, protected, prefix)| {
            let mut term = serde_json::json!({"@id": iri.as_str()});
            if let Some(coercion) = coercion {
                term["@type"] = coercion.into();
            }
            if let Some(container) = container {
                term["@container"] = container.into();
            }
            if let Some(scope) = scope {
                term["@context"] = scope;
            }
            if let Some(protected) = protected {
                term["@protected"] = protected.into();
            }
            // It takes every word with such an IRI for a prefix, and the standard only those written as a text.
            if prefix || iri.ends_with('#') {
                term["@prefix"] = true.into();
            }
            term
        },
    );
    let term = prop_oneof![2 => text, 4 => full];
    (proptest::collection::btree_map(word(), term, 1..5), proptest::bool::weighted(0.2))
        .prop_map(|(terms, protected)| {
            let mut context: serde_json::Map<_, _> =
                terms.into_iter().map(|(word, term)| (word.to_owned(), term)).collect();
            if protected {
                context.insert("@protected".to_owned(), true.into());
            }
            context.into()
        })
        .boxed()
}

/// An object that uses the words.
fn object(depth: usize) -> BoxedStrategy<Json> {
    let text = prop_oneof![
        word().prop_map(str::to_owned),
        Just("ex:thing".to_owned()),
        Just("did:web:a.example".to_owned()),
        Just("text \"and\" more\n".to_owned()),
    ];
    let number = prop_oneof![any::<i32>().prop_map(Json::from), Just(1.5.into()), Just(19200.75.into())];
    let scalar = prop_oneof![4 => text.prop_map(Json::from), 1 => number, 1 => any::<bool>().prop_map(Json::from)];
    let value = match depth {
        0 => scalar.boxed(),
        depth => prop_oneof![2 => scalar, 3 => object(depth - 1)].boxed(),
    };
    let value = prop_oneof![4 => value.clone(), 1 => proptest::collection::vec(value, 1..3).prop_map(Json::from)];
    let types = proptest::option::of(proptest::collection::vec(proptest::sample::select(vec!["T", "U"]), 1..3));
    let id = proptest::option::weighted(0.3, proptest::sample::select(vec!["urn:x", "urn:y", "ex:id"]));
    let members = proptest::collection::btree_map(proptest::sample::select(vec!["a", "b", "c"]), value, 1..3);
    (members, types, id)
        .prop_map(|(members, types, id)| {
            let mut object: serde_json::Map<_, _> =
                members.into_iter().map(|(word, value)| (word.to_owned(), value)).collect();
            object.extend(types.map(|types| ("type".to_owned(), types.into())));
            object.extend(id.map(|id| ("id".to_owned(), id.into())));
            object.into()
        })
        .boxed()
}
