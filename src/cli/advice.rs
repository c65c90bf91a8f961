//! How this command does what a code's remedy says: its flags, beside the words of the core, which knows none.

use crate::verify::codes::Code;

/// What the reader can do, in the words of this command.
pub(super) fn advice(code: &Code, remedy: &str) -> String {
    format!("{} `ebl explain {}`", with_flags(code, remedy), code.id)
}

/// A remedy with the flags that do what it says.
pub(super) fn with_flags(code: &Code, remedy: &str) -> String {
    match flags(code) {
        Some(flags) => format!("{} ({flags}).", remedy.trim_end_matches('.')),
        None => remedy.to_owned(),
    }
}

fn flags(code: &Code) -> Option<&'static str> {
    Some(match code.id {
        "read.too_large" => "--max-size BYTES",
        "read.key_missing" => "--key @FILE or --key env:NAME",
        "read.fetch_refused" => "--allow-private",
        "integrity.falsy_leaves_unauthenticated" => "`ebl verify --accept-unauthenticated-falsy`",
        "integrity.context_not_allowed" => "--context URL=FILE",
        "issuer.bare_key" => "--expect-issuer DID",
        "issuer.dns_unavailable" | "issuer.dnssec_required" => "--dns RESOLVER",
        "issuer.dns_denies_everything" => "--dns RESOLVER; `ebl doctor` tries them out",
        "chain.not_named" => "--chain-id N",
        "chain.contradicts_caller" => "without --chain-id the document's own counts",
        "chain.wrong_endpoint"
        | "chain.rpc_unavailable"
        | "chain.block_in_the_future"
        | "chain.endpoints_disagree"
        | "chain.proof_invalid"
        | "chain.proof_contradicts"
        | "chain.retired_network"
        | "registry.inconsistent_answers"
        | "history.partial"
        | "history.incomplete"
        | "powers.not_fully_known" => "--rpc CHAINID=URL",
        "chain.no_endpoint" => "--rpc CHAINID=URL, or the variable EBL_RPC_<CHAINID>",
        "chain.block_vanished" => "--block finalized",
        "chain.no_such_block" => "--block BLOCK",
        "chain.endpoint_behind" => "--rpc CHAINID=URL, --max-block-age",
        "chain.no_did_registry" => "--did-registry CHAIN:ADDRESS",
        "chain.proof_missing" => "--rpc CHAINID=URL, --block, --proof try",
        "chain.proof_not_possible" => "--proof try, --quorum N",
        "chain.proof_unvouched" => "--quorum 2, --trusted-block HASH",
        "registry.unrecognised_code" | "registry.upgradeable_proxy" => "--trust-registry CHAIN:ADDRESS",
        "challenge.expired" | "challenge.replayed" => "`ebl challenge new`, --expires",
        "challenge.party_changed" | "challenge.other_role" | "challenge.other_title" => "`ebl challenge new`",
        "challenge.change_pending" => "--block finalized",
        "policy.empty" => "`ebl policy template` prints one to start from",
        "check.not_asked" => "--all-checks",
        "check.offline" => "without --offline",
        "check.proxy" => "--proxy none",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use clap::CommandFactory as _;

    use super::*;
    use crate::cli::args::Cli;
    use crate::verify::codes;

    #[test]
    fn every_flag_that_is_advised_is_one_of_the_commands() {
        fn flags_of(command: &clap::Command) -> Vec<String> {
            let own = command.get_arguments().filter_map(clap::Arg::get_long).map(str::to_owned);
            own.chain(command.get_subcommands().flat_map(flags_of)).collect()
        }
        let known = flags_of(&Cli::command());
        let mut named = 0;
        for code in codes::all() {
            let words = flags(code).unwrap_or_default().split(|c: char| !c.is_ascii_alphanumeric() && c != '-');
            for flag in words.filter_map(|word| word.strip_prefix("--")) {
                named += 1;
                assert!(known.iter().any(|known| known == flag), "{}: --{flag}", code.id);
            }
        }
        assert!(named > 20);
    }

    /// Others have no flags: a service, a page, a caller of the library.
    #[test]
    fn the_core_names_neither_flags_nor_commands() {
        fn look(path: &Path, found: &mut Vec<String>) {
            if path.is_dir() {
                for entry in std::fs::read_dir(path).unwrap() {
                    look(&entry.unwrap().path(), found);
                }
                return;
            }
            let text = std::fs::read_to_string(path).unwrap();
            let code = text.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default();
            for line in code.lines().filter(|line| !line.trim_start().starts_with("//")) {
                let told = line.split('"').skip(1).step_by(2).any(|text| names_a_flag(text) || text.contains("`ebl "));
                if told {
                    found.push(format!("{}: {line}", path.display()));
                }
            }
        }
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
        let mut found = Vec::new();
        for entry in std::fs::read_dir(source).unwrap() {
            let path = entry.unwrap().path();
            let shell = ["cli", "main.rs", "sources", "testchain", "verifier", "verifier.rs"];
            if !shell.iter().any(|name| path.ends_with(name)) {
                look(&path, &mut found);
            }
        }
        assert_eq!(found, Vec::<String>::new());
    }

    fn names_a_flag(text: &str) -> bool {
        let starts = text.match_indices("--").map(|(at, _)| at);
        let mut after = starts.map(|at| (text[..at].chars().last(), text[at + 2..].chars().next()));
        after.any(|(before, next)| {
            !before.is_some_and(char::is_alphanumeric) && next.is_some_and(|next| next.is_ascii_lowercase())
        })
    }
}
