import numpy as np
import pandas as pd
import pytest
from support.comparison_tables import realistic_table

from neuroflow.compare.change import change_over_time
from neuroflow.compare.correlate import correlate, correlate_regions
from neuroflow.demo.service.engine import Subject, simulate
from neuroflow.errors import CompareError, OptionError, TableError
from neuroflow.plot import (
    caption,
    correlation,
    coverage,
    forest,
    heatmap,
    scatter,
    styled,
    trajectory,
)
from neuroflow.results.table.coverage import coverage as count

GROUPS = {"Control": 8, "PD": 8, "MSA": 8, "PSP": 8}
THEMES = pytest.mark.parametrize("theme", ["light", "dark"])


@pytest.fixture(scope="module")
def table():
    table = realistic_table(GROUPS, seed=3, missing=0.01)
    names = table["study_id"].unique()
    scores = np.random.default_rng(0).normal(30, 10, len(names)).round()
    return table.assign(updrs=table["study_id"].map(dict(zip(names, scores, strict=True))))


@pytest.fixture(scope="module")
def visits():
    first = realistic_table(GROUPS, seed=3)
    first = first[first["region"].isin(["pSN", "SCP"])]
    studies = first.drop_duplicates("study_id")
    frames = [first]
    for visit, years in ((2, 1.0), (3, 3.0)):
        parts = [
            simulate(Subject(row.participant_id, row.group, row.age + years, row.sex, visit))
            .query("region == 'SCP' and metric == 'FW'")["value"].item()
            for row in studies.itertuples()
        ]  # fmt: skip
        value = dict(zip(studies["participant_id"], parts, strict=True))
        later = first[(first["region"] == "SCP") & (first["metric"] == "FW")]
        frames.append(
            later.assign(
                study_id=later["study_id"] + f"v{visit}",
                session_id=str(visit),
                age=later["age"] + years,
                value=later["participant_id"].map(value),
            )
        )
    return pd.concat(frames, ignore_index=True)


@THEMES
def test_trajectories_are_readable(visits, theme, assert_readable):
    with styled(theme=theme):
        assert_readable(trajectory(visits, "SCP"))


def test_every_participant_is_a_line_and_means_stand_at_their_visits(visits):
    ax = trajectory(visits, "SCP")
    assert [
        len(lines.get_segments()) for lines in ax.collections if hasattr(lines, "get_segments")
    ][::2] == [8] * 4
    scp = visits[(visits["region"] == "SCP") & (visits["metric"] == "FW")]
    bars = ax.containers[0]
    means = scp[scp["group"] == "Control"].groupby("session_id")["value"].mean()
    np.testing.assert_allclose(bars[0].get_ydata(), means)
    np.testing.assert_allclose(bars[0].get_xdata(), [0, 1, 3], atol=0.1)
    assert "Control (n = 8)" in caption(ax)
    with pytest.raises(CompareError, match="No participant has two visits"):
        trajectory(visits, "pSN")


def test_changes_go_into_a_forest(visits):
    change = change_over_time(visits, reference="Control", metric="FW")
    ax = forest(change, contrasts=["PSP", "PSP - Control"], regions=["SCP"], value="estimate")
    assert len(ax.get_yticklabels()) == 1


@THEMES
@pytest.mark.parametrize("covariates", [[], ["age", "sex"]])
def test_scatters_are_readable(table, theme, covariates, assert_readable):
    with styled(theme=theme):
        ax = scatter(table, "updrs", "pSN", covariates=covariates, score_label="UPDRS III (points)")
        assert_readable(ax)


def test_the_line_is_the_fit_and_r_is_that_of_correlate(table):
    ax = scatter(table, "updrs", "SCP", covariates=["age"])
    found = correlate(table, "updrs", covariates=["age"], metric="FW").set_index("region")
    assert f"partial r = {found['r']['SCP']:.2f}".replace("-", "−") in caption(ax)
    points = np.vstack([c.get_offsets() for c in ax.collections[:4]])
    line = ax.lines[0]
    slope = np.diff(line.get_ydata())[0] / np.diff(line.get_xdata())[0]
    studies = table[(table["region"] == "SCP") & (table["metric"] == "FW")].dropna()
    assert len(points) == len(studies)
    design = np.column_stack([np.ones(len(studies)), studies[["updrs", "age"]]])
    assert slope == pytest.approx(np.linalg.lstsq(design, studies["value"], rcond=None)[0][1])
    with pytest.raises(OptionError, match="matches several regions"):
        scatter(table, "updrs", "midbrain")


@THEMES
@pytest.mark.parametrize("regions", [None, ["pSN", "Putamen", "SCP", "MCP", "Dentate"]])
def test_matrices_are_readable(table, theme, regions, assert_readable):
    with styled(theme=theme):
        assert_readable(correlation(correlate_regions(table), regions=regions))


def test_cells_are_the_correlations(table):
    pairs = correlate_regions(table, covariates=["age"])
    ax = correlation(pairs, regions=["SCP", "pSN"])
    drawn = np.asarray(ax.collections[0].get_array()).reshape(2, 2)
    both = pairs[pairs["region_1"].isin(["pSN", "SCP"]) & pairs["region_2"].isin(["pSN", "SCP"])]
    np.testing.assert_allclose(drawn, [[1, both["r"].item()], [both["r"].item(), 1]])
    assert "adjusted for age" in caption(ax)


def jumps(cells):
    return np.nanmean(np.abs(np.diff(cells, axis=0)))


def test_clusters_put_like_beside_like(table):
    names = [t.get_text() for t in correlation(correlate_regions(table)).get_yticklabels()]
    ordered = correlation(correlate_regions(table), order="cluster").get_yticklabels()
    assert sorted(t.get_text() for t in ordered) == sorted(names)
    assert [t.get_text() for t in ordered] != names
    ax = heatmap(table, order="cluster")
    plain = heatmap(table)
    one, two = (
        np.ma.filled(a.collections[0].get_array(), np.nan).reshape(66, 32) for a in (ax, plain)
    )
    assert jumps(one) < jumps(two)
    assert "ordered by similarity" in caption(ax)
    assert [t.get_text() for t in ax.figure.legends[0].get_texts()][:4] == [
        f"{name} (n = 8)" for name in GROUPS
    ]


@THEMES
def test_clustered_heatmaps_are_readable(table, theme, assert_readable):
    with styled(theme=theme):
        assert_readable(heatmap(table, order="cluster"))


@THEMES
@pytest.mark.parametrize("by", ["region", "study", "site"])
def test_coverages_are_readable(table, theme, by, assert_readable):
    with styled(theme=theme):
        assert_readable(coverage(count(table, by=by)))


def test_bars_are_the_share_present(table):
    counts = count(table, by="site")
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


def test_other_tables_are_refused(table):
    with pytest.raises(TableError, match=r"neuroflow\.coverage"):
        coverage(table)
    with pytest.raises(TableError, match="correlate_regions"):
        correlation(table)
    with pytest.raises(OptionError, match="group, cluster"):
        heatmap(table, order="name")
