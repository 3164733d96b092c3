"""Figures of the form in the widths of a journal: no text is cut, small or over another."""

import pytest
from support.comparison_tables import realistic_table

from neuroflow.compare.groups import compare_groups
from neuroflow.errors import OptionError, ResultWarning
from neuroflow.plot import FIGURES, save_figure, strip, style, styled
from neuroflow.plot.common.style import MM

FEW = ["pSN", "SCP", "Middle_Frontal_Gyrus_TCATT"]
LONG = {"PSP": "Progressive supranuclear palsy, Richardson", "MSA": "MSA, parkinsonian type"}
FORM = [figure.name for figure in FIGURES.in_order() if figure.form]
CONTENTS = {
    "few": (FEW, {}),
    "all": (None, {}),
    "few of long names": (FEW, LONG),
    "all of long names": (None, LONG),
}


@pytest.fixture(scope="module", params=CONTENTS)
def content(request):
    """Return a table, its effects, and the regions to draw."""
    regions, names = CONTENTS[request.param]
    table = realistic_table({"Control": 12, "PD": 9, "MSA": 7, "PSP": 8}, seed=2, missing=0.02)
    table["group"] = table["group"].astype(str).replace(names)
    if names:
        table["region_name"] = table["region_name"].astype(str) + " with its neighbouring tissue"
    effects = compare_groups(table, reference="Control", covariates=["age", "sex"], metric="FW")
    return table, effects, regions


def draw(name, content):
    table, effects, regions = content
    figure = FIGURES[name]
    group = effects["contrast"].iloc[-1].split(" - ")[0]
    study = table.loc[table["group"] == group, "study_id"].iloc[0]
    one = ["Middle_Frontal_Gyrus_TCATT"]
    values = {
        "regions": one if name in ("strip", "roc") else regions,
        "region": one[0],
        "contrast": f"{group} - Control",
        "study_id": None if name == "brain" else study,
        "covariates": ["age", "sex"],
        "positive": group,
        "metric": "FW",
    }
    data = effects if figure.needs == "effects" else table
    return figure.draw(data, **figure.arguments(values))


@pytest.mark.parametrize("width", [85, 180])
@pytest.mark.parametrize("name", FORM)
def test_a_figure_of_the_form_fits_a_journal(name, width, content, assert_readable):
    with styled(width=width):
        ax = draw(name, content)
    assert ax.figure.get_figwidth() == pytest.approx(width * MM)
    assert_readable(ax)
    across = ax.get_position()
    assert across.width > 0.35
    assert across.height > 0.3


def test_a_width_below_80_mm_is_refused():
    with pytest.raises(OptionError, match="too narrow"):
        style(width=60)


def test_text_that_a_chosen_width_cuts_is_a_warning(content, tmp_path):
    with styled(width=85):
        ax = draw("volcano", content)
    ax.set_title("A title of the user " * 6)
    with pytest.warns(ResultWarning, match="too narrow for its texts"):
        save_figure(ax, tmp_path / "volcano", ["png"])


def test_the_usual_width_stays_without_a_chosen_one(table):
    assert strip(table, ["SCP"]).figure.get_figwidth() == pytest.approx(85 * MM)
    with styled(width=180):
        assert strip(table, ["SCP"]).figure.get_figwidth() == pytest.approx(180 * MM)
