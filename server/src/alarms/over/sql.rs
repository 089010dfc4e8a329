//! What is over of alarms.

crate::statements! {
    /// Ended alarms that were pressed before a moment.
    OLD = "SELECT COUNT(*), MIN(pressed_at) FROM alarm
            WHERE organisation = $1 AND pressed_at < $2
              AND phase NOT IN ('armed', 'notifying', 'exhausted', 'acknowledged')";
    /// Erases their positions.
    FORGET_THEIR_POSITIONS = "DELETE FROM alarm_position WHERE alarm IN
                                (SELECT a.id FROM alarm a
                                  WHERE a.organisation = $1 AND a.pressed_at < $2
                                    AND a.phase NOT IN ('armed', 'notifying', 'exhausted', 'acknowledged'))";
    /// Erases their trail.
    FORGET_TRAIL = "DELETE FROM alarm_entry WHERE alarm IN
                      (SELECT a.id FROM alarm a
                        WHERE a.organisation = $1 AND a.pressed_at < $2
                          AND a.phase NOT IN ('armed', 'notifying', 'exhausted', 'acknowledged'))";
    /// Erases them.
    FORGET = "DELETE FROM alarm WHERE organisation = $1 AND pressed_at < $2
                AND phase NOT IN ('armed', 'notifying', 'exhausted', 'acknowledged')";
    /// Ended sessions that were last heard of before a moment.
    OLD_SESSIONS = "SELECT COUNT(*), MIN(heard_at) FROM lone_session
                     WHERE organisation = $1 AND heard_at < $2 AND state <> 'open'";
    /// Erases them.
    FORGET_SESSIONS = "DELETE FROM lone_session
                        WHERE organisation = $1 AND heard_at < $2 AND state <> 'open'";
    /// Positions that came before a moment.
    OLD_POSITIONS = "SELECT COUNT(*), MIN(p.received_at)
                       FROM alarm_position p JOIN alarm a ON a.id = p.alarm
                      WHERE a.organisation = $1 AND p.received_at < $2";
    /// Erases them.
    FORGET_POSITIONS = "DELETE FROM alarm_position WHERE alarm IN
                          (SELECT a.id FROM alarm a WHERE a.organisation = $1) AND received_at < $2";
    /// Settings that were replaced before a moment: they name people and their numbers.
    OLD_SETTINGS = "SELECT COUNT(*), MIN(l.changed_at)
                      FROM alarm_settings s
                      JOIN alarm_settings l ON l.organisation = s.organisation AND l.n = s.n + 1
                     WHERE s.organisation = $1 AND l.changed_at < $2";
    /// Erases them.
    FORGET_SETTINGS = "DELETE FROM alarm_settings WHERE organisation = $1
                         AND n < (SELECT MAX(l.n) FROM alarm_settings l
                                   WHERE l.organisation = $1 AND l.changed_at < $2)";
}
