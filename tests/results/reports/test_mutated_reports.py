"""Whatever a report holds, reading it ends in a report, a warning or a clear error.

The suite reads a sample; all of them with NEUROFLOW_MUTATIONS=20000.
"""

import os
import random
import time

from support import report_corpus as corpus

from neuroflow.errors import ResultError
from neuroflow.results.reports import Report, pack, read_report, unpack

COUNT = int(os.environ.get("NEUROFLOW_MUTATIONS", "300"))
SOURCES = [
    *(write().encode() for write in corpus.PREDICTIONS.values()),
    corpus.FAILURE.encode(),
    *(text.encode() for text in (*corpus.QUALITY.values(), *corpus.FAILED_QUALITY.values())),
]
PIECES = [
    b"\x00", b"\xff", b"\n", b"\r", b":", b"=", b"\t", b"%", b"-", b"1e999", b"NaN", b"-999", b",",
    b"{", b"}", b"[", b"]", b'"', b"<", b">", b"&amp;", b"&#0;", b"<!DOCTYPE a>", b"\\u0000", b"(",
    "é".encode(), "\u202e".encode(), b"9" * 400, b" " * 3000, b"A" * 3000, b"Info:", b"0.5",
]  # fmt: skip


def mutate(rng: random.Random) -> bytes:
    """Return one of the reports, changed in a few places."""
    data = bytearray(rng.choice(SOURCES))
    for _ in range(rng.choice((1, 1, 1, 2, 3, 8))):
        at, kind = rng.randrange(len(data) + 1), rng.randrange(8)
        until = min(len(data), at + rng.choice((1, 4, 40)))
        if kind == 0:
            data[at:at] = rng.choice(PIECES)
        elif kind == 1:
            del data[at:until]
        elif kind == 2:
            data[at:until] = rng.randbytes(until - at)
        elif kind == 3:
            data[at:at] = data[at:until] * rng.choice((1, 3, 50))
        elif kind == 4:
            del data[at:]
        elif kind == 5:
            lines = bytes(data).split(b"\n")
            rng.shuffle(lines)
            data = bytearray(b"\n".join(lines))
        elif kind == 6:
            data += rng.choice(SOURCES)
        else:
            data = bytearray(bytes(data).decode("latin-1").encode(rng.choice(("utf-8", "utf-16"))))
    return bytes(data)


def test_mutated_reports_are_read_or_refused_with_reasons(tmp_path):
    rng = random.Random(2026)
    path = tmp_path / "prediction.txt"
    counts = {"understood": 0, "warning": 0, "error": 0}
    longest = 0.0
    for _ in range(COUNT):
        path.write_bytes(mutate(rng))
        begin = time.thread_time()
        try:
            report = read_report(path)
        except ResultError as error:
            counts["error"] += bool(error.what)
            continue
        finally:
            longest = max(longest, time.thread_time() - begin)
        check(report)
        is_whole = report.is_understood and report.share == 1 and not report.warnings
        counts["understood" if is_whole else "warning"] += 1
    assert sum(counts.values()) == COUNT
    assert longest < 20  # a hundredth of a second; a search that runs wild takes hours
    assert min(counts.values()) > 0


def check(report: Report) -> None:
    """Check that a report is consistent, and says something if it was not understood."""
    numbers = [*report.classes.values(), *report.probabilities.values()]
    numbers += [each.value for each in report.biomarkers.values()]
    assert all(0 <= number <= 1 for number in numbers)
    assert set(report.classes) <= {"atypical", "psp_vs_msap"}
    assert 0 <= report.share <= 1
    assert len(report.unknown) == min(report.n_unknown, 20)
    if not report.is_understood and report.text.strip("\ufeff \t\r\n"):
        assert report.n_unknown or report.warnings or report.understood
    assert unpack(pack(report)).classes == report.classes
