"""Read the lines of ssh_config as OpenSSH does: keywords, quotes, comments."""

from __future__ import annotations

import errno
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

MAX_BYTES = 4 << 20
"""Of one file."""
_KEYWORD = re.compile(r"\s*([A-Za-z][A-Za-z0-9]*)(?:\s*=\s*|\s+|\Z)(.*)\Z", re.DOTALL)
_WORD = re.compile(r'\s*(?:"([^"]*)"|\'([^\']*)\'|([^\s"\']+))')
_WHOLE_LINE = {"proxycommand", "localcommand", "remotecommand", "knownhostscommand", "match"}
"""Keywords whose value is the rest of the line, with its quotes (ssh_config(5))."""


@dataclass(frozen=True, slots=True)
class Line:
    """One setting: where it is written, its keyword and its words."""

    place: str  # For messages: ``line 3 of config``
    keyword: str  # In lower case
    words: tuple[str, ...]

    @property
    def value(self) -> str:
        """The words as one text."""
        return " ".join(self.words)


def read_lines(path: Path) -> Iterator[Line | str]:
    """Yield every setting of a file, or a sentence where a line is none."""
    if path.is_fifo():
        raise OSError(errno.ESPIPE, "It is a pipe")  # which would be waited for
    with path.open("rb") as file:
        data = file.read(MAX_BYTES + 1)  # an Include may name a device without end
    if len(data) > MAX_BYTES:
        raise OSError(errno.EFBIG, os.strerror(errno.EFBIG))
    # Bytes that are not UTF-8 may be part of a path, or of a comment.
    text = data.decode("utf-8-sig", "surrogateescape")
    for number, whole in enumerate(text.splitlines(), start=1):
        line = whole.partition("\0")[0]  # where a program in C would end it
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        place = f"line {number} of {path}"
        found = _KEYWORD.match(line)
        words = split_words(found[1].lower(), found[2].strip()) if found else None
        if found is None or not words:
            yield f"{place[0].upper()}{place[1:]} is not used: it is not a keyword with a value."
        else:
            yield Line(place, found[1].lower(), words)


def split_words(keyword: str, text: str) -> tuple[str, ...] | None:
    """Split a value into words; None where a quote is not closed."""
    if keyword in _WHOLE_LINE:
        return (text,) if text else None
    words = []
    position = 0
    while text[position:].strip():
        found = _WORD.match(text, position)
        if found is None:
            return None
        word = next(group for group in found.groups() if group is not None)
        if word.startswith("#") and found[3] is not None:
            break  # a comment behind the value
        words.append(word)
        position = found.end()
    return tuple(words)
