"""Packages are read back: what differs from the study refuses the package."""

from __future__ import annotations

import gzip
import io
import json
import struct
import zipfile
from dataclasses import replace

import nibabel as nib
import numpy as np
import pydicom
import pytest
from support.packages import SALT, leaks, only_study
from support.scans import SMALL, write_dicom, write_enhanced, write_mosaic, write_nifti

from neuroflow.errors import PackageError
from neuroflow.studies.deidentify.deidentifier import Deidentifier
from neuroflow.studies.members import study_members
from neuroflow.studies.package import contents
from neuroflow.studies.package.build import make_package
from neuroflow.studies.package.proof import prove
from neuroflow.studies.protocol.acquisition_reader import read_acquisition


def damage(monkeypatch, change):
    """Make de-identification do what it must not."""
    describe = Deidentifier._describe

    def changed(self, dataset):
        describe(self, dataset)
        change(dataset)

    monkeypatch.setattr(Deidentifier, "_describe", changed)


def without_private(dataset):
    dataset.remove_private_tags()


def moved(dataset):
    dataset.ImagePositionPatient = [0, 0, 99]


def turned(dataset):
    dataset.ImageOrientationPatient = [1, 0, 0, 0, 0, -1]


def coarser(dataset):
    dataset.PixelSpacing = [3, 2]


def same_uid(dataset):
    dataset.SOPInstanceUID = "1.2.3"


def of_another_kind(dataset):
    dataset.SOPClassUID = "1.2.840.10008.5.1.4.1.1.2"


def slower(dataset):
    dataset.RepetitionTime = 12000


@pytest.mark.parametrize(
    ("change", "reported"),
    [
        (without_private, "b-value"),
        (moved, "slice position"),
        (turned, "orientation"),
        (coarser, "voxel size"),
        (same_uid, "number of different images"),
        (slower, "repetition time"),
        (of_another_kind, "kind of object"),
    ],
)
def test_difference_of_an_image_refuses_the_package(change, reported, tmp_path, monkeypatch):
    write_dicom(tmp_path / "in", SMALL)
    study = only_study(tmp_path / "in")
    damage(monkeypatch, change)
    with pytest.raises(PackageError, match=reported) as caught:
        make_package(study, "C", tmp_path / "out", salt=SALT)
    assert leaks(str(caught.value).encode()) == []
    assert list((tmp_path / "out").iterdir()) == []


def test_lost_slices_of_a_mosaic_refuse_the_package(tmp_path, monkeypatch):
    write_mosaic(tmp_path / "in", SMALL)
    study = only_study(tmp_path / "in")
    damage(monkeypatch, lambda dataset: dataset.pop((0x0019, 0x1029), None))
    with pytest.raises(PackageError, match=r"slice times of IM000001.dcm \(instance number 1\)"):
        make_package(study, "C", tmp_path / "out", salt=SALT)


def test_lost_frames_refuse_the_package(tmp_path, monkeypatch):
    write_enhanced(tmp_path / "in", SMALL)
    study = only_study(tmp_path / "in")
    damage(monkeypatch, lambda dataset: dataset.PerFrameFunctionalGroupsSequence.pop())
    with pytest.raises(PackageError, match="number of frames"):
        make_package(study, "C", tmp_path / "out", salt=SALT)


def test_missing_image_refuses_the_package(tmp_path, monkeypatch):
    write_dicom(tmp_path / "in", SMALL)
    study = only_study(tmp_path / "in")
    whole = contents._dicom_contents

    def one_less(*args):
        yield from list(whole(*args))[1:]

    monkeypatch.setattr(contents, "_dicom_contents", one_less)
    with pytest.raises(PackageError, match="12 images were read, and 11 packaged"):
        make_package(study, "C", tmp_path / "out", salt=SALT)


def nifti_files(folder, out) -> dict[str, bytes]:
    package = make_package(only_study(folder), "C", out, salt=SALT)
    with zipfile.ZipFile(package.path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def test_offset_of_zero_shifts_no_voxels(tmp_path):
    path = write_nifti(tmp_path / "in", SMALL, suffix=".nii")
    image = nib.load(path)
    voxels = np.asanyarray(image.dataobj).copy()
    header = image.header.copy()
    header.extensions.clear()
    nib.save(nib.Nifti1Image(voxels, image.affine, header), path)
    data = bytearray(path.read_bytes())
    struct.pack_into("<f", data, 108, 0.0)
    path.write_bytes(data)
    packed = nifti_files(tmp_path / "in", tmp_path / "out")["dwi.nii.gz"]
    after = nib.Nifti1Image.from_bytes(gzip.decompress(packed))
    np.testing.assert_array_equal(np.asanyarray(after.dataobj), voxels)


def test_other_voxels_refuse_the_package(tmp_path, monkeypatch):
    write_nifti(tmp_path / "in", SMALL)
    study = only_study(tmp_path / "in")
    whole = contents.deidentify_nifti

    def shifted(member):
        plain = bytearray(gzip.decompress(b"".join(whole(member))))
        plain[-50:] = bytes(50)
        yield gzip.compress(plain)

    monkeypatch.setattr(contents, "deidentify_nifti", shifted)
    with pytest.raises(PackageError, match="voxels"):
        make_package(study, "C", tmp_path / "out", salt=SALT)


@pytest.mark.parametrize("field", ["pixdim", "srow_x", "qoffset_z", "dim", "scl_slope"])
def test_other_geometry_of_a_nifti_refuses_the_package(field, tmp_path, monkeypatch):
    write_nifti(tmp_path / "in", SMALL)
    study = only_study(tmp_path / "in")
    whole = contents.deidentify_nifti

    def changed(member):
        plain = gzip.decompress(b"".join(whole(member)))
        header = nib.Nifti1Header.from_fileobj(io.BytesIO(plain), check=False)
        if field == "dim":
            header["dim"] = [4, 4, 4, 2, 6, 1, 1, 1]
        elif header[field].ndim:
            header[field][2] += 1
        else:
            header[field] = 3
        yield gzip.compress(header.binaryblock + plain[348:])

    monkeypatch.setattr(contents, "deidentify_nifti", changed)
    with pytest.raises(PackageError, match="differs from the study"):
        make_package(study, "C", tmp_path / "out", salt=SALT)


def test_directions_without_weighting_are_written_as_zeros(tmp_path):
    write_nifti(tmp_path / "in", SMALL)
    path = tmp_path / "in" / "dwi.bvec"
    rows = np.loadtxt(path)
    rows[:, :2] = np.nan
    np.savetxt(path, rows)
    written = nifti_files(tmp_path / "in", tmp_path / "out")["dwi.bvec"].decode().splitlines()
    np.testing.assert_array_equal(np.loadtxt(written), np.nan_to_num(rows))


def test_sidecar_is_valid_json_without_nan(tmp_path):
    write_nifti(tmp_path / "in", SMALL)
    path = tmp_path / "in" / "dwi.json"
    beside = json.loads(path.read_text(encoding="utf-8"))
    beside |= {"TotalReadoutTime": float("nan"), "DwellTime": float("inf")}
    beside["SliceTiming"] = [0.0, float("nan"), 0.1]
    path.write_text(json.dumps(beside), encoding="utf-8")
    text = nifti_files(tmp_path / "in", tmp_path / "out")["dwi.json"]
    kept = json.loads(text, parse_constant=pytest.fail)
    assert kept["EchoTime"] == 0.088
    assert not {"TotalReadoutTime", "DwellTime", "SliceTiming"} & set(kept)


def test_spare_fields_of_nifti_2_are_emptied(tmp_path):
    path = write_nifti(tmp_path / "in", SMALL, suffix=".nii")
    image = nib.load(path)
    second = nib.Nifti2Image(np.asanyarray(image.dataobj).copy(), image.affine)
    second.header["unused_str"] = b"MUSTERMANN"
    nib.save(second, path)
    data = bytearray(path.read_bytes())
    data[8:12] = b"ERIK"  # the tail of the magic number
    path.write_bytes(data)
    packed = nifti_files(tmp_path / "in", tmp_path / "out")["dwi.nii.gz"]
    plain = gzip.decompress(packed)
    assert b"MUSTERMANN" not in plain
    assert plain[4:12] == b"n+2\0\r\n\x1a\n"


def test_canon_directions_in_comments_are_kept(tmp_path):
    write_dicom(tmp_path / "in", replace(SMALL, vendor="siemens"))
    for path in sorted((tmp_path / "in").iterdir()):
        image = pydicom.dcmread(path)
        image.ImageComments = "b=1500(0.000,-0.445,0.895)"
        image.save_as(path)
    package = make_package(only_study(tmp_path / "in"), "C", tmp_path / "out", salt=SALT)
    with zipfile.ZipFile(package.path) as archive:
        image = pydicom.dcmread(io.BytesIO(archive.read("IM000001.dcm")))
    assert image.ImageComments == "b=1500(0.000,-0.445,0.895)"


@pytest.mark.parametrize("write", [write_dicom, write_nifti])
@pytest.mark.parametrize("share", [0.1, 0.5, 0.9])
def test_a_package_damaged_on_the_disk_is_refused(write, share, tmp_path):
    """Turn one byte of the data of a file; each file of a study is about as large."""
    write(tmp_path / "in", SMALL)
    study = only_study(tmp_path / "in")
    package = make_package(study, "C", tmp_path / "out", salt=SALT)
    members, facts = study_members(study), read_acquisition(study)
    assert prove(package.path, members, facts) == package.sha256
    with zipfile.ZipFile(package.path) as archive:
        largest = sorted(archive.infolist(), key=lambda info: info.compress_size)[-3:]
    info = largest[int(share * len(largest))]
    with package.path.open("r+b") as stream:
        stream.seek(info.header_offset + 30 + len(info.filename) + int(share * info.compress_size))
        byte = stream.read(1)[0]
        stream.seek(-1, 1)
        stream.write(bytes([byte ^ 0xFF]))
    with pytest.raises(PackageError, match="cannot be read after writing"):
        prove(package.path, members, facts)
