//! Evidence that is kept and judged again (docs/evidence.md): the same report byte for byte, without a socket; and whatever is
//! changed in the file is found, or claims no more than what then stands in it.

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use crate::support::running_testchain::Running;
use crate::support::schema::follows;

#[test]
fn evidence_of_any_document_leads_to_the_same_report_byte_for_byte_without_anybody_being_asked() {
    let desk = Desk::open();
    let samples = [
        "live",
        "returned",
        "ended",
        "live-oa3",
        "signed",
        "store",
        "store-revoked",
        "no-record",
        "changed",
        "hidden-fields",
        "nominated",
        "w3c-live",
        "w3c-presentation",
        "w3c-revoked",
    ];
    let mut kept = Vec::new();
    for name in samples {
        let verified = desk.run(&[
            "verify",
            &desk.sample(name),
            "--format",
            "json",
            "--content",
            "--save-evidence",
            &desk.file(name),
        ]);
        kept.push((name, verified));
    }
    // Nobody is there any more.
    let desk = desk.closed();
    for (name, verified) in kept {
        let replayed = desk.run(&["replay", &desk.file(name), &desk.sample(name), "--format", "json"]);
        assert_eq!(replayed.status.code(), verified.status.code(), "{name}: {}", errors(&replayed));
        assert_eq!(text(&replayed), text(&verified), "{name}");
        assert!(
            errors(&replayed).contains("is the one that the evidence was kept of"),
            "{name}: {}",
            errors(&replayed)
        );
        follows("evidence-file", &desk.read(name));
    }
}

#[test]
fn a_file_that_was_changed_truncated_or_is_of_something_else_is_refused() {
    let desk = Desk::open();
    desk.run(&["verify", &desk.sample("returned"), "--save-evidence", &desk.file("kept")]);
    let whole = std::fs::read(desk.file("kept")).unwrap();
    let document = desk.sample("returned");
    let refused = |bytes: &[u8], code: &str| {
        std::fs::write(desk.file("bad"), bytes).unwrap();
        let run = desk.run(&["replay", &desk.file("bad"), &document]);
        assert!(run.status.code() == Some(6) && text(&run).contains(code), "{code}: {}{}", text(&run), errors(&run));
    };
    for length in [0, 1, whole.len() / 2, whole.len() - 3] {
        refused(&whole[..length], if length == 0 { "replay.not_evidence" } else { "replay." });
    }
    let other = desk.run(&["replay", &desk.file("kept"), &desk.sample("live")]);
    assert!(other.status.code() == Some(6) && text(&other).contains("replay.other_document"), "{}", text(&other));
    assert!(text(&other).starts_with("NOT JUDGED AGAIN  ") && text(&other).contains("kept"), "{}", text(&other));
    // Of two files that one is named which it is about.
    let missing = desk.run(&["replay", &desk.file("kept"), &desk.file("nowhere")]);
    assert_eq!(text(&missing).lines().next(), Some(&*format!("UNREADABLE  {}", desk.file("nowhere"))));
    let with = |change: &dyn Fn(&mut Value)| {
        let mut value: Value = serde_json::from_slice(&whole).unwrap();
        change(&mut value);
        value.to_string().into_bytes()
    };
    refused(&with(&|file| file["schema"] = json!("ebl-verifier/evidence-file/2")), "replay.other_version");
    refused(&with(&|file| file["schema"] = json!("ebl-verifier/report/1")), "replay.not_evidence");
    refused(&with(&|file| file["judged"]["at"] = json!("2027-01-01T00:00:00Z")), "replay.changed");
    refused(&with(&|file| drop(file["evidence"]["entries"].as_array_mut().unwrap().pop())), "replay.changed");
    refused(&with(&|file| drop(file.as_object_mut().unwrap().remove("sha256"))), "replay.changed");
    // What somebody sealed anew must still make sense: an answer twice has no reading.
    let doubled = sealed(&with(&|file| {
        let entries = file["evidence"]["entries"].as_array_mut().unwrap();
        entries.push(entries[0].clone());
    }));
    refused(&doubled, "one question has two answers");
    let text = String::from_utf8(whole.clone()).unwrap();
    refused(text.replacen('{', "{\"schema\": \"ebl-verifier/evidence-file/1\",", 1).as_bytes(), "replay.not_evidence");
}

#[test]
fn any_byte_that_is_changed_is_found_or_changes_nothing() {
    let desk = Desk::open();
    desk.run(&["verify", &desk.sample("returned"), "--save-evidence", &desk.file("kept")]);
    let whole = std::fs::read(desk.file("kept")).unwrap();
    let bill = std::fs::read(desk.sample("returned")).unwrap();
    let caller = desk.caller();
    let judged = |bytes: &[u8]| {
        let file = ebl_verifier::verify::EvidenceFile::read(bytes, &Default::default()).ok()?;
        file.replay(&bill, &ebl_verifier::verify::ReplayTerms::new(&caller, i64::MAX)).ok()
    };
    let genuine = judged(&whole).expect("it is whole");
    assert!(genuine.same_report);
    let mut unnoticed = 0;
    for at in (0..whole.len()).step_by(7) {
        let mut changed = whole.clone();
        changed[at] ^= 1 << (at % 7);
        if let Some(found) = judged(&changed) {
            unnoticed += 1;
            assert_eq!(found, genuine, "byte {at}");
        }
    }
    assert!(unnoticed < whole.len() / 14, "{unnoticed}");
}

#[test]
fn an_answer_that_is_missing_is_not_known_and_one_that_is_changed_supports_no_more_than_it_says() {
    let desk = Desk::open();
    desk.run(&["verify", &desk.sample("live"), "--save-evidence", &desk.file("kept")]);
    let count = desk.read("kept")["evidence"]["entries"].as_array().unwrap().len();
    assert!(count >= 2);
    for number in 0..count {
        let mut file = desk.read("kept");
        file["evidence"]["entries"].as_array_mut().unwrap().remove(number);
        desk.write("less", &sealed(file.to_string().as_bytes()));
        let run = desk.run(&["replay", &desk.file("less"), &desk.sample("live")]);
        assert_eq!(run.status.code(), Some(3), "{}", text(&run));
        assert!(errors(&run).contains("holds no answer") && errors(&run).contains("another one"), "{}", errors(&run));
    }
    // Every text of a record is what the answer rests on: without it the domain confirms nothing.
    let mut file = desk.read("kept");
    for entry in file["evidence"]["entries"].as_array_mut().unwrap() {
        if entry["question"]["kind"] == "dns_txt" {
            entry["reading"]["records"] = json!([]);
        }
    }
    desk.write("other", &sealed(file.to_string().as_bytes()));
    let run = desk.run(&["replay", &desk.file("other"), &desk.sample("live")]);
    assert_eq!(run.status.code(), Some(3), "{}", text(&run));
}

#[test]
fn no_file_makes_anybody_trusted() {
    let desk = Desk::open();
    desk.run(&["verify", &desk.sample("live"), "--save-evidence", &desk.file("kept")]);
    let untrusting = ebl(&["replay", &desk.file("kept"), &desk.sample("live")]);
    assert_eq!(untrusting.status.code(), Some(2), "{}", text(&untrusting));
    assert!(
        errors(&untrusting).contains("--trust-registry") && text(&untrusting).is_empty(),
        "{}",
        errors(&untrusting)
    );
    let file = desk.read("kept");
    let trusted = &file["judged"]["trust"]["registries"][0];
    let registry = format!("{}:{}", trusted[0], trusted[1].as_str().unwrap());
    let trusting = ebl(&["replay", &desk.file("kept"), &desk.sample("live"), "--trust-registry", &registry]);
    assert_eq!(trusting.status.code(), Some(0), "{}", errors(&trusting));
    // Whoever takes the trust out of the file takes it out of the report, too.
    let mut without = file.clone();
    without["judged"]["trust"]["registries"] = json!([]);
    desk.write("without", &sealed(without.to_string().as_bytes()));
    let run = ebl(&["replay", &desk.file("without"), &desk.sample("live")]);
    assert_eq!(run.status.code(), Some(3), "{}", text(&run));
    // A rule of one's own holds besides.
    let rules = desk.write("rules.toml", b"chains = [1]\n");
    let run = desk.run(&["replay", &desk.file("kept"), &desk.sample("live"), "--policy", &rules]);
    assert_eq!(run.status.code(), Some(5), "{}", text(&run));
    for (flag, value) in [
        ("--expect-holder", "0x00000000000000000000000000000000000000aa"),
        ("--expect-registry", "1337:0x00000000000000000000000000000000000000aa"),
        ("--accept-state", "returned"),
    ] {
        let run = desk.run(&["replay", &desk.file("kept"), &desk.sample("live"), flag, value]);
        assert!(matches!(run.status.code(), Some(4 | 5)), "{flag}: {}", text(&run));
    }
}

#[test]
fn no_file_makes_a_rule_laxer() {
    let desk = Desk::open();
    // After the newest block of the chain, which is read then.
    let now = jiff::Timestamp::now().strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
    let lax = [
        ("returned", &["--accept-state", "returned"][..]),
        ("live", &["--max-block-age", "off"]),
        ("live", &["--max-block-age", "9999d"]),
        ("live-oa3", &["--accept-unauthenticated-falsy"]),
        ("live", &["--at", &now]),
        ("live", &["--chain-id", "1337"]),
    ];
    for (name, flags) in lax {
        let (bill, kept) = (desk.sample(name), desk.file("kept"));
        let verified =
            desk.run(&[&["verify", &bill, "--format", "json", "--save-evidence", &kept][..], flags].concat());
        assert_eq!(verified.status.code(), Some(0), "{}", text(&verified));
        let strict = desk.run(&["replay", &kept, &bill]);
        assert_eq!(strict.status.code(), Some(2), "{flags:?}: {}", text(&strict));
        assert!(errors(&strict).contains(flags[0]) && text(&strict).is_empty(), "{}", errors(&strict));
        let lenient = desk.run(&[&["replay", &kept, &bill, "--format", "json"][..], flags].concat());
        assert_eq!((lenient.status.code(), text(&lenient)), (Some(0), text(&verified)), "{flags:?}");
    }
    // What is stricter of one's own holds, whatever the file says.
    desk.run(&["verify", &desk.sample("live"), "--save-evidence", &desk.file("kept")]);
    let strict = desk.write("strict.toml", b"dnssec = \"require\"\n");
    let run = desk.run(&["replay", &desk.file("kept"), &desk.sample("live"), "--policy", &strict]);
    assert!(run.status.code() == Some(3) && text(&run).contains("issuer.dnssec_required"), "{}", text(&run));
}

#[test]
fn the_same_terms_lead_to_the_same_report() {
    let desk = Desk::open();
    let names = desk.write("names.json", br#"{"0x70997970C51812dc3A010C7d01b50e0d17dc79C8": "Our shipper"}"#);
    let required = desk.write("rules.toml", b"proof = \"require\"\n");
    for (sample, verify, replay) in [
        ("w3c-presentation", &["--names", &names][..], &["--names", &names][..]),
        ("live", &["--names", &names], &["--names", &names]),
        // One endpoint vouches for no block, and what rests on its registry is not known: nor is it here.
        ("live", &["--proof", "require"], &[]),
        ("live", &["--proof", "try"], &[]),
        ("live", &["--policy", &required], &["--policy", &required]),
        ("returned", &["--block", "latest"], &[]),
        ("live", &["--quorum", "1", "--all-checks"], &[]),
    ] {
        let (bill, kept) = (desk.sample(sample), desk.file("kept"));
        let verified =
            desk.run(&[&["verify", &bill, "--format", "json", "--save-evidence", &kept][..], verify].concat());
        let replayed = desk.run(&[&["replay", &kept, &bill, "--format", "json"][..], replay].concat());
        assert_eq!(replayed.status.code(), verified.status.code(), "{sample} {verify:?}: {}", errors(&replayed));
        assert_eq!(text(&replayed), text(&verified), "{sample} {verify:?}");
    }
}

#[test]
fn what_only_the_reader_can_say_the_file_does_not_say_for_him() {
    let desk = Desk::open();
    let changed = |name: &str, change: &dyn Fn(&mut Value)| {
        desk.run(&["verify", &desk.sample(name), "--save-evidence", &desk.file("kept")]);
        let mut file = desk.read("kept");
        change(&mut file["judged"]);
        desk.write("changed", &sealed(file.to_string().as_bytes()));
        desk.run(&["replay", &desk.file("changed"), &desk.sample(name)])
    };
    let refused = |name: &str, flag: &str, change: &dyn Fn(&mut Value)| {
        let run = changed(name, change);
        assert_eq!((run.status.code(), text(&run).as_str()), (Some(2), ""), "{flag}: {}", errors(&run));
        assert!(errors(&run).contains(flag), "{flag}: {}", errors(&run));
    };
    refused("expired", "(--at)", &|judged| judged["as_of"] = json!("2020-01-01T00:00:00Z"));
    refused("live", "(--chain-id)", &|judged| judged["chain"] = json!(1337));
    let did = json!([{"issuers": [{"did": "did:ethr:0x539:0x17c5185167401eD00cF5F5b2fc97D9BBfDb7D025"}]}]);
    refused("signed", "(--expect-issuer)", &|judged| judged["rules"] = did.clone());
    // A copy of a presentation that was made for somebody else.
    refused("w3c-presentation", "(--challenge, --domain)", &|judged| {
        judged["challenge"] = json!("6f1d2c3b-presentation-1");
        judged["domain"] = json!("bank.example");
    });
    let future = changed("expired", &|judged| judged["at"] = json!("2099-01-01T00:00:00Z"));
    assert!(future.status.code() == Some(6) && text(&future).contains("a time that has not come"), "{}", text(&future));
}

#[test]
fn a_block_counts_as_chosen_only_for_whoever_chose_it() {
    let desk = Desk::open();
    desk.run(&["verify", &desk.sample("live"), "--save-evidence", &desk.file("kept")]);
    let mut file = desk.read("kept");
    let mut number = Value::Null;
    for entry in file["evidence"]["entries"].as_array_mut().unwrap() {
        if entry["question"]["kind"] == "registry" {
            entry["reading"]["block"]["finality"] = json!("chosen");
            number = entry["reading"]["block"]["number"].clone();
        }
    }
    desk.write("changed", &sealed(file.to_string().as_bytes()));
    let replay = |block: &[&str]| {
        let run = desk.run(&[&["replay", &desk.file("changed"), &desk.sample("live")][..], block].concat());
        (run.status.code(), errors(&run))
    };
    let (code, said) = replay(&[]);
    assert!(code == Some(2) && said.contains("as the one to read") && said.contains("(--block)"), "{said}");
    assert_eq!(replay(&["--block", "1"]).0, Some(2));
    // Of a time before it was made it is not the last block.
    assert_eq!(replay(&["--at", "2026-01-01T00:00:00Z"]).0, Some(2));
    assert_eq!(replay(&["--at", "2026-01-01T00:00:00Z", "--max-block-age", "off"]).0, Some(2));
    let (code, said) = replay(&["--block", "latest"]);
    assert!(code == Some(2) && said.contains("a number or a block hash"), "{said}");
    assert_eq!(replay(&["--block", &number.to_string()]).0, Some(0));
}

#[test]
fn names_are_called_the_readers_only_where_they_are() {
    let desk = Desk::open();
    desk.run(&["verify", &desk.sample("live"), "--save-evidence", &desk.file("kept")]);
    let mut file = desk.read("kept");
    let holder = "0x70997970C51812dc3A010C7d01b50e0d17dc79C8";
    file["judged"]["names"] = json!({ holder: "Genuine Shipper" });
    desk.write("changed", &sealed(file.to_string().as_bytes()));
    let own = desk.write("own.json", format!("{{\"{holder}\": \"Genuine Shipper\"}}").as_bytes());
    let other = desk.write("other.json", format!("{{\"{holder}\": \"Somebody\"}}").as_bytes());
    for (names, said) in [
        (&[][..], "Genuine Shipper (a name in the evidence)"),
        (&["--names", &other], "Genuine Shipper (a name in the evidence)"),
        (&["--names", &own], "Genuine Shipper (your address book)"),
    ] {
        for format in ["human", "html"] {
            let replay = ["replay", &desk.file("changed"), &desk.sample("live"), "--format", format];
            let run = desk.run(&[&replay[..], names].concat());
            let shown = text(&run).split_whitespace().collect::<Vec<_>>().join(" ").replace("<wbr>", "");
            assert!(run.status.code() == Some(0) && shown.contains(said), "{format} {names:?}: {shown}");
        }
    }
    // In what is presented, too.
    desk.run(&["verify", &desk.sample("w3c-presentation"), "--save-evidence", &desk.file("kept")]);
    let mut file = desk.read("kept");
    file["judged"]["names"] = json!({ holder: "Genuine Shipper" });
    desk.write("changed", &sealed(file.to_string().as_bytes()));
    let run = desk.run(&["replay", &desk.file("changed"), &desk.sample("w3c-presentation")]);
    let shown = text(&run).split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(shown.contains("(a name in the evidence)") && !shown.contains("address book"), "{shown}");
}

#[test]
fn evidence_of_many_goes_to_a_folder_and_may_hold_its_document() {
    let desk = Desk::open();
    let folder = desk.file("evidence");
    let run = desk.run(&[
        "verify",
        &desk.sample("live"),
        &desk.sample("returned"),
        "--evidence-dir",
        &folder,
        "--with-document",
    ]);
    assert_eq!(run.status.code(), Some(4), "{}", errors(&run));
    // A link that somebody laid there is replaced, and what it leads to stays as it is.
    #[cfg(unix)]
    {
        let victim = desk.write("victim", b"mine");
        let laid = std::fs::read_dir(&folder).unwrap().next().unwrap().unwrap().path();
        std::fs::remove_file(&laid).unwrap();
        std::os::unix::fs::symlink(&victim, &laid).unwrap();
        let both =
            ["verify", &desk.sample("live"), &desk.sample("returned"), "--evidence-dir", &folder, "--with-document"];
        assert_eq!(desk.run(&both).status.code(), Some(4));
        assert!(!laid.is_symlink() && std::fs::read(&victim).unwrap() == b"mine");
    }
    let mut codes: Vec<_> = std::fs::read_dir(&folder)
        .unwrap()
        .map(|entry| {
            let path = entry.unwrap().path();
            assert!(path.to_str().unwrap().ends_with(".evidence.json"), "{path:?}");
            let replayed = desk.run(&["replay", path.to_str().unwrap()]);
            assert!(text(&replayed).contains("Judged again"), "{}", text(&replayed));
            replayed.status.code()
        })
        .collect();
    codes.sort_unstable();
    assert_eq!(codes, [Some(0), Some(4)]);
    // Several documents to one file, a folder that cannot be, a flag without the other.
    let several =
        desk.run(&["verify", &desk.sample("live"), &desk.sample("returned"), "--save-evidence", &desk.file("one")]);
    assert_eq!(several.status.code(), Some(2), "{}", errors(&several));
    let nowhere = desk.run(&["verify", &desk.sample("live"), "--evidence-dir", &format!("{}/x", desk.sample("live"))]);
    assert_eq!((nowhere.status.code(), text(&nowhere).is_empty()), (Some(2), true), "{}", errors(&nowhere));
    let file = desk.run(&["verify", &desk.sample("live"), "--evidence-dir", &desk.sample("live")]);
    assert!(file.status.code() == Some(2) && errors(&file).contains("is a file"), "{}", errors(&file));
    let alone = desk.run(&["verify", &desk.sample("live"), "--with-document"]);
    assert_eq!(alone.status.code(), Some(2), "{}", errors(&alone));
}

#[cfg(target_os = "linux")]
#[test]
fn evidence_that_cannot_be_written_is_not_half_written_and_hides_no_verdict() {
    let desk = Desk::open();
    let full = desk.run(&["verify", &desk.sample("live"), "--save-evidence", "/dev/full"]);
    assert_eq!(full.status.code(), Some(74), "{}", errors(&full));
    assert!(text(&full).starts_with("VALID") && errors(&full).contains("could not be kept"), "{}", errors(&full));
    let full = desk.run(&["verify", &desk.sample("changed"), "--save-evidence", "/dev/full"]);
    assert_eq!(full.status.code(), Some(1), "{}", errors(&full));
}

/// The embedded chain's samples, and a folder for evidence.
struct Desk {
    folder: tempfile::TempDir,
    _chain: Option<Running>,
}

impl Desk {
    fn open() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let (chain, _) = Running::start(&folder.path().join("chain"));
        Self { folder, _chain: Some(chain) }
    }

    fn closed(self) -> Self {
        Self { folder: self.folder, _chain: None }
    }

    fn sample(&self, name: &str) -> String {
        text_of(&self.folder.path().join(format!("chain/{name}.json")))
    }

    fn file(&self, name: &str) -> String {
        text_of(&self.folder.path().join(name))
    }

    fn read(&self, name: &str) -> Value {
        serde_json::from_slice(&std::fs::read(self.file(name)).unwrap()).unwrap()
    }

    fn write(&self, name: &str, bytes: &[u8]) -> String {
        std::fs::write(self.file(name), bytes).unwrap();
        self.file(name)
    }

    /// With the settings of the chain.
    fn run(&self, args: &[&str]) -> Output {
        let settings = text_of(&self.folder.path().join("chain/ebl.toml"));
        ebl(&[args, &["--config", &settings]].concat())
    }

    /// Who trusts what the evidence was judged with.
    fn caller(&self) -> ebl_verifier::verify::Policy {
        let trust: ebl_verifier::verify::Trust =
            serde_json::from_value(self.read("kept")["judged"]["trust"].clone()).unwrap();
        ebl_verifier::verify::Policy {
            trusted_registries: trust.registries,
            did_registries: trust.did_registries,
            ..Default::default()
        }
    }
}

/// As somebody would who knows how.
fn sealed(file: &[u8]) -> Vec<u8> {
    let mut value: Value = serde_json::from_slice(file).unwrap();
    value.as_object_mut().unwrap().remove("sha256");
    let hash = Sha256::digest(value.to_string());
    value["sha256"] = json!(format!("0x{}", hash.iter().map(|byte| format!("{byte:02x}")).collect::<String>()));
    value.to_string().into_bytes()
}

fn text_of(path: &Path) -> String {
    PathBuf::from(path).to_str().unwrap().to_owned()
}

fn ebl(args: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ebl"));
    command.args(args).env_clear().env("COLUMNS", "120").env("HOME", "/nonexistent").stdin(Stdio::null());
    command.output().expect("it runs")
}

fn text(run: &Output) -> String {
    String::from_utf8(run.stdout.clone()).expect("text")
}

fn errors(run: &Output) -> String {
    String::from_utf8(run.stderr.clone()).expect("text")
}
