//! Where two endpoints' answers to one question differ, for a sentence that names both values. What is newest is not
//! compared: endpoints may be at different heights.

use serde_json::Value;

use crate::evidence::Fact;
use crate::primitives::{Digest32, keccak256};

/// A field and what it is on either side.
pub(super) struct Difference {
    pub field: String,
    pub left: String,
    pub right: String,
}

/// The first field that differs, whatever the way they were read. Both are compared as they are written into evidence, so
/// that no field can be forgotten.
pub(super) fn first_difference(left: &Fact, right: &Fact) -> Option<Difference> {
    if left == right {
        return None;
    }
    let written = |fact: &Fact| {
        let mut written = serde_json::to_value(fact).unwrap_or_default();
        if let Some(members) = written.as_object_mut() {
            NOT_COMPARED.iter().for_each(|name| drop(members.remove(*name)));
        }
        written
    };
    let (left, right) = (written(left), written(right));
    (left != right).then(|| Difference::inside(String::new(), &left, &right))
}

/// How the state was read, and what each says of its own newest block.
const NOT_COMPARED: [&str; 2] = ["method", "newest"];

impl Difference {
    /// Two hashes of one height.
    pub(super) fn in_hash(left: &Digest32, right: &Digest32) -> Self {
        Self { field: "block.hash".to_owned(), left: left.to_string(), right: right.to_string() }
    }

    /// Goes down to the first value that differs.
    fn inside(field: String, left: &Value, right: &Value) -> Self {
        let deeper = match (left, right) {
            (Value::Object(left), Value::Object(right)) => left.iter().find_map(|(name, left)| {
                let right = right.get(name)?;
                let dot = if field.is_empty() { "" } else { "." };
                (left != right).then(|| (format!("{field}{dot}{name}"), left, right))
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
    use crate::evidence::{
        CallReading, ContractReading, Finality, InterfaceReading, Newest, NodeReading, ReadMethod, RegistryReading,
        StoreReading, TitleReading,
    };
    use crate::primitives::Address;

    fn differs(change: impl FnOnce(&mut RegistryReading)) -> Option<String> {
        let one = RegistryReading {
            title: TitleReading { holder: CallReading { success: true, data: vec![0; 32] }, ..TitleReading::default() },
            contract: ContractReading {
                interfaces: vec![InterfaceReading { id: vec![1; 4], answer: CallReading::default() }],
                ..ContractReading::default()
            },
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
        assert_eq!(differs(|other| other.newest = Newest::Itself), None);
        assert_eq!(differs(|other| other.title.holder.data[31] = 0x4d).unwrap(), "title.holder.data 0x0 0x4d");
        assert_eq!(differs(|other| other.title.holder.success = false).unwrap(), "title.holder.success true false");
        assert_eq!(
            differs(|other| other.contract.interfaces[0].answer.data = vec![7]).unwrap(),
            "contract.interfaces[0].answer.data nothing 0x07"
        );
        assert_eq!(differs(|other| other.block.number = 9).unwrap(), "block.number 0 9");
        assert_eq!(differs(|other| other.block.finality = Finality::Safe).unwrap(), "block.finality latest safe");
        assert!(
            differs(|other| other.contract.proxy_slots.admin = Address::DEAD)
                .unwrap()
                .starts_with("contract.proxy_slots.admin ")
        );
        assert!(
            differs(|other| other.contract.clone_target = Some(Default::default()))
                .unwrap()
                .starts_with("contract.clone_target null ")
        );
        let code = differs(|other| other.contract.code = vec![0x60; 5000]).unwrap();
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
