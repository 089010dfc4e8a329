-- People and what ties them to an organisation.

-- The only rows that belong to no organisation: a human being is known once.
CREATE TABLE person (
  id         TEXT PRIMARY KEY,
  first_name TEXT NOT NULL,
  last_name  TEXT NOT NULL,
  phone      TEXT NOT NULL
);

CREATE TABLE membership (
  id            TEXT PRIMARY KEY,
  organisation  TEXT NOT NULL REFERENCES organisation (id),
  establishment TEXT NOT NULL REFERENCES establishment (id),
  person        TEXT NOT NULL REFERENCES person (id),
  role          TEXT NOT NULL,
  state         TEXT NOT NULL CHECK (state IN ('active', 'ended')),
  transmit      BIGINT NOT NULL CHECK (transmit IN (0, 1)),
  -- Names and telephone without case or accents: what a search looks into.
  folded        TEXT NOT NULL,
  rev           BIGINT NOT NULL,
  created_at    BIGINT NOT NULL,
  ended_at      BIGINT
);
CREATE UNIQUE INDEX membership_once ON membership (organisation, person);
CREATE INDEX membership_of_person ON membership (person);
