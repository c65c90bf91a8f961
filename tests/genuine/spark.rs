//! The archive example for Spark, in its local mode.

use std::path::{Path, PathBuf};
use std::process::Command;

use libtest_mimic::{Failed, Trial};

use crate::Suite;
use crate::support::archive::Archive;

pub fn suite() -> Suite {
    let python = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/spark/bin/python");
    let is_there =
        python.exists() && Command::new("java").arg("-version").output().is_ok_and(|java| java.status.success());
    let trials = is_there.then(|| {
        Trial::test("an_archive_judged_by_spark_has_a_report_of_every_document", move || judged_by_spark(&python))
    });
    let needs = "the Spark example: needs Java 17, and `python3 -m venv target/spark && target/spark/bin/pip install pyspark==4.0.5`";
    Suite::new(trials, &[(is_there, needs)])
}

fn judged_by_spark(python: &PathBuf) -> Result<(), Failed> {
    let archive = Archive::of(60);
    let results = tempfile::tempdir()?;
    let out = results.path().join("reports");
    let ebl = Path::new(env!("CARGO_BIN_EXE_ebl")).parent().ok_or("a folder")?;
    let path = format!("{}:{}", ebl.display(), std::env::var("PATH")?);
    let ran = Command::new(python)
        .arg(concat!(env!("CARGO_MANIFEST_DIR"), "/examples/archive/spark.py"))
        .args([archive.folder.path(), &out])
        .arg("--offline")
        .env("PATH", path)
        .env("SPARK_LOCAL_IP", "127.0.0.1")
        .env("PYSPARK_PYTHON", python)
        .env("PYSPARK_SUBMIT_ARGS", "--master local[2] --conf spark.ui.enabled=false pyspark-shell")
        .output()?;
    let words = String::from_utf8_lossy(&ran.stdout).into_owned();
    assert!(ran.status.success(), "{words}{}", String::from_utf8_lossy(&ran.stderr));
    for line in ["invalid|   20", "indeterminate|   40"] {
        assert!(words.contains(line), "{words}");
    }
    let mut parts: Vec<String> = Vec::new();
    for entry in std::fs::read_dir(&out)? {
        let path = entry?.path();
        if path.file_name().is_some_and(|name| name.to_string_lossy().starts_with("part-")) {
            parts.push(path.display().to_string());
        }
    }
    let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
    let summary = archive.ebl(&[&["summary"], parts.as_slice()].concat());
    assert!(
        summary.code == 1 && summary.out.starts_with("60 documents: 20 INVALID, 40 INDETERMINATE\n"),
        "{summary:?}"
    );
    Ok(())
}
