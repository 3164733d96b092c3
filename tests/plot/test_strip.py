import numpy as np
import pandas as pd
import pytest
from matplotlib.collections import PathCollection
from matplotlib.figure import Figure
from support.comparison_tables import people, realistic_table

from neuroflow.errors import OptionError, TableError
from neuroflow.plot import caption, strip, styled

FOUR = ["pSN", "Putamen", "SCP", "MCP"]


def legend_of(ax):
    return [text.get_text() for text in ax.figure.legends[0].get_texts()]


def points_of(ax):
    return [np.asarray(c.get_offsets()) for c in ax.collections if isinstance(c, PathCollection)]


@pytest.mark.parametrize(
    ("regions", "summary"),
    [(None, "mean"), (["pSN"], "box"), ([*FOUR, "CC2", "M1_SMATT"], "mean"), ("all", "mean")],
)
def test_strips_are_readable(table, regions, summary, theme, assert_readable):
    with styled(theme=theme, note="Simulated data"):
        assert_readable(strip(table, regions, summary=summary))


def test_each_value_is_a_point_at_its_height(table):
    ax = strip(table, regions=["pSN", "SCP"])
    drawn = points_of(ax)
    some = table[(table["metric"] == "FW") & table["region"].isin(["pSN", "SCP"])]
    for x_y, group in zip(drawn, ["Control", "PD", "MSA", "PSP"], strict=True):
        mine = some[some["group"] == group].dropna(subset=["value"])
        for place, region in enumerate(["pSN", "SCP"]):
            here = x_y[np.abs(x_y[:, 0] - place) < 0.5, 1]
            expected = mine.loc[mine["region"] == region, "value"]
            np.testing.assert_allclose(np.sort(here), np.sort(expected))


def test_mean_and_interval_are_drawn_at_their_values(table):
    ax = strip(table, regions=["SCP"], by="sex")
    women = table[(table["region"] == "SCP") & (table["metric"] == "FW") & (table["sex"] == "F")]
    mean, sem = women["value"].mean(), women["value"].sem()
    segments = [s for c in ax.collections if hasattr(c, "get_segments") for s in c.get_segments()]
    assert any(np.allclose(s[:, 1], mean) for s in segments)
    tallest = max(
        (s for s in segments if s[0, 0] == pytest.approx(-0.2)), key=lambda s: np.ptp(s[:, 1])
    )
    assert np.ptp(tallest[:, 1]) == pytest.approx(2 * sem * 2.07, rel=0.03)


def test_groups_keep_order_and_colour_and_show_n(table):
    ax = strip(table)
    assert legend_of(ax) == [
        "Control (n = 12)", "PD (n = 14)", "MSA (n = 9)", "PSP (n = 11)",
    ]  # fmt: skip
    colors = [tuple(c.get_facecolor()[0][:3]) for c in ax.collections[:4]]
    fewer = strip(table[table["group"].isin(["PSP", "PD"])])
    assert [tuple(c.get_facecolor()[0][:3]) for c in fewer.collections[:2]] == colors[1::2]


def test_axis_and_caption_name_quantity_unit_and_n(table):
    ax = strip(table, metric="FAt", regions=["pSN"])
    assert ax.get_ylabel() == "Free-water-corrected FA (fraction)"
    assert "Control n = 12" in caption(ax)
    assert caption(ax) == caption(ax.figure)


def test_many_regions_become_rows_by_system(table):
    ax = strip(table, regions="all")
    names = [text.get_text() for text in ax.get_yticklabels()]
    assert len(names) == 66
    assert len(set(names)) == 66
    assert ax.get_xlabel() == "Free water (fraction)"
    assert [text.get_text() for text in ax.texts][:3] == ["Midbrain", "Basal ganglia", "Thalamus"]


def test_axes_of_the_user_get_no_footnote(table):
    ax = Figure().add_subplot()
    assert strip(table, ["pSN"], ax=ax) is ax
    assert ax.figure._supxlabel is None
    assert ax.get_legend() is not None


def test_studies_without_a_group_are_counted_in_the_caption(table):
    partly = table.assign(group=table["group"].where(table["study_id"] != "study0000"))
    assert "1 studies without group are not shown" in caption(strip(partly))
    with pytest.raises(TableError, match="No study has a group"):
        strip(table.assign(group=None))


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"regions": ["Putamne"]}, "Did you mean Putamen"),
        ({"metric": "MD"}, "no metric MD"),
        ({"summary": "violin"}, "mean, box, none"),
    ],
)
def test_unknown_options_are_refused_with_the_known_ones(table, options, says):
    with pytest.raises(OptionError, match=says):
        strip(table, **options)


def test_regions_by_key_or_name_keep_their_order(table):
    ax = strip(table, regions=["scp", "red nucleus"])
    names = [text.get_text().replace("\n", " ") for text in ax.get_xticklabels()]
    assert names == ["Superior cerebellar peduncle", "Red nucleus"]
    assert len(strip(table, regions=["midbrain"]).get_xticklabels()) == 2  # left and right


def test_a_thousand_studies_with_all_regions_are_drawn():
    rng = np.random.default_rng(0)
    small = realistic_table({"Control": 1}, seed=0)
    studies = people({"Control": 400, "PD": 300, "MSA": 150, "PSP": 150})
    regions = small[small["metric"] == "FW"].drop(columns=studies.columns)
    table = studies.merge(regions, how="cross")
    table["value"] = rng.random(len(table))
    ax = strip(table, regions="all")
    assert sum(len(points) for points in points_of(ax)) == 66_000


def test_repeated_visits_are_points_but_leave_the_interval(table):
    again = table[table["group"] == "PSP"]
    later = again.assign(
        study_id=again["study_id"] + "b", session_id="2", value=again["value"] + 0.01
    )
    once, twice = strip(table, ["SCP"]), strip(pd.concat([table, later]), ["SCP"])
    assert [len(p) for p in points_of(twice)][3] == 2 * [len(p) for p in points_of(once)][3]
    bars = [
        [s for c in ax.collections if hasattr(c, "get_segments") for s in c.get_segments()]
        for ax in (once, twice)
    ]
    np.testing.assert_allclose(bars[1], bars[0])
    assert "uses first visits only" in caption(twice)
    assert "visits" not in caption(once)
