//! What a debate searches: a folder, the library, the web, or nothing.

use std::path::Path;
use std::sync::Arc;

use crate::engine::error::EngineError;
use crate::engine::evidence::both::BothBases;
use crate::engine::evidence::search::{LibraryBase, Tell};
use crate::engine::evidence::web::WebBase;
use crate::engine::queries::Queries;
use crate::evidence::{EvidenceBase, EvidenceError, FolderBase};
use crate::model::registry::OpenModel;

/// What stands for the library where a folder could be named.
pub const LIBRARY: &str = "@library";

/// What stands for the web.
pub const WEB: &str = "@web";

/// What stands for the library and the web together.
pub const ALL: &str = "@all";

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
    /// The folder is not there or holds no text; the library cannot be used; web search is not set up.
    pub(in crate::engine) async fn open_evidence(
        &self,
        chosen: Option<&str>,
        tell: Tell,
    ) -> Result<Option<Arc<dyn EvidenceBase>>, EngineError> {
        Ok(match chosen {
            None | Some(NOTHING) => None,
            Some(LIBRARY) => Some(Arc::new(self.open_library(tell).await?)),
            Some(WEB) => Some(Arc::new(WebBase::new(self.web()?, tell))),
            Some(ALL) => {
                let web = WebBase::new(self.web()?, Arc::clone(&tell));
                let holds = self.evidence().passages()? > 0;
                let library = if holds { Some(self.open_library(tell).await?) } else { None };
                Some(Arc::new(BothBases { library, web }))
            }
            Some(given) if given.starts_with('@') => {
                return Err(EvidenceError::NoSuchSources { given: given.to_owned() }.into());
            }
            Some(folder) => Some(Arc::new(FolderBase::open(Path::new(folder)).await?)),
        })
    }

    async fn open_library(&self, tell: Tell) -> Result<LibraryBase, EngineError> {
        self.evidence().open(self.reranker(&tell).await, tell).await
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
