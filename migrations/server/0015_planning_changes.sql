-- Changes of a planning that a caregiver is to acknowledge (row O-10): one row a visit and planning.
CREATE TABLE planning_change (
  visit        TEXT NOT NULL REFERENCES visit (id),
  membership   TEXT NOT NULL REFERENCES membership (id),
  organisation TEXT NOT NULL REFERENCES organisation (id),
  -- Grows with each change: an acknowledgement names it.
  n            BIGINT NOT NULL,
  -- JSON of what was known, and of what holds; null when the visit was not, or is not, in the planning.
  known        TEXT,
  holds        TEXT,
  -- open: to be seen; seen; undone: it came back to what was known.
  state        TEXT NOT NULL CHECK (state IN ('open', 'seen', 'undone')),
  changed_by   TEXT NOT NULL,
  changed_at   BIGINT NOT NULL,
  seen_at      BIGINT,
  PRIMARY KEY (visit, membership)
);
CREATE INDEX planning_change_open ON planning_change (organisation, state, changed_at);
