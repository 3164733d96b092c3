"""`neuroflow report` and `neuroflow verify`: what they print and return."""

import json

import pytest
from support.collected import collect_into, people

from neuroflow.cli.exit_codes import DIFFERS
from neuroflow.workspace import Workspace


@pytest.fixture
def collected(tmp_path):
    """Return the folder of a workspace with results."""
    with Workspace(tmp_path / "project") as ws:
        collect_into(ws, people(12))
    return tmp_path / "project"


def test_a_report_is_verified_until_it_is_changed(run, collected):
    file = collected / "report.html"
    code, out, _ = run("report", collected, "--to", file, "--no-figures", "--json")
    assert (code, json.loads(out)) == (0, {"file": str(file)})
    code, _, err = run("verify", file)
    assert code == 0
    assert "0 differ" in err
    file.write_text(file.read_text("utf-8").replace("Free water (FW) in", "Free water (FW) on"))
    code, out, _ = run("verify", file, collected, "--json")
    assert code == DIFFERS
    facts = json.loads(out)
    assert facts["n_differing"] == len(facts["differing"]) == 1
    assert facts["differing"][0]["key"] == "comparison/table-1/caption"


def test_a_file_outside_a_workspace_needs_one(run, tmp_path):
    code, _, err = run("verify", tmp_path / "t.md")
    assert code == 3
    assert "Name the workspace" in err


def test_an_exported_dataset_is_read_by_other_commands(run, table_file, tmp_path):
    code, out, err = run("export", table_file, tmp_path / "data", "--bids", "--quiet")
    assert (code, out, err) == (0, "", "")
    cohort = tmp_path / "data" / "derivatives" / "neuroflow" / "cohort_table.tsv"
    words = ("--metric", "FW", "--json")
    answers = [
        json.loads(run("compare", each, *words)[1])["effects"] for each in (table_file, cohort)
    ]
    assert [row["p"] for row in answers[0]] == [row["p"] for row in answers[1]]
