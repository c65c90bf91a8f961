use super::*;
use crate::evidence::{ContractReading, InterfaceReading, TitleReading};

const REGISTRY: Address = Address([0x11; 20]);
const FACTORY: Address = Address([0x22; 20]);
const IMPLEMENTATION: Address = Address([0x33; 20]);
const HOLDER: Address = Address([0x44; 20]);
const TOKEN: TokenId = TokenId([0x55; 32]);

fn word(address: Address) -> CallReading {
    let mut data = vec![0; 12];
    data.extend(address.0);
    CallReading { success: true, data }
}

fn boolean(value: bool) -> CallReading {
    let mut data = vec![0; 31];
    data.push(value.into());
    CallReading { success: true, data }
}

/// A private build of v5 with a live title: everything is right but the code is not in the table.
fn live() -> RegistryReading {
    let escrow = crate::contracts::clone::escrow_address(FACTORY, REGISTRY, TOKEN, IMPLEMENTATION);
    RegistryReading {
        contract: ContractReading {
            code: vec![0x60, 0x80],
            interfaces: REGISTRY_INTERFACES
                .iter()
                .map(|id| InterfaceReading { id: id.to_vec(), answer: boolean(*id == [0xb8, 0x95, 0x09, 0x77]) })
                .collect(),
            factory: word(FACTORY),
            escrow_implementation: word(IMPLEMENTATION),
            paused: boolean(false),
            ..ContractReading::default()
        },
        title: TitleReading {
            owner_of: word(escrow),
            escrow,
            escrow_code: crate::contracts::clone::clone_code(IMPLEMENTATION.0),
            escrow_code_size: 45,
            escrow_registry: word(REGISTRY),
            escrow_token_id: CallReading { success: true, data: TOKEN.0.to_vec() },
            beneficiary: word(HOLDER),
            holder: word(HOLDER),
            nominee: word(Address::ZERO),
            active: boolean(true),
            is_holding_token: boolean(true),
            prev_beneficiary: word(Address::ZERO),
            prev_holder: word(Address::ZERO),
            ..TitleReading::default()
        },
        ..RegistryReading::default()
    }
}

/// The same registry with something else to say of the title.
fn saying(title: TitleReading) -> RegistryReading {
    RegistryReading { title, ..live() }
}

fn judged(reading: &RegistryReading, trusted: bool) -> RegistryFinding {
    judge(reading, REGISTRY, TOKEN, trusted)
}

#[test]
fn unknown_code_stays_unrecognised_until_the_caller_vouches_for_it() {
    let reading = live();
    assert!(matches!(
        judged(&reading, false).authenticity,
        Authenticity::Unrecognised { claims: Some(Generation::V5), proxy: None, .. }
    ));
    let finding = judged(&reading, true);
    assert!(matches!(finding.authenticity, Authenticity::TrustedByCaller { generation: Generation::V5, .. }));
    assert!(matches!(finding.title, TitleFinding::Known(TitleState::Live(parties)) if parties.holder == HOLDER));
}

#[test]
fn returned_and_ended_are_told_apart_from_live() {
    let returned = saying(TitleReading { owner_of: word(REGISTRY), is_holding_token: boolean(false), ..live().title });
    assert!(matches!(judged(&returned, true).title, TitleFinding::Known(TitleState::Returned(_))));
    let ended = saying(TitleReading {
        owner_of: word(Address::DEAD),
        beneficiary: word(Address::ZERO),
        holder: word(Address::ZERO),
        active: boolean(false),
        is_holding_token: boolean(false),
        ..live().title
    });
    assert_eq!(judged(&ended, true).title, TitleFinding::Known(TitleState::Ended));
}

#[test]
fn only_the_two_known_reverts_mean_not_minted() {
    let with_revert =
        |data: Vec<u8>| saying(TitleReading { owner_of: CallReading { success: false, data }, ..live().title });
    let encoded = "08c379a0\
        0000000000000000000000000000000000000000000000000000000000000020\
        0000000000000000000000000000000000000000000000000000000000000029\
        4552433732313a206f776e657220717565727920666f72206e6f6e6578697374\
        656e7420746f6b656e0000000000000000000000000000000000000000000000";
    let openzeppelin = crate::primitives::decode_hex(encoded).unwrap();
    assert_eq!(judged(&with_revert(openzeppelin.clone()), true).title, TitleFinding::NotMinted);
    assert!(matches!(judged(&with_revert(openzeppelin[..99].to_vec()), true).title, TitleFinding::Refused(_)));
    assert!(matches!(judged(&with_revert(Vec::new()), true).title, TitleFinding::Refused(_)));
}

#[test]
fn no_code_is_not_an_unminted_token() {
    let reading = RegistryReading { contract: ContractReading { code: Vec::new(), ..live().contract }, ..live() };
    let finding = judged(&reading, true);
    assert_eq!((finding.authenticity, finding.title), (Authenticity::NoCode, TitleFinding::Unreadable));
}

#[test]
fn answers_that_do_not_fit_together_are_contradictions_even_for_a_trusted_registry() {
    let mut dirty = word(HOLDER);
    dirty.data[3] = 1;
    let short = CallReading { success: true, data: vec![0; 31] };
    let long = CallReading { success: true, data: vec![0; 64] };
    let two = CallReading { success: true, data: [vec![0; 31], vec![2]].concat() };
    let cases: Vec<(&str, RegistryReading)> = vec![
        ("owner zero", saying(TitleReading { owner_of: word(Address::ZERO), ..live().title })),
        ("owner foreign", saying(TitleReading { owner_of: word(HOLDER), ..live().title })),
        ("owner dirty", saying(TitleReading { owner_of: dirty.clone(), ..live().title })),
        ("owner short", saying(TitleReading { owner_of: short, ..live().title })),
        ("owner long", saying(TitleReading { owner_of: long, ..live().title })),
        ("escrow elsewhere", saying(TitleReading { escrow: HOLDER, ..live().title })),
        ("escrow code", saying(TitleReading { escrow_code: vec![1; 45], ..live().title })),
        ("escrow registry", saying(TitleReading { escrow_registry: word(FACTORY), ..live().title })),
        ("escrow token", saying(TitleReading { escrow_token_id: word(HOLDER), ..live().title })),
        ("no holder", saying(TitleReading { holder: word(Address::ZERO), ..live().title })),
        ("dirty holder", saying(TitleReading { holder: dirty, ..live().title })),
        ("inactive", saying(TitleReading { active: boolean(false), ..live().title })),
        ("flag of two", saying(TitleReading { active: two, ..live().title })),
        ("not holding", saying(TitleReading { is_holding_token: boolean(false), ..live().title })),
        ("ended with parties", saying(TitleReading { owner_of: word(Address::DEAD), ..live().title })),
        (
            "yes to everything",
            RegistryReading {
                contract: ContractReading {
                    interfaces: REGISTRY_INTERFACES
                        .iter()
                        .map(|id| InterfaceReading { id: id.to_vec(), answer: boolean(true) })
                        .collect(),
                    ..live().contract
                },
                ..live()
            },
        ),
    ];
    for (name, reading) in cases {
        let finding = judged(&reading, true);
        assert!(matches!(finding.authenticity, Authenticity::ContradictsItself(_)), "{name}: {finding:?}");
        assert!(matches!(finding.title, TitleFinding::Contradiction(_)), "{name}: {finding:?}");
    }
}

#[test]
fn an_upgradeable_proxy_is_named() {
    let mut reading = live();
    reading.contract.proxy_slots.implementation = IMPLEMENTATION;
    reading.contract.proxy_slots.admin = HOLDER;
    let proxy = Some(Proxy { implementation: IMPLEMENTATION, admin: Some(HOLDER) });
    assert!(
        matches!(judged(&reading, false).authenticity, Authenticity::Unrecognised { proxy: found, .. } if found == proxy)
    );
}
