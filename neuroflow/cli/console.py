"""What a command prints: its result on the standard output, all else on the error output."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from neuroflow.cli.as_json import plain, write_json
from neuroflow.errors import NeuroflowError
from neuroflow.escaping import for_terminal

if TYPE_CHECKING:
    import pandas as pd
    import rich.console

    from neuroflow.models import OnEvent


_ANY_WIDTH = 100_000  # of a table in a file or pipe, where no line is cut
_WHOLE = re.compile(r"\S*|[\d\s:.,+-]*")  # ids, numbers and times: never on two lines
_LEAST = 12  # columns of the screen for a text that may be folded


class Console:
    """The output of one command, for people or as JSON for scripts."""

    def __init__(self, *, as_json: bool = False, quiet: bool = False) -> None:
        self.as_json = as_json
        self.quiet = quiet
        self._answer: dict[str, Any] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if not self.as_json:
            return
        if isinstance(error, NeuroflowError):
            fields = _error_fields(error.worded_for("cli"))
            self._answer = {**(self._answer or {}), "error": fields}
        if self._answer is not None:
            write_json(self._answer)

    def info(self, text: str) -> None:
        """Print a remark to the error output, unless the command is quiet."""
        if not self.quiet:
            print_stderr(text)

    def print(self, text: str) -> None:
        """Print a result to the standard output, for people only."""
        if not (self.as_json or self.quiet):
            write(text)

    def output(self, facts: Mapping[str, Any], table: pd.DataFrame | None = None) -> None:
        """Print the result: the facts as JSON at the end, the table for people."""
        if self.as_json:
            self._answer = {name: plain(value) for name, value in facts.items()}
        elif table is not None and not self.quiet:
            _print_grid(table)

    @contextmanager
    def progress(self) -> Iterator[OnEvent]:
        """Yield the progress callback of a long job: bars on a terminal, lines in a log."""
        from neuroflow.events import Bars, Lines

        with (
            Bars() if sys.stderr.isatty() and not self.quiet else Lines(quiet=self.quiet)
        ) as listener:
            yield listener


def terminal(*, stderr: bool = False) -> rich.console.Console:
    """Return rich's console; rich is loaded when the first text is printed."""
    from rich.console import Console as Terminal

    return Terminal(stderr=stderr)


def write(text: str, style: str = "", *, end: str = "\n", stderr: bool = False) -> None:
    """Print a text, whatever it holds: nothing of it is a command to the terminal or to rich."""
    terminal(stderr=stderr).print(
        for_terminal(text), style=style, end=end, markup=False, highlight=False, soft_wrap=True
    )


def print_stderr(text: str, style: str = "") -> None:
    """Print to the error output, in a colour where it is a terminal."""
    write(text, style, stderr=True)


def print_error(error: NeuroflowError) -> None:
    """Print an error: what in red, below it why, what to do, and where to read more."""
    error = error.worded_for("cli")
    subject = f"Study {error.study_id}: " if error.study_id else ""
    print_stderr(f"Error: {subject}{error.what}", "bold red")
    for line in (error.why, error.advice, f"More: neuroflow explain {error.anchor}"):
        if line:
            print_stderr(f"  {line}")


def _error_fields(error: NeuroflowError) -> dict[str, Any]:
    return {
        "kind": type(error).__name__,
        "anchor": error.anchor,
        "what": error.what,
        "why": error.why,
        "advice": error.advice,
        "study_id": error.study_id,
        "exit_code": error.exit_code,
    }


def _print_grid(frame: pd.DataFrame) -> None:
    from rich.cells import cell_len
    from rich.table import Table
    from rich.text import Text

    names = [for_terminal(str(column)) for column in frame.columns]
    rows = [[for_terminal(_cell(value)) for value in row] for row in frame.itertuples(index=False)]
    screen = terminal()
    if not screen.is_terminal:
        screen.width = _ANY_WIDTH
    grid = Table(header_style="bold")
    longest = [max(map(cell_len, cells), default=0) for cells in zip(names, *rows, strict=True)]
    whole = [all(_WHOLE.fullmatch(row[n]) for row in rows) for n in range(len(names))]
    needed = sum(width + 3 if kept else _LEAST for width, kept in zip(longest, whole, strict=True))
    for name, width, kept in zip(names, longest, whole, strict=True):
        fits = kept and needed < screen.width
        grid.add_column(
            Text(name), overflow="fold", no_wrap=fits, min_width=width if fits else None
        )
    for row in rows:
        grid.add_row(*map(Text, row))
    screen.print(grid)


def _cell(value: Any) -> str:
    import pandas as pd  # loaded already, for there is a table

    if pd.api.types.is_scalar(value) and pd.isna(value):
        return ""
    if hasattr(value, "strftime"):
        return str(value.strftime("%Y-%m-%d %H:%M:%S"))
    return f"{value:.4g}" if isinstance(value, float) else str(value)
