"""One finding per cause, of the series that has it, with advice that fits the input."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from support import quirks
from support.scans import SMALL, write_dicom, write_mosaic, write_nifti

from neuroflow.demo.scans import maker_quirks
from neuroflow.models import Finding
from neuroflow.studies.demographics import parse_age
from neuroflow.studies.discovery.find import find_studies
from neuroflow.studies.filenames import is_placeholder
from neuroflow.studies.protocol.check import check_study


def found(folder: Path) -> dict[str, Finding]:
    (study,) = find_studies(folder)
    findings = check_study(study)
    assert len({one.rule for one in findings}) == len(findings)
    return {one.rule: one for one in findings}


def second_series(folder: Path, **scan: object) -> list[Path]:
    """Write another diffusion series of the study, with instances of its own."""
    header = {"SeriesInstanceUID": "1.2.9", "SeriesNumber": 9, "SeriesDescription": "again"}
    paths = write_dicom(folder, replace(SMALL, header=header | scan.pop("header", {}), **scan))
    quirks.edit(paths, lambda ds, _: setattr(ds, "SOPInstanceUID", ds.SOPInstanceUID + ".9"))
    return paths


def test_findings_of_two_series_stand_apart(tmp_path):
    write_dicom(tmp_path / "one", SMALL)
    paths = second_series(tmp_path / "two", n_directions=3, n_b0=1, header={"EchoTime": 110})
    paths[4].unlink()
    findings = found(tmp_path)
    second = 'series 9 "again" (11 files): '
    assert findings["diffusion_series"].measured.startswith("2: 5 ")
    assert "column series" in findings["diffusion_series"].advice
    assert findings["echo_time"].measured == f"{second}110 ms"
    assert findings["b0_images"].measured == f"{second}1"
    assert findings["missing_slices"].measured == f"{second}1 in 1 volume"
    first, other = findings["directions"].measured.split("; ")
    assert (first.rpartition(": ")[2], other) == ("2", f"{second}3")
    assert findings["slices"].measured == "3"  # of both
    assert "changing" not in findings  # each series is of one kind


def test_gaps_in_the_numbers_are_those_of_a_series(tmp_path):
    paths = write_dicom(tmp_path / "one", SMALL)
    second_series(tmp_path / "two")
    paths[5].unlink()  # the other series has an image of this number
    assert found(tmp_path)["missing_instances"].measured.endswith(": 1: 6")


def test_a_series_that_fell_apart_is_one_short_finding(tmp_path):
    paths = write_mosaic(tmp_path, replace(SMALL, n_directions=8))
    quirks.edit(paths, lambda ds, number: setattr(ds, "SeriesInstanceUID", f"1.2.3.{number}"))
    measured = found(tmp_path)["diffusion_series"].measured
    assert measured.startswith("8: ")
    assert measured.endswith(", ...")
    assert measured.count("files") == 3


def test_images_with_one_identifier_are_one_finding(tmp_path):
    quirks.edit(write_mosaic(tmp_path, SMALL), lambda ds, _: setattr(ds, "SOPInstanceUID", "1.2"))
    findings = found(tmp_path)
    assert findings["repeated_instances"].measured == "3"
    assert {"b_values", "b0_images", "directions"}.isdisjoint(findings)


def test_a_damaged_file_explains_the_gap_it_leaves(tmp_path):
    paths = write_mosaic(tmp_path, replace(SMALL, n_directions=6))
    paths[3].write_bytes(paths[3].read_bytes()[:-40])
    findings = found(tmp_path)
    assert "unreadable_files" in findings
    assert "missing_instances" not in findings
    paths[5].unlink()
    assert found(tmp_path)["missing_instances"].measured == "2: 4, 6"


def test_unreadable_weighting_is_one_finding(tmp_path):
    quirks.edit(write_dicom(tmp_path, SMALL), maker_quirks.uih)
    errors = {rule for rule, one in found(tmp_path).items() if one.severity == "error"}
    assert errors == {"diffusion_series"}


def test_too_few_directions_are_no_matter_of_files_beside_dicom(tmp_path):
    write_mosaic(tmp_path, SMALL)
    assert "acquired this way" in found(tmp_path)["directions"].advice


@pytest.mark.parametrize(
    ("name", "words"), [("P1", "beside the image"), ("sub-1", "further up in the dataset")]
)
def test_advice_on_gradients_knows_datasets(tmp_path, name, words):
    write_nifti(tmp_path / name / "dwi", SMALL, stem=f"{name}_dwi")
    assert words in found(tmp_path / name)["directions"].advice


def test_advice_on_an_incomplete_archive_is_to_pack_again(tmp_path):
    paths = write_dicom(tmp_path / "scans", SMALL)
    paths[4].unlink()
    assert found(tmp_path / "scans")["missing_slices"].advice.startswith("Export the whole series")
    quirks.pack(tmp_path / "scans", tmp_path / "zips" / "P01.zip")
    assert found(tmp_path / "zips")["missing_slices"].advice.startswith("Pack all files")


@pytest.mark.parametrize("written", ["", "ANONYMOUS", "anonymized", "0000", "Unknown", "TESTTEST"])
def test_a_patient_id_that_names_nobody_is_reported(tmp_path, written):
    write_mosaic(tmp_path / "P01", replace(SMALL, patient_id=written))
    one = found(tmp_path)["placeholder_id"]
    assert one.severity == "note"
    assert one.measured == f"{f'{chr(34)}{written}{chr(34)}' if written else 'blank'}, " + (
        "participant P01 taken from names"
    )


def test_a_participant_that_no_name_gives_is_a_warning(tmp_path):
    write_mosaic(tmp_path, replace(SMALL, patient_id="anon"))
    one = found(tmp_path)["placeholder_id"]
    assert (one.severity, one.measured) == ("warning", '"anon", participant unknown')
    assert "studies.tsv" in one.advice


@pytest.mark.parametrize("label", ["ANON01", "TEST-7", "P0", "10000", "Annon", "subject12", "XA1"])
def test_numbered_ids_of_anonymised_people_are_ids(label):
    assert not is_placeholder(label)


@pytest.mark.parametrize("text", [">89Y", ">89", "89+", "90+", "90Y+", ">= 90", "> 89 years"])
def test_ages_above_89_are_90(text):
    assert parse_age(text) == 90.0


@pytest.mark.parametrize("text", [">40", "40+", "89-90", "+89", ">890"])
def test_other_open_ages_are_unknown(text):
    assert parse_age(text) is None
