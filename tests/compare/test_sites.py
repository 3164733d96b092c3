"""Sites compared, and their differences removed."""

import numpy as np
import pytest
import statsmodels.formula.api as smf
from support.comparison_tables import normal_table, wide

from neuroflow.compare.harmonization import compare_sites, remove_site
from neuroflow.errors import CompareError, OptionError


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
