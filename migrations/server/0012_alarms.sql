-- The lone worker's alarm (rows O-31 to O-33, B-06).

-- What an agency has set, with its history: the highest n counts.
CREATE TABLE alarm_settings (
  organisation TEXT NOT NULL REFERENCES organisation (id),
  n            BIGINT NOT NULL,
  -- JSON.
  body         TEXT NOT NULL,
  changed_by   TEXT NOT NULL,
  account      TEXT NOT NULL,
  changed_at   BIGINT NOT NULL,
  PRIMARY KEY (organisation, n)
);

-- One row an alarm, whatever the ways by which word of it came.
CREATE TABLE alarm (
  -- Made at the press; for the alarm of a session, the session's.
  id           TEXT PRIMARY KEY,
  organisation TEXT NOT NULL REFERENCES organisation (id),
  -- NULL for a test of the desk.
  membership   TEXT,
  person       TEXT,
  device       TEXT,
  kind         TEXT NOT NULL,
  phase        TEXT NOT NULL,
  -- JSON of the machine's state.
  episode      TEXT NOT NULL,
  -- When the server acts by itself next: held here, so that any node does, and a restart forgets nothing.
  due_at       BIGINT,
  -- The press, on the server's clock, and the raise.
  pressed_at   BIGINT NOT NULL,
  raised_at    BIGINT,
  -- JSON: where the planning said that she was at the raise, with the address.
  theoretical  TEXT,
  -- JSON list: what is to be known of the phone.
  marks        TEXT NOT NULL,
  rev          BIGINT NOT NULL
);
CREATE INDEX alarm_due ON alarm (due_at) WHERE due_at IS NOT NULL;
CREATE INDEX alarm_of_organisation ON alarm (organisation, raised_at);

-- Append-only: the product has no statement that changes or deletes a row.
CREATE TABLE alarm_entry (
  alarm    TEXT NOT NULL REFERENCES alarm (id),
  n        BIGINT NOT NULL,
  what     TEXT NOT NULL,
  who      TEXT NOT NULL,
  detail   TEXT NOT NULL,
  -- The act, on the server's clock, and when the server knew.
  acted_at BIGINT NOT NULL,
  at       BIGINT NOT NULL,
  PRIMARY KEY (alarm, n)
);

-- Positions, read for an alarm only; each with its purpose and the day of its deletion (row B-05).
CREATE TABLE alarm_position (
  alarm       TEXT NOT NULL REFERENCES alarm (id),
  n           BIGINT NOT NULL,
  lat_udeg    BIGINT NOT NULL,
  lon_udeg    BIGINT NOT NULL,
  accuracy_m  BIGINT,
  measured_at BIGINT NOT NULL,
  received_at BIGINT NOT NULL,
  way         TEXT NOT NULL,
  purpose     TEXT NOT NULL,
  delete_at   BIGINT NOT NULL,
  PRIMARY KEY (alarm, n)
);
CREATE INDEX alarm_position_end ON alarm_position (delete_at);

-- Reports heard: the same id counts once.
CREATE TABLE alarm_report (
  device TEXT NOT NULL,
  id     TEXT NOT NULL,
  n      BIGINT NOT NULL,
  at     BIGINT NOT NULL,
  PRIMARY KEY (device, id)
);
CREATE INDEX alarm_report_end ON alarm_report (at);

-- A stretch of lone work that is watched.
CREATE TABLE lone_session (
  id           TEXT PRIMARY KEY,
  organisation TEXT NOT NULL REFERENCES organisation (id),
  membership   TEXT,
  person       TEXT NOT NULL,
  device       TEXT NOT NULL,
  state        TEXT NOT NULL CHECK (state IN ('open', 'raised', 'closed')),
  -- JSON.
  body         TEXT NOT NULL,
  heard_at     BIGINT NOT NULL,
  due_at       BIGINT,
  rev          BIGINT NOT NULL
);
CREATE INDEX lone_session_due ON lone_session (due_at) WHERE due_at IS NOT NULL;

-- The code by which a text message names its phone.
CREATE TABLE alarm_code (
  code   TEXT PRIMARY KEY,
  device TEXT NOT NULL
);
