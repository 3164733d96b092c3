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
