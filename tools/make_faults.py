"""Expose uploads to thousands of faults, and write the counts into docs/validation.md.

Run with ``python tools/make_faults.py 3000``; it takes some minutes. Nothing is written where a
test failed.
"""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent
PAGE = ROOT / "docs" / "validation.md"
START, END = "<!-- faults: made by tools/make_faults.py -->", "<!-- end of faults -->"
TESTS = (
    "tests/transfer/upload/test_submit_faults.py",
    "tests/transfer/upload/test_submit_killed.py",
)
MEANING = {
    "SIGKILL": "the process killed, around each step that the ledger records",
    "reset": "the connection reset, at any byte",
    "close": "the connection closed, at any byte",
    "slow close": "the connection closed after a pause",
    "silence": "the connection falls silent, at any byte",
    "refused write": "the server refuses to write",
    "refused close": "the server refuses to close the file, after all bytes",
    "refused mkdir": "the server refuses to make the folder",
}


def struck(faults: int) -> tuple[int, dict[str, int]]:
    """Run the tests; return how many there were, and what struck how often."""
    environ = {**os.environ, "NEUROFLOW_FAULTS": str(faults)}
    command = [sys.executable, "-m", "pytest", "-q", "--timeout=0", *TESTS]
    done = subprocess.run(  # noqa: S603  our own
        command, cwd=ROOT, env=environ, capture_output=True, text=True, check=False
    )
    found = re.search(r"^\d+ struck: (.+)$", done.stdout, re.MULTILINE)
    passed = re.search(r"(\d+) passed", done.stdout)
    if done.returncode or not found or not passed:
        sys.exit(done.stdout)
    counts = {kind: int(count) for count, kind in re.findall(r"(\d+) ([^,]+)", found[1])}
    return int(passed[1]), counts


def block(tests: int, counts: dict[str, int]) -> str:
    """Write the counts as a table."""
    total = sum(counts.values())
    lines = [
        START,
        "",
        f"{total:,} faults struck in {tests} runs; no study was lost or doubled.",
        "",
    ]
    lines += ["| Fault | Struck |", "| --- | --- |"]
    lines += [f"| {MEANING.get(kind, kind)} | {count:,} |" for kind, count in counts.items()]
    return "\n".join([*lines, "", END])


def main() -> None:
    """Run, and write the counts into the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("faults", type=int, nargs="?", default=3000)
    text = block(*struck(parser.parse_args().faults))
    page = PAGE.read_text(encoding="utf-8")
    before, after = page.split(START)[0], page.split(END)[1]
    PAGE.write_text(before + text + after, encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main()
