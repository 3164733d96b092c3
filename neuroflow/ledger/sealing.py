"""Seal what a ledger of before says of people in the clear."""

from __future__ import annotations

from collections.abc import Callable

from neuroflow.ledger.database import LedgerFile, statements

_IN_THE_CLEAR = (
    "SELECT EXISTS (SELECT 1 FROM packages WHERE study_uid_sha256 <> ''"
    " AND study_uid_sha256 NOT LIKE 'k_:%')"
    " OR EXISTS (SELECT 1 FROM overrides WHERE reason <> '' AND reason NOT LIKE 'k_:%')"
)


def seal_rows(file: LedgerFile, digest: Callable[[str], str], close: Callable[[str], str]) -> None:
    """Replace digests of UIDs by keyed ones, and reasons by encrypted ones; nothing else changes.

    The rows of overrides are protected by a trigger, which is taken away for this transaction.
    """
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
        db.execute("DROP TRIGGER overrides_stay")
        db.executemany(
            "UPDATE overrides SET reason = ? WHERE id = ?",
            [(close(reason), number) for number, reason in overrides],
        )
        trigger = next(s for s in statements("schema.sql") if "TRIGGER overrides_stay" in s)
        db.execute(trigger)
    file.checkpoint()


def forget_rows(file: LedgerFile, study_id: str) -> None:
    """Remove the digests of a study's scan, and the reasons of its overrides."""
    with file.writing() as db:
        db.execute("PRAGMA secure_delete = ON")
        db.execute(
            "UPDATE packages SET study_uid_sha256 = '', source_sha256 = '' WHERE study_id = ?",
            (study_id,),
        )
        db.execute("DROP TRIGGER overrides_remain")
        db.execute("DELETE FROM overrides WHERE study_id = ?", (study_id,))
        trigger = next(s for s in statements("schema.sql") if "TRIGGER overrides_remain" in s)
        db.execute(trigger)
    file.checkpoint()
