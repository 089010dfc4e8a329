-- Visits, the raw stamps that start and end them, and what the office retains.

CREATE TABLE visit (
  id            TEXT PRIMARY KEY,
  organisation  TEXT NOT NULL REFERENCES organisation (id),
  membership    TEXT NOT NULL REFERENCES membership (id),
  client        TEXT NOT NULL REFERENCES client (id),
  service       TEXT NOT NULL,
  starts_at     BIGINT NOT NULL,
  ends_at       BIGINT NOT NULL,
  state         TEXT NOT NULL CHECK (state IN ('planned', 'cancelled', 'unplanned')),
  instructions  TEXT NOT NULL,
  cancel_reason TEXT,
  -- Whether phones may hold it: its day is inside the window (sync.md section 4).
  held          BIGINT NOT NULL CHECK (held IN (0, 1)),
  rev           BIGINT NOT NULL,
  created_at    BIGINT NOT NULL,
  CHECK (ends_at > starts_at)
);
CREATE INDEX visit_by_day ON visit (organisation, starts_at);
CREATE INDEX visit_by_worker ON visit (membership, starts_at);
CREATE INDEX visit_by_client ON visit (client, starts_at);
CREATE INDEX visit_held ON visit (held, starts_at);

-- Who had the visit, and when: access is judged as it was at the time of the act (sync.md C7).
CREATE TABLE visit_holder (
  visit      TEXT NOT NULL REFERENCES visit (id),
  membership TEXT NOT NULL,
  since      BIGINT NOT NULL,
  until      BIGINT,
  PRIMARY KEY (visit, membership, since)
);

-- Append-only: the product has no statement that changes or deletes a row (row B-01).
CREATE TABLE clock_event (
  -- Also the id of the command that carried it.
  id           TEXT PRIMARY KEY,
  organisation TEXT NOT NULL,
  device       TEXT NOT NULL,
  seq          BIGINT NOT NULL,
  membership   TEXT NOT NULL,
  visit        TEXT NOT NULL,
  kind         TEXT NOT NULL,
  method       TEXT NOT NULL,
  reason       TEXT,
  voids        TEXT,
  declared_at  BIGINT,
  -- The bytes that the phone wrote, and the hash of its chain after them.
  raw          TEXT NOT NULL,
  hash         TEXT NOT NULL,
  received_at  BIGINT NOT NULL
);
CREATE INDEX clock_event_of_visit ON clock_event (visit);
CREATE INDEX clock_event_of_device ON clock_event (device, seq);

-- What the server makes of a stamp: measured again when better anchors arrive (sync.md CK3).
CREATE TABLE clock_measure (
  event      TEXT NOT NULL REFERENCES clock_event (id),
  n          BIGINT NOT NULL,
  at         BIGINT NOT NULL,
  error_ms   BIGINT,
  quality    TEXT NOT NULL,
  assurance  TEXT NOT NULL,
  -- JSON list of codes.
  anomalies  TEXT NOT NULL,
  made_at    BIGINT NOT NULL,
  PRIMARY KEY (event, n)
);

-- Free text of a stamp: outside the chain, so that retention may erase it.
CREATE TABLE clock_note (
  event TEXT PRIMARY KEY REFERENCES clock_event (id),
  salt  TEXT NOT NULL,
  text  TEXT NOT NULL
);

-- Heads of chains, signed by the phones once per upload.
CREATE TABLE chain_head (
  device      TEXT NOT NULL,
  seq         BIGINT NOT NULL,
  hash        TEXT NOT NULL,
  signature   TEXT NOT NULL,
  received_at BIGINT NOT NULL,
  PRIMARY KEY (device, seq, hash)
);

-- What the office decided, with its history: the highest n counts (row O-34).
CREATE TABLE retained_period (
  visit      TEXT NOT NULL REFERENCES visit (id),
  n          BIGINT NOT NULL,
  decision   TEXT NOT NULL CHECK (decision IN ('accepted', 'corrected')),
  starts_at  BIGINT NOT NULL,
  ends_at    BIGINT NOT NULL,
  reason     TEXT,
  note       TEXT NOT NULL,
  decided_by TEXT NOT NULL,
  account    TEXT NOT NULL,
  decided_at BIGINT NOT NULL,
  PRIMARY KEY (visit, n),
  CHECK (ends_at >= starts_at)
);

-- Kilometres, expenses, comment of the worker (row O-19): the last one counts.
CREATE TABLE visit_notes (
  visit          TEXT PRIMARY KEY REFERENCES visit (id),
  membership     TEXT NOT NULL,
  distance_hm    BIGINT,
  expenses_cents BIGINT,
  comment        TEXT NOT NULL,
  device         TEXT NOT NULL,
  written_at     BIGINT NOT NULL,
  received_at    BIGINT NOT NULL
);
