//! A photo as it comes from a phone, and as it is kept: what it is is read from its bytes; it is
//! decoded within limits and encoded again, so that nothing but the picture stays: no place, no
//! camera, no second file behind it.

use std::io::Cursor;

use image::codecs::jpeg::JpegEncoder;
use image::{ImageFormat, ImageReader, Limits};
use releve_shared::receipt::PictureKind;
use releve_shared::refusal::Refusal;

/// Longest side of what is decoded, in pixels.
const MOST_SIDE: u32 = 8_192;
/// Memory that decoding may take, in bytes.
const MOST_MEMORY: u64 = 256 * 1024 * 1024;
/// Longest side of what is kept: a receipt stays readable.
const KEPT_SIDE: u32 = 1_600;
const QUALITY: u8 = 82;

/// A JPEG of the picture alone.
///
/// # Errors
/// [`Refusal::NotAPicture`].
pub(super) fn cleaned(bytes: &[u8]) -> Result<Vec<u8>, Refusal> {
    let format = match PictureKind::sniff(bytes).ok_or(Refusal::NotAPicture)? {
        PictureKind::Jpeg => ImageFormat::Jpeg,
        PictureKind::Png => ImageFormat::Png,
    };
    let mut reader = ImageReader::with_format(Cursor::new(bytes), format);
    let mut limits = Limits::default();
    limits.max_image_width = Some(MOST_SIDE);
    limits.max_image_height = Some(MOST_SIDE);
    limits.max_alloc = Some(MOST_MEMORY);
    reader.limits(limits);
    let decoded = reader.decode().map_err(|_| Refusal::NotAPicture)?;
    let small = if decoded.width().max(decoded.height()) > KEPT_SIDE {
        decoded.thumbnail(KEPT_SIDE, KEPT_SIDE)
    } else {
        decoded
    };
    let mut kept = Vec::new();
    small
        .to_rgb8()
        .write_with_encoder(JpegEncoder::new_with_quality(&mut kept, QUALITY))
        .map_err(|_| Refusal::NotAPicture)?;
    Ok(kept)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A JPEG with an EXIF block that tells a place, as cameras write it.
    fn photo(side: u32) -> Vec<u8> {
        let mut plain = Vec::new();
        image::RgbImage::from_fn(side, side / 2 + 1, |x, y| image::Rgb([x as u8, y as u8, 90]))
            .write_with_encoder(JpegEncoder::new(&mut plain))
            .unwrap();
        let exif = b"Exif\0\0GPS 43.9289N 2.1464E CANARY";
        let length = u16::try_from(exif.len() + 2).unwrap().to_be_bytes();
        [&plain[..2], &[0xff, 0xe1], &length, exif, &plain[2..]].concat()
    }

    #[test]
    fn nothing_but_the_picture_stays() {
        let taken = photo(2_000);
        assert!(taken.windows(6).any(|w| w == b"CANARY"));
        let kept = cleaned(&taken).unwrap();
        assert!(kept.starts_with(&[0xff, 0xd8, 0xff]));
        assert!(!kept.windows(4).any(|w| w == b"Exif" || w == b"CANA"), "no place, no camera");
        let again = image::load_from_memory(&kept).unwrap();
        assert_eq!((again.width(), again.height()), (1_600, 801));
    }

    #[test]
    fn what_is_no_picture_is_refused() {
        let cut = &photo(64)[..40];
        for bytes in [&b"<svg xmlns='http://www.w3.org/2000/svg'/>"[..], b"", b"PK\x03\x04", cut] {
            assert_eq!(cleaned(bytes), Err(Refusal::NotAPicture));
        }
    }
}
