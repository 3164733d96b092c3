"""What a form is for: its section of docs/forms.md, which comes with the package."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

from neuroflow.widgets.common import html

_PICTURE = re.compile(r"^!\[.*$", re.MULTILINE)
_LINK = re.compile(r"\[([^\]]*)\]\([^)]*\)")
_EMPHASIS = re.compile(r"\*\*([^*]+)\*\*|\*([^*]+)\*")
_CODE = re.compile(r"`([^`]*)`")


def about_form(name: str) -> str:
    """Return the help of a form as HTML, folded."""
    text = f'<div class="nf-panel">{as_html(section(name))}</div>'
    return f'<details class="nf-about"><summary>About this form</summary>{text}</details>'


def section(name: str) -> str:
    """Return the section of the documentation about a form, in Markdown."""
    parts = re.split(r"^## (.*)\n", _page(), flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))[name.capitalize()].strip()


@cache
def _page() -> str:
    package = Path(__file__).parent.parent
    installed, checkout = package / "forms.md", package.parent / "docs" / "forms.md"
    return (installed if installed.is_file() else checkout).read_text(encoding="utf-8")


def as_html(text: str) -> str:
    """Return the paragraphs of a page as HTML, without its pictures and links.

    >>> as_html("Press *Send*, or call `ws.submit`: [how](exactly_once.md).")
    '<p>Press <strong>Send</strong>, or call ws.submit: how.</p>'
    """
    paragraphs = re.split(r"\n\s*\n", _PICTURE.sub("", text).strip())
    return "".join(f"<p>{_inline(' '.join(each.split()))}</p>" for each in paragraphs if each)


def _inline(text: str) -> str:
    pieces = _CODE.split(text)  # code, where nothing is marked, is every second one
    for place, piece in enumerate(pieces):
        words = html.text(piece if place % 2 else _LINK.sub(r"\1", piece))
        marked = _EMPHASIS.sub(lambda found: f"<strong>{found[1] or found[2]}</strong>", words)
        pieces[place] = words if place % 2 else marked
    return "".join(pieces)
