//! Grouped-query attention, without a matrix of all tokens by all tokens.
//!
//! A few query rows that share a key head go over its keys in ranges of 512 positions: scores, their softmax, the mix of
//! the values; ranges are joined as they come (Milakov and Gimelshein 2018; Dao et al. 2022). Every sum runs in the order
//! of positions, and ranges begin at fixed positions. So the result is the same, bit for bit, however a prompt was cut
//! into chunks, pages and threads.
#![allow(unsafe_code)] // For the outputs that threads share.

use half::f16;

use crate::model::local::kernels::lanes::{LANES, Lanes, exp};
use crate::model::local::kernels::outputs::Outputs;
use crate::model::local::kernels::page::{KeyValues, padded};
use crate::model::local::kernels::pool::Pool;
use crate::model::local::kernels::processor::{Kernel, Work};

/// Positions of keys that are softmaxed together.
const RANGE: usize = 512;
/// Room for the scores of a range: tiles may pass its end.
const SCORES: usize = RANGE + LANES;
/// Query rows that go over the keys together.
const ROWS: usize = 8;
/// Query rows of a task.
const SHARE: usize = 32;

/// The queries of one sequence: `tokens` of them, the last of all that the pages hold.
pub struct Sequence<'a> {
    /// The pages, and how many tokens of each are the sequence's.
    pub pages: Vec<(&'a KeyValues, usize)>,
    /// Tokens in all pages, the queries' own included.
    pub len: usize,
    pub tokens: usize,
    /// The first row of its queries.
    pub row: usize,
}

/// What all sequences share.
#[derive(Clone, Copy)]
pub struct Geometry {
    pub layer: usize,
    /// Query heads.
    pub queries: usize,
    /// Key heads.
    pub keys: usize,
    /// Numbers of a head.
    pub width: usize,
    /// Positions that each row sees, its own included; `None` is all.
    pub window: Option<usize>,
}

impl Geometry {
    fn group(&self) -> usize {
        self.queries / self.keys
    }

    /// The first position that is seen by who sees all before `end`.
    fn first(&self, end: usize) -> usize {
        self.window.map_or(0, |window| end.saturating_sub(window))
    }
}

/// Attends for all sequences. `queries` holds for each row its query heads, turned and scaled, and perhaps more behind
/// them: `stride` numbers in all. `mixed` gets the heads' mixes, row by row.
pub fn attend(
    kernel: Kernel,
    pool: &Pool,
    geometry: Geometry,
    sequences: &[Sequence],
    queries: &[f32],
    stride: usize,
    mixed: &mut [f32],
) {
    let mixed = Outputs::new(mixed, geometry.queries * geometry.width);
    let mut tasks = Vec::new();
    for sequence in sequences {
        let rows = sequence.tokens * geometry.group();
        for head in 0..geometry.keys {
            // Whoever writes has few rows and many keys: the ranges are shared out, too.
            if rows <= ROWS && sequence.len > RANGE {
                let ranges = (0..sequence.len.div_ceil(RANGE)).map(|range| (sequence, head, 0, Some(range)));
                tasks.extend(ranges);
            } else {
                tasks.extend((0..rows).step_by(SHARE).map(|row| (sequence, head, row, None)));
            }
        }
    }
    let partial: Vec<std::sync::Mutex<Option<Mix>>> = tasks.iter().map(|_| std::sync::Mutex::default()).collect();
    pool.run(tasks.len(), |task| {
        let (sequence, head, first, range) = tasks[task];
        let end = (sequence.tokens * geometry.group()).min(first + SHARE);
        for row in (first..end).step_by(ROWS) {
            let rows = Rows::new(geometry, sequence, head, row..end.min(row + ROWS), queries, stride);
            if let Some(range) = range {
                let mix = rows.attend(kernel, range..range + 1);
                *partial[task].lock().unwrap_or_else(std::sync::PoisonError::into_inner) = Some(mix);
            } else {
                rows.finish(&rows.attend(kernel, rows.ranges()), &mixed);
            }
        }
    });
    let mut task = 0;
    while let Some(&(sequence, head, _, range)) = tasks.get(task) {
        if range.is_none() {
            task += 1;
            continue;
        }
        let rows = sequence.tokens * geometry.group();
        let mut joined = Mix::new(padded(geometry.width));
        for _ in 0..sequence.len.div_ceil(RANGE) {
            let part = partial[task].lock().unwrap_or_else(std::sync::PoisonError::into_inner).take();
            joined.join(&part.unwrap_or_else(|| Mix::new(padded(geometry.width))), rows);
            task += 1;
        }
        Rows::new(geometry, sequence, head, 0..rows, queries, stride).finish(&joined, &mixed);
    }
}

/// The mix of the values so far, of up to eight rows.
struct Mix {
    /// The largest score.
    largest: [f32; ROWS],
    /// The sum of the weights, when the largest is 1.
    sum: [f32; ROWS],
    /// The sum of the values times their weights: row by row, as wide as a padded head.
    values: Vec<f32>,
}

impl Mix {
    fn new(width: usize) -> Mix {
        Mix { largest: [f32::NEG_INFINITY; ROWS], sum: [0.0; ROWS], values: vec![0.0; ROWS * width] }
    }

    /// Takes in the mix of the range behind.
    fn join(&mut self, next: &Mix, rows: usize) {
        let width = self.values.len() / ROWS;
        for row in 0..rows {
            if next.largest[row] == f32::NEG_INFINITY {
                continue;
            }
            let largest = self.largest[row].max(next.largest[row]);
            let (old, new) = (exp(self.largest[row] - largest), exp(next.largest[row] - largest));
            self.largest[row] = largest;
            self.sum[row] = self.sum[row] * old + next.sum[row] * new;
            let next = &next.values[row * width..][..width];
            for (value, next) in self.values[row * width..][..width].iter_mut().zip(next) {
                *value = *value * old + next * new;
            }
        }
    }
}

/// Up to eight query rows that share a key head: the query heads of it, token by token.
struct Rows<'a> {
    geometry: Geometry,
    sequence: &'a Sequence<'a>,
    head: usize,
    rows: std::ops::Range<usize>,
    /// Number by number: that of each row.
    queries: Vec<f32>,
    /// How many positions each row sees.
    sees: [usize; ROWS],
}

impl<'a> Rows<'a> {
    fn new(
        geometry: Geometry,
        sequence: &'a Sequence<'a>,
        head: usize,
        rows: std::ops::Range<usize>,
        queries: &[f32],
        stride: usize,
    ) -> Rows<'a> {
        let count = rows.len();
        let mut turned = vec![0.0; count * padded(geometry.width)];
        let mut sees = [0; ROWS];
        let before = sequence.len - sequence.tokens;
        for (i, row) in rows.clone().enumerate() {
            let (token, query) = (row / geometry.group(), head * geometry.group() + row % geometry.group());
            sees[i] = before + token + 1;
            let numbers = &queries[(sequence.row + token) * stride + query * geometry.width..][..geometry.width];
            for (at, number) in numbers.iter().enumerate() {
                turned[at * count + i] = *number;
            }
        }
        Rows { geometry, sequence, head, rows, queries: turned, sees }
    }

    /// The ranges that some row sees something of.
    fn ranges(&self) -> std::ops::Range<usize> {
        let sees = &self.sees[..self.rows.len()];
        let first = sees.iter().map(|&sees| self.geometry.first(sees)).min().unwrap_or(0);
        first / RANGE..sees.iter().max().map_or(0, |sees| sees.div_ceil(RANGE))
    }

    fn attend(&self, kernel: Kernel, ranges: std::ops::Range<usize>) -> Mix {
        let width = padded(self.geometry.width);
        let mut scores = vec![0.0; self.rows.len() * SCORES];
        let mut total = Mix::new(width);
        let mut next = Mix::new(width);
        for range in ranges.clone() {
            // The first needs no joining; joined with nothing it would be the same.
            let mix = if ranges.len() == 1 { &mut total } else { &mut next };
            kernel.run(AttendRange { rows: self, start: range * RANGE, scores: &mut scores, mix });
            if ranges.len() > 1 {
                total.join(&next, self.rows.len());
            }
        }
        total
    }

    fn finish(&self, mix: &Mix, mixed: &Outputs) {
        let (group, width) = (self.geometry.group(), self.geometry.width);
        for (i, row) in self.rows.clone().enumerate() {
            let (token, query) = (row / group, self.head * group + row % group);
            let inverse = 1.0 / mix.sum[i];
            // SAFETY: each query head of a token belongs to one task, and is finished once.
            let head = unsafe { mixed.get(self.sequence.row + token, query * width, width) };
            for (out, value) in head.iter_mut().zip(&mix.values[i * padded(width)..]) {
                *out = value * inverse;
            }
        }
    }
}

/// The mix of the values of the range that begins at position `start`.
struct AttendRange<'a> {
    rows: &'a Rows<'a>,
    start: usize,
    scores: &'a mut [f32],
    mix: &'a mut Mix,
}

impl Work for AttendRange<'_> {
    type Made = ();

    #[inline(always)]
    fn run<L: Lanes>(self) {
        match self.rows.rows.len() {
            1 => self.run_for::<L, 1>(),
            2 => self.run_for::<L, 2>(),
            3 => self.run_for::<L, 3>(),
            4 => self.run_for::<L, 4>(),
            5 => self.run_for::<L, 5>(),
            6 => self.run_for::<L, 6>(),
            7 => self.run_for::<L, 7>(),
            _ => self.run_for::<L, 8>(),
        }
    }
}

impl AttendRange<'_> {
    #[inline(always)]
    fn run_for<L: Lanes, const COUNT: usize>(self) {
        let AttendRange { rows, start, scores, mix } = self;
        let (layer, head) = (rows.geometry.layer, rows.head);
        let width = padded(rows.geometry.width);
        let most = rows.sees[..COUNT].iter().fold(0, |most, &sees| most.max(sees));
        let end = most.min(start + RANGE);
        let (queries, _) = rows.queries.as_chunks::<COUNT>();
        for (page, first, tokens) in overlap(rows.sequence, start, end) {
            for tile in tokens.start / LANES..tokens.end.div_ceil(LANES) {
                let sums = score::<L, COUNT>(page.key_tile(layer, head, tile), queries);
                // Lanes before the range are dropped; those behind the page are written over or hidden.
                let position = first + tile * LANES;
                let skipped = start.saturating_sub(position).min(LANES);
                for (row, sum) in sums.into_iter().enumerate() {
                    let at = row * SCORES + position + skipped - start;
                    if skipped == 0 {
                        sum.store_at(scores, at);
                    } else {
                        scores[at..at + LANES - skipped].copy_from_slice(&sum.numbers()[skipped..]);
                    }
                }
            }
        }
        let padded_len = (end - start).next_multiple_of(LANES);
        for (row, scores) in scores.chunks_exact_mut(SCORES).take(COUNT).enumerate() {
            let seen = rows.sees[row].saturating_sub(start).min(end - start);
            let hidden = rows.geometry.first(rows.sees[row]).saturating_sub(start).min(seen);
            let scores = &mut scores[..padded_len];
            scores[..hidden].fill(f32::NEG_INFINITY);
            scores[seen..].fill(f32::NEG_INFINITY);
            (mix.largest[row], mix.sum[row]) = soften::<L>(scores);
        }
        for column in (0..width).step_by(2 * LANES) {
            let mut sums = [[L::splat(0.0); 2]; COUNT];
            for (page, first, tokens) in overlap(rows.sequence, start, end) {
                let at = first + tokens.start - start;
                let values = &page.values(layer, head)[tokens.start * width..tokens.end * width];
                mix_values::<L, COUNT>(&mut sums, values, width, column, &scores[at..]);
            }
            for (row, [first, second]) in sums.into_iter().enumerate() {
                first.store_at(&mut mix.values, row * width + column);
                second.store_at(&mut mix.values, row * width + column + LANES);
            }
        }
    }
}

/// The scores of sixteen positions, for each row.
#[inline(always)]
fn score<L: Lanes, const COUNT: usize>(keys: &[f16], queries: &[[f32; COUNT]]) -> [L; COUNT] {
    let mut sums = [L::splat(0.0); COUNT];
    let (keys, _) = keys.as_chunks::<LANES>();
    for (keys, queries) in keys.iter().zip(queries) {
        let keys = L::load_half(keys);
        for (sum, query) in sums.iter_mut().zip(queries) {
            *sum = keys.mul_add(L::splat(*query), *sum);
        }
    }
    sums
}

/// Turns scores into weights, of which the largest is 1. Gives the largest score and the sum of the weights.
#[inline(always)]
fn soften<L: Lanes>(scores: &mut [f32]) -> (f32, f32) {
    let (scores, _) = scores.as_chunks_mut::<LANES>();
    let largest = scores.iter().fold(L::splat(f32::NEG_INFINITY), |a, b| a.max(L::load(b))).largest();
    let minus = L::splat(if largest == f32::NEG_INFINITY { 0.0 } else { -largest });
    let mut sum = L::splat(0.0);
    for scores in scores {
        let weights = L::load(scores).add(minus).exp();
        sum = sum.add(weights);
        weights.store(scores);
    }
    (largest, sum.sum())
}

/// Adds the values of some positions, 32 numbers from `column` on, each times the weight that a row has for it.
#[inline(always)]
fn mix_values<L: Lanes, const COUNT: usize>(
    sums: &mut [[L; 2]; COUNT],
    values: &[f16],
    width: usize,
    column: usize,
    weights: &[f32],
) {
    let mut kept = *sums;
    for (i, values) in values.chunks_exact(width).enumerate() {
        let (left, right) = (L::load_half_at(values, column), L::load_half_at(values, column + LANES));
        for (row, [first, second]) in kept.iter_mut().enumerate() {
            let weight = L::splat(weights[row * SCORES + i]);
            *first = left.mul_add(weight, *first);
            *second = right.mul_add(weight, *second);
        }
    }
    *sums = kept;
}

/// The pages that hold positions of a range: the page, the position of its first token, and the tokens in it.
#[inline(always)]
fn overlap<'a>(
    sequence: &'a Sequence<'a>,
    start: usize,
    end: usize,
) -> impl Iterator<Item = (&'a KeyValues, usize, std::ops::Range<usize>)> {
    let mut position = 0;
    sequence.pages.iter().filter_map(move |&(page, tokens)| {
        let first = position;
        position += tokens;
        let (from, to) = (start.max(first), end.min(position));
        (from < to).then(|| (page, first, from - first..to - first))
    })
}
