"""What the embedded service accepts and refuses."""

from pathlib import Path

import pytest
from support.demo_zips import dicom_file, nifti_files, nifti_zip, zipped

from neuroflow.demo.service.read_upload import Upload, read_upload
from neuroflow.errors import StudyError


def read(folder: Path, data: bytes) -> Upload:
    path = folder / "study.zip"
    path.write_bytes(data)
    return read_upload(path)


def test_nifti_with_a_sidecar_is_accepted(tmp_path: Path) -> None:
    assert read(tmp_path, nifti_zip()) == Upload(64.0, "F")


def test_dicom_tells_age_and_sex_itself(tmp_path: Path) -> None:
    data = zipped({"a/IM1": dicom_file(PatientAge="071Y", PatientSex="M")})
    assert read(tmp_path, data) == Upload(71.0, "M", "1.2.3")


def test_a_sidecar_wins_over_dicom(tmp_path: Path) -> None:
    data = zipped(
        {
            "IM1": dicom_file(PatientAge="071Y", PatientSex="M"),
            "x.json": b'{"patient_age": "45", "patientSex": "Female"}',
        }
    )
    assert read(tmp_path, data) == Upload(45.0, "F", "1.2.3")


def without(name: str) -> bytes:
    return zipped({key: data for key, data in nifti_files().items() if key != name})


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (nifti_zip()[:-30], "broken"),
        (nifti_zip().replace(b"voxels", b"vowels"), "broken"),
        (b"", "broken"),
        (zipped({}), "empty"),
        (zipped({"readme.txt": b"hello"}), "neither DICOM nor NIfTI"),
        (zipped({"1": dicom_file("1.2"), "2": dicom_file("1.3")}), "more than one study"),
        (zipped(nifti_files() | {"1": dicom_file()}), "more than one study"),
        (zipped(nifti_files() | {"b.json": b'{"PatientAge": "050Y"}'}), "more than one study"),
        (without("dwi.bvec"), "no b-values and b-vectors"),
        (zipped(nifti_files() | {"dwi.bvec": b"0 1\n0 0\n"}), "do not agree"),
        (without("dwi.json"), "Age and sex"),
        (nifti_zip(PatientAge="abc"), "Age and sex"),
        (zipped({"1": dicom_file()}), "Age and sex"),
        (zipped(nifti_files() | {"dwi.json": b"{"}), "sidecar cannot be read"),
        (zipped(nifti_files() | {"dwi.json": b"[]"}), "holds no fields"),
    ],
)
def test_other_zips_are_refused_with_the_reason(tmp_path: Path, data: bytes, reason: str) -> None:
    with pytest.raises(StudyError, match=reason):
        read(tmp_path, data)
