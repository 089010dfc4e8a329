//! What is over of visits. The only statements of the product that delete stamps: after five years, the
//! oldest of each phone first, so that what is left of its chain still verifies.

crate::statements! {
    /// Visits that ended before a moment.
    OLD = "SELECT COUNT(*), MIN(ends_at) FROM visit WHERE organisation = $1 AND ends_at < $2";
    /// Words of stamps that came before a moment.
    FORGET_STAMP_NOTES = "DELETE FROM clock_note WHERE event IN
                            (SELECT e.id FROM clock_event e
                              WHERE e.organisation = $1 AND e.received_at < $2)";
    /// What was made of them.
    FORGET_MEASURES = "DELETE FROM clock_measure WHERE event IN
                         (SELECT e.id FROM clock_event e
                           WHERE e.organisation = $1 AND e.received_at < $2)";
    /// The stamps.
    FORGET_STAMPS = "DELETE FROM clock_event WHERE organisation = $1 AND received_at < $2";
    /// The heads of chains that were signed before.
    FORGET_HEADS = "DELETE FROM chain_head WHERE device IN
                      (SELECT d.id FROM device d WHERE d.organisation = $1) AND received_at < $2";
    /// Visits of which no stamp is left.
    GONE = "SELECT v.id FROM visit v
             WHERE v.organisation = $1 AND v.ends_at < $2
               AND NOT EXISTS (SELECT 1 FROM clock_event e WHERE e.visit = v.id) ORDER BY v.id";
    /// Who had such a visit.
    FORGET_HOLDERS = "DELETE FROM visit_holder WHERE visit = $1";
    /// Decisions that were taken back.
    FORGET_UNDONE = "DELETE FROM retained_undone WHERE visit = $1";
    /// Decisions.
    FORGET_RETAINED = "DELETE FROM retained_period WHERE visit = $1";
    /// What the worker wrote.
    FORGET_NOTES = "DELETE FROM visit_notes WHERE visit = $1";
    /// The visit.
    FORGET_VISIT = "DELETE FROM visit WHERE id = $1";

    /// Visits of before a moment about which there are words.
    OLD_WORDS = "SELECT COUNT(*), MIN(v.ends_at) FROM visit v JOIN visit_notes n ON n.visit = v.id
                  WHERE v.organisation = $1 AND v.ends_at < $2
                    AND (n.comment <> '' OR n.report <> '' OR n.distance_note <> '')";
    /// Erases the words; kilometres and expenses stay.
    FORGET_WORDS = "UPDATE visit_notes SET comment = '', report = '', distance_note = ''
                     WHERE (comment <> '' OR report <> '' OR distance_note <> '') AND visit IN
                           (SELECT v.id FROM visit v WHERE v.organisation = $1 AND v.ends_at < $2)";
    /// Visits of before a moment with instructions.
    OLD_INSTRUCTIONS = "SELECT COUNT(*), MIN(ends_at) FROM visit
                         WHERE organisation = $1 AND ends_at < $2 AND instructions <> ''";
    /// Erases them.
    FORGET_INSTRUCTIONS = "UPDATE visit SET instructions = ''
                            WHERE organisation = $1 AND ends_at < $2 AND instructions <> ''";
    /// Words of stamps that came before a moment.
    OLD_STAMP_NOTES = "SELECT COUNT(*), MIN(e.received_at)
                         FROM clock_note n JOIN clock_event e ON e.id = n.event
                        WHERE e.organisation = $1 AND e.received_at < $2";

    /// The words about a client whose sheet goes.
    CLIENT_WORDS = "UPDATE visit_notes SET comment = '', report = '', distance_note = ''
                     WHERE visit IN (SELECT v.id FROM visit v WHERE v.client = $1)";
    /// The instructions there.
    CLIENT_INSTRUCTIONS = "UPDATE visit SET instructions = '' WHERE client = $1 AND instructions <> ''";
    /// The words of stamps there.
    CLIENT_STAMP_NOTES = "DELETE FROM clock_note WHERE event IN
                            (SELECT e.id FROM clock_event e JOIN visit v ON v.id = e.visit
                              WHERE v.client = $1)";
}
