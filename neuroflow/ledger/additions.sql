-- Tables that ledgers of every age get when they are opened; earlier versions pass over them.

CREATE TABLE IF NOT EXISTS uptimes (
    event_id INTEGER PRIMARY KEY REFERENCES events (id),
    boot_id  TEXT NOT NULL,
    seconds  REAL NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS destinations (
    event_id INTEGER PRIMARY KEY REFERENCES events (id),
    service  TEXT NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS runs (
    id    INTEGER PRIMARY KEY AUTOINCREMENT,
    job   TEXT NOT NULL,
    token TEXT NOT NULL,
    place TEXT NOT NULL,
    at    TEXT NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS facts (
    name  TEXT PRIMARY KEY,
    value TEXT NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS renamed (
    study_id TEXT PRIMARY KEY,
    new_id   TEXT NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS also_in (
    study_id  TEXT NOT NULL REFERENCES packages (study_id),
    cohort_id TEXT NOT NULL,
    PRIMARY KEY (study_id, cohort_id)
) STRICT;
