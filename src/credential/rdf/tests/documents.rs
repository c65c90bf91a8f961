//! What is refused, what is a statement's place, and what a pointer selects.

use sha2::Digest as _;

use super::*;

const V2: &str = "https://www.w3.org/ns/credentials/v2";
const BILL: &str = "https://trustvc.io/context/bill-of-lading.json";
const OURS: &str = "https://counterparty.example/context";

/// A bill with this subject; the subject has words of the caller.
fn bill(subject: &str) -> String {
    format!(
        r#"{{"@context": ["{V2}", "{BILL}", "{OURS}"], "type": ["VerifiableCredential"], "issuer": "did:web:a.example",
            "credentialSubject": {subject}}}"#
    )
}

fn ours() -> Contexts {
    let mut known = Contexts::default();
    let context = br#"{"@context": {"ex": "https://counterparty.example/terms#", "seal": "ex:seal",
        "Sealed": {"@id": "ex:Sealed", "@type": "@id"}, "party": {"@id": "ex:party", "@type": "@id"},
        "ports": {"@id": "ex:ports", "@container": "@list"}, "nothing": null}}"#;
    known.add(OURS, context).expect("a context");
    known
}

fn refusal(subject: &str) -> Unreadable {
    let text = bill(subject);
    let tree = json::parse(text.as_bytes(), &Limits::default()).expect("JSON");
    statements(tree.root(), &[V2, BILL, OURS], &ours(), &["proof"]).expect_err(subject)
}

#[test]
fn what_does_not_become_a_statement_is_refused() {
    let cases = [
        (r#"{"bills": "x"}"#, "the member \"bills\" is not defined by the contexts of the document"),
        // Known to bills, but this subject is none.
        (r#"{"blNumber": "x"}"#, "the member \"blNumber\" is not defined by the contexts of the document"),
        (r#"{"nothing": "x"}"#, "the member \"nothing\" is not defined by the contexts of the document"),
        (r#"{"type": "Bill"}"#, "the type \"Bill\" is not defined by the contexts of the document"),
        (r#"{"type": "nothing"}"#, "the type \"nothing\" is not defined by the contexts of the document"),
        (r#"{"@type": "BillOfLading"}"#, "the member name \"@type\" is not allowed here"),
        (r#"{"seal": {"@value": "x"}}"#, "the member name \"@value\" is not allowed here"),
        (r#"{"ex:seal": "x"}"#, "the member name \"ex:seal\" is not allowed here"),
        (
            r#"{"seal": {"@context": "https://www.w3.org/ns/credentials/v2"}}"#,
            "the member name \"@context\" is not allowed here",
        ),
        (r#"{"id": "a b:c", "seal": "x"}"#, "\"a b:c\" is not an absolute IRI"),
        (r#"{"id": "urn:a>b", "seal": "x"}"#, "\"urn:a>b\" is not an absolute IRI"),
        (r#"{"id": "seal", "seal": "x"}"#, "\"seal\" is not an absolute IRI"),
        (r#"{"id": "_:b0", "seal": "x"}"#, "\"_:b0\" names a node that has no name outside this document"),
        (r#"{"id": 5, "seal": "x"}"#, "the member \"id\" must be one IRI"),
        (r#"{"type": 5}"#, "the member \"type\" must be a text or a list of texts"),
        (r#"{"seal": null}"#, "the member \"seal\" has no value (null, or an empty list or object)"),
        (r#"{"seal": []}"#, "the member \"seal\" has no value (null, or an empty list or object)"),
        (r#"{"seal": [{}]}"#, "the member \"seal\" has no value (null, or an empty list or object)"),
        (r#"{"type": []}"#, "the member \"type\" has no value (null, or an empty list or object)"),
        (r#"{"seal": [["x"]]}"#, "a list in a list is not supported"),
        (
            r#"{"seal": 1.50}"#,
            "the number 1.50 is not written in its one canonical form, or would lose digits when signed",
        ),
        (
            r#"{"seal": 1e-7}"#,
            "the number 1e-7 is not written in its one canonical form, or would lose digits when signed",
        ),
        (
            r#"{"seal": 0.30000000000000004}"#,
            "the number 0.30000000000000004 is not written in its one canonical form, or would lose digits when signed",
        ),
    ];
    for (subject, sentence) in cases {
        assert_eq!(refusal(subject).to_string(), sentence, "{subject}");
    }
}

#[test]
fn contexts_are_of_the_list_or_the_callers_and_agree() {
    let tree = json::parse(br#"{"type": "VerifiableCredential"}"#, &Limits::default()).expect("JSON");
    let refusal =
        |contexts: &[&str], known: &Contexts| statements(tree.root(), contexts, known, &[]).expect_err("refused");
    assert_eq!(refusal(&[V2, OURS], &Contexts::default()), Unreadable::UnknownContext(OURS.to_owned()));
    // Both data models define the same words, protected.
    let v1 = "https://www.w3.org/2018/credentials/v1";
    assert!(matches!(refusal(&[v1, V2], &Contexts::default()), Unreadable::ProtectedTerm(_)));
    let mut known = Contexts::default();
    known.add(OURS, br#"{"@context": {"name": "https://counterparty.example/name"}}"#).expect("a context");
    assert_eq!(refusal(&[V2, OURS], &known), Unreadable::ProtectedTerm("name".to_owned()));
}

#[test]
fn every_statement_knows_where_it_is_written_and_whose_words_it_uses() {
    let text =
        bill(r#"{"type": ["BillOfLading", "Sealed"], "blNumber": "1", "seal": ["A", 7], "party": {"seal": "B"}}"#);
    let tree = json::parse(text.as_bytes(), &Limits::default()).expect("JSON");
    let canonical = statements(tree.root(), &[V2, BILL, OURS], &ours(), &["proof"]).expect("statements");
    let canonical = canonical.canonical(Escaping::Canonical).expect("in budget");
    let found: Vec<(String, bool)> = (0..canonical.lines().len())
        .map(|line| {
            let statement = canonical.statement(line).expect("a statement");
            let place = match tree.value(statement.origin).kind() {
                json::Kind::String(text) => text.decoded().into_owned(),
                json::Kind::Number(token) => token.to_owned(),
                _ => "{}".to_owned(),
            };
            (place, statement.from_caller)
        })
        .collect();
    let mut expected = vec![
        ("VerifiableCredential", false),
        ("{}", false),
        ("did:web:a.example", false),
        ("BillOfLading", false),
        ("Sealed", true),
        ("1", false),
        ("A", true),
        ("7", true),
        ("{}", true),
        ("B", true),
    ];
    let mut found: Vec<(&str, bool)> = found.iter().map(|(place, caller)| (place.as_str(), *caller)).collect();
    expected.sort_unstable();
    found.sort_unstable();
    assert_eq!(found, expected);
}

#[test]
fn a_pointer_selects_the_value_the_way_to_it_and_who_is_on_the_way() {
    let text = bill(
        r#"{"type": "BillOfLading", "blNumber": "1", "scac": "A~/B", "ports": ["SG", "CN"],
            "packages": [{"packagesWeight": "1"}, {"packagesWeight": "2", "packagesDescription": "tea"}]}"#,
    );
    let tree = json::parse(text.as_bytes(), &Limits::default()).expect("JSON");
    let canonical = statements(tree.root(), &[V2, BILL, OURS], &ours(), &["issuer"]).expect("statements");
    let canonical = canonical.canonical(Escaping::Canonical).expect("in budget");
    let selected = |pointer: &str| {
        let lines = canonical.selected(pointer)?;
        let mut words: Vec<&str> = lines
            .iter()
            .map(|&line| {
                let predicate = &canonical.statement(line).expect("a statement").predicate;
                predicate.rsplit(['#', '/']).next().unwrap_or_default()
            })
            .collect();
        words.sort_unstable();
        Some(words.join(" "))
    };
    let all = canonical.lines().len();
    assert_eq!(canonical.selected("").map(|lines| lines.len()), Some(all));
    let found = |words: &str| Some(words.to_owned());
    assert_eq!(selected("/type/0"), found("type"));
    assert_eq!(selected("/credentialSubject/blNumber"), found("blNumber credentialSubject type type"));
    assert_eq!(
        selected("/credentialSubject/packages/1/packagesWeight"),
        found("credentialSubject packages packagesWeight type type")
    );
    assert_eq!(
        selected("/credentialSubject/packages/1"),
        found("credentialSubject packages packagesDescription packagesWeight type type")
    );
    assert_eq!(
        selected("/credentialSubject/packages"),
        found("credentialSubject packages packages packagesDescription packagesWeight packagesWeight type type")
    );
    assert_eq!(selected("/credentialSubject/ports"), found("credentialSubject first first ports rest rest type type"));
    // A part of a list would be another list, and `issuer` was left out of the statements here.
    for nothing in [
        "/credentialSubject/ports/0",
        "/issuer",
        "/proof",
        "issuer",
        "/type/",
        "/credentialSubject/packages/2",
        "/credentialSubject/packages/01",
        "/credentialSubject/packages/-",
        "/credentialSubject/~2",
        "/credentialSubject/scac/0",
    ] {
        assert_eq!(selected(nothing), None, "{nothing}");
    }
}

#[test]
fn a_document_of_many_statements_is_given_up_and_not_worked_through() {
    let many = |count: usize| (0..count).map(|number| format!("\"{number}\"")).collect::<Vec<_>>().join(",");
    let error = refusal(&format!(r#"{{"seal": [{}]}}"#, many(1 << 16)));
    assert_eq!(error.to_string(), "the document makes more than 65536 statements, too many to be checked");
    let objects = vec![r#"{"seal": "x"}"#; 2000].join(",");
    let error = refusal(&format!(r#"{{"party": [{objects}]}}"#));
    assert_eq!(error.to_string(), "the document makes more than 2000 objects without an id, too many to be checked");
}

#[test]
fn a_context_of_the_caller_is_read_strictly() {
    let cases = [
        (
            r#"[]"#,
            "this is JSON, but a list; a document is one object; if each item is one, save each as a file of its own",
        ),
        (r#"{"seal": "urn:seal"}"#, "the file is no context: it has no member `@context`"),
        (
            r#"{"@context": "https://a.example"}"#,
            "the file is no context: it refers to another document, and none is ever fetched",
        ),
        (r#"{"@context": [{}]}"#, "the file is no context: it is a list of contexts; give each as a file of its own"),
        (
            r#"{"@context": {"@vocab": "https://a.example/#"}}"#,
            "the file is no context: it gives a meaning to every word (`@vocab`), so that nothing could be undefined",
        ),
        (
            r#"{"@context": {"@import": "https://a.example/"}}"#,
            "the file is no context: it refers to another document (`@import`), and none is ever fetched",
        ),
        (r#"{"@context": {"a": "b"}}"#, "the term \"a\": it is not an absolute IRI"),
        (
            r#"{"@context": {"a": "b", "b": "a"}}"#,
            "the term \"a\": it is defined by itself, or through too many other terms",
        ),
        (r#"{"@context": {"a": "xsd:date"}}"#, "the term \"a\": it has a prefix that this file does not define"),
        (r#"{"@context": {"a": "urn:a b"}}"#, "the term \"a\": it is not an absolute IRI"),
        (r#"{"@context": {"a": "@list"}}"#, "the term \"a\": only `@id` and `@type` may have another name"),
        (
            r#"{"@context": {"a": {"@reverse": "urn:a", "@id": "urn:a"}}}"#,
            "the term \"a\": `@reverse` is not supported",
        ),
        (
            r#"{"@context": {"a": {"@id": "urn:a", "@container": "@language"}}}"#,
            "the term \"a\": a `@container` other than `@set`, `@list` and `@graph` is not supported",
        ),
        (
            r#"{"@context": {"a": {"@id": "urn:a", "@context": {"b": {"@id": "urn:b", "@context": "https://a.example"}}}}}"#,
            "the file is no context: it refers to another document, and none is ever fetched",
        ),
    ];
    for (file, sentence) in cases {
        let refusal = Contexts::default().add(OURS, file.as_bytes()).expect_err(file);
        assert_eq!(refusal.to_string(), sentence, "{file}");
    }
    let mut known = Contexts::default();
    let file = br#"{"@context": {"a": "urn:a"}}"#;
    assert_eq!(known.add(BILL, file), Err(InvalidContext::Embedded(BILL.to_owned())));
    assert_eq!(known.add("urn:context", file), Err(InvalidContext::Url("urn:context".to_owned())));
    assert_eq!(known.add(OURS, file), Ok(()));
    assert_eq!(known.add(OURS, file), Err(InvalidContext::Twice(OURS.to_owned())));
    let added: Vec<(&str, String)> = known.added().map(|(url, sha256)| (url, sha256.to_hex64())).collect();
    assert_eq!(added, [(OURS, crate::primitives::encode_hex(&sha2::Sha256::digest(file)))]);
    assert!(known.knows(OURS) && known.knows(BILL) && !known.knows("https://a.example"));
}

#[test]
fn a_word_means_the_same_wherever_the_context_of_the_caller_counts() {
    // Read alone, `ex:seal` is an IRI of the scheme `ex`; beside the other file it would be another.
    let mut known = Contexts::default();
    let (one, other) = ("https://a.example/one", "https://a.example/other");
    known.add(one, br#"{"@context": {"seal": "ex:seal"}}"#).expect("a context");
    known.add(other, br#"{"@context": {"ex": "https://a.example/terms#"}}"#).expect("a context");
    let tree = json::parse(br#"{"seal": "x"}"#, &Limits::default()).expect("JSON");
    assert!(statements(tree.root(), &[one], &known, &[]).is_ok());
    assert!(statements(tree.root(), &[one, other], &known, &[]).is_ok());
    let error = statements(tree.root(), &[other, one], &known, &[]).expect_err("two meanings");
    assert_eq!(error, Unreadable::OtherMeaning("ex".to_owned()));
}

#[test]
fn the_order_of_members_and_items_changes_nothing() {
    /// Written from the last to the first.
    fn backwards(value: &Json) -> String {
        match value {
            Json::Object(members) => {
                let members: Vec<String> = members
                    .iter()
                    .rev()
                    .map(|(name, value)| format!("{}:{}", Json::from(name.as_str()), backwards(value)))
                    .collect();
                format!("{{{}}}", members.join(","))
            }
            Json::Array(items) => format!("[{}]", items.iter().rev().map(backwards).collect::<Vec<_>>().join(",")),
            other => other.to_string(),
        }
    }
    for case in cases("vectors/w3c-signed") {
        let document = &case["document"];
        let contexts: Vec<String> = serde_json::from_value(document["@context"].clone()).expect("URLs");
        let text = backwards(document);
        let tree = json::parse(text.as_bytes(), &Limits::default()).expect("JSON");
        let turned = statements(tree.root(), &contexts, &Contexts::default(), &["proof"]).expect("statements");
        let turned = turned.canonical(Escaping::Canonical).expect("in budget");
        assert_eq!(turned.lines(), canonical_lines(document, &["proof"], Escaping::Canonical), "{}", case["id"]);
    }
}
