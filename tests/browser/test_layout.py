"""Where the parts of the forms stand in a window of 1300 by 900 pixels, measured by a browser."""

import pytest
from playwright.sync_api import expect
from support.collected import collect_into, people
from support.waits import wait_for_columns

from neuroflow.workspace.workspace import Workspace

pytestmark = [pytest.mark.browser, pytest.mark.slow]
LONG = "P" * 140


@pytest.fixture(scope="module")
def forms(tmp_path_factory, shown):
    """Show the forms of simulated studies; one participant has a long name."""
    folder = tmp_path_factory.mktemp("layout") / "project"
    participants = people(24)
    participants.loc[0, "participant_id"] = LONG
    with Workspace(folder) as ws:
        collect_into(ws, participants)
    (folder / "simulated").mkdir()
    with shown("voila", folder) as page:
        page.page.set_viewport_size({"width": 1300, "height": 900})
        yield page


def rows(page, caption):
    """Return the rows of the table of the open form with this caption."""
    table = page.form.locator(".nf-rows:visible", has_text=caption)
    found = table.locator("tbody tr")
    found.nth(9).wait_for()
    return found


def heights(found):
    return found.evaluate_all("(all) => all.map((each) => each.getBoundingClientRect().height)")


def test_long_names_take_one_line_in_every_column(forms):
    forms.tab("2 Cohort")
    found = rows(forms, "Studies")
    assert max(heights(found)) - min(heights(found)) < 5  # not by a second line
    cell = found.get_by_role("gridcell", name=LONG, exact=True)
    before = cell.bounding_box()["height"]
    cell.hover()
    assert cell.bounding_box()["height"] > 1.5 * before  # the whole name is seen
    forms.page.mouse.move(0, 0)


@pytest.mark.parametrize(("tab", "column"), [("2 Cohort", "findings"), ("4 Results", "message")])
def test_columns_of_sentences_wrap_and_stay_wide_enough(forms, tab, column):
    forms.tab(tab)
    rows(forms, "Stud" if tab == "2 Cohort" else "Status")
    header = forms.form.get_by_role("columnheader", name=column)
    cell = forms.form.locator(".nf-rows:visible td.nf-say").first
    assert header.is_visible()
    space, width, size = cell.evaluate(
        """(cell) => {
          const { whiteSpace, fontSize } = getComputedStyle(cell);
          return [whiteSpace, cell.clientWidth, parseFloat(fontSize)];
        }"""
    )
    assert space == "normal"
    assert width >= 14 * size


def test_labels_of_the_boxes_to_tick_are_whole(forms):
    forms.tab("5 Explore")
    labels = forms.form.locator(".nf-ticks label:visible")
    labels.filter(has_text="corpus callosum").wait_for()
    labels.first.locator("span").evaluate(
        "(name) => { name.textContent += ' of the cohort'.repeat(4); }"
    )
    cut = """(all) => all.filter((each) => {
      const [box, name] = [each, each.lastElementChild].map((e) => e.getBoundingClientRect());
      return name.right > box.right + 0.5 || name.bottom > box.bottom + 0.5;
    }).map((each) => each.textContent)"""
    assert labels.evaluate_all(cut) == []


def test_effects_have_rows_of_one_line_that_is_seen_whole(forms):
    forms.tab("5 Explore")
    found = heights(rows(forms, "Effects"))
    assert len(found) == 10
    assert max(found) < 30
    table = forms.form.locator(".nf-rows:visible", has_text="Effects")
    assert table.evaluate("(each) => each.scrollWidth - each.clientWidth") == 0


def test_first_figure_begins_in_a_window_of_900_pixels(forms):
    forms.tab("5 Explore")
    drawn = forms.form.locator("img.nf-drawn:visible").first
    drawn.wait_for()
    assert drawn.evaluate("(each) => each.getBoundingClientRect().top + scrollY") < 850


def test_simulated_strip_is_as_wide_as_the_tabs(forms):
    right = "(each) => each.getBoundingClientRect().right"
    strip = forms.page.locator(".nf-simulated").evaluate(right)
    tabs = forms.page.locator(".nf-app .jupyter-widget-tab > .widget-tab-contents").evaluate(right)
    assert abs(strip - tabs) < 1


def test_a_field_shows_the_whole_number_that_is_used(forms):
    forms.tab("1 Connect")
    forms.fill("Port", "22.5")
    expect(forms.form.get_by_label("Port", exact=True)).to_have_value("22")


@pytest.mark.parametrize(("width", "beside"), [(700, 1), (1300, 2), (2560, 3)])
def test_connect_uses_the_width_of_the_window(forms, width, beside):
    forms.tab("1 Connect")
    forms.page.set_viewport_size({"width": width, "height": 900})
    selector = ".nf-brief > :is(.nf-lead, .nf-ask, .nf-listed)"
    wait_for_columns(forms.page, selector, beside)
    parts = forms.form.locator(selector)
    expect(parts).to_have_count(3)
    lefts = parts.evaluate_all("(all) => all.map((each) => each.getBoundingClientRect().left)")
    right = "(each) => each.getBoundingClientRect().right"
    used = max(parts.evaluate_all(f"(all) => all.map({right})"))
    forms.page.set_viewport_size({"width": 1300, "height": 900})
    assert len({round(left) for left in lefts}) == beside
    assert used > 0.95 * width


def test_every_tone_of_a_tab_has_a_colour(forms):
    tones = forms.page.evaluate(
        """() => {
          const tabs = document.querySelector(".nf-app .jupyter-widget-tab");
          const label = tabs.querySelector("li:nth-child(3) .lm-TabBar-tabLabel");
          const kept = tabs.className;
          const found = ["", "good", "bad", "warn", "wait"].map((tone) => {
            tabs.className = kept.replace(/nf-3-\\w+/g, "") + ` nf-3-${tone}`;
            return getComputedStyle(label).color;
          });
          tabs.className = kept;
          return found;
        }"""
    )
    assert len(set(tones)) == 5
