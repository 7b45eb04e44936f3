//! What can go wrong with web search, each as a sentence for the user.

use thiserror::Error;

/// An error of a search service or its settings. None holds a key or what a service wrote.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum WebError {
    #[error(
        "no web search is set up; set service = \"searxng\", \"tavily\", \"brave\" or \"wikipedia\" under [evidence.web] in \
         config.toml, or run `rhetor config set evidence.web.service wikipedia`"
    )]
    NotSetUp,
    #[error("web search with {service} needs a key; set {variable} or write {name} = \"KEY\" to credentials.toml")]
    NoKey { service: &'static str, name: &'static str, variable: String },
    #[error("the key for {service} holds characters that no key has; write it again on one line")]
    BadKey { service: &'static str },
    #[error(
        "web search with {service} needs to know where it is; set base_url under [evidence.web] in config.toml, for instance \"http://127.0.0.1:8888\""
    )]
    NoAddress { service: &'static str },
    #[error("[evidence.web]: base_url {0}")]
    BadAddress(String),
    #[error("[evidence.web]: language \"{0}\" is none; it looks like \"en\" or \"zh-min-nan\"")]
    BadLanguage(String),
    #[error("{service} cannot be reached: {reason}; is it running, and is base_url right?")]
    Unreachable { service: String, reason: String },
    #[error("{service} did not answer within {seconds} seconds")]
    Slow { service: String, seconds: String },
    #[error(
        "{service} refused the key (status {status}); set {variable} or write {name} = \"KEY\" to credentials.toml"
    )]
    Refused { service: String, status: u16, name: &'static str, variable: String },
    #[error("{service} answered status {status}; {mend}")]
    Status { service: String, status: u16, mend: &'static str },
    #[error("{service} asks to be left alone{until}; what was searched before is still found")]
    Busy { service: String, until: String },
    #[error("{service} did not answer as a search service: {reason}")]
    Answer { service: String, reason: String },
}
