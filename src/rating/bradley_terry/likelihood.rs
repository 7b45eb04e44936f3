//! The log-likelihood of counts with its first and second derivatives.
//!
//! With `d = θ_first − θ_second + side + βᵀ·style`:
//! - Ties as half wins (Bradley and Terry, Biometrika 39, 1952): `P(first) = 1 / (1 + e^-d)`.
//! - Davidson (JASA 65, 1970): win : tie : loss = `e^(d/2) : ν : e^(-d/2)`. The parameter is `η = ln ν`.

use crate::rating::bradley_terry::cholesky::Square;
use crate::rating::bradley_terry::{Options, Ties};
use crate::rating::connectivity::Connectivity;
use crate::rating::counts::{Cell, Counts};

/// Where each parameter is, and what holds them besides the results.
pub(in crate::rating) struct Likelihood<'a> {
    counts: &'a Counts,
    /// Sets in which only differences matter; their mean is held at 0. Empty with a prior, which holds everything.
    held: &'a [Vec<u32>],
    /// Cells between two sets are left out: at the maximum they are foregone and say nothing about a difference.
    set_of: Option<&'a [u32]>,
    players: usize,
    side: Option<usize>,
    tie: Option<usize>,
    style: usize,
    size: usize,
    prior: f64,
    style_penalty: f64,
    /// The weight of each parameter's battles, at least 1: what its derivative is measured against.
    weights: Vec<f64>,
}

/// A point of the log-likelihood.
pub(in crate::rating) struct Slope {
    pub(in crate::rating) value: f64,
    pub(in crate::rating) gradient: Vec<f64>,
    /// The negative second derivatives.
    pub(in crate::rating) curvature: Square,
}

/// What one cell adds, as derivatives by `d` and `η`.
#[derive(Clone, Copy, Default)]
struct Term {
    value: f64,
    slope: f64,
    curve: f64,
    tie_slope: f64,
    tie_curve: f64,
    cross: f64,
}

fn half_wins(cell: &Cell, d: f64) -> Term {
    let (weight, score) = (cell.weight(), cell.score());
    let small = (-d.abs()).exp();
    let smaller = small / (1.0 + small);
    let p = if d >= 0.0 { 1.0 - smaller } else { smaller };
    Term {
        value: score * d - weight * (d.max(0.0) + small.ln_1p()),
        slope: score - weight * p,
        curve: weight * smaller * (1.0 - smaller),
        ..Term::default()
    }
}

fn davidson(cell: &Cell, d: f64, eta: f64) -> Term {
    let weight = cell.weight();
    let most = (d.abs() / 2.0).max(eta);
    let (win, loss, tie) = ((d / 2.0 - most).exp(), (-d / 2.0 - most).exp(), (eta - most).exp());
    let sum = win + loss + tie;
    let (win, loss, tie) = (win / sum, loss / sum, tie / sum);
    Term {
        value: (cell.wins - cell.losses) * d / 2.0 + cell.ties * eta - weight * (most + sum.ln()),
        slope: (cell.wins - cell.losses - weight * (win - loss)) / 2.0,
        curve: weight * (win + loss - (win - loss).powi(2)) / 4.0,
        tie_slope: cell.ties - weight * tie,
        tie_curve: weight * tie * (1.0 - tie),
        cross: -weight * (win - loss) * tie / 2.0,
    }
}

fn takes(set_of: Option<&[u32]>, cell: &Cell) -> bool {
    set_of.is_none_or(|set_of| set_of[cell.first as usize] == set_of[cell.second as usize])
}

/// Whether the advantage of a side can be told from strengths: not if some strengths alone, for instance of one player that
/// always was the proposition, would do the same to every cell.
fn tells_side<'c, I: Iterator<Item = &'c Cell>>(players: usize, cells: impl Fn() -> I) -> bool {
    let worth = |cell: &Cell| i64::from(cell.sided);
    let links: Vec<(u32, (u32, i64))> = cells()
        .flat_map(|cell| [(cell.first, (cell.second, -worth(cell))), (cell.second, (cell.first, worth(cell)))])
        .collect();
    let mut next: Vec<Vec<(u32, i64)>> = vec![Vec::new(); players];
    links.into_iter().for_each(|(from, to)| next[from as usize].push(to));
    let mut strengths: Vec<Option<i64>> = vec![None; players];
    for root in 0..players as u32 {
        let mut waiting = if strengths[root as usize].is_none() { vec![(root, 0)] } else { Vec::new() };
        while let Some((player, strength)) = waiting.pop() {
            match strengths[player as usize] {
                Some(known) if known == strength => {}
                Some(_) => return true,
                None => {
                    strengths[player as usize] = Some(strength);
                    waiting.extend(next[player as usize].iter().map(|(other, by)| (*other, strength + by)));
                }
            }
        }
    }
    false
}

impl<'a> Likelihood<'a> {
    pub(in crate::rating) fn new(
        counts: &'a Counts,
        connectivity: &'a Connectivity,
        options: &Options,
    ) -> Likelihood<'a> {
        let players = counts.players();
        let free = options.prior == 0.0;
        let set_of: Option<&[u32]> = (free && connectivity.strong.len() > 1).then_some(&connectivity.strong_of);
        let taken = || counts.cells().iter().filter(|cell| takes(set_of, cell));
        let sided = options.side && if free { tells_side(players, taken) } else { taken().any(|cell| cell.sided) };
        // Without a tie the maximum is at ν = 0, where Davidson's model is Bradley and Terry's.
        let tied = options.ties == Ties::Davidson && taken().any(|cell| cell.ties > 0.0);
        let side = sided.then_some(players);
        let tie = tied.then_some(players + usize::from(sided));
        let style = players + usize::from(sided) + usize::from(tied);
        let total = counts.weight().max(1.0);
        let mut weights: Vec<f64> = counts.weights().into_iter().map(|weight| weight.max(1.0)).collect();
        weights.resize(style + counts.columns(), total);
        Likelihood {
            counts,
            held: if free { &connectivity.strong } else { &[] },
            set_of,
            players,
            side,
            tie,
            style,
            size: style + counts.columns(),
            prior: options.prior,
            style_penalty: options.style_penalty,
            weights,
        }
    }

    /// Whether all cells that are taken hold ties only.
    pub(in crate::rating) fn has_only_ties(&self) -> bool {
        self.counts.cells().iter().filter(|cell| self.takes(cell)).all(|cell| cell.wins + cell.losses == 0.0)
    }

    pub(in crate::rating) fn size(&self) -> usize {
        self.size
    }

    pub(in crate::rating) fn players(&self) -> usize {
        self.players
    }

    pub(in crate::rating) fn side(&self, parameters: &[f64]) -> Option<f64> {
        self.side.map(|at| parameters[at])
    }

    /// Davidson's ν.
    pub(in crate::rating) fn tie(&self, parameters: &[f64]) -> Option<f64> {
        self.tie.map(|at| parameters[at].exp())
    }

    pub(in crate::rating) fn style<'p>(&self, parameters: &'p [f64]) -> &'p [f64] {
        &parameters[self.style..]
    }

    /// Where the search begins: everybody equal, or what an earlier fit found.
    pub(in crate::rating) fn start(
        &self,
        strengths: &[f64],
        side: Option<f64>,
        tie: Option<f64>,
        style: &[f64],
    ) -> Vec<f64> {
        let mut parameters = vec![0.0; self.size];
        parameters.iter_mut().take(self.players).zip(strengths).for_each(|(own, strength)| *own = *strength);
        if let (Some(at), Some(side)) = (self.side, side) {
            parameters[at] = side;
        }
        if let (Some(at), Some(tie)) = (self.tie, tie.filter(|tie| *tie > 0.0)) {
            parameters[at] = tie.ln();
        }
        parameters[self.style..].iter_mut().zip(style).for_each(|(own, coefficient)| *own = *coefficient);
        parameters
    }

    fn takes(&self, cell: &Cell) -> bool {
        takes(self.set_of, cell)
    }

    /// The difference `d` of a cell.
    fn difference(&self, index: usize, cell: &Cell, parameters: &[f64]) -> f64 {
        let mut d = parameters[cell.first as usize] - parameters[cell.second as usize];
        if let Some(at) = self.side.filter(|_| cell.sided) {
            d += parameters[at];
        }
        let style = self.counts.style_of(index).iter().zip(&parameters[self.style..]);
        d + style.map(|(figure, coefficient)| figure * coefficient).sum::<f64>()
    }

    fn term(&self, index: usize, cell: &Cell, parameters: &[f64]) -> Term {
        let d = self.difference(index, cell, parameters);
        match self.tie {
            Some(at) => davidson(cell, d, parameters[at]),
            None => half_wins(cell, d),
        }
    }

    /// The log-likelihood at a point, written over an earlier one.
    pub(in crate::rating) fn measure(&self, parameters: &[f64], slope: &mut Slope) {
        slope.value = 0.0;
        slope.gradient.fill(0.0);
        slope.curvature.clear();
        let mut entries: Vec<(usize, f64)> = Vec::with_capacity(4 + self.counts.columns());
        let plain = self.tie.is_none() && self.counts.columns() == 0;
        for (index, cell) in self.counts.cells().iter().enumerate() {
            if !self.takes(cell) {
                continue;
            }
            let term = self.term(index, cell, parameters);
            let (first, second) = (cell.first as usize, cell.second as usize);
            slope.value += term.value;
            slope.gradient[first] += term.slope;
            slope.gradient[second] -= term.slope;
            slope.curvature.add(first, first, term.curve);
            slope.curvature.add(second, second, term.curve);
            slope.curvature.add(first, second, -term.curve);
            if plain && (self.side.is_none() || !cell.sided) {
                continue;
            }
            entries.clear();
            entries.extend(self.side.filter(|_| cell.sided).map(|at| (at, 1.0)));
            entries
                .extend(self.counts.style_of(index).iter().enumerate().map(|(at, figure)| (self.style + at, *figure)));
            for (place, (at, figure)) in entries.iter().enumerate() {
                slope.gradient[*at] += term.slope * figure;
                slope.curvature.add(*at, first, term.curve * figure);
                slope.curvature.add(*at, second, -term.curve * figure);
                for (other, other_figure) in &entries[..=place] {
                    slope.curvature.add(*at, *other, term.curve * figure * other_figure);
                }
            }
            if let Some(tie) = self.tie {
                slope.gradient[tie] += term.tie_slope;
                slope.curvature.add(tie, tie, term.tie_curve);
                slope.curvature.add(tie, first, term.cross);
                slope.curvature.add(tie, second, -term.cross);
                entries.iter().for_each(|(at, figure)| slope.curvature.add(tie, *at, term.cross * figure));
            }
        }
        self.hold(parameters, slope);
    }

    /// The priors, and for sets in which only differences matter the condition that their sum is 0.
    fn hold(&self, parameters: &[f64], slope: &mut Slope) {
        let mut ridge = |at: usize, precision: f64| {
            slope.value -= precision / 2.0 * parameters[at].powi(2);
            slope.gradient[at] -= precision * parameters[at];
            slope.curvature.add(at, at, precision);
        };
        (0..self.players).chain(self.side).for_each(|at| ridge(at, self.prior));
        (self.style..self.size).for_each(|at| ridge(at, self.style_penalty));
        for set in self.held {
            // As stiff as the results of one of its players, so that the system stays well conditioned.
            let weight: f64 = set.iter().map(|player| self.weights[*player as usize]).sum::<f64>() / set.len() as f64;
            let stiffness = weight / set.len() as f64;
            let sum: f64 = set.iter().map(|player| parameters[*player as usize]).sum();
            slope.value -= stiffness / 2.0 * sum * sum;
            for (place, player) in set.iter().enumerate() {
                slope.gradient[*player as usize] -= stiffness * sum;
                for other in &set[..=place] {
                    slope.curvature.add(*player as usize, *other as usize, stiffness);
                }
            }
        }
    }

    /// The largest derivative, each as a share of its parameter's weight.
    pub(in crate::rating) fn norm(&self, gradient: &[f64]) -> f64 {
        gradient.iter().zip(&self.weights).map(|(slope, weight)| slope.abs() / weight).fold(0.0, f64::max)
    }

    /// What one result, as a cell of its own at `index`, adds to the gradient: each parameter with its derivative.
    pub(in crate::rating) fn scores(&self, index: usize, cell: &Cell, parameters: &[f64], out: &mut Vec<(usize, f64)>) {
        out.clear();
        if !self.takes(cell) {
            return;
        }
        let term = self.term(index, cell, parameters);
        out.extend([(cell.first as usize, term.slope), (cell.second as usize, -term.slope)]);
        out.extend(self.side.filter(|_| cell.sided).map(|at| (at, term.slope)));
        out.extend(self.tie.map(|at| (at, term.tie_slope)));
        let style = self.counts.style_of(index).iter().enumerate();
        out.extend(style.map(|(at, figure)| (self.style + at, term.slope * figure)));
    }
}

impl Slope {
    pub(in crate::rating) fn new(size: usize) -> Slope {
        Slope { value: 0.0, gradient: vec![0.0; size], curvature: Square::zeros(size) }
    }
}
