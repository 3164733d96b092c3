import stat
import sys
from dataclasses import replace
from functools import partial
from itertools import count

import pytest

from neuroflow.errors import WorkspaceError
from neuroflow.models import Study, StudyKind
from neuroflow.workspace.enrolment.cohort_store import CohortStore


@pytest.fixture
def store(tmp_path):
    numbers = count(1)
    opened = CohortStore(tmp_path / "cohorts")
    opened.enrol = partial(opened.enrol, new_id=lambda *_: f"id-{next(numbers)}")
    return opened


def study(folder, name, **facts):
    root = folder / name
    return Study(
        label=name,
        kind=StudyKind.NIFTI,
        root=root,
        files=(root / "dwi.nii.gz", root / "dwi.bval"),
        participant_id=name,
        **facts,
    )


def test_a_cohort_reads_back_as_it_was_written(store, tmp_path):
    cohort = store.enrol("C", [study(tmp_path, "a", age=61.5, sex="F"), study(tmp_path, "b")])
    assert store.read("C") == cohort
    assert store.ids() == ["C"]


def test_a_study_keeps_its_id_in_a_recreated_cohort(store, tmp_path):
    a, b, c = (study(tmp_path, name) for name in "abc")
    first = store.enrol("C", [a, b])
    again = store.enrol("C", [c, b, a])
    ids = {s.label: s.study_id for s in again.studies}
    assert ids == {"a": "id-1", "b": "id-2", "c": "id-3"}
    assert [s.study_id for s in first.studies] == ["id-1", "id-2"]


def test_a_study_that_moved_is_known_by_its_uid(store, tmp_path):
    store.enrol("C", [study(tmp_path, "old", study_uid="1.2.3")])
    moved = store.enrol("C", [study(tmp_path, "new", study_uid="1.2.3")])
    assert moved.studies[0].study_id == "id-1"


def test_two_copies_of_a_study_never_share_an_id(store, tmp_path):
    store.enrol("C", [study(tmp_path, "a", study_uid="1.2.3")])
    both = store.enrol(
        "C", [study(tmp_path, "a", study_uid="1.2.3"), study(tmp_path, "copy", study_uid="1.2.3")]
    )
    assert len({s.study_id for s in both.studies}) == 2


def test_a_sent_study_stays_in_the_map(store, tmp_path):
    a, b = study(tmp_path, "a"), study(tmp_path, "b")
    store.enrol("C", [a, b])
    cohort = store.enrol("C", [b], keep={"id-1"})
    assert [s.label for s in cohort.studies] == ["b"]
    assert set(store.frame("C")["study_id"]) == {"id-1", "id-2"}


@pytest.mark.parametrize("name", ["a\tb", "Zoë", 'quote"d', "line\nbreak", "NA", "007"])
def test_any_participant_name_survives_the_file(store, tmp_path, name):
    one = replace(study(tmp_path, "a"), participant_id=name, label=name)
    store.enrol("C", [one])
    assert store.read("C").studies[0].participant_id == name


@pytest.mark.skipif(sys.platform == "win32", reason="modes have no meaning there")
def test_only_the_owner_may_read_the_map(store, tmp_path):
    store.enrol("C", [study(tmp_path, "a")])
    for file in (store.folder / "C").iterdir():
        assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_an_unknown_cohort_is_named_with_the_known_ones(store, tmp_path):
    store.enrol("C1", [study(tmp_path, "a")])
    with pytest.raises(WorkspaceError, match=r"no cohort 'C2'.*C1"):
        store.read("C2")


def test_a_damaged_map_is_a_clear_error(store, tmp_path):
    store.enrol("C", [study(tmp_path, "a")])
    (store.folder / "C" / "files.json").write_text("{", encoding="utf-8")
    with pytest.raises(WorkspaceError, match="map of cohort 'C' cannot be read"):
        store.read("C")
