//! The program that is run for each change. It is started as it is, without arguments and without a shell, so nothing from
//! the chain is ever read as a command: the event is on its standard input, and what scripts need most in variables.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use anyhow::{Result, bail};
#[cfg(unix)]
use rustix::process::{Pid, Signal, kill_process_group};
use tokio::time::{Instant, sleep};

use crate::cli::{output, secrecy};
use crate::primitives::Address;
use crate::watch::{Side, WatchEvent};

/// A program that is there.
pub(super) struct Program(PathBuf);

impl Program {
    /// As a shell finds it: a path, or a name in one of the folders of PATH.
    pub(super) fn find(program: &Path) -> Result<Self> {
        let is_there = |path: &Path| path.is_file();
        let is_name = program.components().count() == 1 && !program.as_os_str().is_empty();
        if is_name && let Some(folders) = std::env::var_os("PATH") {
            let found = std::env::split_paths(&folders).map(|folder| folder.join(program)).find(|path| is_there(path));
            if let Some(found) = found {
                return Ok(Self(found));
            }
        }
        if is_there(program) && !is_name {
            return Ok(Self(program.to_owned()));
        }
        let name = secrecy::path(program);
        bail!(
            "--exec {name}: there is no such program. It takes one program without arguments; what needs some goes into a \
             script, named by its path"
        )
    }

    /// Runs it for one event; an error is a sentence about what went wrong.
    pub(super) async fn run(&self, event: &WatchEvent, object: &str) -> Result<(), String> {
        let name = secrecy::path(&self.0);
        let mut command = Command::new(&self.0);
        command.envs(variables(event)).stdin(Stdio::piped());
        // Standard output holds the events alone.
        command.stdout(output::stderr().map_or_else(Stdio::null, Stdio::from));
        ended(command, &name, object).await
    }
}

/// Runs it to its end, with the event on its standard input.
async fn ended(mut command: Command, name: &str, object: &str) -> Result<(), String> {
    // With a group of its own it can be ended with all that it started.
    #[cfg(unix)]
    std::os::unix::process::CommandExt::process_group(&mut command, 0);
    let child = command.spawn().map_err(|error| format!("{name} cannot be started: {error}"))?;
    let mut running = Running(child);
    if let Some(mut stdin) = running.0.stdin.take() {
        let line = format!("{object}\n");
        // A program may not want to read it, and a stranger's remark may be longer than what a pipe holds: nobody is
        // waited for.
        let write = move || drop(stdin.write_all(line.as_bytes()));
        let writer = std::thread::Builder::new().name("event".into()).spawn(write);
        writer.map_err(|error| format!("{name} cannot be given the event: {error}"))?;
    }
    let began = Instant::now();
    loop {
        match running.0.try_wait() {
            Ok(Some(status)) if status.success() => return Ok(()),
            Ok(Some(status)) => return Err(format!("{name} failed: {status}")),
            Ok(None) if began.elapsed() > LONGEST => {
                return Err(format!("{name} was ended: it took longer than {} seconds", LONGEST.as_secs()));
            }
            Ok(None) => sleep(GLANCE).await,
            Err(error) => return Err(format!("{name}: {error}")),
        }
    }
}

/// A program that is ended with whoever waits for it.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        if let Ok(None) = self.0.try_wait() {
            #[cfg(unix)]
            let _ = kill_process_group(Pid::from_child(&self.0), Signal::KILL);
            let _ = self.0.kill();
            let _ = self.0.wait();
        }
    }
}

/// What scripts need most. Values are numbers, hashes, addresses and words of our own, never anybody's text.
fn variables(event: &WatchEvent) -> Vec<(&'static str, String)> {
    let name = |value: serde_json::Result<serde_json::Value>| {
        value.ok().and_then(|value| value.as_str().map(str::to_owned)).unwrap_or_default()
    };
    let Side { state, holder, beneficiary, .. } = event.to;
    let account = |account: Option<Address>| account.map(|account| account.to_string()).unwrap_or_default();
    vec![
        ("EBL_EVENT_ID", event.id.clone()),
        ("EBL_EVENT_KIND", name(serde_json::to_value(event.kind))),
        ("EBL_EVENT_CHAIN_ID", event.title.chain.to_string()),
        ("EBL_EVENT_REGISTRY", event.title.registry.to_string()),
        ("EBL_EVENT_TOKEN_ID", event.title.token.to_string()),
        ("EBL_EVENT_OPERATION", event.operation.unwrap_or_default().to_owned()),
        ("EBL_EVENT_STATE", name(serde_json::to_value(state))),
        ("EBL_EVENT_HOLDER", account(holder)),
        ("EBL_EVENT_BENEFICIARY", account(beneficiary)),
        ("EBL_EVENT_BLOCK", event.block.to_string()),
        ("EBL_EVENT_FINALITY", name(serde_json::to_value(event.finality))),
        ("EBL_EVENT_TX", event.tx.map(|tx| tx.to_string()).unwrap_or_default()),
    ]
}

/// How long a program may take for one event.
const LONGEST: Duration = Duration::from_secs(60);
/// How often it is looked whether it is done.
const GLANCE: Duration = Duration::from_millis(10);

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_program_need_not_read_a_long_event_and_may_read_all_of_it() {
        let run = |script: &str| {
            let mut command = Command::new("sh");
            command.args(["-c", script]).stdin(Stdio::piped()).stdout(Stdio::null());
            command
        };
        let object = "x".repeat(1 << 20);
        assert_eq!(ended(run("true"), "true", &object).await, Ok(()));
        let all = format!("test $(wc -c) -eq {}", object.len() + 1);
        assert_eq!(ended(run(&all), "wc", &object).await, Ok(()));
        assert_eq!(ended(run("exit 7"), "it", &object).await, Err("it failed: exit status: 7".to_owned()));
    }
}
