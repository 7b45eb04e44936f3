//! What a debate searches: a folder, the library, or nothing.

use std::path::Path;
use std::sync::Arc;

use crate::engine::error::EngineError;
use crate::engine::evidence::search::Tell;
use crate::engine::queries::Queries;
use crate::evidence::{EvidenceBase, FolderBase};
use crate::model::registry::OpenModel;

/// What stands for the library where a folder could be named.
pub const LIBRARY: &str = "@library";

/// What stands for no sources at all, though the library has some.
pub const NOTHING: &str = "@none";

impl Queries {
    /// What a debate uses where its request names `given`: that, or the library if it holds anything and is not turned off.
    ///
    /// # Errors
    /// The store cannot be read.
    pub(in crate::engine) fn chosen_evidence(&self, given: Option<&str>) -> Result<Option<String>, EngineError> {
        match given {
            Some(NOTHING) => Ok(None),
            Some(given) => Ok(Some(given.to_owned())),
            None => {
                let used = self.library.config().evidence.library && self.evidence().passages()? > 0;
                Ok(used.then(|| LIBRARY.to_owned()))
            }
        }
    }

    /// Opens what [`Queries::chosen_evidence`] chose.
    ///
    /// # Errors
    /// The folder is not there or holds no text; the library cannot be used.
    pub(in crate::engine) async fn open_evidence(
        &self,
        chosen: Option<&str>,
        tell: Tell,
    ) -> Result<Option<Arc<dyn EvidenceBase>>, EngineError> {
        Ok(match chosen {
            None => None,
            Some(LIBRARY) => Some(Arc::new(self.evidence().open(self.reranker(&tell).await, tell).await?)),
            Some(folder) => Some(Arc::new(FolderBase::open(Path::new(folder)).await?)),
        })
    }

    /// The configured model that reranks. Where it cannot be opened, nothing is reranked, and `tell` hears why.
    pub async fn reranker(&self, tell: &Tell) -> Option<OpenModel> {
        let name = self.library.config().evidence.rerank.as_deref().filter(|name| !name.is_empty())?;
        let opened = self.registry.open(name).await.and_then(|model| model.embedder().map(|_| ()).map(|()| model));
        match opened {
            Ok(model) => Some(model),
            Err(error) => {
                tell(format!("Passages are not reranked: {error}"));
                None
            }
        }
    }
}
