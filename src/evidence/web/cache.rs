//! The port through which searches and pages are kept, so that nothing is asked twice. How long they are kept is decided by
//! whoever keeps them.

use async_trait::async_trait;

use crate::evidence::error::EvidenceError;
use crate::evidence::reading::Page;
use crate::evidence::web::hit::Hit;

/// What a page gave, or why it gave nothing, as the end of a sentence that begins with its address.
pub type Visited = Result<Page, String>;

/// Keeps what was found. Reading blocks for as long as a disk takes.
#[async_trait]
pub trait WebCache: Send + Sync {
    /// The hits that a service gave for a query not long ago.
    ///
    /// # Errors
    /// What is kept cannot be read.
    fn hits(&self, service: &str, query: &str) -> Result<Option<Vec<Hit>>, EvidenceError>;

    /// # Errors
    /// Nothing can be kept.
    async fn keep_hits(&self, service: &str, query: &str, hits: &[Hit]) -> Result<(), EvidenceError>;

    /// What a page gave not long ago.
    ///
    /// # Errors
    /// What is kept cannot be read.
    fn page(&self, address: &str) -> Result<Option<Visited>, EvidenceError>;

    /// # Errors
    /// Nothing can be kept.
    async fn keep_page(&self, address: &str, visited: &Visited) -> Result<(), EvidenceError>;
}
