"""Compare de-identification with an answer key, and write the counts into docs/privacy.md.

Run with ``python tools/make_answer_key.py``. A study of each maker has identifiers in every
attribute that can hold text: standard ones, those of nested sequences, and private ones.
"""

from __future__ import annotations

import logging
import sys
import tempfile
import warnings
from collections import Counter
from pathlib import Path

from page_block import write_block

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT / "tests"))

from support.answer_key import MAKERS, marked  # noqa: E402

PAGE = ROOT / "docs" / "privacy.md"
START, END = "<!-- answer key: made by tools/make_answer_key.py -->", "<!-- end of answer key -->"
NAMES = {"siemens": "Siemens", "ge": "GE", "philips": "Philips"}


def rows_of(marks: dict[str, Counter[tuple[str, bool]]]) -> list[str]:
    """Write the counts as a table."""
    actions = sorted({action for counts in marks.values() for action, _ in counts})
    lines = [f"| Action | {' | '.join(NAMES[maker] for maker in marks)} |"]
    lines.append("| --- |" + " --- |" * len(marks))
    for action in actions:
        cells = []
        for counts in marks.values():
            right, wrong = counts[action, True], counts[action, False]
            cells.append(f"{right:,} of {right + wrong:,}")
        lines.append(f"| {action} | {' | '.join(cells)} |")
    return lines


def main() -> None:
    """Compare, and write the counts into the page; exit with 1 where anything is wrong."""
    warnings.simplefilter("ignore")
    logging.disable(logging.CRITICAL)
    marks = {}
    for maker in MAKERS:
        with tempfile.TemporaryDirectory() as name:
            marks[maker] = marked(maker, Path(name))
    write_block(PAGE, START, END, rows_of(marks))
    wrong = sum(
        n for counts in marks.values() for (_, is_right), n in counts.items() if not is_right
    )
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
