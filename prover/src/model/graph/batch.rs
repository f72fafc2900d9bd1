//! What depends on the input, and whether samples of a batch depend on each other.

use super::{Dim, Graph};
use crate::input::InputError;

impl Graph {
    /// Whether a value depends on the input.
    pub(in crate::model) fn varies(&self, place: Option<usize>) -> bool {
        let mut depends = vec![false; self.constants.len()];
        depends[self.input.value] = true;
        for node in &self.nodes {
            if node.inputs.iter().flatten().any(|place| depends[*place]) {
                node.outputs.iter().flatten().for_each(|place| depends[*place] = true);
            }
        }
        place.and_then(|place| depends.get(place).copied()).unwrap_or(false)
    }

    /// Whether the graph says of two samples together what it says of each alone, where the file leaves the size of a batch open.
    ///
    /// # Errors
    /// If not; samples of another length.
    pub fn check_batch(&self, dims: &[usize], one: &[f64], other: &[f64]) -> Result<(), InputError> {
        let free = self.input.dims.as_ref().is_none_or(|dims| matches!(dims.first(), Some(Dim::Free(_))));
        let mut both = dims.to_vec();
        let Some(batch) = both.first_mut().filter(|batch| free && **batch == 1) else { return Ok(()) };
        *batch = 2;
        // A graph that takes one sample at a time does not take two.
        let Ok(together) = self.feed(both, &[one, other].concat()).and_then(|input| self.evaluate(input))
        else {
            return Ok(());
        };
        let mut apart = Vec::new();
        for sample in [one, other] {
            let given = self.evaluate(self.feed(dims.to_vec(), sample)?)?;
            let Ok(reals) = given.reals() else { return Ok(()) };
            apart.extend(reals.iter().copied());
        }
        let Ok(together) = together.reals() else { return Ok(()) };
        let near = |(a, b): (&f64, &f64)| !(a - b).is_finite() || (a - b).abs() <= 1e-4 * (1.0 + b.abs());
        // One that gives out fewer numbers, such as the mean loss of a batch, is used sample by sample.
        if together.len() != apart.len() || together.iter().zip(&apart).all(near) {
            return Ok(());
        }
        let expected = "of each sample of a batch what is said of it alone";
        let advice =
            "take means, sums and slices over the features, axis 1 or -1, not over the batch, axis 0";
        Err(InputError::new("output", expected, "something that depends on the others", advice))
    }
}
