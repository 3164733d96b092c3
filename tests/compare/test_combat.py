"""ComBat: the numbers of the paper and of its authors, the truth of simulations, refusals."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from support import combat_by_the_paper as paper
from support.comparison_tables import long, people, wide

from neuroflow.compare.groups import compare_groups
from neuroflow.compare.sites import remove_site
from neuroflow.errors import CompareError, OptionError

RECORDED = Path(paper.__file__).with_name("combat_recorded.csv")
LEVEL, SPREAD = {"A": 0.0, "B": 0.8, "C": -0.5}, {"A": 1.0, "B": 1.6, "C": 0.7}
ALIKE = dict.fromkeys("ABC", 0.0), dict.fromkeys("ABC", 1.0)
GROUPS = {"Control": 60, "PSP": 60}


def sited(groups=GROUPS, m=30, seed=0, level=LEVEL, spread=SPREAD, difference=0.6, metrics=1):
    """Sites that shift and stretch all regions, each a little differently; more PSP at B."""
    rng = np.random.default_rng(seed)
    studies = people(groups, seed)
    moved = (studies["group"] == "PSP") & (rng.random(len(studies)) < 0.4)
    studies["site"] = studies["site"].where(~moved, "B")
    of = {name: [level[name] + 0.2 * (level[name] != 0) * rng.normal(0, 1, m)] for name in level}
    shift = np.vstack([of[name][0] for name in studies["site"]])
    mean = difference * (studies["group"] == "PSP") + 0.03 * studies["age"]
    noise = rng.normal(0, 1, shift.shape) * studies["site"].map(spread).to_numpy()[:, None]
    return long(studies, mean.to_numpy()[:, None] + shift + noise, metrics)


def matrix(table):
    """Studies x (metric, region), in the order of the studies' ids."""
    return table.pivot(index="study_id", columns=["metric", "region"], values="value")


def facts(table):
    studies = table.drop_duplicates("study_id").set_index("study_id").sort_index()
    groups = sorted(studies["group"].unique())[1:]
    kept = [studies["group"] == name for name in groups]
    return studies["site"], np.column_stack([*kept, studies["sex"] == "M", studies["age"]])


def recorded():
    table = pd.read_csv(RECORDED)
    raw = [name for name in table if name.startswith("raw")]
    rows = table[["study_id", "site", "group", "age", "sex"]].merge(
        table.melt("study_id", raw, "region"), on="study_id"
    )
    return rows.assign(metric="FW"), table


def test_values_are_those_of_the_papers_equations():
    table = sited(m=8, metrics=2)
    ours = matrix(remove_site(table, method="combat"))
    site, kept = facts(table)
    for metric, values in matrix(table).T.groupby(level="metric"):
        theirs = paper.combat_by_the_paper(values.T.to_numpy(), site, kept.astype(float))
        np.testing.assert_allclose(ours[metric], theirs, rtol=0, atol=1e-10)


def test_missing_values_leave_each_region_what_it_has():
    table = sited(m=6)
    gone = np.random.default_rng(1).random(len(table)) < 0.1
    table["value"] = table["value"].mask(gone)
    site, kept = facts(table)
    theirs = paper.combat_by_the_paper(matrix(table).to_numpy(), site, kept.astype(float))
    ours = remove_site(table, method="combat")
    np.testing.assert_allclose(matrix(ours), theirs, rtol=0, atol=1e-10)
    np.testing.assert_array_equal(ours["value"].isna(), gone)


@pytest.mark.parametrize(("column", "within"), [("neurocombat", 1e-5), ("exact", 1e-12)])
def test_values_are_those_of_neurocombat(column, within):
    rows, table = recorded()
    ours = remove_site(rows, method="combat").pivot(
        index="study_id", columns="region", values="value"
    )
    theirs = table.set_index("study_id").filter(like=column)
    sd = table.filter(like="raw").std().to_numpy()
    assert (np.abs(ours.to_numpy() - theirs.to_numpy()) / sd).max() < within
    linear = remove_site(rows).pivot(index="study_id", columns="region", values="value")
    assert (np.abs(linear.to_numpy() - theirs.to_numpy()) / sd).max() > 0.1


def test_level_and_spread_of_sites_are_brought_together():
    table = sited({"Control": 150, "PSP": 150}, difference=0.0)
    age = 0.03 * wide(table)["age"].to_numpy()

    def by_site(rows):
        data = wide(rows)
        return data.filter(regex=r"r\d").sub(age, axis=0).groupby(data["site"])

    before, after = (by_site(rows) for rows in (table, remove_site(table, method="combat")))
    assert np.ptp(before.mean().mean(axis=1)) > 1.0
    assert np.ptp(after.mean().mean(axis=1)) < 0.1
    assert before.std().mean(axis=1)["B"] / before.std().mean(axis=1)["C"] > 1.8
    assert after.std().mean(axis=1)["B"] / after.std().mean(axis=1)["C"] == pytest.approx(
        1, abs=0.08
    )


def covered(table):
    effects = compare_groups(table, reference="Control", covariates=["age"])
    return ((effects["ci_low"] < 0.6) & (effects["ci_high"] > 0.6)).tolist()


def test_the_difference_of_groups_stays_within_its_interval():
    tables = [sited(seed=seed) for seed in range(8)]
    harmonised = [hit for table in tables for hit in covered(remove_site(table, method="combat"))]
    as_they_came = [hit for table in tables for hit in covered(table)]
    assert np.mean(harmonised) > 0.9
    assert np.mean(as_they_came) < 0.8


def test_without_an_effect_of_sites_little_is_changed_and_no_difference_made():
    found, moved = [], []
    for seed in range(10):
        table = sited(seed=seed, level=ALIKE[0], spread=ALIKE[1], difference=0.0)
        harmonised = remove_site(table, method="combat")
        moved.append((harmonised["value"] - table["value"]).std())
        effects = compare_groups(harmonised, reference="Control", covariates=["age"])
        found += (effects["p"] < 0.05).tolist()
    assert max(moved) < 0.15  # residual SD is 1
    assert 0.02 < np.mean(found) < 0.09


def test_metrics_and_units_do_not_touch_each_other():
    table = sited(m=12, metrics=2)
    both = remove_site(table, method="combat")
    first = remove_site(table[table["metric"] == "M0"], method="combat")
    pd.testing.assert_frame_equal(both[both["metric"] == "M0"], first)
    large = table["value"].where(table["region"] != "r01", 1e4 * table["value"])
    scaled = remove_site(table.assign(value=large), method="combat")
    back = scaled["value"].where(table["region"] != "r01", scaled["value"] / 1e4)
    np.testing.assert_allclose(back, both["value"], rtol=1e-9)


def test_what_was_done_is_said_and_the_rest_of_the_table_stays():
    table = sited(m=4)
    unknown = table["study_id"] == "study0002"
    table["age"] = table["age"].mask(unknown)
    removed = remove_site(table, method="combat")
    said = removed.attrs["removed"]
    assert said["method"] == "combat"
    assert said["kept"] == ["group", "age", "sex"]
    assert said["neuroflow"]
    assert removed.drop(columns="value").equals(table.drop(columns="value"))
    np.testing.assert_array_equal(removed["value"].isna(), unknown)
    assert remove_site(table).attrs["removed"]["method"] == "linear"


def test_a_region_that_nobody_has_stays_empty():
    table = sited(m=5)
    empty = table["region"] == "r01"
    harmonised = remove_site(table.assign(value=table["value"].mask(empty)), method="combat")
    np.testing.assert_array_equal(harmonised["value"].isna(), empty)


def few_at_a_site(table):
    rare = (table["region"] == "r01") & (table["site"] == "B")
    return table.assign(value=table["value"].mask(rare & (table["study_id"] != "study0061")))


def apart_at_one_region(table):
    pure = (table["group"] == "PSP") == (table["site"] == "B")
    return table.assign(value=table["value"].where((table["region"] != "r01") | pure))


def still_at_a_site(table):
    return table.assign(
        value=table["value"].where((table["site"] != "B") | (table["region"] != "r01"), 0.0)
    )


def explained_at_a_site(table):
    alone = [f"study000{i}" for i in range(3)]
    table = table.assign(site=table["site"].where(~table["study_id"].isin(alone), "Z"))
    only = {alone[0]: "X", alone[1]: "Y"}
    return table.assign(sex=table["study_id"].map(only).fillna(table["sex"]))


def two_of_a_site(table):
    alone = table["study_id"].isin(["study0001", "study0002"])
    return table.assign(site=table["site"].where(~alone, "Z"))


def visits_of_one(table):
    alone = table["study_id"].isin([f"study000{i}" for i in range(5)])
    return table.assign(
        site=table["site"].where(~alone, "Z"),
        participant_id=table["participant_id"].where(~alone, "p0000"),
    )


REFUSED = {
    "site Z has 2 participants with all covariates. Its spread": two_of_a_site,
    "site Z has 1 participant with": visits_of_one,
    "There are no two sites": lambda t: t.assign(site="A"),
    "site cannot be told apart from group and age and sex. Every study of X": lambda t: t.assign(
        site=t["group"].map({"Control": "X", "PSP": "Y"})
    ),
    "site cannot be told apart from group and age and sex": lambda t: t.assign(
        site=t["sex"].map({"F": "X", "M": "Y"})
    ),
    "age is the same in all 120 studies": lambda t: t.assign(age=60.0),
    r"r01 \(M0\) has fewer than 3 values at the site B": few_at_a_site,
    r"r01 \(M0\) has the same value": lambda t: t.assign(
        value=t["value"].where(t["region"] != "r01", 0.3)
    ),
    r"r00 \(M0, and 4 more\) does not vary": lambda t: t.assign(value=t["age"] / 100),
    "M0 has 2 regions": lambda t: t[t["region"].isin(["r00", "r01"])],
    "M0 has 1 region\\.": lambda t: t[t["region"] == "r00"],
    r"r01 \(M0\) is missing in too many studies. Among.*: site cannot": apart_at_one_region,
    r"r01 \(M0\) has the same value in all studies of the site B": still_at_a_site,
    "No region of M0 varies beyond group and covariates at the site Z": explained_at_a_site,
}


@pytest.mark.parametrize("message", REFUSED)
def test_what_combat_cannot_learn_from_is_refused_by_name(message):
    with pytest.raises(CompareError, match=message) as caught:
        remove_site(REFUSED[message](sited(m=5)), method="combat")
    assert caught.value.advice


def test_there_are_two_methods():
    with pytest.raises(
        OptionError, match=r"no method 'neurocombat'\. Choose one of linear, combat"
    ):
        remove_site(sited(m=4), method="neurocombat")
