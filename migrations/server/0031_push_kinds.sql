-- Which service carries pushes to a receiver: Web Push, or Google's or Apple's for a phone, whose token
-- is then the endpoint and whose keys are empty.
ALTER TABLE push_subscription ADD COLUMN kind TEXT NOT NULL DEFAULT 'web'
  CHECK (kind IN ('web', 'fcm', 'apns'));
