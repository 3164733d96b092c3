"""The forms in Firefox, as `neuroflow app` serves them."""

import pytest
from support.collected import collect_into, people
from support.firefox import running_firefox
from support.voila import running_page
from support.whole import whole

from neuroflow.workspace.workspace import Workspace

pytestmark = [pytest.mark.browser, pytest.mark.slow]
FORM = "[...document.querySelectorAll('.nf-form:not(.nf-header)')].find((e) => e.checkVisibility())"
TAB = "[...document.querySelectorAll('[role=tab]')].find((e) => e.innerText.includes({name!r}))"
ENTER, TABULATOR, RIGHT = "\ue007", "\ue004", "\ue014"


@pytest.mark.parametrize("browser_name", whole("firefox"))
def test_forms_work_in_firefox_by_keyboard(browser_name, tmp_path):
    project = tmp_path / "project"
    with Workspace(project) as ws:
        collect_into(ws, people(28))
    with running_page(project) as address, running_firefox() as page:
        page.open(address)
        page.waits_for(f"{FORM} !== undefined")
        for name in ("Cohort", "Submit", "Results", "Explore"):
            page.evaluate(f"{TAB.format(name=name)}.focus()")
            page.press(ENTER)
            page.waits_for(f"{FORM}?.querySelector('h2')?.innerText === {name!r}")
            rows = 10 if name == "Explore" else 25
            page.waits_for(f"{FORM}.querySelectorAll('.nf-rows tbody tr').length >= {rows}")
        drawn = f"[...{FORM}.querySelectorAll('img.nf-drawn')].filter((e) => e.checkVisibility())"
        page.waits_for(f"{drawn}.length === 3 && {drawn}.every((e) => e.naturalWidth > 100)")
        before = page.evaluate(f"{drawn}.map((e) => e.alt)")
        page.evaluate(f"{FORM}.querySelector('.nf-spots[aria-label^=Forest]').focus()")
        page.press(RIGHT, RIGHT, ENTER)
        page.waits_for(f"JSON.stringify({drawn}.map((e) => e.alt)) !== JSON.stringify({before})")
        page.press(TABULATOR)
        assert page.evaluate("document.activeElement.closest('.nf-app') !== null")
        assert page.complaints == []
