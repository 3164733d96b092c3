"""The gallery is true: its code runs, and its pictures are there and small."""

import importlib.util
import sys
from pathlib import Path

import pytest
from PIL import Image

import neuroflow.plot as plot

ROOT = Path(__file__).parent.parent.parent
spec = importlib.util.spec_from_file_location("make_gallery", ROOT / "tools" / "make_gallery.py")
gallery = importlib.util.module_from_spec(spec)
sys.modules["make_gallery"] = gallery
spec.loader.exec_module(gallery)


@pytest.fixture(scope="module")
def names():
    return gallery.world()


def test_the_page_is_what_the_tool_writes():
    assert gallery.PAGE.read_text(encoding="utf-8") == gallery.page()


@pytest.mark.parametrize("name", [figure[0] for figure in gallery.FIGURES])
def test_code_and_picture_belong_together(name, names):
    code = next(figure[2] for figure in gallery.FIGURES if figure[0] == name)
    with plot.styled(note="Simulated data"):
        ax = gallery.draw(code, names)
    assert plot.caption(ax).endswith("Simulated data.")
    file = gallery.PICTURES / f"{name}.png"
    assert file.stat().st_size < 150_000
    width, height = ax.figure.get_size_inches() * gallery.DPI
    with Image.open(file) as picture:
        assert picture.size == (pytest.approx(width, abs=1), pytest.approx(height, abs=1))


def test_every_plot_is_in_the_gallery():
    drawn = " ".join(code for _, _, code in gallery.FIGURES)
    assert [name for name in plot.FIGURES if f"plot.{name}(" not in drawn] == []


def test_the_reference_lists_every_figure():
    assert gallery.REFERENCE.read_text(encoding="utf-8") == gallery.reference()


def test_no_picture_is_left_over():
    assert {file.stem for file in gallery.PICTURES.iterdir()} == {f[0] for f in gallery.FIGURES}
