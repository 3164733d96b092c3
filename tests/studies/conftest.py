"""Studies as they lie on a disk."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.scans import Scan, write_dicom


@pytest.fixture(scope="session")
def vendor_folders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """One classic DICOM study per vendor, written once."""
    root = tmp_path_factory.mktemp("vendors")
    folders = {}
    for number, vendor in enumerate(("siemens", "ge", "philips"), 1):
        folders[vendor] = root / vendor
        write_dicom(folders[vendor], Scan(vendor, number=number))
    return folders
