"""A cohort or its id is accepted alike; what cannot be used is refused in words."""

from dataclasses import replace
from pathlib import Path

import pytest

from neuroflow.errors import OptionError
from neuroflow.models import Cohort, Study, StudyKind
from neuroflow.transfer.upload.plan import Action, Plan, PlanItem


@pytest.fixture
def cohort(ws, studies, people):
    return ws.cohort("C", studies, participants=people)


@pytest.mark.parametrize("name", ["cohort", "participants", "check", "excluded", "package"])
def test_a_cohort_and_its_id_are_the_same(ws, cohort, name, silent):
    options = {"on_event": silent} if name in {"check", "package"} else {}
    by_id = getattr(ws, name)("C", **options)
    by_value = getattr(ws, name)(cohort, **options)
    if hasattr(by_id, "equals"):
        assert by_value.equals(by_id)
    else:
        assert by_value == by_id


def test_a_cohort_stands_for_its_present_state(ws, cohort):
    study = cohort.studies[0]
    ws.exclude("C", study.label, "motion")
    assert list(ws.excluded(cohort)) == [study.study_id]
    assert ws.cohort(cohort) == ws.cohort("C")


def test_a_narrowed_cohort_stays_narrow(ws, cohort, silent):
    narrow = replace(cohort, studies=cohort.studies[:1])
    assert len(ws.package(narrow, on_event=silent)) == 1


def test_a_study_of_another_workspace_is_refused(ws, cohort):
    stranger = replace(cohort.studies[0], study_id="another")
    with pytest.raises(OptionError, match="does not belong to cohort 'C'"):
        ws.check(Cohort("C", (stranger,)))


@pytest.mark.parametrize(
    ("name", "arguments", "options"),
    [
        ("check", (["a", "list"],), {}),
        ("submit", (None,), {}),
        ("excluded", (3,), {}),
        ("cohort", (3,), {}),
        ("cohort", ("C", "scans"), {}),
        ("cohort", ("C", 3), {}),
        ("cohort", ("C", ["label"]), {}),
        ("cohort", ("C",), {"participants": 3}),
        ("exclude", ("C", 3, "motion"), {}),
        ("exclude", ("C", ["D002_01"], None), {}),
        ("override", ("C", "D002_01", 3, "because"), {}),
        ("override", ("C", "D002_01", "echo_time", None), {}),
        ("fill_in", ("C", "D002_01"), {"age": "old"}),
        ("submit", ("C",), {"only": 3}),
        ("submit", ("C",), {"limit_mb_per_s": "fast"}),
        ("submit", ("C",), {"limit_mb_per_s": 0}),
        ("wait", (), {"timeout_hours": "long"}),
        ("wait", (), {"interval_seconds": 0}),
        ("watch", (), {"longest_seconds": "long"}),
    ],
)
def test_an_argument_of_the_wrong_kind_is_an_option_error(ws, cohort, name, arguments, options):
    with pytest.raises(OptionError):
        getattr(ws, name)(*arguments, **options)


LONG = "<b>&" + "x" * 300


def long_study():
    files = tuple(Path(f"/scans/Anna/{n}.dcm") for n in range(2000))
    return Study(LONG, StudyKind.DICOM, Path("/scans/Anna"), files, participant_id="<i>P1")


@pytest.mark.parametrize(
    "value",
    [
        long_study(),
        Cohort("C", (long_study(),) * 60),
        Plan("C", (PlanItem("s", Action.BLOCKED, 0, "/scans/Anna/1.dcm"),)),
    ],
)
def test_a_value_shows_itself_briefly_and_escaped(value):
    assert len(repr(value)) < 200
    html = value._repr_html_()
    assert "<b>&x" not in html
    assert "<i>P1" not in html
    assert "Anna" not in repr(value) + html
