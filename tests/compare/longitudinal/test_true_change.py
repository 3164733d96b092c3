"""People whose change exceeds the repeatability coefficient, counted and named."""

import numpy as np
import pandas as pd
import pytest
from support.follow_up import cohort

import neuroflow as nf
from neuroflow.errors import OptionError, ResultWarning

LIMIT = 0.03


def limits(regions=("pSN", "SCP"), rc=LIMIT):
    return pd.DataFrame({"region": list(regions), "hemisphere": "", "metric": "FW", "rc": rc})


def by_hand(table, region, group):
    mine = table[(table["region"] == region) & (table["group"] == group)].sort_values("age")
    ends = mine.groupby("participant_id")["value"].agg(["first", "last", "size"])
    ends = ends[ends["size"] > 1]
    who = ends.index[(ends["last"] - ends["first"]).abs() > LIMIT]
    return sorted(who), len(ends)


@pytest.fixture
def table():
    return cohort().query("metric == 'FW'")


@pytest.mark.parametrize("method", ["slopes", "mixed"])
def test_people_beyond_the_coefficient_are_counted_and_named(table, method):
    region = table["region"].iloc[0]
    found = nf.change_over_time(table, method=method, repeatability=limits([region]))
    named = {each["contrast"]: sorted(each["who"]) for each in found.attrs["exceeding"]}
    for group in ("Control", "PSP"):
        who, several = by_hand(table, region, group)
        row = found.query("region == @region and contrast == @group").iloc[0]
        assert (row["n_exceed"], row["n_several"]) == (len(who), several)
        assert named.get(group, []) == who
    assert sum(map(len, named.values())) > 0


def test_contrasts_and_unknown_regions_have_no_count(table):
    region = table["region"].iloc[0]
    found = nf.change_over_time(table, repeatability=limits([region]))
    unknown = (found["region"] != region) | found["contrast"].str.contains(" - ")
    assert found.loc[unknown, "n_exceed"].isna().all()
    assert found.loc[~unknown, "n_exceed"].notna().all()


def test_without_a_repeatability_nothing_is_added(table):
    found = nf.change_over_time(table)
    assert "n_exceed" not in found
    assert "repeatability" not in nf.methods_text(found)


def test_the_methods_text_says_what_is_counted(table):
    found = nf.change_over_time(table, repeatability=limits([table["region"].iloc[0]]))
    assert "exceeds the repeatability coefficient" in nf.methods_text(found)


@pytest.mark.parametrize("compare", [nf.change_over_time, nf.person_change])
def test_a_table_of_other_regions_is_reported(table, compare):
    with pytest.warns(ResultWarning, match="knows none of these regions"):
        compare(table, repeatability=limits(["Elsewhere"]))


@pytest.mark.parametrize("compare", [nf.change_over_time, nf.person_change])
def test_another_table_than_that_of_repeatability_is_refused(table, compare):
    with pytest.raises(OptionError, match="no column rc"):
        compare(table, repeatability=limits().drop(columns="rc"))


def test_the_coefficient_of_repeatability_is_what_counts(table):
    region = table["region"].iloc[0]
    rng = np.random.default_rng(3)
    again = pd.DataFrame(
        {
            "study_id": [f"s{n}" for n in range(40)],
            "participant_id": np.repeat([f"p{n}" for n in range(20)], 2),
            "age": np.tile([60.0, 60.01], 20),
            "region": region,
            "metric": "FW",
            "value": np.repeat(rng.normal(0.3, 0.05, 20), 2) + rng.normal(0, 0.01, 40),
        }
    )
    repeated = nf.repeatability(again)
    people = nf.person_change(table, repeatability=repeated)
    ours = people[people["region"] == region].groupby("group")["exceeds"].sum()
    found = nf.change_over_time(table, repeatability=repeated).query("region == @region")
    assert found.set_index("contrast")["n_exceed"].dropna().to_dict() == ours.to_dict()
