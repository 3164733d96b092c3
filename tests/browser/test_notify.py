"""Notifications of the browser: asked for by a tick, shown when a check finds results."""

import pytest
from playwright.sync_api import expect
from support.forms import silent

import neuroflow as nf

pytestmark = [pytest.mark.browser, pytest.mark.slow]
RECORD = """
() => {
  globalThis.shown = [];
  const Real = Notification;
  globalThis.Notification = class extends Real {
    constructor(title, options) {
      super(title, options);
      shown.push(`${title}: ${options.body}`);
    }
  };
}
"""


@pytest.fixture
def sent(workspace, own_cohort_folder, service):
    """Return a workspace whose studies have results that it does not know of yet."""
    studies = nf.find_studies(own_cohort_folder / "scans")
    cohort = workspace.cohort("C", studies, participants=own_cohort_folder / "participants.tsv")
    workspace.submit(cohort, on_event=silent)
    assert service.wait_until_idle()
    return workspace


@pytest.fixture(params=["voila", "lab"])
def results(request, shown, sent):
    """Open the Results form; the browser was not asked yet."""
    with shown(request.param, sent.folder) as page:
        page.tab("4 Results")
        page.sees("2 submitted")
        yield page
        page.page.context.clear_permissions()


def tick(page, name):
    return page.form.get_by_label(name, exact=True).filter(visible=True)


def test_results_are_notified_once_with_their_count(results):
    results.page.context.grant_permissions(["notifications"])
    results.page.evaluate(RECORD)
    tick(results, "Notify me").check()
    results.sees("Notifications show counts only")
    tick(results, "Refresh automatically").check()
    results.page.wait_for_function("() => shown.length > 0")
    results.sees("2 delivered")
    assert results.page.evaluate("shown") == ["neuroflow: 2 new results."]


def test_a_browser_that_refuses_is_reported_in_words(results):
    results.page.evaluate(
        "() => void Object.defineProperty(Notification, 'permission', { get: () => 'denied' })"
    )
    tick(results, "Notify me").click()  # which unticks itself
    results.sees("The browser refuses notifications of this page.")
    expect(tick(results, "Notify me")).not_to_be_checked()
    # Of ticks in a row, the last one comes after the browser's answer to it.
    tick(results, "Notify me").evaluate("(box) => { box.click(); box.click(); box.click(); }")
    results.page.wait_for_timeout(500)
    expect(tick(results, "Notify me")).not_to_be_checked()
