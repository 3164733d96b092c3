import pandas as pd
import pytest

from neuroflow.errors import CompareError
from neuroflow.matrix.visits import choose_visits


def studies(**columns):
    n = len(next(iter(columns.values())))
    return pd.DataFrame({"study_id": [f"s{i}" for i in range(n)], **columns})


def kept(frame, visit):
    return list(frame.loc[choose_visits(frame, visit), "study_id"])


def test_numbers_in_session_names_count_as_numbers():
    frame = studies(participant_id=["a", "a"], session_id=["month12", "month6"])
    assert kept(frame, "first") == ["s1"]
    assert kept(frame, "last") == ["s0"]


def test_age_settles_the_order_where_names_mislead():
    frame = studies(participant_id=["a", "a"], session_id=["1yr", "baseline"], age=[61.0, 60.0])
    assert kept(frame, "first") == ["s1"]


def test_age_is_not_used_where_one_visit_lacks_it():
    frame = studies(participant_id=["a", "a"], session_id=["1", "2"], age=[61.0, None])
    assert kept(frame, "first") == ["s0"]


def test_studies_without_a_participant_stand_for_their_own():
    assert kept(studies(participant_id=["a", None, None]), None) == ["s0", "s1", "s2"]
    assert kept(studies(region=["x", "y"]), None) == ["s0", "s1"]


def test_two_scans_in_the_chosen_session_are_still_refused():
    frame = studies(participant_id=["a", "a", "a"], session_id=["1", "1", "2"])
    with pytest.raises(CompareError, match="more than one study"):
        choose_visits(frame, "1")
