"""Keep what a benchmark measured for docs/benchmarks.md.

A benchmark prints what it likes for people, and calls `ratio`, `amount` or `growth` for each number
of the page. Nothing is kept unless ``NEUROFLOW_MEASURED`` names a file, as it does in
`tools/make_benchmarks.py`.
"""

from __future__ import annotations

import json
import os
from pathlib import Path

VARIABLE = "NEUROFLOW_MEASURED"


def ratio(
    what: str, against: str, value: float, aim: float | None = None, *, rate: str = ""
) -> None:
    """Keep how many times as fast as `against` neuroflow is; `aim` is the least that we want.

    `rate` is what it did in absolute numbers.
    """
    times = f"{value:.2g} x" if value < 10 else f"{value:.0f} x"
    _keep(what, against, times + (rate and f" ({rate})"), _times(aim))


def amount(what: str, value: float, unit: str, most: float | None = None) -> None:
    """Keep a quantity, as memory in MB; `most` is what it should stay below."""
    aim = "" if most is None else f"below {most:g} {unit}"
    _keep(what, "", f"{value:.0f} {unit}", aim)


def growth(what: str, sizes: str, times: float, most: float) -> None:
    """Keep how many times as long ten times as much takes, at worst."""
    _keep(what, sizes, f"{times:.2g} x for ten times as many", f"at most {most:g} x")


def _times(aim: float | None) -> str:
    return "" if aim is None else f"at least {aim:g} x"


def _keep(what: str, against: str, value: str, aim: str) -> None:
    file = os.environ.get(VARIABLE)
    if file:
        row = {"what": what, "against": against, "value": value, "aim": aim}
        with Path(file).open("a", encoding="utf-8") as lines:
            lines.write(json.dumps(row) + "\n")


def picture(name: str, figure: object) -> None:
    """Keep a figure for docs/images, beside the numbers."""
    file = os.environ.get(VARIABLE)
    if file:
        figure.savefig(Path(file).with_name(f"{name}.svg"))  # type: ignore[attr-defined]
