"""The digest of a scan: the same wherever its files are, and in every later version."""

import gzip
import shutil
import zipfile
from dataclasses import replace

import nibabel as nib
import numpy as np
import pytest
from pydicom import dcmread
from pydicom.uid import DeflatedExplicitVRLittleEndian, ImplicitVRLittleEndian, RLELossless
from support.scans import SECRETS, SMALL, write_dicom, write_enhanced, write_mosaic

from neuroflow.errors import StudyError
from neuroflow.models import Study, StudyKind
from neuroflow.studies.image_digest import image_digest, image_digests

GOLDEN_DICOM = "1:101c170cecd7527113b8749729b59387c47be300285d65825d93a250d3ec20a1"
GOLDEN_PIXELS = "1:a6effcfd75e8b67102129e4af7bf4e6e1e44c2e508e46be26d44490561661f93"
GOLDEN_NIFTI = "1:d301bb5951e4144e6b916cea93ace12543c53679064742cb32c9ddb309a0adff"


def dicom(folder, **facts):
    files = tuple(sorted(path for path in folder.rglob("*") if path.is_file()))
    return Study("P1", StudyKind.DICOM, folder, files, **facts)


def nifti(folder):
    return Study("P1", StudyKind.NIFTI, folder, tuple(sorted(folder.iterdir())))


def rewrite(folder, change):
    for path in sorted(folder.iterdir()):
        ds = dcmread(path)
        change(ds)
        ds.save_as(path, enforce_file_format=True)


@pytest.fixture
def scan(tmp_path):
    write_dicom(tmp_path / "scan", SMALL)
    return tmp_path / "scan"


@pytest.fixture
def image(tmp_path):
    """Write a NIfTI whose values no library decides."""
    return write_image(tmp_path / "nii", nib.Nifti1Image(VALUES, np.diag([2.0, 2, 2, 1])))


VALUES = (np.arange(2 * 3 * 4 * 4) % 251).astype(np.int16).reshape(2, 3, 4, 4)


def write_image(folder, image, name="dwi.nii.gz"):
    folder.mkdir(exist_ok=True)
    nib.save(image, folder / name)
    (folder / "dwi.bval").write_text("0 1000 1000 1000\n")
    (folder / "dwi.bvec").write_text("0 1 0 0\n0 0 1 0\n0 0 0 1\n")
    return folder


# ------------------------------------------------------------------- the same in every version


def test_a_dicom_scan_has_the_digest_that_it_always_had(scan):
    assert image_digest(dicom(scan)) == GOLDEN_DICOM


def test_the_digest_of_images_sharing_a_uid_is_stable(scan):
    for number, path in enumerate(sorted(scan.iterdir())):
        ds = dcmread(path)
        ds.SOPInstanceUID = "1.2.3"
        ds.PixelData = bytes([number, 1]) * (ds.Rows * ds.Columns)
        ds.save_as(path, enforce_file_format=False)
    assert image_digest(dicom(scan)) == GOLDEN_PIXELS


def test_a_nifti_has_the_digest_that_it_always_had(image):
    assert image_digest(nifti(image)) == GOLDEN_NIFTI


# --------------------------------------------------------------------------- DICOM, the same scan


def test_names_order_and_folders_do_not_matter(scan, tmp_path):
    before = image_digest(dicom(scan))
    for number, path in enumerate(sorted(scan.iterdir(), reverse=True)):
        target = tmp_path / "other" / f"s{number % 3}" / f"{number}.ima"
        target.parent.mkdir(parents=True, exist_ok=True)
        path.rename(target)
    assert image_digest(dicom(tmp_path / "other")) == before


def test_a_zip_has_the_digest_of_its_folder(scan, tmp_path):
    archive = tmp_path / "scan.zip"
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as pack:
        for path in scan.iterdir():
            pack.write(path, f"x/{path.name}")
    zipped = Study("P1", StudyKind.ZIP, archive, (archive,))
    assert image_digest(zipped) == image_digest(dicom(scan))


@pytest.mark.parametrize("syntax", [ImplicitVRLittleEndian, DeflatedExplicitVRLittleEndian])
def test_the_encoding_of_dicom_does_not_matter(scan, syntax):
    before = image_digest(dicom(scan))

    def encode(ds):
        ds.file_meta.TransferSyntaxUID = syntax

    rewrite(scan, encode)
    assert image_digest(dicom(scan)) == before


def test_people_places_and_dates_do_not_matter(scan):
    before = image_digest(dicom(scan))

    def anonymise(ds):
        ds.PatientName = ds.PatientID = ds.InstitutionName = "X"
        ds.StudyDate = ds.SeriesDate = ds.AcquisitionDate = "20010101"
        ds.SeriesDescription = ds.StudyDescription = "changed by hand"

    rewrite(scan, anonymise)
    assert image_digest(dicom(scan)) == before


def test_a_second_copy_of_a_file_does_not_matter(scan):
    before = image_digest(dicom(scan))
    shutil.copy(next(scan.iterdir()), scan / "copy of a file.dcm")
    assert image_digest(dicom(scan)) == before


def test_series_that_are_not_sent_do_not_matter(scan, tmp_path):
    before = image_digest(dicom(scan))

    def anatomy(ds):
        ds.SeriesInstanceUID = f"{SECRETS['root']}.1.99"
        ds.SOPInstanceUID += ".7"
        for tag in [tag for tag in ds if tag.tag.group == 0x0019]:
            del ds[tag.tag]

    shutil.copytree(scan, tmp_path / "t1")
    rewrite(tmp_path / "t1", anatomy)
    shutil.copytree(tmp_path / "t1", scan / "t1")
    assert image_digest(dicom(scan)) == before


# ------------------------------------------------------------------------ DICOM, different scans


def test_one_image_less_is_another_scan(scan):
    before = image_digest(dicom(scan))
    sorted(scan.iterdir())[-1].unlink()
    assert image_digest(dicom(scan)) != before


def test_repeated_visits_are_different_scans(scan, tmp_path):
    write_dicom(tmp_path / "second", replace(SMALL, number=2))
    assert image_digest(dicom(scan)) != image_digest(dicom(tmp_path / "second"))


def test_scans_that_share_their_uids_differ_by_their_pixels(scan, tmp_path):
    """Some exports write one UID into every file."""

    def one_uid(ds):
        ds.SOPInstanceUID = "1.2.3"

    write_dicom(tmp_path / "second", replace(SMALL, number=2))
    for folder in (scan, tmp_path / "second"):
        rewrite(folder, one_uid)
    found = {image_digest(dicom(folder)) for folder in (scan, tmp_path / "second")}
    assert len(found) == 2


@pytest.mark.parametrize("syntax", [ImplicitVRLittleEndian, RLELossless])
def test_pixels_are_compared_decoded(scan, syntax):
    def one_uid(ds):
        ds.SOPInstanceUID = "1.2.3"

    rewrite(scan, one_uid)
    before = image_digest(dicom(scan))

    def encode(ds):
        if syntax == RLELossless:
            ds.compress(syntax, generate_instance_uid=False)
        else:
            ds.file_meta.TransferSyntaxUID = syntax

    rewrite(scan, encode)
    assert image_digest(dicom(scan)) == before


@pytest.mark.parametrize("write", [write_mosaic, write_enhanced])
def test_mosaics_and_enhanced_files_have_digests(tmp_path, write):
    write(tmp_path / "one", SMALL)
    write(tmp_path / "other", replace(SMALL, number=2))
    one, other = (image_digest(dicom(tmp_path / name)) for name in ("one", "other"))
    assert one != other
    assert one.startswith("1:")


# ----------------------------------------------------------------------------------------- NIfTI


@pytest.mark.parametrize("name", ["dwi.nii", "dwi.nii.gz", "again.nii.gz"])
def test_compression_and_name_of_an_image_do_not_matter(image, tmp_path, name):
    other = tmp_path / "other"
    other.mkdir()
    data = gzip.decompress((image / "dwi.nii.gz").read_bytes())
    stem = name.split(".")[0]
    (other / name).write_bytes(gzip.compress(data, 9) if name.endswith("gz") else data)
    for kind in ("bval", "bvec"):
        shutil.copy(image / f"dwi.{kind}", other / f"{stem}.{kind}")
    assert image_digest(nifti(other)) == image_digest(nifti(image))


def test_texts_extensions_and_byte_order_do_not_change_the_digest(image, tmp_path):
    header = nib.Nifti1Header(endianness=">")
    header.set_data_dtype(np.int16)
    header["descrip"] = b"TE=88;Time=120000"
    big = nib.Nifti1Image(VALUES.astype(">i2"), np.diag([2.0, 2, 2, 1]), header)
    big.header.extensions.append(nib.nifti1.Nifti1Extension("comment", b"converted again"))
    folder = write_image(tmp_path / "big", big, "dwi.nii")
    assert (folder / "dwi.nii").read_bytes()[:4] == bytes([0, 0, 1, 0x5C])
    assert image_digest(nifti(folder)) == image_digest(nifti(image))


def test_the_layout_of_gradients_does_not_matter(image):
    before = image_digest(nifti(image))
    (image / "dwi.bval").write_text("0\n1000.0000001\n1e3\n1000\n")
    (image / "dwi.bvec").write_text("0 0 -0\n1.0 0 0\n0,1,0\n0 0 0.9999999\n")
    assert image_digest(nifti(image)) == before


@pytest.mark.parametrize(
    ("file", "text"), [("dwi.bval", "0 1000 2000 1000"), ("dwi.bvec", "0 -1 0 0\n0 0 1 0\n0 0 0 1")]
)
def test_other_gradients_are_another_scan(image, file, text):
    before = image_digest(nifti(image))
    (image / file).write_text(text)
    assert image_digest(nifti(image)) != before


def test_one_other_voxel_is_another_scan(image, tmp_path):
    values = VALUES.copy()
    values[0, 0, 0, 0] += 1
    folder = write_image(tmp_path / "o", nib.Nifti1Image(values, np.diag([2.0, 2, 2, 1])))
    assert image_digest(nifti(folder)) != image_digest(nifti(image))


# --------------------------------------------------------------------------------- damaged files


def test_a_damaged_study_has_no_digest(scan, image):
    damaged = sorted(scan.iterdir())[0]
    damaged.write_bytes(damaged.read_bytes()[:900])
    with pytest.raises(StudyError, match="damaged"):
        image_digest(dicom(scan))
    data = (image / "dwi.nii.gz").read_bytes()
    (image / "dwi.nii.gz").write_bytes(data[: len(data) // 2])
    seen = []
    digests = image_digests([dicom(scan), nifti(image)], on_event=seen.append)
    assert digests == ["", ""]
    assert seen[-1].done == 2
