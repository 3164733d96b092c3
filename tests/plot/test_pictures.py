"""The main figures, pixel by pixel, beside pictures that were looked at.

Text and legends are taken out before: they differ between versions of matplotlib and FreeType,
and other tests read them. After a change that is meant, write the pictures anew, look at them and
commit them:

    NEUROFLOW_PICTURES=write python -m pytest tests/plot/test_pictures.py
"""

import os
from pathlib import Path

import pytest
from matplotlib.testing.compare import compare_images
from matplotlib.text import Text
from matplotlib.ticker import NullFormatter
from support.comparison_tables import realistic_table

import neuroflow.plot as plot
from neuroflow.compare.groups import compare_groups
from neuroflow.contract import BIOMARKERS

PICTURES = Path(__file__).parent / "pictures"
DPI = 40
TOLERANCE = 4.0  # root mean square, of 255; matplotlib 3.9 and 3.11 stay within it
WRITE = os.environ.get("NEUROFLOW_PICTURES") == "write"

SOME = [*BIOMARKERS, "Dentate", "STN", "M1_TCATT", "CC1"]
FIGURES = {
    "strip": lambda table, effects: plot.strip(table),
    "strip_rows": lambda table, effects: plot.strip(table, SOME, summary="box"),
    "raincloud": lambda table, effects: plot.raincloud(table, regions=["SCP", "Putamen"]),
    "heatmap": lambda table, effects: plot.heatmap(table),
    "forest": lambda table, effects: plot.forest(effects, regions=SOME),
    "volcano": lambda table, effects: plot.volcano(effects, contrast="PSP - Control"),
    "profile": lambda table, effects: plot.profile(table, "study0040", regions=BIOMARKERS),
    "brain": lambda table, effects: plot.brain(effects, contrast="PSP - Control"),
    "brain_below": lambda table, effects: plot.brain(
        effects, metric="FAt", contrast="PSP - Control"
    ),
}
LOOKED_AT = [(name, "light") for name in FIGURES]
LOOKED_AT += [(name, "dark") for name in ("strip", "heatmap", "brain")]


@pytest.fixture(scope="module")
def table():
    return realistic_table(missing=0.01, seed=2)


@pytest.fixture(scope="module")
def effects(table):
    return compare_groups(table, reference="Control", covariates=["age", "sex"])


def saved(ax, file):
    """Save the panel of a figure without text, at a place that no text has a say in."""
    figure = ax.figure
    figure.set_layout_engine("none")
    for other in [*figure.legends, *(panel for panel in figure.axes if panel is not ax)]:
        other.remove()
    ax.set_position((0.05, 0.05, 0.9, 0.9))
    for panel in (ax, *ax.child_axes):
        for axis in (panel.xaxis, panel.yaxis):
            axis.set_major_formatter(NullFormatter())
            axis.set_minor_formatter(NullFormatter())
    for text in figure.findobj(Text):
        text.set_text("")
    figure.savefig(file, dpi=DPI)
    return file


@pytest.mark.parametrize(("name", "theme"), LOOKED_AT)
def test_the_picture_is_the_one_that_was_looked_at(name, theme, table, effects, tmp_path):
    expected = PICTURES / f"{name}_{theme}.png"
    with plot.styled(theme=theme):
        ax = FIGURES[name](table, effects)
        saved(ax, expected if WRITE else tmp_path / "new.png")
    if not WRITE:  # the comparison leaves its difference beside the new picture
        assert compare_images(str(expected), str(tmp_path / "new.png"), TOLERANCE) is None
    assert expected.stat().st_size < 50_000


def test_a_group_that_changes_places_is_seen(table, tmp_path):
    mixed = table.assign(group=table["group"].replace({"PSP": "Control", "Control": "PSP"}))
    with plot.styled(theme="light"):
        file = saved(plot.strip(mixed), tmp_path / "new.png")
    assert "Error" in compare_images(str(PICTURES / "strip_light.png"), str(file), TOLERANCE)


def test_no_picture_is_left_over():
    names = {f"{name}_{theme}" for name, theme in LOOKED_AT}
    assert {file.stem for file in PICTURES.iterdir()} == names
