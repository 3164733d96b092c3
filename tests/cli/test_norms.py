"""Studies compared with groups, with saved norms and with those of the service."""

import json

import numpy as np
import pandas as pd
import pytest

import neuroflow as nf


def answer(run, *words):
    code, out, err = run(*words, "--json")
    assert code == 0, err
    return json.loads(out)


def test_studies_are_compared_with_the_controls_of_the_reports(run, table_file):
    found = answer(run, "z-scores", table_file, "--reference", "neuropacs", "--metric", "FW")
    table = pd.read_parquet(table_file)
    expected = nf.z_scores(table, reference=nf.service_norms(), metric="FW")
    z = [row["z"] for row in found["scores"]]
    np.testing.assert_allclose(np.array(z, dtype=float), expected["z"], rtol=1e-9)
    assert "neuropacs controls (n not published)" in found["methods"]


def test_none_is_a_reference_of_all_studies(run, table_file):
    found = answer(run, "z-scores", table_file, "--reference", "none", "--metric", "FW")
    assert {row["n_reference"] for row in found["scores"]} <= {45, 46}


@pytest.mark.parametrize(
    ("option", "says"),
    [
        (("--covariates", "age"), "--covariates has no effect here"),
        (("--save-norms", "n.json"), "--save-norms has no effect here"),
    ],
)
def test_options_of_a_reference_group_do_not_fit_norms(run, table_file, option, says):
    code, _, err = run("z-scores", table_file, "--reference", "neuropacs", *option)
    assert (code, says in err) == (3, True)


def test_norms_of_all_studies_are_not_saved(run, table_file, tmp_path):
    file = tmp_path / "n.json"
    code, _, err = run("z-scores", table_file, "--reference", "none", "--save-norms", file)
    assert (code, "--save-norms has no effect here" in err, file.exists()) == (3, True, False)


def test_z_scores_are_summarised_by_study(run, table_file, tmp_path):
    words = ("z-summary", table_file, "--covariates", "age", "--limit", "2.5")
    found = answer(run, *words, "--to", tmp_path / "summary.csv")
    table = pd.read_parquet(table_file)
    expected = nf.z_summary(nf.z_scores(table, covariates=["age"], metric="FW"), limit=2.5)
    assert [row["beyond"] for row in found["summary"]] == expected["beyond"].tolist()
    assert "above 2.5 or below -2.5" in found["methods"]
    assert len(pd.read_csv(tmp_path / "summary.csv")) == len(expected)
