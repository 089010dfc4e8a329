//! "Envoyer une notification de test" (row W-36): every way to somebody is tried at once, and each shows
//! whether it was sent and whether it arrived: the browser or phone says so, or the person does. The
//! office may try with a caregiver, while both are on the telephone.

mod sql;

use releve_shared::alarm::{Channel, Delivery};
use releve_shared::id::{MembershipId, NoticeTestId, OrganisationId};
use releve_shared::notice::{NoticeTest, TestLine, Witness};
use releve_shared::refusal::Refusal;
use releve_shared::sync::{ConfirmTest, RowKind, Scope};
use releve_shared::time::{HOUR_MS, Moment};

use super::rules::{self, To};
use super::{Kind, Urgent, mine, push};
use crate::audit::note;
use crate::db::{Answer, Tx};
use crate::identity::By;
use crate::people;
use crate::retention::Pass;
use crate::visits::Reception;
use sql::Kept;

pub use sql::{ALL, OLD};

/// Tests in an hour, of one account or for one caregiver: a text message costs.
const MOST_AN_HOUR: u64 = 20;

/// Tries every way to the account itself, wished or not, quiet hours or not.
///
/// # Errors
/// [`Refusal::TooManyTries`].
pub(super) fn try_mine(tx: &mut Tx, by: &By, id: NoticeTestId, now: Moment) -> Answer<()> {
    let own = mine::one(tx, by)?;
    let test = Kept {
        id,
        organisation: by.organisation,
        asked_by: None,
        account: Some(by.account),
        membership: None,
        asked_at: now,
        by_name: None,
    };
    begin(tx, &test, Channel::Desk, &rules::reached(&own))?;
    note(tx, by, "notice.test", id, "", now)?;
    Ok(())
}

/// Tries every way to a caregiver, together with her.
///
/// # Errors
/// [`Refusal::NotFound`] for somebody who does not work here; [`Refusal::TooManyTries`].
pub(super) fn try_with(
    tx: &mut Tx,
    by: &By,
    membership: MembershipId,
    id: NoticeTestId,
    now: Moment,
) -> Answer<()> {
    let phone = sql::phone(tx, by.organisation, membership)?.ok_or(Refusal::NotFound)?;
    let test = Kept {
        id,
        organisation: by.organisation,
        asked_by: Some(by.account),
        account: None,
        membership: Some(membership),
        asked_at: now,
        by_name: None,
    };
    let ways = hers(tx, by.organisation, membership, phone)?;
    begin(tx, &test, Channel::App, &ways)?;
    note(tx, by, "notice.test", membership, "", now)?;
    Ok(())
}

/// A caregiver tries every way to herself, from her phone.
///
/// # Errors
/// [`Refusal::NotFound`] for somebody who does not work here any more; [`Refusal::TooManyTries`].
pub fn try_hers(tx: &mut Tx, from: &Reception<'_>, id: NoticeTestId) -> Answer<()> {
    let own = people::membership_of(tx, from.organisation, from.person)?;
    let membership = own.ok_or(Refusal::NotFound)?;
    let phone = sql::phone(tx, from.organisation, membership)?.ok_or(Refusal::NotFound)?;
    let test = Kept {
        id,
        organisation: from.organisation,
        asked_by: None,
        account: None,
        membership: Some(membership),
        asked_at: from.at,
        by_name: None,
    };
    let ways = hers(tx, from.organisation, membership, phone)?;
    begin(tx, &test, Channel::App, &ways)
}

fn hers(
    tx: &mut Tx,
    organisation: OrganisationId,
    membership: MembershipId,
    phone: String,
) -> Answer<Vec<To>> {
    let pushes = push::of_caregiver(tx, organisation, membership)?.into_iter();
    let to = |channel, recipient, name| To { account: None, channel, recipient, name };
    let mut ways: Vec<To> =
        pushes.map(|(id, name)| to(Channel::Push, id.to_string(), name)).collect();
    if !phone.is_empty() {
        ways.push(to(Channel::Sms, phone, String::new()));
    }
    Ok(ways)
}

/// Keeps a test with its ways: `own` is the screen that is told without a notice.
fn begin(tx: &mut Tx, test: &Kept, own: Channel, ways: &[To]) -> Answer<()> {
    // Whoever asks is limited over all that they ask for; a caregiver over all that reaches her.
    let whose = (test.account.or(test.asked_by), test.membership);
    let since = test.asked_at.plus(-HOUR_MS);
    if sql::lately(tx, test.organisation, since, whose)? >= MOST_AN_HOUR {
        return Err(Refusal::TooManyTries.into());
    }
    if !sql::add(tx, test)? {
        return Ok(());
    }
    sql::add_line(tx, test.id, (0, &own, ""), None)?;
    for (n, to) in (1..).zip(ways) {
        let urgent = Urgent {
            organisation: test.organisation,
            kind: Kind::Test,
            about: test.id.to_string(),
            part: String::new(),
            channel: to.channel.clone(),
            recipient: to.recipient.clone(),
            name: to.name.clone(),
        };
        let notice = super::queue_at_once(tx, &urgent, to.account, test.asked_at)?;
        let shown = if to.name.is_empty() { &to.recipient } else { &to.name };
        sql::add_line(tx, test.id, (n, &to.channel, shown), Some(notice))?;
    }
    announce(tx, test);
    Ok(())
}

/// Both sides look at it: the desk, and the phone of a caregiver.
fn announce(tx: &mut Tx, test: &Kept) {
    if let Some(membership) = test.membership {
        tx.changed(&Scope::membership(membership), &RowKind::NoticeTest, test.id);
    }
    tx.tell(&Scope::desk(test.organisation));
}

/// A notice of a test has moved.
pub(super) fn moved(tx: &mut Tx, about: &str) -> Answer<()> {
    if let Ok(id) = about.parse()
        && let Some(test) = sql::test(tx, id)?
    {
        announce(tx, &test);
    }
    Ok(())
}

/// Reads a test of the organisation.
///
/// # Errors
/// [`Refusal::NotFound`].
pub(super) fn read(tx: &mut Tx, by: &By, id: NoticeTestId) -> Answer<NoticeTest> {
    let test = of_here(tx, by, id)?;
    shown(tx, test)
}

fn of_here(tx: &mut Tx, by: &By, id: NoticeTestId) -> Answer<Kept> {
    let found = sql::test(tx, id)?.filter(|test| test.organisation == by.organisation);
    Ok(found.ok_or(Refusal::NotFound)?)
}

fn shown(tx: &mut Tx, test: Kept) -> Answer<NoticeTest> {
    let mut lines = Vec::new();
    for line in sql::lines(tx, test.id)? {
        // Without a notice it goes with the stream or the synchronisation: it has left.
        let at = match line.notice {
            Some(notice) => super::sql::state(tx, test.organisation, notice)?,
            None => None,
        };
        let (state, error) = at.map_or((Delivery::Sent, None), |at| (at.state, at.error));
        lines.push(TestLine {
            n: line.n,
            channel: line.channel,
            name: line.name,
            state,
            error,
            received_at: line.received_at,
            received_by: line.received_by,
        });
    }
    let asked_by = test.by_name.unwrap_or_default();
    Ok(NoticeTest { id: test.id, asked_by, asked_at: test.asked_at, lines })
}

/// Notes that a way of a test has arrived: said by the browser, or by a person at the desk. The first
/// word counts.
///
/// # Errors
/// [`Refusal::NotFound`]; [`Refusal::NotAllowed`] for whom it was neither sent to nor asked by.
pub(super) fn confirm(
    tx: &mut Tx,
    by: &By,
    id: NoticeTestId,
    (line, witness): (&Line, &Witness),
    now: Moment,
) -> Answer<NoticeTest> {
    let test = of_here(tx, by, id)?;
    if test.account != Some(by.account) && test.asked_by != Some(by.account) {
        return Err(Refusal::NotAllowed.into());
    }
    let lines = sql::lines(tx, id)?;
    let found = lines.iter().find(|kept| match line {
        Line::N(n) => kept.n == *n,
        Line::Notice(notice) => kept.notice == Some(*notice),
    });
    let n = found.ok_or(Refusal::NotFound)?.n;
    if sql::received(tx, (id, n), witness, now)? {
        announce(tx, &test);
    }
    shown(tx, test)
}

/// Which way of a test: by its number, or by the notice that a browser has got.
pub(super) enum Line {
    /// By its number.
    N(u16),
    /// By its notice.
    Notice(releve_shared::id::NoticeId),
}

/// Notes what a phone, or who holds it, says of a test.
///
/// # Errors
/// [`Refusal::NotFound`] for a test that is not hers.
pub fn confirm_hers(tx: &mut Tx, from: &Reception<'_>, said: &ConfirmTest) -> Answer<()> {
    let test = sql::test(tx, said.test)?.filter(|test| test.organisation == from.organisation);
    let test = test.ok_or(Refusal::NotFound)?;
    let own = people::membership_of(tx, from.organisation, from.person)?;
    if own.is_none() || test.membership != own {
        return Err(Refusal::NotFound.into());
    }
    let witness = if said.by == Witness::Person { Witness::Person } else { Witness::Device };
    if sql::received(tx, (test.id, said.n), &witness, from.at)? {
        announce(tx, &test);
    }
    Ok(())
}

/// The body of a test for a phone.
///
/// # Errors
/// Those of the database.
pub fn test_body(tx: &mut Tx, id: &str) -> Answer<Option<String>> {
    let Ok(id) = id.parse() else { return Ok(None) };
    let Some(test) = sql::test(tx, id)?.filter(|test| test.membership.is_some()) else {
        return Ok(None);
    };
    let test = shown(tx, test)?;
    let text = serde_json::to_string(&test);
    Ok(Some(text.map_err(|e| crate::db::Fault::of("writing a test", e))?))
}

/// Erases old tests; they leave the phones. Gives how many.
pub(super) fn forget(tx: &mut Tx, pass: &Pass) -> Answer<u64> {
    let mut gone = 0;
    for (id, membership) in sql::old(tx, pass.organisation, pass.before)? {
        if let Some(membership) = membership {
            tx.gone(&Scope::membership(membership), &RowKind::NoticeTest, id);
        }
        sql::forget(tx, id)?;
        gone += 1;
    }
    Ok(gone)
}
