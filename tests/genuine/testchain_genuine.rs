//! The embedded chain against a real `anvil`, with the genuine published v4 and v5 contracts on both: the same
//! transactions must give the same receipts, logs, state and answers, and the project's own reader must read the same.
//! Needs the npm packages of `tests/genuine`; without them the suite says that it did not run.

use crate::support::anvil;
use crate::support::node;

use std::path::Path;
use std::sync::{Arc, Mutex};

use anvil::{Anvil, RULES, anvil_binary, node_modules, registry_code};
use ebl_verifier::evidence::{Answer, Fact, Provenance, RegistryReading};
use ebl_verifier::primitives::{Address, ChainId, TokenId};
use ebl_verifier::sources::chain::{ChainConfig, ChainQuestion, ChainSource};
use ebl_verifier::testchain::accounts::DEV_ACCOUNTS;
use ebl_verifier::testchain::chain::{Chain, Form, Transaction};
use ebl_verifier::testchain::rpc::RpcServer;
use ebl_verifier::title::judge;
use ebl_verifier::title::proof::prove;
use ethers::abi::{Token, encode};
use libtest_mimic::{Failed, Trial};

use crate::{Suite, block_on};
use node::{COUNTER, Node, code, hex};
use serde_json::{Value, json};

pub fn suite() -> Suite {
    let ready = anvil_binary(&node_modules()).exists();
    let mut trials: Vec<Trial> = GENERATIONS
        .iter()
        .map(|generation| {
            let name = format!("a_genuine_{}_registry_lives_the_same_life_as_on_anvil", generation.name);
            Trial::test(name, move || block_on(life_of_a_title(generation)))
        })
        .collect();
    trials.push(Trial::test("raw_transactions_give_the_same_as_on_anvil", || block_on(raw_transactions())));
    trials.push(Trial::test("the_evm_answers_as_on_anvil", || block_on(small_programs())));
    trials.push(Trial::test("errors_have_the_codes_of_anvil_or_a_named_difference", || block_on(errors())));
    trials.push(Trial::test("what_wallets_and_tests_ask_is_answered_as_by_anvil", || block_on(wallets_and_tests())));
    trials.push(Trial::test("filters_tell_the_same_as_those_of_anvil", || block_on(filters())));
    let trials = trials.into_iter().map(|trial| trial.with_ignored_flag(!ready));
    Suite::new(trials, &[(ready, "the comparison of the embedded chain with anvil needs npm packages.")])
}

const CHAIN: u64 = 31337;

/// The embedded chain and anvil, fresh, with the same rules.
struct Both {
    ours: Node,
    theirs: Node,
    _server: RpcServer,
    _anvil: Anvil,
}

impl Both {
    async fn start() -> Self {
        let anvil = Anvil::start(&node_modules(), &RULES);
        let chain = Arc::new(Mutex::new(Chain::new(id(), 1_700_000_000)));
        let server = RpcServer::start(chain, ([127, 0, 0, 1], 0).into()).await.expect("a port");
        let (ours, theirs) = (Node { url: server.url() }, Node { url: anvil.url.clone() });
        Self { ours, theirs, _server: server, _anvil: anvil }
    }

    /// The same result from both, compared after `pick`.
    async fn agree(&self, method: &str, params: Value, pick: fn(Value) -> Value) -> Result<Value, Failed> {
        let ours = pick(self.ours.reply(method, params.clone()).await);
        let theirs = pick(self.theirs.reply(method, params.clone()).await);
        if ours == theirs {
            Ok(ours)
        } else {
            Err(format!("{method} {params}:\nours   {ours}\ntheirs {theirs}").into())
        }
    }

    /// Sends the same to both and compares the receipts and the blocks' blooms.
    async fn send(&self, from: usize, to: Option<Address>, data: &[u8]) -> Result<Value, Failed> {
        let from = hex(&DEV_ACCOUNTS[from].address.0);
        let to = to.map(|to| hex(&to.0));
        let ours = self.ours.send(&from, to.as_deref(), data).await;
        let theirs = self.theirs.send(&from, to.as_deref(), data).await;
        let (ours, theirs) = (without_block(ours), without_block(theirs));
        same(&ours, &theirs)?;
        let block = json!([ours["blockNumber"], false]);
        self.agree("eth_getBlockByNumber", block, |reply| picked(&reply["result"], &SAME_IN_BLOCKS)).await?;
        Ok(ours)
    }

    async fn deploy(&self, creation: Vec<u8>) -> Result<Address, Failed> {
        let receipt = self.send(0, None, &creation).await?;
        let contract: Address = receipt["contractAddress"].as_str().ok_or("no contract")?.parse()?;
        self.agree("eth_getCode", json!([contract, "latest"]), |reply| reply).await?;
        Ok(contract)
    }

    /// The whole of the logs, and the same by address and by topic.
    async fn same_logs(&self, address: Address) -> Result<(), Failed> {
        for filter in [
            json!({"fromBlock": "0x0"}),
            json!({"fromBlock": "0x0", "address": address}),
            json!({"fromBlock": "0x3", "toBlock": "0x5"}),
            json!({"fromBlock": "0x0", "topics": [null, null, null, [hex(&TOKEN)]]}),
        ] {
            let pick =
                |reply: Value| reply["result"].as_array().into_iter().flatten().cloned().map(without_block).collect();
            let logs = self.agree("eth_getLogs", json!([filter]), pick).await?;
            if logs.as_array().is_none_or(Vec::is_empty) {
                return Err(format!("no logs for {filter}").into());
            }
        }
        Ok(())
    }
}

/// What must be equal in blocks; hashes and times are each chain's own.
const SAME_IN_BLOCKS: [&str; 12] = [
    "number",
    "sha3Uncles",
    "miner",
    "receiptsRoot",
    "transactionsRoot",
    "logsBloom",
    "difficulty",
    "gasLimit",
    "gasUsed",
    "baseFeePerGas",
    "transactions",
    "uncles",
];

struct Generation {
    name: &'static str,
    package: &'static str,
    /// v5 takes a remark in every write.
    remark: bool,
    mint: u32,
    nominate: u32,
    transfer_holder: u32,
    transfer_owners: u32,
    return_to_issuer: u32,
    restore: u32,
    accept: u32,
    pause: u32,
}

/// Selectors of chain.md §1.3.
const GENERATIONS: &[Generation] = &[
    Generation {
        name: "v5",
        package: "@tradetrust-tt/token-registry",
        remark: true,
        mint: 0x6010_a5e7,
        nominate: 0xe3d7_9a6e,
        transfer_holder: 0xbaf1_3975,
        transfer_owners: 0x3442_7f61,
        return_to_issuer: 0x83d3_8fcb,
        restore: 0x5e08_9da7,
        accept: 0xfe9d_9303,
        pause: 0xe233_9ea3,
    },
    Generation {
        name: "v4",
        package: "tr4",
        remark: false,
        mint: 0xc6c3_bbe6,
        nominate: 0xb332_180b,
        transfer_holder: 0xfd4c_9b96,
        transfer_owners: 0xf35b_a241,
        return_to_issuer: 0xb71c_47a2,
        restore: 0x9bea_62ad,
        accept: 0x4296_6c68,
        pause: 0x8456_cb59,
    },
];

impl Generation {
    fn write(&self, selector: u32, mut values: Vec<Token>) -> Vec<u8> {
        if self.remark {
            values.push(Token::Bytes(b"signed on board".to_vec()));
        }
        [&selector.to_be_bytes(), encode(&values).as_slice()].concat()
    }
}

const TOKEN: [u8; 32] = [0x4e; 32];

async fn life_of_a_title(generation: &Generation) -> Result<(), Failed> {
    let both = Both::start().await;
    let modules = node_modules();
    let factory = both.deploy(registry_code(&modules, generation.package, "TitleEscrowFactory")).await?;
    let registry = both.deploy(registry_creation(generation, &modules, factory)).await?;
    let token = || Token::Uint(TOKEN.into());
    let [me, other] = [0, 1].map(|account| Token::Address(DEV_ACCOUNTS[account].address.0.into()));

    both.compared_reading(registry, registry).await?;
    let mint = generation.write(generation.mint, vec![me.clone(), me.clone(), token()]);
    both.send(0, Some(registry), &mint).await?;
    let reading = both.compared_reading(registry, registry).await?;
    let escrow = reading.title.escrow;
    both.send(0, Some(registry), &mint).await.and_then(reverted)?;
    both.send(5, Some(registry), &mint).await.and_then(reverted)?;
    for (from, to, data, succeeds) in [
        (0, escrow, generation.write(generation.nominate, vec![other.clone()]), true),
        (1, escrow, generation.write(generation.transfer_holder, vec![other.clone()]), false),
        (0, escrow, generation.write(generation.transfer_owners, vec![other.clone(), other.clone()]), true),
        (1, escrow, generation.write(generation.transfer_holder, vec![me.clone()]), true),
        (1, escrow, generation.write(generation.return_to_issuer, vec![]), false),
        (0, escrow, generation.write(generation.transfer_holder, vec![other]), true),
        (1, escrow, generation.write(generation.return_to_issuer, vec![]), true),
        (0, registry, generation.write(generation.restore, vec![token()]), true),
        (1, escrow, generation.write(generation.return_to_issuer, vec![]), true),
        (0, registry, generation.write(generation.accept, vec![token()]), true),
        (0, registry, generation.write(generation.accept, vec![token()]), false),
        (0, registry, generation.write(generation.pause, vec![]), true),
    ] {
        let receipt = both.send(from, Some(to), &data).await?;
        same(&receipt["status"], &json!(if succeeds { "0x1" } else { "0x0" }))?;
        both.compared_reading(registry, escrow).await?;
        // A call at the block before gives the same revert data or nothing.
        let call = json!({"from": DEV_ACCOUNTS[from].address, "to": to, "data": hex(&data)});
        let before = receipt["blockNumber"].as_str().and_then(|text| u64::from_str_radix(&text[2..], 16).ok());
        let before = format!("{:#x}", before.ok_or("a number")? - 1);
        let answer = both.agree("eth_call", json!([call, before]), without_words).await?;
        same(&json!(answer.get("error").is_none()), &json!(succeeds))?;
    }
    both.same_logs(escrow).await?;
    both.same_logs(registry).await
}

impl Both {
    /// The project's reader on both chains: two requests each, and the same reading but for the block. Storage is compared
    /// slot by slot beside it.
    async fn compared_reading(&self, registry: Address, escrow: Address) -> Result<RegistryReading, Failed> {
        let ours = reading(&self.ours, registry).await?;
        let theirs = reading(&self.theirs, registry).await?;
        same(&json!(ours.block.number), &json!(theirs.block.number))?;
        let stripped = |reading: &RegistryReading| {
            let mut value = serde_json::to_value(reading).expect("JSON");
            value.as_object_mut().expect("an object").remove("block");
            value
        };
        same(&stripped(&ours), &stripped(&theirs))?;
        for node in [&self.ours, &self.theirs] {
            proven(node, registry).await?;
        }
        for address in [registry, escrow] {
            for slot in 0..10 {
                self.agree("eth_getStorageAt", json!([address, format!("{slot:#x}"), "latest"]), |reply| reply).await?;
            }
            self.agree("eth_getTransactionCount", json!([address, "latest"]), |reply| reply).await?;
            self.same_proof(address).await?;
        }
        Ok(ours)
    }
}

impl Both {
    /// Storage root, code hash and slots with their nodes, as proofs give them. Where anvil keeps a leaf that says zero
    /// (chain.md §5.4), the values alone are the same.
    async fn same_proof(&self, address: Address) -> Result<(), Failed> {
        // The last one is v4's pause flag, written with zero when the registry is made.
        let slots: Vec<String> = (0..10).chain([151]).map(|slot| format!("0x{slot:064x}")).collect();
        let params = json!([address, slots, "latest"]);
        let whole = |reply: Value| picked(&reply["result"], &["codeHash", "nonce", "storageHash", "storageProof"]);
        if self.agree("eth_getProof", params.clone(), whole).await.is_ok() {
            return Ok(());
        }
        let zero =
            self.theirs.ask("eth_getProof", params.clone()).await["storageProof"].as_array().is_some_and(|slots| {
                // The node of a leaf whose value is the RLP of nothing.
                let ends =
                    |slot: &Value| slot["proof"].as_array().and_then(|nodes| nodes.last()?.as_str().map(str::to_owned));
                slots.iter().any(|slot| slot["value"] == "0x0" && ends(slot).is_some_and(|node| node.ends_with("8180")))
            });
        if !zero {
            return self.agree("eth_getProof", params, whole).await.map(|_| ());
        }
        let values = |reply: Value| {
            let slots = reply["result"]["storageProof"].as_array().into_iter().flatten();
            let values: Vec<&Value> = slots.map(|slot| &slot["value"]).collect();
            json!([picked(&reply["result"], &["codeHash", "nonce"]), values])
        };
        self.agree("eth_getProof", params, values).await.map(|_| ())
    }
}

async fn reading(node: &Node, registry: Address) -> Result<RegistryReading, Failed> {
    let endpoints = [(id(), vec![node.url.parse()?])].into();
    let config = ChainConfig { endpoints, use_embedded: false, ..ChainConfig::default() };
    let source = ChainSource::new(config)?;
    let (answer, provenance): (Answer, Provenance) = source.read_registry(id(), registry, TokenId(TOKEN)).await;
    same(&json!(provenance.requests), &json!(2))?;
    match answer {
        Ok(Fact::Registry(reading)) => Ok(*reading),
        other => Err(format!("{other:?}").into()),
    }
}

/// That a proof holds and says the same as the calls.
async fn proven(node: &Node, registry: Address) -> Result<(), Failed> {
    let endpoints = [(id(), vec![node.url.parse()?])].into();
    let source = ChainSource::new(ChainConfig { endpoints, use_embedded: false, ..ChainConfig::default() })?;
    let token = TokenId(TOKEN);
    let questions = vec![ChainQuestion::Registry { registry, token }, ChainQuestion::Proof { registry, token }];
    let answers: Vec<Answer> = source.read(id(), questions).await.into_iter().map(|(answer, _)| answer).collect();
    match &answers[..] {
        [Ok(Fact::Registry(reading)), Ok(Fact::Proof(proof))] => {
            let proven = prove(proof, Some(reading), registry, token)?;
            let judged = judge(reading, registry, token, false);
            same(&json!(format!("{:?}", proven.finding)), &json!(format!("{judged:?}")))
        }
        other => Err(format!("{other:?}").into()),
    }
}

async fn raw_transactions() -> Result<(), Failed> {
    let both = Both::start().await;
    let counter = both.deploy(code(COUNTER)).await?;
    let list = || {
        let storage_keys = vec![Default::default()];
        vec![ebl_verifier::testchain::chain::AccessListEntry { address: counter, storage_keys }]
    };
    let forms = || {
        [
            Form::Legacy { gas_price: 3 },
            Form::AccessList { gas_price: 3, access_list: list() },
            Form::DynamicFee { max_fee_per_gas: 5, max_priority_fee_per_gas: 3, access_list: list() },
        ]
    };
    let mut nonce = 0;
    for (to, input) in
        [(Some(counter), Vec::new()), (Some(counter), vec![1; 300]), (None, code(COUNTER)), (None, vec![0xfe])]
    {
        for form in forms() {
            let input = input.clone();
            let transaction = Transaction { chain: id(), nonce, form, gas_limit: 200_000, to, value: 0, input };
            let signed = transaction.sign(&DEV_ACCOUNTS[4].key)?;
            nonce += 1;
            let hash = both.agree("eth_sendRawTransaction", json!([hex(&signed.raw)]), |reply| reply).await?;
            both.theirs.receipt(&hash["result"]).await;
            let hash = json!([hash["result"]]);
            // anvil has the receipt a moment before it no longer calls the transaction pending.
            for _ in 0..1000 {
                if !both.theirs.ask("eth_getTransactionByHash", hash.clone()).await["blockHash"].is_null() {
                    break;
                }
                tokio::time::sleep(std::time::Duration::from_millis(5)).await;
            }
            both.agree("eth_getTransactionReceipt", hash.clone(), |reply| without_block(reply["result"].clone()))
                .await?;
            let pick = |reply: Value| without_block(reply["result"].clone());
            both.agree("eth_getTransactionByHash", hash, pick).await?;
        }
    }
    for account in [DEV_ACCOUNTS[4].address, Address::ZERO] {
        both.agree("eth_getBalance", json!([account, "latest"]), |reply| reply).await?;
    }
    Ok(())
}

/// Programs of a few bytes that ask the EVM what differs between rules.
async fn small_programs() -> Result<(), Failed> {
    let both = Both::start().await;
    let counter = both.deploy(code(COUNTER)).await?;
    both.send(0, Some(counter), &[]).await?;
    for program in [
        "46 5f52 60205ff3",                  // chain id
        "48 5f52 60205ff3",                  // base fee
        "45 5f52 60205ff3",                  // gas limit
        "41 5f52 60205ff3",                  // block producer
        "43 5f52 60205ff3",                  // height
        "3a 5f52 60205ff3",                  // gas price
        "33 5f52 32 6020 52 60405ff3",       // caller and origin
        "5a 5f52 60205ff3",                  // gas left
        "60016002 5d 6002 5c 5f52 60205ff3", // transient storage
        "5f5f 60205e 60205ff3",              // mcopy
        "4a 5f52 60205ff3",                  // blob base fee
        "5ffd",
        "fe",
        "5b5f56",
        "5f5f5f5f5f5f f1 5f52 60205ff3",
    ] {
        let call = json!([{"data": hex(&code(program)), "gas": "0x100000"}, "latest"]);
        both.agree("eth_call", call, without_words).await.map_err(|error| format!("{program}: {error:?}"))?;
    }
    let hash = "18c547e4f7b0f325ad1e56f57e26c745b09a3e503d86e00e5255ff7f715d3d1c";
    let v = "000000000000000000000000000000000000000000000000000000000000001c";
    let r = "73b1693892219d736caba55bdb67216e485557ea6b6af75f37096c9aa6a5a75f";
    let s = "eeb940b1d03b21e36b0e47e79769f095fe2ab855bd91e3a38756b7d75a9c4549";
    let numbers = "0000000000000000000000000000000000000000000000000000000000000001";
    for (precompile, data) in [
        (1, [hash, v, r, s].concat()),
        (2, hash.into()),
        (3, hash.into()),
        (4, hash.into()),
        (5, [numbers, numbers, numbers, "030507"].concat()),
        (6, [numbers, &format!("{}2", &numbers[..63]), numbers, &format!("{}2", &numbers[..63])].concat()),
        (8, String::new()),
        (9, format!("0000000c{}", "00".repeat(209))),
    ] {
        let to = format!("{precompile:#042x}");
        let call = json!([{"to": to, "data": format!("0x{data}")}, "latest"]);
        let answer = both.agree("eth_call", call, without_words).await?;
        if precompile != 1 && answer["result"] == "0x" {
            return Err(format!("precompile {precompile} gave nothing").into());
        }
    }
    for asked in [
        json!({"from": DEV_ACCOUNTS[0].address, "to": counter}),
        json!({"from": DEV_ACCOUNTS[0].address, "data": hex(&code(COUNTER))}),
        json!({"from": DEV_ACCOUNTS[0].address, "to": DEV_ACCOUNTS[1].address, "value": "0x1"}),
    ] {
        both.agree("eth_estimateGas", json!([asked]), without_words).await?;
    }
    Ok(())
}

/// Signatures, access lists, snapshots, time and mining.
async fn wallets_and_tests() -> Result<(), Failed> {
    let both = Both::start().await;
    let me = hex(&DEV_ACCOUNTS[1].address.0);
    let typed = json!({
        "types": {
            "EIP712Domain": [{"name": "name", "type": "string"}, {"name": "chainId", "type": "uint256"}],
            "Party": [{"name": "name", "type": "string"}, {"name": "wallets", "type": "address[]"}],
            "Bill": [
                {"name": "token", "type": "uint256"}, {"name": "change", "type": "int64"},
                {"name": "short", "type": "bytes4"}, {"name": "remark", "type": "bytes"},
                {"name": "parties", "type": "Party[2]"}, {"name": "paid", "type": "bool"},
            ],
        },
        "primaryType": "Bill",
        "domain": {"name": "Bills", "chainId": "31337"},
        "message": {
            "token": "1000", "change": "-5", "short": "0x01020304", "remark": "0xc0ffee", "paid": true,
            "parties": [{"name": "Shipper", "wallets": [me]}, {"name": "Bank", "wallets": []}],
        },
    });
    for (method, params) in [
        ("personal_sign", json!(["0xdeadbeef", me])),
        ("personal_sign", json!(["0x", me])),
        ("eth_sign", json!([me, "0xdeadbeef"])),
        ("eth_signTypedData_v4", json!([me, typed])),
        ("eth_signTypedData_v4", json!([me, typed.to_string()])),
        ("eth_requestAccounts", json!([])),
        ("evm_snapshot", json!([])),
        ("anvil_snapshot", json!([])),
        ("evm_mine", json!([])),
        ("anvil_mine", json!(["0x3", "0xa"])),
        ("hardhat_mine", json!(["0x2"])),
        ("evm_mine", json!([{"timestamp": 3_900_000_000u64, "blocks": 2}])),
        ("eth_blockNumber", json!([])),
        ("evm_setNextBlockTimestamp", json!([4_000_000_000u64])),
        ("evm_mine", json!([])),
        ("evm_revert", json!(["0x1"])),
        ("evm_revert", json!(["0x1"])),
        ("anvil_revert", json!(["0x0"])),
        ("eth_blockNumber", json!([])),
    ] {
        let reply = both.agree(method, params.clone(), |reply| reply).await?;
        if reply.get("error").is_some() {
            return Err(format!("{method} {params}: {reply}").into());
        }
    }
    // anvil counts from when it started, which may be some seconds ago.
    for (method, params) in [("evm_increaseTime", json!([100])), ("anvil_increaseTime", json!(["0x64"]))] {
        let nearly = |reply: Value| json!(reply["result"].as_i64().map(|ahead| (ahead + 30).div_euclid(100)));
        both.agree(method, params, nearly).await?;
    }
    let counter = both.deploy(code(COUNTER)).await?;
    let sorted = |mut reply: Value| {
        if let Some(list) = reply.pointer_mut("/result/accessList").and_then(Value::as_array_mut) {
            list.sort_by_key(|entry| entry["address"].to_string());
        }
        without_words(reply)
    };
    // Creates with a write, then calls the counter and looks at the code of nobody.
    let busy = format!("60015f555f5f5f5f5f73{0}5af173{0}3b6002315000", &hex(&counter.0)[2..]);
    for asked in [
        json!({"from": me, "to": counter}),
        json!({"from": me, "to": counter, "data": "0x01"}),
        json!({"from": me, "data": hex(&code(COUNTER))}),
        json!({"from": me, "data": format!("0x{busy}")}),
        json!({"from": me, "to": me, "value": "0x1"}),
    ] {
        both.agree("eth_createAccessList", json!([asked, "latest"]), sorted).await?;
    }
    let history = |reply: Value| picked(&reply["result"], &["oldestBlock", "baseFeePerGas", "gasUsedRatio"]);
    both.agree("eth_feeHistory", json!(["0x1", "latest", []]), history).await?;
    Ok(())
}

async fn filters() -> Result<(), Failed> {
    let both = Both::start().await;
    let me = hex(&DEV_ACCOUNTS[0].address.0);
    let counter = both.deploy(code(COUNTER)).await?;
    let mut ids = Vec::new();
    for (method, params) in [
        ("eth_newBlockFilter", json!([])),
        ("eth_newPendingTransactionFilter", json!([])),
        ("eth_newFilter", json!([{"address": counter}])),
        ("eth_newFilter", json!([{"address": me}])),
    ] {
        ids.push([both.ours.ask(method, params.clone()).await, both.theirs.ask(method, params).await]);
    }
    for _ in 0..2 {
        both.send(0, Some(counter), &[]).await?;
    }
    // Hashes of blocks are each chain's own; there are as many of them.
    let told = |reply: &Value, method: usize| match method {
        0 => json!(reply.as_array().map(Vec::len)),
        _ => reply.as_array().into_iter().flatten().cloned().map(without_block).collect(),
    };
    for round in 0..2 {
        for (method, [ours, theirs]) in ids.iter().enumerate() {
            let ours = both.ours.ask("eth_getFilterChanges", json!([ours])).await;
            let theirs = both.theirs.ask("eth_getFilterChanges", json!([theirs])).await;
            same(&told(&ours, method), &told(&theirs, method))?;
            let new = ours.as_array().map_or(0, Vec::len);
            same(&json!(new), &json!(if round == 0 && method < 3 { 2 } else { 0 }))?;
        }
    }
    let [ours, theirs] = &ids[2];
    for (node, id) in [(&both.ours, ours), (&both.theirs, theirs)] {
        same(&json!(node.ask("eth_getFilterLogs", json!([id])).await.as_array().map(Vec::len)), &json!(1))?;
        same(&node.ask("eth_uninstallFilter", json!([id])).await, &json!(true))?;
        same(&node.ask("eth_uninstallFilter", json!([id])).await, &json!(false))?;
        same(&node.refusal("eth_getFilterChanges", json!([id])).await["code"], &json!(-32000))?;
    }
    Ok(())
}

/// Each request with the code of both sides; 0 stands for a result. Where the two differ, the comment says why.
async fn errors() -> Result<(), Failed> {
    let both = Both::start().await;
    let me = hex(&DEV_ACCOUNTS[0].address.0);
    let unknown = hex(&[0x11; 32]);
    let bodies: &[(&str, i64, i64)] = &[
        // Text that is not JSON is a parse error in JSON-RPC 2.0.
        ("not json", -32700, -32600),
        ("", -32700, -32600),
        ("{}", -32600, -32600),
        ("[]", -32600, -32600),
        ("1", -32600, -32600),
        (r#"{"jsonrpc":"1.0","id":1,"method":"eth_chainId"}"#, -32600, -32600),
        (r#"{"id":1,"method":"eth_chainId"}"#, -32600, -32600),
        (r#"{"jsonrpc":"2.0","id":1,"method":5}"#, -32600, -32600),
        (r#"{"jsonrpc":"2.0","id":{},"method":"eth_chainId"}"#, -32600, -32600),
        (r#"{"jsonrpc":"2.0","id":1,"method":"eth_chainId","params":"x"}"#, -32600, -32600),
        (r#"{"jsonrpc":"2.0","id":1,"method":"eth_chainId","params":{}}"#, -32602, -32602),
        (r#"{"jsonrpc":"2.0","id":null,"method":"eth_chainId"}"#, 0, 0),
    ];
    for (body, ours, theirs) in bodies {
        for (node, wanted) in [(&both.ours, ours), (&both.theirs, theirs)] {
            let reply: Value = serde_json::from_str(&node.post(*body).await.1)?;
            same(&json!(reply["error"]["code"].as_i64().unwrap_or(0)), &json!(wanted))
                .map_err(|e| format!("{body} {e:?}"))?;
        }
    }
    let calls = [
        ("eth_nope", json!([]), -32601, -32601),
        ("eth_chainId", json!([1]), -32602, -32602),
        ("eth_getBalance", json!([]), -32602, -32602),
        ("eth_getBalance", json!(["0x12", "latest"]), -32602, -32602),
        ("eth_getBalance", json!([me, "newest"]), -32602, -32602),
        ("eth_getBalance", json!([me, "0x5"]), -32602, -32602),
        ("eth_getBalance", json!([me, {"blockHash": unknown}]), -32001, -32001),
        ("eth_getBalance", json!([me, {"blockNumber": "0x0", "blockHash": unknown}]), -32602, -32602),
        ("eth_getBalance", json!([me, unknown]), -32001, -32001),
        ("eth_call", json!([{"data": "0xfe"}, "latest"]), -32603, -32603),
        ("eth_call", json!([{"data": "0x5f5ffd"}, "latest"]), 3, 3),
        ("eth_call", json!([{"data": "0x5f5ffd"}, {"blockHash": unknown, "requireCanonical": true}]), -32001, -32001),
        ("eth_call", json!([{"data": "0x00"}, "0x99"]), -32602, -32602),
        ("eth_call", json!([{"data": "0x1"}, "latest"]), -32602, -32602),
        ("eth_call", json!([{"data": "zz"}, "latest"]), -32602, -32602),
        ("eth_call", json!([{}, "latest"]), 0, 0),
        ("eth_call", json!([{"from": &unknown[..42], "to": me, "value": "0x1"}, "latest"]), -32003, -32003),
        ("eth_call", json!([{"to": me, "gas": "0x5"}, "latest"]), -32000, -32000),
        ("eth_call", json!([{"to": me, "gas": "0xffffffffff"}, "latest"]), 0, 0),
        // Two contents for one call cannot both be meant.
        ("eth_call", json!([{"to": me, "data": "0x00", "input": "0x01"}, "latest"]), -32602, 0),
        ("eth_estimateGas", json!([{"data": "0x5f5ffd"}]), 3, 3),
        ("eth_estimateGas", json!([{"data": "0xfe"}]), -32603, -32603),
        ("eth_getBlockByNumber", json!(["0x99", false]), 0, 0),
        ("eth_getBlockByHash", json!([unknown, false]), 0, 0),
        ("eth_getBlockByNumber", json!([]), -32602, -32602),
        // Full transactions and the newest block are the defaults of neither; here hashes and `latest` are.
        ("eth_getBlockByNumber", json!(["latest"]), 0, -32602),
        ("eth_getBalance", json!([me]), 0, -32602),
        ("eth_getTransactionByHash", json!([unknown]), 0, 0),
        ("eth_getTransactionReceipt", json!([unknown]), 0, 0),
        ("eth_getTransactionReceipt", json!(["0x12"]), -32602, -32602),
        ("eth_getBlockReceipts", json!(["0x99"]), 0, 0),
        ("eth_getLogs", json!([]), -32602, -32602),
        ("eth_getLogs", json!([{}]), 0, 0),
        ("eth_getLogs", json!([{"fromBlock": "0x5", "toBlock": "0x1"}]), -32602, -32602),
        ("eth_getLogs", json!([{"fromBlock": "0x5"}]), -32602, -32602),
        ("eth_getLogs", json!([{"fromBlock": "0x0", "toBlock": "0x99"}]), 0, 0),
        ("eth_getLogs", json!([{"blockHash": unknown, "fromBlock": "0x0"}]), -32602, -32602),
        // One code for every unknown block hash.
        ("eth_getLogs", json!([{"blockHash": unknown}]), -32001, -32000),
        ("eth_getLogs", json!([{"topics": [unknown, unknown, unknown, unknown, unknown]}]), -32602, -32602),
        ("eth_getLogs", json!([{"topics": ["0x12"]}]), -32602, -32602),
        ("eth_getStorageAt", json!([me, format!("0x{}", "00".repeat(32)), "latest"]), 0, 0),
        // A number without 0x is decimal to some and hexadecimal to others.
        ("eth_getStorageAt", json!([me, "5", "latest"]), -32602, 0),
        ("eth_sendRawTransaction", json!(["0x"]), -32602, -32602),
        ("eth_sendRawTransaction", json!(["0x01"]), -32602, -32602),
        ("eth_sendRawTransaction", json!(["0xc0"]), -32602, -32602),
        ("eth_sendRawTransaction", json!(["zz"]), -32602, -32602),
        ("eth_sendTransaction", json!([{"from": &unknown[..42], "to": me}]), -32602, -32602),
        ("eth_sendTransaction", json!([{"from": me, "to": me, "value": "0xffffffffffffffffffffff"}]), -32003, -32003),
        // Nothing is sent in the name of an account that nobody named.
        ("eth_sendTransaction", json!([{"to": me}]), -32602, 0),
        // There is no queue for transactions that come too early.
        ("eth_sendTransaction", json!([{"from": me, "to": me, "nonce": "0x9"}]), -32003, 0),
        // What would revert is not sent unless a gas limit says that it is meant.
        ("eth_sendTransaction", json!([{"from": me, "data": "0x5f5ffd"}]), 3, 0),
        ("evm_mine", json!([{"timestamp": 5}]), -32602, -32602),
        ("evm_setNextBlockTimestamp", json!([5]), -32602, -32602),
        ("eth_subscribe", json!(["newHeads"]), -32601, -32601),
        ("eth_getFilterChanges", json!(["0x99"]), -32000, -32000),
        ("personal_sign", json!(["hello", me]), -32602, -32602),
        ("personal_sign", json!(["0x00", &unknown[..42]]), -32602, -32602),
        ("eth_signTypedData_v4", json!([me, "{}"]), -32602, -32602),
    ];
    for (method, params, ours, theirs) in calls {
        for (node, wanted) in [(&both.ours, ours), (&both.theirs, theirs)] {
            let reply = node.reply(method, params.clone()).await;
            same(&json!(reply["error"]["code"].as_i64().unwrap_or(0)), &json!(wanted))
                .map_err(|error| format!("{method} {params}: {error:?} in {reply} of {}", node.url))?;
        }
    }
    Ok(())
}

fn registry_creation(generation: &Generation, modules: &Path, factory: Address) -> Vec<u8> {
    let name = Token::String("Test registry".into());
    let mut creation = registry_code(modules, generation.package, "TradeTrustToken");
    creation.extend(encode(&[name.clone(), name, Token::Address(factory.0.into())]));
    creation
}

fn id() -> ChainId {
    ChainId::try_from(CHAIN).expect("not zero")
}

fn reverted(receipt: Value) -> Result<(), Failed> {
    same(&receipt["status"], &json!("0x0"))
}

fn same(found: &Value, wanted: &Value) -> Result<(), Failed> {
    if found == wanted { Ok(()) } else { Err(format!("found  {found}\nwanted {wanted}").into()) }
}

fn picked(value: &Value, names: &[&str]) -> Value {
    names.iter().map(|name| ((*name).to_owned(), value[*name].clone())).collect()
}

/// Without the hashes and times of blocks, which are each chain's own, in the object and in its logs, and without the
/// price of blobs, which anvil shows though there are none.
fn without_block(mut value: Value) -> Value {
    if let Some(object) = value.as_object_mut() {
        object.retain(|name, _| !["blockHash", "blockTimestamp", "blobGasPrice"].contains(&name.as_str()));
    }
    for log in value.get_mut("logs").and_then(Value::as_array_mut).into_iter().flatten() {
        *log = without_block(log.take());
    }
    value
}

/// Error messages are each node's own words; code and data are compared.
fn without_words(mut reply: Value) -> Value {
    if let Some(error) = reply.get_mut("error").and_then(Value::as_object_mut) {
        error.remove("message");
    }
    reply
}
