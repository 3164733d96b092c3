"""Detect studies that changed since they were packaged."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

from neuroflow._version import EARLIER_METHODS, METHOD
from neuroflow.io import PRIVATE, atomic_write
from neuroflow.models import Package, Study, StudyKind
from neuroflow.studies.archive import (
    files_of,
    files_on_disk,
    sha256_of,
    sha256_of_member,
    shared_archives,
)


def source_digest(study: Study, method: str = METHOD) -> str:
    """Digest the contents of a study's files, and what else a package depends on."""
    digest = hashlib.sha256(_settings(study, method))
    if study.root in study.files:  # cohorts of earlier versions name an archive alone
        digest.update(sha256_of(study.root).encode())
        return digest.hexdigest()
    if study.kind is StudyKind.ZIP:
        digest.update(b"archive")
    with shared_archives():
        for member in sorted(files_of(study)):
            digest.update(sha256_of_member(member).encode())
    return digest.hexdigest()


def _settings(study: Study, method: str) -> bytes:
    # The package changes with these, and with the de-identification method.
    return f"{method}|{study.age}|{study.sex}|{study.study_uid}".encode()


def stat_digest(study: Study, method: str = METHOD) -> str:
    """Digest sizes and modification times of a study's files, without reading them."""
    digest = hashlib.sha256(_settings(study, method))
    if study.kind is StudyKind.ZIP:
        digest.update("|".join(path.as_posix() for path in sorted(study.files)).encode())
    for path in files_on_disk([study]):
        stat = path.stat()
        digest.update(f"{stat.st_size}|{stat.st_mtime_ns}".encode())
    return digest.hexdigest()


def save_stat_digest(digest: str, package: Package) -> None:
    """Write the digest of the study's files beside the package made from them."""
    note = {"stamp": digest, "source": package.source_sha256}
    with atomic_write(_digest_path(package.path), mode=PRIVATE) as temporary:
        temporary.write_text(json.dumps(note), encoding="ascii")


def is_unchanged(study: Study, package: Package, *, was_sent: bool = False) -> bool:
    """Check whether packaging a study again would give the same package.

    Files with the same size and modification time are taken as unchanged; others are read. What was
    sent stays as it is, although a later version removes more.
    """
    try:
        if package.path.stat().st_size != package.size:
            return False
        methods = (METHOD, *EARLIER_METHODS) if was_sent else (METHOD,)
        return any(_is_made_by(method, study, package) for method in methods)
    except OSError:
        return False


def _is_made_by(method: str, study: Study, package: Package) -> bool:
    digest = stat_digest(study, method)
    if _saved_digest(package) == digest:
        return True
    if source_digest(study, method) != package.source_sha256:
        return False
    save_stat_digest(digest, package)
    return True


def _saved_digest(package: Package) -> str:
    try:
        note = json.loads(_digest_path(package.path).read_text(encoding="ascii"))
        return str(note["stamp"]) if note["source"] == package.source_sha256 else ""
    except (OSError, ValueError, KeyError, TypeError):
        return ""  # missing or damaged: the files are read


def _digest_path(path: Path) -> Path:
    return path.with_name(f".{path.stem}.source")
