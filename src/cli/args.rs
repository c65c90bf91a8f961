//! The command line, exactly as typed. What it means together with the environment and a file: `cli::config`.

mod challenge;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

use super::shard::Shard;
use super::watch::args as watch;
use crate::report::json::Layout;
use crate::verify::ProofMode;

pub(super) use challenge::{ChallengeCommand, NewArgs, NewFormat, VerifyChallengeArgs};

/// Verifies electronic Bills of Lading: content, issuer, registry, title.
#[derive(Debug, Parser)]
#[command(name = "ebl", version, max_term_width = 100, after_help = EXIT_CODES)]
pub(super) struct Cli {
    #[command(subcommand)]
    pub command: Command,
}

const EXIT_CODES: &str = "Exit codes: 0 valid, 1 invalid, 2 usage, 3 indeterminate (could not be found out), 4 authentic but \
the title is not live, 5 policy not met, 6 not a readable document, 10 something changed (watch --once) or differs (diff), 70 a bug in ebl, 74 the result could not be written, \
130 ended by Ctrl-C (`ebl testchain`, which is there to be ended: 0), 143 ended by SIGTERM. Several files: the worst, in the order 70, 1, 6, 3, 5, 4, 74, 0.";

/// Headings of the many flags of `ebl verify`.
const SEVERAL: &str = "Several documents";
const KEEPING: &str = "Evidence";

const TITLE_USAGE: &str = "ebl title [OPTIONS] <FILE|LINK>
       ebl title [OPTIONS] --chain-id <N> --registry <ADDR> --token <ID>";

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Verify documents: digest, issuer, registry, title
    #[command(after_help = EXIT_CODES)]
    Verify(Box<VerifyArgs>),
    /// Put together what several runs, or several parts of one, came to
    #[command(after_help = EXIT_CODES)]
    Summary(SummaryArgs),
    /// Judge evidence again that `ebl verify --save-evidence` kept, without asking anybody
    #[command(after_help = EXIT_CODES)]
    Replay(Box<ReplayArgs>),
    /// Show a title: parties, state, history and, with --powers, who can do what in its registry
    #[command(after_help = EXIT_CODES, override_usage = TITLE_USAGE)]
    Title(Box<TitleArgs>),
    /// Show what a document says, as far as its digest or signature covers it; checks nothing else
    #[command(after_help = EXIT_CODES)]
    Show(Box<ShowArgs>),
    /// Compare what two documents say, field by field; exit code 0: the same, 10: what they show differs, 3: what they hide, or nothing covers, could not be compared; others: nothing could be
    #[command(after_help = EXIT_CODES)]
    Diff(Box<DiffArgs>),
    /// Watch titles: tell what changes as it becomes final, and what is pending
    #[command(after_help = watch::EXIT_CODES, override_usage = watch::USAGE)]
    Watch(Box<watch::WatchArgs>),
    /// Let the recorded holder or beneficiary of a title show control of that account by a signature
    #[command(subcommand)]
    Challenge(ChallengeCommand),
    /// Look into a document without asking anybody; never says valid
    Inspect(InspectArgs),
    /// Explain a policy file, or print one to start from
    #[command(subcommand)]
    Policy(PolicyCommand),
    /// Try out the endpoints and resolvers in force, and show which settings are and where they came from
    Doctor(Box<DoctorArgs>),
    /// Explain a finding code
    Explain {
        /// A code such as integrity.digest_mismatch; without one, all codes are listed
        code: Option<String>,
    },
    /// See the whole story on an embedded chain: issue, transfer, return, tamper, outage, and each verdict
    #[cfg(feature = "testchain")]
    Demo,
    /// Keep a local chain running, with sample documents and ready settings in a folder
    #[cfg(feature = "testchain")]
    Testchain(TestchainArgs),
    /// Print shell completions
    Completions {
        /// Which shell
        shell: clap_complete::Shell,
    },
    /// Print a manual page (roff), of the program or of one of its commands: `ebl man verify`
    Man {
        /// A command, such as `verify` or `policy check`
        command: Vec<String>,
    },
}

#[derive(Debug, Args)]
pub(super) struct VerifyArgs {
    /// Files to verify, or links to them (https://…?q=…); - is standard input
    #[arg(required_unless_present = "files_from", value_name = "FILE|LINK")]
    pub files: Vec<PathBuf>,
    /// Verify, too, what this file lists, one file or link a line; - is standard input
    #[arg(help_heading = SEVERAL, long, value_name = "FILE")]
    pub files_from: Option<PathBuf>,
    /// How many documents to judge at a time, 1 to 256; what they share, a domain or a status list, is asked for once a minute.
    /// Default: 256, and one for each core with --offline
    #[arg(help_heading = SEVERAL, long, short, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=256))]
    pub jobs: Option<u16>,
    /// Stop after the first document that is not valid: one that is not live or indeterminate, too
    #[arg(help_heading = SEVERAL, long)]
    pub fail_fast: bool,
    /// Write how many documents came to what to this file, as JSON: schemas/summary.schema.json
    #[arg(help_heading = SEVERAL, long, value_name = "FILE")]
    pub summary: Option<PathBuf>,
    /// Note in this file what was judged, and go on from there when started again: a document that is noted, with the same
    /// name and bytes, is counted and not judged again, unless it was indeterminate. --output is then added to
    #[arg(help_heading = SEVERAL, long, value_name = "FILE")]
    pub resume: Option<PathBuf>,
    /// Judge part K of N of the documents alone, by their content: for several machines with the same files
    #[arg(help_heading = SEVERAL, long, value_name = "K/N")]
    pub shard: Option<Shard>,
    /// Take folders too, with every .json, .jsonld, .oa, .opencert and .tt file below them, in any case; JSON is then one
    /// line a file
    #[arg(help_heading = SEVERAL, long, short)]
    pub recursive: bool,
    /// How to report
    #[arg(long, value_enum, default_value_t = Format::Human)]
    pub format: Format,
    /// Judge as of this time (RFC 3339), not now: validity periods, ages, and on a chain the last block at or before it unless
    /// --block names one. What others say of it is asked now
    #[arg(long, value_name = "TIME")]
    pub at: Option<String>,
    /// The chain, for a document that names none
    #[arg(long, value_name = "N")]
    pub chain_id: Option<String>,
    /// Accept this registry though its code is not in the known list (repeatable)
    #[arg(long, value_name = "CHAIN:ADDR")]
    pub trust_registry: Vec<String>,
    /// Accept an OpenAttestation 3.0 document without the falsy values that its digest does not protect
    #[arg(long)]
    pub accept_unauthenticated_falsy: bool,
    /// Key of sealed files: 64 hexadecimal digits, @FILE or env:NAME. Other users of the machine can see arguments
    #[arg(long, value_name = "HEX|@FILE|env:NAME")]
    pub key: Option<String>,
    /// Names for addresses: a TOML or JSON file of "0x…" = "name"
    #[arg(long, value_name = "FILE")]
    pub names: Option<PathBuf>,
    /// The meaning of a W3C credential's words under a context that is not known here: a JSON-LD file that you have from its
    /// publisher (repeatable)
    #[arg(long, value_name = "URL=FILE")]
    pub context: Vec<String>,
    /// What a W3C presentation must answer: the challenge that you gave its holder
    #[arg(long, value_name = "TEXT")]
    pub challenge: Option<String>,
    /// Whom a W3C presentation must be made for: your own domain, as you gave it to its holder
    #[arg(long, value_name = "TEXT")]
    pub domain: Option<String>,
    /// Go on asking after a failed integrity check
    #[arg(long)]
    pub all_checks: bool,
    /// Keep what was judged from in this file, so that `ebl replay` can judge it again without asking anybody; of one document
    #[arg(help_heading = KEEPING, long, value_name = "FILE", conflicts_with_all = ["evidence_dir", "recursive", "files_from", "resume", "shard"])]
    pub save_evidence: Option<PathBuf>,
    /// The same of every document, a file each in this folder, named by the document's SHA-256; one that is there is replaced
    #[arg(help_heading = KEEPING, long, value_name = "DIR")]
    pub evidence_dir: Option<PathBuf>,
    /// Keep the document itself with its evidence
    #[arg(help_heading = KEEPING, long)]
    pub with_document: bool,
    /// Repeat in JSON what the document says, as far as its digest or signature covers it
    #[arg(long)]
    pub content: bool,
    #[command(flatten)]
    pub rules: RuleArgs,
    #[command(flatten)]
    pub network: NetworkArgs,
    #[command(flatten)]
    pub page: PageArgs,
}

/// What a document must meet besides being genuine.
#[derive(Debug, Args)]
#[command(next_help_heading = "Rules")]
pub(super) struct RuleArgs {
    /// What the document must meet besides (TOML; see `ebl policy template`). All rules hold together: those of this file,
    /// of EBL_POLICY, of the settings' policy and of the flags below
    #[arg(long, value_name = "FILE")]
    pub policy: Option<PathBuf>,
    /// The issuer must be this one: a domain, *.DOMAIN or .DOMAIN for any below it, or a DID, which trusts that key (repeatable: one
    /// of them)
    #[arg(long, value_name = "DOMAIN|DID")]
    pub expect_issuer: Vec<String>,
    /// The registry must record this holder (repeatable: one of them)
    #[arg(long, value_name = "ADDR")]
    pub expect_holder: Vec<String>,
    /// The registry must record this beneficiary (repeatable: one of them)
    #[arg(long, value_name = "ADDR")]
    pub expect_beneficiary: Vec<String>,
    /// The token registry must be this one (repeatable: one of them)
    #[arg(long, value_name = "CHAIN:ADDR")]
    pub expect_registry: Vec<String>,
    /// Title states that count, instead of live alone: live, returned, ended (repeatable, or with commas between)
    #[arg(long, value_name = "STATE", value_delimiter = ',')]
    pub accept_state: Vec<String>,
    /// How many fields may be hidden at most: a validity period or a further issuer may be among them
    #[arg(long, value_name = "N")]
    pub max_hidden: Option<u32>,
}

#[derive(Debug, Args)]
pub(super) struct ReplayArgs {
    /// The evidence; - is standard input
    pub evidence: PathBuf,
    /// The document that it is of; not needed where the evidence holds it (--with-document)
    pub document: Option<PathBuf>,
    /// How to report
    #[arg(long, value_enum, default_value_t = Format::Human)]
    pub format: Format,
    /// Key of a sealed file: 64 hexadecimal digits, @FILE or env:NAME. Other users of the machine can see arguments
    #[arg(long, value_name = "HEX|@FILE|env:NAME")]
    pub key: Option<String>,
    /// Settings file (TOML), for whom and what it trusts
    #[arg(long, value_name = "FILE", env = "EBL_CONFIG", hide_env_values = true)]
    pub config: Option<PathBuf>,
    /// Your own names for addresses, as JSON or TOML; without it those of the evidence are shown as such
    #[arg(long, value_name = "FILE")]
    pub names: Option<PathBuf>,
    /// Trust this block: what is proven within it is proven
    #[arg(long, value_name = "HASH")]
    pub trusted_block: Option<String>,
    /// The chain was to be read at this block, as the evidence was judged: a number or a hash
    #[arg(long, value_name = "BLOCK")]
    pub block: Option<String>,
    /// Judge as of this time (RFC 3339), as the evidence was judged
    #[arg(long, value_name = "TIME")]
    pub at: Option<String>,
    /// The chain of a document that names none, as the evidence was judged
    #[arg(long, value_name = "N")]
    pub chain_id: Option<String>,
    /// What a W3C presentation must answer: the challenge that you gave its holder
    #[arg(long, value_name = "TEXT")]
    pub challenge: Option<String>,
    /// Whom a W3C presentation must be made for: your own domain, as you gave it to its holder
    #[arg(long, value_name = "TEXT")]
    pub domain: Option<String>,
    /// Accept an OpenAttestation 3.0 document without the falsy values that its digest does not protect, as the evidence was judged
    #[arg(long)]
    pub accept_unauthenticated_falsy: bool,
    /// Accept a block as old as the evidence was judged with: seconds, or a number with s, m, h or d; off for no bound
    #[arg(long, value_name = "DURATION|off")]
    pub max_block_age: Option<String>,
    /// Trust this registry, as the evidence was judged (repeatable)
    #[arg(long, value_name = "CHAIN:ADDR")]
    pub trust_registry: Vec<String>,
    /// Trust this DID registry, as the evidence was judged (repeatable)
    #[arg(long, value_name = "CHAIN:ADDR")]
    pub did_registry: Vec<String>,
    /// Trust these DNSSEC keys, as the evidence was judged: a file of DNSKEY or DS records
    #[arg(long, value_name = "FILE")]
    pub dns_anchor: Option<PathBuf>,
    /// Trust this file for the meaning of a context's words, as the evidence was judged (repeatable)
    #[arg(long, value_name = "URL=FILE")]
    pub context: Vec<String>,
    #[command(flatten)]
    pub rules: RuleArgs,
    #[command(flatten)]
    pub page: PageArgs,
}

#[derive(Debug, Args)]
pub(super) struct ShowArgs {
    /// The document, or a link to one; - is standard input
    #[arg(value_name = "FILE|LINK")]
    pub file: PathBuf,
    /// Write the files in the document to this folder, under names made safe, never in the place of another file
    #[arg(long, value_name = "DIR")]
    pub save_attachments: Option<PathBuf>,
    /// How to report; JSON is described by schemas/content.schema.json
    #[arg(long, value_enum, default_value_t = PageFormat::Human)]
    pub format: PageFormat,
    #[command(flatten)]
    pub reading: ContentArgs,
}

/// How a document is read for what it says.
#[derive(Debug, Args)]
pub(super) struct ContentArgs {
    /// Key of a sealed file: 64 hexadecimal digits, @FILE or env:NAME. Other users of the machine can see arguments
    #[arg(long, value_name = "HEX|@FILE|env:NAME")]
    pub key: Option<String>,
    /// The meaning of a W3C credential's words under a context that is not known here: a JSON-LD file that you have from its
    /// publisher (repeatable)
    #[arg(long, value_name = "URL=FILE")]
    pub context: Vec<String>,
    #[command(flatten)]
    pub web: WebArgs,
    #[command(flatten)]
    pub page: PageArgs,
}

#[derive(Debug, Args)]
pub(super) struct DiffArgs {
    /// The one document, or a link to it; - is standard input
    #[arg(value_name = "FILE|LINK")]
    pub first: PathBuf,
    /// The other
    #[arg(value_name = "FILE|LINK")]
    pub second: PathBuf,
    /// How to report; JSON is described by schemas/difference.schema.json
    #[arg(long, value_enum, default_value_t = PageFormat::Human)]
    pub format: PageFormat,
    #[command(flatten)]
    pub reading: ContentArgs,
}

#[derive(Debug, Args)]
pub(super) struct SummaryArgs {
    /// What `ebl verify` wrote with --summary, or its reports (--format jsonl), which say more: what documents of different
    /// files show about each other, and which of them were judged again
    #[arg(required = true, value_name = "FILE")]
    pub files: Vec<PathBuf>,
    /// How to report; JSON is described by schemas/summary.schema.json
    #[arg(long, value_enum, default_value_t = PageFormat::Human)]
    pub format: PageFormat,
    /// Write it to this file instead of standard output
    #[arg(long, short, value_name = "FILE")]
    pub output: Option<PathBuf>,
}

/// What every command that shows a file takes.
#[derive(Debug, Args)]
#[command(next_help_heading = "Output")]
pub(super) struct PageArgs {
    /// Write what was found to this file instead of standard output
    #[arg(long, short, value_name = "FILE")]
    pub output: Option<PathBuf>,
    /// Largest file to read, in bytes
    #[arg(long, value_name = "BYTES", default_value_t = 64 * 1024 * 1024)]
    pub max_size: usize,
    /// Only the exit code
    #[arg(long, short, conflicts_with = "output")]
    pub quiet: bool,
    /// All there is: full addresses and transactions, who answered, everything that was not checked, size and SHA-256
    #[arg(long, short)]
    pub verbose: bool,
    /// When to use colour
    #[arg(long, value_enum, default_value_t = When::Auto)]
    pub color: When,
}

#[derive(Debug, Subcommand)]
pub(super) enum PolicyCommand {
    /// Say in words what a policy file asks for; exit code 2 if it is not right
    Check {
        /// The policy file (TOML)
        file: PathBuf,
    },
    /// Print a policy file with every key explained, all commented out
    Template,
}

/// Which title.
#[derive(Debug, Args)]
pub(super) struct NamedTitleArgs {
    /// The document whose title it is, or a link to one; - is standard input
    #[arg(value_name = "FILE|LINK", required_unless_present_any = ["token", "registry"], conflicts_with_all = ["token", "registry"])]
    pub file: Option<PathBuf>,
    /// The chain: with --registry and --token, or for a document that names none
    #[arg(long, value_name = "N")]
    pub chain_id: Option<String>,
    /// The token registry, without a document
    #[arg(long, value_name = "ADDR", requires = "token", requires = "chain_id")]
    pub registry: Option<String>,
    /// The token id: 0x and 64 hexadecimal digits, as the document's target hash
    #[arg(long, value_name = "ID", requires = "registry")]
    pub token: Option<String>,
}

/// How a title is read.
#[derive(Debug, Args)]
pub(super) struct ReadingArgs {
    /// Accept this registry though its code is not in the known list (repeatable)
    #[arg(long, value_name = "CHAIN:ADDR")]
    pub trust_registry: Vec<String>,
    /// Key of a sealed file: 64 hexadecimal digits, @FILE or env:NAME. Other users of the machine can see arguments
    #[arg(long, value_name = "HEX|@FILE|env:NAME")]
    pub key: Option<String>,
    /// Names for addresses: a TOML or JSON file of "0x…" = "name"
    #[arg(long, value_name = "FILE")]
    pub names: Option<PathBuf>,
    /// The meaning of a W3C credential's words under a context that is not known here: a JSON-LD file that you have from its
    /// publisher (repeatable)
    #[arg(long, value_name = "URL=FILE")]
    pub context: Vec<String>,
}

#[derive(Debug, Args)]
pub(super) struct TitleArgs {
    #[command(flatten)]
    pub title: NamedTitleArgs,
    /// How to report
    #[arg(long, value_enum, default_value_t = TitleFormat::Human)]
    pub format: TitleFormat,
    /// Show, too, who can issue, accept and restore titles of this registry, and whether the document's domain names it
    #[arg(long)]
    pub powers: bool,
    #[command(flatten)]
    pub reading: ReadingArgs,
    #[command(flatten)]
    pub network: NetworkArgs,
    #[command(flatten)]
    pub page: PageArgs,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum TitleFormat {
    /// For reading
    Human,
    /// One object: schemas/title.schema.json
    Json,
    /// The same on one line
    Jsonl,
    /// The history as a table
    Csv,
    /// One page to keep, which fetches nothing
    Html,
    /// The same as PDF/A, for a file or another program: not for a terminal
    Pdf,
}

#[derive(Debug, Default, Args)]
#[command(next_help_heading = "Chain and DNS")]
pub(super) struct NetworkArgs {
    /// JSON-RPC endpoint (repeatable; tried in order); also EBL_RPC_CHAINID in the environment
    #[arg(long, value_name = "[CHAINID=]URL")]
    pub rpc: Vec<String>,
    /// Do not use the embedded table of public endpoints
    #[arg(long)]
    pub no_default_rpc: bool,
    /// How many endpoints, at different addresses or ports, must agree about the chain (1 to 16; default 1)
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u8).range(1..=16))]
    pub quorum: Option<u8>,
    /// DID registry (ERC-1056) of a chain, for did:ethr; without it the one the field agrees on (repeatable)
    #[arg(long, value_name = "CHAIN:ADDR")]
    pub did_registry: Vec<String>,
    /// Whether the title is to be proven against the block's state root (eth_getProof); default: off
    #[arg(long, value_enum, value_name = "MODE")]
    pub proof: Option<ProofChoice>,
    /// A block that you know to be one of the chain: it is read, and what is proven within it counts as proven
    #[arg(long, value_name = "HASH")]
    pub trusted_block: Option<String>,
    /// latest, safe, finalized, a number or a hash; default: finalized where the chain has it
    #[arg(long, value_name = "BLOCK")]
    pub block: Option<String>,
    /// How old the block may be: seconds, or a number with s, m, h or d; off for no bound. Default: by a table of networks, 24
    /// hours for an unknown one and no bound for a local chain
    #[arg(long, value_name = "DURATION|off")]
    pub max_block_age: Option<String>,
    /// Resolver: system, IP[:PORT] or https://HOST/dns-query (repeatable; several must agree)
    #[arg(long, value_name = "RESOLVER")]
    pub dns: Vec<String>,
    /// Whether an issuer's record must be validated with DNSSEC
    #[arg(long, value_enum)]
    pub dnssec: Option<DnssecMode>,
    /// DNSSEC keys to trust beside the root's: a file of DNSKEY or DS records
    #[arg(long, value_name = "FILE")]
    pub dns_anchor: Option<PathBuf>,
    #[command(flatten)]
    pub web: WebArgs,
}

/// How whatever is asked for over the network is reached.
#[derive(Debug, Default, Clone, Args)]
#[command(next_help_heading = "Network")]
pub(super) struct WebArgs {
    /// Ask nobody: opens no socket
    #[arg(long)]
    pub offline: bool,
    /// Longest time for one request, in seconds
    #[arg(long, value_name = "SECONDS")]
    pub timeout: Option<u64>,
    /// Additional root certificates (PEM) for every https connection
    #[arg(long, value_name = "FILE")]
    pub ca_file: Option<PathBuf>,
    /// Whose root certificates are trusted for https; default: bundled, or system where SSL_CERT_FILE is set
    #[arg(long, value_enum, value_name = "ROOTS")]
    pub tls_roots: Option<RootsChoice>,
    /// Proxy (http://HOST:PORT) for endpoints, resolvers over HTTPS and documents' hosts, but for those of NO_PROXY; none
    /// for no proxy; default: HTTPS_PROXY and ALL_PROXY
    #[arg(long, value_name = "URL")]
    pub proxy: Option<String>,
    /// Connect to ADDR:PORT whenever HOST:PORT is meant (repeatable)
    #[arg(long, value_name = "HOST:PORT=ADDR:PORT")]
    pub resolve: Vec<String>,
    /// Let documents and links name private and loopback hosts and IP addresses
    #[arg(long)]
    pub allow_private: bool,
    /// Settings file (TOML); flags and all variables EBL_… go before it
    #[arg(long, value_name = "FILE", env = "EBL_CONFIG", hide_env_values = true)]
    pub config: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(super) struct InspectArgs {
    /// File to look into, or a link to one, which is not followed; - is standard input
    #[arg(value_name = "FILE|LINK")]
    pub file: PathBuf,
    /// Key of a sealed file: 64 hexadecimal digits, @FILE or env:NAME
    #[arg(long, value_name = "HEX|@FILE|env:NAME")]
    pub key: Option<String>,
    /// The meaning of a W3C credential's words under a context that is not known here: a JSON-LD file that you have from its
    /// publisher (repeatable)
    #[arg(long, value_name = "URL=FILE")]
    pub context: Vec<String>,
    /// How to report; JSON is described by schemas/inspection.schema.json
    #[arg(long, value_enum, default_value_t = PageFormat::Human)]
    pub format: PageFormat,
    #[command(flatten)]
    pub page: PageArgs,
}

#[derive(Debug, Args)]
pub(super) struct DoctorArgs {
    /// Try out this chain too, with the embedded endpoints if no others are set (repeatable)
    #[arg(long, value_name = "N")]
    pub chain_id: Vec<String>,
    /// Show this policy file, too, and whether it is right
    #[arg(long, value_name = "FILE")]
    pub policy: Option<PathBuf>,
    /// How to report; JSON is described by schemas/doctor.schema.json
    #[arg(long, value_enum, default_value_t = PageFormat::Human)]
    pub format: PageFormat,
    #[command(flatten)]
    pub network: NetworkArgs,
}

#[cfg(feature = "testchain")]
#[derive(Debug, Args)]
pub(super) struct TestchainArgs {
    /// Folder for the sample documents and ebl.toml; made if it is not there
    #[arg(long, value_name = "DIR", default_value = "ebl-testchain")]
    pub dir: PathBuf,
    /// Port of the chain's JSON-RPC server on loopback; 0 takes any free one
    #[arg(long, value_name = "PORT", default_value_t = 8545)]
    pub port: u16,
    /// Port of the resolver on loopback; 0 takes any free one
    #[arg(long, value_name = "PORT", default_value_t = 15353)]
    pub dns_port: u16,
    /// Port of the web server on loopback, which publishes keys and a status list; 0 takes any free one
    #[arg(long, value_name = "PORT", default_value_t = 8546)]
    pub https_port: u16,
    /// Let this page in a browser use the chain, by its origin, such as http://localhost:3000 (repeatable). No other page
    /// may: everybody knows the accounts' keys, but a page should not act in your place
    #[arg(long, value_name = "ORIGIN")]
    pub cors: Vec<crate::testchain::rpc::Origin>,
}

/// Of a report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Format {
    /// For reading
    Human,
    /// One object a document: schemas/report.schema.json
    Json,
    /// The same, one line a document
    Jsonl,
    /// The verdict as JavaScript libraries of this field show theirs: schemas/fragments.schema.json
    Fragments,
    /// One page to keep, of one document, with the title's history; it fetches nothing
    Html,
    /// The same as PDF/A, for a file or another program: not for a terminal
    Pdf,
}

impl Format {
    /// Whether it is a report to keep, of one document.
    pub(super) fn is_kept(self) -> bool {
        match self {
            Self::Html | Self::Pdf => true,
            Self::Human | Self::Json | Self::Jsonl | Self::Fragments => false,
        }
    }
}

/// Of everything that is no report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum PageFormat {
    /// For reading
    Human,
    /// One object
    Json,
    /// The same on one line
    Jsonl,
}

impl PageFormat {
    /// Of its JSON; `None` for reading.
    pub(super) fn layout(self) -> Option<Layout> {
        match self {
            Self::Human => None,
            Self::Json => Some(Layout::Indented),
            Self::Jsonl => Some(Layout::OneLine),
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum When {
    Auto,
    Always,
    Never,
}

impl When {
    /// Where what is written goes to a terminal, or not.
    pub(super) fn is_wanted(self, terminal: bool) -> bool {
        match self {
            Self::Always => true,
            Self::Never => false,
            Self::Auto => terminal && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty()),
        }
    }
}

/// Root certificates
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum RootsChoice {
    /// Those that this program carries with it
    Bundled,
    /// The system's, or those of SSL_CERT_FILE and SSL_CERT_DIR
    System,
}

/// State proofs
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ProofChoice {
    /// None is asked for
    Off,
    /// Asked for; where there is none, the report says why
    Try,
    /// Without one nothing is known of the title
    Require,
}

impl From<ProofChoice> for ProofMode {
    fn from(choice: ProofChoice) -> Self {
        match choice {
            ProofChoice::Off => Self::Off,
            ProofChoice::Try => Self::Try,
            ProofChoice::Require => Self::Require,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum DnssecMode {
    Report,
    Require,
}
