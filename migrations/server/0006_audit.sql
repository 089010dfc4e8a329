-- Who did what. Append-only: the product has no statement that changes or deletes a row but the one
-- that seals it, once.

CREATE TABLE audit_entry (
  id           TEXT PRIMARY KEY,
  organisation TEXT NOT NULL REFERENCES organisation (id),
  at           BIGINT NOT NULL,
  -- account/<id>, device/<id>, system.
  who          TEXT NOT NULL,
  verb         TEXT NOT NULL,
  -- kind/<id>.
  what         TEXT NOT NULL,
  detail       TEXT NOT NULL,
  -- Place in the organisation's chain and the chain's hash there, given by the sealing job.
  n            BIGINT,
  hash         TEXT,
  CHECK ((n IS NULL) = (hash IS NULL))
);
CREATE INDEX audit_of_organisation ON audit_entry (organisation, at, id);
CREATE UNIQUE INDEX audit_in_order ON audit_entry (organisation, n);
