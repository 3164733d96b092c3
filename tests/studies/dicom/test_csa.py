"""Siemens' CSA header: read, and blanked without changing its structure."""

from __future__ import annotations

import gzip
from pathlib import Path

import nibabel
import pytest
from pydicom import dcmread

from neuroflow.studies.dicom.csa import blank_csa, read_tags

SIEMENS = Path(nibabel.__file__).parent / "nicom" / "tests" / "data" / "siemens_dwi_1000.dcm.gz"


@pytest.mark.parametrize("part", [0x1010, 0x1020])
def test_blanked_csa_header_keeps_structure_and_acquisition(part):
    with gzip.open(SIEMENS) as stream:
        value = dcmread(stream)[0x0029, part].value
    blanked = blank_csa(value)
    before, after = read_tags(value), read_tags(blanked)
    assert len(blanked) == len(value)
    assert set(after) == set(before)
    kept = ("B_matrix", "MosaicRefAcqTimes") if part == 0x1010 else ("SliceArrayConcatenations",)
    for name in kept:
        assert after[name] == before[name]
        assert after[name]
    if part == 0x1020:
        assert "sSliceArray.ucMode                       = 0x2" in after["MrPhoenixProtocol"][0]


@pytest.mark.parametrize("value", [b"", b"SV10", b"SV10" + bytes(80), bytes(300), b"SV10" * 90])
def test_damaged_csa_header_is_not_kept(value):
    assert blank_csa(value) is None
