//! The library and the web at once.

use async_trait::async_trait;

use crate::engine::evidence::search::LibraryBase;
use crate::engine::evidence::web::WebBase;
use crate::evidence::fusion::alternating;
use crate::evidence::{EvidenceBase, EvidenceError, Passage};

/// Both, asked at the same time; their passages take turns.
pub(super) struct BothBases {
    /// Absent where it holds nothing.
    pub library: Option<LibraryBase>,
    pub web: WebBase,
}

#[async_trait]
impl EvidenceBase for BothBases {
    fn name(&self) -> &str {
        "the evidence library and the web"
    }

    async fn search(&self, query: &str, limit: usize) -> Result<Vec<Passage>, EvidenceError> {
        let library = async {
            match &self.library {
                Some(library) => EvidenceBase::search(library, query, limit).await,
                None => Ok(Vec::new()),
            }
        };
        let (library, web) = tokio::join!(library, self.web.search(query, limit));
        Ok(alternating(library?, web?, limit))
    }
}
