-- The ledger's tables. Events and overrides are only ever added; `current` is derived from them.

CREATE TABLE packages (
    study_id         TEXT PRIMARY KEY,
    cohort_id        TEXT NOT NULL,
    size             INTEGER NOT NULL,
    sha256           TEXT NOT NULL,
    source_sha256    TEXT NOT NULL,
    study_uid_sha256 TEXT NOT NULL
) STRICT;
CREATE TABLE events (
    id       INTEGER PRIMARY KEY AUTOINCREMENT,
    study_id TEXT NOT NULL REFERENCES packages (study_id),
    state    TEXT NOT NULL,
    message  TEXT NOT NULL,
    size     INTEGER NOT NULL,
    sha256   TEXT NOT NULL,
    at       TEXT NOT NULL
) STRICT;
CREATE INDEX events_of_study ON events (study_id, id);
CREATE TRIGGER events_stay BEFORE UPDATE ON events
    BEGIN SELECT RAISE(ABORT, 'events are only ever added'); END;
CREATE TRIGGER events_remain BEFORE DELETE ON events
    BEGIN SELECT RAISE(ABORT, 'events are only ever added'); END;
CREATE TABLE overrides (
    id       INTEGER PRIMARY KEY AUTOINCREMENT,
    study_id TEXT NOT NULL,
    rule     TEXT NOT NULL,
    reason   TEXT NOT NULL,
    at       TEXT NOT NULL
) STRICT;
CREATE TRIGGER overrides_stay BEFORE UPDATE ON overrides
    BEGIN SELECT RAISE(ABORT, 'overrides are only ever added'); END;
CREATE TRIGGER overrides_remain BEFORE DELETE ON overrides
    BEGIN SELECT RAISE(ABORT, 'overrides are only ever added'); END;
CREATE VIEW current AS
    SELECT p.cohort_id, p.study_id, e.state, e.at AS since, p.size, p.sha256, p.source_sha256,
           p.study_uid_sha256, e.message,
           (SELECT MAX(s.at) FROM events s
             WHERE s.study_id = p.study_id AND s.state = 'submitted') AS submitted_at,
           (SELECT MAX(a.at) FROM events a
             WHERE a.study_id = p.study_id AND a.state IN ('collected', 'failed')) AS answered_at,
           CASE WHEN e.state = 'packaged' THEN NULL ELSE e.size END AS sent_size,
           CASE WHEN e.state = 'packaged' THEN NULL ELSE e.sha256 END AS sent_sha256
      FROM packages p
      JOIN events e ON e.id = (SELECT MAX(l.id) FROM events l WHERE l.study_id = p.study_id);
