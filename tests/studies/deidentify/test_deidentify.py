"""De-identification: what is removed, what is kept, and what is reported."""

from __future__ import annotations

import gzip
import io
import zipfile
from dataclasses import replace
from pathlib import Path

import nibabel as nib
import numpy as np
import pydicom
import pytest
from pydicom.dataset import Dataset
from pydicom.tag import Tag
from pydicom.uid import DeflatedExplicitVRLittleEndian
from support.headers import put_raw
from support.packages import SALT, leaks, only_study, package_bytes
from support.scans import (
    SECRETS,
    SMALL,
    Scan,
    header,
    write_dicom,
    write_enhanced,
    write_mosaic,
    write_nifti,
)

from neuroflow.studies.archive import Member
from neuroflow.studies.deidentify import Deidentifier, DicomWriter, Identity
from neuroflow.studies.deidentify.identifiers import identifying_bytes
from neuroflow.studies.deidentify.private_attributes import SERVICE
from neuroflow.studies.deidentify.report import _short, deidentification_report
from neuroflow.studies.package.build import make_package
from neuroflow.studies.protocol.acquisition_reader import read_acquisition


def packaged(folder: Path, out: Path, **changes: object) -> list[pydicom.FileDataset]:
    package = make_package(replace(only_study(folder), **changes), "C", out, salt=SALT)
    assert leaks(package_bytes(package.path)) == []
    with zipfile.ZipFile(package.path) as archive:
        names = [name for name in archive.namelist() if name.endswith(".dcm")]
        return [pydicom.dcmread(io.BytesIO(archive.read(name))) for name in names]


@pytest.mark.parametrize("write", [write_mosaic, write_enhanced])
def test_mosaic_and_enhanced_images_keep_gradients(write, tmp_path):
    write(tmp_path / "in", SMALL)
    images = packaged(tmp_path / "in", tmp_path / "out")
    before = read_acquisition(only_study(tmp_path / "in"))
    after = read_acquisition(only_study(tmp_path / "out"))
    assert after.gradients.volumes == before.gradients.volumes
    assert after.geometry.n_slices == before.geometry.n_slices == 3
    assert images[0].PatientID == "00000000-0000-4000-8000-000000000001"


@pytest.mark.parametrize("tag", sorted(SERVICE))
def test_private_attributes_of_the_service_are_kept(tag, tmp_path):
    # Some exports lose the private creators; the service reads these by number all the same.
    (path, *_) = write_mosaic(tmp_path / "in", SMALL)
    image = pydicom.dcmread(path)
    image.remove_private_tags()
    image.add_new(Tag(tag), "FD", 0.5)
    image.save_as(path)
    images = packaged(tmp_path / "in", tmp_path / "out")
    assert any(Tag(tag) in image for image in images)


def test_private_texts_and_names_in_protocols_are_removed(tmp_path):
    path = write_mosaic(tmp_path / "in", SMALL)[0]
    image = pydicom.dcmread(path)
    image.SequenceName = f"ep_{SECRETS['family'][:10]}"
    image.BodyPartExamined = "BRAIN"
    image.SoftwareVersions = f"for {SECRETS['family']}"
    block = image.private_block(0x0051, "SIEMENS MR HEADER", create=True)
    block.add_new(0x0F, "LO", SECRETS["family"])
    block.add_new(0x0C, "LO", "FoV 256*256")
    hidden = Dataset()
    hidden.PatientName = SECRETS["name"]
    image.add_new(0x00181411, "DS", "2")
    image.MRSpatialSaturationSequence = [hidden]
    image.save_as(path)
    first = packaged(tmp_path / "in", tmp_path / "out")[0]
    assert "SoftwareVersions" not in first
    assert Tag(0x00511051) not in first
    assert first[0x0051, 0x100C].value == "FoV 256*256"
    assert first.BodyPartExamined == "BRAIN"


@pytest.mark.parametrize(
    ("vendor", "name"), [("philips", "PHILIPS^ANNA"), ("siemens", "SIEMENS^PAUL"), ("ge", "GEMS^X")]
)
def test_patient_named_like_a_vendor_keeps_private_creators(vendor, name, tmp_path):
    write_dicom(tmp_path / "in", Scan(vendor=vendor, name=name, n_slices=2, n_directions=2))
    write_dicom(tmp_path / "other", Scan(vendor=vendor, n_slices=2, n_directions=2))
    image = packaged(tmp_path / "in", tmp_path / "out")[-1]
    other = packaged(tmp_path / "other", tmp_path / "out2")[-1]
    assert [element.tag for element in image] == [element.tag for element in other]


def test_patient_id_like_a_b_value_keeps_b_values(tmp_path):
    for path in write_dicom(tmp_path / "in", replace(SMALL, patient_id="1000")):
        image = pydicom.dcmread(path)
        b_value = str(image[0x0019, 0x100C].value)
        image.remove_private_tags()  # exported without creators, as unknown
        image.add_new(0x0019100C, "UN", b_value.encode().ljust(4))
        image.save_as(path)
    images = packaged(tmp_path / "in", tmp_path / "out")
    assert {bytes(image[0x0019, 0x100C].value).strip() for image in images} == {b"0", b"1000"}


def test_identifying_dates_places_and_image_types_are_removed(tmp_path):
    path = write_mosaic(tmp_path / "in", SMALL)[0]
    image = pydicom.dcmread(path)
    image.ImageType = ["ORIGINAL", "PRIMARY", "DIFFUSION", SECRETS["family"], "MOSAIC"]
    image.SoftwareVersions = "VE11 29.02.1964"
    image.ManufacturerModelName = "Skyra Beispielstadt"
    image.save_as(path)
    first = packaged(tmp_path / "in", tmp_path / "out")[0]
    assert list(first.ImageType) == ["ORIGINAL", "PRIMARY", "DIFFUSION", "MOSAIC"]
    assert "SoftwareVersions" not in first
    assert "ManufacturerModelName" not in first


def test_overlays_and_data_after_the_pixels_are_removed(tmp_path):
    path = write_mosaic(tmp_path / "in", SMALL)[0]
    image = pydicom.dcmread(path)
    image.add_new(0x60003000, "OW", SECRETS["family"].encode().ljust(32, b"\0"))
    image.add_new(0xFFFCFFFC, "OB", SECRETS["family"].encode().ljust(32, b"\0"))
    image.preamble = SECRETS["name"].encode().ljust(128, b"\0")
    image.save_as(path)
    packaged(tmp_path / "in", tmp_path / "out")


def test_time_between_images_is_kept_and_the_day_removed(tmp_path):
    write_mosaic(tmp_path / "in", SMALL)
    images = packaged(tmp_path / "in", tmp_path / "out")
    assert {image.StudyDate for image in images} == {"20000101"}
    times = [float(image.AcquisitionTime) for image in images]
    assert times == pytest.approx([1e-6 * step for step in range(len(times))], abs=1e-7)


@pytest.mark.parametrize(("age", "written"), [(45.9, "045Y"), (93.0, "090Y"), (None, "060Y")])
def test_age_is_in_years_and_capped_at_ninety(age, written, tmp_path):
    write_mosaic(tmp_path / "in", SMALL)
    images = packaged(tmp_path / "in", tmp_path / "out", age=age)
    assert {image.PatientAge for image in images} == {written}


def test_report_lists_removed_kept_and_unknown(tmp_path):
    write_mosaic(tmp_path / "in", SMALL)
    report = deidentification_report(only_study(tmp_path / "in"), salt=SALT).set_index("attribute")
    actions = report["action"]
    assert actions["Institution Name"] == "removed"
    assert actions["Patient's Name"] == "replaced"
    assert actions["Echo Time"] == "kept"
    assert actions["[B_value]"] == "kept"
    assert report.loc["Patient's Name", "before"] == SECRETS["name"]
    after = report.loc[actions != "warning", "after"]
    assert leaks("".join(after).encode()) == []
    assert report.index[actions == "warning"].tolist() == [
        "Face",
        "Text burned into the pixels",
        "Private attributes",
    ]


def test_report_of_a_nifti_lists_its_texts(tmp_path):
    write_nifti(tmp_path / "in", SMALL)
    report = deidentification_report(only_study(tmp_path / "in")).set_index("attribute")
    assert report.loc[["descrip", "extensions", "PatientName"], "action"].tolist() == (
        ["removed"] * 3
    )
    assert report.loc["EchoTime", "action"] == "kept"


def test_report_of_a_plain_nifti_lists_only_what_is_there(tmp_path):
    path = write_nifti(tmp_path / "in", SMALL)
    image = nib.load(path)
    plain = nib.Nifti1Image(np.asarray(image.dataobj), image.affine)
    nib.save(plain, path)
    report = deidentification_report(only_study(tmp_path / "in")).set_index("attribute")
    assert not {"extensions", "descrip", "after the image"} & set(report.index)


def test_report_of_frames_shows_the_first_one(tmp_path):
    write_enhanced(tmp_path / "in", SMALL)
    report = deidentification_report(only_study(tmp_path / "in"), salt=SALT)
    frames = report[report["tag"].str.startswith("(5200,9230)[")]
    assert set(frames["tag"].str.split(".").str[0]) == {"(5200,9230)[0]"}
    values = frames.set_index("attribute")
    assert values.loc["Image Position (Patient)", "action"] == "kept"
    whole = report.set_index("tag").loc["(5200,9230)"]
    assert whole["before"] == whole["after"] == f"{SMALL.n_slices * 4} items"


def test_long_values_are_shortened_in_a_report():
    assert _short(bytes(65)) == "65 bytes"
    assert _short(b"ab") == "b'ab'"
    assert _short(b"a" * 64) == "b'" + 61 * "a" + "…"
    assert _short("a" * 64) == "a" * 64
    assert _short("a" * 65) == "a" * 63 + "…"


def test_names_of_each_image_are_searched_in_it():
    deidentify = Deidentifier(Identity("00000000-0000-4000-8000-000000000001"), salt=SALT)
    for name in ("MILLER^ANNA", "SCHMITZ^EVA", "SCHMITZ^EVA"):
        dataset = header(SMALL, 1)
        dataset.PatientName = name
        dataset.SequenceName = f"ep_{name.split('^')[0]}"
        stream = io.BytesIO()
        dataset.save_as(stream)
        stream.seek(0)
        read = pydicom.dcmread(stream)
        deidentify(read)
        assert read.get("SequenceName") is None
        assert deidentify.words.is_in(name.split("^")[0])


def test_what_identifies_is_compared_as_it_is_stored():
    dataset = Dataset()
    put_raw(dataset, 0x00100010, "PN", b"MILLER^ANNA ")
    put_raw(dataset, 0x00180081, "DS", b"88")
    put_raw(dataset, 0x7FE00010, "OW", b"MILLER")
    put_raw(dataset, 0x7FE11010, "UN", b"MILLER")
    assert identifying_bytes(dataset) == ((0x00100010, b"MILLER^ANNA "),)
    assert dataset.PatientName == "MILLER^ANNA"
    assert identifying_bytes(dataset) is None  # decoded


def test_deflated_pixels_of_an_odd_number_stay_whole(tmp_path):
    path = write_mosaic(tmp_path, SMALL)[0]
    image = pydicom.dcmread(path)
    image.Rows = image.Columns = 3
    image.BitsAllocated = image.BitsStored = 8
    image.HighBit, image.PixelData = 7, b"\1\2\3\4\5\6\7\x08\x09\0MILLER"
    image.file_meta.TransferSyntaxUID = DeflatedExplicitVRLittleEndian
    image.save_as(path)
    write = DicomWriter(Deidentifier(Identity("00000000-0000-4000-8000-000000000001"), salt=SALT))
    made = pydicom.dcmread(io.BytesIO(b"".join(write(Member(path)))))
    assert made.PixelData == b"\1\2\3\4\5\6\7\x08\x09\0"


def test_gzip_header_of_a_nifti_has_no_name(tmp_path):
    path = write_nifti(tmp_path / "in", SMALL)
    plain = gzip.decompress(path.read_bytes())
    with path.open("wb") as raw, gzip.GzipFile(SECRETS["family"], "wb", fileobj=raw) as packed:
        packed.write(plain)
    package = make_package(only_study(tmp_path / "in"), "C", tmp_path / "out", salt=SALT)
    assert leaks(package_bytes(package.path)) == []
