//! `ebl doctor`: whether the endpoints and resolvers in force work, and where every setting came from. It judges no
//! document, and of a URL it shows the host alone.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::PathBuf;

use anyhow::{Context as _, Result};
use serde::Serialize;

use super::args::{DnssecMode, DoctorArgs};
use super::config::InForce;
use super::exit::Exit;
use super::output;
use super::policy;
use super::secrecy;
use super::settings::{Chosen, Origin};
use super::way_out;
use crate::block_age::in_words;
use crate::evidence::{Dnssec, Finality, Unavailable};
use crate::networks;
use crate::primitives::{ChainId, rfc3339};
use crate::report::json as report_json;
use crate::sources::TlsRoots;
use crate::sources::chain::{Abilities, BlockChoice, ChainConfig, ChainProbe, EndpointProbe, LogRange};
use crate::sources::dns::{DnsConfig, Resolver, ResolverProbe};
use crate::sources::{SourcesProbe, now};
use crate::text::{escape_for_terminal as escape, hanging};
use crate::verify::ProofMode;

pub(super) fn run(args: &DoctorArgs) -> Result<Exit> {
    let asked = args.chain_id.iter().map(|text| text.parse()).collect::<Result<Vec<ChainId>, _>>();
    let asked = asked.context("--chain-id")?;
    let only = if let [only] = asked[..] { Some(only) } else { None };
    let in_force = InForce::read(&args.network, only, None)?;
    let chains: BTreeSet<ChainId> = in_force.endpoints.keys().copied().chain(asked).collect();
    let chains: Vec<ChainId> = chains.into_iter().collect();
    let verifier = in_force.builder(&in_force.dns_anchors()?)?.build()?;
    in_force.check_the_rest()?;
    let policy = args.policy.clone().map(|path| Chosen::by(path, Origin::Flag));
    policy.as_ref().map(|chosen| policy::read(&chosen.value)).transpose()?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let found = runtime.block_on(verifier.probe(&chains));
    let page = Page::new(&in_force, policy.as_ref(), found.as_ref(), now());
    let text = match args.format.layout() {
        None => page.human(output::page_width()),
        Some(layout) => report_json::render(&page, layout)? + "\n",
    };
    Ok(output::print(&text, if page.works { Exit::Done } else { Exit::NotWorking }))
}

/// What is shown, in both forms: the shape of `schemas/doctor.schema.json`.
#[derive(Debug, Serialize)]
struct Page {
    schema: &'static str,
    /// When it was tried out, RFC 3339.
    checked_at: String,
    /// Whether everything that was tried works.
    works: bool,
    #[serde(skip)]
    offline: bool,
    settings: Vec<Setting>,
    chains: Vec<Chain>,
    resolvers: Vec<Resolving>,
    /// What does not work, one sentence each.
    problems: Vec<String>,
    tool: crate::verify::Tool,
}

#[derive(Debug, Serialize)]
struct Setting {
    name: String,
    value: String,
    origin: Origin,
}

#[derive(Debug, Serialize)]
struct Chain {
    chain_id: u64,
    name: Option<&'static str>,
    origin: Origin,
    works: bool,
    endpoints: Vec<Endpoint>,
}

#[derive(Debug, Serialize)]
struct Endpoint {
    host: String,
    #[serde(skip)]
    is_an_earlier_one: bool,
    works: bool,
    /// What works and what does not.
    summary: String,
    block: Option<Block>,
    newest_block: Option<u64>,
    finalized_block: Option<u64>,
    safe_block: Option<u64>,
    batches: Option<bool>,
    by_block_hash: Option<bool>,
    one_call: Option<bool>,
    log_range: Option<LogAnswer>,
    proofs: Option<bool>,
    unavailable: Option<Unavailable>,
    requests: u32,
}

/// The block that would be read.
#[derive(Debug, Serialize)]
struct Block {
    number: u64,
    hash: crate::primitives::Digest32,
    /// Below zero where it is ahead of this machine's clock.
    age_seconds: i64,
    finality: Finality,
}

#[derive(Debug, Serialize)]
#[serde(untagged)]
enum LogAnswer {
    Blocks(u64),
    Word(&'static str),
}

#[derive(Debug, Serialize)]
struct Resolving {
    resolver: String,
    works: bool,
    summary: String,
    dnssec: Option<Dnssec>,
    /// Whether its denials count.
    knows_the_root: Option<bool>,
    unavailable: Option<Unavailable>,
    queries: u32,
}

impl Page {
    fn new(in_force: &InForce, policy: Option<&Chosen<PathBuf>>, found: Option<&SourcesProbe>, now: i64) -> Self {
        let chains: Vec<Chain> =
            found.map_or_else(Vec::new, |found| found.chains.iter().map(|it| chain(it, in_force, now)).collect());
        let resolvers: Vec<Resolving> =
            found.map_or_else(Vec::new, |found| found.resolvers.iter().map(resolving).collect());
        let mut problems = Vec::new();
        if found.is_none() {
            problems.push("nothing was tried out: this run was offline".to_owned());
        }
        for chain in chains.iter().filter(|chain| !chain.works) {
            problems.push(chain_problem(chain, in_force.quorum.value));
        }
        let secure = resolvers.iter().any(|resolver| resolver.dnssec == Some(Dnssec::Secure));
        if found.is_some() && !resolvers.iter().any(|resolver| resolver.works) {
            let why = match resolvers.iter().any(|resolver| resolver.knows_the_root.is_some()) {
                true => "the resolvers deny everything",
                false => "no resolver answers",
            };
            problems.push(format!("{why}: issuers cannot be confirmed; name another with --dns"));
        } else if found.is_some() && in_force.dnssec.value == DnssecMode::Require && !secure {
            problems.push("DNSSEC is required, and no resolver gives answers that can be validated".into());
        }
        Self {
            schema: "ebl-verifier/doctor/1",
            checked_at: rfc3339(now),
            works: problems.is_empty(),
            settings: settings(in_force, policy),
            offline: found.is_none(),
            chains,
            resolvers,
            problems,
            tool: crate::verify::Tool::default(),
        }
    }

    fn human(&self, width: usize) -> String {
        let mut out = String::from(match (self.works, self.chains.is_empty()) {
            (true, false) => "WORKS\n",
            (true, true) => "RESOLVERS WORK, NO CHAIN WAS TRIED\n",
            (false, _) => "DOES NOT WORK\n",
        });
        for problem in &self.problems {
            let _ = writeln!(out, "  {}", hanging(&escape(problem), 2, width));
        }
        out.push_str("\n  Settings\n");
        for Setting { name, value, origin } in &self.settings {
            let text = format!("{} ({})", escape(value), origin_in_words(name, *origin));
            let _ = writeln!(out, "    {name:<15} {}", hanging(&text, 20, width));
        }
        for chain in &self.chains {
            let name = chain.name.map(|name| format!(" ({name})")).unwrap_or_default();
            let _ = writeln!(out, "\n  Chain {}{name}", chain.chain_id);
            if chain.endpoints.is_empty() {
                out.push_str("    no  no endpoint is known\n");
            }
            for Endpoint { host, works, summary, .. } in &chain.endpoints {
                line(&mut out, width, *works, host, summary);
            }
        }
        if self.chains.is_empty() && !self.offline {
            let text = "No chain was tried out: no endpoint is set. --chain-id N tries the embedded ones of a chain.";
            let _ = writeln!(out, "\n  {}", hanging(text, 2, width));
        }
        if !self.resolvers.is_empty() {
            out.push_str("\n  Resolvers\n");
        }
        for Resolving { resolver, works, summary, .. } in &self.resolvers {
            line(&mut out, width, *works, resolver, summary);
        }
        out
    }
}

fn line(out: &mut String, width: usize, works: bool, who: &str, summary: &str) {
    let mark = if works { "ok" } else { "no" };
    let _ = writeln!(out, "    {mark}  {}", hanging(&escape(&format!("{who}: {summary}")), 8, width));
}

/// Every setting by its name, in words that may be shown.
pub(super) fn in_force(in_force: &InForce) -> impl Iterator<Item = (String, String)> {
    settings(in_force, None).into_iter().map(|setting| (setting.name, setting.value))
}

fn settings(in_force: &InForce, policy: Option<&Chosen<PathBuf>>) -> Vec<Setting> {
    let mut settings = Vec::new();
    let mut add = |name: String, value: String, origin| settings.push(Setting { name, value, origin });
    match &in_force.file {
        Some(file) => add("config".into(), secrecy::path(&file.value), file.origin),
        None => add("config".into(), "none: there is no file in your configuration folder".into(), Origin::Default),
    }
    for (chain, chosen) in &in_force.endpoints {
        let hosts: Vec<_> = chosen.value.iter().map(crate::sources::chain::Endpoint::host).collect();
        add(format!("rpc {chain}"), hosts.join(", "), chosen.origin);
    }
    let mut chosen = |name: &str, value: String, origin| add(name.into(), value, origin);
    chosen("no_default_rpc", in_force.no_default_rpc.value.to_string(), in_force.no_default_rpc.origin);
    chosen("quorum", in_force.quorum.value.to_string(), in_force.quorum.origin);
    chosen("block", block_choice(in_force.block.value), in_force.block.origin);
    chosen("max_block_age", in_force.max_block_age.value.to_string(), in_force.max_block_age.origin);
    let proof = match in_force.proof.value {
        ProofMode::Off => "off",
        ProofMode::Try => "try",
        ProofMode::Require => "require",
    };
    chosen("proof", proof.into(), in_force.proof.origin);
    let trusted = in_force.trusted_block.value.map_or_else(|| "none".to_owned(), |hash| hash.to_string());
    chosen("trusted_block", trusted, in_force.trusted_block.origin);
    let resolvers = match in_force.resolvers.value.as_slice() {
        [] => "the system's".to_owned(),
        given => given.iter().map(Resolver::to_string).collect::<Vec<_>>().join(", "),
    };
    chosen("dns", resolvers, in_force.resolvers.origin);
    let dnssec = if in_force.dnssec.value == DnssecMode::Require { "require" } else { "report" };
    chosen("dnssec", dnssec.into(), in_force.dnssec.origin);
    let path = |chosen: &Chosen<Option<PathBuf>>| {
        chosen.value.as_ref().map_or_else(|| "none".to_owned(), |path| secrecy::path(path))
    };
    chosen("dns_anchor", path(&in_force.dns_anchor), in_force.dns_anchor.origin);
    let by_default = || {
        let (endpoint, resolver) = (ChainConfig::default().timeout, DnsConfig::default().timeout);
        format!("{} seconds for an endpoint, {} for a resolver", endpoint.as_secs(), resolver.as_secs())
    };
    let timeout = in_force.timeout.value.map_or_else(by_default, |seconds| format!("{seconds} seconds"));
    chosen("timeout", timeout, in_force.timeout.origin);
    let roots = if in_force.tls_roots.value == TlsRoots::System { "system" } else { "bundled" };
    chosen("tls_roots", roots.into(), in_force.tls_roots.origin);
    chosen("proxy", way_out::in_words(&in_force.proxy.value), in_force.proxy.origin);
    let max_hidden = in_force.max_hidden.value.map_or_else(|| "any".to_owned(), |most| most.to_string());
    chosen("max_hidden", max_hidden, in_force.max_hidden.origin);
    chosen("ca_file", path(&in_force.ca_file), in_force.ca_file.origin);
    let resolve = match in_force.resolve.value.as_slice() {
        [] => "none".to_owned(),
        entries => entries.join(", "),
    };
    chosen("resolve", resolve, in_force.resolve.origin);
    chosen("allow_private", in_force.allow_private.value.to_string(), in_force.allow_private.origin);
    for registry in &in_force.trust_registry {
        chosen("trust_registry", registry.value.clone(), registry.origin);
    }
    for (chain, registry) in &in_force.did_registries {
        chosen("did_registry", format!("{chain}:{}", registry.value), registry.origin);
    }
    for context in &in_force.contexts {
        chosen("contexts", context.value.clone(), context.origin);
    }
    chosen("names", path(&in_force.names), in_force.names.origin);
    // All of them hold.
    let policies: Vec<_> = in_force.policies.iter().chain(policy).collect();
    if policies.is_empty() {
        chosen("policy", "none".into(), Origin::Default);
    }
    for policy in policies {
        chosen("policy", secrecy::path(&policy.value), policy.origin);
    }
    settings
}

fn origin_in_words(name: &str, origin: Origin) -> String {
    match origin {
        Origin::Flag => "flag".into(),
        Origin::Variable => match name.strip_prefix("rpc ") {
            Some(chain) => format!("variable EBL_RPC_{chain}"),
            None => format!("variable EBL_{}", name.to_uppercase()),
        },
        Origin::Environment if name == "tls_roots" => "variable SSL_CERT_FILE".into(),
        Origin::Environment => "variables HTTPS_PROXY and ALL_PROXY".into(),
        Origin::File => "settings file".into(),
        Origin::Embedded => "embedded table".into(),
        Origin::Default => "default".into(),
    }
}

fn block_choice(choice: Option<BlockChoice>) -> String {
    match choice {
        None | Some(BlockChoice::Default) => "finalized, or latest where the chain has no such block".into(),
        Some(BlockChoice::Latest) => "latest".into(),
        Some(BlockChoice::Safe) => "safe".into(),
        Some(BlockChoice::Finalized) => "finalized".into(),
        Some(BlockChoice::Number(number)) => number.to_string(),
        Some(BlockChoice::Hash(hash)) => hash.to_string(),
        Some(BlockChoice::AtTime(time)) => format!("the last at or before {}", rfc3339(time)),
    }
}

fn chain(found: &ChainProbe, in_force: &InForce, now: i64) -> Chain {
    let endpoints: Vec<Endpoint> = found.endpoints.iter().map(|found| endpoint(found, now)).collect();
    let given = in_force.endpoints.get(&found.chain).map(|chosen| chosen.origin);
    Chain {
        chain_id: found.chain.get(),
        name: networks::known(found.chain).map(|network| network.name.as_str()),
        origin: given.filter(|_| !found.embedded).unwrap_or(Origin::Embedded),
        works: working(&endpoints) >= in_force.quorum.value.into(),
        endpoints,
    }
}

fn chain_problem(chain: &Chain, quorum: u8) -> String {
    let id = chain.chain_id;
    if let Some(retired) = retired(chain).filter(|_| working(&chain.endpoints) == 0) {
        return format!("chain {id} is {retired}; no endpoint of it can be used");
    }
    match (chain.endpoints.len(), working(&chain.endpoints)) {
        (0, _) => format!("no endpoint is known for chain {id}: give one with --rpc {id}=URL"),
        (_, 0) => format!("no endpoint of chain {id} can be used"),
        (_, 1) => format!("chain {id}: the quorum is {quorum}, and only one endpoint can be used"),
        (_, working) => format!("chain {id}: the quorum is {quorum}, and only {working} endpoints can be used"),
    }
}

/// What a network of the past is called, and why nobody uses it any more.
fn retired(chain: &Chain) -> Option<String> {
    let network = ChainId::try_from(chain.chain_id).ok().and_then(networks::known)?;
    network.retired.map(|retired| format!("{}, {retired}", network.name))
}

/// As many as a quorum can have of them.
fn working(endpoints: &[Endpoint]) -> usize {
    endpoints.iter().filter(|endpoint| endpoint.works && !endpoint.is_an_earlier_one).count()
}

fn endpoint(found: &EndpointProbe, now: i64) -> Endpoint {
    let mut endpoint = Endpoint {
        host: found.host.clone(),
        is_an_earlier_one: found.is_an_earlier_one,
        works: false,
        summary: String::new(),
        block: None,
        newest_block: None,
        finalized_block: None,
        safe_block: None,
        batches: None,
        by_block_hash: None,
        one_call: None,
        log_range: None,
        proofs: None,
        unavailable: None,
        requests: found.requests,
    };
    match &found.found {
        Err(why) => {
            endpoint.summary.clone_from(&why.detail);
            endpoint.unavailable = Some(why.clone());
        }
        Ok(able) => {
            let age_seconds = now.saturating_sub(i64::try_from(able.block.timestamp).unwrap_or(i64::MAX));
            endpoint.works = true;
            endpoint.summary = summary(able, age_seconds);
            if found.is_an_earlier_one {
                endpoint.summary.push_str("; the same server as one above, so it does not count for a quorum");
            }
            endpoint.block = Some(Block {
                number: able.block.number,
                hash: able.block.hash,
                age_seconds,
                finality: able.block.finality,
            });
            endpoint.newest_block = able.newest;
            endpoint.finalized_block = able.finalized;
            endpoint.safe_block = able.safe;
            endpoint.batches = Some(able.batches);
            endpoint.by_block_hash = Some(able.by_block_hash);
            endpoint.one_call = Some(able.one_call);
            endpoint.log_range = match able.logs {
                LogRange::Whole => Some(LogAnswer::Word("whole")),
                LogRange::AtMost(blocks) => Some(LogAnswer::Blocks(blocks)),
                LogRange::Refused => Some(LogAnswer::Word("refused")),
                LogRange::NotKnown => None,
            };
            endpoint.proofs = Some(able.proofs);
        }
    }
    endpoint
}

/// What works first, what does not after it.
fn summary(able: &Abilities, age_seconds: i64) -> String {
    let finality = match able.block.finality {
        Finality::Finalized => "finalized",
        Finality::Safe => "safe, not final",
        Finality::Latest => "newest, not final",
        Finality::Chosen => "chosen by you",
        Finality::Local => "newest of a local chain",
    };
    let mut works = vec![format!("reads block {}, {finality}, {}", able.block.number, age(age_seconds))];
    let mut lacks = Vec::new();
    let mut note = |holds: bool, can: &str, cannot: &str| {
        if holds { works.push(can.to_owned()) } else { lacks.push(cannot.to_owned()) }
    };
    note(able.finalized.is_some(), "has a finalized block", "no finalized block");
    match able.logs {
        LogRange::Whole => note(true, "logs of the whole chain in one query", ""),
        LogRange::AtMost(blocks) => note(true, &format!("logs of {blocks} blocks in one query"), ""),
        LogRange::Refused => note(false, "", "no logs"),
        LogRange::NotKnown => note(false, "", "how far back logs go was not found out"),
    }
    note(able.proofs, "storage proofs", "no storage proofs");
    note(able.one_call, "a title in one call", "a title takes several calls");
    note(able.batches, "several calls in one request", "one request for each call");
    note(able.by_block_hash, "pinned by block hash", "pinned by block number only");
    let lacks = if lacks.is_empty() { String::new() } else { format!("; but {}", lacks.join(", ")) };
    works.join(", ") + &lacks
}

fn age(seconds: i64) -> String {
    let (amount, ahead) = (in_words(seconds.unsigned_abs()), seconds < 0);
    if ahead { format!("{amount} ahead of this machine's clock") } else { format!("{amount} old") }
}

fn resolving(found: &ResolverProbe) -> Resolving {
    let (dnssec, unavailable, summary) = match &found.found {
        Ok(_) if !found.knows_the_root => {
            (None, None, "answers, but denies everything: it does not know the root either".to_owned())
        }
        Ok(dnssec) => (Some(*dnssec), None, answers(*dnssec).to_owned()),
        Err(why) => (None, Some(why.clone()), why.detail.clone()),
    };
    let (resolver, queries) = (found.resolver.clone(), found.queries);
    let knows_the_root = found.found.is_ok().then_some(found.knows_the_root);
    let works = knows_the_root == Some(true);
    Resolving { resolver, works, summary, dnssec, knows_the_root, unavailable, queries }
}

fn answers(dnssec: Dnssec) -> &'static str {
    match dnssec {
        Dnssec::Secure => "answers, and what it says can be validated with DNSSEC",
        Dnssec::Insecure => "answers; the root it knows is not signed, so nothing can be validated",
        Dnssec::NotChecked => "answers; but gives nothing to validate DNSSEC with",
    }
}
