//! RDFC-1.0: the suite of the W3C, and any small graph as `oxrdf` does it.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::OnceLock;

use oxrdf::dataset::{CanonicalizationAlgorithm, CanonicalizationHashAlgorithm};
use proptest::prelude::*;

use super::super::canonical::labels;
use super::super::nquads::{self, Escaping};
use super::nquads_text;
use super::*;
use crate::document::json::Tree;

#[test]
fn the_suite_of_the_w3c_is_canonicalised_line_by_line() {
    let suite = Path::new("fixtures/w3c/rdf-canon/rdfc10");
    let read = |name: String| std::fs::read_to_string(suite.join(name)).ok();
    let mut compared = 0;
    for number in 1..=77 {
        let test = format!("test{number:03}");
        let Some(input) = read(format!("{test}-in.nq")) else { continue };
        let (statements, labels) = nquads_text::read(&input);
        let canonical = canonical(statements, labels.len());
        let Some(expected) = read(format!("{test}-rdfc10.nq")) else {
            assert_eq!(canonical.err(), Some(TooComplex), "{test}");
            continue;
        };
        // The same graph as another test, hashed with SHA-384, which no suite of credentials uses.
        if number == 75 {
            continue;
        }
        let canonical = canonical.unwrap_or_else(|error| panic!("{test}: {error}"));
        assert_eq!(canonical.lines(), expected.lines().collect::<Vec<_>>(), "{test}");
        if let Some(map) = read(format!("{test}-rdfc10map.json")) {
            let named =
                labels.iter().zip(0..).map(|(label, node)| (label.clone(), canonical.label(node).expect("a node")));
            let map: BTreeMap<String, String> = serde_json::from_str(&map).expect("a map");
            let expected = map.into_iter().map(|(label, name)| (label, format!("_:{name}")));
            assert_eq!(named.collect::<BTreeMap<_, _>>(), expected.collect(), "{test}");
        }
        compared += 1;
    }
    assert_eq!(compared, 63);
}

#[test]
fn a_graph_made_to_take_for_ever_is_given_up() {
    // Every node is related to every other in the same way.
    let clique = |nodes: usize| {
        let pairs = (0..nodes).flat_map(|one| (0..nodes).map(move |other| (one, other)));
        let lines =
            pairs.filter(|(one, other)| one != other).map(|(one, other)| format!("_:n{one} <urn:p> _:n{other} .\n"));
        let (statements, labels) = nquads_text::read(&lines.collect::<String>());
        canonical(statements, labels.len())
    };
    // A ring, where every walk goes all the way round.
    let ring = |nodes: usize| {
        let lines = (0..nodes).map(|node| format!("_:n{node} <urn:p> _:n{} .\n", (node + 1) % nodes));
        let (statements, labels) = nquads_text::read(&lines.collect::<String>());
        canonical(statements, labels.len())
    };
    assert!(ring(10).is_ok());
    assert_eq!(ring(1500).err(), Some(TooComplex));
    assert!(clique(4).is_ok());
    assert_eq!(clique(8).err(), Some(TooComplex));
    assert_eq!(clique(20).err(), Some(TooComplex));
}

#[test]
fn many_equal_objects_are_no_poison() {
    // A bill with two nameless parties of the same kind that own equal packages with equal contents.
    let mut text = String::new();
    for party in 0..2 {
        text.push_str(&format!("<urn:bill> <urn:party> _:party{party} .\n"));
        for package in 0..300 {
            text.push_str(&format!("_:party{party} <urn:package> _:package{party}-{package} .\n"));
            for item in 0..2 {
                let node = format!("_:item{party}-{package}-{item}");
                text.push_str(&format!(
                    "_:package{party}-{package} <urn:item> {node} .\n{node} <urn:name> \"tea\" .\n"
                ));
            }
        }
    }
    let (statements, labels) = nquads_text::read(&text);
    assert_eq!(labels.len(), 1802);
    assert!(canonical(statements, labels.len()).is_ok());
}

pub(super) fn canonical(
    statements: Vec<Statement<'static>>,
    blank_nodes: usize,
) -> Result<Canonical<'static>, TooComplex> {
    static NOWHERE: OnceLock<Tree<'static>> = OnceLock::new();
    let root = NOWHERE.get_or_init(|| json::parse(b"{}", &Limits::default()).expect("JSON")).root();
    let blank_nodes = blank_nodes as u32;
    Dataset { root, left_out: Vec::new(), statements, blank_nodes }.canonical(Escaping::Canonical)
}

/// The lines as `oxrdf` names their blank nodes.
fn lines_of_oxrdf(text: &str, labels: &[String], statements: &[Statement<'_>]) -> Vec<String> {
    let node = |term: &Term<'_>| match term {
        Term::Iri(iri) => oxrdf::NamedOrBlankNode::from(oxrdf::NamedNode::new_unchecked(&**iri)),
        Term::Blank(number) => oxrdf::BlankNode::new_unchecked(&*labels[*number as usize]).into(),
        Term::Literal(_) => panic!("{text}"),
    };
    let mut dataset = oxrdf::Dataset::new();
    for statement in statements {
        let object: oxrdf::Term = match &statement.object {
            Term::Literal(literal) => oxrdf::Literal::new_simple_literal(&*literal.text).into(),
            other => node(other).into(),
        };
        let graph = statement.graph.as_ref().map_or(oxrdf::GraphName::DefaultGraph, |graph| node(graph).into());
        let predicate = oxrdf::NamedNode::new_unchecked(&*statement.predicate);
        dataset.insert(&oxrdf::Quad::new(node(&statement.subject), predicate, object, graph));
    }
    let hash_algorithm = CanonicalizationHashAlgorithm::Sha256;
    let names = dataset.canonicalize_blank_nodes(CanonicalizationAlgorithm::Rdfc10 { hash_algorithm });
    let names: BTreeMap<&str, &str> = names.iter().map(|(node, name)| (node.as_str(), name.as_str())).collect();
    written(statements, |node| names[&*labels[node as usize]].to_owned())
}

fn written(statements: &[Statement<'_>], label: impl Fn(u32) -> String) -> Vec<String> {
    let write = |statement: &Statement<'_>| {
        nquads::line(statement, Escaping::Canonical, |node, line| {
            line.push_str("_:");
            line.push_str(&label(node));
        })
    };
    let mut lines: Vec<String> = statements.iter().map(write).collect();
    lines.sort_unstable();
    lines
}

proptest! {
    #[test]
    fn any_small_graph_is_canonicalised_as_oxrdf_does(text in prop_oneof![lines(Just(String::new())), forest(1..10)]) {
        let (statements, labels) = nquads_text::read(&text);
        let expected = lines_of_oxrdf(&text, &labels, &statements);
        let canonical = canonical(statements, labels.len()).expect("in budget");
        prop_assert_eq!(canonical.lines(), &expected, "{}", text);
    }

    // `oxrdf` counts a node that is related to another twice (as one in a graph without a name is) once.
    #[test]
    fn looking_for_twins_changes_nothing(
        text in prop_oneof![
            lines(prop_oneof![4 => Just(String::new()), 1 => node()]),
            forest(1..8),
            forest(1..8).prop_map(|text| in_graph(&text, "a")),
            forest(1..6).prop_map(|text| in_graph(&text, "a") + &in_graph(&text, "b")),
            (forest(1..4), forest(1..4)).prop_map(|(one, other)| in_graph(&one, "a") + &in_graph(&other, "b")),
        ],
        seed in any::<u64>(),
    ) {
        let (statements, labels) = nquads_text::read(&text);
        let plain = labels::plainly(&statements, labels.len() as u32);
        prop_assume!(plain.is_ok());
        let expected = written(&statements, |node| format!("c14n{}", plain.as_ref().expect("in budget")[node as usize]));
        let again = canonical(statements, labels.len()).expect("in budget");
        prop_assert_eq!(again.lines(), &expected, "{}", text);
        // Whatever order it is written in.
        let mut shuffled: Vec<&str> = text.lines().collect();
        let mut state = seed;
        for at in (1..shuffled.len()).rev() {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            shuffled.swap(at, (state >> 33) as usize % (at + 1));
        }
        let (statements, labels) = nquads_text::read(&shuffled.join("\n"));
        let again = canonical(statements, labels.len()).expect("in budget");
        prop_assert_eq!(again.lines(), &expected, "{}", text);
    }
}

proptest! {
    // Whatever is in an IRI or a text, it ends where it should.
    #[test]
    fn lines_are_read_back_as_what_they_say(id in ".{0,12}", text in any::<String>(), other in "[\\PC\\pC]{0,12}") {
        let mut known = Contexts::default();
        let url = "https://a.example/context";
        known
            .add(url, br#"{"@context": {"id": "@id", "p": "urn:p", "i": {"@id": "urn:i", "@type": "@id"}}}"#)
            .expect("a context");
        let (id, other) = (format!("urn:{id}"), format!("urn:{other}"));
        let document = serde_json::json!({"id": id, "p": [text, other], "i": [other, {"p": text}]});
        let Ok(lines) = lines_under(&document, &[url.to_owned()], &known, &[], Escaping::Canonical) else {
            return Ok(());
        };
        let (statements, labels) = nquads_text::read(&lines.join("\n"));
        prop_assert_eq!((statements.len(), labels.len()), (lines.len(), 1));
        for statement in &statements {
            let said = match &statement.object {
                Term::Literal(literal) => [&*text, &*other].contains(&&*literal.text),
                Term::Iri(iri) => **iri == *other,
                Term::Blank(_) => true,
            };
            prop_assert!(said && statement.graph.is_none(), "{:?}", statement);
        }
    }
}

fn node() -> impl Strategy<Value = String> {
    prop_oneof![5 => (0..6).prop_map(|node| format!("_:n{node}")), 1 => Just("<urn:a>".to_owned())]
}

/// Few nodes, so that they are often alike.
fn lines(graph: impl Strategy<Value = String>) -> impl Strategy<Value = String> {
    let object = prop_oneof![4 => node(), 1 => Just("\"a\"".to_owned())];
    let predicate = prop_oneof![Just("<urn:p>"), Just("<urn:q>")];
    let line = (node(), predicate, object, graph)
        .prop_map(|(subject, predicate, object, graph)| format!("{subject} {predicate} {object} {graph} .\n"));
    proptest::collection::vec(line, 1..10).prop_map(|lines| lines.concat())
}

/// Trees as documents have them: the parent of each node, and what is said of it.
fn forest(nodes: std::ops::Range<usize>) -> impl Strategy<Value = String> {
    let node = (any::<proptest::sample::Index>(), 0..2, 0..3);
    proptest::collection::vec(node, nodes).prop_map(|nodes| {
        let mut text = String::new();
        for (number, (parent, predicate, said)) in nodes.into_iter().enumerate() {
            let parent = match parent.index(number + 1) {
                0 => "<urn:root>".to_owned(),
                parent => format!("_:n{}", parent - 1),
            };
            text.push_str(&format!("{parent} <urn:p{predicate}> _:n{number} .\n"));
            if said > 0 {
                text.push_str(&format!("_:n{number} <urn:said> \"{said}\" .\n"));
            }
        }
        text
    })
}

/// In a graph without a name, with nodes of its own.
fn in_graph(text: &str, graph: &str) -> String {
    text.replace("_:n", &format!("_:{graph}")).replace(" .\n", &format!(" _:graph{graph} .\n"))
}
