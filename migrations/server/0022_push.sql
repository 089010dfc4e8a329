-- Where a browser of the office, or a phone, is reached by push (RFC 8030, 8291). The endpoint is a
-- secret of its owner's: who knows it may be heard by nobody without the keys beside it.
CREATE TABLE push_subscription (
  id           TEXT PRIMARY KEY,
  organisation TEXT NOT NULL REFERENCES organisation (id),
  -- One of both: an account of the desk, or a phone.
  account      TEXT REFERENCES account (id),
  device       TEXT REFERENCES device (id),
  endpoint     TEXT NOT NULL,
  -- The receiver's public key (P-256, uncompressed) and its secret, in base64url.
  p256dh       TEXT NOT NULL,
  auth         TEXT NOT NULL,
  -- The browser or the app, in words.
  name         TEXT NOT NULL,
  -- The language that the receiver words a push in.
  language     TEXT NOT NULL,
  created_at   BIGINT NOT NULL,
  CHECK ((account IS NULL) <> (device IS NULL))
);
CREATE INDEX push_of_account ON push_subscription (account);
CREATE INDEX push_of_device ON push_subscription (device);
CREATE INDEX push_of_organisation ON push_subscription (organisation);
CREATE INDEX push_endpoint ON push_subscription (endpoint);

-- What each account wishes to be told, by which ways, and when not. Without a row: all of it, always.
CREATE TABLE notice_wish (
  account      TEXT PRIMARY KEY REFERENCES account (id),
  organisation TEXT NOT NULL REFERENCES organisation (id),
  wishes       TEXT NOT NULL
);

-- Whose account a notice is for; NULL when it is for an address or a phone.
ALTER TABLE notice ADD COLUMN account TEXT REFERENCES account (id);
CREATE INDEX notice_of_account ON notice (account, queued_at);
