//! The `ebl` command.
#![forbid(unsafe_code)]

fn main() -> std::process::ExitCode {
    ebl_verifier::cli::main(std::env::args_os())
}
