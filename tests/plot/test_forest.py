import numpy as np
import pytest
from matplotlib.colors import same_color

from neuroflow.compare import change_over_time, compare_groups
from neuroflow.errors import OptionError, TableError
from neuroflow.plot import caption, forest, styled

FOUR = ["pSN", "Putamen", "SCP", "MCP"]


@pytest.mark.parametrize(("regions", "value"), [(None, "effect_size"), (FOUR, "estimate")])
def test_forests_are_readable(effects, regions, value, theme, assert_readable):
    with styled(theme=theme, note="Simulated data"):
        assert_readable(forest(effects, regions=regions, value=value))


def test_a_forest_of_many_contrasts_is_readable(table, assert_readable):
    assert_readable(forest(compare_groups(table, method="mannwhitney"), regions=FOUR))


@pytest.mark.parametrize(
    ("value", "low", "high"),
    [
        ("estimate", "ci_low", "ci_high"),
        ("effect_size", "effect_size_ci_low", "effect_size_ci_high"),
    ],
)
def test_marks_and_intervals_are_the_table_numbers(effects, value, low, high):
    ax = forest(effects, regions=FOUR, contrasts=["PSP - Control"], value=value)
    rows = effects[(effects["contrast"] == "PSP - Control") & (effects["metric"] == "FW")]
    rows = rows.set_index("region").loc[FOUR]
    segments = np.array(ax.collections[0].get_segments())
    np.testing.assert_allclose(segments[:, :, 0], rows[[low, high]].to_numpy(float))
    marks = np.concatenate([c.get_offsets() for c in ax.collections[1:3]])
    np.testing.assert_allclose(np.sort(marks[:, 0]), np.sort(rows[value].to_numpy(float)))


def test_filled_marks_are_the_corrected_significant_ones(effects):
    ax = forest(effects, contrasts=["PSP - Control"], alpha=0.2)
    rows = effects[(effects["contrast"] == "PSP - Control") & (effects["metric"] == "FW")]
    hollow, filled = ax.collections[1:3]
    assert len(filled.get_offsets()) == (rows["q"] < 0.2).sum() > 0
    assert len(hollow.get_offsets()) == (rows["q"] >= 0.2).sum() > 0
    assert not same_color(hollow.get_facecolor()[0], filled.get_facecolor()[0])


def test_legend_and_caption_describe_contrast_model_and_correction(effects):
    ax = forest(effects)
    assert ax.figure.legends[0].get_texts()[0].get_text() == "PD − Control (n = 14 v 12)"
    text = caption(ax)
    assert "value ∼ group + age + C(sex), 46 studies" in text
    assert "q < 0.05 (Benjamini-Hochberg false discovery rate per metric)" in text


def test_axis_names_quantity_metric_unit_and_confidence(table, effects):
    assert forest(effects).get_xlabel() == "Adjusted Hedges' g, free water (95% CI)"
    difference = forest(effects, metric="FAt", value="estimate").get_xlabel()
    assert difference == "Difference in free-water-corrected FA (fraction, 95% CI)"
    ranks = compare_groups(table, groups=["PD", "PSP"], method="mannwhitney", confidence=0.9)
    assert forest(ranks).get_xlabel() == "Rank-biserial correlation, free water (90% CI)"


def test_effects_not_estimated_are_counted_in_the_caption(table):
    some = table.copy()
    some.loc[(some["region"] == "pSN") & (some["group"] == "PSP"), "value"] = np.nan
    ax = forest(compare_groups(some, groups=["Control", "PSP"]), regions=FOUR)
    assert "1 effects could not be estimated" in caption(ax)
    assert ax.get_yticklabels()[0].get_text() == "Posterior substantia nigra"


def test_rows_of_the_omnibus_test_are_not_drawn(table):
    ax = forest(compare_groups(table, reference="Control", omnibus=True), regions=FOUR)
    assert len(ax.figure.legends[0].get_texts()) == 3


def test_unknown_options_are_refused_with_the_known_ones(effects):
    with pytest.raises(OptionError, match=r"no metric MD.*FW"):
        forest(effects, metric="MD")
    with pytest.raises(OptionError, match=r"no contrast PD - PSP.*PD - Control"):
        forest(effects, contrasts=["PD - PSP"])
    with pytest.raises(OptionError, match="effect_size, estimate"):
        forest(effects, value="d")
    with pytest.raises(TableError, match="no column"):
        forest(effects.drop(columns="q"))
    with pytest.raises(TableError, match="no effects"):
        forest(effects.iloc[:0])


def test_changes_go_into_a_forest(visits):
    change = change_over_time(visits, reference="Control", metric="FW")
    ax = forest(change, contrasts=["PSP", "PSP - Control"], regions=["SCP"], value="estimate")
    assert len(ax.get_yticklabels()) == 1
