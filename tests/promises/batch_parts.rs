//! Parts of a run on several machines, and what they come to together.

use std::collections::BTreeSet;
use std::fs;

use serde_json::{Value, json};

use crate::support::archive::{Archive, Ran, assert_is_summary, name};

fn merged(archive: &Archive, files: &[&str]) -> (i32, Value) {
    let Ran { code, out, errors } = archive.ebl(&[&["summary", "--format", "json"], files].concat());
    let summary = serde_json::from_str(&out).unwrap_or_else(|_| panic!("{out}{errors}"));
    assert_is_summary(&summary);
    (code, summary)
}

/// Which of very many files a finding lists depends on their order.
fn without_findings(mut summary: Value) -> (Value, Vec<Value>) {
    let Value::Array(findings) = summary["findings"].take() else { panic!("findings") };
    (summary, findings)
}

#[test]
fn the_parts_of_an_archive_are_together_the_whole_whatever_the_files_are_called() {
    let archive = Archive::of(40);
    archive.write("none.json", "{}");
    let whole = archive.verify(&["-r", ".", "--summary", "sum"]);
    let all: BTreeSet<String> = whole.files().into_iter().collect();
    let mut seen = BTreeSet::new();
    let mut contents: Vec<BTreeSet<String>> = Vec::new();
    for part in 1..=4 {
        let (shard, sum) = (format!("{part}/4"), format!("sum{part}"));
        let ran =
            archive.verify(&["-r", ".", "--shard", &shard, "--summary", &sum, "-o", &format!("part{part}.jsonl")]);
        let lines = archive.text(&format!("part{part}.jsonl"));
        let files = crate::support::archive::files(&lines);
        for file in &files {
            assert!(seen.insert(file.clone()), "{file} is in two parts");
        }
        contents.push(files.iter().map(|file| archive.text(file)).collect());
        let summary = archive.summary(&sum);
        assert_eq!(summary["shard"], json!({"index": part, "of": 4}), "{}", ran.errors);
        assert_eq!(summary["documents"].as_u64().zip(summary["other_shards"].as_u64()).map(|(a, b)| a + b), Some(41));
    }
    assert_eq!(seen, all);
    // Called otherwise, in another folder, they belong to the same parts.
    fs::create_dir(archive.path("other")).expect("a folder");
    for (number, file) in all.iter().enumerate() {
        fs::rename(archive.path(file), archive.path(&format!("other/{}.tt", 99 - number))).expect("renamed");
    }
    for (part, contents) in contents.iter().enumerate() {
        let shard = format!("{}/4", part + 1);
        let ran = archive.verify(&["-r", "other", "--shard", &shard]);
        assert_eq!(&ran.files().iter().map(|file| archive.text(file)).collect::<BTreeSet<_>>(), contents);
    }
    // The reports of all parts come to what the run of the whole came to.
    let (code, from_reports) = merged(&archive, &["part1.jsonl", "part2.jsonl", "part3.jsonl", "part4.jsonl"]);
    let (mut from_reports, findings) = without_findings(from_reports);
    let said = from_reports["not_known"].take();
    assert_eq!(said, json!(["whether a part is missing: summaries say so, and reports cannot"]));
    from_reports["not_known"] = json!([]);
    let (of_whole, of_whole_findings) = without_findings(archive.summary("sum"));
    assert_eq!((code, &from_reports), (whole.code, &of_whole));
    assert_eq!((findings.len(), &findings[0]["message"]), (of_whole_findings.len(), &of_whole_findings[0]["message"]));
    // So do their summaries, but for what only reports say.
    let (code, mut from_summaries) = merged(&archive, &["sum1", "sum2", "sum3", "sum4"]);
    let said = from_summaries["not_known"].take();
    assert!(said[0].as_str().expect("words").contains("different summaries") && said[1].is_null(), "{said}");
    from_summaries["not_known"] = json!([]);
    assert_eq!((code, without_findings(from_summaries).0), (whole.code, from_reports));
    // Of a part that is missing nothing is known.
    let (code, missing) = merged(&archive, &["sum4", "sum2", "sum1"]);
    assert_eq!(missing["other_shards"], archive.summary("sum3")["documents"]);
    assert!(code == 1 && missing["not_known"].to_string().contains("missing: part 3 of 4"), "{missing}");
    let (_, missing) = merged(&archive, &["sum4", "sum2"]);
    assert!(missing["not_known"].to_string().contains("missing: parts 1, 3 of 4"), "{missing}");
    let page = archive.ebl(&["summary", "sum4", "sum2"]);
    assert!(page.out.lines().next().is_some_and(|line| line.ends_with("in other parts")), "{}", page.out);
    // One that is given twice would be counted twice.
    fs::copy(archive.path("sum2"), archive.path("copy")).expect("copied");
    for twice in ["sum2", "copy"] {
        let ran = archive.ebl(&["summary", "sum1", "sum2", "sum3", "sum4", twice]);
        assert!(ran.code == 2 && ran.out.is_empty(), "{ran:?}");
        assert!(ran.errors.contains(&format!("{twice}: part 2 of 4 is in another summary, too")), "{}", ran.errors);
    }
}

#[test]
fn a_name_that_stands_for_several_contents_is_named_and_each_content_counts() {
    let archive = Archive::of(3);
    let before = archive.verify(&["-r", "."]).out;
    fs::copy(archive.path(&name(2)), archive.path(&name(0))).expect("changed");
    archive.write("all.jsonl", &(before + &archive.verify(&["-r", "."]).out));
    let (code, summary) = merged(&archive, &["all.jsonl"]);
    assert_eq!((code, &summary["documents"]), (1, &json!(4)));
    let words = "1 name stands for several contents: ./00000.json.";
    assert!(summary["not_known"].to_string().contains(words), "{summary:#}");
}

#[test]
fn a_part_without_documents_is_done_and_one_that_there_is_not_is_refused() {
    let archive = Archive::of(1);
    let ran: Vec<Ran> = (1..=3).map(|part| archive.verify(&[&name(0), "--shard", &format!("{part}/3")])).collect();
    let mut codes: Vec<i32> = ran.iter().map(|ran| ran.code).collect();
    codes.sort_unstable();
    assert_eq!((codes, ran.iter().filter(|ran| !ran.out.is_empty()).count()), (vec![0, 0, 3], 1));
    for (part, ran) in ran.iter().enumerate().filter(|(_, ran)| ran.code == 0) {
        assert_eq!(ran.errors, format!("ebl: part {} of 3 has none of 1 document\n", part + 1));
    }
    for wrong in ["0/3", "4/3", "1", "1/0", "a/b"] {
        assert_eq!(archive.verify(&[&name(0), "--shard", wrong]).code, 2, "{wrong}");
    }
}

#[test]
fn a_summary_of_reports_finds_what_documents_of_different_files_show_about_each_other() {
    let archive = Archive::of(2);
    let report = |state: &str, at: &str, block: u64, file: &str| -> String {
        let ran = archive.verify(&[&name(0)]);
        let mut report: Value = serde_json::from_str(&ran.out).expect("JSON");
        report["file"] = json!(file);
        report["verdict"] = json!(if state == "live" { "valid" } else { "not_live" });
        report["checked_at"] = json!(at);
        report["title"]["state"] = json!(state);
        report["as_of"] = json!({"chain_id": report["document"]["network"]["chain_id"], "block": block, "endpoints": ["rpc.example"]});
        report["checks"][1]["unavailable"] = json!([{"cause": "timeout", "host": "dns.example", "detail": "slow"}]);
        report.to_string() + "\n"
    };
    archive.write("march.jsonl", &report("live", "2026-03-01T08:00:00Z", 100, "bill.json"));
    archive.write("april.jsonl", &report("returned", "2026-04-01T08:00:00Z", 200, "bill.json"));
    // Whatever the order, the later report counts.
    for order in [["march.jsonl", "april.jsonl"], ["april.jsonl", "march.jsonl"]] {
        let (code, summary) = merged(&archive, &order);
        assert_eq!((code, &summary["verdicts"]), (4, &json!({"not_live": 1})), "{summary:#}");
        let findings = summary["findings"].as_array().expect("findings");
        assert_eq!(findings.len(), 1, "{summary:#}");
        assert_eq!(findings[0]["code"], "run.title_changed");
        assert!(
            findings[0]["message"].as_str().expect("words").contains("live (block 100); later returned (block 200)")
        );
        assert_eq!(summary["blocks"][0]["lowest"], json!(200));
        assert_eq!(
            summary["endpoints"],
            json!([{"host": "dns.example", "answered": 0, "failed": {"timeout": 1}, "requests": null}, {"host": "rpc.example", "answered": 1, "failed": {}, "requests": null}])
        );
    }
    // Two files of one content are the same file in any part.
    archive.write("copy.jsonl", &report("live", "2026-03-01T08:00:00Z", 100, "copy.json"));
    let (_, summary) = merged(&archive, &["march.jsonl", "copy.jsonl"]);
    assert_eq!(summary["findings"][0]["code"], "run.same_file");
    let page = archive.ebl(&["summary", "march.jsonl", "copy.jsonl"]);
    assert!(page.out.starts_with("2 documents: 2 VALID\n") && page.code == 0, "{}", page.out);
    assert!(page.out.lines().all(|line| line.chars().count() <= 80), "{}", page.out);
}

#[test]
fn what_is_no_report_is_never_counted_as_one() {
    let archive = Archive::of(3);
    let lines = archive.verify(&["-r", "."]).out;
    archive.write("good.jsonl", &lines);
    // A crash in the middle of a line: it may have said anything.
    archive.write("torn.jsonl", &lines[..lines.len() - 9]);
    let (code, torn) = merged(&archive, &["torn.jsonl"]);
    assert_eq!((code, &torn["documents"], &torn["left"]), (3, &json!(2), &json!(1)), "{torn:#}");
    archive.write("empty.jsonl", "");
    assert_eq!(merged(&archive, &["empty.jsonl", "good.jsonl"]).1["documents"], json!(3));
    assert_eq!(merged(&archive, &["empty.jsonl"]).0, 3, "nobody knows whether anything was to be judged");
    let single = archive.ebl(&["verify", "--offline", "--format", "json", &name(2)]);
    archive.write("single.json", &single.out);
    assert_eq!(merged(&archive, &["single.json"]).0, 1);
    archive.write("fragments", &archive.ebl(&["verify", "--offline", "--format", "fragments", "-r", "."]).out);
    archive.write("wrong.jsonl", &lines.replace("report/1", "report/9"));
    archive.write("verdict.jsonl", &lines.replace("\"indeterminate\"", "\"splendid\""));
    archive.verify(&[&name(1), &name(2), "--resume", "journal"]);
    fs::create_dir(archive.path("folder")).expect("a folder");
    for (file, words) in [
        ("journal", "journal: this is a journal"),
        ("folder", "folder: this is a folder"),
        ("gone", "gone: there is no such file"),
    ] {
        let ran = archive.ebl(&["summary", file]);
        assert!(ran.code == 2 && ran.errors.contains(words), "{file}: {ran:?}");
    }
    for file in ["00000.json", "fragments", "wrong.jsonl", "verdict.jsonl", "gone", "."] {
        let ran = archive.ebl(&["summary", "good.jsonl", file]);
        assert!(ran.code == 2 && ran.out.is_empty() && ran.errors.contains(file), "{file}: {ran:?}");
    }
    let over = archive.ebl(&["summary", "good.jsonl", "-o", "good.jsonl"]);
    assert!(over.code == 2 && archive.text("good.jsonl") == lines, "{over:?}");
}

#[test]
fn documents_that_no_part_had_are_not_passed_over_though_every_part_is_there() {
    let archive = Archive::of(12);
    let parts: Vec<String> = (1..=2).map(|part| format!("{part}/2")).collect();
    let ran = archive.verify(&["-r", ".", "--shard", &parts[0], "--summary", "sum1"]);
    // What belongs to the second part gets the bytes of a document of the first before that has its turn.
    let of_first = ran.files();
    let content = archive.text(&of_first[0]);
    let other = (0..12).map(name).find(|file| !of_first.contains(file)).expect("a document of the other part");
    archive.write(&other, &content);
    archive.verify(&["-r", ".", "--shard", &parts[1], "--summary", "sum2"]);
    let (_, summary) = merged(&archive, &["sum1", "sum2"]);
    assert_eq!(summary["other_shards"], json!(1), "{summary:#}");
    let said = summary["not_known"].to_string();
    assert!(said.contains("1 document of 12") && said.contains("no part of 2 had them"), "{said}");
}

#[test]
fn what_cannot_be_read_belongs_to_the_first_part_whatever_it_is_called() {
    let archive = Archive::empty();
    for name in ["gone.json", "also-gone.json", "./gone.json"] {
        for (part, seen) in [("1/3", 1), ("2/3", 0), ("3/3", 0)] {
            let ran = archive.verify(&[name, "--shard", part]);
            assert_eq!(ran.files().len(), seen, "{name} {part}: {}", ran.errors);
        }
    }
}

#[test]
fn a_summary_that_cannot_be_is_refused_in_words() {
    let archive = Archive::of(3);
    archive.verify(&["-r", ".", "--summary", "sum"]);
    let sum = archive.summary("sum");
    let with = |change: &dyn Fn(&mut Value)| {
        let mut changed = sum.clone();
        change(&mut changed);
        archive.write("changed", &changed.to_string());
        archive.ebl(&["summary", "changed"])
    };
    for (change, words) in [
        (&(|sum: &mut Value| sum["documents"] = json!(50)) as &dyn Fn(&mut Value), "do not add up"),
        (&|sum: &mut Value| sum["verdicts"] = json!({}), "do not add up"),
        (&|sum: &mut Value| sum["documents"] = json!(u64::MAX), "do not add up"),
        (&|sum: &mut Value| sum["shard"] = json!({"index": 9, "of": 4_294_967_295_u32}), "not a summary"),
        (&|sum: &mut Value| sum["shard"] = json!({"index": 0, "of": 0}), "not a summary"),
    ] {
        let ran = with(change);
        assert_eq!((ran.code, ran.out.as_str()), (2, ""), "{}", ran.errors);
        assert!(ran.errors.contains(words), "{words}: {}", ran.errors);
    }
}
