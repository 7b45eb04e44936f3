//! Web search: services that name pages ([`Service`], and a file for the protocol of each), and what is made of the pages
//! ([`WebSearch`]). Pages are fetched by [`crate::evidence::fetch`]; what was found is kept behind [`cache`].

mod brave;
pub mod cache;
mod error;
mod hit;
mod kind;
mod search;
mod searxng;
mod service;
mod tavily;
#[cfg(test)]
mod tests;
mod wikipedia;

pub use cache::{Visited, WebCache};
pub use error::WebError;
pub use hit::Hit;
pub use kind::ServiceKind;
pub use search::{Found, WebSearch};
pub use service::{Service, ServiceOptions};
