"""Each rule is broken by a study made for it."""

from __future__ import annotations

import hashlib
from dataclasses import replace

import pytest
from support.scans import Scan, write_dicom, write_enhanced, write_mosaic, write_nifti

from neuroflow.studies.discovery.find import find_studies
from neuroflow.studies.protocol.check import check, check_study


def rules(folder, severity=None, **kwargs):
    table = check(find_studies(folder), **kwargs)
    if severity:
        table = table[table["severity"] == severity]
    return table["rule"].tolist()


@pytest.mark.parametrize(
    ("vendor", "write"),
    [("siemens", write_mosaic), ("ge", write_dicom), ("philips", write_enhanced)],
)
def test_study_that_follows_the_protocol_has_no_error(vendor, write, tmp_path):
    write(tmp_path, Scan(vendor))
    # Of these, the slice times of the mosaic alone are in the header.
    assert rules(tmp_path) == ([] if vendor == "siemens" else ["slice_order"])


def test_nifti_that_follows_the_protocol_has_no_finding(tmp_path):
    write_nifti(tmp_path, Scan())
    assert rules(tmp_path) == []


@pytest.mark.parametrize(
    ("word", "value", "rule", "measured"),
    [
        ("EchoTime", 110, "echo_time", "110 ms"),
        ("RepetitionTime", 5000, "repetition_time", "5000 ms"),
        ("MagneticFieldStrength", 1.5, "field_strength", "1.5 T"),
        ("FlipAngle", 70, "flip_angle", "70 °"),
        ("PixelSpacing", [1.7, 1.7], "in_plane", "1.7 × 1.7 mm"),
        ("PatientSex", "O", "sex", 'unknown: "O" is neither M nor F'),
        ("BurnedInAnnotation", "YES", "burned_in", "YES"),
    ],
)
def test_wrong_header_value_is_an_error(tmp_path, word, value, rule, measured):
    write_dicom(tmp_path, Scan(n_slices=3, n_directions=2, header={word: value}))
    findings = {finding.rule: finding for finding in check_study(find_studies(tmp_path)[0])}
    assert findings[rule].severity == "error"
    assert findings[rule].measured == measured
    assert findings[rule].advice


def test_missing_header_value_is_a_warning(tmp_path):
    write_dicom(tmp_path, Scan(n_slices=3, n_directions=2, header={"EchoTime": None}))
    (finding,) = [f for f in check_study(find_studies(tmp_path)[0]) if f.rule == "echo_time"]
    assert finding.severity == "warning"
    assert finding.measured.startswith("unknown")


def test_missing_and_repeated_slices_are_found(tmp_path):
    paths = write_dicom(tmp_path, Scan(n_slices=4, n_directions=2))
    paths[9].unlink()
    (tmp_path / "other.dcm").write_bytes(paths[3].read_bytes()[:-2] + b"xx")
    found = {finding.rule: finding.measured for finding in check_study(find_studies(tmp_path)[0])}
    assert found["missing_slices"] == "1 in 1 volume"
    assert "incomplete_volumes" not in found  # the same cause
    assert found["repeated_instances"] == "1"
    assert "repeated_slices" not in found


def test_same_study_under_two_names_is_an_error_for_both(tmp_path):
    for patient in ("A", "B"):
        write_dicom(tmp_path / patient, Scan(n_slices=3, n_directions=2, patient_id=patient))
    table = check(find_studies(tmp_path))
    duplicates = table[table["rule"] == "duplicate"]
    assert duplicates["study"].tolist() == ["A", "B"]
    assert duplicates["measured"].tolist() == ["same as B", "same as A"]


def test_copied_nifti_is_a_duplicate_and_another_scan_is_not(tmp_path):
    write_nifti(tmp_path / "sub-1", Scan(), stem="sub-1_dwi", suffix=".nii")
    write_nifti(tmp_path / "sub-2", Scan(), stem="sub-2_dwi", suffix=".nii")
    write_nifti(tmp_path / "sub-3", Scan(number=3), stem="sub-3_dwi", suffix=".nii")
    table = check(find_studies(tmp_path))
    assert table.loc[table["rule"] == "duplicate", "study"].tolist() == ["1", "2"]


def test_study_sent_before_is_an_error(tmp_path):
    scan = Scan(n_slices=3, n_directions=2)
    write_dicom(tmp_path, scan)
    digest = hashlib.sha256(scan.study_uid.encode()).hexdigest()
    assert "already_sent" in rules(tmp_path, sent={digest})
    assert "already_sent" not in rules(tmp_path, sent={"another"})


def test_age_and_sex_of_participants_take_precedence(tmp_path):
    write_dicom(tmp_path, Scan(n_slices=3, n_directions=2, header={"PatientSex": "O"}))
    (study,) = find_studies(tmp_path)
    found = {f.rule: f.measured for f in check_study(replace(study, age=30.0, sex="M"))}
    assert "sex" not in found
    assert found["age_40"] == "30 years"
