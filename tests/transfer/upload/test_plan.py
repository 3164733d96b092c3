import dataclasses

import pytest

from neuroflow.ledger.states import State
from neuroflow.transfer.upload.plan import Action, Plan, PlanItem, describe_seconds, plan

SENT = (State.SUBMITTED,)


def act(ledger, package, *states):
    for state in states:
        ledger.record(package.cohort_id, package.study_id, state)


def changed(package):
    return dataclasses.replace(package, sha256="other", source_sha256="mended")


def actions(packages, ledger, blocked=(), **options):
    made = plan(packages, ledger, dict(blocked), **options)
    assert made.cohort_id == "COHORT"
    return {item.study_id: (item.action, item.force) for item in made.items}


@pytest.mark.parametrize(
    ("states", "plain", "replacing"),
    [
        ((), Action.SEND, (Action.SEND, False)),
        ((State.UPLOADING,), Action.CHECK, (Action.CHECK, True)),
        ((State.UPLOADING, State.PARTLY_SENT), Action.CHECK, (Action.CHECK, True)),
        ((State.UPLOADING, State.UNCONFIRMED), Action.CHECK, (Action.CHECK, True)),
        (SENT, Action.SKIP, (Action.SKIP, False)),
        ((*SENT, State.COLLECTED), Action.SKIP, (Action.SKIP, False)),
        ((*SENT, State.FAILED), Action.SKIP, (Action.SEND, True)),
    ],
)
def test_what_follows_from_each_state(ledger, packages, states, plain, replacing):
    (one,) = packages(1)
    act(ledger, one, *states)
    assert actions([one], ledger) == {one.study_id: (plain, False)}
    assert actions([one], ledger, replace=True) == {one.study_id: replacing}


@pytest.mark.parametrize("state", [State.SUBMITTED, State.COLLECTED, State.FAILED])
def test_other_content_under_a_sent_id_needs_the_users_word(ledger, packages, state):
    (one,) = packages(1)
    act(ledger, one, *dict.fromkeys((*SENT, state)))
    other = changed(one)
    ledger.add_package(other)
    assert actions([other], ledger) == {one.study_id: (Action.REFUSED, False)}
    assert actions([other], ledger, replace=True) == {one.study_id: (Action.SEND, True)}


@pytest.mark.parametrize("mark", ["sha256", "source_sha256", "study_uid_sha256"])
def test_a_study_sent_under_another_id_is_refused(ledger, packages, mark):
    first, second = packages(2)
    act(ledger, first, *SENT)
    twin = dataclasses.replace(second, **{mark: getattr(first, mark)})
    ledger.add_package(twin)
    (item,) = plan([twin], ledger, {}, replace=True).items
    assert item.action is Action.REFUSED
    assert first.study_id in item.reason


def test_of_twins_in_one_cohort_the_first_goes(ledger, packages):
    first, second = packages(2)
    twin = dataclasses.replace(second, sha256=first.sha256)
    found = actions([first, twin], ledger)
    assert [action for action, _ in found.values()] == [Action.SEND, Action.REFUSED]


def test_studies_without_a_study_uid_are_no_twins(ledger, packages):
    both = [dataclasses.replace(each, study_uid_sha256="") for each in packages(2)]
    assert {action for action, _ in actions(both, ledger).values()} == {Action.SEND}


def test_blocked_studies_are_shown_with_their_reason(ledger, packages):
    one, two = packages(2)
    made = plan([one, two], ledger, {two.study_id: "no age", "unpackaged": "no sex"})
    table = made.frame()
    assert list(table.columns) == ["study_id", "action", "size", "reason", "seconds"]
    assert table["action"].tolist() == ["send", "blocked", "blocked"]
    assert table["size"].tolist() == [1000, 1000, 0]
    assert table["reason"].tolist()[1:] == ["no age", "no sex"]
    assert [item.study_id for item in made.to_do] == [one.study_id]


def test_planning_changes_nothing(ledger, packages):
    made = packages(3)
    before = ledger.rows()
    plan(made, ledger, {}, replace=True)
    assert ledger.rows() == before


def test_no_packages_make_an_empty_plan(ledger):
    assert plan([], ledger, {}).frame().empty


def test_a_plan_shows_the_start_of_a_long_cohort_id():
    assert repr(Plan("C" * 150, ())) == f"<Plan {'C' * 100}: nothing to send of 0 studies>"


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "1 s"), (59.5, "60 s"), (61, "2 min"), (7199, "120 min"), (7200, "2.0 h")],
)
def test_durations_are_rounded_up(seconds, text):
    assert describe_seconds(seconds) == text


def test_a_plan_estimates_only_what_is_to_be_sent():
    items = (PlanItem("a", Action.SEND, 90, "new"), PlanItem("b", Action.SKIP, 50, "sent"))
    assert Plan("C", items, speed=2.0).seconds == 45
    assert Plan("C", items).seconds is None
    assert Plan("C", items).summary.endswith("is not known before the first upload")


def test_what_is_planned_cannot_be_changed():
    with pytest.raises(dataclasses.FrozenInstanceError):
        Plan("C", ()).cohort_id = "D"
