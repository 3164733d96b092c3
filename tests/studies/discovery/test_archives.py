"""Archives are folders: the same studies are found in both, with the same files."""

from __future__ import annotations

import gzip
import io
import json
import shutil
import tarfile
import zipfile
from dataclasses import replace
from pathlib import Path
from uuid import UUID

import nibabel as nib
import numpy as np
import pytest
from support.packages import SALT
from support.quirks import NO_DEMOGRAPHICS, flat_nifti, pack, sidecar
from support.scans import SMALL, write_dicom, write_mosaic, write_nifti
from support.studies import skip_reasons

from neuroflow.errors import StudyError
from neuroflow.models import Cohort, Study, StudyKind
from neuroflow.studies import containers
from neuroflow.studies.archive import archive_members, shared_archives
from neuroflow.studies.discovery.find import find_studies, survey
from neuroflow.studies.package.build import make_package, package_studies
from neuroflow.studies.protocol.acquisition_reader import read_acquisition
from neuroflow.studies.protocol.check import check, check_study
from neuroflow.studies.source_digest import is_unchanged
from neuroflow.workspace.enrolment.cohort_store import CohortStore

NAMES = ("scans.zip", "SCANS.ZIP", "scans.tar", "scans.tar.gz", "scans.tgz", "scans.tar.xz")


def set_sidecar(path: Path, **values: str) -> None:
    content = json.loads(path.read_text(encoding="utf-8"))
    path.write_text(json.dumps(content | values), encoding="utf-8")


@pytest.fixture
def two_people(tmp_path):
    """Two people whose files have the same names, with gradients, age and sex of their own."""
    folder = tmp_path / "source"
    write_nifti(folder / "P01", SMALL)
    write_nifti(folder / "P02", replace(SMALL, number=2))
    set_sidecar(folder / "P02" / "dwi.json", PatientAge="077Y", PatientSex="M")
    vectors = np.loadtxt(folder / "P02" / "dwi.bvec")[::-1]
    np.savetxt(folder / "P02" / "dwi.bvec", vectors, fmt="%.8f")
    return folder


@pytest.mark.parametrize("name", NAMES)
def test_equal_names_in_an_archive_stay_with_their_person(tmp_path, two_people, name):
    pack(two_people, tmp_path / "in" / name)
    studies = find_studies(tmp_path / "in")
    assert [study.participant_id for study in studies] == ["P01", "P02"]
    for study in studies:
        packed, bare = read_acquisition(study), read_acquisition(same_study(two_people, study))
        assert packed.demographics == bare.demographics
        assert packed.gradients == bare.gradients
        assert packed.fingerprint == bare.fingerprint
    assert read_acquisition(studies[1]).demographics.age == 77.0


def same_study(folder: Path, study: Study) -> Study:
    (found,) = [s for s in find_studies(folder) if s.participant_id == study.participant_id]
    return found


def test_package_of_a_zip_holds_one_person_only(tmp_path, two_people):
    pack(two_people, tmp_path / "in" / "both.zip")
    second = find_studies(tmp_path / "in")[1]
    study = replace(second, study_id=str(UUID(int=1, version=4)))
    package = make_package(study, "C", tmp_path / "out", salt=SALT)
    with zipfile.ZipFile(package.path) as archive:
        image = nib.Nifti1Image.from_bytes(gzip.decompress(archive.read("dwi.nii.gz")))
        vectors = np.loadtxt(io.BytesIO(archive.read("dwi.bvec")))
        beside = json.loads(archive.read("dwi.json"))
    own = two_people / "P02"
    np.testing.assert_array_equal(image.dataobj, nib.load(own / "dwi.nii.gz").dataobj)
    np.testing.assert_allclose(vectors, np.loadtxt(own / "dwi.bvec"))
    assert (beside["PatientAge"], beside["PatientSex"]) == ("077Y", "M")


def test_visits_in_a_bids_archive_are_studies_of_their_own(tmp_path):
    for session in "12":
        name = f"sub-01_ses-{session}_dwi"
        folder = tmp_path / "source" / "sub-01" / f"ses-{session}" / "dwi"
        write_nifti(folder, replace(SMALL, number=int(session)), stem=name)
    pack(tmp_path / "source", tmp_path / "in" / "sub-01.zip")
    assert [study.label for study in find_studies(tmp_path / "in")] == ["01_1", "01_2"]


def test_an_anatomical_nifti_does_not_hide_the_dicom_study(tmp_path):
    paths = write_dicom(tmp_path / "source" / "DICOM", SMALL)
    flat_nifti(tmp_path / "source" / "T1.nii.gz")
    pack(tmp_path / "source", tmp_path / "in" / "P01.zip")
    found = survey(tmp_path / "in")
    assert [len(study.files) for study in found.studies] == [len(paths)]
    assert found.skipped["path"].tolist() == [str(Path("P01.zip") / "T1.nii.gz")]


def test_nifti_and_dicom_in_one_zip_are_two_studies(tmp_path):
    write_dicom(tmp_path / "source" / "P01", replace(SMALL, patient_id="P01"))
    write_nifti(tmp_path / "source" / "P02", replace(SMALL, number=2))
    pack(tmp_path / "source", tmp_path / "in" / "both.zip")
    studies = find_studies(tmp_path / "in")
    assert [study.participant_id for study in studies] == ["P01", "P02"]
    kinds = [read_acquisition(study).kind for study in studies]
    assert kinds == [StudyKind.DICOM, StudyKind.NIFTI]


@pytest.mark.parametrize("packed", [False, True])
def test_a_sidecar_belongs_to_the_dicom_images_of_its_folder(tmp_path, packed):
    folder = tmp_path / "source"
    for number, (age, sex) in enumerate((("061Y", "M"), ("072Y", "F")), 1):
        own = folder / f"P{number:02d}"
        scan = replace(SMALL, number=number, patient_id=own.name, header=NO_DEMOGRAPHICS)
        write_mosaic(own / "dicom", scan)
        sidecar(own, age, sex)
    if packed:
        folder = pack(folder, tmp_path / "in" / "both.zip").parent
    facts = [read_acquisition(study).demographics for study in find_studies(folder)]
    assert [(each.age, each.sex) for each in facts] == [(61.0, "M"), (72.0, "F")]


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("name", ["sidecar.json", "participants.json"])
def test_a_json_above_several_studies_belongs_to_none(tmp_path, packed, name):
    folder = tmp_path / "source"
    for number in (1, 2):
        scan = replace(SMALL, number=number, patient_id=f"P{number}", header=NO_DEMOGRAPHICS)
        write_mosaic(folder / scan.patient_id, scan)
    sidecar(folder, "061Y", "M", name)
    if packed:
        folder = pack(folder, tmp_path / "in" / "both.zip").parent
    facts = [read_acquisition(study).demographics for study in find_studies(folder)]
    assert [(each.age, each.sex) for each in facts] == [(None, None)] * 2


def test_a_sidecar_that_names_another_study_is_not_used(tmp_path):
    scan = replace(SMALL, header=NO_DEMOGRAPHICS)
    write_mosaic(tmp_path, scan)
    sidecar(tmp_path, "061Y", "M", "wrong.json", StudyInstanceUID="1.2.3")
    assert read_acquisition(find_studies(tmp_path)[0]).demographics.age is None
    sidecar(tmp_path, "072Y", "F", "right.json", StudyInstanceUID=scan.study_uid)
    assert read_acquisition(find_studies(tmp_path)[0]).demographics.age == 72.0


def test_two_sidecars_that_disagree_are_not_used(tmp_path):
    write_mosaic(tmp_path, replace(SMALL, header=NO_DEMOGRAPHICS))
    sidecar(tmp_path, "061Y", "M", "one.json")
    sidecar(tmp_path, "072Y", "F", "two.json")
    rules = {finding.rule for finding in check_study(find_studies(tmp_path)[0])}
    assert {"age", "sex"} <= rules


@pytest.mark.parametrize("name", ["scans.zip", "scans.tar", "scans.tar.gz"])
def test_an_archive_packages_like_its_folder(tmp_path, name):
    write_mosaic(tmp_path / "source", SMALL)
    pack(tmp_path / "source", tmp_path / "in" / name)
    packages = []
    for place in ("source", "in"):
        (study,) = find_studies(tmp_path / place)
        study = replace(study, study_id=str(UUID(int=1, version=4)))
        packages.append(make_package(study, "C", tmp_path / f"out {place}", salt=SALT))
        assert is_unchanged(study, packages[-1])
    assert packages[0].sha256 == packages[1].sha256


def test_what_systems_leave_behind_is_no_study(tmp_path):
    folder = tmp_path / "source"
    write_nifti(folder / "P01", SMALL)
    shutil.copytree(folder / "P01", folder / "__MACOSX" / "P01")
    shutil.copytree(folder / "P01", folder / ".Trashes" / "P01")
    shutil.copytree(folder / "P01", folder / "derivatives" / "P01")
    (folder / "dataset_description.json").write_text("{}", encoding="utf-8")
    (folder / "P01" / "._dwi.nii.gz").write_bytes(b"\0\5\x16\7" + bytes(200))
    pack(folder, tmp_path / "in" / "P01.zip")
    for place in (folder, tmp_path / "in"):
        assert [study.label for study in find_studies(place)] == ["P01"]


def test_an_archive_in_an_archive_is_named(tmp_path):
    write_mosaic(tmp_path / "source", SMALL)
    pack(tmp_path / "source", tmp_path / "inner" / "P01.zip")
    pack(tmp_path / "inner", tmp_path / "in" / "all.tar.gz")
    assert skip_reasons(tmp_path / "in") == ["archive in an archive: unpack the outer one"]


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE])
def test_a_tar_with_links_or_devices_is_refused(tmp_path, kind):
    info = tarfile.TarInfo("P01/dwi.nii.gz")
    info.type, info.linkname = kind, "../../etc/passwd"
    with tarfile.open(tmp_path / "bad.tar", "w") as archive:
        archive.addfile(info)
    assert "not safe to unpack" in skip_reasons(tmp_path)[0]


@pytest.mark.parametrize("name", ["../out.dcm", "/etc/out.dcm", "a/../../b.dcm"])
def test_a_tar_with_names_that_point_outside_is_refused(tmp_path, name):
    info = tarfile.TarInfo(name)
    info.size = 200
    with tarfile.open(tmp_path / "bad.tar.gz", "w:gz") as archive:
        archive.addfile(info, io.BytesIO(bytes(200)))
    assert "points outside" in skip_reasons(tmp_path)[0]


def test_a_truncated_tar_is_skipped_and_others_are_found(tmp_path):
    write_nifti(tmp_path / "in" / "P01", SMALL)
    whole = pack(tmp_path / "in" / "P01", tmp_path / "in" / "scans.tar.gz").read_bytes()
    (tmp_path / "in" / "scans.tar.gz").write_bytes(whole[: len(whole) // 2])
    found = survey(tmp_path / "in")
    assert [study.label for study in found.studies] == ["P01"]
    assert "cannot be read" in found.skipped["reason"][0]


@pytest.mark.parametrize("name", ["bad.zip", "bad.tar", "bad.tar.gz", "bad.tar.xz"])
def test_a_damaged_archive_never_stops_finding_and_checking(tmp_path, name):
    write_nifti(tmp_path / "in" / "good", SMALL)
    write_mosaic(tmp_path / "source", SMALL)
    whole = pack(tmp_path / "source", tmp_path / "whole" / name).read_bytes()
    random = np.random.default_rng(5)
    for _ in range(12):
        data = bytearray(whole)
        for at in random.integers(0, len(data), random.integers(1, 30)):
            data[at] = random.integers(0, 256)
        if random.random() < 0.3:
            del data[random.integers(4, len(data)) :]
        (tmp_path / "in" / name).write_bytes(data)
        found = survey(tmp_path / "in")
        assert "good" in [study.label for study in found.studies]
        table = check(list(found.studies)).set_index("study")
        assert "readable" not in table.loc["good", "rule"].tolist()


def test_the_table_of_corrections_names_what_is_in_an_archive(tmp_path, two_people):
    pack(two_people, tmp_path / "in" / "both.zip")
    table = "path\tparticipant_id\tuse\nboth.zip/P01\t\tno\nboth.zip/P02/dwi.nii.gz\tX9\t\n"
    (tmp_path / "in" / "studies.tsv").write_text(table, encoding="utf-8")
    assert [study.label for study in find_studies(tmp_path / "in")] == ["X9"]


def test_studies_of_one_archive_keep_ids_of_their_own(tmp_path, two_people):
    pack(two_people, tmp_path / "in" / "both.zip")
    store = CohortStore(tmp_path / "cohorts")
    studies = find_studies(tmp_path / "in")
    first = [study.study_id for study in store.enrol("C", studies).studies]
    assert len(set(first)) == 2
    read = CohortStore(tmp_path / "cohorts").read("C").studies
    assert [study.files for study in read] == [study.files for study in studies]
    assert [study.study_id for study in store.enrol("C", studies).studies] == first


def test_a_cohort_that_names_an_archive_alone_keeps_its_id(tmp_path, two_people):
    archive = pack(two_people / "P01", tmp_path / "in" / "P01.zip")
    store = CohortStore(tmp_path / "cohorts")
    old = Study("P01", StudyKind.ZIP, archive, (archive,), participant_id="P01")
    (before,) = store.enrol("C", [old]).studies
    assert read_acquisition(before).demographics.age == 60.0
    assert [
        study.study_id for study in store.enrol("C", find_studies(tmp_path / "in")).studies
    ] == [before.study_id]


def test_a_cohort_naming_an_archive_of_several_images_is_refused(tmp_path, two_people):
    archive = pack(two_people, tmp_path / "in" / "both.zip")
    old = Study("both", StudyKind.ZIP, archive, (archive,))
    with pytest.raises(StudyError, match="earlier version"):
        read_acquisition(old)
    assert check([old])["rule"].tolist() == ["readable"]


def test_a_file_that_left_its_archive_is_a_finding(tmp_path, two_people):
    pack(two_people, tmp_path / "in" / "both.zip")
    studies = find_studies(tmp_path / "in")
    pack(two_people / "P01", tmp_path / "in" / "both.zip")
    table = check(studies)
    assert table["rule"].tolist() == ["readable"] * 2


@pytest.fixture
def uncompressed(monkeypatch):
    """Record which archives are uncompressed."""
    names: list[str] = []
    uncompress = containers._uncompress

    def record(path: Path, packed: bytes):
        names.append(path.name)
        return uncompress(path, packed)

    monkeypatch.setattr(containers, "_uncompress", record)
    return names


def test_a_compressed_tar_is_uncompressed_once_per_step(tmp_path, two_people, uncompressed):
    pack(two_people, tmp_path / "in" / "scans.tar.gz")
    studies = find_studies(tmp_path / "in")
    assert uncompressed == ["scans.tar.gz"]
    check(studies)
    assert len(uncompressed) == 2
    named = tuple(replace(study, study_id=f"s{n}") for n, study in enumerate(studies))
    assert len(package_studies(Cohort("C", named), tmp_path / "out", salt=SALT)) == 2
    assert len(uncompressed) == 3
    assert containers._last.unpacked is None  # its space is free again


def test_two_compressed_tars_are_read_by_turns(tmp_path, two_people, uncompressed):
    paths = [pack(two_people / who, tmp_path / f"{who}.tar.gz") for who in ("P01", "P02")]
    with shared_archives():
        first, second = (archive_members(path) for path in paths)
        for one, other in zip(first, second, strict=True):
            for member, who in ((one, "P01"), (other, "P02")):
                with member.open_raw() as stream:
                    assert stream.read() == (two_people / who / member.name).read_bytes()
    assert uncompressed == ["P01.tar.gz", "P02.tar.gz"]


def test_a_tar_that_was_replaced_is_uncompressed_again(tmp_path, two_people):
    target = pack(two_people, tmp_path / "in" / "scans.tar.gz")
    assert len(find_studies(tmp_path / "in")) == 2
    member = archive_members(target)[0]
    shutil.rmtree(two_people / "P01")
    pack(two_people, target)
    assert len(archive_members(target)) == 4
    with pytest.raises(FileNotFoundError), member.open_raw():
        pass
