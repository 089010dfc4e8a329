-- opens-with: 2
-- Photos of receipts on their way to the office (sync.md C11); the bytes go once it has them.
CREATE TABLE picture (
    receipt TEXT PRIMARY KEY,
    visit   TEXT NOT NULL,
    -- waiting, sent or refused.
    state   TEXT NOT NULL,
    sent    INTEGER NOT NULL,
    size    INTEGER NOT NULL,
    body    BLOB NOT NULL
) STRICT;
