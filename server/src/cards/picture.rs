//! Pictures that people send: decoded within limits, cut square, and written again, so that nothing of the
//! file is left but what is seen. Pure.

use std::io::Cursor;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use image::codecs::jpeg::JpegEncoder;
use image::imageops::FilterType;
use image::{DynamicImage, ImageFormat, ImageReader, Limits, Rgb, RgbImage};
use releve_shared::card::{PICTURE_BYTES, SIDE};
use releve_shared::refusal::Refusal;

use crate::text::BadField;

/// Longest side of a picture that is looked at, in pixels.
const WIDEST: u32 = 8_000;

/// Most memory for decoding one.
const MEMORY: u64 = 128 * 1024 * 1024;

/// A square JPEG in base64 of a JPEG or PNG in base64. A photo loses what is beyond its middle square; a
/// logo is laid on white, whole.
///
/// # Errors
/// [`Refusal::NotAPicture`] for anything else, also one that is too large.
pub fn square(sent: &str, whole: bool) -> Result<String, BadField> {
    let bad = || BadField { field: "picture", refusal: Refusal::NotAPicture };
    let bytes = STANDARD.decode(sent.trim()).map_err(|_| bad())?;
    let mut reader =
        ImageReader::new(Cursor::new(bytes)).with_guessed_format().map_err(|_| bad())?;
    // By its first bytes, not by what anybody says it is.
    if !matches!(reader.format(), Some(ImageFormat::Jpeg | ImageFormat::Png)) {
        return Err(bad());
    }
    let mut limits = Limits::default();
    limits.max_image_width = Some(WIDEST);
    limits.max_image_height = Some(WIDEST);
    limits.max_alloc = Some(MEMORY);
    reader.limits(limits);
    let seen = reader.decode().map_err(|_| bad())?;
    let drawn = if whole { framed(&seen) } else { cut(&seen) };
    encoded(&drawn).ok_or_else(bad)
}

fn cut(seen: &DynamicImage) -> RgbImage {
    on_white(&seen.resize_to_fill(SIDE, SIDE, FilterType::Triangle))
}

fn framed(seen: &DynamicImage) -> RgbImage {
    let fitting = on_white(&seen.resize(SIDE, SIDE, FilterType::Triangle));
    let mut frame = RgbImage::from_pixel(SIDE, SIDE, Rgb([255; 3]));
    let middle = |side: u32| i64::from(SIDE.saturating_sub(side) / 2);
    let (x, y) = (middle(fitting.width()), middle(fitting.height()));
    image::imageops::overlay(&mut frame, &fitting, x, y);
    frame
}

/// What shines through becomes white.
fn on_white(seen: &DynamicImage) -> RgbImage {
    let seen = seen.to_rgba8();
    RgbImage::from_fn(seen.width(), seen.height(), |x, y| {
        let [r, g, b, a] = seen.get_pixel(x, y).0.map(u32::from);
        let over = |c: u32| u8::try_from((c * a + 255 * (255 - a)) / 255).unwrap_or(u8::MAX);
        Rgb([over(r), over(g), over(b)])
    })
}

/// The best quality that fits.
fn encoded(drawn: &RgbImage) -> Option<String> {
    [85, 70, 55, 40].into_iter().find_map(|quality| {
        let mut bytes = Vec::new();
        JpegEncoder::new_with_quality(&mut bytes, quality).encode_image(drawn).ok()?;
        (bytes.len() <= PICTURE_BYTES).then(|| STANDARD.encode(bytes))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sent(width: u32, height: u32, format: ImageFormat) -> Vec<u8> {
        let drawn = RgbImage::from_fn(width, height, |x, y| {
            Rgb([u8::try_from(x % 256).unwrap(), u8::try_from(y % 256).unwrap(), 90])
        });
        let mut bytes = Cursor::new(Vec::new());
        DynamicImage::ImageRgb8(drawn).write_to(&mut bytes, format).unwrap();
        bytes.into_inner()
    }

    /// O-30: square, small, and nothing of what was hidden in the file.
    #[test]
    fn a_photo_is_written_again_without_what_was_hidden_in_it() {
        let mut jpeg = sent(900, 600, ImageFormat::Jpeg);
        // An EXIF segment with a place, after the first two bytes, as a phone's camera writes it.
        let secret = b"Exif\0\0GPS 43.9298 2.1480 CANARI";
        let length = u16::try_from(secret.len() + 2).unwrap().to_be_bytes();
        let segment = [&[0xFF, 0xE1], length.as_slice(), secret.as_slice()].concat();
        jpeg.splice(2..2, segment);
        jpeg.extend_from_slice(b"<script>CANARI</script>");
        for whole in [false, true] {
            let kept = STANDARD.decode(square(&STANDARD.encode(&jpeg), whole).unwrap()).unwrap();
            assert!(kept.len() <= PICTURE_BYTES);
            assert!(!kept.windows(6).any(|part| part == b"CANARI"));
            let seen = image::load_from_memory_with_format(&kept, ImageFormat::Jpeg).unwrap();
            assert_eq!((seen.width(), seen.height()), (SIDE, SIDE));
        }
        assert!(square(&STANDARD.encode(sent(40, 90, ImageFormat::Png)), true).is_ok());
    }

    #[test]
    fn what_is_no_picture_is_refused() {
        let gif = STANDARD.encode(b"GIF89a\x01\x00\x01\x00\x00\x00\x00;");
        let svg = STANDARD.encode(b"<svg xmlns='http://www.w3.org/2000/svg'/>");
        let cut = sent(50, 50, ImageFormat::Png);
        let cut = STANDARD.encode(&cut[..40]);
        let wide = STANDARD.encode(sent(WIDEST + 1, 1, ImageFormat::Png));
        for strange in ["", "*", gif.as_str(), svg.as_str(), cut.as_str(), wide.as_str()] {
            let told = square(strange, false).unwrap_err();
            assert_eq!((told.field, told.refusal), ("picture", Refusal::NotAPicture));
        }
    }
}
