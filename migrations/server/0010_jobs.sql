-- Jobs of the house, each done by whichever node asks first.

CREATE TABLE job (
  name   TEXT PRIMARY KEY,
  -- By the clock of the node that did it.
  ran_at BIGINT NOT NULL
);
