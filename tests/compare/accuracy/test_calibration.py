import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm

import neuroflow as nf
from neuroflow.errors import OptionError, ResultWarning


@pytest.fixture
def table():
    rng = np.random.default_rng(5)
    p = rng.uniform(0.05, 0.95, 300)
    return pd.DataFrame(
        {
            "study_id": [f"s{i}" for i in range(300)],
            "group": np.where(rng.random(300) < p, "PSP", "Control"),
            "region": "SCP",
            "metric": "FW",
            "value": 0.3,
            "p": p,
        }
    )


def by_measure(found):
    return found.set_index("measure")


def test_slope_and_intercept_agree_with_statsmodels(table):
    found = by_measure(nf.calibration(table, "p"))
    y = (table["group"] == "PSP").astype(float)
    logit = np.log(table["p"] / (1 - table["p"]))
    slope = sm.Logit(y, sm.add_constant(logit)).fit(disp=0)
    large = sm.GLM(y, np.ones(300), family=sm.families.Binomial(), offset=logit).fit()
    assert found["value"]["slope"] == pytest.approx(slope.params["p"], rel=1e-6)
    assert found["ci_low"]["slope"] == pytest.approx(slope.conf_int().loc["p", 0], rel=1e-6)
    assert found["value"]["intercept"] == pytest.approx(large.params.iloc[0], rel=1e-6)


def test_right_probabilities_are_found_to_be_right(table):
    found = by_measure(nf.calibration(table, "p"))
    for measure, best in (("slope", 1), ("intercept", 0), ("observed / expected", 1)):
        assert found["ci_low"][measure] < best < found["ci_high"][measure]


def test_too_extreme_probabilities_have_a_slope_below_one(table):
    odds = (table["p"] / (1 - table["p"])) ** 2
    found = by_measure(nf.calibration(table.assign(p=odds / (1 + odds)), "p"))
    assert found["ci_high"]["slope"] < 0.7
    assert found["value"]["Brier"] > by_measure(nf.calibration(table, "p"))["value"]["Brier"]


def test_percent_is_refused_with_advice(table):
    with pytest.raises(OptionError, match="divide percent by 100"):
        nf.calibration(table.assign(p=table["p"] * 100), "p")


def test_certain_probabilities_are_said_to_be_moved(table):
    with pytest.warns(ResultWarning, match="closer to 0 or 1"):
        nf.calibration(table.assign(p=table["p"].round()), "p")


def test_separated_groups_give_a_reason_instead_of_a_slope(table):
    found = by_measure(
        nf.calibration(table.assign(p=table["group"].map({"PSP": 0.9}).fillna(0.1)), "p")
    )
    assert np.isnan(found["value"]["slope"])
    assert "separated" in found["reason"]["slope"]


def test_equal_squared_errors_have_no_interval(table):
    sure = np.where(table["group"] == "PSP", 0.9, 0.1)
    found = nf.calibration(table.assign(p=sure), truth="group", positive="PSP", score="p")
    brier = found.set_index("measure").loc["Brier"]
    assert brier["value"] == pytest.approx(0.01)
    assert np.isnan(brier["ci_low"])
    assert "as far from the truth" in brier["reason"]
