//! What a decoder asks of the machine it runs on. The decoder knows the order of the steps; who implements this knows
//! how a step is done: `kernels` on this processor, `tensors` with candle, on a GPU or as the reference of the tests.

use candle_core::Result;

use crate::model::error::ModelError;
use crate::model::local::cache::{Cache, Page, Room};
use crate::model::local::shape::{Activation, Shape};
use crate::model::local::weights::Weights;

/// The steps of a decoder. Rows are one list of numbers for each token, of all sequences one after another.
pub trait Arithmetic {
    /// One or several matrices that are multiplied together, with their biases.
    type Matrix: Send;
    /// Numbers that do not depend on the token.
    type Vector: Send;
    type Rows;
    type Page: Page + Send + Sync;

    /// Reads matrices of `columns` inputs, given by names without `.weight` and their outputs.
    ///
    /// # Errors
    /// The file has no such tensor of that shape, or cannot be read.
    fn matrix(
        &self,
        weights: &mut Weights,
        parts: &[(&str, usize)],
        columns: usize,
    ) -> std::result::Result<Self::Matrix, ModelError>;

    /// Reads a vector.
    ///
    /// # Errors
    /// As [`Arithmetic::matrix`].
    fn vector(&self, weights: &mut Weights, name: &str, len: usize) -> std::result::Result<Self::Vector, ModelError>;

    /// An empty page of a cache.
    ///
    /// # Errors
    /// Out of memory.
    fn page(&self, shape: &Shape) -> Result<Self::Page>;

    /// The rows of a matrix that belong to tokens, times a factor.
    ///
    /// # Errors
    /// A token is out of range.
    fn embed(&self, table: &Self::Matrix, tokens: &[u32], scale: f32) -> Result<Self::Rows>;

    /// Rows divided by their root mean square, times the weights. (Zhang and Sennrich 2019.)
    ///
    /// # Errors
    /// The shapes do not fit.
    fn norm(&self, rows: &Self::Rows, weights: &Self::Vector, epsilon: f32) -> Result<Self::Rows>;

    /// Rows times a matrix, with its bias.
    ///
    /// # Errors
    /// The shapes do not fit.
    fn product(&self, rows: Self::Rows, matrix: &Self::Matrix) -> Result<Self::Rows>;

    /// Adds rows times a matrix to `sums`.
    ///
    /// # Errors
    /// The shapes do not fit.
    fn add_product(&self, sums: &mut Self::Rows, rows: Self::Rows, matrix: &Self::Matrix) -> Result<()>;

    /// Adds rows to `sums`.
    ///
    /// # Errors
    /// The shapes do not fit.
    fn add(&self, sums: &mut Self::Rows, rows: Self::Rows) -> Result<()>;

    /// Attends from each token to itself and those before it in its sequence; writes keys and values into the room that
    /// the pieces have. A row holds the queries, then the keys, then the values of all heads.
    ///
    /// # Errors
    /// The shapes do not fit, or a position passes the context.
    fn attend(
        &self,
        rows: Self::Rows,
        heads: &Heads<Self::Vector>,
        layer: usize,
        pieces: &mut [Piece<'_, Self::Page>],
    ) -> Result<Self::Rows>;

    /// The activation of the first half times the second half of each row. (Shazeer 2020: SwiGLU, GEGLU.)
    ///
    /// # Errors
    /// The shapes do not fit.
    fn gate(&self, rows: Self::Rows, activation: Activation) -> Result<Self::Rows>;

    /// Some of the rows, by number.
    ///
    /// # Errors
    /// There is no such row.
    fn pick(&self, rows: &Self::Rows, wanted: &[usize]) -> Result<Self::Rows>;

    /// The numbers of each row.
    ///
    /// # Errors
    /// The device failed.
    fn numbers(&self, rows: Self::Rows) -> Result<Vec<Vec<f32>>>;
}

/// The heads of a layer.
pub struct Heads<V> {
    pub queries: usize,
    /// Heads of keys and of values; each serves `queries / keys` query heads.
    pub keys: usize,
    /// Numbers of a head.
    pub width: usize,
    /// Norms of each query and key before they are turned, as qwen3 has them.
    pub norms: Option<[V; 2]>,
    pub norm_epsilon: f32,
    /// Tokens that each sees, itself included; `None` is all.
    pub window: Option<usize>,
    /// Which of the angles of [`super::rotary::Rotary`] they are turned by.
    pub angles: usize,
}

impl<V> Heads<V> {
    /// The heads of a layer, without norms.
    #[must_use]
    pub fn new(shape: &Shape, layer: usize) -> Heads<V> {
        let sliding = shape.sliding.filter(|sliding| sliding.is_at(layer));
        Heads {
            queries: shape.heads,
            keys: shape.kv_heads,
            width: shape.head,
            norms: None,
            norm_epsilon: shape.norm_epsilon,
            window: sliding.map(|sliding| sliding.window),
            angles: usize::from(sliding.is_some()),
        }
    }
}

/// Tokens of one sequence that are read in one pass, with others.
pub struct Piece<'a, P> {
    pub cache: &'a mut Cache<P>,
    pub tokens: usize,
    /// Where their keys and values belong.
    pub rooms: Vec<Room>,
}
