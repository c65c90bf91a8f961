//! Error objects: the codes of JSON-RPC 2.0 and EIP-1474, and 3 with the revert data where a contract reverted.

use serde_json::{Value, json};

use crate::primitives::encode_hex;
use crate::testchain::chain::ChainError;

/// The error object of a reply.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct RpcError {
    pub code: i64,
    pub message: String,
    pub data: Option<Value>,
}

impl RpcError {
    pub(super) fn params(message: impl Into<String>) -> Self {
        Self::new(INVALID_PARAMS, message)
    }

    pub(super) fn new(code: i64, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), data: None }
    }

    /// Says which parameter is meant.
    pub(super) fn about(mut self, name: &str) -> Self {
        self.message = format!("{name}: {}", self.message);
        self
    }

    pub(super) fn to_json(&self) -> Value {
        let mut object = json!({"code": self.code, "message": self.message});
        if let Some(data) = &self.data {
            object["data"] = data.clone();
        }
        object
    }
}

impl From<ChainError> for RpcError {
    fn from(error: ChainError) -> Self {
        let code = match &error {
            ChainError::Reverted(_) => REVERTED,
            ChainError::Halted(_) => INTERNAL,
            ChainError::UnknownAccount(_)
            | ChainError::Transaction(_)
            | ChainError::NoSuchNumber { .. }
            | ChainError::Time { .. } => INVALID_PARAMS,
            ChainError::NotExecutable(_) => INVALID_INPUT,
            ChainError::NoSuchHash(_) => NOT_FOUND,
            ChainError::StateForgotten { .. } => UNAVAILABLE,
            ChainError::OtherChain { .. } | ChainError::Nonce { .. } | ChainError::Funds(_) => REJECTED,
            ChainError::TooManyLogs(_) | ChainError::Full(_) => LIMIT,
        };
        let data = match &error {
            ChainError::Reverted(output) => Some(json!(format!("0x{}", encode_hex(output)))),
            _ => None,
        };
        Self { code, message: error.to_string(), data }
    }
}

pub(super) const PARSE: i64 = -32700;
pub(super) const INVALID_REQUEST: i64 = -32600;
pub(super) const NO_SUCH_METHOD: i64 = -32601;
pub(super) const INVALID_PARAMS: i64 = -32602;
pub(super) const INTERNAL: i64 = -32603;
/// EIP-1474 from here.
pub(super) const INVALID_INPUT: i64 = -32000;
pub(super) const NOT_FOUND: i64 = -32001;
pub(super) const UNAVAILABLE: i64 = -32002;
pub(super) const REJECTED: i64 = -32003;
pub(super) const LIMIT: i64 = -32005;
/// What nodes answer when a contract reverted.
pub(super) const REVERTED: i64 = 3;
