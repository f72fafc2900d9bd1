//! Operators on elements, one by one.

use crate::model::graph::Wrong;
use crate::model::graph::op::{Compare, Nary, Unary};
use crate::model::graph::tensor::{Data, Kind, Tensor, broadcast};

/// Of one number.
pub fn unary(op: Unary, x: f64) -> f64 {
    match op {
        Unary::Neg => -x,
        Unary::Abs => x.abs(),
        Unary::Sqrt => x.sqrt(),
        Unary::Reciprocal => 1.0 / x,
        Unary::Exp => x.exp(),
        Unary::Log => x.ln(),
        Unary::Floor => x.floor(),
        Unary::Ceil => x.ceil(),
        Unary::Round => x.round_ties_even(),
        Unary::Sign => {
            if x == 0.0 {
                0.0
            } else {
                x.signum()
            }
        }
        // Not `max`, which drops what is no number.
        Unary::Relu => {
            if x < 0.0 {
                0.0
            } else {
                x
            }
        }
        Unary::Sigmoid => 1.0 / (1.0 + (-x).exp()),
        Unary::Tanh => x.tanh(),
        Unary::Erf => erf(x),
        Unary::LeakyRelu(alpha) => {
            if x < 0.0 {
                alpha * x
            } else {
                x
            }
        }
        Unary::HardSigmoid(alpha, beta) => (alpha * x + beta).clamp(0.0, 1.0),
        Unary::Gelu => 0.5 * x * (1.0 + erf(x * std::f64::consts::FRAC_1_SQRT_2)),
        Unary::GeluTanh => {
            let inner = (2.0 / std::f64::consts::PI).sqrt() * (x + 0.044715 * x * x * x);
            0.5 * x * (1.0 + inner.tanh())
        }
        Unary::Silu => x / (1.0 + (-x).exp()),
        Unary::HardSwish => x * (x / 6.0 + 0.5).clamp(0.0, 1.0),
        Unary::Mish => x * softplus(x).tanh(),
        Unary::Softplus => softplus(x),
        Unary::Softsign => x / (1.0 + x.abs()),
        Unary::Sin => x.sin(),
        Unary::Cos => x.cos(),
        Unary::Swish(steepness) => x / (1.0 + (-steepness * x).exp()),
        Unary::Elu(a, b, c) => {
            if x < 0.0 {
                a * (x / b).exp_m1()
            } else {
                c * x
            }
        }
    }
}

/// ln(1 + eˣ).
fn softplus(x: f64) -> f64 {
    x.max(0.0) + (-x.abs()).exp().ln_1p()
}

/// The error function: its series near 0, a continued fraction of the complement further out; both to the last digits.
fn erf(x: f64) -> f64 {
    let square = x * x;
    if x.abs() < 2.5 {
        let (mut term, mut sum) = (x, x);
        for n in 1..80 {
            let n = f64::from(n);
            term *= -square / n;
            sum += term / (2.0 * n + 1.0);
        }
        return sum * std::f64::consts::FRAC_2_SQRT_PI;
    }
    if x.abs() > 6.0 {
        return x.signum();
    }
    let mut fraction = x.abs();
    for k in (1..120).rev() {
        fraction = x.abs() + f64::from(k) / 2.0 / fraction;
    }
    x.signum() * (1.0 - (-square).exp() / fraction * std::f64::consts::FRAC_2_SQRT_PI / 2.0)
}

pub(super) fn map(op: Unary, x: &Tensor) -> Result<Tensor, Wrong> {
    let dims = x.dims().to_vec();
    if let (Data::Whole(values), Unary::Neg | Unary::Abs | Unary::Sign) = (x.data(), op) {
        let of = |x: &i64| match op {
            Unary::Neg => x.checked_neg(),
            Unary::Abs => x.checked_abs(),
            _ => Some(x.signum()),
        };
        let values: Option<Vec<i64>> = values.iter().map(of).collect();
        return Tensor::new(dims, Data::Whole(values.ok_or_else(overflow)?));
    }
    Tensor::real(dims, x.reals()?.iter().map(|x| unary(op, *x)).collect())
}

fn overflow() -> Wrong {
    Wrong::new("integers of 64 bits", "an overflow")
}

pub(super) fn nary(op: Nary, inputs: &[&Tensor]) -> Result<Tensor, Wrong> {
    let Some((first, rest)) = inputs.split_first() else { return Err(Wrong::new("an input", "none")) };
    let most = if matches!(op, Nary::Add | Nary::Min | Nary::Max | Nary::Mean) { usize::MAX } else { 1 };
    let least = usize::from(most == 1);
    if !(least..=most).contains(&rest.len()) {
        return Err(Wrong::new("two inputs", inputs.len().to_string()));
    }
    let mut sum = (*first).clone();
    for next in rest {
        sum = pair(op, &sum, next)?;
    }
    if op == Nary::Mean {
        #[expect(clippy::cast_precision_loss, reason = "a count of inputs")]
        let count = inputs.len() as f64;
        return Tensor::real(sum.dims().to_vec(), sum.reals()?.iter().map(|x| x / count).collect());
    }
    Ok(sum)
}

fn pair(op: Nary, a: &Tensor, b: &Tensor) -> Result<Tensor, Wrong> {
    let dims = broadcast(a.dims(), b.dims())?;
    let (a, b) = (a.broadcast(&dims)?, b.broadcast(&dims)?);
    if let (Data::Whole(a), Data::Whole(b)) = (a.data(), b.data()) {
        let values: Option<Vec<i64>> = a.iter().zip(b).map(|(a, b)| whole(op, *a, *b)).collect();
        return Tensor::new(dims, Data::Whole(values.ok_or_else(overflow)?));
    }
    let of: fn(f64, f64) -> f64 = match op {
        Nary::Add | Nary::Mean => |a, b| a + b,
        Nary::Sub => |a, b| a - b,
        Nary::Mul => |a, b| a * b,
        Nary::Div => |a, b| a / b,
        Nary::Pow => f64::powf,
        // As `f64::min` and `max`, but what is no number stays.
        Nary::Min => |a, b| if b < a || b.is_nan() { b } else { a },
        Nary::Max => |a, b| if b > a || b.is_nan() { b } else { a },
        Nary::PRelu => |x, slope| if x < 0.0 { slope * x } else { x },
        Nary::Mod => |a, b| a - b * (a / b).floor(),
    };
    let values = a.reals()?.iter().zip(b.reals()?.iter()).map(|(a, b)| of(*a, *b)).collect();
    Tensor::real(dims, values)
}

fn whole(op: Nary, a: i64, b: i64) -> Option<i64> {
    match op {
        Nary::Add | Nary::Mean => a.checked_add(b),
        Nary::Sub => a.checked_sub(b),
        Nary::Mul => a.checked_mul(b),
        Nary::Div => a.checked_div(b),
        Nary::Mod => {
            a.checked_rem(b).map(|rest| if rest != 0 && (rest < 0) != (b < 0) { rest + b } else { rest })
        }
        Nary::Pow => u32::try_from(b).ok().and_then(|b| a.checked_pow(b)),
        Nary::Min => Some(a.min(b)),
        Nary::Max => Some(a.max(b)),
        Nary::PRelu => {
            if a < 0 {
                a.checked_mul(b)
            } else {
                Some(a)
            }
        }
    }
}

pub(super) fn compare(op: Compare, a: &Tensor, b: &Tensor) -> Result<Tensor, Wrong> {
    let dims = broadcast(a.dims(), b.dims())?;
    let (a, b) = (a.broadcast(&dims)?, b.broadcast(&dims)?);
    let values: Vec<bool> = match (a.data(), b.data()) {
        (Data::Text(a), Data::Text(b)) if op == Compare::Equal => {
            a.iter().zip(b).map(|(a, b)| a == b).collect()
        }
        (Data::Whole(a), Data::Whole(b)) if !matches!(op, Compare::And | Compare::Or | Compare::Xor) => {
            let of = |a: &i64, b: &i64| match op {
                Compare::Equal => a == b,
                Compare::Less => a < b,
                Compare::LessOrEqual => a <= b,
                Compare::Greater => a > b,
                _ => a >= b,
            };
            a.iter().zip(b).map(|(a, b)| of(a, b)).collect()
        }
        _ => a.reals()?.iter().zip(b.reals()?.iter()).map(|(a, b)| op.numbers(*a, *b)).collect(),
    };
    Tensor::new(dims, Data::Bool(values))
}

pub(super) fn choose(condition: &Tensor, a: &Tensor, b: &Tensor) -> Result<Tensor, Wrong> {
    let dims = broadcast(condition.dims(), &broadcast(a.dims(), b.dims())?)?;
    let condition = condition.broadcast(&dims)?;
    let condition = condition.bools()?;
    let (a, b) = (a.broadcast(&dims)?, b.broadcast(&dims)?);
    if let (Data::Whole(a), Data::Whole(b)) = (a.data(), b.data()) {
        let picked =
            condition.iter().zip(a.iter().zip(b)).map(|(first, (a, b))| if *first { *a } else { *b });
        return Tensor::new(dims, Data::Whole(picked.collect()));
    }
    let (a, b) = (a.reals()?, b.reals()?);
    let picked = condition.iter().zip(a.iter().zip(b.iter()));
    let picked = picked.map(|(first, (a, b))| if *first { *a } else { *b }).collect();
    Tensor::real(dims, picked)
}

pub(super) fn clip(x: &Tensor, min: Option<f64>, max: Option<f64>) -> Result<Tensor, Wrong> {
    let of = |x: f64| {
        let x = min.map_or(x, |min| if x < min { min } else { x });
        max.map_or(x, |max| if x > max { max } else { x })
    };
    match x.data() {
        Data::Whole(values) => {
            #[expect(
                clippy::cast_precision_loss,
                clippy::cast_possible_truncation,
                reason = "casts saturate"
            )]
            let values = values
                .iter()
                .map(|x| if of(*x as f64) == *x as f64 { *x } else { of(*x as f64) as i64 })
                .collect();
            Tensor::new(x.dims().to_vec(), Data::Whole(values))
        }
        _ => Tensor::real(x.dims().to_vec(), x.reals()?.iter().map(|x| of(*x)).collect()),
    }
}

pub(super) fn cast(x: &Tensor, kind: Kind) -> Result<Tensor, Wrong> {
    let dims = x.dims().to_vec();
    #[expect(clippy::cast_possible_truncation, reason = "a cast to integers truncates, and saturates here")]
    let data = match (kind, x.data()) {
        (Kind::Real, _) => Data::Real(x.reals()?.into_owned()),
        (Kind::Whole, Data::Whole(values)) => Data::Whole(values.clone()),
        (Kind::Whole, _) => Data::Whole(x.reals()?.iter().map(|x| x.trunc() as i64).collect()),
        (Kind::Bool, Data::Bool(values)) => Data::Bool(values.clone()),
        (Kind::Bool, _) => Data::Bool(x.reals()?.iter().map(|x| *x != 0.0).collect()),
        (Kind::Text, Data::Text(values)) => Data::Text(values.clone()),
        (Kind::Text, Data::Whole(values)) => Data::Text(values.iter().map(i64::to_string).collect()),
        (Kind::Text, Data::Real(_) | Data::Bool(_)) => {
            return Err(Wrong::new("a cast to numbers", "one to texts"));
        }
    };
    Tensor::new(dims, data)
}
