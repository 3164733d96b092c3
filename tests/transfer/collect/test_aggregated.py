"""Reports of many studies come beside the result folders, and only what is new or changed."""

import os
import threading

import pytest
from support.transfers import collect

from neuroflow.errors import ConnectionLostError, ResultWarning
from neuroflow.models import RESULT_FILES
from neuroflow.results.table.cohort_table import read_results, study_facts
from neuroflow.transfer.control import Clock
from neuroflow.transfer.local import LocalRemote

TABLE = "StudyID,pSN_FW,Putamen_FW\na,0.1,0.2\nb,0.3,0.4\n"
VALUES = {
    "aidp.csv": "pSN_FW,0.9\nPutamen_FW,0.8\n",
    "prediction.txt": "Atypical:0.2\n",
    "prediction.png": "x",
}


@pytest.fixture(params=["openssh", "embedded"])
def place(request, opening):
    """Return each kind of server in turn: its output on this disk, and a `connect` to it."""
    server = request.getfixturevalue({"openssh": "sshd", "embedded": "demo"}[request.param])
    return server.home / "output", opening(server, timeout=30.0)


def put(folder, files):
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        (folder / name).write_text(text)


def read_with_warning(results):
    """Read results of which one study has other values in the aggregated report."""
    with pytest.warns(ResultWarning, match=r"other values in a further file.*: a"):
        return read_results(results)


def sentences(connect, ledger, results, **options):
    events = collect(connect, ledger, results, **options)
    return [e.message for e in events if e.study_id is None and e.message]


def test_an_aggregated_report_is_fetched_again_only_when_changed(place, ledger, results):
    output, connect = place
    put(output, {"all.csv": TABLE, "notes.xyz": "no report"})
    put(output / "COHORT", {"all.csv": TABLE, "summary.pdf": "%PDF"})
    put(output / "COHORT" / "a_out", VALUES)
    first = sentences(connect, ledger, results)
    assert first == [
        "fetched aggregated/COHORT/all.csv",
        "fetched aggregated/COHORT/summary.pdf",
        "fetched aggregated/all.csv",
    ]
    assert (results / "aggregated" / "all.csv").read_text() == TABLE
    assert sentences(connect, ledger, results) == []
    put(output, {"all.csv": TABLE + "c,0.5,0.6\n"})
    assert sentences(connect, ledger, results) == ["fetched aggregated/all.csv"]
    assert set(read_with_warning(results)["study_id"]) == {"a", "b", "c"}


def test_a_studys_own_folder_comes_before_an_aggregated_report(place, ledger, results):
    output, connect = place
    put(output, {"all.csv": TABLE})
    put(output / "a_out", VALUES)
    sentences(connect, ledger, results)
    table = read_with_warning(results)
    assert len(table) == 4
    psn = table[table["region"] == "pSN"].set_index("study_id")["value"]
    assert psn.to_dict() == {"a": 0.9, "b": 0.3}
    facts = study_facts(results).set_index("study_id")
    assert facts.loc["a", "source"] == "a_out/aidp.csv"
    assert facts.loc["b", "source"] == "aggregated/all.csv"
    assert "found again with other values, not used: aggregated/all.csv" in facts.loc["a"].warnings


@pytest.mark.parametrize("folder", ["", "COHORT"])
def test_an_aggregated_report_may_have_the_name_of_a_studys(place, ledger, results, folder):
    output, connect = place
    put(output / folder, {"aidp.csv": TABLE})
    put(output / folder / "a_out", VALUES)
    sentences(connect, ledger, results)
    assert (results / "aggregated" / folder / "aidp.csv").exists()
    assert set(read_with_warning(results)["study_id"]) == {"a", "b"}


@pytest.mark.skipif(os.name == "nt", reason="Windows knows no such names")
def test_reports_that_differ_in_case_only_are_not_mixed(place, ledger, results):
    output, connect = place
    put(output, {"ALL.csv": TABLE, "all.csv": "other"})
    told = sentences(connect, ledger, results)
    assert sorted(sentence.split()[0] for sentence in told) == ["aggregated/all.csv", "fetched"]
    assert [path.name for path in (results / "aggregated").iterdir()] == ["ALL.csv"]


def test_a_line_that_breaks_leaves_reports_for_the_next_time(folder_remote, ledger, results):
    home, connect = folder_remote
    put(home / "output", {"all.csv": TABLE})
    put(home / "output" / "a_out", VALUES)

    class Lost(LocalRemote):
        def get_many(self, wanted):
            raise ConnectionLostError("gone")
            yield

    remotes = iter([Lost(home)])
    told = sentences(
        lambda: next(remotes, connect()), ledger, results, clock=Clock(sleep=lambda _: None)
    )
    assert "will be collected next time" in told[0]
    assert (results / "a_out" / "aidp.csv").exists()
    assert sentences(connect, ledger, results) == ["fetched aggregated/all.csv"]


def test_a_pause_holds_every_byte(folder_remote, ledger, results):
    home, connect = folder_remote
    put(home / "output" / "a_out", VALUES)
    put(home / "output", {"all.csv": TABLE})
    pause, slept = threading.Event(), []
    pause.set()

    def sleep(seconds):
        slept.append(list(results.rglob("*.csv")))
        if len(slept) == 3:
            pause.clear()

    sentences(connect, ledger, results, pause=pause, clock=Clock(sleep=sleep))
    assert slept == [[], [], []]
    assert len(list((results / "a_out").iterdir())) == len(RESULT_FILES)
