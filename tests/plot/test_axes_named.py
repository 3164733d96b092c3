"""Every axis with numbers states what they are, and their unit, wherever they stand."""

import pytest

import neuroflow as nf
from neuroflow.plot import FIGURES

UNITLESS = (
    *("Hedges' g", "p value", "Sensitivity", "1 − specificity", "Proportion of", "z-score"),
    *(
        "Participants",
        "share",
        "share",
        "Years",
        "probability",
        "Power",
        "Correlation",
        "Percent",
        "%",
        "Spearman",
        "Pearson",
    ),
)
"""Quantities without a unit."""


@pytest.fixture(scope="module")
def data(table, effects, visits):
    """Return what each kind of figure needs."""
    return {
        "table": table,
        "visits": visits,
        "effects": effects,
        "correlations": nf.correlate_regions(table),
        "completeness": nf.coverage(table, by="group"),
    }


VALUES = {
    "region": "SCP",
    "contrast": "PSP - Control",
    "positive": "PSP",
    "score": "age",
    "covariates": ["age"],
    "site": "sex",
}


def drawn(name, data):
    figure = FIGURES[name]
    given = dict(VALUES)
    rows = data[figure.needs]
    if name == "calibration":
        rows = rows.assign(chance=rows["age"] / 100)
        given["score"] = "chance"
    if name == "scatter":
        del given["covariates"]
    if "study_id" in figure.missing({}):
        given["study_id"] = rows["study_id"].iloc[0]
    if "participant_id" in figure.missing({}):
        given["participant_id"] = rows["participant_id"].iloc[0]
    return figure.draw(rows, **figure.arguments(given))


def numbered(axis):
    """Return whether an axis shows numbers."""
    texts = [text.get_text() for text in axis.get_ticklabels() if text.get_visible()]
    return any(any(letter.isdigit() for letter in text) for text in texts) and not any(
        letter.isalpha() for text in texts for letter in text.replace("mathdefault", "")
    )


@pytest.mark.parametrize("name", FIGURES)
def test_every_axis_of_numbers_has_a_label_with_a_unit(name, data):
    ax = drawn(name, data)
    ax.figure.draw_without_rendering()
    for panel in (*ax.figure.axes, *ax.child_axes):
        for axis in (panel.xaxis, panel.yaxis):
            if panel.axison and axis.get_visible() and numbered(axis):
                label = axis.get_label_text()
                assert "(" in label or any(word in label for word in UNITLESS), label


def test_an_upper_axis_has_the_label_of_the_lower_one(effects):
    ax = nf.plot.forest(effects, metric="FW")
    assert ax.xaxis.get_major_ticks(1)[0].label2.get_visible()
    assert ax.get_title() == ax.get_xlabel() != ""
