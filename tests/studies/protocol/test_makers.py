"""What scanners and exports add to a study: echo-planar marks, objects without pixels, damage."""

import struct
import warnings
import zipfile
from dataclasses import replace

import pydicom
import pytest
from pydicom.datadict import tag_for_keyword
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian, generate_uid
from support import quirks
from support.packages import SALT, only_study
from support.scans import SMALL, write_dicom, write_mosaic
from support.studies import measured, skip_reasons

from neuroflow.demo.scans import maker_quirks
from neuroflow.models import Cohort
from neuroflow.studies.discovery.find import find_studies
from neuroflow.studies.package.build import make_package, package_studies
from neuroflow.studies.protocol.acquisition_reader import read_acquisition
from neuroflow.studies.protocol.check import check, check_study

PHILIPS_PRIVATE = "1.3.46.670589.11.0.0.12.2"
REPORT = "1.2.840.10008.5.1.4.1.1.88.22"  # of which the PhoenixZIPReport is one


def edit(paths, change):
    for path in paths:
        ds = pydicom.dcmread(path)
        change(ds)
        ds.save_as(path)


@pytest.mark.parametrize(("mark", "is_accepted"), [("YES", True), ("NO", False), (None, False)])
def test_echo_planar_is_recognised_beside_a_plain_spin_echo(tmp_path, mark, is_accepted):
    def change(ds):
        ds.ScanningSequence = "SE"
        if mark is not None:
            ds.EchoPlanarPulseSequence = mark

    edit(write_dicom(tmp_path, SMALL), change)
    assert ("sequence" not in measured(tmp_path)) is is_accepted


def test_an_enhanced_series_without_scanning_sequence_is_echo_planar(tmp_path):
    def change(ds):
        del ds.ScanningSequence
        ds.EchoPlanarPulseSequence = "YES"

    edit(write_dicom(tmp_path, SMALL), change)
    assert "sequence" not in measured(tmp_path)


@pytest.mark.parametrize(
    ("vendor", "quirk"),
    [
        ("ge", maker_quirks.ge_mr29),
        ("philips", maker_quirks.philips_classic),
        ("siemens", maker_quirks.siemens_vb),
        ("siemens", maker_quirks.siemens_xa_classic),
    ],
    ids=lambda value: getattr(value, "__name__", value),
)
def test_manufacturer_notations_of_weighting_read_like_the_standard(tmp_path, vendor, quirk):
    scan = replace(SMALL, vendor=vendor, n_directions=6)
    paths = write_dicom(tmp_path, scan)
    plain = read_acquisition(only_study(tmp_path))
    quirks.edit(paths, quirk)
    facts = read_acquisition(only_study(tmp_path))
    table = facts.gradients
    assert (table.n_b0, table.n_encoded, table.n_directions) == (2, 6, 6)
    for before, after in zip(plain.gradients.volumes, facts.gradients.volumes, strict=True):
        assert after.b_value == before.b_value
        assert after.direction == pytest.approx(before.direction, abs=1e-6)
    assert "sequence" not in measured(tmp_path)


def test_siemens_vb_mosaics_are_read_from_the_csa_header(tmp_path):
    paths = write_mosaic(tmp_path, replace(SMALL, n_slices=5))
    plain = read_acquisition(only_study(tmp_path))
    quirks.edit(paths, maker_quirks.siemens_vb)
    facts = read_acquisition(only_study(tmp_path))
    assert (facts.geometry, facts.timing.interleaved) == (plain.geometry, plain.timing.interleaved)
    assert facts.gradients.n_encoded == 2


@pytest.mark.parametrize(
    ("quirk", "rule", "maker"),
    [(maker_quirks.canon, "directions", "Canon"), (maker_quirks.uih, "diffusion_series", "UIH")],
)
def test_a_manufacturer_without_supported_directions_must_be_converted(
    tmp_path, quirk, rule, maker
):
    quirks.edit(write_dicom(tmp_path, SMALL), quirk)
    (study,) = find_studies(tmp_path)
    found = {finding.rule: finding for finding in check_study(study)}
    assert found[rule].severity == "error"
    assert "Convert the study with dcm2niix" in found[rule].advice
    assert f"{maker} writes gradients where only converters look" in found[rule].advice


def test_several_diffusion_series_are_named(tmp_path):
    write_dicom(tmp_path / "one", SMALL)
    second = {"SeriesInstanceUID": "1.2.3", "SeriesNumber": 9, "SeriesDescription": "DTI again"}
    write_dicom(tmp_path / "two", replace(SMALL, header=second))
    for path in (tmp_path / "two").iterdir():
        quirks.edit([path], lambda ds, _: setattr(ds, "SOPInstanceUID", ds.SOPInstanceUID + ".9"))
    text = measured(tmp_path)["diffusion_series"]
    assert text.startswith("2: 5 ")
    assert '9 "DTI again" (12 files)' in text


def add_object(folder, like, sop_class, name):
    """Write an object without pixels into the series of an image."""
    image = pydicom.dcmread(like, stop_before_pixels=True)
    ds = Dataset()
    ds.file_meta = FileMetaDataset()
    ds.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    ds.file_meta.MediaStorageSOPClassUID = ds.SOPClassUID = sop_class
    ds.file_meta.MediaStorageSOPInstanceUID = ds.SOPInstanceUID = generate_uid()
    for word in ("StudyInstanceUID", "SeriesInstanceUID", "PatientID", "PatientName", "Modality"):
        setattr(ds, word, getattr(image, word))
    ds.save_as(folder / name, enforce_file_format=True)


@pytest.mark.parametrize("sop_class", [PHILIPS_PRIVATE, REPORT])
def test_objects_without_pixels_are_passed_over(tmp_path, sop_class):
    folder = tmp_path / "scans"
    paths = write_dicom(folder, SMALL)
    add_object(folder, paths[0], sop_class, "XX_0001")
    assert "unreadable_files" not in measured(folder)
    assert any("not an MR image" in reason for reason in skip_reasons(folder))
    package = make_package(only_study(folder), "C", tmp_path / "out", salt=SALT)
    with zipfile.ZipFile(package.path) as made:
        assert len([name for name in made.namelist() if name.endswith(".dcm")]) == len(paths)


def test_a_zip_with_a_report_object_packages_like_its_folder(tmp_path):
    folder = tmp_path / "plain"
    paths = write_dicom(folder, SMALL)
    add_object(folder, paths[0], REPORT, "phoenix")
    zipped = tmp_path / "zipped"
    zipped.mkdir()
    with zipfile.ZipFile(zipped / "P01.zip", "w") as archive:
        for path in folder.iterdir():
            archive.write(path, path.name)
    assert measured(zipped) == measured(folder)
    assert make_package(only_study(zipped), "C", tmp_path / "out", salt=SALT).size > 0


PIXEL_WORDS = ["SamplesPerPixel", "BitsAllocated", "BitsStored", "HighBit", "PixelRepresentation"]


@pytest.mark.parametrize("word", PIXEL_WORDS)
def test_the_check_finds_malformed_attributes_of_pixels(tmp_path, word):
    paths = write_mosaic(tmp_path, SMALL)
    (group, element), value = (
        divmod(tag_for_keyword(word), 1 << 16),
        pydicom.dcmread(paths[1])[word],
    )
    head = struct.pack("<HH", group, element) + b"US"
    plain = head + b"\2\0" + value.value.to_bytes(2, "little")
    data = paths[1].read_bytes()
    assert plain in data
    paths[1].write_bytes(data.replace(plain, head + b"\x0f\0Data anonymised"))
    assert measured(tmp_path)["unreadable_files"].startswith("1: ")


@pytest.mark.parametrize("text", [b"Data anonymised", b"Data anonymised^", b"x"])
def test_one_malformed_number_leaves_the_other_studies_alone(tmp_path, text):
    write_dicom(tmp_path / "good", SMALL)
    bad = write_dicom(tmp_path / "bad", replace(SMALL, number=SMALL.number + 1))
    rows = pydicom.dcmread(bad[0]).Rows
    plain = b"\x28\x00\x10\x00US\x02\x00" + rows.to_bytes(2, "little")
    head = b"\x28\x00\x10\x00US" + len(text).to_bytes(2, "little")
    for path in bad:
        data = path.read_bytes()
        assert plain in data
        path.write_bytes(data.replace(plain, head + text))
    studies = [replace(s, study_id=f"s{n}") for n, s in enumerate(find_studies(tmp_path))]
    good = [study for study in studies if study.files[0].parent.name == "good"]
    assert not {"unreadable_files", "readable"} & set(check(good)["rule"])
    check(studies)
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        made = package_studies(Cohort("C", tuple(studies)), tmp_path / "out", salt=SALT)
    assert good[0].study_id in [package.study_id for package in made]
    assert len(made) + len(said) >= len(studies)
