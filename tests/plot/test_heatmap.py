import numpy as np
import pandas as pd
import pytest
from support.comparison_tables import realistic_table

from neuroflow.compare import z_scores
from neuroflow.errors import CompareError, OptionError, ResultWarning
from neuroflow.plot import caption, heatmap, styled
from neuroflow.plot._heatmap import cluster_order


@pytest.mark.parametrize(
    ("groups", "regions"),
    [
        ({"Control": 12, "PD": 14, "MSA": 9, "PSP": 11}, None),
        ({"Control": 8, "PD": 6, "MSA": 5, "PSP": 5}, ["pSN", "Putamen", "SCP", "MCP"]),
    ],
)
def test_heatmaps_are_readable(groups, regions, theme, assert_readable):
    with styled(theme=theme):
        assert_readable(heatmap(realistic_table(groups, missing=0.02), regions=regions))


def test_cells_are_the_z_scores_by_group_and_system(table):
    ax = heatmap(table)
    drawn = ax.collections[0].get_array().reshape(66, 46)
    names = [text.get_text() for text in ax.get_yticklabels()]
    scores = z_scores(table, metric="FW")
    mine = scores.set_index("study_id")
    mine = mine[mine["region"] == "SCP"]["z"]
    study = table[table["group"] == "PD"]["study_id"].iloc[0]
    row = names.index("Superior cerebellar peduncle")
    assert drawn[row, 12] == pytest.approx(mine[study])
    assert [text.get_text() for text in ax.figure.legends[0].get_texts()] == [
        "Control (n = 12)", "PD (n = 14)", "MSA (n = 9)", "PSP (n = 11)", "missing",
    ]  # fmt: skip


def test_missing_cells_have_a_cross_and_extremes_their_sign(table):
    ax = heatmap(table)
    drawn = np.ma.filled(ax.collections[0].get_array().reshape(66, 46), np.nan)
    plus, minus, cross = (set(map(tuple, c.get_offsets().astype(int))) for c in ax.collections[1:4])
    for marks, where in ((plus, drawn > 2), (minus, drawn < -2), (cross, np.isnan(drawn))):
        assert marks == {(study, row) for row, study in np.argwhere(where)}
        assert marks


def test_caption_names_controls_as_the_reference(table):
    assert "against Control (n = 12, each member compared with the others)" in caption(
        heatmap(table)
    )
    adjusted = heatmap(table, covariates=["age", "sex"])
    assert "adjusted for age and sex" in caption(adjusted)
    assert "against PD (n = 14" in caption(heatmap(table, reference="PD"))


def test_without_controls_all_studies_are_the_reference(table):
    assert "against all studies" in caption(heatmap(table.drop(columns="group")))
    patients = table[table["group"] != "Control"]
    with pytest.warns(ResultWarning, match="all studies are the reference"):
        assert "against all studies" in caption(heatmap(patients))
    assert "against all studies" in caption(heatmap(patients, reference=None))


def test_studies_are_named_where_there_is_room():
    few = heatmap(realistic_table({"Control": 4, "PD": 3}), regions=["pSN"])
    assert [text.get_text() for text in few.get_xticklabels()][:2] == ["p0000", "p0001"]
    table = realistic_table({"Control": 4, "PD": 3})
    later = table[table["study_id"] == "study0001"].assign(study_id="later", session_id="2")
    names = heatmap(pd.concat([table, later]), regions=["pSN"]).get_xticklabels()
    assert {"p0000", "p0001 1", "p0001 2"} < {text.get_text() for text in names}


def test_unknown_or_small_references_are_refused(table):
    with pytest.raises(OptionError, match="no group HC"):
        heatmap(table, reference="HC")
    with pytest.raises(CompareError, match="only 2 participants"):
        heatmap(realistic_table({"Control": 2, "PD": 4}), reference="Control")


def test_clustered_heatmaps_are_readable(scored_table, theme, assert_readable):
    with styled(theme=theme):
        assert_readable(heatmap(scored_table, order="cluster"))


def jumps(cells):
    return np.nanmean(np.abs(np.diff(cells, axis=0)))


def test_clusters_put_similar_rows_side_by_side(scored_table):
    ax = heatmap(scored_table, order="cluster")
    plain = heatmap(scored_table)
    one, two = (
        np.ma.filled(a.collections[0].get_array(), np.nan).reshape(66, 32) for a in (ax, plain)
    )
    assert jumps(one) < jumps(two)
    assert "ordered by similarity" in caption(ax)
    assert [t.get_text() for t in ax.figure.legends[0].get_texts()][:4] == [
        f"{name} (n = 8)" for name in ("Control", "PD", "MSA", "PSP")
    ]


def test_unknown_orders_are_refused(scored_table):
    with pytest.raises(OptionError, match="group, cluster"):
        heatmap(scored_table, order="name")


def test_like_rows_become_neighbours():
    rows = np.array([[1.0], [9.0], [2.0], [8.0]])
    assert np.abs(np.diff(rows[cluster_order(rows)].ravel())).tolist() == [1.0, 6.0, 1.0]
