//! The graph of zones in native integers.

use halo2curves::bn256::Fr;

use super::super::commit::matrix;
use super::super::zones::{PLACES, Zones};
use crate::analytics::ZONE_CHANNELS;
use crate::codebook::{DIM, PQ_BITS};
use crate::exponential::ONE;
use crate::fixed::round_shift;

/// Positions: a place of a zone each.
pub const POSITIONS: u16 = PLACES as u16;
/// Numbers at each: coordinates, density, and whether there is a zone.
pub const CHANNELS: u16 = ZONE_CHANNELS as u16;
/// Fraction bits of all of them, which are those of every matrix.
pub(super) const FRACTION_BITS: u32 = 20;
/// Bits rounded away from a coordinate.
pub(super) const CENTRE_SHIFT: u32 = PQ_BITS - FRACTION_BITS;
/// Bits rounded away from a kernel sum.
pub(super) const DENSITY_SHIFT: u32 = ONE.ilog2() - FRACTION_BITS;

/// The matrix, position by position, at 2⁻²⁰.
pub fn nodes(zones: &Zones) -> Vec<i64> {
    // A coordinate has 31 bits, a sum 55.
    let rounded = |x: i128, shift: u32| i64::try_from(round_shift(x, shift)).unwrap_or_default();
    let position = |place: usize| match zones.zones.get(place) {
        Some(zone) => {
            let centre = zones.centres[zone.row].map(|y| rounded(y.into(), CENTRE_SHIFT));
            let rest = [rounded(zone.sum.into(), DENSITY_SHIFT), 1 << FRACTION_BITS];
            centre.into_iter().chain(rest).collect()
        }
        None => vec![0; ZONE_CHANNELS],
    };
    (0..PLACES).flat_map(position).collect()
}

/// Commitment to the matrix: that of a model's input.
pub fn commitment(zones: &Zones, salt: Fr) -> Fr {
    matrix(&nodes(zones), POSITIONS, salt)
}

const _: () = assert!(ZONE_CHANNELS == DIM + 2 && ONE == 1 << 52);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::zone_config::ZoneConfig;

    fn config(zones: u64) -> ZoneConfig {
        let mut integers = *ZoneConfig::preset("default").unwrap().integers();
        integers[3] = zones;
        ZoneConfig::new(integers).unwrap()
    }

    /// Halves go up, on either side of 0, and the ends of the range stay within 27 bits and a sign.
    #[test]
    fn coordinates_round_halves_up() {
        let mut centres = [[0; DIM]; PLACES];
        centres[0] =
            [7, 8, 9, 23, 24, -7, -8, -9, -24, -25, 1 << 24, -(1 << 24), (1 << 30) - 1, -(1 << 30), 15, 16];
        let zones = Zones::new(centres, &config(6));
        let place = zones.zones.iter().position(|zone| zone.row == 0).unwrap();
        let found = nodes(&zones);
        let expected = [0, 1, 1, 1, 2, 0, 0, -1, -1, -2, 1 << 20, -(1 << 20), 1 << 26, -(1 << 26), 1, 1];
        assert_eq!(found[place * ZONE_CHANNELS..][..DIM], expected);
    }

    #[test]
    fn positions_are_places_and_those_without_a_zone_are_zero() {
        let mut centres = [[0; DIM]; PLACES];
        // Rows 1 and 4 are one, and so are 2, 3 and 5.
        for (centre, y) in centres.iter_mut().zip([9, 3, 6, 6, 3, 6]) {
            centre[15] = y << PQ_BITS;
        }
        for count in 0..=PLACES {
            let found = nodes(&Zones::new(centres, &config(count as u64)));
            let positions: Vec<&[i64]> = found.chunks(ZONE_CHANNELS).collect();
            for (place, (position, row)) in positions.iter().zip([2, 3, 5, 1, 4, 0]).enumerate() {
                let mut expected = vec![0; ZONE_CHANNELS];
                if place < count {
                    expected[15] = [9, 3, 6, 6, 3, 6][row] << FRACTION_BITS;
                    expected[16] = [1, 2, 3, 3, 2, 3][row] << FRACTION_BITS;
                    expected[17] = 1 << FRACTION_BITS;
                }
                assert_eq!(**position, expected, "{place} of {count}");
            }
        }
    }

    /// Kernel sums between two numbers of 2⁻²⁰.
    #[test]
    fn densities_round_halves_up() {
        let mut zones = Zones::new([[0; DIM]; PLACES], &config(1));
        let unit = 1_u64 << DENSITY_SHIFT;
        for (sum, expected) in
            [(ONE, 1 << 20), (ONE + unit / 2 - 1, 1 << 20), (ONE + unit / 2, (1 << 20) + 1)]
        {
            zones.zones[0].sum = sum;
            assert_eq!(nodes(&zones)[DIM], expected);
        }
    }
}
