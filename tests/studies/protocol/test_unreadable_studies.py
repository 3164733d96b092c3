"""Studies that cannot be read become findings."""

from __future__ import annotations

import gzip
import shutil

import numpy as np
import pytest
from pydicom import DataElement, dcmread
from support.scans import SMALL, Scan, write_dicom, write_mosaic, write_nifti
from support.studies import measured

from neuroflow.studies.diffusion import Gradient, count_directions
from neuroflow.studies.discovery.find import find_studies
from neuroflow.studies.protocol.acquisition_reader import read_acquisition
from neuroflow.studies.protocol.check import check, check_study


def test_truncated_dicom_is_an_error(tmp_path):
    paths = write_dicom(tmp_path, SMALL)
    paths[0].write_bytes(paths[0].read_bytes()[:-8])
    assert measured(tmp_path)["unreadable_files"] == f"1: {paths[0].name} (truncated)"


@pytest.mark.parametrize("write", [write_nifti, write_mosaic])
def test_study_without_its_files_is_an_error(tmp_path, write):
    write(tmp_path / "in", SMALL)
    (study,) = find_studies(tmp_path)
    shutil.rmtree(tmp_path / "in")
    assert [finding.rule for finding in check_study(study)] == ["readable"]


@pytest.mark.parametrize(
    "rubbish", [b"", b"no image", b"\x5c\x01\x00\x00short", gzip.compress(b"no image", mtime=0)]
)
def test_unreadable_study_does_not_stop_the_check_of_others(tmp_path, rubbish):
    write_nifti(tmp_path / "good", Scan())
    write_nifti(tmp_path / "bad", SMALL)
    (tmp_path / "bad" / "dwi.nii.gz").write_bytes(rubbish)
    studies = find_studies(tmp_path)
    table = check(studies)
    assert len(studies) == 2
    assert table[["study", "rule"]].to_numpy().tolist() == [["bad", "readable"]]


@pytest.mark.parametrize("number", ["1e200", "-1e308", "1e-320"])
def test_numbers_of_any_size_are_no_error_of_reading(tmp_path, number):
    for path in write_dicom(tmp_path / "dicom", SMALL):
        image = dcmread(path)
        image.ImageOrientationPatient = [number, "0", "0", "0", number, number]
        image.save_as(path)
    write_nifti(tmp_path / "nifti", SMALL)
    (bvec,) = (tmp_path / "nifti").glob("*.bvec")
    vectors = np.loadtxt(bvec)
    vectors[:, -1] = float(number)
    np.savetxt(bvec, vectors)
    studies = find_studies(tmp_path)
    assert len(studies) == 2
    assert "readable" not in set(check(studies)["rule"])


def test_texts_of_other_types_are_text(tmp_path):
    for path in write_dicom(tmp_path, SMALL):
        image = dcmread(path)
        for word in ("StudyDescription", "BurnedInAnnotation"):
            image[word] = DataElement(word, "US", [16705, 16706])
        image.Manufacturer = ["GE MEDICAL SYSTEMS", "A"]
        image["SeriesDescription"] = DataElement("SeriesDescription", "FD", 1.5)
        image["ScanningSequence"] = DataElement("ScanningSequence", "US", 5)
        image.save_as(path)
    (study,) = find_studies(tmp_path)
    facts = read_acquisition(study).series
    assert facts.manufacturer == "GE MEDICAL SYSTEMS\\A"
    assert {facts.burned_in, facts.study_description} == {"16705.0\\16706.0"}
    assert (facts.series_description, facts.sequence) == ("1.5", "5.0")
    assert "readable" not in {finding.rule for finding in check_study(study)}


def test_a_fault_of_a_rule_stops_its_study_alone(tmp_path, monkeypatch):
    def fail(one, study, facts):
        raise AttributeError(study.label)

    write_nifti(tmp_path / "one", SMALL)
    monkeypatch.setattr("neuroflow.studies.protocol.check.with_fitting_advice", fail)
    (finding,) = check_study(find_studies(tmp_path)[0])
    assert finding.measured == "reading it failed unexpectedly (AttributeError)"


def test_directions_of_any_length_are_counted():
    along = [(1e200, 0.0, 0.0), (0.0, 1.7e308, 1.7e308), (0.0, 5e-324, 0.0)]
    assert count_directions([Gradient(1000.0, direction) for direction in along]) == 3
