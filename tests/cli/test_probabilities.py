"""Probabilities held against the diagnosis: calibration and the two steps of the service."""

import json

import pandas as pd
import pytest
from support.collected import collect_into, people

import neuroflow as nf

STEPS = ("p_atypical", "p_psp_vs_msap")


@pytest.fixture(scope="module")
def table(table_file):
    """Return the cohort table with the probabilities of both steps."""
    table = pd.read_parquet(table_file)
    return table.assign(p_atypical=table["p_psp"], p_psp_vs_msap=1 - table["p_psp"])


@pytest.fixture(scope="module")
def file(table, tmp_path_factory):
    path = tmp_path_factory.mktemp("steps") / "cohort.parquet"
    table.to_parquet(path)
    return path


def test_calibration_is_that_of_the_function(run, file, table):
    code, out, err = run("calibration", file, "p_psp", "--positive", "PSP", "--json")
    assert code == 0, err
    expected = nf.calibration(table, "p_psp", positive="PSP")
    rows = json.loads(out)["calibration"]
    found = {row["measure"]: row["value"] for row in rows}
    assert found == pytest.approx(expected.set_index("measure")["value"].to_dict())
    assert "Cox's intercept and slope" in json.loads(out)["methods"]


def test_the_two_steps_are_counted_against_the_diagnosis(run, file, table):
    code, out, err = run("confusion-matrix", file, "--cutoff", "0.4", "--json")
    assert code == 0, err
    expected = nf.confusion_matrix(table, cutoff=0.4)
    rows = json.loads(out)["counts"]
    assert [[row[name] for name in ("truth", "PD", "MSA", "PSP")] for row in rows] == expected[
        ["truth", "PD", "MSA", "PSP"]
    ].values.tolist()


def test_labels_of_other_names_are_named(run, table, tmp_path):
    ours = table.assign(group=table["group"].replace({"PSP": "Richardson"}))
    ours.to_parquet(tmp_path / "ours.parquet")
    words = ("confusion-matrix", tmp_path / "ours.parquet", "--names", "Richardson=PSP")
    code, out, err = run(*words, "--json")
    assert code == 0, err
    assert [row["n"] for row in json.loads(out)["counts"]] == nf.confusion_matrix(table)[
        "n"
    ].tolist()


@pytest.mark.parametrize("names", ["Richardson", "=PSP", "Richardson="])
def test_a_label_without_a_meaning_is_refused(run, file, names):
    code, _, err = run("confusion-matrix", file, "--names", names)
    assert (code, "without a meaning" in err) == (3, True)


def test_probabilities_are_read_from_the_reports_of_a_workspace(run, tmp_path):
    with nf.Workspace(tmp_path / "project") as ws:
        collect_into(ws, people(12))
        facts = ws.study_facts()
        expected = nf.confusion_matrix(ws.table().merge(facts[["study_id", *STEPS]], on="study_id"))
    code, out, err = run("confusion-matrix", tmp_path / "project", "--json")
    assert code == 0, err
    assert [row["n"] for row in json.loads(out)["counts"]] == expected["n"].tolist()
    words = ("accuracy", tmp_path / "project", "--score", "p_atypical", "--positive", "PSP")
    assert run(*words, "--reference", "PD")[0] == 0
