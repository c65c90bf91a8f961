//! The suites that are held against what others published: contracts, nodes, libraries, engines. They need npm's packages, some
//! of them node, one Java; what is not there does not run, and that is said at the end, here and nowhere else.

#[path = "../support/mod.rs"]
mod support;

mod contracts;
mod credentials;
mod doctor;
mod document_stores;
mod end_to_end;
mod javascript;
mod kept;
mod proofs;
mod signed_documents;
mod spark;
mod testchain_genuine;
mod title_genuine;

use libtest_mimic::{Arguments, Failed, Trial};

/// One suite's trials, and what of them cannot run here.
pub struct Suite {
    trials: Vec<Trial>,
    left_out: Vec<&'static str>,
}

impl Suite {
    /// `needs` are the parts that may not be able to run: whether they can, and what they are.
    pub fn new(trials: impl IntoIterator<Item = Trial>, needs: &[(bool, &'static str)]) -> Self {
        let left_out = needs.iter().filter(|(there, _)| !there).map(|(_, part)| *part).collect();
        Self { trials: trials.into_iter().collect(), left_out }
    }
}

/// Runs a trial that waits for others.
fn block_on(trial: impl Future<Output = Result<(), Failed>>) -> Result<(), Failed> {
    tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(trial)
}

fn main() {
    let arguments = Arguments::from_args();
    let suites = [
        ("contracts", contracts::suite()),
        ("credentials", credentials::suite()),
        ("doctor", doctor::suite()),
        ("document_stores", document_stores::suite()),
        ("end_to_end", end_to_end::suite()),
        ("javascript", javascript::suite()),
        ("kept", kept::suite()),
        ("proofs", proofs::suite()),
        ("signed_documents", signed_documents::suite()),
        ("spark", spark::suite()),
        ("testchain_genuine", testchain_genuine::suite()),
        ("title_genuine", title_genuine::suite()),
    ];
    let (mut trials, mut left_out) = (Vec::new(), Vec::new());
    for (name, suite) in suites {
        trials.extend(suite.trials.into_iter().map(|trial| trial.with_kind(name)));
        left_out.extend(suite.left_out);
    }
    let conclusion = libtest_mimic::run(&arguments, trials);
    for part in &left_out {
        println!("NOT RUN: {part}");
    }
    if !left_out.is_empty() {
        println!("To run all: (cd tests/genuine && npm ci --ignore-scripts) && cargo test --test genuine");
    }
    conclusion.exit();
}
