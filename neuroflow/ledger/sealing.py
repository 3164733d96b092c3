"""Seal what an older ledger holds about people in the clear."""

from __future__ import annotations

from collections.abc import Callable

from neuroflow.ledger.database import LedgerFile, statements

_IN_THE_CLEAR = (
    "SELECT EXISTS (SELECT 1 FROM packages WHERE study_uid_sha256 <> ''"
    " AND study_uid_sha256 NOT LIKE 'k_:%')"
    " OR EXISTS (SELECT 1 FROM overrides WHERE reason <> '' AND reason NOT LIKE 'k_:%')"
)
_HAS_LEFT = "SELECT EXISTS (SELECT 1 FROM events WHERE study_id = ? AND state <> 'packaged')"
_DELETIONS = (
    "DELETE FROM uptimes WHERE event_id IN (SELECT id FROM events WHERE study_id = ?)",
    "DELETE FROM destinations WHERE event_id IN (SELECT id FROM events WHERE study_id = ?)",
    "DELETE FROM events WHERE study_id = ?",
    "DELETE FROM also_in WHERE study_id = ?",
    "DELETE FROM packages WHERE study_id = ?",
    "DELETE FROM renamed WHERE new_id = ?",
)


def seal_rows(file: LedgerFile, digest: Callable[[str], str], close: Callable[[str], str]) -> None:
    """Replace digests of UIDs by keyed ones, and reasons by encrypted ones; change nothing else."""
    if file.is_read_only or not file.select(_IN_THE_CLEAR)[0][0]:
        return
    with file.writing() as db:
        db.execute("PRAGMA secure_delete = ON")  # overwrites what was there
        packages = db.execute("SELECT study_id, study_uid_sha256 FROM packages").fetchall()
        db.executemany(
            "UPDATE packages SET study_uid_sha256 = ? WHERE study_id = ?",
            [(digest(uid), study_id) for study_id, uid in packages],
        )
        overrides = db.execute("SELECT id, reason FROM overrides").fetchall()
        # It protects the rows of overrides, except from this transaction.
        db.execute("DROP TRIGGER overrides_stay")
        db.executemany(
            "UPDATE overrides SET reason = ? WHERE id = ?",
            [(close(reason), number) for number, reason in overrides],
        )
        db.execute(_trigger("overrides_stay"))
    file.checkpoint()


def forget_rows(file: LedgerFile, study_id: str) -> None:
    """Remove the digests of a study's scan and the reasons; of one that never left, every row."""
    with file.writing() as db:
        db.execute("PRAGMA secure_delete = ON")
        db.execute("DROP TRIGGER overrides_remain")
        db.execute("DELETE FROM overrides WHERE study_id = ?", (study_id,))
        db.execute(_trigger("overrides_remain"))
        if db.execute(_HAS_LEFT, (study_id,)).fetchone()[0]:
            db.execute(
                "UPDATE packages SET study_uid_sha256 = '', source_sha256 = '' WHERE study_id = ?",
                (study_id,),
            )
        else:
            db.execute("DROP TRIGGER events_remain")
            for statement in _DELETIONS:
                db.execute(statement, (study_id,))
            db.execute(_trigger("events_remain"))
    file.checkpoint()


def _trigger(name: str) -> str:
    return next(each for each in statements("schema.sql") if f"TRIGGER {name}" in each)
