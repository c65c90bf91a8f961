//! Whether an account made a signature, from what was read of the account at one block (checks.md §11.3). An account without
//! code signs with its key; of a contract it is asked whether it accepts the signature (ERC-1271), and of one that is not
//! deployed yet whether it would (ERC-6492).

use super::PresentedSignature;
use crate::evidence::{AccountSignatureReading, AskedAccount};
use crate::identity::{InvalidSignature, RootSignature};
use crate::primitives::{Address, Digest32};
use crate::title::account::AccountKind;

/// How an account signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Control {
    /// With its key.
    Key,
    /// Its contract accepts the signature.
    Contract,
    /// The contract that would be deployed there does.
    ContractToBe,
}

impl Control {
    /// How, in one sentence.
    pub(crate) fn sentence(self, account: Address) -> String {
        match self {
            Self::Key => format!("signed with the key of {account}"),
            Self::Contract => format!("the contract at {account} accepts the signature (ERC-1271)"),
            Self::ContractToBe => {
                format!("the contract that would be deployed at {account} accepts the signature (ERC-6492)")
            }
        }
    }
}

/// Why nothing shows that it did.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum NoControl {
    /// No key's signature at all.
    #[error("{account} is an account without a contract, and this is no signature of a key: {why}")]
    Form { account: Address, why: KeyForm },
    /// Another key's.
    #[error("the signature leads to {found}, not to {account}: another account signed, or another text")]
    OtherSigner { account: Address, found: Address },
    /// Of no key.
    #[error("no key made this signature of this text, so {account} did not either")]
    Nobody { account: Address },
    /// The contract says no.
    #[error("the contract at {account} does not accept the signature: {}", answered(.answer))]
    Refused { account: Address, answer: Refusal },
    /// Nothing was deployed.
    #[error("nothing is deployed at {account}, and what comes with the signature deploys nothing there")]
    NotDeployed { account: Address },
    /// It did not come to an answer.
    #[error("the contract at {account} came to no answer within the gas that it was given")]
    NoAnswer { account: Address },
}

impl NoControl {
    /// Whether it speaks against the signature, or only leaves it open.
    pub(crate) fn is_open(&self) -> bool {
        matches!(self, Self::NoAnswer { .. })
    }
}

/// What is wrong with the bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum KeyForm {
    #[error("it has 64 bytes; the compact form of EIP-2098 is not taken, ask for the usual one of 65")]
    Compact,
    #[error("it has {0} bytes instead of 65")]
    Length(usize),
    #[error("{0}")]
    Other(InvalidSignature),
}

/// How a contract said no.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Refusal {
    Reverted,
    OtherWord,
    Length(usize),
}

fn answered(refusal: &Refusal) -> String {
    match refusal {
        Refusal::Reverted => "it refused the call".to_owned(),
        Refusal::OtherWord => "it answered with another value".to_owned(),
        Refusal::Length(0) => "it answers nothing, so it may not know ERC-1271".to_owned(),
        Refusal::Length(length) if *length > YES.len() => "it answered with more than 32 bytes".to_owned(),
        Refusal::Length(length) => format!("it answered with {length} of 32 bytes"),
    }
}

/// Whether the account of `reading` signed `digest`.
pub(crate) fn control(
    reading: &AccountSignatureReading,
    digest: Digest32,
    signature: &PresentedSignature,
) -> Result<Control, NoControl> {
    let account = reading.account.address;
    match AccountKind::of(&reading.account) {
        AccountKind::Ordinary if signature.deployment.is_some() => {
            match (reading.deployed_size, &reading.asked) {
                (0, AskedAccount::OutOfGas) => return Err(NoControl::NoAnswer { account }),
                (0, _) => return Err(NoControl::NotDeployed { account }),
                _ => {}
            }
            accepted(account, &reading.asked).map(|()| Control::ContractToBe)
        }
        // Its key acts for it whatever code it runs (EIP-7702).
        AccountKind::Delegated { .. } => match by_key(account, digest, signature) {
            Ok(()) => Ok(Control::Key),
            Err(_) => accepted(account, &reading.asked).map(|()| Control::Contract),
        },
        AccountKind::Ordinary | AccountKind::Burn => by_key(account, digest, signature).map(|()| Control::Key),
        AccountKind::Contract | AccountKind::Clone { .. } => {
            accepted(account, &reading.asked).map(|()| Control::Contract)
        }
    }
}

fn by_key(account: Address, digest: Digest32, signature: &PresentedSignature) -> Result<(), NoControl> {
    match key_signer(digest, &signature.bytes) {
        Ok(Some(found)) if found == account => Ok(()),
        Ok(Some(found)) => Err(NoControl::OtherSigner { account, found }),
        Ok(None) => Err(NoControl::Nobody { account }),
        Err(why) => Err(NoControl::Form { account, why }),
    }
}

/// The account whose key signed `digest`; `None` where no key could have.
pub(crate) fn key_signer(digest: Digest32, bytes: &[u8]) -> Result<Option<Address>, KeyForm> {
    match bytes.len() {
        65 => {}
        64 => return Err(KeyForm::Compact),
        found => return Err(KeyForm::Length(found)),
    }
    let signature = RootSignature::of_bytes(bytes).map_err(KeyForm::Other)?;
    Ok(signature.signer_of(digest))
}

/// One answer means yes: the selector as `bytes4`, and zeros up to the end of the word.
fn accepted(account: Address, asked: &AskedAccount) -> Result<(), NoControl> {
    let answer = match asked {
        AskedAccount::Answered(answer) => answer,
        AskedAccount::OutOfGas | AskedAccount::NotAsked => return Err(NoControl::NoAnswer { account }),
    };
    let refused = |answer| Err(NoControl::Refused { account, answer });
    match (answer.success, answer.data.as_slice()) {
        (false, _) => refused(Refusal::Reverted),
        (true, data) if data == YES => Ok(()),
        (true, data) if data.len() == YES.len() => refused(Refusal::OtherWord),
        (true, data) => refused(Refusal::Length(data.len())),
    }
}

/// `bytes4(keccak256("isValidSignature(bytes32,bytes)"))` as a word.
const YES: [u8; 32] = {
    let mut word = [0; 32];
    [word[0], word[1], word[2], word[3]] = [0x16, 0x26, 0xba, 0x7e];
    word
};
