-- The control of hours: what may be accepted without a look, and acceptances that were undone.

-- Minutes between planned and badged times that need no look.
ALTER TABLE organisation ADD COLUMN tolerance_min BIGINT NOT NULL DEFAULT 5;

-- A decision that was taken back: it stays in the history, and counts no more.
CREATE TABLE retained_undone (
  visit     TEXT NOT NULL,
  -- Of retained_period.
  n         BIGINT NOT NULL,
  undone_by TEXT NOT NULL,
  account   TEXT NOT NULL,
  undone_at BIGINT NOT NULL,
  PRIMARY KEY (visit, n),
  FOREIGN KEY (visit, n) REFERENCES retained_period (visit, n)
);
