"""Tables with nothing, little or strange words in them are drawn, or refused in words."""

from contextlib import nullcontext

import numpy as np
import pandas as pd
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from support.comparison_tables import normal_table

from neuroflow.compare.correlate import correlate_regions
from neuroflow.compare.groups import compare_groups
from neuroflow.errors import OptionError, ResultWarning, TableError
from neuroflow.plot import (
    brain,
    caption,
    correlation,
    coverage,
    forest,
    heatmap,
    profile,
    raincloud,
    save_figure,
    scatter,
    strip,
)
from neuroflow.results.table.coverage import coverage as counted

TABLE = normal_table({"Control": 6, "PSP": 5}, m=3).assign(hemisphere="bilateral")
FORMULAS = {"Control": "$a_{b$", "PSP": "=1+1"}
TABLES = {
    "without values": TABLE.assign(value=np.nan),
    "all the same": TABLE.assign(value=1.0),
    "a region without values": TABLE.assign(value=TABLE["value"].where(TABLE["region"] != "r01")),
    "words like formulas": TABLE.assign(
        region="$\\frac{" + TABLE["region"] + "$", group=TABLE["group"].map(FORMULAS)
    ),
    "words of all languages": TABLE.assign(region="Größe µ " + TABLE["region"]),
    "one study in a group": TABLE[TABLE["study_id"] < "study0007"],
}
DRAW = {
    "strip": lambda t: strip(t, "all", "M0"),
    "boxes": lambda t: strip(t, "all", "M0", summary="box"),
    "raincloud": lambda t: raincloud(t, "all", "M0"),
    "heatmap": lambda t: heatmap(t, metric="M0"),
    "profile": lambda t: profile(t, "study0006", metric="M0"),
    "forest": lambda t: forest(compare_groups(t)),
    "correlation": lambda t: correlation(correlate_regions(t, metric="M0")),
    "coverage": lambda t: coverage(counted(t)),
}


@pytest.mark.parametrize("table", TABLES)
@pytest.mark.parametrize("draw", DRAW)
def test_odd_tables_are_drawn_without_a_warning(table, draw):
    known = draw in {"heatmap", "profile"} and table == "words like formulas"
    with pytest.warns(ResultWarning, match="no group of at least") if known else nullcontext():
        FigureCanvasAgg(DRAW[draw](TABLES[table]).figure).draw()


WRONG = {
    "regions is empty": lambda: strip(TABLE, [], "M0"),
    "regions must be a name or a list of names, but contains 1": lambda: strip(TABLE, [1], "M0"),
    "shows one metric": lambda: raincloud(TABLE, metric=["M0"]),
    "confidence must be between 0 and 1, not 95": lambda: strip(TABLE, metric="M0", confidence=95),
    "limit must be a number above zero, not 0": lambda: heatmap(TABLE, metric="M0", limit=0),
    "alpha must be between 0 and 1, not 5": lambda: forest(compare_groups(TABLE), alpha=5),
    "contrasts must be a name or a list": lambda: forest(compare_groups(TABLE), contrasts=[1]),
    "covariates must be a name or a list": lambda: scatter(
        TABLE, "age", "r00", "M0", covariates=[5]
    ),
    "region must be one name, not \\['r00'\\]": lambda: scatter(TABLE, "age", ["r00"], "M0"),
    "dpi must be a number above zero": lambda: save_figure(
        strip(TABLE, "all", "M0"), "nowhere", dpi=0
    ),
    "limit must be a number above zero, not -1": lambda: brain(
        compare_groups(TABLE), contrast="PSP - Control", limit=-1
    ),
}


@pytest.mark.parametrize("message", WRONG)
def test_arguments_of_the_wrong_kind_are_refused_by_name(message):
    with pytest.raises(OptionError, match=message):
        WRONG[message]()


def test_one_string_is_a_list_of_one():
    effects = compare_groups(TABLE)
    one, listed = (forest(effects, contrasts=c) for c in ("PSP - Control", ["PSP - Control"]))
    assert caption(one) == caption(listed)
    one, listed = (scatter(TABLE, "age", "r00", "M0", covariates=c) for c in ("sex", ["sex"]))
    assert caption(one) == caption(listed)


def test_a_column_of_groups_that_is_not_there_is_named():
    with pytest.raises(TableError, match="no column diagnosis"):
        heatmap(TABLE, metric="M0", by="diagnosis")
    heatmap(TABLE.drop(columns="group"), metric="M0")  # the usual one may be missing


def test_completeness_of_nothing_is_refused():
    with pytest.raises(TableError, match="nothing to draw"):
        coverage(counted(TABLE.iloc[:0]))


def test_completeness_calls_a_region_of_one_side_by_its_name():
    sides = [TABLE.assign(region="midbrain", hemisphere=side) for side in ("left", "right")]
    both = pd.concat([part[TABLE["region"] == "r00"] for part in sides], ignore_index=True)
    names = [text.get_text() for text in coverage(counted(both)).get_yticklabels()]
    assert names == ["Midbrain, left", "Midbrain, right"]
