//! How `ChainSource` meets endpoints that answer badly: every failure is *unavailable*, with the host and no more.

use std::time::Duration;

use ebl_verifier::evidence::{Answer, Cause, Provenance};
use ebl_verifier::primitives::{Address, ChainId, TokenId};
use ebl_verifier::sources::chain::{ChainConfig, ChainSource};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

async fn serving(reply: &'static str) -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut request = [0; 65536];
            let _ = stream.read(&mut request).await;
            let _ = stream.write_all(reply.as_bytes()).await;
        }
    });
    format!("http://127.0.0.1:{port}/v3/SECRET")
}

async fn asked(urls: &[String]) -> (Answer, Provenance) {
    let chain = ChainId::try_from(1).unwrap();
    let endpoints = [(chain, urls.iter().map(|url| url.parse().unwrap()).collect())].into();
    let config = ChainConfig {
        endpoints,
        timeout: Duration::from_secs(2),
        retries: 1,
        use_embedded: false,
        ..ChainConfig::default()
    };
    ChainSource::new(config).unwrap().read_registry(chain, Address::DEAD, TokenId([1; 32])).await
}

const CLOSE: &str = "connection: close\r\n\r\n";

#[tokio::test]
async fn what_is_not_an_answer_is_unavailable_and_keeps_the_key() {
    for (status, body, cause) in [
        ("200 OK", "<html>", Cause::NotAnAnswer),
        ("200 OK", "", Cause::NotAnAnswer),
        ("200 OK", "[{\"id\":0,\"res", Cause::NotAnAnswer),
        ("200 OK", "[{\"id\":7,\"result\":\"0x1\"}]", Cause::NotAnAnswer),
        (
            "200 OK",
            "[{\"id\":0,\"result\":\"0x1\"},{\"id\":1,\"result\":null},{\"id\":2,\"result\":null}]",
            Cause::NotAnAnswer,
        ),
        (
            "200 OK",
            "[{\"id\":0,\"result\":\"0x5\"},{\"id\":1,\"result\":null},{\"id\":2,\"result\":null}]",
            Cause::WrongChain,
        ),
        ("302 Found", "", Cause::NotAnAnswer),
        ("429 Too Many Requests", "", Cause::RateLimited),
    ] {
        let reply: &'static str = format!("HTTP/1.1 {status}\r\n{CLOSE}{body}").leak();
        let url = serving(reply).await;
        let (answer, provenance) = asked(std::slice::from_ref(&url)).await;
        let unavailable = answer.clone().unwrap_err();
        assert_eq!(unavailable.cause, cause, "{status} {body}");
        assert!(url.contains(unavailable.host.as_deref().unwrap()));
        let printed = format!("{answer:?}{provenance:?}{}", serde_json::to_string(&provenance).unwrap());
        assert!(!printed.contains("SECRET"), "{printed}");
    }
}

#[tokio::test]
async fn a_refused_connection_is_recorded_and_the_next_endpoint_is_asked() {
    let html = serving("HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n<html>").await;
    let (answer, provenance) = asked(&["http://127.0.0.1:1/SECRET".into(), html]).await;
    assert_eq!(answer.unwrap_err().cause, Cause::NotAnAnswer);
    let causes: Vec<Cause> = provenance.failed.iter().map(|failed| failed.cause).collect();
    assert_eq!(causes, [Cause::Unreachable, Cause::NotAnAnswer]);
}

#[tokio::test]
async fn without_an_endpoint_nobody_is_asked() {
    let (answer, provenance) = asked(&[]).await;
    assert_eq!((answer.unwrap_err().cause, provenance.requests), (Cause::NoSource, 0));
}
