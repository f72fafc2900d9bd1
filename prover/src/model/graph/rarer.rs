//! Operators that only some exporters write, and those of later versions.

use super::Wrong;
use super::attributes::Attributes;
use super::op::{Compare, Nary, Op, Unary};
use crate::model::onnx::{self, type_kind};

impl Op {
    /// An operator that is not among the usual ones, if it is known.
    pub(super) fn rarer(name: &str, a: &Attributes<'_>, version: i64) -> Result<Option<Self>, Wrong> {
        let epsilon = || {
            let epsilon = a.real("epsilon", 1e-5_f32);
            if epsilon.is_finite() && epsilon >= 0.0 {
                Ok(epsilon)
            } else {
                Err(Wrong::new("an epsilon of 0 or more", epsilon.to_string()))
            }
        };
        let positive = |name: &str, x: f64| {
            if x.is_finite() && x > 0.0 {
                Ok(x)
            } else {
                Err(Wrong::new(format!("{name} above 0"), x.to_string()))
            }
        };
        Ok(Some(match name {
            "Elu" => Self::Unary(Unary::Elu(a.real("alpha", 1.0), 1.0, 1.0)),
            "Celu" => {
                let alpha = positive("alpha", a.real("alpha", 1.0))?;
                Self::Unary(Unary::Elu(alpha, alpha, 1.0))
            }
            "Selu" => {
                let (alpha, gamma) = (a.real("alpha", 1.673_263_2_f32), a.real("gamma", 1.050_701_f32));
                Self::Unary(Unary::Elu(alpha * gamma, 1.0, gamma))
            }
            "HardSwish" => Self::Unary(Unary::HardSwish),
            "Swish" => match a.real("alpha", 1.0) {
                1.0 => Self::Unary(Unary::Silu),
                alpha => Self::Unary(Unary::Swish(alpha)),
            },
            "Mish" => Self::Unary(Unary::Mish),
            "Softplus" => Self::Unary(Unary::Softplus),
            "Softsign" => Self::Unary(Unary::Softsign),
            "Sin" => Self::Unary(Unary::Sin),
            "Cos" => Self::Unary(Unary::Cos),
            "Mod" => {
                if a.integer("fmod", 0) != 0 {
                    return Err(Wrong::new("fmod = 0", "fmod = 1"));
                }
                Self::Nary(Nary::Mod)
            }
            "Xor" => Self::Compare(Compare::Xor),
            "InstanceNormalization" => {
                Self::GroupNormalization { groups: None, epsilon: epsilon()?, each: true }
            }
            "GroupNormalization" => {
                let groups = usize::try_from(a.integer("num_groups", 0)).ok().filter(|groups| *groups > 0);
                let groups = groups.ok_or_else(|| Wrong::new("num_groups of 1 or more", "another"))?;
                Self::GroupNormalization { groups: Some(groups), epsilon: epsilon()?, each: version >= 21 }
            }
            "RMSNormalization" => Self::RmsNormalization { axis: a.integer("axis", -1), epsilon: epsilon()? },
            "LpNormalization" => match a.integer("p", 2) {
                2 => Self::LpNormalization { axis: a.integer("axis", -1) },
                other => return Err(Wrong::new("p = 2", other.to_string())),
            },
            "CastLike" => Self::CastLike,
            "Tile" => Self::Tile,
            "GatherElements" => Self::GatherElements { axis: a.integer("axis", 0) },
            "GatherND" => Self::GatherNd { batch: a.integer("batch_dims", 0) },
            "DepthToSpace" => {
                let turned = match a.text("mode", "DCR").as_str() {
                    "DCR" => true,
                    "CRD" => false,
                    other => return Err(Wrong::new("mode DCR or CRD", onnx::short(other))),
                };
                Self::DepthToSpace { block: a.integer("blocksize", 1), turned }
            }
            "SpaceToDepth" => Self::SpaceToDepth { block: a.integer("blocksize", 1) },
            "Trilu" => Self::Trilu { upper: a.integer("upper", 1) != 0 },
            "OneHot" => Self::OneHot { axis: a.integer("axis", -1) },
            "CumSum" => Self::CumSum {
                exclusive: a.integer("exclusive", 0) != 0,
                reverse: a.integer("reverse", 0) != 0,
            },
            "EyeLike" => {
                let kind = a.integers_or_one("dtype").map(|kind| type_kind(i32::try_from(kind).unwrap_or(0)));
                Self::EyeLike { diagonal: a.integer("k", 0), kind: kind.transpose()? }
            }
            "IsNaN" => Self::IsNan,
            "IsInf" => Self::IsInf {
                negative: a.integer("detect_negative", 1) != 0,
                positive: a.integer("detect_positive", 1) != 0,
            },
            _ => return Ok(None),
        }))
    }
}
