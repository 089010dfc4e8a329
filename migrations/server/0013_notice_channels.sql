-- Messages by other ways than mail, and those that wait for nothing.

ALTER TABLE notice ADD COLUMN channel TEXT NOT NULL DEFAULT 'mail'
  CHECK (channel IN ('mail', 'sms', 'call', 'push'));
-- Who it goes to, by name, for the trail; empty when the address says it.
ALTER TABLE notice ADD COLUMN name TEXT NOT NULL DEFAULT '';
-- Which part of what it is about: the same part goes to the same address once.
ALTER TABLE notice ADD COLUMN part TEXT NOT NULL DEFAULT '';
-- Alarms: sent at once, beside everything else, quiet hours or not.
ALTER TABLE notice ADD COLUMN urgent BIGINT NOT NULL DEFAULT 0 CHECK (urgent IN (0, 1));

CREATE INDEX notice_urgent ON notice (urgent, state, due_at);
