"""The option --jobs: how many processes work."""

import loky
import pytest

from neuroflow.studies import limit_processes
from neuroflow.studies.parallel import processes


@pytest.fixture(autouse=True)
def usual_limit():
    """Take back the limit of a command, which a program of its own would end with."""
    yield
    limit_processes(None)


@pytest.fixture
def pools(monkeypatch):
    """Return the sizes of the pools of processes that are started."""
    started = []

    class Noted(loky.ProcessPoolExecutor):
        def __init__(self, max_workers, **options):
            started.append(max_workers)
            super().__init__(max_workers, **options)

    monkeypatch.setattr("loky.ProcessPoolExecutor", Noted)
    return started


@pytest.mark.parametrize(
    "words", [("check",), ("package", "C1"), ("submit", "C1"), ("rebuild",)], ids=lambda w: w[0]
)
def test_every_command_that_takes_jobs_keeps_to_them(run, tmp_path, words):
    command, *more = words
    run(command, tmp_path / "nowhere", *more, "--jobs", 3)
    assert processes() == 3


def test_jobs_start_as_many_processes_for_the_same_findings(run, eight_studies, pools, monkeypatch):
    monkeypatch.setattr("neuroflow.studies.parallel.INLINE_COST", 0)  # eight studies are much work
    alone = run("check", eight_studies / "scans", "--deep", "--json", "--jobs", 1)
    assert pools == []
    shared = run("check", eight_studies / "scans", "--deep", "--json", "--jobs", 2)
    assert shared[:2] == alone[:2]
    assert pools == [2]


def test_no_job_is_a_wrong_command_line(run, tmp_path):
    code, out, err = run("check", tmp_path, "--jobs", 0)
    assert (code, out) == (2, "")
    assert "--jobs" in err
