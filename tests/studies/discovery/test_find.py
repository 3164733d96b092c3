"""Finding studies in folders of any layout."""

from __future__ import annotations

import os
import shutil
import sys
import tarfile
import zipfile
from dataclasses import replace

import pytest
from support.scans import SMALL, Scan, write_dicom, write_nifti

from neuroflow.errors import FolderError
from neuroflow.models import StudyKind
from neuroflow.studies.discovery.find import find_studies, survey
from neuroflow.studies.parallel import local_executor


def test_studies_in_one_folder_are_separated_by_uid(tmp_path):
    write_dicom(tmp_path / "one", replace(SMALL, number=1, patient_id="P1"))
    for path in write_dicom(tmp_path / "two", replace(SMALL, number=2, patient_id="P2")):
        shutil.move(path, tmp_path / "one" / f"two_{path.stem}")
    studies = find_studies(tmp_path)
    assert [(study.label, len(study.files)) for study in studies] == [("P1", 12), ("P2", 12)]


def test_dicom_without_extension_is_found(tmp_path):
    write_dicom(tmp_path, SMALL, suffix="")
    (study,) = find_studies(tmp_path)
    assert study.kind is StudyKind.DICOM


def test_other_series_of_a_study_are_skipped_and_named(tmp_path):
    write_dicom(tmp_path / "dti", SMALL)
    other = {
        "SeriesInstanceUID": "1.2.3",
        "SeriesDescription": "T1 MPRAGE",
        "SeriesNumber": 2,
    }
    scan = replace(SMALL, n_directions=0, n_b0=1, header=other, vendor="siemens")
    write_dicom(tmp_path / "t1", scan)
    found = survey(tmp_path)
    assert len(found.studies[0].files) == 12
    assert found.skipped["reason"].tolist() == ['other series of a study: 2 "T1 MPRAGE"']
    assert found.skipped["files"].tolist() == [3]
    assert "MPRAGE" not in found.summary


def test_bids_names_contain_participant_and_session(tmp_path):
    folder = tmp_path / "sub-07" / "ses-b" / "dwi"
    write_nifti(folder, SMALL, stem="sub-07_ses-b_dwi")
    (study,) = find_studies(tmp_path)
    assert (study.participant_id, study.session_id, study.label) == ("07", "b", "07_b")
    assert len(study.files) == 4


def test_gradients_and_sidecar_are_inherited_in_bids(tmp_path):
    folder = tmp_path / "sub-07" / "dwi"
    write_nifti(folder, SMALL, stem="sub-07_dwi")
    for kind in ("bval", "bvec", "json"):
        shutil.move(folder / f"sub-07_dwi.{kind}", tmp_path / f"dwi.{kind}")
    (study,) = find_studies(tmp_path)
    assert sorted(path.name for path in study.files) == [
        "dwi.bval",
        "dwi.bvec",
        "dwi.json",
        "sub-07_dwi.nii.gz",
    ]


def test_zip_contains_several_studies(tmp_path):
    with zipfile.ZipFile(tmp_path / "two.zip", "w") as archive:
        for number in (1, 2):
            scan = replace(SMALL, number=number, patient_id=f"P{number}")
            for path in write_dicom(tmp_path / "in", scan):
                archive.write(path, f"{number}/{path.name}")
    shutil.rmtree(tmp_path / "in")
    studies = find_studies(tmp_path)
    assert [study.label for study in studies] == ["P1", "P2"]
    assert {study.kind for study in studies} == {StudyKind.ZIP}


def test_skipped_files_are_counted_with_reasons(tmp_path):
    write_dicom(tmp_path / "dti", SMALL)
    (tmp_path / "empty.dcm").touch()
    (tmp_path / "text.dcm").write_text("no DICOM at all, and long enough to be looked at")
    (tmp_path / "readme.md").write_text("hello")
    found = survey(tmp_path)
    assert found.skipped.set_index("path")["reason"].to_dict() == {
        "empty.dcm": "empty file",
        "readme.md": "neither DICOM nor NIfTI",
        "text.dcm": "not DICOM, despite its extension",
    }
    assert found.summary.startswith("1 study found; 3 files skipped")


linux = pytest.mark.skipif(sys.platform != "linux", reason="other systems name files in Unicode")


@linux
def test_names_of_another_encoding_are_skipped_by_name(tmp_path):
    write_dicom(tmp_path / "dti", SMALL)
    write_dicom(tmp_path / os.fsdecode(b"caf\xe9"), SMALL)
    (tmp_path / os.fsdecode(b"M\xfcller.dcm")).touch()
    found = survey(tmp_path)
    assert len(found.studies) == 1
    assert found.skipped.set_index("path")["reason"].to_dict() == {
        "M\\xfcller.dcm": "name is not Unicode: rename it",
        "caf\\xe9": "name is not Unicode: rename it",
    }


@linux
def test_a_folder_of_another_encoding_is_an_error(tmp_path):
    write_dicom(tmp_path / os.fsdecode(b"caf\xe9"), SMALL)
    with pytest.raises(FolderError, match=r"caf\\xe9 is not Unicode.*Rename the folder"):
        find_studies(tmp_path / os.fsdecode(b"caf\xe9"))


@linux
def test_a_tar_with_names_of_another_encoding_is_read(tmp_path):
    write_dicom(tmp_path / "dti", SMALL)
    with tarfile.open(
        tmp_path / "all.tar", "w", format=tarfile.GNU_FORMAT, encoding="latin-1"
    ) as archive:
        archive.add(tmp_path / "dti", "caf\xe9")
    shutil.rmtree(tmp_path / "dti")
    (study,) = find_studies(tmp_path)
    assert study.files[0].parent.name == "caf\\xe9"


@pytest.mark.parametrize("content", [None, "readme.md"])
def test_folder_without_studies_is_an_error(tmp_path, content):
    if content:
        (tmp_path / content).write_text("hello")
    with pytest.raises(FolderError, match="no study"):
        find_studies(tmp_path)


def test_missing_folder_is_an_error(tmp_path):
    with pytest.raises(FolderError, match="not a folder"):
        find_studies(tmp_path / "nowhere")


def test_relative_folder_is_found_by_processes_started_elsewhere(tmp_path, monkeypatch):
    pool = local_executor()
    pool.submit(os.getcwd).result()
    write_dicom(tmp_path / "scans", Scan(n_slices=2, n_directions=1))
    monkeypatch.chdir(tmp_path)
    assert [len(study.files) for study in find_studies("scans", executor=pool)] == [6]
