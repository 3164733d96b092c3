"""The names of the files and folders of a workspace, each stated once; see `folder`."""

from __future__ import annotations

CONFIG_NAME = "neuroflow.toml"
LEDGER_NAME = "ledger.sqlite"
LEDGER_FILES = (LEDGER_NAME, f"{LEDGER_NAME}-wal")
"""Files that change with the state of a study."""
WITNESS_NAME = "witness.json"
SALT_NAME = "salt"
SET_ASIDE_FILE = "results_set_aside.tsv"
NOTES_FILE = "notes.tsv"

COHORTS = "cohorts"
PACKAGES = "packages"
"""The folder with a folder of zips per cohort."""
RESULTS = "results"
CACHE = "cache"
EXPORTS = "exports"

STUDIES_NAME = "studies.tsv"
DECISIONS_NAME = "decisions.tsv"
CHECKS_NAME = "checks.json"
PARTICIPANTS_NAME = "participants.tsv"
DECISION_FILES = (STUDIES_NAME, DECISIONS_NAME, CHECKS_NAME, PARTICIPANTS_NAME)
"""Files of a cohort's folder that change with a decision."""
