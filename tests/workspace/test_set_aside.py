"""Results set aside after quality control stay in the workspace and leave every analysis."""

import numpy as np
import pandas as pd
import pytest

import neuroflow as nf
from neuroflow.errors import OptionError
from neuroflow.workspace.set_aside import SET_ASIDE_FILE, SetAside, find_result


def cohort(n=12):
    rng = np.random.default_rng(2)
    rows = [
        {
            "study_id": f"s{i:02d}",
            "participant_id": f"p{i:02d}",
            "group": ("Control", "PSP")[i % 2],
            "region": region,
            "hemisphere": "bilateral",
            "metric": "FW",
            "value": 0.3 + 0.02 * rng.normal(),
        }
        for i in range(n)
        for region in ("pSN", "SCP")
    ]
    return pd.DataFrame(rows)


@pytest.fixture
def aside(tmp_path):
    return SetAside(tmp_path)


def test_nothing_set_aside_leaves_the_table_as_it_is(aside):
    table = cohort()
    assert aside.apply(table) is table


def test_a_study_set_aside_is_counted_in_every_text(aside):
    aside.exclude("s03", None, "motion")
    table = aside.apply(cohort())
    effects = nf.compare_groups(table)
    assert effects.attrs["exclusions"] == [
        {"reason": "set aside: motion", "n": 1, "study_ids": ["s03"]}
    ]
    assert effects.attrs["n_studies"] + 1 == 12
    assert "1 (set aside: motion)" in nf.methods_text(effects)
    assert "1 (set aside: motion)" in nf.plot.caption(nf.plot.strip(table))
    assert effects["n1"].tolist() == [5, 5]


def test_a_region_set_aside_leaves_the_others(aside):
    aside.exclude("s03", "pSN", "registration failed")
    effects = nf.compare_groups(aside.apply(cohort())).set_index("region")
    assert effects["n1"].to_dict() == {"pSN": 5, "SCP": 6}
    assert effects.attrs["exclusions"] == []
    assert "Set aside (registration failed): 1 value of FW in 1 study." in nf.methods_text(effects)


def test_what_is_included_again_is_used_again(aside):
    aside.exclude("s03", "pSN", "registration failed")
    aside.exclude("s03", None, "motion")
    aside.include("s03", None)
    assert aside.table.read().empty
    with pytest.raises(OptionError, match="not set aside"):
        aside.include("s03", None)


def test_a_reason_is_needed_and_the_last_one_counts(aside):
    with pytest.raises(OptionError, match="reason"):
        aside.exclude("s03", None, " ")
    aside.exclude("s03", None, "motion")
    aside.exclude("s03", None, "wrong\tscan")
    assert aside.table.read().to_numpy().tolist() == [["s03", "", "wrong scan"]]


def test_decisions_are_for_the_owner_only(aside, tmp_path):
    aside.exclude("s03", None, "motion")
    assert (tmp_path / SET_ASIDE_FILE).stat().st_mode & 0o077 == 0


def test_results_are_found_by_participant_and_session():
    studies = pd.DataFrame(
        {"study_id": ["a", "b"], "participant_id": ["01", "01"], "session_id": ["1", "2"]}
    )
    assert find_result("sub-01_ses-2", studies, {"a", "b"}) == "b"
    assert find_result("a", studies, {"a", "b"}) == "a"
    with pytest.raises(OptionError, match="several"):
        find_result("01", studies, {"a", "b"})
    with pytest.raises(OptionError, match="no collected result"):
        find_result("02", studies, {"a", "b"})
