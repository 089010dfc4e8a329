//! The alarm without its store: a sealed copy of what it knows, and, when that cannot be opened either,
//! numbers and delays that want no key. The countdown itself runs in memory whatever comes.

use releve_shared::alarm::AlarmRules;
use releve_shared::id::DeviceId;
use serde::{Deserialize, Serialize};

use super::{AlarmHeld, Known};
use crate::core::Core;
use crate::fault::Fault;
use crate::store::beside;

/// What is sealed beside the databases.
#[derive(Default, Serialize, Deserialize)]
#[serde(default)]
struct Copy {
    known: Known,
    /// The alarm, while the duty data takes nothing.
    held: Option<AlarmHeld>,
}

/// What can be read without any key: nothing of any person.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Bare {
    pub(crate) call_number: String,
    pub(crate) office_number: String,
    pub(crate) rules: AlarmRules,
    server: String,
    device: Option<DeviceId>,
}

impl Bare {
    fn of(known: &Known) -> Self {
        let identity = known.identity.as_ref();
        Self {
            call_number: known.settings.as_ref().map(|s| s.call_number.clone()).unwrap_or_default(),
            office_number: known.office_number(),
            rules: known.rules(),
            server: identity.map(|who| who.server.clone()).unwrap_or_default(),
            device: identity.map(|who| who.device),
        }
    }

    pub(crate) fn line(&self) -> Option<(DeviceId, &str)> {
        Some((self.device?, self.server.as_str())).filter(|(_, server)| !server.is_empty())
    }
}

/// What was written last, so that nothing is written twice.
#[derive(Default)]
pub(crate) struct Written {
    sealed: Option<Vec<u8>>,
    bare: Option<Bare>,
}

impl Core {
    /// The databases do not open: the alarm works on from what lies beside them.
    pub(crate) fn alarm_without_store(&mut self) {
        if self.alarm.held.machine.alarm().is_none()
            && let Some(held) = self.kept_beside()
        {
            (self.alarm.held, self.alarm.unsaved) = (held, true);
        }
        self.know_from_copy(true);
    }

    /// `blind`: whether this phone is somebody's cannot be known, so the button stays.
    pub(crate) fn know_from_copy(&mut self, blind: bool) {
        let copy = self.copy();
        let (known, broken) = match copy {
            Ok(copy) => (copy.map(|copy| copy.known), false),
            Err(_) => (None, true),
        };
        if let Some(known) = known.filter(|known| known.identity.is_some()) {
            self.alarm.known = known;
            return;
        }
        let bare = beside::plain::<Bare>(&self.folder).unwrap_or_default();
        if blind || broken || bare.is_some() {
            let bare = Some(bare.unwrap_or_default());
            self.alarm.known = Known { bare, ..Known::default() };
        } else {
            self.alarm.known = Known::default();
        }
    }

    /// The alarm that the duty data would not take, when there is one.
    pub(crate) fn kept_beside(&mut self) -> Option<AlarmHeld> {
        self.copy().ok().flatten().and_then(|copy| copy.held)
    }

    fn copy(&self) -> Result<Option<Copy>, Fault> {
        beside::sealed(&self.folder, &*self.ports.vault)
    }

    /// Keeps the copy in step with what is known. What the disk refuses is tried at the next change.
    pub(crate) fn copy_for_alarms(&mut self) {
        let known = self.alarm.known.clone();
        if known.identity.is_none() {
            return;
        }
        let bare = Bare::of(&known);
        let held = self.alarm.unsaved.then(|| self.alarm.held.clone());
        if let Err(fault) = self.write_copy(&Copy { known, held }, bare) {
            drop(self.noted(fault));
        }
    }

    fn write_copy(&mut self, copy: &Copy, bare: Bare) -> Result<(), Fault> {
        let bytes = serde_json::to_vec(copy)?;
        if self.alarm.written.sealed.is_none() {
            // A copy of before the start, as it would be written now.
            let before = self.copy().ok().flatten();
            self.alarm.written.sealed = before.map(|copy| serde_json::to_vec(&copy)).transpose()?;
            self.alarm.written.bare = beside::plain(&self.folder).unwrap_or_default();
        }
        if self.alarm.written.bare.as_ref() != Some(&bare) {
            beside::put_plain(&self.folder, &bare)?;
            self.alarm.written.bare = Some(bare);
        }
        if self.alarm.written.sealed.as_ref() != Some(&bytes) {
            beside::seal(&self.folder, (&*self.ports.vault, &*self.ports.chance), &bytes)?;
            self.alarm.written.sealed = Some(bytes);
        }
        Ok(())
    }
}
