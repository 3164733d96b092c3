"""The findings of earlier checks, valid as long as a study's files stay the same."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import astuple, replace
from pathlib import Path
from typing import Any, NamedTuple

from neuroflow._version import __version__
from neuroflow.io import write_private
from neuroflow.models import Finding, Severity, Study
from neuroflow.studies.protocol.rules import RULES
from neuroflow.studies.source_digest import stat_digest


class CheckResult(NamedTuple):
    """What the check of one study found."""

    fingerprint: str  # As in `Acquisition`; empty where the study cannot be read
    findings: tuple[Finding, ...]


class CheckCache:
    """A cache of the findings of earlier checks, in a file that can be deleted at any time.

    Parameters
    ----------
    path
        The file, a JSON document. Only its owner can read it, since findings name studies.

    See Also
    --------
    neuroflow.check : Takes a cache, and does not read unchanged studies again.

    Examples
    --------
    >>> import tempfile
    >>> from neuroflow.models import StudyKind
    >>> cache = CheckCache(Path(tempfile.mkdtemp()) / "checks.json")
    >>> study = Study("P1", StudyKind.NIFTI, Path("."), (), study_id="a")
    >>> cache.put(study, CheckResult("", ()))
    >>> cache.get(study)
    CheckResult(fingerprint='', findings=())
    >>> cache.get(replace(study, age=61.0)) is None
    True
    >>> cache.save()
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._entries: dict[str, Any] = _read(path)
        self._digests: dict[str | None, str | None] = {}
        self._has_changed = False

    def get(self, study: Study, *, verify: bool = True) -> CheckResult | None:
        """Return the findings of an earlier check of a study.

        Parameters
        ----------
        study
            A study with a `study_id`.
        verify
            Compare sizes and modification times of its files, its age and its sex with those of
            the earlier check. False opens no file and returns the findings even if they changed.

        Returns
        -------
        CheckResult or None
            None if the study was not checked before, or has changed since.
        """
        entry = self._entries.get(str(study.study_id))
        if verify:
            # Before the study is read: a file replaced meanwhile is then read again next time.
            now = self._digests[study.study_id] = _digest(study)
            if entry is None or entry["stamp"] != now:
                return None
        elif entry is None:
            return None
        fingerprint, findings = _parsed(entry)
        relabelled = tuple(replace(finding, study=study.label) for finding in findings)
        return CheckResult(fingerprint, relabelled)

    def put(self, study: Study, result: CheckResult) -> None:
        """Store what the check of a study found; `save` writes it to the file.

        Parameters
        ----------
        study
            A study with a `study_id`; without one nothing is stored.
        result
            The findings.
        """
        known = study.study_id in self._digests
        digest = self._digests.pop(study.study_id) if known else _digest(study)
        if digest is not None and study.study_id is not None:
            rows = [astuple(replace(finding, study="")) for finding in result.findings]
            entry = {"stamp": digest, "fingerprint": result.fingerprint, "findings": rows}
            self._entries[study.study_id] = entry
            self._has_changed = True

    def save(self) -> None:
        """Write new entries to the file; if that fails, the next check reads the studies again."""
        if self._has_changed and self._path.parent.is_dir():
            with suppress(OSError):
                write_private(self._path, json.dumps(self._entries).encode())
                self._has_changed = False


def _digest(study: Study) -> str | None:
    """Digest a study's files, the rules and the version; None where a file is missing."""
    try:
        text = f"{stat_digest(study)}|{_RULES}|{__version__}"
    except OSError:
        return None
    return hashlib.sha256(text.encode()).hexdigest()


# Sets have no order: with them the digest would differ from process to process.
_RULES = hashlib.sha256(
    repr([(replace(rule, kinds=frozenset()), sorted(rule.kinds)) for rule in RULES]).encode()
).hexdigest()


def _parsed(entry: Mapping[str, Any]) -> CheckResult:
    findings = tuple(
        Finding(study, rule, Severity(severity), *texts)
        for study, rule, severity, *texts in (map(str, row) for row in entry["findings"])
    )
    return CheckResult(str(entry["fingerprint"]), findings)


def _read(path: Path) -> dict[str, Any]:
    try:
        entries = json.loads(path.read_text(encoding="utf-8"))
        for entry in entries.values():
            _parsed(entry), entry["stamp"]
    except (OSError, ValueError, TypeError, KeyError, AttributeError):
        return {}  # missing or damaged: every study is checked again
    return dict(entries)
