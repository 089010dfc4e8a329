-- opens-with: 1
-- What the phone owes and proves: acts to send, its chain of stamps, exchanges, identity.
CREATE TABLE fact (
    name  TEXT PRIMARY KEY,
    value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE lane (
    name TEXT PRIMARY KEY,
    n    INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- The outbox is what has no left_at; the rest was acknowledged and stays 30 days (sync.md C8).
CREATE TABLE command (
    id      TEXT PRIMARY KEY,
    lane    TEXT NOT NULL,
    n       INTEGER NOT NULL,
    body    TEXT NOT NULL,
    outcome TEXT,
    left_at INTEGER,
    UNIQUE (lane, n)
) STRICT;
CREATE INDEX command_waiting ON command (lane, n) WHERE outcome IS NULL;

CREATE TABLE stamp (
    seq  INTEGER PRIMARY KEY,
    id   TEXT NOT NULL UNIQUE,
    raw  TEXT NOT NULL,
    hash TEXT NOT NULL
) STRICT;

CREATE TABLE anchor (
    id   INTEGER PRIMARY KEY,
    body TEXT NOT NULL,
    told INTEGER NOT NULL
) STRICT;

-- The little that clocking needs when the care data is locked: ids and hours, no name.
CREATE TABLE known (
    kind TEXT NOT NULL,
    id   TEXT NOT NULL,
    body TEXT NOT NULL,
    PRIMARY KEY (kind, id)
) STRICT, WITHOUT ROWID;
