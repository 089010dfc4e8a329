//! Words outside the screen. A desktop's window asks for attention in the task bar, without words.

use releve_core::ports::Notifier;
use tauri::{AppHandle, Manager as _, UserAttentionType};

/// The window's own call for attention.
pub(crate) struct WindowNotifier(pub(crate) AppHandle);

impl Notifier for WindowNotifier {
    fn planning_changed(&self, _words: &str) {
        for window in self.0.webview_windows().values() {
            #[cfg(desktop)]
            if window.request_user_attention(Some(UserAttentionType::Informational)).is_err() {
                eprintln!("The task bar shows no call for attention.");
            }
        }
    }
}
