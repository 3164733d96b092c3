"""Change one place of the code at a time, and see whether the tests of the room notice.

Run with ``python tools/make_mutants.py --minutes 10``, as often as wanted: each run goes on where
the last one ended. 600 changes are drawn with a fixed seed over seven rooms: a comparison turned
round, a constant plus one, ``and`` for ``or``, a loop that does nothing (texts and annotations stay
as they are). Each is judged by those tests of the room that execute the changed line; which these
are is recorded first. What was caught is kept in ``.mutants.json``; the sum goes into
docs/validation.md. ``--again`` runs those once more that lived. `REASONS` holds why a survivor
changes nothing.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
import tomllib
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

from filelock import FileLock
from mutant_bench import Bench, Tests, choose
from mutant_draw import ROOMS, ROOT, Mutant, draw
from page_block import write_block

KEPT = ROOT / ".mutants.json"
PAGE = ROOT / "docs" / "validation.md"
REASONS = Path(__file__).with_name("mutants_that_live.toml")
START, END = "<!-- mutants: made by tools/make_mutants.py -->", "<!-- end of mutants -->"


def _read_kept() -> dict[str, dict[str, Any]]:
    return json.loads(KEPT.read_text(encoding="utf-8")) if KEPT.exists() else {}


def _keep(mutant: Mutant, outcome: str, failed: str) -> None:
    """Add an outcome to those of other runs, which may go on beside this one."""
    with FileLock(f"{KEPT.resolve()}.lock"):
        kept = _read_kept()
        facts = {"room": mutant.room, "line": mutant.line, "outcome": outcome, "test": failed}
        kept[mutant.key] = facts
        KEPT.write_text(json.dumps(kept, indent=1), encoding="utf-8")


def _see_that_they_pass(bench: Bench, unchanged: Mutant, tests: Tests) -> None:
    """Stop where tests fail that passed before, without a change: they could judge none."""
    seconds = {test: facts["seconds"] for test, facts in tests.items()}
    quick = sorted(seconds, key=lambda test: seconds[test])[: len(tests) // 2]
    outcome, _, failed = bench.judge(unchanged, quick, sum(seconds.values()))
    if outcome != "lived":
        raise SystemExit(f"Tests of {unchanged.room} fail without a change: {failed or outcome}")


def run(minutes: float, again: bool, only: list[str]) -> None:
    """Try changes room by room until the time is over; keep each outcome at once."""
    ends = time.monotonic() + 60 * minutes
    with tempfile.TemporaryDirectory(prefix="mutants-") as folder:
        bench = Bench(Path(folder))
        mutants = draw()
        for room in [room for room in ROOMS if not only or room.name in only]:
            codes = room.codes(bench.folder)
            tests: Tests = {}
            for mutant in mutants:
                if mutant.room != room.name or time.monotonic() > ends:
                    continue
                was = _read_kept().get(mutant.key, {}).get("outcome")
                if was in ("caught", "hung") or (was == "lived" and not again):
                    continue
                first = not tests
                tests = tests or bench.record(room, ROOT / f".mutants.{room.name}.json")
                chosen, usual = choose(codes, tests, mutant)
                if first:
                    _see_that_they_pass(bench, replace(mutant, code=codes[mutant.module]), tests)
                outcome, seconds, failed = bench.judge(mutant, chosen, usual)
                _keep(mutant, outcome, failed)
                where = f"{mutant.module}:{mutant.line} {mutant.after}"
                sys.stdout.write(f"{seconds:5.1f} s {outcome:6} {len(chosen):4} tests {where}\n")
                sys.stdout.flush()


def report() -> None:
    """Write the sum into the page, and the survivors with their reasons."""
    drawn = {mutant.key: mutant for mutant in draw()}
    kept = {key: facts for key, facts in _read_kept().items() if key in drawn}
    reasons = tomllib.loads(REASONS.read_text(encoding="utf-8"))
    lines = [
        "| Room | Drawn | Tried | Caught | Lived, with a reason | Lived, without |",
        "| --- | ---: | ---: | ---: | ---: | ---: |",
    ]
    for name in (*(room.name for room in ROOMS), None):
        mine = [key for key, mutant in drawn.items() if name in (mutant.room, None)]
        ends = Counter(kept[key]["outcome"] for key in mine if key in kept)
        caught = ends["caught"] + ends["hung"]
        share = f" ({100 * caught / ends.total():.1f} %)" if ends.total() else ""
        known = sum(kept.get(key, {}).get("outcome") == "lived" and key in reasons for key in mine)
        counts = [len(mine), ends.total(), f"{caught}{share}", known, ends["lived"] - known]
        lines.append(f"| {name or 'all'} | {' | '.join(map(str, counts))} |")
    lived = sorted(key for key, facts in kept.items() if facts["outcome"] == "lived")
    lines += ["", "Those that lived:", "", "| Module | Line that changed | Became | Why it lives |"]
    lines.append("| --- | --- | --- | --- |")
    for key in lived:
        cells = key.removeprefix("neuroflow/").split(" | ", 2)
        words = [f"`` {cell.replace('|', chr(92) + '|')} ``" for cell in cells]
        lines.append(f"| {' | '.join(words)} | {reasons.get(key, 'no test yet')} |")
    write_block(PAGE, START, END, lines)


def main() -> None:
    """Run for some minutes, and write the page."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--again", action="store_true", help="also those that lived")
    parser.add_argument("--room", action="append", choices=[room.name for room in ROOMS])
    words = parser.parse_args()
    run(words.minutes, words.again, words.room or [])
    report()


if __name__ == "__main__":
    main()
