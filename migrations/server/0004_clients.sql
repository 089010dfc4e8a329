-- Clients and the tags that stay at their homes.

CREATE TABLE client (
  id           TEXT PRIMARY KEY,
  organisation TEXT NOT NULL REFERENCES organisation (id),
  title        TEXT NOT NULL,
  first_name   TEXT NOT NULL,
  last_name    TEXT NOT NULL,
  street       TEXT NOT NULL,
  address_more TEXT NOT NULL,
  postal_code  TEXT NOT NULL,
  commune      TEXT NOT NULL,
  phone        TEXT NOT NULL,
  door_code    TEXT NOT NULL,
  -- JSON list of {kind, text}.
  sections     TEXT NOT NULL,
  -- Names, commune and telephone without case or accents: what a search looks into.
  folded       TEXT NOT NULL,
  rev          BIGINT NOT NULL,
  created_at   BIGINT NOT NULL
);
CREATE INDEX client_of_organisation ON client (organisation, folded);

CREATE TABLE home_tag (
  id            TEXT PRIMARY KEY,
  organisation  TEXT NOT NULL REFERENCES organisation (id),
  client        TEXT NOT NULL REFERENCES client (id),
  kind          TEXT NOT NULL CHECK (kind IN ('qr', 'nfc_static', 'ntag424')),
  state         TEXT NOT NULL CHECK (state IN ('active', 'revoked')),
  label         TEXT NOT NULL,
  -- Which of the organisation's tag keys signed it.
  key_number    BIGINT NOT NULL,
  -- The chip's UID, bound by its first verified tap.
  uid           TEXT,
  issued_at     BIGINT NOT NULL,
  revoked_at    BIGINT,
  revoke_reason TEXT,
  last_used_at  BIGINT
);
CREATE INDEX home_tag_of_client ON home_tag (client, issued_at);

-- Taps of an NTAG 424 DNA: each counter counts once (security.md, "Home tags").
CREATE TABLE tag_tap (
  tag     TEXT NOT NULL REFERENCES home_tag (id),
  counter BIGINT NOT NULL,
  stamp   TEXT NOT NULL,
  at      BIGINT NOT NULL,
  PRIMARY KEY (tag, counter)
);
