//! Pixels: rectangles, and labels that need no fonts of a system.

use font8x8::legacy::BASIC_LEGACY;

/// Red, green, blue.
pub(super) type Colour = (u8, u8, u8);

/// Pixels of a character.
const GLYPH: usize = 8;

/// A picture, white at first.
pub(super) struct Canvas {
    width: usize,
    height: usize,
    pixels: Vec<u8>,
}

impl Canvas {
    pub(super) fn new(width: usize, height: usize) -> Self {
        Self { width, height, pixels: vec![0xff; width * height * 3] }
    }

    /// Fills `x..x + width`, `y..y + height` as far as it is in the picture; what was there shines through unless
    /// `opacity` is 1.
    pub(super) fn fill(&mut self, [x, y, width, height]: [usize; 4], (r, g, b): Colour, opacity: f64) {
        for row in y..(y + height).min(self.height) {
            for column in x..(x + width).min(self.width) {
                let start = (row * self.width + column) * 3;
                let pixel = &mut self.pixels[start..start + 3];
                for (old, new) in pixel.iter_mut().zip([r, g, b]) {
                    let mixed = f64::from(*old) * (1.0 - opacity) + f64::from(new) * opacity;
                    #[expect(
                        clippy::cast_possible_truncation,
                        clippy::cast_sign_loss,
                        reason = "between two bytes"
                    )]
                    let byte = mixed.round() as u8;
                    *old = byte;
                }
            }
        }
    }

    /// The outline of a rectangle.
    pub(super) fn frame(&mut self, [x, y, width, height]: [usize; 4], colour: Colour) {
        for side in [
            [x, y, width, 1],
            [x, y + height - 1, width, 1],
            [x, y, 1, height],
            [x + width - 1, y, 1, height],
        ] {
            self.fill(side, colour, 1.0);
        }
    }

    /// A line of text, `scale` pixels to each of a letter's; other than ASCII is left blank.
    pub(super) fn text(&mut self, line: &str, [x, y]: [usize; 2], scale: usize, colour: Colour) {
        for (place, character) in line.chars().enumerate() {
            let glyph = BASIC_LEGACY.get(character as usize).copied().unwrap_or_default();
            for (row, bits) in glyph.into_iter().enumerate() {
                for column in (0..GLYPH).filter(|column| bits >> column & 1 == 1) {
                    let left = x + (place * GLYPH + column) * scale;
                    self.fill([left, y + row * scale, scale, scale], colour, 1.0);
                }
            }
        }
    }

    /// The picture as a file.
    pub(super) fn png(&self) -> Result<Vec<u8>, png::EncodingError> {
        let mut out = Vec::new();
        let side = |pixels: usize| u32::try_from(pixels).unwrap_or(u32::MAX);
        let mut encoder = png::Encoder::new(&mut out, side(self.width), side(self.height));
        encoder.set_color(png::ColorType::Rgb);
        encoder.set_depth(png::BitDepth::Eight);
        encoder.write_header()?.write_image_data(&self.pixels)?;
        Ok(out)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_outside_is_left_out() {
        let mut canvas = Canvas::new(4, 2);
        canvas.fill([3, 1, 9, 9], (0, 0, 0), 1.0);
        canvas.text("word", [2, 0], 1, (9, 9, 9));
        canvas.fill([0, 0, 1, 1], (0, 0, 0), 0.5);
        assert_eq!(canvas.pixels[..3], [128; 3]);
        assert_eq!(canvas.pixels.len(), 24);
        assert!(canvas.png().is_ok_and(|bytes| bytes.starts_with(b"\x89PNG\r\n\x1a\n")));
    }
}
