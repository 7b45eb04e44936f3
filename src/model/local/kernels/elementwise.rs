//! What is done with each number or row alone: norms, gates, rotary positions.

use crate::model::local::kernels::lanes::{LANES, Lanes};
use crate::model::local::kernels::processor::Work;
use crate::model::local::shape::Activation;

/// Divides each row by its root mean square and multiplies it by the weights. Rows are as long as the weights.
pub struct Norm<'a> {
    pub rows: &'a [f32],
    pub weights: &'a [f32],
    pub epsilon: f32,
    pub normed: &'a mut [f32],
}

impl Work for Norm<'_> {
    type Made = ();

    #[inline(always)]
    fn run<L: Lanes>(self) {
        let width = self.weights.len();
        for (row, normed) in self.rows.chunks_exact(width).zip(self.normed.chunks_exact_mut(width)) {
            let (lanes, rest) = row.as_chunks::<LANES>();
            let mut squares = L::splat(0.0);
            for numbers in lanes {
                let numbers = L::load(numbers);
                squares = numbers.mul_add(numbers, squares);
            }
            let rest: f32 = rest.iter().map(|number| number * number).sum();
            let mean = (squares.sum() + rest) / width as f32;
            let factor = 1.0 / (mean + self.epsilon).sqrt();
            for ((normed, number), weight) in normed.iter_mut().zip(row).zip(self.weights) {
                *normed = number * factor * weight;
            }
        }
    }
}

/// The activation of the first half times the second half of each row; rows are `width` numbers long, the results half of that.
pub struct Gate<'a> {
    pub rows: &'a [f32],
    pub width: usize,
    pub activation: Activation,
    pub gated: &'a mut [f32],
}

impl Work for Gate<'_> {
    type Made = ();

    #[inline(always)]
    fn run<L: Lanes>(self) {
        match self.activation {
            Activation::Silu => self.gate(silu::<L>),
            Activation::Gelu => self.gate(gelu::<L>),
        }
    }
}

impl Gate<'_> {
    #[inline(always)]
    fn gate<L: Lanes>(self, activate: impl Fn(L) -> L) {
        let half = self.width / 2;
        for (row, gated) in self.rows.chunks_exact(self.width).zip(self.gated.chunks_exact_mut(half)) {
            let (gates, numbers) = row.split_at(half);
            let (gate_lanes, gate_rest) = gates.as_chunks::<LANES>();
            let (number_lanes, number_rest) = numbers.as_chunks::<LANES>();
            let (gated_lanes, gated_rest) = gated.as_chunks_mut::<LANES>();
            for ((gated, gate), number) in gated_lanes.iter_mut().zip(gate_lanes).zip(number_lanes) {
                activate(L::load(gate)).mul(L::load(number)).store(gated);
            }
            for ((gated, gate), number) in gated_rest.iter_mut().zip(gate_rest).zip(number_rest) {
                *gated = activate(L::splat(*gate)).largest() * number;
            }
        }
    }
}

#[inline(always)]
fn silu<L: Lanes>(x: L) -> L {
    x.div(x.mul(L::splat(-1.0)).exp().add(L::splat(1.0)))
}

/// x (1 + tanh y) / 2, which is x / (1 + e^-2y), with y = sqrt(2 / pi) (x + 0.044715 x^3).
#[inline(always)]
fn gelu<L: Lanes>(x: L) -> L {
    let cubed = x.mul(x).mul(x);
    let y = cubed.mul_add(L::splat(0.044_715), x).mul(L::splat(-2.0 * 0.797_884_6));
    x.div(y.exp().add(L::splat(1.0)))
}

/// Turns a head whose pairs are its halves: (0, n/2), (1, n/2 + 1), ...
pub fn turn_halves(head: &mut [f32], cos: &[f32], sin: &[f32]) {
    let (first, second) = head.split_at_mut(cos.len());
    for (((a, b), cos), sin) in first.iter_mut().zip(second).zip(cos).zip(sin) {
        (*a, *b) = (*a * cos - *b * sin, *a * sin + *b * cos);
    }
}

/// Turns a head whose pairs are neighbours: (0, 1), (2, 3), ...
pub fn turn_neighbours(head: &mut [f32], cos: &[f32], sin: &[f32]) {
    for ((pair, cos), sin) in head.chunks_exact_mut(2).zip(cos).zip(sin) {
        (pair[0], pair[1]) = (pair[0] * cos - pair[1] * sin, pair[0] * sin + pair[1] * cos);
    }
}

/// Multiplies by a factor.
pub fn scale(numbers: &mut [f32], factor: f32) {
    for number in numbers {
        *number *= factor;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::local::kernels::processor::Kernel;

    #[test]
    fn a_normed_row_has_a_mean_square_of_one() {
        let rows: Vec<f32> = (0..70).map(|i| i as f32 - 20.0).collect();
        for kernel in Kernel::all() {
            let mut normed = vec![0.0; 70];
            kernel.run(Norm { rows: &rows, weights: &[1.0; 35], epsilon: 0.0, normed: &mut normed });
            for row in normed.chunks(35) {
                let mean = row.iter().map(|number| number * number).sum::<f32>() / 35.0;
                assert!((mean - 1.0).abs() < 1e-5);
            }
            assert!((normed[0] / normed[1] - rows[0] / rows[1]).abs() < 1e-6);
        }
    }

    #[test]
    fn a_gate_lets_through_what_is_positive() {
        // 18 gates: sixteen at once, and two alone.
        let gates = (0..18).map(|i| (i % 3 * 20 - 20) as f32);
        let rows: Vec<f32> = gates.chain([3.0; 18]).collect();
        for kernel in Kernel::all() {
            let mut gated = [9.0; 18];
            for activation in [Activation::Silu, Activation::Gelu] {
                kernel.run(Gate { rows: &rows, width: 36, activation, gated: &mut gated });
                for three in gated.chunks(3) {
                    assert!(three[0].abs() < 1e-4 && three[1] == 0.0 && (three[2] - 60.0).abs() < 1e-3, "{gated:?}");
                }
            }
        }
    }

    #[test]
    fn activations_are_what_their_formulas_say() {
        for x in [-3.0_f64, -0.7, 0.2, 1.5] {
            let silu = x / (1.0 + (-x).exp());
            let gelu = x / 2.0 * (1.0 + ((2.0 / std::f64::consts::PI).sqrt() * (x + 0.044_715 * x.powi(3))).tanh());
            for (activation, expected) in [(Activation::Silu, silu), (Activation::Gelu, gelu)] {
                for kernel in Kernel::all() {
                    let mut gated = [0.0];
                    kernel.run(Gate { rows: &[x as f32, 1.0], width: 2, activation, gated: &mut gated });
                    assert!((f64::from(gated[0]) - expected).abs() < 1e-6, "{kernel:?} {activation:?} {x}");
                }
            }
        }
    }

    #[test]
    fn both_pairings_turn_by_the_same_angle() {
        let (cos, sin) = ([0.6, 1.0], [0.8, 0.0]);
        let mut halves = [1.0, 5.0, 0.0, 7.0];
        turn_halves(&mut halves, &cos, &sin);
        assert_eq!(halves, [0.6, 5.0, 0.8, 7.0]);
        let mut neighbours = [1.0, 0.0, 5.0, 7.0];
        turn_neighbours(&mut neighbours, &cos, &sin);
        assert_eq!(neighbours, [0.6, 0.8, 5.0, 7.0]);
    }
}
