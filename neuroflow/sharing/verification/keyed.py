"""The texts of a report or of a table for a paper, each by its key, and how the file was made."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pandas as pd

from neuroflow.compare import RECIPE
from neuroflow.errors import FolderError, OptionError, Wording

_VOID = {"img", "meta", "br", "link", "hr", "input"}


@dataclass(slots=True)
class Keyed:
    """What a file holds."""

    recipe: dict[str, Any] = field(default_factory=dict)
    texts: dict[str, str] = field(default_factory=dict)

    def add(self, key: str, text: str) -> None:
        """Add a text; a key that occurs again is numbered."""
        name, n = key, 1
        while name in self.texts:
            n += 1
            name = f"{key} ({n})"
        self.texts[name] = " ".join(text.split())

    def add_table(self, rows: Sequence[Sequence[str]]) -> None:
        """Add the cells of a table by the label of their row and by their column."""
        header, *others = rows
        for n, name in enumerate(header):
            self.add(f"column {n + 1}", name)
        for row in others:
            for name, cell in zip(header, row, strict=False):
                self.add(f"{row[0]} / {name}", cell)


def read_keyed(file: Path) -> Keyed:
    """Read a file that neuroflow wrote."""
    reader = _READERS.get(file.suffix.lower())
    if reader is None:
        raise OptionError(
            f"{file.name} cannot be verified.",
            advice=f"Choose a file that ends in {', '.join(_READERS)}.",
        )
    try:
        found = reader(file)
    except OSError as error:
        raise FolderError(f"{file.name} cannot be read.", why=f"{error.strerror}.") from error
    except (ValueError, LookupError) as error:
        raise _unknown(file) from error
    if not isinstance(found.recipe, dict) or "made_by" not in found.recipe:
        raise _unknown(file)
    return found


def _unknown(file: Path) -> OptionError:
    return OptionError(
        f"{file.name} does not state how it was computed.",
        why=Wording(
            "It was not written by report or save_paper_table, or was changed since.",
            cli="It was not written by `neuroflow report`, `compare --paper` or `table-one --to`, "
            "or was changed since.",
        ),
        advice="Write it again.",
    )


class _Page(HTMLParser):
    """Collect the text of each element with a key."""

    def __init__(self) -> None:
        super().__init__()
        self.found = Keyed()
        self._open: list[tuple[str, str]] = []  # tags, with the key of those that have one
        self._pieces: dict[str, list[str]] = {}

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        key = given.get("data-key") or ""
        if tag == "script" and given.get("id") == "neuroflow-recipe":
            key = "recipe"
        if tag == "img" and key:
            self.found.add(key, hashlib.sha256((given.get("src") or "").encode()).hexdigest())
            self.found.add(f"{key}/alt", given.get("alt") or "")
        elif tag not in _VOID:
            self._open.append((tag, key))

    def handle_data(self, data: str) -> None:
        key = next((key for _, key in reversed(self._open) if key), "")
        if key:
            self._pieces.setdefault(key, []).append(data)

    def handle_endtag(self, tag: str) -> None:
        while self._open:
            name, key = self._open.pop()
            if key == "recipe":
                self.found.recipe = json.loads("".join(self._pieces.pop(key, [])))
            elif key:
                self.found.add(key, "".join(self._pieces.pop(key, [])))
            if name == tag:
                return


def _read_html(file: Path) -> Keyed:
    page = _Page()
    page.feed(file.read_text(encoding="utf-8"))
    page.close()
    return page.found


def _read_markdown(file: Path) -> Keyed:
    found, rows = Keyed(), []
    for line in file.read_text(encoding="utf-8").splitlines():
        if line.startswith("|"):
            rows.append([cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]])
        elif line.startswith(f"<!-- {RECIPE}"):
            found.recipe = json.loads(line.removeprefix(f"<!-- {RECIPE}").removesuffix(" -->"))
        elif line.strip():
            found.add("text", line)
    found.add_table([rows[0], *rows[2:]])
    return found


def _read_latex(file: Path) -> Keyed:
    found, rows = Keyed(), []
    for line in file.read_text(encoding="utf-8").splitlines():
        if line.startswith(f"% {RECIPE}"):
            found.recipe = json.loads(line.removeprefix(f"% {RECIPE}"))
        elif line.endswith(r" \\"):
            rows.append(re.split(r"(?<!\\)& ?", line.removesuffix(r" \\")))
            rows[-1] = [cell.strip() for cell in rows[-1]]
        elif line.strip():
            found.add("text", line)
    found.add_table(rows)
    return found


def _read_word(file: Path) -> Keyed:
    import docx

    document = docx.Document(str(file))
    found = Keyed()
    for paragraph in document.paragraphs:
        if paragraph.text.startswith(RECIPE):
            found.recipe = json.loads(paragraph.text.removeprefix(RECIPE))
        else:
            found.add("text", paragraph.text)
    for table in document.tables:
        found.add_table([[cell.text for cell in row.cells] for row in table.rows])
    return found


def _read_excel(file: Path) -> Keyed:
    sheets = pd.read_excel(file, sheet_name=None, header=None, dtype=str, keep_default_na=False)
    found = Keyed(recipe=json.loads(str(sheets["neuroflow"].iloc[1, 0])))
    for text in sheets["methods"][0]:
        found.add("text", text)
    found.add_table(sheets["table"].to_numpy().tolist())
    return found


_READERS: dict[str, Callable[[Path], Keyed]] = {
    ".html": _read_html,
    ".md": _read_markdown,
    ".tex": _read_latex,
    ".docx": _read_word,
    ".xlsx": _read_excel,
}
