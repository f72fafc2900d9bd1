//! Windows that slide over the spatial axes of a tensor [batch, channels, …]: of Conv and of pools.

use super::Wrong;
use super::attributes::Attributes;
use super::tensor::{strides, walk};

/// Longest spatial axis, padding included.
const MAX_LENGTH: i64 = 1 << 20;
/// Most places of all windows together: twice what a graph that is proved may have.
const MAX_PLACES: usize = 1 << 18;
const ADVICE: &str = "export the model again: an exporter does not write this";

/// How an axis is padded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Padding {
    /// Before each axis, then after each; empty for none.
    Explicit(Vec<i64>),
    /// So that there are ⌈length / stride⌉ windows; what is odd stands behind.
    SameUpper,
    /// What is odd stands in front.
    SameLower,
}

/// The attributes of a sliding window.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Window {
    /// Lengths of the window; of a Conv those of its weights where they are left out.
    pub kernel: Option<Vec<i64>>,
    /// Steps from one window to the next; 1 where they are left out.
    pub strides: Option<Vec<i64>>,
    /// Distances between the elements of a window; 1 where they are left out.
    pub dilations: Option<Vec<i64>>,
    /// What stands around.
    pub padding: Padding,
}

/// Where windows lie on spatial axes of given lengths.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Windows {
    /// Windows along each axis.
    pub out: Vec<usize>,
    /// Elements of a window.
    pub size: usize,
    /// Lengths of the axes with what stands around.
    pub padded: Vec<usize>,
    /// What stands in front of each axis.
    pub before: Vec<usize>,
    /// Window by window, of each element its place on the padded axes.
    pub places: Vec<usize>,
    /// Of each place on the padded axes that on the axes themselves; none outside.
    pub inside: Vec<Option<usize>>,
}

impl Windows {
    /// How many.
    pub fn count(&self) -> usize {
        self.out.iter().product()
    }

    /// The places of a window on the axes themselves.
    pub fn at(&self, window: usize) -> impl Iterator<Item = Option<usize>> + '_ {
        let own = self.places.get(window * self.size..(window + 1) * self.size).unwrap_or_default();
        own.iter().map(|place| self.inside.get(*place).copied().flatten())
    }
}

/// One number for each axis, `least` to [`MAX_LENGTH`].
fn lengths(name: &str, given: &Option<Vec<i64>>, rank: usize, least: i64) -> Result<Vec<usize>, Wrong> {
    let Some(given) = given.as_ref().filter(|given| !given.is_empty()) else { return Ok(vec![1; rank]) };
    let size = |x: &i64| usize::try_from(*x).ok().filter(|_| (least..=MAX_LENGTH).contains(x));
    let sizes: Option<Vec<usize>> = given.iter().map(size).collect();
    sizes.filter(|sizes| sizes.len() == rank).ok_or_else(|| {
        let shown = given.get(..8).unwrap_or(given);
        let expected = format!("{rank} {name} of {least} to {MAX_LENGTH}, one for each axis");
        Wrong::with(expected, format!("{shown:?}"), ADVICE)
    })
}

impl Window {
    /// The attributes of a node.
    pub(super) fn read(a: &Attributes<'_>) -> Result<Self, Wrong> {
        let explicit = || Padding::Explicit(a.integers("pads").unwrap_or_default());
        let padding = match a.text("auto_pad", "NOTSET").as_str() {
            "NOTSET" | "" => explicit(),
            "VALID" => Padding::Explicit(Vec::new()),
            "SAME_UPPER" => Padding::SameUpper,
            "SAME_LOWER" => Padding::SameLower,
            other => {
                let expected = "auto_pad NOTSET, VALID, SAME_UPPER or SAME_LOWER";
                return Err(Wrong::new(expected, crate::model::onnx::short(other)));
            }
        };
        if a.integer("ceil_mode", 0) != 0 {
            return Err(Wrong::with(
                "ceil_mode = 0",
                "ceil_mode = 1, whose last windows reach beyond what is there",
                "train with ceil_mode=False, or with pads that make the lengths even",
            ));
        }
        Ok(Self {
            kernel: a.integers("kernel_shape"),
            strides: a.integers("strides"),
            dilations: a.integers("dilations"),
            padding,
        })
    }

    /// Where the windows lie on axes of these lengths. `kernel` are the lengths of a window if the attributes do not say.
    ///
    /// # Errors
    /// Attributes that are none, windows that do not fit, more of them than are read.
    pub fn over(&self, axes: &[usize], kernel: Option<&[usize]>) -> Result<Windows, Wrong> {
        let rank = axes.len();
        if rank == 0 {
            return Err(Wrong::new("a tensor [batch, channels, length, …]", "no axis to slide along"));
        }
        if axes.contains(&0) {
            return Err(Wrong::new("axes that are not empty", format!("{axes:?}")));
        }
        if self.kernel.is_none() && kernel.is_none() {
            return Err(Wrong::new("kernel_shape", "none"));
        }
        let own = lengths("numbers in kernel_shape", &self.kernel, rank, 1)?;
        let own = match kernel {
            Some(kernel) if self.kernel.is_some() && kernel != own => {
                let found = format!("{own:?}");
                return Err(Wrong::with(
                    format!("kernel_shape {kernel:?}, as the weights have"),
                    found,
                    ADVICE,
                ));
            }
            Some(kernel) => kernel.to_vec(),
            None => own,
        };
        let steps = lengths("strides", &self.strides, rank, 1)?;
        let apart = lengths("dilations", &self.dilations, rank, 1)?;
        let extent = |axis: usize| own[axis].saturating_sub(1).saturating_mul(apart[axis]).saturating_add(1);
        let mut around: Vec<(usize, usize)> = Vec::with_capacity(rank);
        match &self.padding {
            Padding::Explicit(pads) => {
                let pads = lengths("pads", &Some(pads.clone()).filter(|p| !p.is_empty()), 2 * rank, 0)?;
                let given = matches!(&self.padding, Padding::Explicit(given) if !given.is_empty());
                let pad = |at: usize| if given { pads[at] } else { 0 };
                around.extend((0..rank).map(|axis| (pad(axis), pad(rank + axis))));
            }
            same => around.extend((0..rank).map(|axis| {
                let reach = (axes[axis].div_ceil(steps[axis]) - 1).saturating_mul(steps[axis]);
                let more = reach.saturating_add(extent(axis)).saturating_sub(axes[axis]);
                let less = more / 2;
                if *same == Padding::SameUpper { (less, more - less) } else { (more - less, less) }
            })),
        }
        let mut padded = Vec::with_capacity(rank);
        let mut out = Vec::with_capacity(rank);
        for axis in 0..rank {
            let length = axes[axis].saturating_add(around[axis].0).saturating_add(around[axis].1);
            if extent(axis) > length {
                let expected = format!("a window of at most {length} along axis {axis}, with its padding");
                return Err(Wrong::with(expected, extent(axis).to_string(), "give the model larger samples"));
            }
            padded.push(length);
            out.push((length - extent(axis)) / steps[axis] + 1);
        }
        let product = |a: &[usize]| a.iter().try_fold(1usize, |all, x| all.checked_mul(*x));
        let total = product(&out).zip(product(&own)).and_then(|(a, b)| a.checked_mul(b));
        let whole = product(&padded).filter(|whole| *whole <= MAX_PLACES);
        if whole.is_none() || total.is_none_or(|total| total > MAX_PLACES) {
            let expected = format!("at most {MAX_PLACES} places, and as many in all windows together");
            let found = format!("windows of {own:?}, {out:?} of them on {padded:?}");
            return Err(Wrong::with(expected, found, "make the model smaller"));
        }
        let row = strides(&padded);
        let stepped =
            |by: &[usize]| -> Vec<isize> { row.iter().zip(by).map(|(r, b)| (r * b) as isize).collect() };
        let offsets = walk(&own, 0, &stepped(&apart));
        let starts = walk(&out, 0, &stepped(&steps));
        let places =
            starts.iter().flat_map(|start| offsets.iter().map(move |offset| start + offset)).collect();
        let inner = strides(axes);
        let within = |place: usize| {
            (0..rank).try_fold(0, |at, axis| {
                let index = (place / row[axis] % padded[axis]).checked_sub(around[axis].0)?;
                (index < axes[axis]).then_some(at + index * inner[axis])
            })
        };
        let inside = (0..whole.unwrap_or(0)).map(within).collect();
        let before = around.iter().map(|(before, _)| *before).collect();
        Ok(Windows { out, size: offsets.len(), padded, before, places, inside })
    }
}
