"""One person's change against a reference group, held against a regression without the person."""

import numpy as np
import pandas as pd
import pytest
import statsmodels.formula.api as smf
from support.follow_up import cohort

import neuroflow as nf
from neuroflow.errors import CompareError


def one(changes, who, region="pSN"):
    (row,) = changes[
        (changes["participant_id"] == who) & (changes["region"] == region)
    ].itertuples()
    return row


def first_to_last(table):
    rows = table[table["region"] == "pSN"].sort_values("age").groupby("participant_id")
    parts = rows.agg(
        group=("group", "first"), age=("age", "first"), end=("age", "last"),
        first=("value", "first"), last=("value", "last"),
    )  # fmt: skip
    return parts.assign(change=parts["last"] - parts["first"], years=parts["end"] - parts["age"])


@pytest.mark.parametrize("who", ["PSP003", "Control005"])
def test_expected_change_is_that_of_a_regression_without_the_person(who):
    table = cohort()
    ours = one(nf.person_change(table), who)
    people = first_to_last(table)
    others = people[(people["group"] == "Control") & (people.index != who)]
    model = smf.ols("change ~ years + age", others).fit()
    theirs = model.get_prediction(people.loc[[who]]).summary_frame().iloc[0]
    assert ours.change == pytest.approx(people.loc[who, "change"])
    assert ours.expected == pytest.approx(theirs["mean"])
    assert ours.low == pytest.approx(theirs["obs_ci_lower"])
    assert ours.high == pytest.approx(theirs["obs_ci_upper"])
    assert ours.beyond == (not ours.low <= ours.change <= ours.high)


def test_five_percent_of_the_reference_lie_beyond():
    beyond = [
        nf.person_change(cohort(seed)).query("group == 'Control'")["beyond"].mean()
        for seed in (4, 8, 12, 16)
    ]
    assert 0.02 < np.mean(beyond) < 0.09


def test_changes_beyond_the_repeatability_coefficient_are_marked():
    table = cohort()
    limits = pd.DataFrame({"region": ["pSN"], "hemisphere": [""], "metric": ["FW"], "rc": [0.02]})
    changes = nf.person_change(table, repeatability=limits)
    mine = changes[changes["region"] == "pSN"]
    assert (mine["exceeds"] == (mine["change"].abs() > 0.02)).all()
    assert changes.loc[changes["region"] == "SCP", "exceeds"].isna().all()


def test_an_interval_unlike_the_reference_has_a_reason():
    table = cohort()
    last = table.groupby(["participant_id", "region"])["age"].transform("max")
    far = (table["participant_id"] == "PSP000") & (table["age"] == last)
    table.loc[far, "age"] += 10
    row = one(nf.person_change(table), "PSP000")
    assert row.reason == "no such interval in the reference"
    assert np.isnan(row.expected)


def test_a_table_without_controls_needs_a_reference():
    table = cohort()
    table = table[table["group"] == "PSP"]
    with pytest.raises(CompareError, match="no controls"):
        nf.person_change(table)
    assert len(nf.person_change(table, reference="PSP"))


def test_changes_that_do_not_vary_have_a_reason():
    table = cohort()
    table["value"] = table.groupby(["participant_id", "region"])["value"].transform("first")
    changes = nf.person_change(table)
    assert set(changes["reason"]) == {"the changes of the reference do not vary"}
    assert changes[["low", "high", "z", "p"]].isna().all(axis=None)
    assert not changes["beyond"].any()
