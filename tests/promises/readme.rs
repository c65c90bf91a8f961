//! What the README shows is what the binary prints.
#![cfg(feature = "testchain")]

use crate::support::running_testchain;

use std::path::Path;
use std::process::Command;

use running_testchain::Running;

#[test]
fn every_session_in_the_readme_is_real() {
    let readme = include_str!("../../README.md");
    let sessions: Vec<_> =
        readme.split("```console\n$ ebl ").skip(1).filter_map(|rest| rest.split("```").next()).collect();
    assert!(sessions.len() >= 4, "the README does not show its sessions");
    // The folder in which a reader runs `ebl testchain`.
    let folder = tempfile::tempdir().unwrap();
    let (_chain, page) = Running::start(&folder.path().join("ebl-testchain"));
    let port = page.split_once("http://127.0.0.1:").unwrap().1.split_once(',').unwrap().0;
    for session in sessions {
        let (arguments, shown) = session.split_once('\n').unwrap();
        let repository = Path::new(env!("CARGO_MANIFEST_DIR"));
        let output = Command::new(env!("CARGO_BIN_EXE_ebl"))
            .args(arguments.split(' '))
            .current_dir(if arguments.contains("testchain") { folder.path() } else { repository })
            .env_clear()
            .env("HOME", "/nonexistent")
            .output()
            .unwrap();
        // What differs from run to run: the port, which is free instead of 8545, and the time of the newest block.
        let printed = String::from_utf8(output.stdout).unwrap().replace(&format!("127.0.0.1:{port}"), "127.0.0.1:8545");
        assert_eq!(without_block_time(&printed), without_block_time(shown), "ebl {arguments}");
    }
}

/// The line of the block, and those of a history, without date and time.
fn without_block_time(page: &str) -> String {
    let is_time = |text: &str| text.len() == 19 && text.parse::<jiff::civil::DateTime>().is_ok();
    let line = |line: &str| match line.split_once(" UTC, ") {
        Some((before, after)) if line.starts_with("  As of ") => {
            let kept = before.rsplitn(3, ' ').last().unwrap_or_default();
            format!("{kept} (time), {after}")
        }
        _ => match line.get(2..21).zip(line.get(21..)) {
            Some((time, rest)) if is_time(time) => format!("  (time){rest}"),
            _ => line.to_owned(),
        },
    };
    page.lines().map(line).collect::<Vec<_>>().join("\n")
}
