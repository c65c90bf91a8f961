//! What of the evidence no verdict rests on, blanked: two bodies of evidence that are equal without it must be judged
//! alike, and nothing else may differ between two that are judged valid.

use ebl_verifier::evidence::{
    Answer, CallReading, CodeReading, DidChange, DidEthrReading, DocumentStoreQuestion, Entry, Evidence, Fact, Newest,
    Question, RegistryReading, StoreReading, TxtReading, WebReading,
};
use ebl_verifier::primitives::Digest32;
use serde_json::{Map, Value};

/// Questions and answers without what is not judged, in one order. Who answered decides how strong the evidence is, and is
/// shown; never what it says.
pub fn judged(evidence: &Evidence) -> Vec<(Question, Answer)> {
    let pair = |entry: &Entry| (entry.question().clone(), entry.answer().cloned().map_err(Clone::clone));
    let mut entries: Vec<(Question, Answer)> = evidence.entries().iter().map(pair).collect();
    // When and by whom something was revoked is only shown.
    entries.retain(|(question, _)| !matches!(question, Question::Revocation(_)));
    let signed = entries.iter().any(|(question, _)| matches!(question, Question::DidEthr(_) | Question::Web(_)));
    for (question, answer) in &mut entries {
        match (&*question, answer) {
            (_, Ok(Fact::Registry(reading))) => registry(reading),
            (Question::DocumentStore(DocumentStoreQuestion { proof, .. }), Ok(Fact::DocumentStore(reading))) => {
                store(reading, proof.len() + 1);
                // A signed document was issued by its signature: the store is asked for revocations only.
                if signed {
                    reading.issued = CallReading::default();
                    reading.issued_in_batch = CallReading::default();
                }
            }
            (_, Ok(Fact::DidEthr(reading))) => did_ethr(reading),
            (_, Ok(Fact::DnsTxt(reading))) => dns_txt(reading),
            (_, Ok(Fact::Web(reading))) => web(reading),
            _ => {}
        }
    }
    entries.sort_by_key(|(question, _)| serde_json::to_string(question).expect("JSON"));
    entries
}

/// The verdict needs neither the first block nor the remark, which `ebl title` shows.
fn registry(reading: &mut RegistryReading) {
    let known = reading.newest.is_known_beside(&reading.block);
    newest(&mut reading.newest, known);
    reading.contract.genesis = CallReading::default();
    reading.title.remark = CallReading::default();
    let parts = [&mut reading.contract.factory_code, &mut reading.contract.escrow_implementation_code];
    for code in reading.contract.clone_target.iter_mut().chain(parts) {
        // Code counts by its hash. Its hash without metadata is looked at only where that one is not known.
        code.stripped_hash = Digest32::default();
        code.size = code.size.min(1);
    }
}

fn store(reading: &mut StoreReading, path: usize) {
    let known = reading.newest.is_known_beside(&reading.block);
    newest(&mut reading.newest, known);
    // The question names the store, and which code it runs is not judged.
    reading.code = CodeReading { size: reading.code.size.min(1), ..CodeReading::default() };
    let says_yes = |answer: &CallReading| answer.flag() == Ok(true);
    let batchable = says_yes(&reading.batchable);
    // A contract without `supportsInterface` reverts or answers nothing, and an honest one says no.
    for claim in [&mut reading.batchable, &mut reading.transferable, &mut reading.everything] {
        if !claim.success || claim.data.is_empty() || claim.flag() == Ok(false) {
            *claim = CallReading::default();
        }
    }
    // Answers to the questions of the other family; a clean claim of both is one of the former.
    if batchable {
        if says_yes(&reading.transferable) {
            reading.transferable = CallReading::default();
        }
        reading.issued = CallReading::default();
    } else {
        reading.issued_in_batch = CallReading::default();
    }
    let legacy = !batchable && !says_yes(&reading.transferable);
    reading.nodes.truncate(path);
    for node in &mut reading.nodes {
        if batchable { &mut node.revoked } else { &mut node.revoked_in_batch }.clone_from(&CallReading::default());
        let recorded_none = !node.revoked_at.success || node.revoked_at.data.is_empty() || zero(&node.revoked_at);
        if !legacy || recorded_none {
            node.revoked_at = CallReading::default();
        }
    }
}

fn did_ethr(reading: &mut DidEthrReading) {
    let known = reading.newest.is_known_beside(&reading.block);
    newest(&mut reading.newest, known);
    reading.registry_code_size = reading.registry_code_size.min(1);
    let only_one = reading.events.len() == 1;
    for event in &mut reading.events {
        // A place among one says nothing.
        if only_one {
            event.log_index = 0;
        }
        // A key is valid or it is not; for how long does not matter.
        if let DidChange::Delegate { valid_to, .. } | DidChange::Attribute { valid_to, .. } = &mut event.change {
            *valid_to = u64::from(*valid_to > reading.block.timestamp);
        }
    }
}

/// How many resolvers agree decides how strong the answer is. The same record twice is one. In a record: the number of blanks, the `;` after a value,
/// keys that nobody knows, the version of a `dns-did` record, the case of an address (checks.md §5.2, §5.3).
fn dns_txt(reading: &mut TxtReading) {
    reading.agreeing = 0;
    for record in &mut reading.records {
        let field = |field: &str| match field.split_once('=') {
            Some((key, value)) if ["net", "netId", "addr", "a", "p"].contains(&key) => {
                Some(format!("{key}={}", lower_address(value.strip_suffix(';').unwrap_or(value))))
            }
            Some(("v", _)) => Some("v".to_owned()),
            Some((key, _)) if key.bytes().all(|byte| byte.is_ascii_graphic()) => None,
            _ => Some(field.to_owned()),
        };
        *record = record.split(' ').filter(|part| !part.is_empty()).filter_map(field).collect::<Vec<_>>().join(" ");
    }
    reading.records.sort();
    reading.records.dedup();
}

/// Any 2xx is an answer. Of the JSON in it: blanks, the order and spelling of members, and members beside those that a DID
/// document or a responder's answer is read for (checks.md §3.5, §6.2, §6.4).
fn web(reading: &mut WebReading) {
    if (200..=299).contains(&reading.status) {
        reading.status = 200;
    }
    let Ok(Value::Object(members)) = serde_json::from_slice(&reading.body) else { return };
    let mut seen: Map<String, Value> = members
        .into_iter()
        .filter(|(name, _)| {
            ["id", "verificationMethod", "assertionMethod", "revoked", "documentHash", "reasonCode"]
                .contains(&name.as_str())
        })
        .collect();
    for key in seen.get_mut("verificationMethod").and_then(Value::as_array_mut).into_iter().flatten() {
        // The chain beside an account says nothing of the key.
        let account = key.get("blockchainAccountId").and_then(Value::as_str).and_then(|id| id.strip_prefix("eip155:"));
        if let Some((chain, address)) = account.and_then(|id| id.split_once(':'))
            && !chain.is_empty()
            && chain.bytes().all(|digit| digit.is_ascii_digit())
        {
            key["blockchainAccountId"] = lower_address(address).into();
        }
    }
    if let Some(hash) = seen.get_mut("documentHash")
        && let Some(text) = hash.as_str()
    {
        *hash = lower_address(text).into();
    }
    reading.body = Value::Object(seen).to_string().into_bytes();
}

/// Of newer blocks a valid one needs that somebody looked, and that they take nothing away; what else they say is told.
fn newest<R>(newest: &mut Newest<R>, known: bool) {
    if known {
        *newest = Newest::Itself;
    }
}

fn zero(answer: &CallReading) -> bool {
    answer.word().is_ok_and(|word| *word == [0; 32])
}

/// Lower-case digits between the last `0x` and a fragment.
fn lower_address(text: &str) -> String {
    let end = text.find('#').unwrap_or(text.len());
    match text[..end].rfind("0x") {
        Some(start) => format!("{}{}{}", &text[..start], text[start..end].to_ascii_lowercase(), &text[end..]),
        None => text.to_owned(),
    }
}
