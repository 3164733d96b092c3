"""The Results form in a real browser: notes, history, and all results as one zip."""

import io
import zipfile

import pytest
from playwright.sync_api import expect
from support.collected import collect_into, people
from support.forms import HOSTILE

from neuroflow.workspace.workspace import Workspace

pytestmark = [pytest.mark.browser, pytest.mark.slow]


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    """Return a workspace with eight collected studies."""
    with Workspace(tmp_path_factory.mktemp("results") / "project") as ws:
        collect_into(ws, people(8))
        yield ws


@pytest.fixture(scope="module", params=["voila", "lab"])
def results(request, shown, project):
    with shown(request.param, project.folder) as page:
        page.tab("4 Results")
        yield page


def note(page):
    return page.form.get_by_label("Note", exact=True)


def test_a_note_is_written_by_keyboard_and_followed(results, project):
    study = project.cohort(project.cohorts()[0]).studies[0].label
    results.choose_row(study)
    results.sees(f"Report of {study}")
    note(results).fill(HOSTILE)
    note(results).press("Enter")
    results.sees("Written by ")
    assert results.form.locator("img[src=x]").count() == 0
    assert project.notes()["note"].tolist() == [HOSTILE]
    project.note(study, "from another page")
    expect(note(results)).to_have_value("from another page")
    project.note(study, "")
    expect(note(results)).to_have_value("")


def test_histories_are_drawn_when_they_are_opened(results, project):
    assert results.form.get_by_text(str(project.log)).count() == 0
    results.click("History and download")
    results.sees(str(project.log))


def test_the_zip_arrives_whole_on_the_computer_of_the_page(results, project):
    results.sees("8 result folders")
    results.click("Make the zip")
    results.sees("Saved: ")
    with results.page.expect_download() as arriving:
        results.click("Download the zip")
    saved = arriving.value.path().read_bytes()
    assert arriving.value.suggested_filename == "results.zip"
    assert saved == (project.folder / "exports" / "results.zip").read_bytes()
    with zipfile.ZipFile(io.BytesIO(saved)) as packed:
        assert packed.testzip() is None
    results.sees("Downloaded.")


def test_help_is_below_the_form(results):
    results.page.get_by_text("About this form").filter(visible=True).click()
    results.page.get_by_text("Delivered results lie on the server").wait_for()
