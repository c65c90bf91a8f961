//! What the web source does and does not fetch, against a real https server on loopback.

use crate::support::https;

use std::time::Duration;

use ebl_verifier::evidence::{Answer, Cause, Fact, Provenance, Unavailable, WebReading};
use ebl_verifier::primitives::keccak256;
use ebl_verifier::sources::web::{WebConfig, WebSource};
use ebl_verifier::status::{OcspFinding, judge_ocsp, ocsp_url};
use ebl_verifier::web_address::{DOCUMENT_LIMIT, Reach};
use https::{HttpsServer, Reply};

const MAX: u64 = 1000;

fn server(respond: impl Fn(&str) -> Reply + Send + Sync + 'static) -> HttpsServer {
    HttpsServer::start(&["docs.example", "127.0.0.1"], respond)
}

/// Every name that the tests use leads to the server.
fn config(server: &HttpsServer) -> WebConfig {
    WebConfig {
        reach: Reach::Anywhere,
        timeout: Duration::from_secs(5),
        extra_roots: vec![server.authority()],
        resolve: ["docs.example", "other.example"].map(|name| (name.to_owned(), 443, server.address)).to_vec(),
        ..WebConfig::default()
    }
}

async fn fetched(config: WebConfig, url: &str) -> (Answer, Provenance) {
    WebSource::new(config).unwrap().fetch(url, MAX).await
}

async fn reading(server: &HttpsServer, url: &str) -> WebReading {
    match fetched(config(server), url).await {
        (Ok(Fact::Web(reading)), _) => reading,
        other => panic!("{other:?}"),
    }
}

/// The failure, after making sure that it stands in the provenance too and repeats nothing of the URL but the host.
async fn refused(config: WebConfig, url: &str) -> Unavailable {
    let (answer, provenance) = fetched(config, url).await;
    let printed = format!("{answer:?} {provenance:?}");
    assert!(!printed.contains("s3cret"), "{printed}");
    let why = answer.expect_err(url);
    assert_eq!((provenance.failed.as_slice(), provenance.hosts.len()), (std::slice::from_ref(&why), 0));
    why
}

#[tokio::test]
async fn a_body_comes_back_whole_with_its_host_and_nothing_of_us_is_sent() {
    let server = server(|_| Reply::ok("{}"));
    let (answer, provenance) = fetched(config(&server), "https://docs.example/d/1?a=b#fragment").await;
    assert_eq!(answer, Ok(Fact::Web(WebReading { status: 200, body: b"{}".to_vec() })));
    assert_eq!((provenance.hosts, provenance.requests), (vec!["docs.example".to_owned()], 1));
    let head = server.requests().concat().to_lowercase();
    assert!(head.starts_with("get /d/1?a=b http/1.1\r\n"), "{head}");
    assert!(head.contains("\r\nhost: docs.example\r\n") && head.contains("\r\nuser-agent: ebl-verifier\r\n"), "{head}");
    for unwanted in ["cookie", "referer", "authorization", "accept-encoding", "fragment"] {
        assert!(!head.contains(unwanted), "{head}");
    }
}

#[tokio::test]
async fn any_status_is_an_answer_and_only_success_has_a_body() {
    for (status, code, body) in [
        ("201 Created", 201, "x"),
        ("304 Not Modified", 304, ""),
        ("404 Not Found", 404, ""),
        ("410 Gone", 410, ""),
        ("500 Internal Server Error", 500, ""),
    ] {
        let server = server(move |_| Reply::with(status, "", "x"));
        assert_eq!(reading(&server, "https://docs.example/").await, WebReading { status: code, body: body.into() });
    }
    // However long the page that says so is.
    let server = server(|_| Reply::with("404 Not Found", "", [b'x'; 5000]));
    assert_eq!(reading(&server, "https://docs.example/").await.status, 404);
}

#[tokio::test]
async fn three_redirects_are_followed_and_a_fourth_is_not() {
    let respond = |path: &str| match path {
        "/end" => Reply::ok("end"),
        "/1" => Reply::redirect("/end"),
        "/2" => Reply::redirect("https://docs.example/1"),
        "/3" => Reply::redirect("//docs.example/2"),
        _ => Reply::redirect("3"),
    };
    let server = server(respond);
    let (answer, provenance) = fetched(config(&server), "https://docs.example/3").await;
    assert_eq!(answer, Ok(Fact::Web(WebReading { status: 200, body: b"end".to_vec() })));
    assert_eq!((provenance.hosts, provenance.requests), (vec!["docs.example".to_owned()], 4));
    let why = refused(config(&server), "https://docs.example/4/s3cret").await;
    assert_eq!(why.cause, Cause::NotAnAnswer, "{why:?}");
}

#[tokio::test]
async fn a_redirect_is_checked_like_the_first_address() {
    for (location, detail) in [
        ("http://docs.example/s3cret", "only https"),
        ("ftp://docs.example/s3cret", "only https"),
        ("https://s3cret:s3cret@docs.example/", "user name"),
        ("https://:0x/", "not a whole URL"),
    ] {
        let server = server(move |_| Reply::redirect(location));
        let why = refused(config(&server), "https://docs.example/").await;
        assert_eq!((why.cause, why.host.as_deref()), (Cause::NotAllowed, Some("docs.example")), "{location}");
        assert!(why.detail.contains(detail), "{why:?}");
        assert_eq!(server.requests().len(), 1, "{location}");
    }
}

#[tokio::test]
async fn a_redirect_to_a_name_is_followed_with_that_name_in_the_certificate() {
    let server = server(|_| Reply::redirect("https://other.example/"));
    let why = refused(config(&server), "https://docs.example/").await;
    assert_eq!((why.cause, why.host.as_deref()), (Cause::Unreachable, Some("other.example")));
    assert_eq!(why.detail, "the TLS handshake failed: its certificate is for another name");
}

#[tokio::test]
async fn nothing_larger_than_asked_for_is_read() {
    let at_the_limit = server(|_| Reply::ok([b'x'; MAX as usize]));
    assert_eq!(reading(&at_the_limit, "https://docs.example/").await.body.len(), MAX as usize);

    let announced = server(|_| Reply::ok([b'x'; MAX as usize + 1]));
    let until_the_end = server(|_| {
        let body = [b'x'; MAX as usize + 1];
        Reply::Raw([b"HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n", body.as_slice()].concat())
    });
    let chunked = server(|_| {
        let chunks = format!("200\r\n{}\r\n", "x".repeat(0x200)).repeat(2);
        Reply::Raw(format!("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n{chunks}0\r\n\r\n").into_bytes())
    });
    for server in [announced, until_the_end, chunked] {
        let why = refused(config(&server), "https://docs.example/s3cret").await;
        assert_eq!((why.cause, why.detail.as_str()), (Cause::NotAnAnswer, "the answer is larger than 1000 bytes"));
    }

    // Whatever a question allows, the limit of a document holds.
    let huge = server(|_| {
        Reply::Raw(format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n", DOCUMENT_LIMIT + 1).into_bytes())
    });
    let (answer, _) = WebSource::new(config(&huge)).unwrap().fetch("https://docs.example/", u64::MAX).await;
    assert_eq!(answer.unwrap_err().detail, format!("the answer is larger than {DOCUMENT_LIMIT} bytes"));
}

#[tokio::test]
async fn a_compressed_body_is_not_read_at_all() {
    for encoding in ["gzip", "br", "deflate, gzip"] {
        let server = server(move |_| Reply::with("200 OK", &format!("content-encoding: {encoding}\r\n"), "\x1f"));
        assert_eq!(refused(config(&server), "https://docs.example/").await.cause, Cause::NotAnAnswer);
    }
    let plain = server(|_| Reply::with("200 OK", "content-encoding: identity\r\n", "x"));
    assert_eq!(reading(&plain, "https://docs.example/").await.body, b"x");
}

#[tokio::test]
async fn what_is_cut_short_or_no_http_is_no_answer() {
    let short = server(|_| Reply::Raw(b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nabc".to_vec()));
    assert_eq!(refused(config(&short), "https://docs.example/").await.cause, Cause::NotAnAnswer);
    for bytes in [&b""[..], b"SSH-2.0-s3cret\r\n"] {
        let server = server(|_| Reply::Raw(bytes.to_vec()));
        assert_eq!(refused(config(&server), "https://docs.example/").await.cause, Cause::Unreachable);
    }
}

#[tokio::test]
async fn a_silent_server_is_given_up() {
    let silent = server(|_| Reply::Stalled(Vec::new()));
    let halfway = server(|_| Reply::Stalled(b"HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nabc".to_vec()));
    for server in [&silent, &halfway] {
        let impatient = WebConfig { timeout: Duration::from_millis(300), ..config(server) };
        assert_eq!(refused(impatient, "https://docs.example/s3cret").await.cause, Cause::Timeout);
    }

    // It accepts, and never begins TLS.
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let impatient = WebConfig {
        timeout: Duration::from_millis(300),
        resolve: vec![("docs.example".into(), 443, listener.local_addr().unwrap())],
        ..config(&silent)
    };
    assert_eq!(refused(impatient, "https://docs.example/").await.cause, Cause::Timeout);
}

#[tokio::test]
async fn a_certificate_must_be_trusted_and_for_this_name() {
    let server = server(|_| Reply::ok("x"));
    let untrusted = WebConfig { extra_roots: Vec::new(), ..config(&server) };
    let why = refused(untrusted, "https://docs.example/").await;
    assert_eq!(
        (why.cause, why.detail.as_str()),
        (
            Cause::Unreachable,
            "the TLS handshake failed: its certificate is not from a trusted authority (--ca-file adds one)"
        )
    );
    let why = refused(config(&server), "https://other.example/").await;
    assert_eq!(
        (why.cause, why.detail.as_str()),
        (Cause::Unreachable, "the TLS handshake failed: its certificate is for another name")
    );
    assert_eq!(server.requests(), Vec::<String>::new());
}

#[tokio::test]
async fn private_addresses_are_refused_unless_they_are_let_through() {
    let server = server(|_| Reply::ok("x"));
    let public = || WebConfig { reach: Reach::Public, ..config(&server) };
    let port = server.address.port();
    // A name that leads to loopback, the name of loopback, and literals in every spelling.
    for url in [
        "https://docs.example/".to_owned(),
        format!("https://localhost:{port}/"),
        format!("https://127.0.0.1:{port}/"),
        format!("https://2130706433:{port}/"),
        format!("https://[::1]:{port}/"),
        format!("https://[::ffff:127.0.0.1]:{port}/"),
    ] {
        assert_eq!(refused(public(), &url).await.cause, Cause::NotAllowed, "{url}");
    }
    assert_eq!(server.requests(), Vec::<String>::new());
    assert_eq!(reading(&server, &format!("https://127.0.0.1:{port}/")).await.body, b"x");
    assert_eq!(reading(&server, "https://docs.example/").await.body, b"x");
}

#[tokio::test]
async fn one_private_address_among_public_ones_spoils_the_name() {
    let server = server(|_| Reply::ok("x"));
    let resolve = |first: &str, second: &str| {
        [first, second].map(|to| ("docs.example".to_owned(), 443, to.parse().unwrap())).to_vec()
    };
    let loopback = server.address.to_string();
    for resolve in [resolve("1.1.1.1:443", &loopback), resolve(&loopback, "1.1.1.1:443")] {
        let why =
            refused(WebConfig { reach: Reach::Public, resolve, ..config(&server) }, "https://docs.example/").await;
        assert_eq!(why.cause, Cause::NotAllowed);
    }
    assert_eq!(server.requests(), Vec::<String>::new());
}

#[tokio::test]
async fn urls_with_credentials_or_another_scheme_are_never_asked() {
    let server = server(|_| Reply::ok("x"));
    for url in [
        "https://s3cret@docs.example/",
        "https://a:s3cret@docs.example/",
        "http://docs.example/s3cret",
        "file:///s3cret",
        "data:,s3cret",
        "s3cret",
        "",
    ] {
        assert_eq!(refused(config(&server), url).await.cause, Cause::NotAllowed, "{url}");
    }
    assert_eq!(server.requests(), Vec::<String>::new());
}

#[tokio::test]
async fn a_port_counts_in_a_redirection_and_stays_in_the_host_header() {
    let server = server(|_| Reply::ok("x"));
    let resolve = vec![("docs.example".to_owned(), 8443, server.address)];
    let (answer, provenance) = fetched(WebConfig { resolve, ..config(&server) }, "https://docs.example:8443/").await;
    assert!(answer.is_ok(), "{answer:?}");
    assert_eq!(provenance.hosts, ["docs.example:8443"]);
    assert!(server.requests().concat().contains("host: docs.example:8443\r\n"));
}

#[tokio::test]
async fn a_refused_connection_and_an_unknown_name_are_unreachable() {
    let server = server(|_| Reply::ok("x"));
    let nobody =
        WebConfig { resolve: vec![("docs.example".into(), 443, "127.0.0.1:9".parse().unwrap())], ..config(&server) };
    let why = refused(nobody, "https://docs.example/").await;
    assert_eq!((why.cause, why.detail.as_str()), (Cause::Unreachable, "the connection was refused"));
    let why = refused(config(&server), "https://no-such-host.invalid/s3cret").await;
    assert_eq!((why.cause, why.host.as_deref()), (Cause::Unreachable, Some("no-such-host.invalid")));
}

#[tokio::test]
async fn an_ocsp_responder_is_asked_for_the_hash_and_held_to_it() {
    let server = server(|path| match path.strip_prefix("/ocsp/") {
        Some(hash) if hash == keccak256("good").to_string() => {
            Reply::ok(format!(r#"{{"revoked":false,"documentHash":"{hash}"}}"#))
        }
        Some(hash) if hash == keccak256("revoked").to_string() => {
            Reply::ok(format!(r#"{{"revoked":true,"documentHash":"{hash}","reasonCode":4}}"#))
        }
        Some(_) => Reply::ok(format!(r#"{{"revoked":false,"documentHash":"{}"}}"#, keccak256("good"))),
        None => Reply::with("404 Not Found", "", ""),
    });
    let judged = async |location: &str, text: &str| {
        let url = ocsp_url(location, keccak256(text)).unwrap();
        judge_ocsp(&reading(&server, &url).await, keccak256(text))
    };
    assert_eq!(judged("https://docs.example/ocsp", "good").await, OcspFinding::Good);
    let OcspFinding::Revoked { reason } = judged("https://docs.example/ocsp/", "revoked").await else { panic!() };
    assert_eq!(reason.name(), Some("superseded"));
    for (location, text) in [("https://docs.example/ocsp", "other"), ("https://docs.example/elsewhere", "good")] {
        let found = judged(location, text).await;
        assert!(matches!(found, OcspFinding::NotAnAnswer { .. }), "{location} {text}: {found:?}");
    }
}
