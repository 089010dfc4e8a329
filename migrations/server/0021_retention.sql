-- How long each class of data is kept, and what was erased (row B-19).

CREATE TABLE retention (
  organisation TEXT NOT NULL REFERENCES organisation (id),
  class        TEXT NOT NULL,
  days         BIGINT NOT NULL CHECK (days > 0),
  PRIMARY KEY (organisation, class)
);

-- The last time that something of a class was erased.
CREATE TABLE retention_run (
  organisation TEXT NOT NULL REFERENCES organisation (id),
  class        TEXT NOT NULL,
  ran_at       BIGINT NOT NULL,
  erased       BIGINT NOT NULL,
  PRIMARY KEY (organisation, class)
);

-- Phones hear of the periods.
UPDATE scope SET head = head + 1 WHERE id LIKE 'organisation/%';
INSERT INTO change (scope, seq, kind, id, gone)
  SELECT id, head, 'retention', substr(id, 14), 0 FROM scope WHERE id LIKE 'organisation/%';
