//! The embedded chain as JavaScript programs use it: the scripts of the README, as they stand there, and the listeners of
//! ethers.js and viem over HTTP and WebSocket. Needs node and the npm packages of `tests/genuine`; without them the suite
//! says that it did not run.

use crate::support::anvil;
use crate::support::running_testchain;

#[cfg(unix)]
pub use std::os::unix::fs::symlink as link_folder;
#[cfg(windows)]
pub use std::os::windows::fs::symlink_dir as link_folder;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anvil::node_modules;
use libtest_mimic::{Failed, Trial};

use crate::Suite;
use running_testchain::Running;

pub fn suite() -> Suite {
    let modules = node_modules();
    let there = |package: &str| modules.join(package).join("package.json").exists();
    // Those of the packages' own dependencies, older ones perhaps, would not do.
    let ready =
        there("ethers") && there("viem") && there("ws") && Command::new("node").arg("--version").output().is_ok();
    let trials = [
        ("the_ethers_script_of_the_readme_mints_transfers_and_is_verified", readme_script("ethers.mjs")),
        ("the_script_of_the_readme_that_proves_control_is_believed", readme_script("prove.mjs")),
        ("the_viem_script_of_the_readme_mints_transfers_and_is_verified", readme_script("viem.mjs")),
        ("listeners_of_ethers_and_viem_fire_over_http_and_websocket", Some(LISTENERS)),
        ("signatures_and_typed_data_are_those_of_the_libraries", Some(SIGNATURES)),
    ];
    let trials = trials.map(|(name, script)| {
        let last = match name {
            _ if name.contains("control") => "PROVEN  challenge.txt\n",
            _ if name.contains("readme") => "VALID  ebl-testchain/not-issued.json\n",
            _ => "all done\n",
        };
        Trial::test(name, move || run(script.ok_or("the README does not show this script")?, last))
            .with_ignored_flag(!ready)
    });
    Suite::new(trials, &[(ready, "the scripts of the README and the listeners need node and npm packages.")])
}

const LISTENERS: &str = include_str!("javascript/listeners.mjs");
const SIGNATURES: &str = include_str!("javascript/signatures.mjs");

/// The block of the README whose first line is the script's name as a comment.
fn readme_script(name: &str) -> Option<&'static str> {
    let blocks = include_str!("../../README.md").split("```js\n").skip(1);
    blocks.filter_map(|rest| rest.split("```").next()).find(|block| block.starts_with(&format!("// {name}\n")))
}

/// Runs a script where a reader would: beside the folder of a running `ebl testchain`, with `ebl` on the path. Twice, since it leaves everything as it was.
fn run(script: &str, wanted: &str) -> Result<(), Failed> {
    let folder = tempfile::tempdir()?;
    let (_chain, _) = Running::start(&folder.path().join("ebl-testchain"));
    link_folder(node_modules(), folder.path().join("node_modules"))?;
    std::fs::write(folder.path().join("script.mjs"), script)?;
    let ebl = Path::new(env!("CARGO_BIN_EXE_ebl")).parent().ok_or("a folder")?;
    let path = std::env::var_os("PATH").unwrap_or_default();
    let path = std::env::join_paths([PathBuf::from(ebl)].into_iter().chain(std::env::split_paths(&path)))?;
    for round in ["first", "second"] {
        let output = Command::new("node")
            .arg("script.mjs")
            .current_dir(folder.path())
            .env("PATH", &path)
            .env("HOME", folder.path())
            .stdin(Stdio::null())
            .output()?;
        let printed = String::from_utf8_lossy(&output.stdout);
        if !output.status.success() || !printed.contains(wanted) {
            let errors = String::from_utf8_lossy(&output.stderr);
            return Err(format!("{round} run: {}\n{printed}\n{errors}", output.status).into());
        }
    }
    Ok(())
}
