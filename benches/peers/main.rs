//! Ours beside published JavaScript libraries, on the same documents in one run: `benches/peers/run [PART]…`. Compare ratios,
//! not times: all take turns, so that whatever else the machine does hits all.

#[path = "../support/bills.rs"]
mod bills;
#[path = "../../tests/support/mod.rs"]
mod support;

mod chain;
mod cold;
mod credentials;
mod digest;
mod history;
mod many;
mod online;
mod theirs;
mod turns;

use std::path::Path;

use support::wrapping;

const PARTS: [(&str, fn()); 6] = [
    ("cold", cold::measure),
    ("digest", digest::measure),
    ("credentials", credentials::measure),
    ("online", online::measure),
    ("history", history::measure),
    ("many", many::measure),
];

fn main() {
    if ["benches/peers", "tests/genuine"].iter().any(|folder| !Path::new(folder).join("node_modules").exists()) {
        return println!("NOT RUN: the published packages are not here; benches/peers/run installs them");
    }
    // `--bench` is cargo's own word.
    let wanted: Vec<String> = std::env::args().skip(1).filter(|word| word != "--bench").collect();
    for (name, measure) in PARTS {
        if wanted.is_empty() || wanted.iter().any(|word| word == name) {
            measure();
        }
    }
}
