"""Packages: de-identified, complete, deterministic."""

from __future__ import annotations

import io
import json
import os
import struct
import zipfile
from dataclasses import replace
from types import SimpleNamespace

import nibabel as nib
import numpy as np
import pydicom
import pytest
from support.packages import SALT, leaks, only_study, package_bytes
from support.scans import SECRETS, SMALL, write_dicom, write_nifti

from neuroflow._version import METHOD
from neuroflow.errors import PackageError
from neuroflow.models import Cohort
from neuroflow.studies import source_digest
from neuroflow.studies.package import build
from neuroflow.studies.package.build import make_package, package_studies
from neuroflow.studies.package.zip_writer import Content, write_zip
from neuroflow.studies.protocol.acquisition_reader import read_acquisition
from neuroflow.studies.source_digest import is_unchanged

VENDORS = ("siemens", "ge", "philips")


@pytest.mark.parametrize("vendor", VENDORS)
def test_dicom_package_does_not_identify_the_patient(vendor, tmp_path):
    write_dicom(tmp_path / "in", replace(SMALL, vendor=vendor))
    package = make_package(only_study(tmp_path / "in"), "C", tmp_path / "out", salt=SALT)
    assert leaks(package_bytes(package.path)) == []


@pytest.mark.parametrize("vendor", VENDORS)
def test_gradients_are_the_same_after_packaging(vendor, tmp_path):
    write_dicom(tmp_path / "in", replace(SMALL, vendor=vendor))
    study = only_study(tmp_path / "in")
    package = make_package(study, "C", tmp_path / "out", salt=SALT)
    before, after = read_acquisition(study), read_acquisition(only_study(tmp_path / "out"))
    assert sum(gradient.direction is not None for gradient in before.gradients.volumes) == 2
    assert after.gradients.volumes == before.gradients.volumes
    assert after.demographics.age == 60
    assert after.demographics.sex == "F"
    assert package.size == package.path.stat().st_size


def test_nifti_package_does_not_identify_the_patient(tmp_path):
    write_nifti(tmp_path / "in", SMALL)
    package = make_package(only_study(tmp_path / "in"), "C", tmp_path / "out", salt=SALT)
    assert leaks(package_bytes(package.path)) == []
    with zipfile.ZipFile(package.path) as archive:
        assert archive.namelist() == ["dwi.nii.gz", "dwi.bval", "dwi.bvec", "dwi.json"]
        sidecar = json.loads(archive.read("dwi.json"))
    assert sidecar["PatientAge"] == "060Y"
    assert sidecar["PatientSex"] == "F"
    assert sidecar["EchoTime"] == 0.088


def test_nifti_keeps_its_voxels_and_gradients(tmp_path):
    path = write_nifti(tmp_path / "in", SMALL, suffix=".nii")
    package = make_package(only_study(tmp_path / "in"), "C", tmp_path / "out", salt=SALT)
    with zipfile.ZipFile(package.path) as archive:
        archive.extractall(tmp_path / "unpacked")
    before, after = nib.load(path), nib.load(tmp_path / "unpacked" / "dwi.nii.gz")
    np.testing.assert_array_equal(np.asarray(after.dataobj), np.asarray(before.dataobj))
    np.testing.assert_array_equal(after.affine, before.affine)
    assert np.loadtxt(tmp_path / "unpacked" / "dwi.bvec").tolist() == (
        np.loadtxt(tmp_path / "in" / "dwi.bvec").tolist()
    )


def test_packages_are_deterministic(tmp_path):
    write_dicom(tmp_path / "in", SMALL)
    study = only_study(tmp_path / "in")
    first = make_package(study, "C", tmp_path / "one", salt=SALT)
    again = make_package(study, "C", tmp_path / "two", salt=SALT)
    other = make_package(study, "C", tmp_path / "three", salt=b"another")
    assert first.path.read_bytes() == again.path.read_bytes()
    assert first.sha256 == again.sha256 != other.sha256


def test_uids_agree_within_a_study_and_differ_between_studies(tmp_path):
    write_dicom(tmp_path / "in", SMALL)
    studies = [only_study(tmp_path / "in", number) for number in (1, 2)]
    uids = []
    for study in studies:
        package = make_package(study, "C", tmp_path / "out", salt=SALT)
        with zipfile.ZipFile(package.path) as archive:
            names = [name for name in archive.namelist() if name.endswith(".dcm")]
            images = [pydicom.dcmread(io.BytesIO(archive.read(name))) for name in names]
        uids.append({image.StudyInstanceUID for image in images})
        assert len({image.SOPInstanceUID for image in images}) == len(images)
        assert {image.PatientID for image in images} == {study.study_id}
    assert len(uids[0]) == len(uids[1]) == 1
    assert uids[0] != uids[1]


def test_only_changed_studies_are_packaged_again(tmp_path):
    paths = write_dicom(tmp_path / "in", SMALL)
    cohort = Cohort("C", (only_study(tmp_path / "in"),))
    statuses: list[str] = []

    def package(known):
        return package_studies(
            cohort,
            tmp_path / "out",
            salt=SALT,
            known=known,
            on_event=lambda event: event.study_id and statuses.append(event.status),
        )

    (first,) = package({})
    (second,) = package({first.study_id: first})
    image = pydicom.dcmread(paths[0])
    image.EchoTime = 99
    image.save_as(paths[0])
    (third,) = package({first.study_id: first})
    assert statuses == ["done", "skipped", "done"]
    assert second == first
    assert third.sha256 != first.sha256
    assert third.source_sha256 != first.source_sha256


def test_damaged_study_fails_and_others_are_packaged(tmp_path):
    write_dicom(tmp_path / "in" / "good", SMALL)
    bad = write_dicom(tmp_path / "in" / "bad", replace(SMALL, number=2))
    good, broken = only_study(tmp_path / "in" / "good"), only_study(tmp_path / "in" / "bad", 2)
    bad[1].write_bytes(bad[1].read_bytes()[:-8])
    events = []
    packages = package_studies(
        Cohort("C", (broken, good)), tmp_path / "out", salt=SALT, on_event=events.append
    )
    assert [package.study_id for package in packages] == [good.study_id]
    failed = [event for event in events if event.status == "failed"]
    assert [event.study_id for event in failed] == [broken.study_id]
    # The files are named after the patient; what is told of them is not.
    assert leaks(failed[0].message.encode()) == []
    assert [path.name for path in (tmp_path / "out").glob("*.*") if path.suffix != ".source"] == [
        f"{good.study_id}.zip"
    ]


@pytest.mark.parametrize(
    ("ending", "content"),
    [(".nii.gz", b"x"), (".nii.gz", b"\x1f\x8b rubbish"), (".json", b"{"), (".bvec", b"words")],
)
def test_failure_messages_do_not_identify_the_patient(ending, content, tmp_path):
    stem = f"{SECRETS['family']}_dwi"
    write_nifti(tmp_path / "in", SMALL, stem=stem)
    study = only_study(tmp_path / "in")
    (tmp_path / "in" / f"{stem}{ending}").write_bytes(content)
    with pytest.raises(PackageError) as caught:
        make_package(study, "C", tmp_path / "out", salt=SALT)
    assert leaks(str(caught.value).encode()) == []


def test_touched_files_with_the_same_contents_are_unchanged(tmp_path):
    paths = write_dicom(tmp_path / "in", SMALL)
    study = only_study(tmp_path / "in")
    package = make_package(study, "C", tmp_path / "out", salt=SALT)
    assert is_unchanged(study, package)
    for path in paths:
        os.utime(path, (1, 1))
    assert is_unchanged(study, package)
    package.path.write_bytes(b"short")
    assert not is_unchanged(study, package)


def test_study_that_changes_while_it_is_packaged_is_changed(tmp_path, monkeypatch):
    (path, *_) = write_dicom(tmp_path / "in", SMALL)
    study = only_study(tmp_path / "in")

    def write_and_change(*args):
        done = write(*args)
        path.write_bytes(path.read_bytes() + b"  ")
        return done

    write = build._write
    monkeypatch.setattr(build, "_write", write_and_change)
    assert not is_unchanged(study, make_package(study, "C", tmp_path / "out", salt=SALT))


def test_lack_of_space_is_reported_before_writing(tmp_path, monkeypatch):
    write_dicom(tmp_path / "in", SMALL)
    cohort = Cohort("C", (only_study(tmp_path / "in"),))
    monkeypatch.setattr("shutil.disk_usage", lambda path: SimpleNamespace(free=1000))
    with pytest.raises(PackageError, match="not enough free space"):
        package_studies(cohort, tmp_path / "out", salt=SALT)
    assert list((tmp_path / "out").iterdir()) == []


def test_large_files_use_zip64(tmp_path):
    content = Content("a.bin", lambda: iter([b"x" * 1000, b"y"]), is_large=True)
    write_zip(tmp_path / "a.zip", [content])
    with zipfile.ZipFile(tmp_path / "a.zip") as archive:
        assert archive.testzip() is None
        assert archive.read("a.bin") == b"x" * 1000 + b"y"
    header = (tmp_path / "a.zip").read_bytes()
    n_name, n_extra = struct.unpack("<HH", header[26:30])
    assert n_extra >= 20
    assert struct.unpack("<H", header[30 + n_name :][:2]) == (1,)  # sizes of 64 bits, APPNOTE 4.5.3


def test_study_without_an_id_is_refused(tmp_path):
    write_dicom(tmp_path / "in", SMALL)
    study = replace(only_study(tmp_path / "in"), study_id=None)
    with pytest.raises(PackageError, match="no study id"):
        make_package(study, "C", tmp_path / "out", salt=SALT)


def test_sent_study_is_not_packaged_again_for_a_new_method(tmp_path, monkeypatch):
    write_dicom(tmp_path / "in", SMALL)
    study = only_study(tmp_path / "in")
    package = make_package(study, "C", tmp_path / "out", salt=SALT)
    monkeypatch.setattr(source_digest, "METHOD", "a later method")
    monkeypatch.setattr(source_digest, "EARLIER_METHODS", (METHOD,))
    assert not is_unchanged(study, package)
    assert is_unchanged(study, package, was_sent=True)
