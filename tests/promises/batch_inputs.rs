//! Many documents, some of them bad in every way a file can be: each says so for itself, and the run goes on.
#![cfg(unix)]

use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, mpsc};

use serde_json::{Value, json};

use crate::support::archive::{Archive, name};

#[test]
fn unreadable_files_among_a_thousand_are_told_one_by_one_and_hide_no_forgery() {
    let archive = Archive::of(1000);
    symlink("nowhere", archive.path("lost.json")).expect("a link");
    fs::create_dir(archive.path("folder.d")).expect("a folder");
    archive.write("empty.json", "");
    archive.write("locked.json", "{}");
    fs::set_permissions(archive.path("locked.json"), fs::Permissions::from_mode(0o000)).expect("rights");
    let bad = ["lost.json", "folder.d", "empty.json", "gone.json", "locked.json"];
    let mut list: Vec<String> = (0..1000).map(name).collect();
    for (place, name) in bad.iter().enumerate() {
        list.insert(200 * place + 7, (*name).to_owned());
    }
    archive.write("list", &list.join("\n"));
    let ran = archive.verify(&["--files-from", "list", "--summary", "sum"]);
    assert_eq!((ran.code, ran.files()), (1, list), "{}", ran.errors);
    let summary = archive.summary("sum");
    assert_eq!((&summary["documents"], &summary["unreadable"]), (&json!(1005), &json!(5)));
    for line in ran.out.lines().filter(|line| bad.iter().any(|name| line.contains(&format!("\"{name}\"")))) {
        let report: Value = serde_json::from_str(line).expect("JSON");
        assert!(report["verdict"].is_null() && report["error"]["message"].is_string(), "{line}");
    }
}

#[test]
fn a_folder_of_twenty_thousand_files_is_one_run() {
    let archive = Archive::empty();
    archive.write("one", "{}");
    fs::create_dir(archive.path("many")).expect("a folder");
    for number in 0..20_000 {
        fs::hard_link(archive.path("one"), archive.path("many").join(name(number))).expect("a link");
    }
    let ran = archive.verify(&["-r", "many", "--summary", "sum"]);
    assert_eq!((ran.code, ran.errors.as_str()), (6, "ebl: 20000 documents: 20000 not read\n"));
    let wanted: Vec<String> = (0..20_000).map(|number| format!("many/{}", name(number))).collect();
    assert!(ran.files() == wanted, "all of them, in their order");
    let summary = archive.summary("sum");
    assert_eq!((&summary["documents"], &summary["unreadable"]), (&json!(20_000), &json!(20_000)));
}

#[test]
fn a_folder_that_changes_while_it_is_judged_gives_every_file_that_was_found_an_answer() {
    let archive = Archive::of(300);
    let mut run = archive.begin(&["-r", ".", "--jobs", "1"]);
    run.lines(1);
    for number in 100..300 {
        match number % 3 {
            0 => fs::remove_file(archive.path(&name(number))).expect("removed"),
            1 => fs::rename(archive.path(&name(number)), archive.path(&format!("new-{number}.json"))).expect("renamed"),
            _ => archive.write(&name(number), "{}"),
        }
    }
    let ran = run.end();
    let wanted: Vec<String> = (0..300).map(|number| format!("./{}", name(number))).collect();
    assert_eq!((ran.code, ran.files()), (1, wanted), "{}", ran.errors);
}

#[test]
fn a_file_that_is_being_written_is_never_called_a_forgery_or_no_document() {
    let archive = Archive::of(1);
    let bill = archive.text(&name(0));
    // Large, so that reading it takes a while, and somebody goes on writing to it.
    archive.write("growing.json", &format!("{bill}{}", " ".repeat(8 << 20)));
    let path = archive.path("growing.json");
    let (ended, end) = (Arc::new(AtomicBool::new(false)), mpsc::channel());
    let writer = std::thread::spawn({
        let ended = Arc::clone(&ended);
        move || {
            let mut file = OpenOptions::new().append(true).open(path).expect("the file");
            while !ended.load(Ordering::Relaxed) {
                file.write_all(b" ").expect("written");
                let _ = end.0.send(());
            }
        }
    });
    end.1.recv().expect("it is being written");
    let ran = archive.verify(&["growing.json", &name(0)]);
    ended.store(true, Ordering::Relaxed);
    writer.join().expect("the writer ends");
    let first: Value = serde_json::from_str(ran.out.lines().next().expect("a line")).expect("JSON");
    assert_eq!(first["error"]["code"], "read.file", "{first}");
    assert!(first["error"]["message"].as_str().expect("words").contains("changed while it was read"), "{first}");
    assert_eq!((ran.code, ran.files().len()), (6, 2));
}

#[test]
fn names_of_a_list_are_taken_as_they_stand_but_for_the_end_of_their_line() {
    let archive = Archive::of(1);
    for odd in ["blank at the end ", " blank before", "tab\t", "bill #3?.json"] {
        fs::copy(archive.path(&name(0)), archive.path(odd)).expect("copied");
    }
    archive.write("list", "\u{feff}blank at the end \r\n blank before\n\n  \t\ntab\t\nbill #3?.json");
    let ran = archive.verify(&["--files-from", "list"]);
    assert_eq!(ran.files(), ["blank at the end ", " blank before", "tab\t", "bill #3?.json"], "{}", ran.errors);
    assert_eq!(ran.code, 3);
}

#[test]
fn nothing_is_said_of_progress_where_nobody_waits_for_a_minute() {
    let archive = Archive::of(40);
    let counts = "ebl: 40 documents: 13 INVALID, 27 INDETERMINATE\n";
    for (arguments, wanted) in [
        (&["-r", "."][..], counts),
        (&["-r", ".", "--jobs", "1"], counts),
        (&["00000.json"], ""),
        (&["-r", ".", "-q"], ""),
    ] {
        let ran = archive.verify(arguments);
        assert_eq!(ran.errors, wanted, "{arguments:?}");
    }
}

#[test]
fn a_pipe_that_a_list_names_is_not_opened_and_holds_nobody_up() {
    let archive = Archive::of(3);
    let made = std::process::Command::new("mkfifo").arg(archive.path("pipe")).status();
    assert!(made.expect("mkfifo runs").success());
    symlink("pipe", archive.path("link.json")).expect("a link");
    let list = [&name(0), "pipe", "link.json", "/dev/null", &name(2)];
    archive.write("list", &list.join("\n"));
    let ran = archive.verify(&["--files-from", "list"]);
    assert_eq!((ran.code, ran.files()), (1, list.map(str::to_owned).to_vec()), "{}", ran.errors);
    let reports: Vec<Value> = ran.out.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    for (report, kind) in reports[1..4].iter().zip(["a pipe", "a pipe", "a device"]) {
        assert_eq!(report["error"]["code"], "read.file", "{report}");
        let words = report["error"]["message"].as_str().expect("words");
        assert!(words.contains(&format!("this is {kind}, not a plain file")), "{words}");
    }
    // On the command line it is meant so.
    let mut named = archive.begin(&[&name(0), "pipe"]);
    fs::write(archive.path("pipe"), archive.text(&name(2))).expect("read");
    named.lines(2);
    let named = named.end();
    assert_eq!((named.code, named.files()), (1, vec![name(0), "pipe".to_owned()]), "{}", named.errors);
}
