"""Figures of many regions fit a page: pages, columns, the clearest regions."""

import pytest
from support.comparison_tables import realistic_table

import neuroflow as nf
from neuroflow.errors import CompareError, OptionError, ResultWarning, TableError, Wording


def drawn(axes):
    figures = [ax.figure for ax in axes]
    return [
        key
        for figure in figures
        for panel in figure.axes
        for mark in nf.plot.marks_of(panel)
        for key in mark.keys
    ]


def heights(axes):
    return [ax.figure.get_size_inches()[1] * 25.4 for ax in axes]


@pytest.mark.parametrize(("columns", "n"), [(1, 3), (2, 2)])
def test_all_regions_are_drawn_once_on_pages(effects, columns, n):
    some = nf.top_regions(effects, 40)
    found = nf.plot.pages(nf.plot.forest, effects, some, columns=columns, height=120)
    assert max(heights(found)) <= 120
    assert len(found) >= n
    rows = effects[effects["metric"] == "FW"].drop_duplicates(["region", "hemisphere"])
    assert sorted(drawn(found)) == sorted(rows.loc[rows["region"].isin(some), "region"])


def test_a_figure_that_fits_stays_whole(effects):
    (page,) = nf.plot.pages(nf.plot.forest, effects, ["SCP", "pSN"])
    assert drawn([page]) == ["SCP", "pSN"]


def test_columns_share_scale_legend_and_caption(effects, assert_readable):
    (page,) = nf.plot.pages(
        nf.plot.forest, effects, nf.top_regions(effects, 14), columns=2, height=100
    )
    left, right = page.figure.axes
    assert left.get_xlim() == right.get_xlim()
    assert left.get_legend()
    assert not right.get_legend()
    assert nf.plot.caption(page.figure).count("Linear model") == 1
    assert_readable(page)


@pytest.mark.parametrize("name", ["strip", "heatmap"])
def test_other_figures_of_rows_have_pages(name):
    table = realistic_table({"Control": 4, "PSP": 4}, seed=1)
    table = table[table["region"].isin(sorted(table["region"].unique())[:24])]
    found = nf.plot.pages(getattr(nf.plot, name), table, height=80)
    assert len(found) > 1
    assert max(heights(found)) <= 81


def test_figures_without_rows_are_refused(effects, table):
    with pytest.raises(OptionError, match="no row per region"):
        nf.plot.pages(nf.plot.volcano, effects)
    with pytest.raises(OptionError, match="heatmap"):
        nf.plot.pages(nf.plot.heatmap, table, columns=2)


def test_top_regions_are_those_of_the_smallest_p(effects):
    rows = effects[(effects["metric"] == "FW") & (effects["contrast"] == "PSP - Control")]
    expected = rows.sort_values("p")["region"].drop_duplicates().tolist()
    assert nf.top_regions(effects, 5, contrasts="PSP - Control") == expected[:5]
    found = nf.top_regions(effects, alpha=0.05, contrasts="PSP - Control")
    assert set(found) == set(rows.loc[rows["q"] < 0.05, "region"])
    with pytest.raises(TableError, match="has no effects"):
        nf.top_regions(effects.iloc[:0])


def test_no_clear_region_is_an_error(effects):
    with pytest.raises(CompareError, match="No region has a q below"):
        nf.top_regions(effects, alpha=1e-300)
    with pytest.raises(OptionError, match="no contrast X"):
        nf.top_regions(effects, contrasts="X")


def test_a_figure_taller_than_a_page_warns_with_cures(effects, tmp_path):
    tall = nf.plot.forest(effects, nf.top_regions(effects, 60))
    with pytest.warns(ResultWarning, match=r"mm high, .*plot\.pages.*top_regions") as caught:
        nf.plot.save_figure(tall, tmp_path / "tall", ["png"], dpi=50)
    assert "--columns 2" in Wording.pick(caught[0].message, "cli")


def test_pages_are_saved_without_a_warning(effects, tmp_path):
    first, *_ = nf.plot.pages(nf.plot.forest, effects, nf.top_regions(effects, 60), columns=2)
    assert nf.plot.save_figure(first, tmp_path / "page", ["png"], dpi=50)
