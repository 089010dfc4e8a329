//! QR codes in pictures: rqrr first, then rxing, which reads more of the blurred and the tilted.

use std::io::Cursor;

use image::{DynamicImage, GrayImage, ImageReader, Limits};
use releve_shared::badge::{Method, Reading, parse_link};
use releve_shared::refusal::Refusal;
use rxing::BarcodeFormat;

use crate::ports::CodeReader;

/// Largest side of a picture, in pixels.
const LARGEST_SIDE: u32 = 10_000;

/// Most memory that decoding a picture may take, in bytes.
const LARGEST_PICTURE: u64 = 256 * 1024 * 1024;

/// A picture is looked at in this size first: a code that fills a photograph is read faster and
/// better small.
const SIDE: u32 = 1_400;

/// Reads codes in PNG and JPEG pictures.
#[derive(Clone, Copy, Debug, Default)]
pub struct Pictures;

impl CodeReader for Pictures {
    fn read(&self, picture: &[u8]) -> Result<Reading, Refusal> {
        let image = decode(picture)?;
        let text = guarded(&image).ok_or(Refusal::Unreadable)?;
        Ok(Reading { method: Method::Qr, text })
    }
}

fn decode(picture: &[u8]) -> Result<DynamicImage, Refusal> {
    let mut reader = ImageReader::new(Cursor::new(picture))
        .with_guessed_format()
        .map_err(|_| Refusal::NotAPicture)?;
    let mut limits = Limits::default();
    limits.max_image_width = Some(LARGEST_SIDE);
    limits.max_image_height = Some(LARGEST_SIDE);
    limits.max_alloc = Some(LARGEST_PICTURE);
    reader.limits(limits);
    reader.decode().map_err(|_| Refusal::NotAPicture)
}

/// A decoder that stumbles over a strange picture has read nothing; the app goes on.
fn guarded(image: &DynamicImage) -> Option<String> {
    std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| found(image))).unwrap_or(None)
}

fn found(image: &DynamicImage) -> Option<String> {
    let large = image.width().max(image.height()) > SIDE;
    let first = if large { image.thumbnail(SIDE, SIDE).to_luma8() } else { image.to_luma8() };
    by_rqrr(&first).or_else(|| by_rxing(first)).or_else(|| {
        let whole = large.then(|| image.to_luma8())?;
        by_rqrr(&whole).or_else(|| by_rxing(whole))
    })
}

/// Of several codes in a picture, a home tag's comes first.
fn by_rqrr(image: &GrayImage) -> Option<String> {
    let (width, height) = image.dimensions();
    let mut prepared = rqrr::PreparedImage::prepare_from_greyscale(
        usize::try_from(width).ok()?,
        usize::try_from(height).ok()?,
        |x, y| match (u32::try_from(x), u32::try_from(y)) {
            (Ok(x), Ok(y)) => image.get_pixel_checked(x, y).map_or(255, |pixel| {
                let image::Luma([grey]) = *pixel;
                grey
            }),
            _ => 255,
        },
    );
    let texts: Vec<String> = prepared
        .detect_grids()
        .into_iter()
        .filter_map(|grid| grid.decode().ok())
        .map(|(_, text)| text)
        .collect();
    texts.iter().find(|text| parse_link(text).is_ok()).or_else(|| texts.first()).cloned()
}

fn by_rxing(image: GrayImage) -> Option<String> {
    let (width, height) = image.dimensions();
    let found = rxing::helpers::detect_in_luma(
        image.into_raw(),
        width,
        height,
        Some(BarcodeFormat::QR_CODE),
    );
    found.ok().map(|result| result.getText().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use image::{ImageFormat, Luma};
    use proptest::prelude::*;

    fn picture(text: &str, pixels: u32, format: ImageFormat) -> Vec<u8> {
        let code = qrcode::QrCode::new(text).unwrap();
        let drawn = code.render::<Luma<u8>>().min_dimensions(pixels, pixels).build();
        let mut bytes = Cursor::new(Vec::new());
        DynamicImage::ImageLuma8(drawn).write_to(&mut bytes, format).unwrap();
        bytes.into_inner()
    }

    #[test]
    fn a_real_qr_picture_is_read() {
        let link = "https://releve.example/b/AbCdEf";
        for (pixels, format) in
            [(200, ImageFormat::Png), (600, ImageFormat::Jpeg), (3_000, ImageFormat::Png)]
        {
            let read = Pictures.read(&picture(link, pixels, format)).unwrap();
            assert_eq!(
                (read.method, read.text.as_str()),
                (Method::Qr, link),
                "{pixels} {format:?}"
            );
        }
    }

    #[test]
    fn a_small_code_in_the_corner_of_a_tilted_photograph_is_read() {
        let link = "https://releve.example/b/AbCdEf";
        let code =
            image::load_from_memory(&picture(link, 260, ImageFormat::Png)).unwrap().to_luma8();
        let mut photo = GrayImage::from_pixel(1_280, 960, Luma([200]));
        let (sin, cos) = 0.3f32.sin_cos();
        for (x, y, pixel) in photo.enumerate_pixels_mut() {
            let (dx, dy) = (x as f32 - 700.0, y as f32 - 300.0);
            let (u, v) = (dx * cos + dy * sin, dy * cos - dx * sin);
            if u >= 0.0 && v >= 0.0 && u < code.width() as f32 && v < code.height() as f32 {
                *pixel = *code.get_pixel(u as u32, v as u32);
            }
        }
        let mut bytes = Cursor::new(Vec::new());
        DynamicImage::ImageLuma8(photo).write_to(&mut bytes, ImageFormat::Jpeg).unwrap();
        assert_eq!(Pictures.read(&bytes.into_inner()).unwrap().text, link);
    }

    #[test]
    fn what_is_no_picture_and_what_holds_no_code_are_told_apart() {
        assert_eq!(Pictures.read(b"<svg/>"), Err(Refusal::NotAPicture));
        let whole = picture("https://releve.example/b/AbC", 200, ImageFormat::Png);
        assert_eq!(Pictures.read(&whole[..whole.len() / 2]), Err(Refusal::NotAPicture));
        let mut grey = Cursor::new(Vec::new());
        DynamicImage::ImageLuma8(GrayImage::from_pixel(300, 300, Luma([90])))
            .write_to(&mut grey, ImageFormat::Png)
            .unwrap();
        assert_eq!(Pictures.read(&grey.into_inner()), Err(Refusal::Unreadable));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(24))]
        #[test]
        fn no_bytes_make_the_reader_panic(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
            let _ = Pictures.read(&bytes);
        }
    }
}
