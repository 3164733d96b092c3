import numpy as np
import pandas as pd
import pingouin
import pytest
import statsmodels.formula.api as smf
from scipy import special, stats
from support.comparison_tables import long, people

from neuroflow.compare.longitudinal import change_over_time
from neuroflow.errors import CompareError, TableError

pytestmark = pytest.mark.filterwarnings("ignore:.*inplace keyword")

TIGHT = {"rtol": 1e-9, "atol": 1e-12}
GROUPS = {"Control": 14, "PSP": 12}


def visits(times, groups=GROUPS, m=3, seed=0, rate=0.0):
    """The same people at several times; PSP changes by `rate` per year."""
    rng = np.random.default_rng(seed)
    base = people(groups, seed)
    level = rng.normal(5, 1, (len(base), m))
    frames = []
    for number, time in enumerate(times):
        when = np.broadcast_to(time, len(base))
        studies = base.assign(
            study_id=base["study_id"] + f"v{number}",
            session_id=str(number),
            age=base["age"] + when,
            date=pd.Timestamp(2020, 1, 1) + pd.to_timedelta(when * 365.25, unit="D"),
        )
        trend = rate * np.where(base["group"] == "PSP", when, 0)[:, None]
        frames.append(long(studies, level + trend + rng.normal(0, 0.3, level.shape)))
    return pd.concat(frames, ignore_index=True)


def at(change, region, contrast):
    rows = change[(change["region"] == region) & (change["contrast"] == contrast)]
    assert len(rows) == 1
    return rows.iloc[0]


def slopes_of(table, region):
    rows = table[table["region"] == region]
    parts = [
        (who, one["group"].iloc[0], one["age"].min(), np.polyfit(one["age"], one["value"], 1)[0])
        for who, one in rows.groupby("participant_id")
    ]
    return pd.DataFrame(parts, columns=["who", "group", "age", "slope"])


def test_group_by_time_equals_the_interaction_of_a_mixed_anova():
    table = visits([0, 1], seed=1, rate=0.2)
    rows = table[table["region"] == "r01"]
    anova = pingouin.mixed_anova(
        rows, dv="value", within="session_id", between="group", subject="participant_id"
    ).set_index("Source")
    ours = at(change_over_time(table), "r01", "PSP - Control")
    theirs = anova.loc["Interaction"]
    p = next(theirs[name] for name in ("p_unc", "p-unc") if name in theirs)
    np.testing.assert_allclose([ours["statistic"] ** 2, ours["p"]], [theirs["F"], p], rtol=1e-8)


def test_change_in_a_group_is_the_t_test_of_slopes():
    rng = np.random.default_rng(3)
    table = visits([0, 1, rng.uniform(2, 4, 26)], seed=2, rate=0.3)
    ours = at(change_over_time(table), "r02", "PSP")
    slopes = slopes_of(table, "r02").query("group == 'PSP'")["slope"]
    test = stats.ttest_1samp(slopes, 0)
    interval = test.confidence_interval()
    np.testing.assert_allclose(
        [ours["estimate"], ours["statistic"], ours["p"], ours["ci_low"], ours["ci_high"]],
        [slopes.mean(), test.statistic, test.pvalue, interval.low, interval.high],
        **TIGHT,
    )
    df = len(slopes) - 1
    small = np.exp(special.gammaln(df / 2) - special.gammaln((df - 1) / 2)) / np.sqrt(df / 2)
    assert ours["effect_size"] == pytest.approx(small * slopes.mean() / slopes.std(), rel=1e-9)


def test_change_adjusted_for_baseline_age_equals_statsmodels():
    table = visits([0, 1.5, 3], seed=4)
    change = change_over_time(table, covariates=["age"])
    model = smf.ols("slope ~ C(group) + age", slopes_of(table, "r00")).fit()
    ours = at(change, "r00", "PSP - Control")
    name = "C(group)[T.PSP]"
    np.testing.assert_allclose(
        [ours["estimate"], ours["se"], ours["p"]],
        [model.params[name], model.bse[name], model.pvalues[name]],
        **TIGHT,
    )
    assert change.attrs["model"] == "change per year ~ group + age"


def test_dates_and_ages_tell_the_same():
    table = visits([0, 1, 2], seed=5)
    by_age, by_date = (change_over_time(table, time=name)["estimate"] for name in ("age", "date"))
    np.testing.assert_allclose(by_age, by_date, rtol=1e-9)
    written = table.assign(date=table["date"].dt.strftime("%Y-%m-%d"))
    daily = change_over_time(written, time="date")["estimate"]
    np.testing.assert_allclose(daily, by_age, atol=2e-3)


def test_percent_and_baseline_are_of_the_participants_own_first_value():
    table = visits([0, 2], seed=6, rate=0.4)
    rows = table[table["region"] == "r00"].pivot(
        index=["participant_id", "group"], columns="session_id", values="value"
    )
    psp = rows.xs("PSP", level="group")
    ours = at(change_over_time(table), "r00", "PSP")
    assert ours["percent"] == pytest.approx((100 * (psp["1"] - psp["0"]) / 2 / psp["0"]).mean())
    assert ours["baseline"] == pytest.approx(psp["0"].mean())
    assert ours["years"] == pytest.approx(2)


def test_participants_with_one_visit_are_excluded_and_counted():
    table = visits([0, 1], seed=7)
    table = table[table["study_id"] != "study0000v1"]
    gone = (table["study_id"] == "study0001v1") & (table["region"] == "r00")
    table.loc[gone, "value"] = np.nan
    change = change_over_time(table)
    assert at(change, "r00", "Control")["n1"] == 12
    assert at(change, "r01", "Control")["n1"] == 13
    assert change.attrs["exclusions"][0] == {
        "reason": "one visit only",
        "n": 1,
        "study_ids": ["study0000v0"],
    }


def test_intervals_hold_the_truth_as_often_as_they_say():
    table = visits([0, 1, 2], {"Control": 10, "PSP": 10}, m=1500, seed=8, rate=0.2)
    change = change_over_time(table, metric="M0")
    for contrast, truth in (("PSP", 0.2), ("Control", 0.0), ("PSP - Control", 0.2)):
        rows = change[change["contrast"] == contrast]
        held = ((rows["ci_low"] < truth) & (truth < rows["ci_high"])).mean()
        assert held == pytest.approx(0.95, abs=0.02)


def test_without_groups_all_are_one():
    change = change_over_time(visits([0, 1]).drop(columns="group"), by=None)
    assert set(change["contrast"]) == {"all participants"}


def test_what_cannot_be_told_is_refused():
    with pytest.raises(CompareError, match="No participant has two visits"):
        change_over_time(visits([0]))
    table = visits([0, 1])
    table.loc[table["study_id"] == "study0003v1", "group"] = "PSP"
    with pytest.raises(CompareError, match="p0003 is not in the same group"):
        change_over_time(table)
    with pytest.raises(TableError, match="neither numbers nor dates"):
        change_over_time(visits([0, 1]).assign(date="spring"), time="date")
