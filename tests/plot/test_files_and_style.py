import subprocess
import sys
from io import BytesIO

import matplotlib as mpl
import numpy as np
import pytest
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure as Plain
from PIL import Image
from support.comparison_tables import realistic_table
from support.waits import PATIENCE

import neuroflow.plot as plot
from neuroflow.errors import FolderError, OptionError
from neuroflow.plot.common.labels import unit
from neuroflow.plot.common.style import THEMES, current_style, group_styles

NO_DATE = {"png": {}, "svg": {"Date": None}}


@pytest.fixture(scope="module")
def ax():
    return plot.strip(realistic_table({"Control": 5, "PSP": 5, "PD": 5}))


def test_all_formats_are_written_whole_with_caption_and_readable_text(ax, tmp_path):
    png, svg, pdf = plot.save_figure(ax, tmp_path / "new" / "strip.png", ["png", "svg", "pdf"])
    assert sorted(f.name for f in png.parent.iterdir()) == ["strip.pdf", "strip.png", "strip.svg"]
    with Image.open(png) as picture:
        assert picture.width == pytest.approx(180 / 25.4 * 300, abs=1)
        assert picture.text["Description"] == plot.caption(ax)
    assert ">Free water (fraction)</text>" in svg.read_text(encoding="utf-8")
    assert b"/FontFile2" in pdf.read_bytes()  # the font is in the file, as TrueType


def test_the_same_table_gives_the_same_files(tmp_path):
    table = realistic_table({"Control": 5, "PSP": 5})
    first, second = (
        plot.save_figure(plot.strip(table), tmp_path / name, ["png", "svg", "pdf"])
        for name in ("a", "b")
    )
    assert [f.read_bytes() for f in first] == [f.read_bytes() for f in second]


def test_a_figure_is_drawn_once_as_matplotlib_does_twice(ax, monkeypatch):
    """Matplotlib draws first into nothing, to lay the figure out; the layout is enough."""
    drawn = []
    monkeypatch.setattr(ax, "draw", lambda renderer: drawn.append(1) or type(ax).draw(ax, renderer))
    for options in (
        {"format": "png"},
        {"format": "svg"},
        {"format": "png", "bbox_inches": "tight"},
    ):
        ours, plain = BytesIO(), BytesIO()
        ax.figure.savefig(ours, metadata=NO_DATE[options["format"]], **options)
        passes = len(drawn)
        with mpl.rc_context(current_style().rc()):
            Plain.savefig(ax.figure, plain, metadata=NO_DATE[options["format"]], **options)
        assert ours.getvalue() == plain.getvalue()
        assert (passes, len(drawn) - passes) == ((2, 2) if "bbox_inches" in options else (1, 2))
        drawn.clear()


def test_an_unwritable_folder_is_reported_and_leaves_no_files(ax, tmp_path):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(FolderError, match=r"strip\.png cannot be written"):
        plot.save_figure(ax, tmp_path / "file" / "strip")
    assert [f.name for f in tmp_path.iterdir()] == ["file"]


def test_an_unknown_format_is_refused_and_leaves_no_files(ax, tmp_path):
    with pytest.raises(OptionError, match="png, svg, pdf"):
        plot.save_figure(ax, tmp_path / "strip", ["gif"])
    assert list(tmp_path.iterdir()) == []


def test_a_notebook_shows_the_axes_as_their_figure(ax):
    data, size = ax._repr_png_()
    assert data.startswith(b"\x89PNG")
    assert size["width"] == int(180 / 25.4 * 96)


def test_plots_leave_pyplot_and_the_users_settings_alone():
    code = (
        "import sys, matplotlib as mpl; before = mpl.rcParams.copy()\n"
        "import pandas as pd, neuroflow.plot as plot\n"
        "t = pd.DataFrame(dict(study_id=list('abcdef'), group=['Control']*3+['PSP']*3,"
        "region='SCP', metric='FW', value=[.1,.2,.3,.4,.5,.7]))\n"
        "plot.strip(t); plot.heatmap(t)\n"
        "assert 'matplotlib.pyplot' not in sys.modules\n"
        "assert mpl.rcParams.copy() == before"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=PATIENCE)


def test_the_room_is_light_until_a_plot_is_used():
    code = "import sys, neuroflow.plot; assert 'matplotlib' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True, timeout=PATIENCE)


def test_public_names_are_there_and_no_others():
    assert dir(plot) == plot.__all__
    assert all(callable(getattr(plot, name)) for name in {*plot.__all__} - {"FIGURES"})
    with pytest.raises(AttributeError, match="violin"):
        _ = plot.violin


def lightness(color):
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in to_rgb(color)]
    return float(np.dot(linear, (0.2126, 0.7152, 0.0722)))


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_group_colours_and_texts_contrast_with_the_background(theme):
    background = lightness(THEMES[theme].background)

    def contrast(color):
        one, two = sorted([lightness(color), background], reverse=True)
        return (one + 0.05) / (two + 0.05)

    colors = THEMES[theme]
    assert min(map(contrast, (colors.foreground, colors.muted))) >= 4.5  # WCAG 2.2, 1.4.3
    assert min(map(contrast, [*colors.groups.values(), *colors.extra_groups])) >= 2.4
    markers = {
        marker for _, marker in group_styles(["Control", "PD", "MSA", "PSP", "ET", "CBS"]).values()
    }
    assert len(markers) == 6


def test_the_style_can_be_changed_permanently_or_temporarily():
    with plot.styled(colors={"PSP": "#123456"}, order=["PSP", "Control"], theme="dark"):
        assert list(group_styles(["Control", "PD", "PSP"])) == ["PSP", "Control", "PD"]
        assert group_styles(["PSP"])["PSP"][0] == "#123456"
    assert group_styles(["PSP"])["PSP"][0] == THEMES["light"].groups["PSP"]
    assert plot.style(font_size=10).small == 9
    assert plot.style().font_size == 9


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"theme": "sepia"}, "light, dark"),
        ({"colour": "red"}, "Choose from theme"),
        ({"colors": {"PD": "blau"}}, "not a colour"),
        ({"font_size": 6}, "8 pt or more"),
    ],
)
def test_settings_outside_their_choices_are_refused(changes, says):
    with pytest.raises(OptionError, match=says):
        plot.style(**changes)


def test_diagnoses_are_known_by_their_usual_names():
    assert group_styles(["HC", "MSAp"]) == {
        "HC": group_styles(["Control"])["Control"],
        "MSAp": group_styles(["MSA"])["MSA"],
    }


def test_units_of_unknown_metrics_are_not_invented():
    assert unit("MK", np.array([1.0])) == "units as reported"
    assert unit("MD", np.array([800.0])) == "10⁻⁶ mm²/s"


def test_the_note_stands_on_every_figure_and_in_its_caption():
    table = realistic_table({"Control": 5, "PSP": 5})
    with plot.styled(note="Simulated data", footnotes=False):
        ax = plot.strip(table)
    assert ax.figure._supxlabel.get_text() == "Simulated data."
    assert plot.caption(ax).endswith("Simulated data.")


def test_a_name_with_dollars_is_no_formula(tmp_path):
    table = realistic_table({"Control": 5, "PSP": 5})
    table["group"] = table["group"].astype("str") + " $b^$"
    files = plot.save_figure(plot.strip(table), tmp_path / "odd", ["png", "svg"])
    assert "$b^$" in files[1].read_text(encoding="utf-8")
