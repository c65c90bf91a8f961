//! What the documents of a run show about each other: findings of the run, never a verdict. Each document may be valid by
//! itself; that one title or one bill stands in two of them is for people to look at.

use std::collections::HashMap;

use serde::Serialize;

use crate::primitives::{Address, Digest32, TokenId};
use crate::verify::Report;
use crate::verify::codes::{self, Code};

/// Documents that a run has seen, by what must be theirs alone.
#[derive(Debug, Default)]
pub(super) struct Twins {
    files: HashMap<String, Group>,
    tokens: HashMap<(u64, Address, TokenId), Group>,
    bills: HashMap<(String, String), Group>,
    batches: HashMap<Digest32, Group>,
}

/// Those that have one thing in common.
#[derive(Debug, Default)]
struct Group {
    /// Their names; of very many the first.
    files: Vec<String>,
    /// What differs among them, each once; of very many the first.
    kinds: Vec<String>,
    more: usize,
}

/// A finding about several documents.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct TwinFinding {
    code: &'static str,
    message: String,
    files: Vec<String>,
}

impl TwinFinding {
    pub(super) fn in_a_line(&self) -> String {
        format!("{}: {}   [{}]", self.message, self.files.join(", "), self.code)
    }
}

impl Twins {
    /// One more document of the run.
    pub(super) fn add(&mut self, file: &str, report: &Report) {
        for part in std::iter::once(report).chain(&report.parts) {
            self.add_one(file, report, part);
        }
    }

    fn add_one(&mut self, file: &str, whole: &Report, part: &Report) {
        let document = &part.document;
        let content = whole.document.sha256.clone().unwrap_or_default();
        let contract = document.claims.iter().find_map(|claim| claim.contract);
        let chain = document.network.as_ref().map(|network| network.chain_id);
        let token = chain.zip(contract).zip(document.token_id);
        if std::ptr::eq(whole, part) {
            group(&mut self.files, content.clone(), file, file);
        }
        if let Some(((chain, contract), token)) = token {
            group(&mut self.tokens, (chain, contract.address, token), file, &content);
            let issuer = part.issuer.first().and_then(|issuer| issuer.domain.clone().or_else(|| issuer.did.clone()));
            if let Some((number, issuer)) = document.bl_number.clone().zip(issuer) {
                let title = format!("{chain}:{}:{token}", contract.address);
                group(&mut self.bills, (number, issuer), file, &title);
            }
        }
        let in_batch = document.merkle_root.filter(|root| Some(*root) != document.target_hash);
        if let Some(root) = in_batch {
            group(&mut self.batches, root, file, &content);
        }
    }

    /// What there is to say, in the order of the kinds and then of the first file.
    pub(super) fn findings(&self) -> Vec<TwinFinding> {
        let same_file = found(&self.files, &codes::RUN_SAME_FILE, |_| "one file, given several times".into());
        let same_token = found(&self.tokens, &codes::RUN_SAME_TITLE, |(chain, registry, token)| {
            format!("different files for one title, token {token} of {registry} on chain {chain}")
        });
        let same_bill = found(&self.bills, &codes::RUN_SAME_BILL, |(number, issuer)| {
            format!("bill {number} of {issuer} stands under several titles")
        });
        let batch = found(&self.batches, &codes::RUN_BATCH, |root| format!("documents of one batch, {root}"));
        [same_file, same_token, same_bill, batch].concat()
    }
}

fn group<K: std::hash::Hash + Eq>(groups: &mut HashMap<K, Group>, key: K, file: &str, kind: &str) {
    const MOST: usize = 16;
    let group = groups.entry(key).or_default();
    if !group.kinds.iter().any(|known| known == kind) && group.kinds.len() < MOST {
        group.kinds.push(kind.to_owned());
    }
    match group.files.len() < MOST {
        true => group.files.push(file.to_owned()),
        false => group.more += 1,
    }
}

/// Groups of which more than one kind is there; of files more than one.
fn found<K>(groups: &HashMap<K, Group>, code: &'static Code, message: impl Fn(&K) -> String) -> Vec<TwinFinding> {
    let of_files = code == &codes::RUN_SAME_FILE;
    let several = |group: &Group| if of_files { group.files.len() > 1 } else { group.kinds.len() > 1 };
    let mut findings: Vec<TwinFinding> = groups
        .iter()
        .filter(|(_, group)| several(group))
        .map(|(key, group)| {
            let more = (group.more > 0).then(|| format!("and {} more", group.more));
            let files = group.files.iter().cloned().chain(more).collect();
            TwinFinding { code: code.id, message: message(key), files }
        })
        .collect();
    findings.sort_by(|one, other| one.files.cmp(&other.files));
    findings
}
