"""Forms that everybody can read and use: both themes, 500 studies, the keyboard alone."""

import pytest
from playwright.sync_api import expect
from support.audit import READABLE, broken_rules, contrasts
from support.collected import collect_into, people
from support.pictures import keep

from neuroflow.workspace import Workspace

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(1200)]
FORMS = ("1 Connect", "2 Cohort", "3 Submit", "4 Results", "5 Explore")
FLOOD = "rgb(13, 110, 253)"
"""What DataTables paints over a chosen row; dark words cannot be read on it."""


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    """Return the folder of a workspace with 28 collected studies."""
    folder = tmp_path_factory.mktemp("access") / "project"
    with Workspace(folder) as ws:
        collect_into(ws, people(28))
    return folder


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_every_form_can_be_read_and_heard(open_forms, project, theme):
    page = open_forms(project, dark=theme == "dark")
    for name in FORMS:
        page.tab(name)
        drawn(page, name)
        texts = contrasts(page.page)
        assert len(texts) > 10
        assert [each for each in texts if each[1] < READABLE] == [], name
        assert broken_rules(page.page) == [], name
        keep(page, f"forms_{theme}_{name[2:].lower()}")
    page.page.set_viewport_size({"width": 1500, "height": 4000})  # a notebook scrolls by itself
    page.form.get_by_role("heading", name="Explore").scroll_into_view_if_needed()
    keep(page, f"forms_explore_{theme}", docs=True, height=1150)
    row = page.form.locator("tr[aria-selected=true]")
    row.hover()
    assert FLOOD not in row.locator("td").last.evaluate("cell => getComputedStyle(cell).boxShadow")


def drawn(page, name):
    """Wait until a form shows what it has to show."""
    page.form.get_by_role("heading", name=name[2:]).first.wait_for()
    if name != "1 Connect":
        page.form.locator(".nf-rows tbody tr").nth(24).wait_for()
    if name == "4 Results":
        page.form.get_by_role("img", name="Small picture of the report").nth(7).wait_for()
    if name == "5 Explore":
        page.form.get_by_role("img", name="Linear model").first.wait_for()
        expect(page.form.locator("img.nf-drawn:visible")).to_have_count(3)


@pytest.mark.parametrize("open_forms", ["lab"], indirect=True)
def test_500_studies_are_searched_and_chosen_in_every_table(open_forms, tmp_path):
    with Workspace(tmp_path / "project") as ws:
        collect_into(ws, people(500), reports=False)
    page = open_forms(tmp_path / "project")
    for name, table in (
        ("2 Cohort", "Studies"),
        ("3 Submit", "Studies of"),
        ("4 Results", "Where"),
    ):
        page.tab(name)
        page.sees("Rows 1 to 25 of 500")
        page.form.get_by_role("searchbox", name=table).first.fill("sub-499")
        page.sees("Rows 1 to 1 of 1 (found among 500)")
    page.choose_row("sub-499_ses-1")
    page.sees("Report of sub-499_ses-1")
    page.tab("2 Cohort")
    page.choose_row("sub-499_ses-1")
    page.sees("Chosen: sub-499_ses-1")


def test_the_tab_key_leads_to_a_connection_and_enter_and_arrows_to_a_region(
    open_forms, service, project
):
    page = open_forms(project)
    keys = page.page.keyboard
    page.page.get_by_role("tab", name="1 Connect").focus()
    keys.press("Enter")
    drawn(page, "1 Connect")
    facts = {"Host": service.host, "Port": service.port, "User": service.user}
    for name, fact in (facts | {"Private key": service.key}).items():
        tab_to(page, name)
        keys.insert_text(str(fact))
    tab_to(page, "Test connection")
    keys.press("Enter")
    page.sees("This server was never seen before.")
    tab_to(page, "Yes, this is the fingerprint")
    keys.press("Enter")
    page.sees("The service answers")

    page.page.get_by_role("tab", name="5 Explore").focus()
    keys.press("Enter")
    drawn(page, "5 Explore")
    tab_to(page, "Forest: choose a region")
    keys.press("ArrowDown")
    keys.press("Enter")
    page.form.get_by_alt_text("Red nucleus: Free water").wait_for()


def tab_to(page, name, presses=150):
    """Press Tab until the control of this name has the focus."""
    for _ in range(presses):
        page.page.keyboard.press("Tab")
        if page.page.evaluate(NAME).startswith(name):
            return
    raise AssertionError(f"{name} cannot be reached with the Tab key")


NAME = """() => {
  const e = document.activeElement;
  return e.ariaLabel || (e.labels?.length ? e.labels[0].textContent : "") || e.textContent || "";
}"""
