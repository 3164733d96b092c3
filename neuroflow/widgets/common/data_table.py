"""A table with search, sorting, pages and selection of rows in the browser."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from typing import Any, Literal

import pandas as pd
from traitlets import Bool, Int, List, Unicode, link
from traitlets import Tuple as TupleTrait

from neuroflow.escaping import visible
from neuroflow.widgets.common import private
from neuroflow.widgets.common.controls import set_visible
from neuroflow.widgets.common.form_model import FormModel
from neuroflow.widgets.common.html import STATIC, read_resource
from neuroflow.widgets.common.one_loop import packed

PER_PAGE = 25

Select = Literal["none", "single", "multiple"]


@cache
def _library() -> list[bytes]:
    """Return DataTables as one module, and its style: part of itables, without a network."""
    script, style = (read_resource("itables", "html", f"dt_bundle.{x}") for x in ("js", "css"))
    return [packed(script), packed(style + read_resource(STATIC, "table.css"))]


class _Rows(private.Scripted):
    """The table itself: what `table.js` draws."""

    script = "table.js"
    columns = List(Unicode()).tag(sync=True)
    numeric = List(Bool()).tag(sync=True)
    rows: list[list[Any]]  # sent as messages: a notebook saves what is synchronised
    caption = Unicode().tag(sync=True)
    tone_column = Unicode("").tag(sync=True)
    select = Unicode("none").tag(sync=True)
    per_page = Int(PER_PAGE).tag(sync=True)
    selected = TupleTrait().tag(sync=True)
    starts = Int(0).tag(sync=True)  # how often the table began at its first page again

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.rows = []
        self._is_drawn = False  # a page asks for the rows as it draws the table
        self.on_msg(lambda _, message, __: self._answer(message.get("ask", "")))

    def send_rows(self, before: list[list[Any]] | None = None) -> None:
        """Send the rows to the pages that have drawn the table: all, or those that are others."""
        if not self._is_drawn:
            return
        if before is None or len(before) != len(self.rows):
            self.send_packed({"rows": self.rows})
            return
        pairs = enumerate(zip(before, self.rows, strict=True))
        if changed := [[place, new] for place, (old, new) in pairs if old != new]:
            self.send_packed({"changed": changed})

    def _answer(self, question: str) -> None:
        """Send what a browser asks for when it draws the table; the library once per page."""
        if question == "library":
            self.send({"library": True}, _library())
        elif question == "rows":
            self._is_drawn = True
            self.send_rows()


class DataTable(private.VBox):
    """Show a DataFrame with search, sorting and pages; all rows are sent to the browser, as text.

    Showing another table with the same columns keeps search, order, page and selection.
    """

    selected = TupleTrait()

    def __init__(
        self,
        model: FormModel,
        caption: str,
        tone: Callable[[str], str] | None = None,
        by: str = "state",
        *,
        select: Select = "none",
        per_page: int = PER_PAGE,
    ) -> None:
        self._model = model
        self._caption = caption
        self._tone = tone
        self._by = by
        self._select = select
        self._per_page = per_page
        self._rows: _Rows | None = None
        self.frame = pd.DataFrame()
        self._keys: list[str] = []
        super().__init__()
        set_visible(self, False)

    def show(
        self,
        frame: pd.DataFrame,
        keys: Sequence[str] | None = None,
        *,
        selected: Sequence[int] | None = None,
    ) -> None:
        """Show another table; selected rows stay selected if their keys are still present.

        With `selected`, these rows are selected, and the table begins at its first page.
        """
        known = frame.iloc[:, 0].astype("str") if keys is None and frame.shape[1] else keys or ()
        was = {self._keys[place] for place in self.selected}
        self._keys = list(known)
        kept = [place for place, key in enumerate(self._keys) if key in was]
        tones = [self._tone(str(value)) for value in frame[self._by]] if self._tone else None
        self.frame = frame
        set_visible(self, not frame.empty)
        if self._rows is None and frame.empty:
            return  # the library is sent with the first rows
        view = self._rows or self._draw()
        columns = [visible(str(name)) for name in frame.columns]
        numeric = [_is_number(frame.iloc[:, n]) for n in range(frame.shape[1])]
        before = view.rows if (columns, numeric) == (view.columns, view.numeric) else None
        with view.hold_sync():
            view.columns, view.numeric = columns, numeric
            view.rows = _plain_rows(frame, tones)
            view.starts += selected is not None
            self.selected = tuple(kept if selected is None else selected)
        view.send_rows(before)

    def _draw(self) -> _Rows:
        self._rows = _Rows(
            caption=self._caption,
            tone_column=self._by if self._tone else "",
            select=self._select,
            per_page=self._per_page,
        )
        link((self, "selected"), (self._rows, "selected"))
        self.children = (self._rows,)
        return self._rows


def _is_number(column: pd.Series[Any]) -> bool:
    return pd.api.types.is_numeric_dtype(column) and not pd.api.types.is_bool_dtype(column)


def _plain_rows(frame: pd.DataFrame, tones: list[str] | None) -> list[list[Any]]:
    """Return the rows for the browser: numbers as numbers, all else as text, then the tone."""
    columns: list[list[Any]] = []
    frame = pd.DataFrame(frame)  # pandas would copy `.attrs` at each step
    for number in range(frame.shape[1]):
        column = frame.iloc[:, number]
        plain = column if _is_number(column) else column.astype("str")
        columns.append(plain.astype("object").where(column.notna(), None).tolist())
    columns.append(tones or [""] * len(frame))
    # JSON has no infinity: such a number is shown as its name.
    return [[_plain(value) for value in row] for row in zip(*columns, strict=True)]


def _plain(value: Any) -> Any:
    if isinstance(value, str):
        return visible(value)
    return str(value) if value in (float("inf"), float("-inf")) else value
