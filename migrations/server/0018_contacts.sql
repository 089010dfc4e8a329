-- How caregivers reach people: emergency numbers, "Rappelez-moi", the staff directory (rows O-24 to O-28).

CREATE TABLE emergency_number (
  organisation TEXT NOT NULL REFERENCES organisation (id),
  -- At most five, in this order.
  position     BIGINT NOT NULL CHECK (position BETWEEN 1 AND 5),
  kind         TEXT NOT NULL,
  label        TEXT NOT NULL,
  phone        TEXT NOT NULL,
  PRIMARY KEY (organisation, position)
);
INSERT INTO emergency_number (organisation, position, kind, label, phone)
  SELECT id, 1, 'samu', 'SAMU', '15' FROM organisation;
INSERT INTO emergency_number (organisation, position, kind, label, phone)
  SELECT id, 2, 'fire', 'Pompiers', '18' FROM organisation;
INSERT INTO emergency_number (organisation, position, kind, label, phone)
  SELECT id, 3, 'police', 'Police', '17' FROM organisation;
INSERT INTO emergency_number (organisation, position, kind, label, phone)
  SELECT id, 4, 'other', 'Urgences', '112' FROM organisation;
INSERT INTO emergency_number (organisation, position, kind, label, phone)
  SELECT id, 5, 'text', 'Urgences par SMS', '114' FROM organisation;
-- Phones hear of them.
UPDATE scope SET head = head + 1 WHERE id LIKE 'organisation/%';
INSERT INTO change (scope, seq, kind, id, gone)
  SELECT id, head, 'emergency_numbers', substr(id, 14), 0 FROM scope WHERE id LIKE 'organisation/%';

-- Who is called back about a caregiver; nobody in particular when there is no row.
CREATE TABLE line_manager (
  membership TEXT PRIMARY KEY REFERENCES membership (id),
  account    TEXT NOT NULL REFERENCES account (id)
);

CREATE TABLE callback (
  -- Also the id of the command that asked first.
  id           TEXT PRIMARY KEY,
  organisation TEXT NOT NULL REFERENCES organisation (id),
  membership   TEXT NOT NULL REFERENCES membership (id),
  state        TEXT NOT NULL CHECK (state IN ('requested', 'taken', 'called_back')),
  asked_at     BIGINT NOT NULL,
  -- How often within the time that is one request.
  times        BIGINT NOT NULL,
  received_at  BIGINT NOT NULL,
  taken_by     TEXT NOT NULL,
  taken_at     BIGINT,
  called_by    TEXT NOT NULL,
  called_at    BIGINT
);
CREATE INDEX callback_of_organisation ON callback (organisation, asked_at);
CREATE INDEX callback_of_membership ON callback (membership, asked_at);

CREATE TABLE directory_entry (
  id           TEXT PRIMARY KEY,
  organisation TEXT NOT NULL REFERENCES organisation (id),
  name         TEXT NOT NULL,
  role         TEXT NOT NULL,
  phone        TEXT NOT NULL,
  created_at   BIGINT NOT NULL
);
CREATE INDEX directory_of_organisation ON directory_entry (organisation, name);

-- Whether caregivers who share a client find each other in the directory (row O-27).
ALTER TABLE organisation ADD COLUMN share_colleagues BIGINT NOT NULL DEFAULT 0;
