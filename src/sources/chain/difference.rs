//! Where two endpoints' answers to one question differ, for a sentence that names both values. What is newest is not
//! compared: endpoints may be at different heights.

use serde::Serialize;
use serde_json::Value;

use crate::evidence::{
    DidEthrReading, Fact, HistoryReading, PowersReading, RegistryReading, RevocationReading, StoreReading,
};
use crate::primitives::{Digest32, keccak256};

/// A field and what it is on either side.
pub(super) struct Difference {
    pub field: String,
    pub left: String,
    pub right: String,
}

/// The first field that differs, in the order of the readings, whatever the way they were read.
pub(super) fn first_difference(left: &Fact, right: &Fact) -> Option<Difference> {
    macro_rules! compare {
        ($reading:ident { $($field:ident),* $(,)? } but not [$($ignored:ident),*], $left:expr, $right:expr) => {{
            let (left, right) = ($left, $right);
            // A new field does not compile until it is compared.
            let $reading { $($field,)* $($ignored: _),* } = left;
            $(if *$field != right.$field {
                return Some(Difference::in_field(stringify!($field), left, right));
            })*
            None
        }};
    }
    match (left, right) {
        (Fact::Registry(left), Fact::Registry(right)) => compare!(
            RegistryReading {
                chain_id,
                block,
                registry_code,
                clone_target,
                proxy_slots,
                interfaces,
                owner_of,
                factory,
                factory_code,
                escrow_implementation,
                escrow_implementation_code,
                genesis,
                paused,
                escrow,
                escrow_code,
                escrow_code_size,
                escrow_registry,
                escrow_token_id,
                beneficiary,
                holder,
                nominee,
                active,
                is_holding_token,
                prev_beneficiary,
                prev_holder,
                remark,
            } but not [method, newest],
            left.as_ref(),
            right.as_ref()
        ),
        (Fact::DocumentStore(left), Fact::DocumentStore(right)) => compare!(
            StoreReading {
                chain_id, block, code, batchable, transferable, everything, issued, issued_in_batch, nodes,
            } but not [newest],
            left.as_ref(),
            right.as_ref()
        ),
        (Fact::Revocation(left), Fact::Revocation(right)) => compare!(
            RevocationReading { chain_id, block, logs, transaction } but not [],
            left.as_ref(),
            right.as_ref()
        ),
        (Fact::DidEthr(left), Fact::DidEthr(right)) => compare!(
            DidEthrReading { chain_id, block, registry_code_size, owner, changed, events } but not [newest],
            left.as_ref(),
            right.as_ref()
        ),
        (Fact::History(left), Fact::History(right)) => compare!(
            HistoryReading { chain_id, block, escrow, logs, accounts } but not [],
            left.as_ref(),
            right.as_ref()
        ),
        (Fact::Powers(left), Fact::Powers(right)) => compare!(
            PowersReading { chain_id, block, genesis, genesis_time, logs, admins, holdings, accounts } but not [],
            left.as_ref(),
            right.as_ref()
        ),
        (left, right) => (left != right).then(|| Difference::in_field("fact", left, right)),
    }
}

impl Difference {
    /// Two hashes of one height.
    pub fn in_hash(left: &Digest32, right: &Digest32) -> Self {
        Self { field: "block.hash".to_owned(), left: left.to_string(), right: right.to_string() }
    }

    /// Both readings as they are written into evidence, where bytes are hexadecimal.
    fn in_field<R: Serialize>(field: &str, left: &R, right: &R) -> Self {
        let member = |reading: &R| {
            let whole = serde_json::to_value(reading).unwrap_or_default();
            whole.get(field).cloned().unwrap_or_default()
        };
        Self::inside(field.to_owned(), &member(left), &member(right))
    }

    /// Goes down to the first value that differs.
    fn inside(field: String, left: &Value, right: &Value) -> Self {
        let deeper = match (left, right) {
            (Value::Object(left), Value::Object(right)) => left.iter().find_map(|(name, left)| {
                let right = right.get(name)?;
                (left != right).then(|| (format!("{field}.{name}"), left, right))
            }),
            (Value::Array(left), Value::Array(right)) => left
                .iter()
                .zip(right)
                .enumerate()
                .find_map(|(index, pair)| (pair.0 != pair.1).then(|| (format!("{field}[{index}]"), pair.0, pair.1))),
            _ => None,
        };
        match deeper {
            Some((field, left, right)) => Self::inside(field, left, right),
            None => Self { field, left: short(left), right: short(right) },
        }
    }
}

/// A value for a sentence: a word without its leading zeros, longer bytes by their beginning and hash.
fn short(value: &Value) -> String {
    let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    match text.strip_prefix("0x").filter(|_| text.is_ascii()) {
        Some(word) if word.len() == 64 => match word.trim_start_matches('0') {
            "" => "0x0".to_owned(),
            digits => format!("0x{digits}"),
        },
        Some("") => "nothing".to_owned(),
        _ if text.chars().count() > 66 => {
            let beginning: String = text.chars().take(18).collect();
            let hash = keccak256(&text).to_hex64();
            format!("{beginning}… ({} characters, hash {})", text.chars().count(), hash.get(..8).unwrap_or_default())
        }
        _ => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evidence::{CallReading, Finality, LatestReading, Newest, NodeReading, ReadMethod};
    use crate::primitives::Address;

    fn differs(change: impl FnOnce(&mut RegistryReading)) -> Option<String> {
        let one = RegistryReading {
            holder: CallReading { success: true, data: vec![0; 32] },
            interfaces: vec![crate::evidence::InterfaceReading { id: vec![1; 4], answer: CallReading::default() }],
            ..RegistryReading::default()
        };
        let mut other = one.clone();
        change(&mut other);
        first_difference(&Fact::Registry(Box::new(one)), &Fact::Registry(Box::new(other)))
            .map(|found| format!("{} {} {}", found.field, found.left, found.right))
    }

    #[test]
    fn the_first_difference_is_named_with_both_values() {
        assert_eq!(differs(|_| {}), None);
        assert_eq!(differs(|other| other.method = ReadMethod::Calls), None);
        assert_eq!(differs(|other| other.newest = Newest::Read(vec![LatestReading::default()])), None);
        assert_eq!(differs(|other| other.holder.data[31] = 0x4d).unwrap(), "holder.data 0x0 0x4d");
        assert_eq!(differs(|other| other.holder.success = false).unwrap(), "holder.success true false");
        assert_eq!(
            differs(|other| other.interfaces[0].answer.data = vec![7]).unwrap(),
            "interfaces[0].answer.data nothing 0x07"
        );
        assert_eq!(differs(|other| other.block.number = 9).unwrap(), "block.number 0 9");
        assert_eq!(differs(|other| other.block.finality = Finality::Safe).unwrap(), "block.finality latest safe");
        assert!(differs(|other| other.proxy_slots.admin = Address::DEAD).unwrap().starts_with("proxy_slots.admin "));
        assert!(
            differs(|other| other.clone_target = Some(Default::default())).unwrap().starts_with("clone_target null ")
        );
        let code = differs(|other| other.registry_code = vec![0x60; 5000]).unwrap();
        assert!(code.len() < 90 && code.contains("10002 characters"), "{code}");
    }

    #[test]
    fn store_readings_are_compared_to_the_last_node() {
        let one = StoreReading { nodes: vec![NodeReading::default(); 3], ..StoreReading::default() };
        let mut other = one.clone();
        other.nodes[2].revoked.success = true;
        let found =
            first_difference(&Fact::DocumentStore(Box::new(one.clone())), &Fact::DocumentStore(Box::new(other)));
        let found = found.map(|found| format!("{} {} {}", found.field, found.left, found.right));
        assert_eq!(found.unwrap(), "nodes[2].revoked.success false true");
        let same = Fact::DocumentStore(Box::new(one));
        assert!(first_difference(&same, &same).is_none());
    }
}
