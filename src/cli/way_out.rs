//! How connections leave this machine: proxies and root certificates, from the settings or from the variables that other
//! programs know, too. No message repeats a proxy's URL: it may hold a password.

use anyhow::{Context as _, Result};

use super::args::{RootsChoice, WebArgs};
use super::settings::{Chosen, Origin, Settings, optional, place};
use crate::sources::{InvalidProxy, Proxy, ProxyRules, TlsRoots};
use crate::text::may_hold_a_key;

/// The flag, the variable, the file; without any of them `HTTPS_PROXY` and `ALL_PROXY`.
pub(super) fn proxy(web: &WebArgs, variables: &Settings, settings: &Settings) -> Result<Chosen<ProxyRules>> {
    let given = optional(web.proxy.clone(), variables.proxy.clone(), settings.proxy.clone());
    let except = environment("NO_PROXY")?.unwrap_or_default();
    let rules = match given.value.as_deref() {
        Some("none") => ProxyRules::default(),
        Some(url) => {
            // Only the variables that other programs know, too, leave the scheme out.
            let proxy = if url.contains("://") { url.parse::<Proxy>() } else { Err(InvalidProxy) };
            let place = place("proxy", given.origin);
            let proxy = proxy.with_context(|| place.clone())?.set_by(place);
            ProxyRules { all: Some(proxy), https: None, except }
        }
        None => {
            let rules = ProxyRules { all: known("ALL_PROXY")?, https: known("HTTPS_PROXY")?, except };
            let origin =
                if rules.all.is_some() || rules.https.is_some() { Origin::Environment } else { Origin::Default };
            return Ok(Chosen::by(rules, origin));
        }
    };
    Ok(Chosen::by(rules, given.origin))
}

/// The flag, the variable, the file; without any of them the system's where `SSL_CERT_FILE` says what these are.
pub(super) fn tls_roots(web: &WebArgs, variables: &Settings, settings: &Settings) -> Result<Chosen<TlsRoots>> {
    let given = optional(web.tls_roots, variables.tls_roots, settings.tls_roots);
    Ok(match given.value {
        Some(RootsChoice::Bundled) => Chosen::by(TlsRoots::Bundled, given.origin),
        Some(RootsChoice::System) => Chosen::by(TlsRoots::System, given.origin),
        None if std::env::var_os("SSL_CERT_FILE").is_some_and(|file| !file.is_empty()) => {
            Chosen::by(TlsRoots::System, Origin::Environment)
        }
        None => Chosen::by(TlsRoots::Bundled, Origin::Default),
    })
}

/// The rules as `ebl doctor` shows them.
pub(super) fn in_words(rules: &ProxyRules) -> String {
    let mut words = match (&rules.all, &rules.https) {
        (None, None) => return "none".into(),
        (Some(all), None) => all.host(),
        (None, Some(https)) => format!("{} for https", https.host()),
        (Some(all), Some(https)) => format!("{} for https, {} for the rest", https.host(), all.host()),
    };
    if !rules.except.is_empty() {
        words.push_str(&format!("; none for {} (NO_PROXY)", excepted(&rules.except)));
    }
    words
}

/// The hosts of `NO_PROXY`, as far as they are hosts: the variable may hold a whole URL by mistake, or anything.
fn excepted(list: &str) -> String {
    let items: Vec<&str> = list.split(',').map(str::trim).filter(|item| !item.is_empty()).collect();
    let mut shown: Vec<&str> = items.iter().take(MOST_EXCEPTED).map(|item| shown_host(item)).collect();
    let more = items.len().saturating_sub(MOST_EXCEPTED);
    let more_in_words = format!("{more} more");
    if more > 0 {
        shown.push(&more_in_words);
    }
    shown.join(", ")
}

/// A host, a domain with a full stop before it, an address with a port or the length of a net, or `*`.
fn shown_host(item: &str) -> &str {
    let host = item.split_once('/').filter(|(_, net)| net.len() <= 3 && net.bytes().all(|byte| byte.is_ascii_digit()));
    let host = host.map_or(item, |(host, _)| host);
    let of_a_host = |byte: u8| byte.is_ascii_alphanumeric() || b".-_:[]*".contains(&byte);
    let is_a_host = host.len() <= LONGEST_HOST && host.bytes().all(of_a_host) && !may_hold_a_key(host);
    if is_a_host { item } else { "(not a host)" }
}

const MOST_EXCEPTED: usize = 8;
const LONGEST_HOST: usize = 253;

fn known(name: &str) -> Result<Option<Proxy>> {
    let text = environment(name)?;
    let what = || format!("{name} (--proxy none goes without one)");
    let proxy = text.map(|text| text.parse::<Proxy>()).transpose().with_context(what)?;
    Ok(proxy.map(|proxy| proxy.set_by(name)))
}

/// In capitals or not.
fn environment(name: &str) -> Result<Option<String>> {
    let value = std::env::var_os(name).or_else(|| std::env::var_os(name.to_ascii_lowercase()));
    let text =
        value.map(|value| value.into_string().ok().with_context(|| format!("{name} is not text"))).transpose()?;
    Ok(text.filter(|text| !text.trim().is_empty()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_proxy_shows_hosts_and_nothing_else() {
        let hosts = "localhost, 127.0.0.1,.inside.example,10.0.0.0/8,[::1]:8545,*";
        assert_eq!(excepted(hosts), "localhost, 127.0.0.1, .inside.example, 10.0.0.0/8, [::1]:8545, *");
        for hidden in [
            "http://user:s3cret@proxy.example",
            "user:s3cret@proxy.example",
            "proxy.example/s3cret",
            "proxy.example?key=s3cret",
            "a\u{1b}[2Js3cret",
            "5up3rs3cret0123456789abcdefghijklmnop",
            &"s3cret.".repeat(100),
        ] {
            assert_eq!(excepted(hidden), "(not a host)");
        }
        assert_eq!(excepted(&"a.example,".repeat(10)).split(", ").last(), Some("2 more"));
    }
}
