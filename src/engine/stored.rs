//! A request in the form in which the store keeps it: JSON, named by its content.

use serde::Serialize;

use crate::engine::error::EngineError;
use crate::store::StoredRequest;
use crate::text::hash::content_hash;

/// Serialises a request and names it.
///
/// # Errors
/// A number in it is not finite.
pub fn stored(request: &impl Serialize) -> Result<StoredRequest, EngineError> {
    let body = serde_json::to_vec(request)
        .map_err(|error| EngineError::Failed(format!("a request cannot be kept: {error}")))?;
    Ok(StoredRequest { hash: content_hash(&body), body })
}
