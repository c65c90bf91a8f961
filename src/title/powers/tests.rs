use super::*;
use crate::evidence::{
    AccountReading, BlockRange, CallReading, LogsReading, PowersReading, RoleAdminReading, RoleHoldingReading,
};

const REGISTRY: Address = Address([0x11; 20]);
const A: Address = Address([0xa; 20]);
const B: Address = Address([0xb; 20]);

/// Grants (`true`) and revocations in order, as logs; the registry's own answers agree with them.
fn reading(changes: &[(Role, Address, bool)]) -> PowersReading {
    let range = BlockRange { first: 5, last: 100 };
    let mut ledger = BTreeMap::new();
    let logs = changes.iter().enumerate().map(|(index, &(role, account, granted))| {
        ledger.insert((role.id(), account), granted);
        let topic = role_event_topics()[usize::from(!granted)];
        LogReading {
            address: REGISTRY,
            block: 10 + index as u64,
            topics: vec![topic, role.id(), word(account), word(A)],
            ..LogReading::default()
        }
    });
    let logs = LogsReading { wanted: range, covered: vec![range], missing: None, logs: logs.collect() };
    let known = KNOWN_ROLES.iter().map(|role| role.id());
    PowersReading {
        logs,
        genesis: answer(5),
        admins: known.map(|role| RoleAdminReading { role, admin: answer(0) }).collect(),
        holdings: ledger
            .iter()
            .map(|(&(role, account), &has)| RoleHoldingReading { role, account, has: answer(has.into()) })
            .collect(),
        accounts: [A, B].map(|address| AccountReading { address, ..AccountReading::default() }).into(),
        ..PowersReading::default()
    }
}

fn answer(last: u8) -> CallReading {
    CallReading { success: true, data: [[0; 31].as_slice(), &[last]].concat() }
}

fn word(account: Address) -> Digest32 {
    Digest32([[0; 12].as_slice(), &account.0].concat().try_into().unwrap())
}

fn set_up() -> Vec<(Role, Address, bool)> {
    KNOWN_ROLES.map(|role| (role, A, true)).into()
}

fn sentences(reading: &PowersReading) -> Vec<String> {
    judge(reading, REGISTRY).sentences(|account| if account == A { "A".into() } else { "B".into() })
}

#[test]
fn who_holds_the_roles_now_is_said_in_plain_sentences() {
    let changes = [set_up(), vec![(Role::Minter, B, true), (Role::Accepter, B, true), (Role::Accepter, A, false)]];
    let mut changes = changes.concat();
    changes.push((Role::Restorer, A, false));
    assert_eq!(
        sentences(&reading(&changes)),
        [
            "A alone can pause the registry and grant these rights",
            "A and B can issue titles",
            "B alone can accept returned titles",
            "nobody can give returned titles back",
        ]
    );
}

#[test]
fn nobody_is_alone_while_the_logs_are_not_whole() {
    let mut reading = reading(&set_up());
    reading.logs.covered = vec![BlockRange { first: 9, last: 100 }];
    let powers = judge(&reading, REGISTRY);
    assert_eq!(powers.gap, Some(PowersGap::NotCovered(None)));
    let sentences = sentences(&reading);
    assert_eq!(sentences[1], "A can issue titles, perhaps not alone");
    assert!(sentences.last().unwrap().starts_with("not fully known: "), "{sentences:?}");
}

#[test]
fn a_registry_that_answers_differently_than_its_logs_is_not_fully_known() {
    let gap = |twist: fn(&mut PowersReading)| {
        let mut reading = reading(&[set_up(), vec![(Role::Minter, B, true), (Role::Minter, B, false)]].concat());
        twist(&mut reading);
        judge(&reading, REGISTRY).gap
    };
    assert_eq!(gap(|_| {}), None);
    type Case = (fn(&mut PowersReading), fn(&PowersGap) -> bool);
    let cases: [Case; 9] = [
        (|reading| reading.holdings.retain(|holding| holding.account != A), |gap| *gap == PowersGap::Differs),
        (
            |reading| reading.holdings.iter_mut().for_each(|holding| holding.has = answer(1)),
            |gap| *gap == PowersGap::Differs,
        ),
        (|reading| reading.holdings[0].has = answer(2), |gap| *gap == PowersGap::Differs),
        (|reading| reading.admins[1].admin = answer(9), |gap| *gap == PowersGap::Differs),
        (|reading| drop(reading.logs.logs.pop()), |gap| *gap == PowersGap::Differs),
        (|reading| drop(reading.logs.logs.remove(0)), |gap| *gap == PowersGap::NeverSetUp),
        (|reading| reading.logs.logs.swap(0, 1), |gap| matches!(gap, PowersGap::NotAnEvent { .. })),
        (|reading| reading.logs.logs[0].address = A, |gap| matches!(gap, PowersGap::NotAnEvent { .. })),
        (|reading| reading.logs.logs[0].topics.truncate(3), |gap| matches!(gap, PowersGap::NotAnEvent { .. })),
    ];
    for (index, (twist, wanted)) in cases.into_iter().enumerate() {
        let gap = gap(twist);
        assert!(gap.as_ref().is_some_and(wanted), "case {index}: {gap:?}");
    }
}

#[test]
fn a_role_that_another_one_administers_is_told_with_its_administrators() {
    let other = Role::Other(Digest32([7; 32]));
    let mut reading = reading(&[set_up(), vec![(other, B, true)]].concat());
    let changed = LogReading {
        address: REGISTRY,
        block: 50,
        topics: vec![role_event_topics()[2], Role::Minter.id(), Digest32::default(), other.id()],
        ..LogReading::default()
    };
    reading.logs.logs.push(changed);
    reading.admins[1].admin = CallReading { success: true, data: other.id().0.to_vec() };
    reading.admins.push(RoleAdminReading { role: other.id(), admin: answer(0) });
    let powers = judge(&reading, REGISTRY);
    assert_eq!((powers.gap, powers.roles[1].administered_by), (None, other));
    assert_eq!(powers.roles.last().map(|role| role.role), Some(other));
    let sentences = sentences(&reading);
    let by = other.id();
    assert!(sentences.contains(&format!("B alone can act in role {by}")), "{sentences:#?}");
    assert!(
        sentences.contains(&format!("who may issue titles is decided by the holders of role {by}")),
        "{sentences:#?}"
    );
}

#[test]
fn role_ids_and_topics_are_the_published_ones() {
    assert!(Role::Minter.id().to_hex64().starts_with("9f2df0fe") && Role::Minter.id().to_hex64().ends_with("56a6"));
    assert!(Role::Accepter.id().to_hex64().starts_with("e5fe4715") && Role::Accepter.id().to_hex64().ends_with("a7eb"));
    assert!(Role::Restorer.id().to_hex64().starts_with("4aca127b") && Role::Restorer.id().to_hex64().ends_with("faad"));
    let [granted, revoked, _] = role_event_topics();
    assert!(granted.to_hex64().starts_with("2f878811") && granted.to_hex64().ends_with("6f0d"));
    assert!(revoked.to_hex64().starts_with("f6391f5c") && revoked.to_hex64().ends_with("171b"));
}

#[test]
fn a_holder_that_is_a_contract_is_called_one() {
    let mut reading = reading(&set_up());
    let clone = crate::contracts::clone::clone_code(B.0);
    for (code, said) in [
        (vec![0x60; 45], "A (a contract) alone can issue titles"),
        (clone, "A (a clone of the contract B) alone can issue titles"),
        ([&[0xef, 0x01, 0x00], B.0.as_slice()].concat(), "A (runs the code of B) alone can issue titles"),
        (Vec::new(), "A alone can issue titles"),
    ] {
        reading.accounts = vec![AccountReading { address: A, code_size: code.len() as u64, code_start: code.clone() }];
        let sentences = sentences(&reading);
        assert!(sentences.iter().any(|sentence| sentence == said), "{said}: {sentences:?}");
    }
}
