//! The tables of what only a report on a title checks: its history, and the powers over its registry. Both are always
//! asked, so where one thing is changed, everything else in the report is honest.

use ebl_verifier::evidence::{BlockRange, Cause, LogsReading, PowersReading, Question, Unavailable};
use ebl_verifier::primitives::{Address, Digest32, keccak256};
use ebl_verifier::title::Generation;
use ebl_verifier::verify::CheckName::{History, Powers};
use ebl_verifier::verify::Outcome::{NotApplicable, Pass, Unknown};
use ebl_verifier::verify::TitleReport;
use ebl_verifier::verify::Verdict::{Indeterminate, Invalid, NotLive, Valid};

use crate::support::schema::follows;

use super::findings::{Case, chain_fails, private_build, returned, trust};
use super::signed_world::{BLOCK, ethr, word};
use super::situation::{HOLDER, HOST, STORE, Situation, bill, bill_v3, bill_with, flag, in_stores, reverted, signed};
use super::title_logs::{GENESIS, ISSUED, Told, account, then};
use super::wrapping::Format;

/// All tables.
pub fn all() -> impl Iterator<Item = &'static Case> {
    [HISTORIES, POWERS].into_iter().flatten()
}

const HISTORIES: &[Case] = &[
    ("history.complete", History, Pass, Valid, "the title was issued and never moved", bill),
    ("history.complete", History, Pass, Valid, "the same in OpenAttestation 3.0", bill_v3),
    ("history.complete", History, Pass, Valid, "the same in a v4 registry", || bill().generation(Generation::V4)),
    ("history.complete", History, Pass, Valid, "possession passed to the recorded holder", || moved(OTHER)),
    ("history.complete", History, Pass, NotLive, "it ends with the return that is recorded", || {
        returned().history(|reading| {
            then(reading, &[NOBODY_NOMINATED, ("ReturnToIssuer(address", &[account(HOLDER)])]);
        })
    }),
    ("history.complete", History, Pass, Valid, "unknown code, which the caller vouches for", || {
        private_build().policy(trust)
    }),
    ("history.partial", History, Unknown, Indeterminate, "the blocks of the issuance are not served", || {
        bill().history(|reading| {
            served_from(&mut reading.logs, ISSUED + 1);
            reading.logs.logs.clear();
        })
    }),
    ("history.partial", History, Unknown, Indeterminate, "they are, but blocks before them are not", || {
        bill().history(|reading| served_from(&mut reading.logs, ISSUED))
    }),
    ("history.partial", History, Unknown, Indeterminate, "the same in a v4 registry", || {
        bill().generation(Generation::V4).history(|reading| served_from(&mut reading.logs, ISSUED))
    }),
    ("history.partial", History, Unknown, Indeterminate, "the newest block is not served", || {
        bill().history(|reading| reading.logs.covered[0].last -= 1)
    }),
    ("history.incomplete", History, Unknown, Indeterminate, "a log of the issuance was left out", || {
        bill().history(|reading| drop(reading.logs.logs.remove(1)))
    }),
    ("history.incomplete", History, Unknown, Indeterminate, "all logs were left out", || {
        bill().history(|reading| reading.logs.logs.clear())
    }),
    ("history.incomplete", History, Unknown, Indeterminate, "two logs were swapped", || {
        bill().history(|reading| reading.logs.logs.swap(1, 2))
    }),
    ("history.incomplete", History, Unknown, Indeterminate, "another contract wrote a log", || {
        bill().history(|reading| reading.logs.logs[1].address = STORE)
    }),
    ("history.incomplete", History, Unknown, Indeterminate, "the logs are of another escrow", || {
        bill().history(|reading| reading.escrow = STORE)
    }),
    ("history.incomplete", History, Unknown, Indeterminate, "it ends with another holder than the recorded", || {
        moved(STORE)
    }),
    ("history.incomplete", History, Unknown, Indeterminate, "the return that is recorded is not in it", returned),
    ("history.incomplete", History, Unknown, Indeterminate, "the rules forbid an operation", || {
        // Nobody can nominate the beneficiary.
        bill().history(|reading| {
            then(reading, &[("Nomination(address,address", &[account(Address::ZERO), account(HOLDER)])]);
        })
    }),
    ("history.incomplete", History, Unknown, Indeterminate, "a partial one is issued twice", || {
        bill().history(|reading| {
            issued_again(&mut reading.logs);
            served_from(&mut reading.logs, ISSUED);
        })
    }),
    ("history.unproven", History, Unknown, Indeterminate, "unknown code wrote the logs", private_build),
    ("history.unproven", History, Unknown, Indeterminate, "the state could not be read", || {
        chain_fails(Cause::Timeout)
    }),
    ("history.unproven", History, Unknown, Indeterminate, "no network in the document", || {
        bill_with(|plain| drop(plain.as_object_mut().unwrap().remove("network")))
    }),
    ("history.not_applicable", History, NotApplicable, Invalid, "the title was never issued", || {
        bill()
            .registry(|reading| {
                reading.title.owner_of = reverted(&[[0x7e, 0x27, 0x32, 0x89].as_slice(), &[0; 32]].concat())
            })
            .history(|reading| reading.logs.logs.clear())
    }),
    ("history.not_applicable", History, NotApplicable, NotLive, "a document store issued it", || {
        in_stores(&[STORE], 1)
    }),
    ("history.not_applicable", History, NotApplicable, NotLive, "a key issued it", || signed(&ethr(Format::V2))),
    ("check.not_asked", History, NotApplicable, Invalid, "the document is not intact", || {
        bill().tampered(|document| drop(document["data"].as_object_mut().unwrap().remove("blNumber")))
    }),
    ("check.offline", History, Unknown, Indeterminate, "the state is known, and nobody was asked for logs", || {
        bill().unanswered(Cause::Offline, of_history)
    }),
    ("chain.rpc_unavailable", History, Unknown, Indeterminate, "the logs could not be read", || {
        bill().unanswered(Cause::Timeout, of_history)
    }),
    ("chain.blocks_differ", History, Unknown, Indeterminate, "state and logs are of two blocks", || {
        bill().history(|reading| reading.block.hash = Digest32([7; 32]))
    }),
];

const POWERS: &[Case] = &[
    ("powers.known", Powers, Pass, Valid, "logs and registry name the same accounts", bill),
    ("powers.known", Powers, Pass, Valid, "the same in a v4 registry", || bill().generation(Generation::V4)),
    ("powers.known", Powers, Pass, Valid, "unknown code, which the caller vouches for", || {
        private_build().policy(trust)
    }),
    ("powers.known", Powers, Pass, Valid, "a role was taken away again", || {
        bill().powers(|reading| {
            revoked(reading);
            reading.holdings[1].has = flag(false);
        })
    }),
    ("powers.not_fully_known", Powers, Unknown, Indeterminate, "older blocks are not served", || {
        bill().powers(|reading| served_from(&mut reading.logs, GENESIS + 1))
    }),
    ("powers.not_fully_known", Powers, Unknown, Indeterminate, "the admin's log was left out", || {
        bill().powers(|reading| drop(reading.logs.logs.remove(0)))
    }),
    ("powers.not_fully_known", Powers, Unknown, Indeterminate, "two logs were swapped", || {
        bill().powers(|reading| reading.logs.logs.swap(0, 1))
    }),
    ("powers.not_fully_known", Powers, Unknown, Indeterminate, "another contract wrote a log", || {
        bill().powers(|reading| reading.logs.logs[1].address = STORE)
    }),
    (
        "powers.not_fully_known",
        Powers,
        Unknown,
        Indeterminate,
        "the registry denies a role that the logs grant",
        || bill().powers(|reading| reading.holdings[1].has = flag(false)),
    ),
    ("powers.not_fully_known", Powers, Unknown, Indeterminate, "it affirms a role that the logs revoke", || {
        bill().powers(revoked)
    }),
    ("powers.not_fully_known", Powers, Unknown, Indeterminate, "it names another role as the administering", || {
        bill().powers(|reading| reading.admins[1].admin = word(&[9]))
    }),
    ("powers.unproven", Powers, Unknown, Indeterminate, "unknown code says so", private_build),
    ("check.offline", Powers, Unknown, Indeterminate, "the state is known, and nobody was asked for roles", || {
        bill().unanswered(Cause::Offline, of_powers)
    }),
    ("chain.rpc_unavailable", Powers, Unknown, Indeterminate, "the roles could not be read", || {
        bill().unanswered(Cause::Timeout, of_powers)
    }),
    ("chain.blocks_differ", Powers, Unknown, Indeterminate, "state and roles are of two blocks", || {
        bill().powers(|reading| reading.block.hash = Digest32([7; 32]))
    }),
];

/// The report is what `schemas/title.schema.json` describes.
pub fn matches_schema(report: &TitleReport) {
    follows("title", &serde_json::to_value(report).expect("JSON"));
}

const OTHER: Address = Address([0x41; 20]);

const NOBODY_NOMINATED: Told<'_> = ("Nomination(address,address", &[Digest32([0; 32]); 2]);

fn of_history(question: &Question) -> bool {
    matches!(question, Question::History(_))
}

fn of_powers(question: &Question) -> bool {
    matches!(question, Question::Powers(_))
}

/// The registry records that possession passed to another account; the logs say that it passed to `holder`.
fn moved(holder: Address) -> Situation {
    bill()
        .registry(|reading| {
            reading.title.holder = word(&OTHER.0);
            reading.title.prev_holder = word(&HOLDER.0);
        })
        .history(move |reading| {
            let parties = [account(HOLDER), account(holder)];
            then(reading, &[("HolderTransfer(address,address", &parties)]);
        })
}

/// No blocks before this one are served.
fn served_from(logs: &mut LogsReading, first: u64) {
    logs.covered = vec![BlockRange { first, last: BLOCK }];
    let detail = "no answer in time".to_owned();
    logs.missing = Some(Unavailable { cause: Cause::Timeout, host: Some(HOST.to_owned()), detail });
}

/// The logs of the issuance stand in the next block, too.
fn issued_again(logs: &mut LogsReading) {
    let again = logs.logs.iter().cloned().map(|mut log| {
        log.block += 1;
        log.block_hash = Digest32([8; 32]);
        log.transaction = Digest32([8; 32]);
        log
    });
    logs.logs.extend(again.collect::<Vec<_>>());
}

/// One more log takes the minter's role from its holder.
fn revoked(reading: &mut PowersReading) {
    let mut log = reading.logs.logs[1].clone();
    log.block += 1;
    log.topics[0] = keccak256("RoleRevoked(bytes32,address,address)");
    reading.logs.logs.push(log);
}
