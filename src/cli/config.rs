//! Flags, environment and settings file, turned once into a [`VerifierBuilder`]. The order is flags, `EBL_RPC_<CHAINID>`,
//! file, embedded table. The current folder is never searched: a stranger's folder could relax the rules.

use std::collections::BTreeMap;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use serde::Deserialize;
use zeroize::Zeroizing;

use super::args::{DnssecMode, NetworkArgs, ProofChoice, VerifyArgs};
use crate::document::{Key, Limits};
use crate::primitives::{Address, ChainId, Digest32};
use crate::sources::chain::{BlockChoice, Endpoint};
use crate::sources::dns::TrustAnchor;
use crate::verifier::{Verifier, VerifierBuilder};
use crate::verify::{Policy, ProofMode};
use crate::web_address::Reach;

/// Settings from a TOML file. Unknown keys are errors: a misspelt rule must not be ignored.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Settings {
    /// Chain id → endpoints.
    #[serde(default)]
    rpc: BTreeMap<String, Vec<String>>,
    #[serde(default)]
    dns: Vec<String>,
    dnssec: Option<DnssecMode>,
    dns_anchor: Option<PathBuf>,
    #[serde(default)]
    trust_registry: Vec<String>,
    quorum: Option<u8>,
    block: Option<String>,
    proof: Option<ProofChoice>,
    trusted_block: Option<String>,
    timeout: Option<u64>,
    ca_file: Option<PathBuf>,
    #[serde(default)]
    resolve: Vec<String>,
    #[serde(default)]
    no_default_rpc: bool,
    #[serde(default)]
    allow_private: bool,
}

/// Puts everything together. Any error is a usage error.
pub fn verifier(args: &VerifyArgs) -> Result<VerifierBuilder> {
    let network = &args.network;
    let settings = settings(network)?;
    let mut builder = Verifier::builder().limits(Limits { max_bytes: args.max_size, ..Limits::default() });
    if network.offline {
        builder = builder.offline();
    }
    let chain_id = args.chain_id.as_deref().map(str::parse::<ChainId>).transpose().context("--chain-id")?;
    for (chain, endpoint) in endpoints(network, &settings, chain_id)? {
        builder = builder.endpoint(chain, endpoint);
    }
    builder = builder.default_endpoints(!(network.no_default_rpc || settings.no_default_rpc));
    if let Some(endpoints) = network.quorum.or(settings.quorum) {
        if !(1..=16).contains(&endpoints) {
            bail!("quorum takes 1 to 16 endpoints");
        }
        builder = builder.quorum(endpoints.into());
    }
    if let Some(block) = network.block.as_deref().or(settings.block.as_deref()) {
        builder = builder.block(block_choice(block)?);
    }
    let proof = match network.proof.or(settings.proof) {
        None | Some(ProofChoice::Off) => ProofMode::Off,
        Some(ProofChoice::Try) => ProofMode::Try,
        Some(ProofChoice::Require) => ProofMode::Require,
    };
    let trusted_block = network.trusted_block.as_deref().or(settings.trusted_block.as_deref());
    let trusted_block = trusted_block.map(block_hash).transpose()?;
    if let Some(hash) = trusted_block {
        if proof == ProofMode::Off {
            bail!("--trusted-block needs --proof try or --proof require: without a proof it would change nothing");
        }
        let block = network.block.as_deref().or(settings.block.as_deref()).map(block_choice).transpose()?;
        if block.is_some_and(|block| block != BlockChoice::Hash(hash)) {
            bail!("--block and --trusted-block name different blocks; --trusted-block alone reads at that block");
        }
        builder = builder.block(BlockChoice::Hash(hash));
    }
    let resolvers = if network.dns.is_empty() { &settings.dns } else { &network.dns };
    for resolver in resolvers {
        builder = builder.resolver(resolver.parse().with_context(|| format!("resolver {resolver:?}"))?);
    }
    if let Some(file) = network.dns_anchor.as_ref().or(settings.dns_anchor.as_ref()) {
        builder = builder.dns_anchor(dns_anchor(file)?);
    }
    if let Some(seconds) = network.timeout.or(settings.timeout) {
        if seconds == 0 || seconds > 600 {
            bail!("--timeout takes 1 to 600 seconds");
        }
        builder = builder.timeout(Duration::from_secs(seconds));
    }
    if let Some(file) = network.ca_file.as_ref().or(settings.ca_file.as_ref()) {
        builder = builder.roots(root_certificates(file)?);
    }
    let redirections = if network.resolve.is_empty() { &settings.resolve } else { &network.resolve };
    for entry in redirections {
        let (host, port, to) = redirection(entry)?;
        builder = builder.resolve(host, port, to);
    }
    if network.allow_private || settings.allow_private {
        builder = builder.reach(Reach::Anywhere);
    }
    if let Some(text) = args.key.as_deref() {
        builder = builder.key(key(text)?);
    }
    let mut policy = Policy {
        chain: chain_id,
        accept_unauthenticated_falsy: args.accept_unauthenticated_falsy,
        all_checks: args.all_checks,
        proof,
        trusted_block,
        require_dnssec: network.dnssec.or(settings.dnssec) == Some(DnssecMode::Require),
        ..Policy::default()
    };
    for registry in args.trust_registry.iter().chain(&settings.trust_registry) {
        policy.trusted_registries.insert(trusted_registry(registry)?);
    }
    Ok(builder.policy(policy))
}

/// `HEX`, `@FILE` or `env:NAME`. No message repeats what was there: a key after a stray `@` is still a key.
pub fn key(text: &str) -> Result<Key> {
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

fn settings(network: &NetworkArgs) -> Result<Settings> {
    let Some(path) = network.config.clone().or_else(platform_settings) else { return Ok(Settings::default()) };
    let text =
        std::fs::read_to_string(&path).with_context(|| format!("cannot read the settings {}", path.display()))?;
    toml::from_str(&text).with_context(|| format!("the settings {} are not right", path.display()))
}

/// `ebl/ebl.toml` in the user's own configuration folder, if there is one.
fn platform_settings() -> Option<PathBuf> {
    let folder = std::env::var_os("XDG_CONFIG_HOME")
        .map(PathBuf::from)
        .or_else(|| std::env::var_os("HOME").map(|home| Path::new(&home).join(".config")))
        .or_else(|| std::env::var_os("APPDATA").map(PathBuf::from))
        .filter(|folder| folder.is_absolute())?;
    Some(folder.join("ebl").join("ebl.toml")).filter(|path| path.is_file())
}

/// For each chain only the first source that names endpoints counts.
fn endpoints(network: &NetworkArgs, settings: &Settings, only: Option<ChainId>) -> Result<Vec<(ChainId, Endpoint)>> {
    let mut found: BTreeMap<ChainId, Vec<Endpoint>> = BTreeMap::new();
    for text in &network.rpc {
        let endpoint = endpoint(text).context("--rpc")?;
        let Some(chain) = endpoint.chain.or(only) else {
            bail!("--rpc: say which chain the endpoint serves, as in --rpc 1=https://…, or give --chain-id");
        };
        found.entry(chain).or_default().push(endpoint);
    }
    let given: Vec<ChainId> = found.keys().copied().collect();
    for (name, value) in std::env::vars_os() {
        let Some(chain) = name.to_str().and_then(|name| name.strip_prefix("EBL_RPC_")) else { continue };
        let variable = format!("EBL_RPC_{chain}");
        let chain: ChainId = chain.parse().with_context(|| variable.clone())?;
        let value = value.into_string().ok().with_context(|| format!("{variable} is not text"))?;
        if !given.contains(&chain) {
            let urls = value.split(',').map(|url| endpoint(url.trim())).collect::<Result<Vec<_>>>();
            found.insert(chain, urls.context(variable)?);
        }
    }
    for (chain, urls) in &settings.rpc {
        let chain: ChainId = chain.parse().context("settings, [rpc]")?;
        if let std::collections::btree_map::Entry::Vacant(entry) = found.entry(chain) {
            entry.insert(urls.iter().map(|url| endpoint(url)).collect::<Result<_>>().context("settings, [rpc]")?);
        }
    }
    Ok(found.into_iter().flat_map(|(chain, list)| list.into_iter().map(move |endpoint| (chain, endpoint))).collect())
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
        _ => match (text.parse(), text.strip_prefix("0x").and_then(Digest32::from_hex64)) {
            (Ok(number), _) => BlockChoice::Number(number),
            (_, Some(hash)) => BlockChoice::Hash(hash),
            _ => bail!("--block takes latest, safe, finalized, a number or a block hash, not {text:?}"),
        },
    })
}

fn block_hash(text: &str) -> Result<Digest32> {
    text.strip_prefix("0x")
        .and_then(Digest32::from_hex64)
        .with_context(|| format!("--trusted-block takes 0x and the 64 lower-case digits of a block hash, not {text:?}"))
}

fn trusted_registry(text: &str) -> Result<(ChainId, Address)> {
    let Some((chain, address)) = text.split_once(':') else {
        bail!("--trust-registry takes CHAIN:ADDRESS, as in 1:0x…, not {text:?}");
    };
    Ok((chain.parse().context("--trust-registry")?, address.parse().context("--trust-registry")?))
}

fn redirection(text: &str) -> Result<(String, u16, std::net::SocketAddr)> {
    let wanted = || format!("--resolve takes HOST:PORT=ADDR:PORT, not {text:?}");
    let (from, to) = text.split_once('=').with_context(wanted)?;
    let (host, port) = from.rsplit_once(':').with_context(wanted)?;
    if host.is_empty() || host.trim_matches(['[', ']']).parse::<std::net::IpAddr>().is_ok() {
        bail!("--resolve takes a host name before the first colon, not an address: {text:?}");
    }
    Ok((host.to_ascii_lowercase(), port.parse().with_context(wanted)?, to.parse().with_context(wanted)?))
}

fn dns_anchor(path: &Path) -> Result<TrustAnchor> {
    const MOST_BYTES: u64 = 64 * 1024;
    let name = path.display();
    let mut text = String::new();
    let file = std::fs::File::open(path).with_context(|| format!("cannot read --dns-anchor {name}"))?;
    file.take(MOST_BYTES + 1).read_to_string(&mut text).with_context(|| format!("cannot read --dns-anchor {name}"))?;
    if text.len() as u64 > MOST_BYTES {
        bail!("--dns-anchor {name} is larger than {MOST_BYTES} bytes");
    }
    text.parse().with_context(|| format!("--dns-anchor {name} holds no trust anchor"))
}

fn root_certificates(path: &Path) -> Result<Vec<rustls_pki_types::CertificateDer<'static>>> {
    use rustls_pki_types::pem::PemObject as _;
    let name = path.display();
    let found = rustls_pki_types::CertificateDer::pem_file_iter(path)
        .with_context(|| format!("cannot read --ca-file {name}"))?
        .collect::<Result<Vec<_>, _>>()
        .with_context(|| format!("--ca-file {name} is not PEM"))?;
    if found.is_empty() {
        bail!("--ca-file {name} holds no certificate");
    }
    Ok(found)
}
