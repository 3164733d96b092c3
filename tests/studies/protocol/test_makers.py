"""What scanners and exports add to a study: echo-planar marks, objects without pixels, damage."""

import warnings
import zipfile
from dataclasses import replace

import pydicom
import pytest
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian, generate_uid
from support.packages import SALT, only_study
from support.scans import SMALL, write_dicom
from support.studies import measured, skip_reasons

from neuroflow.models import Cohort
from neuroflow.studies.discovery.find import find_studies
from neuroflow.studies.package.build import make_package, package_studies
from neuroflow.studies.protocol.check import check

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
