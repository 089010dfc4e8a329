-- Tenants, who signs in at the desk, and which phones are trusted.

CREATE TABLE organisation (
  id         TEXT PRIMARY KEY,
  name       TEXT NOT NULL,
  phone      TEXT NOT NULL,
  -- IANA name.
  zone       TEXT NOT NULL,
  created_at BIGINT NOT NULL
);

CREATE TABLE establishment (
  id           TEXT PRIMARY KEY,
  organisation TEXT NOT NULL REFERENCES organisation (id),
  name         TEXT NOT NULL
);
CREATE INDEX establishment_of_organisation ON establishment (organisation);

-- Secret keys, sealed by the master key: the server's, and each organisation's (docs/keys.md).
CREATE TABLE sealed_key (
  -- server, tag/<organisation>/<number>, ntag/<organisation>.
  name         TEXT PRIMARY KEY,
  organisation TEXT,
  number       BIGINT NOT NULL,
  -- The public half, where there is one.
  public       TEXT,
  sealed       TEXT NOT NULL,
  created_at   BIGINT NOT NULL
);
CREATE INDEX sealed_key_of_organisation ON sealed_key (organisation);

CREATE TABLE account (
  id            TEXT PRIMARY KEY,
  organisation  TEXT NOT NULL REFERENCES organisation (id),
  -- Lower case, one of a kind on the whole server.
  login         TEXT NOT NULL UNIQUE,
  name          TEXT NOT NULL,
  role          TEXT NOT NULL CHECK (role IN ('supervisor', 'admin')),
  -- PHC string of Argon2id.
  password      TEXT NOT NULL,
  state         TEXT NOT NULL CHECK (state IN ('active', 'closed')),
  created_at    BIGINT NOT NULL
);

CREATE TABLE session (
  id         TEXT PRIMARY KEY,
  account    TEXT NOT NULL REFERENCES account (id),
  -- SHA-256 of the cookie.
  token      TEXT NOT NULL UNIQUE,
  created_at BIGINT NOT NULL,
  used_at    BIGINT NOT NULL
);
CREATE INDEX session_of_account ON session (account);

CREATE TABLE device (
  id              TEXT PRIMARY KEY,
  -- For which organisation it was enrolled.
  organisation    TEXT NOT NULL REFERENCES organisation (id),
  person          TEXT NOT NULL,
  -- Ed25519, base64url; its secret never leaves the phone.
  public_key      TEXT NOT NULL UNIQUE,
  name            TEXT NOT NULL,
  platform        TEXT NOT NULL,
  version         TEXT NOT NULL,
  state           TEXT NOT NULL CHECK (state IN ('active', 'blocked', 'wiped', 'signed_out', 'revoked')),
  enrolled_at     BIGINT NOT NULL,
  last_seen_at    BIGINT NOT NULL,
  last_sync_at    BIGINT,
  -- Acts that waited on the phone at its last pull.
  waiting         BIGINT NOT NULL,
  -- The order to wipe of a blocked phone.
  blocked_at      BIGINT,
  wipe_mode       TEXT,
  wipe_nonce      TEXT,
  wiped_at        BIGINT,
  sim_number      TEXT,
  block_note      TEXT,
  carrier_blocked BIGINT NOT NULL CHECK (carrier_blocked IN (0, 1))
);
CREATE INDEX device_of_organisation ON device (organisation);
CREATE INDEX device_of_person ON device (person);

-- One-time codes that enrol a phone.
CREATE TABLE enrolment (
  id           TEXT PRIMARY KEY,
  organisation TEXT NOT NULL REFERENCES organisation (id),
  person       TEXT NOT NULL,
  -- SHA-256 of the code.
  code         TEXT NOT NULL UNIQUE,
  created_by   TEXT NOT NULL,
  created_at   BIGINT NOT NULL,
  expires_at   BIGINT NOT NULL,
  -- waiting until used; cancelled also when a newer one took its place.
  state        TEXT NOT NULL CHECK (state IN ('waiting', 'used', 'cancelled')),
  device       TEXT REFERENCES device (id)
);
CREATE INDEX enrolment_of_person ON enrolment (person);

-- A phone's family of tokens. The phone draws them; only digests are here.
CREATE TABLE device_token (
  digest        TEXT PRIMARY KEY,
  device        TEXT NOT NULL REFERENCES device (id),
  -- current: in use; next: announced, not used yet; old: superseded.
  state         TEXT NOT NULL CHECK (state IN ('current', 'next', 'old')),
  made_at       BIGINT NOT NULL,
  superseded_at BIGINT
);
CREATE INDEX device_token_of_device ON device_token (device);

-- What a phone has confirmed to show, scope by scope (row O-07).
CREATE TABLE device_cursor (
  device       TEXT NOT NULL REFERENCES device (id),
  scope        TEXT NOT NULL,
  seq          BIGINT NOT NULL,
  confirmed_at BIGINT NOT NULL,
  PRIMARY KEY (device, scope)
);

-- What exchanges have taught about a phone's clocks (sync.md CK2).
CREATE TABLE device_anchor (
  device   TEXT NOT NULL REFERENCES device (id),
  boot     TEXT NOT NULL,
  up_ms    BIGINT NOT NULL,
  server   BIGINT NOT NULL,
  error_ms BIGINT NOT NULL,
  seq      BIGINT NOT NULL,
  PRIMARY KEY (device, boot, up_ms)
);
