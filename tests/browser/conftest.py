import json
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import pytest
from support.fronts import VIEW, in_lab, in_notebook7, in_voila, left
from support.lab import SWITCHES, LabTab, chromium, running_lab
from support.notebook7 import running_notebook7
from support.proxy import Proxy
from support.waits import PATIENCE

import neuroflow as nf
from neuroflow.io import CONFIG_VARIABLE


def pytest_collection_modifyitems(items):
    """Give tests of this folder time: what they wait for is the work of several processes."""
    for item in items:
        if item.path.is_relative_to(Path(__file__).parent):
            item.add_marker(pytest.mark.timeout(8 * PATIENCE))


@pytest.fixture(scope="session", autouse=True)
def _user_folder(tmp_path_factory):
    """Share one folder for keys with the kernels of JupyterLab, which runs for the session."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(CONFIG_VARIABLE, str(tmp_path_factory.mktemp("user")))
        yield


@pytest.fixture(scope="session")
def lab(tmp_path_factory, _user_folder):
    chromium()  # without a browser there is no need for a server
    root = tmp_path_factory.mktemp("lab") / "notebooks"
    root.mkdir()
    with running_lab(root) as address:
        yield address, root


@pytest.fixture(scope="session")
def notebook7(tmp_path_factory, _user_folder):
    root = tmp_path_factory.mktemp("notebook7") / "notebooks"
    root.mkdir()
    with running_notebook7(root) as address:
        yield address, root


class OneBrowser:
    """Chromium for the tests of this folder that follow each other; starting it takes seconds."""

    def __init__(self):
        self._open, self._running = ExitStack(), None

    def new_context(self):
        """Return a context of its own cookies and pages."""
        if self._running is None:
            executable = chromium()
            from playwright.sync_api import expect, sync_playwright

            expect.set_options(timeout=1000 * PATIENCE)
            playwright = self._open.enter_context(sync_playwright())
            switches = list(SWITCHES)
            self._running = playwright.chromium.launch(executable_path=executable, args=switches)
            self._open.callback(self._running.close)
        return self._running.new_context(viewport=VIEW)

    def close(self):
        self._running = None
        self._open.close()


ONE = OneBrowser()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown(nextitem):
    """Close the browser before other tests.

    Playwright leaves an event loop running in this thread while it is open, and jobs of the forms,
    in other tests, would wait for that loop.
    """
    try:
        return (yield)
    finally:
        if nextitem is None or not nextitem.path.is_relative_to(Path(__file__).parent):
            ONE.close()


@pytest.fixture(scope="module")
def browser():
    context = ONE.new_context()
    yield context
    context.close()


@pytest.fixture(scope="session")
def lab_tab(request):
    """Return the page of JupyterLab that the notebooks of all files share."""
    return LabTab(ONE, lambda: request.getfixturevalue("lab"))


@pytest.fixture
def page(lab_tab):
    """Open a notebook in JupyterLab; whatever the console complains of fails the test."""
    with left(lab_tab.open()) as page:
        yield page


@pytest.fixture(scope="module")
def shown(request, browser, lab_tab):
    """Return a function that shows a workspace's forms in a notebook or as a page without code."""

    def show(front, workspace, **options):
        if front == "voila":
            return in_voila(browser, workspace, **options)
        if front == "notebook7":
            return in_notebook7(browser, request.getfixturevalue("notebook7"), workspace)
        return in_lab(lab_tab, workspace, **options)

    return show


@pytest.fixture
def spoilt_folder(own_cohort_folder):
    """Return two studies: of the first the echo time is too long, of the second the age is away."""
    first, second = nf.find_studies(own_cohort_folder / "scans")
    change_sidecar(first, lambda facts: facts | {"EchoTime": 0.130})
    change_sidecar(second, lambda facts: {k: v for k, v in facts.items() if "Age" not in k})
    table = own_cohort_folder / "participants.tsv"
    header, *lines = table.read_text(encoding="utf-8").splitlines()
    known = [line for line in lines if second.participant_id not in line]
    table.write_text("\n".join([header, *known]) + "\n", encoding="utf-8")
    return own_cohort_folder


def change_sidecar(study, change):
    (path,) = [file for file in study.files if file.suffix == ".json"]
    path.write_text(json.dumps(change(json.loads(path.read_text(encoding="utf-8")))))


@pytest.fixture
def slow_line(service):
    """Run a line to the service on which a study takes a minute; its `rate` can be changed."""
    with Proxy(service.port, rate=12_000) as line:
        yield line


@pytest.fixture
def slow_workspace(workspace, slow_line, eight_studies):
    """Open a workspace with three checked studies, to be sent one by one over the slow line."""
    workspace.service.save_profile(replace(workspace.service.profile, port=slow_line.port))
    workspace.service.trust(workspace.service.unknown_host().fingerprint)
    config = workspace.folder / "neuroflow.toml"
    config.write_text("[settings]\nconnections = 1\nquiet_seconds = 1\n" + config.read_text())
    studies = nf.find_studies(eight_studies / "scans")[:3]
    cohort = workspace.cohort("C", studies, participants=eight_studies / "participants.tsv")
    workspace.check(cohort)
    return workspace
