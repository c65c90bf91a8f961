//! Proof of control (checks.md §11): a text that names one title, one role and one account, a signature of it, and whether
//! that account made the signature. What the registry records is not looked at here.

mod control;
mod purpose;
mod signature;
mod text;

use crate::identity::DomainName;
use crate::primitives::{Address, ChainId, Digest32, TokenId, decode_hex_into, encode_hex, keccak256};

pub(crate) use control::{Control, NoControl, control, key_signer};
pub use purpose::{InvalidPurpose, Purpose};
pub use signature::{InvalidPresentedSignature, LONGEST_SIGNATURE, PresentedSignature};
pub use text::{InvalidChallenge, LONGEST_TEXT};

/// What an account is asked to sign. It can only be made whole and within its limits, and has exactly one text.
///
/// ```
/// use ebl_verifier::identity::DomainName;
/// use ebl_verifier::challenge::{Challenge, Nonce, Period, Subject, TitleRole};
/// use ebl_verifier::primitives::{Address, ChainId, TokenId};
///
/// let subject = Subject {
///     chain: ChainId::try_from(1)?,
///     registry: Address([7; 20]),
///     token: TokenId([9; 32]),
///     role: TitleRole::Holder,
///     account: Address([5; 20]),
/// };
/// let challenge = Challenge {
///     subject,
///     domain: Some(DomainName::parse("bank.example")?),
///     purpose: Some("Bank X, case 17".parse()?),
///     nonce: Nonce([1; 16]),
///     period: Period::new(1_780_000_000, 900)?,
/// };
/// let text = challenge.text();
/// assert!(text.starts_with("bank.example asks for proof of control of this account:\n0x0505"));
/// assert_eq!(Challenge::read(text.as_bytes())?, challenge);
/// assert!(Challenge::read(format!("{text}\n").as_bytes()).is_err(), "one way to write it");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Challenge {
    /// What is to be shown, and of which title.
    pub subject: Subject,
    /// Who asks, by a domain.
    pub domain: Option<DomainName>,
    /// What it is asked for.
    pub purpose: Option<Purpose>,
    /// What makes it unlike any other.
    pub nonce: Nonce,
    /// When it counts.
    pub period: Period,
}

impl Challenge {
    /// What a wallet signs when it is given the text as a personal message (EIP-191).
    pub fn digest(&self) -> Digest32 {
        let text = self.text();
        keccak256(format!("\x19Ethereum Signed Message:\n{}{text}", text.len()))
    }
}

/// That this account has this role of this title.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Subject {
    /// The registry's chain.
    pub chain: ChainId,
    /// The token registry.
    pub registry: Address,
    /// The token.
    pub token: TokenId,
    /// The role.
    pub role: TitleRole,
    /// The account that the registry recorded in that role when the challenge was made.
    pub account: Address,
}

/// What somebody may be to a title.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum TitleRole {
    /// Has possession.
    Holder,
    /// Whom it is made out to.
    Beneficiary,
}

impl TitleRole {
    /// As in texts and JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Holder => "holder",
            Self::Beneficiary => "beneficiary",
        }
    }
}

impl std::fmt::Display for TitleRole {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Sixteen bytes that nobody can guess; the caller draws them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Nonce(pub [u8; 16]);

impl std::fmt::Display for Nonce {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&encode_hex(&self.0))
    }
}

/// 32 lower-case hexadecimal digits.
impl std::str::FromStr for Nonce {
    type Err = InvalidNonce;

    fn from_str(text: &str) -> Result<Self, InvalidNonce> {
        let mut out = [0; 16];
        let lower = !text.bytes().any(|byte| byte.is_ascii_uppercase());
        (lower && decode_hex_into(text.as_bytes(), &mut out)).then_some(Self(out)).ok_or(InvalidNonce)
    }
}

/// The text is no nonce.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a nonce has 32 lower-case hexadecimal digits")]
pub struct InvalidNonce;

/// From when on a challenge counts, and until when. Both in seconds since the Unix epoch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Period {
    issued_at: i64,
    expires_at: i64,
}

impl Period {
    /// From `issued_at` on, for so many seconds.
    pub fn new(issued_at: i64, seconds: u32) -> Result<Self, InvalidPeriod> {
        Self::between(issued_at, issued_at.saturating_add(seconds.into()))
    }

    pub(crate) fn between(issued_at: i64, expires_at: i64) -> Result<Self, InvalidPeriod> {
        let is_written_in_four_digits = (0..=LAST_SECOND).contains(&issued_at) && expires_at <= LAST_SECOND;
        let lasts = expires_at.saturating_sub(issued_at);
        let fits = is_written_in_four_digits && (1..=LONGEST_PERIOD.into()).contains(&lasts);
        fits.then_some(Self { issued_at, expires_at }).ok_or(InvalidPeriod)
    }

    /// When the challenge was made.
    pub fn issued_at(self) -> i64 {
        self.issued_at
    }

    /// From when on it counts no more.
    pub fn expires_at(self) -> i64 {
        self.expires_at
    }
}

/// No challenge may last that long, or its times cannot be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a challenge lasts from one second to 30 days")]
pub struct InvalidPeriod;

/// Long enough for several owners of one account in several countries; what lasts longer would be a standing proof.
pub const LONGEST_PERIOD: u32 = 30 * 86_400;

/// 9999-12-31T23:59:59Z.
const LAST_SECOND: i64 = 253_402_300_799;
