-- "Envoyer une notification de test" (row W-36): asked for oneself, or by the office with a caregiver.
CREATE TABLE notice_test (
  id           TEXT PRIMARY KEY,
  organisation TEXT NOT NULL REFERENCES organisation (id),
  -- Who has asked at the desk; NULL for a caregiver who has asked on her phone.
  asked_by     TEXT REFERENCES account (id),
  -- Whom it goes to: one of both.
  account      TEXT REFERENCES account (id),
  membership   TEXT REFERENCES membership (id),
  asked_at     BIGINT NOT NULL,
  CHECK ((account IS NULL) <> (membership IS NULL))
);
CREATE INDEX notice_test_of_membership ON notice_test (membership, asked_at);
CREATE INDEX notice_test_of_organisation ON notice_test (organisation, asked_at);

-- A way that is tried, and who has confirmed that it arrived.
CREATE TABLE notice_test_line (
  test        TEXT NOT NULL REFERENCES notice_test (id),
  n           BIGINT NOT NULL,
  channel     TEXT NOT NULL,
  name        TEXT NOT NULL,
  -- The notice that carries it, whose state is its own; NULL for what goes with the live stream or
  -- with synchronisation.
  notice      TEXT,
  received_at BIGINT,
  received_by TEXT CHECK (received_by IN ('device', 'person')),
  PRIMARY KEY (test, n)
);
