"""A table in a form: search and pages, so that long ones stay quick."""

from __future__ import annotations

from collections.abc import Callable

import ipywidgets as widgets
import pandas as pd

from neuroflow.widgets import html
from neuroflow.widgets.model import FormModel
from neuroflow.widgets.parts import button, show

PER_PAGE = 50


def matching(frame: pd.DataFrame, words: str) -> pd.DataFrame:
    """Keep the rows in which every word occurs, whatever its case.

    Parameters
    ----------
    frame
        The table.
    words
        Separated by spaces.

    Returns
    -------
    pandas.DataFrame
        The rows, in their order.

    Examples
    --------
    >>> frame = pd.DataFrame({"study": ["sub-1", "sub-2"], "state": ["failed", "collected"]})
    >>> matching(frame, "SUB fail")["study"].tolist()
    ['sub-1']
    """
    if not words.strip() or frame.empty:
        return frame
    line = frame.astype("str").agg(" ".join, axis="columns").str.lower()
    keep = pd.Series(data=True, index=frame.index)
    for word in words.lower().split():
        keep &= line.str.contains(word, regex=False)
    return frame[keep]


class TableView(widgets.VBox):  # type: ignore[misc]
    """Show a DataFrame, page by page.

    Parameters
    ----------
    model
        The form's model, where errors are shown.
    caption
        What the table is.
    tone
        Gives the tone of a row from the value in `by`; see `neuroflow.widgets.html.MARKS`.
    by
        The column that is toned.
    """

    def __init__(
        self,
        model: FormModel,
        caption: str,
        tone: Callable[[str], str] | None = None,
        by: str = "state",
    ) -> None:
        self._caption = caption
        self._tone = tone
        self._by = by
        self._frame = pd.DataFrame()
        self._page = 0
        self._html = widgets.HTML()
        self._where = widgets.HTML()
        self._search = widgets.Text(
            description="Search",
            tooltip=f"Show only the rows with these words: {caption}",
            placeholder="words",
            layout={"width": "300px"},
            style={"description_width": "initial"},
        )
        self._search.observe(lambda _: model.attempt(lambda: self._go(0)), names="value")
        self._back = button(model, "Back", f"Previous page: {caption}", lambda: self._turn(-1))
        self._next = button(model, "Next", f"Next page: {caption}", lambda: self._turn(1))
        self._bar = widgets.HBox([self._search, self._back, self._next, self._where])
        super().__init__([self._bar, self._html])
        self._draw()

    def show(self, frame: pd.DataFrame) -> None:
        """Show another table, at the page and with the search of before.

        Parameters
        ----------
        frame
            The table.
        """
        self._frame = frame
        self._draw()

    def _go(self, page: int) -> None:
        self._page = page
        self._draw()

    def _turn(self, pages: int) -> None:
        self._go(self._page + pages)

    def _draw(self) -> None:
        show(self, not self._frame.empty)
        if self._frame.empty:
            self._html.value = ""
            return
        found = matching(self._frame, self._search.value)
        pages = max(1, -(-len(found) // PER_PAGE))
        self._page = max(0, min(self._page, pages - 1))
        here = found.iloc[self._page * PER_PAGE : (self._page + 1) * PER_PAGE]
        tones = [self._tone(str(value)) for value in here[self._by]] if self._tone else None
        self._html.value = html.table(here, caption=self._caption, tones=tones, by=self._by)
        self._where.value = (
            f'<span class="nf-dim" role="status">{len(found)} of {len(self._frame)} rows, '
            f"page {self._page + 1} of {pages}</span>"
        )
        self._back.disabled = self._page == 0
        self._next.disabled = self._page == pages - 1
        show(self._back, pages > 1)
        show(self._next, pages > 1)
        show(self._bar, len(self._frame) > 10)
