-- opens-with: 2
-- What clocking knows of the planning, by what it looks for: hours, clients, visits. Ids are 16 bytes.
CREATE TABLE known_visit (
    id         BLOB PRIMARY KEY,
    membership BLOB NOT NULL,
    client     BLOB NOT NULL,
    starts_at  INTEGER NOT NULL,
    ends_at    INTEGER NOT NULL,
    state      TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE known_tag (
    id   BLOB PRIMARY KEY,
    body TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- received_at is null where only an earlier build was told of it.
CREATE TABLE known_stamp (
    id          BLOB PRIMARY KEY,
    visit       BLOB NOT NULL,
    received_at INTEGER,
    body        TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- Visits that the server's stamps leave open; those of the phone's own stamps are looked at besides.
CREATE TABLE under_way (
    visit BLOB PRIMARY KEY
) STRICT, WITHOUT ROWID;

INSERT OR IGNORE INTO known_visit (id, membership, client, starts_at, ends_at, state)
SELECT unhex(id, '-'), unhex(body ->> 'membership', '-'), unhex(body ->> 'client', '-'),
       CAST(body ->> 'starts_at' AS INTEGER), CAST(body ->> 'ends_at' AS INTEGER), body ->> 'state'
FROM known WHERE kind = 'visit' AND json_valid(body);
INSERT OR IGNORE INTO known_tag (id, body)
SELECT unhex(id, '-'), body FROM known WHERE kind = 'tag' AND json_valid(body);
INSERT OR IGNORE INTO known_stamp (id, visit, body)
SELECT unhex(id, '-'), unhex(body ->> 'visit', '-'), body FROM known WHERE kind = 'clocked' AND json_valid(body);
INSERT OR IGNORE INTO under_way (visit) SELECT visit FROM known_stamp WHERE body ->> 'kind' = 'start';
DROP TABLE known;

CREATE INDEX known_visit_when ON known_visit (starts_at, ends_at);
CREATE INDEX known_visit_client ON known_visit (client, starts_at);
CREATE INDEX known_stamp_visit ON known_stamp (visit);
INSERT INTO fact (name, value)
SELECT 'longest_visit', CAST(coalesce(max(ends_at - starts_at), 0) AS TEXT) FROM known_visit;

-- All of it is learnt again from the mirror as soon as that can be read.
UPDATE fact SET value = json_set(value, '$.known', -1) WHERE name = 'diary';
