"""studies.tsv overrides what was found."""

from __future__ import annotations

from dataclasses import replace

import pytest
from support.scans import SMALL, write_dicom, write_nifti

from neuroflow.errors import FolderError
from neuroflow.studies.discovery.find import find_studies, survey


def table(folder, *lines):
    text = "\n".join("\t".join(line) for line in lines)
    (folder / "studies.tsv").write_text(text + "\n", encoding="utf-8")


def test_participant_session_age_and_sex_are_corrected(tmp_path):
    write_dicom(tmp_path / "scan_a", SMALL)
    write_nifti(tmp_path / "scan_b", SMALL)
    table(
        tmp_path,
        ("path", "study_uid", "participant_id", "session_id", "age", "sex"),
        ("", SMALL.study_uid, "P01", "1", "61", "Male"),
        ("scan_b", "", "P02", "", "", ""),
    )
    studies = find_studies(tmp_path)
    assert [(s.label, s.participant_id, s.age, s.sex) for s in studies] == [
        ("P01_1", "P01", 61.0, "M"),
        ("P02", "P02", None, None),
    ]


def test_excluded_study_is_listed_as_skipped(tmp_path):
    write_dicom(tmp_path / "a", SMALL)
    write_nifti(tmp_path / "b", SMALL)
    table(tmp_path, ("path", "use"), ("a", "no"))
    result = survey(tmp_path)
    assert [study.label for study in result.studies] == ["b"]
    assert result.skipped[["files", "reason"]].to_numpy().tolist() == [
        [12, "excluded by studies.tsv"]
    ]


def test_one_of_two_diffusion_series_is_chosen_by_its_number(tmp_path):
    write_dicom(tmp_path / "one", SMALL)
    second = {"SeriesInstanceUID": "1.2.3.4", "SeriesNumber": 9}
    write_dicom(tmp_path / "two", replace(SMALL, header=second))
    assert len(find_studies(tmp_path)[0].files) == 24
    table(tmp_path, ("study_uid", "series"), (SMALL.study_uid, "9"))
    (study,) = find_studies(tmp_path)
    assert {path.parent.name for path in study.files} == {"two"}


@pytest.mark.parametrize(
    ("lines", "match"),
    [
        ([("path", "colour"), ("a", "red")], "column 'colour'"),
        ([("path",), ("nowhere",)], "Line 2"),
        ([("path", "age"), ("a", "old")], "age or sex in line 2"),
        ([("path", "series"), ("a", "77")], "series 77"),
    ],
)
def test_invalid_table_is_an_error_that_names_the_line(tmp_path, lines, match):
    write_dicom(tmp_path / "a", SMALL)
    table(tmp_path, *lines)
    with pytest.raises(FolderError, match=match):
        find_studies(tmp_path)
