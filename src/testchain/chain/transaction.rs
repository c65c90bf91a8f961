//! Signed transactions in their three forms: legacy with a chain id (EIP-155), EIP-2930 and EIP-1559. Reading is strict:
//! what does not encode back to the same bytes is refused, so one transaction has one hash.

use ethers::utils::rlp::{DecoderError, Rlp, RlpStream};
use k256::ecdsa::{RecoveryId, Signature as EcdsaSignature, SigningKey, VerifyingKey};

use crate::identity::address_of;
use crate::primitives::{Address, ChainId, Digest32, keccak256};

/// What a sender wants done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Transaction {
    /// The only chain it is for.
    pub chain: ChainId,
    /// The sender's count of transactions before this one.
    pub nonce: u64,
    /// Its form, and what it pays.
    pub form: Form,
    /// The most gas it may use.
    pub gas_limit: u64,
    /// The receiver; `None` creates a contract.
    pub to: Option<Address>,
    /// Wei to move. More than 128 bits do not exist here.
    pub value: u128,
    /// Call data or creation code.
    pub input: Vec<u8>,
}

/// The form of a transaction, with what only this form has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Form {
    /// EIP-155.
    Legacy {
        /// Wei for each unit of gas.
        gas_price: u128,
    },
    /// EIP-2930, type 1.
    AccessList {
        /// Wei for each unit of gas.
        gas_price: u128,
        /// What the transaction says it will touch.
        access_list: Vec<AccessListEntry>,
    },
    /// EIP-1559, type 2.
    DynamicFee {
        /// The most wei for each unit of gas.
        max_fee_per_gas: u128,
        /// Of these, the most for the block's producer.
        max_priority_fee_per_gas: u128,
        /// What the transaction says it will touch.
        access_list: Vec<AccessListEntry>,
    },
}

impl Form {
    /// The EIP-2718 type number.
    pub fn number(&self) -> u8 {
        match self {
            Self::Legacy { .. } => 0,
            Self::AccessList { .. } => 1,
            Self::DynamicFee { .. } => 2,
        }
    }

    /// What the transaction says it will touch.
    pub fn access_list(&self) -> &[AccessListEntry] {
        match self {
            Self::Legacy { .. } => &[],
            Self::AccessList { access_list, .. } | Self::DynamicFee { access_list, .. } => access_list,
        }
    }

    /// The most wei that a unit of gas may cost.
    pub fn price_cap(&self) -> u128 {
        match self {
            Self::Legacy { gas_price } | Self::AccessList { gas_price, .. } => *gas_price,
            Self::DynamicFee { max_fee_per_gas, .. } => *max_fee_per_gas,
        }
    }

    /// The most wei that a unit of gas pays to the producer, where the form limits it.
    pub fn priority_cap(&self) -> Option<u128> {
        match self {
            Self::DynamicFee { max_priority_fee_per_gas, .. } => Some(*max_priority_fee_per_gas),
            _ => None,
        }
    }
}

/// An address and the slots of it that a transaction announces.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccessListEntry {
    /// The contract.
    pub address: Address,
    /// Its storage slots.
    pub storage_keys: Vec<Digest32>,
}

/// An ECDSA signature on secp256k1 with the parity that gives the key back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Signature {
    /// Whether the y coordinate is odd.
    pub y_is_odd: bool,
    /// The signature's r.
    pub r: [u8; 32],
    /// The signature's s, in the lower half (EIP-2).
    pub s: [u8; 32],
}

/// A transaction with a signature that gave an address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedTransaction {
    /// What was signed.
    pub transaction: Transaction,
    /// The signature.
    pub signature: Signature,
    /// The address of the signing key.
    pub sender: Address,
    /// Keccak-256 of [`SignedTransaction::raw`].
    pub hash: Digest32,
    /// The bytes that travel.
    pub raw: Vec<u8>,
}

/// Why bytes are not a transaction for this chain's kind, or why none could be signed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TransactionError {
    /// No bytes.
    #[error("empty transaction data")]
    Empty,
    /// Not the encoding of a transaction.
    #[error("the transaction cannot be decoded: {0}")]
    Encoding(&'static str),
    /// A type that this chain does not take.
    #[error("transactions of type {0:#x} are not accepted: use legacy with a chain id, 0x1 or 0x2")]
    UnknownType(u8),
    /// A legacy transaction that any chain would accept.
    #[error("the legacy transaction is not bound to a chain (EIP-155)")]
    NoChainId,
    /// The signature is out of range, has a high s, or gives no key.
    #[error("the signature is not valid")]
    Signature,
    /// Not a private key of secp256k1.
    #[error("the private key is not valid")]
    Key,
}

impl SignedTransaction {
    /// Reads the bytes of `eth_sendRawTransaction`.
    pub fn decode(raw: &[u8]) -> Result<Self, TransactionError> {
        let (transaction, signature) = match raw {
            [] => return Err(TransactionError::Empty),
            [0x01, body @ ..] => typed(&Rlp::new(body), 1)?,
            [0x02, body @ ..] => typed(&Rlp::new(body), 2)?,
            [0xc0..=0xff, ..] => legacy(&Rlp::new(raw))?,
            [other, ..] => return Err(TransactionError::UnknownType(*other)),
        };
        if transaction.encoded(Some(&signature)) != raw {
            return Err(TransactionError::Encoding("not the one canonical encoding"));
        }
        let sender = signature.signer(transaction.signing_hash()).ok_or(TransactionError::Signature)?;
        Ok(Self { transaction, signature, sender, hash: keccak256(raw), raw: raw.to_vec() })
    }
}

impl Transaction {
    /// Signs with a private key, deterministically (RFC 6979).
    pub fn sign(self, key: &[u8; 32]) -> Result<SignedTransaction, TransactionError> {
        let sender = address_of_key(key).ok_or(TransactionError::Key)?;
        let signature = Signature::of(self.signing_hash(), key)?;
        let raw = self.encoded(Some(&signature));
        Ok(SignedTransaction { transaction: self, signature, sender, hash: keccak256(&raw), raw })
    }

    pub(super) fn signing_hash(&self) -> Digest32 {
        keccak256(self.encoded(None))
    }

    /// The signed bytes, or those that are signed where there is no signature yet.
    pub(super) fn encoded(&self, signature: Option<&Signature>) -> Vec<u8> {
        let mut rlp = RlpStream::new();
        rlp.begin_unbounded_list();
        if self.form.number() > 0 {
            rlp.append(&self.chain.get());
        }
        rlp.append(&self.nonce);
        if let Some(priority) = self.form.priority_cap() {
            rlp.append(&priority);
        }
        rlp.append(&self.form.price_cap()).append(&self.gas_limit);
        rlp.append(&self.to.as_ref().map_or(&[][..], |to| &to.0[..])).append(&self.value).append(&self.input);
        let parity = signature.map(|signature| u64::from(signature.y_is_odd));
        if self.form.number() == 0 {
            let first = parity.map_or(self.chain.get(), |parity| legacy_v(self.chain, parity));
            rlp.append(&first);
        } else {
            append_access_list(&mut rlp, self.form.access_list());
            if let Some(parity) = parity {
                rlp.append(&parity);
            }
        }
        match signature {
            Some(signature) => rlp.append(&without_zeros(&signature.r)).append(&without_zeros(&signature.s)),
            None if self.form.number() == 0 => rlp.append(&0u8).append(&0u8),
            None => &mut rlp,
        };
        rlp.finalize_unbounded_list();
        let mut out = Vec::with_capacity(rlp.len() + 1);
        if self.form.number() > 0 {
            out.push(self.form.number());
        }
        out.extend_from_slice(&rlp.out());
        out
    }
}

impl Signature {
    /// Signs a hash with a private key, deterministically (RFC 6979).
    pub fn of(hash: Digest32, key: &[u8; 32]) -> Result<Self, TransactionError> {
        let key = SigningKey::from_slice(key).map_err(|_| TransactionError::Key)?;
        let (signature, recovery) = key.sign_prehash_recoverable(&hash.0);
        let (r, s) = signature.split_bytes();
        Ok(Self { y_is_odd: recovery.is_y_odd(), r: r.into(), s: s.into() })
    }

    /// As wallets hand over the signature of a message: r, s, and 27 or 28.
    pub fn to_bytes(&self) -> [u8; 65] {
        let mut bytes = [0; 65];
        bytes[..32].copy_from_slice(&self.r);
        bytes[32..64].copy_from_slice(&self.s);
        bytes[64] = 27 + u8::from(self.y_is_odd);
        bytes
    }

    /// The `v` of JSON-RPC: the parity, and for a legacy transaction the chain id with it.
    pub fn v(&self, transaction: &Transaction) -> u64 {
        let parity = u64::from(self.y_is_odd);
        match transaction.form {
            Form::Legacy { .. } => legacy_v(transaction.chain, parity),
            _ => parity,
        }
    }

    fn signer(&self, hash: Digest32) -> Option<Address> {
        let signature = EcdsaSignature::from_scalars(self.r, self.s).ok()?;
        if signature.normalize_s() != signature {
            return None;
        }
        let key = VerifyingKey::recover_from_prehash(&hash.0, &signature, RecoveryId::new(self.y_is_odd, false));
        key.ok().as_ref().map(address_of)
    }
}

/// The address that a private key controls; `None` for bytes that are no key.
pub fn address_of_key(key: &[u8; 32]) -> Option<Address> {
    SigningKey::from_slice(key).ok().map(|key| address_of(key.verifying_key()))
}

fn legacy(rlp: &Rlp<'_>) -> Result<(Transaction, Signature), TransactionError> {
    if rlp.item_count()? != 9 {
        return Err(TransactionError::Encoding("a legacy transaction has 9 fields"));
    }
    let v: u64 = rlp.val_at(6)?;
    let replay = v.checked_sub(35).ok_or(TransactionError::NoChainId)?;
    let chain = ChainId::try_from(replay / 2).map_err(|_| TransactionError::NoChainId)?;
    let form = Form::Legacy { gas_price: rlp.val_at(1)? };
    let signature = Signature { y_is_odd: replay % 2 == 1, r: scalar(&rlp.at(7)?)?, s: scalar(&rlp.at(8)?)? };
    Ok((body(rlp, chain, rlp.val_at(0)?, form, 2)?, signature))
}

fn typed(rlp: &Rlp<'_>, number: u8) -> Result<(Transaction, Signature), TransactionError> {
    let fees = usize::from(number);
    let count = 10 + fees;
    if rlp.item_count()? != count {
        return Err(TransactionError::Encoding("the number of fields is not that of the transaction's type"));
    }
    let chain: u64 = rlp.val_at(0)?;
    let chain = ChainId::try_from(chain).map_err(|_| TransactionError::NoChainId)?;
    let access_list = access_list(&rlp.at(count - 4)?)?;
    let form = match number {
        1 => Form::AccessList { gas_price: rlp.val_at(2)?, access_list },
        _ => {
            Form::DynamicFee { max_priority_fee_per_gas: rlp.val_at(2)?, max_fee_per_gas: rlp.val_at(3)?, access_list }
        }
    };
    let y_is_odd = match rlp.val_at::<u8>(count - 3)? {
        0 => false,
        1 => true,
        _ => return Err(TransactionError::Signature),
    };
    let signature = Signature { y_is_odd, r: scalar(&rlp.at(count - 2)?)?, s: scalar(&rlp.at(count - 1)?)? };
    Ok((body(rlp, chain, rlp.val_at(1)?, form, 2 + fees)?, signature))
}

/// Gas limit, receiver, value and input, which stand together in every form, from field `first` on.
fn body(rlp: &Rlp<'_>, chain: ChainId, nonce: u64, form: Form, first: usize) -> Result<Transaction, TransactionError> {
    let to = match rlp.at(first + 1)?.data()? {
        [] => None,
        bytes => {
            Some(Address(bytes.try_into().map_err(|_| TransactionError::Encoding("the receiver is not an address"))?))
        }
    };
    let (gas_limit, value) = (rlp.val_at(first)?, rlp.val_at(first + 2)?);
    let input = rlp.at(first + 3)?.data()?.to_vec();
    Ok(Transaction { chain, nonce, form, gas_limit, to, value, input })
}

fn access_list(rlp: &Rlp<'_>) -> Result<Vec<AccessListEntry>, TransactionError> {
    let not_one = |_| TransactionError::Encoding("the access list is not one");
    let entry = |item: Rlp<'_>| {
        let keys = item.at(1)?;
        let address = item.at(0)?.data()?.try_into().map(Address).map_err(not_one)?;
        let keys = keys.iter().map(|key| key.data()?.try_into().map(Digest32).map_err(not_one));
        Ok(AccessListEntry { address, storage_keys: keys.collect::<Result<_, TransactionError>>()? })
    };
    rlp.iter().map(entry).collect()
}

/// A number of at most 32 bytes, padded.
fn scalar(rlp: &Rlp<'_>) -> Result<[u8; 32], TransactionError> {
    let bytes = rlp.data()?;
    let mut out = [0; 32];
    let start = out.len().checked_sub(bytes.len()).ok_or(TransactionError::Signature)?;
    out[start..].copy_from_slice(bytes);
    Ok(out)
}

fn append_access_list(rlp: &mut RlpStream, list: &[AccessListEntry]) {
    rlp.begin_list(list.len());
    for entry in list {
        rlp.begin_list(2).append(&&entry.address.0[..]).begin_list(entry.storage_keys.len());
        for key in &entry.storage_keys {
            rlp.append(&&key.0[..]);
        }
    }
}

fn legacy_v(chain: ChainId, parity: u64) -> u64 {
    chain.get().saturating_mul(2).saturating_add(35 + parity)
}

fn without_zeros(number: &[u8; 32]) -> &[u8] {
    let start = number.iter().position(|&byte| byte != 0).unwrap_or(number.len());
    number.get(start..).unwrap_or_default()
}

impl From<DecoderError> for TransactionError {
    fn from(error: DecoderError) -> Self {
        Self::Encoding(match error {
            DecoderError::RlpIsTooShort => "it is cut short",
            DecoderError::RlpIsTooBig => "a field is too large",
            DecoderError::RlpInvalidIndirection => "a number has leading zeros",
            _ => "not the RLP of a transaction",
        })
    }
}
