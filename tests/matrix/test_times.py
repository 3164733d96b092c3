"""Times of visits: read in their unit, or refused by name."""

import numpy as np
import pandas as pd
import pytest

from neuroflow.compare.longitudinal import change_over_time
from neuroflow.errors import CompareError, ResultWarning, TableError
from neuroflow.matrix.times import years_of
from neuroflow.plot import trajectory


@pytest.fixture
def visits():
    """Ten participants, a year apart, in several units."""
    rng = np.random.default_rng(1)
    first = pd.DataFrame(
        {
            "study_id": [f"s{i}" for i in range(10)],
            "participant_id": [f"p{i}" for i in range(10)],
            "group": ["Control", "PD"] * 5,
            "age": rng.normal(65, 5, 10),
            "region": "SCP",
            "metric": "FW",
            "value": rng.normal(0.3, 0.02, 10),
        }
    )
    second = first.assign(
        study_id=first["study_id"] + "b",
        age=first["age"] + 1,
        value=first["value"] + rng.normal(0.01, 0.003, 10),
    )
    table = pd.concat([first, second], ignore_index=True)
    later = table["study_id"].str.endswith("b")
    return table.assign(
        scan=np.where(later, 20250315, 20240315),
        days=np.where(later, 365.25, 0.0),
        visit_month=np.where(later, 12, 0),
        clock=np.where(later, 365.25, 0.0),
        moment=pd.to_datetime(np.where(later, "2025-03-15", "2024-03-15")),
    )


@pytest.mark.parametrize(
    ("column", "unit"),
    [
        ("scan", None), ("moment", None), ("days", "days"), ("visit_month", "months"),
        ("clock", "days"),
    ],
)  # fmt: skip
def test_dates_and_named_units_give_change_per_year(visits, column, unit):
    years = change_over_time(visits, time="age")
    other = change_over_time(visits, time=column, unit=unit)
    np.testing.assert_allclose(other["estimate"], years["estimate"], rtol=2e-3)
    np.testing.assert_allclose(other["years"].dropna(), 1.0, rtol=2e-3)


def test_dates_written_without_dashes_as_text_are_dates(visits):
    visits["scan"] = visits["scan"].astype(str)
    assert change_over_time(visits, time="scan")["years"].iloc[0] == pytest.approx(1, rel=2e-3)


@pytest.mark.parametrize("draw", [False, True])
@pytest.mark.parametrize(
    ("column", "error", "match"),
    [
        ("days", TableError, 'seems to hold days.*unit="days"'),
        ("visit_month", TableError, 'unit="months"'),
        ("clock", CompareError, "365 years apart by 'clock'"),
    ],
)
def test_times_that_are_no_years_are_refused(visits, column, error, match, draw):
    with pytest.raises(error, match=r"(?s)" + match):
        trajectory(visits, "SCP", time=column) if draw else change_over_time(visits, time=column)


def test_everybody_without_change_is_counted_with_a_reason(visits):
    visits.loc[visits["participant_id"] == "p0", "age"] = np.nan
    visits.loc[visits["participant_id"] == "p1", "age"] = 66.0
    visits.loc[visits["study_id"] == "s2b", "age"] = np.nan
    visits = visits[visits["study_id"] != "s3b"]
    with pytest.warns(ResultWarning, match="3 participants have no change over time"):
        change = change_over_time(visits)
    left_out = {item["reason"]: item for item in change.attrs["exclusions"]}
    assert {reason: item["n"] for reason, item in left_out.items()} == {
        "no time of any visit": 1,
        "all visits at the same time": 1,
        "time of one visit only": 1,
        "one visit only": 1,
    }
    assert left_out["no time of any visit"]["study_ids"] == ["s0", "s0b"]
    assert change.attrs["n_participants"] + 4 == visits["participant_id"].nunique()


def test_dates_become_years():
    years = years_of(pd.Series(["2020-01-01", "2021-01-01"]), "date")
    assert np.diff(years)[0] == pytest.approx(1.002, abs=5e-4)
