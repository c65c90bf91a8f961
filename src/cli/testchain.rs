//! `ebl testchain`: the embedded chain kept running, with sample documents and ready settings in a folder.

use std::fmt::Write as _;
use std::fs;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;

use anyhow::{Context as _, Result, bail};
use serde_json::{Value, json};

use super::args::TestchainArgs;
use super::exit::Exit;
use super::note;
use super::output::{self, Stopped};
use crate::primitives::{Address, encode_hex};
use crate::testchain::accounts::DEV_ACCOUNTS;
use crate::testchain::contracts::interfaces;
use crate::testchain::samples::{self, Sample};
use crate::testchain::sandbox::{CHAIN, Party, Sandbox};
use crate::text::escape_for_terminal as escape;

pub(super) fn run(args: &TestchainArgs) -> Result<Exit> {
    prepare(&args.dir)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let on = |port| SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        let [rpc, dns, https] = [args.port, args.dns_port, args.https_port].map(on);
        let started = Sandbox::start_for_pages(rpc, dns, https, args.cors.clone()).await;
        let mut sandbox = started.context("--port, --dns-port and --https-port take other ports, 0 any free one")?;
        let samples = samples::issue(&mut sandbox)?;
        write_folder(&args.dir, &sandbox, &samples)?;
        // Polled once before anybody reads that Ctrl-C ends this: from then on it is listened for.
        let mut interrupted = std::pin::pin!(tokio::signal::ctrl_c());
        tokio::select! {
            biased;
            ended = &mut interrupted => {
                ended?;
                return Ok(Exit::Interrupted);
            }
            () = std::future::ready(()) => {}
        }
        match output::to_stdout(welcome(&args.dir, &sandbox, &samples)) {
            // The chain is what was wanted, not the page.
            Ok(()) | Err(Stopped::ReaderGone) => {}
            Err(stopped) => return Ok(stopped.exit(Exit::Done)),
        }
        interrupted.await?;
        note(&format!("the chain is gone; the files in {} stay", args.dir.display()));
        Ok(Exit::Done)
    })
}

/// The first line of the settings that this command writes, by which it knows its own folder.
const MARK: &str = "# Written by `ebl testchain` for the chain that it runs. Safe to delete.";

/// Only an empty folder, or one that this command wrote, is written to.
fn prepare(folder: &Path) -> Result<()> {
    let shown = folder.display();
    let settings = folder.join(SETTINGS);
    let ours = fs::read_to_string(&settings).is_ok_and(|text| text.starts_with(MARK));
    match fs::read_dir(folder).map(|mut entries| entries.next().is_none()) {
        Ok(empty) if empty || ours => Ok(()),
        Ok(_) => bail!("{shown} holds something else; name another folder with --dir"),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            fs::create_dir_all(folder).with_context(|| format!("cannot make the folder {shown}"))
        }
        Err(error) => Err(error).with_context(|| format!("cannot use the folder {shown}")),
    }
}

const SETTINGS: &str = "ebl.toml";

fn write_folder(folder: &Path, sandbox: &Sandbox, samples: &[Sample]) -> Result<()> {
    let write = |name: &str, text: &str| {
        let path = folder.join(name);
        fs::write(&path, text).with_context(|| format!("cannot write {}", path.display()))
    };
    write(SETTINGS, &settings(sandbox))?;
    write(AUTHORITY, sandbox.authority_pem())?;
    write(ADDRESSES, &format!("{:#}\n", addresses(sandbox)))?;
    fs::create_dir_all(folder.join(INTERFACES)).with_context(|| format!("cannot make the folder {INTERFACES}"))?;
    for (name, interface) in interfaces() {
        write(&interface_file(&name), &format!("{:#}\n", Value::from(interface)))?;
    }
    samples.iter().try_for_each(|sample| write(sample.file, &sample.document))
}

const AUTHORITY: &str = "ca.pem";
const ADDRESSES: &str = "addresses.json";
const INTERFACES: &str = "abi";

fn interface_file(contract: &str) -> String {
    format!("{INTERFACES}/{contract}.json")
}

/// What a program needs to begin: the chain, the accounts with their keys, and the contracts.
fn addresses(sandbox: &Sandbox) -> Value {
    let accounts = DEV_ACCOUNTS.iter().map(|account| {
        let key = format!("0x{}", encode_hex(&account.key));
        json!({"address": account.address, "privateKey": key, "party": party(account.address).map(Party::name)})
    });
    let contracts = sandbox
        .contracts()
        .into_iter()
        .map(|(name, address)| (name.to_owned(), json!({"address": address, "abi": interface_file(name)})));
    json!({
        "chainId": CHAIN,
        "rpc": sandbox.rpc_url(),
        "websocket": sandbox.websocket_url(),
        "accounts": accounts.collect::<Vec<_>>(),
        "contracts": contracts.collect::<Value>(),
    })
}

fn party(address: Address) -> Option<Party> {
    Party::ALL.into_iter().find(|party| party.address() == address)
}

fn settings(sandbox: &Sandbox) -> String {
    let mut text = format!("{MARK}\ndns = [\"{}\"]\nno_default_rpc = true\nproxy = \"none\"\n", sandbox.dns_address());
    text.push_str("# The sample registries run code of our own, which is not in the list of published registries.\n");
    text.push_str("trust_registry = [\n");
    for registry in sandbox.trusted_registries() {
        let _ = writeln!(text, "  \"{CHAIN}:{registry}\",");
    }
    let _ = writeln!(text, "]\ndid_registry = [\"{CHAIN}:{}\"]", sandbox.did_registry());
    text.push_str(
        "# The parties' web servers are one on this machine, with a certificate of this run's own authority.\n",
    );
    let _ = writeln!(text, "ca_file = \"{AUTHORITY}\"\nallow_private = true\nresolve = [");
    for host in sandbox.https_hosts() {
        let _ = writeln!(text, "  \"{host}:443={}\",", sandbox.https_address());
    }
    text.push_str("]\n");
    let _ = write!(text, "\n[rpc]\n{CHAIN} = [\"{}\"]\n", sandbox.rpc_url());
    text
}

fn welcome(folder: &Path, sandbox: &Sandbox, samples: &[Sample]) -> String {
    let shown = escape(&folder.display().to_string()).into_owned();
    let mut text = format!(
        "Chain {CHAIN} answers JSON-RPC at {}, also as a WebSocket.\n\
         The issuers' domains are answered by {}, their web pages by https://{}.\n\n\
         Accounts and their keys, which everybody knows: never send them anything of value.\n\n",
        sandbox.rpc_url(),
        sandbox.dns_address(),
        sandbox.https_address(),
    );
    for account in &DEV_ACCOUNTS {
        let party = party(account.address).map(|party| format!("  {}", party.name())).unwrap_or_default();
        let _ = writeln!(text, "  {}{party}\n    0x{}", account.address, encode_hex(&account.key));
    }
    text.push_str("\nContracts:\n\n");
    for (name, address) in sandbox.contracts() {
        let _ = writeln!(text, "  {name:<22}  {address}");
    }
    let _ = write!(
        text,
        "\nTitleEscrowV5 and V4 are the code of each title's own escrow, which is `ownerOf(token)` of the registry.\n\n\
         {shown}/{ADDRESSES} has all of these for programs, {shown}/{INTERFACES} the contracts' interfaces.\n\n\
         {} sample documents and the settings for them are in {shown}. Try them in another terminal:\n\n",
        samples.len(),
    );
    for sample in samples {
        let key = sample.key.map(|key| format!(" --key {key}")).unwrap_or_default();
        let _ = writeln!(text, "  ebl verify --config {shown}/{SETTINGS}{key} {shown}/{}", sample.file);
        let _ = writeln!(text, "      # {}: {}", sample.verdict.headline(), sample.shows);
    }
    text.push_str("\nCtrl-C ends the chain.\n");
    text
}
