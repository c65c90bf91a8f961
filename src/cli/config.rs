//! Flags, environment and settings file, turned once into a [`VerifierBuilder`]. The order is flags, variables (`EBL_…`),
//! file, embedded table. The current folder is never searched: a stranger's folder could relax the rules.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, Result, bail, ensure};
use zeroize::Zeroizing;

use super::args::{
    ContentArgs, DnssecMode, Format, NetworkArgs, ProofChoice, ReadingArgs, ReplayArgs, RuleArgs, VerifyArgs, WebArgs,
};
use super::settings::{Chosen, Origin, Settings, optional, place, settings, settings_file, variables};
use super::{fingerprint, journal, policy, secrecy, way_out};
use crate::address_book::AddressBook;
use crate::block_age::MaxBlockAge;
use crate::credential::Contexts;
use crate::date_time::rfc3339_seconds;
use crate::dnssec::TrustAnchors;
use crate::document::{Key, Limits};
use crate::primitives::{Address, ChainId, Digest32, plain_decimal};
use crate::sources::chain::{BlockChoice, Endpoint};
use crate::sources::dns::Resolver;
use crate::sources::{ProxyRules, RootCertificate, TlsRoots, now};
use crate::text::repeatable;
use crate::verifier::{Verifier, VerifierBuilder, Wishes};
use crate::verify::{ContentWanted, NamedBlock, Policy, ProofMode, Rule};
use crate::web_address::Reach;

/// What a command that reads a document asks for, beside the network.
pub(super) struct Asked<'a> {
    pub network: &'a NetworkArgs,
    pub max_size: usize,
    pub chain_id: Option<&'a str>,
    pub trust_registry: &'a [String],
    pub key: Option<&'a str>,
    pub names: Option<&'a Path>,
    pub context: &'a [String],
}

/// A verifier's settings.
pub(super) struct Configured {
    pub builder: VerifierBuilder,
    /// What every document is held to, with the caller's key and names.
    pub wishes: Wishes,
    /// The files that they were read from.
    pub files: Vec<PathBuf>,
    /// What results depend on, for a run that goes on with those of another.
    pub settings: Option<journal::Settings>,
    /// Whether each look at a chain is at the block of that moment, and not at one that the caller named.
    pub follows_the_chain: bool,
}

/// The verifier of `ebl verify`, held to the caller's rules. Any error is a usage error.
pub(super) fn verifier(args: &VerifyArgs) -> Result<Configured> {
    let asked = Asked {
        network: &args.network,
        max_size: args.page.max_size,
        chain_id: args.chain_id.as_deref(),
        trust_registry: &args.trust_registry,
        key: args.key.as_deref(),
        names: args.names.as_deref(),
        context: &args.context,
    };
    let (mut builder, mut wishes, in_force) = combined(&asked)?;
    ensure!(
        !args.content || args.format != Format::Human && args.format != Format::Fragments,
        "--content goes with --format json or jsonl; `ebl show` prints what a document says",
    );
    // What is filed says what the document says.
    wishes.content = if args.content || args.format.is_kept() { ContentWanted::Yes } else { ContentWanted::No };
    let policy = &mut wishes.policy;
    policy.at = args.at.as_deref().map(moment).transpose()?;
    if let (Some(at), None) = (policy.at, in_force.block.value) {
        builder = builder.block(BlockChoice::AtTime(at));
    }
    policy.accept_unauthenticated_falsy = args.accept_unauthenticated_falsy;
    policy.all_checks = args.all_checks;
    policy.challenge = args.challenge.clone();
    policy.domain = args.domain.clone();
    in_force.add_rules(&args.rules, policy)?;
    let mut files = in_force.files(&asked);
    files.extend(args.rules.policy.clone());
    let settings = args.resume.as_ref().map(|_| fingerprint::settings(&in_force, &wishes, args.page.max_size));
    Ok(Configured { builder, wishes, files, settings, follows_the_chain: in_force.follows_the_chain() })
}

/// The verifier of a command that knows no rules of the caller's.
pub(super) fn configured(asked: &Asked<'_>) -> Result<Configured> {
    let (builder, wishes, in_force) = combined(asked)?;
    let (files, follows_the_chain) = (in_force.files(asked), in_force.follows_the_chain());
    Ok(Configured { builder, wishes, files, settings: None, follows_the_chain })
}

/// The same for a command that reads titles.
pub(super) fn for_titles(
    network: &NetworkArgs,
    max_size: usize,
    chain_id: Option<&str>,
    ReadingArgs { trust_registry, key, names, context }: &ReadingArgs,
) -> Result<Configured> {
    let (key, names) = (key.as_deref(), names.as_deref());
    configured(&Asked { network, max_size, chain_id, trust_registry, key, names, context })
}

/// The same for a command that reads what documents say.
pub(super) fn for_content(ContentArgs { key, context, page, web }: &ContentArgs) -> Result<Configured> {
    let (key, max_size) = (key.as_deref(), page.max_size);
    let network = NetworkArgs { web: web.clone(), ..NetworkArgs::default() };
    configured(&Asked { network: &network, max_size, chain_id: None, trust_registry: &[], key, names: None, context })
}

/// Puts everything together.
fn combined(asked: &Asked<'_>) -> Result<(VerifierBuilder, Wishes, InForce)> {
    let (wishes, in_force) = wishes(asked)?;
    let builder =
        in_force.builder(&wishes.policy.dns_anchors)?.limits(Limits { max_bytes: asked.max_size, ..Limits::default() });
    Ok((builder, wishes, in_force))
}

/// What is wanted, whoever is asked.
fn wishes(asked: &Asked<'_>) -> Result<(Wishes, InForce)> {
    let chain_id = asked.chain_id.map(str::parse::<ChainId>).transpose().context("--chain-id")?;
    let key_variable = asked.key.and_then(|key| key.strip_prefix("env:"));
    let in_force = InForce::read(asked.network, chain_id, key_variable)?;
    let dns_anchors = in_force.dns_anchors()?;
    let key = asked.key.map(key).transpose()?;
    let names = asked.names.or(in_force.names.value.as_deref());
    let names = names.map(address_book).transpose()?.unwrap_or_default();
    let mut policy = Policy {
        chain: chain_id,
        require_dnssec: in_force.dnssec.value == DnssecMode::Require,
        dns_anchors,
        did_registries: in_force.did_registries.iter().map(|(chain, chosen)| (*chain, chosen.value)).collect(),
        proof: in_force.proof.value,
        max_block_age: in_force.max_block_age.value,
        trusted_block: in_force.trusted_block.value,
        contexts: in_force.contexts(asked.context)?,
        ..Policy::default()
    };
    let by_flag = asked.trust_registry.iter().map(|text| Chosen::by(text.clone(), Origin::Flag));
    for registry in in_force.trust_registry.iter().cloned().chain(by_flag) {
        policy.trusted_registries.insert(contract(&registry.place("trust_registry"), &registry.value)?);
    }
    Ok((Wishes { policy, key, names, content: ContentWanted::No }, in_force))
}

/// Whom and what whoever judges again trusts, the rules that hold besides those of the evidence, and the block that he names.
pub(super) fn for_replay(args: &ReplayArgs) -> Result<(Wishes, Option<NamedBlock>)> {
    let network = NetworkArgs {
        trusted_block: args.trusted_block.clone(),
        block: args.block.clone(),
        max_block_age: args.max_block_age.clone(),
        did_registry: args.did_registry.clone(),
        dns_anchor: args.dns_anchor.clone(),
        web: WebArgs { offline: true, config: args.config.clone(), ..WebArgs::default() },
        ..NetworkArgs::default()
    };
    let asked = Asked {
        network: &network,
        max_size: args.page.max_size,
        chain_id: args.chain_id.as_deref(),
        trust_registry: &args.trust_registry,
        key: args.key.as_deref(),
        names: args.names.as_deref(),
        context: &args.context,
    };
    let (mut wishes, in_force) = wishes(&asked)?;
    let policy = &mut wishes.policy;
    policy.accept_unauthenticated_falsy = args.accept_unauthenticated_falsy;
    policy.at = args.at.as_deref().map(moment).transpose()?;
    policy.challenge = args.challenge.clone();
    policy.domain = args.domain.clone();
    in_force.add_rules(&args.rules, policy)?;
    let block = match in_force.block.value {
        Some(BlockChoice::Number(number)) => Some(NamedBlock::Number(number)),
        Some(BlockChoice::Hash(hash)) => Some(NamedBlock::Hash(hash)),
        _ => None,
    };
    ensure!(args.block.is_none() || block.is_some(), "--block takes a number or a block hash here: nobody is asked");
    Ok((wishes, block))
}

/// The rules of `--expect-…` and `--accept-state`. A flag that is given several times lists what it allows.
fn expectations(args: &RuleArgs) -> Result<Vec<Rule>> {
    fn set<T: Ord>(flag: &'static str, texts: &[String], parse: impl Fn(&str) -> Result<T>) -> Result<BTreeSet<T>> {
        texts.iter().map(|text| parse(text).context(flag)).collect()
    }
    let issuers = set("--expect-issuer", &args.expect_issuer, |text| Ok(text.parse()?))?;
    let registries = args.expect_registry.iter().map(|text| contract("--expect-registry", text));
    let registries = registries.collect::<Result<BTreeSet<_>>>()?;
    let account = |text: &str| Ok(Address::from_caller(text)?);
    let holders = set("--expect-holder", &args.expect_holder, account)?;
    let beneficiaries = set("--expect-beneficiary", &args.expect_beneficiary, account)?;
    let states = set("--accept-state", &args.accept_state, |text| text.parse().map_err(anyhow::Error::msg))?;
    let rules = [
        (!issuers.is_empty()).then_some(Rule::Issuers(issuers)),
        (!registries.is_empty()).then_some(Rule::Registries(registries)),
        (!states.is_empty()).then_some(Rule::TitleStates(states)),
        (!holders.is_empty()).then_some(Rule::Holders(holders)),
        (!beneficiaries.is_empty()).then_some(Rule::Beneficiaries(beneficiaries)),
    ];
    Ok(rules.into_iter().flatten().collect())
}

/// Everything about the network that a run works with, each with its origin.
#[derive(Debug)]
pub(super) struct InForce {
    pub offline: bool,
    /// The settings file; [`Origin::Default`] for the one in the user's own configuration folder.
    pub file: Option<Chosen<PathBuf>>,
    pub endpoints: BTreeMap<ChainId, Chosen<Vec<Endpoint>>>,
    pub no_default_rpc: Chosen<bool>,
    pub quorum: Chosen<u8>,
    /// `None` is the default of the chain.
    pub block: Chosen<Option<BlockChoice>>,
    pub max_block_age: Chosen<MaxBlockAge>,
    /// None are the system's.
    pub resolvers: Chosen<Vec<Resolver>>,
    pub dnssec: Chosen<DnssecMode>,
    pub dns_anchor: Chosen<Option<PathBuf>>,
    /// In seconds; `None` is each source's own default.
    pub timeout: Chosen<Option<u64>>,
    /// The bound of the variable or the file; a flag of `ebl verify` goes before it.
    pub max_hidden: Chosen<Option<u32>>,
    pub ca_file: Chosen<Option<PathBuf>>,
    pub tls_roots: Chosen<TlsRoots>,
    pub proxy: Chosen<ProxyRules>,
    pub resolve: Chosen<Vec<String>>,
    pub allow_private: Chosen<bool>,
    pub proof: Chosen<ProofMode>,
    pub trusted_block: Chosen<Option<Digest32>>,
    /// Those of the file and of the variable.
    pub trust_registry: Vec<Chosen<String>>,
    pub did_registries: BTreeMap<ChainId, Chosen<Address>>,
    /// Contexts of W3C credentials, of the file and of the variable: `URL=FILE`.
    pub contexts: Vec<Chosen<String>>,
    /// The policies that the file and the variable name: both hold.
    pub policies: Vec<Chosen<PathBuf>>,
    /// The address book that the variable or the file names.
    pub names: Chosen<Option<PathBuf>>,
}

impl InForce {
    /// Reads flags, environment and settings file. `only` is the chain of an `--rpc` that names none, `key_variable` the
    /// variable that holds a key, if one does.
    pub(super) fn read(network: &NetworkArgs, only: Option<ChainId>, key_variable: Option<&str>) -> Result<Self> {
        let file = settings_file(&network.web);
        let settings = settings(file.as_ref().map(|file| file.value.as_path()))?;
        let variables = variables(key_variable)?;
        let proxy = way_out::proxy(&network.web, &variables, &settings)?;
        let tls_roots = way_out::tls_roots(&network.web, &variables, &settings)?;
        let endpoints = endpoints(network, &settings, only)?;
        let quorum = Chosen::of(network.quorum, variables.quorum, settings.quorum, 1);
        if !(1..=16).contains(&quorum.value) {
            bail!("quorum takes 1 to 16 endpoints");
        }
        let block = optional(network.block.clone(), variables.block, settings.block);
        let mut block = Chosen::by(
            block.value.as_deref().map(block_choice).transpose().with_context(|| place("block", block.origin))?,
            block.origin,
        );
        let age = optional(network.max_block_age.clone(), variables.max_block_age, settings.max_block_age);
        let bound = age.value.as_deref().map(str::parse).transpose().context("--max-block-age")?;
        let max_block_age = Chosen::by(bound.unwrap_or_default(), age.origin);
        let proof = Chosen::of(network.proof, variables.proof, settings.proof, ProofChoice::Off);
        let trusted = optional(network.trusted_block.clone(), variables.trusted_block, settings.trusted_block);
        let trusted_block = Chosen::by(trusted.value.as_deref().map(block_hash).transpose()?, trusted.origin);
        if let Some(hash) = trusted_block.value {
            if block.value.is_some_and(|block| block != BlockChoice::Hash(hash)) {
                bail!("--block and --trusted-block name different blocks; --trusted-block alone reads at that block");
            }
            block = Chosen::by(Some(BlockChoice::Hash(hash)), trusted_block.origin);
        }
        let timeout = optional(network.web.timeout, variables.timeout, settings.timeout);
        if timeout.value.is_some_and(|seconds| seconds == 0 || seconds > 600) {
            bail!("--timeout takes 1 to 600 seconds");
        }
        let dns = Chosen::list(&network.dns, variables.dns, settings.dns);
        // What was there may hold a user name or a key.
        let resolver = |text: &String| text.parse().with_context(|| place("dns", dns.origin));
        let resolve = Chosen::list(&network.web.resolve, variables.resolve, settings.resolve);
        for entry in &resolve.value {
            redirection(entry).with_context(|| place("resolve", resolve.origin))?;
        }
        let trust_registry = Chosen::all(settings.trust_registry, variables.trust_registry);
        for registry in &trust_registry {
            contract(&registry.place("trust_registry"), &registry.value)?;
        }
        let contexts = Chosen::all(settings.contexts, variables.contexts);
        let policies = [(settings.policy, Origin::File), (variables.policy, Origin::Variable)];
        let mut did_registries = BTreeMap::new();
        // Of several for one chain the flag counts, then the variable.
        for (origin, list) in [
            (Origin::File, &settings.did_registry),
            (Origin::Variable, &variables.did_registry),
            (Origin::Flag, &network.did_registry),
        ] {
            for text in list {
                let (chain, address) = contract(&place("did_registry", origin), text)?;
                did_registries.insert(chain, Chosen::by(address, origin));
            }
        }
        Ok(Self {
            offline: network.web.offline,
            file,
            endpoints,
            no_default_rpc: Chosen::switch(network.no_default_rpc, variables.no_default_rpc, settings.no_default_rpc),
            quorum,
            block,
            max_block_age,
            proof: Chosen::by(proof.value.into(), proof.origin),
            trusted_block,
            resolvers: Chosen::by(dns.value.iter().map(resolver).collect::<Result<_>>()?, dns.origin),
            dnssec: Chosen::of(network.dnssec, variables.dnssec, settings.dnssec, DnssecMode::Report),
            dns_anchor: optional(network.dns_anchor.clone(), variables.dns_anchor, settings.dns_anchor),
            timeout,
            tls_roots,
            proxy,
            max_hidden: optional(None, variables.max_hidden, settings.max_hidden),
            ca_file: optional(network.web.ca_file.clone(), variables.ca_file, settings.ca_file),
            resolve,
            allow_private: Chosen::switch(network.web.allow_private, variables.allow_private, settings.allow_private),
            trust_registry,
            did_registries,
            contexts,
            policies: policies.into_iter().filter_map(|(path, by)| Some(Chosen::by(path?, by))).collect(),
            names: optional(None, variables.names, settings.names),
        })
    }

    /// The rules of the settings and those of the flags, all of which hold.
    fn add_rules(&self, flags: &RuleArgs, policy: &mut Policy) -> Result<()> {
        for file in self.policies.iter().map(|chosen| &chosen.value).chain(&flags.policy) {
            policy::read(file)?.add_to(policy);
        }
        policy.rules.extend(expectations(flags)?);
        let most_hidden = flags.max_hidden.or(self.max_hidden.value);
        policy.rules.extend(most_hidden.map(|most| Rule::HiddenFields(usize::try_from(most).unwrap_or(usize::MAX))));
        Ok(())
    }

    /// A tag moves on with the chain; a block that is named stays where it is.
    fn follows_the_chain(&self) -> bool {
        matches!(
            self.block.value,
            None | Some(BlockChoice::Default | BlockChoice::Latest | BlockChoice::Safe | BlockChoice::Finalized)
        )
    }

    /// Every file that a run with these settings reads, beside its documents.
    fn files(&self, asked: &Asked<'_>) -> Vec<PathBuf> {
        let settings = self.file.as_ref().map(|file| &file.value);
        let by_settings = [settings, self.dns_anchor.value.as_ref(), self.ca_file.value.as_ref()];
        let key = asked.key.and_then(|key| key.strip_prefix('@')).map(Path::new);
        let others = [key, asked.names.or(self.names.value.as_deref())];
        let contexts = self.named_contexts(asked.context).filter_map(|(_, text)| text.rsplit_once('='));
        let contexts: Vec<PathBuf> = contexts.map(|(_, file)| PathBuf::from(file)).collect();
        by_settings
            .into_iter()
            .flatten()
            .chain(self.policies.iter().map(|chosen| &chosen.value))
            .map(PathBuf::as_path)
            .chain(others.into_iter().flatten())
            .map(Path::to_owned)
            .chain(contexts)
            .collect()
    }

    /// Those of the settings and those of the flags; one address stands for one context.
    fn contexts(&self, flags: &[String]) -> Result<Contexts> {
        read_contexts(self.named_contexts(flags))
    }

    /// `URL=FILE`, each with where it was said.
    fn named_contexts<'t>(&'t self, flags: &'t [String]) -> impl Iterator<Item = (String, &'t str)> {
        let settings = self.contexts.iter().map(|chosen| (chosen.place("contexts"), chosen.value.as_str()));
        settings.chain(flags.iter().map(|text| ("--context".to_owned(), text.as_str())))
    }

    /// Reads what the builder does not need, so that a mistake there is found all the same.
    pub(super) fn check_the_rest(&self) -> Result<()> {
        self.names.value.as_deref().map(address_book).transpose()?;
        self.contexts(&[])?;
        self.policies.iter().try_for_each(|chosen| policy::read(&chosen.value).map(drop))
    }

    /// The keys of `--dns-anchor`.
    pub(super) fn dns_anchors(&self) -> Result<TrustAnchors> {
        self.dns_anchor.value.as_deref().map(dns_anchors).transpose().map(Option::unwrap_or_default)
    }

    /// A builder with exactly these settings.
    pub(super) fn builder(&self, dns_anchors: &TrustAnchors) -> Result<VerifierBuilder> {
        ensure!(
            self.trusted_block.value.is_none() || self.proof.value != ProofMode::Off,
            "--trusted-block needs --proof try or --proof require: without a proof it would change nothing"
        );
        let mut builder = Verifier::builder().tls_roots(self.tls_roots.value).proxy(self.proxy.value.clone());
        if self.offline {
            builder = builder.offline();
        }
        for (chain, chosen) in &self.endpoints {
            for endpoint in &chosen.value {
                builder = builder.endpoint(*chain, endpoint.clone());
            }
        }
        builder = builder.default_endpoints(!self.no_default_rpc.value).quorum(self.quorum.value.into());
        builder = builder.max_block_age(self.max_block_age.value);
        if let Some(block) = self.block.value {
            builder = builder.block(block);
        }
        for resolver in &self.resolvers.value {
            builder = builder.resolver(resolver.clone());
        }
        builder = builder.dns_anchors(dns_anchors.clone());
        if let Some(seconds) = self.timeout.value {
            builder = builder.timeout(Duration::from_secs(seconds));
        }
        if let Some(file) = &self.ca_file.value {
            builder = builder.roots(root_certificates(file)?);
        }
        for entry in &self.resolve.value {
            let (host, port, to) = redirection(entry)?;
            builder = builder.resolve(host, port, to);
        }
        if self.allow_private.value {
            builder = builder.reach(Reach::Anywhere);
        }
        Ok(builder)
    }
}

/// `HEX`, `@FILE` or `env:NAME`. No message repeats what was there: a key after a stray `@` is still a key.
pub(super) fn key(text: &str) -> Result<Key> {
    let (place, text) = if let Some(path) = text.strip_prefix('@') {
        let text = std::fs::read_to_string(path).context("--key @FILE: the file cannot be read")?;
        ("--key @FILE", Zeroizing::new(text))
    } else if let Some(name) = text.strip_prefix("env:") {
        let value = std::env::var(name).ok().context("--key env:NAME: there is no such variable, or it is not text")?;
        ("--key env:NAME", Zeroizing::new(value))
    } else {
        ("--key", Zeroizing::new(text.to_owned()))
    };
    text.trim_end_matches(['\r', '\n']).parse().context(place)
}

/// For each chain only the first source that names endpoints counts.
fn endpoints(
    network: &NetworkArgs,
    settings: &Settings,
    only: Option<ChainId>,
) -> Result<BTreeMap<ChainId, Chosen<Vec<Endpoint>>>> {
    let mut found: BTreeMap<ChainId, Chosen<Vec<Endpoint>>> = BTreeMap::new();
    for text in &network.rpc {
        let endpoint = endpoint(text).context("--rpc")?;
        let Some(chain) = endpoint.chain.or(only) else {
            bail!("--rpc: say which chain the endpoint serves, as in --rpc 1=https://…, or give --chain-id");
        };
        found.entry(chain).or_insert_with(|| Chosen::by(Vec::new(), Origin::Flag)).value.push(endpoint);
    }
    for (name, value) in std::env::vars_os() {
        let Some(chain) = name.to_str().and_then(|name| name.strip_prefix("EBL_RPC_")) else { continue };
        let variable = format!("EBL_RPC_{}", repeatable(chain));
        let chain: ChainId = chain.parse().with_context(|| variable.clone())?;
        let value = value.into_string().ok().with_context(|| format!("{variable} is not text"))?;
        if let Entry::Vacant(entry) = found.entry(chain) {
            let urls = value.split(',').map(|url| endpoint_of(chain, url.trim())).collect::<Result<Vec<_>>>();
            entry.insert(Chosen::by(urls.context(variable)?, Origin::Variable));
        }
    }
    for (chain, urls) in &settings.rpc {
        let chain: ChainId = chain.parse().context("settings, [rpc]")?;
        if let Entry::Vacant(entry) = found.entry(chain) {
            let urls = urls.iter().map(|url| endpoint_of(chain, url)).collect::<Result<_>>();
            entry.insert(Chosen::by(urls.context("settings, [rpc]")?, Origin::File));
        }
    }
    Ok(found)
}

/// Where the chain stands beside the URL already.
fn endpoint_of(chain: ChainId, url: &str) -> Result<Endpoint> {
    let endpoint = endpoint(url)?;
    match endpoint.chain.filter(|named| *named != chain) {
        None => Ok(endpoint),
        Some(other) => bail!("an endpoint of chain {other} stands among those of chain {chain}"),
    }
}

/// The URL may hold a key, so no message repeats it.
fn endpoint(url: &str) -> Result<Endpoint> {
    url.parse::<Endpoint>().map_err(|error| anyhow::anyhow!("{error}"))
}

fn block_choice(text: &str) -> Result<BlockChoice> {
    Ok(match text {
        "latest" => BlockChoice::Latest,
        "safe" => BlockChoice::Safe,
        "finalized" => BlockChoice::Finalized,
        _ => match (plain_decimal(text), text.strip_prefix("0x").and_then(Digest32::from_hex64)) {
            (Some(number), _) => BlockChoice::Number(number),
            (_, Some(hash)) => BlockChoice::Hash(hash),
            _ => bail!("expected latest, safe, finalized, a number or a block hash"),
        },
    })
}

/// What is to come nobody has evidence of.
fn moment(text: &str) -> Result<i64> {
    let at = rfc3339_seconds(text).context("--at takes a date and time with its zone, as in 2026-03-01T08:00:00Z")?;
    if at > now() {
        bail!("--at names a time that has not come");
    }
    Ok(at)
}

pub(super) fn block_hash(text: &str) -> Result<Digest32> {
    text.strip_prefix("0x")
        .and_then(Digest32::from_hex64)
        .context("--trusted-block takes 0x and the 64 lower-case digits of a block hash")
}

pub(super) fn contract(place: &str, text: &str) -> Result<(ChainId, Address)> {
    let Some((chain, address)) = text.split_once(':') else {
        bail!("{place} takes CHAIN:ADDRESS, as in 1:0x…, not {:?}", repeatable(text));
    };
    let named = || place.to_owned();
    Ok((chain.parse().with_context(named)?, Address::from_caller(address).with_context(named)?))
}

fn redirection(text: &str) -> Result<(String, u16, std::net::SocketAddr)> {
    let wanted = "expected HOST:PORT=ADDR:PORT";
    let (from, to) = text.split_once('=').context(wanted)?;
    let (host, port) = from.rsplit_once(':').context(wanted)?;
    if host.is_empty() || host.trim_matches(['[', ']']).parse::<std::net::IpAddr>().is_ok() {
        bail!("expected a host name before the first colon, not an address");
    }
    if host.contains(['/', '@', ':', '?', '#']) {
        bail!(wanted);
    }
    let port = plain_decimal(port).context(wanted)?;
    Ok((host.to_ascii_lowercase(), port, to.parse().ok().context(wanted)?))
}

fn dns_anchors(path: &Path) -> Result<TrustAnchors> {
    const MOST_BYTES: u64 = 64 * 1024;
    let name = secrecy::path(path);
    let mut text = String::new();
    let file = std::fs::File::open(path).with_context(|| format!("cannot read --dns-anchor {name}"))?;
    file.take(MOST_BYTES + 1).read_to_string(&mut text).with_context(|| format!("cannot read --dns-anchor {name}"))?;
    if text.len() as u64 > MOST_BYTES {
        bail!("--dns-anchor {name} is larger than {MOST_BYTES} bytes");
    }
    text.parse().with_context(|| format!("--dns-anchor {name} holds no trust anchor"))
}

fn address_book(path: &Path) -> Result<AddressBook> {
    const MOST_BYTES: u64 = 1 << 20;
    let name = secrecy::path(path);
    let mut text = String::new();
    let file = std::fs::File::open(path).with_context(|| format!("cannot read --names {name}"))?;
    file.take(MOST_BYTES + 1).read_to_string(&mut text).with_context(|| format!("cannot read --names {name}"))?;
    text.parse().with_context(|| format!("--names {name} is no address book"))
}

/// The contexts that flags alone name.
pub(super) fn contexts(flags: &[String]) -> Result<Contexts> {
    read_contexts(flags.iter().map(|text| ("--context".to_owned(), text.as_str())))
}

fn read_contexts<'t>(named: impl Iterator<Item = (String, &'t str)>) -> Result<Contexts> {
    let mut contexts = Contexts::default();
    for (place, text) in named {
        let (url, file) = context_file(&place, text)?;
        contexts.add(url, &read_context(&place, file)?).with_context(|| format!("{place} {}", secrecy::path(file)))?;
    }
    Ok(contexts)
}

/// `URL=FILE`.
fn context_file<'t>(place: &str, text: &'t str) -> Result<(&'t str, &'t Path)> {
    match text.rsplit_once('=') {
        Some((url, file)) if !url.is_empty() && !file.is_empty() => Ok((url, Path::new(file))),
        _ => bail!("{place} takes URL=FILE: the name of a context, and the file that holds it"),
    }
}

fn read_context(place: &str, path: &Path) -> Result<Vec<u8>> {
    // One more than is taken: the reader says that it is too large.
    const MOST_BYTES: u64 = 1 << 20;
    read_up_to(MOST_BYTES + 1, place, path)
}

/// The beginning of a file that `place` names.
fn read_up_to(bytes: u64, place: &str, path: &Path) -> Result<Vec<u8>> {
    let cannot = || format!("cannot read {place} {}", secrecy::path(path));
    let mut content = Vec::new();
    let file = std::fs::File::open(path).with_context(cannot)?;
    file.take(bytes).read_to_end(&mut content).with_context(cannot)?;
    Ok(content)
}

fn root_certificates(path: &Path) -> Result<Vec<RootCertificate>> {
    const MOST_BYTES: u64 = 16 << 20;
    let name = secrecy::path(path);
    let text = read_up_to(MOST_BYTES + 1, "--ca-file", path)?;
    if text.len() as u64 > MOST_BYTES {
        bail!("--ca-file {name} is larger than {MOST_BYTES} bytes");
    }
    // The library's own words would repeat a line of the file.
    let found = RootCertificate::from_pem(&text).with_context(|| format!("--ca-file {name} is not PEM"))?;
    if found.is_empty() {
        bail!("--ca-file {name} holds no certificate");
    }
    Ok(found)
}
