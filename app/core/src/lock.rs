//! The lock of the app (row O-03). A PIN and a share in the device's key store together make the key
//! that opens the care data's own; neither does alone. What the phone owes lies under another key, so
//! clocking, sending and the alarm go on while the app is locked.

use std::sync::Arc;

use argon2::{Algorithm, Argon2, Params, Version};
use chacha20poly1305::aead::Aead;
use chacha20poly1305::{KeyInit, XChaCha20Poly1305, XNonce};
use releve_shared::clock::Stamp;
use releve_shared::lock::{self, LockRules, MOST_WRONG};
use releve_shared::refusal::Refusal;
use releve_shared::time::MINUTE_MS;
use serde::{Deserialize, Serialize};

use crate::core::{Core, Held, catch_up};
use crate::door::{LockView, Reply};
use crate::fault::{Fault, Stop};
use crate::ports::{Biometry, Secret, Vault, VaultError};
use crate::store::duty::{self, Diary, Identity};
use crate::store::open::Key;
use crate::store::{Reading, Store, drop_care, write};

/// Memory of Argon2id in KiB, its passes and lanes: as for passwords (security.md).
const COST: (u32, u32, u32) = (19_456, 2, 1);

/// A nonce of XChaCha20-Poly1305.
const NONCE: usize = 24;

/// What a PIN opens, and how often wrong ones were tried.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Lock {
    digits: u32,
    salt: Vec<u8>,
    /// The care data's key, sealed: its nonce, then the rest. Empty once too many PINs were wrong.
    sealed: Vec<u8>,
    /// Wrong ones in a row.
    wrong: u32,
    /// Since when the wait lasts: which start of the phone, and its boot clock. No wall clock shortens it.
    since: Option<(String, i64)>,
    by_presence: bool,
}

/// What is known of the worker's presence. Nothing of it outlives the app.
pub(crate) struct Watch {
    touched: Option<Stamp>,
    pub(crate) biometry: Biometry,
}

impl Default for Watch {
    fn default() -> Self {
        Self { touched: None, biometry: Biometry::None }
    }
}

impl Lock {
    /// How long the next try has to wait.
    fn wait_ms(&self, now: &Stamp) -> i64 {
        let whole = lock::wait_ms(self.wrong);
        match &self.since {
            Some((boot, up_ms)) if *boot == now.boot => {
                let passed = now.up_ms.saturating_sub(*up_ms).max(0);
                whole.saturating_sub(passed).max(0)
            }
            Some(_) => whole,
            None => 0,
        }
    }

    fn tries_left(&self) -> u32 {
        if self.sealed.is_empty() { 0 } else { MOST_WRONG.saturating_sub(self.wrong) }
    }
}

/// Behind a PIN the vault holds no key of its own: one that a crash has left there is destroyed.
pub(crate) fn finish_sealing(store: &Store, vault: &dyn Vault) -> Result<(), Fault> {
    let sealed = duty::get::<Lock>(&store.duty)?.is_some_and(|lock| !lock.sealed.is_empty());
    if sealed {
        vault.destroy(Secret::CareKey)?;
    }
    Ok(())
}

/// The phone was started again while a wait lasted: it lasts anew, since nobody knows how long the
/// phone was off.
pub(crate) fn wait_again(store: &mut Store, now: &Stamp) -> Result<(), Fault> {
    let Some(held) = duty::get::<Lock>(&store.duty)? else { return Ok(()) };
    if held.since.as_ref().is_none_or(|(boot, _)| *boot == now.boot) {
        return Ok(());
    }
    let again = Lock { since: Some((now.boot.clone(), now.up_ms)), ..held };
    match write(&mut store.duty, |tx| Ok(duty::put(tx, &again)?)) {
        // A full disk must not keep the phone from starting: the whole wait is shown and kept anyway.
        Ok(()) | Err(Stop::Refused(_)) => Ok(()),
        Err(Stop::Fault(fault)) => Err(fault),
    }
}

impl Core {
    fn lock_held(&mut self) -> Result<Option<Arc<Lock>>, Stop> {
        let store = self.store()?;
        Ok(store.memory.fact::<Lock>(&store.duty)?)
    }

    fn lock_rules(&mut self) -> Result<LockRules, Stop> {
        let store = self.store()?;
        let identity = store.memory.fact::<Identity>(&store.duty)?;
        Ok(identity.map(|identity| identity.organisation.lock).unwrap_or_default())
    }

    /// Whether a PIN stands before the data now.
    pub(crate) fn is_locked(&mut self) -> Result<bool, Stop> {
        Ok(self.lock_held()?.is_some() && self.store()?.care.is_none())
    }

    /// The lock as screens show it.
    pub(crate) fn lock_view(&mut self, now: &Stamp) -> Result<LockView, Stop> {
        let rules = self.lock_rules()?;
        let held = self.lock_held()?;
        let locked = held.is_some() && self.store()?.care.is_none();
        let set = held.as_ref().is_some_and(|held| held.digits >= rules.digits);
        let open = held.is_some() && !locked;
        Ok(LockView {
            set: held.is_some(),
            locked,
            required: rules.required,
            must_set: rules.required && !set && !locked && self.store()?.care.is_some(),
            digits: rules.digits,
            after_min: rules.after_min,
            locks_in_ms: open.then(|| self.watch.locks_in_ms(&rules, now)),
            wait_ms: held.as_ref().map_or(0, |held| held.wait_ms(now)),
            tries_left: held.as_ref().map_or(MOST_WRONG, |held| held.tries_left()),
            biometry: self.watch.biometry,
            by_presence: held.is_some_and(|held| held.by_presence),
        })
    }

    /// Locks the app when nobody has touched it for long enough.
    pub(crate) fn lock_when_due(&mut self) {
        let now = self.ports.clock.now();
        let due = |core: &mut Self| -> Result<bool, Stop> {
            if core.store()?.care.is_none() || core.lock_held()?.is_none() {
                return Ok(false);
            }
            let rules = core.lock_rules()?;
            Ok(core.watch.locks_in_ms(&rules, &now) == 0)
        };
        if matches!(self.held, Held::Open(_)) && due(self).unwrap_or(false) {
            self.close_care();
            self.changed();
        }
    }

    fn close_care(&mut self) {
        // What the server thinks this phone shows is asked anew, whatever opens again.
        self.engine.standing = None;
        if let Held::Open(store) = &mut self.held {
            store.close_care();
        }
    }

    /// Locks the app.
    pub(crate) fn lock_now(&mut self) -> Result<Reply, Stop> {
        if self.lock_held()?.is_none() {
            return Err(Refusal::NotFound.into());
        }
        self.close_care();
        Ok(Reply::Done)
    }

    /// The worker is there.
    pub(crate) fn present(&mut self, now: &Stamp) -> Reply {
        self.watch.touched = Some(now.clone());
        Reply::Done
    }

    /// Chooses a PIN: the care data's key leaves the vault, sealed.
    pub(crate) fn set_pin(
        &mut self,
        pin: &str,
        before: Option<&str>,
        now: &Stamp,
    ) -> Result<Reply, Stop> {
        self.identity()?;
        let rules = self.lock_rules()?;
        if !lock::is_pin(pin, rules.digits) {
            return Err(Refusal::Invalid.into());
        }
        if lock::is_plain(pin) {
            return Err(Refusal::WeakPassword.into());
        }
        let held = self.lock_held()?;
        let key = match &held {
            Some(_) => self.unsealed(before.unwrap_or_default(), now)?,
            None => self.vault_key(Secret::CareKey)?.ok_or(Refusal::LeaseOver)?,
        };
        let mut salt = [0; 16];
        let mut nonce = [0; NONCE];
        self.ports.chance.fill(&mut salt);
        self.ports.chance.fill(&mut nonce);
        let share = self.share_or_new()?;
        let sealed = seal(pin, &salt, &share, nonce, &key)?;
        let by_presence = held.is_some_and(|held| held.by_presence);
        let digits = u32::try_from(pin.len()).unwrap_or_default();
        let lock = Lock { digits, salt: salt.to_vec(), sealed, wrong: 0, since: None, by_presence };
        // First the sealed key, durably; then the other goes. A crash between leaves both, and a lock.
        write(&mut self.store()?.duty, |tx| Ok(duty::put(tx, &lock)?))?;
        self.ports.vault.destroy(Secret::CareKey).map_err(Fault::from)?;
        Ok(self.present(now))
    }

    /// Does without a PIN: the care data's key goes back to the vault.
    pub(crate) fn drop_pin(&mut self, pin: &str, now: &Stamp) -> Result<Reply, Stop> {
        if self.lock_rules()?.required {
            return Err(Refusal::NotAllowed.into());
        }
        let key = self.unsealed(pin, now)?;
        self.ports.vault.put(Secret::CareKey, &key).map_err(Fault::from)?;
        write(&mut self.store()?.duty, |tx| Ok(duty::forget::<Lock>(tx)?))?;
        for secret in [Secret::PresenceKey, Secret::PinShare] {
            self.ports.vault.destroy(secret).map_err(Fault::from)?;
        }
        self.open_with(key, now)
    }

    /// Unlocks with the PIN.
    pub(crate) fn unlock(&mut self, pin: &str, now: &Stamp) -> Result<Reply, Stop> {
        let key = self.unsealed(pin, now)?;
        self.open_with(key, now)
    }

    /// Lets fingerprint or face unlock too, or no more. The shell has asked for it first.
    pub(crate) fn allow_presence(&mut self, pin: Option<&str>, now: &Stamp) -> Result<Reply, Stop> {
        let by_presence = match pin {
            Some(pin) => {
                let key = self.unsealed(pin, now)?;
                self.ports.vault.put(Secret::PresenceKey, &key).map_err(Fault::from)?;
                true
            }
            None => {
                self.ports.vault.destroy(Secret::PresenceKey).map_err(Fault::from)?;
                false
            }
        };
        let held = self.lock_held()?.ok_or(Refusal::NotFound)?;
        let lock = Lock { by_presence, ..(*held).clone() };
        write(&mut self.store()?.duty, |tx| Ok(duty::put(tx, &lock)?))?;
        Ok(Reply::Done)
    }

    /// Whether fingerprint or face may be asked for.
    #[must_use]
    pub fn opens_by_presence(&mut self) -> bool {
        let held = self.lock_held().ok().flatten();
        held.is_some_and(|held| held.by_presence && !held.sealed.is_empty())
    }

    /// Unlocks: the worker was there, by fingerprint or face.
    ///
    /// # Errors
    /// [`Refusal::WrongCredentials`] when that was not allowed before.
    pub fn unlock_present(&mut self) -> Result<Reply, Refusal> {
        let now = self.ports.clock.now();
        let opened = self.try_unlock_present(&now).map_err(|stop| self.refusal(stop));
        self.changed();
        opened
    }

    fn try_unlock_present(&mut self, now: &Stamp) -> Result<Reply, Stop> {
        if !self.opens_by_presence() {
            return Err(Refusal::WrongCredentials.into());
        }
        let key = self.vault_key(Secret::PresenceKey)?.ok_or(Refusal::WrongCredentials)?;
        self.open_with(key, now)
    }

    /// The PIN is forgotten, and the office has given a new code: the data that can be fetched again is
    /// dropped with its key; what the phone owes stays.
    pub(crate) fn begin_care_again(&mut self) -> Result<(), Stop> {
        self.close_care();
        drop_care(&self.folder)?;
        write(&mut self.store()?.duty, |tx| {
            duty::forget::<Lock>(tx)?;
            // Nothing of the mirror is known any more.
            let diary = duty::get::<Diary>(tx)?.unwrap_or_default();
            Ok(duty::put(tx, &Diary { known: 0, synced_at: None, ..diary })?)
        })?;
        for secret in [Secret::CareKey, Secret::PresenceKey, Secret::PinShare] {
            self.ports.vault.destroy(secret).map_err(Fault::from)?;
        }
        let (stamp, fuse) = (self.ports.clock.now().wall.0, self.fuse.clone());
        let ports = (&*self.ports.vault, &*self.ports.chance);
        if let Held::Open(store) = &mut self.held {
            store.open_care(&self.folder, ports, stamp, fuse.as_ref(), Reading::Quick)?;
        }
        Ok(())
    }

    fn open_with(&mut self, key: Key, now: &Stamp) -> Result<Reply, Stop> {
        let fuse = self.fuse.clone();
        if let Held::Open(store) = &mut self.held
            && store.care.is_none()
        {
            store.open_care_with(&self.folder, key, now.wall.0, fuse.as_ref(), Reading::Quick)?;
            catch_up(store)?;
        }
        // What came while the app was locked is fetched now.
        self.engine.wanted_after_act();
        Ok(self.present(now))
    }

    /// The care data's key, when the PIN is the right one. Each try is counted before it is looked at:
    /// stopping the app gains nothing.
    fn unsealed(&mut self, pin: &str, now: &Stamp) -> Result<Key, Stop> {
        let held = self.lock_held()?.ok_or(Refusal::NotFound)?;
        if held.tries_left() == 0 || held.wait_ms(now) > 0 {
            return Err(Refusal::TooManyTries.into());
        }
        let share = self.share()?;
        let wrong = held.wrong.saturating_add(1);
        let since = Some((now.boot.clone(), now.up_ms));
        let tried = Lock { wrong, since, ..(*held).clone() };
        write(&mut self.store()?.duty, |tx| Ok(duty::put(tx, &tried)?))?;
        if let Some(key) = unseal(pin, &held.salt, &share, &held.sealed)? {
            let lock = Lock { wrong: 0, since: None, ..tried };
            write(&mut self.store()?.duty, |tx| Ok(duty::put(tx, &lock)?))?;
            return Ok(key);
        }
        if wrong >= MOST_WRONG {
            let lock = Lock { sealed: Vec::new(), by_presence: false, ..tried };
            write(&mut self.store()?.duty, |tx| Ok(duty::put(tx, &lock)?))?;
            self.ports.vault.destroy(Secret::PresenceKey).map_err(Fault::from)?;
            self.close_care();
        }
        // A screen shows what is left and how long to wait.
        self.changed();
        Err(Refusal::WrongCredentials.into())
    }

    fn vault_key(&self, secret: Secret) -> Result<Option<Key>, Stop> {
        let held = match self.ports.vault.get(secret) {
            Ok(held) => held,
            Err(VaultError::Locked) => None,
            Err(failed) => return Err(Fault::from(failed).into()),
        };
        Ok(held.and_then(|key| key.try_into().ok()))
    }

    /// The device's share; [`Refusal::TryAgain`] while the vault is locked. Never drawn here: another one would
    /// make every PIN a wrong one.
    fn share(&self) -> Result<Key, Stop> {
        self.vault_key(Secret::PinShare)?.ok_or(Refusal::TryAgain.into())
    }

    /// The share for a new PIN: drawn for the first.
    fn share_or_new(&self) -> Result<Key, Stop> {
        let held = self.ports.vault.get(Secret::PinShare).map_err(Fault::from)?;
        if let Some(share) = held.and_then(|share| share.try_into().ok()) {
            return Ok(share);
        }
        let mut share = [0; 32];
        self.ports.chance.fill(&mut share);
        self.ports.vault.put(Secret::PinShare, &share).map_err(Fault::from)?;
        Ok(share)
    }
}

impl Watch {
    fn locks_in_ms(&self, rules: &LockRules, now: &Stamp) -> i64 {
        let whole = i64::from(rules.after_min).saturating_mul(MINUTE_MS);
        match &self.touched {
            Some(touched) if touched.boot == now.boot => {
                let passed = now.up_ms.saturating_sub(touched.up_ms).max(0);
                whole.saturating_sub(passed).max(0)
            }
            Some(_) | None => 0,
        }
    }
}

/// Of PIN and share together.
fn cipher(pin: &str, salt: &[u8], share: &Key) -> Result<XChaCha20Poly1305, Fault> {
    let broken = |error: argon2::Error| VaultError::Failed(format!("Argon2: {error}"));
    let (memory, passes, lanes) = COST;
    let params = Params::new(memory, passes, lanes, None).map_err(broken)?;
    let argon = Argon2::new_with_secret(share, Algorithm::Argon2id, Version::V0x13, params);
    let mut key = [0; 32];
    argon.map_err(broken)?.hash_password_into(pin.as_bytes(), salt, &mut key).map_err(broken)?;
    Ok(XChaCha20Poly1305::new(&key.into()))
}

fn seal(
    pin: &str,
    salt: &[u8],
    share: &Key,
    nonce: [u8; NONCE],
    key: &Key,
) -> Result<Vec<u8>, Fault> {
    let sealed = cipher(pin, salt, share)?.encrypt(&XNonce::from(nonce), key.as_slice());
    let sealed = sealed.map_err(|_| VaultError::Failed("sealing a key".to_owned()))?;
    Ok([nonce.as_slice(), &sealed].concat())
}

/// `None` when PIN or share is not the right one.
fn unseal(pin: &str, salt: &[u8], share: &Key, sealed: &[u8]) -> Result<Option<Key>, Fault> {
    let Some((nonce, sealed)) = sealed.split_first_chunk::<NONCE>() else { return Ok(None) };
    let opened = cipher(pin, salt, share)?.decrypt(&XNonce::from(*nonce), sealed);
    Ok(opened.ok().and_then(|key| key.try_into().ok()))
}
