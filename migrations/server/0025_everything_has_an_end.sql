-- Every class of data has an end (row B-19): what was erased and when, and what is left of a file.

CREATE TABLE retention_erased (
  organisation TEXT NOT NULL REFERENCES organisation (id),
  class        TEXT NOT NULL,
  at           BIGINT NOT NULL,
  erased       BIGINT NOT NULL,
  PRIMARY KEY (organisation, class, at)
);

-- The last contact that is no visit: the sheet was written.
ALTER TABLE client ADD COLUMN touched_at BIGINT NOT NULL DEFAULT 0;
UPDATE client SET touched_at = created_at;
-- The sheet is erased; the hours that were worked there stay.
ALTER TABLE client ADD COLUMN erased_at BIGINT;
-- The names are erased; the hours that were worked stay.
ALTER TABLE membership ADD COLUMN erased_at BIGINT;

-- Where the chain of a log begins after its oldest entries were erased.
CREATE TABLE audit_floor (
  organisation TEXT PRIMARY KEY REFERENCES organisation (id),
  n            BIGINT NOT NULL,
  hash         TEXT NOT NULL
);

-- Who has read what of somebody.
CREATE INDEX audit_about ON audit_entry (organisation, what, at);
-- What is over is looked for each day.
CREATE INDEX clock_event_by_reception ON clock_event (organisation, received_at);
CREATE INDEX visit_by_end ON visit (organisation, ends_at);

-- Phones hear of the new periods.
UPDATE scope SET head = head + 1 WHERE id LIKE 'organisation/%';
UPDATE change SET seq = (SELECT s.head FROM scope s WHERE s.id = change.scope)
 WHERE kind = 'retention' AND scope LIKE 'organisation/%';
