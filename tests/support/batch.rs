//! Several acts of several accounts in one transaction, through the sample contract `BatchAccount`.

use ebl_verifier::primitives::{Address, keccak256};
use ethers::abi::{Token, encode};

/// Call data with which a `BatchAccount` makes these calls.
pub fn run(calls: &[(Address, Vec<u8>)]) -> Vec<u8> {
    let targets = calls.iter().map(|(to, _)| Token::Address(to.0.into())).collect();
    let data = calls.iter().map(|(_, data)| Token::Bytes(data.clone())).collect();
    let selector = &keccak256("run(address[],bytes[])").0[..4];
    [selector, &encode(&[Token::Array(targets), Token::Array(data)])].concat()
}

/// `grantRole` of a role by its name.
pub fn grant(role: &str, account: Address) -> Vec<u8> {
    let selector = &keccak256("grantRole(bytes32,address)").0[..4];
    let role = Token::FixedBytes(keccak256(role).0.to_vec());
    [selector, &encode(&[role, Token::Address(account.0.into())])].concat()
}
