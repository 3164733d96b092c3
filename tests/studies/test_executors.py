"""The same results on any executor."""

from __future__ import annotations

import os
import subprocess
import sys
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from dataclasses import replace
from multiprocessing import get_context
from uuid import UUID

import pytest
from support import sudden
from support.packages import SALT
from support.scans import SMALL, write_dicom, write_nifti

from neuroflow.errors import WorkerError
from neuroflow.models import Cohort
from neuroflow.studies.discovery.find import find_studies
from neuroflow.studies.package.build import package_studies
from neuroflow.studies.parallel import limit_processes, local_executor, map_chunks, processes
from neuroflow.studies.protocol.check import check


@pytest.fixture(scope="module")
def scans(tmp_path_factory):
    root = tmp_path_factory.mktemp("scans")
    for number in range(1, 4):
        write_dicom(root / f"{number}", replace(SMALL, number=number, patient_id=f"P{number}"))
    write_nifti(root / "4", SMALL)
    return root


def everything(scans, folder, executor=None):
    studies = find_studies(scans, executor=executor)
    findings = check(studies, executor=executor)
    named = [
        replace(study, study_id=str(UUID(int=number, version=4)))
        for number, study in enumerate(studies)
    ]
    packages = package_studies(Cohort("C", tuple(named)), folder, salt=SALT, executor=executor)
    return studies, findings.to_csv(), [package.sha256 for package in packages]


def test_threads_processes_and_no_executor_agree(two_cores, scans, tmp_path):
    alone = everything(scans, tmp_path / "alone")
    with ThreadPoolExecutor(2) as threads:
        assert everything(scans, tmp_path / "threads", threads) == alone
    assert everything(scans, tmp_path / "local", local_executor()) == alone
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as processes:
        assert everything(scans, tmp_path / "processes", processes) == alone


def test_dead_worker_is_an_error_with_advice():
    with (
        ProcessPoolExecutor(1, mp_context=get_context("spawn")) as processes,
        pytest.raises(WorkerError, match="ended unexpectedly"),
    ):
        list(map_chunks(sudden.end_at_once, [1, 2], executor=processes))


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")  # of distributed's own start and end
def test_dask_cluster_agrees(scans, tmp_path):
    distributed = pytest.importorskip("distributed")
    alone = everything(scans, tmp_path / "alone")
    with (
        distributed.LocalCluster(
            n_workers=1,
            threads_per_worker=1,
            processes=True,
            dashboard_address=None,
            host="127.0.0.1",
        ) as cluster,
        distributed.Client(cluster) as client,
    ):
        assert everything(scans, tmp_path / "dask", client.get_executor()) == alone


def test_progress_is_reported_to_the_end(scans, tmp_path):
    events = []
    studies = find_studies(scans, on_event=events.append)
    check(studies, on_event=events.append)
    for stage, total in (("find", 40), ("check", 4)):
        last = [event for event in events if event.stage == stage][-1]
        assert (last.done, last.total) == (total, total)
    assert all("MUSTERMANN" not in event.message for event in events)


@pytest.fixture
def two_cores(monkeypatch):
    """Show two cores, whatever this computer has; a scheduler's variables are gone."""
    monkeypatch.setattr("loky.cpu_count", lambda: 2)
    for name in ("SLURM_CPUS_PER_TASK", "NSLOTS", "NCPUS", "LSB_DJOB_NUMPROC"):
        monkeypatch.delenv(name, raising=False)


@pytest.mark.skipif(sys.platform != "linux", reason="needs the affinity of Linux")
def test_job_bound_to_one_core_uses_one_process(monkeypatch):
    monkeypatch.delenv("LOKY_MAX_CPU_COUNT")  # of the tests
    code = "from neuroflow.studies.parallel import processes; print(processes())"
    core = min(os.sched_getaffinity(0))
    command = ["taskset", "-c", str(core), sys.executable, "-c", code]
    assert subprocess.run(command, capture_output=True, text=True, check=True).stdout == "1\n"


@pytest.mark.parametrize(
    ("granted", "expected"), [("1", 1), ("16", 2), ("", 2), ("0", 2), ("x", 2)]
)
def test_cores_granted_by_a_scheduler_are_respected(two_cores, monkeypatch, granted, expected):
    monkeypatch.setenv("SLURM_CPUS_PER_TASK", granted)
    assert processes() == expected


def where(chunk):
    return [os.getpid() for _ in chunk]


def test_chosen_number_of_processes_outranks_the_cores(two_cores):
    limit_processes(5)
    try:
        assert processes() == 5
        limit_processes(1)
        found = [pid for _, chunk in map_chunks(where, range(500)) for pid in chunk]
        assert set(found) == {os.getpid()}
    finally:
        limit_processes(None)
    assert processes() == 2


def test_the_callers_reusable_executor_stays_open(two_cores):
    from loky import get_reusable_executor

    executor = get_reusable_executor(max_workers=1)
    local_executor()
    assert executor.submit(abs, -1).result() == 1
    executor.shutdown()


def test_processes_that_died_are_started_again(two_cores):
    with pytest.raises(WorkerError):
        list(map_chunks(sudden.end_at_once, range(2), cost=1000))
    assert list(map_chunks(list, [1, 2], cost=1000)) != []
