//! What is over of sign-ins and phones.

crate::statements! {
    /// Sign-ins of before a moment.
    OLD = "SELECT COUNT(*), MIN(s.created_at) FROM session s JOIN account a ON a.id = s.account
            WHERE a.organisation = $1 AND s.created_at < $2";
    /// Erases the codes that were over then.
    FORGET_ENROLMENTS = "DELETE FROM enrolment WHERE organisation = $1 AND expires_at < $2";
    /// Erases them.
    FORGET = "DELETE FROM session WHERE account IN (SELECT a.id FROM account a WHERE a.organisation = $1)
                                    AND created_at < $2";
    /// Phones that are used no more, and were last seen before a moment.
    OLD_PHONES = "SELECT COUNT(*), MIN(last_seen_at) FROM device
                   WHERE organisation = $1 AND last_seen_at < $2
                     AND state IN ('wiped', 'signed_out', 'revoked')
                     AND (name <> '' OR sim_number IS NOT NULL OR block_note IS NOT NULL)";
    /// Erases what tells whose they were; the key stays, by which their stamps verify.
    FORGET_PHONES = "UPDATE device SET name = '', sim_number = NULL, block_note = NULL
                      WHERE organisation = $1 AND last_seen_at < $2
                        AND state IN ('wiped', 'signed_out', 'revoked')
                        AND (name <> '' OR sim_number IS NOT NULL OR block_note IS NOT NULL)";
}
