//! One hot path, so many times over: `instructions NAME TIMES`; without arguments, the names. `.ci/instructions` runs it
//! under valgrind in the project's folder and takes the difference of two numbers of times, so that what prepares a path does
//! not count.

#[path = "../../support/bills.rs"]
mod bills;
#[path = "../../../tests/support/shapes.rs"]
#[allow(dead_code, reason = "a part of it is enough here")]
mod shapes;
#[path = "../../../tests/support/signed_world.rs"]
#[allow(dead_code, reason = "a part of it is enough here")]
mod signed_world;
#[path = "../../../tests/support/signing.rs"]
#[allow(dead_code, reason = "a part of it is enough here")]
mod signing;
#[path = "../../../tests/support/situation.rs"]
#[allow(dead_code, reason = "a part of it is enough here")]
mod situation;
#[path = "../../../tests/support/title_logs.rs"]
#[allow(dead_code, reason = "a part of it is enough here")]
mod title_logs;
#[path = "../../../tests/support/w3c.rs"]
#[allow(dead_code, reason = "a part of it is enough here")]
mod w3c;
#[path = "../../../tests/support/wrapping.rs"]
#[allow(dead_code, reason = "a part of it is enough here")]
mod wrapping;

use std::hint::black_box;

use ebl_verifier::document::{self, Limits};
use ebl_verifier::evidence::{Cause, Entry, Evidence, Provenance, Unavailable};
use ebl_verifier::integrity::{self, IntegrityResult};
use ebl_verifier::report::human::{self, Style};
use ebl_verifier::verify::{Case, Policy, Report, Step, examine};
use situation::Situation;
use wrapping::Format::{self, V2, V3};

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.as_slice() {
        [] => PATHS.iter().for_each(|path| println!("{}", path.name)),
        [name, times] => {
            let path = PATHS.iter().find(|path| path.name == name).expect("a name of the list");
            let times: usize = times.parse().expect("a number of times");
            let mut run = (path.ready)();
            (0..times).for_each(|_| run());
        }
        _ => panic!("instructions [NAME TIMES]"),
    }
}

struct Path {
    name: &'static str,
    ready: fn() -> Box<dyn FnMut()>,
}

const PATHS: &[Path] = &[
    Path { name: "oa2, 21 fields, read and digest", ready: || intact(bills::of_fields(V2, 21)) },
    Path { name: "oa2, 50 KB, read and digest", ready: || intact(bills::of_bytes(V2, 50_000)) },
    Path { name: "oa2, 1 MB, read and digest", ready: || intact(bills::of_bytes(V2, 1_000_000)) },
    Path { name: "oa2, attachment of 1 MB, read and digest", ready: || intact(bills::of_attachment(1_000_000)) },
    Path { name: "oa3, 21 fields, read and digest", ready: || intact(bills::of_fields(V3, 21)) },
    Path { name: "oa3, 50 KB, read and digest", ready: || intact(bills::of_bytes(V3, 50_000)) },
    Path { name: "oa3, 1 MB, read and digest", ready: || intact(bills::of_bytes(V3, 1_000_000)) },
    Path { name: "sealed, 50 KB, opened and digest", ready: sealed },
    Path { name: "signed oa3, read and judged", ready: || judged(signed(V3)) },
    Path { name: "ecdsa-sd-2023, base, read and judged", ready: || judged(w3c::signed("ecdsa-transferable")) },
    Path { name: "ecdsa-sd-2023, derived, read and judged", ready: || judged(w3c::signed("ecdsa-derived-all")) },
    Path { name: "bill of a live title, examined", ready: bill_examined },
    Path { name: "cold: a bill offline, from the file to the page", ready: cold },
];

fn intact(bytes: Vec<u8>) -> Box<dyn FnMut()> {
    Box::new(move || {
        let document = document::read(black_box(&bytes), &Limits::default()).expect("readable");
        assert_eq!(integrity::check(&document).result, IntegrityResult::Intact);
    })
}

fn sealed() -> Box<dyn FnMut()> {
    let shape = shapes::all().find(|shape| shape.name == "sealed, small values").expect("a shape");
    let bytes = (shape.file)(50_000);
    Box::new(move || {
        let file = document::open(black_box(&bytes), None, &Limits::default()).expect("its own key");
        let document = file.document().expect("readable");
        assert_eq!(integrity::check(&document).result, IntegrityResult::Intact);
    })
}

fn signed(format: Format) -> Situation {
    situation::signed(&signed_world::ethr(format))
}

/// From the bytes to the report, with everything that is asked at hand.
fn judged(situation: Situation) -> Box<dyn FnMut()> {
    let (wanted, evidence) = situation.examined();
    Box::new(move || {
        let document = document::read(black_box(&situation.document), &Limits::default()).expect("readable");
        let case = Case::new(&document, &situation.policy, situation.now);
        assert_eq!(report(&case, &evidence).verdict, wanted.verdict);
    })
}

/// Only the judging.
fn bill_examined() -> Box<dyn FnMut()> {
    let situation = Box::leak(Box::new(situation::bill()));
    let (wanted, evidence) = situation.examined();
    let document = document::read(&situation.document, &Limits::default()).expect("readable");
    let document = Box::leak(Box::new(document));
    let case = Case::new(document, &situation.policy, situation.now);
    Box::new(move || assert_eq!(report(black_box(&case), &evidence).verdict, wanted.verdict))
}

fn report(case: &Case<'_>, evidence: &Evidence) -> Report {
    match examine(case, evidence) {
        Step::Report(report) => *report,
        Step::Ask(questions) => panic!("there is more to ask: {questions:?}"),
    }
}

/// What one run of `ebl verify --offline FILE` does between its start and its end.
fn cold() -> Box<dyn FnMut()> {
    Box::new(|| {
        let file = "fixtures/documents/bill-v2.json";
        let bytes = std::fs::read(file).expect("a sample");
        let document = document::read(&bytes, &Limits::default()).expect("readable");
        let policy = Policy::default();
        let case = Case::new(&document, &policy, 1_780_000_000);
        let mut evidence = Evidence::new();
        let report = loop {
            match examine(&case, &evidence) {
                Step::Report(report) => break report,
                Step::Ask(questions) => {
                    for question in questions {
                        let why = Unavailable { cause: Cause::Offline, host: None, detail: "offline".into() };
                        evidence.record(Entry::unanswered(question, why, Provenance::default()));
                    }
                }
            }
        };
        black_box(human::render(
            &report,
            file,
            Style { width: 100, color: false, verbose: false, advice: |_, remedy| remedy.into() },
        ));
    })
}
