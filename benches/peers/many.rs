//! Thousands of bills in one run of the command, each with a title of its own on a local node: ours alone, for the peers take them
//! one by one.

use std::process::{Command, Stdio};
use std::time::Instant;

use serde_json::Value;

use super::chain::Chain;
use super::theirs::Files;

const COUNTS: [usize; 3] = [100, 1_000, 10_000];

pub fn measure() {
    println!(
        "\n### Many bills in one run, against a local node\n\n| bills | time | a bill | requests to the node |\n| --- | --- | --- | --- |"
    );
    let (chain, files) = (Chain::start(), Files::new());
    let (mut list, mut issued) = (String::new(), 0);
    for count in COUNTS {
        let numbers = std::mem::replace(&mut issued, count)..count;
        for (number, bill) in numbers.clone().zip(chain.issued_many(numbers)) {
            let bill = bill.document.to_string().into_bytes();
            let path = files.write(&format!("{number}.json"), &bill);
            list.push_str(&format!("{}\n", path.display()));
        }
        let named = files.write("list", list.as_bytes());
        let summary = files.write("summary.json", b"{}");
        let endpoint = format!("{}={}", chain.id(), chain.url());
        let mut command = Command::new(env!("CARGO_BIN_EXE_ebl"));
        command.args(["verify", "--format", "jsonl", "--files-from"]).arg(&named).arg("--summary").arg(&summary);
        command.args(["--rpc", &endpoint, "--dns", chain.resolver()]);
        command.stdout(Stdio::null()).stderr(Stdio::null());
        let begun = Instant::now();
        let status = command.status().expect("a process");
        let taken = begun.elapsed();
        let summary: Value = serde_json::from_slice(&std::fs::read(&summary).expect("a summary")).expect("JSON");
        assert_eq!((status.code(), &summary["verdicts"]["valid"]), (Some(0), &count.into()), "{summary:#}");
        let node = chain.url().trim_start_matches("http://").trim_end_matches('/');
        let asked = summary["endpoints"].as_array().and_then(|all| all.iter().find(|one| one["host"] == node));
        let requests = asked.map_or(Value::Null, |one| one["requests"]["count"].clone());
        println!("| {count} | {taken:.2?} | {:.2?} | {requests} |", taken / u32::try_from(count).unwrap_or(u32::MAX));
    }
}
