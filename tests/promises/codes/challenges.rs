//! The table of what only a report on a signed challenge checks.

use ebl_verifier::challenge::{Nonce, TitleRole};
use ebl_verifier::evidence::{
    AccountSignatureReading, AskedAccount, BlockReading, CallReading, Cause, Finality, Newest, Question,
};
use ebl_verifier::primitives::{Address, ChainId, Digest32};
use ebl_verifier::verify::CheckName::{self, Challenge, Party, Signature};
use ebl_verifier::verify::ControlVerdict::{self, Contradicted, Proven, Unknown};
use ebl_verifier::verify::Outcome::{self, Fail, Pass, Unknown as NotKnown};
use ebl_verifier::verify::{ChallengeReport, TokenOfChain};

use super::signed_world::{BLOCK, block, word};
use super::signing::{address, key};
use super::situation::{REGISTRY, with_newest};
use crate::support::challenged::{Challenged, TOKEN, YES, contract, contract_says, hex, recorded, signature, signed};

/// A code, the check that carries it, with which outcome and verdict, and when.
pub type Case = (&'static str, CheckName, Outcome, ControlVerdict, &'static str, fn() -> Challenged);

pub const ALL: &[Case] = &[
    ("challenge.in_force", Challenge, Pass, Proven, "everything is as it should be", signed),
    ("challenge.in_force", Challenge, Pass, Proven, "everything is what was expected", || {
        signed().with(|it| {
            it.role = Some(TitleRole::Holder);
            it.purpose = Some("Bank X, case 17");
            it.domain = Some("bank.example");
            it.nonce = Some(Nonce([5; 16]));
            it.token = Some(it.challenge.title());
        })
    }),
    ("challenge.in_force", Challenge, Pass, Proven, "a second before it expires", || {
        signed().with(|it| it.now = it.challenge.period.expires_at() - 1)
    }),
    ("challenge.expired", Challenge, Fail, Contradicted, "in the second in which it expires", || {
        signed().with(|it| it.now = it.challenge.period.expires_at())
    }),
    ("challenge.in_force", Challenge, Pass, Proven, "another clock is two minutes ahead", || {
        signed().with(|it| it.now = it.challenge.period.issued_at() - 120)
    }),
    ("challenge.not_yet_valid", Challenge, Fail, Contradicted, "it is more than two minutes ahead", || {
        signed().with(|it| it.now = it.challenge.period.issued_at() - 121)
    }),
    ("challenge.replayed", Challenge, Fail, Contradicted, "it was accepted before", || {
        signed().with(|it| it.accepted_before = true)
    }),
    ("challenge.other_role", Challenge, Fail, Contradicted, "another role was expected", || {
        signed().with(|it| it.role = Some(TitleRole::Beneficiary))
    }),
    ("challenge.other_purpose", Challenge, Fail, Contradicted, "another purpose was expected", || {
        signed().with(|it| it.purpose = Some("Bank X, case 18"))
    }),
    ("challenge.other_purpose", Challenge, Fail, Contradicted, "one that looks the same", || {
        signed().with(|it| it.purpose = Some("Bаnk X, case 17"))
    }),
    ("challenge.other_purpose", Challenge, Fail, Contradicted, "a purpose was expected, and there is none", || {
        signed().with(|it| {
            it.challenge.purpose = None;
            it.purpose = Some("Bank X, case 17");
        })
    }),
    ("challenge.other_domain", Challenge, Fail, Contradicted, "another domain was expected", || {
        signed().with(|it| it.domain = Some("bank2.example"))
    }),
    ("challenge.other_nonce", Challenge, Fail, Contradicted, "another nonce was issued", || {
        signed().with(|it| it.nonce = Some(Nonce([6; 16])))
    }),
    ("challenge.other_title", Challenge, Fail, Contradicted, "another token was expected", || {
        signed().with(|it| {
            it.token = Some(TokenOfChain { registry: Address([1; 20]), ..it.challenge.title() });
        })
    }),
    ("challenge.other_title", Challenge, Fail, Contradicted, "another chain was expected", || {
        signed().with(|it| {
            it.token = Some(TokenOfChain { chain: ChainId::try_from(1).unwrap(), registry: REGISTRY, token: TOKEN });
        })
    }),
    ("challenge.other_title", Challenge, Fail, Contradicted, "the document has another title", || {
        signed().with(|it| it.document = Some(super::situation::bill().document))
    }),
    ("challenge.other_title", Challenge, Fail, Contradicted, "the document has no title", || {
        signed().with(|it| {
            it.document = Some(super::situation::in_stores(&[super::situation::STORE], 1).document);
        })
    }),
    ("challenge.party", Party, Pass, Proven, "the registry records the account", signed),
    ("challenge.party", Party, Pass, Proven, "as beneficiary", || as_beneficiary(2)),
    ("challenge.party_changed", Party, Fail, Contradicted, "the holder signs as beneficiary", || as_beneficiary(1)),
    ("challenge.party_changed", Party, Fail, Contradicted, "the title was handed over since", || {
        signed().registry(|reading| recorded(reading, address(&key(3))))
    }),
    ("challenge.party_changed", Party, Fail, Contradicted, "and the new holder signed", || {
        signed().registry(|reading| recorded(reading, address(&key(3)))).by(&key(3))
    }),
    ("challenge.no_party", Party, Fail, Contradicted, "the title was returned", || {
        signed().registry(|reading| {
            recorded(reading, address(&key(1)));
            reading.title.owner_of = word(&REGISTRY.0);
            reading.title.is_holding_token = word(&[]);
        })
    }),
    ("challenge.party_unknown", Party, NotKnown, Unknown, "the registry was not read", || {
        signed().unanswered(Cause::Timeout, |question| matches!(question, Question::Registry(_)))
    }),
    ("challenge.party_unknown", Party, NotKnown, Unknown, "its code is not known", || {
        signed().registry(|reading| reading.contract.code = vec![0x60; 99])
    }),
    ("challenge.change_pending", Party, NotKnown, Unknown, "a newer block has another holder", || {
        signed().registry(|reading| with_newest(reading, |newer| newer.title.holder = word(&[7])))
    }),
    ("challenge.change_pending", Party, NotKnown, Unknown, "only a newer block has this holder", || {
        signed().registry(|reading| {
            let account = reading.title.holder.clone();
            reading.title.holder = word(&[7]);
            with_newest(reading, |newer| newer.title.holder = account);
        })
    }),
    ("challenge.party", Party, Pass, Proven, "a newer block has another beneficiary, which is not asked about", || {
        signed().registry(|reading| with_newest(reading, |newer| newer.title.beneficiary = word(&[7])))
    }),
    ("challenge.signed", Signature, Pass, Proven, "by the account's key", signed),
    ("challenge.signed", Signature, Pass, Proven, "with 0 or 1 for a last byte", || {
        let it = signed();
        let mut bytes = signature(&key(1), &it.challenge);
        bytes[64] -= 27;
        it.presenting(&bytes)
    }),
    ("challenge.signed", Signature, Pass, Proven, "its contract accepts it", contract),
    ("challenge.signed", Signature, Pass, Proven, "its contract accepts no bytes at all", || {
        contract().presenting(&[])
    }),
    ("challenge.signed", Signature, Pass, Proven, "its key, though it runs code that says no", || {
        signed().account(|reading| delegated(reading, CallReading { success: false, data: Vec::new() }))
    }),
    ("challenge.signed", Signature, Pass, Proven, "the code that it runs says yes", || {
        signed().by(&key(3)).account(|reading| delegated(reading, CallReading { success: true, data: YES.to_vec() }))
    }),
    ("challenge.not_accepted", Signature, Fail, Contradicted, "neither its key nor its code", || {
        signed().by(&key(3)).account(|reading| delegated(reading, CallReading { success: false, data: Vec::new() }))
    }),
    ("challenge.other_signer", Signature, Fail, Contradicted, "another key signed", || signed().by(&key(2))),
    ("challenge.other_signer", Signature, Fail, Contradicted, "the key signed another text", || {
        signed().with(|it| it.challenge.nonce = Nonce([6; 16]))
    }),
    ("challenge.signature_form", Signature, Fail, Contradicted, "64 bytes, the compact form", || cut_to(64)),
    ("challenge.signature_form", Signature, Fail, Contradicted, "66 bytes", || cut_to(66)),
    ("challenge.signature_form", Signature, Fail, Contradicted, "no bytes", || cut_to(0)),
    ("challenge.signature_form", Signature, Fail, Contradicted, "a last byte of another chain's numbers", || {
        with_last_byte(35)
    }),
    ("challenge.signature_form", Signature, Fail, Contradicted, "a last byte that no key gives", || with_last_byte(29)),
    ("challenge.signature_form", Signature, Fail, Contradicted, "the higher of the two numbers", high),
    ("challenge.signature_form", Signature, Fail, Contradicted, "numbers that are zero", || {
        let mut bytes = vec![0; 65];
        bytes[64] = 27;
        signed().presenting(&bytes)
    }),
    ("challenge.signature_form", Signature, Fail, Contradicted, "no hexadecimal digits", || {
        signed().with(|it| it.signature = "signed".into())
    }),
    ("challenge.signature_form", Signature, Fail, Contradicted, "a deployment that is none", || {
        signed().presenting(&[0x64, 0x92].repeat(16))
    }),
    ("challenge.not_accepted", Signature, Fail, Contradicted, "its contract reverts", || contract_with(false, &[])),
    ("challenge.not_accepted", Signature, Fail, Contradicted, "its contract reverts with what means yes", || {
        contract_with(false, &YES)
    }),
    ("challenge.not_accepted", Signature, Fail, Contradicted, "its contract answers nothing", || {
        contract_with(true, &[])
    }),
    ("challenge.not_accepted", Signature, Fail, Contradicted, "one byte", || contract_with(true, &[0x16])),
    ("challenge.not_accepted", Signature, Fail, Contradicted, "four bytes", || contract_with(true, &YES[..4])),
    ("challenge.not_accepted", Signature, Fail, Contradicted, "more than a word", || {
        contract_with(true, &[&YES[..], &[0; 32]].concat())
    }),
    ("challenge.not_accepted", Signature, Fail, Contradicted, "a word with something behind it", || {
        let mut data = YES.to_vec();
        data[31] = 1;
        contract_with(true, &data)
    }),
    ("challenge.not_accepted", Signature, Fail, Contradicted, "yes as other contracts say it", || {
        contract_with(true, &word(&[1]).data)
    }),
    ("challenge.not_accepted", Signature, Fail, Contradicted, "the key of its address signed, and it says no", || {
        signed().account(|reading| contract_says(reading, CallReading { success: false, data: Vec::new() }))
    }),
    ("challenge.no_answer", Signature, NotKnown, Unknown, "its contract uses up its gas", || {
        contract().account(|reading| reading.asked = AskedAccount::OutOfGas)
    }),
    ("challenge.no_answer", Signature, NotKnown, Unknown, "nobody asked its contract", || {
        contract().account(|reading| reading.asked = AskedAccount::NotAsked)
    }),
    ("challenge.signed", Signature, Pass, Proven, "the contract that would be deployed accepts it", || {
        undeployed(1000, Some(CallReading { success: true, data: YES.to_vec() }))
    }),
    ("challenge.not_accepted", Signature, Fail, Contradicted, "it does not", || {
        undeployed(1000, Some(CallReading { success: false, data: Vec::new() }))
    }),
    ("challenge.not_deployed", Signature, Fail, Contradicted, "nothing is deployed", || undeployed(0, None)),
    ("challenge.no_answer", Signature, NotKnown, Unknown, "the deployment uses up its gas", || {
        undeployed(0, None).account(|reading| reading.asked = AskedAccount::OutOfGas)
    }),
    ("challenge.change_pending", Signature, NotKnown, Unknown, "its contract says no in a newer block", || {
        contract().account(|reading| newest(reading, CallReading { success: false, data: Vec::new() }))
    }),
    ("challenge.change_pending", Signature, NotKnown, Unknown, "its contract says yes only in a newer block", || {
        contract_with(false, &[]).account(|reading| {
            newest(reading, CallReading { success: true, data: YES.to_vec() });
        })
    }),
    ("chain.rpc_unavailable", Signature, NotKnown, Unknown, "nobody says what stands at the account", || {
        signed().unanswered(Cause::Timeout, |question| matches!(question, Question::AccountSignature(_)))
    }),
    ("chain.rpc_unavailable", Signature, NotKnown, Unknown, "the answer is about another account", || {
        signed().account(|reading| reading.account.address = Address([9; 20]))
    }),
    ("chain.wrong_endpoint", Signature, NotKnown, Unknown, "the answer is of another chain", || {
        signed().account(|reading| reading.chain_id = 1)
    }),
    ("chain.blocks_differ", Signature, NotKnown, Unknown, "the account was read at another block", || {
        signed().account(|reading| reading.block.hash = Digest32([9; 32]))
    }),
    ("chain.newest_not_read", Signature, NotKnown, Unknown, "nobody looked at newer blocks", || {
        signed().account(|reading| reading.newest = Newest::NotRead)
    }),
];

fn as_beneficiary(number: u8) -> Challenged {
    signed()
        .with(|it| {
            it.challenge.subject.role = TitleRole::Beneficiary;
            it.challenge.subject.account = address(&key(number));
        })
        .by(&key(number))
}

fn cut_to(length: usize) -> Challenged {
    let it = signed();
    let mut bytes = signature(&key(1), &it.challenge);
    bytes.resize(length, 0);
    it.presenting(&bytes)
}

fn with_last_byte(byte: u8) -> Challenged {
    let it = signed();
    let mut bytes = signature(&key(1), &it.challenge);
    bytes[64] = byte;
    it.presenting(&bytes)
}

/// The other of the two signatures that come to the same key.
fn high() -> Challenged {
    let it = signed();
    let bytes = signature(&key(1), &it.challenge);
    let found = k256::ecdsa::Signature::from_slice(&bytes[..64]).unwrap();
    let high = k256::ecdsa::Signature::from_scalars(found.r(), -found.s()).unwrap();
    let mut other = high.to_bytes().to_vec();
    other.push(if bytes[64] == 27 { 28 } else { 27 });
    it.presenting(&other)
}

fn contract_with(success: bool, data: &[u8]) -> Challenged {
    let data = data.to_vec();
    signed().account(move |reading| contract_says(reading, CallReading { success, data: data.clone() }))
}

fn delegated(reading: &mut AccountSignatureReading, answer: CallReading) {
    contract_says(reading, answer);
    reading.account.code_size = 23;
    reading.account.code_start = [&[0xef, 0x01, 0x00][..], &[9; 20]].concat();
}

/// With a deployment around the signature, after which so much code stands there.
fn undeployed(deployed_size: u64, answer: Option<CallReading>) -> Challenged {
    let number = |number: u8| word(&[number]).data;
    let signature = [9; 32];
    let wrapped = [
        word(&[3; 20]).data,
        number(96),
        number(160),
        number(1),
        [&[7][..], &[0; 31]].concat(),
        number(32),
        signature.to_vec(),
        [0x64, 0x92].repeat(16),
    ];
    signed().with(|it| it.signature = hex(&wrapped.concat())).account(move |reading| {
        reading.account.code_start = Vec::new();
        reading.deployed_size = deployed_size;
        reading.asked = answer.clone().map_or(AskedAccount::NotAsked, AskedAccount::Answered);
    })
}

fn newest(reading: &mut AccountSignatureReading, answer: CallReading) {
    let block = BlockReading { number: BLOCK + 5, finality: Finality::Latest, ..block() };
    let asked = AskedAccount::Answered(answer);
    let newer = AccountSignatureReading { block, asked, newest: Newest::Itself, ..reading.clone() };
    reading.newest = Newest::Read(vec![newer]);
}

/// The report follows its schema.
pub fn matches_schema(report: &ChallengeReport) {
    crate::support::schema::follows("challenge", &serde_json::to_value(report).unwrap());
}
