"""Where regions and studies were drawn is recorded while drawing."""

import numpy as np
import pytest
from matplotlib.figure import Figure
from support.comparison_tables import realistic_table

from neuroflow.compare import compare_groups
from neuroflow.plot import brain, forest, heatmap, marks_of, profile, strip, volcano
from neuroflow.plot.common import record_marks

REGIONS = ["pSN", "SCP", "Putamen"]


@pytest.fixture(scope="module")
def table():
    return realistic_table(seed=2)


@pytest.fixture(scope="module")
def effects(table):
    return compare_groups(table, reference="Control", metric="FW")


def test_studies_of_a_strip_are_recorded_at_their_values(table):
    marks = marks_of(strip(table, ["SCP"]))
    keys = [key for group in marks for key in group.keys]
    heights = np.concatenate([group.boxes[:, 1] for group in marks])
    values = table[(table["region"] == "SCP") & (table["metric"] == "FW")].set_index("study_id")
    np.testing.assert_allclose(heights, values.loc[keys, "value"])
    assert len(set(keys)) == table["study_id"].nunique()


@pytest.mark.parametrize("figure", ["forest", "heatmap", "profile"])
def test_rows_of_regions_are_recorded_as_the_ticks_name_them(table, effects, figure):
    ax = {
        "forest": lambda: forest(effects, REGIONS),
        "heatmap": lambda: heatmap(table, REGIONS),
        "profile": lambda: profile(table, "study0040", REGIONS),
    }[figure]()
    (rows,) = marks_of(ax)
    assert list(rows.labels) == [text.get_text() for text in ax.get_yticklabels()]
    assert list(rows.keys) == REGIONS
    assert rows.boxes[1].tolist() == [-np.inf, 0.5, np.inf, 1.5]


def test_effects_of_a_volcano_are_recorded_at_their_sizes(effects):
    (points,) = marks_of(volcano(effects, contrast="PSP - Control"))
    rows = effects[effects["contrast"] == "PSP - Control"].reset_index(drop=True)
    np.testing.assert_allclose(points.boxes[:, 0], rows["effect_size"])
    assert list(points.keys) == rows["region"].astype(str).tolist()


def test_discs_of_a_brain_are_recorded_after_the_tracts(effects):
    (boxes,) = marks_of(brain(effects, contrast="PSP - Control"))
    widths = boxes.boxes[:, 2] - boxes.boxes[:, 0]
    discs = [i for i, key in enumerate(boxes.keys) if key == "pSN"]
    tracts = [i for i, key in enumerate(boxes.keys) if key.endswith("_TCATT")]
    assert min(discs) > max(tracts)
    np.testing.assert_allclose(widths[discs], 10)


def test_nothing_is_recorded_for_other_axes():
    assert marks_of(Figure().add_subplot()) == ()


def test_a_recorded_point_is_a_box_without_size():
    ax = Figure().add_subplot()
    record_marks(ax, ["SCP"], ["Superior cerebellar peduncle"], np.array([[2.0, 3.0]]))
    assert marks_of(ax)[0].boxes.tolist() == [[2.0, 3.0, 2.0, 3.0]]
