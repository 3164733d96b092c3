"""Commands across sites and cohorts, and options that an analysis does not use."""

import json

import numpy as np
import pandas as pd
import pytest
from support.comparison_tables import normal_table

import neuroflow as nf


@pytest.fixture(scope="module")
def table():
    parts = []
    for i, name in enumerate(("Graz", "Ulm", "Lund")):
        part = normal_table(m=6, seed=i).assign(cohort_id=name, metric="FW")
        part["value"] = 0.3 + 0.02 * part["value"]
        part[["study_id", "participant_id"]] = name + part[["study_id", "participant_id"]]
        parts.append(part)
    return pd.concat(parts, ignore_index=True)


@pytest.fixture(scope="module")
def file(table, tmp_path_factory):
    path = tmp_path_factory.mktemp("across") / "cohort.parquet"
    table.to_parquet(path)
    return path


def test_cohorts_are_compared_as_the_function_does(run, file, table):
    code, out, err = run("compare-cohorts", file, "--covariates", "age", "--json")
    assert code == 0, err
    answer = json.loads(out)
    expected = nf.compare_cohorts(table, covariates=["age"])
    assert "random-effects" in answer["methods"]
    found = [row["estimate"] for row in answer["effects"]]
    np.testing.assert_allclose(found, expected["estimate"], rtol=1e-9)


def test_sites_are_harmonized_into_a_file(run, file, table, tmp_path):
    code, _, err = run("harmonize", file, "--to", tmp_path / "even.parquet", "--method", "linear")
    assert code == 0, err
    expected = nf.harmonize(table, method="linear")
    found = pd.read_parquet(tmp_path / "even.parquet")
    np.testing.assert_allclose(found["value"], expected["value"])


def test_norms_are_saved_and_used_again(run, file, tmp_path):
    words = ("z-scores", file, "--covariates", "age", "--json")
    code, out, err = run(*words, "--save-norms", tmp_path / "norms.json")
    assert code == 0, err
    code, again, err = run("z-scores", file, "--reference", tmp_path / "norms.json", "--json")
    assert code == 0, err
    patients = [
        {row["study_id"]: row["z"] for row in json.loads(text)["scores"] if row["group"] == "PSP"}
        for text in (out, again)
    ]
    assert patients[0] == pytest.approx(patients[1])


def test_effects_of_another_team_are_compared(run, file, table, tmp_path):
    for name in ("Graz", "Ulm"):
        nf.compare_groups(table[table["cohort_id"] == name]).to_csv(tmp_path / f"{name}.csv")
    words = ("replication", tmp_path / "Graz.csv", tmp_path / "Ulm.csv", "--table", file, "--json")
    code, out, err = run(*words)
    assert code == 0, err
    rows = json.loads(out)["replication"]
    assert {row["contrast"] for row in rows} == {"PD - Control", "MSA - Control", "PSP - Control"}
    assert all(-1 <= row["ci_low"] <= row["r"] <= row["ci_high"] <= 1 for row in rows)


def test_effects_of_several_files_are_pooled_by_their_names(run, table, tmp_path):
    effects = []
    for name in ("Graz", "Ulm", "Lund"):
        found = nf.compare_groups(table[table["cohort_id"] == name])
        found.to_csv(tmp_path / f"{name}.csv")
        effects.append(found.assign(cohort=name))
    files = [tmp_path / f"{name}.csv" for name in ("Graz", "Ulm", "Lund")]
    code, out, err = run("pool-effects", *files, "--json")
    assert code == 0, err
    expected = nf.pool_effects(pd.concat(effects, ignore_index=True))
    found = [row["estimate"] for row in json.loads(out)["effects"]]
    np.testing.assert_allclose(found, expected["estimate"], rtol=1e-9)
    assert "3 cohorts (Graz, Lund and Ulm)" in json.loads(out)["methods"]
    assert "in each of 6 regions" in json.loads(out)["methods"]
    code, out, err = run("pool-effects", *files, "--names", "A,B,C", "--value", "effect_size")
    assert (code, "3 cohorts (A, B and C)" in out) == (0, True), err


@pytest.mark.parametrize("names", ["A,B", "A,A,B"])
def test_cohorts_that_are_pooled_need_different_names(run, tmp_path, names):
    files = [tmp_path / f"{name}.csv" for name in "abc"]
    code, _, err = run("pool-effects", *files, "--names", names)
    assert (code, "need as many different names; there are 2" in err) == (3, True)


def test_sites_are_described_by_shift_and_spread(run, file, table, tmp_path):
    words = ("site-differences", file, "--site", "cohort_id", "--covariates", "none")
    code, out, err = run(*words, "--to", tmp_path / "sites.csv", "--json")
    assert code == 0, err
    expected = nf.site_differences(table, site="cohort_id", covariates=[])
    rows = json.loads(out)["sites"]
    np.testing.assert_allclose([row["shift"] for row in rows], expected["shift"], rtol=1e-9)
    assert len(pd.read_csv(tmp_path / "sites.csv")) == len(rows)


def test_regions_are_correlated_with_each_other(run, file, table):
    words = ("correlate-regions", file, "--groups", "PSP", "--method", "spearman", "--json")
    code, out, err = run(*words)
    assert code == 0, err
    expected = nf.correlate_regions(table, groups=["PSP"], method="spearman")
    found = [row["r"] for row in json.loads(out)["correlations"]]
    np.testing.assert_allclose(found, expected["r"], rtol=1e-9)


def test_regions_are_correlated_with_a_score(run, file, table):
    code, out, err = run("correlate", file, "age", "--groups", "PSP", "--json")
    assert code == 0, err
    expected = nf.correlate(table, "age", groups=["PSP"])
    found = [row["r"] for row in json.loads(out)["correlations"]]
    np.testing.assert_allclose(found, expected["r"], rtol=1e-9)
    assert "Pearson" in json.loads(out)["methods"]


def test_sites_are_compared_among_controls(run, file, table):
    code, out, err = run("compare-sites", file, "--site", "cohort_id", "--json")
    assert code == 0, err
    expected = nf.compare_sites(table, site="cohort_id")
    found = [row["estimate"] for row in json.loads(out)["effects"]]
    np.testing.assert_allclose(
        np.array(found, dtype=float), expected["estimate"].astype(float), rtol=1e-9
    )


def test_asymmetry_is_a_cohort_table(run, table_file, tmp_path):
    to = tmp_path / "asymmetry.parquet"
    code, out, err = run("asymmetry", table_file, "--absolute", "--to", to, "--json")
    assert code == 0, err
    found = pd.read_parquet(to)
    assert json.loads(out)["rows"] == len(found) > 0
    expected = nf.asymmetry(pd.read_parquet(table_file), absolute=True)
    np.testing.assert_allclose(found["value"], expected["value"])


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("compare", "--change", "--n-permutations", "99"), "--n-permutations has no effect"),
        (("compare", "--change", "--blocks", "site"), "--blocks has no effect"),
        (("compare", "--change", "--seed", "3"), "--seed has no effect"),
        (("compare", "--change", "--paper", "t.docx"), "--change has no table for a paper"),
        (("compare", "--change", "--correction", "maxt"), "--change has no permutations"),
        (("compare", "--change", "--standardizer", "raw"), "--standardizer does not fit"),
        (("compare", "--seed", "3"), "belongs to --correction maxt"),
        (("compare", "--title", "A"), "belongs to --paper"),
        (("compare", "--unit", "months"), "belongs to --change"),
        (("accuracy", "--seed", "3", "--cutoff", "none"), "belongs to --cutoff youden"),
        (("power", "--seed", "3"), "belongs to --composite or --n-boot"),
        (("repeatability", "--unit", "days"), "belongs to --within"),
    ],
)
def test_options_without_effect_are_refused(run, file, words, says):
    code, _, err = run(words[0], file, *words[1:])
    assert code == 3
    assert says in " ".join(err.split())


@pytest.mark.parametrize(
    "option", [("--study", "s1"), ("--contrasts", "a - b"), ("--unit", "days")]
)
def test_figures_refuse_options_they_do_not_use(run, file, tmp_path, option):
    code, _, err = run("plot", "strip", file, "--to", tmp_path / "a.png", *option)
    assert (code, f"does not use {option[0]}" in err) == (3, True), err
