//! Refusals: answers, not faults. A stable code, translated by the screens, stored as an outcome.

use crate::wire_enum;

wire_enum! {
    /// Why an act, a request or a reading is refused.
    ///
    /// A refusal is an answer: it is part of the wire, stored as a command's outcome, and has a
    /// sentence in each language. What breaks is a `Fault`, which is never stored.
    pub enum Refusal {
        // Readings of a tag
        /// Nothing that looks like a code or a tag was found.
        Unreadable = "unreadable",
        /// A code that is no home tag of Relève.
        NotAHomeTag = "not_a_home_tag",
        /// The signature does not hold: a forged or damaged tag.
        TagForged = "tag_forged",
        /// A true tag of another organisation.
        TagForeign = "tag_foreign",
        /// A tag withdrawn by the office.
        TagRevoked = "tag_revoked",
        /// A signed tag that this phone or server does not know.
        TagUnknown = "tag_unknown",
        /// The tag of another client than the visit's.
        WrongClient = "wrong_client",
        /// A tap whose counter was used already (NTAG 424 DNA).
        TagReplayed = "tag_replayed",
        /// The camera may not be used, or there is none.
        NoCamera = "no_camera",
        /// This device reads no NFC tag, or no reader is plugged in.
        NoNfc = "no_nfc",

        // Clocking
        /// The visit was started already.
        AlreadyStarted = "already_started",
        /// The visit was ended already.
        AlreadyEnded = "already_ended",
        /// An end without a start; the way on is a forgotten start (row O-18).
        NotStarted = "not_started",
        /// Another visit is in progress: end it first.
        OtherVisitInProgress = "other_visit_in_progress",
        /// No visit is planned with this client now; the way on is an unplanned visit.
        NoVisitPlanned = "no_visit_planned",
        /// The visit was cancelled by the office.
        VisitCancelled = "visit_cancelled",
        /// A manual stamp without its reason (row O-16).
        ReasonMissing = "reason_missing",
        /// The thirty seconds to undo are over.
        TooLateToUndo = "too_late_to_undo",
        /// A declared time in the future, or an end before its start.
        TimeImpossible = "time_impossible",

        // Access
        /// It does not exist, or the caller may not know that it does.
        NotFound = "not_found",
        /// Known, but not for this role.
        NotAllowed = "not_allowed",
        /// Nobody is signed in, or the session is over. Data is kept.
        SignInNeeded = "sign_in_needed",
        /// The name or the password is wrong; which one is not said.
        WrongCredentials = "wrong_credentials",
        /// Too many tries; the answer says when to come back.
        TooManyTries = "too_many_tries",
        /// A password that is too short, too plain or well known.
        WeakPassword = "weak_password",
        /// The enrolment code is wrong, used or expired.
        EnrolmentOver = "enrolment_over",
        /// This phone was blocked by the office (row O-44).
        DeviceBlocked = "device_blocked",
        /// A token on another device than its own.
        WrongDevice = "wrong_device",
        /// A superseded token came back: the whole family is revoked.
        TokenReused = "token_reused",
        /// The reading lease is over: go online to read again. Clocking goes on.
        LeaseOver = "lease_over",
        /// The phone is not enrolled.
        NotEnrolled = "not_enrolled",
        /// The phone is enrolled already: sign out first.
        AlreadyEnrolled = "already_enrolled",
        /// The office has not ticked "Transmettre" (row O-06).
        NotTransmitted = "not_transmitted",

        // Input
        /// A field is missing or not of its kind.
        Invalid = "invalid",
        /// A text longer than its limit.
        TooLong = "too_long",
        /// Somebody else changed it meanwhile: look again.
        Stale = "stale",
        /// It exists already.
        Exists = "exists",
        /// It is still in use by something else.
        InUse = "in_use",
        /// The worker has another visit at that time.
        Overlap = "overlap",
        /// The picture is too large or not a picture.
        NotAPicture = "not_a_picture",

        // Alarms
        /// Somebody else has taken the alarm in charge.
        AlarmTaken = "alarm_taken",
        /// The worker herself cannot take her own alarm in charge.
        OwnAlarm = "own_alarm",
        /// The alarm is closed.
        AlarmOver = "alarm_over",
        /// Her lone work is under watch already.
        AlreadyWatched = "already_watched",

        // Commands
        /// The same id with other bytes.
        CommandChanged = "command_changed",
        /// A kind of command that this server does not know.
        CommandUnknown = "command_unknown",
        /// A chain of stamps that does not verify (row B-01).
        ProofBroken = "proof_broken",
        /// The app is too old; its badges and alarms are still taken.
        UpdateNeeded = "update_needed",

        // The phone itself
        /// No network, or the server does not answer. Nothing is lost.
        Offline = "offline",
        /// An answer that is not the server's: a captive portal, a proxy.
        NotTheServer = "not_the_server",
        /// The phone's storage is full.
        StorageFull = "storage_full",
        /// The phone's own database is damaged or of a newer version.
        StorageBroken = "storage_broken",
        /// Something failed; trying again is safe.
        TryAgain = "try_again",
    }
}

impl std::error::Error for Refusal {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_code_is_its_own_and_comes_back() {
        let mut seen = std::collections::BTreeSet::new();
        for code in Refusal::KNOWN {
            assert!(seen.insert(code), "{code} twice");
            assert_eq!(Refusal::from_code(code).code(), *code);
            assert!(!matches!(Refusal::from_code(code), Refusal::Unknown(_)));
        }
    }

    #[test]
    fn a_newer_code_is_kept_unchanged() {
        let read: Refusal = serde_json::from_str("\"of_tomorrow\"").unwrap();
        assert_eq!(read, Refusal::Unknown("of_tomorrow".to_owned()));
        assert_eq!(serde_json::to_string(&read).unwrap(), "\"of_tomorrow\"");
    }
}
