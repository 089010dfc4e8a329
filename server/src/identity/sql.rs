//! Every statement of the room on organisations, accounts, sessions and keys; phones have their own.

use releve_shared::id::{AccountId, EstablishmentId, OrganisationId, SessionId};
use releve_shared::keys::Digest;
use releve_shared::time::{Moment, Zone};

use super::account::NewAccount;
use super::desk::Role;
use crate::db::{Fault, Row, Tx, Value};

crate::statements! {
    /// Founds an organisation.
    ADD_ORGANISATION = "INSERT INTO organisation (id, name, phone, zone, created_at)
                         VALUES ($1, $2, $3, $4, $5)";
    /// Adds a site.
    ADD_ESTABLISHMENT = "INSERT INTO establishment (id, organisation, name) VALUES ($1, $2, $3)";
    /// One organisation.
    ORGANISATION = "SELECT name, phone, zone FROM organisation WHERE id = $1";
    /// Takes its row until the end of the transaction.
    CLAIM = "UPDATE organisation SET name = name WHERE id = $1";
    /// All of them.
    ORGANISATIONS = "SELECT id FROM organisation ORDER BY id";
    /// Keeps a sealed key, once.
    KEEP_KEY = "INSERT INTO sealed_key (name, organisation, number, public, sealed, created_at)
                 VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (name) DO NOTHING";
    /// A sealed key.
    KEY = "SELECT name, organisation, number, public, sealed FROM sealed_key WHERE name = $1";
    /// The public halves of an organisation's keys.
    PUBLIC_KEYS = "SELECT number, public FROM sealed_key
                    WHERE organisation = $1 AND public IS NOT NULL ORDER BY number";
    /// Opens an account, unless its login is taken.
    ADD_ACCOUNT = "INSERT INTO account (id, organisation, login, name, role, password, state, created_at)
                    VALUES ($1, $2, $3, $4, $5, $6, 'active', $7) ON CONFLICT (login) DO NOTHING";
    /// The account of a login.
    ACCOUNT = "SELECT id, organisation, name, role, password FROM account
                WHERE login = $1 AND state = 'active'";
    /// The login and the hash of an account.
    PASSWORD = "SELECT login, password FROM account WHERE id = $1 AND state = 'active'";
    /// Writes another hash, in the place of the one that was read.
    WRITE_PASSWORD = "UPDATE account SET password = $1 WHERE id = $2 AND password = $3";
    /// Ends the other sessions of an account.
    END_OTHERS = "DELETE FROM session WHERE account = $1 AND token <> $2";
    /// Opens a session.
    ADD_SESSION = "INSERT INTO session (id, account, token, created_at, used_at)
                    VALUES ($1, $2, $3, $4, $5)";
    /// The session of a cookie, with its account.
    SESSION = "SELECT a.id, a.organisation, a.name, a.role, o.zone, s.created_at, s.used_at
                 FROM session s JOIN account a ON a.id = s.account
                 JOIN organisation o ON o.id = a.organisation
                WHERE s.token = $1 AND a.state = 'active'";
    /// A session was used.
    USE_SESSION = "UPDATE session SET used_at = $1 WHERE token = $2 AND used_at < $3";
    /// Ends a session.
    END_SESSION = "DELETE FROM session WHERE token = $1";
}

/// An organisation's row.
pub(super) struct OrganisationKept {
    pub name: String,
    pub phone: String,
    pub zone: Zone,
}

/// A key as it lies in the database.
pub(super) struct SealedKey {
    pub name: String,
    pub organisation: Option<OrganisationId>,
    pub number: u8,
    pub public: Option<String>,
    pub sealed: String,
}

/// An account, with the hash of its password.
pub(super) struct Account {
    pub id: AccountId,
    pub organisation: OrganisationId,
    pub name: String,
    pub role: Role,
    pub password: String,
}

/// A session, with its account.
pub(super) struct Session {
    pub account: AccountId,
    pub organisation: OrganisationId,
    pub name: String,
    pub role: Role,
    pub zone: Zone,
    pub created_at: Moment,
    pub used_at: Moment,
}

pub(super) fn add_organisation(
    tx: &mut Tx,
    id: OrganisationId,
    name: &str,
    phone: &str,
    zone: &str,
    at: Moment,
) -> Result<(), Fault> {
    let values = [id.into(), name.into(), phone.into(), zone.into(), at.into()];
    tx.execute(&ADD_ORGANISATION, &values)?;
    Ok(())
}

pub(super) fn add_establishment(
    tx: &mut Tx,
    id: EstablishmentId,
    organisation: OrganisationId,
    name: &str,
) -> Result<(), Fault> {
    tx.execute(&ADD_ESTABLISHMENT, &[id.into(), organisation.into(), name.into()])?;
    Ok(())
}

pub(super) fn organisation(
    tx: &mut Tx,
    id: OrganisationId,
) -> Result<Option<OrganisationKept>, Fault> {
    let row = tx.query_opt(&ORGANISATION, &[id.into()])?;
    let read = |row: Row| {
        Ok(OrganisationKept { name: row.get(0)?, phone: row.get(1)?, zone: zone(&row, 2)? })
    };
    row.map(read).transpose()
}

pub(super) fn claim(tx: &mut Tx, id: OrganisationId) -> Result<u64, Fault> {
    tx.execute(&CLAIM, &[id.into()])
}

pub(super) fn organisations(tx: &mut Tx) -> Result<Vec<OrganisationId>, Fault> {
    tx.query(&ORGANISATIONS, &[])?.iter().map(|row| row.get(0)).collect()
}

pub(super) fn keep_key(tx: &mut Tx, key: &SealedKey, at: Moment) -> Result<(), Fault> {
    let values = [
        Value::from(&key.name),
        key.organisation.into(),
        key.number.into(),
        key.public.clone().into(),
        Value::from(&key.sealed),
        at.into(),
    ];
    tx.execute(&KEEP_KEY, &values)?;
    Ok(())
}

pub(super) fn key(tx: &mut Tx, name: &str) -> Result<Option<SealedKey>, Fault> {
    let row = tx.query_opt(&KEY, &[name.into()])?;
    let read = |row: Row| {
        Ok(SealedKey {
            name: row.get(0)?,
            organisation: row.get(1)?,
            number: row.get(2)?,
            public: row.get(3)?,
            sealed: row.get(4)?,
        })
    };
    row.map(read).transpose()
}

pub(super) fn public_keys(tx: &mut Tx, of: OrganisationId) -> Result<Vec<(u8, String)>, Fault> {
    let rows = tx.query(&PUBLIC_KEYS, &[of.into()])?;
    rows.iter().map(|row| Ok((row.get(0)?, row.get(1)?))).collect()
}

/// False when the login is taken.
pub(super) fn add_account(
    tx: &mut Tx,
    new: &NewAccount,
    login: &str,
    at: Moment,
) -> Result<bool, Fault> {
    let values = [
        new.id.into(),
        new.organisation.into(),
        login.into(),
        Value::from(&new.name),
        new.role.code().into(),
        Value::from(&new.password),
        at.into(),
    ];
    Ok(tx.execute(&ADD_ACCOUNT, &values)? == 1)
}

pub(super) fn account(tx: &mut Tx, login: &str) -> Result<Option<Account>, Fault> {
    let row = tx.query_opt(&ACCOUNT, &[login.into()])?;
    let read = |row: Row| {
        Ok(Account {
            id: row.get(0)?,
            organisation: row.get(1)?,
            name: row.get(2)?,
            role: role(&row, 3)?,
            password: row.get(4)?,
        })
    };
    row.map(read).transpose()
}

/// Login and hash.
pub(super) fn password(tx: &mut Tx, account: AccountId) -> Result<Option<(String, String)>, Fault> {
    let row = tx.query_opt(&PASSWORD, &[account.into()])?;
    row.map(|row| Ok((row.get(0)?, row.get(1)?))).transpose()
}

/// False when the hash is not the one that was read any more.
pub(super) fn write_password(
    tx: &mut Tx,
    account: AccountId,
    new: &str,
    old: &str,
) -> Result<bool, Fault> {
    Ok(tx.execute(&WRITE_PASSWORD, &[new.into(), account.into(), old.into()])? == 1)
}

pub(super) fn end_other_sessions(
    tx: &mut Tx,
    account: AccountId,
    kept: Digest,
) -> Result<(), Fault> {
    tx.execute(&END_OTHERS, &[account.into(), Value::text(kept)])?;
    Ok(())
}

pub(super) fn add_session(
    tx: &mut Tx,
    id: SessionId,
    account: AccountId,
    token: Digest,
    at: Moment,
) -> Result<(), Fault> {
    let values = [id.into(), account.into(), Value::text(token), at.into(), at.into()];
    tx.execute(&ADD_SESSION, &values)?;
    Ok(())
}

pub(super) fn session(tx: &mut Tx, token: Digest) -> Result<Option<Session>, Fault> {
    let row = tx.query_opt(&SESSION, &[Value::text(token)])?;
    let read = |row: Row| {
        Ok(Session {
            account: row.get(0)?,
            organisation: row.get(1)?,
            name: row.get(2)?,
            role: role(&row, 3)?,
            zone: zone(&row, 4)?,
            created_at: row.get(5)?,
            used_at: row.get(6)?,
        })
    };
    row.map(read).transpose()
}

pub(super) fn use_session(tx: &mut Tx, token: Digest, at: Moment) -> Result<(), Fault> {
    tx.execute(&USE_SESSION, &[at.into(), Value::text(token), at.into()])?;
    Ok(())
}

pub(super) fn end_session(tx: &mut Tx, token: Digest) -> Result<(), Fault> {
    tx.execute(&END_SESSION, &[Value::text(token)])?;
    Ok(())
}

fn role(row: &Row, column: usize) -> Result<Role, Fault> {
    let code: String = row.get(column)?;
    Role::from_code(&code).ok_or_else(|| Fault::new("an account with an unknown role"))
}

fn zone(row: &Row, column: usize) -> Result<Zone, Fault> {
    let name: String = row.get(column)?;
    Zone::named(&name).map_err(|e| Fault::of("an organisation's zone", e))
}
