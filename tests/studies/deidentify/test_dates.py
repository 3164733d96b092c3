"""Dates and times move to the year 2000, each as far from the start of the study as before."""

from __future__ import annotations

from datetime import datetime

import pytest
from pydicom.dataset import Dataset

from neuroflow.studies.deidentify.dates import TimeShift, earliest


def shifted(**values):
    dataset = Dataset()
    for word, value in values.items():
        setattr(dataset, word, value)
    shift = TimeShift(datetime(2024, 3, 15, 14, 22, 33))
    for element in list(dataset):
        assert shift(dataset, element) == (element.VR in ("DA", "TM", "DT"))
    return dataset


@pytest.mark.parametrize(
    ("day", "time", "expected"),
    [
        ("20240315", "142233", ("20000101", "000000.000000")),
        ("20240315", "142234.5", ("20000101", "000001.500000")),
        ("20240316", "142234", ("20000102", "000001.000000")),
        ("20240315", "142232", ("20000101", "000000.000000")),
        ("20240317", "142233", ("20000103", "000000.000000")),
        ("20240317", "142234", ("20000101", "000000.000000")),
        ("19640229", "142234", ("20000101", "000000.000000")),
    ],
)
def test_a_date_and_its_time_are_shifted_together(day, time, expected):
    made = shifted(ContentDate=day, ContentTime=time)
    assert (made.ContentDate, made.ContentTime) == expected


def test_a_time_without_its_date_is_of_the_first_day():
    assert shifted(ContentTime="152233").ContentTime == "010000.000000"
    assert shifted(ContentTime=["152233", "162233"]).ContentTime == "010000.000000"


def test_a_date_without_its_time_begins_at_midnight():
    assert shifted(ContentDate="20240316").ContentDate == "20000101"
    assert shifted(ContentDate="20240317").ContentDate == "20000102"
    assert shifted(ContentDate=["20240317", "20240318"]).ContentDate == "20000102"


def test_a_moment_of_one_element_is_shifted():
    made = shifted(AcquisitionDateTime="20240316152233.25", EchoTime=88)
    assert made.AcquisitionDateTime == "20000102010000.250000"
    assert made.EchoTime == 88


def dated(**values):
    dataset = Dataset()
    for word, value in values.items():
        setattr(dataset, word, value)
    return earliest(dataset)


def test_a_study_starts_with_the_earliest_of_its_times():
    later = {"StudyDate": "20240315", "StudyTime": "150000"}
    assert dated(**later) == datetime(2024, 3, 15, 15)
    for word in ("Series", "Acquisition", "Content"):
        first = {f"{word}Date": "20240315", f"{word}Time": "142233"}
        assert dated(**later, **first) == datetime(2024, 3, 15, 14, 22, 33)
    assert dated(StudyDate=["20240315", "20240316"], StudyTime="15") == datetime(2024, 3, 15, 15)
