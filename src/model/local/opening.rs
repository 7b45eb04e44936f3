//! From a file to a model in memory: checks, plans, chooses the arithmetic, loads.

use std::path::Path;

use candle_core::Device;

use crate::model::error::ModelError;
use crate::model::local::arithmetic::Arithmetic;
use crate::model::local::backend::Backend;
use crate::model::local::checkpoint::Checkpoint;
use crate::model::local::decoder::{self, Decoder};
use crate::model::local::directory::Directory;
use crate::model::local::fault;
use crate::model::local::gguf::Gguf;
use crate::model::local::kernels::{Kernel, Kernels};
use crate::model::local::memory::{self, Needs, Plan};
use crate::model::local::rotary::Rotary;
use crate::model::local::shape::Shape;
use crate::model::local::template::Template;
use crate::model::local::tensors::Tensors;
use crate::model::local::threads;
use crate::model::local::tokenizer::Tokenizer;

/// A decoder, with what does its arithmetic.
pub enum Loaded {
    /// Our kernels on this processor.
    Kernels(Decoder<Kernels>),
    /// candle's tensors.
    Tensors(Decoder<Tensors>),
}

/// What is known of a model before its weights are read.
pub struct Described {
    /// The architecture, for instance `llama`.
    pub family: String,
    pub directory: Directory,
    pub shape: Shape,
    /// The reason if it is of a kind that we do not know: such a model is read by token ids only.
    pub tokenizer: Result<Tokenizer, ModelError>,
    /// Nothing if it has none; the reason if it does not compile.
    pub template: Option<Result<Template, String>>,
}

/// What a model needs, from its header alone: no weights are read.
///
/// # Errors
/// It is no model, or none that we can run.
pub fn needs(path: &Path) -> Result<Needs, ModelError> {
    let (directory, shape) = if path.is_dir() {
        let checkpoint = Checkpoint::open(path)?;
        let directory = checkpoint.directory()?;
        let shape = checkpoint.shape(&directory)?;
        (directory, shape)
    } else {
        let gguf = Gguf::open(path)?;
        let shape = Shape::read(&gguf)?;
        (gguf.directory(), shape)
    };
    Ok(match Kernel::fastest() {
        Some(_) => memory::needs::<<Kernels as Arithmetic>::Page>(&directory, &shape),
        None => memory::needs::<<Tensors as Arithmetic>::Page>(&directory, &shape),
    })
}

/// Describes a GGUF file, or a folder with a checkpoint.
///
/// # Errors
/// It is neither, or none that we can run.
pub fn describe(path: &Path) -> Result<Described, ModelError> {
    if path.is_dir() { of_checkpoint(path) } else { of_gguf(path) }
}

/// Loads the weights of a described model.
///
/// # Errors
/// A tensor is not what the description says, or they need more memory than is free.
pub fn load(directory: &Directory, shape: Shape, name: &str, backend: &Backend) -> Result<(Loaded, Plan), ModelError> {
    let free = backend.free();
    Ok(match (backend, Kernel::fastest()) {
        (Backend::Processor, Some(kernel)) => {
            let kernels = |rotary| Ok(Kernels::new(kernel, threads::shared(), rotary));
            let (decoder, plan) = load_with(directory, shape, name, free, kernels)?;
            (Loaded::Kernels(decoder), plan)
        }
        (chosen, _) => {
            let device = if let Backend::Tensors(device) = chosen { device.clone() } else { Device::Cpu };
            let (decoder, plan) = load_with(directory, shape, name, free, |rotary| Tensors::new(device, &rotary))?;
            (Loaded::Tensors(decoder), plan)
        }
    })
}

fn of_gguf(path: &Path) -> Result<Described, ModelError> {
    let mut gguf = Gguf::open(path)?;
    let shape = Shape::read(&gguf)?;
    let tokenizer = match Tokenizer::read(&mut gguf, shape.vocabulary) {
        Err(error) if !matches!(error, ModelError::Tokenizer { .. }) => return Err(error),
        tokenizer => tokenizer,
    };
    let token = |key: &str| {
        let id = gguf.number(key).and_then(|id| u32::try_from(id).ok());
        id.zip(tokenizer.as_ref().ok()).and_then(|(id, tokenizer)| tokenizer.spelling(id)).unwrap_or_default()
    };
    let template = gguf.text("tokenizer.chat_template").map(|source| {
        Template::new(source, token("tokenizer.ggml.bos_token_id"), token("tokenizer.ggml.eos_token_id"))
    });
    let family = gguf.architecture().to_owned();
    Ok(Described { family, directory: gguf.directory(), shape, tokenizer, template })
}

fn of_checkpoint(path: &Path) -> Result<Described, ModelError> {
    let checkpoint = Checkpoint::open(path)?;
    let directory = checkpoint.directory()?;
    let shape = checkpoint.shape(&directory)?;
    let tokenizer = Ok(Tokenizer::of_checkpoint(&checkpoint, shape.vocabulary)?);
    let token = |key: &str| checkpoint.special(key).unwrap_or_default().to_owned();
    let template = checkpoint.template().map(|source| Template::new(&source, token("bos_token"), token("eos_token")));
    let family = checkpoint.architecture().to_owned();
    Ok(Described { family, directory, shape, tokenizer, template })
}

fn load_with<A: Arithmetic>(
    directory: &Directory,
    shape: Shape,
    name: &str,
    free: u64,
    arithmetic: impl FnOnce(Rotary) -> candle_core::Result<A>,
) -> Result<(Decoder<A>, Plan), ModelError> {
    let plan = memory::plan::<A::Page>(directory, &shape, name, free)?;
    let rotary = decoder::rotary(directory, &shape, plan.context)?;
    let arithmetic = arithmetic(rotary).map_err(|error| directory.unusable(fault::reason(&error)))?;
    Ok((Decoder::load(directory, shape, arithmetic)?, plan))
}
