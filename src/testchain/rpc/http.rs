//! The conversation on one connection: HTTP, and the step from it to a WebSocket.

use std::convert::Infallible;
use std::pin::pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use http_body_util::{BodyExt, Full, Limited};
use hyper::body::{Bytes, Incoming};
use hyper::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN, ACCESS_CONTROL_MAX_AGE,
    ACCESS_CONTROL_REQUEST_HEADERS, ALLOW, CONNECTION, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue,
    SEC_WEBSOCKET_ACCEPT, SEC_WEBSOCKET_KEY, SEC_WEBSOCKET_VERSION, UPGRADE, VARY,
};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::upgrade::OnUpgrade;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::TcpStream;
use tokio::sync::OwnedSemaphorePermit;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;

use super::connections::Connection;
use super::gate::{Sender, admit};
use super::session::World;
use super::{MAX_BODY, PATIENCE, websocket};

/// A WebSocket that was agreed on, with its place.
type Agreed = Arc<Mutex<Option<(OnUpgrade, OwnedSemaphorePermit)>>>;

/// Serves one connection to its end.
pub(super) async fn converse(stream: TcpStream, world: Arc<World>, connection: Connection) {
    // Small answers should not wait for more to send.
    let _ = stream.set_nodelay(true);
    let agreed = Agreed::default();
    let service = service_fn(|request| {
        connection.work();
        async {
            let response = respond(request, &world, &agreed).await;
            if response.status() != StatusCode::SWITCHING_PROTOCOLS {
                connection.rest();
            }
            Ok::<_, Infallible>(response)
        }
    });
    let mut serving = pin!(
        http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(PATIENCE)
            .serve_connection(TokioIo::new(stream), service)
            .with_upgrades()
    );
    // A client that breaks off is not worth reporting.
    tokio::select! {
        _ = serving.as_mut() => {}
        () = connection.asked_to_leave() => {
            serving.as_mut().graceful_shutdown();
            let _ = tokio::time::timeout(FAREWELL, serving.as_mut()).await;
        }
    }
    let agreed = agreed.lock().unwrap_or_else(PoisonError::into_inner).take();
    if let Some((upgrade, _place)) = agreed
        && let Ok(upgraded) = upgrade.await
    {
        websocket::converse(upgraded, &world).await;
    }
}

async fn respond(request: Request<Incoming>, world: &Arc<World>, agreed: &Agreed) -> Response<Full<Bytes>> {
    let sender = match admit(request.uri(), request.headers(), &world.pages) {
        Ok(sender) => sender,
        Err(why) => return plain(StatusCode::FORBIDDEN, why),
    };
    let mut response = answered(request, &sender, world, agreed).await;
    if let Sender::Page(origin) = &sender
        && let Ok(origin) = HeaderValue::from_str(origin.as_str())
    {
        response.headers_mut().insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin);
        response.headers_mut().insert(VARY, HeaderValue::from_static("origin"));
    }
    response
}

async fn answered(
    request: Request<Incoming>,
    sender: &Sender,
    world: &Arc<World>,
    agreed: &Agreed,
) -> Response<Full<Bytes>> {
    match (request.method(), request.uri().path()) {
        (&Method::POST, "/") => {}
        (&Method::GET, "/") if request.headers().contains_key(UPGRADE) => return upgraded(request, world, agreed),
        (&Method::GET, "/") => return plain(StatusCode::OK, INTRODUCTION),
        (&Method::OPTIONS, "/") if matches!(sender, Sender::Page(_)) => return preflight(request.headers()),
        (_, "/") => {
            let mut response = plain(StatusCode::METHOD_NOT_ALLOWED, "use POST\n");
            response.headers_mut().insert(ALLOW, HeaderValue::from_static("GET, POST"));
            return response;
        }
        _ => return plain(StatusCode::NOT_FOUND, "the JSON-RPC endpoint is /\n"),
    }
    let body = tokio::time::timeout(PATIENCE, Limited::new(request.into_body(), MAX_BODY).collect()).await;
    let body = match body {
        Ok(Ok(body)) => body.to_bytes(),
        Ok(Err(error)) if error.is::<http_body_util::LengthLimitError>() => {
            return plain(StatusCode::PAYLOAD_TOO_LARGE, "the request is too large\n");
        }
        Ok(Err(_)) => return plain(StatusCode::BAD_REQUEST, "the request is cut short\n"),
        Err(_) => return plain(StatusCode::REQUEST_TIMEOUT, "the request took too long\n"),
    };
    match world.answer(body).await {
        Ok(Some(answer)) => with_type(Response::new(Full::from(answer)), "application/json"),
        Ok(None) => empty(StatusCode::NO_CONTENT),
        Err(_) => plain(StatusCode::INTERNAL_SERVER_ERROR, "the test chain failed: please report this\n"),
    }
}

/// What a browser asks before it lets a page send JSON here. The page was named, so it may send what it says.
fn preflight(asked: &HeaderMap) -> Response<Full<Bytes>> {
    let mut response = empty(StatusCode::NO_CONTENT);
    let headers = response.headers_mut();
    headers.insert(ACCESS_CONTROL_ALLOW_METHODS, HeaderValue::from_static("GET, POST"));
    headers.insert(ACCESS_CONTROL_MAX_AGE, HeaderValue::from_static("600"));
    if let Some(names) = asked.get(ACCESS_CONTROL_REQUEST_HEADERS) {
        headers.insert(ACCESS_CONTROL_ALLOW_HEADERS, names.clone());
    }
    // A page from elsewhere that reaches into this machine (Private Network Access).
    if asked.contains_key("access-control-request-private-network") {
        let name = HeaderName::from_static("access-control-allow-private-network");
        headers.insert(name, HeaderValue::from_static("true"));
    }
    response
}

/// The opening handshake of a WebSocket (RFC 6455 §4.2).
fn upgraded(mut request: Request<Incoming>, world: &World, agreed: &Agreed) -> Response<Full<Bytes>> {
    let headers = request.headers();
    let has = |name: HeaderName, token: &str| {
        let mut values = headers.get_all(name).iter().filter_map(|value| value.to_str().ok());
        values.any(|value| value.split(',').any(|part| part.trim().eq_ignore_ascii_case(token)))
    };
    let key = headers.get(SEC_WEBSOCKET_KEY).filter(|key| key.len() == 24);
    let Some(key) = key.filter(|_| has(UPGRADE, "websocket") && has(CONNECTION, "upgrade")) else {
        return plain(StatusCode::BAD_REQUEST, "not the opening handshake of a WebSocket\n");
    };
    if !has(SEC_WEBSOCKET_VERSION, "13") {
        let mut response = plain(StatusCode::UPGRADE_REQUIRED, "use version 13 of the WebSocket protocol\n");
        response.headers_mut().insert(SEC_WEBSOCKET_VERSION, HeaderValue::from_static("13"));
        return response;
    }
    let Ok(accept) = HeaderValue::from_str(&derive_accept_key(key.as_bytes())) else {
        return plain(StatusCode::BAD_REQUEST, "not the opening handshake of a WebSocket\n");
    };
    let Ok(place) = Arc::clone(&world.listeners).try_acquire_owned() else {
        return plain(StatusCode::SERVICE_UNAVAILABLE, "there are too many WebSockets already\n");
    };
    *agreed.lock().unwrap_or_else(PoisonError::into_inner) = Some((hyper::upgrade::on(&mut request), place));
    let mut response = empty(StatusCode::SWITCHING_PROTOCOLS);
    let headers = response.headers_mut();
    headers.insert(UPGRADE, HeaderValue::from_static("websocket"));
    headers.insert(CONNECTION, HeaderValue::from_static("upgrade"));
    headers.insert(SEC_WEBSOCKET_ACCEPT, accept);
    response
}

fn empty(status: StatusCode) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::default());
    *response.status_mut() = status;
    response
}

fn plain(status: StatusCode, text: &'static str) -> Response<Full<Bytes>> {
    let mut response = with_type(Response::new(Full::from(text)), "text/plain; charset=utf-8");
    *response.status_mut() = status;
    response
}

fn with_type(mut response: Response<Full<Bytes>>, content_type: &'static str) -> Response<Full<Bytes>> {
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    response
}

const INTRODUCTION: &str = "This is the local test chain of ebl-verifier: a JSON-RPC endpoint for Ethereum clients.\n\
    Send JSON-RPC 2.0 calls with POST, or as messages on a WebSocket, to this address. Its accounts are public; nothing\n\
    on it has any value.\n";
/// For a connection that was asked to leave.
const FAREWELL: Duration = Duration::from_secs(5);
