"""What a Word document or a workbook states of its maker, and cells that are texts."""

from __future__ import annotations

from typing import Any

MAKER = "neuroflow"


def set_maker(properties: Any) -> None:
    """Name neuroflow as the maker of an Office file, and nobody else: its ``core_properties``."""
    for word in ("author", "creator", "last_modified_by", "lastModifiedBy"):
        if hasattr(properties, word):
            setattr(properties, word, MAKER)
    for word in ("comments", "description"):
        if hasattr(properties, word):
            setattr(properties, word, "")


def finish_workbook(book: Any) -> None:
    """Let no text become a formula because it begins with ``=``, and name the maker."""
    set_maker(book.properties)
    for sheet in book:
        for row in sheet.iter_rows():
            for cell in row:
                if cell.data_type == "f":  # it may come from anybody
                    cell.data_type = "s"
