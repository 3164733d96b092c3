"""Profile, raincloud and volcano."""

import numpy as np
import pandas as pd
import pytest
from matplotlib.collections import PathCollection, PolyCollection
from support.comparison_tables import realistic_table

from neuroflow.compare.groups import compare_groups
from neuroflow.compare.z_scores import z_scores
from neuroflow.errors import OptionError
from neuroflow.plot import caption, profile, raincloud, styled, volcano

FOUR = ["pSN", "Putamen", "SCP", "MCP"]


@pytest.fixture(scope="module")
def table():
    return realistic_table({"Control": 20, "PD": 14, "MSA": 12, "PSP": 15}, seed=2, missing=0.02)


@pytest.fixture(scope="module")
def psp(table):
    return table.loc[table["group"] == "PSP", "study_id"].iloc[3]


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_all_are_readable(table, psp, theme, assert_readable):
    effects = compare_groups(table, reference="Control")
    with styled(theme=theme, note="Simulated data"):
        assert_readable(profile(table, psp))
        assert_readable(profile(table, psp, regions=FOUR, covariates=["age"]))
        assert_readable(raincloud(table))
        for contrast in ("PD - Control", "MSA - Control", "PSP - Control"):
            assert_readable(volcano(effects, contrast=contrast))


def test_a_profile_shows_the_studys_scores_and_tells_what_is_outside(table, psp):
    ax = profile(table, psp)
    scores = z_scores(table, metric="FW")
    mine = scores[scores["study_id"] == psp]
    marks = [c for c in ax.collections if isinstance(c, PathCollection)]
    reference, inside, outside = (np.asarray(c.get_offsets()) for c in marks)
    np.testing.assert_allclose(np.sort(outside[:, 0]), np.sort(mine.loc[mine["outside"], "z"]))
    assert len(inside) + len(outside) == mine["z"].notna().sum()
    controls = scores[(scores["group"] == "Control")]
    assert len(reference) == controls["z"].notna().sum()
    bold = [t.get_text() for t in ax.get_yticklabels() if t.get_fontweight() == "bold"]
    assert len(bold) == mine["outside"].sum() > 0
    assert all(name in caption(ax) for name in bold)


def test_a_study_stays_readable_beside_a_reference_of_few(table, psp):
    controls = table.loc[table["group"] == "Control", "study_id"].unique()[:5]
    few = table[table["study_id"].isin([*controls, psp])].copy()
    hit = (few["study_id"] == controls[0]) & (few["region"] == "pSN")
    few.loc[hit, "value"] += 1e6
    ax = profile(few, psp, regions=FOUR, exclude_suspect=False)
    assert 6 < ax.get_xlim()[1] < 20  # that one is more than a million away
    assert "Reference values beyond the axis: 1." in caption(ax)
    assert "beyond the axis" not in caption(profile(table, psp, regions=FOUR))


def test_a_study_is_found_by_its_participant_where_that_is_clear(table, psp):
    participant = table.loc[table["study_id"] == psp, "participant_id"].iloc[0]
    assert f"of study {psp}" in caption(profile(table, f"sub-{participant}", regions=FOUR))
    with pytest.raises(OptionError, match="no study p9999"):
        profile(table, "p9999")
    again = table[table["study_id"] == psp].assign(study_id="again")
    with pytest.raises(OptionError, match=f"2 studies.*{psp}, again"):
        profile(pd.concat([table, again]), participant)


def test_a_missing_region_is_told_in_its_place(table, psp):
    hole = table.copy()
    hole.loc[(hole["study_id"] == psp) & (hole["region"] == "SCP"), "value"] = np.nan
    texts = [text.get_text() for text in profile(hole, psp, regions=FOUR).texts]
    assert texts.count("missing") == 1


def test_rainclouds_show_every_value_and_no_density_of_a_few():
    table = realistic_table({"Control": 9, "PSP": 4}, seed=1)
    ax = raincloud(table, regions=["SCP", "MCP"])
    points = [c for c in ax.collections if isinstance(c, PathCollection)]
    assert sum(len(c.get_offsets()) for c in points) == 26
    clouds = [c for c in ax.collections if isinstance(c, PolyCollection)]
    assert len(clouds) == 2


def test_volcanoes_put_every_effect_at_its_p_and_name_the_strongest(table):
    effects = compare_groups(table, reference="Control")
    ax = volcano(effects, contrast="PSP - Control", n_labels=3)
    rows = effects[(effects["contrast"] == "PSP - Control") & (effects["metric"] == "FW")]
    drawn = np.concatenate(
        [c.get_offsets() for c in ax.collections if isinstance(c, PathCollection)]
    )
    np.testing.assert_allclose(np.sort(drawn[:, 1]), np.sort(-np.log10(rows["p"])))
    named = {text.get_text() for text in ax.texts} - {""}
    strongest = rows.nsmallest(3, "p")
    assert (strongest["q"] < 0.05).all()
    assert len(named) == 3
    assert "Superior cerebellar peduncle" in named
    assert "Linear model" in caption(ax)


def test_a_volcano_of_several_contrasts_asks_which(table):
    effects = compare_groups(table, reference="Control")
    with pytest.raises(OptionError, match="PD - Control, MSA - Control, PSP - Control"):
        volcano(effects)
