"""Whatever lies in a folder: a finding or a clear reason, and the other studies go on."""

from __future__ import annotations

import gzip
import os
import shutil
import zipfile
from dataclasses import replace
from pathlib import Path

import nibabel as nib
import numpy as np
import pydicom
import pytest
from pydicom.uid import DeflatedExplicitVRLittleEndian
from support.packages import SALT, only_study, package_bytes
from support.scans import Scan, write_dicom, write_mosaic, write_nifti

from neuroflow.errors import PackageError
from neuroflow.studies.discovery.find import find_studies, survey
from neuroflow.studies.package.build import make_package
from neuroflow.studies.protocol.check import check, check_study
from neuroflow.studies.protocol.read_acquisition import read_acquisition

SMALL = Scan(n_slices=3, n_directions=2)


def found(folder: Path) -> dict[str, str]:
    (study,) = find_studies(folder)
    return {finding.rule: finding.measured for finding in check_study(study)}


def reasons(folder: Path) -> list[str]:
    return survey(folder).skipped["reason"].tolist()


def test_a_truncated_dicom_is_an_error_and_named_as_such(tmp_path):
    paths = write_dicom(tmp_path, SMALL)
    paths[0].write_bytes(paths[0].read_bytes()[:-8])
    assert found(tmp_path)["unreadable_files"] == "1"


def test_a_zip_bomb_is_not_unpacked(tmp_path):
    with (
        zipfile.ZipFile(tmp_path / "bomb.zip", "w", zipfile.ZIP_DEFLATED) as archive,
        archive.open("zeros.dcm", "w", force_zip64=True) as stream,
    ):
        for _ in range(300):
            stream.write(bytes(1 << 20))
    assert "would unpack to 0.3 GiB" in reasons(tmp_path)[0]


@pytest.mark.parametrize("name", ["../out.dcm", "/etc/out.dcm", "C:\\out.dcm", "a/../../b.dcm"])
def test_a_zip_with_names_that_point_outside_is_refused(tmp_path, name):
    with zipfile.ZipFile(tmp_path / "bad.zip", "w") as archive:
        archive.writestr(name, b"x" * 200)
    assert "points outside" in reasons(tmp_path)[0]


def test_a_zip_with_a_link_is_refused(tmp_path):
    info = zipfile.ZipInfo("link")
    info.external_attr = 0o120777 << 16
    with zipfile.ZipFile(tmp_path / "bad.zip", "w") as archive:
        archive.writestr(info, "/etc/passwd")
    assert "a link" in reasons(tmp_path)[0]


def test_a_damaged_zip_is_skipped_and_the_other_studies_go_on(tmp_path):
    write_dicom(tmp_path / "good", SMALL)
    (tmp_path / "bad.zip").write_bytes(b"PK\x03\x04" + b"rubbish" * 20)
    (tmp_path / "bad.dcm").write_bytes(bytes(128) + b"DICM" + b"rubbish" * 20)
    result = survey(tmp_path)
    assert len(result.studies) == 1
    assert [Path(path).name for path in result.skipped["path"]] == ["bad.dcm", "bad.zip"]


@pytest.mark.skipif(os.name == "nt", reason="links need rights on Windows")
def test_links_that_lead_in_circles_are_followed_once(tmp_path):
    write_dicom(tmp_path / "a", SMALL)
    (tmp_path / "a" / "loop").symlink_to(tmp_path, target_is_directory=True)
    (tmp_path / "self").symlink_to(tmp_path / "self")
    (tmp_path / "gone.dcm").symlink_to(tmp_path / "nothing")
    result = survey(tmp_path)
    assert len(result.studies[0].files) == 12
    assert len(result.skipped) == 3


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="root may read everything")
def test_what_may_not_be_read_is_skipped_with_its_reason(tmp_path):
    write_dicom(tmp_path / "a", SMALL)[0].chmod(0)
    assert "Permission denied" in reasons(tmp_path)[0]


def test_names_in_any_script_and_with_newlines_stay_out_of_labels_and_packages(tmp_path):
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


def test_a_nifti_of_three_dimensions_is_an_error(tmp_path):
    write_nifti(tmp_path, SMALL)
    nib.save(nib.Nifti1Image(np.zeros((4, 4, 3), np.int16), np.eye(4)), tmp_path / "dwi.nii.gz")
    findings = found(tmp_path)
    assert findings["dimensions"] == "3"
    assert findings["gradient_count"] == "1 volumes, 4 b-values, 4 b-vectors"


def test_transposed_vectors_are_read_and_packaged_in_rows(tmp_path):
    write_nifti(tmp_path / "in", Scan())
    path = tmp_path / "in" / "dwi.bvec"
    rows = np.loadtxt(path)
    np.savetxt(path, rows.T, fmt="%.8f")
    assert found(tmp_path / "in") == {}
    package = make_package(only_study(tmp_path / "in"), "C", tmp_path / "out", salt=SALT)
    with zipfile.ZipFile(package.path) as archive:
        written = archive.read("dwi.bvec").decode().splitlines()
    np.testing.assert_array_equal(np.loadtxt(written), rows)


@pytest.mark.parametrize(
    ("kind", "text", "rule"),
    [
        ("bvec", "0 0 nan 1\n0 0 0 0\n0 0 0 0\n", "finite_gradients"),
        ("bvec", "0 0 2 0\n0 0 0 2\n0 0 0 0\n", "unit_vectors"),
        ("bval", "0 0 1000\n", "gradient_count"),
        ("bval", "zero one\n", "readable"),
        ("bval", "", "readable"),
        ("bvec", "1 2\n3 4\n", "readable"),
        ("json", "{not json", "readable"),
        ("json", "[1, 2]", "readable"),
    ],
)
def test_bad_files_beside_a_nifti_are_errors(tmp_path, kind, text, rule):
    write_nifti(tmp_path, SMALL)
    (tmp_path / f"dwi.{kind}").write_text(text)
    assert rule in found(tmp_path)


def test_missing_gradients_are_an_error_where_the_name_speaks_of_diffusion(tmp_path):
    write_nifti(tmp_path, SMALL)
    (tmp_path / "dwi.bval").unlink()
    assert found(tmp_path)["b_values"] == "unknown: no b-values beside the image"


@pytest.mark.parametrize("cut", [400, -20])
def test_a_cut_off_nifti_is_an_error(tmp_path, cut):
    path = write_nifti(tmp_path, SMALL, suffix=".nii")
    path.write_bytes(path.read_bytes()[:cut])
    assert found(tmp_path)["unreadable_files"] == "1"


def test_a_cut_off_gzip_is_an_error(tmp_path):
    path = write_nifti(tmp_path, SMALL)
    path.write_bytes(path.read_bytes()[:-200])
    assert found(tmp_path)["unreadable_files"] == "1"


def test_a_gzip_damaged_in_the_middle_is_found_when_it_is_packaged(tmp_path):
    path = write_nifti(tmp_path / "in", SMALL)
    data = bytearray(path.read_bytes())
    data[-12] ^= 0xFF
    path.write_bytes(bytes(data))
    with pytest.raises(PackageError, match="damaged"):
        make_package(only_study(tmp_path / "in"), "C", tmp_path / "out", salt=SALT)
    assert list((tmp_path / "out").iterdir()) == []


@pytest.mark.parametrize(
    ("age", "finding"),
    [
        ("045Y", None),
        ("45", None),
        ("18M", "1.5 years"),
        ("abc", 'unknown: "abc" is not an age'),
        ("", "unknown: not in the headers"),
    ],
)
def test_ages_of_all_sorts(tmp_path, age, finding):
    write_nifti(tmp_path, SMALL)
    path = tmp_path / "dwi.json"
    path.write_text(path.read_text().replace("060Y", age))
    findings = found(tmp_path)
    assert findings.get("age", findings.get("age_40")) == finding


@pytest.mark.parametrize("write", [write_nifti, write_mosaic])
def test_a_study_whose_files_are_gone_is_an_error(tmp_path, write):
    write(tmp_path / "in", SMALL)
    (study,) = find_studies(tmp_path)
    shutil.rmtree(tmp_path / "in")
    assert [finding.rule for finding in check_study(study)] == ["readable"]


@pytest.mark.parametrize("offset", [np.nan, np.inf, -np.inf])
def test_an_image_whose_data_begin_nowhere_is_a_finding(tmp_path, offset):
    path = write_nifti(tmp_path, SMALL, suffix=".nii")
    header = bytearray(path.read_bytes())
    header[108:112] = np.float32(offset).tobytes()  # vox_offset
    path.write_bytes(header)
    assert "readable" in found(tmp_path)


@pytest.mark.parametrize(
    "rubbish", [b"", b"no image", b"\x5c\x01\x00\x00short", gzip.compress(b"no image", mtime=0)]
)
def test_one_unreadable_study_does_not_stop_the_check_of_the_others(tmp_path, rubbish):
    write_nifti(tmp_path / "good", Scan())
    write_nifti(tmp_path / "bad", SMALL)
    (tmp_path / "bad" / "dwi.nii.gz").write_bytes(rubbish)
    studies = find_studies(tmp_path)
    table = check(studies)
    assert len(studies) == 2
    assert table[["study", "rule"]].to_numpy().tolist() == [["bad", "readable"]]


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


def test_a_dicomdir_is_passed_over_and_its_files_are_found(tmp_path):
    tests = Path(pydicom.__file__).parent / "data" / "test_files" / "dicomdirtests"
    shutil.copytree(tests, tmp_path / "disc")
    result = survey(tmp_path)
    assert len(result.studies) > 3
    assert any("DICOMDIR" in reason for reason in result.skipped["reason"])


def test_a_zipped_study_is_packaged_like_a_bare_one(tmp_path):
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
def test_every_encoding_is_packaged_with_its_pixels_untouched(tmp_path, name):
    source = Path(pydicom.__file__).parent / "data" / "test_files" / f"{name}.dcm"
    assert_same_pixels(source, tmp_path)


def test_the_deflated_encoding_is_packaged_too(tmp_path):
    source = Path(pydicom.__file__).parent / "data" / "test_files" / "MR_small.dcm"
    image = pydicom.dcmread(source)
    image.file_meta.TransferSyntaxUID = DeflatedExplicitVRLittleEndian
    image.save_as(tmp_path / "deflated.dcm")
    assert_same_pixels(tmp_path / "deflated.dcm", tmp_path)


def assert_same_pixels(source: Path, folder: Path) -> None:
    (folder / "in").mkdir()
    shutil.copy(source, folder / "in")
    package = make_package(only_study(folder / "in"), "C", folder / "out", salt=SALT)
    with zipfile.ZipFile(package.path) as archive:
        archive.extract("IM000001.dcm", folder)
    before, after = pydicom.dcmread(source), pydicom.dcmread(folder / "IM000001.dcm")
    assert after.file_meta.TransferSyntaxUID == before.file_meta.TransferSyntaxUID
    assert after.PixelData == before.PixelData
    assert after.PatientID == "00000000-0000-4000-8000-000000000001"
