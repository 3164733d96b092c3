import numpy as np
import pandas as pd
import pytest
import statsmodels.formula.api as smf

import neuroflow as nf
from neuroflow.compare.longitudinal import fit_random_intercept
from neuroflow.errors import CompareError, OptionError, ResultWarning

SIZES = {"A": 24, "B": 18, "C": 15}


def long(values, **columns):
    """Return a cohort table from a matrix, studies x regions."""
    n, m = values.shape
    studies = pd.DataFrame({"study_id": [f"s{i:02}" for i in range(n)], **columns})
    parts = [studies.assign(region=f"r{j:02}", metric="FW", value=values[:, j]) for j in range(m)]
    return pd.concat(parts, ignore_index=True)


def matrix(table):
    return table.pivot(index="study_id", columns="region", values="value").to_numpy()


@pytest.fixture
def cohort():
    """Return a table of three sites, and the values without any effect of a site."""
    rng = np.random.default_rng(3)
    site = np.repeat(list(SIZES), list(SIZES.values()))
    n, m = len(site), 40
    group = np.where(np.arange(n) % 2, "PSP", "Control")
    age = rng.normal(65, 6, n)
    noise = rng.normal(0, 0.03, (n, m))
    kept = 0.3 + 0.05 * (group == "PSP")[:, None] + 0.002 * (age - 65)[:, None]
    values = kept + noise
    values[site == "B"] += rng.normal(0.05, 0.01, m)
    values[site == "C"] = (kept + 1.6 * noise)[site == "C"] - 0.03
    return long(values, site=site, group=group, age=age), kept + noise


def combat_by_loops(values, site, design, tolerance=1e-4):
    """Compute ComBat region by region, as its paper describes it."""
    sites = sorted(set(site))
    x = np.column_stack([*(site == one for one in sites), design]).astype(float)
    n, m = values.shape
    share = np.array([(site == one).mean() for one in sites])
    standard, sd = np.empty((n, m)), np.empty(m)
    for j in range(m):
        beta = np.linalg.lstsq(x, values[:, j], rcond=None)[0]
        sd[j] = np.sqrt(((values[:, j] - x @ beta) ** 2).mean())
        standard[:, j] = share @ beta[: len(sites)] + design @ beta[len(sites) :]
    z = (values - standard) / sd
    result = np.empty((n, m))
    for one in sites:
        mine = z[site == one]
        k = len(mine)
        g_hat, d_hat = mine.mean(axis=0), mine.var(axis=0, ddof=1)
        g_bar, t2, mean, s2 = g_hat.mean(), g_hat.var(ddof=1), d_hat.mean(), d_hat.var(ddof=1)
        a, b = (2 * s2 + mean**2) / s2, (mean * s2 + mean**3) / s2
        g, d = g_hat.copy(), d_hat.copy()
        for _ in range(500):
            g_new = np.array(
                [(k * t2 * g_hat[j] + d[j] * g_bar) / (k * t2 + d[j]) for j in range(m)]
            )
            d_new = np.array(
                [
                    (0.5 * ((mine[:, j] - g_new[j]) ** 2).sum() + b) / (k / 2 + a - 1)
                    for j in range(m)
                ]
            )
            change = max(np.max(np.abs(g_new - g) / np.abs(g)), np.max(np.abs(d_new - d) / d))
            g, d = g_new, d_new
            if change < tolerance:
                break
        result[site == one] = (mine - g) / np.sqrt(d) * sd + standard[site == one]
    return result


def test_combat_agrees_with_a_loop_over_regions(cohort):
    table, _ = cohort
    one = table[table["region"] == "r00"]
    design = np.column_stack([one["group"] == "PSP", one["age"]]).astype(float)
    expected = combat_by_loops(matrix(table), one["site"].to_numpy(), design)
    found = matrix(nf.harmonize(table, covariates="age"))
    np.testing.assert_allclose(found, expected, rtol=1e-9)


def test_values_come_close_to_those_without_sites(cohort):
    table, truth = cohort
    before = np.abs(matrix(table) - matrix(table).mean() - truth + truth.mean()).mean()
    even = matrix(nf.harmonize(table, covariates="age"))
    after = np.abs(even - even.mean() - truth + truth.mean()).mean()
    assert after < before / 3


def test_differences_between_groups_stay(cohort):
    table, _ = cohort
    even = nf.harmonize(table, covariates="age")
    effects = nf.compare_groups(even, covariates="age")
    assert effects["estimate"].mean() == pytest.approx(0.05, abs=0.006)


def test_the_reference_site_keeps_its_values(cohort):
    table, _ = cohort
    even = nf.harmonize(table, covariates="age", reference_batch="b")
    mine = table["site"] == "B"
    np.testing.assert_array_equal(even[mine]["value"], table[mine]["value"])
    assert not np.allclose(even[~mine]["value"], table[~mine]["value"])


def test_missing_values_stay_missing_and_change_others_little(cohort):
    table, _ = cohort
    whole = nf.harmonize(table, covariates="age")
    gaps = table.copy()
    lost = np.random.default_rng(1).random(len(table)) < 0.03
    gaps.loc[lost, "value"] = np.nan
    even = nf.harmonize(gaps, covariates="age")
    assert even["value"].isna().equals(gaps["value"].isna())
    difference = (even["value"] - whole["value"])[~lost].abs()
    assert difference.max() < 0.02


def test_sites_compared_in_controls_are_removed_from_all(cohort):
    table, _ = cohort
    even = nf.harmonize(table, covariates="age", fit="auto")
    assert even.attrs["harmonized"]["fit"] == "Control"
    changed = table["value"].where(table["group"] == "Control", table["value"] + 0.2)
    moved = nf.harmonize(table.assign(value=changed), covariates="age", fit="auto")
    controls = table["group"] == "Control"
    np.testing.assert_allclose(moved[controls]["value"], even[controls]["value"])
    assert even["value"].notna().all()


def test_metrics_have_priors_of_their_own(cohort):
    table, _ = cohort
    other = table.assign(metric="MD", value=table["value"] * 700 + 3)
    both = nf.harmonize(pd.concat([table, other]), covariates="age")
    alone = nf.harmonize(table, covariates="age")
    np.testing.assert_allclose(both[both["metric"] == "FW"]["value"], alone["value"])
    scaled = both[both["metric"] == "MD"]["value"].to_numpy()
    np.testing.assert_allclose(scaled, alone["value"] * 700 + 3, rtol=1e-6)


def test_a_site_that_is_a_diagnosis_is_refused(cohort):
    table, _ = cohort
    table["group"] = np.where(table["site"] == "C", "PSP", "Control")
    with pytest.raises(CompareError, match="site"):
        nf.harmonize(table[table["site"] != "B"], covariates=[])


def test_few_regions_are_said_to_give_a_poor_prior(cohort):
    table, _ = cohort
    with pytest.warns(ResultWarning, match="Only 5 regions"):
        nf.harmonize(table[table["region"] < "r05"], covariates="age")


def test_studies_without_a_covariate_are_counted(cohort):
    table, _ = cohort
    table.loc[table["study_id"] == "s03", "age"] = np.nan
    with pytest.warns(ResultWarning, match="40 of 2280 values could not be harmonised"):
        even = nf.harmonize(table, covariates="age")
    assert even[even["study_id"] == "s03"]["value"].isna().all()


def test_linear_is_what_remove_site_does(cohort):
    table, _ = cohort
    one = nf.harmonize(table, method="linear", covariates="age")
    np.testing.assert_array_equal(one["value"], nf.remove_site(table, covariates="age")["value"])


@pytest.mark.parametrize("options", [{"fit": "Control"}, {"reference_batch": "A"}])
def test_linear_refuses_options_of_combat(cohort, options):
    with pytest.raises(OptionError, match="linear"):
        nf.harmonize(cohort[0], method="linear", covariates="age", **options)


# ---------------------------------------------------------------- repeated visits


@pytest.fixture
def visits():
    """Return a table of 30 people at three sites, three visits each."""
    rng = np.random.default_rng(4)
    who = np.repeat(np.arange(30), 3)
    site = np.array(["A", "B", "C"])[who % 3]
    group = np.where(who % 2, "PSP", "Control")
    years = np.tile([0.0, 1.0, 2.0], 30)
    own = rng.normal(0, 0.04, (30, 20))[who]
    values = 0.3 + own + 0.01 * years[:, None] + rng.normal(0, 0.01, (90, 20))
    values[site == "B"] += rng.normal(0.06, 0.01, 20)
    return long(values, participant_id=who.astype(str), site=site, group=group, years=years)


def test_random_intercepts_agree_with_statsmodels(visits):
    one = visits[visits["region"] == "r00"]
    x = np.column_stack([np.ones(90), one["years"], one["group"] == "PSP"]).astype(float)
    who = one["participant_id"].to_numpy()
    data = one.assign(psp=one["group"] == "PSP", value=one["value"] * 100)
    fit = fit_random_intercept(x, data["value"].to_numpy()[:, None], who)
    expected = smf.mixedlm("value ~ years + psp", data, groups=who).fit(reml=True, method="lbfgs")
    np.testing.assert_allclose(
        fit.coefficients[:, 0], expected.fe_params.iloc[[0, 2, 1]], atol=1e-6
    )
    assert fit.sd[0] ** 2 == pytest.approx(expected.scale, rel=1e-3)


def test_longitudinal_removes_sites_and_keeps_change(visits):
    even = nf.harmonize(visits, method="longitudinal", covariates="years")
    by_site = even.groupby("site")["value"].mean()
    assert by_site.max() - by_site.min() < 0.02
    slope = even.groupby("years")["value"].mean().diff().dropna()
    np.testing.assert_allclose(slope, 0.01, atol=0.003)


def test_repeated_visits_with_plain_combat_are_warned_of(visits):
    with pytest.warns(ResultWarning, match="longitudinal"):
        nf.harmonize(visits, covariates="years")


def test_longitudinal_without_repeated_visits_is_refused(cohort):
    with pytest.raises(CompareError, match="No participant has repeated visits"):
        nf.harmonize(cohort[0], method="longitudinal", covariates="age")
