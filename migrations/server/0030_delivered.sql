-- When a carrier says that a message has reached the telephone; it may never say so.
ALTER TABLE notice ADD COLUMN delivered_at BIGINT;

-- Whether somebody has an alarm open: asked when her phone says very much.
CREATE INDEX alarm_of_person ON alarm (person);
