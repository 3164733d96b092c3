"""Notes about studies on the command line."""

import io
import json
import sys

import pytest

from neuroflow.studies import find_studies
from neuroflow.workspace.workspace import Workspace


@pytest.fixture
def project(own_cohort_folder, tmp_path):
    """Return a workspace's folder, and the label of a study in it."""
    with Workspace(tmp_path / "p") as ws:
        return ws.folder, ws.cohort("C", find_studies(own_cohort_folder / "scans")).studies[0].label


def listed(run, folder):
    return [row["note"] for row in json.loads(run("notes", folder, "--json")[1])["notes"]]


def test_a_note_is_written_listed_and_removed(run, project):
    folder, label = project
    assert run("note", folder, label, "moved twice")[0] == 0
    assert listed(run, folder) == ["moved twice"]
    assert run("note", folder, label, "")[0] == 0
    assert listed(run, folder) == []
    assert "There are no notes." in run("notes", folder)[2]


def test_a_dash_reads_the_note_from_the_standard_input(run, project, monkeypatch):
    folder, label = project
    monkeypatch.setattr(sys, "stdin", io.StringIO("not in the history of the shell\n"))
    assert run("note", folder, label, "-")[0] == 0
    assert listed(run, folder) == ["not in the history of the shell"]


def test_a_terminal_takes_no_command_from_a_note(run, project):
    folder, label = project
    run("note", folder, label, "\x1b[2J\u202etxt")
    _, out, _ = run("notes", folder)
    assert "\x1b" not in out
    assert "\u202e" not in out
    assert "[2J" in out
