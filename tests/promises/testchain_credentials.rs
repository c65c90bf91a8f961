//! The W3C samples of `ebl testchain`, as a newcomer meets them: a chain, keys on a real https server of this machine, and the
//! settings that were written for both.
#![cfg(feature = "testchain")]

use std::path::PathBuf;
use std::process::Command;

use serde_json::Value;

use crate::support::running_testchain::Running;

struct World {
    folder: tempfile::TempDir,
    _chain: Running,
    /// Where the web server listens.
    https: String,
}

struct Ran {
    exit: i32,
    out: String,
}

impl World {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let (chain, page) = Running::start(folder.path());
        let https = page.split_once("https://").unwrap().1.split_once(".\n").unwrap().0.to_owned();
        Self { folder, _chain: chain, https }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Run where neither the settings nor the samples are: they find each other.
    fn ebl(&self, command: &str, sample: Option<&str>, arguments: &[&str]) -> Ran {
        let mut ebl = Command::new(env!("CARGO_BIN_EXE_ebl"));
        ebl.arg(command).args(arguments).arg("--config").arg(self.path("ebl.toml"));
        ebl.args(sample.map(|sample| self.path(sample))).env_clear().env("HOME", "/nonexistent");
        let output = ebl.output().unwrap();
        let text = |bytes| String::from_utf8(bytes).unwrap();
        let out = text(output.stdout);
        Ran { exit: output.status.code().unwrap(), out: if out.is_empty() { text(output.stderr) } else { out } }
    }

    fn json(&self, command: &str, sample: &str, arguments: &[&str]) -> (i32, Value) {
        let ran = self.ebl(command, Some(sample), &[&["--format", "json"], arguments].concat());
        (ran.exit, serde_json::from_str(&ran.out).unwrap_or_else(|_| panic!("{}", ran.out)))
    }
}

fn codes(report: &Value) -> Vec<&str> {
    report["checks"].as_array().unwrap().iter().map(|check| check["code"].as_str().unwrap()).collect()
}

#[test]
fn every_w3c_sample_has_its_answer_its_facts_and_its_exit_code() {
    let world = World::new();
    let schema: Value = serde_json::from_str(include_str!("../../schemas/report.schema.json")).unwrap();
    let schema = jsonschema::validator_for(&schema).unwrap();
    for (sample, exit, code, selected, status) in [
        ("w3c-live.json", 0, "integrity.signed", Some(false), "transferable_record"),
        ("w3c-part.json", 0, "integrity.selection_signed", Some(true), "transferable_record"),
        ("w3c-title-withheld.json", 3, "issuance.may_be_withheld", Some(true), "none"),
        ("w3c-changed.json", 1, "integrity.wrong_signature", Some(false), "transferable_record"),
        ("w3c-other-key.json", 1, "integrity.key_not_listed", Some(false), "transferable_record"),
        ("w3c-returned.json", 4, "title.returned", Some(false), "transferable_record"),
        ("w3c-listed.json", 0, "issuance.not_listed", Some(false), "status_list"),
        ("w3c-revoked.json", 1, "issuance.revoked_by_list", Some(false), "status_list"),
        ("w3c-presentation.json", 0, "integrity.signed", None, ""),
    ] {
        let (found, report) = world.json("verify", sample, &[]);
        let errors: Vec<_> = schema.iter_errors(&report).map(|error| error.to_string()).collect();
        assert!(errors.is_empty(), "{sample}: {errors:?}");
        assert_eq!(found, exit, "{sample}: {report:#}");
        assert!(codes(&report).contains(&code), "{sample}: {report:#}");
        let Some(selected) = selected else { continue };
        let credential = &report["document"]["credential"];
        assert_eq!(credential["selective_disclosure"], selected, "{sample}");
        assert_eq!((&credential["status"], &credential["issuer"]), (&status.into(), &"did:web:carrier.example".into()));
    }
    let (_, report) = world.json("verify", "w3c-presentation.json", &[]);
    assert_eq!(report["document"]["presentation"]["holder"], "did:web:shipper.example");
    let parts = report["parts"].as_array().unwrap();
    let states: Vec<_> = parts.iter().map(|part| (&part["verdict"], &part["title"]["state"])).collect();
    assert_eq!(states, [(&"valid".into(), &"live".into()), (&"valid".into(), &"none".into())]);
    // Made for nobody in particular, so not for whoever asks for an answer to their challenge.
    let (exit, report) = world.json("verify", "w3c-presentation.json", &["--challenge", "mine"]);
    assert!(exit == 1 && codes(&report).contains(&"integrity.challenge"), "{report:#}");
}

#[test]
fn the_other_commands_and_forms_know_w3c_samples() {
    let world = World::new();
    let (exit, title) = world.json("title", "w3c-returned.json", &[]);
    assert_eq!((exit, &title["title"]["state"]), (4, &"returned".into()), "{title:#}");
    let history: Vec<_> = title["history"].as_array().unwrap().iter().map(|event| &event["type"]).collect();
    assert_eq!(history, ["INITIAL", "SURRENDERED"]);

    // Looks at the file alone, so it takes no settings.
    let file = world.path("w3c-part.json");
    let output = Command::new(env!("CARGO_BIN_EXE_ebl")).arg("inspect").arg(file).env_clear().output().unwrap();
    let page = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success() && page.contains("did:web:carrier.example"), "{page}");

    for (sample, exit, valid) in
        [("w3c-live.json", 0, true), ("w3c-changed.json", 1, false), ("w3c-revoked.json", 1, false)]
    {
        let ran = world.ebl("verify", Some(sample), &["--format", "fragments"]);
        let fragments: Value = serde_json::from_str(&ran.out).unwrap();
        assert_eq!((ran.exit, &fragments["isValid"]), (exit, &valid.into()), "{sample}: {fragments:#}");
    }

    let doctor = world.ebl("doctor", None, &[]);
    assert_eq!(doctor.exit, 0, "{}", doctor.out);
    assert!(doctor.out.contains(&world.https), "{}", doctor.out);
}

#[test]
fn a_key_that_cannot_be_fetched_is_nobodys_forgery() {
    let world = World::new();
    // Nothing listens where the settings say that the web servers are.
    let settings = std::fs::read_to_string(world.path("ebl.toml")).unwrap();
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string();
    std::fs::write(world.path("ebl.toml"), settings.replace(&world.https, &free)).unwrap();
    for (sample, code) in [
        ("w3c-live.json", "integrity.key_unavailable"),
        ("w3c-part.json", "integrity.key_unavailable"),
        // The signature is wrong; without the key nobody can know.
        ("w3c-changed.json", "integrity.key_unavailable"),
        ("w3c-revoked.json", "issuance.status_list_unavailable"),
        ("w3c-presentation.json", "integrity.key_unavailable"),
    ] {
        let (exit, report) = world.json("verify", sample, &[]);
        assert_eq!((exit, &report["verdict"]), (3, &"indeterminate".into()), "{sample}: {report:#}");
        assert!(codes(&report).contains(&code), "{sample}: {report:#}");
        assert!(report["checks"].as_array().unwrap().iter().all(|check| check["outcome"] != "fail"), "{sample}");
    }
    let page = world.ebl("verify", Some("w3c-live.json"), &[]).out;
    assert!(page.starts_with("INDETERMINATE") && page.contains("carrier.example"), "{page}");
}

#[cfg(unix)]
#[test]
fn the_web_server_ends_with_the_chain_and_leaves_its_port() {
    let mut world = World::new();
    let chain = &mut world._chain.0;
    assert!(Command::new("kill").args(["-INT", &chain.id().to_string()]).status().unwrap().success());
    assert_eq!(chain.wait().unwrap().code(), Some(0));
    assert!(std::net::TcpListener::bind(&world.https).is_ok());
    assert_eq!(world.json("verify", "w3c-live.json", &[]).0, 3);
}
