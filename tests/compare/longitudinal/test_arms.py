"""Randomised arms: ANCOVA against least squares, repeated measures against nlme and theory."""

import numpy as np
import pandas as pd
import pytest
import statsmodels.formula.api as smf

import neuroflow as nf
from neuroflow.compare.longitudinal.models import fit_repeated
from neuroflow.errors import CompareError


def trial(missing=0.0, n=40, seed=0):
    rng = np.random.default_rng(seed)
    arm = np.array(["Placebo", "Drug"])[np.arange(2 * n) % 2]
    level = rng.normal(0.3, 0.04, 2 * n)
    spread = np.linalg.cholesky([[4, 2, 1], [2, 5, 3], [1, 3, 6]]) * 0.005
    values = level[:, None] + rng.normal(size=(2 * n, 3)) @ spread.T
    values += np.array([0, 0.02, 0.04]) * np.where(arm == "Drug", 0.4, 1.0)[:, None]
    values[:, 1:][rng.random((2 * n, 2)) < missing] = np.nan
    rows = [
        (
            f"p{i}v{v}",
            f"p{i:03d}",
            arm[i],
            ("base", "month6", "month12")[v],
            60 + v / 2,
            values[i, v],
        )
        for i in range(2 * n)
        for v in range(3)
    ]
    names = ["study_id", "participant_id", "arm", "session_id", "age", "value"]
    return pd.DataFrame(rows, columns=names).assign(region="SCP", metric="FW")


def wide(table):
    return table.pivot(
        index=["participant_id", "arm"], columns="session_id", values="value"
    ).reset_index()


def at(found, visit):
    return found[found["visit"] == visit].iloc[0]


def test_ancova_equals_least_squares_at_every_visit():
    table = trial(missing=0.1)
    found = nf.compare_arms(table, method="ancova")
    people = wide(table).assign(drug=lambda rows: (rows["arm"] == "Drug").astype(float))
    for visit in ("month6", "month12"):
        theirs = smf.ols(f"{visit} ~ drug + base", people).fit()
        ours = at(found, visit)
        assert ours.estimate == pytest.approx(theirs.params["drug"])
        assert (ours.se, ours.df) == pytest.approx((theirs.bse["drug"], theirs.df_resid))
        assert ours.p == pytest.approx(theirs.pvalues["drug"])
        assert ours.missing1 + ours.n1 == 40


def test_repeated_measures_without_gaps_equal_ancova():
    table = trial()
    mmrm, ancova = nf.compare_arms(table), nf.compare_arms(table, method="ancova")
    for name in ("estimate", "se", "df", "p", "mean1", "mean2"):
        np.testing.assert_allclose(mmrm[name], ancova[name], rtol=1e-5)


def test_people_with_a_missing_visit_are_used():
    table = trial(missing=0.15)
    mmrm, ancova = nf.compare_arms(table), nf.compare_arms(table, method="ancova")
    assert (mmrm["n1"] == ancova["n1"]).all()
    assert at(mmrm, "month12").se < at(ancova, "month12").se
    assert mmrm.attrs["arms"] == {"Drug": 40, "Placebo": 40}
    assert "missing values at random" in nf.methods_text(mmrm)


def test_derivatives_equal_differences_of_the_deviance():
    from neuroflow.compare.longitudinal.models.unstructured import _Repeated

    rng = np.random.default_rng(1)
    design, values = rng.normal(size=(30, 3, 2)), rng.normal(size=(30, 3))
    values[:8, 2], values[4:10, 0] = np.nan, np.nan
    model = _Repeated(design, values)
    theta = np.array([1.2, 0.2, 0.9, 0.1, 0.3, 1.5])
    gradient, _, observed, _ = model.derivatives(theta)
    for k, e in enumerate(1e-5 * np.eye(6)):
        slope = (model.deviance(theta + e) - model.deviance(theta - e)) / 2e-5
        assert gradient[k] == pytest.approx(slope, abs=1e-6)
        curve = (model.derivatives(theta + e)[0] - model.derivatives(theta - e)[0]) / 2e-5
        np.testing.assert_allclose(observed[k], curve, atol=1e-5)
    assert fit_repeated(design, values).converged


def test_estimates_equal_gls_of_nlme():
    # gls(change ~ visit * (arm + base), corSymm by person, varIdent by visit), REML, nlme 3.1.
    golden = pd.read_csv(__file__.replace("test_arms.py", "gls.csv")).set_index("visit")
    found = nf.compare_arms(trial(missing=0.15))
    for visit, row in golden.iterrows():
        assert at(found, visit).estimate == pytest.approx(row["estimate"], rel=1e-4)
        assert at(found, visit).se == pytest.approx(row["se"], rel=1e-4)


def test_a_trial_without_control_arm_is_refused():
    with pytest.raises(CompareError, match="no control arm"):
        nf.compare_arms(trial().replace({"arm": {"Placebo": "A", "Drug": "B"}}))
