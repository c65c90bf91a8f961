//! `ebl show`, `ebl diff` and `content` in a report (documents.md §10): what a document says, only as far as its digest or its
//! signature covers it.

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ebl_verifier::content::Term;
use ebl_verifier::document::{self, Limits};
use ebl_verifier::evidence::Evidence;
use ebl_verifier::primitives::Address;
use ebl_verifier::verify::{Case, ContentStep, Policy, examine_content};
use serde_json::{Value, json};

use crate::support::schema::follows;
use crate::support::w3c_credentials::{Issuer, Suite};
use crate::support::wrapping::{Format, hide_v2, issuer, plain_v2, wrap};

const BILL: &str = "fixtures/documents/bill-v2.json";
const BILL_V3: &str = "fixtures/documents/bill-v3.json";

#[test]
fn a_bill_is_shown_under_the_names_of_the_trade_and_then_by_path() {
    for (file, rows) in [
        (BILL, ["B/L number           NDSE-2026-00017", "Vessel               MV Havgard", "  notifyParty.phone "]),
        (BILL_V3, ["B/L number           NDSE-2026-00018", "Packages 2           Samples", "  issuanceDate "]),
    ] {
        let page = text(&ebl(&["show", file, "--offline"]), 0);
        rows.iter().for_each(|row| assert!(page.contains(row), "{row}\n{page}"));
        assert!(page.find("B/L number") < page.find("Other fields"), "{page}");
        assert!(page.starts_with("CONTENT  ") && !page.contains("VALID"), "{page}");
    }
    let page = text(&ebl(&["show", BILL]), 0);
    assert!(page.contains("  Hidden      2 fields, and nobody can know which"), "{page}");
}

#[test]
fn what_is_not_covered_is_not_shown_as_content() {
    let page = text(&ebl(&["show", "fixtures/documents/bill-v2-changed.json"]), 1);
    assert!(page.starts_with("INVALID") && !page.contains("Kallang") && !page.contains("Havgard"), "{page}");
    let report = shown(&["show", "fixtures/documents/bill-v2-changed.json", "--format", "json"], 1);
    assert_eq!((&report["content"], &report["check"]["code"]), (&Value::Null, &json!("integrity.digest_mismatch")));
    let folder = Folder::new();
    let mut bill: Value = serde_json::from_str(&std::fs::read_to_string(BILL).unwrap()).unwrap();
    bill["schema"] = json!("tradetrust/9.9");
    let report = shown(&["show", &folder.write("bill.json", &bill), "--format", "json"], 0);
    assert_eq!(report["content"]["unprotected"], json!([{"path": "schema", "value": null}]));
    assert!(!report["content"]["fields"].to_string().contains("9.9"), "{report:#}");
}

#[test]
fn values_that_the_older_rule_left_out_are_set_apart() {
    let vectors: Value =
        serde_json::from_str(&std::fs::read_to_string("fixtures/vectors/v3-falsy.json").unwrap()).unwrap();
    let folder = Folder::new();
    let mut found = 0;
    for case in vectors["cases"].as_array().unwrap() {
        let file = folder.write("v3.json", &case["document"]);
        let run = ebl(&["show", &file, "--format", "json"]);
        let report: Value = serde_json::from_slice(&run.stdout).unwrap();
        if report["check"]["code"] != "integrity.falsy_leaves_unauthenticated" {
            continue;
        }
        found += 1;
        follows("content", &report);
        let apart: Vec<&Value> = report["content"]["unprotected"].as_array().unwrap().iter().collect();
        assert!(apart.iter().any(|apart| apart["value"] != Value::Null), "{report:#}");
        for apart in apart.iter().filter(|apart| apart["value"] != Value::Null) {
            let fields = report["content"]["fields"].as_array().unwrap();
            assert!(fields.iter().all(|field| field["path"] != apart["path"]), "{report:#}");
        }
        // Shown as far as it is covered, and not as if that were all of it.
        let page = text(&ebl(&["show", &file]), 3);
        assert!(page.starts_with("INDETERMINATE") && page.contains("Unprotected anybody could have written"), "{page}");
    }
    assert!(found > 0);
}

#[test]
fn a_credential_says_what_its_statements_say_however_they_are_written() {
    let issuer = Issuer::did_key(Suite::EcdsaRdfc2019, [7; 32]);
    let credential = json!({
        "@context": ["https://www.w3.org/ns/credentials/v2", "https://trustvc.io/context/bill-of-lading-carrier.json",
            "https://trustvc.io/context/attachments-context.json"],
        "type": ["VerifiableCredential"],
        "issuer": issuer.did(),
        "credentialSubject": {
            "type": ["BillOfLadingCarrier"],
            "blNumber": "W3C-1", "carrierName": "Nordsee Carrier",
            "packages": [{"packagesDescription": "Coffee", "packagesWeight": "1 t"}, {"packagesDescription": "Tea", "packagesWeight": "2 t"}],
            "attachments": [{"filename": "a.txt", "mimeType": "text/plain", "data": STANDARD.encode("hello")}],
        },
    });
    let signed = issuer.sign(&credential, "2026-05-01T08:00:00Z", &[]);
    let folder = Folder::new();
    let show = |name: &str, document: &Value, exit| {
        shown(&["show", &folder.write(name, document), "--offline", "--format", "json"], exit)
    };
    let report = show("signed.json", &signed, 0);
    let value = |term: &str| {
        let fields = report["content"]["fields"].as_array().unwrap();
        fields.iter().filter(|field| field["term"] == term).map(|field| field["value"].clone()).collect::<Vec<_>>()
    };
    assert_eq!((value("bl_number"), value("carrier")), (vec![json!("W3C-1")], vec![json!("Nordsee Carrier")]));
    let (packages, weights) = (value("packages"), value("weight"));
    let pairs: Vec<_> = packages.iter().zip(&weights).collect();
    assert!(
        pairs.contains(&(&json!("Coffee"), &json!("1 t"))) && pairs.contains(&(&json!("Tea"), &json!("2 t"))),
        "{report:#}"
    );
    assert_eq!(report["content"]["attachments"][0]["name"], "a.txt");
    // The same statements in another order are the same content.
    let mut other = signed.clone();
    other["credentialSubject"]["packages"].as_array_mut().unwrap().reverse();
    let other = show("other.json", &other, 0);
    assert_eq!(report["content"], other["content"]);
    // A changed one says nothing, and one whose key nobody can be asked for is not known.
    let mut changed = signed;
    changed["credentialSubject"]["blNumber"] = json!("W3C-2");
    let changed = show("changed.json", &changed, 1);
    assert_eq!((&changed["content"], &changed["check"]["code"]), (&Value::Null, &json!("integrity.wrong_signature")));
    let web = Issuer::did_web(Suite::EcdsaRdfc2019, "did:web:carrier.example", "key-1", [7; 32]);
    let mut elsewhere = credential;
    elsewhere["issuer"] = json!(web.did());
    let elsewhere = web.sign(&elsewhere, "2026-05-01T08:00:00Z", &[]);
    let unknown = show("web.json", &elsewhere, 3);
    assert_eq!((&unknown["content"], &unknown["check"]["outcome"]), (&Value::Null, &json!("unknown")));
}

#[test]
fn whatever_byte_is_changed_the_content_is_the_same_or_none() {
    for file in [BILL, BILL_V3] {
        let bytes = std::fs::read(file).unwrap();
        let whole = content(&bytes).expect("covered");
        let mut shown = 0;
        for at in (0..bytes.len()).step_by(3) {
            for flip in [1, 0x20] {
                let mut changed = bytes.clone();
                changed[at] ^= flip;
                if let Some(found) = content(&changed) {
                    shown += 1;
                    assert_eq!(found.fields, whole.fields, "{file}: byte {at}");
                    assert_eq!(found.attachments, whole.attachments, "{file}: byte {at}");
                }
            }
        }
        assert!(shown < bytes.len() / 3, "{file}: {shown} of {} bytes change nothing", bytes.len());
    }
}

#[test]
fn attachments_are_listed_and_saved_under_safe_names_and_never_over_another_file() {
    let folder = Folder::new();
    let attachment =
        |name: &str, bytes: &str| json!({"filename": name, "type": "application/pdf", "data": STANDARD.encode(bytes)});
    let names = [
        "../../etc/passwd",
        "C:\\a\\b.pdf",
        "CON.pdf",
        "-rf",
        "",
        "dup.pdf",
        "DUP.PDF",
        "\u{202e}fdp.exe",
        "…/..",
        "a\0b",
    ];
    let mut plain = plain_v2(vec![issuer("tokenRegistry", Address([7; 20]))], 1337, 1);
    plain["attachments"] = names.iter().map(|name| attachment(name, name)).collect();
    plain["logo"] = json!(format!("data:image/png;base64,{}", STANDARD.encode("picture")));
    plain["attachments"][4]["data"] = json!(STANDARD.encode("no name"));
    plain["attachments"].as_array_mut().unwrap().push(json!({"filename": "text", "type": "x", "data": "no base64!"}));
    let file = folder.write("bill.json", &wrap(Format::V2, vec![plain]).remove(0).document);
    let to = folder.0.path().join("out");
    let to = to.to_str().unwrap();
    let report = shown(&["show", &file, "--format", "json", "--save-attachments", to], 0);
    let listed = report["content"]["attachments"].as_array().unwrap();
    assert_eq!(listed.len(), names.len() + 1, "{report:#}");
    assert_eq!(listed[0]["name"], "../../etc/passwd");
    let fields = report["content"]["fields"].to_string();
    assert!(fields.contains("no base64!") && !fields.contains(&STANDARD.encode("dup.pdf")), "{fields}");
    let saved = files_in(Path::new(to));
    assert_eq!(saved.len(), listed.len(), "{saved:?}");
    assert!(!folder.0.path().join("etc").exists());
    for name in saved.keys() {
        assert!(!name.starts_with(['.', '-']) && !name.contains(['/', '\\', '\0', '\u{202e}']), "{name:?}");
    }
    assert_eq!(saved["passwd"], b"../../etc/passwd");
    // For whomever the user's own files are for.
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let own = folder.write("own", &json!({}));
        let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode();
        assert_eq!(mode(&Path::new(to).join("passwd")), mode(Path::new(&own)));
    }
    assert_eq!(saved["logo.png"], b"picture");
    assert!(
        saved.contains_key("_CON.pdf") && saved.contains_key("dup.pdf") && saved.contains_key("DUP-2.PDF"),
        "{:?}",
        saved.keys()
    );
    // Once more: nothing is written over.
    std::fs::write(Path::new(to).join("passwd"), "mine").unwrap();
    text(&ebl(&["show", &file, "--save-attachments", to]), 0);
    let again = files_in(Path::new(to));
    assert_eq!((again.len(), &again["passwd"][..]), (2 * saved.len(), &b"mine"[..]));
    // Quietly: the files alone.
    let quiet = ebl(&["show", &file, "--save-attachments", &format!("{to}/quiet"), "-q"]);
    assert_eq!((quiet.status.code(), quiet.stdout.len(), quiet.stderr.len()), (Some(0), 0, 0), "{quiet:?}");
    assert_eq!(files_in(&Path::new(to).join("quiet")).len(), saved.len());
    // A folder that cannot be.
    let run = ebl(&["show", &file, "--save-attachments", &format!("{file}/x"), "-q"]);
    assert_eq!(run.status.code(), Some(74), "{}", String::from_utf8_lossy(&run.stderr));
    assert!(String::from_utf8_lossy(&run.stderr).contains("no attachment was saved"));
}

#[test]
fn the_report_does_not_take_the_place_of_an_attachment_that_was_just_saved() {
    let folder = Folder::new();
    let mut plain = plain_v2(vec![issuer("tokenRegistry", Address([7; 20]))], 1337, 1);
    plain["attachments"] =
        json!([{"filename": "Report.txt", "type": "text/plain", "data": STANDARD.encode("attached")}]);
    let file = folder.write("bill.json", &wrap(Format::V2, vec![plain]).remove(0).document);
    let to = folder.0.path().join("out");
    std::fs::create_dir(&to).unwrap();
    for (output, before) in [(to.join("report.txt"), None), (to.join("../out/report.txt"), Some("as it was"))] {
        std::fs::remove_dir_all(&to).unwrap();
        std::fs::create_dir(&to).unwrap();
        if let Some(before) = before {
            std::fs::write(&output, before).unwrap();
        }
        let run = ebl(&["show", &file, "--save-attachments", to.to_str().unwrap(), "-o", output.to_str().unwrap()]);
        assert_eq!(run.status.code(), Some(0), "{run:?}");
        let saved = files_in(&to);
        assert!(saved["report.txt"].starts_with(b"CONTENT"), "{saved:?}");
        assert_eq!((saved.len(), &saved["Report-2.txt"][..]), (2, &b"attached"[..]), "{saved:?}");
    }
}

#[test]
fn many_attachments_of_one_name_are_all_saved_and_a_signal_leaves_whole_files() {
    let folder = Folder::new();
    let mut plain = plain_v2(vec![issuer("tokenRegistry", Address([7; 20]))], 1337, 1);
    let attachment = json!({"filename": "same.pdf", "type": "application/pdf", "data": STANDARD.encode("same")});
    plain["attachments"] = vec![attachment; MANY].into();
    let file = folder.write("bill.json", &wrap(Format::V2, vec![plain]).remove(0).document);
    let to = folder.0.path().join("out");
    text(&ebl(&["show", &file, "-q", "--save-attachments", to.to_str().unwrap()]), 0);
    let saved = files_in(&to);
    assert!(saved.len() == MANY && saved.contains_key(&format!("same-{MANY}.pdf")), "{}", saved.len());
    #[cfg(unix)]
    {
        std::fs::remove_dir_all(&to).unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_ebl"));
        command.args(["show", &file, "-q", "--save-attachments", to.to_str().unwrap()]).stderr(Stdio::null());
        let mut run = command.spawn().unwrap();
        while !to.join("same.pdf").exists() {
            std::thread::sleep(std::time::Duration::from_millis(1));
        }
        assert!(Command::new("kill").args(["-INT", &run.id().to_string()]).status().unwrap().success());
        run.wait().unwrap();
        let saved = files_in(&to);
        assert!(saved.keys().all(|name| name.ends_with(".pdf")), "{:?}", saved.keys().last());
        assert!(saved.values().all(|bytes| bytes == b"same"));
    }
}

/// As many as a signal comes in between.
const MANY: usize = 1_000;

#[test]
fn a_long_name_of_an_attachment_keeps_its_beginning_and_its_ending() {
    let folder = Folder::new();
    let mut plain = plain_v2(vec![issuer("tokenRegistry", Address([7; 20]))], 1337, 1);
    let long = "Certificate of origin ".to_owned() + &"提單 ".repeat(100) + "final.pdf";
    let names = [long.as_str(), &"x".repeat(500), &format!("a.{}", "y".repeat(400))];
    let attachment = |name: &&str| json!({"filename": name, "type": "application/pdf", "data": STANDARD.encode(name)});
    plain["attachments"] = names.iter().map(attachment).collect();
    let file = folder.write("bill.json", &wrap(Format::V2, vec![plain]).remove(0).document);
    let to = folder.0.path().join("out");
    text(&ebl(&["show", &file, "--save-attachments", to.to_str().unwrap()]), 0);
    let saved = files_in(&to);
    assert_eq!(saved.len(), 3);
    assert!(saved.keys().all(|name| name.len() <= 200), "{:?}", saved.keys());
    let kept = |start: &str, end: &str| saved.keys().any(|name| name.starts_with(start) && name.ends_with(end));
    assert!(kept("Certificate of origin 提單", "提單.pdf") && kept("xxx", "xxx") && kept("a.yy", "yy"), "{saved:?}");
}

/// What says which document is meant, who is asked for its key and how: all that is asked for is that key.
#[test]
fn what_has_nothing_to_do_with_reading_a_document_is_no_flag_of_show_and_diff() {
    for flag in ["--rpc", "--quorum", "--block", "--proof", "--dns", "--did-registry", "--names"] {
        let run = ebl(&["show", BILL, flag, "1"]);
        assert_eq!(run.status.code(), Some(2), "{flag}");
    }
    for arguments in [&["show", BILL][..], &["diff", BILL, BILL]] {
        text(&ebl(&[arguments, &["--offline", "--timeout", "5", "--allow-private"]].concat()), 0);
    }
}

#[test]
fn a_file_beside_an_attachment_is_listed_and_saved_as_well() {
    let folder = Folder::new();
    let mut plain = plain_v2(vec![issuer("tokenRegistry", Address([7; 20]))], 1337, 1);
    let picture = format!("data:image/png;base64,{}", STANDARD.encode("small"));
    let data = STANDARD.encode("large");
    plain["certificates"] =
        json!({"attachments": [{"filename": "a.pdf", "type": "application/pdf", "data": data, "thumbnail": picture}]});
    let file = folder.write("bill.json", &wrap(Format::V2, vec![plain]).remove(0).document);
    let to = folder.0.path().join("out");
    let report = shown(&["show", &file, "--format", "json", "--save-attachments", to.to_str().unwrap()], 0);
    let listed = report["content"]["attachments"].as_array().unwrap();
    assert_eq!(
        listed.iter().map(|file| &file["path"]).collect::<Vec<_>>(),
        ["certificates.attachments[0]", "certificates.attachments[0].thumbnail"]
    );
    let saved = files_in(&to);
    assert_eq!((&saved["a.pdf"][..], &saved["thumbnail.png"][..]), (&b"large"[..], &b"small"[..]));
}

#[test]
fn two_documents_are_compared_field_by_field() {
    let folder = Folder::new();
    let bill = |change: &dyn Fn(&mut Value)| {
        let mut plain = plain_v2(vec![issuer("tokenRegistry", Address([7; 20]))], 1337, 1);
        plain["vessel"] = json!("MV Havgard");
        plain["packages"] = json!([{"weight": "1 t"}, {"weight": "2 t"}]);
        plain["attachments"] = json!([{"filename": "a", "type": "x", "data": STANDARD.encode("a")}]);
        change(&mut plain);
        wrap(Format::V2, vec![plain]).remove(0).document
    };
    let first = folder.write("first.json", &bill(&|_| ()));
    let again = folder.write("again.json", &bill(&|_| ()));
    let second = folder.write(
        "second.json",
        &bill(&|bill| {
            bill["packages"][1]["weight"] = json!("3 t");
            bill["clause"] = json!("freight prepaid");
            bill["attachments"][0]["data"] = json!(STANDARD.encode("b"));
        }),
    );
    let same = compared(&["diff", &first, &again, "--format", "json"], 0);
    assert_eq!((&same["same_content"], &same["changes"]), (&json!(true), &json!([])));
    let other = compared(&["diff", &first, &second, "--format", "json"], 10);
    assert_eq!(
        other["changes"],
        json!([
            {"path": "packages[1].weight", "term": "weight", "first": "2 t", "second": "3 t", "first_kind": "text",
                "second_kind": "text"},
            {"path": "clause", "term": null, "first": null, "second": "freight prepaid", "first_kind": null,
                "second_kind": "text"},
        ])
    );
    assert_eq!((other["only_first"].as_array().unwrap().len(), other["only_second"].as_array().unwrap().len()), (1, 1));
    let page = text(&ebl(&["diff", &first, &second]), 10);
    assert!(
        page.starts_with("DIFFERENT") && page.contains("    - 2 t\n    + 3 t\n") && !page.contains("hidden"),
        "{page}"
    );
    // Two families: by the names of the trade.
    let families = compared(&["diff", BILL, BILL_V3, "--format", "json"], 10);
    assert!(families["same"].as_u64().unwrap() >= 9, "{families:#}");
    // One family writes the only package as a list of one, the other as one: both are the first.
    let with = |name: &str, packages: Value| {
        let mut plain = plain_v2(vec![issuer("tokenRegistry", Address([7; 20]))], 1337, 1);
        plain["packages"] = packages;
        folder.write(name, &wrap(Format::V2, vec![plain]).remove(0).document)
    };
    let listed = with("listed.json", json!([{"packagesWeight": "1 t"}]));
    let single = with("single.json", json!({"packagesWeight": "1 t"}));
    let alike = compared(&["diff", &listed, &single, "--format", "json"], 0);
    assert_eq!(alike["changes"], json!([]), "{alike:#}");
    // What cannot be compared is not compared.
    let run = ebl(&["diff", BILL, "fixtures/documents/bill-v2-changed.json"]);
    let page = text(&run, 1);
    assert!(page.starts_with("INVALID") && !page.contains("DIFFERENT"), "{page}");
    assert_eq!(ebl(&["diff", BILL, "fixtures/documents/other/a.pdf"]).status.code(), Some(6));
    assert_eq!(ebl(&["diff", "-", "-"]).status.code(), Some(2));
}

#[test]
fn what_is_hidden_is_not_the_same_unless_one_digest_covers_it() {
    let folder = Folder::new();
    let bill = |consignee: &str| {
        let mut plain = plain_v2(vec![issuer("tokenRegistry", Address([7; 20]))], 1337, 1);
        plain["vessel"] = json!("MV Havgard");
        plain["consignee"] = json!({"name": consignee, "phone": "1"});
        wrap(Format::V2, vec![plain]).remove(0).document
    };
    let hiding = |consignee: &str| {
        let mut bill = bill(consignee);
        hide_v2(&mut bill, "/consignee/name");
        bill
    };
    let [first, second] = ["Kallang", "Rotterdam"].map(|name| folder.write(name, &hiding(name)));
    let compared_so = compared(&["diff", &first, &second, "--format", "json"], 3);
    assert_eq!((&compared_so["same_content"], &compared_so["changes"]), (&Value::Null, &json!([])));
    let page = text(&ebl(&["diff", &first, &second]), 3);
    assert!(
        page.starts_with("NOT KNOWN")
            && page.contains("Shown       the same in both, as far as it is covered")
            && page.contains("1 in the first, 1 in the second; whether what is hidden is the same is not known"),
        "{page}"
    );
    // The same bill twice, and one that shows what the other hides.
    let again = folder.write("again", &hiding("Kallang"));
    assert_eq!(compared(&["diff", &first, &again, "--format", "json"], 0)["same_content"], true);
    let whole = folder.write("whole", &bill("Kallang"));
    let page = text(&ebl(&["diff", &whole, &again]), 10);
    assert!(page.contains("    - Kallang\n") && page.contains("both are one document"), "{page}");
    assert!(page.contains("may be hidden there"), "{page}");
}

#[test]
fn what_a_holder_left_out_of_a_credential_is_not_the_same() {
    let issuer = Issuer::did_key(Suite::EcdsaSd2023, [7; 32]);
    let folder = Folder::new();
    let selection = |consignee: &str| {
        let credential = json!({
            "@context": ["https://www.w3.org/ns/credentials/v2", "https://trustvc.io/context/bill-of-lading-carrier.json"],
            "type": ["VerifiableCredential"],
            "issuer": issuer.did(),
            "credentialSubject": {"type": ["BillOfLadingCarrier"], "blNumber": "W3C-1", "consigneeName": consignee},
        });
        let signed = issuer.sign(&credential, "2026-05-01T08:00:00Z", &["/issuer"]);
        let mut shown = credential.clone();
        shown["credentialSubject"].as_object_mut().unwrap().remove("consigneeName");
        folder.write(consignee, &issuer.derive(&signed, &shown, &["/issuer"]))
    };
    let (first, second) = (selection("Kallang"), selection("Rotterdam"));
    let found = compared(&["diff", &first, &second, "--offline", "--format", "json"], 3);
    assert_eq!(
        (&found["same_content"], &found["changes"], &found["first"]["hidden"]),
        (&Value::Null, &json!([]), &Value::Null)
    );
    let copy = folder.0.path().join("copy");
    std::fs::copy(&first, &copy).unwrap();
    assert_eq!(compared(&["diff", &first, copy.to_str().unwrap(), "--format", "json"], 0)["same_content"], true);
}

#[test]
fn values_that_nothing_covers_are_compared_apart_and_never_make_two_documents_the_same() {
    let vectors: Value =
        serde_json::from_str(&std::fs::read_to_string("fixtures/vectors/v3-falsy.json").unwrap()).unwrap();
    let cases = vectors["cases"].as_array().unwrap();
    let case = cases.iter().find(|case| case["id"] == "v3-falsy-zero-truthy-leaves").unwrap();
    let folder = Folder::new();
    let first = folder.write("first.json", &case["document"]);
    let text_of = case["document"].to_string();
    let unprotected = &shown(&["show", &first, "--format", "json"], 3)["content"]["unprotected"][0];
    let name = unprotected["path"].as_str().unwrap().rsplit('.').next().unwrap();
    assert_eq!(text_of.matches(&format!("\"{name}\":0")).count(), 1);
    let other: Value =
        serde_json::from_str(&text_of.replace(&format!("\"{name}\":0"), &format!("\"{name}\":false"))).unwrap();
    let second = folder.write("second.json", &other);
    let found = compared(&["diff", &first, &second, "--format", "json"], 3);
    let apart = json!([{"path": unprotected["path"], "term": null, "first": "0", "second": "false", "first_kind": null,
        "second_kind": null}]);
    assert_eq!((&found["same_content"], &found["changes"], &found["unprotected"]), (&Value::Null, &json!([]), &apart));
    assert_eq!((&found["first"]["unprotected"], &found["second"]["unprotected"]), (&json!(1), &json!(1)));
    let page = text(&ebl(&["diff", &first, &second]), 3);
    assert!(
        page.contains("Unprotected 1 in the first, 1 in the second") && page.contains("    - 0\n    + false\n"),
        "{page}"
    );
    // One and the same file leaves nothing open, another with the same values does.
    let page = text(&ebl(&["diff", &first, &first.replace("first", "./first")]), 0);
    assert!(page.starts_with("SAME CONTENT") && page.contains("they are the same in both"), "{page}");
    let again = folder.write("again.json", &serde_json::from_str::<Value>(&text_of).unwrap());
    std::fs::write(&again, format!("{text_of}\n\n")).unwrap();
    let page = text(&ebl(&["diff", &first, &again]), 3);
    assert!(page.starts_with("NOT KNOWN") && page.contains("they are the same in both"), "{page}");
}

#[cfg(feature = "testchain")]
#[test]
fn a_presentation_is_no_document_to_compare_and_never_the_same() {
    let folder = Folder::new();
    let (chain, _) = crate::support::running_testchain::Running::start(&folder.0.path().join("chain"));
    let sample = |name: &str| folder.0.path().join(format!("chain/{name}.json")).to_str().unwrap().to_owned();
    let settings = sample("ebl").replace(".json", ".toml");
    for (first, second) in
        [("w3c-presentation", "live"), ("live", "w3c-presentation"), ("w3c-presentation", "w3c-presentation")]
    {
        let run = ebl(&["diff", "--config", &settings, &sample(first), &sample(second)]);
        let said = String::from_utf8_lossy(&run.stderr).into_owned();
        assert_eq!(run.status.code(), Some(3), "{first} {second}: {said}");
        assert!(said.contains("a presentation holds documents of its own"), "{said}");
    }
    let saved = folder.0.path().join("saved");
    let arguments =
        ["show", "--config", &settings, &sample("w3c-presentation"), "--save-attachments", saved.to_str().unwrap()];
    let run = ebl(&arguments);
    assert!(String::from_utf8_lossy(&run.stderr).contains("there are no attachments to save"), "{run:?}");
    drop(chain);
}

#[test]
fn blanks_between_values_change_nothing_in_what_is_compared() {
    let folder = Folder::new();
    let mut plain = plain_v2(vec![issuer("tokenRegistry", Address([7; 20]))], 1337, 1);
    let long = "n".repeat(6000);
    let many: serde_json::Map<String, Value> = (0..400).map(|number| (format!("k{number}"), json!(number))).collect();
    plain[&long] = Value::Object(many);
    let document = &wrap(Format::V2, vec![plain]).remove(0).document;
    let first = folder.write("first", document);
    let second = folder.write("second", document);
    std::fs::write(&second, serde_json::to_string_pretty(document).unwrap().replace('\n', "\n          ")).unwrap();
    let page = text(&ebl(&["diff", &first, &second]), 0);
    assert!(page.starts_with("SAME CONTENT"), "{page}");
}

#[test]
fn two_values_that_look_alike_are_told_apart() {
    let folder = Folder::new();
    let bill = |name: &str, originals: Value, clause: &str| {
        let mut plain = plain_v2(vec![issuer("tokenRegistry", Address([7; 20]))], 1337, 1);
        (plain["numberOfOriginalBL"], plain["clause"]) = (originals, json!(clause));
        folder.write(name, &wrap(Format::V2, vec![plain]).remove(0).document)
    };
    let long = "x".repeat(2500);
    let first = bill("first", json!(3), &(long.clone() + "prepaid"));
    let second = bill("second", json!("3"), &(long + "collect"));
    let page = text(&ebl(&["diff", &first, &second]), 10);
    for line in ["    - 3 (a number)\n", "    + 3 (a text)\n", "from character 2501 on “prepaid”", "on “collect”"]
    {
        assert!(page.contains(line), "{line}\n{page}");
    }
    let (composed, apart) = (bill("composed", json!("1"), "Köln\u{a0}1"), bill("apart", json!("1"), "Ko\u{308}ln 1"));
    let page = text(&ebl(&["diff", &composed, &apart]), 10);
    assert!(page.contains("(character 2 is U+00F6)") && page.contains("(character 2 is U+006F)"), "{page}");
    // What is escaped looks like the text of that.
    let (hidden, written) = (bill("hidden", json!("1"), "A\u{200b}B"), bill("written", json!("1"), "A\\u{200b}B"));
    let page = text(&ebl(&["diff", &hidden, &written]), 10);
    assert!(page.contains("(character 2 is U+200B)") && page.contains("(character 2 is U+005C)"), "{page}");
    let blank = |blank: &str| format!("{}{blank}x", "y".repeat(2500));
    let (wide, narrow) = (bill("wide", json!("1"), &blank("\u{2003}")), bill("narrow", json!("1"), &blank("\u{2002}")));
    let page = text(&ebl(&["diff", &wide, &narrow]), 10);
    assert!(page.contains("character 2501 is U+2003") && page.contains("character 2501 is U+2002"), "{page}");
}

#[test]
fn a_report_repeats_the_content_where_it_is_asked_to() {
    assert_eq!(ebl(&["verify", BILL, "--offline", "--content"]).status.code(), Some(2));
    let with = run_json(&["verify", BILL, "--offline", "--content", "--format", "json"]);
    follows("report", &with);
    let fields = with["content"]["fields"].as_array().unwrap();
    assert!(fields.iter().any(|field| field["term"] == "vessel" && field["value"] == "MV Havgard"), "{with:#}");
    let without = run_json(&["verify", BILL, "--offline", "--format", "json"]);
    assert!(without.get("content").is_none());
    let changed =
        run_json(&["verify", "fixtures/documents/bill-v2-changed.json", "--offline", "--content", "--format", "json"]);
    assert!(changed.get("content").is_none(), "{changed:#}");
}

#[test]
fn a_file_that_holds_no_document_that_can_be_read_says_why() {
    let page = text(&ebl(&["show", "fixtures/documents/other/a.pdf"]), 6);
    assert!(page.starts_with("UNREADABLE"), "{page}");
    let report = run_json(&["show", "fixtures/documents/other/a.pdf", "--format", "json"]);
    follows("content", &report);
    let sealed = text(&ebl(&["show", "fixtures/documents/kinds/sealed.json"]), 6);
    assert!(sealed.contains("read.key_missing"), "{sealed}");
}

#[test]
fn a_long_name_over_many_fields_does_not_make_paths_many_times_the_document() {
    let name = "n".repeat(100_000);
    let fields: serde_json::Map<String, Value> = (0..500).map(|number| (format!("f{number}"), json!("x"))).collect();
    let mut plain = plain_v2(vec![issuer("tokenRegistry", Address([7; 20]))], 1337, 1);
    plain[name] = Value::Object(fields);
    let bytes = wrap(Format::V2, vec![plain]).remove(0).document.to_string().into_bytes();
    let content = content(&bytes).expect("covered");
    let written: usize = content.fields.iter().map(|field| field.path.len()).sum();
    assert!(content.shortened_paths > 400 && written < 3 * bytes.len() + (2 << 20), "{written} of {}", bytes.len());
}

#[test]
fn what_hostile_text_says_cannot_act_on_the_terminal() {
    let mut plain = plain_v2(vec![issuer("tokenRegistry", Address([7; 20]))], 1337, 1);
    plain["vessel"] = json!("\u{1b}[2JMV \u{202e}drgvaH");
    plain["a.b\u{9b}".replace('.', "_")] = json!("x\ny");
    let folder = Folder::new();
    let file = folder.write("bill.json", &wrap(Format::V2, vec![plain]).remove(0).document);
    let page = text(&ebl(&["show", &file]), 0);
    assert!(page.contains("\\u{1b}[2JMV \\u{202e}drgvaH") && page.contains("x\\u{a}y"), "{page}");
    assert!(!page.contains(['\u{1b}', '\u{202e}', '\u{9b}']), "{page:?}");
}

#[test]
fn what_a_document_calls_its_own_fields_never_stands_under_the_names_of_the_trade() {
    let mut plain = plain_v2(vec![issuer("tokenRegistry", Address([7; 20]))], 1337, 1);
    plain.as_object_mut().unwrap().remove("blNumber");
    plain["B/L number"] = json!("FAKE-1");
    let folder = Folder::new();
    let page = text(&ebl(&["show", &folder.write("bill.json", &wrap(Format::V2, vec![plain]).remove(0).document)]), 0);
    let (heading, own) = (page.find("  Other fields\n"), page.find("FAKE-1"));
    assert!(heading.is_some() && heading < own, "{page}");
}

fn content(bytes: &[u8]) -> Option<ebl_verifier::content::Content> {
    let document = document::read(bytes, &Limits::default()).ok()?;
    let policy = Policy::default();
    let case = Case::new(&document, &policy, 1_780_000_000);
    match examine_content(&case, &Evidence::new()) {
        ContentStep::Report(report) => report.content,
        ContentStep::Ask(questions) => panic!("{questions:?}"),
    }
}

#[test]
fn the_library_gives_values_by_term() {
    let content = content(&std::fs::read(BILL_V3).unwrap()).expect("covered");
    assert_eq!(content.of_term(Term::Packages).collect::<Vec<_>>(), ["Green coffee", "Samples"]);
}

struct Folder(tempfile::TempDir);

impl Folder {
    fn new() -> Self {
        Self(tempfile::tempdir().expect("a folder"))
    }

    fn write(&self, name: &str, document: &Value) -> String {
        let path: PathBuf = self.0.path().join(name);
        std::fs::write(&path, document.to_string()).expect("a file");
        path.to_str().expect("a name").to_owned()
    }
}

fn files_in(folder: &Path) -> std::collections::BTreeMap<String, Vec<u8>> {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap());
    entries.map(|entry| (entry.file_name().into_string().unwrap(), std::fs::read(entry.path()).unwrap())).collect()
}

fn ebl(args: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ebl"));
    command.args(args).env("COLUMNS", "120").stdin(Stdio::null()).output().expect("it runs")
}

fn text(run: &Output, exit: i32) -> String {
    let page = String::from_utf8(run.stdout.clone()).expect("text");
    assert_eq!(run.status.code(), Some(exit), "{page}{}", String::from_utf8_lossy(&run.stderr));
    page
}

fn run_json(args: &[&str]) -> Value {
    serde_json::from_slice(&ebl(args).stdout).expect("JSON")
}

fn shown(args: &[&str], exit: i32) -> Value {
    let report = serde_json::from_str(&text(&ebl(args), exit)).expect("JSON");
    follows("content", &report);
    report
}

fn compared(args: &[&str], exit: i32) -> Value {
    let result = serde_json::from_str(&text(&ebl(args), exit)).expect("JSON");
    follows("difference", &result);
    result
}
