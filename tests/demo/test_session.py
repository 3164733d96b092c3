"""A cohort with its service, started or joined; JupyterLab on it."""

import os
import sys
from functools import partial
from pathlib import Path

import pandas as pd
import pytest

from neuroflow.demo.folder import make_run_folder
from neuroflow.demo.lab import find_notebook, run_command, run_lab
from neuroflow.demo.population import N_PEOPLE
from neuroflow.demo.service.server import DemoService
from neuroflow.demo.session import VARIABLE, join_demo, open_demo, start_demo
from neuroflow.demo.try_out import simulate
from neuroflow.errors import DemoError
from neuroflow.io import jupyter_command
from neuroflow.models import Event


def test_a_started_demo_has_scans_and_a_service(tmp_path: Path) -> None:
    events: list[Event] = []
    with start_demo(tmp_path, n_studies=2, on_event=events.append) as demo:
        assert len(pd.read_csv(demo.participants, sep="\t")) == 2
        assert len(list(demo.scans.iterdir())) == 2
        assert demo.profile == demo.service.profile
        assert not demo.project.exists()
    assert [event.done for event in events] == [1, 2]


def test_a_running_demo_can_be_joined(tmp_path: Path) -> None:
    with start_demo(tmp_path, n_studies=1) as demo:
        joined = open_demo(environ={VARIABLE: str(demo.folder.path)})
        assert joined.profile == demo.profile
        assert joined.fingerprint == demo.fingerprint
        assert joined.scans == demo.scans
        joined.close()
        assert demo.service.wait_until_idle(1)


def test_a_demo_is_started_where_none_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("neuroflow.demo.session.start_demo", partial(start_demo, n_studies=2))
    with open_demo(tmp_path, environ={}) as demo:
        assert demo.service is not None
        people = pd.read_csv(demo.population / "participants.tsv", sep="\t")
        assert people["participant_id"].nunique() == N_PEOPLE - 2


def test_a_demo_of_only_nifti_has_no_dicom(tmp_path: Path) -> None:
    with start_demo(tmp_path, n_studies=2, only_nifti=True) as demo:
        assert {path.parent.name for path in demo.scans.rglob("*.nii.gz")} == {"dwi"}
        assert list(demo.scans.rglob("dicom")) == []


def test_every_demo_has_a_folder_of_its_own(tmp_path: Path) -> None:
    first, second = make_run_folder(tmp_path), make_run_folder(tmp_path)
    assert first.path != second.path
    assert "SIMULATED" in (second.path / "README.txt").read_text(encoding="utf-8")


def test_a_folder_without_a_demo_is_said(tmp_path: Path) -> None:
    with pytest.raises(DemoError, match="No running demo"):
        join_demo(tmp_path)


def test_a_port_in_use_costs_no_cohort(tmp_path: Path) -> None:
    with (
        DemoService(tmp_path / "other") as other,
        pytest.raises(DemoError, match="in use"),
    ):
        start_demo(tmp_path / "demo", port=other.port)
    assert list((tmp_path / "demo").glob("*/scans")) == []


def test_a_folder_that_is_a_file_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(DemoError, match="cannot write"):
        start_demo(tmp_path / "file")


def test_the_lab_opens_a_notebook_copy_and_finds_the_service(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    notebook = tmp_path / "01_quickstart.ipynb"
    notebook.write_text("{}")
    monkeypatch.setattr("neuroflow.demo.lab.find_notebook", lambda name: notebook)

    def launch(command, environ) -> int:
        assert command[:-1] == jupyter_command("jupyterlab")
        copy = Path(command[-1])
        assert copy != notebook
        assert copy.read_text() == "{}"
        demo = open_demo(environ=environ)
        program = f"import socket; socket.create_connection(('127.0.0.1', {demo.profile.port}))"
        return run_command([sys.executable, "-c", program], environ) + 7

    folder = tmp_path / "demo"
    assert run_lab(folder, n_studies=1, launch=launch, environ=dict(os.environ)) == 7


def test_a_missing_notebook_is_said() -> None:
    with pytest.raises(DemoError, match=r"nothing\.ipynb"):
        find_notebook("nothing.ipynb")


def test_scans_are_simulated_once_for_a_workspace(tmp_path):
    with simulate(tmp_path / "simulated", tmp_path) as first:
        assert first.scans.is_dir()
    with simulate(tmp_path / "simulated", tmp_path) as second:
        assert second.profile == first.profile
