-- Kinds of help with their tasks (rows O-37 to O-41), and more words of a visit (rows O-35, O-36).

CREATE TABLE service_type (
  id           TEXT PRIMARY KEY,
  organisation TEXT NOT NULL REFERENCES organisation (id),
  name         TEXT NOT NULL,
  -- Without case or accents: a name is known once.
  folded       TEXT NOT NULL,
  active       BIGINT NOT NULL CHECK (active IN (0, 1)),
  -- The newest list of its tasks.
  version      BIGINT NOT NULL,
  rev          BIGINT NOT NULL,
  created_at   BIGINT NOT NULL
);
CREATE UNIQUE INDEX service_type_once ON service_type (organisation, folded);

-- Every list there was.
CREATE TABLE task_list (
  service TEXT NOT NULL REFERENCES service_type (id),
  version BIGINT NOT NULL,
  -- JSON list of words.
  tasks   TEXT NOT NULL,
  made_by TEXT NOT NULL,
  made_at BIGINT NOT NULL,
  PRIMARY KEY (service, version)
);

-- What is planned of it for a visit.
CREATE TABLE visit_tasks (
  visit   TEXT PRIMARY KEY REFERENCES visit (id),
  service TEXT NOT NULL REFERENCES service_type (id),
  version BIGINT NOT NULL,
  planned TEXT NOT NULL,
  -- Somebody has changed it for this visit: a new version of the list leaves it alone.
  edited  BIGINT NOT NULL CHECK (edited IN (0, 1))
);
CREATE INDEX visit_tasks_of_service ON visit_tasks (service, edited);

-- What the caregiver reports: the last one counts.
CREATE TABLE visit_task_report (
  visit       TEXT PRIMARY KEY REFERENCES visit (id),
  membership  TEXT NOT NULL,
  -- JSON list of lines.
  tasks       TEXT NOT NULL,
  device      TEXT NOT NULL,
  written_at  BIGINT NOT NULL,
  received_at BIGINT NOT NULL
);

ALTER TABLE visit_notes ADD COLUMN distance_note TEXT NOT NULL DEFAULT '';
ALTER TABLE visit_notes ADD COLUMN report TEXT NOT NULL DEFAULT '';
