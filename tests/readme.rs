//! What the README shows is what the binary prints.

use std::process::Command;

#[test]
fn every_session_in_the_readme_is_real() {
    let readme = include_str!("../README.md");
    let sessions: Vec<_> =
        readme.split("```console\n$ ebl ").skip(1).filter_map(|rest| rest.split("```").next()).collect();
    assert!(sessions.len() >= 2, "the README shows no session");
    for session in sessions {
        let (arguments, shown) = session.split_once('\n').unwrap();
        let output = Command::new(env!("CARGO_BIN_EXE_ebl"))
            .args(arguments.split(' '))
            .current_dir(env!("CARGO_MANIFEST_DIR"))
            .env_clear()
            .env("HOME", "/nonexistent")
            .output()
            .unwrap();
        assert_eq!(String::from_utf8(output.stdout).unwrap(), shown, "ebl {arguments}");
    }
}
