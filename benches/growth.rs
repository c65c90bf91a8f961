//! How time and memory grow: with fields, with names times leaves, with depth, with the documents of a run, with the events of a
//! title, with the statements of a credential. `cargo bench --bench growth` prints each curve with its slope, where one or less is
//! in proportion, and writes two plots into `benches/results`; with names of curves behind `--` it only prints those.

#[path = "support/cost.rs"]
mod cost;
#[path = "support/plot.rs"]
mod plot;
#[path = "support/remembering.rs"]
mod remembering;
#[path = "../tests/support/mod.rs"]
mod support;

#[path = "growth/documents.rs"]
mod documents;
#[path = "growth/events.rs"]
mod events;
#[path = "growth/statements.rs"]
mod statements;

use std::path::Path;

use cost::Cost;
use ebl_verifier::primitives::Address;
use plot::{Curve, STEEP, Texts};
use serde_json::{Value, json};
use support::wrapping::{Format, plain_v2, wrap};

/// What each count of something costs.
type Costs = Vec<(f64, Cost)>;

/// A name, and how it is measured.
type Measured = (&'static str, fn() -> Costs);

const CURVES: [Measured; 6] = [
    ("fields", || of_files(&[100, 1_000, 10_000, 100_000, 1_000_000], with_fields)),
    ("name × leaves", || of_files(&[900, 10_000, 90_000, 1_000_000, 9_000_000, 100_000_000], with_a_long_name)),
    ("depth", || of_files(&[2, 4, 8, 16, 32, 56], with_depth)),
    ("documents", || documents::costs(&[1, 10, 100, 1_000, 10_000, 100_000])),
    ("events", || events::costs(&[5, 15, 50, 150, 500, 1_500, 5_000])),
    ("statements", || statements::costs(&[10, 40, 160, 640, 1_280])),
];

fn main() {
    // `--bench` is cargo's own word.
    let wanted: Vec<String> = std::env::args().skip(1).filter(|word| word != "--bench").collect();
    let is_wanted = |name: &str| wanted.is_empty() || wanted.iter().any(|word| name == word);
    let mut grown = Vec::new();
    for (name, costs) in CURVES.into_iter().filter(|(name, _)| is_wanted(name)) {
        eprintln!("measuring {name}");
        grown.push((name, costs()));
    }
    let times = curves(&grown, |cost| cost.time.as_secs_f64());
    let memory = curves(&grown, |cost| cost.held as f64);
    print(&times, "Time", plot::seconds);
    print(&memory, "Memory", plot::bytes);
    if !wanted.is_empty() {
        return;
    }
    let plots = [
        ("growth-time.svg", "Time against how many", "Time", times, plot::seconds as fn(f64) -> String),
        ("growth-memory.svg", "Memory against how many", "Memory held at once", memory, plot::bytes),
    ];
    for (file, title, what, curves, y) in plots {
        let description = format!(
            "{what} of judging, on two logarithmic scales, one line each for fields, name times leaves, depth, documents, \
             events and statements. In proportion is as steep as the dashed line."
        );
        let texts = Texts {
            title,
            description: &description,
            across: "how many; as steep as the dashed line is in proportion",
            x: plot::count,
            y,
        };
        std::fs::write(Path::new("benches/results").join(file), plot::svg(&texts, &curves))
            .expect("a place for the plot");
    }
}

fn curves(grown: &[(&str, Costs)], of: fn(&Cost) -> f64) -> Vec<Curve> {
    let point = |(count, cost): &(f64, Cost)| (*count, of(cost));
    grown
        .iter()
        .map(|(name, costs)| Curve { name: (*name).into(), points: costs.iter().map(point).collect() })
        .collect()
}

fn print(curves: &[Curve], what: &str, written: fn(f64) -> String) {
    println!("\n### {what}\n\n| | by count | slope |\n| --- | --- | --- |");
    for curve in curves {
        let points = curve.points.iter().map(|(x, y)| format!("{}: {}", plot::count(*x), written(*y)));
        let steep = if curve.slope() > STEEP { ", **not in proportion**" } else { "" };
        println!("| {} | {} | {:.2}{steep} |", curve.name, points.collect::<Vec<_>>().join(", "), curve.slope());
    }
}

fn of_files(counts: &[usize], plain: fn(usize) -> Value) -> Costs {
    let file = |count| wrap(Format::V2, vec![plain(count)]).remove(0).document.to_string().into_bytes();
    counts.iter().map(|count| (*count as f64, Cost::of_file(&file(*count)))).collect()
}

fn with(member: &str, value: Value) -> Value {
    let mut plain = plain_v2(vec![support::wrapping::issuer("documentStore", Address([0x5a; 20]))], 31337, 1);
    plain[member] = value;
    plain
}

fn with_fields(count: usize) -> Value {
    with("marks", vec!["KC"; count].into())
}

/// A name above as many leaves as it has bytes.
fn with_a_long_name(product: usize) -> Value {
    let side = product.isqrt();
    with(&"n".repeat(side), vec!["KC"; side].into())
}

/// Ten thousand leaves below so many lists.
fn with_depth(depth: usize) -> Value {
    let leaves = json!(vec!["KC"; 10_000]);
    with("marks", (1..depth).fold(leaves, |inner, _| json!([inner])))
}
