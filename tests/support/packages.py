"""Packages of studies in tests, and what they tell."""

from __future__ import annotations

import gzip
import zipfile
from dataclasses import replace
from pathlib import Path
from uuid import UUID

from support.scans import SECRETS

from neuroflow.models import Study
from neuroflow.studies.discovery.find import find_studies

SALT = b"a secret of the workspace"


def only_study(folder: Path, number: int = 1) -> Study:
    """The one study in a folder, with an id."""
    (study,) = find_studies(folder)
    return replace(study, study_id=str(UUID(int=number, version=4)))


def package_bytes(path: Path) -> bytes:
    """Everything a package tells: its own bytes, its names, its unpacked files."""
    with zipfile.ZipFile(path) as archive:
        files = [archive.read(name) for name in archive.namelist()]
    plain = [gzip.decompress(data) for data in files if data[:2] == b"\x1f\x8b"]
    return b"".join([path.name.encode(), path.read_bytes(), *files, *plain])


def leaks(data: bytes) -> list[str]:
    """Which secrets are in some bytes."""
    upper = data.upper()
    return [name for name, secret in SECRETS.items() if secret.upper().encode() in upper]
