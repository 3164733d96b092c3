import numpy as np
import pandas as pd
import pytest

from neuroflow.errors import CompareError
from neuroflow.matrix.visits import choose_visits, participants


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


def visits_of(*sessions, ages=None):
    table = pd.DataFrame({"participant_id": ["p"] * len(sessions), "session_id": list(sessions)})
    return table if ages is None else table.assign(age=ages)


@pytest.mark.parametrize(
    "sessions",
    [
        ("pre", "post"),
        ("screening", "baseline"),
        ("baseline", "month6", "month12", "followup"),
        ("ses-2", "ses-10"),
        ("BL", "FU"),
    ],
)
def test_the_first_visit_is_found_by_words_and_numbers(sessions):
    for given in (sessions, sessions[::-1]):
        keep = choose_visits(visits_of(*given), "first")
        assert np.array(given)[keep].tolist() == [sessions[0]]
    keep = choose_visits(visits_of(*sessions), "last")
    assert np.array(sessions)[keep].tolist() == [sessions[-1]]


@pytest.mark.parametrize("sessions", [("blue", "green"), ("week8", "month1"), ("baseline", "x")])
def test_names_without_an_order_are_refused(sessions):
    with pytest.raises(CompareError, match="cannot be put in order"):
        choose_visits(visits_of(*sessions), "first")
    with pytest.raises(CompareError, match="cannot be put in order"):
        choose_visits(visits_of(*sessions, ages=[60.0, 60.0]), "first")
    assert choose_visits(visits_of(*sessions, ages=[61.0, 60.0]), "first").tolist() == [False, True]


@pytest.mark.parametrize("robust", [False, True])
def test_robust_errors_are_advised_where_a_model_has_them(robust):
    frame = studies(participant_id=["a", "a"], session_id=["1", "2"])
    with pytest.raises(CompareError) as caught:
        choose_visits(frame, None, robust=robust)
    assert ('robust="cluster"' in caught.value.advice) is robust


def test_a_study_without_a_participant_counts_as_its_own():
    studies = pd.DataFrame({"participant_id": ["p2", None, "p1", "p2", None]})
    assert participants(studies).tolist() == [1, 3, 0, 1, 6]
