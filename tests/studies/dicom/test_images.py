"""Images of a series are judged one by one: maps, phase, copies, damaged and missing ones."""

from __future__ import annotations

import gzip
import shutil
from dataclasses import replace
from pathlib import Path
from uuid import UUID

import pydicom
import pytest
from support.packages import SALT, only_study
from support.quirks import add_images, edit, pack
from support.scans import SMALL, Scan, write_dicom, write_enhanced, write_mosaic
from support.studies import measured, skip_reasons

from neuroflow.demo.scans.maker_quirks import image_type, without_direction
from neuroflow.errors import PackageError
from neuroflow.studies.dicom.images import _gaps
from neuroflow.studies.discovery.find import find_studies
from neuroflow.studies.package.build import make_package
from neuroflow.studies.protocol.acquisition_reader import read_acquisition
from neuroflow.studies.protocol.check import check_study

PHILIPS = replace(SMALL, vendor="philips", n_directions=4)


def comment(text):
    return lambda ds, _: setattr(ds, "ImageComments", text)


@pytest.mark.parametrize(
    ("change", "named"),
    [
        (image_type("DERIVED", "PRIMARY", "DIFFUSION", "ADC"), "ADC map"),
        (image_type("DERIVED", "PRIMARY", "ADC_UNSPECIFIED"), "ADC_UNSPECIFIED map"),
        (image_type("DERIVED", "PRIMARY", "DIFFUSION", "TRACEW"), "TRACEW map"),
        (image_type("ORIGINAL", "PRIMARY", "PHASE MAP", "P", "SE"), "phase"),
        (image_type("DERIVED", "SECONDARY", "SCREEN SAVE"), "capture"),
        (lambda ds, _: setattr(ds, "ComplexImageComponent", "PHASE"), "phase"),
        (comment("Single-band reference SENSE2"), "single-band reference"),
    ],
)
@pytest.mark.parametrize("write", [write_mosaic, write_dicom])
def test_images_of_another_sort_are_left_out_and_named(tmp_path, write, change, named):
    paths = write(tmp_path, SMALL)
    plain = read_acquisition(only_study(tmp_path))
    added = add_images(paths[:3], change, "other")
    facts = read_acquisition(only_study(tmp_path))
    assert facts.gradients == plain.gradients
    assert facts.images == plain.images
    assert measured(tmp_path)["left_out"] == f"{len(added)} {named}"


def test_trace_images_are_left_out_and_count_as_no_direction(tmp_path):
    paths = write_dicom(tmp_path, PHILIPS)
    add_images(paths[-PHILIPS.n_slices :], without_direction, "iso")
    facts = read_acquisition(only_study(tmp_path))
    assert (facts.gradients.n_b0, facts.gradients.n_encoded) == (2, 4)
    assert len(facts.images) == len(facts.sop_uids) == len(paths)
    assert facts.completeness.left_out == (f"{PHILIPS.n_slices} isotropic",)


def test_phase_images_of_unweighted_volumes_do_not_count_as_b0(tmp_path):
    paths = write_dicom(tmp_path, replace(PHILIPS, n_b0=1))
    add_images(paths, image_type("ORIGINAL", "PRIMARY", "PHASE MAP", "P", "SE"), "phase")
    assert measured(tmp_path)["b0_images"] == "1"


def test_a_trace_series_with_b0_is_not_a_diffusion_series(tmp_path):
    paths = write_mosaic(tmp_path / "dti", SMALL)

    def to_trace(ds, number):
        ds.SeriesInstanceUID, ds.SeriesNumber = "1.2.3", 9
        without_direction(ds, number)

    trace = add_images([paths[0], paths[-1]], to_trace, "trace")
    assert len(trace) == 2
    found = measured(tmp_path)
    assert "diffusion_series" not in found
    assert found["left_out"] == "1 b = 0 of a trace series, 1 isotropic"


def test_isotropic_frames_inside_an_enhanced_image_are_named(tmp_path):
    path = write_enhanced(tmp_path, replace(SMALL, n_directions=4))
    ds = pydicom.dcmread(path)
    for frame in ds.PerFrameFunctionalGroupsSequence[-SMALL.n_slices :]:
        weighting = frame.MRDiffusionSequence[0]
        weighting.DiffusionDirectionality = "ISOTROPIC"
        del weighting.DiffusionGradientDirectionSequence
    ds.save_as(path)
    facts = read_acquisition(only_study(tmp_path))
    assert (facts.geometry.n_volumes, facts.gradients.n_b0, facts.gradients.n_encoded) == (5, 2, 3)
    assert measured(tmp_path)["other_frames"] == str(SMALL.n_slices)


@pytest.mark.parametrize("packed", [False, True])
def test_copies_of_files_are_left_out(tmp_path, packed):
    folder = tmp_path / "in"
    paths = write_mosaic(folder / "P01", SMALL)
    shutil.copytree(folder / "P01", folder / "P01 copy")
    if packed:
        folder = pack(folder, tmp_path / "packed" / "P01.zip").parent
    study = only_study(folder)
    found = {finding.rule: finding for finding in check_study(study)}
    assert (found["copies"].measured, found["copies"].severity) == (str(len(paths)), "note")
    assert "repeated_instances" not in found
    assert len(read_acquisition(study).images) == len(paths)


def test_a_gzipped_copy_is_left_out_as_well(tmp_path):
    for path in write_mosaic(tmp_path, SMALL):
        Path(f"{path}.gz").write_bytes(gzip.compress(path.read_bytes()))
    assert measured(tmp_path)["copies"] == "4"


def test_two_images_with_one_uid_are_no_copies(tmp_path):
    paths = write_mosaic(tmp_path, SMALL)
    edit(paths[:2], lambda ds, _: setattr(ds, "SOPInstanceUID", "1.2.3"))
    found = measured(tmp_path)
    assert found["repeated_instances"] == "1"
    assert "copies" not in found


@pytest.mark.parametrize(
    ("length", "why"), [(0, "empty"), (700, "truncated"), (900, None), (-100, "truncated")]
)
@pytest.mark.parametrize("packed", [False, True])
def test_a_damaged_file_is_an_error_of_its_study(tmp_path, length, why, packed):
    folder = tmp_path / "in"
    paths = write_mosaic(folder / "P01", Scan(n_slices=4, n_directions=6))
    write_mosaic(folder / "P02", replace(SMALL, number=2, patient_id="P2"))
    paths[4].write_bytes(paths[4].read_bytes()[: length or None] if length else b"")
    if packed:
        folder = pack(folder, tmp_path / "packed" / "both.zip").parent
    first, second = sorted(find_studies(folder), key=lambda study: len(study.files))[::-1]
    found = {finding.rule: finding.measured for finding in check_study(first)}
    assert found["unreadable_files"].startswith(f"1: {paths[4].name} (")
    assert why is None or why in found["unreadable_files"]
    assert "unreadable_files" not in {finding.rule for finding in check_study(second)}
    study = replace(first, study_id=str(UUID(int=1, version=4)))
    with pytest.raises(PackageError, match="1 of the study's files"):
        make_package(study, "C", tmp_path / "out", salt=SALT)


def test_an_unreadable_file_is_an_error_of_its_study(tmp_path, monkeypatch):
    paths = write_mosaic(tmp_path, SMALL)
    plain_open = type(paths[0]).open

    def deny(self, *args, **kwargs):
        if self == paths[2]:
            raise PermissionError(13, "Permission denied", str(self))
        return plain_open(self, *args, **kwargs)

    monkeypatch.setattr(type(paths[0]), "open", deny)
    assert skip_reasons(tmp_path) == ["cannot be read: Permission denied"]
    assert measured(tmp_path)["unreadable_files"] == f"1: {paths[2].name} (Permission denied)"


def test_a_damaged_file_among_images_of_another_series_blocks_nothing(tmp_path):
    write_dicom(tmp_path, SMALL)
    header = {"SeriesInstanceUID": "1.2.3", "SeriesNumber": 2, "SeriesDescription": "T1"}
    folder = tmp_path / "t1"
    anatomy = write_dicom(folder, replace(SMALL, n_directions=0, header=header))
    for path in anatomy:
        shutil.move(path, tmp_path / f"A {path.name}")
    (tmp_path / "A MUSTERMANN_00002.dcm").write_bytes(b"")
    assert "unreadable_files" not in measured(tmp_path)
    assert "empty file" in skip_reasons(tmp_path)


@pytest.mark.parametrize("name", ["notes.txt", "protocol.pdf", "README"])
def test_an_empty_file_that_is_no_image_blocks_nothing(tmp_path, name):
    write_mosaic(tmp_path, SMALL)
    (tmp_path / name).touch()
    assert "unreadable_files" not in measured(tmp_path)


def test_gaps_in_the_instance_numbers_are_named(tmp_path):
    paths = write_mosaic(tmp_path, replace(SMALL, n_directions=10))
    for path in (paths[3], paths[7]):
        path.unlink()
    assert measured(tmp_path)["missing_instances"] == "2: 4, 8"
    severities = {one.rule: one.severity for one in check_study(*find_studies(tmp_path))}
    assert severities["missing_instances"] == "error"


@pytest.mark.parametrize("number", [lambda n: 2 * n + 1, lambda _: 1, lambda n: n * n * 97])
def test_arbitrary_instance_numbers_are_not_reported_as_gaps(tmp_path, number):
    paths = write_mosaic(tmp_path, replace(SMALL, n_directions=10))
    edit(paths, lambda ds, n: setattr(ds, "InstanceNumber", number(n)))
    assert "missing_instances" not in measured(tmp_path)


@pytest.mark.parametrize("last", [4_000_000_000, 10**30])
def test_an_enormous_instance_number_lists_no_gaps(last):
    assert _gaps([*range(1, 20), last]) == ()
    assert _gaps([*range(1, 20), 22]) == (20, 21)


def test_an_image_without_instance_uid_is_an_error(tmp_path):
    paths = write_mosaic(tmp_path, SMALL)
    ds = pydicom.dcmread(paths[0])
    ds.SOPInstanceUID = ""
    ds.save_as(paths[0])
    assert "no SOP Instance UID" in measured(tmp_path)["unreadable_files"]
