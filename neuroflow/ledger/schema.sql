-- The ledger's tables. Events and overrides are only ever added; states are derived from them.

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
