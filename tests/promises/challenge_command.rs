//! `ebl challenge` as a person or a script uses it, on the samples of `ebl testchain`.
#![cfg(feature = "testchain")]

use crate::support::challenge_world::{World, check, codes, key_of, reported, signed_by, write};
use crate::support::challenged::{hex, signature};
use crate::support::rpc_server::closed_port;

use std::io::Write as _;
use std::process::{Command, Stdio};
use std::time::Duration;

use ebl_verifier::challenge::{Challenge, Period};
use ebl_verifier::testchain::contracts::TitleWrite;
use ebl_verifier::testchain::sandbox::Party;
use ebl_verifier::title::Generation;
use serde_json::{Value, json};

const SAMPLE: &str = "transferred.json";

#[test]
fn the_recorded_holder_proves_control_with_the_key() {
    let world = World::new();
    let challenge = world.challenged(SAMPLE);
    let text = std::fs::read_to_string(world.path("challenge.txt")).unwrap();
    assert_eq!(text, challenge.text(), "byte for byte what is signed");
    assert_eq!(challenge.subject.account, Party::Bank.address());
    assert_eq!(challenge.period.expires_at() - challenge.period.issued_at(), 15 * 60);

    let signature = signed_by(Party::Bank, &challenge);
    let bill = world.sample(SAMPLE);
    let (exit, report) = world.report(&signature, &[&bill, "--role", "holder", "--for", "Bank X, case 17"]);
    assert_eq!((exit, &report["verdict"]), (0, &json!("proven")), "{report:#}");
    let block = report["as_of"]["block"].as_u64().unwrap();
    let statement = format!("the account that the registry records as holder at block {block} signed this text");
    assert_eq!(report["statement"], statement);
    assert_eq!(report["signature"], json!({"kind": "key", "signer": challenge.subject.account}));
    assert_eq!(report["account"]["kind"], "ordinary");
    assert_eq!(check(&report, "integrity")["code"], "integrity.intact");
    assert_eq!(report["as_of"]["requests"], 2, "everything is read in the requests that a title takes");

    write(&world.path("signature.txt"), format!("{signature}\n"));
    let page = world.challenge(&["verify", "challenge.txt", "@signature.txt"]);
    assert_eq!(page.exit, 0, "{page:?}");
    assert!(page.out.starts_with("PROVEN  challenge.txt\n\n  The account that the registry"), "{}", page.out);
    let from_input = world.challenge_with(&["verify", "challenge.txt", "@-", "-q"], &signature);
    assert_eq!((from_input.exit, from_input.out.as_str()), (0, ""), "{from_input:?}");
    let from_input = world.challenge_with(&["verify", "-", &signature], &text);
    assert_eq!(from_input.exit, 0, "{from_input:?}");
}

#[test]
fn both_roles_can_be_challenged_with_and_without_a_document() {
    let world = World::new();
    let file = world.sample("nominated.json");
    for role in ["holder", "beneficiary"] {
        let ran = world.challenge(&["new", &file, "--role", role, "--domain", "bank.example", "--format", "json"]);
        let (exit, new) = reported(&ran);
        assert_eq!((exit, &new["challenge"]["role"]), (0, &json!(role)));
        let challenge = Challenge::read(new["text"].as_str().unwrap().as_bytes()).unwrap();
        assert_eq!(new["challenge"]["digest"], json!(challenge.digest()));
        let title = challenge.title();
        let (registry, token) = (title.registry.to_string(), title.token.to_string());
        let title = ["--chain-id", "1337", "--registry", &registry, "--token", &token];
        let ran = world.challenge(&[&["new", "--role", role, "--domain", "bank.example"], &title[..]].concat());
        assert_eq!(ran.exit, 0, "{ran:?}");
        let again = Challenge::read(ran.out.as_bytes()).expect("standard output is exactly the text");
        assert_eq!((again.subject, again.nonce == challenge.nonce), (challenge.subject, false));
    }
}

#[test]
fn nobody_is_challenged_for_a_title_that_is_not_live_or_not_known() {
    let world = World::new();
    let dead = format!("1337=http://127.0.0.1:{}", closed_port());
    for (sample, more, exit, code) in [
        ("returned.json", &[][..], 4, "title.returned"),
        ("ended.json", &[], 4, "title.ended"),
        ("not-issued.json", &[], 1, "issuance.not_minted"),
        ("changed.json", &[], 1, "integrity.digest_mismatch"),
        ("store.json", &[], 4, "challenge.no_party"),
        (SAMPLE, &["--rpc", &dead], 3, "chain.rpc_unavailable"),
        (SAMPLE, &["--offline"], 3, "check.offline"),
        ("ebl.toml", &[], 6, "read.syntax"),
    ] {
        let file = world.sample(sample);
        let arguments = [&["new", &file, "--role", "holder", "--for", "X", "-o", "none.txt"], more].concat();
        let ran = world.challenge(&arguments);
        assert_eq!((ran.exit, ran.out.as_str()), (exit, ""), "{sample}: {ran:?}");
        assert!(ran.err.starts_with("NO CHALLENGE  ") && ran.err.contains(code), "{sample}: {}", ran.err);
        assert!(!world.path("none.txt").exists(), "{sample}");
        let arguments = [&["new", &file, "--role", "holder", "--for", "X", "--format", "json"], more].concat();
        let (found, object) = reported(&world.challenge(&arguments));
        assert_eq!((found, object["error"]["code"].as_str().unwrap()), (exit, code), "{sample}");
    }
}

#[test]
fn a_challenge_that_names_nobody_says_so() {
    let world = World::new();
    let file = world.sample(SAMPLE);
    let ran = world.challenge(&["new", &file, "--role", "holder"]);
    assert_eq!(ran.exit, 0);
    assert!(ran.out.starts_with("Proof of control of this account is asked for:\n"), "{}", ran.out);
    assert!(ran.err.contains("does not say who asks"), "{}", ran.err);
}

#[test]
fn what_cannot_stand_in_a_challenge_is_a_usage_error() {
    let world = World::new();
    let file = world.sample(SAMPLE);
    let long = "x".repeat(257);
    for more in [
        &["--for", "Bank X\nRole: beneficiary"][..],
        &["--for", "Bank X\rY"],
        &["--for", "Bank\u{202e}X"],
        &["--for", "Bank\u{200b}X"],
        &["--for", " Bank X"],
        &["--for", ""],
        &["--for", &long],
        &["--domain", "https://bank.example"],
        &["--domain", "bank.example asks for proof of control of this account:\n"],
        &["--expires", "0"],
        &["--expires", "31d"],
        &["--expires", "99999999999999999999"],
        &["--expires", "-1"],
        &["--role", "owner"],
        &["--token", "0x00"],
    ] {
        let ran = world.challenge(&[&["new", &file, "--role", "holder"][..], more].concat());
        assert_eq!((ran.exit, ran.out.as_str()), (2, ""), "{more:?}: {ran:?}");
    }
}

#[test]
fn a_signature_that_is_none_or_by_somebody_else_is_told_apart() {
    let world = World::new();
    let challenge = world.challenged(SAMPLE);
    let good = signature(&key_of(Party::Bank), &challenge);
    let changed = |change: &dyn Fn(&mut Vec<u8>)| {
        let mut bytes = good.clone();
        change(&mut bytes);
        hex(&bytes)
    };
    let form = "challenge.signature_form";
    for (signature, code) in [
        (hex(&good[..64]), form),
        (hex(&[&good[..], &[0]].concat()), form),
        ("0x".to_owned(), form),
        (hex(&good).replace("0x", ""), form),
        (hex(&good)[..131].to_owned(), form),
        ("not a signature".to_owned(), form),
        ("0x".to_owned() + &"00".repeat(20_000), form),
        (changed(&|bytes| bytes[64] = 35), form),
        (changed(&|bytes| bytes[64] = 4), form),
        (signed_by(Party::Shipper, &challenge), "challenge.other_signer"),
        (changed(&|bytes| bytes[40] ^= 1), "challenge.other_signer"),
        (changed(&|bytes| bytes[64] ^= 7), "challenge.other_signer"),
    ] {
        let report = world.expect(&signature, &[], 1, code);
        assert_eq!((&report["verdict"], &report["statement"]), (&json!("contradicted"), &Value::Null));
        assert_eq!(check(&report, "party")["outcome"], "pass");
    }
    let compact = world.challenge(&["verify", "challenge.txt", &hex(&good[..64])]);
    assert!(compact.out.contains("EIP-2098"), "{}", compact.out);
    let report = world.expect(&signed_by(Party::Shipper, &challenge), &[], 1, "challenge.other_signer");
    assert_eq!(report["signature"]["signer"], json!(Party::Shipper.address()));
    // The last byte may be 0 or 1.
    world.expect(&changed(&|bytes| bytes[64] -= 27), &[], 0, "challenge.signed");
    // Of a file that is no text.
    write(&world.path("signature.bin"), [0xff; 65]);
    world.expect("@signature.bin", &[], 1, form);
    let (exit, missing) = world.report("@nowhere.txt", &[]);
    assert_eq!((exit, &missing["file"]), (6, &json!("nowhere.txt")), "{missing:#}");
    // The name of a file that is there is one, and nobody signed wrongly.
    let ran = world.challenge(&["verify", "challenge.txt", "signature.bin"]);
    assert!(ran.exit == 2 && ran.err.contains("@signature.bin"), "{ran:?}");
}

#[test]
fn a_signature_under_another_prefix_is_nobodys() {
    let world = World::new();
    let challenge = world.challenged(SAMPLE);
    let key = key_of(Party::Bank);
    let text = challenge.text();
    let length = text.len();
    for message in [
        text.clone(),
        format!("\x19Ethereum Signed Message:\n{}{text}\n", length + 1),
        format!("\x19Ethereum Signed Message:\n{text}"),
        format!("\x18Ethereum Signed Message:\n{length}{text}"),
        format!("\x19TRON Signed Message:\n{length}{text}"),
    ] {
        let digest = ebl_verifier::primitives::keccak256(&message);
        let (signature, recovery) = key.sign_prehash_recoverable(&digest.0);
        let mut bytes = signature.to_bytes().to_vec();
        bytes.push(27 + recovery.to_byte());
        world.expect(&hex(&bytes), &[], 1, "challenge.other_signer");
    }
}

#[test]
fn a_text_that_was_changed_is_no_challenge() {
    let world = World::new();
    let challenge = world.challenged(SAMPLE);
    let (text, signature) = (challenge.text(), signed_by(Party::Bank, &challenge));
    for other in [
        format!("{text}\n"),
        text.replace('\n', "\r\n"),
        format!("\u{feff}{text}"),
        format!("{text}\nResources:\n- https://bank.example"),
        text.replace("Role: holder", "Role: holder\nRole: beneficiary"),
        text.replace("Purpose: Bank X", "Purpose: B\u{430}nk X\u{202e}"),
        text.replace("0x3C44", "0x3c44"),
        text.replace("Version: 1", "Version: 2"),
        text.repeat(100),
        String::new(),
        "{}".to_owned(),
    ] {
        write(&world.path("challenge.txt"), &other);
        let (exit, object) = world.report(&signature, &[]);
        assert_eq!((exit, &object["error"]["code"]), (6, &json!("challenge.unreadable")), "{other:?}");
        let page = world.challenge(&["verify", "challenge.txt", &signature]);
        assert!(page.exit == 6 && page.out.starts_with("UNREADABLE  challenge.txt\n"), "{page:?}");
    }
    // One that somebody else wrote in the same form is another text.
    write(&world.path("challenge.txt"), text.replace("case 17", "case 18"));
    world.expect(&signature, &[], 1, "challenge.other_signer");
    assert_eq!(world.challenge(&["verify", "nowhere.txt", &signature]).exit, 6);
}

#[test]
fn what_was_expected_of_a_challenge_must_hold() {
    let world = World::new();
    let challenge = world.challenged(SAMPLE);
    let signature = signed_by(Party::Bank, &challenge);
    let (other, nonce) = (world.sample("live.json"), challenge.nonce.to_string());
    let title = challenge.title();
    let (registry, token) = (title.registry.to_string(), title.token.to_string());
    let named = ["--chain-id", "1337", "--registry", &registry, "--token", &token];
    let zeros = "00".repeat(32);
    let elsewhere = ["--chain-id", "1337", "--registry", &registry, "--token", &zeros];
    for (more, exit, code) in [
        (&["--nonce", &nonce][..], 0, "challenge.in_force"),
        (&named[..], 0, "challenge.in_force"),
        (&["--role", "beneficiary"], 1, "challenge.other_role"),
        (&["--for", "Bank Y"], 1, "challenge.other_purpose"),
        (&["--domain", "bank.example"], 1, "challenge.other_domain"),
        (&["--nonce", &zeros[..32]], 1, "challenge.other_nonce"),
        (&[&other], 1, "challenge.other_title"),
        (&elsewhere[..], 1, "challenge.other_title"),
        (&[&world.sample("changed.json")], 1, "integrity.digest_mismatch"),
        (&[&world.sample("store.json")], 1, "challenge.other_title"),
    ] {
        world.expect(&signature, more, exit, code);
    }
    // Several at once are all said.
    let report = world.expect(&signature, &["--role", "beneficiary", "--for", "Bank Y"], 1, "challenge.other_role");
    assert!(codes(&report).contains(&"challenge.other_purpose"));
}

#[test]
fn a_challenge_counts_only_in_its_time() {
    let world = World::new();
    let challenge = world.challenged(SAMPLE);
    let now = challenge.period.issued_at();
    for (issued, lasts, exit, code) in [
        (now - 1000, 900, 1, "challenge.expired"),
        (now - 2 * 86_400, 30 * 86_400, 0, "challenge.in_force"),
        (now + 3600, 900, 1, "challenge.not_yet_valid"),
        (now + 60, 900, 0, "challenge.in_force"),
    ] {
        let other = Challenge { period: Period::new(issued, lasts).unwrap(), ..challenge.clone() };
        write(&world.path("challenge.txt"), other.text());
        world.expect(&signed_by(Party::Bank, &other), &[], exit, code);
    }
}

#[test]
fn a_title_that_was_handed_over_since_is_told_with_who_signed() {
    let world = World::new();
    let challenge = world.challenged(SAMPLE);
    let escrow = world.report(&signed_by(Party::Bank, &challenge), &[]).1["title"]["escrow"].clone();
    let consignee = Party::Consignee.address();
    let write = TitleWrite::TransferHolder { holder: consignee, remark: Vec::new() };
    world.send(Party::Bank, escrow.as_str().unwrap().parse().unwrap(), &write.call_data(Generation::V5).unwrap());
    for (party, who) in [
        (Party::Bank, "; the one that the challenge names signed"),
        (Party::Consignee, "; the one that is recorded now signed"),
        (Party::Shipper, "the challenge names 0x3C44CdDdB6a900fa2b585dd299e03d12FA4293BC"),
    ] {
        let report = world.expect(&signed_by(party, &challenge), &[], 1, "challenge.party_changed");
        let message = check(&report, "party")["message"].as_str().unwrap().to_owned();
        assert!(message.contains(&consignee.to_string()) && message.ends_with(who), "{message}");
    }
    // The new holder is challenged and proves it.
    let challenge = world.challenged(SAMPLE);
    world.expect(&signed_by(Party::Consignee, &challenge), &[], 0, "challenge.signed");
}

#[test]
fn a_title_that_was_returned_since_has_no_holder() {
    let world = World::new();
    let challenge = world.challenged(SAMPLE);
    let escrow = world.report(&signed_by(Party::Bank, &challenge), &[]).1["title"]["escrow"].clone();
    let write = TitleWrite::ReturnToIssuer { remark: Vec::new() };
    world.send(Party::Bank, escrow.as_str().unwrap().parse().unwrap(), &write.call_data(Generation::V5).unwrap());
    world.expect(&signed_by(Party::Bank, &challenge), &[], 1, "challenge.no_party");
}

#[test]
fn a_challenge_is_accepted_once() {
    let world = World::new();
    let challenge = world.challenged(SAMPLE);
    let signature = signed_by(Party::Bank, &challenge);
    // What is not proven is not noted.
    world.expect(&signature, &["--used", "used.txt", "--role", "beneficiary"], 1, "challenge.other_role");
    world.expect(&signature, &["--used", "used.txt", "--offline"], 3, "check.offline");
    assert!(!world.path("used.txt").exists());
    world.expect(&signature, &["--used", "used.txt"], 0, "challenge.in_force");
    let noted = std::fs::read_to_string(world.path("used.txt")).unwrap();
    assert!(noted.starts_with(&challenge.nonce.to_string()) && noted.lines().count() == 1, "{noted}");
    world.expect(&signature, &["--used", "used.txt"], 1, "challenge.replayed");
    world.expect(&signature, &["--used", "others.txt"], 0, "challenge.in_force");
    world.expect(&signature, &[], 0, "challenge.in_force");
    let next = world.challenged(SAMPLE);
    world.expect(&signed_by(Party::Bank, &next), &["--used", "used.txt"], 0, "challenge.in_force");
    assert_eq!(std::fs::read_to_string(world.path("used.txt")).unwrap().lines().count(), 2);
}

#[test]
fn a_file_of_accepted_challenges_that_cannot_be_gone_by_stops_everything() {
    let world = World::new();
    let challenge = world.challenged(SAMPLE);
    let signature = signed_by(Party::Bank, &challenge);
    write(&world.path("damaged.txt"), "0123\n");
    write(&world.path("cut.txt"), "05050505050505050505050505050505 2026-05-28T20:41:40Z");
    std::fs::create_dir(world.path("folder")).unwrap();
    for used in ["damaged.txt", "cut.txt", "folder", "nowhere/used.txt", "challenge.txt", "used.txt.lock", "-"] {
        let ran = world.challenge(&["verify", "challenge.txt", &signature, "--used", used]);
        assert_eq!((ran.exit, ran.out.as_str()), (2, ""), "{used}: {ran:?}");
        assert!(ran.err.contains("--used"), "{used}: {}", ran.err);
    }
    #[cfg(unix)]
    {
        use std::os::unix::fs::FileTypeExt as _;
        // Nobody writes to it: opening it to read would wait for ever.
        assert!(std::process::Command::new("mkfifo").arg(world.path("fifo")).status().unwrap().success());
        let ran = world.challenge(&["verify", "challenge.txt", &signature, "--used", "fifo"]);
        assert!(ran.exit == 2 && ran.err.contains("it is not a plain file"), "{ran:?}");
        assert!(world.path("fifo").metadata().unwrap().file_type().is_fifo() && !world.path("fifo.lock").exists());
        // Under its other name the file would go on without what is noted.
        write(&world.path("one.txt"), "");
        std::fs::hard_link(world.path("one.txt"), world.path("two.txt")).unwrap();
        for used in ["one.txt", "two.txt"] {
            let ran = world.challenge(&["verify", "challenge.txt", &signature, "--used", used]);
            assert!(ran.exit == 2 && ran.err.contains("a hard link"), "{ran:?}");
        }
    }
    let ran = world.challenge(&["verify", "challenge.txt", &signature, "--used", "out.txt", "-o", "out.txt"]);
    assert_eq!(ran.exit, 2, "{ran:?}");
}

#[test]
fn of_runs_at_the_same_time_one_is_believed() {
    let world = World::new();
    let challenge = world.challenged(SAMPLE);
    let signature = signed_by(Party::Bank, &challenge);
    let verify = || world.challenge(&["verify", "challenge.txt", &signature, "--used", "used.txt", "-q"]).exit;
    let exits: Vec<i32> = std::thread::scope(|scope| {
        let runs: Vec<_> = (0..4).map(|_| scope.spawn(verify)).collect();
        runs.into_iter().map(|run| run.join().unwrap()).collect()
    });
    let count = |wanted| exits.iter().filter(|exit| **exit == wanted).count();
    assert_eq!((count(0), count(1)), (1, 3), "{exits:?}");
}

#[test]
fn who_is_still_writing_keeps_nobody_waiting_and_who_waits_says_so() {
    let world = World::new();
    let challenge = world.challenged(SAMPLE);
    let signature = signed_by(Party::Bank, &challenge);
    let config = world.sample("ebl.toml");
    let mut slow = Command::new(env!("CARGO_BIN_EXE_ebl"));
    slow.args(["challenge", "verify", "-", &signature, "--used", "used.txt", "-q", "--config", &config]);
    slow.current_dir(world.folder.path()).stdin(Stdio::piped());
    let mut slow = slow.spawn().unwrap();
    // It has begun, and reads what nobody writes.
    std::thread::sleep(Duration::from_millis(500));
    let ran = world.challenge(&["verify", "challenge.txt", &signature, "--used", "used.txt", "-q"]);
    assert_eq!((ran.exit, ran.err.as_str()), (0, ""), "{ran:?}");
    slow.stdin.take().unwrap().write_all(challenge.text().as_bytes()).unwrap();
    assert_eq!(slow.wait().unwrap().code(), Some(1), "it is accepted once");
    // Another run that has the file.
    let lock = std::fs::File::options().write(true).open(world.path("used.txt.lock")).unwrap();
    lock.lock().unwrap();
    let ran = std::thread::scope(|scope| {
        let run = scope.spawn(|| world.challenge(&["verify", "challenge.txt", &signature, "--used", "used.txt", "-q"]));
        std::thread::sleep(Duration::from_secs(3));
        lock.unlock().unwrap();
        run.join().unwrap()
    });
    assert!(ran.exit == 1 && ran.err.contains("waiting for another run that has"), "{ran:?}");
}

#[test]
fn the_report_goes_where_it_is_wanted_and_over_no_input() {
    let world = World::new();
    let challenge = world.challenged(SAMPLE);
    let signature = signed_by(Party::Bank, &challenge);
    let ran = world.challenge(&["verify", "challenge.txt", &signature, "-o", "report.txt"]);
    assert_eq!((ran.exit, ran.out.as_str()), (0, ""), "{ran:?}");
    assert!(std::fs::read_to_string(world.path("report.txt")).unwrap().starts_with("PROVEN  "));
    let ran = world.challenge(&["verify", "challenge.txt", &signature, "-o", "challenge.txt"]);
    assert_eq!(ran.exit, 2, "{ran:?}");
    assert_eq!(world.kept(), challenge);
    let bill = world.sample(SAMPLE);
    let ran = world.challenge(&["new", &bill, "--role", "holder", "--for", "X", "-o", &bill]);
    assert_eq!(ran.exit, 2, "{ran:?}");
    let ran = world.challenge(&["verify", "-", "@-"]);
    assert_eq!(ran.exit, 2, "{ran:?}");
}

/// With a real bill and a real signature in their places.
#[test]
fn the_commands_of_the_page_about_it_do_what_it_says() {
    let world = World::new();
    let page = include_str!("../../docs/proof-of-control.md");
    let (bill, mut signature) = (world.sample(SAMPLE), String::new());
    let commands = page.lines().filter_map(|line| line.strip_prefix("$ ebl challenge "));
    let mut ran = 0;
    for command in commands {
        // Every second part stands between quotation marks.
        let parts = command.split('"').enumerate().flat_map(|(index, part)| match index % 2 {
            0 => part.split_whitespace().map(str::to_owned).collect(),
            _ => vec![part.to_owned()],
        });
        let arguments: Vec<String> =
            parts.map(|part| part.replace("bill.json", &bill).replace("0x…", &signature)).collect();
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        let done = world.challenge(&arguments);
        assert_eq!(done.exit, 0, "{command}: {done:?}");
        signature = signed_by(Party::Bank, &world.kept());
        ran += 1;
    }
    assert_eq!(ran, 2, "the page shows both commands");
}

/// The page of the README, but for what differs from run to run.
#[test]
fn the_session_of_the_readme_is_what_the_command_says() {
    let world = World::new();
    let readme = include_str!("../../README.md");
    let session = readme.split("```text\n$ ebl challenge new").nth(1).and_then(|rest| rest.split("```").next());
    let (text, page) = session.unwrap().split_once("$ ebl challenge verify").unwrap();
    let (_, text) = text.split_once("$ cat challenge.txt\n").unwrap();
    let (_, page) = page.split_once('\n').unwrap();
    let file = format!("ebl-testchain/{SAMPLE}");
    let asked = ["--role", "holder", "--for", "Bank X, case 17", "--domain", "bank.example", "-o", "challenge.txt"];
    let ran = world.challenge(&[&["new", &file], &asked[..]].concat());
    assert_eq!(ran.exit, 0, "{ran:?}");
    let challenge = world.kept();
    assert_eq!(unchanging(&challenge.text()), unchanging(text.trim_end()));
    write(&world.path("signature.txt"), signed_by(Party::Bank, &challenge));
    let ran = world.challenge(&["verify", "challenge.txt", "@signature.txt", &file, "--role", "holder"]);
    assert_eq!(ran.exit, 0, "{ran:?}");
    assert_eq!(unchanging(&ran.out), unchanging(page));
}

/// Without times, nonces and ports.
fn unchanging(page: &str) -> String {
    let word = |word: &str| match word.trim_end_matches([',', '.', ')']) {
        nonce if nonce.len() == 32 && nonce.bytes().all(|byte| byte.is_ascii_hexdigit()) => "(nonce)".to_owned(),
        time if time.starts_with("20") && time.len() > 9 && time.contains('-') => "(day)".to_owned(),
        time if time.len() == 8 && time.matches(':').count() == 2 => "(time)".to_owned(),
        port if port.trim_start_matches('(').starts_with("127.0.0.1:") => "(host)".to_owned(),
        _ => word.to_owned(),
    };
    page.split_whitespace().map(word).collect::<Vec<_>>().join(" ")
}
