//! JSON-RPC on a WebSocket: every message is a call or a batch, and what was subscribed to is told when it comes.

use hyper::body::Bytes;
use hyper::upgrade::Upgraded;
use hyper_util::rt::TokioIo;
use std::sync::Arc;
use std::time::Duration;

use futures_util::{SinkExt as _, StreamExt as _};
use tokio::time::{Instant, interval_at, timeout};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use tokio_tungstenite::tungstenite::protocol::{CloseFrame, Role, WebSocketConfig};
use tokio_tungstenite::tungstenite::{Error, Message};

use super::session::World;
use super::subscriptions::Subscriptions;
use super::{MAX_BODY, PATIENCE};

type Socket = WebSocketStream<TokioIo<Upgraded>>;

/// Serves one WebSocket until its client leaves, sends what is too large, takes nothing, or answers no ping.
pub(super) async fn converse(upgraded: Upgraded, world: &Arc<World>) {
    let limits = WebSocketConfig::default().max_message_size(Some(MAX_BODY)).max_frame_size(Some(MAX_BODY));
    let mut socket = WebSocketStream::from_raw_socket(TokioIo::new(upgraded), Role::Server, Some(limits)).await;
    let farewell = serve(&mut socket, world).await;
    // The client may be gone.
    let _ = timeout(FAREWELL, socket.close(farewell)).await;
}

async fn serve(socket: &mut Socket, world: &Arc<World>) -> Option<CloseFrame> {
    let mut blocks = world.blocks();
    let mut subscriptions = Subscriptions::new(*blocks.borrow_and_update());
    let mut heartbeat = interval_at(Instant::now() + HEARTBEAT, HEARTBEAT);
    let mut heard = true;
    loop {
        tokio::select! {
            message = socket.next() => {
                let body = match message? {
                    Ok(Message::Text(text)) => Bytes::from(text),
                    Ok(Message::Binary(bytes)) => bytes,
                    Ok(Message::Close(_)) => return None,
                    Ok(_) => {
                        heard = true;
                        continue;
                    }
                    Err(Error::Capacity(_)) => return Some(close(CloseCode::Size, "the message is too large")),
                    Err(_) => return None,
                };
                heard = true;
                let Ok((answer, kept)) = world.answer_message(body, subscriptions).await else {
                    return Some(close(CloseCode::Error, "the test chain failed: please report this"));
                };
                subscriptions = kept;
                if let Some(answer) = answer {
                    send(socket, answer).await?;
                }
            }
            changed = blocks.changed() => {
                if changed.is_err() {
                    return None;
                }
                let until = *blocks.borrow_and_update();
                loop {
                    let Ok((messages, kept)) = world.news(subscriptions, until).await else {
                        return Some(close(CloseCode::Error, "the test chain failed: please report this"));
                    };
                    subscriptions = kept;
                    if messages.is_empty() {
                        break;
                    }
                    for message in messages {
                        send(socket, message).await?;
                    }
                }
            }
            _ = heartbeat.tick() => {
                if !heard {
                    return None;
                }
                heard = false;
                timeout(PATIENCE, socket.send(Message::Ping(Bytes::new()))).await.ok()?.ok()?;
            }
        }
    }
}

/// `None` where the client does not take it.
async fn send(socket: &mut Socket, text: String) -> Option<()> {
    timeout(PATIENCE, socket.send(Message::text(text))).await.ok()?.ok()
}

fn close(code: CloseCode, reason: &'static str) -> CloseFrame {
    CloseFrame { code, reason: reason.into() }
}

const HEARTBEAT: Duration = Duration::from_secs(30);
const FAREWELL: Duration = Duration::from_secs(5);
