//! Statistics of the six residuals r_i = ⌊√r_i²⌋, at 2⁻²⁴, which are those of the PQ stage.
//!
//! With r sorted upwards as s_0 to s_5:
//!
//! * mean ⌊2⁸·Σ r_i / 6⌉ at 2⁻³²
//! * maximum s_5 at 2⁻²⁴
//! * 95th percentile s_4 + 3·s_5 at 2⁻²⁶: position 4.75 of 0 to 5, interpolated

pub(crate) mod circuit;
