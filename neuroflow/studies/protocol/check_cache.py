"""What was found of each study, remembered as long as its files look the same."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import astuple, replace
from pathlib import Path
from typing import Any

from neuroflow._version import __version__
from neuroflow.io import write_private
from neuroflow.models import Finding, Severity, Study
from neuroflow.studies.protocol.rules import RULES
from neuroflow.studies.source_digest import stamp

Looked = tuple[str, tuple[Finding, ...]]
"""The fingerprint of a study's UID, and what a look at it found."""


class CheckMemory:
    """Remember what `neuroflow.check` found, in a file that can be thrown away.

    Parameters
    ----------
    path
        The file; readable by its owner only, since findings name studies.

    Examples
    --------
    >>> import tempfile
    >>> from neuroflow.models import StudyKind
    >>> memory = CheckMemory(Path(tempfile.mkdtemp()) / "checks.json")
    >>> study = Study("P1", StudyKind.NIFTI, Path("."), (), study_id="a")
    >>> memory.keep(study, ("", ()))
    >>> memory.recall(study)
    ('', ())
    >>> memory.recall(replace(study, age=61.0)) is None
    True
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._known: dict[str, Any] = _read(path)
        self._stamps: dict[str | None, str | None] = {}
        self._is_new = False

    def recall(self, study: Study, *, look: bool = True) -> Looked | None:
        """Return what was found of a study before.

        Parameters
        ----------
        study
            With a `study_id`.
        look
            Look whether its files, age and sex are still the same; False takes it for granted.

        Returns
        -------
        tuple or None
            None where it was never checked, or changed since.
        """
        note = self._known.get(str(study.study_id))
        if look:
            # Before the study is read: a file that is replaced meanwhile is read again next time.
            now = self._stamps[study.study_id] = _stamp(study)
            if note is None or note["stamp"] != now:
                return None
        elif note is None:
            return None
        fingerprint, found = _looked(note)
        return fingerprint, tuple(replace(finding, study=study.label) for finding in found)

    def keep(self, study: Study, looked: Looked) -> None:
        """Remember what was found of a study; `save` writes it down.

        Parameters
        ----------
        study
            With a `study_id`.
        looked
            What was found.
        """
        look = self._stamps.pop(study.study_id) if study.study_id in self._stamps else _stamp(study)
        if look is not None and study.study_id is not None:
            rows = [astuple(replace(finding, study="")) for finding in looked[1]]
            note = {"stamp": look, "fingerprint": looked[0], "findings": rows}
            self._known[study.study_id] = note
            self._is_new = True

    def save(self) -> None:
        """Write down what is new; a memory that cannot be written only costs another look."""
        if self._is_new and self._path.parent.is_dir():
            with suppress(OSError):
                write_private(self._path, json.dumps(self._known).encode())
                self._is_new = False


def _stamp(study: Study) -> str | None:
    """Digest how a study looks and what it is held against; None where a file is away."""
    try:
        return hashlib.sha256(f"{stamp(study)}|{_RULES}|{__version__}".encode()).hexdigest()
    except OSError:
        return None


# Sets have no order of their own: with them the digest would differ from process to process.
_RULES = hashlib.sha256(
    repr([(replace(rule, kinds=frozenset()), sorted(rule.kinds)) for rule in RULES]).encode()
).hexdigest()


def _looked(note: Mapping[str, Any]) -> Looked:
    found = tuple(
        Finding(study, rule, Severity(severity), *texts)
        for study, rule, severity, *texts in (map(str, row) for row in note["findings"])
    )
    return str(note["fingerprint"]), found


def _read(path: Path) -> dict[str, Any]:
    try:
        known = json.loads(path.read_text(encoding="utf-8"))
        for note in known.values():
            _looked(note), note["stamp"]
    except (OSError, ValueError, TypeError, KeyError, AttributeError):
        return {}  # nothing remembered: every study is looked at
    return dict(known)
