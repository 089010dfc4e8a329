//! The token of the phone, and the one after it: a lost answer locks nobody out.

use releve_shared::clock::Stamp;
use releve_shared::keys::Digest;
use releve_shared::planted;
use releve_shared::sync::TokenRequest;
use releve_shared::time::{DAY_MS, Moment};

use super::Step;
use crate::core::Core;
use crate::fault::Stop;
use crate::ports::{NoAnswer, Response, Secret};
use crate::store::duty::{self, Diary, Identity};
use crate::store::{outbox, write};
use crate::sync::answer::{self, Failure};
use crate::sync::engine::Purpose;
use crate::sync::request;

/// How long a token is used before the next one is announced.
const TOKEN_DAYS_MS: i64 = DAY_MS;

impl Core {
    /// The next token: drawn and kept before the server is told of it. The old one goes on until
    /// the answer is here, so a lost answer locks nobody out.
    pub(super) fn token_step(
        &mut self,
        identity: &Identity,
        now: &Stamp,
    ) -> Result<Option<Step>, Stop> {
        if self.engine.held_back(now).is_some() || !self.engine.online {
            return Ok(None);
        }
        let at = self.measured(now)?.at;
        let store = self.store()?;
        let diary = store.memory.fact::<Diary>(&store.duty)?;
        let drawn = diary.and_then(|diary| diary.token_at);
        if drawn.is_some_and(|drawn| at.since(drawn) < TOKEN_DAYS_MS) {
            return Ok(None);
        }
        self.announce_token(identity, now)
    }

    /// Announces the next token, whatever the age of this one.
    pub(super) fn announce_token(
        &mut self,
        identity: &Identity,
        now: &Stamp,
    ) -> Result<Option<Step>, Stop> {
        let at = self.measured(now)?.at;
        let vault = &*self.ports.vault;
        let next = match vault.get(Secret::NextToken)? {
            Some(next) => next,
            None => {
                let next = new_token(&*self.ports.chance).into_bytes();
                vault.put(Secret::NextToken, &next)?;
                next
            }
        };
        if vault.get(Secret::Token)?.as_ref() == Some(&next) {
            self.token_changed(at)?;
            return Ok(None);
        }
        if planted!("token_used_before_kept") {
            vault.put(Secret::Token, &next)?;
        }
        let body = request::body(&TokenRequest { next: Digest::of(&[&next]) })?;
        let request =
            request::from_vault("POST", &identity.server, "/api/phone/token", body, vault)?;
        self.begin(Purpose::Token, now)?;
        Ok(Some(Step::Send(request)))
    }

    /// The next token, when the server has said that it keeps it.
    pub(super) fn token_kept(
        &self,
        came: &Result<Response, NoAnswer>,
    ) -> Result<Result<Vec<u8>, Failure>, Stop> {
        let next = self.ports.vault.get(Secret::NextToken)?.unwrap_or_default();
        let told = TokenRequest { next: Digest::of(&[&next]) };
        Ok(answer::accepted(came, &told).map(|()| next))
    }

    pub(super) fn token_changed(&mut self, at: Moment) -> Result<(), Stop> {
        self.ports.vault.destroy(Secret::NextToken)?;
        write(&mut self.store()?.duty, |tx| {
            if planted!("refresh_loses_queue") {
                outbox::clear(tx)?;
            }
            let diary = duty::get::<Diary>(tx)?.unwrap_or_default();
            Ok(duty::put(tx, &Diary { token_at: Some(at), ..diary })?)
        })
    }
}

/// A token of 256 bits, as text.
pub(crate) fn new_token(chance: &dyn crate::ports::Chance) -> String {
    let mut bytes = [0; 32];
    chance.fill(&mut bytes);
    Digest::from_bytes(bytes).to_string()
}
