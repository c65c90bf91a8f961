//! The frame of JSON-RPC 2.0: one call or a batch, ids, notifications, and the size of what is sent back.

use serde_json::{Value, json};

use super::error::{INVALID_REQUEST, LIMIT, PARSE, RpcError};
use super::methods;
use super::session::Session;

/// The most calls of a batch.
pub(super) const MAX_BATCH: usize = 1000;
/// The most bytes of an answer.
pub(super) const MAX_ANSWER: usize = 64 << 20;

/// The answer to the body of a request; `None` where it was only notifications. A batch is answered at one go: nothing
/// comes between its calls.
pub(super) fn answer(session: &mut Session<'_>, body: &[u8]) -> Option<String> {
    let request: Value = match serde_json::from_slice(body) {
        Ok(request) => request,
        Err(_) => return Some(failure(Value::Null, &RpcError::new(PARSE, "the request is not JSON"))),
    };
    match request {
        Value::Array(calls) if calls.is_empty() => Some(failure(Value::Null, &invalid("the batch is empty"))),
        Value::Array(calls) if calls.len() > MAX_BATCH => {
            Some(failure(Value::Null, &invalid(format!("a batch has at most {MAX_BATCH} calls"))))
        }
        Value::Array(calls) => {
            let mut size = 0;
            let mut replies = Vec::new();
            for call in calls {
                let reply = one(session, call, MAX_ANSWER.saturating_sub(size));
                size += reply.as_ref().map_or(0, String::len);
                replies.extend(reply);
            }
            (!replies.is_empty()).then(|| format!("[{}]", replies.join(",")))
        }
        call => one(session, call, MAX_ANSWER),
    }
}

/// The reply to one call; `None` to a notification, which is carried out all the same.
fn one(session: &mut Session<'_>, call: Value, room: usize) -> Option<String> {
    let Value::Object(mut call) = call else {
        return Some(failure(Value::Null, &invalid("a call is an object")));
    };
    let (id, wants_reply) = match call.remove("id") {
        None => (Value::Null, false),
        Some(id @ (Value::Null | Value::String(_) | Value::Number(_))) => (id, true),
        Some(_) => return Some(failure(Value::Null, &invalid("an id is a text, a number or null"))),
    };
    let params = call.remove("params");
    let valid = call.get("jsonrpc").is_some_and(|version| version == "2.0")
        && matches!(params, None | Some(Value::Null | Value::Array(_) | Value::Object(_)));
    let Some(method) = call.get("method").and_then(Value::as_str).filter(|_| valid) else {
        return Some(failure(id, &invalid("a call has jsonrpc \"2.0\", a method and perhaps params")));
    };
    let reply = match methods::answer(session, method, params) {
        Ok(result) => success(&id, &result),
        Err(error) => failure(id.clone(), &error),
    };
    if !wants_reply {
        return None;
    }
    if reply.len() > room {
        return Some(failure(id, &RpcError::new(LIMIT, "the answer is too large")));
    }
    Some(reply)
}

fn success(id: &Value, result: &Value) -> String {
    json!({"jsonrpc": "2.0", "id": id, "result": result}).to_string()
}

fn failure(id: Value, error: &RpcError) -> String {
    json!({"jsonrpc": "2.0", "id": id, "error": error.to_json()}).to_string()
}

fn invalid(message: impl Into<String>) -> RpcError {
    RpcError::new(INVALID_REQUEST, message)
}
