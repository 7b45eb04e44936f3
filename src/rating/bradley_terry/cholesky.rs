//! The Cholesky factor of a symmetric positive definite matrix, for systems of some hundreds of unknowns.

/// A square matrix by rows. What is symmetric is kept in the lower half only.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::rating) struct Square {
    size: usize,
    values: Vec<f64>,
}

impl Square {
    pub(in crate::rating) fn zeros(size: usize) -> Square {
        Square { size, values: vec![0.0; size * size] }
    }

    pub(in crate::rating) fn clear(&mut self) {
        self.values.fill(0.0);
    }

    pub(in crate::rating) fn row(&self, row: usize) -> &[f64] {
        &self.values[row * self.size..(row + 1) * self.size]
    }

    pub(in crate::rating) fn at(&self, row: usize, column: usize) -> f64 {
        self.values[row * self.size + column]
    }

    /// Adds to an entry of a symmetric matrix, given in either order.
    pub(in crate::rating) fn add(&mut self, row: usize, column: usize, value: f64) {
        self.values[row.max(column) * self.size + row.min(column)] += value;
    }

    /// The lower factor `L` of `L Lᵀ`, or `None` if the matrix is not positive definite.
    pub(in crate::rating) fn cholesky(mut self) -> Option<Factor> {
        let size = self.size;
        for row in 0..size {
            let (above, rest) = self.values.split_at_mut(row * size);
            let own = &mut rest[..size];
            for column in 0..row {
                let other = &above[column * size..column * size + column + 1];
                own[column] = (own[column] - dot(&own[..column], &other[..column])) / other[column];
            }
            let left = own[row] - dot(&own[..row], &own[..row]);
            if !(left.is_finite() && left > f64::EPSILON * own[row].abs()) {
                return None;
            }
            own[row] = left.sqrt();
        }
        Some(Factor { lower: self })
    }
}

/// A lower factor, ready to solve.
#[derive(Clone, Debug)]
pub(in crate::rating) struct Factor {
    lower: Square,
}

impl Factor {
    /// Solves for one right side, in its place.
    pub(in crate::rating) fn solve(&self, right: &mut [f64]) {
        let size = self.lower.size;
        for row in 0..size {
            let own = self.lower.row(row);
            right[row] = (right[row] - dot(&own[..row], &right[..row])) / own[row];
        }
        for row in (0..size).rev() {
            let own = self.lower.row(row);
            right[row] /= own[row];
            let solved = right[row];
            right[..row].iter_mut().zip(own).for_each(|(value, factor)| *value -= factor * solved);
        }
    }

    /// The inverse of the matrix, both halves.
    pub(in crate::rating) fn inverse(&self) -> Square {
        let size = self.lower.size;
        let mut inverse = Square::zeros(size);
        for row in 0..size {
            let column = &mut inverse.values[row * size..(row + 1) * size];
            column[row] = 1.0;
            self.solve(column);
        }
        inverse
    }
}

/// Eight sums side by side, since the compiler may not reorder a single one.
fn dot(one: &[f64], other: &[f64]) -> f64 {
    const LANES: usize = 8;
    let mut sums = [0.0; LANES];
    let (ones, others) = (one.chunks_exact(LANES), other.chunks_exact(LANES));
    let rest: f64 = ones.remainder().iter().zip(others.remainder()).map(|(a, b)| a * b).sum();
    for (a, b) in ones.zip(others) {
        for lane in 0..LANES {
            sums[lane] += a[lane] * b[lane];
        }
    }
    rest + sums.iter().sum::<f64>()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_factor_solves_and_inverts() {
        let size = 23;
        let mut matrix = Square::zeros(size);
        for row in 0..size {
            for column in 0..=row {
                matrix.add(row, column, 1.0 / (1.0 + (row - column) as f64) + if row == column { 2.0 } else { 0.0 });
            }
        }
        let factor = matrix.clone().cholesky().unwrap();
        let inverse = factor.inverse();
        for row in 0..size {
            for column in 0..size {
                let entry = |at: usize| matrix.at(row.max(at), row.min(at));
                let product: f64 = (0..size).map(|at| entry(at) * inverse.at(at, column)).sum();
                assert!((product - f64::from(u8::from(row == column))).abs() < 1e-12, "{row} {column} {product}");
            }
        }
    }

    #[test]
    fn what_is_not_positive_definite_has_no_factor() {
        let mut matrix = Square::zeros(2);
        for (row, column) in [(0, 0), (1, 0), (1, 1)] {
            matrix.add(row, column, 1.0);
        }
        assert!(matrix.cholesky().is_none());
    }
}
