//! Checks `tauri.conf.json` and its capabilities at build time.

fn main() {
    tauri_build::build();
}
