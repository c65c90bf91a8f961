//! The whole judgement under changed evidence: from a complete honest case one place of the evidence is changed, as a file
//! on the way would be. It is valid no more, unless what changed is not judged, or is what the report then shows.

use crate::support::signed_world;
use crate::support::signing;
use crate::support::situation;
#[path = "evidence_tamper/unjudged.rs"]
mod unjudged;
use crate::support::wrapping;

use std::sync::LazyLock;

use ebl_verifier::document::{self, Limits};
use ebl_verifier::evidence::{
    Cause, DidChange, DidEvent, DnsTxtQuestion, Entry, Evidence, Fact, Provenance, Question, StoreReading, WebReading,
};
use ebl_verifier::status::Family;
use ebl_verifier::title::Generation;
use ebl_verifier::verify::{Case, CheckName, LeastFinality, Outcome, Policy, Report, Rule, Step, Verdict, examine};
use proptest::prelude::*;
use proptest::sample::Index;
use serde_json::{Value, json};
use signed_world::{NOW, RESPONDER, ethr, web, word};
use signing::{Draft, address, did_ethr, key};
use situation::{STORE, Situation, bill, bill_v3, in_stores, signed, with_newest};
use unjudged::judged;
use wrapping::Format;

/// A valid document with all of its evidence.
struct Complete {
    name: &'static str,
    document: Vec<u8>,
    policy: Policy,
    now: i64,
    report: Report,
    evidence: Evidence,
    json: Value,
    /// Where something can be changed: JSON pointers.
    places: Vec<String>,
}

static CASES: LazyLock<Vec<Complete>> = LazyLock::new(|| {
    let revocable = |kind, location: String| Draft {
        revocation: Some(json!({"type": kind, "location": location})),
        batch: 3,
        ..ethr(Format::V3)
    };
    [
        ("a v5 registry", bill()),
        ("a v4 registry", bill().generation(Generation::V4)),
        ("a title that is the same in the newest block", bill().registry(|reading| with_newest(reading, |_| {}))),
        (
            "a title with a transfer that is not final",
            bill().registry(|reading| with_newest(reading, |latest| latest.title.holder = word(&[0x77; 20]))),
        ),
        ("a v5 registry, OpenAttestation 3.0", bill_v3()),
        ("a legacy store", in_stores(&[STORE], 3)),
        ("a batchable store", in_stores(&[STORE], 3).family(Family::Batchable)),
        ("a transferable store", in_stores(&[STORE], 1).family(Family::Transferable)),
        ("a did:ethr", delegated()),
        ("a did:web", signed(&web(Format::V2))),
        ("a did:web named by its domain", signed(&Draft { identity: "DNS-DID", ..web(Format::V2) })),
        ("a revocation store", signed(&revocable("REVOCATION_STORE", STORE.to_string()))),
        ("a revocation responder", signed(&revocable("OCSP_RESPONDER", RESPONDER.into()))),
    ]
    .into_iter()
    .map(|(name, situation)| Complete::new(name, situation))
    .collect()
});

/// Documents that a store revoked, with when and by whom.
static REVOKED: LazyLock<Vec<Complete>> = LazyLock::new(|| {
    let revoked = |reading: &mut StoreReading| {
        reading.nodes[0].revoked = word(&[1]);
        reading.nodes[0].revoked_in_batch = word(&[1]);
    };
    let draft = Draft {
        revocation: Some(json!({"type": "REVOCATION_STORE", "location": STORE.to_string()})),
        ..ethr(Format::V3)
    };
    [
        ("a legacy store", in_stores(&[STORE], 3)),
        ("a batchable store", in_stores(&[STORE], 3).family(Family::Batchable)),
        ("a transferable store", in_stores(&[STORE], 1).family(Family::Transferable)),
        ("a revocation store", signed(&draft)),
    ]
    .into_iter()
    .map(|(name, situation)| Complete::with_verdict(Verdict::Invalid, name, situation.store(revoked)))
    .collect()
});

impl Complete {
    fn new(name: &'static str, situation: Situation) -> Self {
        Self::with_verdict(Verdict::Valid, name, situation)
    }

    fn with_verdict(verdict: Verdict, name: &'static str, situation: Situation) -> Self {
        let (report, evidence) = situation.examined();
        assert_eq!(report.verdict, verdict, "{name}: {report:#?}");
        let json = serde_json::to_value(&evidence).expect("JSON");
        let mut places = Vec::new();
        collect(&json, String::new(), &mut places);
        let Situation { document, policy, now, .. } = situation;
        Self { name, document, policy, now, report, evidence, json, places }
    }

    /// `None` where something would have to be asked.
    fn report_on(&self, evidence: &Evidence) -> Option<Report> {
        let document = document::read(&self.document, &Limits::default()).expect("readable");
        match examine(&Case::new(&document, &self.policy, self.now), evidence) {
            Step::Report(report) => Some(*report),
            Step::Ask(_) => None,
        }
    }

    /// Whether the report repeats what stands at `place`: a changed value cannot be told from another true one, but it
    /// is seen.
    fn is_shown(&self, place: &str) -> bool {
        const SHOWN: &[(&str, &str)] = &[
            ("registry", "block"),
            ("registry", "method"),
            ("registry", "title/beneficiary"),
            ("registry", "title/holder"),
            ("registry", "title/nominee"),
            ("registry", "title/prev_beneficiary"),
            ("registry", "title/prev_holder"),
            ("registry", "contract/paused"),
            // As code that was compiled with other metadata.
            ("registry", "contract/clone_target/hash"),
            ("registry", "contract/factory_code/hash"),
            ("registry", "contract/escrow_implementation_code/hash"),
            ("document_store", "block"),
            // As a store of another family, which answers the same questions.
            ("document_store", "transferable"),
            ("did_ethr", "block"),
            ("dns_txt", "dnssec"),
        ];
        let Some((index, rest)) = place.strip_prefix("/entries/").and_then(|rest| rest.split_once('/')) else {
            return false;
        };
        let ask = &self.json["entries"][index.parse::<usize>().expect("an index")]["question"]["kind"];
        let Some(member) = rest.strip_prefix("reading/") else { return false };
        SHOWN.iter().any(|(kind, shown)| {
            ask == *kind && member.strip_prefix(shown).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        })
    }
}

/// Key 2 is the identity, key 1 its delegate.
fn delegated() -> Situation {
    let identity = address(&key(2));
    signed(&Draft::new(Format::V2, &did_ethr(identity), "delegate-1", "DNS-DID")).did(move |reading| {
        let delegate = address(&key(1));
        let change = DidChange::Delegate { delegate_type: b"veriKey".to_vec(), delegate, valid_to: NOW + 1000 };
        reading.owner = word(&identity.0);
        reading.changed = word(&[7]);
        reading.events = vec![DidEvent { block: 7, log_index: 0, previous_change: 0, change }];
    })
}

/// One change of one place.
#[derive(Debug, Clone)]
enum Change {
    /// One character of a text.
    Character { at: Index, to: char },
    /// One byte of a byte string.
    Byte { at: Index, to: u8 },
    /// A character or an item more, or a member under another name.
    More { at: Index, of: char },
    /// A character, an item or a member less.
    Less { at: Index },
    /// The items in another order.
    Reversed,
    /// Another number.
    Number(u64),
    /// A word that the format knows.
    Word(&'static str),
    /// Nothing, no, or yes.
    Simple(&'static str),
    /// What stands at another place.
    Copy(Index),
}

fn change() -> impl Strategy<Value = Change> {
    let character = || prop::sample::select("0123456789abcdefxABF:;#@ .-\"{}é".chars().collect::<Vec<_>>());
    let words = prop::sample::select(
        &["", "0x", "0x00", "secure", "insecure", "not_checked", "lens", "calls", "latest", "finalized", "owner"][..],
    );
    prop_oneof![
        (any::<Index>(), character()).prop_map(|(at, to)| Change::Character { at, to }),
        (any::<Index>(), any::<u8>()).prop_map(|(at, to)| Change::Byte { at, to }),
        (any::<Index>(), character()).prop_map(|(at, of)| Change::More { at, of }),
        any::<Index>().prop_map(|at| Change::Less { at }),
        Just(Change::Reversed),
        prop_oneof![0..3u64, any::<u64>(), (NOW - 2000)..(NOW + 2000), Just(u64::MAX)].prop_map(Change::Number),
        words.prop_map(Change::Word),
        prop::sample::select(&["null", "false", "true", "[]", "{}"][..]).prop_map(Change::Simple),
        any::<Index>().prop_map(Change::Copy),
    ]
}

impl Change {
    /// `None` where it does not apply.
    fn of(&self, value: &Value, case: &Complete) -> Option<Value> {
        match (self, value) {
            (Self::Character { at, to }, Value::String(text)) => edited(text, *at, |text, at| text[at] = *to),
            (Self::More { at, of }, Value::String(text)) => edited(text, *at, |text, at| text.insert(at, *of)),
            (Self::Less { at }, Value::String(text)) => edited(text, *at, |text, at| {
                text.remove(at);
            }),
            (Self::Byte { at, to }, Value::String(text)) => {
                let mut bytes = ebl_verifier::primitives::decode_hex(text.strip_prefix("0x")?)?;
                let at = at.index(bytes.len().max(1));
                *bytes.get_mut(at)? = *to;
                Some(json!(format!("0x{}", ebl_verifier::primitives::encode_hex(&bytes))))
            }
            (Self::More { at, .. }, Value::Array(items)) if !items.is_empty() => {
                let mut items = items.clone();
                items.push(items[at.index(items.len())].clone());
                Some(Value::Array(items))
            }
            (Self::Less { at }, Value::Array(items)) if !items.is_empty() => {
                let mut items = items.clone();
                items.remove(at.index(items.len()));
                Some(Value::Array(items))
            }
            (Self::Reversed, Value::Array(items)) => Some(items.iter().rev().cloned().collect()),
            (Self::Less { at }, Value::Object(members)) if !members.is_empty() => {
                let mut members = members.clone();
                let name = members.keys().nth(at.index(members.len()))?.clone();
                members.remove(&name);
                Some(Value::Object(members))
            }
            (Self::Number(number), Value::Number(_)) => Some(json!(number)),
            (Self::Word(word), Value::String(_)) => Some(json!(word)),
            (Self::Simple(text), _) => serde_json::from_str(text).ok(),
            (Self::Copy(from), _) => case.json.pointer(&case.places[from.index(case.places.len())]).cloned(),
            _ => None,
        }
    }
}

fn edited(text: &str, at: Index, edit: impl FnOnce(&mut Vec<char>, usize)) -> Option<Value> {
    let mut characters: Vec<char> = text.chars().collect();
    if characters.is_empty() {
        return None;
    }
    let at = at.index(characters.len());
    edit(&mut characters, at);
    Some(characters.into_iter().collect::<String>().into())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 8000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_single_change_of_the_evidence_stays_valid_unseen(
        case in 0..CASES.len(),
        place in any::<Index>(),
        change in change(),
    ) {
        let case = &CASES[case];
        let place = &case.places[place.index(case.places.len())];
        let mut json = case.json.clone();
        let value = json.pointer_mut(place).expect("a place");
        let Some(changed) = change.of(value, case) else { return Ok(()) };
        let before = std::mem::replace(value, changed.clone());
        // What is not even evidence is refused before anything is judged.
        let Ok(evidence) = serde_json::from_value::<Evidence>(json) else { return Ok(()) };
        let written = serde_json::to_value(&evidence).expect("JSON");
        prop_assert!(SCHEMA.is_valid(&written), "{}: {place} from {before} to {changed}", case.name);
        let read = serde_json::from_value::<Evidence>(written).ok();
        prop_assert!(read.as_ref() == Some(&evidence), "{}: {place}", case.name);
        let Some(report) = case.report_on(&evidence) else { return Ok(()) };
        let valid = report.verdict == Verdict::Valid;
        if judged(&evidence) == judged(&case.evidence) {
            prop_assert!(valid, "{}: {place} is judged, from {before} to {changed}", case.name);
        } else {
            let seen = case.is_shown(place) && report != case.report;
            prop_assert!(!valid || seen, "{}: {place} from {before} to {changed}", case.name);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_is_said_of_a_revocation_decides_nothing(
        case in 0..REVOKED.len(),
        place in any::<Index>(),
        change in change(),
    ) {
        let case = &REVOKED[case];
        let about = case.evidence.entries().iter().position(|entry| is_about_a_revocation(entry.question()));
        let answer = format!("/entries/{}/reading", about.expect("it was asked"));
        let places: Vec<&String> = case.places.iter().filter(|place| place.starts_with(&answer)).collect();
        let place = places[place.index(places.len())];
        let mut json = case.json.clone();
        let value = json.pointer_mut(place).expect("a place");
        let Some(changed) = change.of(value, case) else { return Ok(()) };
        *value = changed;
        let Ok(evidence) = serde_json::from_value::<Evidence>(json) else { return Ok(()) };
        let report = case.report_on(&evidence).expect("any answer ends it");
        prop_assert_eq!(found(&report), found(&case.report), "{}: {}", case.name, place);
        prop_assert!(judged(&evidence) == judged(&case.evidence));
    }
}

#[test]
fn a_revocation_of_which_nothing_more_is_known_is_the_same_revocation() {
    for case in REVOKED.iter() {
        assert!(issuance(&case.report).ends_with(&format!("by {}", situation::HOLDER)), "{}", issuance(&case.report));
    }
    let situation = || {
        let rules = |policy: &mut Policy| policy.rules = vec![Rule::Quorum(1), Rule::Finality(LeastFinality::Latest)];
        in_stores(&[STORE], 1).policy(rules).store(|reading| reading.nodes[0].revoked = word(&[1]))
    };
    let (with, _) = situation().examined();
    let (without, _) = situation().unanswered(Cause::Timeout, is_about_a_revocation).examined();
    assert_eq!((found(&with), &with.policy), (found(&without), &without.policy));
    assert_eq!(issuance(&without), format!("the store {STORE} revoked this document"));
}

fn is_about_a_revocation(question: &Question) -> bool {
    matches!(question, Question::Revocation(_))
}

fn issuance(report: &Report) -> &str {
    let check = report.checks.iter().find(|check| check.name == CheckName::Issuance);
    &check.expect("all checks are listed").message
}

/// Everything that is decided.
fn found(report: &Report) -> (Verdict, Vec<(CheckName, Outcome, &'static str)>) {
    (report.verdict, report.checks.iter().map(|check| (check.name, check.outcome, check.code.id)).collect())
}

#[test]
fn evidence_without_any_one_answer_is_not_enough() {
    for case in CASES.iter() {
        for index in 0..case.evidence.entries().len() {
            let mut json = case.json.clone();
            json["entries"].as_array_mut().expect("a list").remove(index);
            let evidence: Evidence = serde_json::from_value(json).expect("evidence");
            assert!(case.report_on(&evidence).is_none(), "{}", case.name);
        }
    }
}

static SCHEMA: LazyLock<jsonschema::Validator> = LazyLock::new(|| {
    let schema = serde_json::from_str(include_str!("../../schemas/evidence.schema.json")).expect("JSON");
    jsonschema::validator_for(&schema).expect("a schema")
});

#[test]
fn evidence_of_another_form_is_refused() {
    type Change = fn(&mut Value);
    let changes: [(&str, Change); 8] = [
        ("another version", |json| json["schema"] = json!("ebl-verifier/evidence/2")),
        ("no version", |json| drop(json.as_object_mut().expect("an object").remove("schema"))),
        ("a member that nobody knows", |json| json["more"] = json!(1)),
        ("a member of an entry that nobody knows", |json| json["entries"][0]["more"] = json!(1)),
        ("a member of a reading that nobody knows", |json| json["entries"][0]["reading"]["more"] = json!(1)),
        ("neither a reading nor why there is none", |json| json["entries"][0]["reading"] = Value::Null),
        ("a reading and why there is none", |json| {
            json["entries"][0]["unavailable"] = json!({"cause": "timeout", "host": null, "detail": "no answer"});
        }),
        ("a question of another kind than its reading", |json| {
            json["entries"][0]["question"] = json!({"kind": "web", "url": "https://a.example/", "max_bytes": 1});
        }),
    ];
    for (name, change) in changes {
        let mut json = CASES[0].json.clone();
        change(&mut json);
        assert!(serde_json::from_value::<Evidence>(json).is_err(), "{name}");
    }
    let question = DnsTxtQuestion { name: "carrier.example".into() }.into();
    let answer = Ok(Fact::Web(WebReading::default()));
    assert!(Entry::pair(question, answer, Provenance::default()).is_err());
}

#[test]
fn one_question_with_two_answers_is_no_evidence() {
    for case in CASES.iter() {
        let mut json = case.json.clone();
        let first = json["entries"][0].clone();
        json["entries"].as_array_mut().expect("a list").push(first);
        assert!(serde_json::from_value::<Evidence>(json).is_err(), "{}", case.name);
    }
}

/// Every value, whole lists and objects included.
fn collect(value: &Value, path: String, places: &mut Vec<String>) {
    match value {
        Value::Object(members) => {
            members.iter().for_each(|(name, value)| collect(value, format!("{path}/{name}"), places))
        }
        Value::Array(items) => {
            items.iter().enumerate().for_each(|(index, value)| collect(value, format!("{path}/{index}"), places))
        }
        _ => {}
    }
    places.push(path);
}
