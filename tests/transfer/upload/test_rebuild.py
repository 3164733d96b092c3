"""A lost ledger: what the server shows is noted; what it does not show is never sent unasked."""

import dataclasses

import pytest
from support.transfers import submit

from neuroflow.contract import upload_path
from neuroflow.ledger import EventMark
from neuroflow.ledger.ledger import Ledger
from neuroflow.ledger.states import State
from neuroflow.models import RESULT_FILES
from neuroflow.transfer.upload.marks import Phase, SentMark
from neuroflow.transfer.upload.plan import plan
from neuroflow.transfer.upload.rebuild import MARKED, REFUSED, WHOLE, rebuild


@pytest.fixture
def anew(tmp_path):
    with Ledger(tmp_path / "new.sqlite") as ledger:
        yield ledger


def put(home, package, size=None):
    path = home / upload_path(package.cohort_id, package.study_id)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(package.path.read_bytes()[:size])


def test_every_study_stands_where_the_server_shows_it(remote, packages, anew):
    whole, part, answered, failed, _ = made = packages(5)
    put(remote.home, whole)
    put(remote.home, part, 400)
    for package, names in ((answered, RESULT_FILES), (failed, ["failure_report.txt"])):
        folder = remote.home / "output" / f"{package.study_id}_out"
        folder.mkdir()
        for name in names:
            (folder / name).touch()
    rows = rebuild(made, anew, remote)
    assert [row.study_id for row in rows] == [package.study_id for package in made]
    assert [row.state for row in rows] == [
        State.SUBMITTED,
        State.UNCONFIRMED,
        State.SUBMITTED,
        State.UNCONFIRMED,
        State.UNCONFIRMED,
    ]


def test_what_is_known_stays(folder_remote, packages, ledger):
    home, connect = folder_remote
    (one,) = packages(1)
    for state in (State.UPLOADING, State.PARTLY_SENT):
        ledger.record("COHORT", one.study_id, state)
    put(home, one)
    before = ledger.history(one.study_id)
    assert rebuild([one], ledger, connect())[0].state is State.PARTLY_SENT
    assert ledger.history(one.study_id) == before


def test_what_is_not_seen_goes_only_when_asked(folder_remote, packages, anew):
    home, connect = folder_remote
    (one,) = packages(1)
    rebuild([one], anew, connect())
    there = home / upload_path("COHORT", one.study_id)

    def send(*, replace):
        made = plan([one], anew, {}, replace=replace)
        list(submit(made, [one], connect, anew, quiet_seconds=0.01))

    send(replace=False)
    assert not there.exists()
    send(replace=True)
    assert there.read_bytes() == one.path.read_bytes()


def test_another_length_is_replaced_only_when_asked(folder_remote, packages, anew):
    home, connect = folder_remote
    (one,) = packages(1)
    put(home, one, 100)
    rebuild([one], anew, connect())
    list(submit(plan([one], anew, {}), [one], connect, anew, quiet_seconds=0.01))
    assert anew.row(one.study_id).state is State.UNCONFIRMED
    assert (home / upload_path("COHORT", one.study_id)).stat().st_size == 100
    asked = plan([one], anew, {}, replace=True)
    list(submit(asked, [one], connect, anew, quiet_seconds=0.01))
    assert (home / upload_path("COHORT", one.study_id)).stat().st_size == one.size


@pytest.mark.parametrize("moment", ["add_package", "record"])
def test_killed_in_between_it_is_done_again(folder_remote, packages, anew, monkeypatch, moment):
    _, connect = folder_remote
    (one,) = packages(1)
    act = getattr(Ledger, moment)

    def dies(self, *args, **options):
        act(self, *args, **options)
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(Ledger, moment, dies)
        with pytest.raises(KeyboardInterrupt):
            rebuild([one], anew, connect())
    rebuild([one], anew, connect())
    assert anew.row(one.study_id).state is State.UNCONFIRMED


@pytest.mark.parametrize(
    ("phase", "is_answered", "state", "message"),
    [
        (Phase.REFUSED, False, State.UNCONFIRMED, REFUSED),
        (Phase.REFUSED, True, State.SUBMITTED, WHOLE),
        (Phase.ACKNOWLEDGED, False, State.SUBMITTED, MARKED),
        (Phase.BEGUN, False, State.UPLOADING, MARKED),
    ],
)
def test_a_mark_counts_where_no_results_are(
    folder_remote, packages, anew, phase, is_answered, state, message
):
    home, connect = folder_remote
    (one,) = packages(1)
    if is_answered:
        folder = home / "output" / f"{one.study_id}_out"
        folder.mkdir()
        for name in RESULT_FILES:
            (folder / name).touch()
    sent = dataclasses.replace(one, size=7, sha256="sent")
    mark = SentMark(sent, phase, "user@service", EventMark(1, ""))
    (row,) = rebuild([one], anew, connect(), marks={one.study_id: mark}, service="other")
    assert (row.state, row.message) == (state, message)
    assert (row.sent_size, row.sent_sha256, row.service) == (7, "sent", "user@service")


def test_without_a_mark_the_package_counts_as_sent(folder_remote, packages, anew):
    home, connect = folder_remote
    (one,) = packages(1)
    put(home, one)
    (row,) = rebuild([one], anew, connect(), service="user@service")
    assert (row.sent_sha256, row.service) == (one.sha256, "user@service")
    assert [state for _, state, _ in anew.history(one.study_id)] == [
        State.PACKAGED,
        State.SUBMITTED,
    ]


def test_what_went_to_another_service_is_taken_at_once(folder_remote, packages, anew):
    (one,) = packages(1)
    anew.add_package(one)
    anew.record("COHORT", one.study_id, State.SUBMITTED, service="user@first")
    mark = SentMark(one, Phase.LEAVING, "user@other", EventMark(99, ""))
    connect = folder_remote[1]
    rebuild([one], anew, connect(), marks={one.study_id: mark}, service="user@other")
    assert [state for _, state, _ in anew.history(one.study_id)] == [
        State.PACKAGED,
        State.SUBMITTED,
        State.UNCONFIRMED,
    ]
