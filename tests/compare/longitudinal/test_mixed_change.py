"""Change per year by mixed models, from a cohort table."""

import numpy as np
import pandas as pd
import pytest
from support.follow_up import cohort

import neuroflow as nf
from neuroflow.compare.longitudinal.models import fit_mixed
from neuroflow.errors import OptionError, ResultWarning


def at(change, region, contrast):
    (row,) = change[(change["region"] == region) & (change["contrast"] == contrast)].itertuples()
    return row


def test_slopes_within_and_between_are_of_one_model():
    table = cohort()
    change = nf.change_over_time(table, method="mixed", covariates="first_age")
    rows = table[table["region"] == "pSN"]
    who = pd.factorize(rows["participant_id"])[0]
    first = rows.groupby("participant_id")["first_age"].first()
    age = (rows["first_age"] - first.mean()).to_numpy()[:, None]
    psp = (rows["group"] == "PSP").to_numpy(dtype=float)[:, None]
    time = rows["time"].to_numpy()[:, None]
    design = np.hstack([1 - psp, psp, age, time * (1 - psp), time * psp, time * age])
    fit = fit_mixed(design, time[:, 0], rows[["value"]].to_numpy(), who)
    estimate, se, df = (float(part[0]) for part in fit.contrast(np.array([0, 0, 0, -1, 1, 0])))
    ours = at(change, "pSN", "PSP - Control")
    assert ours.estimate == pytest.approx(estimate)
    assert (ours.se, ours.df) == pytest.approx((se, df))
    within = at(change, "pSN", "PSP")
    assert within.estimate == pytest.approx(ours.mean1)
    assert within.percent == pytest.approx(100 * within.estimate / within.baseline)
    assert ours.estimate == pytest.approx(ours.mean1 - ours.mean2)


def test_everybody_with_the_same_visits_gives_the_ordinary_slopes():
    table = cohort()
    table["years"] = table.groupby(["participant_id", "region"]).cumcount().astype(float)
    how = {"time": "years", "covariates": (), "contrasts": ["PSP - Control"]}
    mixed = nf.change_over_time(table, method="mixed", **how)
    slopes = nf.change_over_time(table, **how)
    between = mixed["contrast"] == "PSP - Control"
    for name in ("estimate", "se", "df", "p"):
        np.testing.assert_allclose(mixed.loc[between, name], slopes.loc[between, name], rtol=1e-6)


def test_participants_with_one_visit_are_used():
    table = cohort()
    last = table.groupby(["participant_id", "region"])["age"].transform("max")
    some = table["participant_id"].isin([f"PSP{i:03d}" for i in range(5)])
    table = table[~some | (table["age"] == last)]
    mixed = nf.change_over_time(table, method="mixed")
    slopes = nf.change_over_time(table)
    assert at(mixed, "pSN", "PSP").n1 == at(slopes, "pSN", "PSP").n1 + 5
    assert mixed.attrs["one_visit"] == 5
    assert "also of the 5 with one visit" in nf.methods_text(mixed)


def test_a_region_with_gaps_is_fitted_to_its_own_visits():
    table = cohort()
    table.loc[(table["region"] == "SCP") & (np.arange(len(table)) % 7 == 0), "value"] = np.nan
    alone = table[(table["region"] == "SCP") & table["value"].notna()]
    both = at(nf.change_over_time(table, method="mixed"), "SCP", "PSP")
    # Times count from the first visit of the person, which may be one without this value.
    assert both.n_visits == len(alone)


def test_singular_models_are_named_with_what_replaced_them():
    table = cohort()
    rng = np.random.default_rng(3)
    flat = table["region"] == "SCP"
    level = dict.fromkeys(table["participant_id"])
    level = {name: rng.normal(0.4, 0.05) for name in level}
    noise = rng.normal(0, 0.01, flat.sum())
    table.loc[flat, "value"] = table.loc[flat, "participant_id"].map(level) + noise
    with pytest.warns(ResultWarning, match=r"1 of 2 models .* SCP FW \(intercept"):
        change = nf.change_over_time(table, method="mixed")
    assert at(change, "pSN", "PSP").random_effects == "intercept and slope"
    assert at(change, "SCP", "PSP").random_effects.startswith("intercept")
    assert at(change, "SCP", "PSP").random_effects != "intercept and slope"
    assert [item["region"] for item in change.attrs["simplified"]] == ["SCP"]


def test_two_visits_carry_no_random_slope():
    table = cohort()
    table["years"] = table.groupby(["participant_id", "region"]).cumcount().astype(float)
    table = table[table["years"] < 2]
    mixed = at(nf.change_over_time(table, time="years", method="mixed"), "pSN", "PSP - Control")
    slopes = at(nf.change_over_time(table, time="years"), "pSN", "PSP - Control")
    assert mixed.random_effects == "intercept"
    assert (mixed.estimate, mixed.p) == pytest.approx((slopes.estimate, slopes.p), rel=1e-6)


def test_group_seen_once_has_a_reason_others_have_numbers():
    table = cohort(1)
    first = table.groupby("participant_id")["age"].transform("min")
    table = table[(table["group"] != "MSA") | (table["age"] == first)]
    change = nf.change_over_time(table, method="mixed")
    assert at(change, "pSN", "MSA").reason == "no participant with repeated visits in MSA"
    assert np.isnan(at(change, "pSN", "MSA - Control").estimate)
    assert at(change, "pSN", "PSP - Control").p < 1


def test_months_are_the_same_as_years_with_their_unit():
    table = cohort()
    table["visit_month"] = 12 * table["time"]
    years = nf.change_over_time(table, method="mixed", time="age")
    months = nf.change_over_time(table, method="mixed", time="visit_month", unit="months")
    np.testing.assert_allclose(months["estimate"], years["estimate"], rtol=1e-6)


def test_covariates_of_slopes_must_be_covariates_of_the_level():
    with pytest.raises(OptionError, match="among the covariates"):
        nf.change_over_time(cohort(), method="mixed", slope_covariates="age")
    with pytest.raises(OptionError, match="mixed models only"):
        nf.change_over_time(cohort(), covariates="age", slope_covariates=[])


def test_level_only_covariates_leave_the_slopes_alone():
    change = nf.change_over_time(
        cohort(), method="mixed", covariates="first_age", slope_covariates=[]
    )
    assert change.attrs["model"] == "value ~ group + years + group:years + first_age"


@pytest.mark.parametrize(
    ("method", "reason"),
    [
        ("slopes", "all changes of Control are the same"),
        ("mixed", "the values of each participant do not change"),
    ],
)
def test_values_that_never_change_have_a_reason(method, reason):
    table = cohort()
    table["value"] = table.groupby(["participant_id", "region"])["value"].transform("first")
    change = nf.change_over_time(table, method=method, groups=["Control", "PSP"])
    assert at(change, "pSN", "Control").reason == reason
    assert change[["se", "ci_low", "p"]].isna().all(axis=None)
