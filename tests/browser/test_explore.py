"""Exploring in JupyterLab, in a real browser: what is chosen in one place is followed in all."""

import pytest
from playwright.sync_api import expect
from support.collected import collect_into, people

from neuroflow.workspace.workspace import Workspace

HOSTILE = "<img src=x onerror=alert(1)>"
PAGE = 25  # rows
pytestmark = [pytest.mark.browser, pytest.mark.slow]


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    """Return the folder of a workspace with 24 collected studies; one participant is hostile."""
    folder = tmp_path_factory.mktemp("explore") / "project"
    participants = people(24)
    participants.loc[0, "participant_id"] = HOSTILE
    with Workspace(folder) as ws:
        collect_into(ws, participants)
    return folder


@pytest.fixture(scope="module")
def forms(shown, project):
    """Open the app on the collected studies, for one test after the other."""
    with shown("lab", project) as page:
        yield page


@pytest.fixture
def explore(forms):
    """Show the Explore form, its figures drawn; one region is chosen."""
    forms.tab("5 Explore")
    forms.sees("p values are corrected over these.")
    expect(picture(forms, "Linear model").first).to_be_visible()
    forms.fill("Region", "Posterior substantia nigra")
    expect(picture(forms, "Posterior substantia nigra: Free water")).to_be_visible()
    return forms


def picture(page, words):
    return page.form.locator("img.nf-drawn:visible").and_(page.page.get_by_alt_text(words))


def figure(page, name):
    return page.form.get_by_role("listbox", name=f"{name}: choose")


def field(page, name):
    return page.form.get_by_label(name, exact=True)


def chosen_row(page):
    return page.form.locator("tr[aria-selected=true]")


def test_region_selected_in_forest_or_table_is_followed(explore):
    figure(explore, "Forest").focus()
    explore.page.keyboard.press("ArrowDown")
    explore.page.keyboard.press("Enter")
    expect(field(explore, "Region")).to_have_value("Red nucleus")
    expect(picture(explore, "Red nucleus: Free water")).to_be_visible()
    expect(chosen_row(explore)).to_contain_text("Red nucleus")

    explore.form.get_by_role("searchbox").first.fill("putamen")
    explore.choose_row("Putamen")
    expect(field(explore, "Region")).to_have_value("Putamen")
    expect(picture(explore, "Putamen: Free water")).to_be_visible()
    explore.screenshot("explore")


def test_click_in_the_forest_selects_its_region(explore):
    with_sample = explore.form.locator(
        ".nf-card .nf-chosen[data-label='Posterior substantia nigra']:visible"
    ).first
    drawn = with_sample.locator("xpath=../../img")
    box, around = with_sample.bounding_box(), drawn.bounding_box()
    above = box["y"] - around["y"] - box["height"] / 2  # in the picture, wherever that scrolls to
    drawn.click(position={"x": around["width"] / 2, "y": above}, force=True)
    expect(field(explore, "Region")).to_have_value("Anterior substantia nigra")
    expect(picture(explore, "Anterior substantia nigra: Free water")).to_be_visible()


def test_an_error_is_seen_from_a_button_far_below_it(explore):
    field(explore, "Figure").select_option("Profile")
    explore.click("Export figure")
    expect(explore.form.get_by_role("alert")).to_be_in_viewport()
    explore.click("Dismiss")
    field(explore, "Figure").select_option("Forest")


def test_study_selected_in_strip_shows_in_profile_and_gallery(explore):
    explore.click("Profile")
    explore.sees("Choose a study.")
    figure(explore, "Strip").focus()
    explore.page.keyboard.press("ArrowDown")
    explore.page.keyboard.press("Enter")
    expect(field(explore, "Study")).not_to_have_value("")
    label = field(explore, "Study").input_value()
    expect(picture(explore, "z-score")).to_be_visible()
    explore.tab("4 Results")
    explore.sees(f"Report of {label}")
    assert explore.form.locator("img[src=x]").count() == 0


def test_unanswerable_question_is_reported_and_next_is_answered(explore):
    field(explore, "Find regions").fill("hippocampus")
    field(explore, "Find regions").press("Tab")
    explore.sees("No region has this name.")
    field(explore, "Find regions").fill("putamen")
    field(explore, "Find regions").press("Tab")
    expect(picture(explore, "Putamen: Free water")).to_be_visible()
    expect(explore.form.get_by_role("alert")).to_have_count(0)
    field(explore, "Find regions").fill("")
    field(explore, "Find regions").press("Tab")
    explore.sees("66 of 66 regions are compared")


def test_reset_by_keyboard_returns_to_the_first_question(explore):
    reset = explore.form.get_by_role("button", name="Reset question")
    expect(reset).to_be_disabled()
    field(explore, "PSP").check()
    expect(reset).to_be_enabled()
    reset.focus()
    explore.page.keyboard.press("Enter")
    explore.sees("Set back: Groups.")
    expect(field(explore, "PSP")).not_to_be_checked()
    expect(reset).to_be_disabled()


def test_figure_table_and_methods_are_exported(explore, project):
    for what, file in (("figure", "forest_FW"), ("effects", "effects_FW"), ("methods", "methods")):
        explore.click(f"Export {what}")
        explore.sees(f"exports/{file}")
    written = {path.suffix for path in (project / "exports").iterdir()}
    assert written == {".png", ".svg", ".pdf", ".py", ".csv", ".json", ".txt"}
    code = explore.form.locator("pre.nf-code").filter(has_text="import neuroflow").inner_text()
    assert code.strip() == (project / "exports" / "forest_FW.py").read_text().strip()


def test_methods_of_a_further_answer_are_copied(explore):
    explore.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    explore.click("Further questions")
    field(explore, "Question").select_option(index=1)
    explore.click("Answer")
    explore.sees("distinguishes patients from controls best")
    expect(explore.form.get_by_role("button", name="Copy methods")).to_have_count(2)
    explore.form.get_by_role("button", name="Copy methods").first.click()
    explore.sees("Copied.")
    copied = explore.page.evaluate("navigator.clipboard.readText()")
    assert "area under the ROC curve" in copied


def test_a_new_answer_begins_at_its_first_page(explore):
    explore.form.get_by_role("searchbox").first.fill("")
    last = explore.form.get_by_role("link", name="Last").first
    last.click()
    row = explore.form.locator(".nf-rows:visible tbody tr", has_text="PD - Control").last
    name = row.locator("td").first.inner_text()
    first_page = explore.form.get_by_text("Rows 1 to 10 of")
    expect(first_page).to_have_count(0, timeout=10000)
    field(explore, "age").click()
    expect(first_page).to_be_visible()
    explore.fill("Region", name)  # far from the first page, where its row is brought into view
    field(explore, "age").click()
    expect(first_page).to_be_visible()
    explore.fill("Region", "Posterior substantia nigra")
    expect(chosen_row(explore)).to_be_visible()


TABLE = f"""
import pandas as pd
from neuroflow.widgets.common.form_model import FormModel
from neuroflow.widgets.common.controls import form
from neuroflow.widgets.common.data_table import DataTable
rows = pd.DataFrame({{"study": [f"sub-{{n:05d}}" for n in range(20_000)], "state": "failed"}})
rows["<b>{HOSTILE}</b>"] = "{HOSTILE}"
view = DataTable(FormModel(), "Studies", lambda state: "bad", select="single")
view.show(rows)
form(view)
"""
DRAWN = """(box, words) => new Promise((done) => {
  const root = box.closest(".nf-rows");
  let rows = 0;
  new MutationObserver((changes, observer) => {
    for (const { addedNodes } of changes)
      rows += [...addedNodes].filter((node) => node.nodeName === "TR").length;
    if (!root.querySelector(".dt-info").textContent.includes(words)) return;
    observer.disconnect();
    done(rows);
  }).observe(root, {subtree: true, childList: true, characterData: true});
  box.value = words === "of 20,000" ? "" : "sub-19999";
  box.dispatchEvent(new Event("input", {bubbles: true}));
})"""


def test_20000_rows_are_searched_sorted_and_drawn_by_the_page(page):
    page.open_cell(TABLE)
    page.sees("Rows 1 to 25 of 20,000")
    search = page.form.get_by_role("searchbox")
    ends = ("1 to 1 of 1", "of 20,000")
    assert [search.evaluate(DRAWN, words) for words in ends] == [1, PAGE]
    page.form.get_by_role("link", name="Last").click()
    page.sees("Rows 19,976 to 20,000 of 20,000")
    first = page.form.locator("tbody tr").first
    first.press("Enter")
    page.sees("1 row selected")
    first.hover()
    assert page.contrast("tr.selected .nf-bad") >= 4.5  # words stay readable on the chosen row
    expect(first).to_contain_text("✗ failed")
    expect(first).to_contain_text(HOSTILE)
    assert page.form.locator("img[src=x]").count() == 0
