"""The same scan twice, or several studies of one participant and visit, are found and chosen."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import nibabel as nib
import numpy as np
import pytest
from support.quirks import pack
from support.scans import SMALL, write_mosaic, write_nifti

from neuroflow.models import Study, StudyKind
from neuroflow.studies.discovery.find import find_studies
from neuroflow.studies.protocol.check import check
from neuroflow.studies.protocol.visits import same_visits


def blocked(folder):
    """Return the labels of studies with the finding, in order."""
    table = check(find_studies(folder))
    found = table[table["rule"] == "same_visit"]
    assert set(found["severity"]) <= {"error"}
    return found["study"].tolist()


def bids(folder, name, number=1):
    write_nifti(folder, replace(SMALL, number=number), stem=name)


@pytest.mark.parametrize("patient_id", ["P01", "a hospital number"])
def test_dicom_beside_its_converted_image_is_one_visit(tmp_path, patient_id):
    write_mosaic(tmp_path / "P01" / "DTI", replace(SMALL, patient_id=patient_id))
    write_nifti(tmp_path / "P01" / "DTI", SMALL, stem="P01_DTI_5")
    assert len(blocked(tmp_path)) == 2


def test_a_converted_image_beside_its_dicom_is_one_visit(tmp_path):
    for number in (1, 2):
        folder = tmp_path / "controls" / f"C0{number}"
        scan = replace(SMALL, number=number, patient_id=f"MRN{number}")
        write_mosaic(folder / "dicom", scan)
        write_nifti(folder / "nifti", scan)
    assert len(blocked(tmp_path)) == 4
    assert {study.participant_id for study in find_studies(tmp_path)} == {"MRN1", "MRN2"}


def test_ids_with_and_without_prefix_are_one_participant(tmp_path):
    bids(tmp_path / "sub-01" / "dwi", "sub-01_dwi")
    write_mosaic(tmp_path / "export", replace(SMALL, patient_id="SUB-01"))
    assert len(blocked(tmp_path)) == 2


def test_a_repeated_scan_is_reported_for_its_day(tmp_path):
    for number, day in enumerate(("20240315", "20240315", "20250320"), 1):
        header = {"StudyDate": day}
        write_mosaic(tmp_path / str(number), replace(SMALL, number=number, header=header))
    found = blocked(tmp_path)
    assert len(found) == 2
    assert all("20240315" in label for label in found)


def test_sourcedata_beside_raw_images_is_one_visit(tmp_path):
    (tmp_path / "dataset_description.json").write_text("{}", encoding="utf-8")
    bids(tmp_path / "sub-01" / "dwi", "sub-01_dwi")
    write_mosaic(tmp_path / "sourcedata" / "sub-01" / "dicom", SMALL)
    assert len(blocked(tmp_path)) == 2
    (tmp_path / "studies.tsv").write_text("path\tuse\nsourcedata\tno\n", encoding="utf-8")
    assert blocked(tmp_path) == []
    assert len(find_studies(tmp_path)) == 1


def test_a_preprocessed_copy_that_shares_gradients_is_one_visit(tmp_path):
    path = write_nifti(tmp_path / "P01", SMALL, stem="data")
    for kind in ("bval", "bvec"):
        path.with_name(f"data.{kind}").rename(path.with_name(f"{kind}s"))
    image = nib.load(path)
    changed = nib.Nifti1Image(np.asanyarray(image.dataobj) + 1, image.affine, image.header)
    nib.save(changed, path.with_name("data_eddy.nii.gz"))
    assert blocked(tmp_path) == ["P01 data", "P01 data_eddy"]


def test_runs_and_directions_of_one_visit_are_reported_together(tmp_path):
    folder = tmp_path / "sub-01" / "dwi"
    for number, name in enumerate(("dir-AP_run-1", "dir-AP_run-2", "dir-PA"), 1):
        bids(folder, f"sub-01_{name}_dwi", number)
    table = check(find_studies(tmp_path))
    found = table[table["rule"] == "same_visit"]
    assert len(found) == 3
    assert "run-2" in found["measured"].iloc[0]
    assert "dir-PA" in found["measured"].iloc[0]
    assert "studies.tsv" in found["advice"].iloc[0]


def test_a_zip_beside_its_unpacked_folder_is_one_visit(tmp_path):
    write_nifti(tmp_path / "in" / "P01", SMALL)
    pack(tmp_path / "in" / "P01", tmp_path / "in" / "P01.zip")
    table = check(find_studies(tmp_path / "in"))
    assert table["rule"].tolist().count("duplicate") == 2


def test_two_dicom_studies_of_one_day_are_one_visit(tmp_path):
    for number in (1, 2):
        write_mosaic(tmp_path / str(number), replace(SMALL, number=number))
    assert len(blocked(tmp_path)) == 2


def test_visits_in_folders_of_their_own_are_different(tmp_path):
    for number, visit in enumerate(("baseline", "month12"), 1):
        write_nifti(tmp_path / "P01" / visit, replace(SMALL, number=number))
    assert blocked(tmp_path) == []
    assert [study.session_id for study in find_studies(tmp_path)] == ["baseline", "month12"]


def test_participants_in_folders_of_groups_are_different(tmp_path):
    people = ("controls/C001", "controls/C002", "patients/P001")
    for number, name in enumerate(people, 1):
        write_nifti(tmp_path / name, replace(SMALL, number=number))
    assert blocked(tmp_path) == []
    assert [study.participant_id for study in find_studies(tmp_path)] == ["C001", "C002", "P001"]


@pytest.mark.parametrize("patient_id", ["", "ANONYMOUS", "anonymized", "000000", "Unknown", "n/a"])
def test_a_patient_id_shared_by_all_yields_to_the_folder(tmp_path, patient_id):
    for number in (1, 2):
        scan = replace(SMALL, number=number, patient_id=patient_id)
        write_mosaic(tmp_path / "site" / f"P0{number}", scan)
    assert [study.participant_id for study in find_studies(tmp_path)] == ["P01", "P02"]
    assert blocked(tmp_path) == []


def test_a_session_given_by_the_user_separates_visits(tmp_path):
    for name in ("a", "b"):
        write_nifti(tmp_path / "P01" / name, replace(SMALL, number=ord(name)))
    assert len(blocked(tmp_path)) == 2
    table = "path\tsession_id\nP01/a\t1\nP01/b\t2\n"
    (tmp_path / "studies.tsv").write_text(table, encoding="utf-8")
    assert blocked(tmp_path) == []


def test_a_copy_is_reported_once_as_a_duplicate(tmp_path):
    write_nifti(tmp_path / "P01" / "a", SMALL)
    shutil.copytree(tmp_path / "P01" / "a", tmp_path / "P01" / "b")
    rules = check(find_studies(tmp_path))["rule"].tolist()
    assert (rules.count("duplicate"), rules.count("same_visit")) == (2, 0)


def studies_of_one_visit(n):
    return [
        Study(
            label=f"scan {number}",
            kind=StudyKind.DICOM,
            root=Path(f"/data/{number}"),
            files=(Path(f"/data/{number}/a.dcm"),),
            participant_id="P1",
            session_id="1",
        )
        for number in range(n)
    ]


@pytest.mark.parametrize("n", [2, 5, 11])
def test_studies_of_a_visit_name_all_the_others(n):
    studies = studies_of_one_visit(n)
    found = same_visits(studies, [str(number) for number in range(n)])
    assert [(one.study, one.measured) for one in found] == [
        (study.label, "also " + ", ".join(one.label for one in studies if one is not study))
        for study in studies
    ]


def test_thousands_of_studies_of_a_visit_stay_short():
    studies = studies_of_one_visit(3000)
    found = same_visits(studies, [str(number) for number in range(3000)])
    assert len(found) == 3000
    first = ", ".join(f"scan {number}" for number in range(10))
    assert found[-1].measured == f"also {first} and 2989 more"
    assert max(len(one.measured) for one in found) < 120
