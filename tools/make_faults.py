"""Expose uploads to faults in shards, and write the sum of all runs into docs/validation.md.

Run with ``python tools/make_faults.py --minutes 15``, as often as wanted: each run goes on where
the last one ended, and what was struck is kept in ``.faults.json``. It stops at the first test
that fails. ``--anew`` begins again, for instance after the code of transfers was changed.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import subprocess
import sys
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from page_block import write_block

ROOT = Path(__file__).parent.parent
PAGE = ROOT / "docs" / "validation.md"
KEPT = ROOT / ".faults.json"
START, END = "<!-- faults: made by tools/make_faults.py -->", "<!-- end of faults -->"
MEANING = {
    "SIGKILL": "the process killed, around each step that ledger and journal record",
    "killed": "the process dead at any step, in any order of runs",
    "reset": "the connection reset, at any byte",
    "close": "the connection closed, at any byte",
    "slow close": "the connection closed after a pause",
    "silence": "the connection falls silent, at any byte",
    "refused write": "the server refuses to write",
    "refused close": "the server refuses to close the file, after all bytes",
    "refused mkdir": "the server refuses to make the folder",
    "cut": "the connection lost in the middle; the part is stored",
    "cut late": "the same; the part is stored later, within the quiet time",
    "cut at the last byte": "the connection lost before the last byte",
    "answer lost": "everything arrived, and the answer is lost",
    "close refused stored": "the server refuses to close a file that it stored",
    "close refused not stored": "the server refuses to close, and shows the whole size",
    "write refused": "the server refuses to write, in any order of runs",
    "other length": "another length is shown after everything was acknowledged",
    "clock set": "the clock set forward or back, by an hour or a day",
    "ledger lost": "the ledger deleted",
    "ledger old": "the ledger emptied, or replaced by an older copy",
    "workspace copied": "the workspace copied, and the copy used",
}


@dataclass(frozen=True)
class Shard:
    """One piece of work: tests, and the number of faults that they draw."""

    tests: tuple[str, ...]
    faults: int


SHARDS = (
    Shard(("tests/transfer/upload/test_submit_dying.py",), 4800),  # nothing leaves the process
    Shard(("tests/workspace/test_submit_stateful.py",), 160),
    Shard(("tests/transfer/upload/test_submit_faults.py",), 450),
    Shard(
        (
            "tests/transfer/upload/test_submit_killed.py",
            "tests/transfer/upload/test_two_workspaces.py",
        ),
        0,
    ),
    Shard(("tests/transfer/test_independent_servers.py",), 60),
)
"""Done in turn, each time with other seeds."""
MEMORY = Path("/dev/shm")  # noqa: S108  where there is one, the tests' folders are in memory


def run_shard(number: int) -> tuple[int, dict[str, int]]:
    """Run one shard; return how many tests passed, and what struck how often."""
    shard = SHARDS[number % len(SHARDS)]
    environ = {
        **os.environ,
        "NEUROFLOW_FAULTS": str(shard.faults),
        "NEUROFLOW_SEED": str(1 + number // len(SHARDS)),
    }
    # A killed process loses nothing that it wrote: no disk has to be waited for.
    if MEMORY.is_dir():
        environ.setdefault("TMPDIR", str(MEMORY))
    command = [sys.executable, "-m", "pytest", "-q", "-x", "--timeout=0", *shard.tests]
    done = subprocess.run(  # noqa: S603  our own
        command, cwd=ROOT, env=environ, capture_output=True, text=True, check=False
    )
    found = re.search(r"^\d+ struck: (.+)$", done.stdout, re.MULTILINE)
    passed = re.search(r"(\d+) passed", done.stdout)
    if done.returncode or not found or not passed:
        sys.exit(f"{done.stdout}\nShard {number} failed with seed {environ['NEUROFLOW_SEED']}.")
    counts = {kind: int(count) for count, kind in re.findall(r"(\d+) ([^,]+)", found[1])}
    return int(passed[1]), counts


def lines_of(tests: int, counts: dict[str, int], n_shards: int) -> list[str]:
    """Write the counts as a table."""
    kills = sum(counts.get(kind, 0) for kind in ("SIGKILL", "killed"))
    lines = [
        f"{sum(counts.values()):,} faults struck in {n_shards} shards with {tests} tests, "
        f"{kills:,} of them",
        "deaths of the process; no study was lost or doubled.",
        "",
        "| Fault | Struck |",
        "| --- | --- |",
    ]
    order = [kind for kind in MEANING if kind in counts] + sorted(counts.keys() - MEANING.keys())
    lines += [f"| {MEANING.get(kind, kind)} | {counts[kind]:,} |" for kind in order]
    return lines


def main() -> None:
    """Go on with the shards, and write the sum into the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=15.0)
    parser.add_argument("--anew", action="store_true", help="forget earlier runs")
    asked = parser.parse_args()
    if asked.anew:
        KEPT.unlink(missing_ok=True)
    kept = (
        json.loads(KEPT.read_text()) if KEPT.exists() else {"shards": 0, "tests": 0, "struck": {}}
    )
    until = time.monotonic() + 60 * asked.minutes
    while time.monotonic() < until:
        tests, struck = run_shard(kept["shards"])
        kept["shards"] += 1
        kept["tests"] += tests
        kept["struck"] = dict(Counter(kept["struck"]) + Counter(struck))
        KEPT.write_text(json.dumps(kept, indent=1))
        sys.stdout.write(f"shard {kept['shards']}: {sum(kept['struck'].values())} struck\n")
        sys.stdout.flush()
    write_block(PAGE, START, END, lines_of(kept["tests"], kept["struck"], kept["shards"]))


if __name__ == "__main__":
    main()
