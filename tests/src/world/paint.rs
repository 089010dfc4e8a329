//! Pictures as a phone meets them: a PNG of a QR code on a sheet on a wall.

use qrcode::{Color, EcLevel, QrCode};

/// A PNG of a QR code: `scale` pixels a module, four modules of quiet zone, on a grey wall.
#[must_use]
pub fn qr_png(text: &str, scale: usize) -> Vec<u8> {
    let code = QrCode::with_error_correction_level(text, EcLevel::M).expect("a code");
    let width = code.width();
    let side = (width + 16) * scale;
    let mut pixels = vec![0xb4_u8; side * side];
    for y in 0..side {
        for x in 0..side {
            // Eight modules around: half of them wall, half the white border of the sheet.
            let (mx, my) = ((x / scale).wrapping_sub(8), (y / scale).wrapping_sub(8));
            let on_sheet = |m: usize| m < width || m.wrapping_add(4) < width + 8;
            if !(on_sheet(mx) && on_sheet(my)) {
                continue;
            }
            let dark = mx < width && my < width && code[(mx, my)] == Color::Dark;
            pixels[y * side + x] = if dark { 0x1c } else { 0xf6 };
        }
    }
    png(side, &pixels)
}

/// A PNG with nothing to read on it.
#[must_use]
pub fn blank_png() -> Vec<u8> {
    png(200, &[0x80; 200 * 200])
}

fn png(side: usize, grey: &[u8]) -> Vec<u8> {
    let side = u32::try_from(side).expect("a small picture");
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(&mut bytes, side, side);
    encoder.set_color(png::ColorType::Grayscale);
    encoder.set_depth(png::BitDepth::Eight);
    let mut writer = encoder.write_header().expect("a header");
    writer.write_image_data(grey).expect("pixels");
    writer.finish().expect("an end");
    bytes
}
