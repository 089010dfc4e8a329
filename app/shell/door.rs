//! The commands that the window may call: the core's door, and the two ways of reading a badge.

use std::sync::Arc;

use releve_core::Phone;
use releve_core::code::Pictures;
use releve_core::door::{Act, Ask, Reply, View};
use releve_core::ports::{CodeReader as _, TagReader as _};
use releve_shared::badge::{Method, Reading};
use releve_shared::refusal::Refusal;
use tauri::State;
use tauri::async_runtime::spawn_blocking;
use tauri::ipc::{InvokeBody, Request};

use crate::ports::tag_reader::DeviceTagReader;

/// How long a screen waits for a tag before it offers other ways.
const TAG_WAIT_MS: u64 = 25_000;

/// What stands behind the commands.
pub(crate) struct Door {
    pub(crate) phone: Arc<Phone>,
    pub(crate) tags: Arc<DeviceTagReader>,
}

/// Changes something.
#[tauri::command]
pub(crate) async fn act(door: State<'_, Door>, act: Act) -> Result<Reply, Refusal> {
    let phone = Arc::clone(&door.phone);
    aside(move || phone.act(act)).await
}

/// Looks at something.
#[tauri::command]
pub(crate) async fn ask(door: State<'_, Door>, ask: Ask) -> Result<View, Refusal> {
    let phone = Arc::clone(&door.phone);
    aside(move || phone.ask(&ask)).await
}

/// Reads the code in a picture, whose bytes are the whole body of the call.
#[tauri::command]
pub(crate) async fn read_picture(request: Request<'_>) -> Result<Reading, Refusal> {
    let InvokeBody::Raw(picture) = request.body() else { return Err(Refusal::NotAPicture) };
    let picture = picture.clone();
    aside(move || Pictures.read(&picture)).await
}

/// Waits for a tag and reads its link.
#[tauri::command]
pub(crate) async fn read_tag(door: State<'_, Door>) -> Result<Reading, Refusal> {
    let tags = Arc::clone(&door.tags);
    aside(move || {
        if let Some(text) = tags.opened_by_link() {
            // Worth no more than a QR code: it may have been one.
            return Ok(Reading { method: Method::Qr, text });
        }
        releve_core::ndef::reading(&tags.read(TAG_WAIT_MS)?)
    })
    .await
}

/// Off the window's own threads: disks and readers are slow.
async fn aside<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, Refusal> + Send + 'static,
) -> Result<T, Refusal> {
    spawn_blocking(work).await.unwrap_or(Err(Refusal::TryAgain))
}
