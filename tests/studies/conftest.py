"""Studies of each manufacturer, written once per session."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.scans import Scan, write_dicom, write_enhanced, write_mosaic


@pytest.fixture(scope="session")
def vendor_folders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """One study per vendor as the protocol wants it: mosaic, classic, enhanced."""
    root = tmp_path_factory.mktemp("vendors")
    write_mosaic(root / "siemens", Scan("siemens", number=1))
    write_dicom(root / "ge", Scan("ge", number=2))
    write_enhanced(root / "philips", Scan("philips", number=3))
    return {vendor: root / vendor for vendor in ("siemens", "ge", "philips")}
