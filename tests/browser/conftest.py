import json
from contextlib import ExitStack
from dataclasses import replace

import pydicom
import pytest
from support.fronts import in_lab, in_voila
from support.lab import SWITCHES, LabPage, chromium, running_lab
from support.proxy import Proxy

import neuroflow as nf
from neuroflow.demo.cohort import make_cohort

HOSTILE = "<img src=x onerror=alert(1)>"


@pytest.fixture(scope="session")
def cohort_folder(tmp_path_factory):
    """Return two studies; one participant has a name that tries to become a part of the page."""
    folder = tmp_path_factory.mktemp("cohort")
    table = make_cohort(folder, n_studies=2, seed=1)
    old = next((folder / "scans").glob("sub-*/ses-*/dicom")).parents[1]
    table.write_text(table.read_text().replace(old.name.removeprefix("sub-"), HOSTILE))
    for file in (path for path in old.rglob("*") if path.is_file()):
        dataset = pydicom.dcmread(file)
        dataset.PatientID = HOSTILE
        dataset.save_as(file)
    old.rename(old.with_name("plain"))
    return folder


@pytest.fixture(scope="module")
def lab(tmp_path_factory):
    chromium()  # without a browser there is no need for a server
    root = tmp_path_factory.mktemp("lab") / "notebooks"
    root.mkdir()
    with running_lab(root) as address:
        yield address, root


@pytest.fixture(scope="module")
def browser():
    # Not for the session: Playwright leaves an event loop running in this thread while it is
    # open, and jobs of the forms, in later tests, would wait for that loop.
    executable = chromium()
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=executable, args=list(SWITCHES))
        yield running
        running.close()


@pytest.fixture
def page(browser, lab):
    with browser.new_context(viewport={"width": 1300, "height": 1400}) as context:
        yield LabPage(context.new_page(), *lab)


@pytest.fixture(params=["lab", "voila"])
def open_forms(request, browser):
    """Return a function that shows a workspace's forms: in JupyterLab, then as a page without code.

    Whatever the console complains of until then fails the test.
    """
    front = in_voila if request.param == "voila" else in_lab
    own = () if request.param == "voila" else (request.getfixturevalue("lab"),)
    pages = []
    with ExitStack() as stack:

        def show(workspace, **options):
            pages.append(front(stack, browser, *own, workspace, **options))
            return pages[-1]

        yield show
        assert [page.complaints for page in pages] == [[] for _ in pages]


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
    """Run a line to the service on which a study takes many seconds; its `rate` can be changed."""
    with Proxy(service.port, rate=40_000) as line:
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
