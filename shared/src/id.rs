//! Typed ids: UUIDv7, made where the act happens, of time and chance given by the caller.

use std::fmt;
use std::str::FromStr;

use crate::time::Moment;

/// Ten bytes of chance, drawn by the caller; see RFC 9562 section 5.7.
pub type Chance = [u8; 10];

/// A text that is not an id.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("not an id")]
pub struct NotAnId;

macro_rules! ids {
    ($($(#[$meta:meta])* $name:ident,)+) => {$(
        $(#[$meta])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
        #[cfg_attr(feature = "ts", derive(ts_rs::TS), ts(as = "String", export))]
        #[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(value_type = String))]
        #[serde(transparent)]
        pub struct $name(uuid::Uuid);

        impl $name {
            /// A new id (UUIDv7, RFC 9562) of the moment of the act and ten bytes of chance.
            #[must_use]
            pub fn new(at: Moment, chance: Chance) -> Self {
                let ms = u64::try_from(at.0).unwrap_or(0);
                Self(uuid::Builder::from_unix_timestamp_millis(ms, &chance).into_uuid())
            }

            /// The id as a bare UUID.
            #[must_use]
            pub fn uuid(self) -> uuid::Uuid {
                self.0
            }
        }

        impl From<uuid::Uuid> for $name {
            fn from(uuid: uuid::Uuid) -> Self {
                Self(uuid)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}({})", stringify!($name), self.0)
            }
        }

        impl FromStr for $name {
            type Err = NotAnId;
            fn from_str(text: &str) -> Result<Self, NotAnId> {
                uuid::Uuid::parse_str(text).map(Self).map_err(|_| NotAnId)
            }
        }
    )+};
}

ids! {
    /// The tenant: agency, hospital, ARS, prescribing structure.
    OrganisationId,
    /// A site of an organisation.
    EstablishmentId,
    /// A human being, known once whatever the employers.
    PersonId,
    /// A person in an establishment: contract, hours, planning.
    MembershipId,
    /// A person helped at home.
    ClientId,
    /// A tag (NFC or QR) that stays at a client's home.
    HomeTagId,
    /// A planned or performed presence at a client's home.
    VisitId,
    /// A raw stamp of start or end; also the id of the command that carried it.
    ClockEventId,
    /// An enrolled phone.
    DeviceId,
    /// A one-time enrolment of a phone.
    EnrolmentId,
    /// A thread between the office and a caregiver.
    ThreadId,
    /// A message of a thread; for one of a phone, also the id of its command.
    MessageId,
    /// A request to be called back; also the id of the command that asked first.
    CallbackId,
    /// An entry of the staff directory.
    DirectoryEntryId,
    /// What a caregiver asks of the office; also the id of the command that asked.
    RequestId,
    /// A notice to be sent: mail, SMS, push or call.
    NoticeId,
    /// A test of notices; for one asked on a phone, also the id of its command.
    NoticeTestId,
    /// Where a browser or a phone is reached by push; for a phone also the id of its command.
    SubscriptionId,
    /// A lone worker's alarm (DATI): made at the press, the same on phone, SMS and server.
    AlarmId,
    /// A stretch of lone work that is watched, from its opening to its end.
    LoneSessionId,
    /// A command of a phone's outbox.
    CommandId,
    /// A desk sign-in.
    AccountId,
    /// A desk session.
    SessionId,
    /// An entry of the audit log.
    AuditId,
    /// A kind of help that the office bills.
    ServiceTypeId,
    /// A photo of a receipt.
    ReceiptId,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_sort_by_the_moment_they_were_made() {
        let early = VisitId::new(Moment(1_000), [255; 10]);
        let late = VisitId::new(Moment(1_001), [0; 10]);
        assert!(early < late);
        assert_eq!(early.uuid().get_version_num(), 7);
    }

    #[test]
    fn an_id_survives_its_text_and_json() {
        let id = ClientId::new(Moment(1_700_000_000_000), [7; 10]);
        assert_eq!(id.to_string().parse(), Ok(id));
        let json = serde_json::to_string(&id).unwrap();
        assert_eq!(serde_json::from_str::<ClientId>(&json).unwrap(), id);
        assert_eq!("no".parse::<ClientId>(), Err(NotAnId));
    }
}
