"""Ages, sexes and dates as headers and sidecars write them."""

from datetime import date

import pytest

from neuroflow.studies.demographics import age_between, age_string, parse_date, parse_sex


@pytest.mark.parametrize(("text", "expected"), [("Female", "F"), ("O", None)])
def test_a_sex_is_read_in_the_spellings_of_the_service(text, expected):
    assert parse_sex(text) == expected


@pytest.mark.parametrize(("scan", "years"), [("20200228", 59.0), ("20200229", 60.0)])
def test_a_year_of_age_is_full_on_the_birthday(scan, years):
    assert age_between("19600229", scan) == years


@pytest.mark.parametrize(("text", "expected"), [("20240131", date(2024, 1, 31)), ("", None)])
def test_a_date_is_read_where_there_is_one(text, expected):
    assert parse_date(text) == expected


@pytest.mark.parametrize(("years", "expected"), [(45.9, "045Y"), (93, "090Y")])
def test_an_age_is_written_in_whole_years_up_to_90(years, expected):
    assert age_string(years) == expected
