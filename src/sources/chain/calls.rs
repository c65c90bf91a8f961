//! The lens's reading in plain calls, for a node that refuses the lens (chain.md §5.6, order of preference).

use serde_json::{Value, json};

use super::lens;
use super::plan::{Request, checked};
use super::transport::{Call, Item, Session};
use super::values::{bytes, code};
use crate::evidence::{
    BlockReading, CallReading, CodeReading, REGISTRY_INTERFACES, ReadMethod, RegistryReading, Unavailable,
};
use crate::primitives::{Address, encode_hex, keccak256};
use crate::title::{clone_target_address, escrow_address, without_metadata};

/// Everything but block, proxy slots and the registry's code, which the caller has read already.
pub(super) async fn read(
    session: &Session<'_>,
    request: &Request,
    block: &BlockReading,
    at: &Value,
    registry_code: &[u8],
) -> Result<RegistryReading, Unavailable> {
    let Request { registry, token, .. } = *request;
    let ask = |to: Address, data: &[u8]| -> Call {
        ("eth_call", json!([{"to": to.to_string(), "data": format!("0x{}", encode_hex(data))}, at]))
    };
    let code_of = |of: Address| -> Call { ("eth_getCode", json!([of.to_string(), at])) };
    let mut calls: Vec<Call> = REGISTRY_INTERFACES.iter().map(|id| ask(registry, &supports_interface(*id))).collect();
    calls.push(ask(registry, &[&[0x63, 0x52, 0x21, 0x1e], &token.0[..]].concat()));
    calls.extend([0x3256_89f9u32, 0xa7f0_b3de, 0x5c97_5abb].map(|getter| ask(registry, &getter.to_be_bytes())));
    let items = checked(session, block, calls).await?;
    let mut reading =
        RegistryReading { chain_id: request.chain.get(), method: ReadMethod::Calls, ..Default::default() };
    let mut outcomes = items.into_iter().map(|item| outcome(session, item)).collect::<Result<Vec<_>, _>>()?;

    let target = clone_target_address(registry_code).filter(|target| !target.is_zero());
    let factory = outcomes.get(7).and_then(address);
    let mut implementation = None;
    if target.is_some() || factory.is_some() {
        let mut calls: Vec<Call> = target.into_iter().chain(factory).map(code_of).collect();
        calls.extend(factory.map(|factory| ask(factory, &0x5c60_da1bu32.to_be_bytes())));
        let mut items = checked(session, block, calls).await?.into_iter();
        if let Some(target) = target {
            reading.clone_target = Some(facts(target, &code(session, items.next())?));
        }
        if let Some(factory) = factory {
            reading.factory_code = facts(factory, &code(session, items.next())?);
        }
        if let Some(item) = items.next() {
            let answer = outcome(session, item)?;
            implementation = address(&answer);
            outcomes.push(answer);
        }
    }
    if let (Some(factory), Some(implementation)) = (factory, implementation) {
        reading.escrow = escrow_address(factory, registry, token, implementation);
        let mut calls = vec![code_of(implementation), code_of(reading.escrow)];
        calls.extend(ESCROW_GETTERS.map(|getter| ask(reading.escrow, &getter.to_be_bytes())));
        let mut items = checked(session, block, calls).await?.into_iter();
        reading.escrow_implementation_code = facts(implementation, &code(session, items.next())?);
        reading.escrow_code = code(session, items.next())?;
        reading.escrow_code_size = reading.escrow_code.len() as u64;
        reading.escrow_code.truncate(45);
        for item in items {
            outcomes.push(outcome(session, item)?);
        }
    }
    outcomes.resize(lens::CALLS, CallReading::default());
    lens::assign(&mut reading, outcomes).ok_or_else(|| session.not_an_answer("too many results"))?;
    Ok(reading)
}

fn supports_interface(id: [u8; 4]) -> Vec<u8> {
    let mut data = [[0x01, 0xff, 0xc9, 0xa7], id].concat();
    data.resize(36, 0);
    data
}

fn facts(address: Address, code: &[u8]) -> CodeReading {
    let stripped_hash = keccak256(without_metadata(code));
    CodeReading { address, size: code.len() as u64, hash: keccak256(code), stripped_hash }
}

/// An address only from exactly one clean word (chain.md 6.11).
fn address(answer: &CallReading) -> Option<Address> {
    let word: [u8; 32] = answer.data.as_slice().try_into().ok().filter(|_| answer.success)?;
    let address = word.strip_prefix(&[0; 12]).and_then(|address| address.try_into().ok()).map(Address);
    address.filter(|address| !address.is_zero())
}

fn outcome(session: &Session<'_>, item: Item) -> Result<CallReading, Unavailable> {
    let (success, data) = match &item {
        Ok(value) => (true, value.as_str().and_then(bytes)),
        Err(error) if error.is_revert() => (false, Some(revert_data(&error.data))),
        Err(error) => return Err(session.not_an_answer(format!("the node refused a call with error {}", error.code))),
    };
    let mut data = data.ok_or_else(|| session.not_an_answer("a call result is not bytes"))?;
    data.truncate(lens::LONGEST_ANSWER);
    Ok(CallReading { success, data })
}

/// Nodes put the revert data into `data` itself, or into `data.data` or `data.result`.
fn revert_data(data: &Value) -> Vec<u8> {
    let text = data.as_str().or_else(|| data.get("data")?.as_str()).or_else(|| data.get("result")?.as_str());
    text.and_then(bytes).unwrap_or_default()
}

/// registry, tokenId, beneficiary, holder, nominee, active, isHoldingToken, prevBeneficiary, prevHolder, remark.
const ESCROW_GETTERS: [u32; 10] = [
    0x7b10_3999,
    0x17d7_0f7c,
    0x38af_3eed,
    0xe534_155d,
    0x20f9_9c0a,
    0x02fb_0c5e,
    0xc943_7e5e,
    0xbd1d_07b5,
    0x035a_edfa,
    0xa47d_1f5e,
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn revert_data_is_found_where_nodes_put_it() {
        for data in [json!("0x08c379a0"), json!({"data": "0x08c379a0"}), json!({"result": "0x08c379a0"})] {
            assert_eq!(revert_data(&data), [0x08, 0xc3, 0x79, 0xa0], "{data}");
        }
        assert!(revert_data(&json!({"other": 1})).is_empty());
    }
}
