-- What caregivers ask of the office: absences, regularisations, contested hours (row O-29).

CREATE TABLE request (
  -- Also the id of the command that asked.
  id           TEXT PRIMARY KEY,
  organisation TEXT NOT NULL REFERENCES organisation (id),
  membership   TEXT NOT NULL REFERENCES membership (id),
  kind         TEXT NOT NULL CHECK (kind IN ('absence', 'regularisation', 'contest')),
  -- Why, for an absence.
  reason       TEXT,
  starts_at    BIGINT NOT NULL,
  ends_at      BIGINT NOT NULL,
  -- Of which visit, for a regularisation or contested hours.
  visit        TEXT,
  text         TEXT NOT NULL,
  state        TEXT NOT NULL CHECK (state IN ('sent', 'accepted', 'refused', 'withdrawn')),
  asked_at     BIGINT NOT NULL,
  received_at  BIGINT NOT NULL,
  decided_by   TEXT NOT NULL,
  decided_at   BIGINT,
  comment      TEXT NOT NULL,
  CHECK (ends_at >= starts_at)
);
CREATE INDEX request_of_organisation ON request (organisation, state, asked_at);
CREATE INDEX request_of_membership ON request (membership, asked_at);
