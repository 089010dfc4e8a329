-- opens-with: 2
-- A row is found by its kind and id; a scope is a number, so that keys stay short. A pull under way is
-- kept as the pages that came, and begins again after this migration.
CREATE TABLE scope (
    n    INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE
) STRICT;
INSERT INTO scope (name) SELECT DISTINCT scope FROM mirror ORDER BY scope;

CREATE TABLE mirrored (
    n     INTEGER PRIMARY KEY,
    scope INTEGER NOT NULL,
    kind  TEXT NOT NULL,
    id    TEXT NOT NULL,
    seq   INTEGER NOT NULL,
    body  TEXT NOT NULL,
    UNIQUE (kind, id, scope)
) STRICT;
INSERT INTO mirrored (scope, kind, id, seq, body)
SELECT scope.n, mirror.kind, mirror.id, mirror.seq, mirror.body
FROM mirror JOIN scope ON scope.name = mirror.scope ORDER BY mirror.kind, mirror.id;
DROP TABLE mirror;
ALTER TABLE mirrored RENAME TO mirror;
CREATE INDEX mirror_scope ON mirror (scope);

DROP TABLE staged;
DELETE FROM fact WHERE name = 'staging';
CREATE TABLE staged (
    n    INTEGER PRIMARY KEY,
    page TEXT NOT NULL
) STRICT;
