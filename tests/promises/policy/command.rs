//! Every flag and the policy file, through the real binary against `ebl testchain`.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::LazyLock;

use ebl_verifier::testchain::sandbox::Party;
use serde_json::Value;

use super::running_testchain::Running;
use super::world::matches_schema;

/// A running chain with its sample documents and settings.
struct Stage {
    folder: tempfile::TempDir,
    _chain: Running,
    registry: String,
}

fn with_stage<T>(test: impl FnOnce(&Stage) -> T) -> T {
    let folder = tempfile::tempdir().unwrap();
    let (chain, _) = Running::start(folder.path());
    let settings: toml::Table =
        toml::from_str(&std::fs::read_to_string(folder.path().join("ebl.toml")).unwrap()).unwrap();
    let registry = settings["trust_registry"][0].as_str().unwrap().to_owned();
    test(&Stage { folder, _chain: chain, registry })
}

impl Stage {
    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn write(&self, name: &str, text: &str) -> String {
        std::fs::write(self.path(name), text).unwrap();
        self.path(name).to_str().unwrap().to_owned()
    }

    fn verify(&self, file: &str, arguments: &[&str]) -> (i32, Value) {
        let mut command = ebl(&["verify", "--format", "json", "--config"]);
        command.arg(self.path("ebl.toml")).args(arguments).arg(self.path(file));
        let output = command.output().unwrap();
        let report: Value = serde_json::from_slice(&output.stdout)
            .unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(&output.stderr)));
        matches_schema(&report);
        (output.status.code().unwrap(), report)
    }
}

fn ebl(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ebl"));
    command.args(arguments).env_clear().env("HOME", "/nonexistent").stdin(Stdio::null());
    command
}

static SHIPPER: LazyLock<String> = LazyLock::new(|| Party::Shipper.address().to_string());
static BANK: LazyLock<String> = LazyLock::new(|| Party::Bank.address().to_string());

#[test]
fn every_expectation_is_held_against_the_document() {
    with_stage(|stage| {
        let registry = stage.registry.as_str();
        let other_chain = registry.replace("1337:", "1:");
        let (shipper, bank) = (SHIPPER.as_str(), BANK.as_str());
        for (file, arguments, code, rule, outcome) in [
            ("live.json", vec!["--expect-issuer", "carrier.example"], 0, "issuers", "pass"),
            ("live.json", vec!["--expect-issuer", "*.example"], 0, "issuers", "pass"),
            (
                "live.json",
                vec!["--expect-issuer", "a.example", "--expect-issuer", "carrier.example"],
                0,
                "issuers",
                "pass",
            ),
            ("live.json", vec!["--expect-issuer", "evil-carrier.example"], 5, "issuers", "fail"),
            ("live.json", vec!["--expect-issuer", "*.carrier.example"], 5, "issuers", "fail"),
            ("live.json", vec!["--expect-issuer", "did:web:carrier.example"], 5, "issuers", "fail"),
            ("no-record.json", vec!["--expect-issuer", "elsewhere.example"], 1, "issuers", "fail"),
            ("live.json", vec!["--expect-holder", shipper], 0, "holders", "pass"),
            ("live.json", vec!["--expect-holder", bank, "--expect-holder", shipper], 0, "holders", "pass"),
            ("live.json", vec!["--expect-holder", bank], 5, "holders", "fail"),
            ("transferred.json", vec!["--expect-holder", bank], 0, "holders", "pass"),
            ("transferred.json", vec!["--expect-beneficiary", bank], 0, "beneficiaries", "pass"),
            ("transferred.json", vec!["--expect-beneficiary", shipper], 5, "beneficiaries", "fail"),
            ("live.json", vec!["--expect-registry", registry], 0, "registries", "pass"),
            ("live.json", vec!["--expect-registry", &other_chain], 5, "registries", "fail"),
            ("live-v4.json", vec!["--expect-registry", registry], 5, "registries", "fail"),
            ("returned.json", vec!["--accept-state", "live,returned"], 0, "accept_states", "pass"),
            ("ended.json", vec!["--accept-state", "live,returned"], 4, "accept_states", "fail"),
            ("ended.json", vec!["--accept-state", "ended"], 0, "accept_states", "pass"),
            ("live.json", vec!["--accept-state", "returned"], 5, "accept_states", "fail"),
            ("not-issued.json", vec!["--accept-state", "live,returned,ended"], 1, "accept_states", "fail"),
            ("changed.json", vec!["--expect-holder", bank], 1, "holders", "not_applicable"),
            ("live.json", vec!["--offline", "--expect-holder", bank], 3, "holders", "unknown"),
            ("live.json", vec!["--dnssec", "require"], 3, "dnssec", "fail"),
        ] {
            let (exit, report) = stage.verify(file, &arguments);
            assert_eq!(exit, code, "{file} {arguments:?}: {:#}", report["policy"]);
            let [finding] = report["policy"].as_array().unwrap().as_slice() else { panic!("{report:#}") };
            assert_eq!((finding["rule"].as_str(), finding["outcome"].as_str()), (Some(rule), Some(outcome)));
        }
    });
}

#[test]
fn file_settings_and_flags_hold_together() {
    with_stage(|stage| {
        let strict = stage.write("strict.toml", "issuers = ['other.example']\n");
        let fitting = stage.write("fitting.toml", "issuers = ['carrier.example']\nmax_hidden_fields = 0\n");
        let local =
            stage.write("local.toml", "finality = 'finalized'\ntestnets = 'refuse'\nquorum = 2\nproof = 'require'\n");
        for (arguments, code) in [
            (vec!["--policy", &fitting], 0),
            (vec!["--policy", &strict], 5),
            // The flag does not replace what the file says, nor the file the flag.
            (vec!["--policy", &strict, "--expect-issuer", "carrier.example"], 5),
            (vec!["--policy", &fitting, "--expect-issuer", "other.example"], 5),
            (vec!["--policy", &local], 5),
        ] {
            assert_eq!(stage.verify("live.json", &arguments).0, code, "{arguments:?}");
        }
        let (_, report) = stage.verify("live.json", &["--policy", &local]);
        let found = report["policy"].as_array().unwrap();
        assert!(found.len() == 4 && found.iter().all(|finding| finding["outcome"] == "fail"), "{found:#?}");
        assert_eq!(stage.verify("hidden-fields.json", &["--policy", &fitting]).0, 5);
        // Another file cannot widen what one accepts.
        let wide = stage.write("wide.toml", "accept_states = ['live', 'returned']\n");
        assert_eq!(stage.verify("returned.json", &["--policy", &wide]).0, 0);
        assert_eq!(stage.verify("returned.json", &["--policy", &wide, "--accept-state", "live"]).0, 4);
    });
}

#[test]
fn the_settings_name_a_policy_beside_them() {
    with_stage(|stage| {
        let settings = std::fs::read_to_string(stage.path("ebl.toml")).unwrap();
        stage.write("ebl.toml", &format!("policy = 'desk.toml'\n{settings}"));
        let missing =
            ebl(&["verify", "--config"]).arg(stage.path("ebl.toml")).arg(stage.path("live.json")).output().unwrap();
        assert_eq!(missing.status.code(), Some(2));
        assert!(String::from_utf8_lossy(&missing.stderr).contains("desk.toml"));
        stage.write("desk.toml", "issuers = ['other.example']\n");
        assert_eq!(stage.verify("live.json", &[]).0, 5);
        let fitting = stage.write("fitting.toml", "issuers = ['carrier.example']\n");
        let (code, report) = stage.verify("live.json", &["--policy", &fitting]);
        let outcomes: Vec<_> =
            report["policy"].as_array().unwrap().iter().map(|rule| rule["outcome"].clone()).collect();
        assert_eq!((code, outcomes), (5, vec!["fail".into(), "pass".into()]));
        stage.write("desk.toml", "issuers = ['carrier.example']\n");
        let mut command = ebl(&["verify", "-q", "--config"]);
        command.arg(stage.path("ebl.toml")).arg(stage.path("live.json"));
        assert_eq!(command.status().unwrap().code(), Some(0));
        let strict = stage.write("strict.toml", "chains = [1]\n");
        assert_eq!(command.env("EBL_POLICY", strict).status().unwrap().code(), Some(5));
    });
}

#[test]
fn a_person_reads_every_rule_and_what_was_found() {
    with_stage(|stage| {
        let mut command = ebl(&["verify", "--expect-issuer", "other.example", "--expect-holder", &SHIPPER, "--config"]);
        let output = command.arg(stage.path("ebl.toml")).arg(stage.path("live.json")).output().unwrap();
        let page = String::from_utf8(output.stdout).unwrap();
        assert!(page.starts_with("POLICY NOT MET"), "{page}");
        for line in [
            "  no  policy     not met: issuers   [policy.not_met]",
            "  no  issuers  carrier.example is not allowed, only other.example",
            "  ok  holders  the registry recorded 0x70997970C51812dc3A010C7d01b50e0d17dc79C8 as holder",
        ] {
            assert!(page.contains(line), "{line}\n{page}");
        }
        // What comes of several files is the worst of them.
        let mut several = ebl(&["verify", "-q", "--expect-issuer", "other.example", "--config"]);
        several.arg(stage.path("ebl.toml")).args(["live.json", "ended.json"].map(|file| stage.path(file)));
        assert_eq!(several.status().unwrap().code(), Some(5));
        assert_eq!(several.arg(stage.path("changed.json")).status().unwrap().code(), Some(1));
    });
}

#[test]
fn what_is_wrong_in_a_flag_or_file_is_named_and_nothing_is_verified() {
    let folder = tempfile::tempdir().unwrap();
    let policy = folder.path().join("policy.toml");
    std::fs::write(&policy, "issuer = ['carrier.example']\n").unwrap();
    let document = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/documents/bill-v2.json");
    for (flag, value, hint) in [
        ("--expect-issuer", "https://carrier.example", "carrier.example"),
        ("--expect-issuer", "", "carrier.example"),
        ("--expect-holder", "carrier.eth", "0x and 40"),
        ("--expect-beneficiary", "0x12", "0x and 40"),
        ("--expect-registry", "0x5FbDB2315678afecb367f032d93F642f64180aa3", "CHAIN:ADDRESS"),
        ("--accept-state", "live,dead", "live, returned, ended"),
        ("--accept-state", "", "live, returned, ended"),
        ("--policy", policy.to_str().unwrap(), "`issuers`"),
        ("--policy", "no-such-policy.toml", "no-such-policy.toml"),
    ] {
        let output = ebl(&["verify", "--offline", flag, value, document]).output().unwrap();
        let message = String::from_utf8(output.stderr).unwrap();
        assert_eq!((output.status.code(), output.stdout.len()), (Some(2), 0), "{flag} {value}: {message}");
        let named = flag == "--policy" || message.contains(flag);
        assert!(named && message.contains(hint), "{flag} {value}: {message}");
    }
}

#[test]
fn a_policy_is_checked_and_explained_without_a_document() {
    let folder = tempfile::tempdir().unwrap();
    let check = |text: &str| {
        let file = folder.path().join("policy.toml");
        std::fs::write(&file, text).unwrap();
        let output = ebl(&["policy", "check"]).arg(file).output().unwrap();
        let texts = [output.stdout, output.stderr].map(|bytes| String::from_utf8(bytes).unwrap());
        (output.status.code().unwrap(), texts)
    };
    let (code, [page, _]) = check("accept_states = ['live', 'ended']\nquorum = 2\n");
    assert_eq!(code, 0);
    for words in ["At least 2 endpoints must give the same answers", "A title that is ended counts as valid here"] {
        assert!(page.contains(words), "{page}");
    }
    let (code, [page, message]) = check("quorum = 0\n");
    assert_eq!((code, page.as_str()), (2, ""));
    assert!(message.contains("quorum") && message.contains("a whole number from 1 to 16"), "{message}");
    let template = ebl(&["policy", "template"]).output().unwrap();
    let (code, [page, _]) = check(&String::from_utf8(template.stdout).unwrap());
    assert_eq!(code, 0);
    assert!(page.contains("asks for nothing beyond"), "{page}");
}

#[test]
fn the_policy_that_the_readme_shows_is_the_one_it_explains() {
    let desk =
        std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/policies/desk.toml")).unwrap();
    assert!(
        include_str!("../../../README.md").contains(&format!("```toml\n{desk}```")),
        "the README shows another policy"
    );
}
