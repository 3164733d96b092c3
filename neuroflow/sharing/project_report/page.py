"""What a report consists of: sections with paragraphs, tables and figures, each with its key."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from io import BytesIO
from typing import TYPE_CHECKING, Any

import pandas as pd

from neuroflow.compare import Document

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_DPI = 150


@dataclass(frozen=True, slots=True)
class Grid:
    """A table, all as text."""

    caption: str
    columns: Sequence[str]
    rows: Sequence[Sequence[str]]
    note: str = ""

    @classmethod
    def of(cls, table: pd.DataFrame, caption: str, note: str = "") -> Grid:
        """Take a table; numbers are rounded as in tables for papers."""
        document = Document.of(table)
        return cls(caption, document.columns, document.rows, note)


@dataclass(frozen=True, slots=True)
class Picture:
    """A figure with what it shows in words."""

    name: str
    caption: str
    data: str  # as a data URI

    @classmethod
    def of(cls, name: str, axes: Axes) -> Picture:
        """Draw a figure."""
        from matplotlib.figure import Figure

        from neuroflow.plot import caption

        stream = BytesIO()
        figure = axes.figure
        if isinstance(figure, Figure):
            figure.savefig(stream, format="png", dpi=_DPI)
        data = base64.b64encode(stream.getvalue()).decode()
        return cls(name, caption(axes), f"data:image/png;base64,{data}")


@dataclass(slots=True)
class Section:
    """One chapter of the report."""

    key: str
    title: str
    paragraphs: list[str] = field(default_factory=list)
    grids: list[Grid] = field(default_factory=list)
    pictures: list[Picture] = field(default_factory=list)
    code: str = ""


@dataclass(frozen=True, slots=True)
class Page:
    """The whole report."""

    title: str
    sections: Sequence[Section]
    recipe: Mapping[str, Any]
