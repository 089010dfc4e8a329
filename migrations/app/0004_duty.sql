-- opens-with: 2
-- The worker's own ledger: each position that this phone has read, and why; never where (row B-05).
CREATE TABLE position_read (
    id      INTEGER PRIMARY KEY,
    at      INTEGER NOT NULL,
    purpose TEXT NOT NULL
) STRICT;
CREATE INDEX position_read_at ON position_read (at);
