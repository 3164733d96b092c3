"""Forms that everybody can read and use: both themes, 500 studies, the keyboard alone."""

import re

import pytest
from playwright.sync_api import expect
from support.audit import READABLE, broken_rules, contrasts, is_dark
from support.collected import collect_into, people
from support.keyboard import tab_to
from support.lab import CONTRAST
from support.pictures import keep
from support.saved_forms import SECRETS, SENTENCE, saved_after_a_look, saved_widgets
from support.waits import wait_for_columns
from support.whole import whole

from neuroflow.workspace.workspace import Workspace

pytestmark = [pytest.mark.browser, pytest.mark.slow]
FORMS = ("1 Connect", "2 Cohort", "3 Submit", "4 Results", "5 Explore")
FLOOD = "rgb(13, 110, 253)"
"""What DataTables paints over a chosen row; dark words cannot be read on it."""
WHOLE = {"voila": "html", "lab": ".nf-app", "notebook7": ".nf-app"}
"""What of a page is ours: all of it, or what is in a notebook."""
FRONTS = ["lab light", "voila dark"]
"""Both front ends and both themes."""


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    """Return the folder of a workspace with 28 collected studies; one came without a picture."""
    folder = tmp_path_factory.mktemp("access") / "project"
    with Workspace(folder) as ws:
        cohort = collect_into(ws, people(28))
        (ws.results_folder / f"{cohort.studies[20].study_id}_out" / "prediction.png").unlink()
    return folder


@pytest.fixture(scope="module")
def forms(request, shown, project):
    """Show the forms of the project in a front and a theme, to one test after the other."""
    front, theme = request.param.split()
    with shown(front, project, dark=theme == "dark") as page:
        page.front, page.theme = front, theme
        yield page


@pytest.mark.parametrize(
    "forms", [*FRONTS, *whole("lab dark", "voila light", "notebook7 light")], indirect=True
)
def test_every_form_is_readable_and_accessible(forms):
    for name in FORMS:
        forms.tab(name)
        drawn(forms, name)
        texts = contrasts(forms.page)
        assert len(texts) > 10
        assert [each for each in texts if each[1] < READABLE] == [], name
        assert broken_rules(forms.page, WHOLE[forms.front]) == [], name
        keep(forms, f"forms_{forms.theme}_{name[2:].lower()}")
    assert is_dark(forms.page) == (forms.theme == "dark")
    size = forms.page.viewport_size
    forms.page.set_viewport_size({"width": 1500, "height": 4000})  # a notebook scrolls by itself
    forms.form.get_by_role("heading", name="Explore").scroll_into_view_if_needed()
    keep(forms, f"forms_explore_{forms.theme}", docs=True, height=1150)
    forms.page.set_viewport_size(size)
    row = forms.form.locator("tr[aria-selected=true]")
    row.hover()
    assert FLOOD not in row.locator("td").last.evaluate("cell => getComputedStyle(cell).boxShadow")


def drawn(page, name):
    """Wait until a form shows what it has to show."""
    page.form.get_by_role("heading", name=name[2:]).first.wait_for()
    if name != "1 Connect":
        rows = 10 if name == "5 Explore" else 25
        page.form.locator(".nf-rows tbody tr").nth(rows - 1).wait_for()
    if name == "4 Results":
        page.form.get_by_role("img", name="Thumbnail of the report").nth(11).wait_for()
    if name == "5 Explore":
        page.form.get_by_role("img", name="Linear model").first.wait_for()
        expect(page.form.locator("img.nf-drawn:visible")).to_have_count(3)


@pytest.mark.parametrize("forms", [*FRONTS, *whole("notebook7 light")], indirect=True)
def test_every_kind_of_control_keeps_its_keys(forms):
    """A notebook deletes cells at d d, cuts at x, adds at a and b, and moves with the arrows."""
    kinds = set()
    for name in FORMS:
        forms.tab(name)
        drawn(forms, name)
        forms.page.get_by_role("tab", name=name).focus()
        keys_stay(forms)
        for kind, place in forms.page.evaluate(CONTROLS):
            if kind in kinds:
                continue
            before = forms.page.evaluate(FOCUS, place)
            if before is None:  # a table draws its buttons anew
                continue
            kinds.add(kind)
            keys_stay(forms, enters="button" not in kind and "checkbox" not in kind)
            forms.page.evaluate(PUT_BACK, [place, before])
    expected = {"button", "select-one", "text", "checkbox", "search", "tr"}
    assert expected <= kinds
    show_all_reports(forms)


def show_all_reports(page):
    """Leave the study that a key has chosen in a figure: Results show its report and its row."""
    page.fill("Study", "sub-000_ses-1")
    page.tab("4 Results")
    page.sees("Report of sub-000_ses-1")
    page.click("All reports")


def keys_stay(page, *, enters=False):
    """Press the keys of a notebook's commands; the notebook and the focus stay as they are."""
    page.press("d", "d", "x", "a", "b", "z", "ArrowDown", "ArrowUp", *["Enter"] * enters)
    assert page.page.evaluate(FOCUS_IS_INSIDE)
    assert page.page.locator(".jp-Notebook .jp-Cell").count() <= 1
    assert page.form.count() == 1


TRIED = """const tried = (place) => [...document.querySelectorAll(`[data-tried="${place}"]`)]
  .find((control) => control.checkVisibility());"""
"""Finds a control of the open form; those of the other forms are there, but not seen."""
FOCUS = (
    f"(place) => {{ {TRIED}"
    + """
  const control = tried(place);
  if (!control) return null;
  control.focus();
  if (control.options) return { chosen: [...control.options].map((option) => option.selected) };
  return control.matches("input:not([type=checkbox]), textarea") ? { value: control.value } : {};
}"""
)
"""Gives a control the focus and returns what it holds, in one step: it may be drawn anew."""
PUT_BACK = (
    f"([place, before]) => {{ {TRIED}"
    + """
  const control = tried(place);
  if (!control) return;
  if ("chosen" in before)
    [...control.options].forEach((option, i) => { option.selected = before.chosen[i]; });
  else if ("value" in before) control.value = before.value;
  else return;
  control.dispatchEvent(new Event("input", { bubbles: true }));
  control.dispatchEvent(new Event("change", { bubbles: true }));
}"""
)
"""Puts back what a control held, if it is still there."""
CONTROLS = """() => [...document.querySelectorAll(".nf-form")]
  .filter((form) => form.checkVisibility())
  .flatMap((form) => [...form.querySelectorAll("*")])
  .filter((e) => e.tabIndex >= 0 && !e.disabled && e.checkVisibility())
  .map((e, place) => {
    e.dataset.tried = place;
    return [e.type ?? e.getAttribute("role") ?? e.localName, place];
  })"""
"""What can have the focus in the open form, with its kind."""
FOCUS_IS_INSIDE = """() => {
  const cell = document.querySelector(".jp-Notebook .jp-Cell");
  const focus = document.activeElement;
  return Boolean(focus.closest(".nf-app")) && !cell?.contains(focus.closest(".cm-editor") ?? null);
}"""


@pytest.mark.parametrize("forms", FRONTS[:1], indirect=True)
def test_saved_notebook_names_no_participant_after_every_control(forms):
    text = saved_after_a_look(forms)
    (form,) = saved_widgets(text)
    assert SENTENCE in form["state"]["value"]
    assert [word for word in SECRETS if word in text] == []
    assert len(text.encode()) < 300_000
    forms.click("All reports")


@pytest.mark.parametrize("forms", [*FRONTS, *whole("notebook7 light")], indirect=True)
def test_keyboard_alone_connects_and_selects_a_region(forms, service):
    keys = forms.page.keyboard
    forms.page.get_by_role("tab", name="1 Connect").focus()
    keys.press("Enter")
    drawn(forms, "1 Connect")
    facts = {
        "Profile name": f"by keyboard in {forms.front}",  # one that is not saved yet
        "Host": service.host,
        "Port": service.port,
        "User": service.user,
    }
    for name, fact in (facts | {"Private key": service.key}).items():
        tab_to(forms, name)
        keys.insert_text(str(fact))
        keys.press("Tab")  # some fields count once they are left
    tab_to(forms, "Test connection")
    keys.press("Enter")
    forms.sees("This is the first connection to this server.")
    expect(forms.form.get_by_role("button", name="Test connection")).to_be_focused()
    tab_to(forms, "Yes, this is the fingerprint")
    keys.press("Enter")
    forms.sees("The service answers")
    assert forms.page.evaluate(FOCUS_IS_INSIDE)  # the button that was pressed is gone

    forms.page.get_by_role("tab", name="5 Explore").focus()
    keys.press("Enter")
    drawn(forms, "5 Explore")
    strip = forms.form.get_by_alt_text(": Free water").first
    before = strip.get_attribute("alt").partition(":")[0]
    tab_to(forms, "Forest: choose a region")
    keys.press("ArrowDown")
    keys.press("Enter")
    expect(strip).to_have_attribute("alt", re.compile(f"^(?!{re.escape(before)}:).*: Free water"))


@pytest.mark.parametrize("forms", [*FRONTS, *whole("notebook7 light")], indirect=True)
def test_reports_are_reached_with_arrows_and_opened_with_enter(forms):
    forms.tab("4 Results")
    drawn(forms, "4 Results")
    openers = forms.form.locator(".nf-gallery button")
    openers.first.focus()
    for key, place in (("ArrowRight", 1), ("End", 11), ("ArrowLeft", 10), ("Home", 0)):
        forms.press(key)
        expect(openers.nth(place)).to_be_focused()
    forms.press("ArrowDown")
    below = openers.evaluate_all("(all) => all.indexOf(document.activeElement)")
    assert below == openers.evaluate_all(BELOW) > 0
    name = openers.nth(below).inner_text()
    forms.press("Enter")
    forms.sees(f"Report of {name}")
    assert forms.page.evaluate(FOCUS_IS_INSIDE)
    tab_to(forms, "All reports")
    forms.press("Enter")
    expect(openers.nth(below)).to_be_focused()


@pytest.mark.parametrize("forms", [*FRONTS, *whole("notebook7 light")], indirect=True)
def test_tabs_show_a_word_that_is_readable_and_not_cut(forms):
    size = forms.page.viewport_size
    forms.page.set_viewport_size({"width": 700, "height": 900})
    tabs = forms.page.locator(".nf-app").get_by_role("tab")
    expect(tabs.nth(3)).to_have_accessible_name(re.compile("4 Results . 28 collected"))
    for text, is_whole, ratio in forms.page.evaluate(STEPS):
        assert re.fullmatch(r"\d \w+\n[✓✗…!·] [\w ]+", text)
        assert is_whole, text
        assert ratio >= READABLE, text
    forms.page.set_viewport_size(size)


@pytest.mark.parametrize("forms", FRONTS, indirect=True)
def test_state_of_a_selected_row_is_readable(forms):
    forms.tab("3 Submit")
    drawn(forms, "3 Submit")
    for name in ("sub-002_ses-1", "sub-003_ses-1"):  # one of them is on a stripe
        forms.choose_row(name)
        row = forms.form.locator("tr[aria-selected=true]", has_text=name).filter(visible=True)
        expect(row.locator(".nf-chip")).to_have_text("✓ collected")
        assert row.locator(".nf-chip").evaluate(CONTRAST) >= READABLE
    forms.form.get_by_role("button", name="Clear selection").filter(visible=True).click()


@pytest.mark.parametrize("forms", FRONTS[1:], indirect=True)
def test_cards_of_the_gallery_have_one_height_and_full_pictures(forms):
    forms.tab("4 Results")
    drawn(forms, "4 Results")
    forms.form.get_by_role("button", name="Next", exact=True).click()
    forms.form.get_by_text("It came without a picture.").wait_for()
    size = forms.page.viewport_size
    for width, in_a_row in ((700, 1), (1100, 3), (1300, 3), (1500, 2), (2560, 3)):
        forms.page.set_viewport_size({"width": width, "height": 900})
        wait_for_columns(forms.page, ".nf-gallery > .nf-report", in_a_row)
        cards = forms.page.evaluate(CARDS)
        assert len(cards) == 12
        assert len({card["left"] for card in cards}) == in_a_row, width
        for what in ("height", "picture", "caption"):
            found = [card[what] for card in cards]
            assert max(found) - min(found) < 2, (width, what)
        for card in cards:
            assert card["filled"] > 0.98
            assert card["ratio"] == pytest.approx(1.6, rel=0.02)
    forms.page.set_viewport_size(size)
    forms.form.get_by_role("button", name="Back", exact=True).click()
    drawn(forms, "4 Results")


STEPS = """() => {
  const canvas = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  const light = (color) => {
    canvas.fillStyle = color;
    canvas.fillRect(0, 0, 1, 1);
    const [r, g, b] = [...canvas.getImageData(0, 0, 1, 1).data].slice(0, 3)
      .map((v) => v / 255).map((v) => (v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  return [...document.querySelectorAll(".nf-app .lm-TabBar-tabLabel")].map((label) => {
    const words = light(getComputedStyle(label).color);
    const chip = light(getComputedStyle(label, "::after").backgroundColor);
    const ratio = (Math.max(words, chip) + 0.05) / (Math.min(words, chip) + 0.05);
    return [label.textContent, label.scrollWidth <= label.clientWidth, ratio];
  });
}"""
"""Text of each tab, whether it is all seen, and the contrast of its word to its chip."""
CARDS = """() => [...document.querySelectorAll(".nf-gallery > *")].map((card) => {
  const box = card.getBoundingClientRect();
  const picture = card.querySelector(".nf-top").getBoundingClientRect();
  return {
    left: Math.round(box.left), height: box.height, picture: picture.height,
    filled: picture.width / box.width, ratio: picture.width / picture.height,
    caption: card.querySelector("button").getBoundingClientRect().top - box.top,
  };
})"""
"""Where the cards of the gallery are, and their pictures and names in them."""
BELOW = """(all) => {
  const { top, left } = all[0].parentElement.getBoundingClientRect();
  return all.findIndex((each) => {
    const box = each.parentElement.getBoundingClientRect();
    return box.top > top && Math.abs(box.left - left) < 1;
  });
}"""
"""The report below the first one."""


def test_hundred_studies_are_searched_and_selected_in_tables(page, tmp_path):
    with Workspace(tmp_path / "project") as ws:
        collect_into(ws, people(100), reports=False)
    page.open_app(tmp_path / "project")
    for name, table in (
        ("2 Cohort", "Studies"),
        ("3 Submit", "Studies of"),
        ("4 Results", "Status"),
    ):
        page.tab(name)
        page.sees("Rows 1 to 25 of 100")
        page.form.get_by_role("searchbox", name=table).first.fill("sub-099")
        page.sees("Rows 1 to 1 of 1 (filtered from 100)")
    page.choose_row("sub-099_ses-1")
    page.sees("Report of sub-099_ses-1")
    page.tab("2 Cohort")
    page.choose_row("sub-099_ses-1")
    page.sees("Selected: sub-099_ses-1")
