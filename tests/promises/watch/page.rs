//! The sessions of docs/watch.md are what the binary prints, and what it shows to be sent does what it says.

use std::process::Command;

use serde_json::Value;

use crate::support::proxy::forwarded;
use crate::support::running_testchain::Running;

#[test]
fn every_session_of_the_page_is_real() {
    let page = include_str!("../../../docs/watch.md");
    let folder = tempfile::tempdir().unwrap();
    let (_chain, said) = Running::start(&folder.path().join("ebl-testchain"));
    let port = said.split_once("http://127.0.0.1:").unwrap().1.split_once(',').unwrap().0;
    let (mut codes, mut sent) = (Vec::new(), 0);
    for block in page.split("\n```").skip(1).step_by(2) {
        if let Some(session) = block.strip_prefix("console\n$ ebl ") {
            let (arguments, shown) = session.split_once('\n').unwrap_or((session, ""));
            let mut command = Command::new(env!("CARGO_BIN_EXE_ebl"));
            command.args(arguments.split(' ')).current_dir(folder.path()).env_clear().env("HOME", "/nonexistent");
            let output = command.output().unwrap();
            let printed = String::from_utf8(output.stdout).unwrap();
            assert_eq!(without_time(&printed), without_time(shown), "ebl {arguments}");
            codes.push(output.status.code().unwrap());
        } else if let Some((_, body)) = block.split_once(" -d '") {
            let body: Value = serde_json::from_str(body.trim_end_matches('\'')).unwrap();
            let reply = forwarded(&format!("127.0.0.1:{port}"), &body);
            assert!(reply["result"].is_string(), "{reply}");
            sent += 1;
        }
    }
    assert_eq!((codes, sent), (vec![0, 10, 0], 1), "as the page says");
}

/// Lines without the time of their block.
fn without_time(page: &str) -> String {
    page.lines().map(|line| line.rsplit_once(", ").map_or(line, |(line, _)| line)).collect::<Vec<_>>().join("\n")
}
