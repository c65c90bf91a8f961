//! How connections leave this machine: proxies and root certificates, from the settings or from the variables that other
//! programs know, too. No message repeats a proxy's URL: it may hold a password.

use anyhow::{Context as _, Result};

use super::args::{NetworkArgs, RootsChoice};
use super::settings::{Chosen, Origin, Settings, optional, place};
use crate::sources::{InvalidProxy, Proxy, ProxyRules, TlsRoots};

/// The flag, the variable, the file; without any of them `HTTPS_PROXY` and `ALL_PROXY`.
pub fn proxy(network: &NetworkArgs, variables: &Settings, settings: &Settings) -> Result<Chosen<ProxyRules>> {
    let given = optional(network.proxy.clone(), variables.proxy.clone(), settings.proxy.clone());
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
pub fn tls_roots(network: &NetworkArgs, variables: &Settings, settings: &Settings) -> Result<Chosen<TlsRoots>> {
    let given = optional(network.tls_roots, variables.tls_roots, settings.tls_roots);
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
pub fn in_words(rules: &ProxyRules) -> String {
    let mut words = match (&rules.all, &rules.https) {
        (None, None) => return "none".into(),
        (Some(all), None) => all.host(),
        (None, Some(https)) => format!("{} for https", https.host()),
        (Some(all), Some(https)) => format!("{} for https, {} for the rest", https.host(), all.host()),
    };
    if !rules.except.is_empty() {
        words.push_str(&format!("; none for {} (NO_PROXY)", rules.except));
    }
    words
}

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
