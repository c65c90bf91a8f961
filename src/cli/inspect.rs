//! `ebl inspect`: what a file is and claims, and what would be asked of whom. Opens no socket and never says valid.

use std::path::Path;

use anyhow::Result;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::args::InspectArgs;
use super::exit::Exit;
use super::input::{self, Input};
use super::inspect_page::{Page, fitted, headline};
use super::no_document::NoDocument;
use super::output::{Output, Wanted};
use super::verify::style;
use super::{config, inspect_link, interrupt};
use crate::credential::Contexts;
use crate::document::credential::{CredentialStatus, Proof};
use crate::document::link::Link;
use crate::document::{self, Content, ContractKind, Document, Family, Key, Limits, ReadError};
use crate::evidence::{
    AccountSignatureQuestion, DidEthrQuestion, DnsTxtQuestion, DocumentStoreQuestion, Evidence, HistoryQuestion,
    PowersQuestion, ProofQuestion, Question, RegistryQuestion, RevocationQuestion, TitleLogsQuestion, WebQuestion,
};
use crate::integrity::IntegrityResult;
use crate::primitives::encode_hex;
use crate::report::human::Style;
use crate::report::json as report_json;
use crate::sources::now;
use crate::text::escape_for_terminal as escape;
use crate::verify::{Case, Policy, Stated, Step, examine};
use crate::web_address::Reach;

pub(super) fn run(args: &InspectArgs) -> Result<Exit> {
    let key = args.key.as_deref().map(config::key).transpose()?;
    let contexts = config::contexts(&args.context)?;
    // What `verify` would refuse is shown all the same, with a note.
    let input = Input::of(&args.file, |text| Link::parse(text, Reach::Anywhere));
    let key_file = args.key.as_deref().and_then(|key| key.strip_prefix('@')).map(Path::new);
    let read: Vec<&Path> = key_file.into_iter().chain([args.file.as_path()]).collect();
    let wanted = Wanted::of(&args.page);
    let output = Output::open(args.page.output.as_deref(), wanted, &read)?;
    let style = style(&output, &args.page);
    let name = input.name();
    interrupt::begin(&name);
    let limits = Limits { max_bytes: args.page.max_size, ..Limits::default() };
    let page = match &input {
        Input::File(path) => input::read(path, args.page.max_size)
            .map_err(NoDocument::from)
            .and_then(|bytes| Ok(page(&name, &bytes, key.as_ref(), &contexts, &limits, style)?)),
        Input::Link(link) => Ok(inspect_link::page(link, style)),
        Input::NotALink(error) => Err((*error).into()),
    };
    let (text, exit) = match (args.format.layout(), page) {
        (None, Ok(page)) => (page.human, Exit::Done),
        (None, Err(why)) => (why.human(&name, style), why.exit()),
        (Some(layout), Ok(page)) => (report_json::render(&page.json(&name), layout)? + "\n", Exit::Done),
        (Some(layout), Err(why)) => (why.json(&name, layout)? + "\n", why.exit()),
    };
    Ok(output.write_only(&text, exit))
}

fn page(
    name: &str,
    bytes: &[u8],
    key: Option<&Key>,
    contexts: &Contexts,
    limits: &Limits,
    style: Style,
) -> Result<Page, ReadError> {
    let file = document::read_file(bytes, limits)?;
    let rendered = |document: &Document<'_>, sealed| {
        let around =
            Around { sealed, enveloped: file.enveloped, size: bytes.len(), sha256: encode_hex(&Sha256::digest(bytes)) };
        let policy = Policy { contexts: contexts.clone(), ..Policy::default() };
        let looked = Looked::into(Case::new(document, &policy, now()), around);
        Page { human: looked.human(name, style), found: looked.object() }
    };
    match &file.content {
        Content::Document(document) => Ok(rendered(document, false)),
        Content::Sealed(sealed) => Ok(rendered(&sealed.open(key)?.read(limits)?, true)),
    }
}

/// What was around the document.
struct Around {
    sealed: bool,
    enveloped: bool,
    size: usize,
    sha256: String,
}

/// What there is to say of a document. Its integrity is checked once.
struct Looked<'c> {
    case: Case<'c>,
    around: Around,
    /// What `verify` would ask first, and of whom.
    would_ask: Vec<String>,
}

impl<'c> Looked<'c> {
    fn into(case: Case<'c>, around: Around) -> Self {
        // The judge itself says what it would ask, given no evidence.
        let would_ask = match examine(&case, &Evidence::new()) {
            Step::Ask(questions) => questions.iter().map(describe).collect(),
            Step::Report(_) => Vec::new(),
        };
        Self { case, around, would_ask }
    }

    fn human(&self, name: &str, style: Style) -> String {
        let (document, integrity, around) = (self.case.document(), self.case.integrity(), &self.around);
        let mut lines = vec![headline(name, "nothing was asked", style), String::new()];
        if style.verbose {
            lines.push(format!("  File        {} bytes, SHA-256 {}", around.size, around.sha256));
        }
        lines.push(format!("  Format      {}", document.family()));
        if around.enveloped {
            lines.push("  Wrapped     in a storage envelope, whose other members are not read".into());
        }
        if around.sealed {
            lines.push("  Sealed      and opened with its key".into());
        }
        lines.push(match &integrity.result {
            IntegrityResult::Intact => "  Digest      matches the visible and hidden fields".into(),
            IntegrityResult::FalsyLeavesUnauthenticated { paths } => {
                format!("  Digest      does not protect: {}", escape(&paths.join(", ")))
            }
            IntegrityResult::SignatureOpen => {
                "  Signature   not checked here: it needs a key that somebody has to be asked for".into()
            }
            IntegrityResult::Unchecked(why) => {
                format!("  Signature   {}   [{}]", escape(&why.to_string()), why.explanation().id)
            }
            IntegrityResult::Broken(fault) if is_w3c(document) => {
                format!("  Statements  broken: {}   [{}]", escape(&fault.to_string()), fault.code())
            }
            IntegrityResult::Broken(fault) => {
                format!("  Digest      broken: {}   [{}]", escape(&fault.to_string()), fault.code())
            }
        });
        lines.push(match (integrity.visible_leaves, integrity.hidden_leaves) {
            (visible, _) if is_w3c(document) => {
                let more = if style.verbose || visible == 0 { "" } else { ", listed with -v" };
                format!("  Statements  {visible}{more}")
            }
            (0, 0) => "  Fields      not counted".into(),
            (visible, hidden) => format!("  Fields      {visible} visible, {hidden} hidden"),
        });
        if let Some(hash) = integrity.target_hash {
            lines.push(format!("  Target hash {hash}"));
        }
        if let Some(root) = integrity.merkle_root {
            lines.push(format!("  Merkle root {root}"));
        }
        for issuer in document.issuers() {
            let name = issuer.name.as_deref().unwrap_or("(no name)");
            lines.push(format!("  Claims      issuer {}", escape(name)));
            if let Some(contract) = &issuer.contract {
                lines.push(format!("              {} {}", contract_kind(&contract.kind), contract.address));
            }
            if let Some(did) = &issuer.did {
                lines.push(format!("              DID {}", escape(did)));
            }
            if let Some(identity) = issuer.identity.as_ref().filter(|_| !is_w3c(document)) {
                let kind = identity.kind.to_string();
                let place = identity.location.as_ref().map(|place| format!(" at {place}")).unwrap_or_default();
                let key = identity.key.as_ref().map(|key| format!(", key {key}")).unwrap_or_default();
                lines.push(format!("              identity by {}", escape(&format!("{kind}{place}{key}"))));
            }
            if let Some(revocation) = &issuer.revocation {
                let place = revocation.location.as_ref().map(|place| format!(" at {place}")).unwrap_or_default();
                lines.push(format!("              revocation {}", escape(&format!("{}{place}", revocation.kind))));
            }
        }
        for signature in document.signatures() {
            lines.push(format!("              signature by {}", escape(&signature.verification_method)));
        }
        lines.extend(w3c_lines(document));
        match document.network().and_then(|network| network.chain_id.as_deref()) {
            Some(chain) => lines.push(format!("              chain {}", escape(chain))),
            None if document.issuers().iter().any(|issuer| issuer.contract.is_some()) => {
                lines.push("              no chain named: verification needs --chain-id".into());
            }
            None => lines.push("              no chain named".into()),
        }
        if !integrity.unauthenticated.is_empty() {
            lines.push(format!("  Unprotected {}", escape(&integrity.unauthenticated.join(", "))));
        }
        for warning in &integrity.warnings {
            lines.push(format!("  Note        {}", escape(&warning.to_string())));
        }
        self.statements(&mut lines, style);
        let heading = if self.would_ask.is_empty() { "  Would ask   nobody" } else { "  Would ask" };
        lines.push(String::new());
        lines.push(heading.into());
        lines.extend(self.would_ask.iter().map(|question| format!("    - {}", escape(question))));
        fitted(&lines, style)
    }

    /// What a W3C document states, never its raw members: these the signature would cover.
    fn statements(&self, lines: &mut Vec<String>, style: Style) {
        let mut statements = self.case.statements().peekable();
        if !style.verbose || statements.peek().is_none() {
            return;
        }
        lines.push(String::new());
        lines.push("  Statements".into());
        lines.extend(statements.map(|Stated { line, by_added_context }| {
            let mark = if by_added_context { "   [by a context of yours]" } else { "" };
            format!("    - {}{mark}", escape(line))
        }));
    }

    fn object(&self) -> Value {
        let (document, integrity, around) = (self.case.document(), self.case.integrity(), &self.around);
        let (digest, code) = match &integrity.result {
            IntegrityResult::Intact => ("intact", None),
            IntegrityResult::FalsyLeavesUnauthenticated { .. } => ("partly_unprotected", None),
            IntegrityResult::SignatureOpen => ("signature_not_checked", None),
            IntegrityResult::Unchecked(why) => ("not_checked", Some(why.explanation().id)),
            IntegrityResult::Broken(fault) => ("broken", Some(fault.code())),
        };
        json!({
            "format": document.family().id(),
            "sha256": around.sha256,
            "sealed": around.sealed,
            "storage_envelope": around.enveloped,
            "digest": digest,
            "code": code,
            "target_hash": integrity.target_hash,
            "merkle_root": integrity.merkle_root,
            "visible_fields": integrity.visible_leaves,
            "hidden_fields": integrity.hidden_leaves,
            "unauthenticated": integrity.unauthenticated,
            "warnings": integrity.warnings.iter().map(ToString::to_string).collect::<Vec<_>>(),
            "issuers": document.issuers().iter().map(|issuer| json!({
                "name": issuer.name,
                "contract": issuer.contract.as_ref().map(|contract| json!({
                    "kind": contract_kind(&contract.kind),
                    "address": contract.address,
                })),
                "identity": issuer.identity.as_ref().map(|identity| json!({
                    "type": identity.kind.to_string(),
                    "location": identity.location,
                    "key": identity.key,
                })),
                "did": issuer.did,
                "revocation": issuer.revocation.as_ref().map(|revocation| json!({
                    "type": revocation.kind,
                    "location": revocation.location,
                })),
            })).collect::<Vec<_>>(),
            "signatures": document.signatures().iter().map(|signature| &signature.verification_method).collect::<Vec<_>>(),
            "chain_id": document.network().and_then(|network| network.chain_id.clone()),
            "statements": self.case.statements().map(|stated| stated.line).collect::<Vec<_>>(),
            "would_ask": self.would_ask,
        })
    }
}

fn is_w3c(document: &Document<'_>) -> bool {
    matches!(document.family(), Family::W3c1 | Family::W3c2 | Family::W3cPresentation)
}

/// What a W3C document says of its proof, its status and its credentials.
fn w3c_lines(document: &Document<'_>) -> Vec<String> {
    let proof = |proof: &Proof| {
        format!("              {} by {}", escape(proof.suite.name()), escape(&proof.verification_method))
    };
    match document {
        Document::Credential(credential) => {
            let lists = match credential.status() {
                CredentialStatus::Lists(entries) => entries.as_slice(),
                _ => &[],
            };
            let lists = lists.iter().map(|entry| {
                let (purpose, list) = (escape(entry.purpose.as_str()), escape(&entry.list));
                format!("              {purpose} list {list}, place {}", entry.index)
            });
            [proof(credential.proof())].into_iter().chain(lists).collect()
        }
        Document::Presentation(presentation) => {
            let count = presentation.credentials().len();
            let holder =
                format!("  Claims      presented by {}", escape(presentation.holder().unwrap_or("whoever signed")));
            vec![
                holder,
                proof(presentation.proof()),
                format!("              {count} credentials, each to be inspected alone"),
            ]
        }
        _ => Vec::new(),
    }
}

fn describe(question: &Question) -> String {
    match question {
        Question::Registry(RegistryQuestion { chain, registry, token }) => {
            format!("an endpoint of chain {chain}: code of {registry} and the state of token {token}")
        }
        Question::History(HistoryQuestion { chain, registry, token }) => {
            format!("an endpoint of chain {chain}: the history of token {token} in {registry}")
        }
        Question::TitleLogs(TitleLogsQuestion { chain, escrows, .. }) => {
            format!("an endpoint of chain {chain}: what {} titles' escrows logged", escrows.len())
        }
        Question::Powers(PowersQuestion { chain, registry }) => {
            format!("an endpoint of chain {chain}: who holds which role of {registry}")
        }
        Question::Proof(ProofQuestion { chain, registry, token }) => {
            format!("an endpoint of chain {chain}: proof of the state of token {token} of {registry}")
        }
        Question::DnsTxt(DnsTxtQuestion { name }) => format!("a resolver: the TXT records of {name}"),
        Question::DocumentStore(DocumentStoreQuestion { chain, store, target_hash, proof }) => {
            let ancestors = match proof.len() {
                0 => String::new(),
                1 => " or the root above it".to_owned(),
                hashes => format!(" or one of the {hashes} hashes above it"),
            };
            format!(
                "an endpoint of chain {chain}: whether store {store} issued {target_hash}, and revoked it{ancestors}"
            )
        }
        Question::Revocation(RevocationQuestion { chain, store, node, .. }) => {
            format!("an endpoint of chain {chain}: when store {store} revoked {node}, and who had it do so")
        }
        Question::DidEthr(DidEthrQuestion { chain, identity, .. }) => {
            format!("an endpoint of chain {chain}: who controls the identity {identity}")
        }
        Question::AccountSignature(AccountSignatureQuestion { chain, account, .. }) => {
            format!("an endpoint of chain {chain}: whether {account} accepts a signature")
        }
        Question::Web(WebQuestion { url, .. }) => format!("a web server: {url}"),
    }
}

fn contract_kind(kind: &ContractKind) -> &'static str {
    match kind {
        ContractKind::TokenRegistry => "token registry",
        ContractKind::DocumentStore => "document store",
        ContractKind::CertificateStore => "certificate store",
    }
}
