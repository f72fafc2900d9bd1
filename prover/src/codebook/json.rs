//! Codebooks as JSON: `{"metadata": …, "codebook": {…}}`, or the codebook by itself.
//!
//! ```json
//! {"centroids": [[[…4 numbers], …K], …4], "subvectorDim": 4, "numCentroids": K, "numSubspaces": 4,
//!  "normalization": {"mean": […16], "stdDev": […16]}, "errorBound": 0.25}
//! ```
//!
//! Numbers become integers in [`Document::quantise`], once, exactly, rounded half up (`spec/pipeline.md` section 3).

use foldproof_circuits::codebook::{
    Codebook, CodebookError, DIM, FOLD_BITS, MEAN_LIMIT, PQ_BITS, SUBSPACE_DIM, SUBSPACES,
};
use foldproof_circuits::statement::Centroids;

use crate::input::json::{Json, Object, parse};
use crate::input::record::{Path, Record};
use crate::input::{InputError, Mapping, number};

/// ε where a document has none.
pub const DEFAULT_ERROR_BOUND: f64 = 0.25;
/// ε stays below this: ε² at 2⁻⁴⁸ has 64 bits.
pub const ERROR_BOUND_LIMIT: f64 = 256.0;

const ADVICE: &str = "use a codebook as training writes it";

/// How vectors are normalised: z = (f − mean)/std_dev, per feature.
#[derive(Clone, Debug, PartialEq)]
pub struct Normalization {
    /// μ.
    pub mean: [f64; DIM],
    /// σ; what is at most 10⁻⁹ in magnitude counts as 1.
    pub std_dev: [f64; DIM],
}

/// A codebook in floating point, as its file has it.
#[derive(Clone, Debug, PartialEq)]
pub struct Document {
    /// Where the codebook comes from. Nothing is computed from it; see [`mapping`](Self::mapping).
    pub metadata: Option<Json>,
    /// `centroids[k][subspace][dimension]`, 64 or 256 of them, in normalised units.
    pub centroids: Vec<[[f64; SUBSPACE_DIM]; SUBSPACES]>,
    /// Without it, vectors are encoded as they are.
    pub normalization: Option<Normalization>,
    /// ε: the largest residual that counts as within the bound, in normalised units.
    pub error_bound: Option<f64>,
}

impl Document {
    /// Reads a document.
    ///
    /// # Errors
    ///
    /// Anything but four subspaces of 64 or 256 centroids of dimension 4, with finite numbers, and ε in [0, 256).
    pub fn parse(bytes: &[u8]) -> Result<Self, InputError> {
        let json = parse(bytes)?;
        let document = Record::new(&json, Path::Root)?;
        let path = Path::Key(&Path::Root, "codebook");
        let codebook = match document.object().get("codebook") {
            Some(value) => Record::new(value, path)?,
            None => document,
        };
        for (key, expected) in [("numSubspaces", SUBSPACES), ("subvectorDim", SUBSPACE_DIM)] {
            let found = codebook.whole(key)?;
            if found != Some(expected as u64) {
                let found = found.map_or("nothing".into(), |found| found.to_string());
                return Err(codebook.wrong(key, expected.to_string(), found, ADVICE));
            }
        }
        let centroids = centroids(&codebook)?;
        let count = codebook.whole("numCentroids")?;
        if let Some(count) = count.filter(|count| *count != centroids.len() as u64) {
            let expected = format!("{}, as there are in centroids", centroids.len());
            return Err(codebook.wrong("numCentroids", expected, count.to_string(), ADVICE));
        }
        let normalization = match codebook.get("normalization") {
            None => None,
            Some(value) => Some(normalization(value, &codebook)?),
        };
        Ok(Self {
            metadata: document.object().get("metadata").cloned(),
            centroids,
            normalization,
            error_bound: error_bound(&codebook)?,
        })
    }

    /// By which mapping the blocks were read that it was trained on, if the metadata tells.
    pub fn mapping(&self) -> Option<Mapping> {
        match self.metadata.as_ref()?.get("mapping")? {
            Json::Text(name) => Mapping::from_name(name),
            _ => None,
        }
    }

    /// The document in the wrapped layout, as [`parse`](Self::parse) reads it, over several lines.
    pub fn to_json(&self) -> String {
        let part = |s: usize| Json::Array(self.centroids.iter().map(|row| Json::numbers(&row[s])).collect());
        let size = |n: usize| u32::try_from(n).map(|n| Json::Number(n.into())).ok();
        let normalization = self.normalization.as_ref().map(|normalization| {
            let mean = Json::numbers(&normalization.mean);
            let std_dev = Json::numbers(&normalization.std_dev);
            Json::Object(Object::default().with("mean", mean).with("stdDev", std_dev))
        });
        let codebook = Object::default()
            .with("centroids", Json::Array((0..SUBSPACES).map(part).collect()))
            .with("subvectorDim", size(SUBSPACE_DIM))
            .with("numCentroids", size(self.centroids.len()))
            .with("numSubspaces", size(SUBSPACES))
            .with("normalization", normalization)
            .with("errorBound", self.error_bound.map(Json::Number));
        let document = Object::default()
            .with("metadata", self.metadata.clone())
            .with("codebook", Json::Object(codebook));
        Json::Object(document).to_pretty()
    }

    /// The integers the circuits work with.
    ///
    /// # Errors
    ///
    /// Numbers beyond what circuits hold: means of ±2 and more, deviations at or below 2⁻²¹, centroids outside
    /// [−64, 64), ε outside [0, 256).
    pub fn quantise(&self) -> Result<Codebook, InputError> {
        let identity = Normalization { mean: [0.0; DIM], std_dev: [1.0; DIM] };
        let normalization = self.normalization.as_ref().unwrap_or(&identity);
        // What does not fit its type is clamped to an end of it, which is beyond every limit checked below.
        let mean = normalization.mean.map(|mean| {
            let limit = i128::from(MEAN_LIMIT);
            i64::try_from(number::scale_half_up(mean, FOLD_BITS).clamp(-limit, limit)).unwrap_or(MEAN_LIMIT)
        });
        let coordinate = |x: f64| {
            let limits = i128::from(i32::MIN)..=i128::from(i32::MAX);
            i32::try_from(number::scale_half_up(x, PQ_BITS).clamp(*limits.start(), *limits.end()))
                .unwrap_or(i32::MAX)
        };
        let centroids = self.centroids.iter().map(|row| row.map(|part| part.map(coordinate))).collect();
        let epsilon = self.error_bound.unwrap_or(DEFAULT_ERROR_BOUND);
        if !(0.0..ERROR_BOUND_LIMIT).contains(&epsilon) {
            return Err(bound_error("codebook.errorBound", epsilon.to_string()));
        }
        let bound = u64::try_from(number::bound_squared(epsilon)).unwrap_or(u64::MAX);
        let inverse = normalization.std_dev.map(number::inverse_deviation);
        Codebook::new(mean, inverse, centroids, bound).map_err(|error| self.out_of_range(&error))
    }

    fn out_of_range(&self, error: &CodebookError) -> InputError {
        let vector = |f: fn(&Normalization) -> &[f64; DIM], feature: usize| {
            self.normalization.as_ref().map_or("nothing".into(), |n| f(n)[feature].to_string())
        };
        let (path, expected, found) = match *error {
            CodebookError::Centroids { found } => {
                ("centroids".into(), "64 or 256 per subspace", found.to_string())
            }
            CodebookError::Mean { feature } => {
                (format!("normalization.mean[{feature}]"), "a mean within ±2", vector(|n| &n.mean, feature))
            }
            CodebookError::Deviation { feature } => (
                format!("normalization.stdDev[{feature}]"),
                "a deviation above 2^-21, or 0, which counts as 1",
                vector(|n| &n.std_dev, feature),
            ),
            CodebookError::Centroid { subspace, index, dimension } => (
                format!("centroids[{subspace}][{index}][{dimension}]"),
                "a coordinate in [-64, 64)",
                self.centroids[index][subspace][dimension].to_string(),
            ),
        };
        InputError::new(
            format!("codebook.{path}"),
            expected,
            found,
            "train the codebook on normalised features",
        )
    }
}

fn error_bound(codebook: &Record<'_>) -> Result<Option<f64>, InputError> {
    match codebook.object().get("errorBound") {
        None => Ok(None),
        Some(Json::Number(epsilon)) if (0.0..ERROR_BOUND_LIMIT).contains(epsilon) => Ok(Some(*epsilon)),
        // Also null, which is how some writers put an infinite number.
        Some(other) => {
            let InputError { expected, advice, .. } = bound_error("", "");
            Err(codebook.wrong("errorBound", expected, other.describe(), advice))
        }
    }
}

fn bound_error(path: &str, found: impl Into<String>) -> InputError {
    let expected = format!("a number from 0 to less than {ERROR_BOUND_LIMIT}");
    InputError::new(path, expected, found, "leave it out for 0.25, or give the bound training reported")
}

fn normalization(value: &Json, codebook: &Record<'_>) -> Result<Normalization, InputError> {
    let path = Path::Key(&codebook.path(), "normalization");
    let record = Record::new(value, path)?;
    let field = |key| {
        let value = record.object().get(key).unwrap_or(&Json::Null);
        numbers(value, Path::Key(&path, key))
    };
    Ok(Normalization { mean: field("mean")?, std_dev: field("stdDev")? })
}

fn centroids(codebook: &Record<'_>) -> Result<Vec<[[f64; SUBSPACE_DIM]; SUBSPACES]>, InputError> {
    let path = Path::Key(&codebook.path(), "centroids");
    let value = codebook.object().get("centroids").unwrap_or(&Json::Null);
    let subspaces = items(value, path, |n| n == SUBSPACES, "an array of 4 subspaces")?;
    let mut centroids: Vec<[[f64; SUBSPACE_DIM]; SUBSPACES]> = Vec::new();
    for (s, subspace) in subspaces.iter().enumerate() {
        let path = Path::Index(&path, s);
        let known = |n: usize| Centroids::from_count(n).is_some() && (s == 0 || n == centroids.len());
        let expected = "an array of 64 or 256 centroids, as many in each subspace";
        let rows = items(subspace, path, known, expected)?;
        centroids.resize(rows.len(), [[0.0; SUBSPACE_DIM]; SUBSPACES]);
        for (k, row) in rows.iter().enumerate() {
            centroids[k][s] = numbers(row, Path::Index(&path, k))?;
        }
    }
    Ok(centroids)
}

fn items<'a>(
    value: &'a Json,
    path: Path<'_>,
    fits: impl Fn(usize) -> bool,
    expected: &str,
) -> Result<&'a [Json], InputError> {
    match value {
        Json::Array(items) if fits(items.len()) => Ok(items),
        other => Err(InputError::new(path, expected, other.describe(), ADVICE)),
    }
}

/// N finite numbers.
pub(super) fn numbers<const N: usize>(value: &Json, path: Path<'_>) -> Result<[f64; N], InputError> {
    let items = items(value, path, |n| n == N, &format!("an array of {N} numbers"))?;
    let mut numbers = [0.0; N];
    for (i, item) in items.iter().enumerate() {
        match item {
            Json::Number(x) if x.is_finite() => numbers[i] = *x,
            other => {
                return Err(InputError::new(
                    Path::Index(&path, i),
                    "a finite number",
                    other.describe(),
                    ADVICE,
                ));
            }
        }
    }
    Ok(numbers)
}
