//! Accounts that are contracts, hostile ones among them, and nodes that lie about them (checks.md §11.3, chain.md §5.7).
#![cfg(feature = "testchain")]

use crate::support::challenge_world::{World, check, created_by, creation, key_of, signed_by};
use crate::support::challenged::{YES, hex, signature};
use crate::support::node::code;
use crate::support::proxy::proxy;

use ebl_verifier::challenge::Challenge;
use ebl_verifier::primitives::{Address, encode_hex};
use ebl_verifier::testchain::sandbox::Party;
use serde_json::{Value, json};

/// Answers this word, whatever it is asked.
fn says(word: &[u8]) -> Vec<u8> {
    code(&format!("7f {} 5f 52 60 20 5f f3", encode_hex(word)))
}

#[test]
fn a_contract_is_asked_and_only_one_answer_means_yes() {
    let world = World::new();
    let mut dirty = YES;
    dirty[31] = 1;
    let one = [&[0; 31][..], &[1]].concat();
    let revert_with_yes = code(&format!("7f {} 5f 52 60 20 5f fd", encode_hex(&YES)));
    let contracts: [(&str, Vec<u8>, i32, &str); 12] = [
        ("yes", says(&YES), 0, "challenge.signed"),
        ("yes with something behind it", says(&dirty), 1, "challenge.not_accepted"),
        ("yes as a boolean", says(&one), 1, "challenge.not_accepted"),
        ("yes by a revert", revert_with_yes, 1, "challenge.not_accepted"),
        (
            "yes and a word more",
            code(&format!("7f {} 5f 52 60 40 5f f3", encode_hex(&YES))),
            1,
            "challenge.not_accepted",
        ),
        ("nothing", code("00"), 1, "challenge.not_accepted"),
        ("one byte", code("60 01 5f f3"), 1, "challenge.not_accepted"),
        ("a megabyte", code("62 100000 5f f3"), 1, "challenge.not_accepted"),
        ("a revert", code("5f 5f fd"), 1, "challenge.not_accepted"),
        ("a megabyte by a revert", code("62 100000 5f fd"), 1, "challenge.not_accepted"),
        ("it goes on and on", code("5b 5f 56"), 3, "challenge.no_answer"),
        ("it breaks off", code("fe"), 3, "challenge.no_answer"),
    ];
    for (number, (what, runtime, exit, code)) in (1..).zip(contracts) {
        let account = world.deploy(&runtime);
        let challenge = world.challenged_token(world.mint(number, account));
        assert_eq!(challenge.subject.account, account, "{what}");
        for signature in [signed_by(Party::Bank, &challenge), "0x".to_owned(), hex(&[7; 64])] {
            let report = world.expect(&signature, &[], exit, code);
            assert_eq!(report["account"]["kind"], "contract", "{what}");
            assert_eq!(check(&report, "party")["outcome"], "pass", "{what}");
            assert_eq!(report["as_of"]["requests"], 2, "{what}");
            assert_eq!(report["signature"]["signer"], Value::Null, "{what}");
        }
    }
}

/// It makes a contract of the code that it is called with (CREATE2 without a salt).
const FACTORY: &str = "36 5f 5f 37 5f 36 5f 5f f5 00";

#[test]
fn an_account_that_is_not_deployed_yet_is_asked_as_it_would_be() {
    let world = World::new();
    let factory = world.deploy(&code(FACTORY));
    let mut number = 0;
    let mut challenged = |runtime: &[u8]| {
        number += 1;
        let account = created_by(factory, &creation(runtime));
        (account, world.challenged_token(world.mint(number, account)))
    };
    let (account, challenge) = challenged(&says(&YES));
    let plain = signature(&key_of(Party::Bank), &challenge);
    let deployment = creation(&says(&YES));
    let wrapped = wrap(factory, &deployment, &plain);
    let report = world.expect(&hex(&wrapped), &[], 0, "challenge.signed");
    assert_eq!(
        (&report["signature"]["kind"], &report["account"]["kind"]),
        (&json!("contract_to_be"), &json!("ordinary"))
    );
    assert_eq!(world.code_size(account), 0, "it was only tried");
    // Without what deploys it, it is an ordinary account, and another one signed.
    world.expect(&hex(&plain), &[], 1, "challenge.other_signer");
    // What deploys something else, nothing, or anything by nobody.
    world.expect(&hex(&wrap(factory, &creation(&code("00")), &plain)), &[], 1, "challenge.not_deployed");
    world.expect(&hex(&wrap(Address([9; 20]), &deployment, &plain)), &[], 1, "challenge.not_deployed");
    world.expect(&hex(&wrap(Address::ZERO, &deployment, &plain)), &[], 1, "challenge.not_deployed");
    let endless = world.deploy(&code("5b 5f 56"));
    world.expect(&hex(&wrap(endless, &deployment, &plain)), &[], 3, "challenge.no_answer");
    world.expect(&hex(&wrap(factory, &deployment, &wrapped)), &[], 1, "challenge.signature_form");
    world.expect(&hex(&wrapped[1..]), &[], 1, "challenge.signature_form");
    // Deployed, it is asked itself; what would deploy it is not called any more.
    let deployed = world.node.send(&hex(&Party::Carrier.address().0), Some(&factory.to_string()), &deployment);
    assert_eq!((deployed["status"].as_str(), world.code_size(account) > 0), (Some("0x1"), true));
    for signature in [plain.clone(), wrapped, wrap(endless, &[], &plain)] {
        let report = world.expect(&hex(&signature), &[], 0, "challenge.signed");
        assert_eq!(report["signature"]["kind"], "contract");
    }
    // One that says no says no before, too.
    let (_, challenge) = challenged(&code("5f 5f fd"));
    let plain = signature(&key_of(Party::Bank), &challenge);
    world.expect(&hex(&wrap(factory, &creation(&code("5f 5f fd")), &plain)), &[], 1, "challenge.not_accepted");
}

/// A deployment cannot make a contract of somebody's ordinary account.
#[test]
fn a_deployment_takes_no_account_from_the_one_who_has_its_key() {
    let world = World::new();
    let factory = world.deploy(&code(FACTORY));
    let challenge = world.challenged("transferred.json");
    let stranger = signature(&key_of(Party::Shipper), &challenge);
    world.expect(&hex(&wrap(factory, &creation(&says(&YES)), &stranger)), &[], 1, "challenge.not_deployed");
}

#[test]
fn a_node_that_lies_about_an_account_is_not_believed() {
    let world = World::new();
    let account = world.deploy(&says(&YES));
    let challenge = world.challenged_token(world.mint(1, account));
    let bytes = signed_by(Party::Bank, &challenge);
    // Words of the lens's answer: 0 stands before them, then chain, height, time, size, hash.
    type Twist = fn(&str) -> Result<Value, Value>;
    let twists: [(&str, Twist, &str); 8] = [
        ("another chain", |answer| Ok(with_word(answer, 1, 9)), "chain.wrong_endpoint"),
        ("another height", |answer| Ok(with_word(answer, 2, 9)), "chain.block_vanished"),
        ("another time", |answer| Ok(with_word(answer, 3, 9)), "chain.block_vanished"),
        ("another size", |answer| Ok(with_word(answer, 4, 9)), "chain.rpc_unavailable"),
        ("half of it", |answer| Ok(json!(&answer[..answer.len() / 2])), "chain.rpc_unavailable"),
        ("more than it", |answer| Ok(json!(format!("{answer}{}", "00".repeat(32)))), "chain.rpc_unavailable"),
        ("no bytes", |_| Ok(json!("yes")), "chain.rpc_unavailable"),
        ("a list", |_| Ok(json!([])), "chain.rpc_unavailable"),
    ];
    for (what, twist, code) in twists {
        let server = proxy(world.node.url(), move |call, result| {
            is_about_an_account(call).then(|| twist(result.as_str().unwrap_or_default()))
        });
        let rpc = format!("1337={}", server.url());
        let report = world.expect(&bytes, &["--rpc", &rpc], 3, code);
        assert_eq!(check(&report, "signature")["outcome"], "unknown", "{what}");
    }
}

#[test]
fn a_node_that_does_not_run_the_lens_is_asked_plainly() {
    let world = World::new();
    let factory = world.deploy(&code(FACTORY));
    let refused = || json!({"code": -32602, "message": "to is missing"});
    let server = proxy(world.node.url(), move |call, _| is_about_an_account(call).then(|| Err(refused())));
    let rpc = format!("1337={}", server.url());
    for (number, runtime, exit, code) in [
        (1, says(&YES), 0, "challenge.signed"),
        (2, code("5f 5f fd"), 1, "challenge.not_accepted"),
        (3, code("60 01 5f f3"), 1, "challenge.not_accepted"),
        (4, code("5b 5f 56"), 3, "chain.rpc_unavailable"),
    ] {
        let challenge = world.challenged_token(world.mint(number, world.deploy(&runtime)));
        world.expect(&signed_by(Party::Bank, &challenge), &["--rpc", &rpc], exit, code);
    }
    // Of an ordinary account nothing more is needed; one that is not deployed cannot be asked.
    let challenge = world.challenged("transferred.json");
    world.expect(&signed_by(Party::Bank, &challenge), &["--rpc", &rpc], 0, "challenge.signed");
    let deployment = creation(&says(&YES));
    let challenge = world.challenged_token(world.mint(5, created_by(factory, &deployment)));
    let wrapped = wrap(factory, &deployment, &signature(&key_of(Party::Bank), &challenge));
    world.expect(&hex(&wrapped), &["--rpc", &rpc], 3, "chain.rpc_unavailable");
}

/// A node that shows no code would make an ordinary account of a contract.
#[test]
fn a_node_that_hides_an_accounts_code_contradicts_nothing() {
    let world = World::new();
    let account = world.deploy(&says(&YES));
    let challenge = world.challenged_token(world.mint(1, account));
    let bytes = signed_by(Party::Bank, &challenge);
    let hidden = account.to_string().to_lowercase();
    for blind in [false, true] {
        let hidden = hidden.clone();
        let server = proxy(world.node.url(), move |call, _| {
            let is_code = call["method"] == "eth_getCode"
                && call["params"][0].as_str().is_some_and(|of| of.to_lowercase() == hidden);
            let is_call = blind && (is_about_an_account(call) || is_known_result(call));
            (is_code || is_call).then(|| Ok(json!("0x")))
        });
        world.expect(&bytes, &["--rpc", &format!("1337={}", server.url())], 3, "chain.rpc_unavailable");
    }
}

#[test]
fn endpoints_that_differ_about_an_account_leave_it_open() {
    let world = World::new();
    let account = world.deploy(&says(&YES));
    let challenge = world.challenged_token(world.mint(1, account));
    let bytes = signed_by(Party::Bank, &challenge);
    let honest = proxy(world.node.url(), |_, _| None);
    let other = proxy(world.node.url(), |call, result| {
        // What was answered stands in the last words.
        let answer = result.as_str().unwrap_or_default();
        is_about_an_account(call).then(|| Ok(json!(answer.replace("1626ba7e", "1626ba7f"))))
    });
    let rpc = [&honest, &other].map(|server| format!("1337={}", server.url()));
    let both = ["--quorum", "2", "--rpc", &rpc[0], "--rpc", &rpc[1]];
    let report = world.expect(&bytes, &both, 3, "chain.endpoints_disagree");
    assert_eq!(check(&report, "party")["outcome"], "pass");
    let again = proxy(world.node.url(), |_, _| None);
    let second = format!("1337={}", again.url());
    let report = world.expect(&bytes, &["--quorum", "2", "--rpc", &rpc[0], "--rpc", &second], 0, "challenge.signed");
    assert_eq!(check(&report, "signature")["strength"], "quorum");
}

/// The call that asks an account in the name of our text.
fn is_about_an_account(call: &Value) -> bool {
    let asker = format!("0x{}", encode_hex(b"ebl proof of control"));
    let from = call["params"][0]["from"].as_str().unwrap_or_default();
    from.eq_ignore_ascii_case(&asker) && call["params"][0].get("to").is_none()
}

fn is_known_result(call: &Value) -> bool {
    call["params"][0]["to"].as_str().is_some_and(|to| to.ends_with("0002") && to.starts_with("0x0000"))
}

/// With another number in this word.
fn with_word(answer: &str, index: usize, number: u8) -> Value {
    let (start, end) = (2 + 64 * index, 2 + 64 * (index + 1));
    json!(format!("{}{number:064x}{}", &answer[..start], &answer[end..]))
}

/// As a wallet wraps it (ERC-6492).
fn wrap(factory: Address, call: &[u8], signature: &[u8]) -> Vec<u8> {
    use ethers::abi::{Token, encode};
    let tokens = [Token::Address(factory.0.into()), Token::Bytes(call.to_vec()), Token::Bytes(signature.to_vec())];
    [encode(&tokens), [0x64, 0x92].repeat(16)].concat()
}

#[test]
fn the_challenge_of_another_chain_is_asked_of_that_chain() {
    let world = World::new();
    let challenge = world.challenged("transferred.json");
    let mut subject = challenge.subject;
    subject.chain = ebl_verifier::primitives::ChainId::try_from(1338).unwrap();
    let other = Challenge { subject, ..challenge };
    std::fs::write(world.path("challenge.txt"), other.text()).unwrap();
    let rpc = format!("1338={}", world.node.url());
    world.expect(&signed_by(Party::Bank, &other), &["--rpc", &rpc], 3, "chain.wrong_endpoint");
}
