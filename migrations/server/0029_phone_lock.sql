-- What an agency asks of the lock of the app on its phones (row O-03).
ALTER TABLE organisation ADD COLUMN lock_required BIGINT NOT NULL DEFAULT 0;
ALTER TABLE organisation ADD COLUMN lock_digits BIGINT NOT NULL DEFAULT 4;
ALTER TABLE organisation ADD COLUMN lock_after_min BIGINT NOT NULL DEFAULT 5;
