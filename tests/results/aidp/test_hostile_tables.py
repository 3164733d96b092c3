"""Result files made to exhaust memory or time are refused at a small cost."""

import time
from pathlib import Path

import pytest
from support.hostile import measured

from neuroflow.errors import AidpError
from neuroflow.results.aidp.reader import AidpReader, read_aidp


@pytest.mark.parametrize(
    "body",
    [
        "region,FW\n" + 200_000 * "pSN,0.2\n",
        "id,region,FW\n" + "".join(f"s{n},r{n},0.2\n" for n in range(4000)),
        "pSN_FW" + 4_000_001 * "," + "\n",
        "region,FW\n" + 5_000_000 * "\n",
        "pSN,0.2" + 3_000_000 * "x",
    ],
    ids=["repeated", "diagonal", "columns", "lines", "long cell"],
)
def test_a_hostile_table_costs_little_time_and_memory(body):
    data = body.encode()
    with measured() as cost, pytest.raises(AidpError):
        AidpReader().parse(data, Path("aidp.csv"))
    assert cost.cpu_seconds < 20  # one second; what grows with the square takes minutes
    assert cost.megabytes < 5 * 60


def test_reading_takes_time_in_proportion_to_size():
    """A name that is repeated in one study costs no more than other rows do."""

    def seconds(rows):
        data = b"region,FW\n" + rows * b"pSN,0.2\n"
        start = time.thread_time()
        AidpReader().parse(data, Path("aidp.csv"))
        return time.thread_time() - start

    seconds(10)
    few, many = (min(seconds(rows) for _ in range(7)) for rows in (100, 900))
    assert many < 5 * 9 * max(few, 0.001)


def test_a_table_larger_than_any_report_is_not_read(tmp_path):
    path = tmp_path / "aidp.csv"
    with path.open("wb") as file:
        file.truncate(95_000_000)
    with measured() as cost, pytest.raises(AidpError, match="more than 50 MB"):
        read_aidp(path)
    assert cost.megabytes < 5 * 60
