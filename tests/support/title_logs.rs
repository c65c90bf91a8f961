//! What the contracts behind a live title wrote into the chain's logs, by hand: the title's history, and the roles of
//! its registry (chain.md §1.3, §1.4, §1.8).

use ebl_verifier::evidence::{
    AccountReading, BlockRange, HistoryReading, LogReading, LogsReading, PowersReading, RoleAdminReading,
    RoleHoldingReading,
};
use ebl_verifier::primitives::{Address, Digest32, TokenId, keccak256};
use ebl_verifier::title::Generation;

use super::signed_world::{BLOCK, NOW, block, word};
use super::situation::{CHAIN, HOLDER, flag, genuine_registry};

/// The registry's first block.
pub const GENESIS: u64 = 7;
/// The block in which the title was issued.
pub const ISSUED: u64 = 10;

const NOBODY: Address = Address::ZERO;

/// An event's name and the types of its indexed arguments, not closed, and those arguments.
pub type Told<'a> = (&'a str, &'a [Digest32]);

/// A title that was issued to its holder, without a remark, and never moved.
pub fn issued_title(generation: Generation, registry: Address, token: TokenId) -> HistoryReading {
    let escrow = genuine_registry(generation, registry, token).title.escrow;
    let mut reading = HistoryReading {
        chain_id: CHAIN,
        block: block(),
        escrow,
        logs: whole(),
        accounts: vec![AccountReading { address: HOLDER, ..AccountReading::default() }],
    };
    let to_holder = [account(NOBODY), account(HOLDER)];
    let minted = [account(HOLDER), account(HOLDER), argument(&[1])];
    let [beneficiary, holder, received]: [Told<'_>; 3] = [
        ("BeneficiaryTransfer(address,address", &to_holder),
        ("HolderTransfer(address,address", &to_holder),
        ("TokenReceived(address,address,bool", &minted),
    ];
    let nobody_nominated: Told<'_> = ("Nomination(address,address", &[Digest32([0; 32]); 2]);
    let title = [account(registry).0, token.0].concat();
    if generation == Generation::V5 {
        let set_up = LogReading {
            topics: vec![keccak256("Initialized(uint64)")],
            data: argument(&[1]).0.to_vec(),
            ..log(escrow, ISSUED, 0)
        };
        reading.logs.logs.push(set_up);
        let no_remark = [argument(&[96]).0, [0; 32]].concat();
        let data = [title, no_remark].concat();
        write(&mut reading, ISSUED, "address,uint256,bytes", &data, &[beneficiary, holder, received]);
    } else {
        write(&mut reading, ISSUED, "address,uint256", &title, &[beneficiary, nobody_nominated, holder, received]);
    }
    reading
}

/// The next block holds these events of a v5 title, all of one transaction and without a remark.
pub fn then(reading: &mut HistoryReading, events: &[Told<'_>]) {
    let last = reading.logs.logs.last().expect("an issued title").clone();
    write(reading, last.block + 1, "address,uint256,bytes", &last.data, events);
}

fn write(reading: &mut HistoryReading, block: u64, arguments: &str, data: &[u8], events: &[Told<'_>]) {
    let logs = &mut reading.logs.logs;
    let before = logs.iter().filter(|log| log.block == block).count();
    for (place, (event, indexed)) in events.iter().enumerate() {
        let topic = keccak256(format!("{event},{arguments})"));
        let topics = [&[topic], *indexed].concat();
        logs.push(LogReading { topics, data: data.to_vec(), ..log(reading.escrow, block, before + place) });
    }
}

/// One account that was given every role when the registry was set up; the registry says the same.
pub fn set_up_roles(registry: Address) -> PowersReading {
    let roles = [Digest32::default(), keccak256("MINTER_ROLE"), keccak256("ACCEPTER_ROLE"), keccak256("RESTORER_ROLE")];
    let granted = |(place, role)| LogReading {
        topics: vec![keccak256("RoleGranted(bytes32,address,address)"), role, account(HOLDER), account(HOLDER)],
        ..log(registry, GENESIS, place)
    };
    PowersReading {
        chain_id: CHAIN,
        block: block(),
        genesis: word(&[7]),
        genesis_time: Some(time(GENESIS)),
        logs: LogsReading { logs: roles.into_iter().enumerate().map(granted).collect(), ..whole() },
        admins: roles.map(|role| RoleAdminReading { role, admin: word(&[]) }).into(),
        holdings: roles.map(|role| RoleHoldingReading { role, account: HOLDER, has: flag(true) }).into(),
        accounts: vec![AccountReading { address: HOLDER, ..AccountReading::default() }],
    }
}

/// An indexed account.
pub fn account(account: Address) -> Digest32 {
    argument(&account.0)
}

fn argument(bytes: &[u8]) -> Digest32 {
    Digest32(word(bytes).data.try_into().expect("a word"))
}

/// No logs yet, in all blocks from the registry's first on.
fn whole() -> LogsReading {
    let wanted = BlockRange { first: GENESIS, last: BLOCK };
    LogsReading { wanted, covered: vec![wanted], missing: None, logs: Vec::new() }
}

/// Of the only transaction of its block.
fn log(address: Address, block: u64, place: usize) -> LogReading {
    LogReading {
        address,
        block,
        block_hash: keccak256(block.to_be_bytes()),
        timestamp: Some(time(block)),
        transaction: keccak256([b"transaction".as_slice(), &block.to_be_bytes()].concat()),
        log_index: place as u64,
        ..LogReading::default()
    }
}

fn time(block: u64) -> u64 {
    NOW - (BLOCK - block)
}
