//! Pushes from a distributor that the worker has installed (UnifiedPush): this phone asks it for an
//! address, tells the server of it with keys of its own, opens what comes (RFC 8291), and fetches. A push
//! says nothing but that something waits; what is shown, and when, is as without it.

mod open;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use releve_shared::notice::{PushKind, PushTarget};
use releve_shared::refusal::Refusal;
use releve_shared::sync::{Command, SetPush};
use serde::{Deserialize, Serialize};

use crate::core::Core;
use crate::fault::Stop;
use crate::ports::Heard;
use crate::store::{duty, write};

/// Where this phone is reached by a distributor, or will be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Registration {
    /// Which app hands pushes over: its name among the system's.
    distributor: String,
    /// What distributor and phone know each other by.
    token: String,
    /// The secret of P-256 that pushes are closed for.
    secret: [u8; 32],
    /// What the server shares with this phone alone.
    auth: [u8; 16],
    /// The address, once there is one; the server has been told of it.
    endpoint: Option<String>,
}

/// Whom to ask for an address. Asked again it gives the same.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PushWish {
    /// Which distributor.
    pub distributor: String,
    /// What it will know this phone by.
    pub token: String,
}

/// What follows from what a distributor told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PushHeard {
    /// Nothing more.
    Nothing,
    /// Something waits at the server.
    Fetch,
    /// The distributor knows this phone no more.
    Refused,
    /// It is of an enrolment before this one: the distributor is to forget that token.
    Stranger,
}

impl Core {
    /// What is to be asked of the distributors that are installed. A kept one that is gone is given up,
    /// and the server is told.
    ///
    /// # Errors
    /// [`Refusal::NotEnrolled`]; those of the store.
    pub fn push_wish(&mut self, installed: &[String]) -> Result<Option<PushWish>, Refusal> {
        let done = self.try_push_wish(installed);
        done.map_err(|stop| self.refusal(stop))
    }

    fn try_push_wish(&mut self, installed: &[String]) -> Result<Option<PushWish>, Stop> {
        self.identity()?;
        let kept = duty::get::<Registration>(&self.store()?.duty)?;
        let kept = match kept {
            Some(kept) if !installed.contains(&kept.distributor) => {
                self.forget_push()?;
                None
            }
            other => other,
        };
        let registration = match (kept, installed.iter().min()) {
            (Some(kept), _) => kept,
            (None, None) => return Ok(None),
            (None, Some(distributor)) => {
                let drawn = self.drawn(distributor);
                write(&mut self.store()?.duty, |tx| Ok(duty::put(tx, &drawn)?))?;
                drawn
            }
        };
        let Registration { distributor, token, .. } = registration;
        Ok(Some(PushWish { distributor, token }))
    }

    fn drawn(&self, distributor: &str) -> Registration {
        let (mut token, mut secret, mut auth) = ([0; 16], [0; 32], [0; 16]);
        self.ports.chance.fill(&mut token);
        self.ports.chance.fill(&mut auth);
        // One draw in four thousand million is no secret.
        for _ in 0..4 {
            self.ports.chance.fill(&mut secret);
            if open::public(&secret).is_some() {
                break;
            }
        }
        Registration {
            distributor: distributor.to_owned(),
            token: URL_SAFE_NO_PAD.encode(token),
            secret,
            auth,
            endpoint: None,
        }
    }

    /// What a distributor tells, and what follows.
    ///
    /// # Errors
    /// Those of the store.
    pub fn push_heard(&mut self, heard: &Heard) -> Result<PushHeard, Refusal> {
        let done = self.try_push_heard(heard);
        done.map_err(|stop| self.refusal(stop))
    }

    fn try_push_heard(&mut self, heard: &Heard) -> Result<PushHeard, Stop> {
        let kept = duty::get::<Registration>(&self.store()?.duty)?;
        let Some(kept) = kept.filter(|kept| kept.token == heard.token()) else {
            return Ok(match heard {
                Heard::Unregistered { .. } => PushHeard::Nothing,
                Heard::Endpoint { .. } | Heard::Message { .. } => PushHeard::Stranger,
            });
        };
        match heard {
            Heard::Endpoint { endpoint, .. } => {
                self.push_endpoint(kept, endpoint)?;
                Ok(PushHeard::Nothing)
            }
            Heard::Unregistered { .. } => {
                self.forget_push()?;
                Ok(PushHeard::Refused)
            }
            // What does not open is not of our server.
            Heard::Message { bytes, .. } => {
                let opened = open::open(bytes, &kept.secret, &kept.auth);
                Ok(opened.map_or(PushHeard::Nothing, |_| PushHeard::Fetch))
            }
        }
    }

    fn push_endpoint(&mut self, kept: Registration, endpoint: &str) -> Result<(), Stop> {
        if kept.endpoint.as_deref() == Some(endpoint) {
            return Ok(());
        }
        let key = open::public(&kept.secret).ok_or(Refusal::Invalid)?;
        let target = PushTarget {
            kind: PushKind::Web,
            endpoint: endpoint.to_owned(),
            p256dh: URL_SAFE_NO_PAD.encode(key),
            auth: URL_SAFE_NO_PAD.encode(kept.auth),
        };
        let now = self.ports.clock.now();
        // First the server's: asked for twice it is the same.
        let _ = self.set_push(Some(target), LANGUAGE.to_owned(), &now)?;
        let told = Registration { endpoint: Some(endpoint.to_owned()), ..kept };
        write(&mut self.store()?.duty, |tx| Ok(duty::put(tx, &told)?))?;
        Ok(())
    }

    /// There is no distributor any more.
    fn forget_push(&mut self) -> Result<(), Stop> {
        let now = self.ports.clock.now();
        let set = SetPush { target: None, language: LANGUAGE.to_owned() };
        let _ = self.send_rest(&Command::SetPush(set), &now)?;
        write(&mut self.store()?.duty, |tx| Ok(duty::forget::<Registration>(tx)?))?;
        Ok(())
    }
}

/// A push to a phone is worded by its app, whichever language it speaks.
const LANGUAGE: &str = "fr";
