-- The thresholds of an agency in one place, each change with who, when, why (row O-45).

CREATE TABLE setting (
  organisation TEXT NOT NULL REFERENCES organisation (id),
  code         TEXT NOT NULL,
  value        BIGINT NOT NULL,
  PRIMARY KEY (organisation, code)
);
INSERT INTO setting (organisation, code, value)
  SELECT id, 'tolerance_min', tolerance_min FROM organisation WHERE tolerance_min <> 5;
INSERT INTO setting (organisation, code, value)
  SELECT id, 'end_reminder_min', end_reminder_min FROM organisation WHERE end_reminder_min <> 5;
INSERT INTO setting (organisation, code, value)
  SELECT id, 'share_colleagues', share_colleagues FROM organisation WHERE share_colleagues <> 0;
ALTER TABLE organisation DROP COLUMN tolerance_min;
ALTER TABLE organisation DROP COLUMN end_reminder_min;
ALTER TABLE organisation DROP COLUMN share_colleagues;

-- Append-only until its own end: what was, what is, and why.
CREATE TABLE setting_change (
  organisation TEXT NOT NULL REFERENCES organisation (id),
  n            BIGINT NOT NULL,
  code         TEXT NOT NULL,
  was          BIGINT NOT NULL,
  value        BIGINT NOT NULL,
  reason       TEXT NOT NULL,
  changed_by   TEXT NOT NULL,
  account      TEXT NOT NULL,
  changed_at   BIGINT NOT NULL,
  PRIMARY KEY (organisation, n)
);
CREATE INDEX setting_change_of ON setting_change (organisation, code, n);
