"""What cannot be computed is refused in words, and never computed as something else."""

import numpy as np
import pandas as pd
import pytest
from support.comparison_tables import normal_table

from neuroflow.compare.asymmetry import asymmetry
from neuroflow.compare.correlate import correlate
from neuroflow.compare.groups import compare_groups
from neuroflow.compare.harmonization import compare_sites, remove_site
from neuroflow.compare.longitudinal import change_over_time
from neuroflow.compare.norms import z_scores, z_summary
from neuroflow.compare.report.paper_table import group_means, paper_table
from neuroflow.errors import OptionError, TableError


@pytest.fixture(scope="module")
def table():
    return normal_table({"Control": 6, "PD": 5}, m=3)


WRONG = {
    "groups must be a name or a list of names, but contains None": lambda t: compare_groups(
        t, groups=["PD", None]
    ),
    "covariates must be a name or a list of names, but contains 5": lambda t: z_scores(
        t, covariates=[5]
    ),
    "covariates must be a name or a list of names, but contains None": lambda t: compare_groups(
        t, covariates=None
    ),
    "score must be one name, not \\['age'\\]": lambda t: correlate(t, ["age"]),
    "family must be a name or a list of names, but contains None": lambda t: compare_groups(
        t, family=None
    ),
    "list of metrics is empty": lambda t: compare_groups(t, metric=[]),
    "contrasts must be a name or a list of names, but contains 1": lambda t: compare_groups(
        t, contrasts=[1]
    ),
    "confidence must be between 0 and 1, not 95. Write it like 0.95": lambda t: group_means(
        t, confidence=95
    ),
    "confidence must be between 0 and 1, not 95%": lambda t: compare_groups(t, confidence="95%"),
    "alpha must be between 0 and 1, not 5": lambda t: paper_table(t, metric="M0", alpha=5),
    "digits is -1": lambda t: paper_table(t, metric="M0", digits=-1),
    "limit must be a number above zero, not 0": lambda t: z_summary(
        z_scores(t), metric="M0", limit=0
    ),
    "column 'sex' does not contain numbers": lambda t: correlate(t, "sex", covariates=["age"]),
}


@pytest.mark.parametrize("message", WRONG)
def test_arguments_of_the_wrong_kind_are_refused_by_name(table, message):
    with pytest.raises(OptionError, match=message):
        WRONG[message](table)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda t: [1, 2], "must be a DataFrame, not a list"),
        (lambda t: t.iloc[:0], "has no rows"),
        (lambda t: t.mask(t["region"] == "r01").assign(study_id=t["study_id"]), "without a region"),
        (lambda t: t.assign(metric=t["metric"].where(t.index > 4)), "without a metric"),
        (lambda t: t.assign(value="high"), "not a number"),
    ],
)
@pytest.mark.parametrize("ask", [compare_groups, z_scores, remove_site])
def test_tables_that_are_none_are_refused_by_what_is_wrong(table, ask, change, message):
    with pytest.raises(TableError, match=message):
        ask(change(table))


@pytest.mark.parametrize("odd", [None, "89+"])
def test_ages_as_texts_are_never_silently_categories(table, odd):
    ages = table["age"].astype(str)
    ages = ages if odd is None else ages.where(table["study_id"] != "study0003", odd)
    written = table.assign(age=ages)
    with pytest.raises(OptionError, match="column 'age' has numbers that are stored as text"):
        compare_groups(written, covariates=["age"])
    assert compare_groups(written, groups=["Control", "PD"])["p"].notna().all()
    scanner = table.assign(scanner=(table["age"] > 66).map({True: "1", False: "2"}))
    assert compare_groups(scanner, covariates=["C(scanner)"]).attrs["covariates"] == ["scanner"]


def test_changes_need_to_know_whose_the_studies_are(table):
    with pytest.raises(TableError, match="no column participant_id"):
        change_over_time(table.drop(columns="participant_id"))


def test_a_column_of_groups_that_is_not_there_is_named(table):
    with pytest.raises(TableError, match="no column diagnosis"):
        compare_sites(table, reference="Control", by="diagnosis")


def test_values_of_sides_that_are_no_numbers_are_refused(table):
    sides = [table.assign(hemisphere=side, value="x") for side in ("left", "right")]
    with pytest.raises(TableError, match="not a number"):
        asymmetry(pd.concat(sides, ignore_index=True))


def test_regions_without_values_give_nan_without_warnings(table):
    empty = table.assign(value=table["value"].where(table["region"] != "r01"))
    scores = z_scores(empty, covariates=["age"])
    assert scores.loc[scores["region"] == "r01", "z"].isna().all()
    sites = table["study_id"].str[-1].isin(list("02468")).map({True: "A", False: "B"})
    kept = remove_site(empty.assign(site=sites), covariates=["age"])
    np.testing.assert_array_equal(kept["value"].isna(), empty["region"] == "r01")


def test_biomarkers_of_two_sides_are_summed_up_side_by_side(table):
    sides = [table.assign(hemisphere=side, region="pSN") for side in ("left", "right")]
    one = pd.concat([part[table["region"] == "r00"] for part in sides], ignore_index=True)
    summary = z_summary(z_scores(one), metric="M0")
    assert {"z_pSN_left", "z_pSN_right"} <= set(summary.columns)
    assert len(summary) == table["study_id"].nunique()


def test_a_session_may_be_a_number(table):
    assert len(compare_groups(table, visit=1)) == len(compare_groups(table, visit="1"))


def test_a_summary_of_some_studies_omits_the_others(table):
    scores = z_scores(table.astype({"study_id": "category", "group": "category"}))
    some = scores[scores["group"] == "PD"]  # the categories are those of all
    assert list(z_summary(some, metric="M0")["group"]) == ["PD"] * 5
