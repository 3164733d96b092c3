from matplotlib.collections import PathCollection, PolyCollection
from support.comparison_tables import realistic_table

from neuroflow.plot import caption, raincloud, styled


def test_rainclouds_are_readable(larger_table, theme, assert_readable):
    with styled(theme=theme, note="Simulated data"):
        assert_readable(raincloud(larger_table))


def test_all_values_are_drawn_but_no_density_of_few():
    table = realistic_table({"Control": 9, "PSP": 4}, seed=1)
    ax = raincloud(table, regions=["SCP", "MCP"])
    points = [c for c in ax.collections if isinstance(c, PathCollection)]
    assert sum(len(c.get_offsets()) for c in points) == 26
    clouds = [c for c in ax.collections if isinstance(c, PolyCollection)]
    assert len(clouds) == 2


def test_caption_says_what_box_and_whiskers_are():
    ax = raincloud(realistic_table({"Control": 40, "PSP": 30}, seed=1), regions=["SCP"])
    assert "box: median, quartiles; whiskers: 5th, 95th percentile" in caption(ax)
