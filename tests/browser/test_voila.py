"""`neuroflow app` in a real browser: a page without code, on the embedded service."""

import os
import signal
from contextlib import suppress
from pathlib import Path

import pytest

pytestmark = [pytest.mark.browser, pytest.mark.slow]
FORMS = ["Connect", "Cohort", "Submit", "Results", "Explore"]


def test_voila_page_connects_and_survives_a_reload(shown, service, tmp_path):
    with shown("voila", tmp_path / "project") as page:
        titles = page.page.get_by_role("tab").all_inner_texts()
        assert [title.split()[1] for title in titles] == FORMS
        assert page.page.title() == "neuroflow"
        assert page.page.get_by_text("neuroflow.widgets").count() == 0
        assert page.page.locator(".jp-InputArea-editor:visible, .highlight:visible").count() == 0
        page.fill("Host", service.host)
        page.fill("Port", service.port)
        page.fill("User", service.user)
        page.fill("Private key", service.key)
        page.click("Test connection")
        page.sees(service.fingerprint)
        page.click("Yes, this is the fingerprint")
        page.sees("The service answers")
        assert page.elsewhere == []
        assert page.complaints == []
        page.screenshot("voila")
        # As it is left the page asks Voilà to end its kernel. That is refused: an upload goes on.
        asked = "/voila/api/shutdown/"
        with page.page.expect_response(lambda answer: asked in answer.url) as answer:
            page.reload()
        assert answer.value.status == 403
        page.complaints.clear()
        page.tab("1 Connect")
        assert page.form.get_by_label("Host", exact=True).input_value() == service.host
        for name in FORMS:
            page.tab(name)
            page.form.get_by_role("heading", name=name).first.wait_for()

        assert page.page.locator("#nf-opening").count() == 0
        header = page.page.locator(".nf-header:visible")
        header.get_by_text(f"{service.user} at {service.host}").wait_for()
        end_kernels(tmp_path / "project")
        gone = page.page.get_by_role("alert").filter(has_text="The program behind these forms")
        gone.get_by_text("What was sent stays sent").wait_for()
        assert page.page.locator(".nf-app > [inert] .nf-form").count() > 0
        page.screenshot("voila_ended")
        gone.get_by_role("button", name="Load again").click()
        page.page.get_by_role("status").filter(has_text="Opening the forms").wait_for()
        page.form.wait_for()
        assert page.page.locator("[inert]").count() == 0
        page.complaints.clear()  # of the lost connection


def end_kernels(workspace):
    """Kill the programs behind the pages of a workspace, as a lack of memory does."""
    mark = f"NEUROFLOW_WORKSPACE={workspace}".encode()
    for place in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            is_kernel = b"ipykernel" in (place / "cmdline").read_bytes()
            if is_kernel and mark in (place / "environ").read_bytes().split(b"\0"):
                os.kill(int(place.name), signal.SIGKILL)
