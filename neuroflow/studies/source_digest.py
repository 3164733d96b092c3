"""Notice a study that changed since it was packaged."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

from neuroflow._version import METHOD
from neuroflow.models import Package, Study
from neuroflow.studies.archive import sha256_of


def source_digest(study: Study) -> str:
    """Digest what a package is made from."""
    digest = hashlib.sha256(_settings(study))
    for path in sorted(study.files):
        digest.update(sha256_of(path).encode())
    return digest.hexdigest()


def _settings(study: Study) -> bytes:
    # What is written changes with these, and with what is taken out.
    return f"{METHOD}|{study.age}|{study.sex}|{study.study_uid}".encode()


def stamp(study: Study) -> str:
    """Digest what a look at the folder tells: sizes and times of change."""
    digest = hashlib.sha256(_settings(study))
    for path in sorted(study.files):
        stat = path.stat()
        digest.update(f"{stat.st_size}|{stat.st_mtime_ns}".encode())
    return digest.hexdigest()


def remember(look: str, package: Package) -> None:
    """Note how the study's files looked when it was packaged, beside the package."""
    note = {"stamp": look, "source": package.source_sha256}
    _note_path(package.path).write_text(json.dumps(note), encoding="ascii")


def is_unchanged(study: Study, package: Package) -> bool:
    """Tell whether a package is still what its study would give.

    Files that look as they did (size, time of change) are taken as unchanged; others are read.
    """
    try:
        if package.path.stat().st_size != package.size:
            return False
        look = stamp(study)
        if _noted(package) == look:
            return True
        if source_digest(study) != package.source_sha256:
            return False
        remember(look, package)
    except OSError:
        return False
    return True


def _noted(package: Package) -> str:
    try:
        note = json.loads(_note_path(package.path).read_text(encoding="ascii"))
        return str(note["stamp"]) if note["source"] == package.source_sha256 else ""
    except (OSError, ValueError, KeyError, TypeError):
        return ""  # no note: the files are read


def _note_path(path: Path) -> Path:
    return path.with_name(f".{path.stem}.source")
