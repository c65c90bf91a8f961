//! Documents in one run of the real command, offline, each in a file of its own.

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use ebl_verifier::primitives::Address;

use super::cost::Cost;
use super::support::wrapping::{Format, issuer, plain_v2, wrap};

pub fn costs(counts: &[usize]) -> Vec<(f64, Cost)> {
    let folder = tempfile::tempdir().expect("a folder");
    let most = counts.iter().max().copied().unwrap_or_default();
    let names: Vec<String> =
        (0..most).map(|number| folder.path().join(format!("{number}.json")).display().to_string()).collect();
    for (number, name) in names.iter().enumerate() {
        let plain = plain_v2(vec![issuer("documentStore", Address([0x5a; 20]))], 31337, number);
        std::fs::write(name, wrap(Format::V2, vec![plain]).remove(0).document.to_string()).expect("room on the disk");
    }
    let list = folder.path().join("list");
    let cost = |count: &usize| {
        std::fs::write(&list, names[..*count].join("\n")).expect("room on the disk");
        let runs = if *count > 10_000 { 1 } else { 3 };
        let run =
            |_| run(Command::new(env!("CARGO_BIN_EXE_ebl")).args(["verify", "--offline", "--files-from"]).arg(&list));
        (*count as f64, (0..runs).map(run).min_by_key(|cost| cost.time).expect("a run"))
    };
    counts.iter().map(cost).collect()
}

fn run(command: &mut Command) -> Cost {
    let started = Instant::now();
    let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("the command");
    let mut held = 0;
    loop {
        held = resident(child.id()).unwrap_or(held);
        if let Some(status) = child.try_wait().expect("a process") {
            assert_eq!(status.code(), Some(3), "offline nothing is known of a title");
            return Cost { time: started.elapsed(), held };
        }
        std::thread::sleep(Duration::from_micros(500));
    }
}

/// The most that was resident so far; only Linux says so.
fn resident(process: u32) -> Option<usize> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    Some(line.trim().trim_end_matches(" kB").parse::<usize>().ok()? * 1024)
}
