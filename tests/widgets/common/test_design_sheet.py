import re
from pathlib import Path

import pytest

import neuroflow.widgets
from neuroflow.widgets.common.private import SHEETS

WIDGETS = Path(neuroflow.widgets.__file__).parent
STATIC = WIDGETS / "static"
DESIGN = (STATIC / "design.css").read_text(encoding="utf-8")
OTHERS = {
    path.name: path.read_text(encoding="utf-8")
    for path in sorted(STATIC.glob("*.css"))
    if path.name != "design.css"
}
CODE = "".join(
    path.read_text(encoding="utf-8")
    for kind in ("*.py", "*.js")
    for path in sorted(WIDGETS.rglob(kind))
)
COLOUR = r"#[0-9a-fA-F]{3,8}\b|\b(?:rgba?|hsla?)\(|\b(?:white|black|red|gray|grey)(?![\w-])"
SIZE = r"\b\d*\.?\d+(?:px|pt|rem)\b"


def without_comments(sheet):
    return re.sub(r"/\*.*?\*/|@container[^{]*", "", sheet, flags=re.DOTALL)


@pytest.mark.parametrize("name", OTHERS)
def test_other_sheets_have_no_colour_and_no_size(name):
    rules = without_comments(OTHERS[name])
    assert re.findall(f"{COLOUR}|{SIZE}", rules) == []


def test_layouts_of_the_forms_have_no_size():
    layouts = re.findall(r"layout=\{[^}]*\}|_width\": \"[^\"]*\"", CODE)
    assert [text for text in layouts if re.search(SIZE, text)] == []


def test_every_name_of_the_design_sheet_is_used():
    defined = set(re.findall(r"(--nf-[\w-]+):", DESIGN))
    used = set(re.findall(r"var\((--nf-[\w-]+)", DESIGN + "".join(OTHERS.values()) + CODE))
    assert defined == used


def test_every_class_of_the_sheets_is_used():
    sheets = without_comments(DESIGN + "".join(OTHERS.values()))
    classes = set(re.findall(r"\.(nf-[a-z-]+)(?![\w-])", sheets))
    built = {f"nf-{tone}" for tone in ("plain", "good", "bad", "warn", "wait")}
    assert [name for name in sorted(classes - built) if name not in CODE] == []


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("tone", ["plain", "good", "bad", "warn", "wait"])
def test_words_of_every_chip_are_readable(theme, tone):
    light, dark = DESIGN.split("[data-jp-theme-light", 1)
    colours = dict(re.findall(r"--nf-([\w-]+): (#\w{6});", {"light": light, "dark": dark}[theme]))
    assert contrast(colours[tone], colours[f"{tone}-ground"]) >= 4.5


def test_page_loads_every_sheet_but_that_of_tables_once():
    assert {f"{name}.css" for name in SHEETS} == {"design.css", *OTHERS} - {"table.css"}


def contrast(one, other):
    """Return the contrast ratio of two colours, as WCAG 2.2 defines it."""
    darker, lighter = sorted((luminance(one), luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def luminance(colour):
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    red, green, blue = (v / 12.92 if v <= 0.03928 else ((v + 0.055) / 1.055) ** 2.4 for v in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
