"""Numbers in a NIfTI header that describe no image are not kept: they may be an id or a date."""

import gzip
import io

import nibabel as nib
import numpy as np
import pytest

from neuroflow.studies.archive import Member
from neuroflow.studies.deidentify.nifti_writer import deidentify_nifti

SPARE = {
    "toffset": 19450312.0,
    "intent_p1": 7654321.0,
    "intent_p2": 7654321.0,
    "intent_p3": 19450312.0,
    "cal_max": 7654321.0,
    "cal_min": 194503.0,
    "slice_duration": 7654321.0,
}


def copied(tmp_path, image):
    path = tmp_path / "dwi.nii"
    nib.save(image, path)
    made = gzip.decompress(b"".join(deidentify_nifti(Member(path))))
    return nib.Nifti1Image.from_bytes(made) if image.header["magic"] == b"n+1" else made


@pytest.fixture
def image():
    voxels = np.arange(4 * 4 * 4 * 3, dtype=np.int16).reshape(4, 4, 4, 3)
    made = nib.Nifti1Image(voxels, np.diag([2, 2, 2, 1]))
    made.header["pixdim"][4] = 9.0
    return made


@pytest.mark.parametrize("field", SPARE)
def test_a_number_that_no_reader_needs_is_cleared(tmp_path, image, field):
    image.header[field] = SPARE[field]
    assert copied(tmp_path, image).header[field] == 0


def test_sizes_of_dimensions_that_are_not_there_are_cleared(tmp_path, image):
    path = tmp_path / "dwi.nii"
    nib.save(image, path)
    stored = bytearray(path.read_bytes())
    stored[40 + 2 * 6 : 40 + 2 * 7] = (19450).to_bytes(2, "little")
    stored[76 + 4 * 6 : 76 + 4 * 7] = np.float32(7654321).tobytes()
    path.write_bytes(stored)
    made = gzip.decompress(b"".join(deidentify_nifti(Member(path))))
    header = nib.Nifti1Header.from_fileobj(io.BytesIO(made), check=False)
    assert header["dim"].tolist() == [4, 4, 4, 4, 3, 1, 1, 1]
    assert header["pixdim"][5:].tolist() == [1, 1, 1]


@pytest.mark.parametrize("made", [nib.Nifti1Image, nib.Nifti2Image])
def test_headers_of_both_versions_are_written_by_the_standard(tmp_path, made):
    voxels = np.arange(24, dtype=np.int16).reshape(2, 3, 4)
    stored = made(voxels, np.diag([2, 2, 2, 1]))
    stored.header["descrip"] = b"MILLER"
    nib.save(stored, tmp_path / "dwi.nii")
    plain = gzip.decompress(b"".join(deidentify_nifti(Member(tmp_path / "dwi.nii"))))
    read = made.from_bytes(plain)
    size = 348 if made is nib.Nifti1Image else 540
    assert int.from_bytes(plain[:4], "little") == size
    assert made.header_class(plain[:size], check=False)["vox_offset"] == size + 4
    assert plain[size : size + 4] == bytes(4)
    assert len(plain) == size + 4 + voxels.nbytes
    assert np.array_equal(read.dataobj, voxels)
    assert read.header["descrip"] == b""
    if made is nib.Nifti2Image:
        assert read.header["eol_check"].tolist() == [13, 10, 26, 10]
    else:
        assert read.header["regular"] == b"r"
        assert [read.header[name] for name in ("extents", "session_error", "glmax")] == [0, 0, 0]


@pytest.mark.parametrize(("duration", "kept"), [(99_999, 99_999), (100_000, 0), (-1, 0), (0, 0)])
def test_the_duration_of_a_slice_is_kept_below_a_limit(tmp_path, image, duration, kept):
    image.header["slice_duration"] = duration
    assert copied(tmp_path, image).header["slice_duration"] == kept


def test_what_describes_the_image_stays(tmp_path, image):
    image.header["slice_duration"], image.header["slice_code"] = 0.15, 3
    made = copied(tmp_path, image)
    assert made.header["pixdim"][4] == 9
    assert made.header["slice_duration"] == np.float32(0.15)
    assert made.header["slice_code"] == 3
    assert np.array_equal(made.dataobj, image.dataobj)
