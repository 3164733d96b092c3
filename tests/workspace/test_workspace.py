"""The workspace itself: what it is, how it shows itself, what it refuses."""

import copy
import pickle

import pytest

import neuroflow as nf
from neuroflow.errors import OptionError, WorkspaceError


@pytest.fixture
def cohort(ws, studies, people):
    return ws.cohort("C", studies, participants=people)


def test_a_workspace_is_a_folder():
    with pytest.raises(OptionError, match="A workspace is a folder"):
        nf.Workspace(3)


@pytest.mark.parametrize("passed_on", [pickle.dumps, copy.copy, copy.deepcopy])
def test_a_workspace_cannot_be_pickled_and_says_so(ws, passed_on):
    with pytest.raises(WorkspaceError, match="cannot be pickled"):
        passed_on(ws)


def test_a_workspace_shows_its_cohorts(ws, cohort):
    ws.exclude("C", cohort.studies[0].label, "motion")
    assert len(repr(ws)) < 200
    assert "<td>C</td><td>2</td><td>1 excluded</td>" in ws._repr_html_()
    (ws.folder / "neuroflow.toml").write_text("][")
    assert "is not valid TOML" in ws._repr_html_()
