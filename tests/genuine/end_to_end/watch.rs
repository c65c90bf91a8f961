//! A watch over a whole life, looked at after every act, and after none: each is told once, whosever contracts they are. On a
//! real node the last act is taken back, too.

use std::path::Path;
use std::process::Command;

use ebl_verifier::testchain::contracts::TitleWrite;
use ebl_verifier::testchain::sandbox::Party::{Bank, Carrier, Shipper};
use libtest_mimic::Failed;
use serde_json::{Value, json};

use super::stage::{Format, Issued, NodeKind, Setting, Stage};

pub fn every_act_is_told_once(setting: Setting) -> Result<(), Failed> {
    let mut stage = Stage::set(setting)?;
    let bill = stage.bill("watched", stage.registry, Format::Oa2)?;
    stage.mint(&bill)?;
    let folder = tempfile::tempdir()?;
    let state = folder.path().join("state.json");
    must_tell(&stage, &bill, &state, 0, &["begun"])?;
    let (remark, bank) = (|| b"watched".to_vec(), Bank.address());
    let v5 = stage.is_v5();
    let hand_over = TitleWrite::TransferHolder { holder: bank, remark: remark() };
    for (by, write, name) in [
        (Shipper, hand_over.clone(), "TRANSFER_HOLDER"),
        (Shipper, TitleWrite::Nominate { nominee: bank, remark: remark() }, "NOMINATION"),
        (Bank, TitleWrite::TransferBeneficiary { beneficiary: bank, remark: remark() }, "TRANSFER_BENEFICIARY"),
        (Bank, TitleWrite::ReturnToIssuer { remark: remark() }, if v5 { "RETURNED_TO_ISSUER" } else { "SURRENDERED" }),
        (
            Carrier,
            TitleWrite::Restore { token: bill.token, remark: remark() },
            if v5 { "RETURN_TO_ISSUER_REJECTED" } else { "SURRENDER_REJECTED" },
        ),
    ] {
        stage.act(by, &bill, &write)?;
        must_tell(&stage, &bill, &state, 10, &[name])?;
        must_tell(&stage, &bill, &state, 0, &[])?;
    }
    // Three between two looks.
    let owners =
        TitleWrite::TransferOwners { beneficiary: Shipper.address(), holder: Shipper.address(), remark: remark() };
    stage.act(Bank, &bill, &owners)?;
    stage.act(Shipper, &bill, &hand_over)?;
    stage.act(Bank, &bill, &TitleWrite::TransferHolder { holder: Shipper.address(), remark: remark() })?;
    must_tell(&stage, &bill, &state, 10, &["TRANSFER_OWNERS", "TRANSFER_HOLDER", "TRANSFER_HOLDER"])?;
    if setting.node == NodeKind::Anvil {
        stage.act(Shipper, &bill, &hand_over)?;
        must_tell(&stage, &bill, &state, 10, &["TRANSFER_HOLDER"])?;
        stage.node.ask("anvil_reorg", json!([1, []]));
        stage.node.ask("evm_mine", json!([]));
        must_tell(&stage, &bill, &state, 10, &["replaced"])?;
        must_tell(&stage, &bill, &state, 0, &[])?;
    }
    stage.act(Shipper, &bill, &TitleWrite::ReturnToIssuer { remark: remark() })?;
    stage.act(Carrier, &bill, &TitleWrite::Accept { token: bill.token, remark: remark() })?;
    let last =
        if v5 { ["RETURNED_TO_ISSUER", "RETURN_TO_ISSUER_ACCEPTED"] } else { ["SURRENDERED", "SURRENDER_ACCEPTED"] };
    must_tell(&stage, &bill, &state, 10, &last)
}

/// One look: its exit code, and the operation of each event, or its kind where it is none.
fn must_tell(stage: &Stage, bill: &Issued, state: &Path, exit: i32, wanted: &[&str]) -> Result<(), Failed> {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ebl"));
    command.args(["watch", "--once", "--format", "jsonl", "--timeout", "30", "--state"]).arg(state);
    command.args(stage.arguments(&[&stage.rpc()], &[])).arg(&bill.file).env_clear().env("HOME", "/nonexistent");
    let output = command.output()?;
    let lines = String::from_utf8(output.stdout)?;
    let events: Vec<Value> = lines.lines().map(serde_json::from_str).collect::<Result<_, _>>()?;
    let told: Vec<&str> =
        events.iter().filter_map(|event| event["operation"].as_str().or(event["kind"].as_str())).collect();
    if told == wanted && output.status.code() == Some(exit) {
        return Ok(());
    }
    let errors = String::from_utf8_lossy(&output.stderr);
    Err(format!("wanted {wanted:?} and {exit}, told {told:?}, {:?}: {errors}", output.status).into())
}
