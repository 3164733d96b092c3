"""Clean texts at the place where they leave: one function for each kind of place.

Any text may come from anybody: a server, a scanner's header, a table of a colleague. It is kept as
it was written, and cleaned by whatever prints or writes it.
"""

from __future__ import annotations

import re
from html import escape

REPLACEMENT = "\ufffd"

_C0 = {*range(0x20), 0x7F} - {ord(blank) for blank in "\t\n\r"}
_C1 = set(range(0x80, 0xA0))
_LINES = {0x2028, 0x2029}  # separate lines, but not everywhere
_DIRECTIONS = {0x061C, 0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2066, 0x206A)}
_NO_CHARACTERS = {*range(0xD800, 0xE000), 0xFFFE, 0xFFFF}
_INVISIBLE = dict.fromkeys(_C0 | _C1 | _LINES | _DIRECTIONS | _NO_CHARACTERS, REPLACEMENT)
_IN_TERMINALS = _INVISIBLE | {ord("\r"): REPLACEMENT}  # goes back to the begin of the line

_FORMULA = re.compile(r"[\s'\ufeff]*[=+\-@\uff1d\uff0b\uff0d\uff20|%]")
_NUMBER = re.compile(r"\s*[+-]?(\d+([.,]\d*)?|[.,]\d+)([eE][+-]?\d+)?\s*%?\s*")
_SIGNS = {"-", "+", "%"}  # alone, they compute nothing
_MARKDOWN = re.compile(r"[\\`\[\]|]|<(?=[A-Za-z/!?])|&(?=[#A-Za-z])")
_ENTITIES = {"<": "&lt;", "&": "&amp;", "`": "&#96;"}
_LATEX = {
    "\\": r"\textbackslash{}",
    "&": r"\&",
    "%": r"\%",
    "$": r"\$",
    "#": r"\#",
    "_": r"\_",
    "{": r"\{",
    "}": r"\}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "±": r"$\pm$",
    "<": "$<$",
    ">": "$>$",
    "−": "$-$",
    "–": "--",
    "²": r"$^2$",
    REPLACEMENT: "?",
}
_ETA_SQUARED = r"$\eta^2$"
_PATH = re.compile(
    r"(?<![\w./:\\])(?:~|[A-Za-z]:)?[\\/]{1,2}(?=[^\\/\s])[^\"'\n;,|<>]*[^\"'\n;,|<>\s.)]"
)


def visible(text: str) -> str:
    r"""Replace characters that nobody sees, and that change how their neighbours are displayed.

    >>> visible("txt.\u202egnp") == "txt.\ufffdgnp"
    True
    """
    return text.translate(_INVISIBLE)


def for_terminal(text: str) -> str:
    r"""Return a text of which a terminal takes nothing for a command.

    >>> for_terminal("\x1b]0;title\x07") == "\ufffd]0;title\ufffd"
    True
    """
    return text.translate(_IN_TERMINALS)


def for_html(text: str) -> str:
    """Return a text for HTML and its attributes.

    >>> for_html("<img src=x onerror=alert(1)>")
    '&lt;img src=x onerror=alert(1)&gt;'
    """
    return escape(visible(text), quote=True)


def for_cell(text: str) -> str:
    """Return a text for a cell of CSV or TSV, that no spreadsheet takes for a formula.

    >>> for_cell("=1+1"), for_cell("-2.5"), for_cell("PD/MSA")
    ("'=1+1", '-2.5', 'PD/MSA')
    """
    text = for_terminal(text)
    # OWASP, *CSV Injection*
    is_harmless = not _FORMULA.match(text) or _NUMBER.fullmatch(text) or text.strip() in _SIGNS
    return text if is_harmless else f"'{text}"


def for_excel(text: str) -> str:
    r"""Return a text for a cell of a workbook, which cannot hold control characters.

    >>> for_excel("a\x0bb") == "a\ufffdb"
    True
    """
    return visible(text)


def for_word(text: str) -> str:
    r"""Return a text for a Word document.

    >>> for_word("a\x1bb") == "a\ufffdb"
    True
    """
    return visible(text)


def for_markdown(text: str) -> str:
    r"""Return a text for Markdown: no HTML, no link, no picture.

    >>> print(for_markdown("<b> [x](y) p < 0.001 a|b"))
    &lt;b> \[x\](y) p < 0.001 a\|b
    """

    def escaped(found: re.Match[str]) -> str:
        return _ENTITIES.get(found[0], "\\" + found[0])

    return _MARKDOWN.sub(escaped, for_terminal(text))


def for_latex(text: str) -> str:
    r"""Return a text for LaTeX.

    >>> print(for_latex(r"\input{x} 5% η²"))
    \textbackslash{}input\{x\} 5\% $\eta^2$
    """
    pieces = visible(text).split("η²")
    return _ETA_SQUARED.join("".join(_LATEX.get(c, c) for c in piece) for piece in pieces)


def without_paths(text: str) -> str:
    """Replace absolute paths of this computer, which name its user.

    >>> without_paths("Reports (2): /home/erika/ws/results/s_out/prediction.txt, PD/MSA, 3 mg/ml.")
    'Reports (2): s_out/prediction.txt, PD/MSA, 3 mg/ml.'
    """
    return _PATH.sub(lambda found: "/".join(re.split(r"[\\/]", found[0])[-2:]), text)
