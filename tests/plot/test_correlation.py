import numpy as np
import pytest

from neuroflow.compare import correlate_regions
from neuroflow.errors import TableError
from neuroflow.plot import caption, correlation, styled


@pytest.mark.parametrize("regions", [None, ["pSN", "Putamen", "SCP", "MCP", "Dentate"]])
def test_matrices_are_readable(scored_table, theme, regions, assert_readable):
    with styled(theme=theme):
        assert_readable(correlation(correlate_regions(scored_table), regions=regions))


def test_cells_are_the_correlations(scored_table):
    pairs = correlate_regions(scored_table, covariates=["age"])
    ax = correlation(pairs, regions=["SCP", "pSN"])
    drawn = np.asarray(ax.collections[0].get_array()).reshape(2, 2)
    both = pairs[pairs["region_1"].isin(["pSN", "SCP"]) & pairs["region_2"].isin(["pSN", "SCP"])]
    np.testing.assert_allclose(drawn, [[1, both["r"].item()], [both["r"].item(), 1]])
    assert "adjusted for age" in caption(ax)


def test_clusters_put_similar_regions_side_by_side(scored_table):
    names = [t.get_text() for t in correlation(correlate_regions(scored_table)).get_yticklabels()]
    ordered = correlation(correlate_regions(scored_table), order="cluster").get_yticklabels()
    assert sorted(t.get_text() for t in ordered) == sorted(names)
    assert [t.get_text() for t in ordered] != names


def test_tables_without_pairs_are_refused(scored_table):
    with pytest.raises(TableError, match="correlate_regions"):
        correlation(scored_table)
