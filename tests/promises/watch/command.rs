//! `ebl watch` itself: lines, exit codes, the state file, the program that it runs, signals, and `kill -9`.

use std::io::{BufRead as _, BufReader, Read as _};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Output, Stdio};
use std::sync::atomic::Ordering;

use ebl_verifier::testchain::contracts::TitleWrite;
use ebl_verifier::title::Generation;
use serde_json::Value;

use crate::support::running_testchain::Running;
use crate::support::schema::follows;

use super::world::{BANK, CARRIER, SHIPPER, World, token};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_watch_ends_when_the_title_is_finally_returned_and_every_line_follows_its_schema() {
    let world = issued().await;
    let mut watching = Watching::start(&world, &["--every", "1s", "--until", "returned", "--format", "jsonl"]);
    assert_eq!(watching.event()["kind"], "begun");
    world.write(1, SHIPPER, TitleWrite::ReturnToIssuer { remark: b"at Rotterdam".to_vec() }).await;
    let pending = watching.event();
    assert_eq!((&pending["kind"], &pending["finality"]), (&"pending".into(), &"latest".into()), "{pending}");
    world.finalize();
    let last = watching.event();
    assert_eq!((&last["kind"], &last["finality"]), (&"changed".into(), &"finalized".into()), "{last}");
    assert_eq!((&last["to"]["state"], &last["remark"]["text"]), (&"returned".into(), &"at Rotterdam".into()));
    assert_eq!(last["operation"], "RETURNED_TO_ISSUER");
    assert_eq!(watching.end(), 0);
    // It is so already.
    assert_eq!(ebl(&world, &["--until", "returned"]).status.code(), Some(0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn once_tells_by_its_exit_code_whether_anything_changed() {
    let world = issued().await;
    let folder = tempfile::tempdir().unwrap();
    let state = folder.path().join("state.json");
    let once = || ebl(&world, &["--once", "--format", "jsonl", "--state", state.to_str().unwrap()]);
    let first = once();
    assert_eq!((first.status.code(), kinds(&first)), (Some(0), vec!["begun".to_owned()]), "{}", errors(&first));
    assert_eq!((once().status.code(), kinds(&once())), (Some(0), Vec::new()));
    world.hand_over(1, SHIPPER, BANK).await;
    let pending = once();
    assert_eq!((pending.status.code(), kinds(&pending)), (Some(10), vec!["pending".to_owned()]));
    assert_eq!(once().status.code(), Some(0));
    world.finalize();
    let changed = once();
    assert_eq!((changed.status.code(), kinds(&changed)), (Some(10), vec!["changed".to_owned()]));
    world.is_down.store(true, Ordering::Relaxed);
    let down = once();
    assert_eq!((down.status.code(), kinds(&down)), (Some(3), Vec::new()));
    assert!(errors(&down).contains("nothing is told of the title until that ends"), "{}", errors(&down));
    let text = std::fs::read_to_string(&state).unwrap();
    assert!(text.starts_with(r#"{"schema":"ebl-verifier/watch-state/1""#) && !text.contains("s3cret"), "{text}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_watch_that_is_killed_and_started_again_loses_and_doubles_nothing() {
    let world = issued().await;
    let folder = tempfile::tempdir().unwrap();
    let state = folder.path().join("state.json");
    let arguments = ["--every", "1s", "--format", "jsonl", "--state", state.to_str().unwrap()];
    let mut seen = Vec::new();
    let (mut from, mut to) = (SHIPPER, BANK);
    for round in 0..3 {
        let mut watching = Watching::start(&world, &arguments);
        if round == 0 {
            assert_eq!(watching.event()["kind"], "begun");
        }
        // One while it runs and one while it does not.
        world.hand_over(1, from, to).await;
        world.finalize();
        seen.push(watching.change());
        settled(&state, &seen);
        watching.kill();
        world.hand_over(1, to, from).await;
        world.hand_over(1, from, to).await;
        world.finalize();
        let mut again = Watching::start(&world, &arguments);
        seen.push(again.change());
        seen.push(again.change());
        settled(&state, &seen);
        again.kill();
        std::mem::swap(&mut from, &mut to);
    }
    let last = ebl(&world, &["--once", "--format", "jsonl", "--state", state.to_str().unwrap()]);
    assert_eq!((last.status.code(), kinds(&last)), (Some(0), Vec::new()), "{}", errors(&last));
    let mut ids: Vec<_> = seen.iter().map(|event| event["id"].to_string()).collect();
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), 9);
    // Each goes on where the one before ended.
    for pair in seen.windows(2) {
        assert_eq!(pair[0]["to"], pair[1]["from"]);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_outage_is_said_once_as_it_begins_and_once_as_it_ends() {
    let world = issued().await;
    let mut watching = Watching::start(&world, &["--every", "1s", "--format", "jsonl", "--timeout", "2"]);
    assert_eq!(watching.event()["kind"], "begun");
    world.is_down.store(true, Ordering::Relaxed);
    let before = world.front.asked().len();
    // Several looks go by.
    while world.front.asked().len() < before + 9 {
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    world.is_down.store(false, Ordering::Relaxed);
    world.hand_over(1, SHIPPER, BANK).await;
    world.finalize();
    assert_eq!(watching.change()["operation"], "TRANSFER_HOLDER");
    let notes = watching.interrupted();
    assert_eq!(notes.matches("nothing is told of the title").count(), 1, "{notes}");
    assert_eq!(notes.matches("what is recorded of the title can be read again").count(), 1, "{notes}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_until_names_has_not_come_while_a_title_cannot_be_looked_at() {
    let world = issued().await;
    let folder = tempfile::tempdir().unwrap();
    let state = folder.path().join("state.json");
    let state = ["--format", "jsonl", "--state", state.to_str().unwrap()];
    world.write(1, SHIPPER, TitleWrite::ReturnToIssuer { remark: Vec::new() }).await;
    world.finalize();
    assert_eq!(ebl(&world, &[&["--once"][..], &state].concat()).status.code(), Some(0));
    // It is given back, and the watch that goes on from there sees nothing yet.
    world.write(1, CARRIER, TitleWrite::Restore { token: token(1), remark: Vec::new() }).await;
    world.finalize();
    world.is_down.store(true, Ordering::Relaxed);
    let mut watching = Watching::start(&world, &[&["--every", "1s", "--until", "returned"][..], &state].concat());
    std::thread::sleep(std::time::Duration::from_millis(2500));
    assert!(watching.child.try_wait().unwrap().is_none(), "it goes on");
    world.is_down.store(false, Ordering::Relaxed);
    assert_eq!(watching.change()["to"]["state"], "live");
    watching.interrupted();
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_until_names_has_not_come_while_an_event_cannot_be_told() {
    let world = issued().await;
    let folder = tempfile::tempdir().unwrap();
    world.write(1, SHIPPER, TitleWrite::ReturnToIssuer { remark: Vec::new() }).await;
    world.finalize();
    let state = folder.path().join("state.json");
    let state = ["--format", "jsonl", "--state", state.to_str().unwrap()];
    assert_eq!(ebl(&world, &[&["--once"][..], &state].concat()).status.code(), Some(0));
    world.write(1, CARRIER, TitleWrite::Restore { token: token(1), remark: Vec::new() }).await;
    world.finalize();
    let program = script(folder.path(), "exit 7");
    let arguments = ["--every", "1s", "--until", "returned", "--exec", program.to_str().unwrap()];
    let mut watching = Watching::start(&world, &[&arguments[..], &state].concat());
    std::thread::sleep(std::time::Duration::from_millis(2500));
    assert!(watching.child.try_wait().unwrap().is_none(), "it goes on");
    let said = watching.interrupted();
    assert!(said.contains("exit status: 7"), "{said}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn that_pending_changes_cannot_be_read_is_said() {
    let world = issued().await;
    let folder = tempfile::tempdir().unwrap();
    let state = folder.path().join("state.json");
    let once = || ebl(&world, &["--once", "--state", state.to_str().unwrap()]);
    assert_eq!(once().status.code(), Some(0));
    world.hand_over(1, SHIPPER, BANK).await;
    world.hides_newer_logs.store(true, Ordering::Relaxed);
    let unread = once();
    assert_eq!((unread.status.code(), text(&unread.stdout).as_str()), (Some(3), ""));
    assert!(errors(&unread).contains("only what is final is told of the title until that ends"), "{}", errors(&unread));
    world.hides_newer_logs.store(false, Ordering::Relaxed);
    assert_eq!(once().status.code(), Some(10));
}

#[cfg(target_os = "linux")]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_program_is_ended_with_all_that_it_started() {
    let world = issued().await;
    let folder = tempfile::tempdir().unwrap();
    let program = script(folder.path(), "sleep 4321 & echo $! > \"$DIR/child\"; wait");
    let mut watching =
        Watching::start(&world, &["--every", "1s", "--format", "jsonl", "--exec", program.to_str().unwrap()]);
    assert_eq!(watching.event()["kind"], "begun");
    world.hand_over(1, SHIPPER, BANK).await;
    let child = folder.path().join("child");
    let began = std::time::Instant::now();
    let pid = loop {
        match std::fs::read_to_string(&child).ok().filter(|text| text.ends_with('\n')) {
            Some(text) => break text.trim().to_owned(),
            None => assert!(began.elapsed().as_secs() < 60, "it never ran"),
        }
        std::thread::sleep(std::time::Duration::from_millis(20));
    };
    assert!(Path::new("/proc").join(&pid).exists());
    watching.interrupted();
    let is_left = || std::fs::read_to_string(format!("/proc/{pid}/cmdline")).is_ok_and(|text| text.contains("4321"));
    while is_left() {
        assert!(began.elapsed().as_secs() < 60, "it goes on");
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_program_gets_each_change_once_and_a_hostile_remark_is_never_run() {
    let world = issued().await;
    let folder = tempfile::tempdir().unwrap();
    let program = script(folder.path(), "cat >> \"$DIR/events\"; env | grep '^EBL_EVENT_' >> \"$DIR/env\"; echo said");
    let mut arguments = vec!["--once", "--format", "jsonl", "--exec", program.to_str().unwrap()];
    let state = folder.path().join("state.json");
    arguments.extend(["--state", state.to_str().unwrap()]);
    assert_eq!(ebl(&world, &arguments).status.code(), Some(0));
    assert!(!folder.path().join("events").exists(), "what the watch begins with is no change");
    let remark =
        format!("$(touch {0}/ran); `touch {0}/ran` \" ' \u{1b}[2J\n{{}}; touch {0}/ran #", folder.path().display());
    let remark = remark.into_bytes();
    let remark = remark[..remark.len().min(120)].to_vec();
    world.write(1, SHIPPER, TitleWrite::TransferHolder { holder: BANK, remark }).await;
    world.finalize();
    let told = ebl(&world, &arguments);
    assert_eq!((told.status.code(), kinds(&told)), (Some(10), vec!["changed".to_owned()]), "{}", errors(&told));
    // What the program prints goes to standard error: the lines stay lines.
    assert!(errors(&told).contains("said"), "{}", errors(&told));
    let events = std::fs::read_to_string(folder.path().join("events")).unwrap();
    assert_eq!(events, text(&told.stdout));
    let variables = std::fs::read_to_string(folder.path().join("env")).unwrap();
    assert!(
        variables.contains("EBL_EVENT_KIND=changed\n") && variables.contains("EBL_EVENT_STATE=live\n"),
        "{variables}"
    );
    assert!(variables.contains(&format!("EBL_EVENT_HOLDER={BANK}\n")) && !variables.contains("touch"), "{variables}");
    assert!(!folder.path().join("ran").exists());
    assert_eq!(ebl(&world, &arguments).status.code(), Some(0));
    assert_eq!(std::fs::read_to_string(folder.path().join("events")).unwrap(), events);
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_program_that_fails_is_told_the_same_event_again() {
    let world = issued().await;
    let folder = tempfile::tempdir().unwrap();
    let program = script(folder.path(), "test -e \"$DIR/ready\" || exit 7\ncat >> \"$DIR/events\"");
    let state = folder.path().join("state.json");
    let arguments =
        ["--once", "--format", "jsonl", "--exec", program.to_str().unwrap(), "--state", state.to_str().unwrap()];
    ebl(&world, &arguments);
    world.hand_over(1, SHIPPER, BANK).await;
    world.hand_over(1, BANK, CARRIER).await;
    world.finalize();
    for _ in 0..2 {
        let failed = ebl(&world, &arguments);
        assert_eq!((failed.status.code(), kinds(&failed)), (Some(3), Vec::new()));
        assert!(errors(&failed).contains("exit status: 7; the event is told again"), "{}", errors(&failed));
    }
    std::fs::write(folder.path().join("ready"), "").unwrap();
    let told = ebl(&world, &arguments);
    assert_eq!((told.status.code(), kinds(&told).len()), (Some(10), 2));
    assert_eq!(std::fs::read_to_string(folder.path().join("events")).unwrap(), text(&told.stdout));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_state_file_that_cannot_be_used_is_a_clear_error() {
    let world = issued().await;
    let folder = tempfile::tempdir().unwrap();
    let state = folder.path().join("state.json");
    let once = || ebl(&world, &["--once", "--state", state.to_str().unwrap()]);
    assert_eq!(once().status.code(), Some(0));
    let good = std::fs::read_to_string(&state).unwrap();
    let other = good.replace(&token(1).to_string(), &token(2).to_string());
    for (content, said) in [
        ("{", "it is no state file of this program"),
        (&good.replace("watch-state/1", "watch-state/9"), "it is of the form"),
        (&other, "it is of another watch"),
    ] {
        std::fs::write(&state, content).unwrap();
        let refused = once();
        assert_eq!(refused.status.code(), Some(2), "{content}");
        assert!(errors(&refused).contains(said), "{}", errors(&refused));
        assert_eq!(std::fs::read_to_string(&state).unwrap(), content, "it is left as it was");
    }
    let nowhere = folder.path().join("no/such/folder/state.json");
    let refused = ebl(&world, &["--once", "--state", nowhere.to_str().unwrap()]);
    assert_eq!(refused.status.code(), Some(2), "{}", errors(&refused));
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_state_file_is_a_plain_one_that_no_other_watch_has() {
    use std::os::unix::fs::{FileTypeExt as _, symlink};
    let world = issued().await;
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let once = |state: &str| ebl(&world, &["--once", "--state", state]);
    let made = Command::new("mkfifo").arg(path("fifo")).status().unwrap();
    assert!(made.success());
    symlink("fifo", path("link")).unwrap();
    std::os::unix::net::UnixListener::bind(path("socket")).unwrap();
    let before = world.front.asked().len();
    for state in [path("fifo"), path("link"), path("socket"), "/dev/stdin".to_owned()] {
        let refused = once(&state);
        assert_eq!(refused.status.code(), Some(2), "{state}");
        assert!(errors(&refused).contains("it is not a plain file"), "{state}: {}", errors(&refused));
    }
    assert_eq!(world.front.asked().len(), before, "nothing is asked");
    assert!(std::fs::metadata(path("fifo")).unwrap().file_type().is_fifo());
    let mut names: Vec<_> = std::fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    names.sort();
    assert_eq!(names, ["fifo", "link", "socket"]);

    let state = path("state.json");
    let mut first = Watching::start(&world, &["--every", "1s", "--format", "jsonl", "--state", &state]);
    assert_eq!(first.event()["kind"], "begun");
    symlink("state.json", path("other-name")).unwrap();
    for state in [&state, &path("other-name")] {
        let second = once(state);
        assert_eq!((second.status.code(), text(&second.stdout).as_str()), (Some(2), ""));
        assert!(errors(&second).contains("another run goes on with it"), "{}", errors(&second));
    }
    first.interrupted();
    assert_eq!(once(&state).status.code(), Some(0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_makes_no_sense_is_refused_before_anything_is_asked() {
    let world = issued().await;
    let before = world.front.asked().len();
    for arguments in [
        &["--every", "0s"][..],
        &["--every", "2d"],
        &["--offline"],
        &["--once", "--until", "changed"],
        &["--exec", "no-such-program-anywhere"],
        &["--exec", "/bin/echo with arguments"],
        &["--block", "3"],
        &["--proof", "require"],
        &["--proof", "try"],
    ] {
        assert_eq!(ebl(&world, arguments).status.code(), Some(2), "{arguments:?}");
    }
    assert_eq!(world.front.asked().len(), before);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_person_reads_one_line_for_each_event() {
    let world = issued().await;
    let folder = tempfile::tempdir().unwrap();
    let state = folder.path().join("state.json");
    let once = || text(&ebl(&world, &["--once", "--state", state.to_str().unwrap()]).stdout);
    let begun = once();
    assert!(
        begun.starts_with("watching   token 0x00015555…: live, holder 0x7099…79C8, beneficiary 0x7099…79C8; block "),
        "{begun}"
    );
    world.hand_over(1, SHIPPER, BANK).await;
    let pending = once().replace('\n', " ");
    assert!(
        pending.contains("handed over, not final yet; holder 0x7099…79C8 -> 0x3C44…93BC, with the remark “on board”"),
        "{pending}"
    );
    world.finalize();
    let changed = once().replace('\n', " ");
    assert!(
        changed.starts_with("final      token 0x00015555…: handed over; holder 0x7099…79C8 -> 0x3C44…93BC"),
        "{changed}"
    );
}

#[test]
fn what_a_program_is_told_in_variables_is_no_setting_of_ours() {
    let verify = |variable: &str| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_ebl"));
        command
            .args(["verify", "--offline", "fixtures/documents/bill-v2.json"])
            .env_clear()
            .env("HOME", "/nonexistent");
        command.current_dir(env!("CARGO_MANIFEST_DIR")).env(variable, "changed").output().unwrap().status.code()
    };
    assert_eq!((verify("EBL_EVENT_KIND"), verify("EBL_EVENTS")), (Some(3), Some(2)));
}

#[test]
fn documents_are_verified_before_their_titles_are_watched() {
    let folder = tempfile::tempdir().unwrap();
    let (_chain, _) = Running::start(&folder.path().join("ebl-testchain"));
    let watch = |files: &[&str], more: &[&str]| {
        let files: Vec<String> = files.iter().map(|file| format!("ebl-testchain/{file}.json")).collect();
        let mut command = Command::new(env!("CARGO_BIN_EXE_ebl"));
        command
            .args(["watch", "--once", "--config", "ebl-testchain/ebl.toml", "--format", "jsonl"])
            .args(files)
            .args(more);
        command.current_dir(folder.path()).env_clear().env("HOME", "/nonexistent").stdin(Stdio::null());
        command.output().unwrap()
    };
    let good = watch(&["live", "live-v4", "w3c-live", "returned", "ended"], &[]);
    assert_eq!((good.status.code(), kinds(&good).len()), (Some(0), 5), "{}", errors(&good));
    let states: Vec<String> = text(&good.stdout).lines().map(|line| checked(line)["to"]["state"].to_string()).collect();
    assert_eq!(states, ["\"live\"", "\"live\"", "\"live\"", "\"returned\"", "\"ended\""]);
    // One that is wrong, and nothing is watched: with the exit code of a verification.
    for (files, exit, said) in [
        (&["live", "changed"][..], 1, "INVALID, the content does not match its digest"),
        (&["not-issued"], 1, "[issuance.not_minted]"),
        (&["no-such-file", "live"], 6, "there is no such file [read.file]"),
        (&["sealed"], 6, "[read.key_missing]"),
        (&["store"], 2, "has no title that could be watched"),
    ] {
        let refused = watch(files, &[]);
        assert_eq!((refused.status.code(), kinds(&refused).len()), (Some(exit), 0), "{files:?}: {}", errors(&refused));
        assert!(errors(&refused).contains(said), "{files:?}: {}", errors(&refused));
    }
    let sealed = watch(&["sealed"], &["--key", SAMPLE_KEY]);
    assert_eq!((sealed.status.code(), kinds(&sealed).len()), (Some(0), 1), "{}", errors(&sealed));
    std::fs::copy(folder.path().join("ebl-testchain/live.json"), folder.path().join("ebl-testchain/copy.json"))
        .unwrap();
    let twice = watch(&["live", "copy"], &["--until", "returned"]);
    assert_eq!(twice.status.code(), Some(2), "--once and --until: {}", errors(&twice));
    let twice = watch(&["live", "copy"], &[]);
    assert_eq!(kinds(&twice).len(), 1);
    assert!(errors(&twice).contains("has the same title as ebl-testchain/live.json"), "{}", errors(&twice));
}

/// That of the sealed sample, which everybody knows.
const SAMPLE_KEY: &str = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";

/// A world in which title 1 is issued for the shipper, and final.
async fn issued() -> World {
    let world = World::start(Generation::V5).await;
    world.mint(1).await;
    world.finalize();
    world
}

fn command(world: &World, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ebl"));
    command.args(world.arguments(1)).args(arguments).env_clear().env("HOME", "/nonexistent").stdin(Stdio::null());
    command.env("PATH", std::env::var_os("PATH").unwrap_or_default()).env("COLUMNS", "140");
    command
}

fn ebl(world: &World, arguments: &[&str]) -> Output {
    command(world, arguments).output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

fn errors(output: &Output) -> String {
    text(&output.stderr)
}

fn kinds(output: &Output) -> Vec<String> {
    text(&output.stdout).lines().map(|line| checked(line)["kind"].as_str().unwrap().to_owned()).collect()
}

/// A line, which follows its schema.
fn checked(line: &str) -> Value {
    let event = serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"));
    follows("watch", &event);
    event
}

/// Waits until the state file has the last of these: the line comes first.
fn settled(state: &Path, seen: &[Value]) {
    let block = seen.last().unwrap()["block_hash"].as_str().unwrap().to_owned();
    let known = || {
        let text = std::fs::read_to_string(state).unwrap();
        let state: Value = serde_json::from_str(&text).unwrap();
        let title = &state["titles"][0];
        title["told"].as_array().unwrap().is_empty() && title["known"]["block"]["hash"] == block
    };
    while !known() {
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
}

#[cfg(unix)]
fn script(folder: &Path, body: &str) -> std::path::PathBuf {
    use std::os::unix::fs::PermissionsExt as _;
    let path = folder.join("tell.sh");
    std::fs::write(&path, format!("#!/bin/sh\nDIR=\"$(dirname \"$0\")\"\n{body}\n")).unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
    path
}

/// A running watch, ended when dropped.
struct Watching {
    child: Child,
    lines: BufReader<ChildStdout>,
}

impl Watching {
    fn start(world: &World, arguments: &[&str]) -> Self {
        let mut child = command(world, arguments).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap());
        Self { child, lines }
    }

    /// The next line.
    fn event(&mut self) -> Value {
        let mut line = String::new();
        let read = self.lines.read_line(&mut line).unwrap();
        if read == 0 {
            let mut errors = String::new();
            self.child.stderr.take().unwrap().read_to_string(&mut errors).unwrap();
            panic!("it ended: {errors}");
        }
        checked(line.trim_end())
    }

    /// The next line that tells of a change which is pending no more.
    fn change(&mut self) -> Value {
        loop {
            let event = self.event();
            if event["kind"] == "changed" {
                return event;
            }
        }
    }

    fn end(mut self) -> i32 {
        self.child.wait().unwrap().code().unwrap()
    }

    fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Ends it as Ctrl-C does; what it said on standard error.
    fn interrupted(mut self) -> String {
        let pid = self.child.id().to_string();
        assert!(Command::new("kill").args(["-INT", &pid]).status().unwrap().success());
        assert_eq!(self.child.wait().unwrap().code(), Some(130));
        let mut errors = String::new();
        self.child.stderr.take().unwrap().read_to_string(&mut errors).unwrap();
        errors
    }
}

impl Drop for Watching {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
