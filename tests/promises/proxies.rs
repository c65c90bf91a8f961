//! Proxies: endpoints, resolvers over HTTPS and documents' hosts are reached through one, by addresses that were looked up
//! and checked here (checks.md §9), and its credentials are nowhere shown.

use crate::support::authority;
use crate::support::connect_proxy;
use crate::support::https;
use crate::support::rpc_node;
use crate::support::rpc_server;

use std::process::Command;

use authority::Authority;
use connect_proxy::{ConnectProxy, Manners};
use ebl_verifier::evidence::{Answer, Cause, Fact, Provenance};
use ebl_verifier::primitives::{ChainId, TokenId};
use ebl_verifier::sources::ProxyRules;
use ebl_verifier::sources::chain::{ChainConfig, ChainSource};
use ebl_verifier::sources::web::{WebConfig, WebSource};
use ebl_verifier::web_address::Reach;
use https::HttpsServer;
use rpc_node::{Node, REGISTRY};
use rpc_server::{Server, closed_port};

const TOKEN: TokenId = TokenId([0x55; 32]);
/// `user:pa55word`.
const CREDENTIALS: &str = "Basic dXNlcjpwYTU1d29yZA==";

fn serving() -> Server {
    Server::start(|request| Node::live(TOKEN).reply(request))
}

fn with_credentials(proxy: &ConnectProxy) -> String {
    format!("http://user:pa55word@{}", proxy.address)
}

fn through(proxy: &str) -> ProxyRules {
    ProxyRules { all: Some(proxy.parse().unwrap()), ..ProxyRules::default() }
}

async fn read(config: ChainConfig, url: &str) -> (Answer, Provenance) {
    let chain = ChainId::try_from(31337).unwrap();
    let endpoints = [(chain, vec![url.parse().unwrap()])].into();
    let source = ChainSource::new(ChainConfig { endpoints, use_embedded: false, retries: 0, ..config }).unwrap();
    let read = source.read_registry(chain, REGISTRY, TOKEN).await;
    assert!(!format!("{read:?}").contains("pa55word") && !format!("{read:?}").contains("s3cret"), "{read:?}");
    read
}

#[tokio::test]
async fn an_endpoint_is_reached_through_a_proxy_by_its_address() {
    let manners = Manners { credentials: Some(CREDENTIALS.into()), ..Manners::default() };
    let proxy = ConnectProxy::start(manners);
    let authority = Authority::new();
    let server = Server::start_tls(authority.server("rpc.example"), |request| Node::live(TOKEN).reply(request));
    let config = ChainConfig {
        proxy: through(&with_credentials(&proxy)),
        resolve: vec![("rpc.example".into(), 443, server.address)],
        extra_roots: vec![authority.root()],
        ..ChainConfig::default()
    };
    let (answer, provenance) = read(config.clone(), "https://rpc.example/").await;
    assert!(matches!(answer, Ok(Fact::Registry(_))), "{answer:?}");
    assert_eq!(provenance.hosts, ["rpc.example"]);
    assert_eq!(proxy.targets(), [server.host()]);
    // A name that is excepted is reached directly.
    let rules = ProxyRules { except: "rpc.example".into(), ..through(&format!("http://127.0.0.1:{}", closed_port())) };
    let (answer, _) = read(ChainConfig { proxy: rules, ..config }, "https://rpc.example/").await;
    assert!(answer.is_ok(), "{answer:?}");
}

#[tokio::test]
async fn where_only_the_proxy_knows_names_it_is_asked_for_those_of_the_caller() {
    let server = serving();
    let manners = Manners { names: vec![("rpc.invalid:8545".into(), server.address)], ..Manners::default() };
    let proxy = ConnectProxy::start(manners);
    let config = ChainConfig { proxy: through(&proxy.url()), ..ChainConfig::default() };
    let (answer, _) = read(config, "http://rpc.invalid:8545/").await;
    assert!(answer.is_ok(), "{answer:?}");
    assert_eq!(proxy.targets(), ["rpc.invalid:8545"]);
    // And for none that a document chose.
    let web = WebSource::new(WebConfig { proxy: through(&proxy.url()), ..WebConfig::default() }).unwrap();
    let why = web.fetch("https://docs.invalid/did.json", 1000).await.0.unwrap_err();
    assert_eq!(why.cause, Cause::Unreachable);
    assert!(why.detail.contains("only asked for addresses that were checked"), "{why:?}");
    assert_eq!(proxy.targets(), ["rpc.invalid:8545"]);
}

#[tokio::test]
async fn what_a_document_names_is_checked_before_a_proxy_is_asked() {
    let server = HttpsServer::start(&["docs.example"], |_| https::Reply::ok("{}"));
    let proxy = ConnectProxy::start(Manners::default());
    let config = WebConfig {
        reach: Reach::Anywhere,
        proxy: through(&proxy.url()),
        extra_roots: vec![server.authority()],
        resolve: vec![("docs.example".into(), 443, server.address)],
        ..WebConfig::default()
    };
    let fetched = WebSource::new(config.clone()).unwrap().fetch("https://docs.example/did.json", 1000).await.0;
    assert!(matches!(&fetched, Ok(Fact::Web(reading)) if reading.body == b"{}"), "{fetched:?}");
    assert_eq!(proxy.targets(), [server.address.to_string()]);
    // A private address is none to ask a proxy for, either: it may stand inside.
    let public = WebSource::new(WebConfig { reach: Reach::Public, ..config }).unwrap();
    assert_eq!(public.fetch("https://docs.example/did.json", 1000).await.0.unwrap_err().cause, Cause::NotAllowed);
    assert_eq!(proxy.targets().len(), 1);
}

#[tokio::test]
async fn a_proxy_that_gives_no_way_is_an_outage_in_words() {
    let server = serving();
    let credentials = Manners { credentials: Some("Basic other".into()), ..Manners::default() };
    let refusing = |status| Manners { refuses: Some(status), ..Manners::default() };
    for (manners, cause, wanted) in [
        (refusing(403), Cause::Proxy, "made no connection (HTTP status 403)"),
        // What is behind it does not answer.
        (refusing(502), Cause::Unreachable, "made no connection (HTTP status 502)"),
        (credentials, Cause::Proxy, "wants other credentials (HTTP status 407)"),
    ] {
        let proxy = ConnectProxy::start(manners);
        let config = ChainConfig { proxy: through(&with_credentials(&proxy)), ..ChainConfig::default() };
        let why = read(config, &server.url()).await.0.unwrap_err();
        let wanted = format!("the proxy {} {wanted}", proxy.address);
        assert_eq!((why.cause, why.detail, why.host), (cause, wanted, Some(server.host())));
    }
    let port = closed_port();
    let nobody = through(&format!("http://127.0.0.1:{port}"));
    let why = read(ChainConfig { proxy: nobody, ..ChainConfig::default() }, &server.url()).await.0.unwrap_err();
    assert_eq!((why.cause, why.detail), (Cause::Proxy, format!("the proxy 127.0.0.1:{port} cannot be reached")));
    assert!(server.asked().is_empty());
}

/// `ebl doctor` with one endpoint, these variables and these arguments: its page.
fn doctor(endpoint: &str, variables: &[(&str, &str)], arguments: &[&str]) -> String {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ebl"));
    command.args(["doctor", "--no-default-rpc", "--timeout", "2", "--dns", "127.0.0.1:9", "--rpc", endpoint]);
    command.args(arguments).env_clear().env("HOME", "/nonexistent").envs(variables.iter().copied());
    let output = command.output().unwrap();
    let page = String::from_utf8(output.stdout).unwrap() + &String::from_utf8(output.stderr).unwrap();
    assert!(!page.contains("pa55word"), "{page}");
    page
}

#[test]
fn a_dead_proxy_is_named_with_where_it_was_set_and_nobody_else_is_blamed() {
    let nobody = format!("http://user:pa55word@127.0.0.1:{}", closed_port());
    let named = nobody.rsplit('@').next().unwrap();
    let document = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/documents/bill-v2.json");
    let endpoint = ["--rpc", "1337=http://127.0.0.1:8545", "--dns", "https://127.0.0.1:8443/dns-query"];
    let run = |flag: &[&str], variable: Option<(&str, &str)>| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_ebl"));
        command.args(["verify", "--format", "json", document]).args(endpoint).args(flag);
        let output = command.env_clear().env("HOME", "/nonexistent").envs(variable).output().unwrap();
        let page = String::from_utf8(output.stdout).unwrap();
        assert!(!page.contains("pa55word"), "{page}");
        (output.status.code(), page)
    };
    for (flag, variable, place) in [
        (&["--proxy", nobody.as_str()][..], None, "--proxy"),
        (&[], Some(("EBL_PROXY", nobody.as_str())), "EBL_PROXY"),
        (&[], Some(("ALL_PROXY", nobody.as_str())), "ALL_PROXY"),
    ] {
        let (exit, page) = run(flag, variable);
        let report: serde_json::Value = serde_json::from_str(&page).unwrap();
        assert_eq!(exit, Some(3), "{page}");
        for name in ["issuer", "chain", "registry", "issuance", "title"] {
            let check = report["checks"].as_array().unwrap().iter().find(|check| check["name"] == name).unwrap();
            assert_eq!(
                (check["code"].as_str(), check["actor"].as_str()),
                (Some("check.proxy"), Some("verifier")),
                "{check}"
            );
            let named = format!("the proxy {named} ({place}) cannot be reached");
            assert!(
                !["issuer", "chain"].contains(&name) || check["message"].as_str().unwrap().contains(&named),
                "{check}"
            );
        }
    }
    // What the help says is what is taken.
    let output = Command::new(env!("CARGO_BIN_EXE_ebl")).args(["verify", document, "--proxy", "foo"]).output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.code() == Some(2) && said.contains("--proxy: expected http://HOST:PORT"), "{said}");
}

#[test]
fn the_command_takes_a_proxy_from_flag_variable_and_environment() {
    let server = serving();
    let endpoint = format!("31337=http://{}/", server.host());
    let nobody = format!("http://127.0.0.1:{}", closed_port());
    for (by, shown) in [("--proxy", "flag"), ("EBL_PROXY", "variable EBL_PROXY"), ("all_proxy", "ALL_PROXY")] {
        let proxy = ConnectProxy::start(Manners { credentials: Some(CREDENTIALS.into()), ..Manners::default() });
        let url = with_credentials(&proxy);
        let page = match by {
            "--proxy" => doctor(&endpoint, &[("EBL_PROXY", &nobody), ("ALL_PROXY", &nobody)], &["--proxy", &url]),
            "EBL_PROXY" => doctor(&endpoint, &[("EBL_PROXY", &url), ("ALL_PROXY", &nobody)], &[]),
            _ => doctor(&endpoint, &[(by, &url)], &[]),
        };
        assert_eq!(proxy.targets(), [server.host()], "{by}: {page}");
        let line = page.lines().find(|line| line.trim_start().starts_with("proxy ")).unwrap();
        assert!(line.contains(&proxy.address.to_string()) && line.contains(shown), "{line}");
    }
    // `HTTPS_PROXY` is for https alone, `NO_PROXY` for nobody, and `none` for none.
    for variables in [
        &[("HTTPS_PROXY", nobody.as_str())][..],
        &[("ALL_PROXY", nobody.as_str()), ("NO_PROXY", "127.0.0.1")],
        &[("ALL_PROXY", nobody.as_str()), ("EBL_PROXY", "none")],
    ] {
        let page = doctor(&endpoint, variables, &[]);
        assert!(page.contains(&format!("ok  {}", server.host())), "{page}");
    }
    let page = doctor(&endpoint, &[("ALL_PROXY", "socks5://user:pa55word@127.0.0.1:1")], &[]);
    assert!(page.contains("ALL_PROXY") && page.contains("expected http://HOST:PORT"), "{page}");
}

#[test]
fn the_command_takes_root_certificates_from_the_system() {
    let authority = Authority::new();
    let server = Server::start_tls(authority.server("rpc.example"), |request| Node::live(TOKEN).reply(request));
    let folder = tempfile::tempdir().unwrap();
    let roots = folder.path().join("roots.pem");
    std::fs::write(&roots, authority.pem()).unwrap();
    let roots = roots.to_str().unwrap();
    let resolve = ["--resolve", &format!("rpc.example:443={}", server.host())];
    let page = |variables: &[(&str, &str)], more: &[&str]| {
        doctor("31337=https://rpc.example/", variables, &[&resolve[..], more].concat())
    };
    let by_system = page(&[("SSL_CERT_FILE", roots)], &["--tls-roots", "system"]);
    assert!(by_system.contains("ok  rpc.example"), "{by_system}");
    let by_variable = page(&[("SSL_CERT_FILE", roots)], &[]);
    assert!(by_variable.contains("ok  rpc.example") && by_variable.contains("variable SSL_CERT_FILE"), "{by_variable}");
    let bundled = page(&[("SSL_CERT_FILE", roots)], &["--tls-roots", "bundled"]);
    assert!(bundled.contains("not from a trusted authority"), "{bundled}");
}

#[test]
fn a_link_whose_document_a_dead_proxy_keeps_away_blames_the_proxy() {
    let nobody = format!("http://127.0.0.1:{}", closed_port());
    let link = r#"https://app.example/?q={"type":"DOCUMENT","payload":{"uri":"https://docs.example/","chainId":"1"}}"#;
    let mut command = Command::new(env!("CARGO_BIN_EXE_ebl"));
    command.args(["verify", "--format", "json", "--proxy", &nobody, "--allow-private"]);
    command.args(["--resolve", "docs.example:443=127.0.0.1:9", "--timeout", "2", link]);
    let output = command.env_clear().env("HOME", "/nonexistent").output().unwrap();
    let page: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!((output.status.code(), &page["verdict"]), (Some(3), &serde_json::Value::Null), "{page:#}");
    assert_eq!(page["error"]["code"], "check.proxy", "{page:#}");
}
