"""Sending the good studies of a cohort: uploads start while others are packaged."""

import os
import shutil
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from support.uploads import ids_at
from support.waits import PATIENCE

import neuroflow as nf
from neuroflow.errors import ConnectError
from neuroflow.ledger.states import State


class Gate(ThreadPoolExecutor):
    """Holds back the packaging of some studies until it is opened."""

    def __init__(self, *held):
        super().__init__(max_workers=4)
        self._held = held
        self._is_open = threading.Event()

    def submit(self, function, *args, **options):
        return super().submit(self._run, function, *args, **options)

    def _run(self, function, items):
        if isinstance(items[0], tuple) and items[0][0].study_id in self._held:
            assert self._is_open.wait(PATIENCE), "nobody opened the gate"
        return function(items)

    def open_at(self, stage, study_id):
        """Return a listener that opens the gate when a stage of a study is done."""

        def listen(event):
            if (event.stage, event.study_id, event.status) == (stage, study_id, "done"):
                self._is_open.set()

        return listen


@pytest.fixture
def make(workspace, own_cohort_folder):
    """Return a function that makes a cohort of the studies as they are now."""
    scans = own_cohort_folder / "scans"
    return lambda: workspace.cohort("C", nf.find_studies(scans))


def test_the_first_study_arrives_before_the_second_is_packaged(workspace, service, make):
    cohort = make()
    first, second = (study.study_id for study in cohort.studies)
    with Gate(second) as gate:
        rows = workspace.submit(
            cohort, only_good=True, executor=gate, on_event=gate.open_at("upload", first)
        )
    assert rows["study_id"].tolist() == [first, second]
    assert rows["state"].tolist() == [State.SUBMITTED, State.SUBMITTED]
    assert ids_at(service) == sorted([first, second])
    assert rows.attrs["summary"].startswith("2 of 2 studies to send")


def test_nothing_arrives_before_all_are_packaged_without_only_good(workspace, service, make):
    cohort = make()
    first, second = (study.study_id for study in cohort.studies)
    seen = []
    with Gate(second) as gate:
        opened = gate.open_at("package", first)

        def listen(event):
            opened(event)
            if event.stage == "package":
                seen.append(ids_at(service))

        workspace.submit(cohort, executor=gate, on_event=listen)
    assert seen
    assert not any(seen)
    assert len(ids_at(service)) == 2


def test_of_two_copies_the_first_in_the_cohort_is_sent(workspace, service, own_cohort_folder, make):
    scans = own_cohort_folder / "scans"
    one = min(scans.glob("sub-*/ses-*"))
    copy = shutil.copytree(one, scans / "sub-Z" / one.name)
    for path in [path for path in copy.rglob("*") if path.is_file()]:
        path.rename(path.with_name(path.name.replace(one.parent.name, "sub-Z")))
    cohort = make()
    first, _, last = (study.study_id for study in cohort.studies)
    for study_id in (first, last):
        workspace.override(cohort, study_id, "duplicate", "to see who is sent all the same")
    with Gate(first) as gate:
        rows = workspace.submit(
            cohort, only_good=True, executor=gate, on_event=gate.open_at("package", last)
        ).set_index("study_id")
    assert rows["action"][[first, last]].tolist() == ["send", "refused"]
    assert first in rows["reason"][last]
    assert last not in ids_at(service)


def test_a_study_that_cannot_be_packaged_does_not_block_others(workspace, service, make):
    cohort = make()
    bad, good = cohort.studies
    workspace.check(cohort)  # finds nothing; a second check does not see what follows
    image = next(path for path in bad.files if path.name.endswith(".nii.gz"))
    stamp = image.stat()
    data = bytearray(image.read_bytes())
    data[len(data) // 2] ^= 0xFF
    image.write_bytes(data)

    os.utime(image, ns=(stamp.st_atime_ns, stamp.st_mtime_ns))
    rows = workspace.submit(cohort, only_good=True, on_event=lambda _: None).set_index("study_id")
    assert rows["action"][[bad.study_id, good.study_id]].tolist() == ["blocked", "send"]
    assert ids_at(service) == [good.study_id]


def test_a_stop_while_packaging_leaves_the_rest_for_later(workspace, service, make):
    cohort = make()
    first, second = (study.study_id for study in cohort.studies)
    stop = threading.Event()
    with Gate(second) as gate:
        opened = gate.open_at("upload", first)

        def listen(event):
            if (event.stage, event.study_id, event.status) == ("upload", first, "done"):
                stop.set()
            opened(event)

        rows = workspace.submit(
            cohort, only_good=True, executor=gate, stop=stop, on_event=listen
        ).set_index("study_id")
    assert ids_at(service) == [first]
    assert rows["state"][first] == State.SUBMITTED
    assert rows["reason"][second] in {"stopped before it was packaged", "not sent yet"}
    again = workspace.submit(cohort, only_good=True, on_event=lambda _: None)
    assert again["state"].tolist() == [State.SUBMITTED, State.SUBMITTED]
    assert ids_at(service) == sorted([first, second])


def test_no_service_is_needed_where_all_was_sent(workspace, service, make):
    cohort = make()
    workspace.submit(cohort, only_good=True, on_event=lambda _: None)
    service.stop()
    again = workspace.submit(cohort, only_good=True, on_event=lambda _: None)
    assert again["action"].tolist() == ["skip", "skip"]


@pytest.mark.usefixtures("short_pauses")
def test_an_unreachable_service_is_an_error_and_frees_the_lock(workspace, service, make):
    cohort = make()
    service.stop()
    with pytest.raises(ConnectError):
        workspace.submit(cohort, only_good=True, on_event=lambda _: None)
    assert not workspace.is_busy
    assert len(workspace.package(cohort, on_event=lambda _: None)) == 2
