-- The professional card (row O-30): a photo for each caregiver, a logo for each organisation.

CREATE TABLE staff_photo (
  membership TEXT PRIMARY KEY REFERENCES membership (id),
  -- A square JPEG in base64, made again by the server: nothing of the file that was sent is left.
  picture    TEXT NOT NULL,
  set_at     BIGINT NOT NULL
);

CREATE TABLE logo (
  organisation TEXT PRIMARY KEY REFERENCES organisation (id),
  picture      TEXT NOT NULL,
  set_at       BIGINT NOT NULL
);

-- Phones hear of the cards of those who are here already.
UPDATE scope SET head = head + 1 WHERE id LIKE 'membership/%';
INSERT INTO change (scope, seq, kind, id, gone)
  SELECT id, head, 'card', substr(id, 12), 0 FROM scope WHERE id LIKE 'membership/%';
