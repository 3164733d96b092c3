"""The same table on any executor."""

from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

import pandas as pd
import pytest

from neuroflow.errors import ResultWarning
from neuroflow.results import read_results
from neuroflow.results.table import load


@pytest.fixture
def many(folder, monkeypatch):
    """Fill a folder with results of several kinds, one of them unreadable."""
    monkeypatch.setattr(load, "_CHUNK", 3)
    for n in range(7):
        folder.study(f"a{n}", 0.1 + n / 100)
    folder.put("b_out/aidp.csv", "Subject,pSN_FW,MCP_FW\nx,0.2,0.1\n")
    folder.put("c_out/aidp.csv", b"\x00\x01\x02")
    folder.put("all.csv", "Subject,pSN_FW,MCP_FW\nd,0.2,0.1\ne,0.3,0.1\n")
    return folder


@pytest.fixture
def alone(many):
    """Return the table as it is read in this process, and the warnings."""
    with pytest.warns(ResultWarning) as said:
        table = read_results(many.path)
    return table, sorted(str(each.message) for each in said)


def agrees(executor, folder, alone):
    with pytest.warns(ResultWarning) as said:
        table = read_results(folder.path, executor=executor)
    pd.testing.assert_frame_equal(table, alone[0])
    assert table.attrs == alone[0].attrs
    assert sorted(str(each.message) for each in said) == alone[1]


def test_processes_of_the_standard_library_agree(many, alone):
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as executor:
        agrees(executor, many, alone)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")  # of distributed's own start and end
def test_a_dask_cluster_agrees(many, alone):
    distributed = pytest.importorskip("distributed")
    with (
        distributed.LocalCluster(
            n_workers=1, threads_per_worker=1, dashboard_address=None, host="127.0.0.1"
        ) as cluster,
        distributed.Client(cluster) as client,
    ):
        agrees(client.get_executor(), many, alone)
