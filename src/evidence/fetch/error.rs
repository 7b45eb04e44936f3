//! Why a page is not read.

use thiserror::Error;

/// Each is the end of a sentence that begins with the page's address.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum FetchError {
    #[error("is no web address")]
    NoAddress,
    #[error("begins with {0}:, and only http and https are fetched")]
    Scheme(String),
    #[error("holds a name or a password, and pages are fetched without")]
    Credentials,
    #[error("is at port {0}, and pages are fetched from the usual ports only")]
    Port(u16),
    #[error("is at {address}, {kind} address, and pages are fetched from public addresses only")]
    Special { address: String, kind: &'static str },
    #[error("has a host that is not found: {0}")]
    NotFound(String),
    #[error("cannot be reached: {0}")]
    Unreachable(String),
    #[error("redirects to {address}, which {reason}")]
    Redirect { address: String, reason: Box<FetchError> },
    #[error("redirects more than {0} times")]
    Redirects(usize),
    #[error("redirects without saying where to")]
    Nowhere,
    #[error("answered status {0}")]
    Status(u16),
    #[error("answered status {status} and asks to be left alone{until}")]
    Busy { status: u16, until: String },
    #[error("holds more than {} KiB, which is the most that is read", .0 >> 10)]
    TooLarge(usize),
    #[error("took longer than {0} seconds")]
    Slow(String),
    #[error("is of the type \"{0}\", and only pages of text are read")]
    Type(String),
    #[error("is packed as \"{0}\", which is not unpacked")]
    Packed(String),
    #[error("is not written in {0}, as it says")]
    NotText(String),
    #[error("broke off: {0}")]
    Broken(String),
}
