//! Newton's method with step halving.

use crate::rating::bradley_terry::likelihood::{Likelihood, Slope};

/// When the search stops.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(in crate::rating) struct Patience {
    /// The norm of the gradient that counts as none; see [`Likelihood::norm`].
    pub(in crate::rating) tolerance: f64,
    pub(in crate::rating) iterations: u32,
}

/// A point where the search stopped.
pub(in crate::rating) struct Maximum {
    pub(in crate::rating) parameters: Vec<f64>,
    pub(in crate::rating) slope: Slope,
    pub(in crate::rating) norm: f64,
    pub(in crate::rating) iterations: u32,
    pub(in crate::rating) converged: bool,
}

/// Halvings of a step that did not climb.
const HALVINGS: u32 = 40;

/// Climbs from a point to the maximum, or until patience ends.
pub(in crate::rating) fn maximise(likelihood: &Likelihood<'_>, start: Vec<f64>, patience: Patience) -> Maximum {
    let mut here = Slope::new(likelihood.size());
    let mut there = Slope::new(likelihood.size());
    let mut parameters = start;
    likelihood.measure(&parameters, &mut here);
    let mut iterations = 0;
    loop {
        let norm = likelihood.norm(&here.gradient);
        let converged = norm <= patience.tolerance;
        if converged || !norm.is_finite() || iterations == patience.iterations {
            return Maximum { parameters, slope: here, norm, iterations, converged };
        }
        let Some(factor) = here.curvature.clone().cholesky() else {
            return Maximum { parameters, slope: here, norm, iterations, converged: false };
        };
        let mut step = here.gradient.clone();
        factor.solve(&mut step);
        iterations += 1;
        // Near the maximum a step gains less than the value can show.
        let least = here.value - 1e-12 * here.value.abs().max(1.0);
        let (mut length, mut climbed) = (1.0, false);
        for _ in 0..HALVINGS {
            let next: Vec<f64> = parameters.iter().zip(&step).map(|(own, step)| own + length * step).collect();
            likelihood.measure(&next, &mut there);
            if there.value >= least {
                parameters = next;
                std::mem::swap(&mut here, &mut there);
                climbed = true;
                break;
            }
            length /= 2.0;
        }
        if !climbed {
            return Maximum { parameters, slope: here, norm, iterations, converged: false };
        }
    }
}
