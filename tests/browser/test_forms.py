"""The forms in JupyterLab, in a real browser, on the embedded service."""

import pytest
from support.lab import LabPage

import neuroflow as nf
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


def check_cohort(page: LabPage, folder, says="2 studies, 2 without errors."):
    page.tab("2 Cohort")
    page.fill("Cohort id", "PILOT_1")
    page.fill("Folder of scans", folder / "scans")
    page.fill("participants.tsv", folder / "participants.tsv")
    page.click("Check studies")
    page.sees(says)


def test_from_an_unknown_server_to_reports_and_back_after_a_reload(
    page, service, cohort_folder, tmp_path
):
    page.open_app(tmp_path / "project")
    fill_connect(page, service)
    page.sees("This server was never seen before.")
    page.sees(service.fingerprint)
    page.screenshot("forms_connect_unknown")
    page.click("Yes, this is the fingerprint")
    page.sees("The service answers")
    page.screenshot("forms_connect")

    page.tab("3 Submit")
    page.sees("First check the studies of a cohort.")
    page.click("Go to Cohort")
    page.sees("Choose the folder of scans.")
    check_cohort(page, cohort_folder)
    page.sees(HOSTILE)
    page.screenshot("forms_cohort")

    page.tab("3 Submit")
    page.sees("Make the plan first")
    page.click("Make the plan")
    page.sees("2 studies to send")
    page.screenshot("forms_plan")
    page.click("Send")
    page.sees("2 of 2 studies are sent.")
    page.sees(HOSTILE)
    page.screenshot("forms_submit")

    assert service.wait_until_idle()
    page.tab("4 Results")
    page.click("Refresh")
    page.sees("2 delivered")
    page.click("Collect")
    page.sees("2 of 2 studies have their results on this disk.")
    page.form.get_by_role("img", name="Small picture of the report").nth(1).wait_for()
    page.screenshot("forms")
    page.form.get_by_role("button", name=HOSTILE).click()
    page.form.get_by_role("img", name="its text stands beside it").wait_for()
    page.sees("Not for clinical use.")
    page.screenshot("forms_report")
    assert page.form.locator("img[src=x]").count() == 0

    page.reload()
    page.tab("4 Results")
    page.sees("2 collected")
    assert page.complaints == []
    assert len(service.processed) == 2


def test_another_kernel_shows_what_was_sent_and_sends_nothing_twice(
    page, service, workspace, cohort_folder
):
    studies = nf.find_studies(cohort_folder / "scans")
    cohort = workspace.cohort("C", studies, participants=cohort_folder / "participants.tsv")
    workspace.submit(cohort, on_event=lambda event: None)
    page.open_app(workspace.folder, "second")
    page.tab("3 Submit")
    page.sees("All 2 studies were sent.")
    page.click("Make the plan")
    page.sees("nothing to send of 2 studies; 2 sent already.")
    page.click("Send")
    page.sees("2 of 2 studies are sent.")
    assert service.wait_until_idle()
    assert len(service.processed) == 2


def test_a_key_that_is_not_registered_is_refused_with_advice(page, service, tmp_path):
    make_key(tmp_path / "other_key")
    with Workspace(tmp_path / "project") as ws:
        ws.service.save_profile(service.profile)
        ws.service.trust(service.fingerprint)
    page.open_app(tmp_path / "project", "wrong_key")
    page.tab("1 Connect")
    fill_connect(page, service, tmp_path / "other_key")
    page.sees("Key accepted: failed.")
    page.sees("What to do:")
    page.screenshot("forms_wrong_key")
    page.click("Show public key")
    page.form.get_by_role("button", name="Copy public key").click()
    page.sees("Copied.")
    page.sees("Open it in the mail program")
    page.screenshot("forms_mail")
    assert page.complaints == []


def test_a_server_with_another_key_is_blocked(page, service, tmp_path):
    with Workspace(tmp_path / "project") as ws:
        ws.service.save_profile(service.profile)
        ws.service.hostkeys.pin(service.host, service.port, "SHA256:" + "A" * 43)
    page.open_app(tmp_path / "project", "changed_key")
    page.tab("1 Connect")
    page.click("Test connection")
    page.sees("Blocked: the server shows another key")
    assert page.form.get_by_role("button", name="Yes, this is").count() == 0
    page.screenshot("forms_blocked")


def test_a_folder_that_is_not_there_is_a_red_line_until_it_is_dismissed(page, workspace):
    page.open_app(workspace.folder, "bad_folder")
    page.tab("2 Cohort")
    page.fill("Folder of scans", "/no/such/folder")
    page.fill("Cohort id", "C")
    page.click("Check studies")
    alert = page.form.get_by_role("alert")
    alert.filter(has_text="Error:").wait_for()
    page.screenshot("forms_error")
    page.click("Dismiss")
    alert.wait_for(state="detached")


def test_an_error_is_set_aside_and_another_study_left_out(page, workspace, spoilt_folder):
    first, second = (study.label for study in nf.find_studies(spoilt_folder / "scans"))
    page.open_app(workspace.folder, "decisions")
    check_cohort(page, spoilt_folder, says="2 studies, 0 without errors.")
    page.fill(f"Age of {second}", "61")
    page.screenshot("forms_missing")
    page.click("Save ages and sexes")
    page.sees("2 studies, 1 without errors.")
    page.choose_row(first)
    page.sees(f"Chosen: {first}")
    page.fill("Reason", "the vendor agreed to 130 ms")
    page.form.get_by_label("Rule", exact=True).select_option("echo_time")
    page.click("Set the rule aside")
    page.sees("2 studies, 2 without errors.")
    page.sees("Set aside by the user: the vendor agreed to 130 ms")
    page.screenshot("forms_decisions")
    page.fill("Reason", "moved in the scanner")
    page.click("Leave out")
    page.sees("1 left out.")
    assert workspace.excluded("PILOT_1") != {}
    assert page.complaints == []


def test_a_submission_is_paused_cancelled_and_resumed(page, service, slow_line, slow_workspace):
    page.open_app(slow_workspace.folder, "resumed")
    page.tab("3 Submit")
    page.click("Make the plan")
    page.sees("3 studies to send")
    page.click("Send")
    page.form.locator(".nf-study").wait_for()
    page.click("Pause")
    page.sees("Paused. Nothing is sent until you continue.")
    page.screenshot("forms_paused")
    page.click("Continue")
    page.click("Stop")
    page.sees("Stopping: finishing the study under way")
    slow_line.rate = None
    page.sees("Stopped as asked; what was under way is finished. 1 of 3")
    page.screenshot("forms_stopped")
    page.click("Send")
    page.sees("3 of 3 studies are sent.")
    assert service.wait_until_idle()
    assert len(service.processed) == 3
    assert page.complaints == []


def test_a_kernel_that_is_restarted_in_the_middle_costs_no_study(
    page, service, slow_line, slow_workspace
):
    page.open_app(slow_workspace.folder, "restarted")
    page.tab("3 Submit")
    page.click("Make the plan")
    page.sees("3 studies to send")
    page.click("Send")
    page.form.locator(".nf-study").wait_for()
    page.restart()
    slow_line.rate = None
    page.tab("3 Submit")
    page.sees("0 of 3 studies were sent so far.")
    page.click("Make the plan")
    page.sees("3 studies to send")
    page.click("Send")
    page.sees("3 of 3 studies are sent.")
    assert service.wait_until_idle()
    # The server takes the part that a killed connection left for an upload, too.
    assert len(set(service.processed)) == 3
    assert len(service.processed) <= 4


def test_the_keyboard_alone_is_enough(page, spoilt_folder, workspace):
    label = nf.find_studies(spoilt_folder / "scans")[0].label
    page.open_app(workspace.folder, "keyboard")
    page.page.get_by_role("tab", name="2 Cohort").focus()
    page.press("Enter")
    page.form.get_by_label("Cohort id", exact=True).focus()
    page.type("PILOT_1", "Tab", spoilt_folder / "scans", "Tab", "Tab")
    page.type(spoilt_folder / "participants.tsv", "Tab")
    page.form.locator("button:enabled", has_text="Check studies").wait_for()
    page.press("Tab", "Enter")
    page.sees("2 studies, 0 without errors.")
    cell = page.page.get_by_role("gridcell", name=label, exact=True)
    page.form.get_by_role("row").filter(has=cell).first.focus()
    page.press("Enter")
    page.sees(f"Chosen: {label}")
    page.form.get_by_label("Reason", exact=True).focus()
    page.type("moved in the scanner", "Tab", "Enter")
    page.sees("1 left out.")


def test_the_forms_follow_the_theme(page, workspace, spoilt_folder):
    page.open_app(workspace.folder, "dark", theme="JupyterLab Dark")
    check_cohort(page, spoilt_folder, says="2 studies, 0 without errors.")
    page.screenshot("forms_dark_cohort")
    page.tab("1 Connect")
    page.click("Test connection")
    page.sees("The service answers")
    page.screenshot("forms_dark_connect")
    assert page.contrast(".nf-good") > 4.5
    assert page.complaints == []
