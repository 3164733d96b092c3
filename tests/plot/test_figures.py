"""The register: each figure is described beside its function and found by its file's name."""

import inspect
import subprocess
import sys

import pytest
from matplotlib.axes import Axes
from support.waits import PATIENCE

import neuroflow.plot as plot
from neuroflow.plot import FIGURES


def test_every_figure_returns_axes_and_is_exported_by_its_name():
    for name, figure in FIGURES.items():
        assert figure.name == name
        assert getattr(plot, name) is figure.draw
        assert inspect.signature(figure.draw, eval_str=False).return_annotation == Axes.__name__


def test_every_function_that_returns_axes_is_registered():
    functions = [name for name in plot.__all__ if inspect.isfunction(getattr(plot, name))]
    drawn = [n for n in functions if getattr(plot, n).__annotations__.get("return") == "Axes"]
    assert sorted(drawn) == sorted(FIGURES)


@pytest.mark.parametrize("name", FIGURES)
def test_data_come_first_and_axes_by_keyword(name):
    first, *others = inspect.signature(FIGURES[name].draw).parameters.values()
    assert first.kind is first.POSITIONAL_OR_KEYWORD
    by_place = [other.name for other in others if other.kind is other.POSITIONAL_OR_KEYWORD]
    assert set(by_place) <= {"region", "regions", "metric", "study_id", "participant_id", "score"}
    assert others[-1].name == "ax"


@pytest.mark.parametrize("name", [n for n in FIGURES if FIGURES[n].form])
def test_what_the_form_fills_in_are_arguments_of_the_figure(name):
    figure = FIGURES[name]
    assert {*figure.form.takes, "metric"} <= set(inspect.signature(figure.draw).parameters)


def test_required_arguments_are_found_by_the_signature():
    assert FIGURES["scatter"].missing({"score": "age"}) == ["region"]
    assert FIGURES["strip"].missing({}) == []
    known = FIGURES["heatmap"].arguments({"reference": None, "by": "sex", "score": "age"})
    assert known == {"reference": None, "by": "sex"}


def test_a_name_without_a_figure_is_a_key_error():
    assert "pie" not in FIGURES
    with pytest.raises(KeyError, match="pie"):
        FIGURES["pie"]


def test_the_names_of_figures_load_no_matplotlib():
    code = "import sys; from neuroflow.plot import FIGURES; assert 'strip' in list(FIGURES)\n"
    code += "assert not {'matplotlib', 'pandas', 'numpy'} & set(sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True, timeout=PATIENCE)
