"""Every study against a reference group."""

import numpy as np
import pandas as pd
import pytest
import statsmodels.formula.api as smf
from support.comparison_tables import long, normal_table, people, wide

from neuroflow.compare.norms import z_scores
from neuroflow.errors import CompareError, OptionError

TIGHT = {"rtol": 1e-9, "atol": 1e-12}


@pytest.mark.parametrize("missing", [0.0, 0.1])
def test_scores_and_prediction_intervals_equal_those_of_statsmodels(missing):
    table = normal_table(seed=1, missing=missing)
    scores = z_scores(table, covariates=["age", "sex"]).set_index(["study_id", "region"])
    data = wide(table)
    controls = data[data["group"] == "Control"].dropna(subset=["r02"])
    for _, study in data.dropna(subset=["r02"]).iterrows():
        others = controls[controls["study_id"] != study["study_id"]]
        model = smf.ols("r02 ~ age + C(sex)", others).fit()
        theirs = model.get_prediction(study.to_frame().T.astype({"age": float})).summary_frame()
        ours = scores.loc[(study["study_id"], "r02")]
        expected = theirs["mean"].item()
        np.testing.assert_allclose(
            [ours.expected, ours.z, ours.pi_low, ours.pi_high],
            [
                expected,
                (study["r02"] - expected) / np.sqrt(model.scale),
                theirs["obs_ci_lower"].item(),
                theirs["obs_ci_upper"].item(),
            ],
            **TIGHT,
        )
        assert ours.outside == (not ours.pi_low <= study["r02"] <= ours.pi_high)


def test_repeated_controls_count_once_and_never_against_themselves():
    first = normal_table({"Control": 6, "PD": 3}, m=1, seed=2)
    again = first[first["study_id"] == "study0002"].assign(
        study_id="again", session_id="2", value=9.0
    )
    scores = z_scores(pd.concat([first, again])).set_index("study_id")
    others = first[(first["group"] == "Control") & (first["study_id"] != "study0002")]["value"]
    assert scores.loc["again", "expected"] == pytest.approx(others.mean())
    assert scores.loc["again", "z"] == pytest.approx((9 - others.mean()) / others.std())
    assert scores.attrs["n_reference"] == 6


def test_five_percent_of_new_healthy_values_are_outside():
    rng = np.random.default_rng(3)
    studies = people({"Control": 15, "PD": 15})
    scores = z_scores(long(studies, rng.normal(0, 1, (30, 1500))), covariates=["age"])
    assert scores.groupby("group")["outside"].mean().to_numpy() == pytest.approx(0.05, abs=0.006)


def test_what_cannot_be_said_is_missing():
    table = normal_table({"Control": 6, "PD": 3}, m=3)
    control = table["group"] == "Control"
    table.loc[control & (table["region"] == "r00"), "value"] = 0.2
    table.loc[control & (table["region"] == "r01"), "value"] = np.nan
    scores = z_scores(table).set_index("region")
    assert scores.loc[["r00", "r01"], "z"].isna().all()
    assert not scores.loc[["r00", "r01"], "outside"].any()
    assert scores.loc["r02", "z"].notna().all()


def test_a_site_missing_from_the_reference_gets_no_score():
    table = normal_table()
    table.loc[table["study_id"] == "study0040", "site"] = "elsewhere"
    scores = z_scores(table, covariates=["site"])
    assert scores.loc[scores["study_id"] == "study0040", "z"].isna().all()
    assert scores.loc[scores["study_id"] != "study0040", "z"].notna().all()


def test_without_groups_all_studies_are_the_reference():
    scores = z_scores(normal_table().drop(columns="group"), reference=None)
    assert scores.attrs["reference"] == "all studies"
    assert scores["z"].mean() == pytest.approx(0, abs=0.05)


def test_a_reference_that_is_unknown_or_too_small_is_refused():
    with pytest.raises(OptionError, match="no group HC"):
        z_scores(normal_table(), reference="HC")
    with pytest.raises(CompareError, match="only 2 participants"):
        z_scores(normal_table({"Control": 2, "PD": 5}))
