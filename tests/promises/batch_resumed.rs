//! Runs that end before their time, and runs that go on with what others have judged: nothing is lost that was judged, and
//! nothing is judged twice.
#![cfg(unix)]

use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::process::Command;

use serde_json::{Value, json};

use crate::support::archive::{Archive, files, name, set};

/// So many documents, and in the middle of their list a pipe into which nobody writes.
fn with_a_pipe(count: usize) -> Archive {
    let archive = Archive::of(count);
    assert!(Command::new("mkfifo").arg(archive.path("pipe")).status().expect("mkfifo runs").success());
    let mut list: Vec<String> = (0..count).map(name).collect();
    list.insert(count / 2, "pipe".into());
    archive.write("list", &list.join("\n"));
    archive
}

/// These arguments, and what the list names: a pipe is opened where it is named on the command line.
fn of_list<'a>(list: &'a str, arguments: &[&'a str]) -> Vec<&'a str> {
    arguments.iter().copied().chain(list.lines()).collect()
}

#[test]
fn one_signal_ends_a_run_of_many_with_everything_that_was_judged_and_a_word_on_how_to_go_on() {
    for (signal, code, again) in [("INT", 130, "Ctrl-C again"), ("TERM", 143, "a second signal")] {
        let archive = with_a_pipe(12);
        let list = archive.text("list");
        let mut run = archive.begin(&of_list(&list, &["--summary", "sum", "--jobs", "4"]));
        run.lines(6).signal(signal);
        let ran = run.end();
        assert_eq!(ran.code, code, "{}", ran.errors);
        // Those behind the pipe are through, too, and come in their order.
        let wanted: Vec<String> = (0..12).map(name).collect();
        assert_eq!(ran.files(), wanted);
        let summary = archive.summary("sum");
        assert_eq!((&summary["documents"], &summary["left"]), (&json!(12), &json!(1)));
        assert_eq!(summary["interrupted"], json!(true));
        assert!(ran.errors.contains(&format!("{again} ends at once")), "{}", ran.errors);
        assert_eq!(ran.errors.contains("Ctrl-C"), signal == "INT", "{}", ran.errors);
        assert!(ran.errors.contains("13 documents: 4 INVALID, 8 INDETERMINATE, 1 not judged\n"), "{}", ran.errors);
        assert!(ran.errors.contains("1 of 13 documents were not judged; with --resume FILE"), "{}", ran.errors);
    }
}

#[test]
fn a_signal_while_the_last_document_is_finished_changes_nothing() {
    let archive = with_a_pipe(2);
    let mut run = archive.begin(&[&name(0), &name(1), "pipe", "--summary", "sum"]);
    run.lines(2).signal("INT");
    archive.write("pipe", "{}");
    let ran = run.end();
    assert_eq!((ran.code, ran.files().len()), (6, 3), "{}", ran.errors);
    assert!(!ran.errors.contains("interrupted"), "{}", ran.errors);
    let summary = archive.summary("sum");
    assert_eq!((&summary["interrupted"], &summary["left"]), (&json!(false), &json!(0)));
}

#[test]
fn a_journal_whose_reports_are_not_in_the_output_is_not_gone_on_with() {
    let archive = Archive::of(6);
    let arguments = ["-r", ".", "--resume", "state", "-o", "out.jsonl"];
    assert_eq!(archive.verify(&arguments).code, 1);
    let (reports, journal) = (archive.text("out.jsonl"), archive.text("state"));
    for lost in [None, Some("")] {
        fs::remove_file(archive.path("out.jsonl")).expect("removed");
        lost.into_iter().for_each(|text| archive.write("out.jsonl", text));
        let ran = archive.verify(&[&arguments[..], &["--summary", "sum"]].concat());
        assert_eq!((ran.code, archive.text("state")), (2, journal.clone()), "{}", ran.errors);
        for words in ["counts 2 documents as judged", "--output out.jsonl", "went elsewhere"] {
            assert!(ran.errors.contains(words), "{}", ran.errors);
        }
        assert!(!archive.path("sum").exists(), "nothing was judged");
        archive.write("out.jsonl", &reports);
    }
    // The file that a shell writes to cannot be seen, so it is said.
    let ran = archive.verify(&["-r", ".", "--resume", "state"]);
    assert!(ran.errors.contains("2 documents are counted from the journal and not reported again"), "{}", ran.errors);
    // With nothing but what is judged again, nothing is lost.
    assert_eq!(archive.verify(&[&name(0), &name(1), "--resume", "open"]).code, 3);
    assert_eq!(archive.verify(&[&name(0), &name(1), "--resume", "open", "-o", "new.jsonl"]).code, 3);
}

#[test]
fn documents_that_were_not_judged_for_want_of_a_reader_or_room_are_counted() {
    let archive = Archive::of(60);
    let mut run = archive.begin(&["-r", ".", "--jobs", "1"]);
    run.lines(1);
    let ran = run.end_unread();
    assert!(ran.ends_with(" not judged\n"), "{ran}");
    #[cfg(target_os = "linux")]
    {
        let ran = archive.verify(&["-r", ".", "-o", "/dev/full"]);
        assert_eq!(ran.code, 3, "{}", ran.errors);
        assert!(ran.errors.ends_with("ebl: 60 documents: 1 INDETERMINATE, 59 not judged\n"), "{}", ran.errors);
    }
}

#[test]
fn a_run_ends_in_time_though_every_core_is_busy_and_keeps_what_was_judged() {
    let archive = Archive::of(3);
    let mut bill: Value = serde_json::from_str(&archive.text(&name(0))).expect("JSON");
    bill["data"]["many"] = vec!["00000000-0000-4000-8000-000000000000:string:a"; 400_000].into();
    archive.write("large", &bill.to_string());
    // More than there are threads for, and of each the digest takes far longer than a run may take to end.
    archive.write("list", &[&[name(0), name(1), name(2)][..], &vec!["large".to_owned(); 64]].concat().join("\n"));
    let mut run = archive.begin(&["--files-from", "list", "--summary", "sum", "--jobs", "256"]);
    run.lines(3).signal("INT");
    let ran = run.end();
    assert_eq!(ran.code, 130, "{}", ran.errors);
    let judged = ran.files();
    assert!(judged.starts_with(&[name(0), name(1), name(2)]) && judged.len() < 67, "{judged:?}");
    let summary = archive.summary("sum");
    assert_eq!((&summary["documents"], &summary["left"]), (&json!(judged.len()), &json!(67 - judged.len())));
}

#[test]
fn a_second_signal_ends_at_once_and_leaves_no_half_of_a_file() {
    let archive = with_a_pipe(6);
    let before = fs::read_dir(archive.folder.path()).expect("a folder").count();
    let list = archive.text("list");
    let mut run = archive.begin(&of_list(&list, &["--summary", "sum", "-o", "out.jsonl"]));
    // The output is written beside while the run waits for the pipe.
    while fs::read_dir(archive.folder.path()).expect("a folder").count() == before {
        std::thread::yield_now();
    }
    run.signal("INT");
    std::thread::sleep(std::time::Duration::from_millis(200));
    run.signal("INT");
    let ran = run.end();
    assert_eq!(ran.code, 130, "{}", ran.errors);
    assert!(ran.errors.contains("interrupted"), "{}", ran.errors);
    assert_eq!(fs::read_dir(archive.folder.path()).expect("a folder").count(), before);
}

#[test]
fn an_output_file_stays_as_it_was_when_a_run_is_ended_and_what_was_judged_stands_beside_it() {
    let archive = with_a_pipe(6);
    archive.write("out.jsonl", "kept\n");
    let list = archive.text("list");
    let mut run = archive.begin(&of_list(&list, &["-o", "out.jsonl"]));
    while !fs::read_dir(archive.folder.path()).expect("a folder").any(|entry| {
        let name = entry.expect("an entry").file_name().into_string().expect("a name");
        name.ends_with(".unfinished") && !archive.text(&name).is_empty()
    }) {
        std::thread::yield_now();
    }
    run.signal("INT");
    let ran = run.end();
    assert_eq!((ran.code, archive.text("out.jsonl").as_str()), (130, "kept\n"));
    assert!(ran.errors.contains("what was judged stands in") && ran.errors.contains("out.jsonl.unfinished"), "{ran:?}");
    assert_eq!(set(&files(&archive.text("out.jsonl.unfinished"))), (0..6).map(name).collect());
}

#[test]
fn what_was_judged_is_not_judged_again_and_still_counts() {
    let archive = Archive::of(9);
    archive.write("none.json", "{}");
    let first = archive.verify(&["-r", ".", "--resume", "state", "--summary", "sum1"]);
    assert_eq!((first.code, first.files().len()), (1, 10), "{}", first.errors);
    // The intact ones are not known offline, and what is not known is asked again; the others are through.
    let again = archive.verify(&["-r", ".", "--resume", "state", "--summary", "sum2"]);
    let intact: Vec<String> =
        (0..9).filter(|number| number % 3 != 2).map(|number| format!("./{}", name(number))).collect();
    assert_eq!((again.code, again.files()), (1, intact), "{}", again.errors);
    let (one, mut two) = (archive.summary("sum1"), archive.summary("sum2"));
    assert_eq!((&one["resumed"], &two["resumed"]), (&json!(0), &json!(4)));
    two["resumed"] = json!(0);
    assert_eq!(one, two, "the same in all else");
    // A file that changed is judged again, though name, size and time are the same.
    let changed = archive.path(&name(2));
    let time = fs::metadata(&changed).expect("a file").modified().expect("a time");
    let other = archive.text(&name(2)).replace("19200 KGS", "19300 KGS");
    assert_ne!(other, archive.text(&name(2)));
    archive.write(&name(2), &other);
    OpenOptions::new().write(true).open(&changed).and_then(|file| file.set_modified(time)).expect("a time");
    let changed = archive.verify(&["-r", ".", "--resume", "state"]);
    assert!(changed.files().contains(&format!("./{}", name(2))) && changed.files().len() == 7, "{:?}", changed.files());
}

#[test]
fn an_interrupted_run_goes_on_into_the_same_output_until_all_is_there_once() {
    let archive = with_a_pipe(30);
    let list = archive.text("list");
    let arguments = of_list(&list, &["--resume", "state", "-o", "out.jsonl", "--jobs", "3", "--summary", "sum"]);
    let mut run = archive.begin(&arguments);
    while fs::metadata(archive.path("out.jsonl")).map_or(0, |found| found.len()) == 0 {
        std::thread::yield_now();
    }
    run.signal("INT");
    let ran = run.end();
    assert!(ran.code == 130 && ran.errors.contains("(--resume state)"), "{}", ran.errors);
    let before = files(&archive.text("out.jsonl"));
    assert_eq!(archive.text("state").lines().count(), before.len() + 1, "a line a report, and the heading");
    // A crash leaves half a line in both; another file takes the place of the pipe.
    for (file, half) in [("out.jsonl", "{\"schema\":\"ebl-verifier/repo"), ("state", "{\"input\":\"0x12")] {
        let mut torn = OpenOptions::new().append(true).open(archive.path(file)).expect("the file");
        torn.write_all(half.as_bytes()).expect("written");
    }
    fs::remove_file(archive.path("pipe")).expect("removed");
    archive.write("pipe", "{}");
    let ran = archive.verify(&arguments);
    assert!(ran.code == 1 && ran.errors.contains("1 line of the journal cannot be read"), "{ran:?}");
    let all = files(&archive.text("out.jsonl"));
    let mut wanted: std::collections::BTreeSet<String> = (0..30).map(name).collect();
    wanted.insert("pipe".into());
    assert_eq!(set(&all), wanted);
    let changed = |number: &usize| number % 3 == 2;
    for number in (0..30).filter(changed) {
        assert_eq!(all.iter().filter(|file| **file == name(number)).count(), 1, "{}", name(number));
    }
    let summary = archive.summary("sum");
    assert_eq!((&summary["documents"], &summary["left"]), (&json!(31), &json!(0)));
    // Merged, each document counts once: the last report of it.
    let merged: Value =
        serde_json::from_str(&archive.ebl(&["summary", "out.jsonl", "--format", "json"]).out).expect("JSON");
    assert_eq!((&merged["documents"], &merged["verdicts"]), (&json!(31), &summary["verdicts"]));
}

#[test]
fn a_journal_is_of_one_run_at_a_time_and_of_one_set_of_rules() {
    let archive = with_a_pipe(4);
    let list = archive.text("list");
    let mut first = archive.begin(&of_list(&list, &["--resume", "state"]));
    first.lines(1);
    let second = archive.verify(&["-r", ".", "--resume", "state"]);
    assert_eq!((second.code, second.out.as_str()), (2, ""));
    assert!(second.errors.contains("another run goes on with it"), "{}", second.errors);
    first.child.kill().expect("killed");
    first.end_any();
    // Free again, but not for other rules.
    assert_eq!(archive.verify(&["-r", ".", "--resume", "state"]).code, 1);
    archive.write("policy.toml", "quorum = 2\n");
    for (arguments, what) in [
        (&["--expect-issuer", "carrier.example"][..], "rules was"),
        (&["--policy", "policy.toml"], "rules was"),
        (&["--block", "latest"], "block was finalized, or latest where the chain has no such block, now latest"),
        (&["--rpc", "1=https://rpc.example/v2/s3cret"], "rpc 1 was not set, now rpc.example"),
        (&["--max-size", "1000"], "max_size was 67108864, now 1000"),
    ] {
        let other = archive.verify(&[&["-r", ".", "--resume", "state"], arguments].concat());
        assert!(other.code == 2 && other.out.is_empty(), "{arguments:?}: {other:?}");
        assert!(other.errors.contains(what), "{arguments:?}: {}", other.errors);
        assert!(!other.errors.contains("s3cret"), "{}", other.errors);
    }
    // Nor is anything else a journal, and nothing is written to it.
    for (file, text) in [("00000.json", None), ("list", None), ("some.txt", Some("abc")), (".", None), ("pipe", None)] {
        text.into_iter().for_each(|text| archive.write(file, text));
        let ran = archive.verify(&[&name(1), "--resume", file]);
        assert!(ran.code == 2 && ran.errors.contains("--resume"), "{file}: {ran:?}");
    }
    assert_eq!(archive.text("some.txt"), "abc");
    // What stands in an output already is not mixed with a run that begins anew.
    archive.write("out.jsonl", "kept\n");
    let mixed = archive.verify(&[&name(1), &name(2), "--resume", "new", "-o", "out.jsonl"]);
    assert!(mixed.code == 2 && archive.text("out.jsonl") == "kept\n", "{mixed:?}");
}

#[cfg(feature = "testchain")]
#[test]
fn a_title_that_was_another_holders_in_the_run_before_is_a_finding_of_the_run() {
    let archive = Archive::empty();
    let (_chain, _) = crate::support::running_testchain::Running::start(&archive.path("chain"));
    fs::copy(archive.path("chain/live.json"), archive.path("bill.json")).expect("copied");
    let verify = |file: &str| {
        archive.ebl(&["verify", "--config", "chain/ebl.toml", "--resume", "state", "--summary", "sum", file])
    };
    let first = verify("bill.json");
    assert_eq!((first.code, &archive.summary("sum")["findings"]), (0, &json!([])), "{}", first.errors);
    let summary = archive.summary("sum");
    let endpoint =
        |endpoint: &Value| endpoint["answered"] == json!(1) && endpoint["requests"]["count"].as_u64() > Some(0);
    assert!(summary["endpoints"].as_array().expect("hosts").iter().any(endpoint), "{summary:#}");
    assert_eq!((&summary["blocks"][0]["chain_id"], &summary["blocks"][0]["documents"]), (&json!(1337), &json!(1)));
    let again = verify("bill.json");
    assert!(again.errors.contains("1 document is counted from the journal and not reported again"), "{}", again.errors);
    // As if it had been read when somebody else held it, at a block before.
    let (heading, line) =
        archive.text("state").split_once('\n').map(|(a, b)| (a.to_owned(), b.to_owned())).expect("lines");
    let mut line: Value = serde_json::from_str(&line).expect("JSON");
    line["record"]["titles"][0]["holder"] = json!("0x0000000000000000000000000000000000000001");
    line["record"]["titles"][0]["block"] = json!(1);
    archive.write("state", &format!("{heading}\n{line}\n"));
    fs::rename(archive.path("bill.json"), archive.path("renamed.json")).expect("renamed");
    let changed = verify("renamed.json");
    let findings = &archive.summary("sum")["findings"];
    assert_eq!((changed.code, &findings[0]["code"]), (0, &json!("run.title_changed")), "{}", changed.errors);
    assert_eq!(findings[0]["files"], json!(["bill.json", "renamed.json"]));
    let words = findings[0]["message"].as_str().expect("words");
    assert!(words.contains("was live, holder 0x0000000000000000000000000000000000000001"), "{words}");
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_loses_nothing_that_was_judged() {
    let archive = Archive::of(60);
    // Room for a few reports: the output, the journal, each alone.
    let limited = |arguments: &str| {
        let script = format!("ulimit -f 40; exec \"$0\" verify --offline --format jsonl -r . {arguments}");
        let mut shell = Command::new("sh");
        shell.args(["-c", &script, env!("CARGO_BIN_EXE_ebl")]).current_dir(archive.folder.path());
        crate::support::archive::Ran::of(shell.env_clear().env("HOME", "/nonexistent").output().expect("a shell"))
    };
    let ran = limited("-o out.jsonl --summary sum");
    assert_eq!(ran.code, 1, "a forgery among those that were judged: {}", ran.errors);
    assert!(ran.errors.contains("could not be written to") && ran.errors.contains("out.jsonl: "), "{}", ran.errors);
    assert!(ran.errors.contains("what was judged stands in") && !archive.path("out.jsonl").exists(), "{}", ran.errors);
    let kept = files(&archive.text("out.jsonl.unfinished"));
    let summary = archive.summary("sum");
    let judged = summary["documents"].as_u64().expect("a number") as usize;
    assert!(!kept.is_empty() && kept.len() + 1 == judged, "{} of {judged}", kept.len());
    assert_eq!(summary["left"], json!(60 - judged));
    // With a journal the same run goes on when there is room again, and every report stands there once.
    let ran = limited("-o all.jsonl --resume state");
    assert!(ran.code == 1 && ran.errors.contains("could not be written to all.jsonl: "), "{}", ran.errors);
    assert!(!files(&archive.text("all.jsonl").lines().take(1).collect::<String>()).is_empty());
    let ran = archive.verify(&["-r", ".", "-o", "all.jsonl", "--resume", "state"]);
    assert_eq!(ran.code, 1, "{}", ran.errors);
    let all = files(&archive.text("all.jsonl"));
    for number in (0..60).filter(|number| number % 3 == 2) {
        assert_eq!(all.iter().filter(|file| file.ends_with(&name(number))).count(), 1, "{}", name(number));
    }
    assert_eq!(set(&all).len(), 60);
    // A journal that cannot be written to any more stops nothing, and is told.
    let ran = limited("--resume journal");
    assert_eq!((ran.code, ran.files().len()), (1, 60), "{}", ran.errors);
    assert!(ran.errors.contains("will be judged again by the next run"), "{}", ran.errors);
    let noted = archive.verify(&["-r", ".", "--resume", "journal"]);
    assert!(noted.code == 1 && noted.files().len() < 60, "{}", noted.errors);
}

#[test]
fn a_line_of_a_journal_that_contradicts_itself_and_another_key_or_authority_count_for_nothing() {
    let archive = Archive::of(6);
    let first = archive.verify(&["-r", ".", "--resume", "journal"]);
    assert_eq!(first.code, 1);
    let forged = archive.text("journal").replace("\"result\":\"invalid\"", "\"result\":\"valid\"");
    assert_ne!(forged, archive.text("journal"));
    archive.write("journal", &forged);
    let again = archive.verify(&["-r", ".", "--resume", "journal"]);
    assert_eq!(again.code, 1, "{}", again.errors);
    assert!(again.errors.contains("cannot be read"), "{}", again.errors);

    let key = |digit: &str| digit.repeat(64);
    archive.verify(&[&name(0), "--resume", "keys", "--key", &key("1")]);
    let other = archive.verify(&[&name(0), "--resume", "keys", "--key", &key("2")]);
    assert!(other.code == 2 && other.errors.contains("key was"), "{}", other.errors);
    assert!(!archive.text("keys").contains(&key("1")[..16]), "{}", archive.text("keys"));
}
