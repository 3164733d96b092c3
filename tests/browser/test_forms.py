"""What goes wrong, is decided, stopped and begun again: the forms in JupyterLab."""

import re
import time

import pytest
from playwright.sync_api import expect
from support.audit import READABLE, broken_rules, contrasts
from support.waits import PATIENCE

import neuroflow as nf
from neuroflow.transfer.ssh.keys import make_key
from neuroflow.workspace.workspace import Workspace

pytestmark = [pytest.mark.browser, pytest.mark.slow]
DARK = "JupyterLab Dark"


def can_be_read(page):
    """Tell whether every text has contrast, and nothing breaks the rules, as the form stands."""
    assert [each for each in contrasts(page.page) if each[1] < READABLE] == []
    assert broken_rules(page.page) == []


def test_errors_are_shown_with_what_to_do(page, service, tmp_path):
    make_key(tmp_path / "other_key")
    with Workspace(tmp_path / "project") as ws:
        ws.service.save_profile(service.profile)
        ws.service.hostkeys.pin(service.host, service.port, "SHA256:" + "A" * 43)
    page.open_app(tmp_path / "project", theme=DARK)
    page.tab("1 Connect")
    page.click("Test connection")
    page.sees("Blocked: the host key of the server")
    assert page.form.get_by_role("button", name="Yes, this is").filter(visible=True).count() == 0
    can_be_read(page)
    page.screenshot("forms_blocked")

    (tmp_path / "project" / "known_hosts").unlink()
    page.fill("Private key", tmp_path / "other_key")
    page.click("Test connection")
    page.click("Yes, this is the fingerprint")
    stages = page.form.get_by_role("listitem")
    stages.filter(has_text="Login with the key: ✗ failed").wait_for()
    page.sees("What to do:")
    page.click("Show public key")
    page.click("Copy public key")
    page.sees("Copied.")
    page.sees("Open in your email program")
    can_be_read(page)
    page.screenshot("forms_wrong_key")

    page.tab("2 Cohort")
    page.fill("Scan folder", "/no/such/folder")
    page.fill("Cohort id", "C")
    page.click("Check studies")
    alert = page.form.get_by_role("alert")
    alert.filter(has_text="Error:").wait_for()
    can_be_read(page)
    page.screenshot("forms_error")
    folder = page.form.get_by_label("Scan folder", exact=True)
    expect(folder).to_have_accessible_description(re.compile("Error: /no/such/folder"))
    expect(folder).to_have_attribute("aria-invalid", "true")
    page.fill("Scan folder", "/no/such")
    alert.filter(has_text="Error:").wait_for(state="detached")
    expect(folder).not_to_have_attribute("aria-invalid", "true")


def test_decisions_by_mouse_and_by_keyboard(page, workspace, spoilt_folder):
    first, second = (study.label for study in nf.find_studies(spoilt_folder / "scans"))
    page.open_app(workspace.folder, theme=DARK)
    page.page.get_by_role("tab", name="2 Cohort").focus()
    page.press("Enter")
    page.form.get_by_label("Cohort id", exact=True).focus()
    page.type("PILOT_1", "Tab", spoilt_folder / "scans", "Tab", "Tab")
    page.type(spoilt_folder / "participants.tsv", "Tab")
    page.form.locator("button:enabled", has_text="Check studies").wait_for()
    page.press("Tab", "Enter")
    page.sees("2 studies, 0 without errors.")
    can_be_read(page)

    page.fill(f"Age of {second}", "61")
    page.screenshot("forms_missing")
    page.click("Save ages and sexes")
    page.sees("2 studies, 1 without errors.")
    page.choose_row(first)
    page.sees(f"Selected: {first}")
    page.sees("Enter a reason first")
    page.fill("Reason", "neuropacs agreed to 130 ms")
    expect(page.form.get_by_label("Rule", exact=True)).to_have_value("Echo time")
    page.click("Override the rule")
    page.sees("2 studies, 2 without errors.")
    page.sees("Overridden by the user: neuropacs agreed to 130 ms")
    page.screenshot("forms_decisions")

    page.choose_row(first)
    page.form.get_by_text("Selected: ").wait_for(state="hidden")
    cell = page.page.get_by_role("gridcell", name=second, exact=True)
    page.form.get_by_role("row").filter(has=cell).first.focus()
    page.press("Enter")
    page.sees(f"Selected: {second}")
    page.form.get_by_label("Reason", exact=True).focus()
    page.type("moved in the scanner")
    page.form.locator("button:enabled", has_text="Exclude").wait_for()
    page.press("Tab", "Enter")
    page.sees("1 excluded.")
    assert list(workspace.excluded("PILOT_1").values()) == ["moved in the scanner"]


def begin_to_send(page, workspace):
    """Open the forms, make the plan, press Send, and wait until the first study is under way."""
    page.open_app(workspace.folder)
    page.tab("3 Submit")
    page.click("Make the plan")
    page.sees("3 studies to send")
    page.click("Send")
    page.form.locator(".nf-study").wait_for()


def wait_until(page, condition):
    """Wait until another program has done something."""
    end = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < end
        page.page.wait_for_timeout(100)


def test_a_submission_is_paused_cancelled_and_resumed(page, service, slow_line, slow_workspace):
    begin_to_send(page, slow_workspace)
    page.click("Pause")
    page.sees("Paused. Nothing is sent until you continue.")
    page.screenshot("forms_paused")
    elsewhere = slow_workspace  # of this process: another program than the kernel
    wait_until(page, lambda: elsewhere.running_job and elsewhere.running_job.is_paused)
    assert elsewhere.running_job.name == "submit"
    elsewhere.resume_job()
    page.form.get_by_role("button", name="Pause").wait_for()
    page.click("Stop")
    page.sees("Stopping: finishing the study in progress")
    slow_line.rate = None
    page.sees("Stopped; uploads that had begun were finished. 1 of 3")
    page.screenshot("forms_stopped")
    page.click("Send")
    page.sees("3 of 3 studies have been sent.")
    assert service.wait_until_idle()
    assert len(service.processed) == 3


def test_kernel_restart_while_sending_loses_and_repeats_no_study(
    page, service, slow_line, slow_workspace
):
    begin_to_send(page, slow_workspace)
    page.restart()
    slow_line.rate = None
    page.tab("3 Submit")
    page.sees("0 of 3 studies have been sent so far.")
    page.click("Make the plan")
    page.sees("3 studies to send")
    page.click("Send")
    page.sees("3 of 3 studies have been sent.")
    page.click("Make the plan")
    page.sees("nothing to send of 3 studies; 3 already sent.")
    page.click("Send")
    page.sees("3 of 3 studies have been sent.")
    assert service.wait_until_idle()
    # The server takes the part that a killed connection left for an upload, too.
    assert len(set(service.processed)) == 3
    assert len(service.processed) <= 4
