//! The decoder: tokens in, hidden states out, for the families that differ only in names, biases, norms and rotary
//! pairing. It knows the order of the steps; an [`Arithmetic`] does them.
//!
//! Several sequences are read in one pass. It gives the hidden states of all tokens; logits are computed for the rows
//! asked for.

use candle_core::Result;

use crate::model::error::ModelError;
use crate::model::local::arithmetic::{Arithmetic, Heads, Piece};
use crate::model::local::cache::Cache;
use crate::model::local::directory::Directory;
use crate::model::local::rotary::Rotary;
use crate::model::local::shape::Shape;
use crate::model::local::weights::Weights;

/// A loaded model.
pub struct Decoder<A: Arithmetic> {
    arithmetic: A,
    shape: Shape,
    embedding: A::Matrix,
    layers: Vec<Layer<A>>,
    norm: A::Vector,
    /// Small models use the embedding table for the output, too.
    output: Option<A::Matrix>,
}

struct Layer<A: Arithmetic> {
    attention_norm: A::Vector,
    /// Queries, keys and values of all heads.
    inputs: A::Matrix,
    heads: Heads<A::Vector>,
    mixed: A::Matrix,
    /// Norms of what attention and the feed-forward block give, for models that have them.
    output_norms: Option<[A::Vector; 2]>,
    forward_norm: A::Vector,
    /// Gates and what they let through.
    gates: A::Matrix,
    down: A::Matrix,
}

/// A hidden state for each of some tokens.
pub type States = Vec<Vec<f32>>;

/// Hidden states that somebody wants to see beside those that a reading gives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tap {
    /// Behind so many layers, before the last norm; `None` is behind that norm.
    pub layer: Option<usize>,
    /// Rows of the reading, counted over all its sequences.
    pub rows: Vec<usize>,
}

/// The positions that a model's heads are turned by. `context` is the longest sequence that will be read.
///
/// # Errors
/// The file has factors of another length than the pairs of a head.
pub fn rotary(directory: &Directory, shape: &Shape, context: usize) -> std::result::Result<Rotary, ModelError> {
    let name = "rope_freqs.weight";
    let mut weights = Weights::open(directory)?;
    let factors = if weights.has(name) {
        let device = candle_core::Device::Cpu;
        let stored = weights.tensor(name, &[shape.head / 2], &device)?;
        let factors = stored.dequantize(&device).and_then(|factors| factors.to_vec1::<f32>());
        Some(factors.map_err(|error| weights.failed(name, &error))?)
    } else {
        shape.rotary_factors.clone()
    };
    Ok(Rotary::new(shape, context, factors.as_deref()))
}

impl<A: Arithmetic> Decoder<A> {
    /// Loads the weights.
    ///
    /// # Errors
    /// A tensor is missing or has another shape than the metadata says.
    pub fn load(directory: &Directory, shape: Shape, arithmetic: A) -> std::result::Result<Decoder<A>, ModelError> {
        let mut weights = Weights::open(directory)?;
        let embedding = arithmetic.matrix(&mut weights, &[("token_embd", shape.vocabulary)], shape.width)?;
        let output = if weights.has("output.weight") {
            Some(arithmetic.matrix(&mut weights, &[("output", shape.vocabulary)], shape.width)?)
        } else {
            None
        };
        let norm = arithmetic.vector(&mut weights, "output_norm.weight", shape.width)?;
        let layers = (0..shape.layers).map(|i| Layer::load(&arithmetic, &mut weights, &shape, i));
        let layers = layers.collect::<std::result::Result<_, _>>()?;
        Ok(Decoder { arithmetic, shape, embedding, layers, norm, output })
    }

    /// The dimensions.
    #[must_use]
    pub fn shape(&self) -> &Shape {
        &self.shape
    }

    /// Reads tokens of several sequences, each behind those of its cache. Gives the hidden states after the last norm,
    /// one row for each token, sequence by sequence.
    ///
    /// # Errors
    /// A token is out of range, or a context is full; the caches keep their lengths then.
    pub fn read(&self, runs: &mut [(&[u32], &mut Cache<A::Page>)]) -> Result<A::Rows> {
        self.read_tapped(runs, &[]).map(|(rows, _)| rows)
    }

    /// As [`Decoder::read`]; gives the states at each tap, too: one list of numbers for each of its rows.
    ///
    /// # Errors
    /// As [`Decoder::read`], or a tap has a row that is not read.
    pub fn read_tapped(
        &self,
        runs: &mut [(&[u32], &mut Cache<A::Page>)],
        taps: &[Tap],
    ) -> Result<(A::Rows, Vec<States>)> {
        let (arithmetic, epsilon) = (&self.arithmetic, self.shape.norm_epsilon);
        let mut tapped = vec![Vec::new(); taps.len()];
        let mut tap = |layer: Option<usize>, rows: &A::Rows| -> Result<()> {
            for (tap, states) in taps.iter().zip(&mut tapped).filter(|(tap, _)| tap.layer == layer) {
                *states = arithmetic.numbers(arithmetic.pick(rows, &tap.rows)?)?;
            }
            Ok(())
        };
        let tokens: Vec<u32> = runs.iter().flat_map(|(tokens, _)| tokens.iter().copied()).collect();
        let mut rows = arithmetic.embed(&self.embedding, &tokens, self.shape.embedding_scale)?;
        tap(Some(0), &rows)?;
        let mut pieces = Vec::with_capacity(runs.len());
        for (tokens, cache) in runs {
            let rooms = cache.reserve(tokens.len(), || arithmetic.page(&self.shape))?;
            pieces.push(Piece { cache, tokens: tokens.len(), rooms });
        }
        for (i, layer) in self.layers.iter().enumerate() {
            let normed = arithmetic.norm(&rows, &layer.attention_norm, epsilon)?;
            let inputs = arithmetic.product(normed, &layer.inputs)?;
            let mixed = arithmetic.attend(inputs, &layer.heads, i, &mut pieces)?;
            let [mixed_norm, down_norm] =
                layer.output_norms.as_ref().map_or([None, None], |norms| norms.each_ref().map(Some));
            self.add(&mut rows, mixed, &layer.mixed, mixed_norm)?;
            let normed = arithmetic.norm(&rows, &layer.forward_norm, epsilon)?;
            let gated = arithmetic.gate(arithmetic.product(normed, &layer.gates)?, self.shape.activation)?;
            self.add(&mut rows, gated, &layer.down, down_norm)?;
            tap(Some(i + 1), &rows)?;
        }
        let rows = arithmetic.norm(&rows, &self.norm, epsilon)?;
        tap(None, &rows)?;
        for piece in pieces {
            piece.cache.advance(&piece.rooms);
        }
        Ok((rows, tapped))
    }

    /// Adds rows times a matrix to the hidden states, with a norm in between if there is one.
    fn add(&self, sums: &mut A::Rows, rows: A::Rows, matrix: &A::Matrix, norm: Option<&A::Vector>) -> Result<()> {
        let Some(norm) = norm else { return self.arithmetic.add_product(sums, rows, matrix) };
        let product = self.arithmetic.product(rows, matrix)?;
        let normed = self.arithmetic.norm(&product, norm, self.shape.norm_epsilon)?;
        self.arithmetic.add(sums, normed)
    }

    /// The logits of the token that follows each of some rows: one list, as long as the vocabulary, for each.
    ///
    /// # Errors
    /// There is no such row.
    pub fn logits(&self, rows: &A::Rows, wanted: &[usize]) -> Result<Vec<Vec<f32>>> {
        let picked = self.arithmetic.pick(rows, wanted)?;
        let logits = self.arithmetic.product(picked, self.output.as_ref().unwrap_or(&self.embedding))?;
        self.arithmetic.numbers(logits)
    }
}

impl<A: Arithmetic> Layer<A> {
    fn load(
        arithmetic: &A,
        weights: &mut Weights,
        shape: &Shape,
        i: usize,
    ) -> std::result::Result<Layer<A>, ModelError> {
        let name = |part: &str| format!("blk.{i}.{part}");
        let (width, query, kv) = (shape.width, shape.heads * shape.head, shape.kv_heads * shape.head);
        let mut heads = Heads::new(shape, i);
        if shape.head_norms {
            let norm = |weights: &mut Weights, part| arithmetic.vector(weights, &name(part), shape.head);
            heads.norms = Some([norm(weights, "attn_q_norm.weight")?, norm(weights, "attn_k_norm.weight")?]);
        }
        let mut output_norms = None;
        if shape.output_norms {
            let norm = |weights: &mut Weights, part| arithmetic.vector(weights, &name(part), width);
            output_norms = Some([norm(weights, "post_attention_norm.weight")?, norm(weights, "post_ffw_norm.weight")?]);
        }
        let inputs = [(&*name("attn_q"), query), (&name("attn_k"), kv), (&name("attn_v"), kv)];
        let gates = [(&*name("ffn_gate"), shape.inner), (&name("ffn_up"), shape.inner)];
        Ok(Layer {
            attention_norm: arithmetic.vector(weights, &name("attn_norm.weight"), width)?,
            inputs: arithmetic.matrix(weights, &inputs, width)?,
            heads,
            mixed: arithmetic.matrix(weights, &[(&name("attn_output"), width)], query)?,
            output_norms,
            forward_norm: arithmetic.vector(weights, &name("ffn_norm.weight"), width)?,
            gates: arithmetic.matrix(weights, &gates, width)?,
            down: arithmetic.matrix(weights, &[(&name("ffn_down"), width)], shape.inner)?,
        })
    }
}

#[cfg(test)]
mod tests {
    use candle_core::Device;

    use super::*;
    use crate::model::local::gguf::Gguf;
    use crate::model::local::kernels::{Kernel, Kernels, Pool};
    use crate::model::local::tensors::Tensors;
    use crate::model::local::tiny::Tiny;

    const FAMILIES: [&str; 4] = ["llama", "qwen2", "qwen3", "gemma3"];

    fn load<A: Arithmetic>(
        tiny: &Tiny,
        arithmetic: impl Fn(Rotary) -> A,
    ) -> std::result::Result<Decoder<A>, ModelError> {
        let written = tiny.write();
        let gguf = Gguf::open(&written.path).unwrap();
        let shape = Shape::read(&gguf).unwrap();
        let rotary = rotary(&gguf.directory(), &shape, 1024).unwrap();
        Decoder::load(&gguf.directory(), shape, arithmetic(rotary))
    }

    fn kernels(rotary: Rotary) -> Kernels {
        Kernels::new(Kernel::fastest().unwrap_or(Kernel::Plain), Pool::new(2).into(), rotary)
    }

    fn plain(rotary: Rotary) -> Kernels {
        Kernels::new(Kernel::Plain, Pool::new(1).into(), rotary)
    }

    fn tensors(rotary: Rotary) -> Tensors {
        Tensors::new(Device::Cpu, &rotary).unwrap()
    }

    fn read<A: Arithmetic>(decoder: &Decoder<A>, cache: &mut Cache<A::Page>, pieces: &[&[u32]]) -> Vec<Vec<f32>> {
        let states = |piece: &&[u32]| {
            let rows = decoder.read(&mut [(piece, &mut *cache)]).unwrap();
            decoder.arithmetic.numbers(rows).unwrap()
        };
        pieces.iter().flat_map(states).collect()
    }

    fn tokens(count: u32) -> Vec<u32> {
        (0..count).map(|i| i * 7 % 250 + 3).collect()
    }

    fn farthest(a: &[Vec<f32>], b: &[Vec<f32>]) -> f32 {
        assert_eq!(a.len(), b.len());
        a.iter().flatten().zip(b.iter().flatten()).fold(0.0, |most, (a, b)| most.max((a - b).abs()))
    }

    #[test]
    fn our_kernels_and_candle_read_the_same() {
        for family in FAMILIES {
            let tiny = Tiny::new(family, 3);
            let fast = read(&load(&tiny, kernels).unwrap(), &mut Cache::default(), &[&tokens(700)]);
            let slow = read(&load(&tiny, plain).unwrap(), &mut Cache::default(), &[&tokens(700)]);
            let candle = read(&load(&tiny, tensors).unwrap(), &mut Cache::default(), &[&tokens(700)]);
            assert!(fast.iter().flatten().any(|number| number.abs() > 1.0));
            // The kernels differ in rounding alone; candle multiplies Q8_0 where we keep Q4_1, and rounds differently.
            let (ours, candles) = (farthest(&fast, &slow), farthest(&fast, &candle));
            assert!(ours < 0.1, "{family}: {ours} from the plain kernels");
            assert!(candles < 0.4, "{family}: {candles} from candle");
        }
    }

    #[test]
    fn a_number_never_depends_on_how_its_tokens_were_read() {
        for family in FAMILIES {
            let decoder = load(&Tiny::new(family, 3), kernels).unwrap();
            let tokens = tokens(700);
            let whole = read(&decoder, &mut Cache::default(), &[&tokens]);
            let pieces = [&tokens[..17], &tokens[17..18], &tokens[18..530], &tokens[530..533], &tokens[533..]];
            assert!(whole == read(&decoder, &mut Cache::default(), &pieces), "{family}");
        }
    }

    #[test]
    fn sequences_that_are_read_together_do_not_touch_each_other() {
        let decoder = load(&Tiny::new("qwen2", 3), kernels).unwrap();
        let (one, other) = (tokens(600), tokens(90).into_iter().rev().collect::<Vec<_>>());
        let (mut first, mut second) = (Cache::default(), Cache::default());
        let mut alone = read(&decoder, &mut Cache::default(), &[&one]);
        alone.extend(read(&decoder, &mut Cache::default(), &[&other]));
        let rows = decoder.read(&mut [(&one[..599], &mut first), (&other[..89], &mut second)]).unwrap();
        let mut together = decoder.arithmetic.numbers(rows).unwrap();
        let rows = decoder.read(&mut [(&one[599..], &mut first), (&other[89..], &mut second)]).unwrap();
        let last = decoder.arithmetic.numbers(rows).unwrap();
        together.insert(599, last[0].clone());
        together.push(last[1].clone());
        assert!(alone == together);
    }

    #[test]
    fn with_candle_pieces_give_what_the_whole_gives() {
        for family in FAMILIES {
            let decoder = load(&Tiny::new(family, 3), tensors).unwrap();
            let whole = read(&decoder, &mut Cache::default(), &[&tokens(40)]);
            let pieces = read(&decoder, &mut Cache::default(), &[&tokens(40)[..17], &tokens(40)[17..]]);
            assert!(farthest(&whole, &pieces) < 0.1, "{family}");
        }
    }

    #[test]
    fn later_tokens_do_not_change_earlier_states() {
        let decoder = load(&Tiny::new("qwen2", 3), kernels).unwrap();
        let one = read(&decoder, &mut Cache::default(), &[&[5, 6, 7, 8]]);
        let other = read(&decoder, &mut Cache::default(), &[&[5, 6, 9, 9]]);
        assert_eq!(one[..2], other[..2]);
        assert_ne!(one[2..], other[2..]);
    }

    #[test]
    fn the_order_of_tokens_matters() {
        for family in FAMILIES {
            let decoder = load(&Tiny::new(family, 3), kernels).unwrap();
            let last = |tokens: &[u32]| read(&decoder, &mut Cache::default(), &[tokens]).pop();
            assert_ne!(last(&[5, 6, 7]), last(&[6, 5, 7]), "{family}");
        }
    }

    #[test]
    fn a_cache_that_was_cut_back_or_forked_goes_on_as_if_nothing_had_followed() {
        fn check<A: Arithmetic>(decoder: &Decoder<A>) {
            let tokens = tokens(200);
            let mut cache = Cache::default();
            read(decoder, &mut cache, &[&tokens[..100]]);
            let mut fork = cache.fork(60);
            let expected = read(decoder, &mut cache, &[&tokens[100..150]]);
            cache.truncate(100);
            assert!(read(decoder, &mut cache, &[&tokens[100..150]]) == expected);
            cache.truncate(60);
            let cut = read(decoder, &mut cache, &[&[9, 8, 7]]);
            assert!(read(decoder, &mut fork, &[&[9, 8, 7]]) == cut);
        }
        check(&load(&Tiny::new("llama", 3), kernels).unwrap());
        check(&load(&Tiny::new("llama", 3), tensors).unwrap());
    }

    #[test]
    fn a_token_out_of_range_and_a_full_context_leave_the_cache_as_it_was() {
        fn check<A: Arithmetic>(decoder: &Decoder<A>) {
            let mut cache = Cache::default();
            read(decoder, &mut cache, &[&[5, 6]]);
            assert!(decoder.read(&mut [(&[100_000], &mut cache)]).is_err());
            assert!(decoder.read(&mut [(&[7; 1023], &mut cache)]).is_err());
            assert_eq!(cache.len(), 2);
            assert!(read(decoder, &mut cache, &[&[7; 1022]]).pop().unwrap().iter().all(|number| number.is_finite()));
        }
        check(&load(&Tiny::new("llama", 3), kernels).unwrap());
        check(&load(&Tiny::new("llama", 3), tensors).unwrap());
    }

    #[test]
    fn a_missing_or_misshapen_tensor_is_named() {
        let tiny = Tiny::new("llama", 3).without("blk.1.ffn_up.weight");
        let error = load(&tiny, kernels).err().unwrap().to_string();
        assert!(error.contains("it has no blk.1.ffn_up.weight"), "{error}");
        let mut tiny = Tiny::new("llama", 3);
        let wrong = tiny.tensors.remove("blk.0.attn_k.weight").unwrap();
        tiny.tensors.insert("blk.0.attn_q.weight".to_owned(), wrong);
        let error = load(&tiny, kernels).err().unwrap().to_string();
        assert!(error.contains("blk.0.attn_q.weight has the shape [32, 64] instead of [64, 64]"), "{error}");
    }
}
