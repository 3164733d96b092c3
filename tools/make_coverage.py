"""Measure how often the intervals hold the truth, and how often tests are false.

``nice python tools/make_coverage.py [--draws 10000] [--only accuracy ...]`` writes the tables of
docs/coverage.md; rows of other parts stay as they are. A test runs some of the cases again.
"""

from __future__ import annotations

import argparse
import sys
import time
import warnings
import zlib
from pathlib import Path

import numpy as np
from coverage_cases import CASES
from page_block import write_block
from simulated_groups import Case, Shares

PAGE = Path(__file__).parent.parent / "docs" / "coverage.md"
START, END = "<!-- coverage: made by tools/make_coverage.py -->", "<!-- end of coverage -->"
HEADER = "| Analysis | Situation | Quantity | Share |\n| --- | --- | --- | --- |"
CHUNK = 1000
Key = tuple[str, str, str]


def measure(case: Case, draws: int) -> Shares:
    """Return the shares of one case; its seed is made of its name."""
    rng = np.random.default_rng(zlib.crc32(f"{case.part} {case.what}".encode()))
    chunk = min(CHUNK, draws)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of situations that are meant
        found = [case.run(rng, chunk) for _ in range(max(draws // chunk, 1))]
    return {name: float(np.mean([one[name] for one in found])) for name in found[0]}


def read_page() -> dict[Key, str]:
    """Return the shares that the page has."""
    text = PAGE.read_text(encoding="utf-8")
    rows = [line.strip("| ").split(" | ") for line in text.splitlines() if line.startswith("| ")]
    return {
        (row[0], row[1], row[2]): row[3] for row in rows if len(row) == 4 and row[3][0].isdigit()
    }


def write_page(shares: dict[Key, str]) -> None:
    """Write the tables: where assumptions hold, then where they do not."""
    parts: list[str] = []
    for holds, title in ((True, "Where the assumptions hold"), (False, "Where they do not hold")):
        here = [(case.part, case.what) for case in CASES if case.holds == holds]
        rows = [(key, text) for place in here for key, text in shares.items() if key[:2] == place]
        lines = [f"| {' | '.join(key)} | {text} |" for key, text in rows]
        parts += ["", f"## {title}", "", HEADER, *lines]
    write_block(PAGE, START, END, parts[1:])


def main() -> None:
    """Run the cases and write the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--draws", type=int, default=10_000)
    parser.add_argument("--only", nargs="*", default=[], help="Parts to run")
    options = parser.parse_args()
    shares = read_page()
    for case in CASES:
        if options.only and case.part not in options.only:
            continue
        start = time.process_time()
        found = measure(case, options.draws)
        shares |= {(case.part, case.what, name): f"{100 * s:.1f} %" for name, s in found.items()}
        used = time.process_time() - start
        numbers = ", ".join(f"{name} {100 * s:.1f}" for name, s in found.items())
        sys.stdout.write(f"{case.part}, {case.what}: {numbers} ({used:.1f} s)\n")
        sys.stdout.flush()
        write_page(shares)


if __name__ == "__main__":
    main()
