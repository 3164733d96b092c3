"""Impossible values stop every comparison and figure; suspect ones are reported."""

import inspect

import numpy as np
import pandas as pd
import pytest

import neuroflow as nf
from neuroflow.errors import OptionError, ResultWarning, TableError

REGIONS = ("pSN", "SCP")


def people(metric="FW", scale=1.0, sides=("bilateral",), visits=1):
    rng = np.random.default_rng(4)
    rows = [
        {
            "study_id": f"s{i}v{v}",
            "participant_id": f"p{i}",
            "visit": f"v{v}",
            "group": ("Control", "PD")[i % 2],
            "site": "AB"[i // 2 % 2],
            "age": 60.0 + i + v,
            "sex": "MF"[i // 3 % 2],
            "updrs": 10.0 + i * i % 7,
            "region": region,
            "hemisphere": side,
            "metric": metric,
            "value": scale * (0.3 + 0.02 * rng.normal()),
        }
        for i in range(16)
        for v in range(visits)
        for region in REGIONS
        for side in sides
    ]
    return pd.DataFrame(rows)


def replicated(table, **how):
    effects = nf.compare_groups(people())
    return nf.replication(effects, effects, table=table, **how)


COMPARISONS = {
    "compare_groups": nf.compare_groups,
    "paper_table": nf.paper_table,
    "correlate": lambda table, **how: nf.correlate(table, "updrs", **how),
    "correlate_regions": nf.correlate_regions,
    "z_scores": nf.z_scores,
    "compare_sites": nf.compare_sites,
    "remove_site": nf.remove_site,
    "compare_cohorts": lambda table, **how: nf.compare_cohorts(table, cohort="site", **how),
    "site_differences": nf.site_differences,
    "harmonize": lambda table, **how: nf.harmonize(table, method="linear", **how),
    "asymmetry": nf.asymmetry,
    "change_over_time": nf.change_over_time,
    "repeatability": nf.repeatability,
    "compare_arms": lambda table, **how: nf.compare_arms(table, by="group", visit="visit", **how),
    "person_change": nf.person_change,
    "diagnostic_accuracy": nf.diagnostic_accuracy,
    "replication": replicated,
    "compare_auc": lambda table, **how: nf.compare_auc(table, list(REGIONS), **how),
}
FIGURES = {
    "strip": nf.plot.strip,
    "roc": nf.plot.roc,
    "raincloud": nf.plot.raincloud,
    "heatmap": nf.plot.heatmap,
    "ecdf": lambda table, **how: nf.plot.ecdf(table, "SCP", **how),
    "profile": lambda table, **how: nf.plot.profile(table, "s3v0", **how),
    "scatter": lambda table, **how: nf.plot.scatter(table, "age", "SCP", **how),
    "harmonization": lambda table, **how: nf.plot.harmonization(table, method="linear", **how),
    "trajectory": lambda table, **how: nf.plot.trajectory(table, "SCP", **how),
    "bland_altman": lambda table, **how: nf.plot.bland_altman(table, "SCP", **how),
    "change_profile": lambda table, **how: nf.plot.change_profile(table, "p3", **how),
}
REPEATED = {
    *("change_over_time", "trajectory", "repeatability", "bland_altman", "compare_arms"),
    *("person_change", "change_profile"),
}
WITHOUT_VALUES = {"calibration", "coverage", "confusion_matrix", "table_one"}


def table_for(name, **how):
    if name in REPEATED:
        return people(visits=2, **how)
    return people(sides=("left", "right"), **how) if name == "asymmetry" else people(**how)


def with_value(table, value, rows=(8,)):
    table = table.copy()
    table.loc[list(rows), "value"] = value
    return table


def test_every_comparison_and_figure_is_tried_here():
    figures = {spec.name for spec in nf.plot.FIGURES.values() if spec.needs in ("table", "visits")}
    assert figures - WITHOUT_VALUES == set(FIGURES)
    takes = {
        name
        for name in nf.__all__
        if callable(each := getattr(nf, name))
        and inspect.isfunction(each)
        and each.__module__.startswith("neuroflow.compare")
        and "table" in inspect.signature(each).parameters
    }
    assert takes - WITHOUT_VALUES - {"save_paper_table", "fit_norms", "sample_size"} == set(
        COMPARISONS
    )


@pytest.mark.parametrize("name", [*COMPARISONS, *FIGURES])
def test_impossible_values_are_refused_with_the_study_named(name):
    call = (COMPARISONS | FIGURES)[name]
    with pytest.raises(TableError, match=r"-999 in study s\d"):
        call(with_value(table_for(name), -999))
    with pytest.raises(TableError, match="look like percent"):
        call(table_for(name, scale=100))


@pytest.mark.parametrize("name", [*COMPARISONS, *FIGURES])
def test_impossible_values_are_kept_or_left_out_on_request(name):
    call = (COMPARISONS | FIGURES)[name]
    call(with_value(table_for(name), 1.5), exclude_suspect=False)
    call(with_value(table_for(name), -999), exclude_suspect="impossible")


@pytest.mark.parametrize("name", FIGURES)
def test_captions_say_what_was_left_out(name):
    table = with_value(table_for(name), 0.0, rows=(8, 9))
    with pytest.warns(ResultWarning, match="2 values of FW in .* exactly 0 or 1 are used"):
        kept = FIGURES[name](table)
    assert "Kept: 2 values of FW in" in nf.plot.caption(kept)
    out = FIGURES[name](table, exclude_suspect=True)
    assert "Excluded: 2 values of FW in" in nf.plot.caption(out)


@pytest.mark.parametrize("name", ["compare_groups", "correlate", "z_scores", "change_over_time"])
def test_methods_text_says_what_was_left_out(name):
    table = with_value(table_for(name), 1.0)
    result = COMPARISONS[name](table, exclude_suspect=True)
    assert result.attrs["data_notes"] == ["Excluded: 1 value of FW in 1 study exactly 0 or 1."]
    if name != "change_over_time":
        assert "Excluded: 1 value of FW in 1 study" in nf.methods_text(result)


def test_sensitivity_columns_equal_the_comparison_that_keeps_all():
    table = with_value(people(), 0.0, rows=(6, 8))
    left_out = nf.compare_groups(table, exclude_suspect=True)
    kept = nf.compare_groups(table, exclude_suspect=False)
    clean = nf.compare_groups(with_value(people(), np.nan, rows=(6, 8)))
    assert left_out["estimate_all"].tolist() == kept["estimate"].tolist()
    assert left_out["p_all"].tolist() == kept["p"].tolist()
    assert left_out["estimate"].tolist() == clean["estimate"].tolist()
    assert dict(zip(left_out["region"], left_out["n_suspect"], strict=True)) == {"pSN": 2, "SCP": 0}


def test_impossible_values_never_enter_the_sensitivity_columns():
    table = with_value(people(), -999)
    effects = nf.compare_groups(table, exclude_suspect=True)
    assert effects["estimate_all"].tolist() == effects["estimate"].tolist()


@pytest.mark.parametrize("scale", [1e-3, 1.0, 1e3], ids=["mm2/s", "um2/ms", "um2/s"])
def test_diffusivity_is_examined_in_its_own_unit(scale):
    table = people("MD", scale=3 * scale)
    nf.compare_groups(table, metric="MD")
    for wrong in (-999.0, 12 * scale, 1000 * scale):
        with pytest.raises(TableError, match="MD"):
            nf.compare_groups(with_value(table, wrong), metric="MD")


def test_other_metrics_are_not_examined():
    nf.compare_groups(people("volume", scale=1e4), metric="volume")


def test_exclude_suspect_refuses_other_words():
    with pytest.raises(OptionError, match="one of four values"):
        nf.compare_groups(people(), exclude_suspect="some")
