//! The examples for archives on many machines, run with the variables that the engines set.
#![cfg(unix)]

use std::path::Path;
use std::process::Command;

use serde_json::json;

use crate::support::archive::{Archive, Ran};

fn script(archive: &Archive, name: &str, variables: &[(&str, &str)]) -> Ran {
    let examples = concat!(env!("CARGO_MANIFEST_DIR"), "/examples/archive");
    let ebl = Path::new(env!("CARGO_BIN_EXE_ebl")).parent().expect("a folder").to_str().expect("text");
    let mut command = Command::new("sh");
    command.arg(format!("{examples}/{name}")).arg("--offline").current_dir(archive.folder.path());
    command.env_clear().env("PATH", format!("{ebl}:/usr/bin:/bin")).env("HOME", "/nonexistent");
    command.envs([("ARCHIVE", "archive"), ("RESULTS", "results"), ("PARTS", "3"), ("SLURM_SUBMIT_DIR", examples)]);
    Ran::of(command.envs(variables.iter().copied()).output().expect("a shell"))
}

/// Without one that is not known offline: its task would be tried again.
fn archive() -> Archive {
    let archive = Archive::of(30);
    std::fs::create_dir(archive.path("archive")).expect("a folder");
    for number in (0..30).filter(|number| number % 3 == 2) {
        let name = crate::support::archive::name(number);
        std::fs::rename(archive.path(&name), archive.path("archive").join(&name)).expect("moved");
    }
    archive
}

#[test]
fn each_engine_gives_its_task_a_part_and_the_parts_are_the_whole() {
    let task = |name: &'static str, variable: &'static str, first: u32| {
        let archive = archive();
        for part in 0..3 {
            let ran = script(&archive, name, &[(variable, &(first + part).to_string())]);
            assert_eq!(ran.code, 0, "{name}: {}", ran.errors);
        }
        let merged = ["summary", "--format", "json", "results/1.jsonl", "results/2.jsonl", "results/3.jsonl"];
        let merged: serde_json::Value = serde_json::from_str(&archive.ebl(&merged).out).expect("JSON");
        assert_eq!((&merged["documents"], &merged["verdicts"]), (&json!(10), &json!({"invalid": 10})), "{name}");
        let sums =
            archive.ebl(&["summary", "results/1.summary.json", "results/2.summary.json", "results/3.summary.json"]);
        assert!(sums.code == 1 && sums.out.starts_with("10 documents: 10 INVALID\n"), "{name}: {}", sums.out);
    };
    task("slurm.sh", "SLURM_ARRAY_TASK_ID", 1);
    // As the command of the pod in kubernetes.yaml.
    task("part.sh", "JOB_COMPLETION_INDEX", 0);
    assert!(include_str!("../../examples/archive/kubernetes.yaml").contains(r#"command: ["sh", "/part/part.sh"]"#));
}

#[test]
fn parts_side_by_side_come_to_one_summary_and_started_again_judge_nothing_twice() {
    let archive = archive();
    for _ in 0..2 {
        let ran = script(&archive, "parallel.sh", &[]);
        assert!(ran.code == 1 && ran.out.contains("10 documents: 10 INVALID"), "{ran:?}");
        let lines = (1..=3).map(|part| archive.text(&format!("results/{part}.jsonl")).lines().count());
        assert_eq!(lines.sum::<usize>(), 10);
    }
}

#[test]
fn an_archive_that_is_not_there_never_ends_well_though_results_of_an_earlier_run_are() {
    let archive = archive();
    assert_eq!(script(&archive, "parallel.sh", &[]).code, 1);
    for example in ["parallel.sh", "part.sh"] {
        let ran = script(&archive, example, &[("ARCHIVE", "archve"), ("PART", "1")]);
        assert!(ran.code == 2 && ran.errors.contains("ARCHIVE is no folder: archve"), "{example}: {ran:?}");
    }
    // Nor does one that is not mounted.
    std::fs::create_dir(archive.path("empty")).expect("a folder");
    let ran = script(&archive, "part.sh", &[("ARCHIVE", "empty"), ("PART", "1")]);
    assert!(ran.code == 2 && ran.errors.contains("no document found"), "{ran:?}");
}

#[test]
fn a_task_that_could_not_find_everything_out_asks_to_be_tried_again() {
    let archive = archive();
    std::fs::copy(archive.path("00000.json"), archive.path("archive/unknown.json")).expect("copied");
    let codes: Vec<i32> =
        (1..=3).map(|part| script(&archive, "part.sh", &[("PART", &part.to_string())]).code).collect();
    assert_eq!(codes.iter().filter(|code| **code == 3).count(), 1, "{codes:?}");
    assert!(script(&archive, "part.sh", &[]).code != 0, "no part is named");
}
