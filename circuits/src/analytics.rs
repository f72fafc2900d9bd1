//! Analytics beside a block: which parts of them a statement has, and under which configuration.

use std::fmt;

use crate::zone_config::{PRESETS, ZoneConfig};

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
}

impl Part {
    /// All of them, in the order of their public inputs.
    pub const ALL: [Self; 5] = [Self::Residuals, Self::Zones, Self::Hypergraph, Self::Anomaly, Self::Rules];
    /// Those that are computed from the PQ code: what a name without parts stands for.
    pub const OF_CODE: [Self; 4] = [Self::Residuals, Self::Zones, Self::Hypergraph, Self::Anomaly];

    /// Its name in those of statements.
    pub fn name(self) -> &'static str {
        match self {
            Self::Residuals => "residuals",
            Self::Zones => "zones",
            Self::Hypergraph => "hypergraph",
            Self::Anomaly => "anomaly",
            Self::Rules => "rules",
        }
    }

    /// What it is computed from.
    pub fn needs(self) -> &'static [Self] {
        match self {
            Self::Residuals | Self::Zones | Self::Rules => &[],
            Self::Hypergraph => &[Self::Zones],
            Self::Anomaly => &[Self::Residuals, Self::Zones],
        }
    }

    /// Public inputs.
    pub(crate) fn rows(self) -> usize {
        match self {
            Self::Residuals | Self::Anomaly => 1,
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
/// What stands in the name for all parts.
const ALL: &str = "all";
/// What the name says of fields of adapters.
const ADAPTER: &str = "adapter";
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
        Ok(Self { parts, configuration, zone_tags, adapter: false })
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
        usize::from(self.commits_to_config()) + self.parts().map(Part::rows).sum::<usize>()
    }

    /// Name, e.g. `analytics`, which has all parts that are computed from the PQ code, `analytics-all`, which has rules as well,
    /// `analytics.eth`, `analytics-zones-hypergraph`, `analytics.committed.zonetags` or `analytics-rules.adapter`.
    pub fn name(&self) -> String {
        let mut name = NAME.to_owned();
        match self.parts().collect::<Vec<_>>()[..] {
            ref parts if *parts == Part::OF_CODE => {}
            ref parts if *parts == Part::ALL => name.extend(["-", ALL]),
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
            [ALL] => Part::ALL.to_vec(),
            names => names.iter().map(|name| part(name)).collect::<Option<_>>()?,
        };
        let mut configuration = Configuration::Named(Preset::default());
        let (mut zone_tags, mut adapter) = (false, false);
        for word in words {
            match word {
                ZONE_TAGS => zone_tags = true,
                ADAPTER => adapter = true,
                COMMITTED => configuration = Configuration::Committed,
                preset => configuration = Configuration::Named(Preset::from_name(preset)?),
            }
        }
        let analytics = Self::new(&parts, configuration, zone_tags).ok()?;
        if adapter { analytics.with_adapter().ok() } else { Some(analytics) }
    }

    /// The encoding: parts bit by bit; 0 for a committed configuration, else the place of a preset, from 1; 1 with zone tags and 2 with fields of
    /// adapters, added up.
    pub(crate) fn to_bytes(self) -> [u8; 3] {
        let configuration = match self.configuration {
            Configuration::Committed => 0,
            Configuration::Named(Preset(place)) => place + 1,
        };
        [self.parts, configuration, u8::from(self.zone_tags) + 2 * u8::from(self.adapter)]
    }

    /// The inverse of [`to_bytes`](Self::to_bytes).
    pub(crate) fn from_bytes([parts, configuration, variant]: [u8; 3]) -> Option<Self> {
        let listed: Vec<Part> = Part::ALL.into_iter().filter(|part| parts & part.bit() != 0).collect();
        let found = match configuration {
            0 => Configuration::Committed,
            number => Configuration::Named(Preset::all().nth(usize::from(number) - 1)?),
        };
        let mut analytics = Self::new(&listed, found, variant & 1 == 1).ok()?;
        if variant & 2 == 2 {
            analytics = analytics.with_adapter().ok()?;
        }
        (analytics.to_bytes() == [parts, configuration, variant]).then_some(analytics)
    }
}
