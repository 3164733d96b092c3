"""Against AWS Transfer Family as others emulate it; optional, see `support.ministack`."""

from collections import Counter
from pathlib import PurePosixPath

import pytest
from support.ministack import Ministack
from support.transfers import collect, submit

from neuroflow.contract import upload_path
from neuroflow.ledger.states import State
from neuroflow.transfer.diagnose import STAGES, diagnose
from neuroflow.transfer.remote import Receipt
from neuroflow.transfer.upload.plan import plan


@pytest.fixture(scope="module")
def emulator(tmp_path_factory):
    with Ministack(tmp_path_factory.mktemp("ministack")) as server:
        yield server


def test_the_connection_test_passes_every_stage(emulator, trusting):
    steps = list(diagnose(emulator.profile, trusting(emulator)))
    assert [(step.name, step.ok) for step in steps] == [(name, True) for name in STAGES]


def test_studies_become_objects_whole_and_once(emulator, opening, packages, ledger):
    made = packages(5, size=3_000_000)
    connect = opening(emulator)
    for _ in submit(plan(made, ledger, {}), made, connect, ledger, connections=2):
        pass
    assert Counter(row.state for row in ledger.rows()) == {State.SUBMITTED: 5}
    assert {row.message for row in ledger.rows()} == {Receipt.CONFIRMED.value}
    keys = [f"home/{upload_path(each.cohort_id, each.study_id)}" for each in made]
    assert emulator.objects() == sorted(keys)
    for key, each in zip(keys, made, strict=True):
        assert emulator.content(key) == each.path.read_bytes()
    assert not plan(made, ledger, {}).to_do


def test_an_interrupted_upload_is_resent_after_the_quiet_time(emulator, opening, packages, ledger):
    (_, _, _, _, _, one) = packages(6, size=100_000)
    connect = opening(emulator)
    with connect() as remote:
        remote.mkdirs(PurePosixPath("input/COHORT/input"))
        part = one.path.with_name("part")
        part.write_bytes(one.path.read_bytes()[:5000])
        remote.put(part, upload_path("COHORT", one.study_id))
    ledger.record("COHORT", one.study_id, State.UPLOADING)
    for _ in submit(plan([one], ledger, {}), [one], connect, ledger, quiet_seconds=0.1):
        pass
    assert ledger.row(one.study_id).state is State.SUBMITTED
    key = f"home/{upload_path('COHORT', one.study_id)}"
    assert emulator.content(key) == one.path.read_bytes()


def test_results_are_collected(emulator, opening, packages, ledger, tmp_path):
    *_, one = packages(7, size=1000)
    connect = opening(emulator)
    for _ in submit(plan([one], ledger, {}), [one], connect, ledger):
        pass
    value = tmp_path / "aidp.csv"
    value.write_bytes(b"values")
    with connect() as remote:
        folder = PurePosixPath(f"output/{one.study_id}_out")
        remote.mkdirs(folder)
        for name in ("aidp.csv", "prediction.txt", "prediction.png"):
            remote.put(value, folder / name)
    for _ in collect(connect, ledger, tmp_path / "results"):
        pass
    assert ledger.row(one.study_id).state is State.COLLECTED
    assert (tmp_path / "results" / f"{one.study_id}_out" / "aidp.csv").read_bytes() == b"values"
