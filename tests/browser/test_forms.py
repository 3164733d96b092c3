"""The forms in JupyterLab, in a real browser, on the embedded service."""

import pytest
from support.lab import LabPage

from neuroflow.transfer.keys import make_key
from neuroflow.workspace import Workspace

HOSTILE = "<img src=x onerror=alert(1)>"
pytestmark = [pytest.mark.browser, pytest.mark.slow]


def fill_connect(page: LabPage, service, key=None):
    page.fill("Host", service.host)
    page.fill("Port", service.port)
    page.fill("User", service.user)
    page.fill("Private key", key or service.key)
    page.click("Test connection")


def test_from_an_unknown_server_to_reports_and_back_after_a_reload(
    page, service, cohort_folder, tmp_path
):
    page.open_app(tmp_path / "project")
    fill_connect(page, service)
    page.sees("This server was never seen before.")
    page.sees(service.fingerprint)
    page.click("Yes, this is the fingerprint")
    page.sees("The service answers")

    page.tab("2 Submit")
    page.sees("Choose the folder of scans.")
    page.fill("Folder of scans", cohort_folder / "scans")
    page.fill("participants.tsv", cohort_folder / "participants.tsv")
    page.fill("Cohort id", "PILOT_1")
    page.click("Check studies")
    page.sees("2 studies found, 2 without errors.")
    page.click("Submit")
    page.sees("2 of 2 studies are sent.")
    page.sees(HOSTILE)
    page.screenshot("forms_submit")

    assert service.wait_until_idle()
    page.tab("3 Results")
    page.click("Refresh")
    page.sees("2 delivered")
    page.click("Collect")
    page.sees("2 of 2 studies have their results on this disk.")
    page.form.get_by_role("img", name="Small picture of the report").nth(1).wait_for()
    page.screenshot("forms")
    page.click(HOSTILE)
    page.form.get_by_role("img", name="its text stands beside it").wait_for()
    page.sees("Not for clinical use.")
    page.screenshot("forms_report")
    assert page.form.locator("img[src=x]").count() == 0

    page.reload()
    page.tab("3 Results")
    page.sees("2 collected")
    assert page.complaints == []
    assert len(service.processed) == 2


def test_another_kernel_shows_what_was_sent_and_sends_nothing_twice(
    page, service, workspace, cohort_folder
):
    import neuroflow as nf

    studies = nf.find_studies(cohort_folder / "scans")
    cohort = workspace.cohort("C", studies, participants=cohort_folder / "participants.tsv")
    workspace.submit(cohort, on_event=lambda event: None)
    page.open_app(workspace.folder, "second")
    page.tab("2 Submit")
    page.sees("All 2 packaged studies were sent.")
    page.click("Check studies")
    page.sees("2 studies found, 2 without errors.")
    page.click("Submit")
    page.sees("2 of 2 studies are sent.")
    assert service.wait_until_idle()
    assert len(service.processed) == 2


def test_a_key_that_is_not_registered_is_refused_with_advice(page, service, tmp_path):
    make_key(tmp_path / "other_key")
    with Workspace(tmp_path / "project") as ws:
        ws.service.save_profile(service.profile)
        ws.service.trust(service.fingerprint)
    page.open_app(tmp_path / "project", "wrong_key")
    fill_connect(page, service, tmp_path / "other_key")
    page.sees("Key accepted: failed.")
    page.sees("What to do:")
    page.screenshot("forms_wrong_key")
    assert page.complaints == []


def test_a_server_with_another_key_is_blocked(page, service, tmp_path):
    with Workspace(tmp_path / "project") as ws:
        ws.service.save_profile(service.profile)
        ws.service.hostkeys.pin(service.host, service.port, "SHA256:" + "A" * 43)
    page.open_app(tmp_path / "project", "changed_key")
    page.click("Test connection")
    page.sees("Blocked: the server shows another key")
    assert page.form.get_by_role("button", name="Yes, this is").count() == 0
    page.screenshot("forms_blocked")


def test_a_folder_that_is_not_there_is_a_red_line_until_it_is_dismissed(page, service, workspace):
    page.open_app(workspace.folder, "bad_folder")
    page.tab("2 Submit")
    page.fill("Folder of scans", "/no/such/folder")
    page.fill("Cohort id", "C")
    page.click("Check studies")
    alert = page.form.get_by_role("alert")
    alert.filter(has_text="Error:").wait_for()
    page.screenshot("forms_error")
    page.click("Dismiss")
    alert.wait_for(state="detached")
