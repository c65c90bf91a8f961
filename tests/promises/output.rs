//! What an exit code and an output file promise, whatever happens to the output: 0 only for what was judged valid, files
//! whole or untouched, inputs never written to, Ctrl-C at any moment.
#![cfg(all(unix, feature = "testchain"))]

use crate::support::running_testchain;
use crate::support::schema::follows;

use std::fs::{self, File, OpenOptions};
use std::io::{Read as _, Write as _};
use std::os::unix::fs::{FileTypeExt as _, MetadataExt as _, PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

use running_testchain::Running;

const BILL: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/documents/bill-v2.json");

fn command(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ebl"));
    command.args(arguments).env_clear().env("HOME", "/nonexistent").stdin(Stdio::null());
    command
}

/// A writing end whose reader has gone away.
fn closed_pipe() -> Stdio {
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    writer.into()
}

fn code(output: &Output) -> i32 {
    output.status.code().expect("an exit code, not a signal")
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

/// Documents that need nobody to come out as they do, and a folder for whatever else a test writes.
struct Desk {
    folder: tempfile::TempDir,
}

impl Desk {
    fn new() -> Self {
        let desk = Self { folder: tempfile::tempdir().unwrap() };
        let bill = fs::read_to_string(BILL).unwrap();
        desk.write("unknown.json", &bill);
        desk.write("changed.json", &bill.replace("NDSE-2026", "NDSE-2027"));
        desk.write("page.json", "<html>");
        desk
    }

    fn path(&self, name: &str) -> String {
        self.folder.path().join(name).to_str().unwrap().to_owned()
    }

    fn write(&self, name: &str, text: &str) -> String {
        fs::write(self.path(name), text).unwrap();
        self.path(name)
    }

    fn fifo(&self, name: &str) -> String {
        assert!(Command::new("mkfifo").arg(self.path(name)).status().unwrap().success());
        self.path(name)
    }

    /// Everything in the folder.
    fn names(&self) -> Vec<String> {
        let entries = fs::read_dir(self.folder.path()).unwrap();
        let mut names: Vec<_> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }
}

#[test]
fn a_reader_that_goes_away_never_lowers_the_exit_code() {
    let desk = Desk::new();
    let [unknown, changed, page] = ["unknown.json", "changed.json", "page.json"].map(|name| desk.path(name));
    let [unknown, changed, page] = [unknown.as_str(), changed.as_str(), page.as_str()];
    let wrong_policy = desk.write("wrong.toml", "no_such_rule = 1\n");
    let policy = desk.write("policy.toml", "quorum = 2\n");
    for (arguments, wanted) in [
        (vec!["verify", "--offline", changed], 1),
        (vec!["verify", "--offline", "/no/such/file"], 6),
        (vec!["verify", "--offline", "--format", "json", page], 6),
        (vec!["verify", "--offline", unknown], 3),
        // What was judged first is the worst, and what was left unjudged is not known.
        (vec!["verify", "--offline", changed, unknown], 1),
        (vec!["verify", "--offline", page, changed], 6),
        (vec!["title", "--offline", unknown], 3),
        (vec!["title", "--offline", "--format", "json", page], 6),
        (vec!["title", "--offline", "--format", "csv", unknown], 3),
        (vec!["inspect", "/no/such/file"], 6),
        (vec!["inspect", "--format", "json", page], 6),
        (vec!["doctor", "--offline"], 3),
        (vec!["policy", "check", &wrong_policy], 2),
        (vec!["demo"], 3),
        // Nothing is judged here, and `| head` is no error.
        (vec!["inspect", unknown], 0),
        (vec!["policy", "check", &policy], 0),
        (vec!["policy", "template"], 0),
        (vec!["explain"], 0),
        (vec!["explain", "title.live"], 0),
        (vec!["completions", "bash"], 0),
        (vec!["man"], 0),
        (vec!["--help"], 0),
        (vec!["verify", "--help"], 0),
        (vec!["--version"], 0),
    ] {
        let output = command(&arguments).stdout(closed_pipe()).output().unwrap();
        assert_eq!(code(&output), wanted, "{arguments:?}: {}", text(&output.stderr));
        assert!(!text(&output.stderr).contains("written"), "{arguments:?}: {}", text(&output.stderr));
    }
    // The same through a pipe that has a name.
    let fifo = desk.fifo("fifo");
    for (arguments, wanted) in [(vec!["verify", changed], 1), (vec!["title", unknown], 3), (vec!["inspect", page], 6)] {
        let child = command(&[arguments.as_slice(), &["-o", &fifo]].concat());
        let output = gone_reader(child, &fifo);
        assert_eq!(code(&output), wanted, "{arguments:?}: {}", text(&output.stderr));
    }
}

/// Runs a command that writes into the pipe, whose reader closes it as soon as it is open.
fn gone_reader(mut command: Command, fifo: &str) -> Output {
    if command.get_args().any(|argument| argument == "inspect") {
        command.stderr(Stdio::piped());
    } else {
        command.arg("--offline").stderr(Stdio::piped());
    }
    let child = command.spawn().unwrap();
    drop(File::open(fifo).unwrap());
    child.wait_with_output().unwrap()
}

#[test]
fn a_limit_on_the_size_of_files_is_told_and_leaves_nothing_behind() {
    let desk = Desk::new();
    let (bill, report) = (desk.path("unknown.json"), desk.path("report.json"));
    let script = "ulimit -f 1; exec \"$0\" verify --offline -v --format json -o \"$1\" \"$2\"";
    let mut shell = Command::new("sh");
    shell.args(["-c", script, env!("CARGO_BIN_EXE_ebl"), &report, &bill]);
    let output = shell.env_clear().env("HOME", "/nonexistent").stdin(Stdio::null()).output().unwrap();
    assert_eq!(code(&output), 3, "{}", text(&output.stderr));
    assert!(text(&output.stderr).contains("could not be written"), "{}", text(&output.stderr));
    assert_eq!(desk.names(), ["changed.json", "page.json", "unknown.json"]);
}

#[test]
fn what_was_left_unjudged_when_the_reader_went_is_not_valid() {
    let world = tempfile::tempdir().unwrap();
    let (_chain, _) = Running::start(&world.path().join("chain"));
    let sample = |name: &str| world.path().join("chain").join(name).to_str().unwrap().to_owned();
    let (settings, live, returned) = (sample("ebl.toml"), sample("live.json"), sample("returned.json"));
    let run = |files: &[&str], stdout: Stdio| {
        let arguments = [["verify", "--config", &settings].as_slice(), files].concat();
        command(&arguments).stdout(stdout).output().unwrap()
    };
    let full = || OpenOptions::new().write(true).open("/dev/full").unwrap().into();
    for (files, wanted, on_full_disk) in [
        (vec![live.as_str()], 0, 74),
        (vec![live.as_str(), live.as_str()], 3, 3),
        (vec![returned.as_str()], 4, 4),
        (vec![returned.as_str(), live.as_str()], 3, 3),
    ] {
        assert_eq!(code(&run(&files, closed_pipe())), wanted, "{files:?}");
        if Path::new("/dev/full").exists() {
            let output = run(&files, full());
            assert_eq!(code(&output), on_full_disk, "{files:?}");
            assert!(
                text(&output.stderr).contains("could not be written to standard output"),
                "{}",
                text(&output.stderr)
            );
        }
    }
    // Without output there is nothing to fail.
    assert_eq!(code(&run(&["-q", &live, &live], closed_pipe())), 0);
    assert_eq!(code(&run(&["-q", &live, &returned], closed_pipe())), 4);
    let title = command(&["title", "--config", &settings, &live]).stdout(closed_pipe()).output().unwrap();
    assert_eq!(code(&title), 0);
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_an_error_of_its_own_and_hides_no_verdict() {
    let desk = Desk::new();
    let [unknown, changed, page] = ["unknown.json", "changed.json", "page.json"].map(|name| desk.path(name));
    for (arguments, wanted) in [
        (vec!["verify", "--offline", &changed], 1),
        (vec!["verify", "--offline", &page], 6),
        (vec!["verify", "--offline", &unknown], 3),
        (vec!["title", "--offline", &unknown], 3),
        (vec!["inspect", &page], 6),
        (vec!["inspect", &unknown], 74),
        (vec!["doctor", "--offline"], 3),
        (vec!["policy", "template"], 74),
        (vec!["explain"], 74),
        (vec!["completions", "zsh"], 74),
        (vec!["man"], 74),
        (vec!["--help"], 74),
        (vec!["--version"], 74),
        (vec!["demo"], 74),
    ] {
        let full = || OpenOptions::new().write(true).open("/dev/full").unwrap();
        let output = command(&arguments).stdout(full()).output().unwrap();
        assert_eq!(code(&output), wanted, "{arguments:?}: {}", text(&output.stderr));
        assert!(text(&output.stderr).contains("could not be written to standard output"), "{arguments:?}");
        // The same by name, and with a standard error that is full, too.
        if ["verify", "title", "inspect"].contains(&arguments[0]) {
            let output = command(&arguments).args(["-o", "/dev/full"]).stderr(full()).output().unwrap();
            assert_eq!(code(&output), wanted, "{arguments:?}");
        }
    }
    let full = OpenOptions::new().write(true).open("/dev/full").unwrap();
    let usage = command(&["explain", "no.such.code"]).stderr(full).output().unwrap();
    assert_eq!(code(&usage), 2);
}

#[test]
fn closed_standard_streams_change_no_exit_code() {
    let desk = Desk::new();
    let shell = |arguments: &str, closed: &str| {
        let script = format!("exec '{}' {arguments} {closed}", env!("CARGO_BIN_EXE_ebl"));
        Command::new("sh").args(["-c", &script]).env_clear().env("HOME", "/nonexistent").output().unwrap()
    };
    for (file, wanted) in [("changed.json", 1), ("unknown.json", 3), ("page.json", 6), ("none.json", 6)] {
        for closed in [">&-", "2>&-", "<&-", "<&- >&- 2>&-"] {
            let output = shell(&format!("verify --offline '{}'", desk.path(file)), closed);
            assert_eq!(code(&output), wanted, "{file} {closed}");
        }
    }
    assert_eq!(code(&shell("verify --offline --config /nonexistent x", "2>&-")), 2);
    assert_eq!(code(&shell("verify --offline -", "<&-")), 6, "an empty input");
    assert_eq!(desk.names(), ["changed.json", "page.json", "unknown.json"]);
}

#[test]
fn an_output_file_is_whole_or_untouched() {
    let desk = Desk::new();
    let unknown = desk.path("unknown.json");
    let report = desk.path("report.json");
    let write = |arguments: &[&str]| {
        command(&[["verify", "--offline", "--format", "json"].as_slice(), arguments].concat()).output().unwrap()
    };
    let first = write(&[&unknown, "-o", &report]);
    assert_eq!((code(&first), first.stdout.len()), (3, 0));
    let written = fs::read_to_string(&report).unwrap();
    assert!(written.ends_with("}\n"), "{written}");
    assert_eq!(desk.names(), ["changed.json", "page.json", "report.json", "unknown.json"], "nothing is left beside it");
    let mode = |path: &str| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&report), mode(&unknown), "as any file that is made");

    // Another file takes its place, with the rights of the one before; a link stays and leads to the new one.
    fs::set_permissions(&report, fs::Permissions::from_mode(0o640)).unwrap();
    let link = desk.path("link.json");
    symlink("report.json", &link).unwrap();
    let before = fs::metadata(&report).unwrap().ino();
    let reading = File::open(&report).unwrap();
    assert_eq!(code(&write(&[&desk.path("changed.json"), "-o", &link])), 1);
    assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
    assert!(fs::read_to_string(&report).unwrap().contains("integrity.digest_mismatch"));
    assert_ne!(fs::metadata(&report).unwrap().ino(), before);
    assert_eq!(mode(&report), 0o640);
    let mut seen = String::new();
    { reading }.read_to_string(&mut seen).unwrap();
    assert_eq!(seen, written, "whoever reads the old one has it whole");

    // Where there is nothing yet, a link's end is made.
    symlink("made.json", desk.path("to-be.json")).unwrap();
    assert_eq!(code(&write(&[&unknown, "-o", &desk.path("to-be.json")])), 3);
    assert!(fs::symlink_metadata(desk.path("made.json")).unwrap().is_file());

    // A run that does not begin leaves it alone.
    let kept = fs::read_to_string(&report).unwrap();
    assert_eq!(code(&write(&["--block", "yesterday", &unknown, "-o", &report])), 2);
    // Nobody who asks for no output and a file at once is left with the old file for a new one.
    for name in [["verify", "--offline"].as_slice(), &["title", "--offline"], &["inspect"]] {
        let output = command(name).args(["-q", &unknown, "-o", &report]).output().unwrap();
        let said = text(&output.stderr);
        assert!(code(&output) == 2 && said.contains("cannot be used with"), "{name:?}: {said}");
    }
    assert_eq!(fs::read_to_string(&report).unwrap(), kept);

    // The same holds for a title and an inspection.
    for arguments in [["title", "--offline"].as_slice(), &["inspect"]] {
        assert!(command(arguments).args([&unknown, "-o", &report]).output().unwrap().stdout.is_empty());
        assert_ne!(fs::read_to_string(&report).unwrap(), kept);
    }
    assert!(desk.names().iter().all(|name| !name.contains("unfinished")), "{:?}", desk.names());
}

#[test]
fn an_output_that_cannot_be_made_is_a_usage_error() {
    let desk = Desk::new();
    let unknown = desk.path("unknown.json");
    fs::create_dir(desk.path("folder")).unwrap();
    symlink("circle-b", desk.path("circle-a")).unwrap();
    symlink("circle-a", desk.path("circle-b")).unwrap();
    for output in ["folder", "no-such-folder/report.json", "circle-a", "unknown.json/report.json"] {
        let ran = command(&["verify", "--offline", &unknown, "-o", &desk.path(output)]).output().unwrap();
        assert_eq!(code(&ran), 2, "{output}: {}", text(&ran.stderr));
        assert!(text(&ran.stderr).starts_with("ebl: cannot write to --output "), "{output}: {}", text(&ran.stderr));
    }
}

#[test]
fn a_folder_that_cannot_be_written_to_is_named() {
    let desk = Desk::new();
    let (unknown, locked) = (desk.path("unknown.json"), desk.path("locked"));
    fs::create_dir(&locked).unwrap();
    let report = desk.write("locked/report.json", "kept");
    let allow = |path: &str, mode| fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    allow(&report, 0o666);
    allow(&locked, 0o555);
    allow(desk.folder.path().to_str().unwrap(), 0o755);
    let arguments = ["verify", "--offline", &unknown, "-o", &report];
    let mut ran = command(&arguments);
    if desk.folder.path().metadata().unwrap().uid() == 0 {
        // Rights do not hold the superuser back: a copy of the binary, which another user can reach, runs as "nobody".
        use std::os::unix::process::CommandExt as _;
        let copy = desk.path("ebl");
        // Not by this process: a test beside this one that starts a command would hold the copy open for writing.
        assert!(Command::new("cp").args([env!("CARGO_BIN_EXE_ebl"), &copy]).status().unwrap().success());
        ran = Command::new(copy);
        ran.args(arguments).env_clear().env("HOME", "/nonexistent").uid(65534).gid(65534);
    }
    let ran = ran.output();
    allow(&locked, 0o755);
    let ran = ran.unwrap();
    assert_eq!(code(&ran), 2, "{}", text(&ran.stderr));
    assert!(text(&ran.stderr).contains("written beside first"), "{}", text(&ran.stderr));
    assert_eq!(fs::read_to_string(report).unwrap(), "kept");
}

#[test]
fn an_output_that_is_read_too_is_refused_before_anything_is_written() {
    let desk = Desk::new();
    let bill = fs::read_to_string(BILL).unwrap();
    let unknown = desk.path("unknown.json");
    fs::hard_link(&unknown, desk.path("hard.json")).unwrap();
    symlink("unknown.json", desk.path("soft.json")).unwrap();
    symlink("soft.json", desk.path("twice.json")).unwrap();
    fs::create_dir(desk.path("sub")).unwrap();
    let policy = desk.write("policy.toml", "quorum = 1\n");
    let settings = desk.write("ebl.toml", "policy = \"policy.toml\"\n");
    let names = desk.write("names.toml", "\"0x70997970C51812dc3A010C7d01b50e0d17dc79C8\" = \"Kallang Coffee\"\n");
    let key = desk.write("bill.key", &"00".repeat(32));
    let at_key = format!("@{key}");
    let refused = |ran: &Output, what: &str| {
        assert_eq!((code(ran), ran.stdout.len()), (2, 0), "{what}: {}", text(&ran.stderr));
        assert!(text(&ran.stderr).contains("that is read, too"), "{what}: {}", text(&ran.stderr));
    };
    let offline = ["verify", "--offline"].as_slice();
    for output in ["unknown.json", "./unknown.json", "sub/../unknown.json", "hard.json", "soft.json", "twice.json"] {
        for arguments in [offline, &["title", "--offline"], &["inspect"]] {
            let ran = command(arguments).args([&unknown, "-o", &desk.path(output)]).output().unwrap();
            refused(&ran, output);
        }
        let files = [&desk.path("changed.json"), &desk.path("hard.json")];
        let ran = command(offline).args(files).args(["-o", &desk.path(output)]).output().unwrap();
        refused(&ran, output);
        let ran =
            command(offline).args(["-r", desk.folder.path().to_str().unwrap(), "-o", &desk.path(output)]).output();
        refused(&ran.unwrap(), output);
    }
    // A name relative to the current folder.
    let ran = command(offline).args(["unknown.json", "-o", &unknown]).current_dir(desk.folder.path()).output().unwrap();
    refused(&ran, "relative");
    // The settings, and whatever is read because of them.
    for (flag, value, output) in [
        ("--policy", &policy, &policy),
        ("--config", &settings, &settings),
        ("--config", &settings, &policy),
        ("--names", &names, &names),
        ("--key", &at_key, &key),
    ] {
        let kept = fs::read(output).unwrap();
        let ran = command(offline).args([&unknown, flag, value, "-o", output]).output().unwrap();
        refused(&ran, flag);
        assert_eq!(fs::read(output).unwrap(), kept, "{flag}");
    }
    // Not there yet: the report would become the document.
    let none = desk.path("none.json");
    refused(&command(offline).args([&none, "-o", &none]).output().unwrap(), "not there");
    // Standard input and standard output.
    let ran = command(offline).args(["-", "-o", &unknown]).stdin(File::open(&unknown).unwrap()).output().unwrap();
    refused(&ran, "standard input");
    let append = OpenOptions::new().append(true).open(&unknown).unwrap();
    refused(&command(offline).arg(&unknown).stdout(append).output().unwrap(), "standard output");
    // A pipe that would wait for itself.
    let fifo = desk.fifo("fifo");
    refused(&command(offline).args([&fifo, "-o", &fifo]).output().unwrap(), "pipe");

    assert_eq!(fs::read_to_string(&unknown).unwrap(), bill);
    assert!(!Path::new(&none).exists());
    assert_eq!(fs::metadata(&unknown).unwrap().nlink(), 2);
}

#[test]
fn pipes_and_devices_are_written_to_as_they_are() {
    let desk = Desk::new();
    let unknown = desk.path("unknown.json");
    let plain = command(&["verify", "--offline", &unknown]).output().unwrap().stdout;
    let fifo = desk.fifo("fifo");
    let child = command(&["verify", "--offline", &unknown, "-o", &fifo]).spawn().unwrap();
    assert_eq!(fs::read(&fifo).unwrap(), plain);
    assert_eq!(code(&child.wait_with_output().unwrap()), 3);
    assert!(fs::symlink_metadata(&fifo).unwrap().file_type().is_fifo());
    for output in ["/dev/stdout", "-"] {
        let ran = command(&["verify", "--offline", &unknown, "-o", output]).output().unwrap();
        assert_eq!((code(&ran), &ran.stdout), (3, &plain), "{output}");
        // What stands in the file already stays, and what comes after finds its place.
        let path = desk.write("log.txt", "before\n");
        let mut log = OpenOptions::new().append(true).open(&path).unwrap();
        let ran = command(&["verify", "--offline", &unknown, "-o", output]).stdout(log.try_clone().unwrap()).status();
        assert_eq!(ran.unwrap().code(), Some(3));
        log.write_all(b"after\n").unwrap();
        let wanted = [b"before\n".as_slice(), &plain, b"after\n"].concat();
        assert_eq!(fs::read(&path).unwrap(), wanted, "{output}");
    }
    let ran = command(&["verify", "--offline", &unknown, "-o", "/dev/null"]).output().unwrap();
    assert_eq!((code(&ran), ran.stdout.len()), (3, 0));
    assert!(!fs::symlink_metadata("/dev/null").unwrap().is_file());
    assert!(!desk.folder.path().join("-").exists());
}

#[test]
fn no_flag_that_names_a_file_to_write_ever_replaces_a_pipe() {
    let desk = Desk::new();
    let unknown = desk.path("unknown.json");
    let fifo = desk.fifo("fifo");
    let is_left = || fs::symlink_metadata(&fifo).unwrap().file_type().is_fifo();
    for flag in ["--summary", "--save-evidence"] {
        let child = command(&["verify", "--offline", &unknown, flag, &fifo, "-q"]).spawn().unwrap();
        assert!(serde_json::from_slice::<serde_json::Value>(&fs::read(&fifo).unwrap()).is_ok(), "{flag}");
        assert_eq!(code(&child.wait_with_output().unwrap()), 3, "{flag}");
        assert!(is_left(), "{flag}");
    }
    let ran = command(&["verify", "--offline", &unknown, "--resume", &fifo]).output().unwrap();
    assert!(code(&ran) == 2 && is_left(), "{}", text(&ran.stderr));
    // A pipe that has the name of an evidence file in the folder, which is one that a stranger may have laid there.
    let folder = desk.path("evidence");
    let keep = || command(&["verify", "--offline", &unknown, "--evidence-dir", &folder]).output().unwrap();
    assert_eq!(code(&keep()), 3);
    let kept = fs::read_dir(&folder).unwrap().next().unwrap().unwrap().path();
    fs::rename(&fifo, &kept).unwrap();
    let ran = keep();
    assert_eq!(code(&ran), 3, "it hides no verdict: {}", text(&ran.stderr));
    assert!(text(&ran.stderr).contains("it is not a plain file"), "{}", text(&ran.stderr));
    assert!(fs::symlink_metadata(&kept).unwrap().file_type().is_fifo());
}

/// A run that Ctrl-C ends.
struct Interrupted(Child);

impl Interrupted {
    fn start(mut command: Command) -> Self {
        Self(command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap())
    }

    fn interrupt(self) -> Output {
        let id = self.0.id().to_string();
        assert!(Command::new("kill").args(["-INT", &id]).status().unwrap().success());
        self.0.wait_with_output().unwrap()
    }

    /// Until the run has opened a pipe for reading: opening it for writing takes until then.
    fn after_it_opened(fifo: &str, command: Command) -> (Self, File) {
        let run = Self::start(command);
        let writer = OpenOptions::new().write(true).open(fifo).unwrap();
        (run, writer)
    }
}

fn assert_interrupted(output: &Output, what: &str) {
    assert_eq!((code(output), text(&output.stdout)), (130, String::new()), "{what}");
    assert!(text(&output.stderr).starts_with("ebl: interrupted"), "{what}: {}", text(&output.stderr));
}

#[test]
fn ctrl_c_ends_a_run_that_waits_for_a_pipe_or_standard_input() {
    let desk = Desk::new();
    let fifo = desk.fifo("fifo");
    let report = desk.write("report.txt", "kept");
    for arguments in [
        vec!["verify", "--offline", &fifo],
        vec!["verify", "--dns", "127.0.0.1:9", &fifo],
        vec!["verify", "--offline", "-o", &report, &fifo],
        vec!["title", "--offline", "-o", &report, &fifo],
        vec!["inspect", &fifo],
        vec!["inspect", "-o", &report, &fifo],
    ] {
        // A writer that writes nothing more.
        let (run, mut writer) = Interrupted::after_it_opened(&fifo, command(&arguments));
        writer.write_all(b"{").unwrap();
        assert_interrupted(&run.interrupt(), &format!("{arguments:?}"));
    }
    assert_eq!(fs::read_to_string(&report).unwrap(), "kept");
    assert!(desk.names().iter().all(|name| !name.contains("unfinished")), "{:?}", desk.names());

    let mut waiting = command(&["verify", "--offline", "-"]);
    waiting.stdin(Stdio::piped());
    let mut run = Interrupted::start(waiting);
    // More than a pipe holds, so the run has read some of it.
    let mut stdin = run.0.stdin.take().unwrap();
    stdin.write_all(&vec![b' '; 1 << 20]).unwrap();
    assert_interrupted(&run.interrupt(), "standard input");
    drop(stdin);
}

#[test]
fn ctrl_c_ends_a_run_that_reads_hashes_or_waits_for_its_reader() {
    let desk = Desk::new();
    // Large enough to take far longer than the signal does.
    let mut bill: serde_json::Value = serde_json::from_str(&fs::read_to_string(BILL).unwrap()).unwrap();
    let leaf = "00000000-0000-4000-8000-000000000000:string:a";
    bill["data"]["many"] = vec![leaf; 400_000].into();
    let bytes = serde_json::to_vec(&bill).unwrap();
    let mut hashing = command(&["verify", "--offline", "-"]);
    hashing.stdin(Stdio::piped());
    let mut run = Interrupted::start(hashing);
    // All but what fits into the pipe has been read when this returns.
    run.0.stdin.take().unwrap().write_all(&bytes).unwrap();
    assert_interrupted(&run.interrupt(), "hashing");

    // A reader that is there and does not read: the pipe is full, and writing waits.
    let unknown = desk.path("unknown.json");
    let files = vec![unknown.as_str(); 200];
    let (mut reader, writer) = std::io::pipe().unwrap();
    let mut blocked = command(&[["verify", "--offline", "-v"].as_slice(), &files].concat());
    blocked.stdout(writer).stderr(Stdio::piped());
    let child = blocked.spawn().unwrap();
    drop(blocked);
    let mut first = [0];
    reader.read_exact(&mut first).unwrap();
    let output = Interrupted(child).interrupt();
    assert_eq!(code(&output), 130, "{}", text(&output.stderr));
}

#[test]
fn a_folder_gives_every_document_and_says_what_it_left_out() {
    let desk = Desk::new();
    let folder = desk.path("folder");
    fs::create_dir_all(PathBuf::from(&folder).join("sub")).unwrap();
    let bill = fs::read_to_string(BILL).unwrap();
    let taken = ["A.JSON", "b.Json", "c.opencert", "d.OPENCERT", "e.tt", "f.oa", "g.JsonLD", "sub/h.json"];
    for name in taken {
        desk.write(&format!("folder/{name}"), &bill);
    }
    for name in ["note.txt", "page.pdf", "json", "sub/.DS_Store"] {
        desk.write(&format!("folder/{name}"), "x");
    }
    desk.fifo("folder/pipe.json");
    let _socket = std::os::unix::net::UnixListener::bind(desk.path("folder/socket.json")).unwrap();
    symlink("/dev/zero", desk.path("folder/zero.json")).unwrap();
    symlink("..", desk.path("folder/sub/circle.json")).unwrap();
    symlink(BILL, desk.path("folder/linked.json")).unwrap();
    symlink("nowhere", desk.path("folder/lost.json")).unwrap();
    let ran = command(&["verify", "--offline", "--recursive", "--format", "json", &folder]).output().unwrap();
    let lines: Vec<serde_json::Value> =
        text(&ran.stdout).lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    // A link to a document is one; a link that leads nowhere is one that cannot be read.
    assert_eq!((code(&ran), lines.len()), (6, taken.len() + 2), "{}", text(&ran.stdout));
    assert_eq!(lines.iter().filter(|line| line["verdict"] == "indeterminate").count(), taken.len() + 1);
    let errors = text(&ran.stderr);
    for (name, what) in [
        ("pipe.json", "a pipe"),
        ("socket.json", "a socket"),
        ("zero.json", "a device"),
        ("sub/circle.json", "a link to a folder"),
    ] {
        assert!(errors.contains(&format!("ebl: skipped: {folder}/{name} is {what}\n")), "{errors}");
    }
    assert!(errors.contains("ebl: 4 other files were passed over"), "{errors}");
    let quiet = command(&["verify", "--offline", "-rq", &folder]).output().unwrap();
    assert_eq!((code(&quiet), quiet.stdout.len(), quiet.stderr.len()), (6, 0, 0));
    // A folder without any is no success.
    fs::create_dir(desk.path("empty")).unwrap();
    let empty = command(&["verify", "--offline", "-r", &desk.path("empty")]).output().unwrap();
    assert_eq!(code(&empty), 2);
    assert!(text(&empty.stderr).contains(".opencert"), "{}", text(&empty.stderr));
}

/// What all JSON says of the file and of the time, which is now.
fn assert_names_file_and_time(object: &serde_json::Value, file: Option<&str>) {
    assert_eq!(object["file"].as_str(), file, "{object:#}");
    let time: jiff::Timestamp = object["checked_at"].as_str().expect("a time").parse().unwrap();
    let age = jiff::Timestamp::now().as_second() - time.as_second();
    assert!((0..3600).contains(&age), "{time}");
}

#[test]
fn every_json_names_its_file_and_the_time_of_the_check() {
    let desk = Desk::new();
    let [unknown, changed, page] = ["unknown.json", "changed.json", "page.json"].map(|name| desk.path(name));
    let none = desk.path("none.json");
    let verify = ["verify", "--offline", "--format"].as_slice();
    let title = ["title", "--offline", "--format"].as_slice();
    let inspect = ["inspect", "--format"].as_slice();
    for file in [&unknown, &changed, &page, &none].map(String::as_str) {
        let is_read = [unknown.as_str(), &changed].contains(&file);
        for (arguments, format, schema) in [
            (verify, "json", "report"),
            (verify, "jsonl", "report"),
            (verify, "fragments", "fragments"),
            (title, "json", "title"),
            (title, "jsonl", "title"),
            (inspect, "json", if is_read { "inspection" } else { "report" }),
            (inspect, "jsonl", if is_read { "inspection" } else { "report" }),
        ] {
            let ran = command(&[arguments, &[format, file]].concat()).output().unwrap();
            let object = serde_json::from_slice(&ran.stdout).unwrap();
            assert_names_file_and_time(&object, Some(file));
            follows(schema, &object);
            assert_eq!(text(&ran.stdout).lines().count() == 1, format == "jsonl", "{arguments:?}");
        }
    }
    let ran = command(&["verify", "--offline", "--format", "json", "-"]).stdin(File::open(&unknown).unwrap()).output();
    assert_names_file_and_time(&serde_json::from_slice(&ran.unwrap().stdout).unwrap(), Some("-"));
    // A link may hold a key, so its host alone is named.
    let link = r#"https://actions.tradetrust.io?q={"type":"DOCUMENT","payload":{"uri":"https://docs.example/s3cret","key":"00","chainId":"137"}}"#;
    for arguments in [verify, title] {
        let ran = command(&[arguments, &["json", link]].concat()).output().unwrap();
        let object: serde_json::Value = serde_json::from_slice(&ran.stdout).unwrap();
        assert!(!text(&ran.stdout).contains("s3cret"), "{object:#}");
        assert!(object["file"].as_str().unwrap().starts_with("link"), "{object:#}");
    }
    let ran = command(&["inspect", "--format", "json", &link.replace(r#","key":"00""#, "")]).output().unwrap();
    let object = serde_json::from_slice(&ran.stdout).unwrap();
    assert_names_file_and_time(&object, Some("link to docs.example"));
    follows("inspection", &object);
    let token = format!("0x{}", "11".repeat(32));
    let of_token = ["--chain-id", "1", "--registry", "0x0000000000000000000000000000000000000001", "--token", &token];
    let ran = command(&[["title", "--offline", "--format", "json"].as_slice(), &of_token].concat()).output().unwrap();
    assert_names_file_and_time(&serde_json::from_slice(&ran.stdout).unwrap(), None);
    let ran = command(&["doctor", "--offline", "--format", "jsonl"]).output().unwrap();
    let object = serde_json::from_slice(&ran.stdout).unwrap();
    assert_names_file_and_time(&object, None);
    follows("doctor", &object);
}

#[test]
fn a_folder_with_one_document_gives_one_line_like_one_with_many() {
    let desk = Desk::new();
    fs::create_dir(desk.path("one")).unwrap();
    fs::copy(BILL, desk.path("one/bill.json")).unwrap();
    for format in ["json", "jsonl", "fragments"] {
        let ran = command(&["verify", "--offline", "-r", "--format", format, &desk.path("one")]).output().unwrap();
        assert_eq!((code(&ran), text(&ran.stdout).lines().count()), (3, 1), "{format}");
        assert!(ran.stderr.is_empty(), "nothing was passed over: {}", text(&ran.stderr));
    }
}

#[test]
fn inspect_and_title_have_the_switches_of_verify() {
    let desk = Desk::new();
    let unknown = desk.path("unknown.json");
    for arguments in [["verify", "--offline"].as_slice(), &["title", "--offline"], &["inspect"]] {
        let run = |switches: &[&str]| command(&[arguments, switches, &[&unknown]].concat()).output().unwrap();
        let plain = run(&[]);
        let quiet = run(&["-q"]);
        assert_eq!((code(&quiet), quiet.stdout.len(), quiet.stderr.len()), (code(&plain), 0, 0), "{arguments:?}");
        let verbose = run(&["--verbose"]);
        assert!(verbose.stdout.len() > plain.stdout.len(), "{arguments:?}");
        assert!(!text(&plain.stdout).contains('\u{1b}'), "{arguments:?}");
        assert!(text(&run(&["--color", "always"]).stdout).contains("\u{1b}["), "{arguments:?}");
        let report = desk.path("report.txt");
        assert!(run(&["-o", &report]).stdout.is_empty());
        assert_eq!(fs::read(&report).unwrap(), plain.stdout, "{arguments:?}");
    }
}
