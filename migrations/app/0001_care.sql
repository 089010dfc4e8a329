-- opens-with: 1
-- The mirror of the server's feed, written only by sync/apply.
CREATE TABLE fact (
    name  TEXT PRIMARY KEY,
    value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE mirror (
    scope TEXT NOT NULL,
    kind  TEXT NOT NULL,
    id    TEXT NOT NULL,
    seq   INTEGER NOT NULL,
    body  TEXT NOT NULL,
    PRIMARY KEY (scope, kind, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX mirror_kind ON mirror (kind, id);

-- Pages of a pull that is not complete yet (sync.md F4); body is null for a row that is gone.
CREATE TABLE staged (
    scope TEXT NOT NULL,
    kind  TEXT NOT NULL,
    id    TEXT NOT NULL,
    seq   INTEGER NOT NULL,
    body  TEXT,
    PRIMARY KEY (scope, kind, id)
) STRICT, WITHOUT ROWID;

CREATE TABLE cursor (
    scope TEXT PRIMARY KEY,
    seq   INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
