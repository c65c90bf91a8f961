//! The real binary through one story, on two nodes: the embedded chain, which always runs, and a real `anvil`. With the
//! npm packages of `tests/genuine` the registries are the genuine published v4 and v5 contracts too, and every step must
//! report the same on both nodes and, but for whose code it is, with both sets of contracts. Without the packages the
//! suite says what did not run.

use crate::support::anvil;
#[path = "end_to_end/command.rs"]
mod command;
#[path = "end_to_end/comparison.rs"]
mod comparison;
#[path = "end_to_end/control.rs"]
mod control;
#[path = "end_to_end/credential.rs"]
mod credential;
use crate::support::embedded;
#[path = "end_to_end/look_alikes.rs"]
mod look_alikes;
#[path = "end_to_end/network.rs"]
mod network;
use crate::support::node;
use crate::support::proxy;
#[path = "end_to_end/reorganisation.rs"]
mod reorganisation;
use crate::support::resolver;
use crate::support::rpc_server;
#[path = "end_to_end/stage.rs"]
mod stage;
#[path = "end_to_end/story.rs"]
mod story;
#[path = "end_to_end/strangers.rs"]
mod strangers;
#[path = "end_to_end/title.rs"]
mod title;
#[path = "end_to_end/watch.rs"]
mod watch;

use std::path::Path;
use std::process::Command;
use std::sync::Arc;

use anvil::{anvil_binary, node_modules};
use comparison::{Apart, same_reports};
use credential::life_of_a_credential;
use ebl_verifier::title::Generation;
use libtest_mimic::{Failed, Trial};

use crate::Suite;
use look_alikes::none_is_taken_for_a_registry;
use reorganisation::only_the_block_that_stays_counts;
use stage::Contracts::{self, Genuine, GenuineClone, Ours};
use stage::NodeKind::{self, Anvil, Embedded};
use stage::Setting;
use story::Stories;

pub fn suite() -> Suite {
    let modules = node_modules();
    let anvil = anvil_binary(&modules).exists();
    let published = ["@tradetrust-tt/token-registry", "tr4"].iter().all(|package| modules.join(package).exists());
    let compiles = modules.join("solc").exists() && Command::new("node").arg("--version").output().is_ok();
    let runs = move |(node, contracts)| (anvil || node != Anvil) && (published || contracts == Ours);
    let mut trials = Vec::new();
    for generation in [Generation::V5, Generation::V4] {
        trials.extend(tellings(generation, runs));
        trials.extend(refusals(generation, runs));
        trials.extend(credentials(generation, runs));
        trials.extend(watches(generation, runs));
    }
    let reorganised = Setting { node: Anvil, contracts: Ours, generation: Generation::V5 };
    trials.push(
        Trial::test("a_reorganisation_while_reading_on_anvil_is_read_again_once", move || {
            only_the_block_that_stays_counts(reorganised)
        })
        .with_ignored_flag(!runs((Anvil, Ours))),
    );
    let safe = modules.join(control::PACKAGE).exists();
    for node in [Anvil, Embedded] {
        let name = if node == Anvil { "anvil" } else { "the_embedded_chain" };
        let setting = Setting { node, contracts: Genuine, generation: Generation::V5 };
        trials.push(
            Trial::test(format!("a_safe_on_{name}_proves_control_before_and_after_it_is_deployed"), move || {
                control::a_safe_proves_control_before_and_after_it_is_deployed(setting)
            })
            .with_ignored_flag(!(safe && runs((node, Genuine)))),
        );
    }
    let lens = move || the_lens_is_rebuilt(&modules);
    trials.push(
        Trial::test("the_lens_in_the_repository_is_what_its_source_compiles_to", lens).with_ignored_flag(!compiles),
    );
    Suite::new(
        trials,
        &[
            (anvil, "the end-to-end story, W3C bills, the look-alikes and the reorganisation on anvil"),
            (published, "the end-to-end story, W3C bills and the look-alikes with the genuine contracts"),
            (safe, "proof of control by a genuine Safe"),
            (compiles, "the rebuilding of the lens"),
        ],
    )
}

/// The story everywhere, and the comparisons. Only the embedded chain with our contracts needs no package.
fn tellings(generation: Generation, runs: impl Fn(Told) -> bool) -> Vec<Trial> {
    let setting = move |(node, contracts)| Setting { node, contracts, generation };
    let stories = Arc::new(Stories::of(&EVERYWHERE.map(setting)));
    let mut trials = Vec::new();
    for told in EVERYWHERE {
        let (name, stories) = (setting_name(told, generation), Arc::clone(&stories));
        let trial = Trial::test(format!("the_command_tells_every_state_of_{name}"), move || {
            stories.told(setting(told)).map(drop)
        });
        trials.push(trial.with_ignored_flag(!runs(told)));
    }
    for (one, other, apart) in COMPARED {
        let names = [one, other].map(|told| setting_name(told, generation));
        let stories = Arc::clone(&stories);
        let trial = Trial::test(format!("{}_reports_like_{}", names[0], names[1]), move || {
            same_reports(stories.told(setting(one))?, stories.told(setting(other))?, apart)
        });
        trials.push(trial.with_ignored_flag(!(runs(one) && runs(other))));
    }
    trials
}

/// The look-alikes, beside a registry of each kind whose factory and code they make use of.
fn refusals(generation: Generation, runs: impl Fn(Told) -> bool) -> Vec<Trial> {
    let besides = EVERYWHERE.into_iter().filter(|(_, contracts)| *contracts != GenuineClone);
    let trial = |(node, contracts)| {
        let name = setting_name((node, contracts), generation);
        let setting = Setting { node, contracts, generation };
        Trial::test(format!("no_look_alike_is_valid_beside_{name}"), move || none_is_taken_for_a_registry(setting))
            .with_ignored_flag(!runs((node, contracts)))
    };
    besides.map(trial).collect()
}

/// A W3C credential's title, with every kind of contract on both nodes.
fn credentials(generation: Generation, runs: impl Fn(Told) -> bool) -> Vec<Trial> {
    let trial = |(node, contracts)| {
        let name = setting_name((node, contracts), generation);
        let setting = Setting { node, contracts, generation };
        Trial::test(format!("a_w3c_bill_lives_and_ends_in_{name}"), move || life_of_a_credential(setting))
            .with_ignored_flag(!runs((node, contracts)))
    };
    EVERYWHERE.into_iter().map(trial).collect()
}

/// A watch over a whole life, with every kind of contract on both nodes.
fn watches(generation: Generation, runs: impl Fn(Told) -> bool) -> Vec<Trial> {
    let trial = |(node, contracts)| {
        let name = setting_name((node, contracts), generation);
        let setting = Setting { node, contracts, generation };
        Trial::test(format!("a_watch_tells_every_act_once_in_{name}"), move || watch::every_act_is_told_once(setting))
            .with_ignored_flag(!runs((node, contracts)))
    };
    EVERYWHERE.into_iter().map(trial).collect()
}

type Told = (NodeKind, Contracts);

const EVERYWHERE: [Told; 6] = [
    (Embedded, Ours),
    (Embedded, Genuine),
    (Embedded, GenuineClone),
    (Anvil, Ours),
    (Anvil, Genuine),
    (Anvil, GenuineClone),
];

const COMPARED: [(Told, Told, Apart); 5] = [
    ((Embedded, Ours), (Anvil, Ours), Apart::Nothing),
    ((Embedded, Genuine), (Anvil, Genuine), Apart::Nothing),
    ((Embedded, GenuineClone), (Anvil, GenuineClone), Apart::Nothing),
    ((Anvil, Ours), (Anvil, Genuine), Apart::RegistryCode),
    ((Embedded, Ours), (Anvil, Genuine), Apart::RegistryCode),
];

fn setting_name((node, contracts): Told, generation: Generation) -> String {
    let contracts = match contracts {
        Genuine => "a_genuine",
        GenuineClone => "a_genuine_cloned",
        Ours => "our",
    };
    let node = match node {
        Anvil => "anvil",
        Embedded => "the_embedded_chain",
    };
    format!("{contracts}_{generation}_registry_on_{node}")
}

fn the_lens_is_rebuilt(modules: &Path) -> Result<(), Failed> {
    let lens = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/sources/chain/lens");
    let folder = tempfile::tempdir()?;
    let packages = modules.parent().ok_or("a folder")?;
    let output = Command::new("node").arg(lens.join("build.mjs")).arg(packages).arg(folder.path()).output()?;
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).into_owned().into());
    }
    for (file, source) in [
        ("creation.hex", "Lens.sol"),
        ("creation_of_many.hex", "Lenses.sol"),
        ("creation_of_control.hex", "Control.sol"),
    ] {
        if std::fs::read(lens.join(file))? != std::fs::read(folder.path().join(file))? {
            return Err(
                format!("{file} is not what {source} compiles to: run node src/sources/chain/lens/build.mjs").into()
            );
        }
    }
    Ok(())
}
