//! Rounding of a layer's weights so that its outputs on calibration data change little.
//!
//! With H the covariance of the layer's inputs (damped), a row w rounded to s·q errs by (w − s·q)ᵀ·H·(w − s·q) in the
//! mean square of its output. Finding the best q is a nearest-lattice-point problem; successive rounding with feedback
//! through the Cholesky factor of H (Babai's nearest plane, of which GPTQ, Frantar et al. 2022, is a form) is near, and steps
//! of one weight at a time then lead to a local minimum.

/// How weights are rounded. The default is what import uses; the others are there to be compared with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Rounding {
    /// Each to the nearest.
    Nearest,
    /// With feedback of each error to the weights not rounded yet.
    Feedback,
    /// The same, and then single steps while they help.
    Descent,
}

/// Most rounds over a row's weights.
const SWEEPS: usize = 20;

/// Covariance of a layer's inputs, factored.
#[derive(Clone, Debug)]
pub struct Hessian {
    /// Means of the inputs, 0 if not centred.
    pub mean: Vec<f64>,
    /// H, damped.
    matrix: Vec<Vec<f64>>,
    /// R with H = Rᵀ·R, upper triangular, rows and columns in `order`.
    factor: Vec<Vec<f64>>,
    /// Inputs by increasing variance: feedback rounds the last one first.
    order: Vec<usize>,
}

impl Hessian {
    /// H of `inputs`, a row per sample, plus `damping` times its mean variance on the diagonal. Centred if the bias will
    /// be corrected for the mean error.
    pub fn new(inputs: &[Vec<f64>], width: usize, damping: f64, centred: bool) -> Self {
        #[expect(clippy::cast_precision_loss, reason = "counts of samples")]
        let count = inputs.len().max(1) as f64;
        let mut mean = vec![0.0; width];
        if centred {
            inputs.iter().for_each(|x| mean.iter_mut().zip(x).for_each(|(m, x)| *m += x / count));
        }
        let mut matrix = vec![vec![0.0; width]; width];
        for x in inputs {
            let x: Vec<f64> = x.iter().zip(&mean).map(|(x, m)| x - m).collect();
            for (row, a) in matrix.iter_mut().zip(&x).filter(|(_, a)| **a != 0.0) {
                row.iter_mut().zip(&x).for_each(|(h, b)| *h += a * b / count);
            }
        }
        let diagonal: Vec<f64> = matrix.iter().enumerate().map(|(i, row)| row[i]).collect();
        #[expect(clippy::cast_precision_loss, reason = "a width")]
        let average = diagonal.iter().sum::<f64>() / width.max(1) as f64;
        // Inputs that never vary in calibration still count a little: they may later.
        let ridge = if average > 0.0 { average * damping } else { 1.0 };
        matrix.iter_mut().enumerate().for_each(|(i, row)| row[i] += ridge);
        let mut order: Vec<usize> = (0..width).collect();
        order.sort_by(|a, b| diagonal[*a].total_cmp(&diagonal[*b]));
        let permuted: Vec<Vec<f64>> =
            order.iter().map(|i| order.iter().map(|j| matrix[*i][*j]).collect()).collect();
        Self { mean, factor: upper_cholesky(permuted), matrix, order }
    }

    /// q of a row: integers in [low, high] times `step` near `row`, and their error.
    pub fn round(
        &self,
        row: &[f64],
        step: f64,
        (low, high): (f64, f64),
        rounding: Rounding,
    ) -> (Vec<f64>, f64) {
        let nearest = |w: f64| (w / step).round().clamp(low, high);
        let mut q: Vec<f64> = row.iter().map(|w| nearest(*w)).collect();
        let error = |q: &[f64]| -> Vec<f64> { row.iter().zip(q).map(|(w, q)| w - step * q).collect() };
        if rounding >= Rounding::Feedback {
            let mut errors = vec![0.0; row.len()];
            for (place, index) in self.order.iter().enumerate().rev() {
                let factor = &self.factor[place];
                let feedback: f64 = factor.iter().zip(&errors).skip(place + 1).map(|(r, e)| r * e).sum();
                q[*index] = nearest(row[*index] + feedback / factor[place]);
                errors[place] = row[*index] - step * q[*index];
            }
        }
        let mut e = error(&q);
        let mut gradient: Vec<f64> = self.matrix.iter().map(|h| dot(h, &e)).collect();
        if rounding >= Rounding::Descent {
            for _ in 0..SWEEPS {
                let mut moved = false;
                for (j, h) in self.matrix.iter().enumerate() {
                    let best = (q[j] + (gradient[j] / (step * h[j])).round()).clamp(low, high);
                    let change = step * (best - q[j]);
                    // The error changes by change·(change·H_jj − 2·gradient_j).
                    if change != 0.0 && change * (change * h[j] - 2.0 * gradient[j]) < 0.0 {
                        q[j] = best;
                        e[j] -= change;
                        gradient.iter_mut().zip(h).for_each(|(g, h)| *g -= change * h);
                        moved = true;
                    }
                }
                if !moved {
                    break;
                }
            }
        }
        let cost = dot(&e, &gradient);
        (q, cost)
    }

    /// H⁻¹·v.
    pub fn solve(&self, v: &[f64]) -> Vec<f64> {
        let n = self.order.len();
        let mut y: Vec<f64> = self.order.iter().map(|i| v[*i]).collect();
        for i in 0..n {
            let known: f64 = (0..i).map(|k| self.factor[k][i] * y[k]).sum();
            y[i] = (y[i] - known) / self.factor[i][i];
        }
        for i in (0..n).rev() {
            let known: f64 = (i + 1..n).map(|k| self.factor[i][k] * y[k]).sum();
            y[i] = (y[i] - known) / self.factor[i][i];
        }
        let mut out = vec![0.0; n];
        self.order.iter().zip(y).for_each(|(i, y)| out[*i] = y);
        out
    }
}

/// Σ a·b.
pub fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

/// R of a positive definite matrix Rᵀ·R.
fn upper_cholesky(mut a: Vec<Vec<f64>>) -> Vec<Vec<f64>> {
    let n = a.len();
    for i in 0..n {
        let (done, rest) = a.split_at_mut(i + 1);
        let pivot = &mut done[i];
        // The ridge keeps it positive; rounding must not take the root of less.
        let root = pivot[i].max(f64::MIN_POSITIVE).sqrt();
        pivot[..i].fill(0.0);
        pivot[i..].iter_mut().for_each(|x| *x /= root);
        for (k, row) in rest.iter_mut().enumerate() {
            let factor = pivot[i + 1 + k];
            row.iter_mut().zip(pivot.iter()).skip(i + 1 + k).for_each(|(x, p)| *x -= factor * p);
        }
    }
    a
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::{Rng, SeedableRng};

    fn inputs(width: usize) -> Vec<Vec<f64>> {
        let mut rng = rand_chacha::ChaCha20Rng::seed_from_u64(1);
        (0..200)
            .map(|_| {
                let common: f64 = rng.gen_range(-1.0..1.0);
                (0..width).map(|_| 3.0 + common + rng.gen_range(-0.3..0.3)).collect()
            })
            .collect()
    }

    #[test]
    fn factors_and_solves() {
        let hessian = Hessian::new(&inputs(7), 7, 0.01, true);
        let x: Vec<f64> = (0..7).map(f64::from).collect();
        let v: Vec<f64> = hessian.matrix.iter().map(|row| dot(row, &x)).collect();
        for (found, expected) in hessian.solve(&v).iter().zip(&x) {
            assert!((found - expected).abs() < 1e-9, "{found} {expected}");
        }
    }

    #[test]
    fn each_method_is_better_than_the_one_before() {
        let hessian = Hessian::new(&inputs(24), 24, 0.01, true);
        let mut rng = rand_chacha::ChaCha20Rng::seed_from_u64(2);
        let mut costs = [0.0; 3];
        for _ in 0..20 {
            let row: Vec<f64> = (0..24).map(|_| rng.gen_range(-1.0..1.0)).collect();
            for (cost, rounding) in
                costs.iter_mut().zip([Rounding::Nearest, Rounding::Feedback, Rounding::Descent])
            {
                let (q, found) = hessian.round(&row, 0.125, (-8.0, 7.0), rounding);
                assert!(q.iter().all(|q| q.fract() == 0.0 && (-8.0..=7.0).contains(q)));
                *cost += found;
            }
        }
        assert!(costs[1] < 0.5 * costs[0] && costs[2] <= costs[1], "{costs:?}");
    }
}
