-- Threads between the office and caregivers (rows O-22, O-23), and the outbox of mail.

CREATE TABLE thread (
  id           TEXT PRIMARY KEY,
  organisation TEXT NOT NULL REFERENCES organisation (id),
  membership   TEXT NOT NULL REFERENCES membership (id),
  -- "Alerter par email".
  alert        BIGINT NOT NULL CHECK (alert IN (0, 1)),
  created_at   BIGINT NOT NULL,
  last_at      BIGINT NOT NULL
);
CREATE INDEX thread_of_organisation ON thread (organisation, last_at);
CREATE INDEX thread_of_membership ON thread (membership);

CREATE TABLE message (
  -- For one of a caregiver's, also the id of the command that carried it.
  id           TEXT PRIMARY KEY,
  organisation TEXT NOT NULL,
  thread       TEXT NOT NULL REFERENCES thread (id),
  -- Shared by the messages that were written once to several.
  sending      TEXT NOT NULL,
  author       TEXT NOT NULL CHECK (author IN ('office', 'caregiver')),
  account      TEXT,
  author_name  TEXT NOT NULL,
  text         TEXT NOT NULL,
  mandatory    BIGINT NOT NULL CHECK (mandatory IN (0, 1)),
  sent_at      BIGINT NOT NULL,
  received_at  BIGINT NOT NULL,
  -- When the other side has read it.
  read_at      BIGINT,
  withdrawn_at BIGINT
);
CREATE INDEX message_of_thread ON message (thread, sent_at);
CREATE INDEX message_of_sending ON message (organisation, sending);

-- What is to be sent by mail. It holds no text: what a mail says is made when it leaves.
CREATE TABLE notice (
  id           TEXT PRIMARY KEY,
  organisation TEXT NOT NULL REFERENCES organisation (id),
  kind         TEXT NOT NULL,
  -- The id of what it is about.
  about        TEXT NOT NULL,
  recipient    TEXT NOT NULL,
  state        TEXT NOT NULL CHECK (state IN ('queued', 'sent', 'failed', 'given_up')),
  attempts     BIGINT NOT NULL,
  -- When it may be tried; a node that takes it moves this ahead, so that one node tries.
  due_at       BIGINT NOT NULL,
  queued_at    BIGINT NOT NULL,
  ended_at     BIGINT,
  -- Why the last attempt failed: a code.
  error        TEXT
);
CREATE INDEX notice_due ON notice (state, due_at);
CREATE INDEX notice_about ON notice (about, recipient);
