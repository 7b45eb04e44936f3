//! Whether a GPU or this machine's processor serves a local model, and the sentence that says so.

use std::path::Path;
use std::sync::Arc;

use crate::model::error::ModelError;
use crate::model::process::{Engine, EngineModel, Failure};

/// A GPU that local models are to run on, through the second program.
pub struct Gpu {
    engine: Engine,
    /// Whether the processor serves where the GPU cannot.
    falls_back: bool,
}

/// Where a model runs.
pub enum Placed {
    Gpu(Arc<EngineModel>),
    /// It has to be opened for the processor. What there is to say about it, if anything is amiss.
    Processor {
        excuse: Option<String>,
    },
}

impl Gpu {
    #[must_use]
    pub fn new(engine: Engine, falls_back: bool) -> Gpu {
        Gpu { engine, falls_back }
    }

    /// Opens a model on the GPU, or says that the processor is to serve it.
    ///
    /// # Errors
    /// The GPU cannot serve it, and nothing else may.
    pub async fn open(&self, path: &Path, name: &str) -> Result<Placed, ModelError> {
        let reason = match self.engine.open(path, name).await {
            Ok(Ok(model)) => return Ok(Placed::Gpu(model)),
            Ok(Err(error)) if !self.falls_back => return Err(error),
            Ok(Err(error)) => format!("the GPU engine cannot serve {name} ({error})"),
            Err(Failure::WithoutGpu) if self.falls_back => return Ok(Placed::Processor { excuse: None }),
            Err(failure) => no_start(&failure),
        };
        if self.falls_back {
            return Ok(Placed::Processor {
                excuse: Some(format!("{reason}; this machine's processor serves instead")),
            });
        }
        let advice = "set device = \"auto\" under [models] in the settings to let the processor serve";
        Err(ModelError::Setup(format!("{reason}; {advice}")))
    }

    /// The name of the GPU, or the sentence why there is none; `None` if there is none and nothing is amiss. Starts the
    /// program if it does not run.
    pub async fn device(&self) -> Option<Result<String, String>> {
        match self.engine.device().await {
            Ok(device) => Some(Ok(device)),
            Err(Failure::WithoutGpu) if self.falls_back => None,
            Err(failure) => Some(Err(no_start(&failure))),
        }
    }
}

fn no_start(failure: &Failure) -> String {
    let reason = match failure {
        Failure::WithoutGpu => "rhetor-engine was built without the feature cuda or metal",
        Failure::Broken(reason) => reason,
    };
    format!("the GPU engine could not start ({reason})")
}

#[cfg(unix)]
#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::*;
    use crate::model::process::Program;

    fn gpu(script: &str, falls_back: bool) -> Gpu {
        let arguments = vec!["-c".to_owned(), script.to_owned()];
        Gpu::new(Engine::new(Program { path: PathBuf::from("/bin/sh"), arguments }), falls_back)
    }

    async fn excuse(gpu: &Gpu) -> Option<String> {
        match gpu.open(Path::new("m.gguf"), "m").await.unwrap() {
            Placed::Processor { excuse } => excuse,
            Placed::Gpu(_) => panic!("it runs on a GPU"),
        }
    }

    #[tokio::test]
    async fn without_a_driver_the_processor_serves_and_one_sentence_says_so() {
        let gpu = gpu("echo libcuda.so.1 is missing >&2; exit 127", true);
        let said = "the GPU engine could not start (libcuda.so.1 is missing); this machine's processor serves instead";
        assert_eq!(excuse(&gpu).await.as_deref(), Some(said));
        assert_eq!(excuse(&gpu).await.as_deref(), Some(said));
        assert_eq!(gpu.device().await, Some(Err(said.split(';').next().unwrap().to_owned())));
    }

    #[tokio::test]
    async fn a_program_without_a_gpu_is_passed_over_in_silence() {
        let gpu = gpu("echo '\"without_gpu\"'; read line", true);
        assert_eq!((excuse(&gpu).await, gpu.device().await), (None, None));
    }

    #[tokio::test]
    async fn who_wants_the_gpu_alone_hears_why_there_is_none() {
        for (script, reason) in [
            ("exit 127", "exit status: 127"),
            ("echo '\"without_gpu\"'; read line", "rhetor-engine was built without the feature cuda or metal"),
        ] {
            let error = gpu(script, false).open(Path::new("m.gguf"), "m").await.err().unwrap().to_string();
            assert!(error.starts_with(&format!("the GPU engine could not start ({reason}); set device")), "{error}");
        }
    }
}
