"""Covariates that are dates or almost unique are refused by name, not made categories."""

import warnings

import numpy as np
import pandas as pd
import pytest
from support.comparison_tables import normal_table

from neuroflow.compare.correlate import correlate
from neuroflow.compare.groups import compare_groups
from neuroflow.errors import OptionError, ResultWarning

DAYS = pd.Timestamp("2023-01-01") + pd.to_timedelta(np.arange(40) * 3, unit="D")


@pytest.fixture
def table():
    return normal_table({"Control": 20, "PSP": 20}, m=2)


def per_study(table, values):
    """Return values, one per study, at the rows of the table."""
    return table["study_id"].map(dict(zip(table["study_id"].unique(), values, strict=True)))


@pytest.mark.parametrize(
    "dates",
    [
        DAYS,
        DAYS.strftime("%Y-%m-%d"),
        DAYS.strftime("%Y%m%d"),
        DAYS.strftime("%Y%m%d").astype(int),
        DAYS.strftime("%Y-%m-%dT%H:%M:%S"),
    ],
)
def test_dates_as_covariates_are_refused_with_advice(table, dates):
    table["scan_date"] = per_study(table, dates)
    with pytest.raises(OptionError, match=r"(?s)'scan_date' has dates.*365\.25"):
        compare_groups(table, covariates=["age", "scan_date"])
    with pytest.raises(OptionError, match="'scan_date' has dates"):
        correlate(table, "age", covariates="scan_date")


def test_years_since_the_first_scan_are_taken_as_advised(table):
    table["scan_date"] = per_study(table, DAYS)
    dates = pd.to_datetime(table["scan_date"])
    table["years"] = (dates - dates.min()).dt.days / 365.25
    effects = compare_groups(table, groups=["Control", "PSP"], covariates=["years"])
    assert effects.attrs["model"] == "value ~ group + years"


def test_categories_almost_as_many_as_studies_are_refused(table):
    table["operator"] = per_study(table, [f"op{i // 2 if i > 30 else i}" for i in range(40)])
    with pytest.raises(OptionError, match=r"'operator' has .* categories among 40 studies"):
        compare_groups(table, covariates="operator")


def test_many_categories_warn_and_few_do_not(table):
    table["operator"] = per_study(table, [f"op{i % 10}" for i in range(40)])
    with pytest.warns(ResultWarning, match="'operator' has 10 categories among 40"):
        compare_groups(table, covariates="operator")
    table["operator"] = per_study(table, [f"op{i % 5}" for i in range(40)])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        compare_groups(table, covariates="operator")
