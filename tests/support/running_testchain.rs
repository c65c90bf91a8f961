//! `ebl testchain`, started for a test.

use std::io::{BufRead as _, BufReader, Read as _};
use std::path::Path;
use std::process::{Child, Command, Stdio};

/// A running `ebl testchain`, ended when dropped.
pub struct Running(pub Child);

impl Running {
    pub fn start(folder: &Path) -> (Self, String) {
        Self::start_with(folder, &[])
    }

    pub fn start_with(folder: &Path, arguments: &[&str]) -> (Self, String) {
        let mut command = Command::new(env!("CARGO_BIN_EXE_ebl"));
        command
            .args(["testchain", "--port", "0", "--dns-port", "0", "--https-port", "0", "--dir"])
            .arg(folder)
            .args(arguments);
        command.env_clear().env("HOME", "/nonexistent").stdin(Stdio::null());
        let mut running = Self(command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap());
        let mut lines = BufReader::new(running.0.stdout.take().unwrap()).lines();
        let mut page = String::new();
        while let Some(Ok(line)) = lines.next() {
            page += &format!("{line}\n");
            if line.starts_with("Ctrl-C") {
                return (running, page);
            }
        }
        let mut errors = String::new();
        running.0.stderr.take().unwrap().read_to_string(&mut errors).unwrap();
        panic!("the chain did not start: {page}{errors}");
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
