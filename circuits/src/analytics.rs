//! Analytics beside a block: which parts of them a statement has, and under which configuration.

use std::fmt;

use crate::codebook::DIM;
use crate::zone_config::{PRESETS, ZoneConfig};

/// Numbers at each position of the graph of zones: the centre, its density, and whether there is a zone.
pub(crate) const ZONE_CHANNELS: usize = DIM + 2;

/// A part of the analytics.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Part {
    /// Mean, maximum and 95th percentile of the residuals.
    Residuals,
    /// Hotzones: kernel density over the PQ centres, and what is seen at them.
    Zones,
    /// Overlaps of hotzones.
    Hypergraph,
    /// Heuristic anomaly score and label.
    Anomaly,
    /// Tags of the block by rule, and its behaviour.
    Rules,
    /// The zones as a matrix that models are proved about, behind a commitment.
    Graph,
}

impl Part {
    /// All of them, in the order of their public inputs.
    pub const ALL: [Self; 6] =
        [Self::Residuals, Self::Zones, Self::Hypergraph, Self::Anomaly, Self::Rules, Self::Graph];
    /// Those that find something in a block: what `all` stands for in a name. The graph says nothing by itself, and is asked for by
    /// its own name.
    pub const OF_BLOCK: [Self; 5] =
        [Self::Residuals, Self::Zones, Self::Hypergraph, Self::Anomaly, Self::Rules];
    /// Those of them that are computed from the PQ code: what a name without parts stands for.
    pub const OF_CODE: [Self; 4] = [Self::Residuals, Self::Zones, Self::Hypergraph, Self::Anomaly];

    /// Its name in those of statements.
    pub fn name(self) -> &'static str {
        match self {
            Self::Residuals => "residuals",
            Self::Zones => "zones",
            Self::Hypergraph => "hypergraph",
            Self::Anomaly => "anomaly",
            Self::Rules => "rules",
            Self::Graph => "graph",
        }
    }

    /// What it is computed from.
    pub fn needs(self) -> &'static [Self] {
        match self {
            Self::Residuals | Self::Zones | Self::Rules => &[],
            Self::Hypergraph | Self::Graph => &[Self::Zones],
            Self::Anomaly => &[Self::Residuals, Self::Zones],
        }
    }

    /// Public inputs.
    pub(crate) fn rows(self) -> usize {
        match self {
            Self::Residuals | Self::Anomaly | Self::Graph => 1,
            Self::Zones => 3,
            Self::Hypergraph => 4,
            Self::Rules => 5,
        }
    }

    fn bit(self) -> u8 {
        1 << self as u8
    }
}

/// A configuration that has a name: its place in [`PRESETS`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Preset(u8);

impl Preset {
    /// All of them.
    pub fn all() -> impl Iterator<Item = Self> {
        (0..=u8::MAX).take(PRESETS.len()).map(Self)
    }

    /// The preset of that name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::all().find(|preset| preset.name() == name)
    }

    /// Its name.
    pub fn name(self) -> &'static str {
        PRESETS[usize::from(self.0)].0
    }

    /// Its integers.
    pub fn config(self) -> ZoneConfig {
        PRESETS[usize::from(self.0)].1
    }
}

/// Where the numbers of a configuration come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Configuration {
    /// One with a name, fixed in the circuit.
    Named(Preset),
    /// One behind a public commitment.
    Committed,
}

/// Parts, configuration and variant of the analytics beside a block.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Analytics {
    parts: u8,
    configuration: Configuration,
    zone_tags: bool,
    adapter: bool,
    /// Samples of each tree of the forest that the score is blended with; 0 without one.
    samples: u16,
}

/// Why there are no such analytics.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "fields are what was expected and found")]
pub enum AnalyticsError {
    /// No part.
    Empty,
    /// A part without one that it is computed from.
    Needs { part: Part, needs: Part },
    /// A variant of the anomaly score without the score.
    ZoneTags,
    /// Fields of adapters without rules, which read them.
    Adapter,
    /// A forest without a score to blend it with.
    Forest,
    /// A forest of trees that are grown of too few or too many samples.
    Samples { found: usize },
}

impl fmt::Display for AnalyticsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => write!(f, "parts: expected one or more of {}, found none", names(&Part::ALL)),
            Self::Needs { part, needs } => {
                write!(
                    f,
                    "parts: {} is computed from {}, which was not found among them; add it",
                    part.name(),
                    needs.name()
                )
            }
            Self::ZoneTags => f.write_str(
                "zone tags: they are a variant of the part anomaly, which was not found among the parts",
            ),
            Self::Forest => f.write_str(
                "forest: it is blended with the part anomaly, which was not found among the parts; add it",
            ),
            Self::Samples { found } => write!(
                f,
                "forest: trees grown of {} to {MAX_SAMPLES} samples each were expected, found {found}",
                MIN_SAMPLES
            ),
            Self::Adapter => f.write_str(
                "fields of adapters: they are read by the part rules, which was not found among the parts; add it",
            ),
        }
    }
}

impl std::error::Error for AnalyticsError {}

fn names(parts: &[Part]) -> String {
    parts.iter().map(|part| part.name()).collect::<Vec<_>>().join(", ")
}

/// First word of the name.
const NAME: &str = "analytics";
/// What stands in the name for all parts that find something in a block.
const ALL: &str = "all";
/// What the name says of fields of adapters.
const ADAPTER: &str = "adapter";
/// What the name says of a forest, before the samples of a tree.
const FOREST: &str = "forest";
/// Fewest samples of a tree.
const MIN_SAMPLES: usize = 3;
/// Most samples of a tree.
pub const MAX_SAMPLES: usize = 256;
/// What the name says of zone tags.
const ZONE_TAGS: &str = "zonetags";
/// What it says of a configuration behind a commitment.
const COMMITTED: &str = "committed";

impl Analytics {
    /// These parts under this configuration. With `zone_tags` the anomaly score counts what is seen at the zones, too.
    ///
    /// # Errors
    /// If there is no part, or one without what it is computed from.
    pub fn new(
        parts: &[Part],
        configuration: Configuration,
        zone_tags: bool,
    ) -> Result<Self, AnalyticsError> {
        if parts.is_empty() {
            return Err(AnalyticsError::Empty);
        }
        for part in parts {
            if let Some(needs) = part.needs().iter().find(|needs| !parts.contains(needs)) {
                return Err(AnalyticsError::Needs { part: *part, needs: *needs });
            }
        }
        if zone_tags && !parts.contains(&Part::Anomaly) {
            return Err(AnalyticsError::ZoneTags);
        }
        let parts = parts.iter().fold(0, |bits, part| bits | part.bit());
        // What no part reads is in no name.
        let zones = parts & Part::Zones.bit() != 0;
        let configuration = if zones { configuration } else { Configuration::Named(Preset::default()) };
        Ok(Self { parts, configuration, zone_tags, adapter: false, samples: 0 })
    }

    /// The same with tags that fields of adapters make, in a shape of its own.
    ///
    /// # Errors
    /// If there are no rules.
    pub fn with_adapter(self) -> Result<Self, AnalyticsError> {
        if !self.has(Part::Rules) {
            return Err(AnalyticsError::Adapter);
        }
        Ok(Self { adapter: true, ..self })
    }

    /// The same with a second anomaly score, blended with what a forest says whose trees are grown of so many samples each: the
    /// first model of the statement.
    ///
    /// # Errors
    /// If there is no anomaly score, or there are fewer than 3 samples or more than [`MAX_SAMPLES`].
    pub fn with_forest(self, samples: usize) -> Result<Self, AnalyticsError> {
        if !self.has(Part::Anomaly) {
            return Err(AnalyticsError::Forest);
        }
        match u16::try_from(samples) {
            Ok(narrow) if (MIN_SAMPLES..=MAX_SAMPLES).contains(&samples) => {
                Ok(Self { samples: narrow, ..self })
            }
            _ => Err(AnalyticsError::Samples { found: samples }),
        }
    }

    /// Samples of each tree of the forest that the score is blended with, if it is with one.
    pub fn forest(&self) -> Option<usize> {
        (self.samples > 0).then(|| self.samples.into())
    }

    /// Whether it has a part.
    pub fn has(&self, part: Part) -> bool {
        self.parts & part.bit() != 0
    }

    /// Its parts, in order.
    pub fn parts(&self) -> impl Iterator<Item = Part> + use<> {
        let parts = self.parts;
        Part::ALL.into_iter().filter(move |part| parts & part.bit() != 0)
    }

    /// Where the numbers of its configuration come from.
    pub fn configuration(&self) -> Configuration {
        self.configuration
    }

    /// Whether its configuration is behind a commitment.
    pub fn commits_to_config(&self) -> bool {
        self.configuration == Configuration::Committed
    }

    /// A configuration to commit to, where one has to be given and any will do.
    pub fn any_config(&self) -> Option<ZoneConfig> {
        self.commits_to_config().then(|| Preset::default().config())
    }

    /// Whether the anomaly score counts what is seen at the zones.
    pub fn zone_tags(&self) -> bool {
        self.zone_tags
    }

    /// Whether the anomaly score counts the tags of the block: if they are proved, too.
    pub fn block_tags(&self) -> bool {
        self.has(Part::Anomaly) && self.has(Part::Rules)
    }

    /// Whether fields of adapters make tags.
    pub fn adapter(&self) -> bool {
        self.adapter
    }

    /// Public inputs: a commitment to the configuration, if it is behind one, then those of each part.
    pub(crate) fn rows(&self) -> usize {
        let forest = usize::from(self.forest().is_some());
        usize::from(self.commits_to_config()) + self.parts().map(Part::rows).sum::<usize>() + forest
    }

    /// Name, e.g. `analytics`, which has all parts that are computed from the PQ code and find something, `analytics-all`, which has
    /// rules as well, `analytics.eth`, `analytics-zones-hypergraph`, `analytics-zones-graph`, `analytics.committed.zonetags` or `analytics-rules.adapter`.
    pub fn name(&self) -> String {
        let mut name = NAME.to_owned();
        match self.parts().collect::<Vec<_>>()[..] {
            ref parts if *parts == Part::OF_CODE => {}
            ref parts if *parts == Part::OF_BLOCK => name.extend(["-", ALL]),
            ref parts => parts.iter().for_each(|part| name.extend(["-", part.name()])),
        }
        match self.configuration {
            Configuration::Named(preset) if preset == Preset::default() => {}
            Configuration::Named(preset) => name.extend([".", preset.name()]),
            Configuration::Committed => name.extend([".", COMMITTED]),
        }
        if self.zone_tags {
            name.extend([".", ZONE_TAGS]);
        }
        if self.adapter {
            name.extend([".", ADAPTER]);
        }
        if let Some(samples) = self.forest() {
            name.extend([".", FOREST, &samples.to_string()]);
        }
        name
    }

    /// The analytics of that name, or of another with the same words in another order.
    pub(crate) fn from_name(name: &str) -> Option<Self> {
        let mut words = name.split('.');
        let mut parts = words.next()?.split('-');
        if parts.next() != Some(NAME) {
            return None;
        }
        let part = |name: &str| Part::ALL.into_iter().find(|part| part.name() == name);
        let parts: Vec<Part> = match &parts.collect::<Vec<_>>()[..] {
            [] => Part::OF_CODE.to_vec(),
            [ALL] => Part::OF_BLOCK.to_vec(),
            names => names.iter().map(|name| part(name)).collect::<Option<_>>()?,
        };
        let mut configuration = Configuration::Named(Preset::default());
        let (mut zone_tags, mut adapter, mut samples) = (false, false, None);
        for word in words {
            match word {
                ZONE_TAGS => zone_tags = true,
                ADAPTER => adapter = true,
                COMMITTED => configuration = Configuration::Committed,
                word => match word.strip_prefix(FOREST) {
                    Some(number) => samples = Some(number.parse().ok()?),
                    None => configuration = Configuration::Named(Preset::from_name(word)?),
                },
            }
        }
        Self::new(&parts, configuration, zone_tags).ok()?.with(adapter, samples)
    }

    /// The same with fields of adapters, and with a forest, if there are to be any.
    fn with(self, adapter: bool, samples: Option<usize>) -> Option<Self> {
        let analytics = if adapter { self.with_adapter().ok()? } else { self };
        match samples {
            Some(samples) => analytics.with_forest(samples).ok(),
            None => Some(analytics),
        }
    }

    /// The encoding: parts bit by bit; 0 for a committed configuration, else the place of a preset, from 1; 1 with zone tags, 2 with fields of
    /// adapters and 4 with a forest, added up; with a forest the samples of a tree less 1.
    pub(crate) fn to_bytes(self) -> Vec<u8> {
        let configuration = match self.configuration {
            Configuration::Committed => 0,
            Configuration::Named(Preset(place)) => place + 1,
        };
        let forest = self.forest().and_then(|samples| u8::try_from(samples - 1).ok());
        let variant = u8::from(self.zone_tags) + 2 * u8::from(self.adapter) + 4 * u8::from(forest.is_some());
        [self.parts, configuration, variant].into_iter().chain(forest).collect()
    }

    /// Reads analytics off the front of `bytes`, which is left with the rest.
    pub(crate) fn take(bytes: &mut &[u8]) -> Option<Self> {
        let [parts, configuration, variant, rest @ ..] = *bytes else { return None };
        let (samples, rest) = match (variant & 4, rest) {
            (4, [less, rest @ ..]) => (Some(usize::from(*less) + 1), rest),
            _ => (None, rest),
        };
        let listed: Vec<Part> = Part::ALL.into_iter().filter(|part| parts & part.bit() != 0).collect();
        let found = match configuration {
            0 => Configuration::Committed,
            number => Configuration::Named(Preset::all().nth(usize::from(*number) - 1)?),
        };
        let analytics = Self::new(&listed, found, variant & 1 == 1).ok()?.with(variant & 2 == 2, samples)?;
        // Whatever has a second reading is none.
        let read = bytes.len() - rest.len();
        let canonical = bytes.get(..read) == Some(&analytics.to_bytes()[..]);
        *bytes = rest;
        canonical.then_some(analytics)
    }
}
