"""Numbers without an interval say why in the methods text."""

import numpy as np
import pandas as pd
import pytest

from neuroflow.compare import compare_groups, correlate, methods_text

WHOLE = ("estimate", "effect_size", "np2")


def people(n, apart=0.0, seed=0):
    rng = np.random.default_rng(seed)
    control, psp = rng.normal(0.3, 0.02, n), rng.normal(0.3, 0.02, n) + apart
    return pd.DataFrame(
        {
            "study_id": [f"s{i}" for i in range(2 * n)],
            "group": ["Control"] * n + ["PSP"] * n,
            "age": rng.normal(65, 8, 2 * n),
            "region": "SCP",
            "metric": "FW",
            "value": np.concatenate([control, psp]),
        }
    )


@pytest.mark.parametrize(
    ("table", "options", "said"),
    [
        (
            people(3),
            {"method": "mannwhitney"},
            "No interval of the difference in 1 of 1 rows (SCP): too few values for a confidence "
            "of 95%",
        ),
        (
            people(10, apart=0.5),
            {"method": "mannwhitney"},
            "No interval of the effect size in 1 of 1 rows (SCP): the groups do not overlap",
        ),
        (
            people(2),
            {"covariates": ["age"]},
            "No effect size in 1 of 1 rows (SCP): it needs two degrees of freedom",
        ),
        (
            people(10),
            {"robust": "HC3"},
            "No interval of (partial) η² in 1 of 1 rows (SCP): it is known for ordinary errors "
            "only",
        ),
        (
            people(10),
            {"method": "welch", "omnibus": True},
            "No interval of (partial) η² in 1 of 2 rows (SCP): it is known for the linear model "
            "only",
        ),
    ],
)
def test_a_missing_interval_is_explained(table, options, said):
    effects = compare_groups(table, **options)
    assert said in effects.attrs["interval_notes"]
    assert f"{said}." in methods_text(effects)


@pytest.mark.parametrize("options", [{}, {"covariates": ["age"], "omnibus": True}])
def test_nothing_is_said_where_all_intervals_are_there(options):
    effects = compare_groups(people(20), **options)
    assert "interval_notes" not in effects.attrs


@pytest.mark.parametrize("n", [2, 3, 4, 12])
@pytest.mark.parametrize("apart", [0.0, 0.5])
@pytest.mark.parametrize(
    "options",
    [
        {},
        {"method": "welch"},
        {"method": "mannwhitney"},
        {"robust": "HC3"},
        {"standardizer": "raw", "covariates": ["age"]},
    ],
)
def test_no_number_lacks_its_interval_without_a_word(n, apart, options):
    effects = compare_groups(people(n, apart), omnibus=True, **options)
    explained = bool(effects.attrs.get("interval_notes"))
    for row in effects.to_dict("records"):
        for name, low in zip(WHOLE, ("ci_low", "effect_size_ci_low", "np2_ci_low"), strict=True):
            if np.isfinite(row[name]) and not np.isfinite(row[low]):
                assert explained or row["reason"]


@pytest.mark.parametrize(("n", "missing"), [(3, True), (4, False)])
@pytest.mark.parametrize("method", ["pearson", "spearman"])
def test_correlations_of_three_studies_say_why_no_interval(n, missing, method):
    table = people(n)[:n].assign(score=[1.0, 3.0, 2.0, 5.0][:n])
    found = correlate(table, "score", method=method)
    assert np.isfinite(found["r"]).all()
    assert found["ci_low"].isna().all() == missing
    assert ("No interval of the correlation in 1 of 1 rows (SCP)" in methods_text(found)) is missing
