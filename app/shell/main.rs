//! The desktop's program; everything is in the library, which phones load too.

// A console window would open behind the app on Windows.
#![cfg_attr(all(windows, not(debug_assertions)), windows_subsystem = "windows")]

fn main() {
    releve::run();
}
