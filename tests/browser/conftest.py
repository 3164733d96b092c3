import pydicom
import pytest
from support.lab import SWITCHES, LabPage, chromium, running_lab

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
