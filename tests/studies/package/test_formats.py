"""Packages of studies in every format and encoding."""

from __future__ import annotations

import gzip
import os
import shutil
import zipfile
from dataclasses import replace
from pathlib import Path
from uuid import UUID

import numpy as np
import pydicom
import pytest
from pydicom.uid import DeflatedExplicitVRLittleEndian
from support.packages import SALT, only_study, package_bytes
from support.scans import SMALL, Scan, write_dicom, write_mosaic, write_nifti
from support.studies import measured

from neuroflow.errors import PackageError
from neuroflow.models import Study, StudyKind
from neuroflow.studies.discovery.find import find_studies
from neuroflow.studies.package.build import make_package
from neuroflow.studies.protocol.acquisition_reader import read_acquisition


def test_names_in_any_script_stay_out_of_packages(tmp_path):
    folder = tmp_path / "Иванов 患者" if os.name == "nt" else tmp_path / "Иванов\n患者"
    write_dicom(folder, replace(SMALL, patient_id="", name="山田^太郎"))
    (study,) = find_studies(tmp_path)
    assert study.label == "Иванов 患者"
    package = make_package(
        replace(study, study_id="11111111-1111-4111-8111-111111111111"),
        "C",
        tmp_path / "out",
        salt=SALT,
    )
    data = package_bytes(package.path)
    assert all(word.encode() not in data for word in ("山田", "太郎", "Иванов", "患者"))


def test_transposed_vectors_are_packaged_in_rows(tmp_path):
    write_nifti(tmp_path / "in", Scan())
    path = tmp_path / "in" / "dwi.bvec"
    rows = np.loadtxt(path)
    np.savetxt(path, rows.T, fmt="%.8f")
    assert measured(tmp_path / "in") == {}
    package = make_package(only_study(tmp_path / "in"), "C", tmp_path / "out", salt=SALT)
    with zipfile.ZipFile(package.path) as archive:
        written = archive.read("dwi.bvec").decode().splitlines()
    np.testing.assert_array_equal(np.loadtxt(written), rows)


def test_damaged_gzip_fails_to_package(tmp_path):
    path = write_nifti(tmp_path / "in", SMALL)
    data = bytearray(path.read_bytes())
    data[-12] ^= 0xFF
    path.write_bytes(bytes(data))
    with pytest.raises(PackageError, match="damaged"):
        make_package(only_study(tmp_path / "in"), "C", tmp_path / "out", salt=SALT)
    assert list((tmp_path / "out").iterdir()) == []


def test_gzipped_dicom_is_read_and_packaged(tmp_path):
    for path in write_mosaic(tmp_path / "in", SMALL):
        with gzip.open(f"{path}.gz", "wb") as packed:
            packed.write(path.read_bytes())
        path.unlink()
    study = only_study(tmp_path / "in")
    package = make_package(study, "C", tmp_path / "out", salt=SALT)
    after = read_acquisition(only_study(tmp_path / "out"))
    assert after.gradients.volumes == read_acquisition(study).gradients.volumes
    assert package.size > 0


def test_zipped_study_is_packaged_like_an_unzipped_one(tmp_path):
    paths = write_dicom(tmp_path / "in", SMALL)
    bare = make_package(only_study(tmp_path / "in"), "C", tmp_path / "one", salt=SALT)
    (tmp_path / "zip").mkdir()
    with zipfile.ZipFile(tmp_path / "zip" / "a.zip", "w") as archive:
        for path in paths:
            archive.write(path, f"deep/{path.name}")
    zipped = make_package(only_study(tmp_path / "zip"), "C", tmp_path / "two", salt=SALT)
    assert zipped.sha256 == bare.sha256
    assert zipped.source_sha256 != bare.source_sha256


@pytest.mark.parametrize("name", ["MR_small_expb", "MR_small_implicit", "MR_small_RLE"])
def test_every_encoding_keeps_its_pixels(tmp_path, name):
    source = Path(pydicom.__file__).parent / "data" / "test_files" / f"{name}.dcm"
    assert_same_pixels(source, tmp_path)


def test_deflated_encoding_keeps_its_pixels(tmp_path):
    source = Path(pydicom.__file__).parent / "data" / "test_files" / "MR_small.dcm"
    image = pydicom.dcmread(source)
    image.file_meta.TransferSyntaxUID = DeflatedExplicitVRLittleEndian
    image.save_as(tmp_path / "deflated.dcm")
    assert_same_pixels(tmp_path / "deflated.dcm", tmp_path)


def assert_same_pixels(source: Path, folder: Path) -> None:
    (folder / "in").mkdir()
    shutil.copy(source, folder / "in")
    files = tuple((folder / "in").iterdir())  # an image without weighting, which is no study
    study = Study("P", StudyKind.DICOM, folder / "in", files, study_id=str(UUID(int=1, version=4)))
    package = make_package(study, "C", folder / "out", salt=SALT)
    with zipfile.ZipFile(package.path) as archive:
        archive.extract("IM000001.dcm", folder)
    before, after = pydicom.dcmread(source), pydicom.dcmread(folder / "IM000001.dcm")
    assert after.file_meta.TransferSyntaxUID == before.file_meta.TransferSyntaxUID
    assert after.PixelData == before.PixelData
    assert after.PatientID == "00000000-0000-4000-8000-000000000001"
