//! The arguments of `ebl challenge`.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

use super::{NamedTitleArgs, NetworkArgs, PageArgs, PageFormat, ReadingArgs, When};
use crate::challenge::TitleRole;

const NEW_USAGE: &str = "ebl challenge new [OPTIONS] --role <ROLE> <FILE|LINK>
       ebl challenge new [OPTIONS] --role <ROLE> --chain-id <N> --registry <ADDR> --token <ID>";

const NEW_EXIT_CODES: &str = "Exit codes: 0 the challenge was written, 1 the title contradicts itself or was never issued, 2 usage, \
3 who is recorded could not be found out, 4 the title is not live, 6 not a readable document, 70, 74, 130 and 143 as for ebl.";

const VERIFY_EXIT_CODES: &str = "Exit codes: 0 proven, 1 contradicted, 2 usage, 3 could not be found out, 6 not a challenge, or not a \
readable document, 70, 74, 130 and 143 as for ebl.";

#[derive(Debug, Subcommand)]
pub(in crate::cli) enum ChallengeCommand {
    /// Write a text for the recorded holder or beneficiary to sign; keep it, it is what a signature is verified against
    #[command(after_help = NEW_EXIT_CODES, override_usage = NEW_USAGE)]
    New(Box<NewArgs>),
    /// Verify a signed challenge: did the account sign it that the registry records now?
    #[command(after_help = VERIFY_EXIT_CODES)]
    Verify(Box<VerifyChallengeArgs>),
}

#[derive(Debug, Args)]
pub(in crate::cli) struct NewArgs {
    #[command(flatten)]
    pub title: NamedTitleArgs,
    /// Whom to challenge
    #[arg(long, value_enum)]
    pub role: RoleChoice,
    /// Who asks, and for what, in one line that the signer reads: "Bank X, case 17"
    #[arg(long = "for", value_name = "TEXT")]
    pub purpose: Option<String>,
    /// Who asks, by a domain of yours, in the first line that the signer reads
    #[arg(long, value_name = "DOMAIN")]
    pub domain: Option<String>,
    /// How long the challenge counts: seconds, or a number with s, m, h or d; 30 days at most
    #[arg(long, value_name = "DURATION", default_value = "15m")]
    pub expires: String,
    /// What to write; JSON is described by schemas/challenge.schema.json
    #[arg(long, value_enum, default_value_t = NewFormat::Text)]
    pub format: NewFormat,
    /// Write it to this file, byte for byte what is to be signed, instead of standard output
    #[arg(long, short, value_name = "FILE")]
    pub output: Option<PathBuf>,
    /// Largest document to read, in bytes
    #[arg(long, value_name = "BYTES", default_value_t = 64 * 1024 * 1024)]
    pub max_size: usize,
    /// When to use colour
    #[arg(long, value_enum, default_value_t = When::Auto)]
    pub color: When,
    #[command(flatten)]
    pub reading: ReadingArgs,
    #[command(flatten)]
    pub network: NetworkArgs,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct VerifyChallengeArgs {
    /// The text that was to be signed: the very file that you kept when you issued it; - is standard input
    #[arg(value_name = "CHALLENGE")]
    pub challenge: PathBuf,
    /// What came back: 0x and hexadecimal digits, or @FILE with them; @- is standard input
    #[arg(value_name = "SIGNATURE")]
    pub signature: String,
    #[command(flatten)]
    pub title: ExpectedTitleArgs,
    /// The challenge must be about this role
    #[arg(long, value_enum)]
    pub role: Option<RoleChoice>,
    /// It must be for exactly this
    #[arg(long = "for", value_name = "TEXT")]
    pub purpose: Option<String>,
    /// This domain must ask in it
    #[arg(long, value_name = "DOMAIN")]
    pub domain: Option<String>,
    /// This must be its nonce
    #[arg(long, value_name = "HEX")]
    pub nonce: Option<String>,
    /// Refuse a challenge that is noted in this file, and note there the one that is proven now; made if it is not there
    #[arg(long, value_name = "FILE")]
    pub used: Option<PathBuf>,
    /// How to report; JSON is described by schemas/challenge.schema.json
    #[arg(long, value_enum, default_value_t = PageFormat::Human)]
    pub format: PageFormat,
    #[command(flatten)]
    pub reading: ReadingArgs,
    #[command(flatten)]
    pub network: NetworkArgs,
    #[command(flatten)]
    pub page: PageArgs,
}

/// Which title a challenge must be about.
#[derive(Debug, Args)]
pub(in crate::cli) struct ExpectedTitleArgs {
    /// The challenge must be about the title of this document, or link to one
    #[arg(value_name = "FILE|LINK", conflicts_with_all = ["token", "registry"])]
    pub file: Option<PathBuf>,
    /// The chain: with --registry and --token, or for a document that names none
    #[arg(long, value_name = "N")]
    pub chain_id: Option<String>,
    /// The challenge must be about a title of this token registry, without a document
    #[arg(long, value_name = "ADDR", requires = "token", requires = "chain_id")]
    pub registry: Option<String>,
    /// And about this token: 0x and 64 hexadecimal digits
    #[arg(long, value_name = "ID", requires = "registry")]
    pub token: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(in crate::cli) enum RoleChoice {
    Holder,
    Beneficiary,
}

impl From<RoleChoice> for TitleRole {
    fn from(choice: RoleChoice) -> Self {
        match choice {
            RoleChoice::Holder => Self::Holder,
            RoleChoice::Beneficiary => Self::Beneficiary,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(in crate::cli) enum NewFormat {
    /// Exactly what is to be signed, and nothing else
    #[value(alias = "human")]
    Text,
    /// One object that holds the text, too
    Json,
    /// The same on one line
    Jsonl,
}
