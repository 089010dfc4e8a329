//! The wipe, step by step (sync.md WP2): what is sent first, the destruction, its receipt.

use releve_shared::clock::Stamp;

use super::Step;
use crate::core::{Core, Held};
use crate::fault::{Fault, Stop};
use crate::ports::Request;
use crate::store::outbox;
use crate::store::wipe::{self, Marker, Stage};
use crate::sync::engine::Purpose;
use crate::sync::request;

impl Core {
    /// The next step of a wipe under way; `None` when nothing is owed.
    pub(super) fn wipe_step(&mut self, marker: &Marker, now: &Stamp) -> Result<Option<Step>, Stop> {
        match marker.stage {
            Stage::Sending => {
                let identity = self.identity();
                let sendable = match &self.held {
                    Held::Open(store) => outbox::waiting(&store.duty).unwrap_or(0) > 0,
                    Held::Unusable(_) => false,
                };
                match identity {
                    Ok(identity) if sendable => {
                        // Marked first: a crash while sending goes on to destroy.
                        self.mark(Marker { stage: Stage::Destroying, ..marker.clone() })?;
                        Ok(Some(self.push_step(&identity, now, true)?))
                    }
                    Ok(_) | Err(_) => {
                        self.mark(Marker { stage: Stage::Destroying, ..marker.clone() })?;
                        self.start_destroying()?;
                        Ok(Some(Step::Wait(0)))
                    }
                }
            }
            Stage::Destroying => {
                self.start_destroying()?;
                Ok(Some(Step::Wait(0)))
            }
            Stage::Confirming => {
                if let Some(wait) = self.engine.held_back(now) {
                    return Ok(Some(Step::Wait(wait)));
                }
                let Some(confirm) = &marker.confirm else {
                    self.at_stage(Stage::Done)?;
                    return Ok(None);
                };
                let request = Request {
                    method: "POST",
                    url: format!("{}/api/phone/wiped", confirm.server),
                    headers: vec![("content-type".to_owned(), "application/json".to_owned())],
                    body: request::body(&confirm.receipt)?,
                };
                self.begin(Purpose::Receipt, now)?;
                Ok(Some(Step::Send(request)))
            }
            Stage::Done => Ok(None),
        }
    }

    /// Destroys what is held and starts afresh with an empty store.
    pub(crate) fn start_destroying(&mut self) -> Result<(), Stop> {
        self.destroy()?;
        self.open_files()?;
        self.changed();
        Ok(())
    }

    /// Keys, then files. What comes after is in the marker.
    pub(crate) fn destroy(&mut self) -> Result<(), Fault> {
        self.held = Held::Unusable(Fault::Store("destroyed".to_owned()));
        wipe::destroy(&self.folder, &*self.ports.vault)?;
        let confirm = self.marker.as_ref().and_then(|marker| marker.confirm.clone());
        self.engine = crate::sync::engine::Engine::default();
        self.alarm = crate::alarm::Alarm::default();
        if let Some(confirm) = confirm {
            let marker = Marker { confirm: Some(confirm), stage: Stage::Confirming };
            wipe::mark(&self.folder, &marker)?;
            self.marker = Some(marker);
        } else {
            wipe::unmark(&self.folder)?;
            self.marker = None;
        }
        Ok(())
    }

    pub(crate) fn mark(&mut self, marker: Marker) -> Result<(), Stop> {
        wipe::mark(&self.folder, &marker)?;
        self.marker = Some(marker);
        self.engine.asked();
        Ok(())
    }

    pub(super) fn at_stage(&mut self, stage: Stage) -> Result<(), Stop> {
        if let Some(marker) = self.marker.clone() {
            self.mark(Marker { stage, ..marker })?;
        }
        Ok(())
    }
}
