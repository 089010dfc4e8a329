-- What a badge enters, without the row numbers that SQLite keeps beside a key of text: one tree less for each
-- table, so one page less to write (docs/performance.md).

ALTER TABLE change RENAME TO change_numbered;
CREATE TABLE change (
    scope TEXT NOT NULL REFERENCES scope (id),
    seq BIGINT NOT NULL,
    kind TEXT NOT NULL,
    id TEXT NOT NULL,
    gone BIGINT NOT NULL CHECK (gone IN (0, 1)),
    PRIMARY KEY (scope, kind, id)
) WITHOUT ROWID;
INSERT INTO change (scope, seq, kind, id, gone) SELECT scope, seq, kind, id, gone FROM change_numbered ORDER BY scope, kind, id;
DROP TABLE change_numbered;
CREATE UNIQUE INDEX change_in_order ON change (scope, seq);

ALTER TABLE command RENAME TO command_numbered;
CREATE TABLE command (
    device TEXT NOT NULL,
    id TEXT NOT NULL,
    lane TEXT NOT NULL,
    n BIGINT NOT NULL,
    digest TEXT NOT NULL,
    outcome TEXT NOT NULL,
    at BIGINT NOT NULL,
    PRIMARY KEY (device, id),
    UNIQUE (device, lane, n)
) WITHOUT ROWID;
INSERT INTO command (device, id, lane, n, digest, outcome, at) SELECT device, id, lane, n, digest, outcome, at FROM command_numbered ORDER BY device, id;
DROP TABLE command_numbered;

ALTER TABLE clock_measure RENAME TO clock_measure_numbered;
CREATE TABLE clock_measure (
    event TEXT NOT NULL REFERENCES clock_event (id),
    n BIGINT NOT NULL,
    at BIGINT NOT NULL,
    error_ms BIGINT,
    quality TEXT NOT NULL,
    assurance TEXT NOT NULL,
    -- JSON list of codes.
    anomalies TEXT NOT NULL,
    made_at BIGINT NOT NULL,
    PRIMARY KEY (event, n)
) WITHOUT ROWID;
INSERT INTO clock_measure (event, n, at, error_ms, quality, assurance, anomalies, made_at) SELECT event, n, at, error_ms, quality, assurance, anomalies, made_at FROM clock_measure_numbered ORDER BY event, n;
DROP TABLE clock_measure_numbered;

ALTER TABLE chain_head RENAME TO chain_head_numbered;
CREATE TABLE chain_head (
    device TEXT NOT NULL,
    seq BIGINT NOT NULL,
    hash TEXT NOT NULL,
    signature TEXT NOT NULL,
    received_at BIGINT NOT NULL,
    PRIMARY KEY (device, seq, hash)
) WITHOUT ROWID;
INSERT INTO chain_head (device, seq, hash, signature, received_at) SELECT device, seq, hash, signature, received_at FROM chain_head_numbered ORDER BY device, seq, hash;
DROP TABLE chain_head_numbered;

ALTER TABLE device_anchor RENAME TO device_anchor_numbered;
CREATE TABLE device_anchor (
    device TEXT NOT NULL REFERENCES device (id),
    boot TEXT NOT NULL,
    up_ms BIGINT NOT NULL,
    server BIGINT NOT NULL,
    error_ms BIGINT NOT NULL,
    seq BIGINT NOT NULL,
    PRIMARY KEY (device, boot, up_ms)
) WITHOUT ROWID;
INSERT INTO device_anchor (device, boot, up_ms, server, error_ms, seq) SELECT device, boot, up_ms, server, error_ms, seq FROM device_anchor_numbered ORDER BY device, boot, up_ms;
DROP TABLE device_anchor_numbered;
CREATE INDEX device_anchor_in_order ON device_anchor (device, server);

ALTER TABLE tag_tap RENAME TO tag_tap_numbered;
CREATE TABLE tag_tap (
    tag TEXT NOT NULL REFERENCES home_tag (id),
    counter BIGINT NOT NULL,
    stamp TEXT NOT NULL,
    at BIGINT NOT NULL,
    PRIMARY KEY (tag, counter)
) WITHOUT ROWID;
INSERT INTO tag_tap (tag, counter, stamp, at) SELECT tag, counter, stamp, at FROM tag_tap_numbered ORDER BY tag, counter;
DROP TABLE tag_tap_numbered;
