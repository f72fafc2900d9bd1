//! Training of codebooks from fingerprints.
//!
//! A fingerprint is six vectors of sixteen values. All vectors are normalised column by column, cut into four
//! parts of four, and the parts of each subspace are clustered. Fingerprints that were held out tell how far a
//! vector that training has not seen lies from its code.

use foldproof_circuits::codebook::{DIM, SUBSPACE_DIM, SUBSPACES};
use foldproof_circuits::stages::fold::VECTORS;
use foldproof_circuits::statement::Centroids;
use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha20Rng;
use sha2::{Digest, Sha256};

use super::json::{DEFAULT_ERROR_BOUND, Document, Normalization, numbers};
use super::kmeans::{Clustering, Point, cluster, nearest};
use crate::input::json::{Json, Object, parse};
use crate::input::mapping::of_samples;
use crate::input::record::{Path, Record};
use crate::input::{InputError, Mapping};
use crate::model::samples::check_length;

/// Values of a fingerprint.
pub const FINGERPRINT: usize = VECTORS * DIM;
/// A deviation below this counts as 1: such a column hardly varies.
pub const DEVIATION_FLOOR: f64 = 1.0 / 1_048_576.0;
/// No folded value is larger.
const VALUE_LIMIT: f64 = 4.0;
/// Centroids are written with this many decimals: finer than the 2⁻²⁴ they are quantised to.
const DECIMALS: f64 = 1e8;

/// Fingerprints to train on.
#[derive(Clone, Debug, PartialEq)]
pub struct Dataset {
    name: String,
    sha256: String,
    mapping: Option<Mapping>,
    fingerprints: Vec<[f64; FINGERPRINT]>,
}

impl Dataset {
    /// Reads lines of `{"fingerprint": [96 numbers], …}`; empty ones are skipped. `name` goes into the metadata of
    /// the codebook, and so does the mapping by which the blocks were read, if it is told or lines name it.
    ///
    /// # Errors
    ///
    /// Lines of any other kind, with the number of the line in the path, and of more than one mapping.
    pub fn parse(name: &str, bytes: &[u8], mapping: Option<Mapping>) -> Result<Self, InputError> {
        let mapping = of_samples(bytes, mapping)?;
        let mut fingerprints = Vec::new();
        for (number, line) in (1..).zip(bytes.split(|b| *b == b'\n')) {
            if line.iter().all(u8::is_ascii_whitespace) {
                continue;
            }
            let fingerprint = fingerprint(line)
                .map_err(|error| InputError { path: format!("line {number}: {}", error.path), ..error })?;
            fingerprints.push(fingerprint);
        }
        Ok(Self { name: name.into(), sha256: hex::encode(Sha256::digest(bytes)), mapping, fingerprints })
    }

    /// How many fingerprints there are.
    pub fn len(&self) -> usize {
        self.fingerprints.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.fingerprints.is_empty()
    }
}

fn fingerprint(line: &[u8]) -> Result<[f64; FINGERPRINT], InputError> {
    check_length(line)?;
    let json = parse(line)?;
    let record = Record::new(&json, Path::Root)?;
    let value = record.object().get("fingerprint").unwrap_or(&Json::Null);
    let path = Path::Key(&Path::Root, "fingerprint");
    let values: [f64; FINGERPRINT] = numbers(value, path)?;
    match values.iter().position(|x| x.abs() > VALUE_LIMIT) {
        None => Ok(values),
        Some(i) => Err(InputError::new(
            Path::Index(&path, i),
            format!("a folded value within ±{VALUE_LIMIT}"),
            values[i].to_string(),
            "train on fingerprints as they are, not normalised",
        )),
    }
}

/// How to train.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Options {
    /// Centroids per subspace.
    pub centroids: Centroids,
    /// Decides the split and every draw.
    pub seed: u64,
    /// Most rounds of one clustering; it ends earlier when nothing moves.
    pub rounds: usize,
    /// Clusterings per subspace, of which the best is kept. At least one is made.
    pub restarts: usize,
    /// Share of the fingerprints held out, in percent.
    pub held_out_percent: u8,
    /// ε of the codebook, in normalised units.
    pub error_bound: f64,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            centroids: Centroids::K256,
            seed: 1,
            rounds: 1000,
            restarts: 4,
            held_out_percent: 10,
            error_bound: DEFAULT_ERROR_BOUND,
        }
    }
}

/// Why there is no codebook.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum TrainError {
    /// Not enough fingerprints.
    #[error(
        "{needed} fingerprints at least are needed for {centroids} centroids, those held out included, found {found}; \
         add more, or train fewer centroids"
    )]
    TooFew {
        /// How many there are.
        found: usize,
        /// How many it takes, those held out included.
        needed: usize,
        /// Centroids per subspace.
        centroids: usize,
    },
    /// Nothing held out, or everything.
    #[error("between 1 and 99 percent of the fingerprints must be held out, found {found}; 10 is usual")]
    HeldOut {
        /// Percent asked for.
        found: u8,
    },
    /// Numbers no circuit holds.
    #[error(transparent)]
    Range(#[from] InputError),
}

/// Distances of vectors from their codes, in normalised units.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Residuals {
    /// Vectors.
    pub count: usize,
    /// Mean.
    pub mean: f64,
    /// The smallest that at least 95 % do not exceed.
    pub p95: f64,
    /// Largest.
    pub max: f64,
}

/// A codebook and how good it is.
#[derive(Clone, Debug, PartialEq)]
pub struct Trained {
    /// The codebook, with where it comes from in its metadata.
    pub document: Document,
    /// Residuals of the fingerprints held out.
    pub held_out: Residuals,
    /// Residuals of those trained on.
    pub training: Residuals,
}

/// Trains a codebook. The same dataset and options give the same codebook everywhere.
///
/// # Errors
///
/// Fewer vectors than centroids, nothing held out, and columns whose numbers no circuit holds.
pub fn train(dataset: &Dataset, options: &Options) -> Result<Trained, TrainError> {
    let k = options.centroids.count();
    if !(1..100).contains(&options.held_out_percent) {
        return Err(TrainError::HeldOut { found: options.held_out_percent });
    }
    let mut order: Vec<usize> = (0..dataset.len()).collect();
    order.shuffle(&mut stream(options.seed, 0));
    let needed = needed(options);
    if order.len() < needed {
        return Err(TrainError::TooFew { found: order.len(), needed, centroids: k });
    }
    let held_out = held_out(order.len(), options);
    let normalization = normalization(dataset);
    let (held_out, training) = order.split_at(held_out);
    let vectors = |chosen: &[usize]| -> Vec<[f64; DIM]> {
        let six = |i: &usize| dataset.fingerprints[*i].as_chunks::<DIM>().0;
        chosen.iter().flat_map(six).map(|vector| normalise(vector, &normalization)).collect()
    };
    let (held_out, training) = (vectors(held_out), vectors(training));
    let subspaces: [Vec<Point>; SUBSPACES] = std::array::from_fn(|s| centroids(&training, s, options));
    let residuals = |vectors| residuals(vectors, &subspaces);
    let (held_out, training) = (residuals(&held_out), residuals(&training));
    let document = Document {
        metadata: Some(metadata(dataset, options, &held_out, &training)),
        centroids: (0..k).map(|k| std::array::from_fn(|s| subspaces[s][k])).collect(),
        normalization: Some(normalization),
        error_bound: Some(options.error_bound),
    };
    document.quantise()?;
    Ok(Trained { document, held_out, training })
}

fn held_out(fingerprints: usize, options: &Options) -> usize {
    (fingerprints * usize::from(options.held_out_percent)).div_ceil(100)
}

/// The fewest fingerprints that leave a vector for every centroid when some are held out.
pub fn needed(options: &Options) -> usize {
    let training = options.centroids.count().div_ceil(VECTORS);
    // More fingerprints never leave fewer, and of a hundred at least one is trained on.
    let fits = |count: &usize| *count >= training + held_out(*count, options);
    (training..=100 * (training + 1)).find(fits).unwrap_or(usize::MAX)
}

/// Generator number `stream` of a seed.
fn stream(seed: u64, stream: u64) -> ChaCha20Rng {
    let mut rng = ChaCha20Rng::seed_from_u64(seed);
    rng.set_stream(stream);
    rng
}

/// Mean and deviation of each column over all vectors.
fn normalization(dataset: &Dataset) -> Normalization {
    let vectors = || dataset.fingerprints.iter().flat_map(|f| f.as_chunks::<DIM>().0);
    #[expect(clippy::cast_precision_loss, reason = "a count of vectors in memory is below 2^53")]
    let count = (dataset.len() * VECTORS) as f64;
    let mean: [f64; DIM] = std::array::from_fn(|j| vectors().map(|v| v[j]).sum::<f64>() / count);
    let deviation = |j: usize| {
        let square = |v: &[f64; DIM]| (v[j] - mean[j]) * (v[j] - mean[j]);
        let deviation = (vectors().map(square).sum::<f64>() / count).sqrt();
        if deviation < DEVIATION_FLOOR { 1.0 } else { deviation }
    };
    Normalization { mean, std_dev: std::array::from_fn(deviation) }
}

fn normalise(vector: &[f64; DIM], normalization: &Normalization) -> [f64; DIM] {
    std::array::from_fn(|j| (vector[j] - normalization.mean[j]) / normalization.std_dev[j])
}

fn part(vector: &[f64; DIM], subspace: usize) -> Point {
    std::array::from_fn(|d| vector[subspace * SUBSPACE_DIM + d])
}

/// The centroids of a subspace: the best of several clusterings, rounded.
fn centroids(training: &[[f64; DIM]], subspace: usize, options: &Options) -> Vec<Point> {
    let points: Vec<Point> = training.iter().map(|vector| part(vector, subspace)).collect();
    let restarts = options.restarts.max(1);
    let run = |restart: usize| -> Clustering {
        let number = 1 + subspace * restarts + restart;
        cluster(&points, options.centroids.count(), options.rounds, &mut stream(options.seed, number as u64))
    };
    let mut best = run(0);
    for restart in 1..restarts {
        let other = run(restart);
        if other.inertia < best.inertia {
            best = other;
        }
    }
    best.centroids.iter().map(|c| c.map(|x| (x * DECIMALS).round() / DECIMALS)).collect()
}

fn residuals(vectors: &[[f64; DIM]], subspaces: &[Vec<Point>; SUBSPACES]) -> Residuals {
    let residual = |vector: &[f64; DIM]| -> f64 {
        let least = |(s, centroids): (usize, &Vec<Point>)| nearest(&part(vector, s), centroids).1;
        subspaces.iter().enumerate().map(least).sum::<f64>().sqrt()
    };
    let mut all: Vec<f64> = vectors.iter().map(residual).collect();
    all.sort_by(f64::total_cmp);
    let count = all.len();
    #[expect(clippy::cast_precision_loss, reason = "a count of vectors in memory is below 2^53")]
    let mean = all.iter().sum::<f64>() / count.max(1) as f64;
    let at = |index: usize| all.get(index).copied().unwrap_or(0.0);
    Residuals {
        count,
        mean,
        p95: at((count * 95).div_ceil(100).saturating_sub(1)),
        max: at(count.saturating_sub(1)),
    }
}

fn metadata(dataset: &Dataset, options: &Options, held_out: &Residuals, training: &Residuals) -> Json {
    #[expect(clippy::cast_precision_loss, reason = "counts of things in memory are below 2^53")]
    let count = |n: usize| Json::Number(n as f64);
    let residuals = |r: &Residuals| {
        let stats = Object::default()
            .with("count", count(r.count))
            .with("average", Json::Number(r.mean))
            .with("p95", Json::Number(r.p95))
            .with("max", Json::Number(r.max));
        Json::Object(stats)
    };
    let source = Object::default()
        .with("name", Json::text(&dataset.name))
        .with("sha256", Json::text(&dataset.sha256))
        .with("fingerprints", count(dataset.len()))
        .with("vectors", count(dataset.len() * VECTORS));
    let params = Object::default()
        .with("numSubspaces", count(SUBSPACES))
        .with("subvectorDim", count(SUBSPACE_DIM))
        .with("numCentroids", count(options.centroids.count()))
        .with("rounds", count(options.rounds))
        .with("restarts", count(options.restarts))
        .with("seed", Json::text(options.seed.to_string()))
        .with("heldOutPercent", Json::Number(options.held_out_percent.into()));
    let metadata = Object::default()
        .with("dataset", Json::Object(source))
        .with("mapping", dataset.mapping.map(|mapping| Json::text(mapping.name())))
        .with("params", Json::Object(params))
        .with("errorBound", Json::Number(options.error_bound))
        .with("residualStats", residuals(held_out))
        .with("trainingResidualStats", residuals(training));
    Json::Object(metadata)
}
