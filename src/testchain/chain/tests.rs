use ethers::types::transaction::eip2718::TypedTransaction;
use ethers::utils::rlp::{Rlp, RlpStream};
use revm::primitives::U256;

use super::*;
use crate::primitives::{decode_hex, keccak256};

const ME: Address = DEV_ACCOUNTS[0].address;

/// Without call data it adds one to slot 0 and logs the sum under the caller; with call data it reverts with them.
const COUNTER: &str = "601c8060093d393df336601457 5f54600101805f555f523360205fa1005b365f5f37365ffd";

fn creation(text: &str) -> Vec<u8> {
    decode_hex(&text.replace(' ', "")).unwrap()
}

fn id(number: u64) -> ChainId {
    number.try_into().unwrap()
}

fn with_counter() -> (Chain, Address) {
    let mut chain = Chain::new(id(31337), 1_700_000_000);
    let (counter, _) = chain.deploy(ME, &creation(COUNTER)).unwrap();
    (chain, counter)
}

fn word(number: u64) -> Digest32 {
    Digest32(U256::from(number).to_be_bytes())
}

fn transaction(form: Form, nonce: u64) -> Transaction {
    let to = Some(Address([0x55; 20]));
    Transaction { chain: id(31337), nonce, form, gas_limit: 100_000, to, value: 7, input: vec![1, 2] }
}

fn forms() -> [Form; 3] {
    let entry = AccessListEntry { address: Address([0x55; 20]), storage_keys: vec![word(1), word(2)] };
    let list = vec![entry, AccessListEntry { address: Address::DEAD, storage_keys: Vec::new() }];
    [
        Form::Legacy { gas_price: 5 },
        Form::AccessList { gas_price: 5, access_list: list.clone() },
        Form::DynamicFee { max_fee_per_gas: 9, max_priority_fee_per_gas: 5, access_list: list },
    ]
}

#[test]
fn every_block_hash_is_that_of_its_header_and_names_its_parent() {
    let (mut chain, counter) = with_counter();
    chain.send(ME, counter, &[]).unwrap();
    chain.mine().unwrap();
    for number in 0..=chain.head().number {
        let block = chain.block(BlockId::Number(number)).unwrap();
        let header = block.header_rlp();
        let fields = Rlp::new(&header);
        assert_eq!((block.hash, fields.item_count()), (keccak256(&header), Ok(21)));
        let parent = number.checked_sub(1).and_then(|parent| chain.block(BlockId::Number(parent)));
        let parent_hash = parent.map_or(Digest32::default(), |parent| parent.hash);
        assert_eq!((block.parent_hash, fields.at(0).unwrap().data().unwrap()), (parent_hash, &parent_hash.0[..]));
        assert_eq!(fields.val_at::<u64>(8).unwrap(), number);
        assert_eq!(chain.block(BlockId::Hash(block.hash)), Some(block));
    }
    assert_eq!(chain.block(BlockId::Hash(word(1))), None);
}

#[test]
fn what_was_true_at_a_block_stays_readable_there() {
    let (mut chain, counter) = with_counter();
    for _ in 0..3 {
        chain.send(ME, counter, &[]).unwrap();
    }
    let slot = |at| chain.storage(counter, word(0), at).unwrap();
    assert_eq!([0, 1, 2, 3, 4].map(|number| slot(BlockId::Number(number))), [0, 0, 1, 2, 3].map(word));
    let second = chain.block(BlockId::Number(2)).unwrap().hash;
    assert_eq!((slot(BlockId::Hash(second)), slot(BlockId::Latest)), (word(1), word(3)));
    assert!(chain.code(counter, BlockId::Number(0)).unwrap().is_empty());
    assert_eq!(chain.code(counter, BlockId::Latest).unwrap(), creation(COUNTER)[9..]);
    assert_eq!(chain.nonce(ME, BlockId::Number(2)).unwrap(), 2);
    assert_eq!(chain.balance(ME, BlockId::Latest).unwrap(), INITIAL_BALANCE);
    let beyond = chain.storage(counter, word(0), BlockId::Number(5));
    assert_eq!(beyond, Err(ChainError::NoSuchNumber { number: 5, newest: 4 }));
    let unknown = chain.call(&Call::default(), BlockId::Hash(word(5)));
    assert_eq!(unknown, Err(ChainError::NoSuchHash(word(5))));
}

#[test]
fn old_state_is_forgotten_as_documented_and_never_answered_wrongly() {
    let (mut chain, counter) = with_counter();
    for _ in 0..3 {
        chain.send(ME, counter, &[]).unwrap();
    }
    while chain.head().number < STATE_DEPTH + 3 {
        chain.mine().unwrap();
    }
    chain.send(ME, counter, &[]).unwrap();
    let oldest = chain.head().number - STATE_DEPTH;
    assert_eq!(oldest, 4);
    assert_eq!(chain.storage(counter, word(0), BlockId::Number(oldest)), Ok(word(3)));
    assert_eq!(chain.storage(counter, word(0), BlockId::Latest), Ok(word(4)));
    let proof = chain.proof(counter, &[word(0)], BlockId::Number(oldest)).unwrap();
    assert!(proof.slots[0].value == word(3) && holds(&chain, &proof, oldest));
    let forgotten = ChainError::StateForgotten { number: 3, oldest };
    assert_eq!(chain.storage(counter, word(0), BlockId::Number(3)), Err(forgotten));
    assert!(chain.block(BlockId::Number(3)).unwrap().mined.is_some());
}

/// Whether a proof leads from the state root of its block to what it says.
fn holds(chain: &Chain, proof: &AccountProof, at: u64) -> bool {
    use alloy_primitives::{B256, Bytes};
    use alloy_trie::{KECCAK_EMPTY, Nibbles, TrieAccount, proof::verify_proof};
    let holds = |root: Digest32, key: &[u8], leaf: Option<Vec<u8>>, nodes: &[Vec<u8>]| {
        let nodes: Vec<Bytes> = nodes.iter().map(|node| Bytes::copy_from_slice(node)).collect();
        verify_proof(B256::from(root.0), Nibbles::unpack(keccak256(key).0), leaf, &nodes).is_ok()
    };
    let (code_hash, storage_root) = (B256::from(proof.code_hash.0), B256::from(proof.storage_root.0));
    let account = TrieAccount::new(proof.nonce, U256::from(proof.balance), storage_root, code_hash);
    let there = proof.nonce > 0 || proof.balance > 0 || code_hash != KECCAK_EMPTY;
    let root = chain.block(BlockId::Number(at)).unwrap().state_root;
    let slot = |slot: &SlotProof| {
        let value = U256::from_be_bytes(slot.value.0);
        let leaf = (!value.is_zero()).then(|| alloy_rlp::encode(value));
        holds(proof.storage_root, &slot.slot.0, leaf, &slot.nodes)
    };
    holds(root, &proof.address.0, there.then(|| alloy_rlp::encode(account)), &proof.nodes)
        && proof.slots.iter().all(slot)
}

#[test]
fn everything_is_proven_at_every_block() {
    let (mut chain, counter) = with_counter();
    for data in [&[][..], &[1], &[], &[]] {
        chain.send(ME, counter, data).unwrap();
        chain.mine().unwrap();
    }
    let slots: Vec<Digest32> = (0..4).map(word).collect();
    for number in 0..=chain.head().number {
        for address in [ME, DEV_ACCOUNTS[7].address, counter, Address::DEAD, Address::ZERO] {
            let mut proof = chain.proof(address, &slots, BlockId::Number(number)).unwrap();
            assert!(holds(&chain, &proof, number), "{address} at {number}");
            for slot in &proof.slots {
                assert_eq!(chain.storage(address, slot.slot, BlockId::Number(number)), Ok(slot.value));
            }
            proof.nonce += 1;
            assert!(!holds(&chain, &proof, number), "{address} at {number}");
        }
    }
    let proof = chain.proof(counter, &slots, BlockId::Latest).unwrap();
    assert_eq!(proof.slots[0].value, word(3));
}

#[test]
fn a_reverted_transaction_is_a_receipt_and_changes_only_the_nonce() {
    let (mut chain, counter) = with_counter();
    let receipt = chain.send(ME, counter, b"why").unwrap();
    assert!(!receipt.succeeded && receipt.logs.is_empty() && receipt.gas_used > 21_000);
    assert_eq!((receipt.output, receipt.block_number), (b"why".to_vec(), 2));
    assert_eq!(chain.storage(counter, word(0), BlockId::Latest), Ok(word(0)));
    assert_eq!(chain.nonce(ME, BlockId::Latest), Ok(2));
    let call = Call { to: Some(counter), data: b"why".to_vec(), ..Call::default() };
    assert_eq!(chain.call(&call, BlockId::Latest), Err(ChainError::Reverted(b"why".to_vec())));
    assert_eq!(chain.estimate_gas(&call, BlockId::Latest), Err(ChainError::Reverted(b"why".to_vec())));
    assert_eq!(chain.deploy(ME, &creation("5f5ffd")), Err(ChainError::Reverted(Vec::new())));
    assert_eq!(chain.head().mined.as_ref().map(|mined| mined.receipt.succeeded), Some(false));
}

#[test]
fn logs_are_found_by_address_topic_range_and_hash() {
    let (mut chain, counter) = with_counter();
    let receipt = chain.send(ME, counter, &[]).unwrap();
    chain.send(DEV_ACCOUNTS[1].address, counter, &[]).unwrap();
    let topic = Digest32(to_word(ME));
    let count = |filter: LogFilter| chain.logs(&filter).unwrap().len();
    let any = LogFilter::default();
    assert_eq!(count(any.clone()), 2);
    assert_eq!(count(LogFilter { addresses: vec![Address::DEAD, counter], ..any.clone() }), 2);
    assert_eq!(count(LogFilter { addresses: vec![ME], ..any.clone() }), 0);
    assert_eq!(count(LogFilter { topics: vec![vec![topic]], ..any.clone() }), 1);
    assert_eq!(count(LogFilter { blocks: LogBlocks::Range(0, 2), ..any.clone() }), 1);
    assert_eq!(count(LogFilter { blocks: LogBlocks::Range(4, u64::MAX), ..any.clone() }), 0);
    let by_hash = LogFilter { blocks: LogBlocks::Hash(receipt.block_hash), ..any };
    let found = chain.logs(&by_hash).unwrap();
    assert_eq!((found.len(), found[0].block.number, found[0].transaction_hash), (1, 2, receipt.transaction_hash));
    assert_eq!(*found[0].log, Log { address: counter, topics: vec![topic], data: word(1).0.to_vec() });
    assert!(receipt.logs_bloom.may_contain(&counter.0) && receipt.logs_bloom.may_contain(&topic.0));
}

fn to_word(address: Address) -> [u8; 32] {
    let mut word = [0; 32];
    word[12..].copy_from_slice(&address.0);
    word
}

#[test]
fn all_three_forms_are_signed_read_back_and_executed() {
    let mut chain = Chain::new(id(31337), 0);
    for (nonce, form) in (0..).zip(forms()) {
        let number = form.number();
        let signed = transaction(form, nonce).sign(&DEV_ACCOUNTS[0].key).unwrap();
        assert_eq!(signed.sender, ME);
        assert_eq!(SignedTransaction::decode(&signed.raw).as_ref(), Ok(&signed));
        // Another implementation reads the same bytes in the same way.
        let (theirs, signature) = TypedTransaction::decode_signed(&Rlp::new(&signed.raw)).unwrap();
        assert_eq!((theirs.hash(&signature).0, theirs.from().unwrap().0), (signed.hash.0, ME.0), "form {number}");
        let receipt = chain.submit(signed.clone()).unwrap();
        assert!(receipt.succeeded);
        assert_eq!((receipt.transaction_hash, receipt.effective_gas_price), (signed.hash, 5));
        assert_eq!(chain.transaction(signed.hash).unwrap().transaction, signed);
    }
    assert_eq!(chain.balance(Address([0x55; 20]), BlockId::Latest), Ok(21));
}

#[test]
fn a_transaction_that_is_not_the_next_one_of_this_chain_is_refused() {
    let mut chain = Chain::new(id(31337), 0);
    let form = Form::Legacy { gas_price: 0 };
    let key = &DEV_ACCOUNTS[0].key;
    let other = Transaction { chain: id(1), ..transaction(form.clone(), 0) }.sign(key).unwrap();
    assert_eq!(chain.submit(other), Err(ChainError::OtherChain { found: id(1), wanted: id(31337) }));
    let early = transaction(form.clone(), 1).sign(key).unwrap();
    assert_eq!(chain.submit(early), Err(ChainError::Nonce { found: 1, expected: 0 }));
    let first = transaction(form.clone(), 0).sign(key).unwrap();
    chain.submit(first.clone()).unwrap();
    assert_eq!(chain.submit(first), Err(ChainError::Nonce { found: 0, expected: 1 }));
    let rich = Transaction { value: INITIAL_BALANCE + 1, ..transaction(form.clone(), 1) }.sign(key).unwrap();
    assert_eq!(chain.submit(rich), Err(ChainError::Funds(INITIAL_BALANCE - 7)));
    let starved = Transaction { gas_limit: 20_000, ..transaction(form, 1) }.sign(key).unwrap();
    assert!(matches!(chain.submit(starved), Err(ChainError::NotExecutable(_))));
    let stranger = chain.send(Address::DEAD, ME, &[]);
    assert_eq!(stranger, Err(ChainError::UnknownAccount(Address::DEAD)));
    assert_eq!(chain.head().number, 1);
}

#[test]
fn bytes_that_are_not_exactly_one_signed_transaction_are_refused() {
    for form in forms() {
        let raw = transaction(form, 0).sign(&DEV_ACCOUNTS[0].key).unwrap().raw;
        for length in 0..raw.len() {
            assert!(SignedTransaction::decode(&raw[..length]).is_err());
        }
        assert!(SignedTransaction::decode(&[&raw[..], &[0]].concat()).is_err());
        // A changed bit is refused, or it is another transaction of another sender.
        for at in 0..raw.len() {
            let mut changed = raw.clone();
            changed[at] ^= 1;
            assert!(SignedTransaction::decode(&changed).map_or(true, |other| other.sender != ME), "byte {at}");
        }
    }
    assert_eq!(SignedTransaction::decode(&[]), Err(TransactionError::Empty));
    assert_eq!(SignedTransaction::decode(&[0x03, 0xc0]), Err(TransactionError::UnknownType(3)));
    // v is 27: signed for no chain.
    let mut unbound = RlpStream::new_list(9);
    for number in [0u64, 1, 21_000, 0, 0, 0, 27, 1, 1] {
        unbound.append(&number);
    }
    assert_eq!(SignedTransaction::decode(&unbound.out()), Err(TransactionError::NoChainId));
}

#[test]
fn a_signature_with_a_high_s_is_refused() {
    let signed = transaction(Form::Legacy { gas_price: 1 }, 0).sign(&DEV_ACCOUNTS[0].key).unwrap();
    let order =
        U256::from_be_slice(&decode_hex("fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141").unwrap());
    let high = (order - U256::from_be_bytes(signed.signature.s)).to_be_bytes();
    let twin = Signature { y_is_odd: !signed.signature.y_is_odd, s: high, ..signed.signature };
    assert_eq!(SignedTransaction::decode(&signed.transaction.encoded(Some(&twin))), Err(TransactionError::Signature));
    for (r, s) in [([0; 32], signed.signature.s), (signed.signature.r, [0; 32]), ([0xff; 32], signed.signature.s)] {
        let bad = Signature { r, s, ..signed.signature };
        let raw = signed.transaction.encoded(Some(&bad));
        assert_eq!(SignedTransaction::decode(&raw), Err(TransactionError::Signature));
    }
}

#[test]
fn an_estimate_is_enough_and_one_less_is_not() {
    let (mut chain, counter) = with_counter();
    let calls = [
        Call { from: ME, to: Some(counter), ..Call::default() },
        Call { from: ME, data: creation(COUNTER), ..Call::default() },
        Call { from: ME, to: Some(Address::DEAD), value: 1, ..Call::default() },
    ];
    for call in calls {
        let gas = chain.estimate_gas(&call, BlockId::Latest).unwrap();
        let with = |gas| chain.call(&Call { gas: Some(gas), ..call.clone() }, BlockId::Latest);
        assert!(with(gas).is_ok() && with(gas - 1).is_err(), "{gas}");
        let nonce = chain.nonce(ME, BlockId::Latest).unwrap();
        let form = Form::Legacy { gas_price: 0 };
        let to = call.to;
        let (value, input) = (call.value, call.data);
        let sent = Transaction { chain: chain.id(), nonce, form, gas_limit: gas, to, value, input };
        assert!(chain.submit(sent.sign(&DEV_ACCOUNTS[0].key).unwrap()).unwrap().succeeded);
    }
}

#[test]
fn a_call_sees_the_block_it_is_asked_at() {
    let mut chain = Chain::new(id(5), 1_700_000_000);
    chain.mine_at(1_800_000_000).unwrap();
    chain.mine().unwrap();
    // number, time, chain id and the parent's hash.
    let code = creation("435f5242602052466040526001430340606052 60805ff3");
    let answer = chain.call(&Call { data: code, ..Call::default() }, BlockId::Number(1)).unwrap();
    let genesis = chain.block(BlockId::Number(0)).unwrap().hash;
    let words: Vec<_> = answer.chunks(32).map(|word| Digest32(word.try_into().unwrap())).collect();
    assert_eq!(words, [word(1), word(1_800_000_000), word(5), genesis]);
    assert_eq!(chain.head().timestamp, 1_800_000_001);
    assert!(matches!(chain.mine_at(1_800_000_001), Err(ChainError::Time { .. })));
    chain.advance_to(1_900_000_000);
    chain.mine().unwrap();
    assert_eq!(chain.head().timestamp, 1_900_000_000);
}

#[test]
fn a_call_may_be_asked_in_the_name_of_a_contract() {
    let (chain, counter) = with_counter();
    // Returns the caller.
    let call = Call { from: counter, data: creation("335f5260205ff3"), ..Call::default() };
    assert_eq!(chain.call(&call, BlockId::Latest), Ok(to_word(counter).to_vec()));
}

#[test]
fn what_destroys_itself_while_it_is_created_leaves_nothing() {
    let mut chain = Chain::new(id(31337), 0);
    let (gone, _) = chain.deploy(ME, &creation("60015f5533ff")).unwrap();
    assert_eq!(chain.code(gone, BlockId::Latest), Ok(Vec::new()));
    assert_eq!(chain.storage(gone, word(0), BlockId::Latest), Ok(word(0)));
    assert_eq!(chain.nonce(gone, BlockId::Latest), Ok(0));
}

#[test]
fn the_signature_precompile_recovers_a_signer() {
    let chain = Chain::new(id(31337), 0);
    let signed = transaction(Form::Legacy { gas_price: 1 }, 0).sign(&DEV_ACCOUNTS[3].key).unwrap();
    let v = word(27 + u64::from(signed.signature.y_is_odd));
    let hash = signed.transaction.signing_hash();
    let data = [hash.0, v.0, signed.signature.r, signed.signature.s].concat();
    let mut precompile = Address::ZERO;
    precompile.0[19] = 1;
    let call = Call { to: Some(precompile), data, ..Call::default() };
    assert_eq!(chain.call(&call, BlockId::Latest), Ok(to_word(DEV_ACCOUNTS[3].address).to_vec()));
}

#[test]
fn the_same_transactions_make_the_same_chain() {
    let hash = || {
        let (mut chain, counter) = with_counter();
        chain.send(ME, counter, &[]).unwrap();
        chain.head().hash
    };
    assert_eq!(hash(), hash());
}
