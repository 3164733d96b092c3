import numpy as np
import pandas as pd
import pytest
import statsmodels.formula.api as smf
from support.comparison_tables import normal_table, realistic_table, wide

from neuroflow.compare.asymmetry import asymmetry
from neuroflow.compare.groups import compare_groups
from neuroflow.compare.sites import compare_sites, remove_site
from neuroflow.compare.z_scores import z_scores
from neuroflow.compare.z_summary import z_summary
from neuroflow.errors import CompareError, OptionError, TableError


def test_asymmetry_is_there_for_the_regions_with_two_sides():
    table = realistic_table()
    index = asymmetry(table)
    assert set(index["region"]) == {"midbrain", "parietal"}
    assert set(index["metric"]) == {"FW asymmetry", "FAt asymmetry"}
    study = table[(table["study_id"] == "study0003") & (table["metric"] == "FW")]
    sides = study[study["region"] == "midbrain"].set_index("hemisphere")["value"]
    mine = index[(index["study_id"] == "study0003") & (index["metric"] == "FW asymmetry")]
    value = mine.set_index("region")["value"]["midbrain"]
    assert value == pytest.approx(200 * (sides["left"] - sides["right"]) / sides.sum())


def test_asymmetry_is_compared_like_any_other_value():
    effects = compare_groups(asymmetry(realistic_table(), metric="FW"), reference="Control")
    assert len(effects) == 6
    assert effects["p"].notna().all()
    assert (asymmetry(realistic_table(), absolute=True)["value"] >= 0).all()


def test_asymmetry_without_two_sides_is_refused():
    with pytest.raises(CompareError, match="No region has a left and a right"):
        asymmetry(realistic_table().query("kind == 'tcatt'"))
    table = realistic_table({"Control": 2})
    with pytest.raises(TableError, match="two values of midbrain"):
        asymmetry(pd.concat([table, table]))


def test_sites_are_compared_in_the_controls():
    table = normal_table({"Control": 30, "PSP": 30}, seed=1)
    effects = compare_sites(table, covariates=["age"])
    assert effects.attrs["reference"] == "Control"
    assert effects.attrs["n_studies"] == 30
    b = effects[effects["contrast"] == "B - A"]
    assert b["estimate"].mean() == pytest.approx(0.5, abs=0.35)
    assert compare_sites(table, reference=None, covariates=["age"]).attrs["n_studies"] == 60


def test_removing_sites_subtracts_what_the_model_ascribes_to_them():
    table = normal_table({"Control": 20, "PSP": 20}, seed=2, missing=0.05)
    removed = remove_site(table)
    data = wide(table).dropna(subset=["r01"]).reset_index(drop=True)
    model = smf.ols("r01 ~ C(group) + age + C(sex) + C(site)", data).fit()
    effect = data["site"].map(
        {"A": 0.0, **{s: model.params[f"C(site)[T.{s}]"] for s in ("B", "C")}}
    )
    theirs = data["r01"] - (effect - effect.mean())
    ours = removed[removed["region"] == "r01"].set_index("study_id")["value"]
    np.testing.assert_allclose(ours[data["study_id"]], theirs, rtol=1e-9)
    assert removed.drop(columns="value").equals(table.drop(columns="value"))


def test_sites_that_cannot_be_removed_are_refused_by_name():
    table = normal_table({"Control": 20, "PSP": 20}, seed=3)
    alone = table["study_id"] == "study0005"
    with pytest.raises(CompareError, match="site Z has 1 participant with"):
        remove_site(table.assign(site=table["site"].where(~alone, "Z")))
    with pytest.raises(CompareError, match="site cannot be separated"):
        remove_site(table.assign(site=table["group"]))
    with pytest.raises(OptionError, match="no group HC"):
        compare_sites(table, reference="HC")


def test_studies_are_summed_up():
    table = realistic_table(seed=4, missing=0.02)
    scores = z_scores(table)
    summary = z_summary(scores).set_index("study_id")
    mine = scores[(scores["study_id"] == "study0040") & (scores["metric"] == "FW")]
    row = summary.loc["study0040"]
    assert row["above"] == (mine["z"] > 2).sum()
    assert row["below"] == (mine["z"] < -2).sum()
    assert row["regions"] == mine["z"].notna().sum()
    assert row["percent"] == pytest.approx(100 * (mine["z"].abs() > 2).sum() / row["regions"])
    assert abs(row["max_z"]) == pytest.approx(mine["z"].abs().max())
    assert row["expected"] == pytest.approx(4.55, abs=0.01)
    biomarkers = mine.set_index("region")["z"]
    for name in ("pSN", "Putamen", "SCP", "MCP"):
        np.testing.assert_equal(row[f"z_{name}"], biomarkers[name])
    patients = summary.groupby("group")["beyond"].mean()
    assert patients["PSP"] > patients["Control"]


def test_only_z_scores_are_summed_up():
    with pytest.raises(TableError, match="no column z"):
        z_summary(realistic_table())
    with pytest.raises(OptionError, match="Its metrics are FW, FAt"):
        z_summary(z_scores(realistic_table()), metric="MD")
