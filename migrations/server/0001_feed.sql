-- What every room stands on: who this database is, the feed, and what phones have sent.

-- One row. The epoch is drawn when the database is created or restored (sync.md F5).
CREATE TABLE instance (
    id BIGINT PRIMARY KEY CHECK (id = 1),
    epoch TEXT NOT NULL,
    created_at BIGINT NOT NULL
);

-- The highest number of a scope, and the highest that pruning has removed.
CREATE TABLE scope (
    id TEXT PRIMARY KEY,
    head BIGINT NOT NULL,
    floor BIGINT NOT NULL
);

-- One row per entity: its latest number. It carries no body (sync.md F2, F6).
CREATE TABLE change (
    scope TEXT NOT NULL REFERENCES scope (id),
    seq BIGINT NOT NULL,
    kind TEXT NOT NULL,
    id TEXT NOT NULL,
    gone BIGINT NOT NULL CHECK (gone IN (0, 1)),
    PRIMARY KEY (scope, kind, id)
);
CREATE UNIQUE INDEX change_in_order ON change (scope, seq);

-- Commands of phones with their outcomes: a repeated id is answered from here (sync.md C1, C2).
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
);

-- The next number due in each lane of a phone, dense from 1 (sync.md C3).
CREATE TABLE lane (
    device TEXT NOT NULL,
    name TEXT NOT NULL,
    n BIGINT NOT NULL CHECK (n >= 1),
    PRIMARY KEY (device, name)
);
