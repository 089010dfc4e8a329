//! Notices on a Linux desktop, by the session's own service (`org.freedesktop.Notifications`): planned
//! ones are shown while the app is open, in front or not. Its page makes the sound.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;

use gio::glib::{ToVariant as _, Variant, VariantDict};
use releve_core::Planned;
use releve_core::ports::{Clock as _, Notice, Notifier, Timing};

use super::clock::DeviceClock;

const SERVICE: &str = "org.freedesktop.Notifications";
const PLACE: &str = "/org/freedesktop/Notifications";
/// How long the session's bus may take.
const PATIENCE_MS: i32 = 5_000;

/// What is planned, and a thread that shows it.
pub(crate) struct SessionNotices(Arc<Shared>);

struct Shared {
    planned: Mutex<Planned>,
    changed: Condvar,
    /// Somebody on the bus shows notices.
    heard: AtomicBool,
    clock: DeviceClock,
}

impl SessionNotices {
    /// Looks for the service, and waits for what is planned, on a thread of its own.
    pub(crate) fn start() -> Self {
        let shared = Arc::new(Shared {
            planned: Mutex::default(),
            changed: Condvar::new(),
            heard: AtomicBool::new(false),
            // Only the time since the start of the machine is read of it.
            clock: DeviceClock::new(String::new()),
        });
        let own = Arc::clone(&shared);
        let work = move || {
            own.heard.store(call("GetServerInformation", None).is_some(), Ordering::Relaxed);
            own.keep_time();
        };
        // Without a thread nothing was found: `timing` says so.
        let _ = thread::Builder::new().name("notices".to_owned()).spawn(work);
        Self(shared)
    }
}

impl Shared {
    fn held(&self) -> MutexGuard<'_, Planned> {
        self.planned.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// For the life of the app.
    fn keep_time(&self) {
        loop {
            let up_ms = self.clock.now().up_ms;
            let due = self.held().take_due(up_ms);
            due.iter().for_each(|notice| self.show(&notice.title, &notice.words));
            let held = self.held();
            let wait = held.wait(up_ms);
            drop(self.changed.wait_timeout(held, wait).unwrap_or_else(PoisonError::into_inner));
        }
    }

    fn show(&self, title: &str, words: &str) {
        let hints = VariantDict::new(None);
        hints.insert("suppress-sound", true);
        let body = Variant::tuple_from_iter([
            "Relève".to_variant(),
            0_u32.to_variant(),
            "releve".to_variant(),
            title.to_variant(),
            words.to_variant(),
            Vec::<String>::new().to_variant(),
            hints.end(),
            (-1_i32).to_variant(),
        ]);
        self.heard.store(call("Notify", Some(&body)).is_some(), Ordering::Relaxed);
    }
}

impl Notifier for SessionNotices {
    fn plan(&self, notices: &[Notice]) {
        *self.0.held() = Planned::of(notices);
        self.0.changed.notify_all();
    }

    fn show(&self, title: &str, words: &str) {
        let shared = Arc::clone(&self.0);
        let (title, words) = (title.to_owned(), words.to_owned());
        // The bus may be slow, and a door must not be.
        let _ = thread::Builder::new().spawn(move || shared.show(&title, &words));
    }

    fn timing(&self) -> Timing {
        if self.0.heard.load(Ordering::Relaxed) { Timing::WhileOpen } else { Timing::Never }
    }
}

fn call(method: &str, body: Option<&Variant>) -> Option<Variant> {
    let bus = gio::bus_get_sync(gio::BusType::Session, gio::Cancellable::NONE).ok()?;
    let flags = gio::DBusCallFlags::NONE;
    bus.call_sync(
        Some(SERVICE),
        PLACE,
        SERVICE,
        method,
        body,
        None,
        flags,
        PATIENCE_MS,
        gio::Cancellable::NONE,
    )
    .ok()
}
