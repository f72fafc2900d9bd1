//! Affine maps between vectors.

/// rows·x + shift. Rows list what is not 0, so that a scale or a choice of elements costs what it is worth.
#[derive(Clone, Debug, PartialEq)]
pub struct Linear {
    /// Of each output: places of inputs in order, and their factors.
    pub rows: Vec<Vec<(usize, f64)>>,
    /// Of each output.
    pub shift: Vec<f64>,
}

impl Linear {
    /// Changes nothing.
    pub fn identity(width: usize) -> Self {
        Self { rows: (0..width).map(|i| vec![(i, 1.0)]).collect(), shift: vec![0.0; width] }
    }

    /// Whether this changes nothing of a vector of `width`.
    pub fn is_identity(&self, width: usize) -> bool {
        *self == Self::identity(width)
    }

    /// Whether outputs are inputs of `width` in order, scaled and shifted.
    pub fn is_diagonal(&self, width: usize) -> bool {
        self.rows.len() == width
            && self.rows.iter().enumerate().all(|(i, row)| row.len() <= 1 && row.iter().all(|(j, _)| *j == i))
    }

    /// The linear part of output `i`, with its zeros.
    pub fn dense(&self, i: usize, width: usize) -> Vec<f64> {
        let mut row = vec![0.0; width];
        self.rows.get(i).into_iter().flatten().for_each(|(j, factor)| row[*j] = *factor);
        row
    }
}
