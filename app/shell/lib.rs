//! The worker's app: a window around `releve-core`. No rule lives here.

mod ports;

/// Opens the window and stays until it is closed.
#[cfg_attr(mobile, tauri::mobile_entry_point)]
pub fn run() {
    let app = tauri::Builder::default().plugin(tauri_plugin_notification::init());
    if let Err(error) = app.run(tauri::generate_context!()) {
        eprintln!("Relève cannot open its window: {error}");
    }
}
