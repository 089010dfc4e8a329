//! The worker's app: a window around `releve-core`. No rule lives here.

mod door;
mod pokes;
mod ports;

use std::error::Error;
use std::sync::Arc;

use releve_core::ports::Chance as _;
use releve_core::{About, Core, Phone, Ports};
use tauri::{App, Emitter as _, Manager as _, RunEvent};

use door::Door;
use ports::chance::SystemChance;
use ports::clock::DeviceClock;
use ports::fleet::Fleet;
use ports::link::HttpLink;
use ports::pushes::Pushes;
use ports::tag_reader::DeviceTagReader;
use ports::vault::FileVault;

/// Opens the window and stays until it is closed.
#[cfg_attr(mobile, tauri::mobile_entry_point)]
pub fn run() {
    let app = tauri::Builder::default()
        .plugin(ports::tag_reader::plugin())
        .plugin(ports::hands::plugin())
        .plugin(ports::fleet::plugin())
        .plugin(ports::pushes::plugin())
        .setup(open_phone)
        .invoke_handler(tauri::generate_handler![
            door::act,
            door::ask,
            door::read_picture,
            door::read_tag
        ])
        .build(tauri::generate_context!());
    match app {
        Ok(app) => app.run(|app, event| {
            let Some(door) = app.try_state::<Door>() else { return };
            if matches!(event, RunEvent::Exit) {
                door.phone.stop();
            } else if comes_to_the_front(&event) {
                // Perhaps by the alarm's own shortcut.
                door.phone.woken();
            }
        }),
        Err(error) => eprintln!("Relève cannot open its window: {error}"),
    }
}

#[cfg(mobile)]
fn comes_to_the_front(event: &RunEvent) -> bool {
    matches!(event, RunEvent::WindowEvent { event: tauri::WindowEvent::Resumed, .. })
}

/// A desktop has no shortcut of the alarm.
#[cfg(not(mobile))]
fn comes_to_the_front(_: &RunEvent) -> bool {
    false
}

/// Opens the phone's store in the app's own folder, and keeps it in step with the server.
fn open_phone(app: &mut App) -> Result<(), Box<dyn Error>> {
    let folder = app.path().app_data_dir()?;
    let mut core = Core::open(
        folder.join("phone"),
        Ports {
            clock: Box::new(DeviceClock::new(stand_in_for_boot_id())),
            chance: Box::new(SystemChance),
            vault: Box::new(FileVault::open(folder.join("vault"))?),
        },
        About {
            platform: std::env::consts::OS.to_owned(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
        },
    );
    if let Some(fault) = core.last_fault() {
        eprintln!("Relève's store cannot be used: {fault}");
    }
    let window = app.handle().clone();
    core.listen(Box::new(move |change| {
        // A window that is closing hears nothing, and needs nothing.
        let _ = window.emit("changed", change);
    }));

    let hands = ports::hands::hands(app.handle());
    let phone = Phone::new(core, Box::new(HttpLink::new()))
        .with_presence(Box::new(Fleet::new(app.handle())))
        .with_device(Box::new(Fleet::new(app.handle())))
        .with_pushes(Box::new(Pushes::new(app.handle())));
    let phone = Arc::new(phone.with_alarms(Box::new(HttpLink::impatient()), hands));
    let hears = Arc::clone(&phone);
    Pushes::new(app.handle()).listen(move || hears.pushed());
    phone.live_alarms()?;
    for (name, work) in [("sync", Phone::live as fn(&Phone)), ("pokes", pokes::listen)] {
        let phone = Arc::clone(&phone);
        std::thread::Builder::new().name(name.to_owned()).spawn(move || work(&phone))?;
    }
    app.manage(Door { phone, tags: Arc::new(DeviceTagReader::new(app.handle())) });
    Ok(())
}

fn stand_in_for_boot_id() -> String {
    let mut bytes = [0; 16];
    SystemChance.fill(&mut bytes);
    u128::from_ne_bytes(bytes).to_string()
}
