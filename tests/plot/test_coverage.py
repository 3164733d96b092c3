import numpy as np
import pytest

from neuroflow.errors import TableError
from neuroflow.plot import caption, coverage, styled
from neuroflow.results import coverage as count


@pytest.mark.parametrize("by", ["region", "study", "site"])
def test_coverages_are_readable(scored_table, theme, by, assert_readable):
    with styled(theme=theme):
        assert_readable(coverage(count(scored_table, by=by)))


def test_bars_are_the_share_present(scored_table):
    counts = count(scored_table, by="site")
    ax = coverage(counts)
    widths = [bar.get_width() for bar in ax.containers[1]]
    np.testing.assert_allclose(widths, counts["percent"])
    assert f"{counts['missing'][0]} of {counts['expected'][0]} missing" in [
        text.get_text() for text in ax.texts
    ]


def test_visits_are_squares_and_gaps_are_crosses(visits, assert_readable):
    some = visits[visits["study_id"] != "study0004v2"]
    ax = coverage(count(some, by="visit"))
    assert_readable(ax)
    squares, crosses = (len(c.get_offsets()) for c in ax.collections[:2])
    assert (squares, crosses) == (95, 1)
    assert "no study: 1" in caption(ax)


def test_tables_without_counts_are_refused(scored_table):
    with pytest.raises(TableError, match=r"neuroflow\.coverage"):
        coverage(scored_table)
