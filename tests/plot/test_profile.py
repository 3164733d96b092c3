import numpy as np
import pandas as pd
import pytest
from matplotlib.collections import PathCollection

from neuroflow.compare import z_scores
from neuroflow.errors import OptionError
from neuroflow.plot import caption, profile, styled

FOUR = ["pSN", "Putamen", "SCP", "MCP"]


@pytest.fixture(scope="module")
def psp(larger_table):
    return larger_table.loc[larger_table["group"] == "PSP", "study_id"].iloc[3]


@pytest.mark.parametrize("options", [{}, {"regions": FOUR, "covariates": ["age"]}])
def test_profiles_are_readable(larger_table, psp, options, theme, assert_readable):
    with styled(theme=theme, note="Simulated data"):
        assert_readable(profile(larger_table, psp, **options))


def test_scores_are_drawn_and_regions_outside_are_named(larger_table, psp):
    ax = profile(larger_table, psp)
    scores = z_scores(larger_table, metric="FW")
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


def test_a_far_reference_value_does_not_stretch_the_axis(larger_table, psp):
    controls = larger_table.loc[larger_table["group"] == "Control", "study_id"].unique()[:5]
    few = larger_table[larger_table["study_id"].isin([*controls, psp])].copy()
    hit = (few["study_id"] == controls[0]) & (few["region"] == "pSN")
    few.loc[hit, "value"] += 1e6
    ax = profile(few, psp, regions=FOUR, exclude_suspect=False)
    assert 6 < ax.get_xlim()[1] < 20  # that one is more than a million away
    assert "Reference values beyond the axis: 1." in caption(ax)
    assert "beyond the axis" not in caption(profile(larger_table, psp, regions=FOUR))


def test_a_study_is_found_by_its_only_participant(larger_table, psp):
    participant = larger_table.loc[larger_table["study_id"] == psp, "participant_id"].iloc[0]
    assert f"of study {psp}" in caption(profile(larger_table, f"sub-{participant}", regions=FOUR))
    with pytest.raises(OptionError, match="no study p9999"):
        profile(larger_table, "p9999")
    again = larger_table[larger_table["study_id"] == psp].assign(study_id="again")
    with pytest.raises(OptionError, match=f"2 studies.*{psp}, again"):
        profile(pd.concat([larger_table, again]), participant)


def test_a_study_is_found_by_participant_and_session(larger_table, psp):
    ours = larger_table["study_id"] == psp
    participant = larger_table.loc[ours, "participant_id"].iloc[0]
    visits = larger_table.assign(session_id=None)
    visits.loc[ours, "session_id"] = "02"
    for name in (f"{participant}_02", f"sub-{participant}_ses-02"):
        assert f"of study {psp}" in caption(profile(visits, name, regions=FOUR))


def test_a_missing_region_is_marked_in_its_row(larger_table, psp):
    hole = larger_table.copy()
    hole.loc[(hole["study_id"] == psp) & (hole["region"] == "SCP"), "value"] = np.nan
    texts = [text.get_text() for text in profile(hole, psp, regions=FOUR).texts]
    assert texts.count("missing") == 1
