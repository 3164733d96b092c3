"""Every notebook is stripped in git, and runs from top to bottom in a fresh kernel and folder."""

from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient
from support.waits import PATIENCE

from neuroflow.demo.population import N_PEOPLE
from neuroflow.demo.session import VARIABLE, start_demo

NOTEBOOKS = sorted((Path(__file__).parent.parent / "notebooks").glob("*.ipynb"))
ids = [path.stem for path in NOTEBOOKS]


def code_cells(notebook):
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def kinds_of(cell):
    return {kind for output in cell.outputs for kind in output.get("data", {})}


@pytest.fixture
def small_demo(tmp_path):
    """Run a demo as `neuroflow demo --lab` does, with 8 studies instead of 24."""
    with start_demo(tmp_path / "demo", n_studies=8, n_people=N_PEOPLE) as demo:
        yield demo


def test_there_are_notebooks():
    assert "01_quickstart" in ids


@pytest.mark.parametrize("path", NOTEBOOKS, ids=ids)
def test_a_notebook_is_kept_without_outputs(path):
    notebook = nbformat.read(path, as_version=4)
    nbformat.validate(notebook)
    assert [c.source for c in code_cells(notebook) if c.outputs or c.execution_count] == []
    assert "widgets" not in notebook.metadata


@pytest.mark.notebook
@pytest.mark.slow
@pytest.mark.parametrize("path", NOTEBOOKS, ids=ids)
def test_a_notebook_runs_on_its_own_and_shows_its_figures(path, tmp_path, monkeypatch, request):
    monkeypatch.delenv(VARIABLE, raising=False)
    notebook = nbformat.read(path, as_version=4)
    if any("open_demo(" in cell.source for cell in notebook.cells):
        monkeypatch.setenv(VARIABLE, str(request.getfixturevalue("small_demo").folder.path))
    NotebookClient(
        notebook, timeout=2 * PATIENCE, resources={"metadata": {"path": tmp_path}}
    ).execute()
    cells = code_cells(notebook)
    complaints = [o.text for c in cells for o in c.outputs if o.get("name") == "stderr"]
    assert complaints == []
    for cell in cells:
        last = cell.source.splitlines()[-1]
        if last.startswith(("nf.plot.strip", "nf.plot.forest", "nf.plot.heatmap", "Image(")):
            assert "image/png" in kinds_of(cell), last
        if last.startswith("nf.app("):
            assert "application/vnd.jupyter.widget-view+json" in kinds_of(cell)


JOB = """
from datetime import UTC, datetime
from neuroflow.events.progress import Bars
from neuroflow.models import Event
with Bars() as bars:
    for done in (0, 250_000, 500_000):
        bars(Event("upload", None, done, 500_000, "progress", "", datetime.now(UTC)))
"""


@pytest.mark.notebook
def test_a_saved_notebook_shows_how_a_job_ended(tmp_path):
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(JOB)])
    NotebookClient(notebook, timeout=PATIENCE, resources={"metadata": {"path": tmp_path}}).execute()
    (shown,) = [o for o in notebook.cells[0].outputs if "data" in o]
    assert "upload: 100%" in shown["data"]["text/plain"]
