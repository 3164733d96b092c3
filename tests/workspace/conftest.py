"""Fixtures of the tests of a workspace and its parts."""

import json
from types import SimpleNamespace

import pytest

import neuroflow as nf
from neuroflow.io import CONFIG_VARIABLE
from neuroflow.ledger import Ledger
from neuroflow.transfer import UploadOptions
from neuroflow.transfer.local import LocalRemote
from neuroflow.workspace.checking import Checks
from neuroflow.workspace.connection.config import Settings
from neuroflow.workspace.enrolment import Enrolment
from neuroflow.workspace.folder import ProjectFolder
from neuroflow.workspace.jobs import Jobs
from neuroflow.workspace.packaging import Packaging


@pytest.fixture(autouse=True)
def _own_user_folder(tmp_path, monkeypatch):
    """Give each test an account key and a journal of its own."""
    monkeypatch.setenv(CONFIG_VARIABLE, str(tmp_path / "user"))


@pytest.fixture(scope="session")
def silent():
    """Return a listener that does nothing, in place of progress bars."""
    return lambda _event: None


@pytest.fixture
def ws(tmp_path):
    """Open a workspace that knows no service."""
    with nf.Workspace(tmp_path / "project") as workspace:
        yield workspace


@pytest.fixture
def errors_of():
    """Return a function that lists the errors among findings as (study, rule)."""

    def pairs(findings):
        bad = findings[findings["severity"] == "error"]
        return list(zip(bad["study"], bad["rule"], strict=True))

    return pairs


@pytest.fixture
def set_quiet_seconds(workspace):
    """Return a function that sets the quiet time of a workspace's server."""

    def write(seconds):
        with (workspace.folder / "neuroflow.toml").open("a") as config:
            config.write(f"\n[settings]\nquiet_seconds = {seconds}\n")

    return write


# ---------------------------------------------------------------- the parts of a workspace


@pytest.fixture
def folder(tmp_path):
    """Return the folder of a project."""
    return ProjectFolder(tmp_path / "project")


@pytest.fixture
def ledger(folder):
    """Open the ledger of the project."""
    with Ledger(folder.ledger) as opened:
        yield opened


@pytest.fixture
def jobs(folder):
    return Jobs(folder)


@pytest.fixture
def enrolment(folder, ledger):
    return Enrolment(folder, ledger)


@pytest.fixture
def checks(folder, ledger, enrolment):
    return Checks(folder, ledger, enrolment)


@pytest.fixture
def packaging(folder, ledger, enrolment, jobs):
    return Packaging(folder, ledger, enrolment, jobs)


@pytest.fixture
def server(tmp_path):
    """Return a folder in place of the service: its `home`, `connect`, `settings` and `name`."""
    home = tmp_path / "home"
    (home / "input").mkdir(parents=True)
    (home / "output").mkdir()
    settings = Settings(upload=UploadOptions(quiet_seconds=0.1))
    return SimpleNamespace(
        home=home,
        connect=lambda: LocalRemote(home),
        settings=settings,
        name="user@server:22",
        hostkeys=None,
    )


@pytest.fixture
def studies(own_cohort_folder):
    """Return two small studies."""
    return nf.find_studies(own_cohort_folder / "scans")


@pytest.fixture
def people(own_cohort_folder):
    """Return the path of their participants.tsv."""
    return own_cohort_folder / "participants.tsv"


@pytest.fixture
def cohort(enrolment, studies, people):
    """Return cohort C of the two studies."""
    return enrolment.cohort("C", studies, participants=people)


@pytest.fixture
def late_echo(studies):
    """Give the first study an echo time that the service does not accept; return its label."""
    first = studies[0]
    sidecar = next(first.root.rglob(f"*{first.participant_id}*.json"), None) or next(
        path for path in first.files if path.suffix == ".json"
    )
    facts = json.loads(sidecar.read_text(encoding="utf-8")) | {"EchoTime": 0.130}
    sidecar.write_text(json.dumps(facts), encoding="utf-8")
    return first.label
