"""Dates and times of DICOM headers."""

from datetime import datetime

import pytest

from neuroflow.studies.dicom.datetimes import first_moment, parse_datetime


@pytest.mark.parametrize(
    ("text", "expected"),
    [("20240131123005.5", datetime(2024, 1, 31, 12, 30, 5, 500_000)), ("abc", None)],
)
def test_a_date_with_a_time_is_read(text, expected):
    assert parse_datetime(text) == expected


def test_a_moment_with_a_time_comes_before_a_date_alone():
    texts = ["20240131", "20240131123005", "", "unknown"]
    assert first_moment(texts) == "20240131123005"
