-- What the hot paths look for, found without a scan (docs/performance.md).

-- The homes that a phone may hold, worker by worker.
CREATE INDEX visit_held_by_worker ON visit (membership, client, starts_at) WHERE held = 1;

-- The newest exchanges of a phone, which each upload reads.
CREATE INDEX device_anchor_in_order ON device_anchor (device, server);
