//! Status lists that the packages make, and bills that say where theirs is.

use ebl_verifier::verify::CheckName;
use libtest_mimic::Failed;
use serde_json::{Value, json};

use super::world::{HOLDER, verdict, world};

const LIST: &str = "https://carrier.example/status/1";

/// What is listed of the two kinds, each signed by each suite: first made, and then replaced as their issuers do.
pub fn read() -> Result<(), Failed> {
    for suite in ["ecdsa-sd-2023", "bbs-2023"] {
        for kind in ["BitstringStatusList", "StatusList2021"] {
            let first = published(suite, kind, &[5], None)?;
            let second = published(suite, kind, &[5, 9], Some(&first))?;
            for (list, index, listed) in
                [(&first, 5, true), (&first, 9, false), (&second, 9, true), (&second, 6, false)]
            {
                is_read(suite, kind, list, index, listed).map_err(|why| {
                    format!("{kind} by {suite}, {index}: {}\n{list:#}", why.message().unwrap_or_default())
                })?;
            }
        }
    }
    Ok(())
}

fn published(suite: &str, kind: &str, set: &[u32], before: Option<&Value>) -> Result<Value, Failed> {
    let world = world()?;
    let key = &world.party(suite)?["key"];
    let packages = before.into_iter().fold(world.packages(), |packages, before| packages.page(LIST, before));
    let list = json!({"ask": "statusList", "kind": kind, "url": LIST, "purpose": "revocation", "set": set, "key": key, "suite": suite});
    let list = packages.ask(list)?;
    packages.ask(json!({"ask": "sign", "credential": list, "key": key, "suite": suite}))
}

fn is_read(suite: &str, kind: &str, list: &Value, index: u32, listed: bool) -> Result<(), Failed> {
    let world = world()?;
    let entry = json!({
        "id": format!("{LIST}#{index}"),
        "type": format!("{kind}Entry"),
        "statusPurpose": "revocation",
        "statusListIndex": index.to_string(),
        "statusListCredential": LIST,
    });
    let issuer = world.party(suite)?;
    let mut content = content(&issuer["did"]["id"], kind == "StatusList2021");
    content["credentialStatus"] = entry.clone();
    let packages = world.packages().page(LIST, list);
    let sign = json!({"ask": "sign", "credential": content, "key": issuer["key"], "suite": suite});
    let mut answers = packages.ask_all([sign, json!({"ask": "status", "entry": entry})])?.into_iter();
    let (bill, theirs) = (answers.next().ok_or("a bill")??, answers.next().ok_or("a status")??);
    let pages = [(LIST.to_owned(), (200, list.to_string().into_bytes()))].into();
    let (report, _) = world.situation(&bill)?.pages(pages).examined();
    let expected =
        if listed { json!(["invalid", "issuance.revoked_by_list"]) } else { json!(["valid", "issuance.not_listed"]) };
    let found = json!([verdict(&report, CheckName::Issuance), theirs["status"]]);
    if found == json!([expected, listed]) {
        Ok(())
    } else {
        Err(format!("{found} {theirs} {:#?}", report.status_lists).into())
    }
}

/// The signature is right, which is all that the packages say.
pub fn without_a_status() -> Result<(), Failed> {
    let world = world()?;
    let issuer = world.party("ecdsa-sd-2023")?;
    let sign =
        |content: &Value| json!({"ask": "sign", "credential": content, "key": issuer["key"], "suite": "ecdsa-sd-2023"});
    let bill = content(&issuer["did"]["id"], false);
    let mut note = bill.clone();
    note["credentialSubject"] = json!({"id": world.party(HOLDER)?["did"]["id"], "type": ["Coo"], "cooId": "COO-1"});
    for (content, expected) in [(bill, ["invalid", "issuance.title_missing"]), (note, ["valid", "issuance.no_status"])]
    {
        let signed = world.packages().ask(sign(&content))?;
        let theirs = world.packages().ask(json!({"ask": "verify", "credential": signed}))?;
        let ours = verdict(&world.situation(&signed)?.examined().0, CheckName::Issuance);
        if ours != json!(expected) || theirs["verified"] != true {
            return Err(format!("{ours} {theirs}: {signed:#}").into());
        }
    }
    Ok(())
}

fn content(issuer: &Value, of_1_1: bool) -> Value {
    let trustvc = ["https://trustvc.io/context/bill-of-lading.json", "https://trustvc.io/context/coo.json"];
    let subject = json!({"type": ["BillOfLading"], "blNumber": "CARR-2026-2", "scac": "CARR"});
    if of_1_1 {
        let contexts = ["https://www.w3.org/2018/credentials/v1", "https://w3id.org/security/data-integrity/v2"];
        let lists = "https://w3id.org/vc/status-list/2021/v1";
        json!({
            "@context": [contexts[0], contexts[1], lists, trustvc[0]],
            "type": ["VerifiableCredential"],
            "issuer": issuer,
            "issuanceDate": "2026-03-01T08:00:00Z",
            "credentialSubject": subject,
        })
    } else {
        json!({
            "@context": ["https://www.w3.org/ns/credentials/v2", trustvc[0], trustvc[1]],
            "type": ["VerifiableCredential"],
            "issuer": issuer,
            "validFrom": "2026-03-01T08:00:00Z",
            "credentialSubject": subject,
        })
    }
}
