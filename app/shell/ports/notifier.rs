//! Words outside the screen: the system's notifications.

use releve_core::ports::Notifier;
use tauri::AppHandle;
use tauri_plugin_notification::NotificationExt as _;

/// The system's notifications.
pub(crate) struct SystemNotifier(pub(crate) AppHandle);

impl Notifier for SystemNotifier {
    fn planning_changed(&self, words: &str) {
        let shown = self.0.notification().builder().title("Relève").body(words).show();
        if let Err(error) = shown {
            eprintln!("The system shows no notification: {error}");
        }
    }
}
