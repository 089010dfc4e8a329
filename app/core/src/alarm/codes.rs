//! The codes of cancelling: one that does, and one that only looks like it (row B-06, duress).

use releve_shared::clock::Stamp;
use releve_shared::keys::Digest;
use releve_shared::refusal::Refusal;
use serde::{Deserialize, Serialize};

use crate::core::Core;
use crate::door::Reply;
use crate::fault::Stop;
use crate::store::{duty, write};

/// Both codes, as digests. So few digits withstand no search: the database's own key keeps them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Codes {
    salt: Digest,
    cancel: Digest,
    duress: Digest,
}

impl Codes {
    fn of(salt: Digest, cancel: &str, duress: &str) -> Result<Self, Refusal> {
        let right =
            |code: &str| (4..=8).contains(&code.len()) && code.bytes().all(|b| b.is_ascii_digit());
        if !right(cancel) || !right(duress) || cancel == duress {
            return Err(Refusal::Invalid);
        }
        let (cancel, duress) = (digest(&salt, cancel), digest(&salt, duress));
        Ok(Self { salt, cancel, duress })
    }

    pub(crate) fn cancels(&self, code: &str) -> bool {
        digest(&self.salt, code.trim()) == self.cancel
    }

    pub(crate) fn duress(&self, code: &str) -> bool {
        digest(&self.salt, code.trim()) == self.duress
    }
}

fn digest(salt: &Digest, code: &str) -> Digest {
    Digest::of(&[b"releve alarm code 1\0", salt.as_bytes(), code.as_bytes()])
}

impl Core {
    /// Chooses the codes, or forgets them; the one before is asked for.
    pub(crate) fn alarm_codes(
        &mut self,
        chosen: Option<&(String, String)>,
        before: Option<&str>,
        now: &Stamp,
    ) -> Result<Reply, Stop> {
        if let Some(held) = &self.alarm.known.codes {
            let before = before.unwrap_or_default();
            if held.duress(before) {
                // Whoever forces her to give the code away sees it accepted, and help comes.
                self.trigger(releve_shared::alarm::Kind::Duress, now);
                return Ok(Reply::Done);
            }
            if !held.cancels(before) {
                return Err(Refusal::WrongCredentials.into());
            }
        }
        let mut salt = [0; 32];
        self.ports.chance.fill(&mut salt);
        let codes = chosen
            .map(|(cancel, duress)| {
                Codes::of(Digest::from_bytes(salt), cancel.trim(), duress.trim())
            })
            .transpose()?;
        write(&mut self.store()?.duty, |tx| match &codes {
            Some(codes) => Ok(duty::put(tx, codes)?),
            None => Ok(duty::forget::<Codes>(tx)?),
        })?;
        self.alarm.known.codes = codes;
        self.copy_for_alarms();
        Ok(Reply::Done)
    }
}
