"""Whatever happened to a file on the way: a table comes out of it, or an AidpError."""

import random
from itertools import product
from pathlib import Path

import numpy as np
import pytest
from support.aidp_files import LAYOUTS, STEMS, Dialect, Table, write

from neuroflow.errors import AidpError
from neuroflow.results.aidp.reader import AidpReader

CASES = 10_000
PATH = Path("x_out/aidp.csv")
DIALECTS = (
    Dialect(),
    Dialect(";", ",", "utf-8-sig", "\r\n", comment="AID-P"),
    Dialect("\t", ".", "latin-1", quoted=True, missing="NA"),
    Dialect(",", ".", "utf-16", trailing=False),
)
NASTY = (b"\x00", b'"', b"\n", b"\r", b",", b";", b"\t", b"#", b"\xff", b"NaN", b"1e999", b"_FW")


def seeds():
    keys = [(stem, metric) for stem in STEMS[:6] for metric in ("FW", "FA")]
    rows = [{key: round(0.1 + n / 50, 4) for n, key in enumerate(keys)} for _ in range(2)]
    tables = (Table(rows[:1], ("S1",), {"Age": "61"}), Table(rows, ("S1", "S2")))
    return [write(*case) for case in product(tables, LAYOUTS, DIALECTS)]


def mutate(data, rng):
    """Do to the bytes what disks, networks, editors and spreadsheets do."""
    data = bytearray(data)
    for _ in range(rng.randint(1, 4)):
        at, to = sorted((rng.randint(0, len(data)), rng.randint(0, len(data))))
        match rng.randint(0, 6):
            case 0 if at < len(data):
                data[at] ^= 1 << rng.randint(0, 7)
            case 1:
                data[at:at] = rng.choice(NASTY)
            case 2:
                del data[at : min(to, at + 20)]
            case 3:
                del data[at:]
            case 4:
                data[at:at] = data[at : min(to, at + 60)]
            case 5:
                data[at:to] = data[at:to].swapcase()
            case _:
                data += rng.choice(NASTY) * rng.randint(1, 3)
    return bytes(data)


@pytest.mark.parametrize("part", range(10))
def test_mutated_files_end_in_a_table_or_a_clear_error(part):
    rng = random.Random(part)
    files, reader = seeds(), AidpReader()
    outcomes: list[AidpError | None] = []
    for _ in range(CASES // 10):
        data = mutate(rng.choice(files), rng)
        try:
            file = reader.parse(data, PATH)
        except AidpError as error:
            outcomes.append(error)
        else:
            outcomes.append(None)
            assert file.values.shape == (len(file.ids), len(file.names))
            assert len(set(file.names)) == len(file.names) > 0
            assert len(file.facts) == len(file.warnings) == len(file.ids) > 0
            assert not np.isinf(file.values).any()
    errors = [error for error in outcomes if error is not None]
    assert 0 < len(errors) < len(outcomes)
    assert all("aidp.csv, line " in error.what for error in errors)


@pytest.mark.parametrize(
    "data", [bytes(range(256)), b"\xef\xbb\xbf,\n" * 9, b'"' * 99, b";" * 9**5]
)
def test_files_that_are_no_tables(data):
    with pytest.raises(AidpError):
        AidpReader().parse(data, PATH)
