"""What all tests share: the embedded service and a small cohort to send to it."""

import os
import shutil
import sys

import pytest
from support.made_once import made_once
from support.order import long_ones_first
from support.struck import STRUCK
from support.studies import two_nifti_studies

from neuroflow.demo.cohort import make_cohort
from neuroflow.demo.sample import write_sample
from neuroflow.demo.service.server import DemoService
from neuroflow.io import CONFIG_VARIABLE
from neuroflow.workspace.workspace import Workspace

# Workers of several processes each are slower than workers alone. What starts processes for a
# cohort is held by tests/studies/test_executors.py, tests/cli/test_signals.py and the demo that
# tests/test_packaging.py runs.
os.environ["LOKY_MAX_CPU_COUNT"] = "1"
# jsonschema, which nbformat imports, takes seconds to compile a grammar that no test needs.
sys.modules.setdefault("rfc3987_syntax", None)


@pytest.fixture(scope="module", autouse=True)
def _user_folder(tmp_path_factory):
    """Keep the keys and journals of tests out of the user's own folder."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(CONFIG_VARIABLE, str(tmp_path_factory.mktemp("user")))
        yield


def pytest_collection_modifyitems(items):
    """Begin with the long tests on every worker."""
    workers = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
    if workers > 1:
        items[:] = long_ones_first(items, workers)


def pytest_sessionfinish(session):
    """Hand the count of faults from a worker to the process that reports."""
    if hasattr(session.config, "workeroutput"):
        session.config.workeroutput["struck"] = dict(STRUCK)


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node):
    """Add up the counts of all workers."""
    STRUCK.update(getattr(node, "workeroutput", {}).get("struck", {}))


def pytest_terminal_summary(terminalreporter):
    """Tell how many faults the uploads of these tests were exposed to."""
    if STRUCK:
        kinds = ", ".join(f"{count} {kind}" for kind, count in sorted(STRUCK.items()))
        terminalreporter.write_sep("-", "faults of the line, the server and the process")
        terminalreporter.write_line(f"{sum(STRUCK.values())} struck: {kinds}")


@pytest.fixture(scope="session")
def eight_studies(tmp_path_factory):
    return made_once(
        tmp_path_factory, "eight_studies", lambda folder: make_cohort(folder, n_studies=8, seed=1)
    )


@pytest.fixture(scope="session")
def sample(tmp_path_factory):
    """Return the sample folder of the pages, never changed."""
    return made_once(tmp_path_factory, "sample", write_sample)


@pytest.fixture(scope="session")
def cohort_folder(eight_studies):
    """Return a folder with `scans` and `participants.tsv`: eight small studies, never changed."""
    return eight_studies


@pytest.fixture(scope="session")
def _two_studies(eight_studies, tmp_path_factory):
    return two_nifti_studies(eight_studies, tmp_path_factory.mktemp("two"))


@pytest.fixture
def own_cohort_folder(_two_studies, tmp_path):
    """Return two of its NIfTI studies, in a copy that a test may change."""
    return shutil.copytree(_two_studies, tmp_path / "cohort")


@pytest.fixture
def short_pauses(monkeypatch):
    """Try the first connection of a job again without waiting for long."""
    for module in ("pool", "retry"):
        monkeypatch.setattr(f"neuroflow.transfer.{module}.FIRST_PAUSES", (0.01, 0.01, 0.01))


@pytest.fixture
def service(tmp_path):
    """Run the embedded service; it processes a study in a tenth of a second."""
    with DemoService(tmp_path / "service", delay=0.1) as running:
        yield running


@pytest.fixture
def workspace(tmp_path, service):
    """Open a workspace that knows and trusts the embedded service."""
    with Workspace(tmp_path / "project") as ws:
        ws.service.save_profile(service.profile)
        ws.service.trust(service.fingerprint)
        yield ws
