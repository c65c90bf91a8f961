//! Judging a W3C credential warm, with the DID document at hand. Theirs are the packages of `tests/genuine`.

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use ebl_verifier::document::{self, Limits};
use ebl_verifier::evidence::{Cause, Entry, Evidence, Fact, Provenance, Question, Unavailable, WebReading};
use ebl_verifier::verify::{Case, CheckName, Outcome, Policy, Step, examine};
use serde_json::{Value, json};

use super::turns::{self, Run};

const DOCUMENTS: [&str; 6] = [
    "ecdsa-transferable",
    "ecdsa-derived-all",
    "bbs-transferable-v1",
    "bbs-derived-all",
    "bbs2020-transferable",
    "bbs2020-derived-all",
];
/// In each round the median of so many counts: a process of theirs warms up first.
const TIMES: usize = 5;
const ROUNDS: usize = 3;

pub fn measure() {
    turns::head("W3C credentials, base and derived", &["ebl", "@trustvc/w3c-vc"]);
    let file = std::fs::read_to_string("fixtures/vectors/w3c-signed.json").expect("the vectors");
    let file: Value = serde_json::from_str(&file).expect("JSON");
    let case = |id: &str| file["cases"].as_array().expect("cases").iter().find(|case| case["id"] == id).expect(id);
    for id in DOCUMENTS {
        let case = case(id);
        let mut runs: Vec<Run<'_>> = vec![Box::new(|| Some(ours(case))), Box::new(|| Some(theirs(case)))];
        turns::row(id, &turns::medians(ROUNDS, &mut runs));
    }
}

/// From the bytes to the report. Nobody answers for the chain.
fn ours(case: &Value) -> Duration {
    let bytes = case["document"].to_string().into_bytes();
    let now = case["now"].as_str().expect("a time").parse::<jiff::Timestamp>().expect("a time").as_second();
    let policy = Policy::default();
    let mut evidence = Evidence::new();
    let judge = |evidence: &Evidence| {
        let document = document::read(&bytes, &Limits::default()).expect("readable");
        examine(&Case::new(&document, &policy, now), evidence)
    };
    let report = loop {
        match judge(&evidence) {
            Step::Report(report) => break report,
            Step::Ask(questions) => questions.into_iter().for_each(|question| answer(case, question, &mut evidence)),
        }
    };
    let integrity = report.checks.iter().find(|check| check.name == CheckName::Integrity).expect("a check");
    assert_eq!(integrity.outcome, Outcome::Pass, "{}", integrity.message);
    median(|| drop(std::hint::black_box(judge(&evidence))))
}

fn answer(case: &Value, question: Question, evidence: &mut Evidence) {
    let document = case["did_documents"].as_object().expect("documents").values().next().expect("a document");
    let answer = match &question {
        Question::Web(_) => Ok(Fact::Web(WebReading { status: 200, body: document.to_string().into_bytes() })),
        _ => Err(Unavailable { cause: Cause::Timeout, host: None, detail: "nobody is asked".into() }),
    };
    evidence.record(Entry::pair(question, answer, Provenance::default()).expect("an answer of its kind"));
}

fn median(mut run: impl FnMut()) -> Duration {
    let mut taken: Vec<Duration> = (0..TIMES)
        .map(|_| {
            let started = Instant::now();
            run();
            started.elapsed()
        })
        .collect();
    taken.sort_unstable();
    taken[TIMES / 2]
}

/// What they ask for: of an issuer's proof a copy of everything, and that verified.
fn theirs(case: &Value) -> Duration {
    let dids: Vec<&Value> = case["did_documents"].as_object().expect("documents").values().collect();
    let question = json!({"ask": "verify", "credential": case["document"]});
    let questions = json!([{"ask": "timed", "question": question, "times": TIMES}]);
    let mut node = Command::new("node")
        .arg("credentials.mjs")
        .current_dir(Path::new("tests/genuine/javascript"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("node");
    let input = json!({"dids": dids, "pages": {}, "questions": questions}).to_string();
    node.stdin.take().expect("its input").write_all(input.as_bytes()).expect("node listens");
    let output = node.wait_with_output().expect("an end");
    let answers: Value = serde_json::from_slice(&output.stdout).expect("answers; are the packages there?");
    let answer = &answers[0]["ok"];
    assert_eq!(answer["answer"]["verified"], true, "{answers}");
    Duration::from_secs_f64(answer["milliseconds"].as_f64().expect("a time") / 1000.0)
}
