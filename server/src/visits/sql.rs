//! Every statement of the room. A stamp is inserted and read; none here changes or deletes one.

crate::statements! {
    /// A new visit.
    ADD = "INSERT INTO visit (id, organisation, membership, client, service, starts_at, ends_at, state,
                              instructions, held, rev, created_at)
           VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, 1, $11)";
    /// Claims a visit of an organisation.
    CLAIM = "UPDATE visit SET rev = rev + 1 WHERE id = $1 AND organisation = $2
             RETURNING rev, membership, client, service, starts_at, ends_at, state, instructions, held";
    /// Claims the planning of a worker at work, so that two visits cannot overlap unseen.
    CLAIM_WORKER = "UPDATE membership SET rev = rev WHERE id = $1 AND organisation = $2
                    RETURNING state";
    /// A client of the organisation whose sheet is here: touched, so that it is not erased meanwhile.
    CLAIM_CLIENT = "UPDATE client SET touched_at = CASE WHEN touched_at < $1 THEN $1 ELSE touched_at END
                     WHERE id = $2 AND organisation = $3 AND erased_at IS NULL RETURNING id";
    /// Other visits of the worker that overlap a period.
    OVERLAPS = "SELECT id FROM visit
                 WHERE membership = $1 AND starts_at < $2 AND ends_at > $3 AND state = 'planned'
                   AND id <> $4
                 ORDER BY starts_at, id LIMIT 5";
    /// Writes a planned visit.
    WRITE = "UPDATE visit SET membership = $1, client = $2, service = $3, starts_at = $4, ends_at = $5,
                              instructions = $6, held = $7
              WHERE id = $8";
    /// Calls a visit off, or back on.
    WRITE_STATE = "UPDATE visit SET state = $1, cancel_reason = $2 WHERE id = $3";
    /// The worker who has a visit, from now on.
    HOLD = "INSERT INTO visit_holder (visit, membership, since) VALUES ($1, $2, $3)
            ON CONFLICT (visit, membership, since) DO UPDATE SET until = NULL";
    /// The worker who had it has it no more.
    RELEASE = "UPDATE visit_holder SET until = $1 WHERE visit = $2 AND until IS NULL";
    /// Who had a visit around a moment.
    HELD_BY = "SELECT membership FROM visit_holder
                WHERE visit = $1 AND membership = $2 AND (until IS NULL OR until >= $3)";
    /// Visits whose day has come into the window.
    ENTER = "UPDATE visit SET held = 1
              WHERE held = 0 AND organisation = $1 AND starts_at >= $2 AND starts_at < $3
              RETURNING id, membership";
    /// Visits whose day has left it.
    LEAVE = "UPDATE visit SET held = 0
              WHERE held = 1 AND organisation = $1 AND (starts_at < $2 OR starts_at >= $3)
              RETURNING id, membership";
    /// The stamps of a visit, with the planning that they are in.
    STAMP_IDS = "SELECT id, membership FROM clock_event WHERE visit = $1 ORDER BY id";

    /// Visits of a period with their people, what is retained and what was noted. Each of the three ways
    /// to name them has its own index; those that are not asked for end before they begin.
    BOARD = "SELECT v.id, v.membership, v.client, c.title, c.last_name, c.commune, v.service, v.starts_at,
                    v.ends_at, v.state, v.instructions, v.rev, p.first_name, p.last_name, c.first_name,
                    r.decision, r.starts_at, r.ends_at, r.reason, r.note, r.decided_by, r.decided_at,
                    n.distance_hm, n.expenses_cents, n.comment, v.cancel_reason,
                    n.distance_note, n.report
               FROM visit v
               JOIN client c ON c.id = v.client
               JOIN membership m ON m.id = v.membership
               JOIN person p ON p.id = m.person
               LEFT JOIN retained_period r ON r.visit = v.id
                AND r.n = (SELECT MAX(q.n) FROM retained_period q
                          WHERE q.visit = v.id AND NOT EXISTS (SELECT 1 FROM retained_undone u
                                                                WHERE u.visit = q.visit AND u.n = q.n))
               LEFT JOIN visit_notes n ON n.visit = v.id
              WHERE v.id IN (
                    SELECT w.id FROM visit w
                     WHERE w.organisation = $1 AND w.starts_at >= $2 AND w.starts_at < $3
                       AND $4 = '' AND $5 = ''
                    UNION ALL
                    SELECT w.id FROM visit w
                     WHERE w.membership = $4 AND w.starts_at >= $2 AND w.starts_at < $3
                       AND w.organisation = $1 AND ($5 = '' OR w.client = $5)
                    UNION ALL
                    SELECT w.id FROM visit w
                     WHERE w.client = $5 AND w.starts_at >= $2 AND w.starts_at < $3
                       AND w.organisation = $1 AND $4 = '')
              ORDER BY v.starts_at, v.id";
    /// One visit, the same way.
    ONE = "SELECT v.id, v.membership, v.client, c.title, c.last_name, c.commune, v.service, v.starts_at,
                  v.ends_at, v.state, v.instructions, v.rev, p.first_name, p.last_name, c.first_name,
                  r.decision, r.starts_at, r.ends_at, r.reason, r.note, r.decided_by, r.decided_at,
                  n.distance_hm, n.expenses_cents, n.comment, v.cancel_reason,
                    n.distance_note, n.report
             FROM visit v
             JOIN client c ON c.id = v.client
             JOIN membership m ON m.id = v.membership
             JOIN person p ON p.id = m.person
             LEFT JOIN retained_period r ON r.visit = v.id
              AND r.n = (SELECT MAX(q.n) FROM retained_period q
                          WHERE q.visit = v.id AND NOT EXISTS (SELECT 1 FROM retained_undone u
                                                                WHERE u.visit = q.visit AND u.n = q.n))
             LEFT JOIN visit_notes n ON n.visit = v.id
            WHERE v.id = $1 AND v.organisation = $2";
    /// What is judged of a visit.
    MET = "SELECT membership, client, state FROM visit WHERE id = $1 AND organisation = $2";
    /// What a phone may know of a visit.
    BODY = "SELECT v.id, v.membership, v.client, c.title, c.last_name, c.commune, v.service, v.starts_at,
                   v.ends_at, v.state, v.instructions
              FROM visit v JOIN client c ON c.id = v.client WHERE v.id = $1 AND v.held = 1";
    /// Which organisation a visit id belongs to, whoever asks.
    OWNER = "SELECT organisation FROM visit WHERE id = $1";
    /// The stamps of the same visits, measured.
    BOARD_STAMPS = "SELECT e.id, e.visit, e.kind, e.method, e.reason, e.voids, e.declared_at, k.at,
                           k.error_ms, k.quality, k.assurance, k.anomalies, e.device, e.seq, e.received_at
                      FROM visit v
                      JOIN clock_event e ON e.visit = v.id
                      JOIN clock_measure k ON k.event = e.id
                       AND k.n = (SELECT MAX(l.n) FROM clock_measure l WHERE l.event = e.id)
                     WHERE v.id IN (
                    SELECT w.id FROM visit w
                     WHERE w.organisation = $1 AND w.starts_at >= $2 AND w.starts_at < $3
                       AND $4 = '' AND $5 = ''
                    UNION ALL
                    SELECT w.id FROM visit w
                     WHERE w.membership = $4 AND w.starts_at >= $2 AND w.starts_at < $3
                       AND w.organisation = $1 AND ($5 = '' OR w.client = $5)
                    UNION ALL
                    SELECT w.id FROM visit w
                     WHERE w.client = $5 AND w.starts_at >= $2 AND w.starts_at < $3
                       AND w.organisation = $1 AND $4 = '')
                     ORDER BY e.id";
    /// The stamps of one visit, measured.
    VISIT_STAMPS = "SELECT e.id, e.visit, e.kind, e.method, e.reason, e.voids, e.declared_at, k.at,
                           k.error_ms, k.quality, k.assurance, k.anomalies, e.device, e.seq, e.received_at
                      FROM clock_event e
                      JOIN clock_measure k ON k.event = e.id
                       AND k.n = (SELECT MAX(l.n) FROM clock_measure l WHERE l.event = e.id)
                     WHERE e.visit = $1 AND e.organisation = $2
                     ORDER BY e.received_at, e.seq, e.id";
    /// One stamp, measured.
    STAMP = "SELECT e.id, e.visit, e.kind, e.method, e.reason, e.voids, e.declared_at, k.at,
                    k.error_ms, k.quality, k.assurance, k.anomalies, e.device, e.seq, e.received_at
               FROM clock_event e
               JOIN clock_measure k ON k.event = e.id
                AND k.n = (SELECT MAX(l.n) FROM clock_measure l WHERE l.event = e.id)
              WHERE e.id = $1";
    /// What was last heard of the phones of an organisation, the newest phone last.
    HEARD = "SELECT m.id, d.state, d.last_seen_at, d.last_sync_at, d.waiting
               FROM device d JOIN membership m ON m.person = d.person AND m.organisation = d.organisation
              WHERE d.organisation = $1 AND d.state IN ('active', 'blocked')
              ORDER BY d.enrolled_at, d.id";

    /// The same, of one worker.
    HEARD_OF = "SELECT m.id, d.state, d.last_seen_at, d.last_sync_at, d.waiting
                  FROM membership m JOIN device d ON d.person = m.person AND d.organisation = m.organisation
                 WHERE m.id = $1 AND m.organisation = $2 AND d.state IN ('active', 'blocked')
                 ORDER BY d.enrolled_at, d.id";

    /// Stores a stamp as it came; no row means that it is here already.
    ADD_STAMP = "INSERT INTO clock_event (id, organisation, device, seq, membership, visit, kind, method,
                                          reason, voids, declared_at, raw, hash, received_at)
                 VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)
                 ON CONFLICT (id) DO NOTHING RETURNING id";
    /// A stamp's raw bytes and reception.
    RAW = "SELECT organisation, device, raw, received_at, membership FROM clock_event WHERE id = $1";
    /// The stamp before another on its phone; one with the same number comes first.
    PREVIOUS = "SELECT seq, hash FROM clock_event WHERE device = $1 AND seq <= $2 AND id <> $3
                 ORDER BY seq DESC, received_at LIMIT 1";
    /// Stamps by true tags of other homes around one on its phone, and whether the home is in another
    /// commune.
    NEAR = "SELECT k.at, k.error_ms, k.quality,
                   CAST(CASE WHEN c.commune = mine.commune THEN 0 ELSE 1 END AS BIGINT)
              FROM clock_event e
              JOIN clock_measure k ON k.event = e.id
               AND k.n = (SELECT MAX(l.n) FROM clock_measure l WHERE l.event = e.id)
              JOIN visit v ON v.id = e.visit
              JOIN client c ON c.id = v.client
              JOIN client mine ON mine.id = $1
             WHERE e.device = $2 AND e.seq >= $3 AND e.seq <= $4 AND k.assurance <> 'manual'
               AND (c.street <> mine.street OR c.postal_code <> mine.postal_code)";
    /// A measure of a stamp.
    ADD_MEASURE = "INSERT INTO clock_measure (event, n, at, error_ms, quality, assurance, anomalies, made_at)
                   VALUES ($1, (SELECT COALESCE(MAX(l.n), 0) + 1 FROM clock_measure l WHERE l.event = $1),
                           $2, $3, $4, $5, $6, $7)";
    /// The membership of a stamp, when the phone that made it is that person's.
    TOLD_TO = "SELECT e.membership FROM clock_event e
                 JOIN membership m ON m.id = e.membership
                 JOIN device d ON d.id = e.device AND d.person = m.person
                WHERE e.id = $1";
    /// The words of a stamp's note.
    ADD_NOTE = "INSERT INTO clock_note (event, salt, text) VALUES ($1, $2, $3)
                ON CONFLICT (event) DO NOTHING";
    /// The newest stamps of a phone that better anchors may place better.
    UNSURE = "SELECT e.id FROM clock_event e
                JOIN clock_measure k ON k.event = e.id
                 AND k.n = (SELECT MAX(l.n) FROM clock_measure l WHERE l.event = e.id)
               WHERE e.device = $1 AND k.quality <> 'exact' ORDER BY e.seq DESC, e.id LIMIT 500";
    /// A signed head of a phone's chain.
    ADD_HEAD = "INSERT INTO chain_head (device, seq, hash, signature, received_at)
                VALUES ($1, $2, $3, $4, $5) ON CONFLICT (device, seq, hash) DO NOTHING";

    /// What the worker wrote about a visit.
    NOTES = "SELECT distance_hm, expenses_cents, comment, device, written_at, received_at, membership,
                    distance_note, report
               FROM visit_notes WHERE visit = $1";
    /// Writes it, over what was there.
    WRITE_NOTES = "INSERT INTO visit_notes (visit, membership, distance_hm, expenses_cents, comment, device,
                                            written_at, received_at, distance_note, report)
                   VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
                   ON CONFLICT (visit) DO UPDATE SET membership = excluded.membership,
                     distance_hm = excluded.distance_hm, expenses_cents = excluded.expenses_cents,
                     comment = excluded.comment, device = excluded.device,
                     written_at = excluded.written_at, received_at = excluded.received_at,
                     distance_note = excluded.distance_note, report = excluded.report";
    /// The visits of a period about which there are words, the newest first.
    REPORTS = "SELECT v.id, p.first_name, p.last_name, c.first_name, c.last_name, v.service, v.starts_at,
                      v.ends_at, n.comment, n.report, n.written_at, v.membership, v.client
                 FROM visit_notes n
                 JOIN visit v ON v.id = n.visit
                 JOIN client c ON c.id = v.client
                 JOIN membership m ON m.id = n.membership
                 JOIN person p ON p.id = m.person
                WHERE v.organisation = $1 AND v.starts_at >= $2 AND v.starts_at < $3
                  AND ($4 = '' OR v.membership = $4) AND ($5 = '' OR v.client = $5)
                  AND (n.comment <> '' OR n.report <> '')
                ORDER BY v.starts_at DESC, v.id LIMIT 1000";

    /// A decision of the office.
    ADD_RETAINED = "INSERT INTO retained_period (visit, n, decision, starts_at, ends_at, reason, note,
                                                 decided_by, account, decided_at)
                    VALUES ($1, (SELECT COALESCE(MAX(q.n), 0) + 1 FROM retained_period q WHERE q.visit = $1),
                            $2, $3, $4, $5, $6, $7, $8, $9)";
    /// Every decision on a visit, the oldest first.
    RETAINED = "SELECT r.decision, r.starts_at, r.ends_at, r.reason, r.note, r.decided_by, r.decided_at,
                       r.n, u.undone_by, u.undone_at
                  FROM retained_period r
                  LEFT JOIN retained_undone u ON u.visit = r.visit AND u.n = r.n
                 WHERE r.visit = $1 ORDER BY r.n";
    /// Every decision on the visits of a worker in a period, the oldest first.
    RETAINED_WITHIN = "SELECT r.decision, r.starts_at, r.ends_at, r.reason, r.note, r.decided_by, r.decided_at,
                              r.n, u.undone_by, u.undone_at, r.visit
                         FROM visit v
                         JOIN retained_period r ON r.visit = v.id
                         LEFT JOIN retained_undone u ON u.visit = r.visit AND u.n = r.n
                        WHERE v.membership = $1 AND v.starts_at >= $2 AND v.starts_at < $3
                        ORDER BY r.visit, r.n";
    /// Takes a decision back.
    UNDO_RETAINED = "INSERT INTO retained_undone (visit, n, undone_by, account, undone_at)
                     VALUES ($1, $2, $3, $4, $5) ON CONFLICT (visit, n) DO NOTHING";

    /// The raw stamps of a visit with their notes.
    PROOF = "SELECT e.id, e.raw, n.text
               FROM clock_event e LEFT JOIN clock_note n ON n.event = e.id
              WHERE e.visit = $1 AND e.organisation = $2 ORDER BY e.received_at, e.seq, e.id";
    /// The phones with stamps of visits of a period, and the numbers of those. A stamp whose visit is
    /// not known counts by its reception.
    MONTH = "SELECT e.device, d.public_key, MIN(e.seq), MAX(e.seq)
               FROM clock_event e JOIN device d ON d.id = e.device
               LEFT JOIN visit v ON v.id = e.visit AND v.organisation = e.organisation
              WHERE e.organisation = $1 AND COALESCE(v.starts_at, e.received_at) >= $2
                AND COALESCE(v.starts_at, e.received_at) < $3
              GROUP BY e.device, d.public_key ORDER BY e.device";
    /// The first head that a phone signed at or after a number.
    NEXT_HEAD = "SELECT seq FROM chain_head WHERE device = $1 AND seq >= $2 ORDER BY seq LIMIT 1";
    /// The raw stamps of a phone between two numbers, and whether each is of this organisation and of
    /// the period: the others keep their place in the chain, and are not shown.
    RAWS = "SELECT e.raw,
                   CAST(CASE WHEN e.organisation = $1 AND COALESCE(v.starts_at, e.received_at) >= $2
                              AND COALESCE(v.starts_at, e.received_at) < $3
                             THEN 1 ELSE 0 END AS BIGINT)
              FROM clock_event e
              LEFT JOIN visit v ON v.id = e.visit AND v.organisation = e.organisation
             WHERE e.device = $4 AND e.seq >= $5 AND e.seq <= $6
             ORDER BY e.seq, e.received_at, e.id";
    /// The heads that a phone which clocks for the organisation signed between two numbers.
    HEADS = "SELECT h.seq, h.hash, h.signature FROM chain_head h
              WHERE h.device = $1 AND h.seq >= $2 AND h.seq <= $3
                AND EXISTS (SELECT 1 FROM clock_event e WHERE e.device = h.device AND e.organisation = $4)
              ORDER BY h.seq, h.hash";
}
