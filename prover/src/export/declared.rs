//! What look-ups and sums of the second phase stand for, by columns: a declaration, from which a checker works out its own verdict
//! on them instead of believing the gates.

use foldproof_circuits::chips::{ChipSet, LIMBS, UNUSABLE_ROWS, at, fixed_at, lookup, second_at, table};
use foldproof_circuits::statement::Statement;
use serde::Serialize;

/// The declaration. Look-ups count in the rows before `last_row`, in which sums end.
#[derive(Debug, Serialize)]
pub struct Declared {
    last_row: usize,
    /// Each limb with its tag, raised by the pad if there is one, is a row of the range table.
    limbs: Vec<String>,
    tags: Vec<String>,
    pad: Option<String>,
    table_value: String,
    table_tag: String,
    /// How often each row of the range table is looked up.
    count: String,
    texts: Option<Texts>,
    /// Sums of up to three fractions each, and the running sum of all.
    helpers: Vec<String>,
    sum: String,
    models: Option<Models>,
}

/// Links and the text table, told apart by `flag`.
#[derive(Debug, Serialize)]
struct Texts {
    /// Index of a text in a link; how often it is linked to, in the text table.
    link: String,
    residues: [String; 2],
    index: String,
    kind: String,
    flag: String,
    flag_of_links: u64,
    flag_of_texts: u64,
    /// What stands where a limb has its tag: this and the kind.
    tag: u64,
}

/// Columns of models. Names of gates say in which rows what is added.
#[derive(Debug, Serialize)]
struct Models {
    value: String,
    sum: String,
    message: String,
    /// Whether a row of weights goes on with those above, offset of limbs, factor of the input, offset of the input.
    coefficients: Vec<String>,
    /// Factor of a packed row.
    factor: String,
    /// 1 where limbs are packed, 2 where they start eight elements.
    run: String,
    /// 1 where a message is a packed element.
    stream: String,
    /// 1 where a value is packed, 2 where it starts an element.
    element: Option<String>,
    weights_sum: String,
    neurons_sum: String,
    packed_sum: String,
    messages_sum: String,
}

impl Declared {
    pub(super) fn new(statement: &Statement, chips: &ChipSet) -> Self {
        let bands = statement.bands();
        let advice = |column: usize| format!("a{}", chips.advice(column).index());
        let fixed = |column: usize| {
            let found = chips.fixed_columns().find(|(index, _)| *index == column);
            found.map(|(_, column)| format!("f{}", column.index()))
        };
        let there = |column: usize| fixed(column).unwrap_or_default();
        let second: Vec<String> = chips.second.iter().map(|column| format!("a{}", column.index())).collect();
        let (lookups, models) = second.split_at(lookup::columns(bands));
        let texts = || Texts {
            link: advice(at::A),
            residues: [at::B, at::C].map(advice),
            index: there(fixed_at::INDEX),
            kind: there(fixed_at::KIND),
            flag: there(fixed_at::LINKS),
            flag_of_links: fixed_at::LINK,
            flag_of_texts: fixed_at::TEXT,
            tag: table::TEXT,
        };
        let sums = |column: usize| models.get(column).cloned().unwrap_or_default();
        let models = || Models {
            value: advice(at::MODEL_X),
            sum: advice(at::MODEL_SUM),
            message: advice(at::MESSAGE),
            coefficients: (0..fixed_at::MODEL_KS).map(|i| there(fixed_at::K + i)).collect(),
            factor: there(fixed_at::INDEX),
            run: there(fixed_at::RUN),
            stream: there(fixed_at::STREAM),
            element: fixed(fixed_at::ELEMENT),
            weights_sum: sums(second_at::WEIGHTS),
            neurons_sum: sums(second_at::NEURONS),
            packed_sum: sums(second_at::PACKED),
            messages_sum: sums(second_at::MESSAGES),
        };
        Self {
            last_row: (1 << statement.k()) - UNUSABLE_ROWS - 1,
            limbs: (0..LIMBS).map(|i| advice(at::LIMB + i)).collect(),
            tags: (0..LIMBS).map(|i| there(fixed_at::TAG + i)).collect(),
            pad: bands.core.then(|| advice(at::PAD)),
            table_value: there(fixed_at::TABLE_VALUE),
            table_tag: there(fixed_at::TABLE_TAG),
            count: advice(at::COUNT),
            texts: bands.core.then(texts),
            helpers: lookups[..lookups.len() - 1].to_vec(),
            sum: lookups[lookups.len() - 1].clone(),
            models: bands.model.then(models),
        }
    }
}
