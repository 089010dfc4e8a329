-- The desk lists who works alone now (row B-06).
CREATE INDEX lone_session_watched ON lone_session (organisation, heard_at) WHERE state <> 'closed';
