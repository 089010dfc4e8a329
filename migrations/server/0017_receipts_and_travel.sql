-- Photos of receipts, travel between visits (row B-21), what a sheet shows to whom (row O-12), and the
-- reminder before the end of a visit (row O-42).

CREATE TABLE receipt (
  -- Also the id of the command that announced it.
  id           TEXT PRIMARY KEY,
  organisation TEXT NOT NULL REFERENCES organisation (id),
  visit        TEXT NOT NULL REFERENCES visit (id),
  membership   TEXT NOT NULL,
  device       TEXT NOT NULL,
  -- SHA-256 and length of the bytes that the phone promised.
  digest       TEXT NOT NULL,
  size         BIGINT NOT NULL,
  -- Bytes from the start that are here.
  held         BIGINT NOT NULL,
  -- waiting: parts are to come; kept; refused: it was no picture; dropped: taken back.
  state        TEXT NOT NULL CHECK (state IN ('waiting', 'kept', 'refused', 'dropped')),
  taken_at     BIGINT NOT NULL,
  kept_at      BIGINT,
  -- The picture as the server has encoded it again, without what a camera adds: JPEG, base64.
  picture      TEXT
);
CREATE INDEX receipt_of_visit ON receipt (visit, taken_at);

CREATE TABLE receipt_part (
  receipt TEXT NOT NULL REFERENCES receipt (id),
  start   BIGINT NOT NULL,
  data    TEXT NOT NULL,
  PRIMARY KEY (receipt, start)
);

-- The way to a visit as the worker made it, beside what was computed then. Both are kept.
CREATE TABLE travel (
  visit         TEXT PRIMARY KEY REFERENCES visit (id),
  from_visit    TEXT NOT NULL,
  membership    TEXT NOT NULL,
  distance_hm   BIGINT,
  minutes       BIGINT,
  note          TEXT NOT NULL,
  computed_hm   BIGINT,
  computed_min  BIGINT,
  -- 0: taken back.
  stands        BIGINT NOT NULL CHECK (stands IN (0, 1)),
  device        TEXT NOT NULL,
  written_at    BIGINT NOT NULL,
  received_at   BIGINT NOT NULL
);

-- Where a home is, in millionths of a degree.
ALTER TABLE client ADD COLUMN lat_e6 BIGINT;
ALTER TABLE client ADD COLUMN lon_e6 BIGINT;

-- Who sees which sections of clients' sheets; a kind without a row is seen by all.
CREATE TABLE section_rule (
  organisation TEXT NOT NULL REFERENCES organisation (id),
  kind         TEXT NOT NULL,
  -- The heading of a kind of the organisation's own; empty for a known one.
  title        TEXT NOT NULL,
  place        BIGINT NOT NULL,
  caregivers   BIGINT NOT NULL CHECK (caregivers IN (0, 1)),
  supervisors  BIGINT NOT NULL CHECK (supervisors IN (0, 1)),
  PRIMARY KEY (organisation, kind)
);

ALTER TABLE organisation ADD COLUMN end_reminder_min BIGINT NOT NULL DEFAULT 5;
