"""The part of a page of the documentation that a tool writes, between two comments."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path


def write_block(page: Path, start: str, end: str, lines: Iterable[str]) -> None:
    """Replace what a page has between two comments by other lines."""
    text = page.read_text(encoding="utf-8")
    before, after = text.split(start)[0], text.split(end)[1]
    block = "\n".join([start, "", *lines, "", end])
    page.write_text(before + block + after, encoding="utf-8", newline="\n")
