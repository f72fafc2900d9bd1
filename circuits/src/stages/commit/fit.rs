//! Which size holds a block: whether its texts find slots shows when they are placed.

use super::texts::TextTable;
use crate::block::Block;
use crate::size::{Oversize, Size};

impl Size {
    /// The smallest size that holds `block`.
    ///
    /// # Errors
    /// With what there is too much of: for the largest size if its records do not fit, else for the one that lacks fewest texts.
    pub fn for_block(block: &Block) -> Result<Self, Oversize> {
        let mut nearest: Option<Oversize> = None;
        for size in Self::ALL {
            let Err(oversize) = size.check(block) else { return Ok(size) };
            let oversize = Oversize { no_larger: true, ..oversize };
            // Records come first: of a size that holds them, what it lacks of texts says more.
            let nearer = |before: &Oversize| match (before.excess.is_texts(), oversize.excess.is_texts()) {
                (false, _) => true,
                (true, false) => false,
                (true, true) => oversize.lacking() < before.lacking(),
            };
            if nearest.as_ref().is_none_or(nearer) {
                nearest = Some(oversize);
            }
        }
        Err(nearest.unwrap_or_else(|| unreachable!("there are sizes")))
    }

    /// Every size that holds `block`, smallest first. A larger size need not hold what a smaller one does: it may have fewer slots for
    /// long texts.
    pub fn all_for(block: &Block) -> Vec<Self> {
        Self::ALL.into_iter().filter(|size| size.check(block).is_ok()).collect()
    }

    /// Whether `block` fits, and if not, what does not.
    ///
    /// # Errors
    /// With the first thing there is too much of.
    pub fn check(self, block: &Block) -> Result<(), Oversize> {
        self.check_records(block)?;
        TextTable::new(self, block).map(|_| ())
    }
}
