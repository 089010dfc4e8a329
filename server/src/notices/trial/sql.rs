//! Every statement of tests of notices.

use releve_shared::alarm::Channel;
use releve_shared::id::{AccountId, MembershipId, NoticeId, NoticeTestId, OrganisationId};
use releve_shared::notice::Witness;
use releve_shared::time::Moment;

use crate::db::{Fault, Row, Tx};

crate::code_columns!(Witness);

crate::statements! {
    /// Keeps a test.
    ADD = "INSERT INTO notice_test (id, organisation, asked_by, account, membership, asked_at)
           VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (id) DO NOTHING";
    /// Keeps a way that it tries.
    ADD_LINE = "INSERT INTO notice_test_line (test, n, channel, name, notice)
                VALUES ($1, $2, $3, $4, $5) ON CONFLICT (test, n) DO NOTHING";
    /// A test.
    TEST = "SELECT t.organisation, t.asked_by, t.account, t.membership, t.asked_at, a.name
              FROM notice_test t LEFT JOIN account a ON a.id = t.asked_by
             WHERE t.id = $1";
    /// Its ways, in order.
    LINES = "SELECT n, channel, name, notice, received_at, received_by FROM notice_test_line
              WHERE test = $1 ORDER BY n";
    /// Notes that a way has arrived; a person's word comes after a device's, not the other way round.
    RECEIVED = "UPDATE notice_test_line SET received_at = $1, received_by = $2
                 WHERE test = $3 AND n = $4 AND received_at IS NULL";
    /// The telephone of a caregiver who works here; empty when there is none.
    PHONE = "SELECT p.phone FROM membership m JOIN person p ON p.id = m.person
              WHERE m.id = $1 AND m.organisation = $2 AND m.state = 'active'";
    /// Tests of before a moment, counted.
    OLD = "SELECT COUNT(*), MIN(asked_at) FROM notice_test WHERE organisation = $1 AND asked_at < $2";
    /// Which they are.
    OLD_ONES = "SELECT id, membership FROM notice_test WHERE organisation = $1 AND asked_at < $2";
    /// Erases the ways of a test.
    FORGET_LINES = "DELETE FROM notice_test_line WHERE test = $1";
    /// Erases a test.
    FORGET = "DELETE FROM notice_test WHERE id = $1";
    /// How many tests were asked for of late: by an account, or for a caregiver.
    LATELY = "SELECT COUNT(*) FROM notice_test
               WHERE organisation = $1 AND asked_at > $2
                 AND (account = $3 OR asked_by = $3 OR membership = $4)";
}

/// A test as it is kept.
#[derive(Clone, Debug)]
pub struct Kept {
    pub id: NoticeTestId,
    pub organisation: OrganisationId,
    pub asked_by: Option<AccountId>,
    pub account: Option<AccountId>,
    pub membership: Option<MembershipId>,
    pub asked_at: Moment,
    /// The name of who has asked; read only.
    pub by_name: Option<String>,
}

pub fn add(tx: &mut Tx, new: &Kept) -> Result<bool, Fault> {
    let row = [
        new.id.into(),
        new.organisation.into(),
        new.asked_by.into(),
        new.account.into(),
        new.membership.into(),
        new.asked_at.into(),
    ];
    Ok(tx.execute(&ADD, &row)? > 0)
}

pub fn add_line(
    tx: &mut Tx,
    test: NoticeTestId,
    (n, channel, name): (u16, &Channel, &str),
    notice: Option<NoticeId>,
) -> Result<u64, Fault> {
    let row = [test.into(), n.into(), channel.into(), name.into(), notice.into()];
    tx.execute(&ADD_LINE, &row)
}

pub fn test(tx: &mut Tx, id: NoticeTestId) -> Result<Option<Kept>, Fault> {
    let read = |r: Row| {
        Ok(Kept {
            id,
            organisation: r.get(0)?,
            asked_by: r.get(1)?,
            account: r.get(2)?,
            membership: r.get(3)?,
            asked_at: r.get(4)?,
            by_name: r.get(5)?,
        })
    };
    tx.query_opt(&TEST, &[id.into()])?.map(read).transpose()
}

/// A way that is tried, as it is kept.
#[derive(Clone, Debug)]
pub struct Line {
    pub n: u16,
    pub channel: Channel,
    pub name: String,
    pub notice: Option<NoticeId>,
    pub received_at: Option<Moment>,
    pub received_by: Option<Witness>,
}

pub fn lines(tx: &mut Tx, id: NoticeTestId) -> Result<Vec<Line>, Fault> {
    let read = |r: &Row| {
        Ok(Line {
            n: r.get(0)?,
            channel: r.get(1)?,
            name: r.get(2)?,
            notice: r.get(3)?,
            received_at: r.get(4)?,
            received_by: r.get(5)?,
        })
    };
    tx.query(&LINES, &[id.into()])?.iter().map(read).collect()
}

pub fn received(
    tx: &mut Tx,
    (test, n): (NoticeTestId, u16),
    by: &Witness,
    at: Moment,
) -> Result<bool, Fault> {
    Ok(tx.execute(&RECEIVED, &[at.into(), by.into(), test.into(), n.into()])? > 0)
}

pub fn phone(
    tx: &mut Tx,
    organisation: OrganisationId,
    membership: MembershipId,
) -> Result<Option<String>, Fault> {
    tx.query_opt(&PHONE, &[membership.into(), organisation.into()])?.map(|r| r.get(0)).transpose()
}

pub fn old(
    tx: &mut Tx,
    organisation: OrganisationId,
    before: Moment,
) -> Result<Vec<(NoticeTestId, Option<MembershipId>)>, Fault> {
    let rows = tx.query(&OLD_ONES, &[organisation.into(), before.into()])?;
    rows.iter().map(|r| Ok((r.get(0)?, r.get(1)?))).collect()
}

pub fn forget(tx: &mut Tx, id: NoticeTestId) -> Result<(), Fault> {
    tx.execute(&FORGET_LINES, &[id.into()])?;
    tx.execute(&FORGET, &[id.into()])?;
    Ok(())
}

pub fn lately(
    tx: &mut Tx,
    organisation: OrganisationId,
    since: Moment,
    (account, membership): (Option<AccountId>, Option<MembershipId>),
) -> Result<u64, Fault> {
    let row = [organisation.into(), since.into(), account.into(), membership.into()];
    tx.query_one(&LATELY, &row)?.get(0)
}
