"""Studies that cannot be read become findings."""

from __future__ import annotations

import gzip
import shutil

import pytest
from support.scans import SMALL, Scan, write_dicom, write_mosaic, write_nifti
from support.studies import measured

from neuroflow.studies.discovery.find import find_studies
from neuroflow.studies.protocol.check import check, check_study


def test_truncated_dicom_is_an_error(tmp_path):
    paths = write_dicom(tmp_path, SMALL)
    paths[0].write_bytes(paths[0].read_bytes()[:-8])
    assert measured(tmp_path)["unreadable_files"] == f"1: {paths[0].name} (truncated)"


@pytest.mark.parametrize("write", [write_nifti, write_mosaic])
def test_study_without_its_files_is_an_error(tmp_path, write):
    write(tmp_path / "in", SMALL)
    (study,) = find_studies(tmp_path)
    shutil.rmtree(tmp_path / "in")
    assert [finding.rule for finding in check_study(study)] == ["readable"]


@pytest.mark.parametrize(
    "rubbish", [b"", b"no image", b"\x5c\x01\x00\x00short", gzip.compress(b"no image", mtime=0)]
)
def test_unreadable_study_does_not_stop_the_check_of_others(tmp_path, rubbish):
    write_nifti(tmp_path / "good", Scan())
    write_nifti(tmp_path / "bad", SMALL)
    (tmp_path / "bad" / "dwi.nii.gz").write_bytes(rubbish)
    studies = find_studies(tmp_path)
    table = check(studies)
    assert len(studies) == 2
    assert table[["study", "rule"]].to_numpy().tolist() == [["bad", "readable"]]
